//! Hunter, sentence by sentence.

use super::common::{check_bad_days, check_said, fixture, show_request, show_standing, with_ask};
use morket_core::{Secret, provider::Provider};
use morket_providers::hunter::Hunter;
use serde_json::{Value, json};

const NAMED: &str = r#"{"full_name": "Ada Example", "company_domain": "example.com"}"#;

fn record(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn check(operation: &str, of: &str, fixture: &str, expected: &str) {
    check_said(&Hunter::new(), operation, &[record(of)], &format!("hunter/{fixture}"), expected);
}

#[test]
fn the_finder_answers_with_an_address_or_not_at_all() {
    for (fixture, expected) in [
        (
            "finder_hit",
            r#"97% company_domain="example.com" company_name="Example Widgets"
               email="ada@example.com" email_status="valid" first_name="Ada" last_name="Example"
               title="VP Marketing"
               of [Ada Example, example.com, Example Widgets, ada@example.com]"#,
        ),
        (
            "finder_accept_all",
            r#"97% company_domain="example.com" company_name="Example Widgets"
               email="ada@example.com" email_status="accept_all" first_name="Ada"
               last_name="Example" title="VP Marketing" of [Ada Example, example.com, Example
               Widgets, ada@example.com]"#,
        ),
        (
            "finder_seen",
            r#"97% company_domain="example.com" company_name="Example Widgets"
               email="ada@example.com" email_status="unverified" first_name="Ada"
               last_name="Example" title="VP Marketing" of [Ada Example, example.com, Example
               Widgets, ada@example.com]"#,
        ),
        (
            "finder_guessed",
            r#"40% company_domain="example.com" company_name="Example Widgets"
               email="ada@example.com" email_status="guessed" first_name="Ada" last_name="Example"
               title="VP Marketing"
               of [Ada Example, example.com, Example Widgets, ada@example.com]"#,
        ),
        (
            "finder_new_status",
            r#"97% company_domain="example.com" company_name="Example Widgets"
               email="ada@example.com" email_status="unknown" first_name="Ada" last_name="Example"
               title="VP Marketing"
               of [Ada Example, example.com, Example Widgets, ada@example.com]"#,
        ),
        (
            "finder_odd_fields",
            r#"email="ada@example.com" email_status="valid" first_name="Ada" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" phone="+49 30 000000" of [Ada
               Example, https://www.linkedin.com/in/ada-example, ada@example.com]"#,
        ),
        ("finder_miss", "Miss"),
        ("finder_placeholder", "Miss"),
        ("finder_wrong_types", "Unknown"),
        ("finder_data_text", "Unknown"),
        ("garbage", "Unknown"),
        // No company has this address: the route is wrong, and nothing is known of the person.
        ("find_miss", "Unknown"),
        ("verifier_pending", "Unknown"),
        ("verifier_smtp_trouble", "Unknown"),
    ] {
        check("email_finder", NAMED, fixture, expected);
    }
}

#[test]
fn the_verifier_has_four_verdicts_and_two_ways_to_wait() {
    for (fixture, expected) in [
        ("verifier_valid", r#"email_status="valid" of [ada@example.com]"#),
        ("verifier_invalid", r#"email_status="invalid" of [ada@example.com]"#),
        ("verifier_accept_all", r#"email_status="accept_all" of [ada@example.com]"#),
        ("verifier_unknown", r#"email_status="unknown" of [ada@example.com]"#),
        ("verifier_webmail", r#"email_status="unknown" of [ada@example.com]"#),
        ("verifier_disposable", r#"email_status="unknown" of [ada@example.com]"#),
        ("verifier_smtp_trouble", r#"email_status="unknown" of []"#),
        ("verifier_pending", "Pending verification 5s"),
        ("verifier_pending_empty", "Pending verification 5s"),
        ("verifier_no_status", "Unknown"),
        ("verifier_number", "Unknown"),
        ("garbage", "Unknown"),
    ] {
        check("email_verifier", r#"{"email": "ada@example.com"}"#, fixture, expected);
    }
}

#[test]
fn people_and_companies_are_found_or_not() {
    for (operation, fixture, expected) in [
        (
            "person_find",
            "person_hit",
            r#"city="Berlin" company_domain="example.com" company_name="Example Widgets"
               country="Germany" department="marketing" email="ada@example.com"
               email_status="unverified" first_name="Ada" full_name="Ada Example"
               last_name="Example" linkedin_url="https://www.linkedin.com/in/ada-example"
               location="Berlin, Germany" region="Berlin" seniority="executive" title="VP
               Marketing" of [Ada Example, example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example, ada@example.com]"#,
        ),
        (
            "person_find",
            "person_partial",
            r#"full_name="Ada Example" linkedin_url="https://www.linkedin.com/in/ada-example" of
               [Ada Example, https://www.linkedin.com/in/ada-example]"#,
        ),
        ("person_find", "person_empty", "Miss"),
        ("person_find", "person_wrong_types", "Unknown"),
        ("person_find", "find_miss", "Miss"),
        ("person_find", "find_wrong_route", "Unknown"),
        (
            "company_find",
            "company_hit",
            r#"city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" company_phone="+49 30 000000" country="Germany"
               description="Makes widgets." employee_count=180 employee_range="51-250"
               founded_year=2009 industry="Machinery" location="1 Sample Street, Berlin, Germany"
               region="Berlin" revenue="$10M-$50M" technologies=["hubspot","cloudflare"] of
               [example.com, Example Widgets, https://www.linkedin.com/company/example-widgets]"#,
        ),
        (
            "company_find",
            "company_range_in_employees",
            r#"city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" company_phone="+49 30 000000" country="Germany"
               description="Makes widgets." employee_range="51-200" founded_year=2009
               industry="Machinery" location="1 Sample Street, Berlin, Germany" region="Berlin"
               revenue=25000000 of [example.com, Example Widgets,
               https://www.linkedin.com/company/example-widgets]"#,
        ),
        ("company_find", "find_miss", "Miss"),
    ] {
        let of = r#"{"email": "ada@example.com", "company_domain": "example.com"}"#;
        check(operation, of, fixture, expected);
    }
}

#[test]
fn every_operation_is_refused_in_the_same_words() {
    for (fixture, expected) in [
        ("bad_input", "InvalidInput"),
        ("bad_key", "AuthFailed"),
        ("throttled", "RateLimited 1s"),
        ("throttled_says_when", "RateLimited 30s"),
        ("allowance_used", "OutOfCredits"),
        ("allowance_page", "OutOfCredits"),
        ("throttled_as_429", "RateLimited 1s"),
        ("objected", "LegalBlock"),
        ("server_error", "Transient"),
        ("gateway", "Transient"),
    ] {
        for operation in ["email_finder", "email_verifier", "person_find", "company_find"] {
            check(operation, r#"{"email": "ada@example.com"}"#, fixture, expected);
        }
    }
}

#[test]
fn p023_what_cannot_be_read_may_have_been_billed() {
    for operation in ["email_finder", "email_verifier", "person_find", "company_find"] {
        check_bad_days(&Hunter::new(), operation, &[record(NAMED)]);
    }
}

#[test]
fn each_alternative_makes_its_request() {
    let provider = Hunter::new();
    for (operation, of, expected) in [
        ("email_finder", NAMED, "email-finder?full_name=Ada%20Example&domain=example.com"),
        (
            "email_finder",
            r#"{"first_name": "Ada", "last_name": "Example", "company_domain": "example.com"}"#,
            "email-finder?first_name=Ada&last_name=Example&domain=example.com",
        ),
        (
            "email_finder",
            r#"{"linkedin_url": "https://www.linkedin.com/in/ada-example/?x=1",
                "company_domain": "example.com"}"#,
            "email-finder?linkedin_handle=ada-example&domain=example.com",
        ),
        (
            "email_finder",
            r#"{"full_name": "Ada & Co", "company_name": "Example Widgets"}"#,
            "email-finder?full_name=Ada%20%26%20Co&company=Example%20Widgets",
        ),
        (
            "email_verifier",
            r#"{"email": "ada+x@example.com"}"#,
            "email-verifier?email=ada%2Bx%40example.com",
        ),
        ("person_find", r#"{"email": "a@example.com"}"#, "people/find?email=a%40example.com"),
        (
            "person_find",
            r#"{"linkedin_url": "linkedin.com/in/ada"}"#,
            "people/find?linkedin_handle=ada",
        ),
        (
            "company_find",
            r#"{"company_domain": "example.com"}"#,
            "companies/find?domain=example.com",
        ),
    ] {
        let made = with_ask(&provider, operation, &[record(of)], |ask| provider.request(ask));
        let expected = format!("GET https://api.hunter.io/v2/{expected}\nx-api-key: [REDACTED]");
        assert_eq!(show_request(&made.unwrap()), expected);
    }
    let of = r#"{"linkedin_url": "https://www.linkedin.com/company/x", "company_name": "X"}"#;
    let refused = with_ask(&provider, "email_finder", &[record(of)], |ask| provider.request(ask));
    assert!(refused.unwrap_err().to_string().contains("linkedin_url"));
}

#[test]
fn a_pending_verification_is_asked_for_again() {
    let provider = Hunter::new();
    let of = [json!({"email": "ada@example.com"})];
    let made = with_ask(&provider, "email_verifier", &of, |ask| {
        (provider.request(ask).unwrap(), provider.poll(ask, "verification").unwrap())
    });
    assert_eq!(show_request(&made.0), show_request(&made.1));
    let finder = [record(NAMED)];
    assert!(with_ask(&provider, "email_finder", &finder, |ask| provider.poll(ask, "x")).is_err());
}

#[test]
fn the_account_tells_what_is_left() {
    let provider = Hunter::new();
    let request = provider.check("https://api.hunter.io/v2", &Secret::new("k".to_owned())).unwrap();
    assert_eq!(
        show_request(&request),
        "GET https://api.hunter.io/v2/account\nx-api-key: [REDACTED]"
    );
    assert!(!request.is_paid());
    for (fixture_name, expected) in [
        ("account", "works true, plan Starter, left 1998.5, resets 2026-12-01"),
        ("bad_key", "works false"),
        ("throttled", "works ?"),
        ("garbage", "works ?"),
    ] {
        let standing = provider.parse_check(&fixture(&format!("hunter/{fixture_name}")));
        assert_eq!(show_standing(&standing), expected);
    }
}
