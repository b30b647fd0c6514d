//! People who are to be left alone. A row that names one is never begun. What a vendor, or what is
//! stored, says of others waits until the list was asked about the names in it; then nothing of
//! somebody who stands there is kept.

use super::{Batch, ask::Landed, row::Result as OpResult};
use crate::{
    CallId, Result,
    accept::{Identity, identify},
    engine::{
        event::{Command, Now},
        gates::Gates,
    },
    field::{Catalogue, Kind},
    job::{CallResult, CellStatus, StepOutcome},
    name::ProviderSlug,
    privacy::{
        Fingerprint, Identifier, IdentifierKind, NewSuppression, PrivacyKey, Screening, Source,
    },
    provider::{Answer, Outcome, Parsed, Verdicts},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

/// What a batch knows of the list.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) key: PrivacyKey,
    /// Something stands on the list, so that what is found must be compared with it.
    watches: bool,
    /// What the list said when it was asked; what it was not asked about is not here.
    verdicts: BTreeMap<Fingerprint, bool>,
    /// Somebody was put on the list by this batch: rows that have not begun are looked at again.
    grown: bool,
    /// Answers whose names the list was not asked about yet.
    held: Vec<Held>,
    /// The list was asked and has not answered.
    asking: bool,
    /// The answer that was looked at last: one is looked at when it comes, before it is kept, and
    /// for each of its cells, and to find the names in it is more work than all of that.
    last: Mutex<Option<(Answer, Covering)>>,
}

/// Everything that, on the list, keeps an answer back.
type Covering = Arc<[(Fingerprint, IdentifierKind)]>;

/// An answer that waits for the list.
#[derive(Debug)]
struct Held {
    answer: Waiting,
    /// What the list had not been asked about when it came.
    unasked: BTreeSet<Fingerprint>,
}

#[derive(Debug)]
enum Waiting {
    /// A call's.
    Call(CallId, Parsed),
    /// An ask's, with the key it was stored under: the ask may be gone meanwhile.
    Ask(usize, [u8; 32], Landed),
}

/// How far a name on the list reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// What is open.
    Open,
    /// That, and what was found of the person.
    Person,
    /// That, and what was found of the company.
    All,
}

impl Screen {
    pub(super) fn new(guard: crate::engine::Guard) -> Self {
        let Screening { listed, empty } = guard.screening;
        Self {
            key: guard.key,
            watches: !empty,
            verdicts: listed.into_iter().map(|it| (it, true)).collect(),
            grown: false,
            held: Vec::new(),
            asking: false,
            last: Mutex::default(),
        }
    }

    /// Something waits for the list.
    pub(super) fn is_busy(&self) -> bool {
        self.asking || !self.held.is_empty()
    }

    /// Whether one of these is on the list, as far as it was asked.
    pub(super) fn lists(&self, names: &BTreeSet<Identifier>) -> bool {
        !self.verdicts.is_empty() && self.reach(&self.covering(names)).is_some()
    }

    fn reach(&self, covering: &[(Fingerprint, IdentifierKind)]) -> Option<Reach> {
        let listed = covering.iter().filter(|(it, _)| self.verdicts.get(it) == Some(&true));
        let reach = listed.map(|(_, kind)| match kind {
            IdentifierKind::Domain => Reach::All,
            _ => Reach::Person,
        });
        reach.max()
    }

    fn covering(&self, names: &BTreeSet<Identifier>) -> Covering {
        let all: BTreeSet<Identifier> = names.iter().flat_map(Identifier::covers).collect();
        all.iter().map(|it| (self.key.fingerprint(it), it.kind())).collect()
    }

    fn covering_of(&self, catalogue: &Catalogue, answer: &Answer) -> Covering {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = last.as_ref().filter(|(it, _)| it == answer) {
            return known.clone();
        }
        let found = self.covering(&Identifier::of_answer(catalogue, answer));
        *last = Some((answer.clone(), found.clone()));
        found
    }
}

impl Batch {
    /// Rows that name somebody on the list leave before anything is spent on them.
    pub(super) fn leave_alone(&mut self, row: usize) {
        if self.rows[row].ended || self.screen.verdicts.is_empty() {
            return;
        }
        let covering = self.screen.covering(&self.rows[row].names);
        if self.screen.reach(&covering).is_some() {
            self.withhold(row, Reach::Open);
        }
    }

