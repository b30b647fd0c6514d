//! PostgreSQL's words for the shared schema, and what it adds to it: roles, row-level security,
//! triggers, and the function that tells the time.

use morket_store_sql::migrate::Dialect;

pub(crate) static DIALECT: Dialect = Dialect {
    words: &[
        ("{uuid}", "uuid"),
        ("{bytes}", "bytea"),
        ("{int}", "bigint"),
        ("{text}", "text COLLATE \"C\""),
        ("{serial}", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        ("{narrow}", ""),
    ],
    after_up,
    before_down,
    has_table: "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() \
                AND tablename = '_morket_migrations'",
};

fn after_up(number: u32) -> &'static [&'static str] {
    match number {
        1 => &[NOW, REFUSE, KEEP_LEDGER, KEEP_AUDIT, APP_ROLE, SYSTEM_ROLE, GUARD_SPINE],
        2 => &[GUARD_VAULT],
        3 => &[GRANT_IDENTITY],
        4 => &[GUARD_INVITATIONS],
        5 => &[GRANT_NUMBERS],
        7 => &[GUARD_FLIGHTS],
        8 => &[GUARD_PRIVACY],
        9 => &[GUARD_WEBHOOKS],
        10 => &[GRANT_PERMITS],
        11 => &[GUARD_ENTITIES],
        _ => &[],
    }
}

fn before_down(number: u32) -> &'static [&'static str] {
    match number {
        5 => &[TAKE_NUMBERS],
        1 => &[
            "DROP TRIGGER ledger_entries_stay ON ledger_entries",
            "DROP TRIGGER audit_log_stays ON audit_log",
            "DROP FUNCTION refuse_change()",
            "DROP FUNCTION now_us()",
        ],
        _ => &[],
    }
}

/// The store's clock: every instant that is written comes from here, and tests may move it.
const NOW: &str = "CREATE FUNCTION now_us() RETURNS bigint LANGUAGE sql VOLATILE AS \
    $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$";

/// Entries and audit rows never change, whoever asks, the tables' owner included.
const REFUSE: &str = "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS \
    $$ BEGIN RAISE EXCEPTION '% never changes', TG_TABLE_NAME USING ERRCODE = '42501'; END $$";

const KEEP_LEDGER: &str = "CREATE TRIGGER ledger_entries_stay \
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries \
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()";

const KEEP_AUDIT: &str = "CREATE TRIGGER audit_log_stays \
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log \
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()";

/// Roles belong to the whole cluster, so another database may have made them, also right now; and
/// without the right to make them the store works without this layer.
const APP_ROLE: &str = "DO $$ BEGIN CREATE ROLE morket_app NOLOGIN; EXCEPTION \
    WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL; END $$";
const SYSTEM_ROLE: &str = "DO $$ BEGIN CREATE ROLE morket_system NOLOGIN; EXCEPTION \
    WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL; END $$";

/// The backstop: a tenant's transaction sees the tenant's rows, one without a tenant sees none.
/// `$tables` are guarded so; `$rest` is what else the roles may.
macro_rules! guard {
    ($tables:literal, $rest:literal) => {
        concat!(
            "DO $$
DECLARE
    guarded text[] := ARRAY[",
            $tables,
            "];
    tenant text := '(SELECT NULLIF(current_setting(''morket.workspace'', true), '''')::uuid)';
    name text;
    owner text;
BEGIN
    IF (SELECT count(*) FROM pg_roles WHERE rolname IN ('morket_app', 'morket_system')) < 2 THEN
        RETURN;
    END IF;
    FOREACH name IN ARRAY guarded LOOP
        owner := CASE name WHEN 'workspaces' THEN 'id' ELSE 'workspace_id' END;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO morket_app USING (%I = %s) \
WITH CHECK (%I = %s)', name, owner, tenant, owner, tenant);
        EXECUTE format('CREATE POLICY system ON %I TO morket_system USING (true) \
WITH CHECK (true)', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO morket_app, morket_system', name);
        IF name NOT IN ('audit_log', 'ledger_entries') THEN
            EXECUTE format('GRANT UPDATE, DELETE ON %I TO morket_app, morket_system', name);
        END IF;
    END LOOP;
",
            $rest,
            "
END $$"
        )
    };
}

/// The right to say where the database goes on numbering.
macro_rules! numbers {
    ($verb:literal, $preposition:literal) => {
        concat!(
            "DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'morket_system') THEN
        EXECUTE format('",
            $verb,
            " UPDATE ON SEQUENCE %s, %s, %s ",
            $preposition,
            " morket_system',
            pg_get_serial_sequence('names', 'number'), pg_get_serial_sequence('jobs', 'no'),
            pg_get_serial_sequence('outbox', 'seq'));
    END IF;
END $$"
        )
    };
}

const GUARD_SPINE: &str = guard!(
    "'accounts', 'activity', 'audit_log', 'batches', 'calls', 'cells', 'holds', 'job_records',
    'jobs', 'ledger_entries', 'lookups', 'outbox', 'spend_counters', 'steps', 'vendor_spend',
    'workspace_members', 'workspaces'",
    "    EXECUTE format('GRANT USAGE ON SCHEMA %I TO morket_app, morket_system', current_schema());
    GRANT SELECT ON _morket_migrations, names TO morket_app, morket_system;
    GRANT INSERT ON names TO morket_system;
    GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO morket_system;"
);

const GUARD_VAULT: &str = guard!("'credential_uses', 'credentials', 'workspace_keys'", "");

const GUARD_INVITATIONS: &str = guard!("'invitations'", "");

const GUARD_FLIGHTS: &str = guard!("'flights'", "");
const GUARD_PRIVACY: &str = guard!("'erasures', 'privacy_keys', 'suppressions'", "");
const GUARD_WEBHOOKS: &str = guard!("'deliveries', 'webhook_subscriptions'", "");
const GUARD_ENTITIES: &str = guard!("'lookup_entities'", "");

/// An import brings its own numbers, and what comes after it goes on behind them.
const GRANT_NUMBERS: &str = numbers!("GRANT", "TO");
const TAKE_NUMBERS: &str = numbers!("REVOKE", "FROM");

/// People belong to no tenant: a tenant's transaction has no right to look at them at all.
const GRANT_IDENTITY: &str = "DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'morket_system') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE
            ON users, sessions, refresh_tokens, login_attempts, revoked_access TO morket_system;
    END IF;
END $$";

/// Vendors' rates are nobody's either: two workspaces may use one key.
const GRANT_PERMITS: &str = "DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'morket_system') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON permits TO morket_system;
    END IF;
END $$";
