//! Through a forward proxy: what it is told, what it is not, and what is refused before it.

use crate::support::{Conversation, PATIENCE, Server, ok, secure::Secure};
use morket_core::http::{
    FailureCause::{Refused, Unreachable},
    Http, HttpRequest,
};
use morket_http::{Client, Options, Proxy};
use tokio::{io::copy_bidirectional, net::TcpStream, sync::mpsc};

/// A proxy that tells what it was asked and opens tunnels to `behind`, whatever the name.
async fn proxy(behind: u16) -> (Server, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let server = Server::start(move |mut conversation: Conversation| {
        let tell = tell.clone();
        async move {
            while let Some(request) = conversation.request().await {
                let tunnel = request.starts_with("CONNECT");
                tell.send(request).unwrap();
                if !tunnel {
                    conversation.say(ok("from the proxy")).await;
                    continue;
                }
                conversation.say("HTTP/1.1 200 Connection established\r\nx: y\r\n\r\n").await;
                let mut inside = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
                let _ = copy_bidirectional(&mut conversation.stream, &mut inside).await;
                return;
            }
        }
    })
    .await;
    (server, told)
}

fn through(server: &Server, options: Options, login: &str) -> Options {
    let proxy = Proxy::parse(&format!("http://{login}{}", server.address)).unwrap();
    options.allow_egress(&server.address.to_string()).unwrap().proxy(proxy)
}

#[tokio::test]
async fn a_tunnel_is_told_host_and_port_alone() {
    let secure = Secure::start(&["h2", "http/1.1"]).await;
    let (server, mut told) = proxy(secure.address.port()).await;
    // The name resolves nowhere here: the proxy is who finds it. The certificate is for another.
    let options = through(&server, secure.options(), "user:p%40ss@");
    let client = Client::new(options).unwrap();
    let request = HttpRequest::get("https://api.example.com/secret?key=canary").timeout(PATIENCE);
    let failure = client.send(request).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent), (Unreachable, false));
    let told = told.recv().await.unwrap();
    let expected = "CONNECT api.example.com:443 HTTP/1.1\r\nhost: api.example.com:443\r\n\
                    proxy-authorization: Basic dXNlcjpwQHNz\r\n\r\n";
    assert_eq!(told, expected);
    assert_eq!(secure.requests(), 0);
}

#[tokio::test]
async fn plain_requests_are_written_with_their_whole_url() {
    let (server, mut told) = proxy(1).await;
    let options = through(&server, Options::new().allow_plain_http(), "user:pass@");
    let client = Client::new(options).unwrap();
    for _ in 0..3 {
        let request = HttpRequest::get("http://api.example.com/v1?a=b").timeout(PATIENCE);
        assert_eq!(client.send(request).await.unwrap().body, b"from the proxy");
        let told = told.recv().await.unwrap();
        assert!(told.starts_with("GET http://api.example.com/v1?a=b HTTP/1.1\r\n"), "{told}");
        assert!(told.contains("\r\nhost: api.example.com\r\n"), "{told}");
        assert!(told.contains("\r\nproxy-authorization: Basic dXNlcjpwYXNz\r\n"), "{told}");
    }
    assert_eq!(server.connections(), 1);
}