    /// The same for a row about to start, if the list has grown since.
    pub(super) fn leave_alone_now(&mut self, row: usize) {
        if self.screen.grown {
            self.leave_alone(row);
            self.finish_row(row);
        }
    }

    /// Whether a call that has not left would name somebody who is to be left alone.
    pub(super) fn is_barred(&self, at: usize) -> bool {
        let Some(flying) = self.flying.get(at) else { return false };
        let mut asks = flying.asks.iter().filter_map(|it| self.asks.get(*it));
        flying.task.is_none() && asks.any(|ask| self.rows[ask.row].withheld)
    }

    /// A call does not leave; those of its rows that are nobody's on the list ask again.
    pub(super) fn bar(&mut self, gates: &mut Gates, now: Now, at: usize) {
        let asks = self.flying.get(at).map(|it| it.asks.clone()).unwrap_or_default();
        let rows: BTreeSet<usize> =
            asks.iter().filter_map(|it| self.asks.get(*it)).map(|it| it.row).collect();
        if let Some(flying) = self.flying.get_mut(at) {
            // One that was left ready stands in the store, though this holder has not marked it.
            flying.marked |= flying.attempts > 0 || flying.composition.is_some();
        }
        self.give_up(gates, now, at);
        for row in rows {
            if !self.rows[row].withheld {
                self.advance(gates, now, row);
            }
        }
        self.flush_draft_unless_in_call(now);
    }

    /// Nothing of a row is asked for or kept.
    fn withhold(&mut self, row: usize, reach: Reach) {
        let program = self.program.clone();
        self.rows[row].withheld = true;
        for (at, chain) in program.chains.iter().enumerate() {
            let person = program.field(chain.field).kind == Kind::Person;
            let it = &self.rows[row].cells[at];
            let found = it.ended == Some(CellStatus::Found);
            let due = match found {
                true => reach == Reach::All || (person && reach == Reach::Person),
                false => it.is_open(),
            };
            if !due {
                continue;
            }
            if found {
                self.refund(row, at);
                self.rows[row].known[usize::from(chain.field.0)] = None;
            }
            self.rows[row].cells[at].detail.candidates.clear();
            self.end_cell(row, at, CellStatus::Skipped, Some("suppressed".to_owned()));
        }
    }

    /// A vendor must not answer about this person: nobody is to be asked again.
    pub(super) fn block(&mut self, row: usize, provider: &ProviderSlug) {
        let names = self.rows[row].names.iter();
        let names = names.filter(|it| it.kind() != IdentifierKind::Domain).cloned();
        let found =
            self.program.fields.iter().zip(&self.rows[row].known).filter_map(|(it, value)| {
                (it.kind == Kind::Person).then(|| Identifier::of_value(it.ty, value.as_ref()?))?
            });
        let named = Identifier::named_at(&self.whom(row));
        let names: BTreeSet<Identifier> = names.chain(found).chain(named).collect();
        for name in names {
            let (fingerprint, kind) = (self.screen.key.fingerprint(&name), name.kind());
            let reason = Some(provider.as_str().to_owned()).filter(|it| it.len() <= 64);
            let entry = NewSuppression { fingerprint, kind, source: Source::Provider, reason };
            if !self.draft.suppress.iter().any(|it| it.fingerprint == fingerprint) {
                self.draft.suppress.push(entry);
            }
            self.screen.verdicts.insert(fingerprint, true);
            (self.screen.grown, self.screen.watches) = (true, true);
        }
    }

    /// How far an answer that names somebody on the list reaches.
    fn reach_of(&self, answer: &Answer) -> Option<Reach> {
        if !self.screen.watches {
            return None;
        }
        self.screen.reach(&self.screen.covering_of(&self.program.catalogue, answer))
    }

    /// Whether nothing of an outcome for this row may be kept.
    pub(super) fn is_withheld(&self, row: usize, outcome: &Outcome) -> bool {
        let listed = match outcome {
            Outcome::Answer(answer) => self.reach_of(answer).is_some(),
            _ => false,
        };
        self.rows[row].withheld || listed
    }

