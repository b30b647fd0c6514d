//! Sources that anybody may ask answer about anybody: what they give is held against what is known,
//! and somebody else's facts are refused.

use super::common::{fixture, with_ask};
use morket_core::{
    accept::{Identity, Known, identify, needs_resemblance},
    field::Kind,
    name::FieldName,
    provider::{Outcome, Verdicts},
};
use morket_providers::builtin;
use serde_json::{Value, json};

/// How an answer to a question stands to what is known; `refused` where it may fill nothing.
fn standing(slug: &str, operation: &str, recorded: &str, known: &Value) -> String {
    let registry = builtin();
    let provider = registry.named(slug).unwrap().as_ref();
    let operation = provider.manifest().operation(operation).unwrap();
    let answer = fixture(&format!("{slug}/{recorded}"));
    let parsed = with_ask(provider, &operation.name, std::slice::from_ref(known), |ask| {
        provider.parse(ask, &answer)
    });
    let Verdicts::All(Outcome::Answer(answer)) = parsed.verdicts else {
        return format!("{:?}", parsed.verdicts);
    };
    let text = |name: &str| known[name].as_str().map(str::to_owned);
    let whom = Known {
        full_name: text("full_name"),
        company_domain: text("company_domain"),
        company_name: text("company_name"),
        company_country: text("company_country"),
        email: text("email"),
        ..Known::default()
    };
    let identity = identify(operation.kind, &whom, &answer.identity);
    let asked_with = operation.alternative(|name| known.get(name.as_str()).is_some()).unwrap();
    let vague = identity == Identity::Unverifiable && needs_resemblance(operation.kind, asked_with);
    let refused = vague || matches!(identity, Identity::Mismatch | Identity::ChangedCompany);
    format!("{identity:?}{}", if refused { ", refused" } else { "" })
}

#[test]
fn facts_about_somebody_else_are_refused() {
    let domain = json!({"company_domain": "example.com"});
    let named = json!({"company_name": "Example Widgets"});
    let german = json!({"company_name": "Example Widgets", "company_country": "Germany"});
    let page = json!({"company_domain": "example.com", "company_github_url": "github.com/example"});
    let ada = json!({
        "full_name": "Ada Example",
        "email": "ada@example.com",
        "github_url": "github.com/ada-example",
    });
    for (slug, operation, recorded, known, expected) in [
        ("dns", "mx", "mx_google", &domain, "Exact"),
        ("dns", "mx", "mx_wrong_name", &domain, "Mismatch, refused"),
        ("rdap", "domain", "hit_upper", &domain, "Exact"),
        ("rdap", "domain", "wrong_name", &domain, "Mismatch, refused"),
        ("gleif", "company", "hit", &named, "Likely"),
        ("gleif", "company", "hit", &german, "Likely"),
        ("gleif", "company", "elsewhere", &german, "Mismatch, refused"),
        ("gleif", "company", "longer_name", &named, "Unverifiable, refused"),
        ("wikidata", "company", "hit", &domain, "Exact"),
        ("wikidata", "company", "wrong_subject", &domain, "Mismatch, refused"),
        ("wikidata", "company", "wrong_subject", &named, "Mismatch, refused"),
        ("website", "front_page", "hit", &domain, "Exact"),
        ("website", "front_page", "wrong_subject", &domain, "Mismatch, refused"),
        ("github", "organisation", "organisation", &page, "Exact"),
        ("github", "organisation", "organisation_other", &page, "Mismatch, refused"),
        ("github", "user", "user", &ada, "Likely"),
        ("github", "user", "user_other", &ada, "Mismatch, refused"),
        ("clearbit", "person_find", "person", &ada, "Exact"),
        ("clearbit", "person_find", "other_person", &ada, "Mismatch, refused"),
    ] {
        assert_eq!(standing(slug, operation, recorded, known), expected, "{slug}/{recorded}");
    }
}

#[test]
fn a_name_alone_needs_a_resemblance() {
    let fields = |names: &[&str]| -> Vec<FieldName> {
        names.iter().map(|it| FieldName::new(*it).unwrap()).collect()
    };
    for (kind, asked_with, expected) in [
        (Kind::Company, &["company_name"][..], true),
        (Kind::Company, &["legal_name"], true),
        (Kind::Company, &["company_domain"], false),
        (Kind::Company, &["company_name", "company_domain"], false),
        (Kind::Person, &["company_name"], false),
    ] {
        assert_eq!(needs_resemblance(kind, &fields(asked_with)), expected, "{asked_with:?}");
    }
}
