//! `forget`: a person goes, a receipt stays.

use super::suppress::names;
use crate::{
    args::ForgetArgs,
    copies::{Owner, owner},
    exit::{Exit, Failure, Outcome},
    folder::{self, RunFolder},
    rows,
    run::Engine,
    shell::Shell,
    table::Row,
};
use morket::{
    JobId,
    network::Cassette,
    privacy::{Identifier, IdentifierKind, Search},
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

pub(super) async fn forget(shell: &Shell, args: &ForgetArgs) -> Outcome {
    let names: BTreeSet<Identifier> = names(&args.values)?.into_iter().collect();
    if names.iter().any(|it| it.kind() == IdentifierKind::Domain) {
        let hint = "a domain is a company with all its people; `morket suppress add` keeps it away";
        return Err(Failure::usage(hint));
    }
    let tapes = tapes(&args.cassettes)?;
    confirm(shell, names.len())?;
    let engine = shell.engine().await?;
    let forget = engine.morket.forget(engine.workspace, names.clone());
    let receipt = match args.keep_askable {
        true => forget.without_suppressing().await?,
        false => forget.await?,
    };
    let search = Search::new(&names);
    let mut exchanges = 0;
    for tape in &tapes {
        exchanges += Cassette::forget(tape, &search)?;
    }
    let (inputs, others) = inputs(shell, &engine, &search).await?;
    // What a trial found is kept until the next one; it is not worth a search.
    let trial = shell.config.data_folder.join("try");
    if trial.exists() {
        fs::remove_dir_all(trial)?;
    }
    // Another store's erasure is its own, with a receipt of its own; here it is only told.
    for (run, store) in others {
        let store = store.unwrap_or_else(|| "another store".to_owned());
        shell.console.say(&format!(
            "The copy of the input of run {run} names them too; it belongs to {store}: forget them \
             there with --store."
        ));
    }
    let it = receipt.erased;
    if shell.console.json {
        let runs: Vec<String> = inputs.iter().map(ToString::to_string).collect();
        let told = json!({
            "receipt": receipt.id.to_string(), "at": receipt.at.to_string(),
            "subject": receipt.subject.map(|it| it.to_string()), "erased": it,
            "exchanges": exchanges, "inputs": runs,
        });
        shell.console.data(&told.to_string())?;
        return Ok(Exit::Ok);
    }
    shell.console.data(&format!(
        "Receipt {}: {} records, {} cells, {} calls, {} stored answers, {} events, {} recorded \
         exchanges; {} new on the suppression list.",
        receipt.id, it.records, it.cells, it.calls, it.lookups, it.events, exchanges, it.suppressed
    ))?;
    for run in inputs {
        shell.console.say(&format!("The copy of the input of run {run} is gone: it named them."));
    }
    shell.console.note("Tables you were given, and backups, are yours to clear.");
    Ok(Exit::Ok)
}

/// What is erased does not come back, so somebody must have said yes.
fn confirm(shell: &Shell, names: usize) -> Result<(), Failure> {
    if shell.console.yes {
        return Ok(());
    }
    if !shell.console.can_ask() {
        return Err(Failure::usage("what is erased does not come back: add --yes"));
    }
    let question = format!("Erase everything about the person with these {names} names?");
    match shell.console.confirm(&question)? {
        true => Ok(()),
        false => Err(Failure::error("nothing was erased")),
    }
}

/// The recordings in these places.
fn tapes(places: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut tapes = Vec::new();
    for place in places {
        if !place.is_dir() {
            tapes.push(place.clone());
            continue;
        }
        for entry in fs::read_dir(place)? {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == "jsonl") {
                tapes.push(path);
            }
        }
    }
    match tapes.iter().find(|it| !it.is_file()) {
        Some(missing) => Err(Failure::usage(format!("{}: no such file", missing.display()))),
        None => Ok(tapes),
    }
}

/// Runs of other stores whose copies stay, with the store where it is known.
type Others = Vec<(JobId, Option<String>)>;

/// Copies of inputs that name the person go with their runs' folders: which runs', and which stay
/// because another store has them.
async fn inputs(
    shell: &Shell,
    engine: &Engine,
    search: &Search,
) -> Result<(Vec<JobId>, Others), Failure> {
    let (mut gone, mut others) = (Vec::new(), Others::new());
    for run in folder::runs(&shell.runs()) {
        // A command that was ended before its run began leaves a copy too.
        let folder = RunFolder::left(&shell.runs(), run);
        let Ok(bytes) = fs::read(folder.input()) else { continue };
        let plain = search.is_in_text(&String::from_utf8_lossy(&bytes));
        // In another encoding, or behind escapes, only its cells tell.
        if !plain && !is_in_a_cell(&folder.input(), search).unwrap_or(false) {
            continue;
        }
        match owner(shell, engine, run).await? {
            Owner::Elsewhere(store) => others.push((run, store)),
            Owner::Here(_) => {
                folder.discard();
                gone.push(run);
            }
        }
    }
    Ok((gone, others))
}

fn is_in_a_cell(table: &Path, search: &Search) -> Result<bool, Failure> {
    let (mut reader, mut row) = (rows::open(table)?, Row::default());
    while reader.next(&mut row)? {
        if (0..row.len()).any(|column| search.is_in_text(&row.text(column))) {
            return Ok(true);
        }
    }
    Ok(false)
}
