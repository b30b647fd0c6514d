//! Texts with `{{ field | transform }}` where a value goes. What is rendered is always one value
//! of one place, and whoever puts it there encodes it: a value never becomes syntax.

use super::words::{LONGEST_TEXT, captured, part, pattern};
use crate::kit::linkedin_handle;
use regex::Regex;
use serde::Deserialize;
use std::borrow::Cow;

/// The longest template, in bytes.
pub(super) const LONGEST: usize = 1024;

/// The most transforms of a value.
const MOST: usize = 8;

/// A text with places for values.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Value(String, Vec<Step>),
}

#[derive(Clone, Debug)]
enum Step {
    Or(String),
    Default(String),
    Lower,
    Upper,
    Handle,
    Split(String, usize),
    Regex(Regex),
}

/// The transforms of templates, for whoever misspells one.
pub(super) const TRANSFORMS: [&str; 7] =
    ["or", "default", "lower", "upper", "handle", "split", "regex"];

impl Template {
    /// The template, or what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes; shorten it"));
        }
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, inside)) = rest.split_once("{{") {
            let (inner, after) =
                inside.split_once("}}").ok_or("has `{{` without `}}`; write `{{ field }}`")?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(value(inner)?);
            rest = after;
        }
        if rest.contains("}}") {
            return Err("has `}}` without `{{`; write `{{ field }}`".to_owned());
        }
        parts.push(Part::Text(rest.to_owned()));
        parts.retain(|it| !matches!(it, Part::Text(text) if text.is_empty()));
        Ok(Self { parts })
    }

    /// How many patterns stand in such a text. None of them is compiled to tell.
    pub(super) fn patterns(text: &str) -> usize {
        let values = text.split("{{").skip(1).filter_map(|it| it.split_once("}}"));
        let steps = values.filter_map(|(inner, _)| pieces(inner).ok()).flatten();
        steps.filter(|words| words.first().is_some_and(|it| it == "regex")).count()
    }

    /// The text with its values; `None` when one is not known.
    pub(super) fn render<'k>(&self, known: &dyn Fn(&str) -> Option<&'k str>) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Value(name, steps) => text.push_str(&resolved(name, steps, known)?),
            }
            if text.len() > LONGEST_TEXT {
                return None;
            }
        }
        Some(text)
    }

    /// The names in it that must be known; those of `or` beside their first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| {
            let (name, steps) = match part {
                Part::Text(_) => (None, &[][..]),
                Part::Value(name, steps) => (Some(name.as_str()), steps.as_slice()),
            };
            let others = steps.iter().filter_map(|it| match it {
                Step::Or(other) => Some(other.as_str()),
                _ => None,
            });
            name.into_iter().chain(others)
        })
    }

    /// A name in it that makes it unknown where only these are known.
    pub(super) fn lacks(&self, knows: &dyn Fn(&str) -> bool) -> Option<&str> {
        self.parts.iter().find_map(|part| {
            let Part::Value(name, steps) = part else { return None };
            let helped = steps.iter().any(|step| match step {
                Step::Or(other) => knows(other),
                Step::Default(_) => true,
                _ => false,
            });
            (!knows(name) && !helped).then_some(name.as_str())
        })
    }

    /// Whether it is text alone, and which.
    pub(super) fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it is this value and nothing else.
    pub(super) fn is_just(&self, name: &str) -> bool {
        let is =
            |it: &Part| matches!(it, Part::Value(its, steps) if its == name && steps.is_empty());
        matches!(self.parts.as_slice(), [only] if is(only))
    }

    /// Its pieces between the slashes of the template; those of values part nothing.
    pub(super) fn segments(&self) -> Vec<Self> {
        let mut segments = vec![Self { parts: Vec::new() }];
        for part in &self.parts {
            let last = segments.len() - 1;
            let Part::Text(text) = part else {
                segments[last].parts.push(part.clone());
                continue;
            };
            let mut pieces = text.split('/');
            let first = pieces.next().unwrap_or_default();
            segments[last].parts.push(Part::Text(first.to_owned()));
            for piece in pieces {
                segments.push(Self { parts: vec![Part::Text(piece.to_owned())] });
            }
        }
        for segment in &mut segments {
            segment.parts.retain(|it| !matches!(it, Part::Text(text) if text.is_empty()));
        }
        segments
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

fn resolved<'k>(
    name: &str,
    steps: &[Step],
    known: &dyn Fn(&str) -> Option<&'k str>,
) -> Option<String> {
    let mut value = known(name).map(Cow::Borrowed);
    for step in steps {
        value = match (step, value) {
            (Step::Or(other), None) => known(other).map(Cow::Borrowed),
            (Step::Default(text), None) => Some(Cow::Owned(text.clone())),
            (_, None) => None,
            (step, Some(text)) => step.of(&text).map(Cow::Owned),
        };
    }
    value.map(Cow::into_owned).filter(|text| text.len() <= LONGEST_TEXT)
}

impl Step {
    fn of(&self, text: &str) -> Option<String> {
        match self {
            Self::Or(_) | Self::Default(_) => Some(text.to_owned()),
            Self::Lower => Some(text.to_lowercase()),
            Self::Upper => Some(text.to_uppercase()),
            Self::Handle => linkedin_handle(text).ok().map(str::to_owned),
            Self::Split(separator, nth) => part(text, separator, *nth).map(str::to_owned),
            Self::Regex(pattern) => captured(pattern, text).map(str::to_owned),
        }
    }
}

