//! Addresses of the web.

use super::{domain, text};

const MAX: usize = 2_048;

/// `https://host[:port]/path`, the host in ASCII; `None` for other schemes, for addresses that
/// carry a user's name, and for what no browser would open.
pub(super) fn canonical(address: &str) -> Option<String> {
    let address = address.trim();
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => ("https".to_owned(), address.strip_prefix("//").unwrap_or(address)),
    };
    if !["http", "https"].contains(&scheme.as_str()) || address.len() > MAX {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let port = match port.parse::<u16>() {
        Ok(443) if scheme == "https" => String::new(),
        Ok(80) if scheme == "http" => String::new(),
        Ok(port) => format!(":{port}"),
        Err(_) if port.is_empty() => String::new(),
        Err(_) => return None,
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>\"\\^`{|}".contains(c);
    if path.chars().any(odd) || text::clean(path) != path {
        return None;
    }
    let path = if path == "/" { "" } else { path };
    let url = format!("{scheme}://{}{port}{path}", domain::ascii(host)?);
    (url.len() <= MAX).then_some(url)
}
