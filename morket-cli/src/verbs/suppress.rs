//! `suppress`: the list of those who are to be left alone.

use crate::{
    args::{NameKind, SuppressVerb},
    console::table,
    exit::{Exit, Failure, Outcome},
    map::{self, Told},
    rows::{self, Recorder},
    shell::Shell,
};
use morket::{
    Clock, JobId, OsRng, SystemClock,
    field::Catalogue,
    page::Limit,
    privacy::{Added, Identifier, IdentifierKind, Source},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path};

pub(super) async fn suppress(shell: &Shell, verb: SuppressVerb) -> Outcome {
    match verb {
        SuppressVerb::Import { file, kind, map, reason } => {
            import(shell, &file, kind, &map, reason.as_deref()).await
        }
        SuppressVerb::Add { values, reason } => add(shell, &values, reason.as_deref()).await,
        SuppressVerb::List => list(shell).await,
        SuppressVerb::Remove { values } => remove(shell, &values).await,
    }
}

/// Names as they were typed.
pub(super) fn names(values: &[String]) -> Result<Vec<Identifier>, Failure> {
    let name = |text: &String| {
        Identifier::guess(text)
            .map_err(|error| Failure::usage(format!("`{text}`: {}", error.message())))
    };
    values.iter().map(name).collect()
}

/// What was found in a table, and the lines in which nothing was.
#[derive(Default)]
struct Found {
    names: BTreeSet<Identifier>,
    bad: Vec<(u64, String)>,
    rows: u64,
}

async fn import(
    shell: &Shell,
    file: &Path,
    kind: Option<NameKind>,
    told: &[String],
    reason: Option<&str>,
) -> Outcome {
    let told: Told = told.iter().map(|it| map::told(it)).collect::<Result<_, _>>()?;
    let found = match file == Path::new("-") {
        true => {
            // A copy of our own, which goes whatever becomes of it.
            let id = JobId::new(SystemClock::new().now(), &OsRng);
            let copy = shell.new_folder(id)?;
            copy.spool(std::io::stdin().lock())?;
            read(&copy.input(), &told, kind)?
        }
        false => {
            rows::may_be_a_table(file)?;
            read(file, &told, kind).map_err(|it| it.of_table(file))?
        }
    };
    if found.names.is_empty() {
        let first = found.bad.first().map(|(line, why)| format!("; line {line}: {why}"));
        let first = first.unwrap_or_default();
        return Err(Failure::usage(format!("nobody can be read from this table{first}")));
    }
    let engine = shell.engine().await?;
    let names: Vec<Identifier> = found.names.into_iter().collect();
    let added = engine.morket.suppress(engine.workspace, &names, Source::Import, reason).await?;
    report(shell, &added, found.rows, &found.bad)
}

fn read(path: &Path, told: &Told, kind: Option<NameKind>) -> Result<Found, Failure> {
    let mapping = rows::mapping(path, told, None)?.settled()?;
    let (recorder, catalogue) = (Recorder::new(mapping.fields()), Catalogue::standard());
    let only = kind.map(|it| match it {
        NameKind::Email => IdentifierKind::Email,
        NameKind::Domain => IdentifierKind::Domain,
        NameKind::Profile => IdentifierKind::Profile,
    });
    let wanted = |it: &Identifier| only.is_none_or(|only| only == it.kind());
    let mut found = Found::default();
    rows::each(path, &recorder, |row, record, bad| {
        found.rows += 1;
        let mut names = Identifier::of_record(catalogue, &record);
        names.retain(wanted);
        // A person in a company is not the company: the domain counts where it stands alone.
        if kind.is_none() && names.iter().any(|it| it.kind() != IdentifierKind::Domain) {
            names.retain(|it| it.kind() != IdentifierKind::Domain);
        }
        if let Some(bad) = bad.first() {
            found.bad.push((row.line, bad.reason()));
        } else if names.is_empty() {
            found.bad.push((row.line, "names nobody".to_owned()));
        }
        // Where the person cannot be read, the company is not meant in their place.
        if !bad.is_empty() {
            names.retain(|it| it.kind() != IdentifierKind::Domain);
        }
        found.names.extend(names);
        Ok(())
    })?;
    Ok(found)
}

fn report(shell: &Shell, added: &[Added], rows: u64, bad: &[(u64, String)]) -> Outcome {
    let fresh = added.iter().filter(|it| **it == Added::Added).count();
    let there = added.len() - fresh;
    for (line, why) in bad {
        shell.console.say(&format!("line {line}: {why}"));
    }
    if shell.console.json {
        let bad: Vec<Value> =
            bad.iter().map(|(line, why)| json!({ "line": line, "why": why })).collect();
        let told = json!({ "rows": rows, "added": fresh, "existing": there, "bad": bad });
        shell.console.data(&told.to_string())?;
    } else {
        shell.console.note(&format!("Added {fresh}, {there} were on the list already."));
    }
    Ok(if bad.is_empty() { Exit::Ok } else { Exit::Partial })
}

async fn add(shell: &Shell, values: &[String], reason: Option<&str>) -> Outcome {
    let names = names(values)?;
    let engine = shell.engine().await?;
    let added = engine.morket.suppress(engine.workspace, &names, Source::Manual, reason).await?;
    report(shell, &added, names.len() as u64, &[])
}

async fn remove(shell: &Shell, values: &[String]) -> Outcome {
    let names = names(values)?;
    let engine = shell.engine().await?;
    let gone = engine.morket.unsuppress(engine.workspace, &names).await?;
    if shell.console.json {
        shell.console.data(&json!({ "removed": gone }).to_string())?;
    }
    if gone == 0 {
        return Err(Failure::error("none of these is on the list"));
    }
    shell.console.note(&format!("Removed {gone} from the list."));
    Ok(Exit::Ok)
}

async fn list(shell: &Shell) -> Outcome {
    let engine = shell.engine().await?;
    let (store, mut after, mut rows) = (engine.morket.store(), None, Vec::new());
    loop {
        let limit = Limit::new(Limit::MAX)?;
        let page = store.suppressions(engine.workspace, after, limit).await?;
        for it in page.rows {
            let (entry, at) = (it.entry, it.at.to_string());
            let (kind, source) = (entry.kind.as_str(), entry.source.as_str());
            if shell.console.json {
                let line = json!({ "fingerprint": entry.fingerprint.to_string(), "kind": kind,
                                   "source": source, "reason": entry.reason, "at": at });
                shell.console.data(&line.to_string())?;
                continue;
            }
            let short = entry.fingerprint.to_string().chars().take(12).collect();
            let reason = entry.reason.unwrap_or_default();
            let day = at.chars().take(16).collect();
            rows.push([short, kind.to_owned(), source.to_owned(), reason, day]);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if shell.console.json {
        return Ok(Exit::Ok);
    }
    if rows.is_empty() {
        shell.console.note("Nobody is on the list. Add some: morket suppress import dnc.csv");
    } else {
        shell.console.data(&table(["fingerprint", "kind", "source", "reason", "since"], rows))?;
    }
    Ok(Exit::Ok)
}
