//! Every table there is, whole: with the columns that no single statement of ours writes.

use crate::{
    Table, audit, credential, idempotency, identity, job, ledger, privacy, table, webhook,
    workspace,
};

static NAMES: &Table = table!("names", key ["name"], serial "number", {
    number: Int, name: Text,
});

static ACCOUNTS: &Table = table!("accounts", key ["workspace_id"], {
    workspace_id: Uuid, metering: Int, balance: Int, held: Int, seq: Int, head: Bytes,
    recharge_threshold: Int, recharge_amount: Int, recharges: Int, closed: Int,
});

static JOBS: &Table = table!("jobs", key ["workspace_id", "id"], serial "no", {
    no: Int, workspace_id: Uuid, id: Uuid, name: Text, plan: Text, dispatch: Int,
    worst_case: Int, created_by: Uuid, retry_of: Uuid, state: Int, total: Int, success: Int,
    failed: Int, skipped: Int, cancelled: Int, created_at: Int, sealed_at: Int, started_at: Int,
    cancel_requested_at: Int, finished_at: Int, base: Uuid,
});

static OUTBOX: &Table = table!("outbox", key ["workspace_id", "id"], serial "seq", {
    seq: Int, workspace_id: Uuid, id: Uuid, kind: Text, payload: Text, at: Int, attempts: Int,
    claimed_until: Int, acked_at: Int, relayed_at: Int,
});

static CREDENTIAL_USES: &Table = table!(
    "credential_uses", key ["workspace_id", "credential_id", "job_id"], {
    workspace_id: Uuid, credential_id: Uuid, job_id: Uuid,
});

static REVOKED_ACCESS: &Table = table!("revoked_access", key ["jti"], {
    jti: Uuid, expires_at: Int,
});

/// Every table but that of the migrations, in the order in which they are moved. A test of each
/// adapter compares it with the database's own catalogue, so that no column is forgotten.
pub fn tables() -> Vec<&'static Table> {
    let whole = [
        identity::TABLES,
        workspace::TABLES,
        credential::TABLES,
        ledger::TABLES,
        job::TABLES,
        idempotency::TABLES,
        audit::TABLES,
        privacy::TABLES,
        webhook::TABLES,
        &[NAMES, REVOKED_ACCESS, CREDENTIAL_USES, ACCOUNTS, JOBS, OUTBOX],
    ];
    whole.concat()
}
