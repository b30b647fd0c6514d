//! The stored answers that go with a person: their own, and none of others in the same calls.

use super::search::{PAGE, Places};
use crate::{Session, args};
use morket_core::{
    CallId, Result, WorkspaceId,
    privacy::{OwnAnswers, Search, known_values},
};
use std::collections::{BTreeMap, BTreeSet};

/// What each call gave to these records, as far as it is known of them.
type Given = BTreeMap<CallId, Vec<BTreeSet<String>>>;

/// The stored answers to what was asked about these records, and in these calls about the person.
pub(super) async fn own_answers(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    search: &Search,
    places: &Places,
    asked: &BTreeSet<CallId>,
) -> Result<OwnAnswers> {
    let given = given(session, places).await?;
    let calls: BTreeSet<CallId> = given.keys().chain(asked).copied().collect();
    let mut own = OwnAnswers::default();
    for call in calls {
        let sql = "SELECT job_no, composition FROM calls WHERE workspace_id = $1 AND id = $2";
        for mut row in session.rows(sql.into(), args![workspace, call]).await? {
            let (job, composition) = (row.int()?, row.json()?);
            let here = |index| places.contains(&(job, index));
            let given = given.get(&call).map_or(&[][..], Vec::as_slice);
            own.add(call, &composition, search, &here, given);
        }
    }
    Ok(own)
}

async fn given(session: &mut dyn Session, places: &Places) -> Result<Given> {
    let mut given = Given::new();
    for (job, index) in places {
        let mut cells = Vec::new();
        let sql = "SELECT value FROM cells WHERE job_no = $1 AND idx = $2 AND value IS NOT NULL";
        for mut row in session.rows(sql.into(), args![*job, *index]).await? {
            cells.push(row.json()?);
        }
        let sql = "SELECT input FROM job_records WHERE job_no = $1 AND idx = $2";
        let mut known = BTreeSet::new();
        for mut row in session.rows(sql.into(), args![*job, *index]).await? {
            known = known_values(&row.json()?, &cells);
        }
        let sql = "SELECT DISTINCT call_id FROM steps \
                   WHERE job_no = $1 AND idx = $2 AND call_id IS NOT NULL";
        for mut row in session.rows(sql.into(), args![*job, *index]).await? {
            given.entry(CallId(row.uuid()?)).or_default().push(known.clone());
        }
    }
    Ok(given)
}

/// The keys of stored answers that name somebody, or that are their own.
pub(super) async fn lookups(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    search: &Search,
    own: &OwnAnswers,
) -> Result<Vec<Vec<u8>>> {
    let (mut found, mut after) = (Vec::new(), Vec::new());
    loop {
        let sql = "SELECT key, call_id, answer FROM lookups \
                   WHERE workspace_id = $1 AND key > $2 ORDER BY key LIMIT $3";
        let rows = session.rows(sql.into(), args![workspace, after.as_slice(), PAGE]).await?;
        if rows.is_empty() {
            return Ok(found);
        }
        for mut row in rows {
            after = row.bytes()?;
            let (call, answer) = (CallId(row.uuid()?), row.maybe_json()?);
            if own.holds(&after, call) || answer.is_some_and(|it| search.is_in(&it)) {
                found.push(after.clone());
            }
        }
    }
}
