//! Addresses, domains, profiles and numbers.

use crate::values::check;
use morket_core::field::{
    EmailFlags, Fault,
    FieldType::{self, *},
    domain::{is_webmail, owner},
    linkedin::Profile,
};
use serde_json::{Value, json};

const PLACEHOLDER: Option<Fault> = Some(Fault::Placeholder);
const MALFORMED: Option<Fault> = Some(Fault::Malformed);

/// Rows of texts: all of them become the first, or are refused for the reason.
fn forms(ty: FieldType, canonical: &str, written: &[&str]) {
    let row = |text: &str| (json!(text), Ok(json!(canonical)));
    check(ty, written.iter().map(|text| row(text)).chain([row(canonical)]).collect());
}

fn refused(ty: FieldType, fault: Option<Fault>, written: &[&str]) {
    let rows = written.iter().map(|text| (json!(text), Err(fault.unwrap())));
    check(ty, rows.collect::<Vec<(Value, Result<Value, Fault>)>>());
}

#[test]
fn an_address_has_one_form() {
    let ada = "ada.example@example.com";
    forms(
        Email,
        ada,
        &[
            " Ada.Example@EXAMPLE.com ",
            "mailto:ada.example@example.com",
            "ADA.EXAMPLE@example.com.",
        ],
    );
    forms(Email, "ada+morket@example.com", &["Ada+Morket@Example.com"]);
    forms(
        Email,
        "ada@xn--mnchen-3ya.example",
        &["ada@MÜNCHEN.example", "ada@mu\u{308}nchen.example"],
    );
    forms(Email, "zoë@example.com", &["ZOE\u{308}@example.com"]);
    let hidden = ["email_not_unlocked@domain.com", "EMAIL_NOT_UNLOCKED@other.example"];
    refused(Email, PLACEHOLDER, &hidden);
    refused(
        Email,
        PLACEHOLDER,
        &["j***@example.com", "j*@example.com", "not_found@example.com", "name@domain.com"],
    );
    let long = format!("{}@example.com", "a".repeat(65));
    let malformed = [
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "a b@example.com",
        "ada@@example.com",
        "ada@exa mple.com",
        ".ada@example.com",
        "a..b@example.com",
        "ada@127.0.0.1",
        "ada@localhost",
        "{first}@example.com",
        "\"a b\"@example.com",
        "Ada <ada@example.com>",
        "ada@example.local",
        &long,
    ];
    refused(Email, MALFORMED, &malformed);
}

#[test]
fn a_status_is_one_of_six_words() {
    forms(EmailStatus, "accept_all", &["Catch-All", "ACCEPT_ALL", "catchall"]);
    forms(EmailStatus, "unknown", &["Unknown"]);
    refused(EmailStatus, MALFORMED, &["risky", "ok"]);
}

#[test]
fn flags_tell_whose_kind_an_address_is() {
    let flags = |role, webmail, disposable| EmailFlags { role, webmail, disposable };
    let rows = [
        ("ada@example.com", flags(false, false, false)),
        ("info@example.com", flags(true, false, false)),
        ("sales+de@example.com", flags(true, false, false)),
        ("ada@gmail.com", flags(false, true, false)),
        ("support@mailinator.com", flags(true, false, true)),
        ("nothing", flags(false, false, false)),
    ];
    for (address, expected) in rows {
        assert_eq!(EmailFlags::of(address), expected, "{address}");
    }
    assert_eq!(flags(true, false, false).with(flags(false, true, false)), flags(true, true, false));
}

#[test]
fn a_domain_is_found_in_all_its_wrappings() {
    let written = [
        "Example.com",
        "https://www.example.com/about?x#y",
        "http://example.com:8080",
        "//example.com/x",
        "www.example.com",
        "www.www.example.com",
        "EXAMPLE.COM.",
        "https://ada:pw@example.com/",
        "example。com",
        "https://example.com/@ada",
    ];
    forms(Domain, "example.com", &written);
    forms(Domain, "www.com", &["https://www.com"]);
    forms(Domain, "xn--strae-oqa.example", &["straße.example", "XN--STRAE-OQA.example"]);
    forms(Domain, "xn--h2brj9c.example", &["भारत.example"]);
    forms(Domain, "gmail.com", &["www.gmail.com"]);
    let label = format!("{}.com", "a".repeat(64));
    let malformed = [
        "example",
        "exa mple.com",
        "ftp://example.com",
        "ada@example.com",
        "127.0.0.1",
        "[::1]",
        "-a.com",
        "a-.com",
        "a..com",
        "example.local",
        "example.com:http",
        "https://",
        "a.b",
        &label,
    ];
    refused(Domain, MALFORMED, &malformed);
}

#[test]
fn a_webmail_host_is_no_company() {
    forms(CompanyDomain, "example.com", &["https://Example.com"]);
    refused(
        CompanyDomain,
        Some(Fault::Webmail),
        &["gmail.com", "https://www.GMX.de/", "yahoo.co.uk"],
    );
    assert!(is_webmail("gmail.com") && !is_webmail("example.com"));
}

