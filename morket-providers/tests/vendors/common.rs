//! Fixtures, and outcomes as one line of text.

use morket_core::{
    CallId, Secret,
    http::{HttpRequest, HttpResponse},
    name::FieldName,
    provider::{Answer, Ask, Inputs, Outcome, Parsed, Provider, Returned, Standing, Verdicts},
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, sync::Arc};

pub(crate) const KEY: &str = "canary-key";

/// A vendor that comes with Morket.
pub(crate) fn built_in(slug: &str) -> Arc<dyn Provider> {
    Arc::clone(morket_providers::builtin().named(slug).unwrap())
}

/// A recorded answer: `{"status", "headers", "body" or "text"}`.
pub(crate) fn fixture(name: &str) -> HttpResponse {
    let path = folder().join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let raw: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let body = match (raw.get("body"), raw["text"].as_str()) {
        (Some(body), None) => body.to_string(),
        (None, Some(text)) => text.to_owned(),
        _ => panic!("{name}: either `body` or `text`"),
    };
    let status = u16::try_from(raw["status"].as_u64().unwrap()).unwrap();
    let mut answer = HttpResponse::new(status, body);
    for (name, value) in raw["headers"].as_object().into_iter().flatten() {
        answer.headers.push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    answer
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The names of all fixtures of a vendor.
pub(crate) fn fixtures(vendor: &str) -> Vec<String> {
    let entries = fs::read_dir(folder().join(vendor)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        names.map(|name| format!("{vendor}/{}", name.trim_end_matches(".json"))).collect();
    names.sort();
    names
}

/// Records from `{"field": value}` objects.
pub(crate) fn records(of: &[Value]) -> Vec<Inputs> {
    let record = |value: &Value| {
        let fields = value.as_object().unwrap().iter();
        Inputs(
            fields.map(|(name, it)| (FieldName::new(name.as_str()).unwrap(), it.clone())).collect(),
        )
    };
    of.iter().map(record).collect()
}

/// A question about these records.
pub(crate) fn with_ask<T>(
    provider: &dyn Provider,
    operation: &str,
    of: &[Value],
    act: impl FnOnce(&Ask<'_>) -> T,
) -> T {
    let manifest = provider.manifest();
    let (key, records) = (Secret::new(KEY.to_owned()), records(of));
    act(&Ask {
        operation: manifest.operation(operation).unwrap_or_else(|| panic!("{operation}")),
        base_url: &manifest.base_url,
        key: Some(&key),
        records: &records,
        call: CallId(uuid::Uuid::nil()),
    })
}

/// What a recorded answer about these records comes to.
pub(crate) fn check_said(
    provider: &dyn Provider,
    operation: &str,
    of: &[Value],
    name: &str,
    expected: &str,
) {
    let answer = fixture(name);
    let parsed = with_ask(provider, operation, of, |ask| provider.parse(ask, &answer));
    // The source breaks long lines; what is read has none.
    let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(show(&parsed), expected, "{operation} of {name}");
}

/// A record with everything that sources without a key, and Clearbit, ask by.
pub(crate) fn example() -> Value {
    json!({
        "email": "ada@example.com",
        "company_domain": "example.com",
        "company_name": "Example Widgets",
        "github_url": "https://github.com/ada-example",
        "company_github_url": "https://github.com/example",
    })
}

/// What each recorded answer of a provider says of [`example`]; each has its row.
pub(crate) fn check_each(provider: &dyn Provider, rows: &[(&str, &str, &str)]) {
    let slug = provider.manifest().slug.as_str();
    for (operation, fixture, expected) in rows {
        check_said(provider, operation, &[example()], &format!("{slug}/{fixture}"), expected);
    }
    assert_eq!(fixtures(slug).len(), rows.len(), "{slug}");
}

/// A request as text, without its secrets.
pub(crate) fn show_request(request: &HttpRequest) -> String {
    let mut text = format!("{} {}", request.method().as_str(), request.redacted_url());
    for (name, value) in request.redacted_headers() {
        text.push_str(&format!("\n{name}: {value}"));
    }
    if let Some(body) = request.redacted_body() {
        text.push_str(&format!("\n{}", String::from_utf8_lossy(body)));
    }
    text
}

/// What an answer says of a key.
pub(crate) fn show_standing(standing: &Standing) -> String {
    let works = standing.key_works.map_or("?".to_owned(), |it| it.to_string());
    let part = |name: &str, value: Option<String>| {
        value.map(|it| format!(", {name} {it}")).unwrap_or_default()
    };
    let left = standing.left.map(|it| it.to_string());
    let (plan, resets) = (standing.plan.clone(), standing.resets.clone());
    format!("works {works}{}{}{}", part("plan", plan), part("left", left), part("resets", resets))
}

/// All that was read, in one line.
pub(crate) fn show(parsed: &Parsed) -> String {
    let mut text = match &parsed.verdicts {
        Verdicts::All(outcome) => show_outcome(outcome),
        Verdicts::Each(each) => each.iter().map(show_outcome).collect::<Vec<_>>().join(" | "),
    };
    if let Some(billed) = parsed.billed {
        text.push_str(&format!("; billed {billed}"));
    }
    for hint in &parsed.limits {
        let count = |it: Option<u32>| it.map_or("?".to_owned(), |it| it.to_string());
        let (left, max) = (count(hint.left), count(hint.max));
        text.push_str(&format!("; {}s: {left} of {max}", hint.per.as_secs()));
    }
    text
}

fn show_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answer(answer) => show_answer(answer),
        Outcome::Pending { task, after } => {
            let task = task.as_deref().unwrap_or("the same");
            format!("Pending {task} {}s", after.as_secs())
        }
        Outcome::RateLimited { retry_after } => retry_after
            .map_or("RateLimited".to_owned(), |it| format!("RateLimited {}s", it.as_secs())),
        other => format!("{:?}", other.kind()),
    }
}

fn show_answer(answer: &Answer) -> String {
    let mut values: Vec<_> =
        answer.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    values.sort();
    let mut text = values.join(" ");
    if let Some(confidence) = answer.confidence {
        text = format!("{confidence}% {text}");
    }
    let Returned { full_name, company_domain, company_name, linkedin_url, email, company_country } =
        &answer.identity;
    let who = [full_name, company_domain, company_name, linkedin_url, email, company_country];
    let who: Vec<_> = who.into_iter().flatten().map(String::as_str).collect();
    text = format!("{text} of [{}]", who.join(", "));
    if !answer.withheld.is_empty() {
        text.push_str(&format!(" withheld {:?}", answer.withheld));
    }
    text
}

/// Answers that any vendor may give on a bad day, and what they must come to at least: a page from
/// something in between, and bodies that are none.
pub(crate) fn check_bad_days(provider: &dyn Provider, operation: &str, of: &[Value]) {
    let huge = format!("{{\"data\": \"{}\"}}", "x".repeat(1 << 20));
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let odd = [json!({}).to_string(), json!([]).to_string(), "7".to_owned(), "null".to_owned()];
    let bodies = ["", "<html>busy</html>", "{\"data\":", "\u{0}\u{1}", &huge, &deep];
    for body in bodies.into_iter().chain(odd.iter().map(String::as_str)) {
        for (status, expected) in [(200, "Unknown"), (299, "Unknown"), (302, "Unknown")] {
            let answer = HttpResponse::new(status, body);
            let parsed = with_ask(provider, operation, of, |ask| provider.parse(ask, &answer));
            let start: String = body.chars().take(20).collect();
            let shown = show(&parsed);
            let each_unknown = shown.split(" | ").all(|it| it == expected);
            assert!(each_unknown, "{operation} {status} {start:?}: {shown}");
        }
    }
}
