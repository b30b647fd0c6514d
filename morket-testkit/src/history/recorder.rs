//! What stands between a driver and its batches, and writes down what passes.

use super::{
    FORMAT, KEY, Line, Making,
    form::Form,
    line::{Based, Head, Opened, enter},
};
use morket_core::engine::{Base, Batch, Command, Event, Gates, Now, Opening};
use std::collections::BTreeSet;

/// A history that is being written.
#[derive(Debug)]
pub struct Recorder {
    lines: Vec<String>,
    programs: Vec<Making>,
    batches: BTreeSet<u64>,
}

impl Recorder {
    /// An empty one; `story` says in a few words what it tells.
    pub fn new(story: &str) -> Self {
        let head = Head {
            morket_history: FORMAT,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            story: story.to_owned(),
        };
        let (programs, batches) = Default::default();
        Self { lines: vec![head.write().to_string()], programs, batches }
    }

    /// Take up a batch in the gates of this process, under these names, one for each operation; its
    /// base, if it has one, was made as `before` says.
    ///
    /// # Panics
    /// If its number was used before, or it was not made as `making` says, or fingerprints are made
    /// with another key than [`KEY`]: the one that is there may not be written.
    pub fn open(
        &mut self,
        (process, gates): (u64, &mut Gates),
        (making, names, before): (&Making, Vec<Option<String>>, Option<&Making>),
        now: Now,
        opening: Opening,
    ) -> (Batch, Vec<Command>) {
        let batch = opening.number;
        assert!(self.batches.insert(batch), "batch {batch} was taken up before");
        assert!(opening.guard.key == KEY, "a history's fingerprints are made with the known key");
        assert_eq!(opening.metered, making.metered, "it pays as its program says");
        let program = self.program(making);
        let entered = enter(gates, &opening.program, &names);
        let opening = Opening { gates: entered, ..opening };
        let before = before.map(|it| self.program(it));
        let opened = Box::new(written(opening.clone(), before));
        let (made, commands) = Batch::open(opening, gates, now);
        let line = Line::Open {
            process,
            batch,
            program,
            gates: names,
            at: now,
            opened,
            commands: commands.iter().map(Form::write).collect(),
        };
        self.lines.push(line.text());
        (made, commands)
    }

    /// Tell a batch something.
    pub fn step(
        &mut self,
        number: u64,
        batch: &mut Batch,
        gates: &mut Gates,
        at: Now,
        event: Event,
    ) -> Vec<Command> {
        let told = event.write();
        let commands = batch.step(gates, at, event);
        let written = commands.iter().map(Form::write).collect();
        let line = Line::Step { batch: number, at, event: told, commands: written };
        self.lines.push(line.text());
        commands
    }

    /// The history so far.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    fn program(&mut self, making: &Making) -> usize {
        if let Some(known) = self.programs.iter().position(|it| it == making) {
            return known;
        }
        self.lines.push(Line::Program { making: Box::new(making.clone()) }.text());
        self.programs.push(making.clone());
        self.programs.len() - 1
    }
}

/// Everything of an opening but what a replay has from elsewhere.
fn written(opening: Opening, before: Option<usize>) -> Opened {
    let Opening {
        claimed,
        claimed_at,
        ttl,
        program: _,
        gates: _,
        number: _,
        seed,
        realm,
        metered: _,
        cancelled,
        records,
        cells,
        steps,
        base,
        guard,
        calls,
        waiting,
        tuning,
    } = opening;
    let base = base.map(|it| {
        let Base { job, wanted_at, program: _, records } = it;
        let program = before.expect("what the base's program is made of is told");
        Based { job, wanted_at, program, records: records.into_iter().collect() }
    });
    let screening = guard.screening;
    Opened {
        claimed,
        claimed_at,
        ttl,
        seed,
        realm,
        cancelled,
        records,
        cells,
        steps,
        base,
        screening,
        calls,
        waiting,
        tuning,
    }
}
