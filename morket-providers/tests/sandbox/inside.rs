//! The sandbox without a socket says what the one behind a socket says.

use crate::client::{Client, Response};
use morket_core::http::{FailureCause, Http, HttpRequest, HttpResponse, Method};
use morket_providers::sandbox::{Faults, Inside, Options, Rate, Sandbox, Vendor};

const PATHS: [&str; 4] = [
    "/email-finder?domain=acme.example&full_name=Ada+Example",
    "/email-verifier?email=ada%40acme.example",
    "/nowhere",
    "/account",
];

fn shown(answer: &HttpResponse) -> (u16, Vec<u8>) {
    (answer.status, answer.body.clone())
}

#[tokio::test]
async fn it_answers_as_the_one_behind_a_socket_does() {
    let inside = Inside::new(Options::seeded(5)).unwrap();
    let sandbox = Sandbox::start(Options::seeded(5)).await.unwrap();
    let mut client = Client::connect(sandbox.addr()).await;
    for path in PATHS {
        let url = format!("{}{path}", Inside::base_url(Vendor::Hunter));
        let request = HttpRequest::new(Method::Get, url).header("x-api-key", "key");
        let here = inside.send(request).await.unwrap();
        let line = format!("GET /hunter/v2{path} HTTP/1.1\r\nHost: x\r\nx-api-key: key\r\n\r\n");
        client.write(line.as_bytes()).await;
        let Response { status, body, .. } = client.read().await.unwrap();
        assert_eq!(shown(&here), (status, body), "{path}");
    }
    let (here, there) = (inside.log(0, 10), sandbox.log(0, 10));
    let told = |it: &morket_providers::sandbox::Entry| {
        (it.operation.clone(), it.input.clone(), it.outcome, it.billed, it.delivery)
    };
    let told = |all: &[morket_providers::sandbox::Entry]| all.iter().map(told).collect::<Vec<_>>();
    assert_eq!(told(&here), told(&there));
}

#[tokio::test]
async fn a_lost_answer_was_served_and_a_strange_address_was_not() {
    let mut options = Options::seeded(5);
    options.vendor_mut(Vendor::Hunter).faults =
        Faults { lost: Rate::percent(100), ..Faults::default() };
    let inside = Inside::new(options).unwrap();
    let url = format!("{}{}", Inside::base_url(Vendor::Hunter), PATHS[0]);
    let lost = inside.send(HttpRequest::get(url).header("x-api-key", "key")).await.unwrap_err();
    assert!(lost.sent && lost.cause == FailureCause::Broken, "{lost:?}");
    assert_eq!(inside.log(0, 10).len(), 1);
    for url in ["https://api.hunter.io/v2/account", "http://sandbox.invalid/elsewhere"] {
        let refused = inside.send(HttpRequest::get(url)).await.unwrap_err();
        assert!(!refused.sent && refused.cause == FailureCause::Refused, "{refused:?}");
    }
    assert_eq!(inside.summary().vendors[&Vendor::Hunter].calls, 1);
}
