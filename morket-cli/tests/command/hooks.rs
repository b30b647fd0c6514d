//! Endpoints that are told what happened, and the worker that tells them.

use super::support::{Fair, Home, ran};
use morket::{
    providers::sandbox::{Latency, Limits, Options},
    webhook::{SignatureHeaders, SigningSecret, verify},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    process::Child,
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

/// What arrived.
struct Hit {
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// An endpoint on this machine that thanks for whatever comes.
struct Endpoint {
    at: SocketAddr,
    hits: Receiver<Hit>,
}

impl Endpoint {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let (told, hits) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut headers = BTreeMap::new();
                let lines = reader.by_ref().lines().skip(1).map_while(Result::ok);
                for line in lines.take_while(|it| !it.is_empty()) {
                    let (name, value) = line.split_once(": ").unwrap();
                    headers.insert(name.to_lowercase(), value.to_owned());
                }
                let length = headers.get("content-length").map_or(0, |it| it.parse().unwrap());
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let thanks = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                stream.write_all(thanks).unwrap();
                if told.send(Hit { headers, body }).is_err() {
                    return;
                }
            }
        });
        Self { at, hits }
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.at)
    }

    fn next(&self) -> Hit {
        self.hits.recv_timeout(Duration::from_secs(30)).unwrap()
    }
}

impl Hit {
    /// Whether it is signed with this secret.
    fn is_signed(&self, secret: &str) -> bool {
        let header = |name: &str| self.headers[name].clone();
        let headers = SignatureHeaders {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            standard: header("webhook-signature"),
            plain: header("x-webhook-signature"),
        };
        let at = self.headers["webhook-timestamp"].parse().unwrap();
        verify(&[SigningSecret::parse(secret).unwrap()], &headers, &self.body, at).is_ok()
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A home from which this endpoint may be reached.
fn reaching(endpoint: &Endpoint) -> Home {
    let home = Home::new();
    home.settle(format!("egress = [\"{}\"]\n", endpoint.at));
    home
}

fn end(child: Child) -> super::support::Ran {
    kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), Signal::INT).unwrap();
    ran(child.wait_with_output().unwrap()).ends(0)
}

#[test]
fn an_endpoint_is_added_told_and_removed() {
    let endpoint = Endpoint::open();
    let home = reaching(&endpoint);
    let hooks = |args: &[&str]| home.run(&[&["webhooks"], args].concat());
    hooks(&["list"]).ends(0).says("No webhooks yet");
    let add = ["add", &endpoint.url(), "--events", "job.completed,job.failed", "--json"];
    let added = json(&hooks(&add).ends(0).out);
    let (id, old) = (text(&added["id"]), text(&added["secret"]));
    assert!(old.starts_with("whsec_"), "{added}");
    let listed = hooks(&["list", "--json"]).ends(0);
    assert_eq!((&json(&listed.out)["id"], listed.out.contains("whsec_")), (&added["id"], false));
    hooks(&["list"]).ends(0).says("job.completed, job.failed").says("standard");
    let new =
        text(&json(&hooks(&["rotate", &id, "--overlap", "1h", "--json"]).ends(0).out)["secret"]);
    assert_ne!(old, new);
    let sent = json(&hooks(&["test", &id, "--json"]).ends(0).out);
    let waiting = hooks(&["deliveries", &id, "--state", "waiting", "--json"]).ends(0);
    assert_eq!(json(&waiting.out)["id"], sent["id"]);

    let worker = home.command(&["worker"]).spawn().unwrap();
    let first = endpoint.next();
    end(worker);
    assert!(first.is_signed(&old) && first.is_signed(&new), "both sign while they overlap");
    assert_eq!(json(std::str::from_utf8(&first.body).unwrap())["type"], "webhook.test");
    let delivered = hooks(&["deliveries", &id, "--state", "delivered"]).ends(0);
    delivered.says("webhook.test").says("204");

    hooks(&["replay", sent["id"].as_str().unwrap()]).ends(0).says("sent again");
    let worker = home.command(&["worker"]).spawn().unwrap();
    let again = endpoint.next();
    end(worker);
    assert_eq!(again.headers["webhook-id"], first.headers["webhook-id"]);
    assert_eq!(again.body, first.body, "the same bytes");

    hooks(&["disable", &id]).ends(0).says("Switched off");
    hooks(&["list"]).ends(0).says("off: ");
    hooks(&["enable", &id]).ends(0).says("Switched on");
    hooks(&["remove", &id]).ends(0).says("Removed");
    hooks(&["list"]).ends(0).says("No webhooks yet");
}

