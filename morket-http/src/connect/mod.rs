//! From a target to a connection: resolve, check, dial, tunnel, shake hands.

mod proxy;
mod resolve;
mod stream;
mod tls;

pub use proxy::Proxy;
pub use resolve::Resolver;
pub(crate) use resolve::SystemResolver;
pub(crate) use stream::{Pulse, Stream};

use crate::{
    egress::{Egress, Host, Target, refused},
    options::Options,
};
use morket_core::{
    Result,
    http::{FailureCause, HttpFailure},
};
use rustls::ClientConfig;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpStream, time::timeout};

/// How long one address may take while others are left.
const ADDRESS_LIMIT: Duration = Duration::from_secs(2);

/// An open connection, before any HTTP is spoken on it.
pub(crate) struct Dialled {
    pub(crate) stream: Stream,
    pub(crate) http2: bool,
    pub(crate) pulse: Arc<Pulse>,
}

/// Opens connections, and is the only one who does.
#[derive(Debug)]
pub(crate) struct Connector {
    egress: Egress,
    proxy: Option<Proxy>,
    resolver: Arc<dyn Resolver>,
    tls: Arc<ClientConfig>,
    limit: Duration,
}

impl Connector {
    pub(crate) fn new(options: &Options) -> Result<Self> {
        Ok(Self {
            egress: options.egress.clone(),
            proxy: options.proxy.clone(),
            resolver: options.resolver.clone(),
            tls: Arc::new(tls::config(&options.roots, options.http2)?),
            limit: options.dial_limit,
        })
    }

    /// What can be refused before anything is resolved.
    pub(crate) fn check(&self, target: &Target) -> Result<(), HttpFailure> {
        self.egress.check(target)?;
        match self.proxy_for(target) {
            Some(_) => self.egress.check_remote_name(target),
            None => Ok(()),
        }
    }

    /// The proxy that requests to this target go through.
    pub(crate) fn proxy_for(&self, target: &Target) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|proxy| proxy.serves(target))
    }

    /// Open a connection to `target`. Nothing of any request has left when this fails.
    pub(crate) async fn dial(&self, target: &Target) -> Result<Dialled, HttpFailure> {
        match timeout(self.limit, self.dial_in_time(target)).await {
            Ok(result) => result,
            Err(_) => Err(unreached(target, FailureCause::Timeout, "no connection in time")),
        }
    }

    async fn dial_in_time(&self, target: &Target) -> Result<Dialled, HttpFailure> {
        let socket = match self.proxy_for(target) {
            Some(proxy) => {
                let mut socket = self.open(proxy.target(), target).await?;
                if target.is_https() {
                    let opened = proxy.tunnel(&mut socket, target).await;
                    opened.map_err(|what| unreached(target, FailureCause::Unreachable, what))?;
                }
                socket
            }
            None => self.open(target, target).await?,
        };
        let pulse = Arc::new(Pulse::default());
        let socket = stream::Socket::new(socket, target.is_https(), pulse.clone());
        if !target.is_https() {
            return Ok(Dialled { stream: Stream::Plain(socket), http2: false, pulse });
        }
        let secured = tls::handshake(self.tls.clone(), target, socket).await;
        let secured =
            secured.map_err(|what| unreached(target, FailureCause::Unreachable, &what))?;
        let http2 = secured.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Dialled { stream: Stream::Tls(Box::new(secured)), http2, pulse })
    }

    /// A socket to `peer`, on the way to `target`, which alone is named in failures.
    async fn open(&self, peer: &Target, target: &Target) -> Result<TcpStream, HttpFailure> {
        let addresses = match peer.host() {
            Host::Address(address) => vec![*address],
            Host::Name(name) => {
                let found = self.resolver.resolve(name).await.unwrap_or_default();
                if found.is_empty() {
                    let what = "the name does not resolve";
                    return Err(unreached(target, FailureCause::Unreachable, what));
                }
                found
            }
        };
        // The addresses that pass here are the ones that are dialled: nothing is resolved again.
        self.egress.check_addresses(peer, &addresses).map_err(|_| refused(target))?;
        let last = addresses.len() - 1;
        for (index, address) in addresses.into_iter().enumerate() {
            if let Some(socket) = connect(address, peer.port(), index == last).await {
                return Ok(socket);
            }
        }
        Err(unreached(target, FailureCause::Unreachable, "no address answers"))
    }
}

async fn connect(address: IpAddr, port: u16, last: bool) -> Option<TcpStream> {
    let connecting = TcpStream::connect(SocketAddr::new(address, port));
    let socket = if last {
        connecting.await.ok()?
    } else {
        timeout(ADDRESS_LIMIT, connecting).await.ok()?.ok()?
    };
    // A request is written at once and whole: waiting to fill packets would only delay it.
    socket.set_nodelay(true).ok()?;
    Some(socket)
}

fn unreached(target: &Target, cause: FailureCause, what: &str) -> HttpFailure {
    HttpFailure::unsent(cause, format!("{}: {what}", target.host()))
}
