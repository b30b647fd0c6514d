//! How a client is set up.

use crate::{
    connect::{Proxy, Resolver, SystemResolver},
    egress::Egress,
};
use morket_core::{Error, Result};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{sync::Arc, time::Duration};

/// What a [`Client`](crate::Client) may do.
///
/// Nothing here comes from the environment unless [`Options::from_env`] is asked to look.
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    pub(crate) egress: Egress,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) paid: bool,
    pub(crate) roots: Vec<CertificateDer<'static>>,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) user_agent: String,
    pub(crate) dial_limit: Duration,
    pub(crate) idle_limit: Duration,
    pub(crate) idle_per_origin: usize,
    pub(crate) http2: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            egress: Egress::default(),
            proxy: None,
            paid: true,
            roots: Vec::new(),
            resolver: Arc::new(SystemResolver),
            user_agent: concat!("morket/", env!("CARGO_PKG_VERSION")).to_owned(),
            dial_limit: Duration::from_secs(10),
            idle_limit: Duration::from_secs(60),
            idle_per_origin: 256,
            http2: true,
        }
    }
}

impl Options {
    /// `https` on port 443 to global unicast addresses, directly, paid calls included.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the environment of this process says; see [`Options::with_vars`].
    pub fn from_env() -> Result<Self> {
        Self::new().with_vars(|name| std::env::var(name).ok())
    }

    /// What these variables say: `HTTPS_PROXY` (or `https_proxy`), `NO_PROXY` (or `no_proxy`) and
    /// `MORKET_LIVE`, where `0` switches paid calls off.
    pub fn with_vars(mut self, get: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let either = |upper: &str, lower: &str| {
            get(upper).or_else(|| get(lower)).filter(|text| !text.trim().is_empty())
        };
        if let Some(url) = either("HTTPS_PROXY", "https_proxy") {
            let direct = either("NO_PROXY", "no_proxy").unwrap_or_default();
            self.proxy = Some(Proxy::parse(&url)?.except(&direct));
        }
        match get("MORKET_LIVE").as_deref().map(str::trim) {
            None | Some("" | "1") => {}
            Some("0") => self.paid = false,
            Some(_) => return Err(Error::invalid("http.options", "MORKET_LIVE", "is 0 or 1")),
        }
        Ok(self)
    }

    /// Also plain `http`, on port 80.
    pub fn allow_plain_http(mut self) -> Self {
        self.egress.allow_plain();
        self
    }

    /// Also this port, on any fit address.
    pub fn allow_port(mut self, port: u16) -> Self {
        self.egress.allow_port(port);
        self
    }

    /// Also this one `HOST:PORT`, wherever it is, with or without TLS: see
    /// [`Allowance`](crate::egress::Allowance).
    pub fn allow_egress(mut self, host_and_port: &str) -> Result<Self> {
        self.egress.allow(host_and_port.parse()?);
        Ok(self)
    }

    /// Send everything through this proxy.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Whether requests that somebody may bill for are sent at all.
    pub fn paid(mut self, paid: bool) -> Self {
        self.paid = paid;
        self
    }

    /// Also trust these certificates (PEM), beside the roots that are built in.
    pub fn trust(mut self, pem: &[u8]) -> Result<Self> {
        let problem = || Error::invalid("http.options", "trust", "expected PEM certificates");
        let before = self.roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            self.roots.push(certificate.map_err(|_| problem())?);
        }
        if self.roots.len() == before { Err(problem()) } else { Ok(self) }
    }

    /// Another way to resolve names. What it says is checked like any answer.
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Another `User-Agent`, for requests that bring none.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// How long resolving, connecting and the TLS handshake may take together.
    pub fn dial_limit(mut self, limit: Duration) -> Self {
        self.dial_limit = limit;
        self
    }

    /// How long an unused connection is kept, and how many of one origin.
    pub fn keep_idle(mut self, limit: Duration, per_origin: usize) -> Self {
        (self.idle_limit, self.idle_per_origin) = (limit, per_origin);
        self
    }

    /// Whether HTTP/2 is offered in the TLS handshake.
    pub fn http2(mut self, offered: bool) -> Self {
        self.http2 = offered;
        self
    }
}
