//! Erasing: first all that names the person is found, then all of it goes.

use super::{MemoryStore, State, not_found};
use crate::{
    CallId, ErasureId, Error, JobId, Result, Timestamp, WorkspaceId,
    audit::NewAudit,
    job::CellWrite,
    page::{Cursor, Limit, Page},
    privacy::{
        Added, Cause, Erased, Erasure, ErasureStore, Expiry, Named, OwnAnswers, Receipt, Search,
        erased_cell, erased_composition, erased_payload, known_values, named, without,
    },
};
use async_trait::async_trait;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};
use uuid::Uuid;

/// Records by their place.
type Places = BTreeSet<(JobId, u32)>;

impl State {
    fn forget(
        &mut self,
        workspace: WorkspaceId,
        erasure: Erasure,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<Receipt> {
        let tenant = self.tenant("erasure.forget", workspace)?;
        if let Some(receipt) = tenant.privacy.receipts.get(&erasure.id) {
            return Ok(*receipt);
        }
        let search = Search::new(&erasure.names);
        let (about, by_mistake) = self.places(workspace, &search);
        self.refuse_running(workspace, about.iter().chain(&by_mistake), now)?;
        let mut erased = Erased::default();
        let own = self.own_answers(workspace, &search, &about);
        let mut calls = self.erase_calls(workspace, Some(&search), &about, &mut erased);
        calls.extend(self.erase_records(workspace, &about, &mut erased));
        self.erase_mistakes(workspace, &search, &by_mistake, &mut erased);
        self.erase_lookups(workspace, &mut erased, |key, answer, call| {
            own.holds(key, call) || answer.is_some_and(|it| search.is_in(it))
        });
        erased.events += self.outbox.redact(workspace, &search);
        erased.events += self.deliveries.redact(workspace, &search);
        let tenant = self.tenant_mut("erasure.forget", workspace)?;
        // A flight's key is a hash of what was asked.
        tenant.flights.retain(|_, call| !calls.contains(call));
        for line in tenant.activity.iter_mut().filter(|it| search.is_in(&it.activity.detail)) {
            line.activity.detail = erased_payload();
            erased.events += 1;
        }
        let added = tenant.privacy.add(erasure.suppress, now);
        erased.suppressed = count(added.iter().filter(|it| **it == Added::Added));
        let (cause, subject) = (Cause::Forgotten, Some(erasure.subject));
        let receipt = Receipt { id: erasure.id, cause, subject, erased, at: now };
        tenant.privacy.receipts.insert(erasure.id, receipt);
        tenant.note(audit, now);
        Ok(receipt)
    }

    /// The records that are about somebody, and those that name them by mistake.
    fn places(&self, workspace: WorkspaceId, search: &Search) -> (Places, Places) {
        let (mut about, mut by_mistake) = (Places::new(), Places::new());
        let mine = self.jobs.iter().filter(|((owner, _), _)| *owner == workspace);
        for ((_, job), row) in mine {
            for (index, record) in (0..).zip(&row.records) {
                let cells = record.cells.values().map(|it| &it.cell);
                let cells = cells.map(|it| named(search, it.value.as_ref(), it.detail.as_ref()));
                let how = match search.is_in(&record.input) {
                    true => Named::Yes,
                    false => cells.max().unwrap_or(Named::No),
                };
                match how {
                    Named::Yes => drop(about.insert((*job, index))),
                    Named::ByMistake => drop(by_mistake.insert((*job, index))),
                    Named::No => {}
                }
            }
        }
        let calls = self.calls.iter().filter(|((owner, _), _)| *owner == workspace);
        for (_, row) in calls {
            let composition = read(&row.call.composition);
            let named = erased_composition(Some(search), &composition, &|_| false);
            let records = named.into_iter().flat_map(|it| it.1);
            about.extend(records.map(|index| (row.batch.job, index)));
        }
        (about, by_mistake)
    }

    /// Nobody may be working with what is about to go.
    fn refuse_running<'a>(
        &self,
        workspace: WorkspaceId,
        places: impl Iterator<Item = &'a (JobId, u32)>,
        now: Timestamp,
    ) -> Result<()> {
        for (job, _) in places {
            let row = self.jobs.get(&(workspace, *job));
            if row.is_some_and(|it| it.is_sealed() && !it.job.state.is_terminal()) {
                return Err(Erasure::still_running(*job));
            }
        }
        let mine = self.jobs.iter().filter(|((owner, _), _)| *owner == workspace);
        for ((_, job), row) in mine {
            if row.batches.iter().any(|it| it.is_leased(now)) {
                return Err(Erasure::still_leased(*job));
            }
        }
        Ok(())
    }

