//! What goes out: of all that is known about a record, only what the operation needs.

use morket_core::{
    Error, ErrorKind, Result,
    name::FieldName,
    provider::{Inputs, Operation},
};

const REQUEST: &str = "provider.request";

/// The fields that go out, with their texts: the first alternative that is complete, then what is
/// known of the optional ones.
pub fn known<'a>(operation: &'a Operation, record: &'a Inputs) -> Result<Vec<(&'a str, &'a str)>> {
    let is_known = |field: &FieldName| record.text(field.as_str()).is_some();
    let text = |field: &'a FieldName| Some((field.as_str(), record.text(field.as_str())?));
    let needed = operation.alternative(is_known).ok_or_else(|| {
        Error::invalid(REQUEST, "inputs", "no alternative is complete")
            .with("operation", &operation.name)
    })?;
    let mut fields: Vec<_> = needed.iter().filter_map(text).collect();
    for more in operation.optional.iter().filter_map(text) {
        if !fields.contains(&more) {
            fields.push(more);
        }
    }
    Ok(fields)
}

/// The handle in the address of a person's profile: `ada-example` of
/// `https://www.linkedin.com/in/ada-example/`.
pub fn linkedin_handle(url: &str) -> Result<&str> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let handle = path
        .split_once("linkedin.com/in/")
        .or_else(|| path.split_once("in/").filter(|(before, _)| before.is_empty()))
        .map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    handle
        .filter(|it| !it.is_empty())
        .ok_or_else(|| Error::invalid(REQUEST, "linkedin_url", "is no person's profile"))
}

/// The error of an adapter that is asked for what its manifest does not hold.
pub fn unknown_operation(operation: &Operation) -> Error {
    Error::new(ErrorKind::Unsupported, REQUEST, "operation: this provider does not have it")
        .with("operation", &operation.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{alternatives, fields, free};
    use morket_core::field::Kind;
    use serde_json::json;

    #[test]
    fn only_what_is_needed_goes_out() {
        let operation = Operation {
            inputs: alternatives(&[&["email"], &["full_name", "company_domain"]]),
            optional: fields(&["company_name"]),
            ..free("find", Kind::Person)
        };
        let rows: &[(serde_json::Value, Option<&[&str]>)] = &[
            (json!({"email": "a@example.com", "full_name": "Ada"}), Some(&["email"])),
            (
                json!({"full_name": "Ada", "company_domain": "example.com", "company_name": "X"}),
                Some(&["full_name", "company_domain", "company_name"]),
            ),
            (json!({"full_name": "Ada"}), None),
            (json!({"email": ""}), None),
            (json!({"email": 5}), None),
        ];
        for (record, expected) in rows {
            let record = record.as_object().unwrap().iter();
            let record = record.map(|(name, value)| (crate::kit::field(name), value.clone()));
            let inputs = Inputs(record.collect());
            let out = known(&operation, &inputs).ok();
            let names: Option<Vec<_>> =
                out.as_ref().map(|it| it.iter().map(|(name, _)| *name).collect());
            assert_eq!(names.as_deref(), *expected);
        }
    }

    #[test]
    fn a_handle_is_the_last_part_of_a_profile() {
        for (url, handle) in [
            ("https://www.linkedin.com/in/ada-example/", Some("ada-example")),
            ("http://uk.linkedin.com/in/ada-example?trk=x", Some("ada-example")),
            ("in/ada-example", Some("ada-example")),
            ("https://www.linkedin.com/company/example", None),
            ("https://www.linkedin.com/in/", None),
            ("ada", None),
        ] {
            assert_eq!(linkedin_handle(url).ok(), handle, "{url}");
        }
    }
}
