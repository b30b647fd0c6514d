//! A host and port that the operator named.

use super::target::{Host, Target};
use morket_core::{Error, Result};
use std::str::FromStr;

/// One host and port that may be reached although it is local: `127.0.0.1:8080`, `[::1]:8080`,
/// `minio.internal:9000`. The port must be there.
///
/// It counts for a URL that names the same host and port. A name that merely resolves to an allowed
/// address does not count; an allowed name may resolve to any address but a cloud's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    host: Host,
    port: u16,
}

impl FromStr for Allowance {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let problem = || {
            let expected = "expected HOST:PORT, for instance 127.0.0.1:8080 or [::1]:8080";
            Error::invalid("http.allow_egress", "allow_egress", expected)
        };
        let (_, port) = text.rsplit_once(':').ok_or_else(problem)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(problem)?;
        if text.contains(['/', '?', '#']) {
            return Err(problem());
        }
        // The same parser that reads the URLs it will be compared with.
        let target = Target::parse(&format!("http://{text}")).map_err(|_| problem())?;
        Ok(Self { host: target.host().clone(), port })
    }
}

impl Allowance {
    pub(super) fn is_for(&self, target: &Target) -> bool {
        self.port == target.port() && self.host == *target.host()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_are_both_needed() {
        for (text, fine) in [
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("localhost:80", true),
            ("minio.internal:9000", true),
            ("127.0.0.1", false),
            ("::1", false),
            ("[::1]", false),
            ("127.0.0.1:0", false),
            ("127.0.0.1:70000", false),
            ("127.0.0.1:+80", false),
            ("user@127.0.0.1:80", false),
            ("127.0.0.1:80/path", false),
            ("127.0.0.0/8:80", false),
            (":80", false),
            ("", false),
        ] {
            let result = text.parse::<Allowance>();
            assert_eq!(result.is_ok(), fine, "{text}: {result:?}");
        }
    }
}
