//! HTTP itself: connections that stay, requests in one go or byte by byte, and nonsense.

use super::client::{Client, get, perfect, post, row};
use morket_providers::sandbox::{Expected, Limits, Options, Sandbox};
use proptest::prelude::*;

fn options() -> Options {
    perfect(7).for_each_vendor(|vendor| vendor.limits = Limits::Off)
}

async fn sandbox() -> Sandbox {
    Sandbox::start(options()).await.expect("a free port")
}

fn verify(number: usize) -> String {
    get(&format!("/hunter/v2/email-verifier?email=n{number}@gmail.com"), "X-API-KEY: k1")
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let sandbox = sandbox().await;
    let mut client = Client::connect(sandbox.addr()).await;
    let count = |number| format!("/hunter/v2/email-count?domain=n{number}.com");
    let all: String = (0..200).map(|number| get(&count(number), "")).collect();
    client.write(all.as_bytes()).await;
    for number in 0..200 {
        let answer = client.read().await.expect("an answer").json();
        assert_eq!(answer["meta"]["params"]["domain"], format!("n{number}.com"));
    }
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let sandbox = sandbox().await;
    let mut client = Client::connect(sandbox.addr()).await;
    let body = r#"{"email":"x@gmail.com"}"#;
    for request in [verify(1), post("/people-data-labs/v5/person/enrich", "X-Api-Key: k", body)] {
        for byte in request.as_bytes() {
            client.write(&[*byte]).await;
            tokio::task::yield_now().await;
        }
        assert!(matches!(client.read().await.expect("an answer").status, 200 | 404));
    }
}

#[tokio::test]
async fn bodies_come_in_chunks_or_after_a_word() {
    let sandbox = sandbox().await;
    let here = row(sandbox.world(), Expected::Present);
    let email = sandbox.world().truth_email(&here.full_name, &here.company_domain);
    let body = format!(r#"{{"email":"{}"}}"#, email.expect("works there"));
    let head = "POST /people-data-labs/v5/person/enrich HTTP/1.1\r\nHost: x\r\nX-Api-Key: k\r\n";
    let mut client = Client::connect(sandbox.addr()).await;
    let (one, two) = body.split_at(5);
    let chunks = format!("5\r\n{one}\r\n{:x};a=b\r\n{two}\r\n0\r\nTrailer: x\r\n\r\n", two.len());
    client.write(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await;
    client.write(chunks.as_bytes()).await;
    assert_eq!(client.read().await.expect("an answer").status, 200);

    let length = body.len();
    let waiting = format!("{head}Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n");
    client.write(waiting.as_bytes()).await;
    assert_eq!(client.read().await.expect("a word").status, 100);
    client.write(body.as_bytes()).await;
    assert_eq!(client.read().await.expect("an answer").status, 200);
}

#[tokio::test]
async fn a_connection_ends_when_it_is_asked_to() {
    let sandbox = sandbox().await;
    let path = "/hunter/v2/account";
    let rows = [
        (get(path, "Connection: close\r\nX-API-KEY: k"), 200),
        (format!("GET {path} HTTP/1.0\r\nX-API-KEY: k\r\n\r\n"), 200),
        ("nonsense\r\n\r\n".to_owned(), 400),
        (format!("GET {path} HTTP/1.1\r\n\r\n"), 400),
    ];
    for (request, status) in rows {
        let mut client = Client::connect(sandbox.addr()).await;
        let response = client.call(&request).await.expect("an answer");
        assert_eq!((response.status, response.header("connection")), (status, Some("close")));
        assert_eq!(client.read().await, Err(Vec::new()), "{request}");
    }
}

#[tokio::test]
async fn a_head_request_gets_a_head() {
    let sandbox = sandbox().await;
    let mut client = Client::connect(sandbox.addr()).await;
    let request = get("/_sandbox/health", "").replace("GET", "HEAD");
    client.write(request.as_bytes()).await;
    let all = client.read_all().await.expect("closed");
    let text = String::from_utf8(all).expect("text");
    assert!(text.starts_with("HTTP/1.1 404") && text.ends_with("\r\n\r\n"), "{text}");
}

/// Requests as they might be, with arbitrary parts.
fn odd_request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![Just("GET"), Just("POST"), Just("HEAD"), Just("\u{1F600}")];
    let path = prop_oneof![
        Just("/hunter/v2/email-finder?domain="),
        Just("/hunter/v2/people/find?linkedin_handle="),
        Just("/people-data-labs/v5/person/enrich?profile="),
        Just("/people-data-labs/v5/company/enrich?name="),
        Just("/zerobounce/v2/validate?api_key=k&email="),
        Just("/dropcontact/v1/enrich/all/"),
        Just("/_sandbox/account?vendor=hunter&key="),
    ];
    let header = prop_oneof![
        Just("X-API-KEY: k\r\n"),
        Just("Transfer-Encoding: chunked\r\n"),
        Just("Content-Length: 7\r\n"),
        Just("Expect: 100-continue\r\n"),
    ];
    (method, path, "[ -~é%&=+]{0,40}", header, any::<Vec<u8>>()).prop_map(
        |(method, path, rest, header, body)| {
            let rest = rest.replace(' ', "%20");
            let head = format!("{method} {path}{rest} HTTP/1.1\r\nHost: x\r\n{header}\r\n");
            [head.into_bytes(), body].concat()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_stop_the_server(bytes in prop_oneof![any::<Vec<u8>>(), odd_request()]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let sandbox = sandbox().await;
            let mut client = Client::connect(sandbox.addr()).await;
            client.write(&bytes).await;
            if let Ok(answer) = client.read_all().await {
                assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 "));
            }
            let mut client = Client::connect(sandbox.addr()).await;
            assert_eq!(client.call(&verify(1)).await.expect("an answer").status, 200);
        });
    }
}
