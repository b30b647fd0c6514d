//! Findymail, sentence by sentence.

use super::common::{
    built_in, check_bad_days, check_said, fixture, show_request, show_standing, with_ask,
};
use morket_core::{Secret, provider::Provider};
use serde_json::{Value, json};
use std::sync::Arc;

fn findymail() -> Arc<dyn Provider> {
    built_in("findymail")
}

fn ada() -> Value {
    json!({"email": "ada@example.com", "linkedin_url": "in/ada"})
}

fn check(operation: &str, fixture: &str, expected: &str) {
    check_said(
        findymail().as_ref(),
        operation,
        &[ada()],
        &format!("findymail/{fixture}"),
        expected,
    );
}

#[test]
fn each_operation_finds_one_thing() {
    for (operation, fixture, expected) in [
        (
            "email_finder",
            "hit",
            r#"email="ada@example.com" email_status="valid" of [Ada Example, example.com,
               ada@example.com]"#,
        ),
        ("email_finder", "miss_null", "Miss"),
        ("email_finder", "miss_empty", "Miss"),
        ("email_finder", "miss_no_mail", "Miss"),
        ("email_finder", "miss_404", "Miss"),
        ("email_finder", "placeholder", "Miss"),
        ("email_finder", "wrong_types", "Unknown"),
        ("email_finder", "contact_text", "Unknown"),
        ("email_finder", "verified", "Unknown"),
        ("email_finder", "server_error", "Transient"),
        ("email_verifier", "verified", r#"email_status="valid" of [ada@example.com]"#),
        ("email_verifier", "refuted", r#"email_status="invalid" of [ada@example.com]"#),
        ("email_verifier", "verified_text", "Unknown"),
        ("email_verifier", "miss_404", "Unknown"),
        // A verification is billed whatever becomes of it.
        ("email_verifier", "server_error", "Unknown"),
        ("phone_finder", "phone", r#"phone="+491510000000" of []"#),
        ("phone_finder", "phone_null", "Miss"),
        ("phone_finder", "phone_number", "Unknown"),
        ("phone_finder", "hit", "Unknown"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn every_operation_is_refused_in_the_same_words() {
    for operation in ["email_finder", "email_verifier", "phone_finder"] {
        for (fixture, expected) in [
            ("no_credits_200", "OutOfCredits"),
            ("odd_error_200", "Unknown"),
            ("no_credits", "OutOfCredits"),
            ("paused", "OutOfCredits"),
            ("bad_key", "AuthFailed"),
            ("forbidden", "AuthFailed"),
            ("bad_input", "InvalidInput"),
            ("throttled", "RateLimited"),
            ("wrong_route", "Unknown"),
            ("redirect", "Unknown"),
            ("garbage", "Unknown"),
        ] {
            check(operation, fixture, expected);
        }
        check_bad_days(findymail().as_ref(), operation, &[ada()]);
    }
}

#[test]
fn each_alternative_makes_its_request() {
    let provider = findymail();
    for (operation, of, path, body) in [
        (
            "email_finder",
            json!({"full_name": "Ada Example", "company_domain": "example.com"}),
            "search/name",
            json!({"name": "Ada Example", "domain": "example.com"}),
        ),
        (
            "email_finder",
            json!({"first_name": "Ada", "last_name": "Example", "company_name": "Widgets"}),
            "search/name",
            json!({"name": "Ada Example", "domain": "Widgets"}),
        ),
        (
            "email_finder",
            json!({"linkedin_url": "in/ada", "full_name": "not sent"}),
            "search/business-profile",
            json!({"linkedin_url": "in/ada"}),
        ),
        ("email_verifier", ada(), "verify", json!({"email": "ada@example.com"})),
        ("phone_finder", ada(), "search/phone", json!({"linkedin_url": "in/ada"})),
    ] {
        let made =
            with_ask(provider.as_ref(), operation, &[of], |ask| provider.request(ask)).unwrap();
        let expected = format!(
            "POST https://app.findymail.com/api/{path}\ncontent-type: application/json\n\
             accept: application/json\nauthorization: [REDACTED]\n{body}"
        );
        assert_eq!(show_request(&made), expected);
    }
}

#[test]
fn the_credits_tell_that_the_key_works() {
    let provider = findymail();
    let key = Secret::new("k".to_owned());
    let request = provider.check("https://app.findymail.com/api", &key).unwrap();
    assert_eq!(
        show_request(&request),
        "GET https://app.findymail.com/api/credits\naccept: application/json\n\
         authorization: [REDACTED]"
    );
    for (name, expected) in [
        ("credits", "works true, left 100"),
        ("bad_key", "works false"),
        ("no_credits_200", "works ?"),
        ("garbage", "works ?"),
    ] {
        let standing = provider.parse_check(&fixture(&format!("findymail/{name}")));
        assert_eq!(show_standing(&standing), expected);
    }
}
