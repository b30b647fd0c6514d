//! Both versions of HTTP over TLS, with a certificate made for the test.

use crate::support::{PATIENCE, secure::Secure};
use futures::future::join_all;
use morket_core::{
    Secret,
    http::{FailureCause, Http, HttpRequest},
};
use morket_http::{Client, Options};
use std::time::Duration;

fn request(url: String) -> HttpRequest {
    let key = Secret::new("k-1".to_owned());
    HttpRequest::post(url).bearer(&key).body(b"body".to_vec()).timeout(PATIENCE)
}

#[tokio::test]
async fn the_handshake_chooses_the_version() {
    for (protocols, offered, line) in [
        (&["h2", "http/1.1"][..], true, "HTTP/2.0 POST"),
        (&["http/1.1"], true, "HTTP/1.1 POST"),
        (&[], true, "HTTP/1.1 POST"),
        (&["h2", "http/1.1"], false, "HTTP/1.1 POST"),
    ] {
        let server = Secure::start(protocols).await;
        let client = Client::new(server.options().http2(offered)).unwrap();
        let answer = client.send(request(server.url("/v1?q=1"))).await.unwrap();
        let told = String::from_utf8(answer.body).unwrap();
        let place = format!("localhost:{}", server.address.port());
        let expected = if line.starts_with("HTTP/2") {
            format!("{line} https://{place}/v1?q=1 - Bearer k-1 body")
        } else {
            format!("{line} /v1?q=1 {place} Bearer k-1 body")
        };
        assert_eq!(told, expected);
    }
}

/// However many ask at once, one connection is dialled; and it is kept.
#[tokio::test]
async fn http2_shares_one_connection() {
    let server = Secure::start(&["h2"]).await;
    let client = Client::new(server.options()).unwrap();
    for _ in 0..3 {
        let all = (0..64).map(|_| client.send(request(server.url("/"))));
        for answer in join_all(all).await {
            assert_eq!(answer.unwrap().status, 200);
        }
    }
    assert_eq!((server.requests(), server.connections()), (192, 1));
}

/// One exchange that goes wrong says so, and leaves its neighbours their connection.
#[tokio::test]
async fn p030_http2_keeps_caps_and_limits() {
    let server = Secure::start(&["h2"]).await;
    let client = Client::new(server.options()).unwrap();
    for _ in 0..3 {
        let large = client.send(request(server.url("/large")).max_body(1_000)).await.unwrap_err();
        assert_eq!((large.cause, large.sent), (FailureCause::TooLarge, true));
        let silent = request(server.url("/silent")).timeout(Duration::from_millis(30));
        let silent = client.send(silent).await.unwrap_err();
        assert_eq!((silent.cause, silent.sent), (FailureCause::Timeout, true));
        client.send(request(server.url("/"))).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn http1_over_tls_reuses_its_connections() {
    let server = Secure::start(&["http/1.1"]).await;
    let client = Client::new(server.options()).unwrap();
    for _ in 0..20 {
        client.send(request(server.url("/"))).await.unwrap();
    }
    assert_eq!((server.requests(), server.connections()), (20, 1));
}

/// Nothing is said to somebody who cannot prove who they are.
#[tokio::test]
async fn a_stranger_is_told_nothing() {
    let server = Secure::start(&["h2", "http/1.1"]).await;
    let port = server.address.port();
    let untrusting = Options::new().allow_egress(&format!("localhost:{port}")).unwrap();
    let other_name = server.options().allow_egress(&server.address.to_string()).unwrap();
    for (options, url) in
        [(untrusting, server.url("/")), (other_name, format!("https://{}/", server.address))]
    {
        let failure = Client::new(options).unwrap().send(request(url)).await.unwrap_err();
        assert_eq!((failure.cause, failure.sent), (FailureCause::Unreachable, false), "{failure}");
        assert!(failure.detail.contains("certificate"), "{failure}");
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn what_is_no_certificate_is_not_trusted() {
    for pem in ["", "no pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let options = Options::new().trust(pem.as_bytes());
        assert!(options.and_then(Client::new).is_err(), "{pem}");
    }
}
