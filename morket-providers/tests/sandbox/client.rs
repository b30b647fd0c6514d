//! A raw client, and tables of what it is answered.

use morket_providers::sandbox::{DemoRow, Expected, Knowledge, Options, Sandbox, World};
use serde_json::Value;
use std::{io, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer that arrived whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Client {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.expect("the sandbox listens");
        Self { stream, buffer: Vec::new() }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("the sandbox reads");
    }

    /// The next answer; what arrived of it if the connection ends first.
    pub(crate) async fn read(&mut self) -> Result<Response, Vec<u8>> {
        loop {
            if let Some((response, used)) = whole(&self.buffer) {
                self.buffer.drain(..used);
                return Ok(response);
            }
            let read = self.stream.read_buf(&mut self.buffer).await;
            if !matches!(read, Ok(1..)) {
                return Err(std::mem::take(&mut self.buffer));
            }
        }
    }

    /// Everything until the other side closes.
    pub(crate) async fn read_all(&mut self) -> io::Result<Vec<u8>> {
        self.stream.shutdown().await?;
        self.stream.read_to_end(&mut self.buffer).await?;
        Ok(std::mem::take(&mut self.buffer))
    }

    pub(crate) async fn call(&mut self, request: &str) -> Result<Response, Vec<u8>> {
        self.write(request.as_bytes()).await;
        self.read().await
    }
}

/// An answer with a length, and how many bytes it took.
fn whole(bytes: &[u8]) -> Option<(Response, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).expect("heads are text");
    let status = head.split(' ').nth(1)?.parse().expect("a status is a number");
    let mut response = Response { status, head, body: Vec::new() };
    let length = response.header("content-length").unwrap_or("0");
    let length: usize = length.parse().expect("a length is a number");
    response.body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some((response, end + 4 + length))
}

/// `GET` with one more header line, which may be empty.
pub(crate) fn get(target: &str, header: &str) -> String {
    let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    format!("GET {target} HTTP/1.1\r\nHost: x\r\n{header}\r\n")
}

pub(crate) fn post(target: &str, header: &str, body: &str) -> String {
    let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    let length = body.len();
    format!("POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{header}\r\n{body}")
}

/// Text as a query carries it.
pub(crate) fn query(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// A quiet sandbox in which every vendor knows everything.
pub(crate) fn perfect(seed: u64) -> Options {
    Options::seeded(seed).for_each_vendor(|vendor| vendor.knowledge = Knowledge::PERFECT)
}

/// The first demo row of a kind, at a company that answers for each address apart.
pub(crate) fn row(world: World, expected: Expected) -> DemoRow {
    let rows = world.demo_rows(200).into_iter().filter(|row| row.expected == expected);
    let plain = |row: &DemoRow| {
        world.company(&row.company_domain).is_some_and(|company| !company.catch_all)
    };
    rows.filter(|row| row.full_name.is_ascii()).find(plain).expect("two hundred rows hold one")
}

/// One request of a table: what is asked, the status, and JSON pointers with their values.
pub(crate) struct Ask(pub(crate) String, pub(crate) u16, pub(crate) Vec<(&'static str, Value)>);

/// Asks each in turn, on one connection.
pub(crate) async fn check(sandbox: &Sandbox, rows: Vec<Ask>) {
    let mut client = Client::connect(sandbox.addr()).await;
    for Ask(request, status, facts) in rows {
        let response = client.call(&request).await.expect("nothing is cut here");
        let body = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, status, "{request}\n{body}");
        for (pointer, expected) in facts {
            let json = response.json();
            let found = json.pointer(pointer).cloned().unwrap_or(Value::from("absent"));
            assert_eq!(found, expected, "{pointer} of {request}\n{body}");
        }
    }
}
