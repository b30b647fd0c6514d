//! Any HTTP API that a user describes.

use super::common::{check_bad_days, check_said, show_request, with_ask};
use morket_core::provider::Provider;
use morket_providers::manifest::{ManifestProvider, parse};
use morket_testkit::provider::{check_provider, problems};
use serde_json::{Value, json};

const ACME: &str = r#"
slug = "acme"
name = "Acme"
base_url = "https://api.acme.example/v1"
as_of = "2026-11-21"
fields = ["acme_tags"]

[auth]
query = "key"

[[operation]]
name = "find"
kind = "person"
inputs = [["full_name", "company_domain"], ["linkedin_url", "company_domain"]]
optional = ["country"]
billing = { answer = "1.5" }
only_with = "email"
confidence = "$.score"

[operation.request]
method = "POST"
path = "/sites/{{ company_domain }}/people"
query = { in = "{{ country }}", v = "2" }
headers = { accept = "application/json" }
json = { who = { name = "{{ full_name }}", profile = "{{ linkedin_url }}" }, limit = 1 }

[operation.output]
email = "$.contact.mail"
full_name = "$.contact.name"
employee_count = "$.contact.heads"
acme_tags = { at = "$.contact.tags", take = "list" }

[operation.output.email_status]
at = "$.contact.state"
map = { deliverable = "valid", true = "accept_all" }
else = "unknown"

"#;

const RULES: &str = r#"
[[operation.outcome]]
at = "$.message"
says = "quota"
then = "out_of_credits"

[[operation.outcome]]
at = "$.ok"
is = false
then = "plan_lacks"

[[operation.outcome]]
status = 200
at = "$.contact"
exists = false
then = "miss"

[[operation.outcome]]
status = 404
says = "no such person"
then = "miss"
"#;

const CHECKER: &str = r#"
slug = "checker"
name = "Checker"
base_url = "https://checker.example"
as_of = "2026-11-21"

[auth]
bearer = true

[[operation]]
name = "check"
kind = "person"
inputs = [["email"]]
verifies = "email"
request = { path = "/check", query = { email = "{{ email }}" } }

[operation.output.email_status]
at = "$.contact.state"
map = { deliverable = "valid", true = "unknown" }
else = "unknown"
"#;

pub(crate) fn acme() -> ManifestProvider {
    parse(&format!("{ACME}{RULES}")).unwrap()
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
    let provider = parse(&ACME.replace("\"1.5\"", "\"1.5\", unbilled_errors = true")).unwrap();
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
    let provider = parse(CHECKER).unwrap();
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
            "a%2Fb.example/people?in=DE&v=2&key=[REDACTED]\ncontent-type: application/json\n\
             accept: application/json\n{\"limit\":1,\"who\":{\"name\":\"Ada {x}\"}}",
        ),
        (
            json!({"linkedin_url": "in/ada", "company_domain": "example.com"}),
            "example.com/people?v=2&key=[REDACTED]\ncontent-type: application/json\n\
             accept: application/json\n{\"limit\":1,\"who\":{\"profile\":\"in/ada\"}}",
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
