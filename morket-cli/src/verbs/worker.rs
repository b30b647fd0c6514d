//! `worker`: runs what is queued, and tells endpoints what happened.

use super::{arrive, progress::of_the_store};
use crate::{
    args::WorkerArgs,
    console::count,
    exit::{Exit, Failure, Outcome},
    run::Engine,
    shell::Shell,
    signal::Ending,
    summary::Summary,
};
use morket::{
    Error, Result,
    engine::{News, Stop},
    job::Job,
    webhook::Courier,
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How long the first signal lets what is in flight come in.
const DRAIN: Duration = Duration::from_secs(30);

pub(super) async fn worker(shell: &Shell, args: &WorkerArgs) -> Outcome {
    let mut ending = Ending::listen()?;
    let Some(engine) = arrive::engine(shell, &mut ending).await? else { return Ok(Exit::Ok) };
    shell.expire(&engine).await?;
    let stop = Stop::default();
    shell.console.note("Working; Ctrl-C ends it.");
    let courier = courier(shell, &engine).await;
    let work = async {
        let (told, news) = unbounded_channel();
        let (worked, carried, said) = tokio::join!(
            engine.work(args.attended, &stop, told),
            deliver(courier.as_ref(), &stop),
            tell(shell, &engine, news, &stop),
        );
        worked.and(carried)?;
        said
    };
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done?,
        pressed = ending.told() => pressed?,
    }
    stop.drain();
    tokio::select! {
        done = &mut work => { done?; Ok(Exit::Ok) }
        pressed = ending.told() => { pressed?; Ok(Exit::Interrupted) }
        () = tokio::time::sleep(DRAIN) => Ok(Exit::Interrupted),
    }
}

/// A line for each job that has ended here: what `enrich --json` ends with, or a sentence.
async fn tell(
    shell: &Shell,
    engine: &Engine,
    mut news: UnboundedReceiver<News>,
    stop: &Stop,
) -> std::result::Result<(), Failure> {
    let (mut told, mut due) = (BTreeSet::new(), Vec::new());
    while let Some(it) = news.recv().await {
        if let Some(line) = of_the_store(&it) {
            shell.console.note(&line);
        }
        due.extend(match it {
            News::LetGo(workspace, id) => Some((workspace, id)),
            _ => None,
        });
        for (workspace, id) in std::mem::take(&mut due) {
            let job = match engine.morket.store().job(workspace, id).await {
                Ok(job) => job,
                // Looked at again when there is more to say: that the store is back, at the least.
                Err(error) if error.kind().is_away() => {
                    due.push((workspace, id));
                    continue;
                }
                // Its workspace may be gone, and the others go on.
                Err(error) => {
                    shell.console.say(&format!("{id}: {}", error.message()));
                    continue;
                }
            };
            // Two batches that end at once both find their job ended.
            if !job.state.is_terminal() || !told.insert(id) {
                continue;
            }
            if let Err(failure) = ended(shell, engine, job).await {
                // Nobody listens: what is under way comes in, and nothing is begun.
                stop.drain();
                return Err(failure);
            }
        }
    }
    Ok(())
}

async fn ended(shell: &Shell, engine: &Engine, job: Job) -> std::result::Result<(), Failure> {
    if shell.console.json {
        return shell.console.data(&line(engine, job).await?);
    }
    let (state, rows) = (job.state.as_str(), count(job.counts.total.into(), "row"));
    shell.console.note(&format!("{} is {state}, {rows}.", job.id));
    Ok(())
}

async fn line(engine: &Engine, job: Job) -> std::result::Result<String, Failure> {
    let begun = job.started_at.unwrap_or(job.created_at);
    let seconds = job.finished_at.map_or(0, |end| end.since(begun).as_secs());
    Summary::of(&engine.within(job.workspace), job).await?.line(seconds)
}

/// What tells endpoints; none where there is no master key to open their secrets with.
async fn courier(shell: &Shell, engine: &Engine) -> Option<Courier> {
    let (console, said) = (shell.console, AtomicBool::new(false));
    let told = move |error: &Error| {
        if !said.swap(true, Ordering::Relaxed) {
            console.say(&format!("Webhooks are not signed: {}", error.message()));
        }
    };
    match shell.keys.opening_vault(&engine.morket, engine.workspace, told).await {
        Ok(vault) => Some(engine.morket.courier(Arc::new(vault))),
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
