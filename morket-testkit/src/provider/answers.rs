//! What a provider makes of answers. The rules are stated here once more, on their own, so that a
//! mistake in a shared reader is not shared by its judge.

use morket_core::{
    VendorUnits,
    http::HttpResponse,
    provider::{Answer, Ask, Operation, Outcome, Parsed, Shape, Verdicts},
};
use serde_json::{Value, json};

const STATUSES: [&str; 6] = ["valid", "accept_all", "guessed", "unverified", "invalid", "unknown"];

/// Everything wrong with what was read: undeclared or doubled fields, wrong types, stand-ins, an
/// outcome that the operation cannot have.
pub fn problems_of(ask: &Ask<'_>, parsed: &Parsed) -> Vec<String> {
    let mut found = Vec::new();
    let outcomes = match &parsed.verdicts {
        Verdicts::All(outcome) => std::slice::from_ref(outcome),
        Verdicts::Each(each) => {
            if each.len() != ask.records.len() {
                found.push(format!("{} outcomes for {} records", each.len(), ask.records.len()));
            }
            each.as_slice()
        }
    };
    for outcome in outcomes {
        match outcome {
            Outcome::Answer(answer) => judge(ask.operation, answer, &mut found),
            Outcome::Pending { .. } if ask.operation.shape == Shape::Sync => {
                found.push("waits for a task that nobody can ask about".to_owned());
            }
            _ => {}
        }
    }
    if parsed.billed.is_some_and(|it| it < VendorUnits::ZERO) {
        found.push("bills less than nothing".to_owned());
    }
    found
}

/// A failure of the server is neither an answer nor a miss.
pub(super) fn problem_of_failure(status: u16, parsed: &Parsed) -> Option<String> {
    let told = |outcome: &Outcome| matches!(outcome, Outcome::Answer(_) | Outcome::Miss);
    let told = match &parsed.verdicts {
        Verdicts::All(outcome) => told(outcome),
        Verdicts::Each(each) => each.iter().any(told),
    };
    (status >= 500 && told).then(|| "a failure is taken for an answer or a miss".to_owned())
}

fn judge(operation: &Operation, answer: &Answer, found: &mut Vec<String>) {
    if answer.values.is_empty() {
        found.push("an answer without a value".to_owned());
    }
    for (at, (name, value)) in answer.values.iter().enumerate() {
        if !operation.outputs.contains(name) {
            found.push(format!("{name} is not declared"));
        }
        if answer.values[..at].iter().any(|(other, _)| other == name) {
            found.push(format!("{name} stands twice"));
        }
        if !fits(name.as_str(), value) {
            let text = value.to_string();
            let start: String = text.chars().take(60).collect();
            found.push(format!("{name} = {start} is no value of that field"));
        }
    }
    let has = |field: &str| answer.values.iter().any(|(name, _)| name.as_str() == field);
    let gives = |field: &str| operation.outputs.iter().any(|name| name.as_str() == field);
    if gives("email") && has("email_status") && !has("email") {
        found.push("email_status stands without its e-mail".to_owned());
    }
    if answer.confidence.is_some_and(|it| it > 100) {
        found.push("is more than certain".to_owned());
    }
}

/// Whether this can be a value of the field. Fields of nobody's catalogue may hold anything but
/// nothing.
fn fits(field: &str, value: &Value) -> bool {
    let clean = value.as_str().is_none_or(is_clean);
    clean
        && match field {
            "email" | "personal_email" => value.as_str().is_some_and(|it| it.contains('@')),
            "email_status" => value.as_str().is_some_and(|it| STATUSES.contains(&it)),
            "employee_count" | "founded_year" => value.as_u64().is_some_and(|it| it > 0),
            "technologies" => value.as_array().is_some_and(|items| {
                !items.is_empty() && items.iter().all(|it| it.as_str().is_some_and(is_clean))
            }),
            "accepts_mail" => value.is_boolean(),
            "revenue" => value.is_number() || value.is_string(),
            known if is_text(known) => value.is_string(),
            _ => !value.is_null(),
        }
}

fn is_text(field: &str) -> bool {
    let ends = ["_name", "_url", "_domain", "phone", "_range"];
    let whole = [
        "title",
        "seniority",
        "department",
        "location",
        "city",
        "region",
        "country",
        "lei",
        "registrar",
        "domain_registered_on",
        "mail_provider",
        "company_city",
        "company_country",
    ];
    ends.iter().any(|end| field.ends_with(end))
        || whole.contains(&field)
        || matches!(field, "industry" | "description")
}

fn is_clean(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let nothing = ["", "n/a", "not_found", "null", "none", "undefined", "true", "false"];
    let name = matches!(text, "Null" | "None");
    let stands_for_nothing = !name && nothing.contains(&lower.as_str());
    let masked = lower.contains("**") || lower.starts_with("email_not_unlocked@");
    !stands_for_nothing && !masked && !text.contains('\u{0}')
}

/// Answers that vendors, and whatever stands between, give on bad days.
pub(super) fn nasty() -> Vec<HttpResponse> {
    let mut bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\xff\xfe\x00".to_vec(),
        b"<html><body>504</body></html>".to_vec(),
        b"{\"data\":".to_vec(),
        "[".repeat(100_000).into_bytes(),
        format!("{}1{}", "{\"data\":".repeat(60), "}".repeat(60)).into_bytes(),
        format!("{{\"email\":\"{}@example.com\"}}", "x".repeat(1 << 20)).into_bytes(),
        b"{\"status\":1e999,\"email\":1e999}".to_vec(),
    ];
    bodies.extend(odd_bodies().iter().map(|body| body.to_string().into_bytes()));
    let statuses = [0, 100, 200, 202, 204, 207, 222, 301, 400, 401, 402, 403, 404, 409, 410, 422];
    let more = [423, 429, 451, 499, 500, 502, 503, 504, 599, 600, u16::MAX];
    let all = statuses.iter().chain(&more);
    all.flat_map(|status| bodies.iter().map(|body| HttpResponse::new(*status, body.clone())))
        .collect()
}

fn odd_bodies() -> Vec<Value> {
    let person = |value: Value| {
        let names = ["email", "status", "result", "name", "full_name", "title", "phone", "person"];
        let more = ["company", "contact", "domain", "linkedin_url", "qualification", "address"];
        let pairs = names.iter().chain(&more).map(|name| ((*name).to_owned(), value.clone()));
        Value::Object(pairs.collect())
    };
    let values = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1.5),
        json!(""),
        json!("N/A"),
        json!("j***@example.com"),
        json!("email_not_unlocked@domain.com"),
        json!([]),
        json!([[], {}, null, "x", 1]),
        json!({"email": {"email": {}}}),
    ];
    let mut bodies = vec![Value::Null, json!(7), json!("text"), json!([]), json!({})];
    for value in values {
        let flat = person(value.clone());
        bodies.push(json!({"data": value, "error": value, "errors": value}));
        bodies.push(json!({"data": flat, "person": flat, "contact": flat, "success": true}));
        bodies.push(json!([flat, value, null]));
        bodies.push(json!({"data": [flat, value], "email_batch": [flat, value, null]}));
        bodies.push(json!([{"status": 200, "data": flat, "metadata": {"row": value}}]));
        bodies.push(flat);
    }
    bodies
}
