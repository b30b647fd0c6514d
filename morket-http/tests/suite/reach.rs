//! Wherever a name leads: every answer of DNS, every address that is not for everybody, every
//! redirect.

use crate::support::{Conversation, PATIENCE, Server, allowing, ok};
use async_trait::async_trait;
use morket_core::http::{
    FailureCause::{self, Refused, Unreachable},
    Http, HttpRequest, HttpResponse,
};
use morket_http::{Client, Options, Resolver};
use proptest::prelude::*;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::{Builder, Runtime},
};

/// Says one thing after the other, the last one for ever, and knows how often it was asked.
#[derive(Debug, Default)]
struct Says {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Says {
    fn each(answers: Vec<Vec<IpAddr>>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

#[async_trait]
impl Resolver for Says {
    async fn resolve(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        let answers = self.answers.lock().unwrap();
        Ok(answers[self.asked.fetch_add(1, SeqCst).min(answers.len() - 1)].clone())
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Loopback, RFC 1918, link-local, and what IPv6 has of them.
fn private() -> impl Strategy<Value = IpAddr> {
    let v4 = [
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
    ];
    let v4 = (prop::sample::select(v4.to_vec()), any::<u32>()).prop_map(|((block, bits), low)| {
        Ipv4Addr::from_bits(block.to_bits() | (low & (u32::MAX >> bits)))
    });
    let v6 = prop::sample::select(vec![(0xfc_u128 << 120, 7), (0xfe80_u128 << 112, 10)]);
    prop_oneof![
        4 => v4.clone().prop_map(IpAddr::from),
        1 => v4.prop_map(|it| it.to_ipv6_mapped().into()),
        1 => Just(IpAddr::from(Ipv6Addr::LOCALHOST)),
        2 => (v6, any::<u128>()).prop_map(|((block, bits), low)| {
            Ipv6Addr::from_bits(block | (low & (u128::MAX >> bits))).into()
        }),
    ]
}

/// What a client is told that may reach only this one port, with or without TLS.
fn failure(runtime: &Runtime, resolver: Arc<Says>, port: u16, url: &str) -> (FailureCause, bool) {
    // Somebody else's allowance opens nothing.
    let options = Options::new().allow_plain_http().allow_port(port);
    let options = options.allow_egress("127.0.0.1:1").unwrap().resolver(resolver);
    let client = Client::new(options).unwrap();
    let sent = runtime.block_on(client.send(HttpRequest::get(url).timeout(PATIENCE)));
    let failure = sent.expect_err(url);
    (failure.cause, failure.sent)
}

#[test]
fn p159_whatever_leads_to_a_private_address_reaches_nobody() {
    // method: property
    let runtime = runtime();
    let server = runtime.block_on(Server::answering(ok("secret")));
    let own = server.address.port();
    let public: [IpAddr; 3] =
        ["8.8.8.8", "2606:4700:4700::1111", "1.1.1.1"].map(|it| it.parse().unwrap());
    let listens = prop_oneof![3 => private(), 1 => Just(server.address.ip())];
    proptest!(|(
        address in listens,
        named in any::<bool>(),
        beside in prop::sample::subsequence(public.to_vec(), 0..=3),
        at in any::<prop::sample::Index>(),
        tls in any::<bool>(),
        port in prop_oneof![Just(own), Just(443), Just(80), any::<u16>()],
        rest in "[a-z/]{0,8}(\\?[a-z=@]{0,8})?",
    )| {
        let mut answer = beside;
        answer.insert(at.index(answer.len() + 1), address);
        let resolver = Says::each(vec![answer]);
        let scheme = if tls { "https" } else { "http" };
        let host = match (named, address) {
            (true, _) => "inside.example".to_owned(),
            (false, IpAddr::V4(it)) => it.to_string(),
            (false, IpAddr::V6(it)) => format!("[{it}]"),
        };
        let url = format!("{scheme}://{host}:{port}/{rest}");
        prop_assert_eq!(failure(&runtime, resolver, own, &url), (Refused, false), "{}", url);
    });
    assert_eq!(server.connections(), 0);
}

/// Listeners on one port of several loopback addresses: each says the last byte of its own.
struct Street {
    port: u16,
    /// How many connections each has taken.
    taken: Vec<Arc<AtomicUsize>>,
}

/// Who lives there, by the last byte of the address. Nobody else answers.
const HOUSES: std::ops::RangeInclusive<u8> = 2..=5;

impl Street {
    async fn open(stays: bool) -> Self {
        loop {
            let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = first.local_addr().unwrap().port();
            let mut street = Self { port, taken: Vec::new() };
            let mut listeners = Vec::new();
            for house in HOUSES {
                // Somebody else may have that port on another address: then another one.
                listeners.extend(TcpListener::bind((Ipv4Addr::new(127, 0, 0, house), port)).await);
            }
            if listeners.len() < HOUSES.count() {
                continue;
            }
            for (listener, house) in listeners.into_iter().zip(HOUSES) {
                let taken = Arc::new(AtomicUsize::new(0));
                street.taken.push(taken.clone());
                tokio::spawn(live(listener, house, stays, taken));
            }
            return street;
        }
    }

    fn taken(&self) -> Vec<usize> {
        self.taken.iter().map(|it| it.load(SeqCst)).collect()
    }
}

async fn live(listener: TcpListener, house: u8, stays: bool, taken: Arc<AtomicUsize>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        taken.fetch_add(1, SeqCst);
        tokio::spawn(async move {
            let mut read = Vec::new();
            while let Ok(byte) = stream.read_u8().await {
                read.push(byte);
                if !read.ends_with(b"\r\n\r\n") {
                    continue;
                }
                read.clear();
                let end = if stays { "" } else { "connection: close\r\n" };
                let answer = format!("HTTP/1.1 200 OK\r\n{end}content-length: 1\r\n\r\n{house}");
                if stream.write_all(answer.as_bytes()).await.is_err() || !stays {
                    return;
                }
            }
        });
    }
}

/// What one asking of DNS leads to: last bytes of loopback addresses, and perhaps to a cloud's
/// secrets, which no allowance opens.
#[derive(Clone, Debug)]
struct Answer {
    houses: Vec<u8>,
    metadata: bool,
}

impl Answer {
    fn addresses(&self) -> Vec<IpAddr> {
        let local = |it: &u8| IpAddr::from(Ipv4Addr::new(127, 0, 0, *it));
        let mut all: Vec<IpAddr> = self.houses.iter().map(local).collect();
        all.extend(self.metadata.then(|| IpAddr::from(Ipv4Addr::new(169, 254, 169, 254))));
        all
    }

    fn has_answer(&self) -> bool {
        self.houses.iter().any(|it| HOUSES.contains(it))
    }
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    // Some houses are there, some addresses have nobody behind them.
    let houses = prop::collection::vec(2..=8_u8, 0..4);
    let answer = (houses, prop::bool::weighted(0.15));
    let answer = answer.prop_map(|(houses, metadata)| Answer { houses, metadata });
    prop::collection::vec(answer, 1..7)
}

/// What DNS says changes from asking to asking; each connection goes to an address that its own
/// asking gave and that was found fit, or nowhere.
#[test]
fn p162_a_connection_goes_where_its_own_asking_led_or_nowhere() {
    // method: property
    let runtime = runtime();
    let streets = [false, true].map(|stays| runtime.block_on(Street::open(stays)));
    proptest!(ProptestConfig::with_cases(200), |(
        answers in answers(),
        stays in any::<bool>(),
        allowed in prop::bool::weighted(0.85),
    )| {
        let street = &streets[usize::from(stays)];
        let resolver = Says::each(answers.iter().map(Answer::addresses).collect());
        let name = format!("both.example:{}", street.port);
        let options = Options::new().allow_plain_http().allow_port(street.port);
        let options = match allowed {
            true => options.allow_egress(&name).unwrap(),
            false => options,
        };
        let client = Client::new(options.resolver(resolver.clone())).unwrap();
        // The house at the other end of the connection that is open, if one is.
        let mut open: Option<u8> = None;
        for _ in 0..answers.len() + 2 {
            let (asked, taken) = (resolver.asked(), street.taken());
            let request = HttpRequest::get(format!("http://{name}/")).timeout(PATIENCE);
            let sent = runtime.block_on(client.send(request));
            let again = resolver.asked() - asked;
            prop_assert!(again <= 1, "asked {} times for one connection", again);
            let answer = &answers[asked.min(answers.len() - 1)];
            let connected: Vec<u8> = HOUSES
                .zip(street.taken().iter().zip(&taken))
                .filter_map(|(house, (now, before))| (now > before).then_some(house))
                .collect();
            if again == 0 {
                // The connection of before: nobody was dialled.
                prop_assert!(connected.is_empty());
                prop_assert_eq!(sent.unwrap().body, open.unwrap().to_string().into_bytes());
                continue;
            }
            prop_assert!(connected.iter().all(|it| answer.houses.contains(it)), "{:?}", connected);
            let fit = allowed && !answer.metadata && !answer.houses.is_empty();
            match sent {
                Ok(HttpResponse { body, .. }) => {
                    let house: u8 = String::from_utf8(body).unwrap().parse().unwrap();
                    prop_assert!(fit && answer.houses.contains(&house), "{} {:?}", house, answer);
                    open = Some(house).filter(|_| stays);
                }
                Err(failure) => {
                    prop_assert!(!(fit && answer.has_answer()), "{:?} {:?}", failure, answer);
                    let nobody = answer.houses.is_empty() && !answer.metadata;
                    let unreachable = nobody || fit;
                    let cause = if unreachable { Unreachable } else { Refused };
                    prop_assert_eq!((failure.cause, failure.sent), (cause, false), "{:?}", answer);
                    prop_assert!(fit || connected.is_empty());
                }
            }
        }
    });
}

/// Every status between 300 and 399, whatever leads elsewhere and however that is written.
#[tokio::test]
async fn p164_no_status_and_no_header_leads_a_request_elsewhere() {
    // method: exhaustive
    const HEADERS: [&str; 4] = ["location", "refresh", "content-location", "link"];
    let other = Server::answering(ok("stolen")).await;
    let (url, authority) = (other.url("/"), other.address.to_string());
    let server = Server::start(move |mut conversation: Conversation| {
        let places = [url.clone(), format!("//{authority}/"), "/stolen".to_owned()];
        async move {
            while let Some(request) = conversation.request().await {
                let path = request.split_whitespace().nth(1).unwrap_or_default().to_owned();
                let mut parts = path.trim_start_matches('/').split('/');
                let status = parts.next().unwrap_or_default();
                let mut number = || parts.next().and_then(|it| it.parse::<usize>().ok());
                let (Some(header), Some(place)) = (number(), number()) else { return };
                let head = format!("{}: {}\r\n", HEADERS[header], places[place]);
                let head = format!("HTTP/1.1 {status} Moved\r\n{head}content-length: 0\r\n\r\n");
                conversation.say(head).await;
            }
        }
    })
    .await;
    let options = allowing(server.address).allow_egress(&other.address.to_string()).unwrap();
    let client = Client::new(options).unwrap();
    let mut sent = 0;
    for status in 300..=399_u16 {
        for (header, place) in (0..HEADERS.len()).flat_map(|it| (0..3).map(move |at| (it, at))) {
            let url = server.url(&format!("/{status}/{header}/{place}"));
            let get = sent % 2 == 0;
            let request = if get { HttpRequest::get(url) } else { HttpRequest::post(url) };
            let answer = client.send(request.timeout(PATIENCE)).await.unwrap();
            sent += 1;
            assert_eq!((answer.status, server.requests()), (status, sent), "{header} {place}");
        }
    }
    assert_eq!((other.connections(), sent), (0, 1_200));
}
