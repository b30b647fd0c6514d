//! The port over a client of the host's own.

use crate::support::{Conversation, PATIENCE, Server, ok};
use morket_core::http::{
    FailureCause::{Broken, Forbidden, Malformed, Refused, TooLarge, Unreachable},
    Http, HttpRequest,
};
use morket_http::{Foreign, egress::Egress};
use reqwest::redirect::Policy;

fn foreign(server: &Server, policy: Policy) -> Foreign {
    let mut egress = Egress::default();
    egress.allow(server.address.to_string().parse().unwrap());
    Foreign::new(reqwest::Client::builder().redirect(policy).build().unwrap(), egress)
}

#[tokio::test]
async fn answers_and_failures_are_told_as_by_our_own() {
    let head = "HTTP/1.1 200 OK\r\n";
    let rows = [
        (ok("fine"), Ok(200)),
        ("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n".to_owned(), Ok(302)),
        (String::new(), Err((Broken, true))),
        (format!("{head}content-length: 100000\r\n\r\n"), Err((TooLarge, true))),
        (format!("{head}content-length: 10\r\n\r\nhalf"), Err((Broken, true))),
        (
            format!("{head}content-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain"),
            Err((Malformed, true)),
        ),
    ];
    for (answer, expected) in rows {
        let server = Server::closing_after(answer.clone()).await;
        let request = HttpRequest::post(server.url("/?key=canary")).body(b"x".to_vec());
        let client = foreign(&server, Policy::none());
        let result = client.send(request.timeout(PATIENCE).max_body(1_000)).await;
        if let Err(failure) = &result {
            assert!(!format!("{failure:?}").contains("canary"));
        }
        let told = result.map(|answer| answer.status).map_err(|lost| (lost.cause, lost.sent));
        assert_eq!(told, expected, "{answer}");
    }
}

#[tokio::test]
async fn what_is_refused_reaches_nobody() {
    let server = Server::answering(ok("secret")).await;
    let strict = Foreign::new(reqwest::Client::new(), Egress::default());
    let failure = strict.send(HttpRequest::get(server.url("/"))).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent), (Refused, false));
    let unpaid = foreign(&server, Policy::none()).paid(false);
    let failure = unpaid.send(HttpRequest::get(server.url("/"))).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent), (Forbidden, false));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_followed_redirect_is_no_answer() {
    let server = Server::start(|mut conversation: Conversation| async move {
        while let Some(request) = conversation.request().await {
            let moved = request.starts_with("GET /a ");
            let answer = "HTTP/1.1 302 Found\r\nlocation: /b\r\ncontent-length: 0\r\n\r\n";
            conversation.say(if moved { answer.to_owned() } else { ok("followed") }).await;
        }
    })
    .await;
    let client = foreign(&server, Policy::limited(3));
    let failure = client.send(HttpRequest::get(server.url("/a"))).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent), (Refused, true));
}

#[tokio::test]
async fn nobody_there_means_nothing_left() {
    let server = Server::answering(ok("fine")).await;
    let mut egress = Egress::default();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    egress.allow(free.to_string().parse().unwrap());
    let client = Foreign::new(reqwest::Client::new(), egress);
    let failure = client.send(HttpRequest::get(format!("http://{free}/"))).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent, server.requests()), (Unreachable, false, 0));
}
