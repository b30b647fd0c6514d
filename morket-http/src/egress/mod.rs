//! Where a connection may go. Pure: it looks at text and addresses and opens nothing.
//!
//! The rule allows and does not deny: an address is fit when it is global unicast and stands in no
//! special-purpose registry, see [`is_global`]. What the operator named with
//! [`Egress::allow`] is fit too, and nothing beside it.
//!
//! A URL is taken apart once, by [`Target::parse`]; what is judged here is what is dialled, and
//! what is written into `Host` and the TLS handshake.

mod address;
mod allowance;
mod target;

pub use address::is_global;
pub use allowance::Allowance;
pub(crate) use target::split;
pub use target::{Host, Target};

use address::is_metadata;
use morket_core::http::{FailureCause, HttpFailure};
use std::net::IpAddr;

/// The rules of one client.
#[derive(Clone, Debug)]
pub struct Egress {
    plain: bool,
    ports: Vec<u16>,
    allowed: Vec<Allowance>,
}

impl Default for Egress {
    fn default() -> Self {
        Self { plain: false, ports: vec![443], allowed: Vec::new() }
    }
}

impl Egress {
    /// Also `http`, and its port 80.
    pub fn allow_plain(&mut self) {
        self.plain = true;
        self.allow_port(80);
    }

    /// Also this port.
    pub fn allow_port(&mut self, port: u16) {
        if !self.ports.contains(&port) {
            self.ports.push(port);
        }
    }

    /// Also this one host and port, wherever it is and with or without TLS.
    pub fn allow(&mut self, allowance: Allowance) {
        self.allowed.push(allowance);
    }

    /// Whether the operator named this very host and port.
    pub fn names(&self, target: &Target) -> bool {
        self.allowed.iter().any(|allowance| allowance.is_for(target))
    }

    /// What can be said before any name is resolved: scheme, port, and a host that is an address.
    pub fn check(&self, target: &Target) -> Result<(), HttpFailure> {
        if self.names(target) {
            return Ok(());
        }
        let fits_scheme = target.is_https() || self.plain;
        let fits_host = match target.host() {
            Host::Address(address) => is_global(*address),
            Host::Name(_) => true,
        };
        if fits_scheme && self.ports.contains(&target.port()) && fits_host {
            Ok(())
        } else {
            Err(refused(target))
        }
    }

    /// What the name led to. One address that is not fit refuses them all: whoever mixes them is
    /// trying something, and which of them would be dialled is chance.
    pub fn check_addresses(
        &self,
        target: &Target,
        addresses: &[IpAddr],
    ) -> Result<(), HttpFailure> {
        let named = self.names(target);
        let fits = |address: &IpAddr| match target.host() {
            Host::Address(literal) if named => address == literal,
            Host::Name(_) if named => !is_metadata(*address),
            _ => is_global(*address),
        };
        if addresses.iter().all(fits) { Ok(()) } else { Err(refused(target)) }
    }

    /// What can be said of a name that a proxy will resolve: names that only ever mean this machine
    /// or this network are refused.
    pub fn check_remote_name(&self, target: &Target) -> Result<(), HttpFailure> {
        const LOCAL: &[&str] = &["localhost", "local", "internal", "home.arpa", "lan"];
        let Host::Name(name) = target.host() else { return Ok(()) };
        let is_below = |suffix: &str| {
            name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let local = !name.contains('.') || LOCAL.iter().any(|suffix| is_below(suffix));
        if local && !self.names(target) { Err(refused(target)) } else { Ok(()) }
    }
}

/// One sentence for every refused target, so that it tells nothing about what is there.
pub(crate) fn refused(target: &Target) -> HttpFailure {
    let detail = format!("{} may not be reached from here", target.host());
    HttpFailure::unsent(FailureCause::Refused, detail)
}
