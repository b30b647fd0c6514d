//! `doctor`: where everything is, and what is wrong. Nothing secret is shown.

use crate::{
    config::Config,
    console::table,
    exit::{Exit, Outcome},
    run::{self, Engine},
    shell::Shell,
};
use serde_json::json;

pub(super) async fn doctor(shell: &Shell) -> Outcome {
    let config = &shell.config;
    let mut wrong = false;
    let mut rows: Vec<[String; 3]> = Vec::new();
    let mut row = |what: &str, value: String, note: String| {
        rows.push([what.to_owned(), value, note]);
    };
    row("version", env!("CARGO_PKG_VERSION").to_owned(), String::new());
    for path in &config.files {
        row("settings", path.display().to_string(), "read".to_owned());
    }
    if config.files.is_empty() {
        let none = config.config_folder.join("morket.toml");
        row("settings", none.display().to_string(), "not there; all is as usual".to_owned());
    }
    let store = masked(&config.store.value);
    match shell.engine().await {
        Ok(engine) => {
            row("store", store, format!("from {}; opens", config.store.from));
            for [what, value, note] in about_store(config, &engine).await {
                wrong |= note.starts_with(WRONG);
                row(&what, value, note);
            }
        }
        Err(failure) => {
            wrong = true;
            row("store", store, format!("from {}: {}", config.store.from, failure.message));
        }
    }
    row("runs", shell.runs().display().to_string(), "the inputs of runs".to_owned());
    row("keys", shell.keys.path().display().to_string(), there(shell.keys.path().exists()));
    let master = shell.keys.master_path();
    row("master key", master.display().to_string(), there(master.exists()));
    if let Err(error) = shell.keys.list().await {
        wrong = true;
        row("keys", String::new(), error.message().to_owned());
    }
    let keyless = shell.vendors.iter().map(|it| it.manifest()).filter(|it| !it.keyed);
    let keyless: Vec<&str> = keyless.map(|it| it.slug.as_str()).collect();
    row("sources", keyless.join(", "), "no key needed".to_owned());
    for provider in shell.vendors.iter() {
        let slug = &provider.manifest().slug;
        if let Ok(Some(from)) = shell.keys.source(slug).await {
            row("key", slug.to_string(), format!("from {from}"));
        }
    }
    for name in ["HTTPS_PROXY", "NO_PROXY", "MORKET_LIVE"] {
        if let Ok(value) = std::env::var(name) {
            row("environment", name.to_owned(), masked(&value));
        }
    }
    if shell.console.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|[what, value, note]| json!({ "what": what, "value": value, "note": note }))
            .collect();
        shell.console.data(&json!({ "ok": !wrong, "checks": rows }).to_string())?;
    } else {
        shell.console.data(&table(["what", "value", "note"], rows))?;
    }
    Ok(if wrong { Exit::Error } else { Exit::Ok })
}

/// What a note begins with that nobody should overlook.
const WRONG: &str = "WRONG: ";
/// The most by which two clocks may differ: leases last three times as long.
const SKEW: i64 = 5_000_000;

/// What holds of the store that is open: what it keeps, as whom it is used, what time it has.
async fn about_store(config: &Config, engine: &Engine) -> Vec<[String; 3]> {
    let url = run::is_url(&config.store.value);
    let durable = match url {
        // Opening refuses anything less.
        true => "fsync, full_page_writes and synchronous_commit are on",
        false => "write-ahead log, synchronous = FULL",
    };
    let mut rows =
        vec![["durability", durable, "what is acknowledged survives a crash"].map(str::to_owned)];
    let roles = match (url, engine.morket.is_guarded()) {
        (false, _) => ["one file", "who may read it may read all of it"],
        (true, true) => ["morket_app, morket_system", "row-level security stands behind"],
        (true, false) => ["absent", "no row-level security: the user may not create roles"],
    };
    rows.push(["roles".to_owned(), roles[0].to_owned(), roles[1].to_owned()]);
    let (here, there) = (engine.morket.clock().now(), engine.morket.store_time().await);
    rows.push(match there {
        Err(error) => ["clock".to_owned(), here.to_string(), error.message().to_owned()],
        Ok(there) => {
            let skew = there.micros().saturating_sub(here.micros());
            let (whole, part) =
                (skew.unsigned_abs() / 1_000_000, skew.unsigned_abs() / 1_000 % 1_000);
            let way = if skew < 0 { "behind" } else { "ahead of" };
            let note = format!("the store's is {whole}.{part:03} s {way} this machine's");
            let bad = if skew.abs() > SKEW { WRONG } else { "" };
            ["clock".to_owned(), there.to_string(), format!("{bad}{note}")]
        }
    });
    rows
}

fn there(exists: bool) -> String {
    if exists { "there" } else { "not there yet" }.to_owned()
}

/// An address without its password.
fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((who, place)) => {
            let user = who.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:••••@{place}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let rows = [
            ("/home/a/morket.db", "/home/a/morket.db"),
            ("postgres://localhost/x", "postgres://localhost/x"),
            ("postgres://me:secret@db:5432/x", "postgres://me:••••@db:5432/x"),
            ("http://u:p@ss@proxy:1", "http://u:••••@proxy:1"),
        ];
        for (url, expected) in rows {
            assert_eq!(masked(url), expected);
        }
    }
}
