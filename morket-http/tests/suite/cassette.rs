//! Recorded once, played back, and nowhere a secret.

use crate::support::{Conversation, Server};
use morket_core::{
    Secret,
    http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse},
    privacy::{Identifier, Search},
};
use morket_http::Cassette;
use std::{fs, sync::Arc};

const KEY: &str = "can/ary+ \"key";

/// Repeats the head of each request in the answer's headers and body, as careless vendors do.
async fn echo() -> Server {
    Server::start(|mut conversation: Conversation| async move {
        let mut count = 0;
        while let Some(request) = conversation.request().await {
            count += 1;
            let auth = request.lines().find_map(|line| line.strip_prefix("authorization: "));
            let body = format!(
                "{count} {} {}",
                serde_json::json!({ "request": request, "slashes": KEY }),
                KEY.replace('/', "\\/").replace('"', "\\\"")
            );
            let head = format!(
                "HTTP/1.1 200 OK\r\nset-cookie: sid=canary\r\nx-echo: {}\r\n{}: {}\r\n\r\n",
                auth.unwrap_or("-"),
                "content-length",
                body.len()
            );
            conversation.say(head + &body).await;
        }
    })
    .await
}

fn request(server: &Server, key: &str, email: &str) -> HttpRequest {
    let key = Secret::new(key.to_owned());
    HttpRequest::post(server.url("/find"))
        .query("email", email)
        .secret_query("api_key", &key)
        .bearer(&key)
        .header("idempotency-key", "differs")
        .body(format!("key={}", key.expose()).into_bytes())
}

#[tokio::test]
async fn what_was_recorded_is_played_back_in_order() {
    let server = echo().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.jsonl");
    let recorder = Cassette::record(&path, Arc::new(server.client())).unwrap();
    let mut told = Vec::new();
    for email in ["a@x.example", "b@x.example", "a@x.example"] {
        let answer = recorder.send(request(&server, KEY, email)).await.unwrap();
        // Whoever asked gets what the vendor said, untouched.
        assert!(String::from_utf8_lossy(&answer.body).contains("Bearer can/ary"));
        told.push((email, answer.body[0]));
    }
    assert!(!recorder.is_recorded(), "it reaches vendors");
    drop(recorder);

    // Another key, and nobody on the network: the same answers, each as often as it came.
    let player = Cassette::replay(&path).unwrap();
    assert!(player.is_recorded());
    for (email, first) in [told[1], told[0], told[2]] {
        let answer = player.send(request(&server, "another-key", email)).await.unwrap();
        assert_eq!((answer.status, answer.body[0]), (200, first));
        assert_eq!(answer.header("set-cookie"), Some("[REDACTED]"));
    }
    let other =
        |change: fn(HttpRequest) -> HttpRequest| change(request(&server, KEY, "c@x.example"));
    for unknown in [
        request(&server, KEY, "a@x.example"),
        other(|request| request),
        other(|request| request.header("x-version", "2")),
        other(|request| request.body(b"other".to_vec())),
    ] {
        let failure = player.send(unknown).await.unwrap_err();
        assert_eq!((failure.cause, failure.sent), (FailureCause::Forbidden, false));
    }
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn p096_no_secret_is_written_down() {
    // method: property
    let server = echo().await;
    let folder = tempfile::tempdir().unwrap();
    let login = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, "canary-user:canary-pw");
    let basic = Secret::new(format!("Basic {login}"));
    let key_forms = &["can/ary", "can\\/ary", "can%2Fary", "\\\"key"][..];
    let signed = HttpRequest::get(server.url("/canary-user")).secret_header("x-auth", &basic);
    let rows = [
        (request(&server, KEY, "a@x.example"), key_forms),
        (request(&server, KEY, KEY), key_forms),
        (request(&server, "canary", "canary"), &["canary"][..]),
        (signed, &["canary-user", "canary-pw", &login][..]),
    ];
    for (index, (asked, forms)) in rows.into_iter().enumerate() {
        let path = folder.path().join(index.to_string());
        let recorder = Cassette::record(&path, Arc::new(server.client())).unwrap();
        recorder.send(asked).await.unwrap();
        let tape = fs::read_to_string(&path).unwrap();
        for form in forms {
            assert!(!tape.contains(form), "{form} in {tape}");
        }
        assert!(tape.contains("[REDACTED]"));
    }
}

/// What a vendor says when it is asked for a token, and what of that may be kept.
async fn check_token(said: &str, kept: &str) {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-token: tok-canary\r\n";
    let head = format!("{head}content-length: {}\r\n\r\n{said}", said.len());
    let server = Server::answering(head.into_bytes()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.jsonl");
    let recorder = Cassette::record(&path, Arc::new(server.client())).unwrap();
    let ask = || request(&server, KEY, "a@x.example").secret_answer();
    let told = recorder.send(ask()).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&told.body), said, "whoever asked gets the token");
    let tape = fs::read_to_string(&path).unwrap();
    assert!(!tape.contains("canary"), "{tape}");
    let player = Cassette::replay(&path).unwrap();
    let answer = player.send(ask()).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.body), kept);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(morket_http::scrubbed(&ask(), &told) == answer, "what is shown is what is kept");
}

