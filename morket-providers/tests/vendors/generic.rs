//! A vendor that a user describes.

use super::common::{check_bad_days, check_said, show_request, with_ask};
use morket_core::{ErrorKind, provider::Provider};
use morket_providers::generic::{Config, HttpApi};
use morket_testkit::provider::{check_provider, problems};
use serde_json::{Value, json};

pub(crate) fn described() -> Value {
    json!({
        "slug": "acme", "name": "Acme", "as_of": "2026-11-21",
        "base_url": "https://api.acme.example/v1",
        "auth": {"query": "key"},
        "operations": [{
            "name": "find", "kind": "person",
            "inputs": [["full_name", "company_domain"], ["linkedin_url", "company_domain"]],
            "optional": ["country"],
            "method": "POST", "path": "/sites/{company_domain}/people",
            "query": {"in": "{country}", "v": "2"},
            "headers": {"accept": "application/json"},
            "body": {"who": {"name": "{full_name}", "profile": "{linkedin_url}"}, "limit": 1},
            "billing": {"answer": 1500, "miss": 0},
            "outputs": {
                "email": {"at": ["/contact/mail"], "take": "email"},
                "email_status": {"at": ["/contact/state"],
                                 "words": {"deliverable": "valid", "true": "accept_all"}},
                "full_name": {"at": ["/contact/name"]},
                "employee_count": {"at": ["/contact/heads"], "take": "count"},
                "acme_tags": {"at": ["/contact/tags"], "take": "list"}
            },
            "only_with": "email",
            "confidence": "/score",
            "rules": [
                {"at": "/message", "says": ["quota"], "then": "out_of_credits"},
                {"at": "/ok", "is": false, "then": "plan_lacks"},
                {"status": 200, "at": "/contact", "absent": true, "then": "miss"},
                {"status": 404, "says": ["no such person"], "then": "miss"}
            ]
        }]
    })
}

pub(crate) fn acme() -> HttpApi {
    provider(described()).unwrap()
}

fn provider(config: Value) -> morket_core::Result<HttpApi> {
    HttpApi::new(serde_json::from_value::<Config>(config).unwrap())
}

fn ada() -> [Value; 1] {
    [json!({"full_name": "Ada Example", "company_domain": "example.com"})]
}

