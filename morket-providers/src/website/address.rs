//! Addresses of pages: where a site lives, also where a user leads all sites to one place.

use morket_core::field::domain;

/// Each site lives at its own domain.
pub(super) const EVERYWHERE: &str = "https://{company_domain}";

const DOMAIN: &str = "{company_domain}";

/// The longest path that is asked for.
const LONGEST: usize = 1_000;

/// A page of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    /// With its leading slash.
    pub(super) path: String,
}

impl Address {
    /// The first page of a host.
    pub(super) fn front(host: &str) -> Self {
        Self { host: host.to_owned(), path: "/".to_owned() }
    }

    /// Where it is asked for: at its own host, or below the one place that stands for all of them.
    pub(super) fn url(&self, base: &str) -> String {
        match base.contains(DOMAIN) {
            true => format!("{}{}", base.replace(DOMAIN, &self.host), self.path),
            false => format!("{base}/{}{}", self.host, self.path),
        }
    }

    /// The page that was asked for under this address.
    pub(super) fn parse(base: &str, url: &str) -> Option<Self> {
        let rest = match base.split_once(DOMAIN) {
            Some((before, _)) => url.strip_prefix(before)?,
            None => url.strip_prefix(base)?.strip_prefix('/')?,
        };
        let (host, path) = rest.split_at(rest.find('/')?);
        Some(Self { host: host.to_owned(), path: path.to_owned() })
    }

    /// The page that a `Location` or a link on this one leads to.
    pub(super) fn resolve(&self, to: &str) -> Option<Self> {
        let to = to.trim().split('#').next().unwrap_or_default();
        let absolute = ["https://", "http://", "//"].iter().find_map(|it| to.strip_prefix(it));
        let (host, path) = match absolute {
            Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
            None if to.starts_with('/') => (self.host.as_str(), to),
            None => return None,
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        let path = format!("{slash}{path}");
        (is_host(host) && is_path(&path)).then(|| Self { host: host.to_ascii_lowercase(), path })
    }

    /// Whether one owner holds its host and this domain.
    pub(super) fn belongs_to(&self, domain: &str) -> bool {
        domain::canonical(&self.host)
            .is_some_and(|host| domain::owner(&host) == domain::owner(domain))
    }
}

/// A name, no address of a machine, no port, nobody's user name.
fn is_host(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    host.bytes().all(plain) && domain::canonical(host).is_some()
}

fn is_path(path: &str) -> bool {
    let odd = |byte: u8| !byte.is_ascii_graphic() || b"\"<>\\^`{|}@".contains(&byte);
    path.len() <= LONGEST && !path.bytes().any(odd) && !path.split('/').any(|it| it == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_there_and_back() {
        let page = Address { host: "www.example.com".to_owned(), path: "/en/".to_owned() };
        for (base, url) in [
            (EVERYWHERE, "https://www.example.com/en/"),
            ("http://127.0.0.1:9/website", "http://127.0.0.1:9/website/www.example.com/en/"),
        ] {
            assert_eq!(page.url(base), url);
            assert_eq!(Address::parse(base, url).as_ref(), Some(&page), "{base}");
        }
        assert_eq!(Address::parse("http://127.0.0.1:9/website", "http://elsewhere/x/"), None);
    }

    #[test]
    fn p031_only_addresses_of_sites_are_gone_to() {
        let here = Address::front("example.com");
        for (to, expected) in [
            ("https://www.example.com", Some("www.example.com /")),
            ("//www.example.com/a?b=c#d", Some("www.example.com /a?b=c")),
            ("/de/", Some("example.com /de/")),
            ("https://WWW.example.com/", Some("www.example.com /")),
            ("http://169.254.169.254/latest", None),
            ("https://localhost/", None),
            ("https://example.com:8080/", None),
            ("https://user@example.com/", None),
            ("https://example.com/../../x", None),
            ("https://example.com/a b", None),
            ("https://example.com/\r\nx: y", None),
            ("ftp://example.com/", None),
            ("javascript:alert(1)", None),
            ("page.html", None),
            ("", None),
        ] {
            let found = here.resolve(to).map(|it| format!("{} {}", it.host, it.path));
            assert_eq!(found.as_deref(), expected, "{to:?}");
        }
    }

    #[test]
    fn one_owner_holds_what_lies_below_a_domain() {
        for (host, domain, expected) in [
            ("www.example.com", "example.com", true),
            ("shop.example.co.uk", "example.co.uk", true),
            ("example.org", "example.com", false),
            ("example.com.evil.org", "example.com", false),
        ] {
            assert_eq!(Address::front(host).belongs_to(domain), expected, "{host}");
        }
    }
}
