//! The verbs.

mod attend;
mod doctor;
mod enrich;
mod keys;
mod lists;
mod prepare;
mod retry;
mod runs;
#[cfg(feature = "sandbox")]
mod sandbox;
mod webhooks;
mod why;
mod worker;

use crate::{
    args::{Cli, Verb},
    exit::{Exit, Failure, Outcome},
    shell::Shell,
};
use clap::CommandFactory;

/// Do what was typed.
pub async fn run(cli: Cli) -> Outcome {
    let Some(verb) = cli.verb else {
        let hint = "morket fills the empty columns of your list.\n\n  \
                    morket try      see it work: no key, no network\n  \
                    morket --help   what else there is";
        return Err(Failure::usage(hint));
    };
    if let Verb::Completions { shell } = verb {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "morket", &mut script);
        std::io::Write::write_all(&mut std::io::stdout().lock(), &script)?;
        return Ok(Exit::Ok);
    }
    let shell = Shell::open(&cli.global)?;
    match verb {
        #[cfg(feature = "sandbox")]
        Verb::Try(args) => sandbox::attempt(&shell, &args).await,
        #[cfg(not(feature = "sandbox"))]
        Verb::Try(_) => Err(Failure::usage("this build has no sandbox")),
        Verb::Plan(args) => enrich::plan(&shell, &args).await,
        Verb::Enrich(args) => enrich::enrich(&shell, &args).await,
        Verb::Resume(args) => retry::resume(&shell, &args).await,
        Verb::Retry(args) => retry::retry(&shell, &args).await,
        Verb::Why(args) => why::why(&shell, &args).await,
        Verb::Export(args) => runs::export(&shell, &args).await,
        Verb::Runs => runs::list(&shell).await,
        Verb::Errors(args) => runs::errors(&shell, &args).await,
        Verb::Cancel(args) => runs::cancel(&shell, &args).await,
        #[cfg(feature = "sandbox")]
        Verb::Sandbox(args) => sandbox::serve(&shell, &args).await,
        Verb::Worker(args) => worker::worker(&shell, &args).await,
        Verb::Fields { name } => lists::fields(&shell, name.as_deref()),
        Verb::Providers { .. } => lists::providers(&shell).await,
        Verb::Keys { verb } => keys::keys(&shell, verb).await,
        Verb::Webhooks { verb } => webhooks::webhooks(&shell, verb).await,
        Verb::Doctor => doctor::doctor(&shell).await,
        Verb::Spend(args) => runs::spend(&shell, &args).await,
        Verb::Completions { .. } => Ok(Exit::Ok),
    }
}
