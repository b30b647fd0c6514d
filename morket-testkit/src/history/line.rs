//! The lines of a history.

use super::{
    Making,
    form::{Fields, Form, Read},
};
use morket_core::{
    JobId, Timestamp,
    engine::{BaseRecord, GateIx, Gates, Now, Tuning, Waiting},
    job::{Call, CellRow, Claimed, Record, StepRow},
    plan::Program,
    privacy::Screening,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// The number of the written form. It is raised when an older reader would misunderstand.
pub const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) morket_history: u32,
    pub(super) release: String,
    pub(super) story: String,
}

/// A line that is not the first.
#[derive(Debug)]
pub enum Line {
    /// What programs are made of, in the order of their numbers, from 0.
    Program {
        /// What it is made of.
        making: Box<Making>,
    },
    /// A batch is taken up.
    Open {
        /// By which process.
        process: u64,
        /// The batch's number in the history.
        batch: u64,
        /// The number of its program.
        program: usize,
        /// For each operation, the name of its gate.
        gates: Vec<Option<String>>,
        /// When.
        at: Now,
        /// With what.
        opened: Box<Opened>,
        /// What it commands.
        commands: Vec<Value>,
    },
    /// A batch is told something.
    Step {
        /// Which batch.
        batch: u64,
        /// When.
        at: Now,
        /// What.
        event: Value,
        /// What it commands.
        commands: Vec<Value>,
    },
}

/// What a batch is taken up with, its program, gates and key aside.
#[derive(Debug)]
pub struct Opened {
    pub(super) claimed: Claimed,
    pub(super) claimed_at: Duration,
    pub(super) ttl: Duration,
    pub(super) seed: [u8; 16],
    pub(super) realm: Vec<u8>,
    pub(super) cancelled: bool,
    pub(super) records: Vec<Record>,
    pub(super) cells: Vec<CellRow>,
    pub(super) steps: Vec<StepRow>,
    pub(super) base: Option<Based>,
    pub(super) screening: Screening,
    pub(super) calls: Vec<Call>,
    pub(super) waiting: Waiting,
    pub(super) tuning: Tuning,
}

/// What the base of a job holds of a batch's records.
#[derive(Debug)]
pub(super) struct Based {
    pub(super) job: JobId,
    pub(super) wanted_at: Timestamp,
    /// The number of its program.
    pub(super) program: usize,
    pub(super) records: Vec<(u32, Arc<BaseRecord>)>,
}

fields! {
    Head { morket_history, release, story }
    Opened {
        claimed, claimed_at, ttl, seed, realm, cancelled, records, cells, steps, base, screening,
        calls, waiting, tuning,
    }
    Based { job, wanted_at, program, records }
    BaseRecord { input, cells, steps }
}

choices! {
    Line {
        Program { making },
        Open { process, batch, program, gates, at, opened, commands },
        Step { batch, at, event, commands },
    }
}

impl Form for [u8; 16] {
    fn write(&self) -> Value {
        self.to_vec().write()
    }

    fn read(value: Value) -> Read<Self> {
        let bytes = Vec::<u8>::read(value)?;
        bytes.try_into().map_err(|_| "it is not 16 bytes".to_owned())
    }
}

impl Head {
    /// Read the first line, whatever else a later form has in it.
    pub(super) fn of(text: &str) -> Read<Self> {
        let value: Value = serde_json::from_str(text).map_err(|it| it.to_string())?;
        match Fields::of(value.clone())?.take::<u32>("morket_history")? {
            FORMAT => Self::read(value),
            other => Err(format!("it is of form {other}, this release reads form {FORMAT}")),
        }
    }
}

impl Line {
    /// Read a line.
    pub(super) fn of(text: &str) -> Read<Self> {
        Self::read(serde_json::from_str(text).map_err(|it| it.to_string())?)
    }

    /// As it stands in a file.
    pub(super) fn text(&self) -> String {
        self.write().to_string()
    }
}

/// The gates of a program's operations, by their names.
pub(super) fn enter(
    gates: &mut Gates,
    program: &Program,
    names: &[Option<String>],
) -> Vec<Option<GateIx>> {
    let each = program.ops.iter().zip(names);
    each.map(|(op, name)| Some(gates.enter(name.as_deref()?, &op.operation))).collect()
}
