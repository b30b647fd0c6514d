//! The table of keys as a JSON Schema for editors, and as tables for people.

use super::{
    form::{Form, LONGEST_LINE, Section},
    keys::sections,
};
use morket_core::field::Catalogue;
use serde_json::{Map, Value, json};

/// The JSON Schema of a manifest, for `#:schema` in its first line.
pub fn schema() -> Value {
    let all = sections();
    let definitions = all.iter().map(|section| (id(section), of_section(section)));
    let definitions: Map<String, Value> = definitions.collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A vendor of Morket",
        "$ref": "#/$defs/manifest",
        "$defs": definitions,
    })
}

/// Every key in tables, a table for each section, as Markdown.
pub fn reference() -> String {
    let mut page = String::new();
    for section in sections() {
        page.push_str(&format!("### {}\n\n{}\n\n", heading(section), section.about));
        page.push_str("| Key | Must be | Says |\n|---|---|---|\n");
        for key in section.keys {
            let needed = if key.required { " (required)" } else { "" };
            let wanted = key.form.wanted().replace('|', "\\|");
            page.push_str(&format!("| `{}`{needed} | {wanted} | {} |\n", key.name, key.about));
        }
        page.push('\n');
    }
    page
}

fn heading(section: &Section) -> String {
    match section.title {
        "at the top" => "At the top".to_owned(),
        title => format!("`{title}`"),
    }
}

/// A name made of the last key of the title: `[[operation.outcome]]` is `outcome`.
fn id(section: &Section) -> String {
    let last = section.title.rsplit([',', '.', ' ']).next().unwrap_or_default();
    match last.trim_matches(['[', ']']) {
        "top" => "manifest".to_owned(),
        name => name.to_owned(),
    }
}

fn of_section(section: &Section) -> Value {
    let properties: Map<String, Value> = section
        .keys
        .iter()
        .map(|key| {
            let mut value = of_form(key.form);
            value["description"] = format!("{}: {}", key.about, key.form.wanted()).into();
            (key.name.to_owned(), value)
        })
        .collect();
    let required: Vec<_> = section.keys.iter().filter(|it| it.required).map(|it| it.name).collect();
    json!({
        "type": "object",
        "description": section.about,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn of_form(form: Form) -> Value {
    let text = || json!({"type": "string"});
    let pattern = |it: &str| json!({"type": "string", "pattern": it});
    match form {
        Form::Text | Form::Template | Form::Pattern => text(),
        Form::Line => json!({"type": "string", "minLength": 1, "maxLength": LONGEST_LINE}),
        Form::Flag => json!({"type": "boolean"}),
        Form::Number(least, most) => {
            json!({"type": "integer", "minimum": least, "maximum": most})
        }
        Form::OneOf(words) => json!({"enum": words}),
        Form::Slug => pattern("^[a-z0-9-]{1,64}$"),
        Form::Name | Form::NewField => pattern("^[a-z0-9_]{1,64}$"),
        // The fields there are, for editors to offer; a manifest may bring its own.
        Form::Field => {
            let known: Vec<_> = Catalogue::standard().iter().map(|it| it.name.as_str()).collect();
            json!({"anyOf": [{"enum": known}, {"type": "string", "pattern": "^[a-z0-9_]{1,64}$"}]})
        }
        Form::Date => pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        Form::BaseUrl => pattern("^https://.*[^/]$"),
        Form::Span => pattern("^[0-9]+[smhd]$"),
        Form::Units | Form::Usd => pattern("^[0-9]+([.][0-9]+)?$"),
        Form::UrlPath => pattern("^(/.*)?$"),
        Form::Path => pattern("^[$]"),
        Form::Source | Form::Header => json!({"type": "string", "minLength": 1}),
        Form::Status => {
            let number = json!({"type": "integer", "minimum": 100, "maximum": 599});
            json!({"anyOf": [number, {"enum": ["2xx", "3xx", "4xx", "5xx"]}]})
        }
        Form::Scalar => json!({"type": ["string", "integer", "boolean"]}),
        Form::Json => json!({"type": ["object", "array"]}),
        Form::OneOrMany(inner) => {
            let one = of_form(*inner);
            json!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})
        }
        Form::List(inner, most) => {
            json!({"type": "array", "items": of_form(*inner), "minItems": 1, "maxItems": most})
        }
        Form::Map(inner, most) => {
            let inner = of_form(*inner);
            json!({"type": "object", "additionalProperties": inner, "maxProperties": most})
        }
        Form::Headers => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        Form::Table(section) => to(section),
        Form::Tables(section, most) => many(section, most),
        Form::TableOrTables(section, most) => json!({"anyOf": [to(section), many(section, most)]}),
        Form::Pick(section) => {
            let one = json!({"anyOf": [{"type": "string", "pattern": "^[$]"}, to(section)]});
            json!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})
        }
    }
}

fn to(section: &Section) -> Value {
    json!({"$ref": format!("#/$defs/{}", id(section))})
}

fn many(section: &Section, most: usize) -> Value {
    json!({"type": "array", "items": to(section), "minItems": 1, "maxItems": most})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_a_name_of_its_own() {
        let all = sections();
        let mut names: Vec<_> = all.iter().map(|section| id(section)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all.len());
        assert_eq!(schema()["$defs"].as_object().map(Map::len), Some(all.len()));
    }
}
