//! A forward proxy: `CONNECT` for `https`, absolute requests for `http`.
//!
//! The proxy resolves the names. So the guard can judge scheme, port, hosts that are addresses, and
//! names that only ever mean something local; *where a public name leads is the proxy's to decide*,
//! and it has to be one that filters. Its own address is checked like any target's: on a private
//! one it must be allowed by its host and port.

use crate::egress::{Host, Target};
use base64::Engine;
use http::HeaderValue;
use morket_core::{Error, Result, Secret};
use std::net::IpAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How large the answer to `CONNECT` may be.
const ANSWER_LIMIT: usize = 8 << 10;

/// A proxy and what does not go through it.
#[derive(Clone, Debug)]
pub struct Proxy {
    target: Target,
    authorization: Option<Secret<String>>,
    direct: Vec<String>,
}

impl Proxy {
    /// Read `http://[user:password@]host:port`. The way to the proxy itself is plain.
    pub fn parse(url: &str) -> Result<Self> {
        let problem = |what| Error::invalid("http.proxy", "proxy", what);
        let expected = "expected http://[user:password@]host:port";
        let with_scheme =
            if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let (scheme, rest) = with_scheme.split_once("://").ok_or_else(|| problem(expected))?;
        let rest = rest.trim_end_matches('/');
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let target = Target::parse(&format!("{scheme}://{place}"));
        let target = target.map_err(|_| problem(expected))?;
        if target.is_https() {
            return Err(problem("TLS to the proxy itself is not spoken; use http://"));
        }
        let authorization = login.map(|login| {
            let plain = Secret::new(unescape(login));
            let packed = base64::engine::general_purpose::STANDARD.encode(plain.expose());
            Secret::new(format!("Basic {packed}"))
        });
        Ok(Self { target, authorization, direct: Vec::new() })
    }

    /// Also reach these hosts directly: names (with all below them), addresses, or `*`, parted by
    /// commas, as in `NO_PROXY`.
    #[must_use]
    pub fn except(mut self, hosts: &str) -> Self {
        let hosts = hosts.split(',').map(str::trim).filter(|host| !host.is_empty());
        self.direct.extend(hosts.map(|host| host.trim_start_matches('.').to_ascii_lowercase()));
        self
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Loopback is never asked of a proxy: from there it is another machine.
    pub(super) fn serves(&self, target: &Target) -> bool {
        let host = target.host().to_string();
        let loopback = match target.host() {
            Host::Name(name) => name == "localhost",
            Host::Address(address) => IpAddr::to_canonical(address).is_loopback(),
        };
        let listed = |rule: &String| {
            rule == "*"
                || *rule == host
                || format!("[{rule}]") == host
                || host.strip_suffix(rule.as_str()).is_some_and(|rest| rest.ends_with('.'))
        };
        !loopback && !self.direct.iter().any(listed)
    }

    /// What the proxy wants to see of us.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(self.authorization.as_ref()?.expose()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Ask for a tunnel. Only the target's host and port are told.
    pub(super) async fn tunnel(
        &self,
        socket: &mut TcpStream,
        target: &Target,
    ) -> Result<(), &'static str> {
        let (host, port) = (target.host(), target.port());
        let mut ask = format!("CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n");
        if let Some(authorization) = &self.authorization {
            ask.push_str("proxy-authorization: ");
            ask.push_str(authorization.expose());
            ask.push_str("\r\n");
        }
        ask.push_str("\r\n");
        let ask = Secret::new(ask);
        let written = socket.write_all(ask.expose().as_bytes()).await;
        written.map_err(|_| "the proxy closed the connection")?;
        read_answer(socket).await
    }
}

/// Read up to the empty line, byte by byte: what follows belongs to the tunnel.
async fn read_answer(socket: &mut TcpStream) -> Result<(), &'static str> {
    let mut answer = Vec::with_capacity(256);
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() == ANSWER_LIMIT {
            return Err("the proxy's answer is too long");
        }
        let byte = socket.read_u8().await.map_err(|_| "the proxy closed the connection")?;
        answer.push(byte);
    }
    let accepted = [&b"HTTP/1.1 2"[..], b"HTTP/1.0 2"];
    if accepted.iter().any(|begin| answer.starts_with(begin)) {
        Ok(())
    } else {
        Err("the proxy refused the tunnel")
    }
}

/// Percent-decoded; what is no escape stays.
fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                plain.push(byte);
                at += 3;
            }
            _ => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
