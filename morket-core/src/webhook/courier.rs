//! The edge of delivery: it relays, claims, sends and reports. What an outcome means it does not
//! decide.

use super::{Claimed, Jitter, Outcome, Report, SigningSecret, WebhookStore, sign};
use crate::{
    Clock, Error, ErrorKind, Result, Rng,
    engine::Stop,
    http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse, Scrub, retry_after},
    rng::random,
    vault::Vault,
};
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{sync::Arc, time::Duration};

/// What a courier needs.
#[derive(Clone, Debug)]
pub struct CourierOptions {
    /// Where deliveries are kept.
    pub store: Arc<dyn WebhookStore>,
    /// How to reach endpoints. It says where it may go.
    pub http: Arc<dyn Http>,
    /// What opens the secrets.
    pub vault: Arc<Vault>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What jitter is drawn from.
    pub rng: Arc<dyn Rng>,
    /// The most attempts at once, over all endpoints.
    pub at_once: u32,
    /// The most attempts at once of one endpoint, by all couriers of the store.
    pub per_endpoint: u32,
    /// How long a claim lasts. An attempt is over long before, so none has to be renewed.
    pub lease: Duration,
    /// How long what came to its end can be looked up and replayed.
    pub keep: Duration,
}

impl CourierOptions {
    /// Everything as usual.
    pub fn new(
        store: Arc<dyn WebhookStore>,
        http: Arc<dyn Http>,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        Self {
            store,
            http,
            vault,
            clock,
            rng,
            at_once: 64,
            per_endpoint: 4,
            lease: Duration::from_secs(120),
            keep: Duration::from_secs(30 * 86_400),
        }
    }
}

/// What a courier has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Attempts that were made.
    pub attempts: u64,
    /// Those that a receiver took.
    pub delivered: u64,
    /// Those that could not be made, because a secret did not open here.
    pub unsigned: u64,
}

/// Relays events and attempts deliveries; any number of them on one store.
#[derive(Clone, Debug)]
pub struct Courier {
    options: Arc<CourierOptions>,
}

/// How many old deliveries go in one step.
const PRUNE: u32 = 1_000;

/// How many events are relayed in one step.
const EVENTS: u32 = 200;

/// How much of an answer is read.
const ANSWER_LIMIT: usize = 64 << 10;

/// How often it looks for work when nothing tells it.
const LOOK: Duration = Duration::from_millis(500);

/// How often it clears away what is old.
const SWEEP: Duration = Duration::from_secs(3_600);

/// What has come to its end within a courier.
enum Step {
    Looked(Result<Vec<Claimed>>),
    Carried(Result<Outcome>),
}

type Running<'a> = FuturesUnordered<BoxFuture<'a, Step>>;

impl Courier {
    /// A courier that has not begun.
    pub fn new(options: CourierOptions) -> Self {
        Self { options: Arc::new(options) }
    }

    /// Deliver until told to stop; then finish the attempts that are under way. A store that does
    /// not answer is asked again later.
    pub async fn run(&self, stop: &Stop) -> Result<Carried> {
        self.work(stop, true).await
    }

    /// Deliver what is due now, and come back when nothing more is.
    pub async fn round(&self) -> Result<Carried> {
        self.work(&Stop::default(), false).await
    }

    async fn work(&self, stop: &Stop, wait: bool) -> Result<Carried> {
        let clock = &self.options.clock;
        let mut stop = stop.clone();
        let mut running: Running<'_> = FuturesUnordered::new();
        let (mut carried, mut carrying) = (Carried::default(), 0_u32);
        let (mut looking, mut idle) = (false, false);
        let mut swept = None;
        let mut failed: Option<Error> = None;
        loop {
            let begins = failed.is_none() && !stop.is_asked();
            if begins && !looking && !idle && carrying < self.options.at_once {
                looking = true;
                let now = clock.monotonic();
                let sweep = wait && swept.is_none_or(|at| now >= at + SWEEP);
                swept = if sweep { Some(now) } else { swept };
                let room = self.options.at_once - carrying;
                running.push(Box::pin(async move { Step::Looked(self.look(room, sweep).await) }));
            }
            if running.is_empty() && !(begins && wait) {
                return failed.map_or(Ok(carried), Err);
            }
            let step = tokio::select! {
                biased;
                _ = stop.changed(), if begins => continue,
                Some(step) = running.next() => step,
                () = tokio::time::sleep(LOOK), if begins && idle && wait => {
                    idle = false;
                    continue;
                }
            };
            match step {
                Step::Looked(Ok(claimed)) => {
                    (looking, idle) = (false, claimed.is_empty());
                    carrying += u32::try_from(claimed.len()).unwrap_or(u32::MAX);
                    for claimed in claimed {
                        running.push(Box::pin(async { Step::Carried(self.carry(claimed).await) }));
                    }
                }
                Step::Looked(Err(error)) if wait && error.kind().is_away() => {
                    tracing::warn!(%error, "the store does not answer");
                    (looking, idle) = (false, true);
                }
                Step::Looked(Err(error)) => drop(failed.get_or_insert(error)),
                Step::Carried(ended) => {
                    carrying -= 1;
                    idle = false;
                    match ended {
                        Ok(Outcome::Unsigned) => carried.unsigned += 1,
                        Ok(outcome) => {
                            carried.attempts += 1;
                            carried.delivered += u64::from(outcome.is_success());
                        }
                        Err(error) if wait && error.kind().is_away() => {
                            carried.attempts += 1;
                            tracing::warn!(%error, "an attempt could not be written down");
                        }
                        Err(error) => drop(failed.get_or_insert(error)),
                    }
                }
            }
        }
    }

