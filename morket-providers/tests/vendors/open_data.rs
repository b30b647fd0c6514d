//! Wikidata and GitHub, sentence by sentence.

use super::common::{check_each, check_said, example, show_request, with_ask};
use morket_core::provider::Provider;
use morket_providers::{github::GitHub, wikidata::Wikidata};
use serde_json::{Value, json};

const WIKIDATA: &[(&str, &str, &str)] = &[
    ("company", "bad_query", "InvalidInput"),
    ("company", "banned", "Transient"),
    ("company", "garbage", "Unknown"),
    (
        "company",
        "hit",
        r#"company_city="Berlin" company_country="Germany" company_domain="example.com"
             company_facebook_url="https://www.facebook.com/examplewidgets"
             company_github_url="https://github.com/example-widgets"
             company_linkedin_url="https://www.linkedin.com/company/example-widgets"
             company_name="Example Widgets"
             company_twitter_url="https://twitter.com/examplewidgets" employee_count=180
             founded_year=2009 industry="mechanical engineering" lei="5299EXAMPLEWIDGETS98" of
             [example.com, Example Widgets, https://www.linkedin.com/company/example-widgets,
             Germany]"#,
    ),
    ("company", "item_missing", "Unknown"),
    ("company", "miss", "Miss"),
    (
        "company",
        "namesakes",
        r#"company_city="Berlin" company_country="Germany" company_domain="example.com"
             company_facebook_url="https://www.facebook.com/examplewidgets"
             company_github_url="https://github.com/example-widgets"
             company_linkedin_url="https://www.linkedin.com/company/example-widgets"
             company_name="Example Widgets"
             company_twitter_url="https://twitter.com/examplewidgets" founded_year=2009
             industry="mechanical engineering" lei="5299EXAMPLEWIDGETS98" of [example.com,
             Example Widgets, https://www.linkedin.com/company/example-widgets, Germany]"#,
    ),
    (
        "company",
        "partial",
        r#"company_domain="example.com" company_name="Example Widgets" of [example.com,
             Example Widgets]"#,
    ),
    ("company", "placeholder", "Miss"),
    (
        "company",
        "product_beside",
        r#"company_domain="example.com" company_name="Example Widgets" employee_count=180 of
             [example.com, Example Widgets]"#,
    ),
    ("company", "server_error", "Transient"),
    ("company", "shared_site", "Miss"),
    ("company", "throttled", "RateLimited 60s"),
    ("company", "unnamed", r#"company_domain="example.com" industry="retail" of [example.com]"#),
    (
        "company",
        "wrong_subject",
        r#"company_domain="other.example" company_name="Other Works" industry="retail" of
             [other.example, Other Works]"#,
    ),
    ("company", "wrong_types", "Unknown"),
];

const GITHUB: &[(&str, &str, &str)] = &[
    ("user", "bad_input", "InvalidInput"),
    ("user", "forbidden", "Transient"),
    ("user", "garbage", "Unknown"),
    ("user", "miss", "Miss"),
    ("user", "miss_page", "Unknown"),
    (
        "organisation",
        "organisation",
        r#"company_domain="https://www.example.com" company_name="Example Widgets"
             company_twitter_url="https://twitter.com/examplewidgets" of
             [https://www.example.com, Example Widgets]"#,
    ),
    (
        "organisation",
        "organisation_other",
        r#"company_domain="https://other.example" company_name="Other Works"
             company_twitter_url="https://twitter.com/examplewidgets" of [https://other.example,
             Other Works]"#,
    ),
    ("user", "placeholder", r#"personal_email="example@example.com" of []"#),
    ("user", "secondary", "RateLimited 30s"),
    ("user", "server_error", "Transient"),
    ("user", "throttled", "RateLimited"),
    ("user", "used_up", "RateLimited 100s"),
    (
        "user",
        "user",
        r#"company_name="Example Widgets" full_name="Ada Example" location="Berlin"
             twitter_url="https://twitter.com/ada_example" of [Ada Example, Example Widgets]"#,
    ),
    ("user", "user_empty", "Miss"),
    (
        "user",
        "user_other",
        r#"company_name="Example Widgets" full_name="Bob Other" location="Berlin"
             twitter_url="https://twitter.com/ada_example" of [Bob Other, Example Widgets]"#,
    ),
    (
        "user",
        "user_partial",
        r#"full_name="Ada Example" personal_email="ada@example.org" of [Ada Example]"#,
    ),
    ("user", "wrong_types", "Unknown"),
];

#[test]
fn every_answer_is_read() {
    check_each(&Wikidata::new(), WIKIDATA);
    check_each(&GitHub::new(), GITHUB);
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
fn questions_are_queries_and_logins() {
    let domain = json!({"company_domain": "Example.com"});
    let site = "%3Chttps%3A%2F%2Fwww.example.com%2F%3E";
    check_asked(&Wikidata::new(), "company", domain, site);
    let named = json!({"company_name": "Say \"x\" } DROP"});
    check_asked(&Wikidata::new(), "company", named, "%22Say%20%5C%22x%5C%22%20%7D%20DROP%22%40en");
    // A website's own item, a product and a person have a website as well as a company has.
    let organisation = "P31%2Fwdt%3AP279%2A%20wd%3AQ43229";
    for by in [json!({"company_domain": "example.com"}), json!({"company_name": "Example"})] {
        check_asked(&Wikidata::new(), "company", by, organisation);
    }
    let github = GitHub::new();
    for (operation, expected) in [
        ("user", "GET https://api.github.com/users/ada-example\n"),
        ("organisation", "GET https://api.github.com/orgs/example\n"),
    ] {
        check_asked(&github, operation, example(), expected);
    }
    check_asked(&github, "user", example(), "user-agent: Morket/");
    check_asked(&github, "user", json!({"github_url": "https://example.com/x"}), "is no page");
}

#[test]
fn namesakes_are_no_answer() {
    let asked = [json!({"company_name": "Example Widgets"})];
    for (fixture, expected) in [("namesakes", "Miss"), ("miss", "Miss"), ("garbage", "Unknown")] {
        let fixture = format!("wikidata/{fixture}");
        check_said(&Wikidata::new(), "company", &asked, &fixture, expected);
    }
}
