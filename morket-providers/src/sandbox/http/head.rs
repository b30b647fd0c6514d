//! Request line and headers; how long the body is.

use super::{MOST_BODY, MOST_HEAD, body};
use std::borrow::Cow;

/// What the bytes received so far are.
#[derive(Debug)]
pub(in crate::sandbox) enum Parsed<'a> {
    /// The beginning of a request; whether its sender waits for a word before the body.
    Partial { wants_continue: bool },
    /// A request, and how many bytes it took.
    Whole(Request<'a>, usize),
    /// No request: the status to answer before closing.
    Bad(u16),
}

/// A request, borrowed from the bytes it came in.
#[derive(Debug)]
pub(in crate::sandbox) struct Request<'a> {
    pub(in crate::sandbox) method: &'a str,
    pub(in crate::sandbox) path: &'a str,
    pub(in crate::sandbox) query: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    pub(in crate::sandbox) body: Cow<'a, [u8]>,
    /// Whether the sender may send more on this connection.
    pub(in crate::sandbox) keep_alive: bool,
}

impl Request<'_> {
    /// The first header of this name.
    pub(in crate::sandbox) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// How the body's end is found.
#[derive(Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
}

/// Reads the request that `input` begins with.
pub(in crate::sandbox) fn parse(input: &[u8]) -> Parsed<'_> {
    let skipped = blank_lines(input);
    let rest = &input[skipped..];
    let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if rest.len() > MOST_HEAD {
            Parsed::Bad(431)
        } else {
            Parsed::Partial { wants_continue: false }
        };
    };
    if end > MOST_HEAD {
        return Parsed::Bad(431);
    }
    match read_head(&rest[..end]) {
        Err(status) => Parsed::Bad(status),
        Ok((request, framing)) => with_body(request, framing, rest, end + 4, skipped),
    }
}

/// Empty lines before a request are forgiven, as the RFC asks.
fn blank_lines(input: &[u8]) -> usize {
    let lines = input.chunks_exact(2).take_while(|two| *two == b"\r\n");
    lines.count() * 2
}

fn with_body<'a>(
    mut request: Request<'a>,
    framing: Framing,
    rest: &'a [u8],
    start: usize,
    skipped: usize,
) -> Parsed<'a> {
    let waits = request.header("expect").is_some() && rest.len() == start;
    let partial = Parsed::Partial { wants_continue: waits };
    match framing {
        Framing::Length(length) => match rest.get(start..start + length) {
            Some(body) => {
                request.body = Cow::Borrowed(body);
                Parsed::Whole(request, skipped + start + length)
            }
            None => partial,
        },
        Framing::Chunked => match body::chunked(&rest[start..], MOST_BODY) {
            Ok(Some((body, used))) => {
                request.body = Cow::Owned(body);
                Parsed::Whole(request, skipped + start + used)
            }
            Ok(None) => partial,
            Err(status) => Parsed::Bad(status),
        },
    }
}

fn read_head(head: &[u8]) -> Result<(Request<'_>, Framing), u16> {
    let head = std::str::from_utf8(head).map_err(|_| 400_u16)?;
    let mut lines = head.split("\r\n");
    let (method, target, newest) = request_line(lines.next().unwrap_or_default())?;
    let headers = lines.map(header_line).collect::<Result<Vec<_>, u16>>()?;
    let hosts = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).count();
    if hosts > 1 || (newest && hosts == 0) {
        return Err(400);
    }
    if find(&headers, "expect").is_some_and(|what| !what.eq_ignore_ascii_case("100-continue")) {
        return Err(417);
    }
    let framing = framing(&headers, newest)?;
    let (path, query) = split_target(target)?;
    let says = |word: &str| {
        let all = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
        let mut words = all.flat_map(|(_, value)| value.split(','));
        words.any(|said| said.trim().eq_ignore_ascii_case(word))
    };
    let keep_alive = if newest { !says("close") } else { says("keep-alive") && !says("close") };
    let request = Request { method, path, query, headers, body: Cow::Borrowed(&[]), keep_alive };
    Ok((request, framing))
}

/// Method, target, and whether it is HTTP/1.1 rather than 1.0.
fn request_line(line: &str) -> Result<(&str, &str, bool), u16> {
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(400);
    };
    let newest = match version {
        "HTTP/1.1" => true,
        "HTTP/1.0" => false,
        other => return Err(if other.starts_with("HTTP/") { 505 } else { 400 }),
    };
    let printable = target.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_token(method) || target.is_empty() || !printable {
        return Err(400);
    }
    Ok((method, target, newest))
}

