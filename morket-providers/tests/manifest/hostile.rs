//! Manifests that somebody wrote to do harm: each is refused, and what remains is bounded.

use super::common::{RIGHT, answer, changed, read, records, show, vendor};
use morket_core::{
    CallId, Secret,
    provider::{Ask, Provider},
};
use morket_providers::manifest::parse;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn p159_a_hostile_manifest_is_refused_before_it_runs() {
    for (from, to) in [
        // Other hosts, and hosts of one's own network.
        ("https://api.acme.example/v1", "file:///etc/passwd"),
        ("https://api.acme.example/v1", "http://169.254.169.254/latest"),
        ("https://api.acme.example/v1", "https://169.254.169.254/latest"),
        ("https://api.acme.example/v1", "https://[fd00::1]"),
        ("https://api.acme.example/v1", "https://metadata.internal"),
        ("https://api.acme.example/v1", "https://{{ company_domain }}"),
        ("https://api.acme.example/v1", "https://api.acme.example@evil.example"),
        ("\"/people\"", "\"//evil.example/people\""),
        ("\"/people\"", "\"https://evil.example/people\""),
        ("\"/people\"", "\"/../../admin\""),
        ("\"/people\"", "\"@evil.example/people\""),
        ("\"/people\"", "\".evil.example/people\""),
        ("\"/people\"", "\"/people?x=1\""),
        ("\"/people\"", "\"/people#x\""),
        ("\"/people\"", "\"/peo\\r\\nple\""),
        // Files, variables, keys.
        ("{{ email }}", "{{ env.HOME }}"),
        ("{{ email }}", "{{ @key }}"),
        ("{{ email }}", "{{ key }}"),
        ("{{ email }}", "{{ include '/etc/passwd' }}"),
        ("{{ email }}", "{{ email | read '/etc/passwd' }}"),
        ("slug = ", "include = \"/etc/passwd\"\nslug = "),
        // Messages in messages.
        ("query = ", "headers = { host = \"evil.example\" }\nquery = "),
        ("query = ", "headers = { authorization = \"x\" }\nquery = "),
        ("query = ", "headers = { transfer-encoding = \"chunked\" }\nquery = "),
        ("query = ", "headers = { \"x\\r\\ny\" = \"1\" }\nquery = "),
        ("query = ", "headers = { x = \"1\\r\\nhost: evil.example\" }\nquery = "),
        ("x-api-key", "x-api-key\\r\\nx"),
        ("x-api-key", "x: y"),
        ("\"Acme\"", "\"A\\u001b[31m\""),
        // What would run away.
        ("\"$.name\"", "{ at = \"$.name\", regex = \"(a{1000}){1000}\" }"),
        ("\"$.name\"", "{ at = \"$.name\", regex = \"(?=x)\" }"),
        ("{{ email }}", "{{ email | regex '((a{500}){500}){500}' }}"),
        ("status = 404", "matches = \"(x{999}){999}\""),
    ] {
        let text = changed(from, to);
        assert!(parse(&text).is_err(), "{to}");
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "what is measured is the machine's time")]
fn p158_a_manifest_is_bounded_in_every_direction() {
    let rule = "\n[[operation.outcome]]\nstatus = 404\nthen = \"miss\"\n";
    let operation = &RIGHT[RIGHT.find("[[operation]]").unwrap()..];
    let outputs: String = (0..100).map(|n| format!("f{n} = \"$.a\"\n")).collect();
    let deep = format!("json = {}1{}\nquery", "{ a = ".repeat(40), " }".repeat(40));
    let very_deep = format!("json = {}1{}\nquery", "[".repeat(50_000), "]".repeat(50_000));
    for text in [
        format!("{RIGHT}{}", rule.repeat(100)),
        format!("{RIGHT}{}", operation.repeat(40)),
        changed("[operation.output]\n", &format!("[operation.output]\n{outputs}")),
        changed("$.name", &format!("${}", ".a".repeat(200))),
        changed("$.name", &format!("${}", "[*]".repeat(60))),
        changed("{{ email }}", &"{{ email }}".repeat(200)),
        changed("query", &deep),
        changed("query", &very_deep),
        "a.".repeat(60_000) + "a = 1",
        "[[".repeat(60_000),
        "x = {".repeat(20_000),
        "\u{0}\u{1}\"".repeat(1000),
    ] {
        let began = Instant::now();
        let start: String = text.chars().take(40).collect();
        assert!(parse(&text).is_err(), "{start}");
        assert!(began.elapsed() < Duration::from_secs(5), "{start}: {:?}", began.elapsed());
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "what is measured is the machine's time")]
fn p158_an_answer_is_read_in_bounded_time() {
    let slow = vendor(
        &changed("\"$.name\"", "{ at = \"$[*][*][*]\", regex = \"^(a+)+$\" }")
            .replace("status = 404", "at = \"$[*][*]\"\nmatches = \"(x+x+)+y\""),
    );
    let long: Value = "a".repeat(8_000).into();
    let row = Value::Array(vec![long; 100]);
    let body = json!([vec![row.clone(); 3], vec![row; 2]]);
    let began = Instant::now();
    read(&slow, &[json!({"email": "a@example.com"})], &answer(200, &[], &body));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn p031_a_key_goes_nowhere_but_where_auth_says() {
    for (auth, seen) in [
        ("header = \"x-api-key\"", "x-api-key: [REDACTED]"),
        ("header = \"x-api-key\"\nprefix = \"Token\"", "x-api-key: [REDACTED]"),
        ("bearer = true", "authorization: [REDACTED]"),
        ("basic = true", "authorization: [REDACTED]"),
        ("query = \"key\"", "&key=[REDACTED]"),
        ("body = \"api_key\"", "{\"api_key\":\"[REDACTED]\"}"),
    ] {
        let provider = vendor(&changed("header = \"x-api-key\"", auth));
        let record = records(&[json!({"email": "a@example.com"})]);
        let key = Secret::new("canary:\"x\"\\é".to_owned());
        let ask = Ask {
            operation: &provider.manifest().operations[0],
            base_url: &provider.manifest().base_url,
            key: Some(&key),
            records: &record,
            call: CallId(uuid::Uuid::nil()),
        };
        let request = provider.request(&ask).unwrap();
        let text = format!("{} {request:?}", show(&request));
        assert!(text.contains(seen) && !text.contains("canary"), "{auth}: {text}");
        assert!(request.secrets().next().is_some(), "{auth}: nothing to scrub");
        assert!(provider.request(&Ask { key: None, ..ask }).is_err(), "{auth}");
    }
}
