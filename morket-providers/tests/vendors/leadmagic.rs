//! LeadMagic, sentence by sentence.

use super::common::{
    built_in, check_bad_days, check_said, fixture, show_request, show_standing, with_ask,
};
use morket_core::Secret;
use serde_json::{Value, json};

const FINDER: &str = "email_finder";
const VERIFIER: &str = "email_verifier";

fn ada() -> Value {
    json!({
        "email": "ada@example.com", "first_name": "Ada", "last_name": "Example",
        "company_domain": "example.com",
    })
}

fn check(operation: &str, fixture: &str, expected: &str) {
    let provider = built_in("leadmagic");
    let name = format!("leadmagic/{fixture}");
    check_said(provider.as_ref(), operation, &[ada()], &name, expected);
}

#[test]
fn each_operation_finds_one_thing() {
    for (operation, fixture, expected) in [
        (
            FINDER,
            "hit",
            r#"company_domain="example.com"
               company_linkedin_url="https://www.linkedin.com/company/example-widgets"
               company_name="Example Widgets" email="ada@example.com" email_status="valid"
               employee_range="51-200" first_name="Ada" founded_year=2009 industry="Machinery"
               last_name="Example" of [Ada Example, example.com, Example Widgets,
               ada@example.com]; billed 1"#,
        ),
        (
            FINDER,
            "hit_catch_all",
            r#"company_domain="example.com" email="ada@example.com" email_status="accept_all"
               first_name="Ada" last_name="Example" of [Ada Example, example.com,
               ada@example.com]; billed 1"#,
        ),
        (
            FINDER,
            "hit_new_word",
            r#"email="ada@example.com" email_status="unknown" of [ada@example.com]; billed 1"#,
        ),
        (
            FINDER,
            "wrong_person",
            r#"company_domain="other.example" email="bob@other.example" email_status="valid"
               first_name="Bob" last_name="Other" of [Bob Other, other.example,
               bob@other.example]; billed 1"#,
        ),
        (FINDER, "miss", "Miss; billed 0"),
        (FINDER, "placeholder", "Miss; billed 0"),
        (FINDER, "wrong_types", "Unknown"),
        (FINDER, "nothing", "Unknown"),
        (VERIFIER, "verified", r#"email_status="valid" of [ada@example.com]; billed 0.25"#),
        (
            VERIFIER,
            "verified_catch_all",
            r#"email_status="accept_all" of [ada@example.com]; billed 0.25"#,
        ),
        (VERIFIER, "refuted", r#"email_status="invalid" of [ada@example.com]; billed 0.25"#),
        (VERIFIER, "not_known", r#"email_status="unknown" of [ada@example.com]; billed 0.25"#),
        (VERIFIER, "verified_number", "Unknown; billed 0.25"),
        (VERIFIER, "nothing", "Unknown"),
    ] {
        check(operation, fixture, expected);
    }
}

#[test]
fn every_operation_is_refused_in_the_same_words() {
    for operation in [FINDER, VERIFIER] {
        for (fixture, expected) in [
            ("bad_input", "InvalidInput"),
            ("bad_key", "AuthFailed"),
            ("no_credits", "OutOfCredits"),
            ("throttled", "RateLimited 8s"),
            ("objected", "LegalBlock"),
            // A miss is a 200 here, and nothing says what an error of the server is billed.
            ("not_found", "Unknown"),
            ("server_error", "Unknown"),
            ("gateway", "Unknown"),
            ("garbage", "Unknown"),
        ] {
            check(operation, fixture, expected);
        }
        check_bad_days(built_in("leadmagic").as_ref(), operation, &[ada()]);
    }
}

#[test]
fn each_alternative_makes_its_request() {
    let provider = built_in("leadmagic");
    let named = json!({"first_name": "Ada", "last_name": "Example", "company_name": "Widgets"});
    for (operation, of, path, body) in [
        (
            FINDER,
            ada(),
            "email-finder",
            json!({"first_name": "Ada", "last_name": "Example", "domain": "example.com"}),
        ),
        (FINDER, named.clone(), "email-finder", named),
        (VERIFIER, ada(), "email-validation", json!({"email": "ada@example.com"})),
    ] {
        let made =
            with_ask(provider.as_ref(), operation, &[of], |ask| provider.request(ask)).unwrap();
        let expected = format!(
            "POST https://api.leadmagic.io/v1/people/{path}\ncontent-type: application/json\n\
             x-api-key: [REDACTED]\n{body}"
        );
        assert_eq!(show_request(&made), expected);
    }
}

#[test]
fn the_credits_tell_that_the_key_works() {
    let provider = built_in("leadmagic");
    let key = Secret::new("k".to_owned());
    let request = provider.check("https://api.leadmagic.io/v1", &key).unwrap();
    let expected = "GET https://api.leadmagic.io/v1/credits\nx-api-key: [REDACTED]";
    assert_eq!(show_request(&request), expected);
    for (name, expected) in [
        ("credits", "works true, left 15432.5"),
        ("bad_key", "works false"),
        ("nothing", "works ?"),
        ("garbage", "works ?"),
    ] {
        let standing = provider.parse_check(&fixture(&format!("leadmagic/{name}")));
        assert_eq!(show_standing(&standing), expected);
    }
}
