//! Clearbit, sentence by sentence.

use super::common::{check_bad_days, check_each, example, show_request, with_ask};
use morket_core::provider::{Ask, Provider, Shape, Unfinished};
use morket_providers::clearbit::Clearbit;
use serde_json::Value;

const CLEARBIT: &[(&str, &str, &str)] = &[
    ("person_find", "bad_input", "InvalidInput"),
    ("person_find", "bad_input_422", "InvalidInput"),
    ("person_find", "bad_key", "AuthFailed"),
    (
        "combined_find",
        "combined",
        r#"city="Berlin" company_city="Berlin" company_country="Germany"
             company_domain="example.com"
             company_linkedin_url="https://www.linkedin.com/company/example-widgets"
             company_name="Example Widgets" company_phone="+49 30 000000"
             company_twitter_url="https://twitter.com/examplewidgets" country="Germany"
             department="marketing" description="Makes widgets." email="ada@example.com"
             email_status="unverified" employee_count=180 employee_range="51-250"
             first_name="Ada" founded_year=2009 full_name="Ada Example" industry="Machinery"
             last_name="Example" legal_name="Example Widgets GmbH"
             linkedin_url="https://www.linkedin.com/in/ada-example" location="Berlin, Germany"
             region="Berlin" revenue="$10M-$50M" seniority="executive"
             technologies=["hubspot","cloudflare"] title="VP Marketing"
             twitter_url="https://twitter.com/ada_example" of [Ada Example, example.com,
             Example Widgets, https://www.linkedin.com/in/ada-example, ada@example.com]"#,
    ),
    (
        "combined_find",
        "combined_no_person",
        r#"company_city="Berlin" company_country="Germany" company_domain="example.com"
             company_linkedin_url="https://www.linkedin.com/company/example-widgets"
             company_name="Example Widgets" company_phone="+49 30 000000"
             company_twitter_url="https://twitter.com/examplewidgets" description="Makes
             widgets." employee_count=180 employee_range="51-250" founded_year=2009
             industry="Machinery" legal_name="Example Widgets GmbH" revenue="$10M-$50M"
             technologies=["hubspot","cloudflare"] of [example.com, Example Widgets]"#,
    ),
    ("combined_find", "combined_nobody", "Miss"),
    ("combined_find", "combined_odd", "Unknown"),
    (
        "company_find",
        "company",
        r#"company_city="Berlin" company_country="Germany" company_domain="example.com"
             company_linkedin_url="https://www.linkedin.com/company/example-widgets"
             company_name="Example Widgets" company_phone="+49 30 000000"
             company_twitter_url="https://twitter.com/examplewidgets" description="Makes
             widgets." employee_count=180 employee_range="51-250" founded_year=2009
             industry="Machinery" legal_name="Example Widgets GmbH" revenue="$10M-$50M"
             technologies=["hubspot","cloudflare"] of [example.com, Example Widgets,
             https://www.linkedin.com/company/example-widgets, Germany]"#,
    ),
    (
        "company_find",
        "company_dead_logo",
        r#"company_city="Berlin" company_country="Germany" company_domain="example.com"
             company_linkedin_url="https://www.linkedin.com/company/example-widgets"
             company_name="Example Widgets" company_phone="+49 30 000000"
             company_twitter_url="https://twitter.com/examplewidgets" description="Makes
             widgets." employee_count=180 employee_range="51-250" founded_year=2009
             industry="Machinery" legal_name="Example Widgets GmbH" revenue="$10M-$50M"
             technologies=["hubspot","cloudflare"] of [example.com, Example Widgets,
             https://www.linkedin.com/company/example-widgets, Germany]"#,
    ),
    (
        "company_find",
        "company_logo",
        r#"company_city="Berlin" company_country="Germany" company_domain="example.com"
             company_linkedin_url="https://www.linkedin.com/company/example-widgets"
             company_name="Example Widgets" company_phone="+49 30 000000"
             company_twitter_url="https://twitter.com/examplewidgets" description="Makes
             widgets." employee_count=180 employee_range="51-250" founded_year=2009
             industry="Machinery" legal_name="Example Widgets GmbH"
             logo_url="https://static.example.com/logo.png" revenue="$10M-$50M"
             technologies=["hubspot","cloudflare"] of [example.com, Example Widgets,
             https://www.linkedin.com/company/example-widgets, Germany]"#,
    ),
    ("person_find", "error_in_200", "Unknown"),
    ("person_find", "garbage", "Unknown"),
    ("person_find", "gateway", "Unknown"),
    ("person_find", "miss", "Miss"),
    ("person_find", "miss_list", "Miss"),
    ("person_find", "no_credits", "OutOfCredits"),
    (
        "person_find",
        "other_person",
        r#"city="Berlin" company_domain="example.com" company_name="Example Widgets"
             country="Germany" department="marketing" email="bob@example.org"
             email_status="unverified" first_name="Bob" full_name="Bob Other" last_name="Other"
             linkedin_url="https://www.linkedin.com/in/ada-example" location="Berlin, Germany"
             region="Berlin" seniority="executive" title="VP Marketing"
             twitter_url="https://twitter.com/ada_example" of [Bob Other, example.com, Example
             Widgets, https://www.linkedin.com/in/ada-example, bob@example.org]"#,
    ),
    (
        "person_find",
        "person",
        r#"city="Berlin" company_domain="example.com" company_name="Example Widgets"
             country="Germany" department="marketing" email="ada@example.com"
             email_status="unverified" first_name="Ada" full_name="Ada Example"
             last_name="Example" linkedin_url="https://www.linkedin.com/in/ada-example"
             location="Berlin, Germany" region="Berlin" seniority="executive" title="VP
             Marketing" twitter_url="https://twitter.com/ada_example" of [Ada Example,
             example.com, Example Widgets, https://www.linkedin.com/in/ada-example,
             ada@example.com]; 60s: 599 of 600"#,
    ),
    (
        "person_find",
        "person_partial",
        r#"email="ada@example.com" email_status="unverified" first_name="Ada" full_name="Ada
             Example" last_name="Example" of [Ada Example, ada@example.com]"#,
    ),
    (
        "person_find",
        "placeholder",
        r#"email="example@example.com" email_status="unverified" of [example@example.com]"#,
    ),
    ("person_find", "queued", "Pending queued 60s"),
    ("person_find", "queued_object", "Pending queued 60s"),
    ("person_find", "server_error", "Transient"),
    ("person_find", "throttled", "RateLimited 20s; 60s: 0 of 600"),
    ("person_find", "wrong_route", "Unknown"),
    ("person_find", "wrong_types", "Unknown"),
];

#[test]
fn every_answer_is_read() {
    check_each(&Clearbit::new(), CLEARBIT);
}

fn asked(provider: &dyn Provider, operation: &str, of: Value) -> String {
    with_ask(provider, operation, &[of], |ask| {
        provider.request(ask).map_or_else(|it| it.to_string(), |it| show_request(&it))
    })
}

#[track_caller]
fn check_asked(provider: &dyn Provider, operation: &str, of: Value, expected: &str) {
    let asked = asked(provider, operation, of);
    assert!(asked.contains(expected), "{asked}");
}

#[test]
fn two_hosts_are_one_vendor() {
    let clearbit = Clearbit::new();
    for (operation, expected) in [
        ("person_find", "GET https://person.clearbit.com/v2/people/find?email=ada%40example.com\n"),
        ("combined_find", "GET https://person.clearbit.com/v2/combined/find?email="),
        ("company_find", "GET https://company.clearbit.com/v2/companies/find?domain=example.com\n"),
    ] {
        check_asked(&clearbit, operation, example(), expected);
        check_asked(&clearbit, operation, example(), "authorization: [REDACTED]");
    }
    let polled = with_ask(&clearbit, "person_find", &[example()], |ask| {
        let elsewhere = Ask { base_url: "http://127.0.0.1:9/clearbit", ..*ask };
        clearbit.poll(&elsewhere, "queued").unwrap().url()
    });
    let same = "http://127.0.0.1:9/clearbit/v2/people/find?email=ada%40example.com";
    assert_eq!(polled, same);
    // Three polls after a minute each, and what is queued still is a miss.
    for operation in &clearbit.manifest().operations {
        let Shape::Poll { every, deadline, unfinished, .. } = operation.shape else { panic!() };
        assert_eq!((every.as_secs(), deadline.as_secs() / 60), (60, 3));
        assert_eq!(unfinished, Unfinished::Miss);
    }
}

#[test]
fn bad_days_are_no_answers() {
    for operation in ["person_find", "company_find", "combined_find"] {
        check_bad_days(&Clearbit::new(), operation, &[example()]);
    }
}
