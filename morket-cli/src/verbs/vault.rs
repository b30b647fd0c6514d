//! `vault rotate`.

use crate::{
    args::VaultVerb,
    exit::{Exit, Outcome},
    shell::Shell,
};
use serde_json::json;

pub(super) async fn vault(shell: &Shell, verb: VaultVerb) -> Outcome {
    match verb {
        VaultVerb::Rotate => rotate(shell).await,
    }
}

#[cfg(feature = "sqlite")]
async fn rotate(shell: &Shell) -> Outcome {
    let (version, rewrapped) = shell.keys.rotate().await?;
    if shell.console.json {
        let line = json!({ "masterVersion": version, "rewrapped": rewrapped });
        shell.console.data(&line.to_string())?;
    }
    let path = shell.keys.master_path();
    shell.console.note(&format!(
        "The master key in {} is version {version} now; {rewrapped} data keys were wrapped anew. \
         The one before opens the file of keys no more.",
        path.display()
    ));
    Ok(Exit::Ok)
}

#[cfg(not(feature = "sqlite"))]
async fn rotate(_: &Shell) -> Outcome {
    Err(crate::exit::Failure::usage("this build keeps no keys"))
}