#[test]
fn what_is_no_endpoint_is_refused() {
    let endpoint = Endpoint::open();
    let (home, url) = (reaching(&endpoint), endpoint.url());
    for args in [
        &["add", "ftp://example.com/", "--events", "job.completed"][..],
        &["add", url.as_str(), "--events", "job.exploded"],
        &["add", url.as_str()],
        &["add", url.as_str(), "--events", "job.completed", "--schedule", "never"],
        &["remove", "abc"],
        &["deliveries", "0199a000-0000-7000-8000-000000000000", "--state", "lost"],
    ] {
        home.run(&[&["webhooks"], args].concat()).ends(2);
    }
    let nobody = ["webhooks", "test", "0199a000-0000-7000-8000-000000000000"];
    home.run(&nobody).ends(1);
}

#[test]
fn a_worker_says_which_jobs_ended() {
    let options = Options::seeded(3).for_each_vendor(|it| {
        it.latency = Latency { least: Duration::from_millis(150), spread: Duration::ZERO };
        it.limits = Limits::Off;
    });
    let fair = Fair::open(options, "k");
    fair.leads(40);
    let waterfall = "email=hunter";
    let args =
        ["enrich", "leads.csv", "--want", "email", "--waterfall", waterfall, "--yes", "--json"];
    let child = fair.home.command(&args).spawn().unwrap();
    while fair.sandbox.log(0, 1).is_empty() {
        std::thread::yield_now();
    }
    kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), Signal::INT).unwrap();
    let stopped = json(&ran(child.wait_with_output().unwrap()).ends(130).out);
    let mut worker = fair.home.command(&["worker", "--attended", "--json"]).spawn().unwrap();
    let mut out = BufReader::new(worker.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let line = json(&line);
    assert_eq!((&line["run"], &line["status"]), (&stopped["run"], &"completed".into()), "{line}");
    assert_eq!((&line["rows"], &line["pending"]), (&40.into(), &0.into()), "{line}");
    end(worker);
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "each is told once");
}

/// A master key's rotation reaches the secrets of webhooks, whatever ends it; of a store that is
/// rotated later the old one stays.
#[test]
fn p093_secrets_of_webhooks_outlive_their_master_key() {
    // method: crash
    let home = Home::new();
    let add =
        ["webhooks", "add", "https://example.com/hook", "--events", "job.completed", "--json"];
    let added = |store: &str| {
        text(&json(&home.run(&[&add[..], &["--store", store]].concat()).ends(0).out)["id"])
    };
    let (one, other) = (added("one.db"), added("other.db"));
    // A new secret is sealed under the old data key, which has to be opened for it.
    let works =
        |store: &str, id: &str| home.run(&["webhooks", "rotate", id, "--store", store]).code == 0;
    let master = home.root().join(".config/morket/master.key");
    let read = || std::fs::read_to_string(&master).unwrap();
    let rotate = |args: &[&str]| {
        let told = home.run(&[&["vault", "rotate", "--json"], args].concat()).ends(0);
        let told = json(&told.out);
        (told["masterVersion"].as_u64().unwrap(), told["storeRewrapped"].as_u64().unwrap())
    };
    let first = read();
    assert_eq!(rotate(&["--keep-old", "--store", "one.db"]), (2, 1));
    assert_eq!(read().lines().count(), 2, "the other store is still under the old one");
    assert!(works("one.db", &one) && works("other.db", &other));
    assert_eq!(rotate(&["--store", "other.db"]), (2, 1));
    let second = read();
    assert!(second.starts_with("2 ") && second.lines().count() == 1);
    assert!(works("one.db", &one) && works("other.db", &other));
    std::fs::write(&master, first).unwrap();
    assert!(!works("one.db", &one) && !works("other.db", &other), "the old one opens nothing");
    // Killed with a third written down and nothing under it, then with everything under it.
    let third = format!("{second}3 {}\n", "0af9".repeat(16));
    for rewrapped in [1, 0] {
        std::fs::write(&master, &third).unwrap();
        assert_eq!(rotate(&["--keep-old", "--store", "one.db"]), (3, rewrapped));
        assert!(works("one.db", &one) && works("other.db", &other));
    }
    // No store is made for it, and no key given up.
    home.run(&["vault", "rotate", "--store", "none.db"]).ends(1).says("there is no store");
    assert!(!home.path("none.db").exists());
}

