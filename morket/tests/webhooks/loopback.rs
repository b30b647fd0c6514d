//! Where deliveries go, where they do not, and how long they take.

use super::support::{House, Server};
use morket::{
    ErrorKind,
    engine::Stop,
    network::Options,
    rbac::Operation,
    webhook::{DeliveryState, Outcome},
};
use std::time::Duration;

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// Every status there is for it, and every way to write where it leads.
#[tokio::test]
async fn p164_a_redirect_is_a_failure_and_is_not_followed() {
    // method: exhaustive
    let target = Server::answering(NO_CONTENT).await;
    let places = [target.url(), format!("//{}/hook", target.address), "/hook?moved".to_owned()];
    for status in 300..=399 {
        for location in &places {
            let head = format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\n");
            let server = Server::answering(format!("{head}content-length: 0\r\n\r\n")).await;
            let house = House::reaching(&[server.address, target.address]).await;
            let made = house.create(&server.url()).await.unwrap();
            house.happens(1).await;
            house.courier().round().await.unwrap();
            let tried = house.deliveries(&made).await;
            assert_eq!(tried[0].attempts[0].outcome, Outcome::Status(status), "{location}");
            assert_eq!(tried[0].state, DeliveryState::Waiting, "{status} {location}");
            assert_eq!(server.requests(), 1, "{status} {location}");
        }
    }
    assert_eq!(target.connections(), 0);
}

/// Refused when it is created, if its text tells; else at each attempt, and always alike.
#[tokio::test]
async fn p168_a_refused_target_says_nothing_about_what_is_there() {
    let open = Server::answering(NO_CONTENT).await;
    let closed = Server::answering(NO_CONTENT).await.address.port() ^ 1;
    let options = Options::new().allow_port(open.address.port()).allow_port(closed);
    let house = House::new(options).await;
    let mut refusals = Vec::new();
    for target in [open.address.to_string(), format!("127.0.0.1:{closed}"), "10.0.0.1".into()] {
        let error = house.create(&format!("https://{target}/hook")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        refusals.push(error.message().replace("127.0.0.1", "H").replace("10.0.0.1", "H"));
    }
    refusals.dedup();
    assert_eq!(refusals, ["callbackUrl: H may not be reached from here"]);
    for port in [open.address.port(), closed, 443] {
        let made = house.create(&format!("https://localhost:{port}/hook")).await.unwrap();
        house.happens(1).await;
        house.courier().round().await.unwrap();
        let attempt = house.deliveries(&made).await.pop().unwrap().attempts.pop().unwrap();
        assert_eq!((attempt.outcome, attempt.answer.as_str()), (Outcome::Refused, ""));
    }
    assert_eq!(open.connections(), 0);
}

#[tokio::test]
async fn p159_a_callback_to_this_machine_needs_the_operators_word() {
    let server = Server::answering(NO_CONTENT).await;
    let house = House::new(Options::new()).await;
    for url in [
        server.url(),
        "https://127.0.0.1/".into(),
        "https://[::1]/".into(),
        "https://[::ffff:169.254.169.254]/latest".into(),
        "https://0x7f.1/".into(),
        "https://user:pass@example.com/".into(),
        "file:///etc/passwd".into(),
        "https://exa mple.com/".into(),
    ] {
        let error = house.create(&url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{url}");
    }
    assert!(house.create("https://hooks.example.com/in?key=1").await.is_ok());
    assert_eq!(server.connections(), 0);
}

/// One endpoint takes requests and never answers; the other is told of everything at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p188_a_silent_endpoint_delays_nobody_else() {
    let (silent, quick) = (Server::answering("").await, Server::answering(NO_CONTENT).await);
    let house = House::reaching(&[silent.address, quick.address]).await;
    house.create(&silent.url()).await.unwrap();
    let made = house.create(&quick.url()).await.unwrap();
    let courier = house.courier();
    let running = tokio::spawn(async move { courier.run(&Stop::default()).await });
    // The silent endpoint has all it may have before the other's turn comes.
    house.happens(8).await;
    while silent.connections() < 4 {
        tokio::task::yield_now().await;
    }
    let clock = house.mk.clock();
    let began = clock.monotonic();
    house.happens(60).await;
    while quick.requests() < 68 {
        let took = clock.monotonic() - began;
        assert!(took < Duration::from_secs(20), "{} of 68", quick.requests());
        tokio::task::yield_now().await;
    }
    let took = clock.monotonic() - began;
    running.abort();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(silent.connections(), 4, "no more than it may have at once");
    let delivered = house.deliveries(&made).await;
    assert!(delivered.iter().all(|it| it.attempts.len() <= 1));
}

#[tokio::test]
async fn p189_no_more_than_64_kib_of_an_answer_are_read() {
    let body = "x".repeat(5 << 20);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let server = Server::answering(head + &body).await;
    let house = House::reaching(&[server.address]).await;
    let made = house.create(&server.url()).await.unwrap();
    house.happens(2).await;
    let carried = house.courier().round().await.unwrap();
    assert_eq!(carried.delivered, 2, "what matters is the status");
    for delivery in house.deliveries(&made).await {
        assert_eq!(delivery.attempts[0].answer, "x".repeat(200));
    }
    let test = house.webhooks.test(house.may(Operation::ManageWebhooks).await, made.webhook.id);
    assert_eq!(test.await.unwrap().kind, "webhook.test");
    assert_eq!(house.courier().round().await.unwrap().delivered, 1);
}