/// What can be judged without resolving is judged before the proxy hears of it.
#[tokio::test]
async fn p160_a_proxy_is_not_asked_for_local_targets() {
    let (server, _told) = proxy(1).await;
    let options = through(&server, Options::new().allow_plain_http(), "");
    let client = Client::new(options).unwrap();
    for host in [
        "127.0.0.1",
        "10.0.0.1",
        "0x7f.1",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "169.254.169.254",
        "localhost",
        "a.localhost",
        "intranet",
        "db.internal",
        "printer.local",
        "router.home.arpa",
    ] {
        for scheme in ["http", "https"] {
            let request = HttpRequest::get(format!("{scheme}://{host}/")).timeout(PATIENCE);
            let failure = client.send(request).await.unwrap_err();
            assert_eq!((failure.cause, failure.sent), (Refused, false), "{scheme}://{host}");
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_private_proxy_has_to_be_allowed() {
    let (server, _told) = proxy(1).await;
    let proxy = Proxy::parse(&format!("http://{}", server.address)).unwrap();
    let client = Client::new(Options::new().proxy(proxy)).unwrap();
    let failure = client.send(HttpRequest::get("https://example.com/")).await.unwrap_err();
    assert_eq!((failure.cause, failure.sent), (Refused, false));
    assert_eq!(failure.detail, "example.com may not be reached from here");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn exceptions_and_loopback_go_directly() {
    let direct = Server::answering(ok("direct")).await;
    let (server, _told) = proxy(1).await;
    let options = through(&server, Options::new(), "");
    let client = Client::new(options.allow_egress(&direct.address.to_string()).unwrap()).unwrap();
    let request = HttpRequest::get(direct.url("/")).timeout(PATIENCE);
    assert_eq!(client.send(request).await.unwrap().body, b"direct");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_proxy_that_refuses_or_babbles_leaves_the_request_unsent() {
    for answer in [
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".to_owned(),
        "HTTP/1.1 502 Bad Gateway\r\n\r\n".to_owned(),
        "SSH-2.0\r\n\r\n".to_owned(),
        "HTTP/1.1 20".to_owned(),
        String::new(),
        "x".repeat(100_000),
    ] {
        let server = Server::closing_after(answer.as_bytes()).await;
        let client = Client::new(through(&server, Options::new(), "")).unwrap();
        let request = HttpRequest::get("https://example.com/?key=canary").timeout(PATIENCE);
        let failure = client.send(request).await.unwrap_err();
        assert_eq!((failure.cause, failure.sent), (Unreachable, false), "{answer:.20}");
        assert!(!failure.detail.contains("canary"));
    }
}

#[test]
fn the_environment_is_read_once_and_strictly() {
    let read = |vars: &'static [(&str, &str)]| {
        let get = move |name: &str| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        format!("{:?}", Options::new().with_vars(get))
    };
    for (vars, expected) in [
        (&[][..], "proxy: None"),
        (&[("HTTPS_PROXY", "")], "proxy: None"),
        (&[("HTTP_PROXY", "http://p.example:3128")], "proxy: None"),
        (&[("HTTPS_PROXY", "http://p.example:3128")], "port: 3128"),
        (&[("https_proxy", "p.example:3128")], "port: 3128"),
        (&[("HTTPS_PROXY", "http://u:canary@p.example:8080/")], "[REDACTED]"),
        (&[("HTTPS_PROXY", "https://p.example")], "VALIDATION_ERROR"),
        (&[("HTTPS_PROXY", "socks5://p.example")], "VALIDATION_ERROR"),
        (
            &[("HTTPS_PROXY", "http://p.example"), ("NO_PROXY", ".a.example, b")],
            r#"["a.example", "b"]"#,
        ),
        (&[("MORKET_LIVE", "0")], "paid: false"),
        (&[("MORKET_LIVE", "1")], "paid: true"),
        (&[], "paid: true"),
        (&[("MORKET_LIVE", "no")], "VALIDATION_ERROR"),
    ] {
        let text = read(vars);
        assert!(text.contains(expected), "{vars:?}: {text}");
        assert!(!text.contains("canary"), "{text}");
    }
}

/// `NO_PROXY`: a name and all below it, an address, everything.
#[tokio::test]
async fn no_proxy_names_hosts() {
    let (server, _told) = proxy(1).await;
    let rows: &[(&str, &str, bool)] = &[
        ("example.com", "http://example.com/", false),
        (".example.com", "http://api.example.com/", false),
        ("EXAMPLE.com", "http://api.example.com/", false),
        ("example.com", "http://badexample.com/", true),
        ("a.example,b.example", "http://c.example/", true),
        ("*", "http://c.example/", false),
        ("8.8.8.8", "http://8.8.8.8.example/", true),
        ("", "http://c.example/", true),
    ];
    for (exceptions, url, proxied) in rows {
        let proxy = Proxy::parse(&server.address.to_string()).unwrap().except(exceptions);
        let options = Options::new().allow_plain_http().resolver(std::sync::Arc::new(Nobody));
        let options = options.allow_egress(&server.address.to_string()).unwrap().proxy(proxy);
        let result = Client::new(options).unwrap().send(HttpRequest::get(*url)).await;
        let cause = result.err().map(|failure| failure.cause);
        let expected = if *proxied { None } else { Some(Unreachable) };
        assert_eq!(cause, expected, "{exceptions}: {url}");
    }
}

/// Knows no name, so that whoever asks it went past the proxy.
#[derive(Debug)]
struct Nobody;

#[async_trait::async_trait]
impl morket_http::Resolver for Nobody {
    async fn resolve(&self, _name: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        Ok(Vec::new())
    }
}