    /// An answer about somebody on the list: it is nobody's, or all of the row is withheld.
    pub(super) fn keep_back(
        &mut self,
        row: usize,
        cell: usize,
        result: &OpResult,
        answer: &Answer,
    ) -> bool {
        let Some(reach) = self.reach_of(answer) else { return false };
        let kind = self.program.op(result.op).operation.kind;
        self.rows[row].cells[cell].missed = true;
        self.note_step(row, cell, result.op, Some(result.call), StepOutcome::Rejected);
        // Somebody else was returned by mistake: they are left out, and the row goes on.
        if identify(kind, &self.whom(row), &answer.identity) == Identity::Mismatch {
            self.note_cell(row, cell);
        } else {
            self.withhold(row, reach);
        }
        true
    }

    fn unasked(&self, outcome: &Outcome) -> BTreeSet<Fingerprint> {
        let Outcome::Answer(answer) = outcome else { return BTreeSet::new() };
        if !self.screen.watches {
            return BTreeSet::new();
        }
        let all = self.screen.covering_of(&self.program.catalogue, answer);
        let unasked = all.iter().map(|(it, _)| *it);
        unasked.filter(|it| !self.screen.verdicts.contains_key(it)).collect()
    }

    fn unasked_of(&self, parsed: &Parsed) -> BTreeSet<Fingerprint> {
        match &parsed.verdicts {
            Verdicts::All(outcome) => self.unasked(outcome),
            Verdicts::Each(each) => each.iter().flat_map(|it| self.unasked(it)).collect(),
        }
    }

    /// A call's answer, unless the list must be asked about it first.
    pub(super) fn screened(&mut self, at: usize, parsed: Parsed) -> Option<Parsed> {
        let unasked = self.unasked_of(&parsed);
        if unasked.is_empty() {
            return Some(parsed);
        }
        let call = self.flying.get(at)?.id;
        self.screen.held.push(Held { answer: Waiting::Call(call, parsed), unasked });
        None
    }

    /// An ask's answer that no call of ours brought lands, once the list was asked about it.
    pub(super) fn land_screened(&mut self, gates: &mut Gates, now: Now, ask: usize, it: Landed) {
        let unasked = self.unasked(&it.outcome);
        match self.asks.get(ask).map(|ask| ask.key) {
            Some(key) if !unasked.is_empty() => {
                self.screen.held.push(Held { answer: Waiting::Ask(ask, key, it), unasked });
            }
            _ => self.land(gates, now, ask, it),
        }
    }

    /// Ask the list about everything that waits for it, in one step.
    pub(super) fn ask_the_list(&mut self) {
        if self.screen.held.is_empty() || self.screen.asking {
            return;
        }
        let all = self.screen.held.iter().flat_map(|it| &it.unasked);
        let unasked = all.filter(|it| !self.screen.verdicts.contains_key(it));
        let all: BTreeSet<Fingerprint> = unasked.copied().collect();
        self.screen.asking = true;
        self.commands.push(Command::Screen(all.into_iter().take(crate::privacy::SCREEN).collect()));
    }

    pub(super) fn on_screened(
        &mut self,
        gates: &mut Gates,
        now: Now,
        asked: Vec<Fingerprint>,
        result: Result<Screening>,
    ) {
        self.screen.asking = false;
        let listed = match result {
            Ok(screening) => screening.listed,
            Err(error) => return self.fail(error),
        };
        for it in asked {
            // A legal block may have come since the list was asked: it stays.
            *self.screen.verdicts.entry(it).or_default() |= listed.contains(&it);
        }
        for held in std::mem::take(&mut self.screen.held) {
            match held.answer {
                Waiting::Call(call, parsed) => {
                    if let Some(at) = self.by_call.get(&call).copied() {
                        self.conclude(gates, now, at, parsed);
                    }
                }
                Waiting::Ask(ask, key, landed) => {
                    if self.asks.get(ask).is_some_and(|it| it.key == key && it.flying.is_none()) {
                        self.land_screened(gates, now, ask, landed);
                    }
                }
            }
        }
        self.work(gates, now);
    }

    /// What calls cost whose answers waited for the list when the batch was lost.
    pub fn owed_for_held(&self) -> Vec<CallResult> {
        let held = self.screen.held.iter().filter_map(|it| match &it.answer {
            Waiting::Call(call, parsed) => self.owed(*call, Ok(parsed.clone())),
            Waiting::Ask(..) => None,
        });
        held.collect()
    }
}
