//! Manifests that somebody wrote to do harm: each is refused, and what remains is bounded.

use super::common::{RIGHT, answer, changed, outcomes, read, records, show, vendor};
use morket_core::{
    CallId, Secret,
    provider::{Ask, Outcome, Provider, Verdicts},
};
use morket_providers::manifest::parse;
use serde_json::{Value, json};

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

/// What is said of a manifest that is too much, and that it is not said without end.
fn check_refused(text: &str, said: &str) {
    let start: String = text.chars().take(40).collect();
    let problems = parse(text).err().unwrap_or_default();
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(all.iter().any(|it| it.contains(said)), "{start}: {said}: {all:#?}");
    assert!(all.len() <= 50 && all.iter().all(|it| it.len() < 1000), "{start}: {all:#?}");
}

#[test]
fn p158_a_manifest_is_bounded_in_every_direction() {
    let rule = "\n[[operation.outcome]]\nstatus = 404\nthen = \"miss\"\n";
    let operation = &RIGHT[RIGHT.find("[[operation]]").unwrap()..];
    let outputs: String = (0..100).map(|n| format!("f{n} = \"$.a\"\n")).collect();
    let deep = format!("json = {}1{}\nquery", "{ a = ".repeat(40), " }".repeat(40));
    let very_deep = format!("json = {}1{}\nquery", "[".repeat(50_000), "]".repeat(50_000));
    for (text, said) in [
        (format!("{RIGHT}{}", rule.repeat(100)), "holds 101; at most 64 are read"),
        (format!("{RIGHT}{}", operation.repeat(40)), "holds 41; at most 32 are read"),
        (
            changed("[operation.output]\n", &format!("[operation.output]\n{outputs}")),
            "holds 102; at most 64 are read",
        ),
        (changed("$.name", &format!("${}", ".a".repeat(200))), "is longer than 256 bytes"),
        (changed("$.name", &format!("${}", "[*]".repeat(60))), "has more than 32 steps"),
        (changed("{{ email }}", &"{{ email }}".repeat(200)), "is longer than 1024 bytes"),
        (changed("query", &deep), "is nested more than 12 levels deep"),
        (changed("query", &very_deep), ""),
        ("a.".repeat(60_000) + "a = 1", ""),
        ("[[".repeat(60_000), ""),
        ("x = {".repeat(20_000), ""),
        ("\u{0}\u{1}\"".repeat(1000), ""),
    ] {
        check_refused(&text, said);
    }
}

#[test]
fn p158_the_patterns_of_a_manifest_are_counted_before_they_are_compiled() {
    let rules = |count: usize| {
        let rule = "\n[[operation.outcome]]\nmatches = \"^x\"\nthen = \"miss\"\n";
        format!("{RIGHT}{}", rule.repeat(count))
    };
    let outputs = |count: usize| {
        let tries = "{ at = \"$.name\", regex = \"^x\" }, ".repeat(count);
        (format!("[{tries}]"), format!("title = [{tries}]\n"))
    };
    // Sixteen tries each of two fields, and thirty in texts of one body.
    let (name, title) = outputs(16);
    let steps = "{{ email | regex '.' | regex '^.' | regex '^.' }}".repeat(10);
    let most = changed("query = ", &format!("json = {{ a = \"{steps}\" }}\nquery = "));
    let most = most.replace("title = { at = \"$.job\" }\n", &title);
    let most = most.replace("full_name = \"$.name\"", &format!("full_name = {name}"));
    let two = "{ at = \"$.job\", regex = \"^x\" }, { at = \"$.job\", regex = \"^x\" }";
    let full =
        most.replace("[operation.output]\n", &format!("[operation.output]\nseniority = [{two}]\n"));
    vendor(&full);
    let rule = "\n[[outcome]]\nmatches = \"x\"\nthen = \"miss\"\n";
    // The last is no pattern at all, and nobody looked.
    let broken = rules(63).replace("{{ email }}", "{{ email | regex '.' | regex '(' }}");
    for text in [format!("{full}{rule}"), broken] {
        check_refused(&text, "is more than the 64 patterns that a manifest may hold");
        assert_eq!(parse(&text).unwrap_err().len(), 1, "what is too much is told once");
    }
}

const LISTS: &str = r#"slug = "acme"
name = "Acme"
base_url = "https://api.acme.example"
as_of = "2026-11-21"
fields = ["f0", "f1", "f2", "f3", "f4", "f5", "f6"]

[[operation]]
name = "find"
kind = "person"
inputs = [["email"]]
request = { path = "/", query = { mail = "{{ email }}" } }
output = { OUTPUTS }
"#;

#[test]
fn p158_what_an_answer_yields_is_bounded() {
    let ask = [json!({"email": "a@example.com"})];
    // A list ends where it holds too much, and with too many of them there is no record.
    let body = json!({"n": vec!["a".repeat(8000); 400]});
    for (count, kept) in [(1, Some(8)), (4, Some(8)), (5, None), (7, None)] {
        let outputs: Vec<_> =
            (0..count).map(|n| format!("f{n} = {{ at = \"$.n\", take = \"list\" }}")).collect();
        let provider = vendor(&LISTS.replace("OUTPUTS", &outputs.join(", ")));
        let parsed = read(&provider, &ask, &answer(200, &[], &body));
        let lists = match &parsed.verdicts {
            Verdicts::All(Outcome::Answer(it)) => it.values.clone(),
            Verdicts::All(Outcome::Unknown) => Vec::new(),
            other => panic!("{other:?}"),
        };
        let lens: Vec<_> = lists.iter().map(|(_, it)| it.as_array().unwrap().len()).collect();
        assert_eq!(lens, kept.map_or(Vec::new(), |it| vec![it; count]), "{count}");
    }
    // What takes for ever elsewhere meets texts of bounded length only.
    let slow = vendor(
        &changed("\"$.name\"", "{ at = \"$[*][*][*]\", regex = \"^(a+)+$\" }")
            .replace("status = 404", "at = \"$[*][*][*]\"\nmatches = \"(b+b+)+$\""),
    );
    for (length, end, expected) in
        [(8192, "a", "full_name"), (8193, "a", "Miss"), (8192, "b", "Miss"), (8193, "b", "Miss")]
    {
        let text = format!("{}{end}", "a".repeat(length - 1));
        let body = json!([vec![Value::Array(vec![text.into()])]]);
        let said = outcomes(&read(&slow, &ask, &answer(200, &[], &body)));
        assert!(said.starts_with(expected), "{length} {end}: {said:.40}");
    }
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
