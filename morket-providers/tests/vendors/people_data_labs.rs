//! People Data Labs, sentence by sentence.

use super::common::{check_bad_days, check_said, fixture, show_request, show_standing, with_ask};
use morket_core::{Secret, provider::Provider};
use morket_providers::people_data_labs::PeopleDataLabs;
use serde_json::{Value, json};

const OPERATIONS: [&str; 3] = ["person_enrich", "person_bulk", "company_enrich"];

fn three() -> [Value; 3] {
    ["ada", "bob", "cleo"].map(|name| json!({"email": format!("{name}@example.com")}))
}

fn check(operation: &str, fixture: &str, expected: &str) {
    let name = format!("people-data-labs/{fixture}");
    check_said(&PeopleDataLabs::new(), operation, &three(), &name, expected);
}

#[test]
fn a_person_is_read_and_booleans_are_no_values() {
    for (operation, fixture, expected) in [
        (
            "person_enrich",
            "person_hit",
            r#"80% city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="germany" department="marketing"
               email="ada@example.com" email_status="unverified" employee_count=180
               employee_range="51-200" first_name="Ada" founded_year=2009 full_name="Ada Example"
               industry="machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" location="Berlin, Berlin,
               Germany" personal_email="ada@mail.example" phone="+4930000000" region="Berlin"
               revenue="$10M-$25M" seniority="vp" title="Vp Marketing" of [Ada Example,
               example.com, Example Widgets, https://www.linkedin.com/in/ada-example,
               ada@example.com]; billed 1; 60s: 997 of 1000"#,
        ),
        (
            "person_enrich",
            "person_partial",
            r#"60% email="ada@example.com" email_status="unverified" full_name="Ada Example"
               title="Vp Marketing" of [Ada Example, ada@example.com]"#,
        ),
        (
            "person_enrich",
            "person_free_plan",
            r#"80% company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="germany" department="marketing"
               employee_count=180 employee_range="51-200" first_name="Ada" founded_year=2009
               full_name="Ada Example" industry="machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" location="Berlin, Berlin,
               Germany" region="Berlin" revenue="$10M-$25M" seniority="vp" title="Vp Marketing" of
               [Ada Example, example.com, Example Widgets, https://www.linkedin.com/in/ada-example]
               withheld [email, personal_email, mobile_phone, city]; billed 1"#,
        ),
        (
            "person_enrich",
            "person_odd_fields",
            r#"80% city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="germany" department="marketing"
               employee_count=180 first_name="Ada" full_name="Ada Example"
               industry="machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" location="Berlin, Berlin,
               Germany" personal_email="ada@mail.example" region="Berlin" revenue=25000000
               seniority="vp" of [Ada Example, example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example]"#,
        ),
        // Nothing is shown, and a 200 is billed.
        ("person_enrich", "person_only_gates", "PlanLacks; billed 1"),
        ("person_enrich", "person_empty", "Miss"),
        ("person_enrich", "person_wrong_types", "Unknown"),
        ("person_enrich", "person_data_list", "Unknown"),
        ("person_enrich", "miss", "Miss; billed 0"),
        ("person_enrich", "miss_type_list", "Miss"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn each_of_a_bulk_has_its_own_outcome() {
    for (operation, fixture, expected) in [
        (
            "person_bulk",
            "bulk_mixed",
            r#"80% city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="germany" department="marketing"
               email="ada@example.com" email_status="unverified" employee_count=180
               employee_range="51-200" first_name="Ada" founded_year=2009 full_name="Ada Example"
               industry="machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" location="Berlin, Berlin,
               Germany" personal_email="ada@mail.example" phone="+4930000000" region="Berlin"
               revenue="$10M-$25M" seniority="vp" title="Vp Marketing" of [Ada Example,
               example.com, Example Widgets, https://www.linkedin.com/in/ada-example,
               ada@example.com] | Miss | InvalidInput; billed 1; 60s: 997 of 1000"#,
        ),
        (
            "person_bulk",
            "bulk_shuffled",
            r#"80% city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="germany" department="marketing"
               email="ada@example.com" email_status="unverified" employee_count=180
               employee_range="51-200" first_name="Ada" founded_year=2009 full_name="Ada Example"
               industry="machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" location="Berlin, Berlin,
               Germany" personal_email="ada@mail.example" phone="+4930000000" region="Berlin"
               revenue="$10M-$25M" seniority="vp" title="Vp Marketing" of [Ada Example,
               example.com, Example Widgets, https://www.linkedin.com/in/ada-example,
               ada@example.com] | Unknown | Miss"#,
        ),
        (
            "person_bulk",
            "bulk_unnamed",
            r#"80% city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="germany" department="marketing"
               email="ada@example.com" email_status="unverified" employee_count=180
               employee_range="51-200" first_name="Ada" founded_year=2009 full_name="Ada Example"
               industry="machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" location="Berlin, Berlin,
               Germany" personal_email="ada@mail.example" phone="+4930000000" region="Berlin"
               revenue="$10M-$25M" seniority="vp" of [Ada Example, example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example, ada@example.com] | Miss | OutOfCredits"#,
        ),
        // Two entries for three records, and nothing tells which.
        ("person_bulk", "bulk_unnamed_short", "Unknown | Unknown | Unknown"),
        ("person_bulk", "bulk_doubled", "Miss | Unknown | Unknown"),
        ("person_bulk", "bulk_odd", "Unknown | Unknown | Unknown"),
        ("person_bulk", "bulk_object", "Unknown"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn a_company_stands_at_the_top_of_the_body() {
    for (operation, fixture, expected) in [
        (
            "company_enrich",
            "company_hit",
            r#"90% city="Berlin" company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="germany" description="Makes widgets."
               employee_count=180 employee_range="51-200" founded_year=2009 industry="machinery"
               location="Berlin, Berlin, Germany" region="Berlin" revenue="$10M-$25M" of
               [example.com, Example Widgets, https://www.linkedin.com/company/example-widgets];
               billed 1"#,
        ),
        (
            "company_enrich",
            "company_partial",
            r#"20% company_name="example widgets" technologies=["hubspot"] of [example widgets]"#,
        ),
        ("company_enrich", "company_without_name", "Unknown"),
        ("company_enrich", "miss", "Miss; billed 0"),
        ("company_enrich", "person_hit", "Unknown; billed 1; 60s: 997 of 1000"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn every_operation_is_refused_in_the_same_words() {
    for operation in OPERATIONS {
        for (fixture, expected) in [
            ("bad_input", "InvalidInput"),
            ("bad_key", "AuthFailed"),
            ("no_credits", "OutOfCredits"),
            ("throttled", "RateLimited; 60s: 0 of 100"),
            ("wrong_route", "Unknown"),
            ("wrong_method", "Unknown"),
            ("server_error", "Transient"),
            ("garbage", "Unknown"),
        ] {
            check(operation, fixture, expected);
        }
    }
}

#[test]
fn p023_what_cannot_be_read_may_have_been_billed() {
    for operation in ["person_enrich", "company_enrich"] {
        check_bad_days(&PeopleDataLabs::new(), operation, &three());
    }
    // Here an empty list is one: of nobody.
    check_bad_days(&PeopleDataLabs::new(), "person_bulk", &three());
}

#[test]
fn a_request_makes_weak_matches_free() {
    let options = r#""min_likelihood":6"#;
    let required = r#""required":"job_title OR job_company_name OR emails OR phone_numbers","#;
    let provider = PeopleDataLabs::new();
    for (of, params) in [
        (json!({"email": "ada@example.com"}), [r#""email":"ada@example.com","#, ""]),
        (
            json!({"linkedin_url": "https://www.linkedin.com/in/ada", "email": "not sent"}),
            ["", r#""profile":"https://www.linkedin.com/in/ada","#],
        ),
        (
            json!({"full_name": "Ada Example", "company_domain": "example.com"}),
            [r#""company":"example.com","#, r#""name":"Ada Example","#],
        ),
    ] {
        let made = with_ask(&provider, "person_enrich", &[of], |ask| provider.request(ask));
        let (before, after) = match params[1] {
            name if name.starts_with("\"name\"") => (params[0], name),
            profile => (params[0], profile),
        };
        let body = format!("{{{before}{options},{after}{required}\"titlecase\":true}}");
        let expected = format!(
            "POST https://api.peopledatalabs.com/v5/person/enrich\n\
             content-type: application/json\nx-api-key: [REDACTED]\n{body}"
        );
        assert_eq!(show_request(&made.unwrap()), expected);
    }
}

#[test]
fn a_bulk_names_its_rows() {
    let provider = PeopleDataLabs::new();
    let request =
        with_ask(&provider, "person_bulk", &three(), |ask| provider.request(ask)).unwrap();
    let body: Value = serde_json::from_slice(request.body_bytes().unwrap()).unwrap();
    assert_eq!(request.url(), "https://api.peopledatalabs.com/v5/person/bulk");
    assert_eq!(body["requests"].as_array().unwrap().len(), 3);
    assert_eq!(
        body["requests"][2],
        json!({"params": {"email": "cleo@example.com"}, "metadata": {"row": 2}})
    );
    assert_eq!((&body["min_likelihood"], &body["titlecase"]), (&json!(6), &json!(true)));
}

#[test]
fn a_company_is_asked_for_by_what_is_known_best() {
    let provider = PeopleDataLabs::new();
    for (of, query) in [
        (json!({"company_domain": "example.com", "company_name": "X"}), "website=example.com"),
        (
            json!({"company_linkedin_url": "linkedin.com/company/x"}),
            "profile=linkedin.com%2Fcompany%2Fx",
        ),
        (
            json!({"company_name": "A & B", "country": "Germany"}),
            "name=A%20%26%20B&country=Germany",
        ),
    ] {
        let made = with_ask(&provider, "company_enrich", &[of], |ask| provider.request(ask));
        let expected = format!(
            "GET https://api.peopledatalabs.com/v5/company/enrich?{query}\
             &min_likelihood=6&titlecase=true\nx-api-key: [REDACTED]"
        );
        assert_eq!(show_request(&made.unwrap()), expected);
    }
}

#[test]
fn a_question_about_nobody_tests_the_key() {
    let provider = PeopleDataLabs::new();
    let key = Secret::new("k".to_owned());
    let request = provider.check("https://sandbox.example.com/v5", &key).unwrap();
    assert_eq!(
        show_request(&request),
        "GET https://sandbox.example.com/v5/person/enrich\nx-api-key: [REDACTED]"
    );
    for (name, expected) in [
        ("bad_input", "works true"),
        ("no_credits", "works true"),
        ("bad_key", "works false"),
        ("server_error", "works ?"),
        ("garbage", "works ?"),
    ] {
        let standing = provider.parse_check(&fixture(&format!("people-data-labs/{name}")));
        assert_eq!(show_standing(&standing), expected);
    }
}
