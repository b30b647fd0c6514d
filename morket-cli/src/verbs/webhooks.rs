//! `webhooks`.

use crate::{
    args::WebhooksVerb,
    console::table,
    exit::{Exit, Failure, Outcome},
    run::Engine,
    shell::{Shell, span},
};
use morket::{
    DeliveryId, WebhookId,
    page::Limit,
    rbac::{Allowed, Operation, Principal},
    webhook::{Created, Delivery, DeliveryState, Outcome as Answer, Schedule, Webhook, Webhooks},
};
use serde_json::{Value, json};
use std::{str::FromStr, sync::Arc};

/// What every verb here needs.
struct Desk<'a> {
    shell: &'a Shell,
    engine: Engine,
    webhooks: Webhooks,
}

pub(super) async fn webhooks(shell: &Shell, verb: WebhooksVerb) -> Outcome {
    let engine = shell.engine().await?;
    // What is sealed while the master key changes would be under one that is about to go.
    let seals = matches!(verb, WebhooksVerb::Add { .. } | WebhooksVerb::Rotate { .. });
    let _alone = seals.then(|| shell.keys.alone()).transpose()?;
    let vault = match seals {
        true => shell.keys.sealing_vault(&engine.morket, engine.workspace).await?,
        false => shell.keys.closed_vault(&engine.morket)?,
    };
    let webhooks = engine.morket.webhooks(Arc::new(vault));
    let desk = Desk { shell, engine, webhooks };
    match verb {
        WebhooksVerb::Add { url, events, schedule } => desk.add(&url, events, &schedule).await?,
        WebhooksVerb::List => desk.list().await?,
        WebhooksVerb::Remove { id } => {
            desk.webhooks.delete(desk.may(true).await?, parsed(&id)?).await?;
            desk.done(json!({ "removed": id }), "Removed.")?;
        }
        WebhooksVerb::Enable { id } => desk.switch(&id, true).await?,
        WebhooksVerb::Disable { id } => desk.switch(&id, false).await?,
        WebhooksVerb::Rotate { id, overlap } => {
            let overlap = span("overlap", &overlap)?;
            let rotated =
                desk.webhooks.rotate(desk.may(true).await?, parsed(&id)?, overlap).await?;
            desk.created(&rotated)?;
        }
        WebhooksVerb::Test { id } => {
            let sent = desk.webhooks.test(desk.may(true).await?, parsed(&id)?).await?;
            desk.done(delivery_json(&sent), "It will be sent by `morket worker`.")?;
        }
        WebhooksVerb::Deliveries { id, state } => desk.deliveries(&id, state.as_deref()).await?,
        WebhooksVerb::Replay { id } => {
            let id = DeliveryId::from_str(&id).map_err(|_| {
                let list = "`morket webhooks deliveries ENDPOINT` lists them with their whole ids";
                Failure::usage(format!("`{id}` is no delivery; {list}"))
            })?;
            let sent = desk.webhooks.replay(desk.may(true).await?, id).await?;
            desk.done(delivery_json(&sent), "It will be sent again by `morket worker`.")?;
        }
    }
    Ok(Exit::Ok)
}

fn parsed(id: &str) -> Result<WebhookId, Failure> {
    WebhookId::from_str(id).map_err(|_| {
        let list = "`morket webhooks list` shows them with their whole ids";
        Failure::usage(format!("`{id}` is no endpoint; {list}"))
    })
}

/// What the service calls by its own names are an argument and a flag here.
fn in_flags(error: morket::Error) -> Failure {
    let mut failure = Failure::from(error);
    for (name, flag) in [("callbackUrl: ", "URL: "), ("eventTypes: ", "--events: ")] {
        if let Some(rest) = failure.message.strip_prefix(name) {
            failure.message = format!("{flag}{rest}");
        }
    }
    failure
}

