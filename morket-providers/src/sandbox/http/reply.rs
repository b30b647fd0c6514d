//! Answers.

use serde::Serialize;
use std::io::Write;

/// An answer before it becomes bytes.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Reply {
    pub(in crate::sandbox) status: u16,
    pub(in crate::sandbox) content_type: &'static str,
    pub(in crate::sandbox) headers: Vec<(&'static str, String)>,
    pub(in crate::sandbox) body: Vec<u8>,
}

impl Reply {
    /// JSON of a shape that always serialises.
    pub(in crate::sandbox) fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("shapes have text for keys");
        let content_type = "application/json; charset=utf-8";
        Self { status, content_type, headers: Vec::new(), body }
    }

    pub(in crate::sandbox) fn text(status: u16, content_type: &'static str, body: &str) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.as_bytes().to_owned() }
    }

    /// Appends the answer's bytes.
    pub(in crate::sandbox) fn write(&self, keep_alive: bool, without_body: bool, to: &mut Vec<u8>) {
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let Self { status, content_type, .. } = self;
        let (reason, length) = (reason(*status), self.body.len());
        let head = write!(
            to,
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\n\
             Content-Length: {length}\r\nConnection: {connection}\r\n",
        );
        head.expect("memory takes all that is written");
        for (name, value) in &self.headers {
            write!(to, "{name}: {value}\r\n").expect("memory takes all that is written");
        }
        to.extend_from_slice(b"\r\n");
        if !without_body {
            to.extend_from_slice(&self.body);
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        301 => "Moved Permanently",
        302 => "Found",
        222 => "Verification Failed",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    }
}
