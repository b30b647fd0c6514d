//! Apollo, sentence by sentence.

use super::common::{check_bad_days, check_said, fixture, show_request, show_standing, with_ask};
use morket_core::{Secret, provider::Provider};
use morket_providers::apollo::Apollo;
use serde_json::{Value, json};

fn three() -> [Value; 3] {
    ["ada", "bob", "cleo"]
        .map(|it| json!({"email": format!("{it}@example.com"), "company_domain": "example.com"}))
}

fn check(operation: &str, fixture: &str, expected: &str) {
    check_said(&Apollo::new(), operation, &three(), &format!("apollo/{fixture}"), expected);
}

#[test]
fn a_person_is_read_and_a_locked_address_is_none() {
    for (operation, fixture, expected) in [
        (
            "person_match",
            "hit",
            r#"city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" company_phone="+4930000000" country="Germany"
               department="marketing" email="ada@example.com" email_status="valid"
               employee_count=180 first_name="Ada" founded_year=2009 full_name="Ada Example"
               industry="machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" location="Berlin,
               Germany" region="Berlin" revenue=25000000.0 seniority="vp"
               technologies=["Cloudflare DNS","HubSpot"] title="VP Marketing" of [Ada Example,
               example.com, Example Widgets, https://www.linkedin.com/in/ada-example,
               ada@example.com]; 60s: 993 of 1000; 86400s: 12 of 600"#,
        ),
        (
            "person_match",
            "locked",
            r#"city="Berlin" country="Germany" first_name="Ada" full_name="Ada Example"
               last_name="Example" linkedin_url="https://www.linkedin.com/in/ada-example"
               location="Berlin, Germany" region="Berlin" seniority="vp" title="VP Marketing"
               of [Ada Example, https://www.linkedin.com/in/ada-example] withheld [email]"#,
        ),
        (
            "person_match",
            "status_unverified",
            r#"email="ada@example.com" email_status="unverified" of [ada@example.com]"#,
        ),
        (
            "person_match",
            "status_likely_to_engage",
            r#"email="ada@example.com" email_status="guessed" of [ada@example.com]"#,
        ),
        (
            "person_match",
            "status_extrapolated",
            r#"email="ada@example.com" email_status="guessed" of [ada@example.com]"#,
        ),
        (
            "person_match",
            "status_unavailable",
            r#"email="ada@example.com" email_status="invalid" of [ada@example.com]"#,
        ),
        (
            "person_match",
            "status_brand_new",
            r#"email="ada@example.com" email_status="unknown" of [ada@example.com]"#,
        ),
        (
            "person_match",
            "status_null",
            r#"email="ada@example.com" email_status="unknown" of [ada@example.com]"#,
        ),
        ("person_match", "wrong_types", "Unknown"),
        ("person_match", "miss", "Miss"),
        ("person_match", "absent", "Unknown"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn ten_people_and_a_company_are_read_alike() {
    for (operation, fixture, expected) in [
        (
            "person_bulk",
            "bulk",
            r#"email="ada@example.com" email_status="valid" full_name="Ada Example" of [Ada
               Example, ada@example.com] | Miss | Unknown; billed 1"#,
        ),
        ("person_bulk", "bulk_short", "Unknown; billed 1"),
        ("person_bulk", "hit", "Unknown; 60s: 993 of 1000; 86400s: 12 of 600"),
        (
            "company_enrich",
            "company",
            r#"city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" company_phone="+4930000000" country="Germany"
               description="Makes widgets." employee_count=180 founded_year=2009
               industry="machinery" location="1 Sample Street, Berlin, Germany" region="Berlin"
               revenue=25000000.0 technologies=["Cloudflare DNS","HubSpot"] of [example.com,
               Example Widgets, https://www.linkedin.com/company/example-widgets]"#,
        ),
        (
            "company_enrich",
            "company_partial",
            r#"company_name="Example Widgets" revenue="25M" of [Example Widgets]"#,
        ),
        ("company_enrich", "company_miss", "Miss"),
        ("company_enrich", "absent", "Unknown"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn every_operation_is_refused_in_the_same_words() {
    for operation in ["person_match", "person_bulk", "company_enrich"] {
        for (fixture, expected) in [
            ("bad_key", "AuthFailed"),
            ("expired", "AuthFailed"),
            ("no_scope", "PlanLacks"),
            ("no_credits_403", "OutOfCredits"),
            ("no_credits_422", "OutOfCredits"),
            ("bad_input", "InvalidInput"),
            ("bulk_too_many", "InvalidInput"),
            ("throttled", "RateLimited 1800s"),
            ("not_found", "Unknown"),
            ("server_error", "Transient"),
            // It may have been found and billed behind the gateway.
            ("gateway", "Unknown"),
            ("garbage", "Unknown"),
        ] {
            check(operation, fixture, expected);
        }
        check_bad_days(&Apollo::new(), operation, &three());
    }
}

#[test]
fn each_alternative_makes_its_request() {
    let provider = Apollo::new();
    for (operation, of, expected) in [
        (
            "person_match",
            vec![json!({"full_name": "Ada Example", "company_name": "Widgets"})],
            "POST https://api.apollo.io/api/v1/people/match\ncontent-type: application/json\n\
             accept: application/json\ncache-control: no-cache\nx-api-key: [REDACTED]\n\
             {\"name\":\"Ada Example\",\"organization_name\":\"Widgets\"}",
        ),
        (
            "person_bulk",
            vec![
                json!({"first_name": "Ada", "last_name": "Example", "company_domain": "a.example"}),
                json!({"email": "bob@example.com"}),
            ],
            "POST https://api.apollo.io/api/v1/people/bulk_match\ncontent-type: application/json\n\
             accept: application/json\ncache-control: no-cache\nx-api-key: [REDACTED]\n\
             {\"details\":[{\"domain\":\"a.example\",\"first_name\":\"Ada\",\
             \"last_name\":\"Example\"},{\"email\":\"bob@example.com\"}]}",
        ),
        (
            "company_enrich",
            vec![json!({"company_domain": "example.com"})],
            "GET https://api.apollo.io/api/v1/organizations/enrich?domain=example.com\n\
             accept: application/json\ncache-control: no-cache\nx-api-key: [REDACTED]",
        ),
    ] {
        let made = with_ask(&provider, operation, &of, |ask| provider.request(ask)).unwrap();
        assert_eq!(show_request(&made), expected);
    }
}

#[test]
fn the_profile_tells_that_the_key_works() {
    let provider = Apollo::new();
    let key = Secret::new("k".to_owned());
    let request = provider.check("https://api.apollo.io/api/v1", &key).unwrap();
    assert_eq!(
        request.redacted_url(),
        "https://api.apollo.io/api/v1/users/api_profile?include_credit_usage=true"
    );
    for (name, expected) in [
        ("profile", "works true"),
        ("bad_key", "works false"),
        ("no_scope", "works ?"),
        ("garbage", "works ?"),
    ] {
        let standing = provider.parse_check(&fixture(&format!("apollo/{name}")));
        assert_eq!(show_standing(&standing), expected);
    }
}