impl Desk<'_> {
    async fn may(&self, change: bool) -> Result<Allowed, Failure> {
        let operation = match change {
            true => Operation::ManageWebhooks,
            false => Operation::ReadWebhooks,
        };
        let access = self.engine.morket.access();
        Ok(access.allow(Principal::Embedder, self.engine.workspace, operation).await?)
    }

    fn done(&self, data: Value, words: &str) -> Result<(), Failure> {
        if self.shell.console.json {
            return self.shell.console.data(&data.to_string());
        }
        self.shell.console.note(words);
        Ok(())
    }

    async fn add(&self, url: &str, events: Vec<String>, schedule: &str) -> Result<(), Failure> {
        let schedule = Schedule::from_name(schedule)
            .ok_or_else(|| Failure::usage("--schedule: must be standard or short"))?;
        let made = self.webhooks.create(self.may(true).await?, url, events, schedule).await;
        let made = made.map_err(in_flags)?;
        self.created(&made)
    }

    /// The secret is data: it is what the user came for, and it is shown only now.
    fn created(&self, made: &Created) -> Result<(), Failure> {
        let console = &self.shell.console;
        if console.json {
            let mut data = webhook_json(&made.webhook);
            data["secret"] = made.secret.expose().as_str().into();
            return console.data(&data.to_string());
        }
        console.note(&format!("Webhook {}. Its secret is not shown again:", made.webhook.id));
        console.data(made.secret.expose())
    }

    async fn list(&self) -> Result<(), Failure> {
        let console = &self.shell.console;
        let all = self.webhooks.list(self.may(false).await?).await?;
        if console.json {
            return all.iter().try_for_each(|it| console.data(&webhook_json(it).to_string()));
        }
        if all.is_empty() {
            console
                .note("No webhooks yet. Add one: morket webhooks add URL --events job.completed");
            return Ok(());
        }
        let rows = all.iter().map(|it| {
            let state = match it.disabled {
                Some((_, cause)) => format!("off: {}", cause.as_str()),
                None if it.failing_since.is_some() => "failing".to_owned(),
                None => "on".to_owned(),
            };
            let kinds = it.kinds.iter().cloned().collect::<Vec<_>>().join(", ");
            [it.id.to_string(), it.url.clone(), kinds, it.schedule.as_str().to_owned(), state]
        });
        console.data(&table(["webhook", "url", "events", "schedule", "state"], rows))
    }

    async fn switch(&self, id: &str, on: bool) -> Result<(), Failure> {
        let hook = self.webhooks.switch(self.may(true).await?, parsed(id)?, on).await?;
        self.done(webhook_json(&hook), if on { "Switched on." } else { "Switched off." })
    }

    async fn deliveries(&self, id: &str, state: Option<&str>) -> Result<(), Failure> {
        let console = &self.shell.console;
        let known = |word: &str| DeliveryState::ALL.into_iter().find(|it| it.as_str() == word);
        let state = match state.map(|word| known(word).ok_or(word)) {
            None => None,
            Some(Ok(state)) => Some(state),
            Some(Err(_)) => {
                return Err(Failure::usage("--state: must be waiting, delivered or dead"));
            }
        };
        let (id, limit) = (parsed(id)?, Limit::new(Limit::MAX)?);
        let may = self.may(false).await?;
        let page = self.webhooks.deliveries(may, id, state, None, limit).await?;
        if console.json {
            let mut rows = page.rows.iter();
            return rows.try_for_each(|it| console.data(&delivery_json(it).to_string()));
        }
        let rows = page.rows.iter().map(|it| {
            let at = it.created_at.to_string().chars().take(19).collect();
            let state = it.cause.map_or_else(
                || it.state.as_str().to_owned(),
                |cause| format!("dead: {}", cause.as_str()),
            );
            let last = it.attempts.last().map(|it| answer(&it.outcome)).unwrap_or_default();
            [it.id.to_string(), at, it.kind.clone(), state, it.made.to_string(), last]
        });
        console.data(&table(["delivery", "made", "event", "state", "attempts", "last"], rows))
    }
}

fn answer(outcome: &Answer) -> String {
    match outcome {
        Answer::Status(status) => status.to_string(),
        Answer::Refused => "refused".to_owned(),
        Answer::Unreachable => "unreachable".to_owned(),
        Answer::Timeout => "timeout".to_owned(),
        Answer::Broken => "broken".to_owned(),
        Answer::Unsigned => "not sent: its secret does not open here".to_owned(),
    }
}

fn webhook_json(it: &Webhook) -> Value {
    json!({
        "id": it.id, "callbackUrl": it.url, "eventTypes": it.kinds,
        "schedule": it.schedule.as_str(), "enabled": it.disabled.is_none(),
        "disabledCause": it.disabled.map(|(_, cause)| cause.as_str()),
        "failingSince": it.failing_since.map(|at| at.to_string()),
        "createdAt": it.created_at.to_string(),
    })
}

fn delivery_json(it: &Delivery) -> Value {
    let attempts = it.attempts.iter().map(|it| {
        json!({
            "at": it.at.to_string(), "milliseconds": it.millis,
            "outcome": answer(&it.outcome), "answer": it.answer,
        })
    });
    json!({
        "id": it.id, "webhookId": it.webhook, "eventId": it.event, "type": it.kind,
        "state": it.state.as_str(), "cause": it.cause.map(|cause| cause.as_str()),
        "nextAt": (it.state == DeliveryState::Waiting).then(|| it.next_at.to_string()),
        "createdAt": it.created_at.to_string(), "attempts": attempts.collect::<Vec<_>>(),
    })
}
