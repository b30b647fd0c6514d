//! What goes out and what comes back when both sides behave.

use crate::support::{Conversation, PATIENCE, Server, allowing, ok};
use futures::future::join_all;
use morket_core::{
    Secret,
    http::{FailureCause, Http, HttpRequest, Method},
};
use morket_http::Client;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Barrier, mpsc};

/// A server that tells what it was asked.
async fn telling() -> (Server, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let server = Server::start(move |mut conversation: Conversation| {
        let tell = tell.clone();
        async move {
            while let Some(request) = conversation.request().await {
                tell.send(request).unwrap();
                conversation.say(ok("fine")).await;
            }
        }
    })
    .await;
    (server, told)
}

#[tokio::test]
async fn a_request_is_written_as_it_was_built() {
    let (server, mut told) = telling().await;
    let key = Secret::new("k-1".to_owned());
    let request = HttpRequest::new(Method::Patch, server.url("/v1?a=b"))
        .secret_query("key", &key)
        .bearer(&key)
        .header("X-Two", "1")
        .header("x-two", "2")
        .json(&serde_json::json!({ "name": "Ada" }))
        .unwrap();
    let answer = server.client().send(request).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"fine"[..]));
    assert_eq!(answer.header("content-length"), Some("4"));

    let told = told.recv().await.unwrap();
    let (head, body) = told.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("PATCH /v1?a=b&key=k-1 HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, r#"{"name":"Ada"}"#);
    for line in [
        format!("host: {}", server.address).as_str(),
        "authorization: Bearer k-1",
        "x-two: 1",
        "x-two: 2",
        "content-type: application/json",
        "content-length: 14",
        "accept-encoding: gzip, deflate",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
}

#[tokio::test]
async fn paths_arrive_as_they_were_written() {
    let (server, mut told) = telling().await;
    for (path, seen) in [
        ("", "/"),
        ("?a=1", "/?a=1"),
        ("/a%2F..%2Fb", "/a%2F..%2Fb"),
        ("/a/../b", "/a/../b"),
        ("/a#b?c", "/a"),
    ] {
        server.get(path).await.unwrap();
        let told = told.recv().await.unwrap();
        assert!(told.starts_with(&format!("GET {seen} HTTP/1.1\r\n")), "{path}: {told}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_a_byte() {
    let (server, _told) = telling().await;
    let get = |path: &str| HttpRequest::get(server.url(path));
    for request in [
        get("/a b"),
        get("/a\r\nx: y"),
        get("/a\\b"),
        get("/").header("x y", "1"),
        get("/").header("x", "a\r\ny: b"),
        get("/").header("Host", "other.example"),
        get("/").header("content-length", "3"),
        get("/").header("transfer-encoding", "chunked"),
        get("/").header("connection", "close"),
        HttpRequest::get("https://"),
        HttpRequest::get("https://a..b/"),
        HttpRequest::get(format!("https://{}.example/", "a".repeat(260))),
    ] {
        let failure = server.client().send(request.clone()).await.unwrap_err();
        assert_eq!(failure.cause, FailureCause::Invalid, "{request:?}");
        assert!(!failure.sent, "{request:?}");
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn any_status_is_an_answer() {
    for status in [200, 204, 301, 302, 303, 304, 307, 308, 400, 401, 404, 429, 500, 503, 599] {
        let server = Server::answering(format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\nlocation: /other\r\n\r\n"
        ))
        .await;
        let answer = server.get("/").await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(server.requests(), 1, "{status} was followed");
    }
}

#[tokio::test]
async fn one_after_another_they_share_a_connection() {
    for answer in [
        ok("{}"),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx: y\r\n\r\n"
            .to_owned(),
    ] {
        let server = Server::answering(answer.clone()).await;
        let client = server.client();
        for _ in 0..50 {
            let request = HttpRequest::post(server.url("/")).body(b"question".to_vec());
            client.send(request).await.unwrap();
        }
        assert_eq!((server.requests(), server.connections()), (50, 1), "{answer}");
    }
}

#[tokio::test]
async fn as_many_connections_as_requests_at_once() {
    let everybody = Arc::new(Barrier::new(64));
    let server = Server::start(move |mut conversation: Conversation| {
        let everybody = everybody.clone();
        async move {
            while conversation.request().await.is_some() {
                // No answer before all have asked: so they are on the way at the same time.
                everybody.wait().await;
                conversation.say(ok("fine")).await;
            }
        }
    })
    .await;
    let client = server.client();
    for _ in 0..3 {
        let get = || client.send(HttpRequest::get(server.url("/")).timeout(PATIENCE));
        for answer in join_all((0..64).map(|_| get())).await {
            assert_eq!(answer.unwrap().status, 200);
        }
    }
    assert_eq!((server.requests(), server.connections()), (192, 64));
}

#[tokio::test]
async fn an_answer_that_ends_the_connection_is_whole() {
    for answer in [
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\n\r\n{}",
        "HTTP/1.0 200 OK\r\n\r\n{}",
    ] {
        let server = Server::closing_after(answer).await;
        let client = server.client();
        for _ in 0..3 {
            let answer = client.send(HttpRequest::get(server.url("/"))).await.unwrap();
            assert_eq!(answer.body, b"{}");
        }
        assert_eq!(server.connections(), 3, "{answer}");
    }
}

#[tokio::test]
async fn old_and_surplus_connections_are_let_go() {
    let server = Server::answering(ok("fine")).await;
    for options in [
        allowing(server.address).keep_idle(Duration::ZERO, 8),
        allowing(server.address).keep_idle(PATIENCE, 0),
    ] {
        let (client, before) = (Client::new(options).unwrap(), server.connections());
        for _ in 0..3 {
            client.send(HttpRequest::get(server.url("/"))).await.unwrap();
        }
        assert_eq!(server.connections() - before, 3);
    }
}

#[tokio::test]
async fn paid_calls_can_be_switched_off() {
    let (server, _told) = telling().await;
    let client = Client::new(allowing(server.address).paid(false)).unwrap();
    let failure = client.send(HttpRequest::get(server.url("/"))).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent), (FailureCause::Forbidden, false));
    assert_eq!(server.connections(), 0);
    client.send(HttpRequest::get(server.url("/")).free()).await.unwrap();
}
