//! What a call costs the sandbox: processor time of its own thread, kernel included, for
//! sequential calls on one connection. `cargo run --release --example sandbox_cost`.
#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use morket_providers::sandbox::{Limits, Options, Sandbox};
use std::{
    env,
    error::Error,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::mpsc,
    thread,
};

const CALLS: u64 = 10_000;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    for file in [false, true] {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || serve(file, &tell));
        let (addr, schedule): (SocketAddr, String) = told.recv()?;
        let seed = Options::default().seed;
        let rows = morket_providers::sandbox::World::new(seed).demo_rows(200);
        let requests = |path: &str, header: &str, name: &str, site: &str| -> Vec<String> {
            let target = |row: &morket_providers::sandbox::DemoRow| {
                let who = row.full_name.replace(' ', "+");
                format!("{path}?{name}={who}&{site}={}", row.company_domain)
            };
            let whole = |target| format!("GET {target} HTTP/1.1\r\nHost: x\r\n{header}: k\r\n\r\n");
            rows.iter()
                .filter(|row| row.full_name.is_ascii())
                .map(|row| whole(target(row)))
                .collect()
        };
        let kinds = [
            ("hunter", "/hunter/v2/email-finder", "X-API-KEY", "full_name", "domain"),
            ("pdl", "/people-data-labs/v5/person/enrich", "X-Api-Key", "name", "company"),
            ("nothing", "/_sandbox/health", "X", "a", "b"),
        ];
        for (kind, path, header, name, site) in kinds {
            let requests = requests(path, header, name, site);
            measure(addr, &schedule, &requests, 500)?;
            let nanos = measure(addr, &schedule, &requests, CALLS)?;
            let (micros, rest) = (nanos / CALLS / 1_000, nanos / CALLS % 1_000 / 10);
            println!("{kind:8} log file: {file:5}  {micros}.{rest:02} µs of processor time a call");
        }
    }
    Ok(())
}

/// A sandbox on a thread of its own; tells where it listens and where its processor time stands.
fn serve(file: bool, tell: &mpsc::Sender<(SocketAddr, String)>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut options = Options::default().for_each_vendor(|vendor| vendor.limits = Limits::Off);
        options.log_file = file.then(|| env::temp_dir().join("sandbox-cost.ndjson"));
        let sandbox = Sandbox::start(options).await?;
        let me = fs::read_link("/proc/thread-self")?;
        tell.send((sandbox.addr(), format!("/proc/{}/schedstat", me.display())))?;
        sandbox.ended().await;
        Ok(())
    })
}

/// Nanoseconds that the sandbox's thread ran during `calls` calls.
fn measure(
    addr: SocketAddr,
    schedule: &str,
    requests: &[String],
    calls: u64,
) -> Result<u64, Failure> {
    let ran = || -> Result<u64, Failure> {
        let text = fs::read_to_string(schedule)?;
        Ok(text.split(' ').next().unwrap_or_default().parse()?)
    };
    let mut stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    let mut answer = vec![0; 64 * 1024];
    let before = ran()?;
    for (request, _) in requests.iter().cycle().zip(0..calls) {
        stream.write_all(request.as_bytes())?;
        let mut length = 0;
        while !is_whole(&answer[..length]) {
            let read = stream.read(&mut answer[length..])?;
            if read == 0 {
                return Err("the sandbox closed the connection".into());
            }
            length += read;
        }
    }
    Ok(ran()? - before)
}

/// Whether the bytes are an answer to its end.
fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    length
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: usize| bytes.len() >= end + 4 + length)
}
