//! What goes out: bulk calls, tasks, tokens, checks of keys.

use super::common::{KEY, answer, changed, request, show, vendor};
use morket_core::{
    Secret,
    provider::{OutcomeKind, Provider, Token},
};
use morket_testkit::provider::check_provider;
use serde_json::json;

#[test]
fn a_bulk_call_writes_each_record_once() {
    let provider = vendor(
        &changed(
            "path = \"/people\"\nquery = { mail = \"{{ email }}\" }\n",
            "path = \"/bulk\"\njson = { v = 2, people = { \"$each\" = { id = \"{{ @row }}\", \
         mail = \"{{ email }}\", tel = \"{{ phone }}\" } } }\n[operation.bulk]\nmax = 3\n\
         answers = \"$.results\"\n",
        )
        .replace("inputs =", "optional = [\"phone\"]\ninputs ="),
    );
    let of = [json!({"email": "a@x.example"}), json!({"email": "b@x.example", "phone": "+49 1"})];
    assert_eq!(
        show(&request(&provider, &of)),
        "POST https://api.acme.example/v1/bulk\ncontent-type: application/json\n\
         x-api-key: [REDACTED]\n{\"people\":[{\"id\":\"0\",\"mail\":\"a@x.example\"},\
         {\"id\":\"1\",\"mail\":\"b@x.example\",\"tel\":\"+49 1\"}],\"v\":2}"
    );
    assert_eq!(provider.manifest().operations[0].bulk, 3);
    check_provider(&provider);
}

#[test]
fn of_several_requests_the_first_that_fits_is_made() {
    let provider = vendor(
        &changed(
            "[operation.request]\npath = \"/people\"\nquery = { mail = \"{{ email }}\" }\n",
            "[[operation.request]]\nneeds = [\"email\"]\npath = \"/by-mail/{{ email | lower }}\"\n\
         [[operation.request]]\npath = \"/by-profile/{{ linkedin_url | handle }}\"\n",
        )
        .replace("[[\"email\"]]", "[[\"email\"], [\"linkedin_url\"]]"),
    );
    for (of, path) in [
        (json!({"email": "A@x.example"}), "/by-mail/a%40x.example"),
        (json!({"linkedin_url": "https://www.linkedin.com/in/ada/?x=1"}), "/by-profile/ada"),
        (json!({"email": "a@x.example", "linkedin_url": "in/ada"}), "/by-mail/a%40x.example"),
    ] {
        let url = request(&provider, &[of]).url();
        assert_eq!(url, format!("https://api.acme.example/v1{path}"));
    }
    check_provider(&provider);
}

const EXCHANGE: &str = r#"
[auth.exchange]
path = "/oauth/token"
token = "$.access_token"
expires_in = "$.expires_in"

[auth.exchange.form]
grant_type = "client_credentials"
client_id = "{{ @id }}"
client_secret = "{{ @secret }}"
"#;

#[test]
fn p097_a_key_is_changed_for_a_token_and_neither_is_shown() {
    let key = Secret::new(KEY.to_owned());
    for (exchange, shown, sent) in [
        (
            EXCHANGE.to_owned(),
            "content-type: application/x-www-form-urlencoded\n\
             client_id=[REDACTED]&client_secret=[REDACTED]&grant_type=client_credentials",
            "client_id=canary-id&client_secret=canary-secret&grant_type=client_credentials",
        ),
        (
            EXCHANGE.replace("exchange.form", "exchange.json"),
            "content-type: application/json\n{\"client_id\":\"[REDACTED]\",\
             \"client_secret\":\"[REDACTED]\",\"grant_type\":\"client_credentials\"}",
            "{\"client_id\":\"canary-id\",\"client_secret\":\"canary-secret\",\
             \"grant_type\":\"client_credentials\"}",
        ),
    ] {
        let provider = vendor(&changed("header = \"x-api-key\"\n", &exchange));
        let request = provider.sign_in("https://base.example", &key).unwrap().unwrap();
        assert_eq!(show(&request), format!("POST https://base.example/oauth/token\n{shown}"));
        assert_eq!(request.body_bytes().unwrap(), sent.as_bytes());
        assert!(!request.is_paid() && !format!("{request:?}").contains("canary"));
        let hidden: Vec<_> = request.secrets().map(|it| it.expose().as_str()).collect();
        assert_eq!(hidden, ["canary-id", "canary-secret"]);
    }
    let own = "client_id = \"{{ @id }}\"\nclient_secret = \"{{ @secret }}\"\n";
    let basic = EXCHANGE.replace(own, "");
    let basic = basic.replace("path =", "basic = true\npath =");
    let provider = vendor(&changed("header = \"x-api-key\"\n", &basic));
    let request = provider.sign_in("https://base.example", &key).unwrap().unwrap();
    assert!(show(&request).contains("authorization: [REDACTED]"), "{}", show(&request));
    assert!(vendor(super::common::RIGHT).sign_in("https://x.example", &key).is_none());
}

#[test]
fn a_token_is_one_or_says_why_not() {
    let provider = vendor(&changed("header = \"x-api-key\"\n", EXCHANGE));
    let read = |status, body| provider.parse_sign_in(&answer(status, &[], &body));
    let good = json!({"access_token": "t-1", "expires_in": 3600});
    let Token { secret, lasts } = read(200, good.clone()).unwrap();
    assert_eq!((secret.expose().as_str(), lasts.as_secs()), ("t-1", 3600));
    let usual = read(200, json!({"access_token": "t-1"})).unwrap();
    assert_eq!(usual.lasts.as_secs(), 600);
    for (status, body, kind) in [
        (401, json!({}), OutcomeKind::AuthFailed),
        (400, json!({"error": "invalid_client"}), OutcomeKind::AuthFailed),
        (429, json!({}), OutcomeKind::RateLimited),
        (500, good, OutcomeKind::Transient),
        (200, json!({"access_token": ""}), OutcomeKind::Transient),
        (200, json!({"access_token": "a\r\nb"}), OutcomeKind::Transient),
        (200, json!({"access_token": 7}), OutcomeKind::Transient),
        (200, json!([]), OutcomeKind::Transient),
    ] {
        assert_eq!(read(status, body.clone()).unwrap_err().kind(), kind, "{status} {body}");
    }
}

#[test]
fn a_key_is_checked_for_nothing() {
    let check = "[check]\npath = \"/me\"\nquery = { v = \"1\" }\ngood = \"$.id\"\n\
                 bad = \"$.revoked\"\nleft = \"$.left\"\nplan = \"$.plan\"\n\n[auth]";
    let provider = vendor(&changed("[auth]", check));
    let key = Secret::new(KEY.to_owned());
    let request = provider.check("https://base.example", &key).unwrap();
    assert_eq!(show(&request), "GET https://base.example/me?v=1\nx-api-key: [REDACTED]");
    for (status, body, works, left) in [
        (200, json!({"id": 1, "left": 99.5, "plan": "pro"}), Some(true), Some(99_500)),
        (200, json!({"id": 1, "revoked": true}), Some(false), None),
        (200, json!({}), None, None),
        (401, json!({"left": 3}), Some(false), None),
        (503, json!({"id": 1, "left": 3}), None, None),
    ] {
        let standing = provider.parse_check(&answer(status, &[], &body));
        assert_eq!((standing.key_works, standing.left.map(|it| it.0)), (works, left), "{body}");
    }
    check_provider(&provider);
}
