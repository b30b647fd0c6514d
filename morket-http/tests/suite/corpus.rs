//! Hosts as an attacker writes them, and what the guard says before anything is resolved.

use crate::support::{Server, ok};
use morket_core::http::{
    FailureCause::{self, Invalid, Refused},
    Http, HttpRequest,
};
use morket_http::{
    Client, Options,
    egress::{Egress, Target},
};
use std::collections::HashSet;

/// What is said of `https://{host}/`.
fn verdict(host: &str) -> Result<(), FailureCause> {
    let target = Target::parse(&format!("https://{host}/")).map_err(|failure| failure.cause)?;
    Egress::default().check(&target).map_err(|failure| failure.cause)
}

/// Addresses that are refused, in every way there is to write them.
const REFUSED: &[&str] = &[
    // Loopback: dotted, short, decimal, octal, hexadecimal, mixed, with dots and signs of others.
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.00000.0.1",
    "127.255.255.254",
    "2130706433",
    "2130706433.",
    "0x7f000001",
    "0X7F000001",
    "0x7f.1",
    "0x7f.0.0.0x1",
    "0x7f.0x0.0x0.0x1",
    "0x0000007f.1",
    "017700000001",
    "0177.0.0.1",
    "0177.0000.0000.0001",
    "0177.1",
    "00000177.0.1",
    "0x7f.0.1",
    "127.0x1",
    "0177.0x0.1",
    "127.0.0.0x",
    "127%2e0%2e0%2e1",
    "%31%32%37.0.0.1",
    "127。0。0。1",
    "\u{ff11}\u{ff12}\u{ff17}\u{ff0e}0.0.1",
    "①②⑦.⓪.⓪.①",
    "\u{1d7cf}27.0.0\u{ff61}1",
    "0x7f。1",
    // Nowhere, which is here.
    "0",
    "0.0.0.0",
    "0x0",
    "00",
    "0.1.2.3",
    // Private networks.
    "10.0.0.1",
    "10.255.255.255",
    "10.1",
    "167772161",
    "0xa000001",
    "012.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "172.16.1",
    "0xac.0x10.0x0.0x1",
    "2886729729",
    "192.168.0.1",
    "192.168.1",
    "0300.0250.0.1",
    "0xc0a80001",
    "3232235521",
    // Link-local and metadata.
    "169.254.0.1",
    "169.254.169.254",
    "169.254.43518",
    "169.16689662",
    "2852039166",
    "0xa9fea9fe",
    "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376",
    "169.254.170.2",
    "168.63.129.16",
    "0xa83f8110",
    "100.100.100.200",
    "192.0.0.192",
    "192.80.8.124",
    "161.26.0.10",
    "166.8.0.1",
    // The rest of the registry.
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "0xffffffff",
    "4294967295",
    // IPv6: this machine, this link, this site, this network.
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::0.0.0.1]",
    "[fe80::1]",
    "[FE80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[feff::1]",
    "[fc00::1]",
    "[fd00::1]",
    "[fdff:ffff::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[ff02::1]",
    "[ff0e::1]",
    // IPv4 within IPv6, public ones included.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:169.254.169.254]",
    "[::ffff:8.8.8.8]",
    "[0:0:0:0:0:ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::8.8.8.8]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::8.8.8.8]",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2002:808:808::1]",
    "[2001::1]",
    "[2001:0:53aa:64c:0:0:80ff:fffe]",
    "[2600:1234::5efe:127.0.0.1]",
    "[2600:1234::200:5efe:a00:1]",
    // The rest of IPv6.
    "[100::1]",
    "[100:0:0:1::1]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[2001:1ff::1]",
    "[2001:db8::1]",
    "[2620:4f:8000::1]",
    "[3ffe::1]",
    "[3fff::1]",
    "[3fff:fff:ffff::1]",
    "[4000::1]",
    "[5f00::1]",
    "[8000::1]",
    // User names and passwords, whatever stands behind them.
    "user@example.com",
    "user:password@example.com",
    "@example.com",
    ":@example.com",
    "example.com@127.0.0.1",
    "127.0.0.1@example.com",
    "a%40b@example.com",
    "example.com:443@127.0.0.1",
    // Ports beside the scheme's own.
    "example.com:80",
    "example.com:22",
    "example.com:8443",
    "example.com:65535",
    "8.8.8.8:53",
    "[2606:4700::1111]:8080",
];

