//! ZeroBounce, sentence by sentence.

use super::common::{check_bad_days, check_said, fixture, show_request, show_standing, with_ask};
use morket_core::{Secret, provider::Provider};
use morket_providers::zerobounce::ZeroBounce;
use serde_json::{Value, json};

fn three() -> [Value; 3] {
    ["ada", "bob", "cleo"].map(|name| json!({"email": format!("{name}@example.com")}))
}

fn check(operation: &str, fixture: &str, expected: &str) {
    let name = format!("zerobounce/{fixture}");
    check_said(&ZeroBounce::new(), operation, &three(), &name, expected);
}

#[test]
fn each_word_is_a_verdict_and_unknown_is_free() {
    for (fixture, expected) in [
        ("valid", r#"email_status="valid" of [ada@example.com]; billed 1"#),
        ("invalid", r#"email_status="invalid" of [ada@example.com]; billed 1"#),
        ("catch_all", r#"email_status="accept_all" of [ada@example.com]; billed 1"#),
        ("unknown", r#"email_status="unknown" of [ada@example.com]; billed 0"#),
        ("spamtrap", r#"email_status="invalid" of [ada@example.com]; billed 1"#),
        ("abuse", r#"email_status="invalid" of [ada@example.com]; billed 1"#),
        // Not in the vendor's list of verdicts, and yet billed as one, as far as anybody knows.
        ("do_not_mail", r#"email_status="unknown" of [ada@example.com]; billed 1"#),
        ("new_word", r#"email_status="unknown" of [ada@example.com]; billed 1"#),
        ("error_empty", r#"email_status="valid" of [ada@example.com]; billed 1"#),
        ("no_status", "Unknown"),
        ("status_number", "Unknown"),
        ("batch", "Unknown"),
    ] {
        check("validate", fixture, expected);
    }
}

#[test]
fn a_batch_is_matched_by_address() {
    for (fixture, expected) in [
        (
            "batch",
            r#"email_status="valid" of [ada@example.com] | email_status="unknown" of
               [Bob@example.com] | InvalidInput; billed 1"#,
        ),
        ("batch_short", r#"Unknown | Unknown | Unknown"#),
        ("batch_odd", "Unknown"),
        ("batch_refused", "OutOfCredits"),
        ("valid", "Unknown"),
    ] {
        check("validate_batch", fixture, expected);
    }
}

#[test]
fn refusals_come_in_a_200() {
    for operation in ["validate", "validate_batch"] {
        for (fixture, expected) in [
            ("bad_key_or_no_credits", "OutOfCredits"),
            ("bad_key", "AuthFailed"),
            ("too_fast", "RateLimited"),
            ("odd_error", "Unknown"),
            ("bad_input", "InvalidInput"),
            ("unauthorised", "AuthFailed"),
            ("shield", "RateLimited 60s"),
            ("throttled", "RateLimited 120s"),
            ("server_error", "Transient"),
            ("garbage", "Unknown"),
        ] {
            check(operation, fixture, expected);
        }
    }
}

#[test]
fn p023_what_cannot_be_read_may_have_been_billed() {
    for operation in ["validate", "validate_batch"] {
        check_bad_days(&ZeroBounce::new(), operation, &three());
    }
}

#[test]
fn the_key_stands_where_nobody_looks() {
    let provider = ZeroBounce::new();
    let made = |operation: &str, of: &[Value]| {
        show_request(&with_ask(&provider, operation, of, |ask| provider.request(ask)).unwrap())
    };
    assert_eq!(
        made("validate", &three()[..1]),
        "GET https://api.zerobounce.net/v2/validate?email=ada%40example.com&ip_address=\
         &api_key=[REDACTED]"
    );
    assert_eq!(
        made("validate_batch", &three()[..1]),
        "POST https://bulkapi.zerobounce.net/v2/validatebatch\ncontent-type: application/json\n\
         {\"api_key\":\"[REDACTED]\",\"email_batch\":\
         [{\"email_address\":\"ada@example.com\",\"ip_address\":null}]}"
    );
}

#[test]
fn batches_of_all_regions_go_to_one_host() {
    let provider = ZeroBounce::new();
    for (base_url, host) in [
        ("https://api.zerobounce.net/v2", "https://bulkapi.zerobounce.net/v2/"),
        ("https://api-eu.zerobounce.net/v2", "https://bulkapi.zerobounce.net/v2/"),
        ("http://127.0.0.1:4000/zerobounce", "http://127.0.0.1:4000/zerobounce/"),
    ] {
        let made = with_ask(&provider, "validate_batch", &three(), |ask| {
            provider.request(&morket_core::provider::Ask { base_url, ..*ask })
        });
        assert!(made.unwrap().url().starts_with(host), "{base_url}");
    }
}

#[test]
fn the_credits_tell_a_bad_key_from_an_empty_account() {
    let provider = ZeroBounce::new();
    let key = Secret::new("k".to_owned());
    let request = provider.check("https://api.zerobounce.net/v2", &key).unwrap();
    assert_eq!(
        show_request(&request),
        "GET https://api.zerobounce.net/v2/getcredits?api_key=[REDACTED]"
    );
    for (name, expected) in [
        ("credits", "works true, left 100"),
        ("credits_number", "works true, left 7"),
        ("credits_bad_key", "works false"),
        ("shield", "works ?"),
        ("garbage", "works ?"),
    ] {
        let standing = provider.parse_check(&fixture(&format!("zerobounce/{name}")));
        assert_eq!(show_standing(&standing), expected);
    }
}
