//! Events on their way to an endpoint, so that every point of it can be met: an endpoint is made,
//! things happen, some of them only until half-way, and a courier tells of them.
//!
//! Run again after a kill at any point, the receiver must have heard of everything that happened,
//! and of nothing else.

use super::{place::Place, value};
use anyhow::{Context, ensure};
use async_trait::async_trait;
use morket::{
    Credits, ErrorKind, EventId, HoldId, Morket, WorkspaceId,
    audit::{Action, NewAudit},
    http::{Http, HttpFailure, HttpRequest, HttpResponse},
    ledger::{LedgerExt, Recharge},
    outbox::NewEvent,
    page::Limit,
    rbac::{Operation, Principal},
    vault::{KeyRing, MasterKey},
    webhook::{Courier, CourierOptions, DeliveryState, Schedule},
    workspace::{NewWorkspace, WorkspaceStore},
};
use morket_store_sql::crash;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::Write,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use uuid::Uuid;

const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0x77eb));

/// How many events there are, beside the one that the ledger tells.
const EVENTS: u128 = 5;

/// A receiver that writes down what it hears before it answers.
#[derive(Debug)]
struct Receiver(PathBuf);

#[async_trait]
impl Http for Receiver {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let id = request.headers().find(|(name, _)| *name == "webhook-id");
        let line = format!("{}\n", id.map_or("", |(_, value)| value));
        let file = OpenOptions::new().create(true).append(true).open(&self.0);
        let heard = file.and_then(|mut file| file.write_all(line.as_bytes()));
        crash::point();
        Ok(HttpResponse::new(if heard.is_ok() { 204 } else { 500 }, ""))
    }

    fn check(&self, _: &str) -> Result<(), HttpFailure> {
        Ok(())
    }
}

/// Run it, or go on with it; what there is afterwards.
pub async fn run(args: &[String]) -> anyhow::Result<Value> {
    let place = Place::parse(args)?;
    let heard = PathBuf::from(value(args, "--heard").context("--heard")?);
    let store = place.open().await?;
    let receiver = Arc::new(Receiver(heard.clone()));
    let mk =
        Morket::builder().store(Arc::new(store.clone())).http(receiver.clone()).build().await?;
    let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
    let new = NewWorkspace::embedded(WORKSPACE, "Hooks").prepaid();
    store.create_workspace(new, audit).await?;
    let master = MasterKey::parse(&"0123456789abcdef".repeat(4))?;
    let vault = Arc::new(mk.vault(KeyRing::new([(1, master)], 1, 1)?));
    let access = mk.access();
    let may = |operation| access.allow(Principal::Embedder, WORKSPACE, operation);
    let webhooks = mk.webhooks(vault.clone());
    if webhooks.list(may(Operation::ReadWebhooks).await?).await?.is_empty() {
        let kinds = ["job.completed", "credits.low"];
        let may = may(Operation::ManageWebhooks).await?;
        webhooks.create(may, "https://hooks.example.com", kinds, Schedule::Short).await?;
    }
    happen(&mk).await?;
    let (clock, rng) = (mk.clock().clone(), mk.rng().clone());
    let mut options = CourierOptions::new(mk.store().clone(), receiver, vault, clock, rng);
    // What a dead run held is free again at once.
    options.lease = Duration::from_millis(1);
    (options.at_once, options.per_endpoint) = (3, 2);
    let courier = Courier::new(options);
    loop {
        courier.round().await?;
        let hook = webhooks.list(may(Operation::ReadWebhooks).await?).await?.remove(0);
        let (may, limit) = (may(Operation::ReadWebhooks).await?, Limit::new(100)?);
        let waiting = Some(DeliveryState::Waiting);
        if webhooks.deliveries(may, hook.id, waiting, None, limit).await?.rows.is_empty() {
            break;
        }
    }
    ended(&mk, &heard).await
}

/// Events of their own, one that the ledger causes, and steps that are undone: those must
/// leave none.
async fn happen(mk: &Morket) -> anyhow::Result<()> {
    let store = mk.store();
    for number in 0..EVENTS {
        let id = EventId(Uuid::from_u128(number));
        let event = NewEvent { id, kind: "job.completed".into(), payload: json!({"n": 1}) };
        store.publish(WORKSPACE, vec![event]).await?;
    }
    store.grant(WORKSPACE, "opening".parse()?, Credits(60)).await?;
    let recharge = Recharge { threshold: Credits(50), amount: Credits(100) };
    store.set_recharge(WORKSPACE, Some(recharge)).await?;
    let hold = HoldId(Uuid::from_u128(7));
    store.set_aside(WORKSPACE, hold, Credits(20)).await?;
    let nobody = WorkspaceId(Uuid::from_u128(1));
    let id = EventId(Uuid::from_u128(1_000));
    let phantom = NewEvent { id, kind: "job.completed".into(), payload: json!({}) };
    let refused = store.publish(nobody, vec![phantom]).await;
    ensure!(refused.is_err_and(|error| error.kind() == ErrorKind::NotFound));
    Ok(())
}

/// What happened by the tables, what was heard by the receiver, and what its deliveries say.
async fn ended(mk: &Morket, heard: &PathBuf) -> anyhow::Result<Value> {
    let events = mk.store().events(WORKSPACE).await?;
    let happened: BTreeSet<String> = events.iter().map(|it| it.id.to_string()).collect();
    let heard = fs::read_to_string(heard)?;
    let heard: BTreeSet<String> = heard.lines().map(str::to_owned).collect();
    let hook = mk.store().webhooks(WORKSPACE).await?.remove(0);
    let page = mk.store().deliveries(WORKSPACE, hook.id, None, None, Limit::new(100)?).await?;
    let states = page.rows.iter().map(|it| (it.event.to_string(), it.state.as_str()));
    let states: BTreeSet<_> = states.collect();
    let points = crash::passed();
    Ok(json!({ "happened": happened, "heard": heard, "states": states, "points": points }))
}
