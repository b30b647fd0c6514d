//! What a plan would take from what is kept, told before anything is asked. Only the first question
//! that each cell can ask now is looked at: what follows depends on the answers.

use super::{Guard, lookup};
use crate::{
    Result, Store, Timestamp, WorkspaceId,
    job::{BATCH, LookupAge},
    name::FieldName,
    plan::{Chain, Existing, FieldIx, OpIx, Program},
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
        Ok(Self { store, workspace, program, realm, reuse: Reuse::default() })
    }

    /// These rows too: the store is asked once for as many as a batch holds.
    pub async fn add(&mut self, now: Timestamp, guard: &Guard, rows: &[Value]) -> Result<()> {
        for rows in rows.chunks(BATCH as usize) {
            let open = rows.iter().filter(|row| !guard.keeps_back(&self.program.catalogue, row));
            let asked: Vec<_> = open.filter_map(|row| self.questions(row)).collect();
            let ages = self.ages(&asked).await?;
            for (questions, goes_on) in &asked {
                self.count(now, &ages, questions, *goes_on);
            }
        }
        Ok(())
    }

    /// What came of all rows.
    pub fn told(&self) -> Reuse {
        self.reuse
    }

    async fn ages(&self, asked: &[(Vec<Question>, bool)]) -> Result<BTreeMap<[u8; 32], LookupAge>> {
        let questions = asked.iter().flat_map(|(questions, _)| questions);
        let keys: Vec<_> = questions.filter(|it| self.may_reuse(it.op)).map(|it| it.key).collect();
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ages = self.store.lookup_ages(self.workspace, keys).await?;
        Ok(ages.into_iter().map(|it| (it.key, it)).collect())
    }

    fn may_reuse(&self, op: OpIx) -> bool {
        self.program.use_cache && lookup::is_kept(self.program.op(op))
    }

    fn count(
        &mut self,
        now: Timestamp,
        ages: &BTreeMap<[u8; 32], LookupAge>,
        questions: &[Question],
        goes_on: bool,
    ) {
        let fares = |it: &Question| match ages.get(&it.key).filter(|_| self.may_reuse(it.op)) {
            None => Fares::New,
            Some(kept) => {
                let (program, op) = (self.program, self.program.op(it.op));
                let fields = it.fields.iter().copied();
                let age = now.since(kept.fetched_at);
                match !kept.expired && lookup::is_young(program, op, fields, kept.answered, age) {
                    true => Fares::Reused,
                    false => Fares::Stale,
                }
            }
        };
        match questions.iter().map(fares).max() {
            None => self.reuse.unasked += 1,
            Some(Fares::New) => self.reuse.new += 1,
            Some(Fares::Stale) => self.reuse.stale += 1,
            Some(Fares::Reused) => {
                self.reuse.reused += 1;
                self.reuse.open_ended |= goes_on;
            }
        }
    }

    /// What a row would ask first, and whether it may go on to ask more; nothing where it has
    /// nothing to find.
    fn questions(&self, row: &Value) -> Option<(Vec<Question>, bool)> {
        let known = self.program.read(row);
        let open = self.program.open_chains(&known).filter(|it| !it.is_empty())?;
        let (mut questions, mut goes_on) = (Vec::<Question>::new(), false);
        for chain in &open {
            let later = match self.first(chain, &known) {
                None => open.len() > 1,
                Some((op, inputs, later)) => {
                    let key = lookup::key(&self.realm, self.program.op(op), &inputs);
                    match questions.iter_mut().find(|it| it.key == key) {
                        Some(same) => same.fields.push(chain.field),
                        None => questions.push(Question { key, op, fields: vec![chain.field] }),
                    }
                    later
                }
            };
            goes_on |= later;
        }
        Some((questions, goes_on))
    }

    /// What a cell asks first of what is known now, and whether anything may follow.
    fn first(&self, chain: &Chain, known: &[Option<Value>]) -> Option<(OpIx, Inputs, bool)> {
        let there = known[usize::from(chain.field.0)].as_ref();
        if let (Some(value), Existing::Verify, Some(by)) = (there, chain.existing, chain.verifier) {
            let inputs = [(self.program.field(chain.field).name.clone(), value.clone())];
            return Some((by, Inputs(inputs.into()), !chain.steps.is_empty()));
        }
        let value = |name: &FieldName| {
            self.program.field_named(name).and_then(|ix| known[usize::from(ix.0)].as_ref())
        };
        let can = |op: &OpIx| Some((*op, lookup::inputs(self.program.op(*op), &value)?));
        let (op, inputs) = chain.steps.iter().find_map(can)?;
        Some((op, inputs, chain.steps.len() > 1 || chain.verifier.is_some()))
    }
}