#[test]
fn the_owner_of_a_domain() {
    let rows = [
        ("example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("example.co.uk", "example.co.uk"),
        ("shop.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("ada.github.io", "ada.github.io"),
        ("x.ada.github.io", "ada.github.io"),
        ("t.co", "t.co"),
        ("com", "com"),
    ];
    for (domain, expected) in rows {
        assert_eq!(owner(domain), expected, "{domain}");
    }
}

#[test]
fn a_profile_has_one_address() {
    let written = [
        "linkedin.com/in/ada-example",
        "in/ada-example",
        "/in/Ada-Example/",
        "http://www.linkedin.com/in/ada-example",
        "https://uk.linkedin.com/in/ada-example/",
        "https://www.linkedin.com/in/ada-example?trk=x",
        "HTTPS://LinkedIn.com/in/ada-example#top",
        "https://m.linkedin.com/in/ada-example/de/",
    ];
    forms(LinkedinPerson, "https://www.linkedin.com/in/ada-example", &written);
    let zoe = "https://www.linkedin.com/in/zo%C3%AB-example";
    forms(LinkedinPerson, zoe, &["in/zoë-example", "in/ZO%c3%8B-example", "in/zoe\u{308}-example"]);
    forms(
        LinkedinCompany,
        "https://www.linkedin.com/company/at%26t",
        &["company/AT&T", "linkedin.com/company/at%26t/about"],
    );
    forms(
        LinkedinCompany,
        "https://www.linkedin.com/company/1234567",
        &["linkedin.com/company/1234567/"],
    );
    forms(
        LinkedinCompany,
        "https://www.linkedin.com/school/example-university",
        &["school/Example-University"],
    );
    let id = "ACwAABexample0123456789";
    let opaque = format!("https://www.linkedin.com/in/{id}");
    let sales = format!("https://www.linkedin.com/sales/people/{id},NAME_SEARCH,x1");
    forms(LinkedinPerson, &opaque, &[&sales]);
    assert!(Profile::parse(&sales).unwrap().opaque);
    let malformed = [
        "ada-example",
        "company/example",
        "https://example.com/in/ada",
        "https://notlinkedin.com/in/ada",
        "linkedin.com/in/",
        "linkedin.com/pub/ada/1/2/3",
        "in/a%zz",
        "in/%25",
        "in/%FF",
        "ftp://linkedin.com/in/ada",
        "in/a b",
    ];
    refused(LinkedinPerson, MALFORMED, &malformed);
    refused(LinkedinPerson, PLACEHOLDER, &["in/a***e"]);
    refused(LinkedinCompany, MALFORMED, &["in/ada-example"]);
}

#[test]
fn a_number_is_dialled_or_kept() {
    forms(
        Phone,
        "+4930123456",
        &[
            "+49 30 123456",
            "0049 30/123456",
            "+49 (0)30 123-456",
            "tel:+49-30-123456",
            "(+49) 30 123456",
            "+４９ 30 123456",
        ],
    );
    forms(
        Phone,
        "+14155550100 x12",
        &["+1 (415) 555-0100 ext. 12", "+1.415.555.0100x12", "tel:+14155550100;ext=12"],
    );
    forms(Phone, "(415) 555-0100", &["  (415)  555–0100 "]);
    forms(Phone, "030 123456", &[]);
    forms(Phone, "030 123456 x7", &["030 123456 ext 7"]);
    check(Phone, vec![(json!(4_930_123_456_u64), Ok(json!("4930123456")))]);
    let malformed = [
        "1234",
        "+49",
        "+0 123456789",
        "+1234567890123456",
        "call me",
        "1-800-FLOWERS",
        "+1 415 XXX 0100",
        "000000000",
        "1234567890",
        "+11111111111",
        "030+123456",
        "+49 30 123456 ext. 123456789",
        "ada@example.com",
    ];
    refused(Phone, MALFORMED, &malformed);
    refused(Phone, PLACEHOLDER, &["+1 415 ***-0100"]);
}

#[test]
fn an_address_of_the_web_has_a_host_in_ascii() {
    forms(
        Url,
        "https://example.com/A?b=C#d",
        &["HTTPS://Example.COM:443/A?b=C#d", "example.com/A?b=C#d", "//example.com/A?b=C#d"],
    );
    forms(Url, "http://example.com", &["http://example.com/", "http://example.com:80"]);
    forms(Url, "https://www.example.com:8443/x", &["www.example.com:8443/x"]);
    let long = format!("https://example.com/{}", "a".repeat(2_048));
    let malformed = [
        "ftp://example.com",
        "javascript:alert(1)",
        "https://ada:pw@example.com",
        "https://exa mple.com",
        "https://example.com/a b",
        "localhost:80",
        "https://127.0.0.1/",
        &long,
    ];
    refused(Url, MALFORMED, &malformed);
}