#[test]
fn a_master_key_of_the_environment_is_left_alone() {
    let hex = "0af9".repeat(16);
    let home = Home::new().with("MORKET_MASTER_KEY", &hex);
    let add =
        ["webhooks", "add", "https://example.com/hook", "--events", "job.completed", "--json"];
    let id = text(&json(&home.run(&add).ends(0).out)["id"]);
    home.run(&["vault", "rotate"]).ends(1).says("there are no keys yet");
    home.run_with(&["keys", "set", "hunter"], b"a_key_of_hunter_1111\n").ends(0);
    home.run(&["vault", "rotate"]).ends(0).says("MORKET_MASTER_KEY is set").says("1 data keys");
    home.run(&["webhooks", "rotate", &id]).ends(0);
    // Without it, what it sealed cannot be wrapped anew: the old master key is not given up.
    let home = home.with("MORKET_MASTER_KEY", "");
    home.run(&["vault", "rotate"]).ends(1).says("MORKET_MASTER_KEY").says("is kept");
    let master = home.root().join(".config/morket/master.key");
    assert_eq!(std::fs::read_to_string(master).unwrap().lines().count(), 2);
}

/// Two machines share a store, and one of them has its master key.
#[test]
fn a_master_key_is_never_invented_for_what_another_one_sealed() {
    let (here, there) = (Home::new(), Home::new());
    let store = here.path("shared.db").display().to_string();
    let hooks = |home: &Home, args: &[&str]| {
        home.run(&[&["webhooks"], args, &["--store", &store, "--json"]].concat())
    };
    let add = ["add", "https://example.com/hook", "--events", "job.completed"];
    let id = text(&json(&hooks(&here, &add).ends(0).out)["id"]);
    let key = |home: &Home| home.root().join(".config/morket/master.key");
    for args in [&add[..], &["rotate", &id]] {
        let refused = hooks(&there, args).ends(1).says("master key that is not here: copy");
        refused.says(&key(&there).display().to_string());
    }
    hooks(&there, &["list"]).ends(0).says(&id);
    let mut worker = there.command(&["worker", "--store", &store]).spawn().unwrap();
    let told = BufReader::new(worker.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!({ told }.any(|it| it.starts_with("Webhooks are not sent: secrets of this store's")));
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert!(!key(&there).exists(), "none was made");
    // It has one of its own, for keys: that is not the one either.
    there.run_with(&["keys", "set", "hunter"], b"a_key_of_hunter_1111\n").ends(0);
    hooks(&there, &["rotate", &id]).ends(1).says("another master key than the one in");
    // With the key ring of the first it does what the first does.
    let third = Home::new();
    std::fs::create_dir_all(key(&third).parent().unwrap()).unwrap();
    std::fs::copy(key(&here), key(&third)).unwrap();
    hooks(&third, &["rotate", &id]).ends(0);
}

/// A worker that was there before the master key, and before it changed.
#[test]
fn p093_a_worker_that_runs_meets_a_new_master_key() {
    // method: race
    let endpoint = Endpoint::open();
    let home = reaching(&endpoint);
    let mut worker = home.command(&["worker"]).spawn().unwrap();
    let mut said = String::new();
    let mut told = BufReader::new(worker.stderr.take().unwrap());
    told.read_line(&mut said).unwrap();
    assert!(said.starts_with("Working"), "{said}");
    let add = ["webhooks", "add", &endpoint.url(), "--events", "job.completed", "--json"];
    let added = json(&home.run(&add).ends(0).out);
    let (id, secret) = (text(&added["id"]), text(&added["secret"]));
    for _ in 0..3 {
        home.run(&["webhooks", "test", &id]).ends(0);
        assert!(endpoint.next().is_signed(&secret));
        home.run(&["vault", "rotate"]).ends(0).says("Workers of this machine take the new one");
    }
    end(worker);
}
