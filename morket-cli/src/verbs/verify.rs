//! `verify`: the same engine with verifiers only.

use super::{enrich, init::verifiers};
use crate::{
    args::VerifyArgs,
    args::{RowKind, RunArgs},
    exit::{Exit, Failure, Outcome},
    shell::Shell,
};
use morket::{
    field::Kind,
    name::FieldName,
    plan::{Existing, Plan, Settings, Waterfall},
};
use std::sync::Arc;

pub(super) async fn verify(shell: &Shell, args: &VerifyArgs) -> Outcome {
    let email = FieldName::new("email")?;
    let mut plan = Plan::of(Kind::Person, [email.clone()]);
    let verify = Some(by(shell, args, &email).await?);
    plan.waterfalls.insert(email.clone(), Waterfall { verify, ..Waterfall::default() });
    plan.existing.insert(email, Existing::Verify);
    plan.accept.email.verify = morket::accept::Verify::Always;
    if let Some(word) = &args.catch_all {
        plan.accept.email.catch_all =
            serde_json::from_value(word.as_str().into()).map_err(|_| {
                let problem = "must be reject, last_resort or accept";
                Failure::usage(format!("--catch-all: `{word}` {problem}"))
            })?;
    }
    let run = RunArgs {
        file: Some(args.file.clone()),
        map: args.map.clone(),
        kind: Some(RowKind::Person),
        budget: args.budget.clone(),
        price: args.price.clone(),
        dry_run: args.dry_run,
        sample: args.sample,
        max_wait: args.max_wait.clone(),
        min_fill: args.min_fill.clone(),
        out: args.out.clone(),
        ready: Some(plan),
        ..RunArgs::default()
    };
    enrich::enrich(shell, &run).await
}

/// Who verifies: whoever is named, else the first with a key.
async fn by(shell: &Shell, args: &VerifyArgs, email: &FieldName) -> Result<String, Failure> {
    if let Some(by) = &args.by {
        return Ok(by.clone());
    }
    let mut settings = Settings::new(Arc::new(shell.vendors.registry.clone()));
    for provider in settings.registry.clone().iter() {
        let slug = &provider.manifest().slug;
        if shell.keys.source(slug).await?.is_some() {
            settings.keys.push(slug.clone());
        }
    }
    verifiers(&settings, email).next().ok_or_else(|| {
        let message = "nobody with a key verifies addresses; set one, e.g. \
                       `morket keys set zerobounce` (`morket providers list`)";
        Failure { exit: Exit::Keys, message: message.to_owned() }
    })
}
