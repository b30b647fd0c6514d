//! A handle with a workspace, and a server on loopback that answers as it is told.

use morket::{
    EventId, Morket, WorkspaceId,
    network::{Client, Options},
    outbox::NewEvent,
    page::Limit,
    rbac::{Allowed, Operation, Principal},
    vault::{KeyRing, MasterKey, Vault},
    webhook::{Courier, Created, Delivery, Schedule, Webhooks},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub(crate) const KIND: &str = "job.completed";

/// A handle, and what its courier and its endpoints need.
pub(crate) struct House {
    pub(crate) mk: Morket,
    pub(crate) workspace: WorkspaceId,
    pub(crate) webhooks: Webhooks,
    vault: Arc<Vault>,
}

impl House {
    /// With a network of these options.
    pub(crate) async fn new(options: Options) -> Self {
        let http = Arc::new(Client::new(options).unwrap());
        let mk = Morket::builder().memory().http(http).build().await.unwrap();
        let workspace = mk.create_workspace("Acme").await.unwrap().id;
        let master = MasterKey::parse(&"0123456789abcdef".repeat(4)).unwrap();
        let vault = Arc::new(mk.vault(KeyRing::new([(1, master)], 1, 1).unwrap()));
        let webhooks = mk.webhooks(vault.clone());
        Self { mk, workspace, webhooks, vault }
    }

    /// Allowed to reach these, and nothing else of this machine.
    pub(crate) async fn reaching(addresses: &[SocketAddr]) -> Self {
        let allow = |options: Options, it: &SocketAddr| options.allow_egress(&it.to_string());
        Self::new(addresses.iter().try_fold(Options::new(), allow).unwrap()).await
    }

    pub(crate) async fn may(&self, operation: Operation) -> Allowed {
        self.mk.access().allow(Principal::Embedder, self.workspace, operation).await.unwrap()
    }

    pub(crate) async fn create(&self, url: &str) -> morket::Result<Created> {
        let may = self.may(Operation::ManageWebhooks).await;
        self.webhooks.create(may, url, [KIND], Schedule::Short).await
    }

    pub(crate) async fn happens(&self, n: usize) -> Vec<EventId> {
        let mut ids = Vec::new();
        for number in 0..n {
            let id = EventId::new(self.mk.clock().now(), self.mk.rng().as_ref());
            let payload = serde_json::json!({"n": number, "name": "Ægir \u{1f41f}\u{2028}\"\\"});
            let event = NewEvent { id, kind: KIND.into(), payload };
            self.mk.store().publish(self.workspace, vec![event]).await.unwrap();
            ids.push(id);
        }
        ids
    }

    pub(crate) fn courier(&self) -> Courier {
        self.mk.courier(self.vault.clone())
    }

    /// What was delivered to this endpoint, the newest first.
    pub(crate) async fn deliveries(&self, made: &Created) -> Vec<Delivery> {
        let may = self.may(Operation::ReadWebhooks).await;
        let limit = Limit::new(100).unwrap();
        let page = self.webhooks.deliveries(may, made.webhook.id, None, None, limit).await;
        page.unwrap().rows
    }
}

/// A listener on loopback that answers every request with these bytes; without any it takes what
/// comes and never answers.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, connections) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let server = Self { address, requests, connections };
        let (requests, connections) = (server.requests.clone(), server.connections.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(talk(stream, bytes.clone(), requests.clone()));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?x=1", self.address)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn talk(mut stream: TcpStream, answer: Arc<[u8]>, requests: Arc<AtomicUsize>) {
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4_096];
        match stream.read(&mut part).await {
            Ok(1..) if answer.is_empty() => requests.fetch_max(1, Ordering::SeqCst),
            Ok(n @ 1..) => {
                read.extend_from_slice(&part[..n]);
                if !is_whole(&read) {
                    continue;
                }
                read.clear();
                requests.fetch_add(1, Ordering::SeqCst);
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
                0
            }
            _ => return,
        };
    }
}

/// Head and body are there.
fn is_whole(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read).to_ascii_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |it| it.trim().parse().unwrap());
    let body = read.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    read.len() >= body + length
}
