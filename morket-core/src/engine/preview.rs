//! What a plan would take from what is kept, told before anything is asked. Only the first question
//! that each cell can ask now is looked at: what follows depends on the answers.

use super::{
    Guard, entity,
    forecast::{Forecast, Open, Tally, Tried},
    history::History,
    lookup,
};
use crate::{
    Result, Store, Timestamp, WorkspaceId,
    accept::Known,
    job::{BATCH, Entity, LookupAge, LookupRow, Sought},
    plan::{Chain, Existing, FieldIx, OpIx, Program},
    privacy::PrivacyKey,
    provider::Inputs,
};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// The rows with something to find, by what is kept of what they would ask first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reuse {
    /// All of it is kept, and young enough.
    pub reused: u64,
    /// Some of it was never asked.
    pub new: u64,
    /// All of it was asked, and some of it too long ago.
    pub stale: u64,
    /// Nobody can be asked: too little is known of them.
    pub unasked: u64,
    /// Reused rows may go on to ask what is not looked at here: there may be more new ones.
    pub open_ended: bool,
}

/// What somebody would be asked about a row.
struct Question {
    key: [u8; 32],
    op: OpIx,
    fields: Vec<FieldIx>,
    /// Whom it is about, where an answer to another question would do.
    about: Vec<Entity>,
}

/// A row with something to find: what it would ask, and whether it may go on to ask more.
struct Asking<'a> {
    questions: Vec<Question>,
    goes_on: bool,
    whom: Known,
    /// Its open chains, and how their steps stand.
    open: Vec<Open<'a>>,
}

/// What a cell asks first.
struct First {
    op: OpIx,
    inputs: Inputs,
    verifies: bool,
    /// Whether anything may follow.
    later: bool,
}

/// What is kept of everything that some rows would ask.
#[derive(Default)]
struct Kept {
    ages: BTreeMap<[u8; 32], LookupAge>,
    /// Answers to other questions about the same ones, by what is sought.
    akin: BTreeMap<[u8; 32], LookupRow>,
}

/// How a row fares: the dearest of its questions decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fares {
    Reused,
    Stale,
    New,
}

/// Looks ahead, some rows at a time.
pub struct Preview<'a> {
    store: &'a dyn Store,
    workspace: WorkspaceId,
    program: &'a Program,
    realm: Vec<u8>,
    reuse: Reuse,
    history: History,
    tally: Tally,
}

impl fmt::Debug for Preview<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preview").field("reuse", &self.reuse).finish_non_exhaustive()
    }
}

impl<'a> Preview<'a> {
    /// Of this program, in this workspace.
    pub async fn open(
        store: &'a dyn Store,
        workspace: WorkspaceId,
        program: &'a Program,
    ) -> Result<Self> {
        let realm = lookup::realm(&store.workspace(workspace).await?);
        let history = History::read(store, workspace, program).await?;
        let (reuse, tally) = (Reuse::default(), Tally::default());
        Ok(Self { store, workspace, program, realm, reuse, history, tally })
    }

    /// These rows too: the store is asked once for as many as a batch holds.
    pub async fn add(&mut self, now: Timestamp, guard: &Guard, rows: &[Value]) -> Result<()> {
        for rows in rows.chunks(BATCH as usize) {
            let open = rows.iter().filter(|row| !guard.keeps_back(&self.program.catalogue, row));
            let asking: Vec<_> = open.filter_map(|row| self.asking(&guard.key, row)).collect();
            let kept = self.kept(now, &asking).await?;
            asking.iter().for_each(|it| self.count(now, &kept, it));
        }
        Ok(())
    }

    /// What came of all rows.
    pub fn told(&self) -> Reuse {
        self.reuse
    }

    /// What asking about all rows may be expected to come to, by how vendors have fared before.
    pub fn forecast(&self) -> Result<Forecast> {
        self.tally.told(self.program, &self.history)
    }

    async fn kept(&self, now: Timestamp, asking: &[Asking<'_>]) -> Result<Kept> {
        let questions = || asking.iter().flat_map(|it| &it.questions);
        let keys = questions().filter(|it| self.may_reuse(it.op)).map(|it| it.key);
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            return Ok(Kept::default());
        }
        let ages = self.store.lookup_ages(self.workspace, keys).await?;
        let ages: BTreeMap<_, _> = ages.into_iter().map(|it| (it.key, it)).collect();
        let mut kept = Kept { ages, ..Kept::default() };
        let lacking = |it: &&Question| self.own(now, &kept, it).is_none_or(|young| !young);
        let lacking = questions().filter(|it| !it.about.is_empty()).filter(lacking);
        let sought = lacking.map(|it| Sought { key: it.key, about: it.about.clone() });
        let sought: Vec<_> = sought.collect();
        if !sought.is_empty() {
            let found = self.store.recall(self.workspace, sought.clone()).await?;
            let found = sought.iter().zip(found).filter_map(|(it, row)| Some((it.key, row?)));
            kept.akin.extend(found.filter(|(key, row)| row.lookup.key != *key));
        }
        Ok(kept)
    }

    /// Whether what is kept under a question's own key is young enough, if there is anything.
    fn own(&self, now: Timestamp, kept: &Kept, it: &Question) -> Option<bool> {
        let age = kept.ages.get(&it.key)?;
        Some(!age.expired && self.is_young(now, it, age.answered, age.fetched_at))
    }

