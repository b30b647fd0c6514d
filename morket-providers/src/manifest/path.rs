//! Where something stands in a JSON body: `$.people[0].mail`, `$.phones[?type='mobile'].number`.
//!
//! Keys, indices, `[*]` and one kind of filter. It visits each part of a body at most once per
//! step and keeps at most [`MOST`] of them, so that no path runs away.

use serde::Deserialize;
use serde_json::Value;

/// The longest path, in bytes.
pub(super) const LONGEST: usize = 256;

/// The most steps of a path.
const DEEPEST: usize = 32;

/// The most values that a path yields.
const MOST: usize = 1000;

/// Where something stands in a body.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Path {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
    Each,
    Where(Filter),
}

/// Of a list, those items of which this holds; an object is there itself or not.
#[derive(Clone, Debug, PartialEq)]
struct Filter {
    keys: Vec<String>,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Exists,
    Is(Value),
    IsNot(Value),
}

impl Path {
    /// The path, or what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes; shorten it"));
        }
        let Some(mut rest) = text.strip_prefix('$') else {
            return Err("must begin with `$`, as in `$.person.email`".to_owned());
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = step(rest)?;
            steps.push(step);
            rest = after;
            if steps.len() > DEEPEST {
                return Err(format!("has more than {DEEPEST} steps; shorten it"));
            }
        }
        Ok(Self { steps })
    }

    /// Everything that stands there, in order.
    pub(super) fn all<'v>(&self, body: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![body];
        for step in &self.steps {
            let next = found.into_iter().flat_map(|value| step.of(value));
            found = next.take(MOST).collect();
        }
        found
    }

    /// The first thing that stands there and is not null.
    pub(super) fn first<'v>(&self, body: &'v Value) -> Option<&'v Value> {
        self.all(body).into_iter().find(|value| !value.is_null())
    }
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl Step {
    fn of<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Key(key), Value::Object(map)) => map.get(key).into_iter().collect(),
            (Self::Index(at), Value::Array(items)) => items.get(*at).into_iter().collect(),
            (Self::Each, Value::Array(items)) => items.iter().take(MOST).collect(),
            (Self::Each, Value::Object(map)) => map.values().take(MOST).collect(),
            (Self::Where(filter), Value::Array(items)) => {
                items.iter().filter(|item| filter.holds(item)).take(MOST).collect()
            }
            (Self::Where(filter), object) if filter.holds(object) => vec![object],
            _ => Vec::new(),
        }
    }
}

impl Filter {
    fn holds(&self, item: &Value) -> bool {
        let mut there = Some(item);
        for key in &self.keys {
            there = there.and_then(|it| it.get(key));
        }
        match (&self.test, there) {
            (Test::Exists, Some(found)) => !found.is_null(),
            (Test::Is(wanted), Some(found)) => found == wanted,
            (Test::IsNot(other), Some(found)) => found != other,
            (_, None) => false,
        }
    }
}

fn step(rest: &str) -> Result<(Step, &str), String> {
    if let Some(after) = rest.strip_prefix('.') {
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let (key, after) = after.split_at(end);
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | ':');
        if key.is_empty() || !key.chars().all(plain) {
            return Err(format!("`.{key}` is no key; write one with other signs as `['the key']`"));
        }
        return Ok((Step::Key(key.to_owned()), after));
    }
    let Some(inner) = rest.strip_prefix('[') else {
        return Err(format!(
            "`{rest}` follows nothing; steps are `.key`, `[0]`, `[*]`, `[?key=1]`"
        ));
    };
    let end = closing(inner).ok_or("has a `[` without its `]`")?;
    let (inside, after) = (&inner[..end], &inner[end + 1..]);
    Ok((bracket(inside)?, after))
}

/// Where the bracket closes: not within quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '\'';
        (c == ']' && !quoted).then_some(at)
    })
}