/// What is no host.
const INVALID: &[&str] = &[
    "",
    ":443",
    ".",
    "..",
    ".example.com",
    "example..com",
    "example.com..",
    "256.0.0.1",
    "127.0.0.256",
    "1.2.3.4.5",
    "4294967296",
    "0x100000000",
    "08.0.0.1",
    "[",
    "[]",
    "[::1",
    "::1",
    "[::1]x",
    "[1.2.3.4]",
    "[:::1]",
    "[fe80::1%eth0]",
    "[fe80::1%25eth0]",
    "[fe80::1%1]",
    "[v1.x]",
    "[::ffff:127.0.0.256]",
    "[1:2:3:4:5:6:7:8:9]",
    "[::1]]",
    "exa mple.com",
    "exam\tple.com",
    "example.com\n",
    "example.com\r\nx: y",
    "\u{0}example.com",
    "example.com\\@127.0.0.1",
    "127.0.0.1\\.example.com",
    "exa<mple.com",
    "exa%00mple.com",
    "exa%20mple.com",
    "example.com%2f",
    "exa|mple.com",
    "example.com:x",
    "example.com:65536",
    "example.com:-1",
    "example.com:443:443",
    "xn--a.example",
    "\u{ad}",
];

/// Addresses and names that are fit, in as many ways.
const FIT: &[&str] = &[
    "8.8.8.8",
    "8.8.8.8.",
    "8.8.2056",
    "8.526344",
    "134744072",
    "0x08080808",
    "010.010.010.010",
    "0x8.010.8.8",
    "1.1.1.1",
    "1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "168.63.129.17",
    "8.8.8.8:443",
    "8.8.8.8:0443",
    "[2606:4700:4700::1111]",
    "[2606:4700:4700:0:0:0:0:1111]",
    "[2606:4700:4700::1.1.17.17]",
    "[2001:4860:4860::8888]",
    "[2001:200::1]",
    "[2A00:1450::1]",
    "[2a00:1450::1]:443",
    "[3ffd::1]",
    "example.com",
    "EXAMPLE.com",
    "example.com.",
    "example.com:443",
    "example.com:",
    "a\u{ad}b.example",
    "a.b.c.d.example",
    "127.0.0.1.example.com",
    "1.2.3.4.nip.example",
    "localhost.example.com",
    "bücher.example",
    "xn--bcher-kva.example",
    "例え.example",
    "under_score.example",
];

fn check(rows: &[&str], expected: Result<(), FailureCause>) {
    let wrong: Vec<_> =
        rows.iter().map(|host| (host, verdict(host))).filter(|row| row.1 != expected).collect();
    assert!(wrong.is_empty(), "expected {expected:?}: {wrong:?}");
    let all: HashSet<_> = rows.iter().collect();
    assert_eq!(all.len(), rows.len(), "a row stands twice");
}

#[test]
fn p160_what_is_not_global_unicast_is_refused_in_every_form() {
    // method: property
    check(REFUSED, Err(Refused));
    check(INVALID, Err(Invalid));
    check(FIT, Ok(()));
    assert!(REFUSED.len() + INVALID.len() + FIT.len() >= 240);
}

