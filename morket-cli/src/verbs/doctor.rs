//! `doctor`: where everything is, and what is wrong. Nothing secret is shown.

use crate::{
    console::table,
    exit::{Exit, Outcome},
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
            let now = engine.morket.clock().now();
            row("clock", now.to_string(), String::new());
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
