//! No answer takes more memory than its cap or more time than its limit.

use crate::support::{Conversation, PATIENCE, Server, allowing};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use morket_core::http::{
    FailureCause::{Malformed, Timeout, TooLarge},
    Http, HttpRequest,
};
use morket_http::Client;
use proptest::prelude::*;
use std::{io::Write, time::Duration};

const CAP: usize = 64 << 10;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn packed(encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn packed_bodies_are_unpacked() {
    let text = "a body that says the same, the same, the same ".repeat(100);
    let two = [gzip(text.as_bytes()), gzip(b"and more")].concat();
    for (encoding, body, expected) in [
        ("gzip", gzip(text.as_bytes()), text.clone()),
        ("GZIP", gzip(b""), String::new()),
        ("x-gzip", two, text.clone() + "and more"),
        ("deflate", zlib(text.as_bytes()), text.clone()),
        ("deflate", deflate(text.as_bytes()), text.clone()),
        ("identity", text.clone().into_bytes(), text.clone()),
        ("gzip", Vec::new(), String::new()),
    ] {
        let server = Server::answering(packed(encoding, &body)).await;
        let answer = server.get("/").await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer.body), expected, "{encoding}");
        let unpacked = !body.is_empty() && encoding != "identity";
        assert_eq!(unpacked, answer.header("content-encoding").is_none(), "{encoding}");
    }
}

#[tokio::test]
async fn packed_bodies_that_break_are_malformed() {
    let whole = gzip(b"some text that is long enough to be cut in two");
    for (what, body) in [
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("no trailer", whole[..whole.len() - 4].to_vec()),
        ("another sum", [&whole[..whole.len() - 8], &[0; 8]].concat()),
    ] {
        let server = Server::answering(packed("gzip", &body)).await;
        let failure = server.get("/").await.unwrap_err();
        assert_eq!((failure.cause, failure.sent), (Malformed, true), "{what}");
    }
}

#[tokio::test]
async fn p030_a_body_above_its_cap_ends_the_exchange() {
    let zeros = vec![0; 100 << 20];
    let plain = |length: usize| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        [head.into_bytes(), vec![b'x'; length]].concat()
    };
    let rows: &[(&str, Vec<u8>, bool)] = &[
        ("at the cap", plain(CAP), true),
        ("one above", plain(CAP + 1), false),
        ("packed, at the cap", packed("gzip", &gzip(&zeros[..CAP])), true),
        ("packed, one above", packed("gzip", &gzip(&zeros[..=CAP])), false),
        ("a thousandfold", packed("gzip", &gzip(&zeros)), false),
        ("a thousandfold, zlib", packed("deflate", &zlib(&zeros)), false),
        ("a thousandfold, bare", packed("deflate", &deflate(&zeros)), false),
        ("many members of nothing", packed("gzip", &gzip(b"").repeat(20_000)), false),
    ];
    for (what, answer, fits) in rows {
        let server = Server::answering(answer.clone()).await;
        let request = HttpRequest::get(server.url("/")).max_body(CAP).timeout(PATIENCE);
        match server.client().send(request).await {
            Ok(answer) => assert!(*fits && answer.body.len() == CAP, "{what}"),
            Err(failure) => {
                assert_eq!((failure.cause, failure.sent), (TooLarge, true), "{what}");
                assert!(!fits, "{what}");
            }
        }
    }
}

/// Cut at its cap it is an answer: of what is packed as much as has come out by then.
#[tokio::test]
async fn p189_a_body_that_may_be_cut_is_an_answer() {
    let zeros = vec![0; 10 << 20];
    let plain = |length: usize| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        [head.into_bytes(), vec![b'x'; length]].concat()
    };
    let rows: &[(&str, Vec<u8>, Option<usize>)] = &[
        ("below", plain(CAP - 1), Some(CAP - 1)),
        ("one above", plain(CAP + 1), Some(CAP)),
        ("far above", plain(CAP * 50), Some(CAP)),
        ("packed, one above", packed("gzip", &gzip(&zeros[..=CAP])), Some(CAP)),
        ("a thousandfold", packed("gzip", &gzip(&zeros)), None),
        ("a thousandfold, bare", packed("deflate", &deflate(&zeros)), None),
        ("many members of nothing", packed("gzip", &gzip(b"").repeat(20_000)), Some(0)),
    ];
    for (what, answer, length) in rows {
        let server = Server::answering(answer.clone()).await;
        let request = HttpRequest::get(server.url("/")).max_body(CAP).timeout(PATIENCE);
        let answer = server.client().send(request.cut_body()).await.unwrap();
        assert!(answer.status == 200 && answer.body.len() <= CAP, "{what}");
        assert!(length.is_none_or(|length| answer.body.len() == length), "{what}");
    }
}

