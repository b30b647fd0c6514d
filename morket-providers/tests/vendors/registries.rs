//! Records of domains and legal entities, sentence by sentence.

use super::common::{check_each, example, fixture, show, show_request, with_ask};
use morket_core::{
    http::HttpResponse,
    provider::{Ask, Provider},
};
use morket_providers::{dns::Dns, gleif::Gleif, rdap::Rdap};
use serde_json::{Value, json};

const DNS: &[(&str, &str, &str)] = &[
    ("mx", "answer_text", "Unknown"),
    ("mx", "bad_request", "InvalidInput"),
    ("dmarc", "dmarc", r#"dmarc_policy="p=reject" of [example.com]"#),
    ("dmarc", "dmarc_none", r#"dmarc_policy="p=none" of [example.com]"#),
    ("dmarc", "dmarc_odd", "Unknown"),
    ("mx", "garbage", "Unknown"),
    ("mx", "mx_alias", r#"accepts_mail=true mail_provider="Zoho Mail" of [example.com]"#),
    ("mx", "mx_google", r#"accepts_mail=true mail_provider="Google Workspace" of [example.com]"#),
    ("mx", "mx_microsoft", r#"accepts_mail=true mail_provider="Microsoft 365" of [example.com]"#),
    ("mx", "mx_none", "Miss"),
    ("mx", "mx_null", "accepts_mail=false of [example.com]"),
    ("mx", "mx_odd", "Unknown"),
    ("mx", "mx_other", r#"accepts_mail=true mail_provider="example.org" of [example.com]"#),
    ("mx", "mx_own", "accepts_mail=true of [example.com]"),
    ("mx", "mx_wrong_name", "accepts_mail=true of [other.example]"),
    ("mx", "nxdomain", "Miss"),
    ("mx", "refused", "Unknown"),
    ("mx", "server_error", "Transient"),
    ("mx", "servfail", "Transient"),
    (
        "spf",
        "spf",
        r#"spf_record="v=spf1 include:_spf.salesforce.com include:sendgrid.net -all"
             technologies=["Google Search Console","Salesforce","SendGrid"] of [example.com]"#,
    ),
    ("spf", "spf_none", "Miss"),
    (
        "spf",
        "spf_split",
        r#"spf_record="v=spf1 include:_spf.google.com ~all" technologies=["HubSpot"] of
             [example.com]"#,
    ),
    ("mx", "throttled", "RateLimited 7s"),
];

const RDAP: &[(&str, &str, &str)] = &[
    ("domain", "bad_request", "InvalidInput"),
    ("domain", "garbage", "Unknown"),
    (
        "domain",
        "hit",
        r#"domain_registered_on="1995-08-14" registrar="Example Registrar, Inc." of
             [example.com]"#,
    ),
    (
        "domain",
        "hit_upper",
        r#"domain_registered_on="1995-08-14" registrar="Example Registrar, Inc." of
             [EXAMPLE.COM]"#,
    ),
    ("domain", "miss", "Miss"),
    ("domain", "nothing", "Miss"),
    ("domain", "partial", r#"domain_registered_on="1995-08-14" of [example.com]"#),
    ("domain", "placeholder", "Miss"),
    ("domain", "redirect", "Unknown"),
    ("domain", "server_error", "Transient"),
    ("domain", "throttled", "RateLimited 3s"),
    (
        "domain",
        "wrong_name",
        r#"domain_registered_on="1995-08-14" registrar="Example Registrar, Inc." of
             [other.example]"#,
    ),
    ("domain", "wrong_types", "Unknown"),
];

const GLEIF: &[(&str, &str, &str)] = &[
    ("company", "bad_request", "InvalidInput"),
    (
        "company",
        "elsewhere",
        r#"company_city="London" company_country="GB" company_status="active"
             founded_year=2009 legal_name="Example Widgets Ltd" lei="2138EXAMPLE000000056" of
             [Example Widgets Ltd, GB]"#,
    ),
    ("company", "garbage", "Unknown"),
    (
        "company",
        "hit",
        r#"company_city="Berlin" company_country="DE" company_status="active"
             founded_year=2009 legal_name="Example Widgets GmbH" lei="5299EXAMPLEWIDGETS98" of
             [Example Widgets GmbH, DE]"#,
    ),
    (
        "company",
        "longer_name",
        r#"company_city="Berlin" company_country="DE" company_status="active"
             founded_year=2009 legal_name="Example Widgets Pension Fund Trustees Partners"
             lei="5299EXAMPLEWIDGETS98" of [Example Widgets Pension Fund Trustees Partners, DE]"#,
    ),
    ("company", "miss", "Miss"),
    ("company", "namesakes", "Miss"),
    (
        "company",
        "namesakes_exact",
        r#"company_city="Berlin" company_country="DE" company_status="active"
             founded_year=2009 legal_name="EXAMPLE WIDGETS" lei="5299EXAMPLEWIDGETS98" of
             [EXAMPLE WIDGETS, DE]"#,
    ),
    ("company", "no_attributes", "Unknown"),
    (
        "company",
        "partial",
        r#"company_country="DE" legal_name="Example Widgets GmbH" lei="5299EXAMPLEWIDGETS98"
             of [Example Widgets GmbH, DE]"#,
    ),
    ("company", "placeholder", "Unknown"),
    (
        "company",
        "seat_abroad",
        r#"company_city="Dublin" company_country="IE" company_status="active"
             founded_year=2009 legal_name="Example Widgets GmbH" lei="5299EXAMPLEWIDGETS98" of
             [Example Widgets GmbH, IE]"#,
    ),
    ("company", "server_error", "Transient"),
    ("company", "throttled", "RateLimited 30s"),
    ("company", "wrong_types", "Unknown"),
];

#[test]
fn every_answer_is_read() {
    check_each(&Dns::new(), DNS);
    check_each(&Rdap::new(), RDAP);
    check_each(&Gleif::new(), GLEIF);
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
fn questions_are_addresses() {
    let domain = || json!({"company_domain": "https://www.Example.com/about"});
    for (operation, expected) in [
        ("mx", "GET https://cloudflare-dns.com/dns-query?name=example.com&type=MX\n"),
        ("spf", "?name=example.com&type=TXT\naccept: application/dns-json"),
        ("dmarc", "?name=_dmarc.example.com&type=TXT\n"),
    ] {
        check_asked(&Dns::new(), operation, domain(), expected);
    }
    check_asked(&Rdap::new(), "domain", domain(), "GET https://rdap.org/domain/example.com\n");
    check_asked(&Rdap::new(), "domain", json!({"company_domain": "no domain"}), "is no domain");
    let named = json!({"company_name": "A & B", "company_country": "DE"});
    let expected = "/lei-records?filter%5Bentity.legalName%5D=A%20%26%20B&page%5Bsize%5D=20\n";
    check_asked(&Gleif::new(), "company", named, expected);
    let both = json!({"company_name": "A", "legal_name": "A GmbH"});
    check_asked(&Gleif::new(), "company", both, "=A%20GmbH&");
}

/// Where an answer leads on to.
fn led(base_url: &str, status: u16, location: &str) -> Option<String> {
    let provider = Rdap::new();
    let mut answer = HttpResponse::new(status, "");
    answer.headers.push(("location".to_owned(), location.to_owned()));
    with_ask(&provider, "domain", &[example()], |ask| {
        let ask = Ask { base_url, ..*ask };
        provider.follow(&ask, base_url, &answer).map(|it| it.url())
    })
}

#[test]
fn p031_a_directory_leads_to_a_registry_and_nowhere_else() {
    let (live, local) = ("https://rdap.org", "http://127.0.0.1:9/rdap");
    for (base, status, location, goes) in [
        (live, 302, "https://rdap.registry.example/v1/domain/EXAMPLE.COM", true),
        (live, 302, "https://rdap.registry.example/domain/example.org", false),
        (live, 302, "http://rdap.registry.example/domain/example.com", false),
        (live, 302, "https://user@rdap.registry.example/domain/example.com", false),
        (live, 302, "https://evil.example/?x=/domain/example.com", false),
        (live, 302, "/v1/domain/example.com", false),
        (live, 302, "", false),
        (live, 200, "https://rdap.registry.example/domain/example.com", false),
        (local, 302, "http://127.0.0.1:9/rdap/registry/domain/example.com", true),
        (local, 302, "http://127.0.0.1:9/rdapper/domain/example.com", false),
        (local, 302, "http://127.0.0.1:90/rdap/domain/example.com", false),
        (local, 302, "https://rdap.registry.example/domain/example.com", false),
    ] {
        let expected = goes.then(|| location.to_owned());
        assert_eq!(led(base, status, location), expected, "{base} {status} {location}");
    }
}

/// What GLEIF comes to for this record and answer.
fn said(asked: Value, answer: &HttpResponse) -> String {
    let provider = Gleif::new();
    with_ask(&provider, "company", &[asked], |ask| show(&provider.parse(ask, answer)))
}

#[test]
fn a_country_chooses_among_namesakes() {
    for (country, name, expected) in [
        ("Germany", "namesakes", "of [Example Widgets GmbH, DE]"),
        ("GB", "namesakes", "of [Example Widgets Ltd, GB]"),
        ("FR", "namesakes", "Miss"),
        // It sits abroad, and is registered where it is asked for.
        ("DE", "seat_abroad", "of [Example Widgets GmbH, DE]"),
        ("nowhere", "hit", "of [Example Widgets GmbH, DE]"),
    ] {
        let asked = json!({"company_name": "Example Widgets", "company_country": country});
        let said = said(asked, &fixture(&format!("gleif/{name}")));
        assert!(said.ends_with(expected), "{country} {name}: {said}");
    }
}

/// Legal entities by name and country.
fn entities(of: &[(&str, &str)]) -> HttpResponse {
    let entity = |(name, country): &(&str, &str)| {
        let seat = json!({"country": country, "city": "Example City"});
        json!({"attributes": {"lei": "5299EXAMPLEWIDGETS98", "entity": {
            "legalName": {"name": name}, "legalAddress": seat, "headquartersAddress": seat,
        }}})
    };
    let data: Vec<Value> = of.iter().map(entity).collect();
    HttpResponse::new(200, json!({"data": data}).to_string())
}

#[test]
fn p023_of_sister_companies_none_is_guessed() {
    let sisters = [
        ("Example Widgets Sales GmbH", "DE"),
        ("Example Widgets GmbH", "DE"),
        ("Example Widgets Service GmbH", "DE"),
    ];
    let twins = [("Example Widgets GmbH", "DE"), ("Example Widgets AG", "DE")];
    let same = [("Example Widgets GmbH", "DE"), ("EXAMPLE WIDGETS GMBH", "DE")];
    let abroad = [("Example Widgets AG", "CH"), ("Example Widgets GmbH", "DE")];
    let many = [("Example Widgets GmbH", "DE"); 20];
    let one = "of [Example Widgets GmbH, DE]";
    let (name, legal) = ("company_name", "legal_name");
    for (of, key, asked, country, expected) in [
        (&sisters[..], name, "Example Widgets", "DE", one),
        (&sisters, name, "Example Widgets", "", one),
        (&sisters, name, "Example", "DE", "Miss"),
        (&sisters[1..], name, "Example Widgets Sales", "DE", "Miss"),
        (&twins, name, "Example Widgets", "DE", "Miss"),
        (&twins, legal, "example widgets gmbh", "DE", one),
        (&same, legal, "Example Widgets GmbH", "DE", "Miss"),
        (&abroad, name, "Example Widgets", "Germany", one),
        (&abroad, name, "Example Widgets", "FR", "Miss"),
        // Others may stand on the next page.
        (&many[..19], name, "Example Widgets", "DE", "Miss"),
        (&many, legal, "Example Widgets GmbH", "DE", "Miss"),
        (
            &[&many[..1], &[("Example Widgets Nineteen GmbH", "DE"); 19]].concat(),
            name,
            "Example Widgets",
            "DE",
            "Miss",
        ),
    ] {
        let said = said(json!({key: asked, "company_country": country}), &entities(of));
        assert!(said.ends_with(expected), "{asked} in {country:?} of {of:?}: {said}");
    }
}