#[test]
fn p165_scheme_and_user_are_judged_before_the_host() {
    let rows: &[(&str, Option<FailureCause>)] = &[
        ("https://example.com/", None),
        ("HTTPS://example.com/", None),
        ("http://example.com/", Some(Refused)),
        ("https://example.com:80/", Some(Refused)),
        ("ftp://127.0.0.1/", Some(Refused)),
        ("file:///etc/passwd", Some(Refused)),
        ("gopher://127.0.0.1:70/_", Some(Refused)),
        ("dict://127.0.0.1/", Some(Refused)),
        ("ws://example.com/", Some(Refused)),
        ("javascript:alert(1)", Some(Refused)),
        ("data:text/plain,x", Some(Refused)),
        ("httpss://example.com/", Some(Refused)),
        ("https:example.com", Some(Refused)),
        ("https:/example.com", Some(Refused)),
        ("//example.com/", Some(Refused)),
        ("example.com", Some(Refused)),
        ("", Some(Refused)),
        // No host here would parse; they are refused for what stands before it.
        ("https://user@256.256.256.256/", Some(Refused)),
        ("ftp://[::1", Some(Refused)),
        // The `@` of a path or a query is nobody's name.
        ("https://example.com/@user", None),
        ("https://example.com?a@b", None),
        ("https://example.com#a@b", None),
    ];
    for (url, expected) in rows {
        let judged = Target::parse(url).and_then(|target| Egress::default().check(&target));
        assert_eq!(judged.err().map(|failure| failure.cause), *expected, "{url}");
    }
}

#[test]
fn p165_plain_http_and_other_ports_are_named_one_by_one() {
    let mut egress = Egress::default();
    egress.allow_plain();
    egress.allow_port(8443);
    for (url, fine) in [
        ("http://example.com/", true),
        ("http://example.com:80/", true),
        ("https://example.com:8443/", true),
        ("http://example.com:8443/", true),
        ("http://example.com:8080/", false),
        ("http://127.0.0.1/", false),
        ("https://127.0.0.1:8443/", false),
    ] {
        let judged = Target::parse(url).and_then(|target| egress.check(&target));
        assert_eq!(judged.is_ok(), fine, "{url}");
    }
}

/// What the operator names is one host on one port, and the same place written differently.
#[test]
fn p160_an_allowance_opens_one_host_and_port() {
    let mut egress = Egress::default();
    egress.allow("127.0.0.1:8080".parse().unwrap());
    egress.allow("[::1]:9000".parse().unwrap());
    egress.allow("minio.internal:9000".parse().unwrap());
    for (url, fine) in [
        ("http://127.0.0.1:8080/", true),
        ("https://127.0.0.1:8080/", true),
        ("http://0x7f.1:8080/", true),
        ("http://127.0.0.1:8081/", false),
        ("http://127.0.0.2:8080/", false),
        ("http://127.0.0.1/", false),
        ("http://localhost:8080/", false),
        ("http://[::ffff:127.0.0.1]:8080/", false),
        ("http://[0:0::1]:9000/", true),
        ("http://[::1]:8080/", false),
        ("http://MINIO.internal.:9000/", true),
        ("http://x.minio.internal:9000/", false),
        ("http://user@127.0.0.1:8080/", false),
        ("ftp://127.0.0.1:8080/", false),
    ] {
        let judged = Target::parse(url).and_then(|target| egress.check(&target));
        assert_eq!(judged.is_ok(), fine, "{url}");
    }
}

/// The same over the whole client, with a listener that would notice.
#[tokio::test]
async fn p159_a_refused_url_reaches_nobody() {
    let server = Server::answering(ok("secret")).await;
    let port = server.address.port();
    let plain = || Options::new().allow_plain_http().allow_port(port);
    let client = Client::new(plain().allow_egress("127.0.0.1:1").unwrap()).unwrap();
    for host in
        ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0", "localhost", "[::ffff:127.0.0.1]"]
    {
        for scheme in ["http", "https"] {
            let request = HttpRequest::get(format!("{scheme}://{host}:{port}/"));
            let failure = client.send(request).await.unwrap_err();
            assert_eq!((failure.cause, failure.sent), (Refused, false), "{host}");
        }
    }
    assert_eq!(server.connections(), 0);
}
