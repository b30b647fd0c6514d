//! Front pages, sentence by sentence.

use super::common::{check_each, example, fixture, show, with_ask};
use morket_core::{
    http::HttpResponse,
    provider::{Ask, Provider},
};
use morket_providers::website::Website;
use proptest::prelude::*;

const WEBSITE: &[(&str, &str, &str)] = &[
    ("front_page", "bare", "Miss"),
    ("front_page", "broken", r#"website_title="Example <b>Widgets" of [example.com]"#),
    ("front_page", "forbidden", "Miss"),
    ("front_page", "garbage", "Unknown"),
    (
        "front_page",
        "hit",
        r#"company_city="Berlin" company_country="DE"
             company_facebook_url="https://www.facebook.com/examplewidgets"
             company_github_url="https://github.com/example-widgets"
             company_linkedin_url="https://www.linkedin.com/company/example-widgets"
             company_name="Example Widgets GmbH" company_phone="+49 30 1234567"
             company_twitter_url="https://x.com/examplewidgets" description="Makes \"widgets\"
             since 2009." employee_count=180 founded_year=2009
             logo_url="https://example.com/touch.png"
             technologies=["Cloudflare","WordPress","HubSpot","Google Tag Manager"]
             website_title="Example Widgets – Widgets for all" of [example.com, Example Widgets
             GmbH, https://www.linkedin.com/company/example-widgets, DE]"#,
    ),
    ("front_page", "moved_away", "Miss"),
    ("front_page", "moved_www", "Miss"),
    ("front_page", "no_header", r#"website_title="Example Widgets" of [example.com]"#),
    ("front_page", "not_found", "Miss"),
    ("front_page", "odd_json_ld", r#"website_title="Example" of [example.com]"#),
    ("front_page", "parked", "Miss"),
    ("front_page", "partial", r#"website_title="Example Widgets" of [example.com]"#),
    ("front_page", "pdf", "Miss"),
    ("front_page", "placeholder", "Miss"),
    ("front_page", "robots_allow", "Miss"),
    ("front_page", "robots_deny", "Miss"),
    ("front_page", "server_error", "Transient"),
    ("front_page", "throttled", "Transient"),
    (
        "front_page",
        "wrong_subject",
        r#"company_name="Other Works" website_title="Other Works" of [other.example, Other
             Works]"#,
    ),
];

#[test]
fn every_answer_is_read() {
    check_each(&Website::new(), WEBSITE);
}

/// Where an answer to this address leads on to.
fn led(base_url: &str, asked: &str, answer: &HttpResponse) -> Option<String> {
    let provider = Website::new();
    with_ask(&provider, "front_page", &[example()], |ask| {
        let ask = Ask { base_url, ..*ask };
        let next = provider.follow(&ask, asked, answer)?;
        assert!(!next.is_paid() && next.time_limit().as_secs() == 5);
        assert!(next.body_limit() == 2_000_000 && next.cuts_body());
        Some(next.url())
    })
}

const LIVE: &str = "https://{company_domain}";
const LOCAL: &str = "http://127.0.0.1:9/website";

#[test]
fn the_rules_for_robots_are_asked_first() {
    let provider = Website::new();
    for (base_url, expected) in [
        (LIVE, "https://example.com/robots.txt"),
        (LOCAL, "http://127.0.0.1:9/website/example.com/robots.txt"),
    ] {
        let url = with_ask(&provider, "front_page", &[example()], |ask| {
            provider.request(&Ask { base_url, ..*ask }).unwrap().url()
        });
        assert_eq!(url, expected);
    }
}

#[test]
fn one_page_is_gone_to_and_only_where_it_may() {
    let (rules, page) = ("https://example.com/robots.txt", "https://example.com/");
    for (asked, recorded, expected) in [
        (rules, "robots_allow", Some(page)),
        (rules, "robots_deny", None),
        (rules, "not_found", Some(page)),
        // A page where rules should be: there are none.
        (rules, "hit", Some(page)),
        (rules, "server_error", None),
        (rules, "moved_www", Some(page)),
        (rules, "moved_away", Some(page)),
        (page, "hit", None),
        (page, "robots_allow", None),
        (page, "not_found", None),
        (page, "server_error", None),
        (page, "moved_www", Some("https://www.example.com/")),
        (page, "moved_away", None),
        ("https://www.example.com/", "moved_www", None),
        (
            "https://elsewhere.example/robots.txt",
            "robots_allow",
            Some("https://elsewhere.example/"),
        ),
        ("ftp://example.com/", "moved_www", None),
    ] {
        let answer = fixture(&format!("website/{recorded}"));
        assert_eq!(led(LIVE, asked, &answer).as_deref(), expected, "{asked} {recorded}");
    }
}

#[test]
fn p031_a_site_leads_to_no_other_owner_and_no_address() {
    let page = "http://127.0.0.1:9/website/example.com/";
    for (location, expected) in [
        ("/welcome", Some("http://127.0.0.1:9/website/example.com/welcome")),
        ("https://www.example.com/", Some("http://127.0.0.1:9/website/www.example.com/")),
        ("https://example.com/", None),
        ("https://example.org/", None),
        ("http://127.0.0.1:9/other", None),
        ("http://169.254.169.254/latest/meta-data", None),
        ("https://example.com@evil.example/", None),
        ("https://example.com.evil.example/", None),
        ("/../../hunter/v2/account", None),
        ("javascript:alert(1)", None),
    ] {
        let mut answer = HttpResponse::new(302, "");
        answer.headers.push(("location".to_owned(), location.to_owned()));
        assert_eq!(led(LOCAL, page, &answer).as_deref(), expected, "{location}");
    }
}

/// Places as a site may write them, put together from what has fooled readers of URLs.
fn place() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "https://",
        "http://",
        "//",
        "\\\\",
        "ftp://",
        "javascript:",
        "/",
        "?",
        "#",
        ":",
        "@",
        ".",
        "..",
        "%2e",
        "%2f",
        "%00",
        "example.com",
        "www.example.com",
        "EXAMPLE.com",
        "evil.example",
        "example.com.evil.example",
        "evilexample.com",
        "127.0.0.1",
        "169.254.169.254",
        "[::1]",
        "0x7f.1",
        "localhost",
        "443",
        "8443",
        "user:pass",
        "\u{3002}",
        "\t",
        "\u{ff0f}",
        "a",
    ]);
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// A site may lead on to pages of its own, over TLS and by name; each is an address that was read
/// anew, and nothing else is ever gone to.
#[test]
fn p164_wherever_a_site_points_only_its_owner_is_asked() {
    // method: property
    proptest!(ProptestConfig::with_cases(20_000), |(
        status in 300..400_u16, place in place(), robots in any::<bool>(),
    )| {
        let asked = if robots { "https://example.com/robots.txt" } else { "https://example.com/" };
        let mut answer = HttpResponse::new(status, "");
        answer.headers.push(("location".to_owned(), place.clone()));
        if let Some(next) = led(LIVE, asked, &answer) {
            let rest = next.strip_prefix("https://").unwrap_or_else(|| panic!("{place}: {next}"));
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            // A name that ends with a dot is the same name.
            let host = authority.strip_suffix('.').unwrap_or(authority);
            let own = host == "example.com" || host.ends_with(".example.com");
            let usual = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
            let plain = |it: char| usual(it) || it == '.';
            prop_assert!(own && authority.chars().all(plain), "{:?} leads to {}", place, next);
            prop_assert_ne!(next.as_str(), asked, "it leads nowhere");
        }
    });
}

#[test]
fn a_huge_page_is_read_in_one_pass() {
    let parts = ["<a href=\"", "<!--", "<script>", "<title>", "&", "<", "<a b='"];
    for part in parts {
        let mut answer = HttpResponse::new(200, part.repeat((4 << 20) / part.len()));
        answer.headers.push(("content-type".to_owned(), "text/html".to_owned()));
        let provider = Website::new();
        let said = with_ask(&provider, "front_page", &[example()], |ask| {
            show(&provider.parse(ask, &answer))
        });
        assert_eq!(said, "Miss", "{part}");
    }
}