    fn is_young(&self, now: Timestamp, it: &Question, answered: bool, at: Timestamp) -> bool {
        let (op, fields) = (self.program.op(it.op), it.fields.iter().copied());
        lookup::is_young(self.program, op, fields, answered, now.since(at))
    }

    /// Whether an answer to another question about the same one will do.
    fn akin(&self, now: Timestamp, kept: &Kept, whom: &Known, it: &Question) -> bool {
        let (op, fields) = (self.program.op(it.op), it.fields.iter().copied());
        kept.akin.get(&it.key).is_some_and(|row| {
            self.is_young(now, it, true, row.fetched_at)
                && lookup::outcome(row)
                    .is_some_and(|outcome| entity::serves(self.program, op, fields, &outcome, whom))
        })
    }

    fn may_reuse(&self, op: OpIx) -> bool {
        self.program.use_cache && lookup::is_kept(self.program.op(op))
    }

    fn count(&mut self, now: Timestamp, kept: &Kept, asking: &Asking<'_>) {
        let fares = |it: &Question| match self.own(now, kept, it).filter(|_| self.may_reuse(it.op))
        {
            Some(true) => Fares::Reused,
            _ if self.akin(now, kept, &asking.whom, it) => Fares::Reused,
            Some(false) => Fares::Stale,
            None => Fares::New,
        };
        let fares: Vec<Fares> = asking.questions.iter().map(fares).collect();
        let served = asking.questions.iter().zip(&fares).filter(|(_, it)| **it == Fares::Reused);
        let served: Vec<FieldIx> = served.flat_map(|(it, _)| it.fields.iter().copied()).collect();
        let open = asking.open.iter().map(|it| {
            let kept = served.contains(&it.chain.field);
            Open { kept, ..it.clone() }
        });
        self.tally.add(self.program, &self.history, &open.collect::<Vec<_>>());
        match fares.into_iter().max() {
            None => self.reuse.unasked += 1,
            Some(Fares::New) => self.reuse.new += 1,
            Some(Fares::Stale) => self.reuse.stale += 1,
            Some(Fares::Reused) => {
                self.reuse.reused += 1;
                self.reuse.open_ended |= asking.goes_on;
            }
        }
    }

    /// What a row would ask first, and whether it may go on to ask more; nothing where it has
    /// nothing to find.
    fn asking(&self, secret: &PrivacyKey, row: &Value) -> Option<Asking<'a>> {
        let known = self.program.read(row);
        let open = self.program.open_chains(&known).filter(|it| !it.is_empty())?;
        let value = |name: &str| self.program.value_of(&known, name);
        let (mut questions, mut goes_on) = (Vec::<Question>::new(), false);
        for chain in &open {
            let Some(first) = self.first(chain, &known) else {
                goes_on |= open.len() > 1;
                continue;
            };
            goes_on |= first.later;
            let key = lookup::key(&self.realm, self.program.op(first.op), &first.inputs);
            match questions.iter_mut().find(|it| it.key == key) {
                Some(same) => same.fields.push(chain.field),
                None => {
                    let about = self.about(secret, &first, &value);
                    questions.push(Question {
                        key,
                        op: first.op,
                        fields: vec![chain.field],
                        about,
                    });
                }
            }
        }
        let tried = |op: &OpIx| match lookup::inputs(self.program.op(*op), &value) {
            Some(_) => Tried::Surely,
            None => Tried::Perhaps,
        };
        let open = open.into_iter().map(|chain| {
            let there = known[usize::from(chain.field.0)].is_some();
            let verifies = there && chain.existing == Existing::Verify && chain.verifier.is_some();
            let tried = chain.steps.iter().map(tried).collect();
            Open { chain, tried, verifies, kept: false }
        });
        let open = open.collect();
        Some(Asking { questions, goes_on, whom: lookup::whom(&value), open })
    }

    /// Whom a question is about, where an answer to another one would do.
    fn about<'v>(
        &self,
        secret: &PrivacyKey,
        first: &First,
        known: &dyn Fn(&str) -> Option<&'v Value>,
    ) -> Vec<Entity> {
        match self.may_reuse(first.op) && !first.verifies {
            true => {
                let op = self.program.op(first.op);
                entity::entities(&self.realm, secret, op, &first.inputs, known)
            }
            false => Vec::new(),
        }
    }

    /// What a cell asks first of what is known now, and whether anything may follow.
    fn first(&self, chain: &Chain, known: &[Option<Value>]) -> Option<First> {
        let there = known[usize::from(chain.field.0)].as_ref();
        if let (Some(value), Existing::Verify, Some(by)) = (there, chain.existing, chain.verifier) {
            let inputs = [(self.program.field(chain.field).name.clone(), value.clone())];
            let (inputs, later) = (Inputs(inputs.into()), !chain.steps.is_empty());
            return Some(First { op: by, inputs, verifies: true, later });
        }
        let value = |name: &str| self.program.value_of(known, name);
        let can = |op: &OpIx| Some((*op, lookup::inputs(self.program.op(*op), &value)?));
        let (op, inputs) = chain.steps.iter().find_map(can)?;
        let later = chain.steps.len() > 1 || chain.verifier.is_some();
        Some(First { op, inputs, verifies: false, later })
    }
}