#[tokio::test]
async fn p096_a_token_is_not_recorded_and_what_is_played_back_can_be_read() {
    // method: exhaustive
    for (said, kept) in [
        (
            r#"{"access_token":"tok-canary","expires_in":3600,"more":[{"refresh":"canary"}]}"#,
            r#"{"access_token":"[REDACTED]","expires_in":3600,"more":[{"refresh":"[REDACTED]"}]}"#,
        ),
        (
            r#"{"expires_in":"3600","id":"123456789","token":"canary"}"#,
            r#"{"expires_in":"3600","id":"[REDACTED]","token":"[REDACTED]"}"#,
        ),
        ("\"tok-canary\"", "\"[REDACTED]\""),
        ("access_token=tok-canary", "[REDACTED]"),
        ("", ""),
    ] {
        check_token(said, kept).await;
    }
}

#[tokio::test]
async fn bodies_that_are_no_text_come_back_as_they_were() {
    let body: Vec<u8> = (0..=255).collect();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let server = Server::answering([head.as_bytes(), &body].concat()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.jsonl");
    let recorder = Cassette::record(&path, Arc::new(server.client())).unwrap();
    recorder.send(HttpRequest::get(server.url("/"))).await.unwrap();
    let player = Cassette::replay(&path).unwrap();
    let answer = player.send(HttpRequest::get(server.url("/"))).await.unwrap();
    assert_eq!(answer.body, body);
}

#[test]
fn what_is_no_recording_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.jsonl");
    assert!(Cassette::replay(&path).is_err());
    for text in ["nonsense", "{}", "{\"request\":1}\n"] {
        fs::write(&path, text).unwrap();
        let error = Cassette::replay(&path).unwrap_err();
        assert!(error.message().contains("line 1"), "{error}");
    }
    fs::write(&path, "").unwrap();
    assert!(Cassette::replay(&path).is_ok());
}

#[tokio::test]
async fn an_exchange_that_names_somebody_goes_and_the_others_stay() {
    let server = echo().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.jsonl");
    let recorder = Cassette::record(&path, Arc::new(server.client())).unwrap();
    for email in ["ada@x.example", "nada@x.example", "Ada@X.example"] {
        recorder.send(request(&server, KEY, email)).await.unwrap();
    }
    drop(recorder);
    let search = |text: &str| Search::new(&[Identifier::guess(text).unwrap()].into());
    assert_eq!(Cassette::forget(&path, &search("eve@x.example")).unwrap(), 0);
    assert_eq!(Cassette::forget(&path, &search("ada@x.example")).unwrap(), 2);
    let left = fs::read_to_string(&path).unwrap().to_lowercase();
    assert_eq!(left.lines().count(), 1);
    assert!(left.contains("nada%40x.example") && !left.replace("nada", "").contains("ada%40"));
    let replay = Cassette::replay(&path).unwrap();
    replay.send(request(&server, KEY, "nada@x.example")).await.unwrap();
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside it");
    fs::write(&path, "no exchange\n").unwrap();
    assert!(Cassette::forget(&path, &search("ada@x.example")).is_err());
}

/// Answers as a seed says: statuses, bodies and failures of every kind.
#[derive(Debug)]
struct Seeded(u16, Vec<u8>, bool);

#[async_trait::async_trait]
impl Http for Seeded {
    async fn send(&self, _: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        match self.2 {
            true => Ok(HttpResponse::new(self.0, self.1.clone())),
            false => Err(HttpFailure::lost(FailureCause::Broken, "cut")),
        }
    }
}

/// A disk that is full, for ever.
#[cfg(target_os = "linux")]
#[test]
fn p199_a_recording_that_cannot_be_written_changes_no_answer() {
    // method: property
    use proptest::prelude::*;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    proptest!(|(status in 100..600_u16, body in body, answers in any::<bool>())| {
        let inner = Arc::new(Seeded(status, body, answers));
        let full = Cassette::record("/dev/full", inner.clone()).unwrap();
        let request = || {
            let key = Secret::new(KEY.to_owned());
            HttpRequest::get("https://api.example/find").bearer(&key)
        };
        let (plain, taped) = (inner.send(request()), full.send(request()));
        let (plain, taped) = runtime.block_on(async { (plain.await, taped.await) });
        prop_assert_eq!(format!("{plain:?}"), format!("{taped:?}"));
    });
}
