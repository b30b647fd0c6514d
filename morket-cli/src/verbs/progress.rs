//! Progress while a run is attended: one line, as wide as the window.

use crate::{
    console::shown,
    exit::Failure,
    run::{Engine, Halt},
    shell::Shell,
    signal::Ending,
};
use indicatif::{ProgressBar, ProgressStyle};
use morket::{
    JobId, MicroUsd, VendorUnits,
    engine::News,
    job::{ABANDONED, CellStatus, Job, Scope, SpendTotal, SpendUnit},
    name::{FieldName, ProviderSlug},
    plan::Program,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    time::Duration,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How often it is drawn.
const TICK: Duration = Duration::from_millis(300);
/// How often it is looked whether others left what it waits for.
const LOOK: Duration = Duration::from_secs(1);
/// Records are counted so many at a time.
const PIECE: u32 = 1_000;

/// Run it and draw progress meanwhile.
pub(super) async fn watched(
    shell: &Shell,
    engine: &Engine,
    job: JobId,
    wait: Duration,
) -> Result<(Job, Halt), Failure> {
    let (told, news) = unbounded_channel();
    if !shell.console.can_draw() {
        let note = |text: &str| shell.console.note(text);
        return tokio::select! {
            done = engine.attend(job, wait, told) => done,
            never = interrupted(note) => match never {},
            never = hear(news, note) => match never {},
            never = left_by_others(engine, job, note) => match never {},
        };
    }
    let style = ProgressStyle::with_template("{msg}");
    let bar = ProgressBar::new(0).with_style(style.map_err(|it| Failure::error(it.to_string()))?);
    let draw = async {
        let began = engine.morket.clock().monotonic();
        let (mut tally, mut before) = (Tally::default(), None);
        loop {
            // What cannot be read now is drawn the next time.
            if let Ok(job) = engine.job(job).await
                && tally.look(engine, &job).await.is_ok()
            {
                let seconds = engine.morket.clock().monotonic().saturating_sub(began).as_secs();
                // What was done before it was gone on with says nothing of the pace.
                let done = job.counts.done();
                let before = *before.get_or_insert(done);
                bar.set_message(line(&job, &tally, pace(done, before, seconds), width()));
            }
            tokio::time::sleep(TICK).await;
        }
    };
    let note = |text: &str| bar.suspend(|| shell.console.note(text));
    let done = tokio::select! {
        done = engine.attend(job, wait, told) => done,
        () = draw => Err(Failure::error("the progress ended")),
        never = interrupted(note) => match never {},
        never = hear(news, note) => match never {},
        never = left_by_others(engine, job, note) => match never {},
    };
    bar.finish_and_clear();
    done
}

/// Says what is known of a store that is away.
pub(super) fn of_the_store(news: &News) -> Option<String> {
    match news {
        News::Away(why) => Some(format!("The store does not answer; waiting for it. ({why})")),
        News::Back => Some("The store answers again.".to_owned()),
        News::LetGo(..) => None,
    }
}

async fn hear(mut news: UnboundedReceiver<News>, say: impl Fn(&str)) -> Infallible {
    while let Some(it) = news.recv().await {
        if let Some(line) = of_the_store(&it) {
            say(&line);
        }
    }
    std::future::pending().await
}

/// Says, of each once, what runs were interrupted whose questions this one waits for.
async fn left_by_others(engine: &Engine, id: JobId, say: impl Fn(&str)) -> Infallible {
    let mut told = BTreeSet::new();
    loop {
        tokio::time::sleep(LOOK).await;
        // What cannot be read now is looked at the next time.
        let Ok(job) = engine.job(id).await else { continue };
        if !job.waiting.iter().any(|it| it.ends_with(":asked")) {
            continue;
        }
        let Ok(jobs) = engine.newest().await else { continue };
        let Ok(left) = engine.interrupted(&jobs).await else { continue };
        for (run, ago) in left {
            if ago < ABANDONED && run != id && told.insert(run) {
                say(&format!(
                    "Run {run} was interrupted {} s ago, and this one waits for what it had asked: \
                     `morket resume {run}` goes on with it. After a minute such cells end as \
                     ambiguous here, for that run may have paid.",
                    ago.as_secs()
                ));
            }
        }
    }
}

/// Says what the first Ctrl-C does, and what another would.
async fn interrupted(say: impl Fn(&str)) -> Infallible {
    // Where nothing can be heard, nothing is said; the run itself tells.
    if let Ok(mut ending) = Ending::listen()
        && ending.told().await.is_ok()
    {
        say("Ctrl-C: what is in flight comes in, for 30 s at most; another one ends at once.");
    }
    std::future::pending().await
}

/// What was counted so far: a piece of the rows each time, so that no look takes long.
#[derive(Debug, Default)]
struct Tally {
    next: u32,
    /// Cells that were found, by piece and field.
    found: BTreeMap<u32, BTreeMap<FieldName, u64>>,
    fields: Vec<FieldName>,
    spent: Vec<String>,
}

impl Tally {
    async fn look(&mut self, engine: &Engine, job: &Job) -> Result<(), Failure> {
        let program = engine.compile_again(job)?;
        if self.fields.is_empty() {
            let names = program.chains.iter().map(|it| program.field(it.field).name.clone());
            self.fields = names.collect();
        }
        let range = self.next..self.next.saturating_add(PIECE);
        let cells = engine.morket.store().cells(engine.workspace, job.id, range).await?;
        let mut found = BTreeMap::new();
        for cell in cells.into_iter().filter(|it| it.cell.status == CellStatus::Found) {
            *found.entry(cell.cell.field).or_default() += 1;
        }
        self.found.insert(self.next, found);
        self.next += PIECE;
        if self.next >= job.counts.total {
            self.next = 0;
        }
        self.spent = spent(engine, job.id, &program).await?;
        Ok(())
    }

    fn fill(&self, done: u32) -> impl Iterator<Item = String> {
        self.fields.iter().map(move |field| {
            let found: u64 = self.found.values().filter_map(|it| it.get(field)).sum();
            let percent = (found * 100).checked_div(u64::from(done)).unwrap_or(0);
            format!("{field} {}%", percent.min(100))
        })
    }
}

/// Dollars where all prices are known, units by provider where not.
async fn spent(engine: &Engine, job: JobId, program: &Program) -> Result<Vec<String>, Failure> {
    let store = engine.morket.store();
    let total = |provider: Option<ProviderSlug>, unit| SpendTotal {
        scope: Scope::Job,
        job: Some(job),
        provider,
        day: None,
        unit,
    };
    if program.ops.iter().all(|it| it.usd_per_unit.is_some()) {
        let usd = store.spent(engine.workspace, total(None, SpendUnit::Usd)).await?;
        return Ok(vec![format!("{} USD", MicroUsd(usd))]);
    }
    let mut spent = Vec::new();
    for provider in program.ops.iter().map(|it| &it.provider).collect::<BTreeSet<_>>() {
        let total = total(Some(provider.clone()), SpendUnit::Units);
        let units = VendorUnits(store.spent(engine.workspace, total).await?);
        if units != VendorUnits::ZERO {
            spent.push(format!("{units} {provider}"));
        }
    }
    Ok(spent)
}

/// One line: rows, fill, spend, rate, what is left, what waits for whom.
fn line(job: &Job, tally: &Tally, pace: Option<u64>, width: usize) -> String {
    let (done, all) = (job.counts.done(), job.counts.total);
    let mut parts = vec![(0, format!("{done}/{all} rows"))];
    parts.extend(tally.fill(done).map(|it| (3, it)));
    parts.extend(tally.spent.iter().map(|it| (2, it.clone())));
    if let Some(rate) = pace {
        parts.push((5, format!("{rate}/s")));
        parts.push((4, format!("{} s left", u64::from(all - done.min(all)) / rate)));
    }
    if !job.waiting.is_empty() {
        parts.push((1, format!("waits for {}", job.waiting.join(", "))));
    }
    fitted(parts, width)
}

/// Rows in a second, of those that were done since it was begun or gone on with.
fn pace(done: u32, before: u32, seconds: u64) -> Option<u64> {
    let done = u64::from(done.saturating_sub(before));
    done.checked_div(seconds).filter(|it| *it > 0)
}

/// What fits, whole; of what does not, the least important goes first, by its number.
fn fitted(mut parts: Vec<(u8, String)>, width: usize) -> String {
    loop {
        let texts: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
        let line = shown(&texts.join("  "));
        let last = (0..parts.len()).max_by_key(|at| parts[*at].0);
        match last.filter(|_| line.chars().count() > width && parts.len() > 1) {
            Some(last) => drop(parts.remove(last)),
            None => return line.chars().take(width).collect(),
        }
    }
}

/// How many letters fit in a line; the last column is left free, or some terminals wrap.
fn width() -> usize {
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(std::io::stderr());
        if let Ok(size) = size.map(|it| usize::from(it.ws_col)).map_err(drop)
            && size > 0
        {
            return size - 1;
        }
    }
    79
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_done_since_counts_for_the_pace() {
        for (done, before, seconds, expected) in [
            (90, 45, 2, Some(22)),
            (90, 0, 2, Some(45)),
            (45, 45, 9, None),
            (45, 0, 0, None),
            (1, 0, 9, None),
            (0, 4, 1, None),
        ] {
            assert_eq!(pace(done, before, seconds), expected, "{done} {before} {seconds}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_nothing_is_cut() {
        let parts = [
            (0, "45/400 rows"),
            (3, "email 44%"),
            (3, "title 9%"),
            (2, "22 hunter"),
            (5, "9/s"),
            (4, "39 s left"),
            (1, "waits for hunter"),
        ];
        for (width, expected) in [
            (90, "45/400 rows  email 44%  title 9%  22 hunter  9/s  39 s left  waits for hunter"),
            (72, "45/400 rows  email 44%  title 9%  22 hunter  39 s left  waits for hunter"),
            (60, "45/400 rows  email 44%  22 hunter  waits for hunter"),
            (40, "45/400 rows  22 hunter  waits for hunter"),
            (39, "45/400 rows  waits for hunter"),
            (20, "45/400 rows"),
            (4, "45/4"),
        ] {
            let parts = parts.map(|(rank, text)| (rank, text.to_owned())).to_vec();
            assert_eq!(fitted(parts, width), expected, "{width}");
        }
    }
}