    /// The stored answers to what was asked about these records.
    fn own_answers(&self, workspace: WorkspaceId, search: &Search, places: &Places) -> OwnAnswers {
        let mut given: BTreeMap<CallId, Vec<_>> = BTreeMap::new();
        for (job, index) in places {
            let Some(row) = self.jobs.get(&(workspace, *job)) else { continue };
            let Some(record) = row.records.get(*index as usize) else { continue };
            let cells = record.cells.values().filter_map(|it| it.cell.value.as_ref());
            let known = known_values(&record.input, cells);
            for call in record.steps.values().filter_map(|it| it.step.call) {
                given.entry(call).or_default().push(known.clone());
            }
        }
        let mut own = OwnAnswers::default();
        for ((_, id), row) in self.calls.iter().filter(|((owner, _), _)| *owner == workspace) {
            let here = |index| places.contains(&(row.batch.job, index));
            let composition = read(&row.call.composition);
            let given = given.remove(id).unwrap_or_default();
            let asked = || erased_composition(Some(search), &composition, &here).is_some();
            if !given.is_empty() || asked() {
                own.add(*id, &composition, search, &here, &given);
            }
        }
        own
    }

    /// What calls were made of goes; which calls that were.
    fn erase_calls(
        &mut self,
        workspace: WorkspaceId,
        search: Option<&Search>,
        places: &Places,
        erased: &mut Erased,
    ) -> BTreeSet<CallId> {
        let mut gone = BTreeSet::new();
        for ((owner, id), row) in &mut self.calls {
            if *owner != workspace {
                continue;
            }
            let job = row.batch.job;
            let here = |index| places.contains(&(job, index));
            let composition = read(&row.call.composition);
            let Some((left, _)) = erased_composition(search, &composition, &here) else {
                continue;
            };
            gone.insert(*id);
            if left != composition {
                row.call.composition = left.to_string().into();
                row.call.task = None;
                erased.calls += 1;
            }
        }
        gone
    }

    /// Inputs, values and candidates go; the calls that brought them, this job's or another's.
    fn erase_records(
        &mut self,
        workspace: WorkspaceId,
        places: &Places,
        erased: &mut Erased,
    ) -> BTreeSet<CallId> {
        let mut calls = BTreeSet::new();
        for (job, index) in places {
            let Some(row) = self.jobs.get_mut(&(workspace, *job)) else { continue };
            let Some(record) = row.records.get_mut(*index as usize) else { continue };
            calls.extend(record.steps.values().filter_map(|it| it.step.call));
            erased.records += u32::from(record.input != Value::Null);
            record.input = Value::Null;
            for cell in record.cells.values_mut().filter(|it| holds(&it.cell)) {
                cell.cell = erased_cell(&cell.cell);
                erased.cells += 1;
            }
        }
        calls
    }

    fn erase_mistakes(
        &mut self,
        workspace: WorkspaceId,
        search: &Search,
        places: &Places,
        erased: &mut Erased,
    ) {
        for (job, index) in places {
            let Some(row) = self.jobs.get_mut(&(workspace, *job)) else { continue };
            let Some(record) = row.records.get_mut(*index as usize) else { continue };
            for cell in record.cells.values_mut() {
                let Some(detail) = cell.cell.detail.as_ref().filter(|it| search.is_in(it)) else {
                    continue;
                };
                cell.cell.detail = without(search, detail);
                erased.cells += 1;
            }
        }
    }

    fn erase_lookups(
        &mut self,
        workspace: WorkspaceId,
        erased: &mut Erased,
        due: impl Fn(&[u8], Option<&Value>, CallId) -> bool,
    ) {
        let Some(tenant) = self.tenants.get_mut(&workspace) else { return };
        let before = tenant.lookups.len();
        tenant.lookups.retain(|key, it| !due(key, it.lookup.answer.as_ref(), it.lookup.call));
        erased.lookups += u32::try_from(before - tenant.lookups.len()).unwrap_or(u32::MAX);
        tenant.entities.retain(|key| tenant.lookups.contains_key(key));
    }