fn bracket(inside: &str) -> Result<Step, String> {
    if inside == "*" {
        return Ok(Step::Each);
    }
    if let Some(key) = quoted(inside) {
        return Ok(Step::Key(key.to_owned()));
    }
    if let Some(filter) = inside.strip_prefix('?') {
        return Ok(Step::Where(filter_of(filter)?));
    }
    let number = inside.parse::<usize>().ok().filter(|_| inside.len() <= 6);
    number.map(Step::Index).ok_or_else(|| {
        format!("`[{inside}]` is neither an index, `[*]`, `['key']` nor `[?key='value']`")
    })
}

fn filter_of(text: &str) -> Result<Filter, String> {
    let (keys, test) = match text.split_once('=') {
        None => (text, Test::Exists),
        Some((keys, value)) => match keys.strip_suffix('!') {
            Some(keys) => (keys, Test::IsNot(literal(value)?)),
            None => (keys, Test::Is(literal(value)?)),
        },
    };
    let keys: Vec<String> = keys.trim().split('.').map(str::to_owned).collect();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if keys.iter().any(|key| key.is_empty() || !key.chars().all(plain)) {
        return Err(format!("`[?{text}]` must be `[?key='value']`, `[?key!=1]` or `[?key]`"));
    }
    Ok(Filter { keys, test })
}

fn literal(text: &str) -> Result<Value, String> {
    let text = text.trim_start_matches('=').trim();
    if let Some(inner) = quoted(text) {
        return Ok(inner.into());
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) if !value.is_object() && !value.is_array() && !value.is_string() => Ok(value),
        _ => Err(format!("`{text}` must be 'text in quotes', a number, true, false or null")),
    }
}

fn quoted(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains('\'')).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_finds_what_stands_there() {
        let body = json!({
            "a": {"b c": 1, "list": [1, {"x": 2}, null]},
            "phones": [{"type": "work", "n": "1"}, {"type": "mobile", "n": "2"}, 7],
            "ok": false
        });
        for (path, expected) in [
            ("$", vec![&body]),
            ("$.a['b c']", vec![&json!(1)]),
            ("$.a.list[0]", vec![&json!(1)]),
            ("$.a.list[9]", vec![]),
            ("$.a.list[*].x", vec![&json!(2)]),
            ("$.phones[?type='mobile'].n", vec![&json!("2")]),
            ("$.phones[?type=='mobile'].n", vec![&json!("2")]),
            ("$.phones[?type!='mobile'].n", vec![&json!("1")]),
            ("$.phones[?n].n", vec![&json!("1"), &json!("2")]),
            ("$[?ok=false].ok", vec![&json!(false)]),
            ("$[?ok=true].ok", vec![]),
            ("$[?a.list].ok", vec![&json!(false)]),
            ("$.ok.x[0][*]", vec![]),
        ] {
            assert_eq!(Path::parse(path).unwrap().all(&body), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_a_reason() {
        let long = format!("$.{}", "a".repeat(LONGEST));
        let deep = format!("${}", "[0]".repeat(DEEPEST + 1));
        for (path, reason) in [
            ("person.email", "must begin with `$`"),
            ("$person", "follows nothing"),
            ("$.", "is no key"),
            ("$.a b", "is no key"),
            ("$[", "without its `]`"),
            ("$['a", "without its `]`"),
            ("$[x]", "neither an index"),
            ("$[-1]", "neither an index"),
            ("$[?]", "must be `[?key="),
            ("$[?a=b]", "in quotes"),
            ("$[?a='b'c']", "without its"),
            (&long, "longer than"),
            (&deep, "more than 32 steps"),
        ] {
            let error = Path::parse(path).unwrap_err();
            assert!(error.contains(reason), "{path}: {error}");
        }
    }

    #[test]
    fn p158_a_path_keeps_a_bounded_part_of_a_body() {
        let row: Value = vec![0; 2_000].into();
        let body = Value::Array(vec![row; 2_000]);
        assert_eq!(Path::parse("$[*][*]").unwrap().all(&body).len(), MOST);
    }
}
