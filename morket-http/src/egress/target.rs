//! A URL taken apart: the one parser, for whoever judges and for whoever connects.

use morket_core::http::{FailureCause, HttpFailure};
use std::{fmt, net::IpAddr};
use url::Url;

/// Whom a URL names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name: lower case, in its ASCII form, without a final dot.
    Name(String),
    /// An address, however it was written.
    Address(IpAddr),
}

/// As it stands in a URL: an IPv6 address has its brackets.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Where a request goes: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    https: bool,
    host: Host,
    port: u16,
}

impl Target {
    /// Take the origin of a URL apart. Refused before the host is looked at: another scheme than
    /// `http` and `https`, and anything before an `@`.
    pub fn parse(url: &str) -> Result<Self, HttpFailure> {
        let (origin, _) = split(url)?;
        let https = scheme(origin) == Some("https");
        // For these two schemes the parser folds every form of an address into the address.
        let parsed = Url::parse(origin).map_err(|_| invalid("the URL names no host"))?;
        let host = match parsed.host().ok_or_else(|| invalid("the URL names no host"))? {
            url::Host::Ipv4(address) => Host::Address(address.into()),
            url::Host::Ipv6(address) => Host::Address(address.into()),
            url::Host::Domain(name) => Host::Name(plain_name(name)?),
        };
        let port = parsed.port().unwrap_or(if https { 443 } else { 80 });
        Ok(Self { https, host, port })
    }

    /// Whether it speaks TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whom it names.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, given or the scheme's own.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host`, or `host:port` where the port is not the scheme's own.
    pub fn authority(&self) -> String {
        match (self.https, self.port) {
            (true, 443) | (false, 80) => self.host.to_string(),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

/// The text of a URL up to its path, and the rest without its fragment.
///
/// Characters that parsers disagree about (white space, controls, backslashes) are no part of a URL
/// here, so the cut below is the one that any parser would make.
pub(crate) fn split(url: &str) -> Result<(&str, &str), HttpFailure> {
    if url.bytes().any(|byte| byte <= b' ' || byte == 0x7f || byte == b'\\') {
        return Err(invalid("the URL has white space, controls or backslashes"));
    }
    if scheme(url).is_none() {
        let detail = "only http and https are spoken here";
        return Err(HttpFailure::unsent(FailureCause::Refused, detail));
    }
    let begin = url.find("://").map_or(0, |at| at + 3);
    let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |at| begin + at);
    if url[begin..end].contains('@') {
        let detail = "a URL with a user name or a password is not sent";
        return Err(HttpFailure::unsent(FailureCause::Refused, detail));
    }
    let rest = &url[end..];
    Ok((&url[..end], rest.split_once('#').map_or(rest, |(before, _)| before)))
}

fn scheme(url: &str) -> Option<&'static str> {
    let is = |scheme: &&&str| {
        let begin = url.as_bytes().get(..scheme.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(scheme.as_bytes()))
            && url[scheme.len()..].starts_with("://")
    };
    ["https", "http"].iter().find(is).copied()
}

/// One final dot says only that the name is whole.
fn plain_name(name: &str) -> Result<String, HttpFailure> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() || name.len() > 253 || name.split('.').any(str::is_empty) {
        return Err(invalid("the URL's host is no name"));
    }
    Ok(name.to_owned())
}

fn invalid(detail: &str) -> HttpFailure {
    HttpFailure::unsent(FailureCause::Invalid, detail)
}
