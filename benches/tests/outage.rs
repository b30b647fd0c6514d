//! A PostgreSQL that is killed and started again while a worker runs: the worker waits for it, goes
//! on, and asks nobody twice.
#![allow(clippy::unwrap_used, reason = "a test says what failed by failing")]

use morket::{
    Timestamp,
    engine::{News, Runner, Stop},
    job::{ClaimFilter, Job},
};
use morket_benches::crash::server::Server;
use morket_store_postgres::{Postgres, PostgresOptions};
use morket_testkit::{
    engine::{FakeHttp, FakeVendor, OneKey, Rig, TokioClock, email_by},
    service,
};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{sync::mpsc::unbounded_channel, task::block_in_place};

const ROWS: usize = 400;

/// A rig on this server; a lease is short, so that the server need not be away for long.
async fn rig(server: &Server) -> Rig {
    let mut options = PostgresOptions::new(server.url());
    options.connections = 4;
    let store = Postgres::open(options).await.unwrap().store();
    let values = json!({ "email": "ada@c.example", "email_status": "valid" });
    let answer = json!({ "is": "answer", "values": values });
    let http = FakeHttp::new(move |_| Ok(answer.clone())).after(Duration::from_millis(200));
    let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
    let vendor = FakeVendor::finder("hunter", &["email", "email_status"]);
    let rig = Rig::on(Arc::new(store), clock, vec![vendor], http, None, Arc::new(OneKey)).await;
    rig.leasing(Duration::from_secs(1))
}

async fn job(rig: &Rig) -> Job {
    let name = |n: usize| format!("Ada {n}");
    let person = |n| json!({ "full_name": name(n), "company_domain": "c.example" });
    rig.submit(&email_by(&["hunter"]), (0..ROWS).map(person).collect()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_goes_on_when_its_server_is_there_again() {
    // method: crash
    let test = "outage::a_worker_goes_on_when_its_server_is_there_again";
    if service::postgres_url(test).is_none() {
        return;
    }
    let mut server = block_in_place(Server::start).unwrap();
    let rig = rig(&server).await;
    let job = job(&rig).await;
    let (told, mut news) = unbounded_channel();
    let runner = Runner::new(rig.worker.clone(), "one").tells(told);
    let stop = Stop::default();
    let watch = async {
        while rig.http.sent().len() < 70 {
            tokio::task::yield_now().await;
        }
        block_in_place(|| server.kill()).unwrap();
        let mut heard = Vec::new();
        while !matches!(heard.last(), Some(News::Away(_))) {
            heard.push(news.recv().await.unwrap());
        }
        block_in_place(|| server.serve()).unwrap();
        while news.recv().await.unwrap() != News::Back {}
        while !rig.store.job(rig.workspace, job.id).await.unwrap().state.is_terminal() {
            tokio::task::yield_now().await;
        }
        stop.drain();
    };
    let both = async { tokio::join!(runner.run(ClaimFilter::All, &stop), watch) };
    let (ran, ()) = tokio::time::timeout(Duration::from_secs(120), both).await.unwrap();
    ran.unwrap();
    let sent: Vec<String> = rig.http.sent().iter().map(|it| it.body.to_string()).collect();
    let once: BTreeSet<&String> = sent.iter().collect();
    assert_eq!(sent.len(), once.len(), "somebody was asked about twice");
    assert_eq!(sent.len(), ROWS, "and all were");
}
