//! A server written by hand, so that it can be wrong in every way.

pub(crate) mod secure;

use morket_core::http::{HttpFailure, HttpRequest, HttpResponse};
use morket_http::{Client, Options};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A listener on loopback that counts what reaches it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

impl Server {
    /// Each connection is handed to `handle`, in a task of its own.
    pub(crate) async fn start<F, D>(handle: F) -> Self
    where
        F: Fn(Conversation) -> D + Send + 'static,
        D: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let counted = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.connections.fetch_add(1, SeqCst);
                let seen = counted.clone();
                tokio::spawn(handle(Conversation { stream, seen }));
            }
        });
        Self { address, seen }
    }

    /// Each request gets these bytes; connections stay open.
    pub(crate) async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        Self::start(move |mut conversation| {
            let bytes = bytes.clone();
            async move {
                while conversation.request().await.is_some() {
                    conversation.say(&bytes).await;
                }
            }
        })
        .await
    }

    /// The first request of each connection gets these bytes, then the connection is closed.
    pub(crate) async fn closing_after(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        Self::start(move |mut conversation| {
            let bytes = bytes.clone();
            async move {
                if conversation.request().await.is_some() {
                    conversation.say(&bytes).await;
                }
            }
        })
        .await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(SeqCst)
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(SeqCst)
    }

    /// A client that may reach this server, and no other local one.
    pub(crate) fn client(&self) -> Client {
        Client::new(allowing(self.address)).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Result<HttpResponse, HttpFailure> {
        use morket_core::http::Http;
        self.client().send(HttpRequest::get(self.url(path)).timeout(PATIENCE)).await
    }
}

/// Longer than any test takes: a case that runs into it has hung.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Options that allow one local address.
pub(crate) fn allowing(address: SocketAddr) -> Options {
    Options::new().allow_egress(&address.to_string()).unwrap()
}

/// A whole answer with this body.
pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// One connection, seen from the server.
pub(crate) struct Conversation {
    pub(crate) stream: TcpStream,
    seen: Arc<Seen>,
}

impl Conversation {
    /// The next request, head and body; nothing at the end of the connection.
    pub(crate) async fn request(&mut self) -> Option<String> {
        let mut text = Vec::new();
        let head = loop {
            text.push(self.stream.read_u8().await.ok()?);
            if text.ends_with(b"\r\n\r\n") {
                break String::from_utf8_lossy(&text).into_owned();
            }
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.stream.read_exact(&mut body).await.ok()?;
        self.seen.requests.fetch_add(1, SeqCst);
        Some(head + &String::from_utf8_lossy(&body))
    }

    /// Write, if the other side still listens.
    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Wait until the other side closes.
    pub(crate) async fn until_closed(&mut self) {
        let mut rest = [0; 1024];
        while matches!(self.stream.read(&mut rest).await, Ok(count) if count > 0) {}
    }

    /// Close with a reset instead of an end.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }
}
