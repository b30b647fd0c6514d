//! A worker that begins while its store is away waits for it, as one that runs does.

use super::progress::of_the_store;
use crate::{
    exit::Failure,
    run::{self, Engine},
    shell::Shell,
    signal::Ending,
};
use morket::engine::News;
use std::{cell::RefCell, convert::Infallible, time::Duration};
use tokio::time::{Instant, interval_at, sleep};

/// How long opening may take before a word is said, and how often one is said from then on.
const SAID: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));

/// How long it is left alone once it could not be reached.
const AGAIN: Duration = Duration::from_secs(2);

/// What is known of a store that is away.
#[derive(Default)]
struct Away {
    why: Option<String>,
    said: bool,
}

/// The engine over the configured store, once that answers; nothing where whoever waited ended it.
/// What waiting does not mend is an error at once. Only a server may be away: a file is there.
pub(super) async fn engine(shell: &Shell, ending: &mut Ending) -> Result<Option<Engine>, Failure> {
    if !run::is_url(&shell.config.store.value) {
        return shell.engine().await.map(Some);
    }
    shell.tell_broken();
    let away = RefCell::default();
    let opened = tokio::select! {
        opened = open(shell, &away) => opened?,
        pressed = ending.told() => { pressed?; return Ok(None) }
        never = say(shell, &away) => match never {},
    };
    if away.borrow().said {
        of_the_store(&News::Back).iter().for_each(|it| shell.console.note(it));
    }
    Ok(Some(opened))
}

async fn open(shell: &Shell, away: &RefCell<Away>) -> Result<Engine, Failure> {
    loop {
        match shell.open_engine().await {
            Err(error) if error.kind().is_away() => {
                away.borrow_mut().why = Some(error.message().to_owned());
            }
            opened => return Ok(opened?),
        }
        sleep(AGAIN).await;
    }
}

async fn say(shell: &Shell, away: &RefCell<Away>) -> Infallible {
    let mut due = interval_at(Instant::now() + SAID.0, SAID.1);
    loop {
        due.tick().await;
        let mut away = away.borrow_mut();
        away.said = true;
        let why = away.why.as_deref().unwrap_or("no answer yet; Ctrl-C ends this");
        of_the_store(&News::Away(why.to_owned())).iter().for_each(|it| shell.console.note(it));
    }
}
