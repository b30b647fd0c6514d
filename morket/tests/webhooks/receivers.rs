//! What we send, verified by code that is not ours: the `standardwebhooks` packages of PyPI and
//! npm, each in a process of its own. Both also check the header for receivers without a library.
//!
//! Without `MORKET_TEST_PYTHON` or `MORKET_TEST_NODE_MODULES` the tests say that they were skipped;
//! with `CI=true` they fail.

use super::support::House;
use morket::{rbac::Operation, webhook::DeliveryState};
use morket_testkit::service::service;
use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

/// A running receiver.
struct Receiver {
    child: Child,
    secrets: ChildStdin,
    lines: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Receiver {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let secrets = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut address = String::new();
        lines.read_line(&mut address).unwrap();
        Self { child, secrets, lines, address: address.trim().parse().unwrap() }
    }

    /// From now on it knows this secret alone.
    fn learn(&mut self, secret: &str) {
        writeln!(self.secrets, "{secret}").unwrap();
        assert_eq!(self.line(), "learnt");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Genuine deliveries are taken, all others are not: those under a secret that it does not know.
async fn verifies(mut receiver: Receiver) {
    let house = House::reaching(&[receiver.address]).await;
    let made = house.create(&format!("http://{}/hook", receiver.address)).await.unwrap();
    receiver.learn(made.secret.expose());
    let mut sent: Vec<_> =
        house.happens(20).await.iter().map(|id| format!("verified {id}")).collect();
    assert_eq!(house.courier().round().await.unwrap().delivered, 20);
    let mut told: Vec<_> = sent.iter().map(|_| receiver.line()).collect();
    sent.sort();
    told.sort();
    assert_eq!(told, sent);

    // Through an overlap the old secret is as good as the new one.
    let may = house.may(Operation::ManageWebhooks).await;
    let hour = Duration::from_secs(3_600);
    let rotated = house.webhooks.rotate(may, made.webhook.id, hour).await.unwrap();
    house.happens(1).await;
    assert_eq!(house.courier().round().await.unwrap().delivered, 1);
    assert!(receiver.line().starts_with("verified "));
    receiver.learn(rotated.secret.expose());
    house.happens(1).await;
    house.courier().round().await.unwrap();
    assert!(receiver.line().starts_with("standard "), "it has one signature of the old secret");

    receiver.learn("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let stranger = house.happens(1).await[0];
    assert_eq!(house.courier().round().await.unwrap().delivered, 0);
    assert_eq!(receiver.line(), format!("refused {stranger}"));
    let refused = house.deliveries(&made).await;
    let refused = refused.iter().find(|it| it.event == stranger).unwrap();
    assert_eq!(refused.state, DeliveryState::Waiting);
}

/// Where the scripts are, asked when it runs: one target directory may serve several checkouts.
fn script(name: &str) -> String {
    let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    format!("{package}/tests/webhooks/receivers/{name}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p177_pythons_library_verifies_what_we_send() {
    let test = "webhooks::receivers::p177_pythons_library_verifies_what_we_send";
    let Some(python) = service("python", test, "MORKET_TEST_PYTHON") else { return };
    verifies(Receiver::start(Command::new(python).arg(script("receiver.py")))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p177_nodes_library_verifies_what_we_send() {
    let test = "webhooks::receivers::p177_nodes_library_verifies_what_we_send";
    let Some(modules) = service("node", test, "MORKET_TEST_NODE_MODULES") else { return };
    let mut node = Command::new("node");
    verifies(Receiver::start(node.arg(script("receiver.js")).env("NODE_PATH", modules))).await;
}
