//! A server that speaks TLS with a certificate of its own, and both versions of HTTP.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use morket_http::Options;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A listener on loopback behind TLS, for the name `localhost`.
pub(crate) struct Secure {
    pub(crate) address: SocketAddr,
    pem: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

impl Secure {
    /// Offers these protocols and answers every request with what it saw of it, but `/silent` not
    /// at all and `/large` with a megabyte.
    pub(crate) async fn start(protocols: &[&str]) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Seen::default()));
        let counted = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.connections.fetch_add(1, SeqCst);
                tokio::spawn(serve(acceptor.clone(), stream, counted.clone()));
            }
        });
        Self { address, pem: made.cert.pem(), seen }
    }

    /// Options that reach and trust this server.
    pub(crate) fn options(&self) -> Options {
        let place = format!("localhost:{}", self.address.port());
        let options = Options::new().allow_egress(&place).unwrap();
        options.trust(self.pem.as_bytes()).unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(SeqCst)
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(SeqCst)
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, seen: Arc<Seen>) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        seen.requests.fetch_add(1, SeqCst);
        tell(request)
    });
    let io = TokioIo::new(stream);
    if io.inner().get_ref().1.alpn_protocol() == Some(b"h2") {
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let _ = server.serve_connection(io, service).await;
    } else {
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
    }
}

/// `version method target host authorization body`.
async fn tell(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    match head.uri.path() {
        "/silent" => std::future::pending().await,
        "/large" => return Ok(Response::new(Full::new(Bytes::from(vec![0; 1 << 20])))),
        _ => {}
    }
    let body = body.collect().await?.to_bytes();
    let header = |name: &str| {
        head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned()
    };
    let line = format!(
        "{:?} {} {} {} {} {}",
        head.version,
        head.method,
        head.uri,
        header("host"),
        header("authorization"),
        String::from_utf8_lossy(&body)
    );
    Ok(Response::new(Full::new(Bytes::from(line))))
}
