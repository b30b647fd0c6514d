//! Whether a byte may have left: the one thing money depends on.

use crate::support::{Conversation, PATIENCE, Server, allowing, ok};
use morket_core::http::{
    FailureCause::{self, Broken, Malformed, Timeout, TooLarge, Unreachable},
    Http, HttpRequest,
};
use morket_http::Client;
use std::{
    io::{Read, Write},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::Notify};

async fn check(server: &Server, what: &str, cause: FailureCause, sent: bool) {
    let request = HttpRequest::post(server.url("/")).body(b"paid".to_vec()).timeout(PATIENCE);
    let failure = server.client().send(request).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent), (cause, sent), "{what}: {failure}");
    assert!(failure.detail.starts_with("127.0.0.1: "), "{failure}");
}

#[tokio::test]
async fn what_was_lost_after_the_request_counts_as_sent() {
    let head = "HTTP/1.1 200 OK\r\n";
    let rows: &[(&str, String, FailureCause)] = &[
        ("closed without a word", String::new(), Broken),
        ("half a status line", "HTTP/1.1 20".into(), Broken),
        ("garbage for a status line", "SSH-2.0-OpenSSH_9.9\r\n\r\n".into(), Malformed),
        ("a status of letters", "HTTP/1.1 abc OK\r\n\r\n".into(), Malformed),
        ("a version nobody speaks", "HTTP/7.0 200 OK\r\n\r\n".into(), Malformed),
        ("half a head", format!("{head}content-le"), Broken),
        ("a header without a colon", format!("{head}nothing\r\n\r\n"), Malformed),
        ("half a body", format!("{head}content-length: 10\r\n\r\nhalf"), Broken),
        ("a length of letters", format!("{head}content-length: ten\r\n\r\n"), Malformed),
        ("a negative length", format!("{head}content-length: -1\r\n\r\n"), Malformed),
        (
            "two lengths",
            format!("{head}content-length: 1\r\ncontent-length: 2\r\n\r\nab"),
            Malformed,
        ),
        (
            "a chunk of letters",
            format!("{head}transfer-encoding: chunked\r\n\r\nxyz\r\n"),
            Malformed,
        ),
        ("half a chunk", format!("{head}transfer-encoding: chunked\r\n\r\nff\r\nab"), Broken),
        ("no last chunk", format!("{head}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n"), Broken),
        (
            "a chunk too large for a number",
            format!("{head}transfer-encoding: chunked\r\n\r\n{}\r\n", "f".repeat(40)),
            Malformed,
        ),
        (
            "packed, says the header",
            format!("{head}content-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain"),
            Malformed,
        ),
        (
            "packed in our own way",
            format!("{head}content-encoding: zstd\r\ncontent-length: 5\r\n\r\nplain"),
            Malformed,
        ),
        ("an endless head", format!("{head}{}", "x: y\r\n".repeat(100_000)), Malformed),
        ("a long body", format!("{head}content-length: 99999999999\r\n\r\n"), TooLarge),
    ];
    for (what, answer, cause) in rows {
        let server = Server::closing_after(answer.as_bytes()).await;
        check(&server, what, *cause, true).await;
        assert_eq!((server.connections(), server.requests()), (1, 1), "{what}: sent again");
    }
}

#[tokio::test]
async fn a_reset_after_the_request_counts_as_sent() {
    let server = Server::start(|mut conversation: Conversation| async move {
        conversation.request().await;
        conversation.reset();
    })
    .await;
    check(&server, "reset", Broken, true).await;
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn silence_after_the_request_counts_as_sent() {
    let server = Server::start(|mut conversation: Conversation| async move {
        conversation.request().await;
        conversation.until_closed().await;
    })
    .await;
    let request = HttpRequest::get(server.url("/")).timeout(Duration::from_millis(50));
    let failure = server.client().send(request).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent), (Timeout, true));
}

#[tokio::test]
async fn nothing_has_left_where_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = Client::new(allowing(address)).unwrap();
    for scheme in ["http", "https"] {
        let request = HttpRequest::get(format!("{scheme}://{address}/"));
        let failure = client.send(request).await.unwrap_err();
        assert_eq!((failure.cause, failure.sent), (Unreachable, false), "{scheme}");
    }
}

