//! Telling a history to the batches of this build, and comparing what they command.

use super::{
    KEY, Line,
    form::{Form, Read},
    line::{Based, Head, Opened, enter},
};
use morket_core::{
    engine::{Base, Batch, Command, Event, Gates, Guard, Now, Opening, Told},
    plan::Program,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// A history that was replayed to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// What it tells.
    pub story: String,
    /// Which release recorded it.
    pub release: String,
    /// How many batches were taken up.
    pub batches: usize,
    /// How many events they were told.
    pub steps: usize,
    /// How many commands they gave.
    pub commands: usize,
}

/// Where a replay stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The line of the history, from 1.
    pub line: usize,
    /// What happened there.
    pub what: String,
    /// The place within the commands, as a JSON pointer.
    pub place: String,
    /// What the history has there.
    pub expected: String,
    /// What this build has there.
    pub came: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, what, place, expected, came } = self;
        write!(f, "line {line}: {what}")?;
        if !place.is_empty() {
            write!(f, "\n  at       {place}")?;
        }
        write!(f, "\n  expected {expected}\n  came     {came}")
    }
}

/// What stops a replay at a line.
type Stop = Box<(String, Difference)>;

/// A place, what was expected there, and what came.
type Difference = (String, String, String);

/// Replay a history.
pub fn replay(text: &str) -> Result<Replayed, Divergence> {
    let mut stage = Stage::default();
    // What has no line at all has an empty first one.
    let lines = text.lines().chain(text.is_empty().then_some(""));
    for (at, line) in lines.enumerate() {
        let told = match at {
            0 => stage.head(line).map_err(unreadable),
            _ => Line::of(line).map_err(unreadable).and_then(|it| stage.tell(it)),
        };
        told.map_err(|stop| {
            let (what, (place, expected, came)) = *stop;
            Divergence { line: at + 1, what, place, expected, came }
        })?;
    }
    Ok(stage.replayed)
}

fn unreadable(why: String) -> Stop {
    let expected = "a line that this release knows".to_owned();
    Box::new(("it cannot be read".to_owned(), (String::new(), expected, why)))
}

#[derive(Default)]
struct Stage {
    replayed: Replayed,
    programs: Vec<(Arc<Program>, bool)>,
    processes: BTreeMap<u64, Gates>,
    batches: BTreeMap<u64, (u64, Batch)>,
    /// What batches told each other, by batch and ask, until the history says that it was heard.
    told: BTreeMap<(u64, usize), VecDeque<Told>>,
}

impl Stage {
    fn head(&mut self, line: &str) -> Read<()> {
        let Head { morket_history: _, release, story } = Head::of(line)?;
        (self.replayed.release, self.replayed.story) = (release, story);
        Ok(())
    }

    fn tell(&mut self, line: Line) -> Result<(), Stop> {
        match line {
            Line::Program { making } => {
                let program = making.compile().map_err(|it| unreadable(it.to_string()))?;
                self.programs.push((Arc::new(program), making.metered));
                Ok(())
            }
            Line::Open { process, batch, program, gates, at, opened, commands } => {
                let what = format!("batch {batch} is taken up");
                let come = self.open((process, batch, program), &gates, at, *opened);
                self.compare(&what, &commands, come.map_err(unreadable)?)
            }
            Line::Step { batch, at, event, commands } => {
                let what = format!("batch {batch} is told {} at {:?}", name(&event), at.mono);
                let come = self.step(batch, at, event).map_err(unreadable)?;
                self.compare(&what, &commands, come)
            }
        }
    }

    fn open(
        &mut self,
        (process, number, program): (u64, u64, usize),
        names: &[Option<String>],
        at: Now,
        mut opened: Opened,
    ) -> Read<Vec<Command>> {
        let base = opened.base.take().map(|it| self.base(it)).transpose()?;
        let (program, metered) = self.program(program)?;
        let cooldown = opened.tuning.cooldown;
        let gates = self.processes.entry(process).or_insert_with(|| Gates::new(cooldown));
        let entered = enter(gates, &program, names);
        let Opened { claimed, claimed_at, ttl, seed, realm, cancelled, records, .. } = opened;
        let Opened { cells, steps, screening, calls, waiting, tuning, .. } = opened;
        let opening = Opening {
            claimed,
            claimed_at,
            ttl,
            program,
            gates: entered,
            number,
            seed,
            realm,
            metered,
            cancelled,
            records,
            cells,
            steps,
            base,
            guard: Guard { key: KEY, screening },
            calls,
            waiting,
            tuning,
        };
        let open = AssertUnwindSafe(|| Batch::open(opening, gates, at));
        let (batch, commands) = catch_unwind(open).map_err(|_| "it panics".to_owned())?;
        self.batches.insert(number, (process, batch));
        self.replayed.batches += 1;
        Ok(commands)
    }