/// However long a body is and however it is packed, no more than the cap of it is read.
#[test]
fn p189_of_no_body_more_is_read_than_its_cap() {
    // method: property
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig::with_cases(64);
    proptest!(config, |(length in 0..CAP * 4, packing in 0..3_usize, cap in 1..=CAP)| {
        let body = vec![b'x'; length];
        let answer = match packing {
            0 => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                [head.as_bytes(), &body].concat()
            }
            1 => packed("gzip", &gzip(&body)),
            _ => packed("deflate", &zlib(&body)),
        };
        let read = runtime.block_on(async {
            let server = Server::answering(answer).await;
            let request = HttpRequest::get(server.url("/")).max_body(cap).timeout(PATIENCE);
            server.client().send(request.cut_body()).await.unwrap().body
        });
        prop_assert!(read.len() <= cap && read.iter().all(|it| *it == b'x'));
        // What is packed may be stopped short of its cap, for it was stretched too much.
        prop_assert!(packing != 0 || read.len() == length.min(cap));
        prop_assert!(length > cap || read.len() == length);
    });
}

#[tokio::test]
async fn p030_an_endless_body_is_read_no_further_than_its_cap() {
    let heads = ["transfer-encoding: chunked\r\n", ""];
    for head in heads {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let server = Server::start(move |mut conversation: Conversation| {
            let tell = tell.clone();
            async move {
                conversation.request().await;
                conversation.say(format!("HTTP/1.1 200 OK\r\n{head}\r\n")).await;
                let chunk = match head {
                    "" => "x".repeat(4096),
                    _ => format!("1000\r\n{}\r\n", "x".repeat(4096)),
                };
                let mut written = 0_usize;
                while conversation.say(&chunk).await {
                    written += chunk.len();
                }
                tell.send(written).unwrap();
            }
        })
        .await;
        let request = HttpRequest::get(server.url("/")).max_body(CAP).timeout(PATIENCE);
        let failure = server.client().send(request).await.unwrap_err();
        assert_eq!((failure.cause, failure.sent), (TooLarge, true));
        // What was written beyond the cap lies in the buffers of the two sockets.
        let written = told.recv().await.unwrap();
        assert!(written < 16 << 20, "{written}");
    }
}

#[tokio::test]
async fn p030_a_body_in_drops_ends_with_the_time() {
    let drops: &[(&str, &str)] = &[
        ("the head", "HTTP/1.1 200 OK\r\nx: "),
        ("the body", "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"),
        ("chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
    ];
    for (what, begin) in drops {
        let server = Server::start(move |mut conversation: Conversation| async move {
            conversation.request().await;
            let drop = if *what == "chunks" { "1\r\nx\r\n" } else { "x" };
            let mut clock = tokio::time::interval(Duration::from_millis(1));
            let mut alive = conversation.say(begin).await;
            while alive {
                clock.tick().await;
                alive = conversation.say(drop).await;
            }
        })
        .await;
        let request = HttpRequest::get(server.url("/")).timeout(Duration::from_millis(80));
        let failure = server.client().send(request).await.unwrap_err();
        assert_eq!((failure.cause, failure.sent), (Timeout, true), "{what}");
    }
}

/// A header may speak of a body that does not come.
#[tokio::test]
async fn answers_without_a_body_have_none() {
    for status in ["204 No Content", "304 Not Modified"] {
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-encoding: br\r\ncontent-length: 9999\r\n\r\n");
        let server = Server::answering(head).await;
        let request = HttpRequest::get(server.url("/")).max_body(10).timeout(PATIENCE);
        let answer = server.client().send(request).await.unwrap();
        assert_eq!(answer.body, b"", "{status}");
    }
}

/// The connection of an exchange that was given up is closed, not kept.
#[tokio::test]
async fn a_caller_who_stops_waiting_closes_the_connection() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut conversation: Conversation| {
        let tell = tell.clone();
        async move {
            conversation.request().await;
            tell.send("asked").unwrap();
            conversation.until_closed().await;
            tell.send("closed").unwrap();
        }
    })
    .await;
    let client = Client::new(allowing(server.address)).unwrap();
    let url = server.url("/");
    let caller = tokio::spawn(async move { client.send(HttpRequest::get(url)).await });
    assert_eq!(told.recv().await, Some("asked"));
    caller.abort();
    assert_eq!(told.recv().await, Some("closed"));
}