#[tokio::test]
async fn nothing_has_left_while_shaking_hands() {
    for answer in [None, Some("HTTP/1.1 400 Bad Request\r\n\r\n"), Some("")] {
        let server = Server::start(move |mut conversation: Conversation| async move {
            match answer {
                Some(bytes) => drop(conversation.say(bytes).await),
                None => conversation.until_closed().await,
            }
        })
        .await;
        let client = allowing(server.address).dial_limit(Duration::from_millis(100));
        let request = HttpRequest::get(format!("https://{}/", server.address));
        let failure = Client::new(client).unwrap().send(request.clone()).await.unwrap_err();
        let cause = if answer.is_none() { Timeout } else { Unreachable };
        assert_eq!((failure.cause, failure.sent), (cause, false), "{failure}");

        // The request's own limit ends the dial as well.
        let short = request.timeout(Duration::from_millis(20));
        let failure = server.client().send(short).await.unwrap_err();
        assert!(!failure.sent, "{failure}");
    }
}

/// The server closes a kept connection while nobody uses it: the next request takes another.
#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced() {
    for reset in [false, true] {
        let closed = Arc::new(Notify::new());
        let tell = closed.clone();
        let server = Server::start(move |mut conversation: Conversation| {
            let tell = tell.clone();
            async move {
                conversation.request().await;
                conversation.say(ok("fine")).await;
                if reset {
                    conversation.reset();
                } else {
                    drop(conversation);
                }
                tell.notify_one();
            }
        })
        .await;
        let client = server.client();
        for _ in 0..20 {
            let request = HttpRequest::post(server.url("/")).body(b"paid".to_vec());
            let answer = client.send(request.timeout(PATIENCE)).await;
            assert_eq!(answer.unwrap().status, 200);
            closed.notified().await;
        }
        assert_eq!((server.connections(), server.requests()), (20, 20), "reset: {reset}");
    }
}

/// The server closes, or says what nobody asked for, while the runtime is too busy to look: it is
/// found all the same, before anything is written.
#[tokio::test]
async fn what_the_runtime_has_not_seen_yet_is_found() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, closed) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut open, mut poison) = (Vec::new(), false);
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(ok("fine").as_bytes());
            // Not before the answer has been read: until then the runtime looks.
            let _ = stream.set_read_timeout(Some(Duration::from_millis(5)));
            let _ = stream.read(&mut request);
            poison = !poison;
            if poison {
                let _ = stream.write_all(ok("poison").as_bytes());
                open.push(stream);
            } else {
                drop(stream);
            }
            if tell.send(()).is_err() {
                return;
            }
        }
    });
    let client = Client::new(allowing(address)).unwrap();
    for _ in 0..5 {
        let request = HttpRequest::get(format!("http://{address}/")).timeout(PATIENCE);
        assert_eq!(client.send(request).await.unwrap().body, b"fine");
        // The only thread of this runtime stands still here.
        closed.recv().unwrap();
    }
}

/// The server reads the second request on a kept connection and closes: it may have served it.
#[tokio::test]
async fn a_request_that_was_read_is_never_sent_again() {
    let server = Server::start(|mut conversation: Conversation| async move {
        conversation.request().await;
        conversation.say(ok("fine")).await;
        conversation.request().await;
    })
    .await;
    let client = server.client();
    client.send(HttpRequest::get(server.url("/"))).await.unwrap();
    let failure = client.send(HttpRequest::get(server.url("/"))).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent), (Broken, true));
    assert_eq!((server.connections(), server.requests()), (1, 2));
}

/// A word that nobody asked for makes a kept connection useless, before anything is written on it.
#[tokio::test]
async fn a_connection_with_unasked_bytes_is_not_used() {
    let server = Server::start(|mut conversation: Conversation| async move {
        conversation.request().await;
        conversation.say(ok("fine") + &ok("poison")).await;
        conversation.until_closed().await;
    })
    .await;
    let client = server.client();
    for _ in 0..5 {
        let answer = client.send(HttpRequest::get(server.url("/"))).await.unwrap();
        assert_eq!(answer.body, b"fine");
    }
    assert_eq!(server.requests(), 5);
}
