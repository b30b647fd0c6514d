//! Names that lead somewhere else than they seem to.

use crate::support::{PATIENCE, Server, allowing, ok};
use async_trait::async_trait;
use morket_core::http::{
    FailureCause::{Refused, Unreachable},
    Http, HttpFailure, HttpRequest,
};
use morket_http::{Client, Options, Resolver};
use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::net::TcpListener;

/// Answers in turn, the last one for ever, and counts how often it was asked.
#[derive(Debug)]
struct Turns {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Turns {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(parse).collect(), asked: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Resolver for Turns {
    async fn resolve(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.asked.fetch_add(1, SeqCst).min(self.answers.len() - 1);
        Ok(self.answers[turn].clone())
    }
}

async fn failure(client: &Client, url: &str) -> HttpFailure {
    client.send(HttpRequest::get(url).timeout(PATIENCE)).await.unwrap_err()
}

/// There is no second look at a name, which could say something else than the one that was checked.
#[tokio::test]
async fn p162_a_name_is_resolved_once_for_each_connection() {
    let server = Server::answering(ok("secret")).await;
    let port = server.address.port();
    let resolver = Turns::new(&[&["127.0.0.1"]]);
    let options = Options::new().allow_plain_http().allow_port(port).resolver(resolver.clone());
    let client = Client::new(options).unwrap();
    for _ in 0..1_000 {
        let failure = failure(&client, &format!("http://rebind.example:{port}/")).await;
        assert_eq!((failure.cause, failure.sent), (Refused, false));
    }
    assert_eq!(resolver.asked.load(SeqCst), 1_000);
    assert_eq!(server.connections(), 0);
}

/// What was checked is what is dialled: an allowed name leads to this listener at the first asking
/// and to another at the second, and each connection goes where its own asking led.
#[tokio::test]
async fn p162_each_connection_goes_where_its_own_answer_led() {
    let first = Server::closing_after(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\none",
    )
    .await;
    let port = first.address.port();
    let second = TcpListener::bind(("127.0.0.2", port)).await.unwrap();
    let resolver = Turns::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let options = Options::new().allow_egress(&format!("both.example:{port}")).unwrap();
    let client = Client::new(options.resolver(resolver.clone())).unwrap();

    let url = format!("http://both.example:{port}/");
    let answer = client.send(HttpRequest::get(&url).timeout(PATIENCE)).await.unwrap();
    assert_eq!((answer.body.as_slice(), resolver.asked.load(SeqCst)), (&b"one"[..], 1));

    let asking = tokio::spawn(async move { failure(&client, &url).await });
    let (reached, _) = second.accept().await.unwrap();
    drop(reached);
    assert!(asking.await.unwrap().sent || first.connections() == 1);
    assert_eq!((first.connections(), resolver.asked.load(SeqCst)), (1, 2));
}

#[tokio::test]
async fn p163_one_forbidden_address_refuses_all() {
    // method: property
    let server = Server::answering(ok("secret")).await;
    let port = server.address.port();
    let public = ["8.8.8.8", "2606:4700:4700::1111", "1.1.1.1"];
    let forbidden = [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "fe80::1",
        "::ffff:8.8.8.8",
        "2002:808:808::1",
    ];
    for bad in forbidden {
        for at in 0..=public.len() {
            let mut answer = public.to_vec();
            answer.insert(at, bad);
            let options = Options::new().allow_plain_http().allow_port(port);
            let client = Client::new(options.resolver(Turns::new(&[&answer]))).unwrap();
            let failure = failure(&client, &format!("http://mixed.example:{port}/")).await;
            assert_eq!((failure.cause, failure.sent), (Refused, false), "{answer:?}");
        }
    }
    assert_eq!(server.connections(), 0);
}

/// An allowed name may be local, but it never leads to a cloud's secrets; and no other name leads
/// to an allowed address.
#[tokio::test]
async fn p160_an_allowed_name_does_not_lead_to_metadata() {
    let server = Server::answering(ok("fine")).await;
    let port = server.address.port();
    let rows: &[(&str, &[&str], bool)] = &[
        ("store.internal", &["127.0.0.1"], true),
        ("store.internal", &["169.254.169.254"], false),
        ("store.internal", &["127.0.0.1", "fd00:ec2::254"], false),
        ("store.internal", &["::ffff:169.254.169.254"], false),
        ("other.internal", &["127.0.0.1"], false),
    ];
    for (name, answer, fine) in rows {
        let options = Options::new()
            .allow_plain_http()
            .allow_port(port)
            .allow_egress(&format!("store.internal:{port}"))
            .and_then(|options| options.allow_egress(&format!("127.0.0.1:{port}")))
            .unwrap();
        let client = Client::new(options.resolver(Turns::new(&[answer]))).unwrap();
        let request = HttpRequest::get(format!("http://{name}:{port}/")).timeout(PATIENCE);
        let result = client.send(request).await;
        assert_eq!(result.is_ok(), *fine, "{name} at {answer:?}: {result:?}");
    }
}

/// Open, closed and silent ports of a refused host look alike, and so do hosts that are not there.
#[tokio::test]
async fn p168_refused_targets_all_look_the_same() {
    // method: property
    let open = Server::answering(ok("secret")).await;
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    // Accepts nothing: the connection stands in the queue of the operating system.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = [open.address.port(), closed.port(), silent.local_addr().unwrap().port()];
    let mut told = Vec::new();
    for (index, port) in ports.into_iter().enumerate() {
        for allowed in [true, false] {
            let resolver = Turns::new(&[&["127.0.0.1"]]);
            let options = Options::new().allow_plain_http().resolver(resolver);
            let options = if allowed { options.allow_port(port) } else { options };
            let client = Client::new(options).unwrap();
            for host in ["127.0.0.1", "inside.example"] {
                let failure = failure(&client, &format!("http://{host}:{port}/{index}")).await;
                told.push(format!("{failure:?}").replace(host, "HOST"));
            }
        }
    }
    assert_eq!(told.len(), 12);
    assert!(told.iter().all(|text| *text == told[0]), "{told:#?}");
    assert_eq!(open.connections(), 0);
}

#[tokio::test]
async fn a_name_without_addresses_is_unreachable() {
    let client = Client::new(Options::new().resolver(Turns::new(&[&[]]))).unwrap();
    let failure = failure(&client, "https://nobody.example/secret?key=canary").await;
    assert_eq!((failure.cause, failure.sent), (Unreachable, false));
    assert_eq!(failure.detail, "nobody.example: the name does not resolve");
}

/// An address that does not answer does not keep the others from being tried.
#[tokio::test]
async fn the_next_address_is_tried() {
    let server = Server::answering(ok("fine")).await;
    let port = server.address.port();
    let resolver = Turns::new(&[&["127.0.0.3", "127.0.0.1"]]);
    let options = Options::new().allow_egress(&format!("two.example:{port}")).unwrap();
    let client = Client::new(options.resolver(resolver)).unwrap();
    let request = HttpRequest::get(format!("http://two.example:{port}/")).timeout(PATIENCE);
    assert_eq!(client.send(request).await.unwrap().status, 200);
}

/// No redirect is followed, so no other origin ever hears of a request or its secrets.
#[tokio::test]
async fn p031_p164_redirects_lead_nowhere() {
    // method: property
    let other = Server::answering(ok("stolen")).await;
    for status in [300, 301, 302, 303, 305, 307, 308, 399] {
        for header in ["location", "refresh", "content-location"] {
            let moved = format!(
                "HTTP/1.1 {status} Moved\r\n{header}: {}\r\ncontent-length: 0\r\n\r\n",
                other.url("/")
            );
            let server = Server::answering(moved).await;
            let options = allowing(server.address).allow_egress(&other.address.to_string());
            let client = Client::new(options.unwrap()).unwrap();
            let key = morket_core::Secret::new("canary".to_owned());
            let request = HttpRequest::post(server.url("/")).bearer(&key).secret_query("k", &key);
            let answer = client.send(request.timeout(PATIENCE)).await.unwrap();
            assert_eq!((answer.status, server.requests()), (status, 1));
        }
    }
    assert_eq!(other.connections(), 0);
}

/// Nobody answers within the time for dialling: still nothing has left.
#[tokio::test]
async fn a_resolver_that_never_answers_ends_with_the_time() {
    #[derive(Debug)]
    struct Silent;
    #[async_trait]
    impl Resolver for Silent {
        async fn resolve(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
            std::future::pending().await
        }
    }
    let options = Options::new().resolver(Arc::new(Silent)).dial_limit(Duration::from_millis(20));
    let client = Client::new(options).unwrap();
    let failure = failure(&client, "https://slow.example/").await;
    assert_eq!(failure.cause, morket_core::http::FailureCause::Timeout);
    assert!(!failure.sent);
}