#[test]
fn rules_are_read_before_the_status() {
    for (fixture, expected) in [
        (
            "hit",
            r#"88% acme_tags=["a"] email="ada@example.com" email_status="valid"
               employee_count=180 full_name="Ada Example" of [Ada Example, ada@example.com]"#,
        ),
        ("hit_new_word", r#"email="ada@example.com" email_status="unknown" of [ada@example.com]"#),
        (
            "hit_state_true",
            r#"email="ada@example.com" email_status="accept_all" of [ada@example.com]"#,
        ),
        (
            "hit_state_object",
            r#"email="ada@example.com" full_name="Ada" of [Ada, ada@example.com]"#,
        ),
        ("no_mail", "Miss"),
        ("placeholder", "Miss"),
        ("wrong_types", "Unknown"),
        ("contact_null", "Miss"),
        // The third rule covers a contact that is not there at all.
        ("nothing_mapped", "Miss"),
        ("quota_in_200", "OutOfCredits"),
        ("not_ok", "PlanLacks"),
        ("miss_404", "Miss"),
        ("teapot", "Unknown"),
        ("bad_input", "InvalidInput"),
        ("bad_key", "AuthFailed"),
        ("no_credits", "OutOfCredits"),
        ("throttled", "RateLimited 9s"),
        ("objected", "LegalBlock"),
        // Nobody said that errors are not billed.
        ("server_error", "Unknown"),
        ("garbage", "Unknown"),
    ] {
        check_said(&acme(), "find", &ada(), &format!("generic/{fixture}"), expected);
    }
}

#[test]
fn without_rules_the_doubt_stays() {
    let mut config = described();
    config["operations"][0]["rules"] = json!([]);
    config["operations"][0]["unbilled_errors"] = json!(true);
    let provider = provider(config).unwrap();
    for (fixture, expected) in [
        ("nothing_mapped", "Unknown"),
        ("quota_in_200", "Unknown"),
        ("contact_null", "Unknown"),
        ("miss_404", "Unknown"),
        ("server_error", "Transient"),
    ] {
        check_said(&provider, "find", &ada(), &format!("generic/{fixture}"), expected);
    }
    check_bad_days(&provider, "find", &ada());
}

#[test]
fn a_verifier_needs_words_alone() {
    let config = json!({
        "slug": "checker", "name": "Checker", "as_of": "2026-11-21", "auth": "bearer",
        "base_url": "https://checker.example",
        "operations": [{
            "name": "check", "kind": "person", "inputs": [["email"]], "verifies": "email",
            "path": "/check", "query": {"email": "{email}"},
            "outputs": {"email_status": {"at": ["/contact/state"],
                                         "words": {"deliverable": "valid"}}}
        }]
    });
    let provider = provider(config).unwrap();
    let of = [json!({"email": "ada@example.com"})];
    for (fixture, expected) in [
        ("hit", r#"email_status="valid" of []"#),
        ("hit_new_word", r#"email_status="unknown" of []"#),
        ("hit_state_true", r#"email_status="unknown" of []"#),
        ("hit_state_object", "Unknown"),
        ("server_error", "Transient"),
    ] {
        check_said(&provider, "check", &of, &format!("generic/{fixture}"), expected);
    }
    let made = with_ask(&provider, "check", &of, |ask| provider.request(ask)).unwrap();
    assert_eq!(
        show_request(&made),
        "GET https://checker.example/check?email=ada%40example.com\nauthorization: [REDACTED]"
    );
    assert!(provider.manifest().operation("check").unwrap().free);
    check_provider(&provider);
}

#[test]
fn a_request_holds_what_is_known() {
    let provider = acme();
    for (of, expected) in [
        (
            json!({"full_name": "Ada {x}", "company_domain": "a/b.example", "country": "DE"}),
            "a%2Fb.example/people?in=DE&v=2&key=[REDACTED]\naccept: application/json\n\
             content-type: application/json\n{\"limit\":1,\"who\":{\"name\":\"Ada {x}\"}}",
        ),
        (
            json!({"linkedin_url": "in/ada", "company_domain": "example.com"}),
            "example.com/people?v=2&key=[REDACTED]\naccept: application/json\n\
             content-type: application/json\n{\"limit\":1,\"who\":{\"profile\":\"in/ada\"}}",
        ),
    ] {
        let made = with_ask(&provider, "find", &[of], |ask| provider.request(ask)).unwrap();
        let expected = format!("POST https://api.acme.example/v1/sites/{expected}");
        assert_eq!(show_request(&made), expected);
    }
    let climbs = [json!({"full_name": "Ada", "company_domain": ".."})];
    assert!(with_ask(&provider, "find", &climbs, |ask| provider.request(ask)).is_err());
    assert_eq!(problems(&provider), [] as [String; 0]);
}

#[test]
fn a_description_that_cannot_work_is_refused() {
    for (place, value, named) in [
        ("/base_url", json!("https://api.acme.example/"), "base_url"),
        ("/auth", json!({"header": "x key\r\n"}), "auth"),
        ("/operations/0/inputs", json!([]), "inputs"),
        ("/operations/0/path", json!("people"), "path"),
        ("/operations/0/path", json!("/{full_name}"), "path"),
        ("/operations/0/path", json!("/a/../b"), "path"),
        ("/operations/0/query/in", json!("{email}"), "query"),
        ("/operations/0/body/limit", json!("{email}"), "body"),
        ("/operations/0/headers/accept", json!("a\r\nb: c"), "headers"),
        ("/operations/0/outputs/full_name/at", json!(["name"]), "at"),
        ("/operations/0/confidence", json!("score"), "at"),
        ("/operations/0/rules/0", json!({"at": "/x", "then": "miss"}), "rules"),
        ("/operations/0/only_with", json!("title"), "only_with"),
        ("/operations/0/billing/answer", json!(-1), "billing"),
    ] {
        let mut config = described();
        *config.pointer_mut(place).unwrap() = value;
        let error = provider(config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{place}");
        assert!(error.to_string().contains(named), "{place}: {error}");
    }
    for (place, value) in [
        ("/operations/0/path", json!("/{")),
        ("/operations/0/rules/0", json!({"then": "charge"})),
        ("/auth", json!("basic")),
        ("/name", json!(7)),
    ] {
        let mut config = described();
        *config.pointer_mut(place).unwrap() = value;
        assert!(serde_json::from_value::<Config>(config).is_err(), "{place}");
    }
    let mut config = described();
    config["surprise"] = json!(1);
    assert!(serde_json::from_value::<Config>(config).is_err());
}
