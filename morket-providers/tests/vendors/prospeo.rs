//! Prospeo, sentence by sentence.

use super::common::{check_bad_days, check_said, fixture, show_request, show_standing, with_ask};
use morket_core::{Secret, provider::Provider};
use morket_providers::prospeo::Prospeo;
use serde_json::{Value, json};

const OPERATIONS: [&str; 3] = ["person_enrich", "person_mobile", "person_bulk"];

fn three() -> [Value; 3] {
    ["ada", "bob", "cleo"].map(|name| json!({"linkedin_url": format!("in/{name}")}))
}

fn check(operation: &str, fixture: &str, expected: &str) {
    check_said(&Prospeo::new(), operation, &three(), &format!("prospeo/{fixture}"), expected);
}

#[test]
fn a_person_is_read_and_masks_are_no_values() {
    for (operation, fixture, expected) in [
        (
            "person_enrich",
            "hit",
            r#"city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="Germany" department="Marketing"
               email="ada@example.com" email_status="valid" employee_count=180
               employee_range="51-200" first_name="Ada" founded_year=2009 full_name="Ada
               Example" industry="Machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" region="Berlin"
               revenue="10M-25M" seniority="Vice President" technologies=["HubSpot"] title="VP
               Marketing" of [Ada Example, example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example, ada@example.com]; 60s: 29 of 30;
               86400s: 999 of 1000"#,
        ),
        (
            "person_enrich",
            "hit_again",
            r#"city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="Germany" department="Marketing"
               email="ada@example.com" email_status="valid" employee_count=180
               employee_range="51-200" first_name="Ada" founded_year=2009 full_name="Ada
               Example" industry="Machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" region="Berlin"
               revenue="10M-25M" seniority="Vice President" technologies=["HubSpot"] title="VP
               Marketing" of [Ada Example, example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example, ada@example.com]; billed 0"#,
        ),
        (
            "person_enrich",
            "partial",
            r#"email="ada@example.com" email_status="unverified" first_name="Ada"
               full_name="Ada Example" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" title="VP Marketing" of
               [Ada Example, https://www.linkedin.com/in/ada-example, ada@example.com]"#,
        ),
        (
            "person_enrich",
            "masked",
            r#"city="Berlin" country="Germany" department="Marketing" first_name="Ada"
               full_name="Ada Example" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" region="Berlin"
               seniority="Vice President" title="VP Marketing" of [Ada Example,
               https://www.linkedin.com/in/ada-example] withheld [email]"#,
        ),
        (
            "person_enrich",
            "hidden",
            r#"city="Berlin" country="Germany" department="Marketing" first_name="Ada"
               full_name="Ada Example" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" region="Berlin"
               seniority="Vice President" title="VP Marketing" of [Ada Example,
               https://www.linkedin.com/in/ada-example] withheld [email]"#,
        ),
        ("person_enrich", "wrong_types", "Unknown"),
        ("person_enrich", "person_null", "Unknown"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn a_number_is_read_where_it_is_shown() {
    for (operation, fixture, expected) in [
        (
            "person_mobile",
            "hit_mobile",
            r#"mobile_phone="+49 151 0000000" of [Ada Example, example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example, ada@example.com]"#,
        ),
        ("person_mobile", "hit_again", "Miss; billed 0"),
        ("person_mobile", "masked", "Miss"),
        // It looks like a number, and the vendor says that it does not show one.
        ("person_mobile", "hidden", "Miss"),
        ("person_mobile", "wrong_types", "Unknown"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn a_bulk_is_matched_by_identifier() {
    for (operation, fixture, expected) in [
        (
            "person_bulk",
            "bulk",
            r#"Miss | InvalidInput | city="Berlin" country="Germany" department="Marketing"
               email="ada@example.com" email_status="valid" first_name="Ada" full_name="Ada
               Example" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" region="Berlin"
               seniority="Vice President" title="VP Marketing" of [Ada Example,
               https://www.linkedin.com/in/ada-example, ada@example.com]; billed 1"#,
        ),
        ("person_bulk", "bulk_doubled", "Unknown | Unknown | Unknown; billed 1"),
        ("person_bulk", "partial", "Unknown"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn a_code_says_more_than_a_status() {
    for operation in OPERATIONS {
        for (fixture, expected) in [
            ("no_match", "Miss"),
            ("no_match_200", "Miss"),
            ("no_credits", "OutOfCredits"),
            ("bad_input", "InvalidInput"),
            ("bad_key", "AuthFailed"),
            ("throttled", "RateLimited; 60s: 0 of 30"),
            ("internal", "Transient"),
            ("server_error", "Transient"),
            // It may be a miss, a bad input or an empty account.
            ("new_code", "Unknown"),
            ("garbage", "Unknown"),
        ] {
            check(operation, fixture, expected);
        }
        check_bad_days(&Prospeo::new(), operation, &three());
    }
}

#[test]
fn a_mobile_number_is_asked_for_apart() {
    let provider = Prospeo::new();
    let ada = json!({"full_name": "Ada Example", "company_domain": "example.com"});
    for (operation, mobile) in [("person_enrich", false), ("person_mobile", true)] {
        let of = [ada.clone()];
        let made = with_ask(&provider, operation, &of, |ask| provider.request(ask)).unwrap();
        let expected = format!(
            "POST https://api.prospeo.io/enrich-person\ncontent-type: application/json\n\
             x-key: [REDACTED]\n{{\"data\":{{\"company_website\":\"example.com\",\
             \"full_name\":\"Ada Example\"}},\"enrich_mobile\":{mobile},\
             \"only_verified_email\":false,\"only_verified_mobile\":{mobile}}}"
        );
        assert_eq!(show_request(&made), expected);
    }
    let made = with_ask(&provider, "person_bulk", &three(), |ask| provider.request(ask)).unwrap();
    let body: Value = serde_json::from_slice(made.body_bytes().unwrap()).unwrap();
    assert_eq!(made.url(), "https://api.prospeo.io/bulk-enrich-person");
    assert_eq!(body["data"][2], json!({"identifier": "2", "linkedin_url": "in/cleo"}));
}

#[test]
fn the_account_tells_what_is_left() {
    let provider = Prospeo::new();
    let request = provider.check("https://api.prospeo.io", &Secret::new("k".to_owned())).unwrap();
    assert_eq!(
        show_request(&request),
        "GET https://api.prospeo.io/account-information\nx-key: [REDACTED]"
    );
    for (name, expected) in [
        ("account", "works true, plan STARTER, left 99, resets 2026-12-01"),
        ("bad_key", "works false"),
        ("throttled", "works ?"),
        ("garbage", "works ?"),
    ] {
        let standing = provider.parse_check(&fixture(&format!("prospeo/{name}")));
        assert_eq!(show_standing(&standing), expected);
    }
}
