//! NeverBounce, MillionVerifier and Bouncer, sentence by sentence.

use super::common::{built_in, check_bad_days, check_said, show_request, with_ask};
use morket_core::provider::Provider;
use serde_json::{Value, json};

fn ada() -> [Value; 1] {
    [json!({"email": "ada@example.com"})]
}

/// A status in lower case is a verdict; else it is the outcome.
fn check(provider: &dyn Provider, fixture: &str, expected: &str) {
    let slug = provider.manifest().slug.as_str();
    let repeats = if slug == "neverbounce" { "" } else { "ada@example.com" };
    let expected = match expected.chars().next().is_some_and(char::is_lowercase) {
        true => format!("email_status=\"{expected}\" of [{repeats}]"),
        false => expected.to_owned(),
    };
    check_said(provider, "verify", &ada(), &format!("{slug}/{fixture}"), &expected);
}

#[test]
fn neverbounce_refuses_in_a_200() {
    for (fixture, expected) in [
        ("valid", "valid"),
        ("invalid", "invalid"),
        ("catchall", "accept_all"),
        ("disposable", "unknown"),
        ("unknown", "unknown"),
        ("no_result", "Unknown"),
        ("result_number", "Unknown"),
        ("auth_failure", "AuthFailed"),
        ("bad_referrer", "AuthFailed"),
        ("throttle_triggered", "RateLimited"),
        ("temp_unavail", "Transient"),
        ("no_credits", "OutOfCredits"),
        ("general_failure", "Unknown"),
    ] {
        check(built_in("neverbounce").as_ref(), fixture, expected);
    }
}

#[test]
fn millionverifier_says_error_before_the_result() {
    for (fixture, expected) in [
        ("ok", "valid"),
        ("invalid", "invalid"),
        ("catch_all", "accept_all"),
        ("disposable", "unknown"),
        ("unknown", "unknown"),
        ("error", "unknown"),
        ("no_result", "Unknown"),
        ("result_number", "Unknown"),
        ("bad_key", "AuthFailed"),
        ("bad_key_code_alone", "AuthFailed"),
        ("no_credits", "OutOfCredits"),
        ("odd_error", "Unknown"),
    ] {
        check(built_in("millionverifier").as_ref(), fixture, expected);
    }
}

#[test]
fn bouncer_knows_one_risk_by_name() {
    for (fixture, expected) in [
        ("deliverable", "valid"),
        ("undeliverable", "invalid"),
        ("accept_all", "accept_all"),
        ("risky", "unknown"),
        ("unknown", "unknown"),
        ("greylisted", "unknown"),
        ("no_status", "Unknown"),
        ("status_true", "Unknown"),
        ("bad_input", "InvalidInput"),
        ("bad_key", "AuthFailed"),
        ("forbidden", "AuthFailed"),
        ("no_credits", "OutOfCredits"),
        ("objected", "LegalBlock"),
    ] {
        check(built_in("bouncer").as_ref(), fixture, expected);
    }
}

#[test]
fn all_fail_alike_and_ask_alike() {
    let all: [(&str, &str); 3] = [
        (
            "neverbounce",
            "https://api.neverbounce.com/v4.2/single/check?email=ada%40example.com&timeout=10\
             &key=[REDACTED]",
        ),
        (
            "millionverifier",
            "https://api.millionverifier.com/api/v3/?email=ada%40example.com&timeout=10\
             &api=[REDACTED]",
        ),
        (
            "bouncer",
            "https://api.usebouncer.com/v1.1/email/verify?email=ada%40example.com&timeout=10\n\
             x-api-key: [REDACTED]",
        ),
    ];
    for (slug, request) in all {
        let provider = built_in(slug);
        let provider = provider.as_ref();
        for (fixture, expected) in [
            ("throttled", "RateLimited 5s"),
            ("server_error", "Transient"),
            // A verification may be billed behind the gateway.
            ("gateway", "Unknown"),
            ("garbage", "Unknown"),
        ] {
            check(provider, fixture, expected);
        }
        check_bad_days(provider, "verify", &ada());
        let made = with_ask(provider, "verify", &ada(), |ask| provider.request(ask)).unwrap();
        assert_eq!(show_request(&made), format!("GET {request}"));
    }
}