    fn expire(
        &mut self,
        workspace: WorkspaceId,
        Expiry { id, before, limit }: Expiry,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<Receipt> {
        let limit = limit as usize;
        self.tenant("erasure.expire", workspace)?;
        let over: BTreeSet<JobId> = self
            .jobs
            .iter()
            .filter(|((owner, _), row)| {
                *owner == workspace && row.job.finished_at.is_some_and(|at| at < before)
            })
            .map(|((_, job), _)| *job)
            .collect();
        let mut erased = Erased::default();
        let due =
            over.iter().filter_map(|job| self.jobs.get(&(workspace, *job)).map(|it| (job, it)));
        let due = due.flat_map(|(job, row)| (0..).zip(&row.records).map(move |it| (*job, it)));
        let due = due.filter(|(_, (_, it))| it.input != Value::Null);
        let places: Places = due.map(|(job, (index, _))| (job, index)).take(limit).collect();
        self.erase_records(workspace, &places, &mut erased);
        let nothing: Arc<str> = "[]".into();
        let calls = self.calls.iter_mut().filter(|((owner, _), row)| {
            *owner == workspace && over.contains(&row.batch.job) && row.call.composition != nothing
        });
        let mut gone = BTreeSet::new();
        for ((_, id), row) in calls.take(limit) {
            (row.call.composition, row.call.task) = (nothing.clone(), None);
            erased.calls += 1;
            gone.insert(*id);
        }
        let tenant = self.tenant_mut("erasure.expire", workspace)?;
        tenant.flights.retain(|_, call| !gone.contains(call));
        let old = tenant.lookups.iter().filter(|(_, it)| it.fetched_at < before);
        let old: Vec<[u8; 32]> = old.map(|(key, _)| *key).take(limit).collect();
        erased.lookups = count(old.iter());
        old.iter().for_each(|key| drop(tenant.lookups.remove(key)));
        tenant.entities.retain(|key| tenant.lookups.contains_key(key));
        let receipt = Receipt { id, cause: Cause::Expired, subject: None, erased, at: now };
        if !erased.is_nothing() {
            tenant.privacy.receipts.insert(id, receipt);
            tenant.note(audit, now);
        }
        Ok(receipt)
    }
}

/// Whether anything of a person is left in a cell.
fn holds(cell: &CellWrite) -> bool {
    cell.value.is_some() || cell.detail.is_some()
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

#[async_trait]
impl ErasureStore for MemoryStore {
    async fn forget(
        &self,
        workspace: WorkspaceId,
        erasure: Erasure,
        audit: NewAudit,
    ) -> Result<Receipt> {
        erasure.validate()?;
        self.step(|state, now| state.forget(workspace, erasure, audit, now))
    }

    async fn expire(
        &self,
        workspace: WorkspaceId,
        expiry: Expiry,
        audit: NewAudit,
    ) -> Result<Receipt> {
        expiry.validate()?;
        self.step(|state, now| state.expire(workspace, expiry, audit, now))
    }

    async fn receipt(&self, workspace: WorkspaceId, id: ErasureId) -> Result<Receipt> {
        self.step(|state, _| {
            let receipts = &state.tenant("erasure.receipt", workspace)?.privacy.receipts;
            let found = receipts.get(&id).copied();
            found.ok_or_else(|| not_found("erasure.receipt", "receipt: not found"))
        })
    }

    async fn receipts(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Receipt>> {
        let after = after.map(|cursor| place(&cursor, workspace)).transpose()?;
        self.step(|state, _| {
            let receipts = &state.tenant("erasure.receipts", workspace)?.privacy.receipts;
            let rows = receipts.range((after.map_or(Unbounded, Excluded), Unbounded));
            let rows = rows.map(|it| *it.1).take(limit.rows() as usize + 1).collect();
            Ok(Page::cut(rows, limit, receipts.len() as u64, |last: &Receipt| {
                Cursor::new("receipts", workspace, last.id.0.as_bytes())
            }))
        })
    }
}

/// The receipt that a listing goes on after.
fn place(cursor: &Cursor, workspace: WorkspaceId) -> Result<ErasureId> {
    let key = cursor.key("receipts", workspace)?;
    let key = Uuid::from_slice(&key).map(ErasureId);
    key.map_err(|_| Error::invalid("page", "cursor", "it was not made by this listing"))
}

/// A call's composition; what is no JSON is searched as the text that it is.
fn read(composition: &str) -> Value {
    serde_json::from_str(composition).unwrap_or_else(|_| composition.into())
}
