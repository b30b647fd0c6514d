//! `vault rotate`.

use crate::{
    args::VaultVerb,
    exit::{Exit, Failure, Outcome},
    shell::Shell,
};
#[cfg(feature = "sqlite")]
use crate::{keys::Rotated, run};
#[cfg(feature = "sqlite")]
use serde_json::json;

pub(super) async fn vault(shell: &Shell, verb: VaultVerb) -> Outcome {
    match verb {
        VaultVerb::Rotate { keep_old } => rotate(shell, keep_old).await,
    }
}

#[cfg(feature = "sqlite")]
async fn rotate(shell: &Shell, keep_old: bool) -> Outcome {
    // Opened first: where it cannot be, nothing has changed.
    let store = shell.store_if_there().await?;
    let place = &shell.config.store;
    // The old key would go, and the store that was meant would be left sealed under it.
    if store.is_none() && place.is_told_now() {
        let problem = format!("there is no store at {}: nothing was changed", place.value);
        return Err(Failure::error(problem));
    }
    let done = shell.keys.rotate(store.as_ref(), keep_old).await?;
    tell(shell, store.is_some(), keep_old, done)
}

#[cfg(feature = "sqlite")]
fn tell(shell: &Shell, store: bool, keep_old: bool, done: Rotated) -> Outcome {
    let Rotated { version, keys, stored, left } = done;
    let place = &shell.config.store;
    let place = if run::is_url(&place.value) { "the store" } else { place.value.as_str() };
    if shell.console.json {
        let line = json!({ "masterVersion": version, "rewrapped": keys, "store": store,
                           "storeRewrapped": stored, "left": left, "oldKept": keep_old });
        shell.console.data(&line.to_string())?;
    }
    let path = shell.keys.master_path();
    let mut text = format!(
        "The master key in {} is version {version} now; {keys} data keys of the file of keys were \
         wrapped anew",
        path.display()
    );
    match store {
        true => text.push_str(&format!(", and {stored} of {place}.")),
        false => text.push_str(&format!("; there is no store at {place}.")),
    }
    shell.console.note(&text);
    if shell.keys.given_master().is_some() {
        shell.console.note(&format!(
            "MORKET_MASTER_KEY is set: secrets of webhooks are sealed under it, not under the \
             file. {left} data keys of {place} are, and stay so; vendors' keys never are."
        ));
    }
    shell.console.note(match keep_old {
        true => {
            "The one before is kept: rotate other stores with `morket vault rotate --keep-old \
             --store PATH`, the last one without --keep-old."
        }
        false => {
            "The one before opens nothing any more. Workers of this machine take the new one when \
             they need it; other machines that share the store need the file."
        }
    });
    Ok(Exit::Ok)
}

#[cfg(not(feature = "sqlite"))]
async fn rotate(_: &Shell, _: bool) -> Outcome {
    Err(Failure::usage("this build keeps no keys"))
}
