//! `worker`: runs what is queued, and tells endpoints what happened.

use crate::{
    args::WorkerArgs,
    exit::{Exit, Outcome},
    run::Engine,
    shell::Shell,
};
use morket::{Result, engine::Stop, webhook::Courier};
use std::{sync::Arc, time::Duration};

/// How long the first signal lets what is in flight come in.
const DRAIN: Duration = Duration::from_secs(30);

pub(super) async fn worker(shell: &Shell, args: &WorkerArgs) -> Outcome {
    let engine = shell.engine().await?;
    shell.expire(&engine).await?;
    let stop = Stop::default();
    shell.console.note("Working; Ctrl-C ends it.");
    let courier = courier(shell, &engine);
    let work = async {
        let (worked, carried) =
            tokio::join!(engine.work(args.attended, &stop), deliver(courier.as_ref(), &stop));
        worked.and(carried)
    };
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done?,
        pressed = tokio::signal::ctrl_c() => pressed?,
    }
    stop.drain();
    tokio::select! {
        done = &mut work => { done?; Ok(Exit::Ok) }
        pressed = tokio::signal::ctrl_c() => { pressed?; Ok(Exit::Interrupted) }
        () = tokio::time::sleep(DRAIN) => Ok(Exit::Interrupted),
    }
}

/// What tells endpoints; none where there is no master key to open their secrets with.
fn courier(shell: &Shell, engine: &Engine) -> Option<Courier> {
    match shell.keys.ring() {
        Ok(ring) => Some(engine.morket.courier(Arc::new(engine.morket.vault(ring)))),
        Err(error) => {
            shell.console.say(&format!("Webhooks are not sent: {}", error.message()));
            None
        }
    }
}

/// Tell endpoints what happened. Jobs do not go on without it: whoever waits to be told would wait
/// for ever and not know why.
async fn deliver(courier: Option<&Courier>, stop: &Stop) -> Result<()> {
    let Some(courier) = courier else { return Ok(()) };
    let carried = courier.run(stop).await;
    if carried.is_err() {
        stop.drain();
    }
    carried.map(drop)
}