    fn program(&self, number: usize) -> Read<(Arc<Program>, bool)> {
        let made = self.programs.get(number).cloned();
        made.ok_or_else(|| format!("there is no program {number}"))
    }

    fn base(&self, written: Based) -> Read<Base> {
        let Based { job, wanted_at, program, records } = written;
        let (program, _) = self.program(program)?;
        Ok(Base { job, wanted_at, program, records: records.into_iter().collect() })
    }

    fn step(&mut self, number: u64, at: Now, written: Value) -> Read<Vec<Command>> {
        let event = self.event(number, written)?;
        let Some((process, batch)) = self.batches.get_mut(&number) else {
            return Err(format!("batch {number} was not taken up"));
        };
        let gates = self.processes.entry(*process).or_default();
        let step = AssertUnwindSafe(|| batch.step(gates, at, event));
        self.replayed.steps += 1;
        catch_unwind(step).map_err(|_| "it panics".to_owned())
    }

    /// The event, which must be the whole of what was written.
    fn event(&mut self, number: u64, written: Value) -> Read<Event> {
        let event = match written.get("Told") {
            Some(told) => {
                let ask = told.get("ask").cloned().unwrap_or_default();
                let ask = usize::read(ask).map_err(|it| format!("ask: {it}"))?;
                let told = self.told.get_mut(&(number, ask)).and_then(VecDeque::pop_front);
                Event::Told(ask, told.ok_or("nobody told it this")?)
            }
            None => Event::read(written.clone())?,
        };
        match first_difference(&written, &event.write()) {
            None => Ok(event),
            Some((place, was, is)) => Err(format!("{place} is {was}, and was read as {is}")),
        }
    }

    fn compare(&mut self, what: &str, expected: &[Value], came: Vec<Command>) -> Result<(), Stop> {
        let written: Vec<Value> = came.iter().map(Form::write).collect();
        self.replayed.commands += came.len();
        for command in came {
            if let Command::Tell(waiter, told) = command {
                self.told.entry((waiter.batch, waiter.ask)).or_default().push_back(told);
            }
        }
        match first_difference(&expected.to_vec().into(), &written.into()) {
            None => Ok(()),
            Some(difference) => {
                Err(Box::new((format!("{what}, and commands something else"), difference)))
            }
        }
    }
}

fn name(event: &Value) -> &str {
    let one = event.as_object().and_then(|it| it.keys().next());
    event.as_str().or(one.map(String::as_str)).unwrap_or("nothing")
}

/// The first place in which two values differ.
fn first_difference(expected: &Value, came: &Value) -> Option<Difference> {
    let within = |key: &str, one: Option<&Value>, other: Option<&Value>| match (one, other) {
        (Some(one), Some(other)) => first_difference(one, other)
            .map(|(place, expected, came)| (format!("/{key}{place}"), expected, came)),
        (one, other) => Some((format!("/{key}"), shown(one), shown(other))),
    };
    match (expected, came) {
        (Value::Object(one), Value::Object(other)) => {
            let mut keys: Vec<&String> = one.keys().chain(other.keys()).collect();
            keys.sort();
            keys.dedup();
            keys.into_iter().find_map(|key| match (one.get(key), other.get(key)) {
                (None, None) => None,
                (one, other) => within(key, one, other),
            })
        }
        (Value::Array(one), Value::Array(other)) => (0..one.len().max(other.len()))
            .find_map(|at| within(&at.to_string(), one.get(at), other.get(at))),
        (one, other) if one == other => None,
        (one, other) => Some((String::new(), shown(Some(one)), shown(Some(other)))),
    }
}

/// A value in not too many words.
fn shown(value: Option<&Value>) -> String {
    let text = value.map_or("nothing".to_owned(), Value::to_string);
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}