fn value(inner: &str) -> Result<Part, String> {
    let mut pieces = pieces(inner)?.into_iter();
    let name = pieces.next().unwrap_or_default();
    let [name] = name.as_slice() else {
        return Err(format!(
            "`{{{{{inner}}}}}` must begin with one field, as in `{{{{ email }}}}`"
        ));
    };
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    let bare = name.strip_prefix('@').unwrap_or(name);
    if bare.is_empty() || !bare.bytes().all(plain) {
        return Err(format!("`{name}` is no field; only fields stand between `{{{{` and `}}}}`"));
    }
    let steps: Vec<Step> = pieces.map(|words| step(&words)).collect::<Result<_, _>>()?;
    if steps.len() > MOST {
        return Err(format!("has more than {MOST} transforms of one value"));
    }
    Ok(Part::Value(name.clone(), steps))
}

/// The words between bars; a word in single quotes may hold anything but those.
fn pieces(inner: &str) -> Result<Vec<Vec<String>>, String> {
    let mut all = vec![Vec::new()];
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let last = all.len() - 1;
        if let Some(after) = rest.strip_prefix('|') {
            all.push(Vec::new());
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\'') {
            let (word, after) = after.split_once('\'').ok_or("has a quote without its other")?;
            all[last].push(word.to_owned());
            rest = after;
        } else {
            let end = rest.find([' ', '|']).unwrap_or(rest.len());
            all[last].push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(all)
}

fn step(words: &[String]) -> Result<Step, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(match words.as_slice() {
        ["or", field] => Step::Or((*field).to_owned()),
        ["default", text] => Step::Default((*text).to_owned()),
        ["lower"] => Step::Lower,
        ["upper"] => Step::Upper,
        ["handle"] => Step::Handle,
        ["split", separator, nth] if !separator.is_empty() => {
            let nth = nth.parse().map_err(|_| format!("`split` wants a number, not `{nth}`"))?;
            Step::Split((*separator).to_owned(), nth)
        }
        ["regex", text] => Step::Regex(pattern(text)?),
        other => {
            let name = other.first().copied().unwrap_or_default();
            return Err(match TRANSFORMS.contains(&name) {
                true => format!("`{name}` has other arguments: {}", usage(name)),
                false => format!("`{name}` is no transform; there are {}", TRANSFORMS.join(", ")),
            });
        }
    })
}

fn usage(name: &str) -> &'static str {
    match name {
        "or" => "`or other_field`",
        "default" => "`default 'text'`",
        "split" => "`split ' ' 0`",
        "regex" => "`regex '^(.)'`",
        _ => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str) -> Option<&'static str> {
        Some(match name {
            "email" => "Ada@Example.com",
            "full_name" => "Ada Example",
            "linkedin_url" => "https://www.linkedin.com/in/ada-example/",
            "odd" => "{{ email }}",
            "@row" => "3",
            _ => return None,
        })
    }

    #[test]
    fn values_are_put_where_their_names_stand() {
        for (text, expected) in [
            ("", Some("")),
            ("plain { } text", Some("plain { } text")),
            ("{{email}}", Some("Ada@Example.com")),
            ("r-{{ @row }}", Some("r-3")),
            ("{{ email | lower }}!", Some("ada@example.com!")),
            ("{{ full_name | split ' ' 1 | upper }}", Some("EXAMPLE")),
            ("{{ full_name | split ' ' 2 }}", None),
            ("{{ linkedin_url | handle }}", Some("ada-example")),
            ("{{ email | regex '@(.+)$' }}", Some("Example.com")),
            ("{{ phone }}", None),
            ("{{ phone | or email }}", Some("Ada@Example.com")),
            ("{{ phone | default 'none|x' }}", Some("none|x")),
            // What a value says is never read again.
            ("{{ odd }}", Some("{{ email }}")),
        ] {
            let template = Template::parse(text).unwrap();
            assert_eq!(template.render(&known).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused_with_a_reason() {
        for (text, reason) in [
            ("{{ email", "without `}}`"),
            ("email }}", "without `{{`"),
            ("{{ }}", "must begin with one field"),
            ("{{ a b }}", "must begin with one field"),
            ("{{ E.x }}", "is no field"),
            ("{{ env:HOME }}", "is no field"),
            ("{{ email | lwoer }}", "is no transform; there are or, default"),
            ("{{ email | split }}", "other arguments: `split ' ' 0`"),
            ("{{ email | split ' ' x }}", "wants a number"),
            ("{{ email | regex '(' }}", "is no pattern"),
            ("{{ email | default 'x }}", "quote without"),
            (&format!("{{{{ a {}}}}}", "| lower ".repeat(9)), "more than 8"),
            (&"a".repeat(LONGEST + 1), "longer than"),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text:.40}: {error}");
        }
    }

    #[test]
    fn a_slash_in_a_value_parts_nothing() {
        let path = Template::parse("/people/{{ odd }}/x-{{ email }}").unwrap();
        let texts: Vec<_> = path.segments().iter().map(|it| it.render(&known).unwrap()).collect();
        assert_eq!(texts, ["", "people", "{{ email }}", "x-Ada@Example.com"]);
    }
}
