//! Whatever a server says: an answer within its cap or a failure, never a panic, never a hang.

use crate::support::{PATIENCE, Server};
use morket_core::{
    Secret,
    http::{FailureCause::Timeout, Http, HttpRequest},
};
use proptest::prelude::*;
use tokio::runtime::Builder;

const CAP: usize = 2_000;

/// Pieces of answers, so that most of what is said gets past the first line.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 204 \r\n",
        "HTTP/1.0 200\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n",
        "content-length: 5\r\n",
        "content-length: 18446744073709551616\r\n",
        "transfer-encoding: chunked\r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "content-encoding: gzip\r\n",
        "content-encoding: deflate\r\n",
        "connection: close\r\n",
        "\r\n",
        "5\r\nhello\r\n",
        "ffffffffffffffff\r\n",
        "0\r\n\r\n",
        "hello",
        "\u{1f}\u{8b}\u{8}",
    ]);
    prop_oneof![
        4 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn p030_any_bytes_for_an_answer_are_borne(pieces in prop::collection::vec(piece(), 0..12)) {
        // method: property
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let said = pieces.concat();
        runtime.block_on(async {
            let server = Server::closing_after(said).await;
            let key = Secret::new("canary".to_owned());
            let request = HttpRequest::get(server.url("/canary")).secret_query("k", &key);
            match server.client().send(request.max_body(CAP).timeout(PATIENCE)).await {
                Ok(answer) => assert!(answer.body.len() <= CAP),
                Err(failure) => {
                    assert!(failure.sent);
                    assert_ne!(failure.cause, Timeout);
                    assert!(!format!("{failure} {failure:?}").contains("canary"));
                }
            }
        });
    }
}
