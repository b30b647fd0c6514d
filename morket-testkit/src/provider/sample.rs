//! Invented inputs.

use morket_core::{name::FieldName, provider::Inputs};
use serde_json::{Map, Value, json};

/// Invented values for these fields, as an object.
pub fn inputs_for(needed: &[FieldName]) -> Value {
    let named = needed.iter().map(|field| (field.as_str().to_owned(), value(field.as_str())));
    Value::Object(named.collect::<Map<_, _>>())
}

/// An object as a record.
pub(super) fn record(of: &Value) -> Inputs {
    let fields = of.as_object().into_iter().flatten();
    let named = fields
        .filter_map(|(name, value)| Some((FieldName::new(name.as_str()).ok()?, value.clone())));
    Inputs(named.collect())
}

fn value(field: &str) -> Value {
    match field {
        "email" | "personal_email" => json!("ada@example.com"),
        "full_name" => json!("Ada Example"),
        "first_name" => json!("Ada"),
        "last_name" => json!("Example"),
        "linkedin_url" => json!("https://www.linkedin.com/in/ada-example"),
        "company_linkedin_url" => json!("https://www.linkedin.com/company/example-widgets"),
        "company_domain" => json!("example.com"),
        "company_name" => json!("Example Widgets"),
        "github_url" | "company_github_url" => json!("https://github.com/example"),
        "phone" | "mobile_phone" | "company_phone" => json!("+4930000000"),
        "location" | "city" | "region" => json!("Berlin"),
        "country" => json!("Germany"),
        _ => json!("sample"),
    }
}

/// The same record with values that try to leave their place.
pub(super) fn hostile(record: &Inputs) -> Vec<Inputs> {
    let with = |text: &str| {
        let fields = record.0.keys().map(|name| (name.clone(), text.into()));
        Inputs(fields.collect())
    };
    let texts = ["../../admin", "..", "a b&c=d#e?f", "x\r\nx-evil: 1", "%2e%2e/{email}", "\u{0}"];
    texts.iter().map(|text| with(text)).collect()
}
