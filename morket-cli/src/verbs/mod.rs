//! The verbs.

mod arrive;
mod attend;
mod doctor;
mod enrich;
mod errors;
mod expected;
mod forget;
mod init;
mod keys;
mod lists;
mod lost;
mod man;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod migrate;
mod prepare;
#[cfg(feature = "providers")]
mod probe;
mod progress;
mod retry;
mod reuse;
mod runs;
mod sample;
#[cfg(feature = "sandbox")]
mod sandbox;
mod spend;
mod suppress;
mod trial;
mod vault;
#[cfg(feature = "providers")]
mod vendors;
mod verify;
mod webhooks;
mod why;
mod worker;

use crate::{
    args::{Cli, ProvidersVerb, TryArgs, Verb},
    exit::{Exit, Failure, Outcome},
    shell::Shell,
};
use clap::CommandFactory;

/// Do what was typed.
pub async fn run(cli: Cli) -> Outcome {
    let Some(verb) = cli.verb else {
        let hint = "it fills the empty columns of your list.\n\n  \
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
    if let Verb::Man(args) = &verb {
        return man::man(args);
    }
    let shell = Shell::open(&cli.global)?;
    match verb {
        Verb::Try(TryArgs { file: Some(ref file), ref map, .. }) => {
            trial::attempt(&shell, file, map).await
        }
        #[cfg(feature = "sandbox")]
        Verb::Try(args) => sandbox::attempt(&shell, &args).await,
        #[cfg(not(feature = "sandbox"))]
        Verb::Try(_) => Err(Failure::usage("this build has no sandbox")),
        Verb::Init(args) => init::init(&shell, &args).await,
        Verb::Plan(args) => enrich::plan(&shell, &args).await,
        Verb::Enrich(args) => enrich::enrich(&shell, &args).await,
        Verb::Verify(args) => verify::verify(&shell, &args).await,
        #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
        Verb::Migrate { .. } => Err(Failure::usage("this build has no store to migrate")),
        #[cfg(any(feature = "sqlite", feature = "postgres"))]
        Verb::Migrate { verb } => migrate::migrate(&shell, verb).await,
        Verb::Vault { verb } => vault::vault(&shell, verb).await,
        Verb::Resume(args) => retry::resume(&shell, &args).await,
        Verb::Retry(args) => retry::retry(&shell, &args).await,
        Verb::Why(args) => why::why(&shell, &args).await,
        Verb::Export(args) => runs::export(&shell, &args).await,
        Verb::Runs => runs::list(&shell).await,
        Verb::Errors(args) => errors::errors(&shell, &args).await,
        Verb::Cancel(args) => runs::cancel(&shell, &args).await,
        #[cfg(feature = "sandbox")]
        Verb::Sandbox(args) => sandbox::serve(&shell, &args).await,
        Verb::Worker(args) => worker::worker(&shell, &args).await,
        Verb::Fields { name } => lists::fields(&shell, name.as_deref()),
        Verb::Providers { verb } => providers(&shell, verb).await,
        Verb::Keys { verb } => keys::keys(&shell, verb).await,
        Verb::Suppress { verb } => suppress::suppress(&shell, verb).await,
        Verb::Forget(args) => forget::forget(&shell, &args).await,
        Verb::Webhooks { verb } => webhooks::webhooks(&shell, verb).await,
        Verb::Doctor => doctor::doctor(&shell).await,
        Verb::Spend(args) => spend::spend(&shell, &args).await,
        Verb::Completions { .. } | Verb::Man(_) => Ok(Exit::Ok),
    }
}

async fn providers(shell: &Shell, verb: ProvidersVerb) -> Outcome {
    match verb {
        ProvidersVerb::List => lists::providers(shell).await,
        #[cfg(feature = "providers")]
        ProvidersVerb::Check(args) => vendors::check(shell, &args).await,
        #[cfg(feature = "providers")]
        ProvidersVerb::New(args) => vendors::new(shell, &args),
        #[cfg(not(feature = "providers"))]
        _ => Err(Failure::usage("this build reads no manifests")),
    }
}