    /// Relay what happened, and take what is due.
    async fn look(&self, room: u32, sweep: bool) -> Result<Vec<Claimed>> {
        let CourierOptions { store, lease, per_endpoint, keep, .. } = &*self.options;
        if sweep {
            while store.prune_deliveries(*keep, PRUNE).await? == PRUNE {}
        }
        while store.relay_events(EVENTS).await?.events == EVENTS {}
        store.claim_deliveries(room, *per_endpoint, *lease).await
    }

    /// One attempt, and its outcome written down.
    async fn carry(&self, claimed: Claimed) -> Result<Outcome> {
        let CourierOptions { store, clock, rng, .. } = &*self.options;
        let began = clock.monotonic();
        let answer = self.attempt(&claimed).await;
        let took = clock.monotonic().saturating_sub(began);
        let jitter = Jitter(u16::from_be_bytes(random(&**rng)));
        let report = match answer {
            Ok(answer) => Report {
                took,
                outcome: Outcome::Status(answer.status),
                retry_after: retry_after(&answer, clock.now()),
                answer: String::from_utf8_lossy(&answer.body).chars().take(400).collect(),
                jitter,
            },
            Err(outcome) => Report { took, jitter, ..Report::of(outcome) },
        };
        let give_up = began + self.options.lease;
        let mut wait = Duration::from_millis(20);
        loop {
            match store.record_attempt(claimed.ticket, report.clone()).await {
                Ok(_) => return Ok(report.outcome),
                // Somebody else attempts it now, or nobody shall any more.
                Err(error)
                    if matches!(error.kind(), ErrorKind::StaleLease | ErrorKind::NotFound) =>
                {
                    return Ok(report.outcome);
                }
                Err(error) if error.kind().is_away() && clock.monotonic() < give_up => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(1));
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn attempt(&self, claimed: &Claimed) -> Result<HttpResponse, Outcome> {
        let Claimed { delivery, ticket, schedule, url, .. } = claimed;
        let secrets = self.open(claimed).await.map_err(|error| {
            tracing::error!(
                %error, webhook = %delivery.webhook, delivery = %delivery.id,
                "the signing secret of this endpoint does not open with the master key of this \
                 process: nothing was sent, its deliveries wait; give the process the master key \
                 that the other machines of the store have, or rotate the secret"
            );
            Outcome::Unsigned
        })?;
        let body = delivery.body.as_bytes();
        let seconds = self.options.clock.now().seconds();
        let signed = sign(&secrets, &delivery.event.to_string(), seconds, body);
        let request = HttpRequest::post(url)
            .header("content-type", "application/json")
            .header("webhook-id", signed.id)
            .header("webhook-timestamp", signed.timestamp.as_str())
            .header("webhook-signature", signed.standard)
            .header("x-webhook-timestamp", signed.timestamp)
            .header("x-webhook-signature", signed.plain)
            .body(body.to_vec())
            .timeout(schedule.timeout())
            .max_body(ANSWER_LIMIT)
            .cut_body()
            .free();
        tracing::debug!(delivery = %ticket.delivery, "an attempt begins");
        let sent = tokio::time::timeout(schedule.timeout(), self.options.http.send(request)).await;
        // A receiver knows the secret too, and may say it: its answer is kept.
        let scrub =
            Scrub::of_secrets(&secrets.iter().flat_map(SigningSecret::texts).collect::<Vec<_>>());
        match sent {
            Ok(answered) => answered.map(|it| scrub.read(it)).map_err(|failure| outcome(&failure)),
            Err(_) => Err(Outcome::Timeout),
        }
    }

    async fn open(&self, claimed: &Claimed) -> Result<Vec<SigningSecret>> {
        let (workspace, webhook) = (claimed.ticket.workspace, claimed.delivery.webhook);
        let mut secrets = Vec::with_capacity(claimed.secrets.len());
        for sealed in &claimed.secrets {
            let secret = self.options.vault.open_webhook_secret(workspace, webhook, sealed);
            secrets.push(secret.await?);
        }
        match secrets.is_empty() {
            true => Err(Error::internal("webhook.open", "an endpoint without a secret")),
            false => Ok(secrets),
        }
    }
}

fn outcome(failure: &HttpFailure) -> Outcome {
    match failure.cause {
        FailureCause::Refused | FailureCause::Forbidden | FailureCause::Invalid => Outcome::Refused,
        FailureCause::Unreachable => Outcome::Unreachable,
        FailureCause::Timeout => Outcome::Timeout,
        FailureCause::Broken | FailureCause::Malformed | FailureCause::TooLarge => Outcome::Broken,
    }
}
