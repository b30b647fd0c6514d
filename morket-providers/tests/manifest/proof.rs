//! A vendor of ordinary shape from its page: batches that are submitted and asked about, a token
//! for a key, and a throttle that says how long in its own way.

use super::common::{KEY, answer, outcomes, read, request, show, vendor, with_ask};
use morket_core::{Secret, provider::Provider};
use morket_testkit::provider::check_provider;
use serde_json::{Value, json};

const PROOF: &str = include_str!("proof.toml");

fn two() -> [Value; 2] {
    [json!({"email": "ada@example.com"}), json!({"email": "bob@example.com"})]
}

#[test]
fn a_batch_is_submitted_and_asked_about() {
    let proof = vendor(PROOF);
    assert_eq!(
        show(&request(&proof, &two())),
        "POST https://api.proof.example/v1/batches\ncontent-type: application/json\n\
         x-session: [REDACTED]\n{\"items\":[{\"email\":\"ada@example.com\",\"ref\":\"0\"},\
         {\"email\":\"bob@example.com\",\"ref\":\"1\"}]}"
    );
    let poll = with_ask(&proof, &two(), |ask| proof.poll(ask, "b_1")).unwrap();
    let expected = "GET https://api.proof.example/v1/batches/b_1\nx-session: [REDACTED]";
    assert_eq!(show(&poll), expected);
    check_provider(&proof);
}

#[test]
fn every_answer_of_it_is_read() {
    let proof = vendor(PROOF);
    let state = |state: &str| json!({"batch": {"id": "b_1", "state": state}});
    let done = json!({"batch": {"id": "b_1", "state": "done"}, "results": [
        {"ref": "1", "email": "bob@example.com", "error": "bad_syntax"},
        {"ref": "0", "email": "ada@example.com", "verdict": "deliverable", "score": 97},
    ]});
    let odd = json!({"results": [{"ref": 0, "verdict": "pondering"}]});
    let (spent, wait) = (("x-credits-used", "1"), ("x-throttle-reset-ms", "1500"));
    for (status, header, body, expected) in [
        (202, None, state("queued"), "Pending Some(\"b_1\") 5s"),
        (202, None, json!({}), "Unknown"),
        (200, None, state("running"), "Pending None 10s"),
        (200, Some(spent), done, "email_status=\"valid\" | InvalidInput; billed 1"),
        (200, None, odd, "email_status=\"unknown\" | Unknown"),
        (200, None, state("done"), "Unknown"),
        (429, Some(wait), json!({}), "Wait 2s"),
        (400, None, json!({"code": "no_credits"}), "OutOfCredits"),
        (400, None, json!({"code": "bad_request"}), "InvalidInput"),
        (401, None, json!({}), "AuthFailed"),
        (404, None, json!({}), "Unknown"),
        (503, None, json!({}), "Unknown"),
    ] {
        let header: Vec<_> = header.into_iter().collect();
        let said = outcomes(&read(&proof, &two(), &answer(status, &header, &body)));
        assert_eq!(said, expected, "{status} {body}");
    }
}

#[test]
fn a_throttled_sign_in_waits_as_the_vendor_says() {
    let proof = vendor(PROOF);
    let sign_in = proof.sign_in("https://base.example", &Secret::new(KEY.to_owned()));
    assert!(show(&sign_in.unwrap().unwrap()).starts_with("POST https://base.example/auth/token"));
    let good = json!({"data": {"access_token": "t-1", "ttl": 900}});
    let token = proof.parse_sign_in(&answer(200, &[], &good)).unwrap();
    assert_eq!((token.secret.expose().as_str(), token.lasts.as_secs()), ("t-1", 900));
    let throttled = answer(429, &[("x-throttle-reset-ms", "2500")], &json!({}));
    let refused = proof.parse_sign_in(&throttled).unwrap_err();
    assert_eq!(outcomes(&(*refused).into()), "Wait 3s");
}
