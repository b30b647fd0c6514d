//! A value never becomes syntax, whatever it holds and wherever it goes.

use super::common::{changed, request, vendor, with_ask};
use morket_core::{http::encode, provider::Provider};
use morket_providers::manifest::{ManifestProvider, Problem, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

const PLACES: &str = r#"
path = "/people/{{ email }}/x-{{ email | lower }}"
query = { mail = "{{ email }}", fixed = "1" }
headers = { x-mail = "m {{ email }}" }
json = { a = [{ "mail" = "<{{ email }}>", n = 1 }], b = "fixed" }
"#;

const FORM: &str = r#"
path = "/people"
form = { mail = "{{ email }}", z = "1" }
"#;

fn places(request: &str) -> ManifestProvider {
    let old = "path = \"/people\"\nquery = { mail = \"{{ email }}\" }\n";
    vendor(&changed(old, request))
}

fn nasty() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "&",
        "=",
        "?",
        "#",
        "/",
        "../",
        "\"",
        "'",
        "\\",
        "\r\n",
        "\u{0}",
        "%2e",
        "{{ email }}",
        "}}",
        "@",
        ":",
        " ",
        "é",
        "\u{2028}",
        "x-evil: 1",
    ];
    let pieces =
        prop_oneof![prop::sample::select(ODD).prop_map(str::to_owned), "[a-z]{1,5}", ".{1,3}"];
    prop::collection::vec(pieces, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn p153_a_value_keeps_the_shape_of_a_request(value in nasty()) {
        // method: property
        let provider = places(PLACES);
        let of = [json!({"email": value})];
        // What cannot stand in a header or a segment is refused, never bent.
        if let Ok(made) = with_ask(&provider, &of, |ask| provider.request(ask)) {
            let url = made.url();
            let (path, query) = url.split_once('?').unwrap();
            let expected = format!("https://api.acme.example/v1/people/{}/x-{}",
                encode(&value), encode(&value.to_lowercase()));
            prop_assert_eq!(path, expected);
            prop_assert_eq!(query, format!("fixed=1&mail={}", encode(&value)));
            let headers: Vec<_> = made.headers().map(|(name, _)| name).collect();
            prop_assert_eq!(headers, ["content-type", "x-mail", "x-api-key"]);
            let one_line = |text: &str| text.bytes().all(|it| it == b' ' || it.is_ascii_graphic());
            prop_assert!(made.headers().all(|(_, text)| one_line(text)));
            let body: Value = serde_json::from_slice(made.body_bytes().unwrap()).unwrap();
            let mail = format!("<{value}>");
            prop_assert_eq!(body, json!({"a": [{"mail": mail, "n": 1}], "b": "fixed"}));
        }
    }

    #[test]
    fn p153_a_form_keeps_its_fields(value in nasty()) {
        // method: property
        let made = request(&places(FORM), &[json!({"email": value})]);
        let body = String::from_utf8(made.body_bytes().unwrap().to_vec()).unwrap();
        prop_assert_eq!(body, format!("mail={}&z=1", encode(&value)));
    }

    #[test]
    fn p153_a_task_stays_one_segment(task in nasty()) {
        // method: property
        let old = "status = 404\nthen = \"miss\"\n";
        let new = "status = 202\nthen = \"pending\"\ntask = \"$.id\"\n\n[operation.poll]\n\
                   path = \"/tasks/{{ @task }}\"\n";
        let provider = vendor(&changed(old, new));
        let of = [json!({"email": "a@example.com"})];
        if let Ok(made) = with_ask(&provider, &of, |ask| provider.poll(ask, &task)) {
            let expected = format!("https://api.acme.example/v1/tasks/{}", encode(&task));
            prop_assert_eq!(made.url(), expected);
            prop_assert!(!made.is_paid());
        }
    }

    #[test]
    fn p158_any_text_is_a_manifest_or_has_a_place_where_it_is_wrong(
        at in any::<prop::sample::Index>(), junk in ".{0,6}", cut in 0_usize..40
    ) {
        // method: property
        let chars: Vec<char> = super::common::RIGHT.chars().collect();
        let at = at.index(chars.len());
        let rest = &chars[(at + cut).min(chars.len())..];
        let start: String = chars[..at].iter().collect();
        let text = format!("{start}{junk}{}", rest.iter().collect::<String>());
        if let Err(problems) = parse(&text) {
            let lines = text.split('\n').count();
            prop_assert!(!problems.is_empty());
            let placed = |it: &Problem| (1..=lines).contains(&it.line) && it.column >= 1;
            prop_assert!(problems.iter().all(placed));
        }
    }
}
