//! `worker`: runs what is queued.

use crate::{
    args::WorkerArgs,
    exit::{Exit, Outcome},
    shell::Shell,
};
use morket::engine::Stop;
use std::time::Duration;

/// How long the first signal lets what is in flight come in.
const DRAIN: Duration = Duration::from_secs(30);

pub(super) async fn worker(shell: &Shell, args: &WorkerArgs) -> Outcome {
    let engine = shell.engine().await?;
    shell.expire(&engine).await?;
    let stop = Stop::default();
    shell.console.note("Working; Ctrl-C ends it.");
    let work = engine.work(args.attended, &stop);
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