/// Path and query, with or without scheme and host before them.
fn split_target(target: &str) -> Result<(&str, &str), u16> {
    let origin = match target.split_once("://") {
        Some(("http", rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        _ => target,
    };
    if !origin.starts_with('/') {
        return Err(400);
    }
    Ok(origin.split_once('?').unwrap_or((origin, "")))
}

fn header_line(line: &str) -> Result<(&str, &str), u16> {
    let (name, value) = line.split_once(':').ok_or(400_u16)?;
    let value = value.trim_matches([' ', '\t']);
    let clean = value.chars().all(|c| c == '\t' || !c.is_control());
    if is_token(name) && clean { Ok((name, value)) } else { Err(400) }
}

fn framing(headers: &[(&str, &str)], newest: bool) -> Result<Framing, u16> {
    let all = |wanted: &'static str| {
        headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let mut lengths = all("content-length").map(|(_, value)| *value);
    let length = lengths.next();
    if lengths.any(|other| Some(other) != length) {
        return Err(400);
    }
    let mut codings = all("transfer-encoding").map(|(_, value)| *value);
    match (codings.next(), codings.next(), length) {
        (None, _, None) => Ok(Framing::Length(0)),
        (None, _, Some(length)) => {
            let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            let length =
                if digits { length.parse().unwrap_or(usize::MAX) } else { return Err(400) };
            if length > MOST_BODY { Err(413) } else { Ok(Framing::Length(length)) }
        }
        // A length beside chunks is how requests are smuggled past a proxy.
        (Some(_), _, Some(_)) => Err(400),
        (Some(only), None, None) if newest && only.eq_ignore_ascii_case("chunked") => {
            Ok(Framing::Chunked)
        }
        (Some(_), _, None) => Err(if newest { 501 } else { 400 }),
    }
}

fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

fn find<'a>(headers: &[(&'a str, &'a str)], wanted: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match parse(text.as_bytes()) {
            Parsed::Partial { wants_continue } => format!("partial {wants_continue}"),
            Parsed::Bad(status) => format!("bad {status}"),
            Parsed::Whole(request, used) => {
                let body = String::from_utf8_lossy(&request.body).into_owned();
                let Request { method, path, query, keep_alive, .. } = &request;
                format!("{method} {path} {query} {body} {keep_alive} {}", text.len() - used)
            }
        }
    }

    #[test]
    fn requests_are_read_as_the_rfc_says() {
        let host = "HTTP/1.1\r\nHost: a\r\n";
        let rows = [
            (format!("GET /a?b=c {host}\r\n"), "GET /a b=c  true 0"),
            (format!("\r\n\r\nGET /a {host}\r\nGET"), "GET /a   true 3"),
            (format!("GET http://x:1/a {host}\r\n"), "GET /a   true 0"),
            (format!("GET /a {host}Connection: x, Close\r\n\r\n"), "GET /a   false 0"),
            ("GET /a HTTP/1.0\r\n\r\n".into(), "GET /a   false 0"),
            ("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".into(), "GET /a   true 0"),
            (format!("POST /a {host}Content-Length: 3\r\n\r\nabcd"), "POST /a  abc true 1"),
            (format!("POST /a {host}Content-Length: 3\r\n\r\nab"), "partial false"),
            (
                format!("POST /a {host}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"),
                "partial true",
            ),
            (
                format!("POST /a {host}Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\n\r\n"),
                "POST /a  ab true 0",
            ),
            (format!("GET /a {host}"), "partial false"),
            ("GET /a HTTP/1.1\r\n\r\n".into(), "bad 400"),
            (format!("GET /a {host}Host: b\r\n\r\n"), "bad 400"),
            (format!("GET  /a {host}\r\n"), "bad 400"),
            (format!("GET a {host}\r\n"), "bad 400"),
            ("GET /a HTTP/2.0\r\nHost: a\r\n\r\n".into(), "bad 505"),
            (format!("GET /a {host}Bad Name: x\r\n\r\n"), "bad 400"),
            (format!("GET /a {host} folded\r\n\r\n"), "bad 400"),
            (format!("GET /a {host}X: a\nb\r\n\r\n"), "bad 400"),
            (format!("GET /a {host}Content-Length: +3\r\n\r\n"), "bad 400"),
            (format!("GET /a {host}Content-Length: 3\r\nContent-Length: 4\r\n\r\n"), "bad 400"),
            (format!("GET /a {host}Content-Length: 99999999999\r\n\r\n"), "bad 413"),
            (
                format!("GET /a {host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
                "bad 400",
            ),
            (format!("GET /a {host}Transfer-Encoding: gzip\r\n\r\n"), "bad 501"),
            (format!("GET /a {host}Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "bad 400"),
            (format!("GET /a {host}Expect: wonders\r\n\r\n"), "bad 417"),
            (format!("GET /a {host}X: {}", "x".repeat(MOST_HEAD)), "bad 431"),
        ];
        for (text, expected) in rows {
            assert_eq!(check(&text), expected, "{}", &text[..text.len().min(90)]);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_take_more_than_there_are(
            head in "(GET|POST|X) /[ -~]{0,9} HTTP/1.[01]\r\n([A-Za-z-]{1,9}: [ -~]{0,9}\r\n){0,4}",
            rest in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64),
        ) {
            for input in [rest.clone(), [head.as_bytes(), &rest].concat()] {
                if let Parsed::Whole(_, used) = parse(&input) {
                    proptest::prop_assert!(used <= input.len());
                }
            }
        }
    }
}
