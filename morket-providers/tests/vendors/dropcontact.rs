//! Dropcontact, sentence by sentence.

use super::common::{check_bad_days, check_said, fixture, show_request, show_standing, with_ask};
use morket_core::{Secret, provider::Provider};
use morket_providers::dropcontact::Dropcontact;
use serde_json::{Value, json};

fn three() -> [Value; 3] {
    [("Ada", "Example"), ("Bob", "Sample"), ("Cleo", "Other")].map(|(first, last)| {
        json!({"first_name": first, "last_name": last, "company_domain": "example.com"})
    })
}

fn check(fixture: &str, expected: &str) {
    let name = format!("dropcontact/{fixture}");
    check_said(&Dropcontact::new(), "enrich", &three(), &name, expected);
}

#[test]
fn a_batch_is_submitted_waited_for_and_read() {
    for (fixture, expected) in [
        ("submitted", "Pending abcdefghijklmn 30s"),
        ("not_ready", "Pending the same 30s"),
        ("not_ready_odd", "Pending the same 30s"),
        (
            "done",
            r#"company_domain="www.example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="Germany" email="ada@example.com"
               email_status="valid" employee_range="51-200" first_name="Ada" full_name="Ada
               Example" industry="Machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" phone="+49 30 000000"
               title="VP Marketing" of [Ada Example, www.example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example, ada@example.com] |
               company_domain="www.example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="Germany" email="bob@example.com"
               email_status="accept_all" employee_range="51-200" first_name="Ada"
               full_name="Ada Example" industry="Machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" phone="+49 30 000000"
               title="VP Marketing" of [Ada Example, www.example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example, bob@example.com] | Miss"#,
        ),
        (
            "done_choices",
            r#"company_domain="www.example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="Germany" email="ada@example.com"
               email_status="valid" employee_range="51-200" first_name="Ada" full_name="Ada
               Example" industry="Machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" phone="+49 30 000000"
               title="VP Marketing" of [Ada Example, www.example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example, ada@example.com] |
               company_domain="www.example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="Germany" employee_range="51-200"
               first_name="Ada" full_name="Ada Example" industry="Machinery"
               last_name="Example" linkedin_url="https://www.linkedin.com/in/ada-example"
               personal_email="bob@mail.example" phone="+49 30 000000" title="VP Marketing" of
               [Ada Example, www.example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example] | company_domain="www.example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" country="Germany" email="x@example.com"
               email_status="unknown" employee_range="51-200" first_name="Ada" full_name="Ada
               Example" industry="Machinery" last_name="Example"
               linkedin_url="https://www.linkedin.com/in/ada-example" phone="+49 30 000000"
               title="VP Marketing" of [Ada Example, www.example.com, Example Widgets,
               https://www.linkedin.com/in/ada-example, x@example.com]"#,
        ),
        // The third is missing, the first stands twice, and the eighth was never asked for.
        ("done_short", "Unknown | Unknown | Unknown"),
        ("done_unnamed", "Unknown | Unknown | Unknown"),
        ("done_wrong_types", "Unknown | Unknown | Miss"),
        ("done_placeholder", "Miss | Miss | Unknown"),
        ("done_object", "Unknown"),
    ] {
        check(fixture, expected);
    }
}

#[test]
fn a_batch_is_refused_as_a_whole() {
    for (fixture, expected) in [
        ("too_many", "InvalidInput"),
        ("bad_key", "AuthFailed"),
        ("no_credits", "OutOfCredits"),
        ("no_credits_in_200", "OutOfCredits"),
        ("odd_refusal", "Unknown"),
        ("not_found", "Unknown"),
        ("throttled", "RateLimited"),
        ("server_error", "Transient"),
        // The batch may have been taken on behind the gateway.
        ("gateway", "Unknown"),
        ("garbage", "Unknown"),
    ] {
        check(fixture, expected);
    }
}

#[test]
fn p023_what_cannot_be_read_may_have_been_billed() {
    check_bad_days(&Dropcontact::new(), "enrich", &three());
}

#[test]
fn a_row_travels_there_and_back() {
    let provider = Dropcontact::new();
    let of = [
        json!({"full_name": "Ada Example", "company_name": "Example Widgets",
               "linkedin_url": "linkedin.com/in/ada", "email": "not@sent.example"}),
        json!({"first_name": "Bob", "last_name": "Sample", "company_domain": "example.com"}),
    ];
    let made = with_ask(&provider, "enrich", &of, |ask| provider.request(ask)).unwrap();
    let body: Value = serde_json::from_slice(made.body_bytes().unwrap()).unwrap();
    let expected = json!({
        "data": [
            {"full_name": "Ada Example", "company": "Example Widgets",
             "linkedin": "linkedin.com/in/ada", "custom_fields": {"morket_row": "0"}},
            {"first_name": "Bob", "last_name": "Sample", "website": "example.com",
             "custom_fields": {"morket_row": "1"}},
        ],
        "language": "en",
        "siren": false,
    });
    assert_eq!(body, expected);
    assert!(show_request(&made).starts_with(
        "POST https://api.dropcontact.com/v1/enrich/all\ncontent-type: application/json\n\
         x-access-token: [REDACTED]\n"
    ));
}

#[test]
fn a_task_is_asked_about_for_free() {
    let provider = Dropcontact::new();
    let poll = |task: &str| with_ask(&provider, "enrich", &three(), |ask| provider.poll(ask, task));
    let request = poll("abc/def").unwrap();
    assert_eq!(
        show_request(&request),
        "GET https://api.dropcontact.com/v1/enrich/all/abc%2Fdef\nx-access-token: [REDACTED]"
    );
    assert!(!request.is_paid());
    assert!(poll("..").is_err());
}

#[test]
fn the_account_tells_what_is_left() {
    let provider = Dropcontact::new();
    let key = Secret::new("k".to_owned());
    let request = provider.check("https://api.dropcontact.com/v1", &key).unwrap();
    assert_eq!(
        show_request(&request),
        "GET https://api.dropcontact.com/v1/account/credits\nx-access-token: [REDACTED]"
    );
    for (name, expected) in [
        ("credits", "works true, left 996"),
        ("bad_key", "works false"),
        ("server_error", "works ?"),
        ("garbage", "works ?"),
    ] {
        let standing = provider.parse_check(&fixture(&format!("dropcontact/{name}")));
        assert_eq!(show_standing(&standing), expected);
    }
}
