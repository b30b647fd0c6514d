//! `try FILE`: what the sources that ask for no key know of the first rows of a list.

use crate::{
    brief::PATIENCE,
    console::{shown, table},
    exit::{Exit, Failure, Outcome},
    keys::private,
    map::told,
    rows::{self, Recorder},
    run::{Engine, Halt, Parts},
    shell::Shell,
    story,
    table::plain,
};
use async_trait::async_trait;
use morket::{
    ErrorKind, Result, Secret, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{Detail, Keys},
    field::{Catalogue, Kind},
    job::{CellRow, CellStatus, CellWrite, StepOutcome, StepRow},
    name::{FieldName, ProviderSlug},
    page::Limit,
    plan::{Plan, Waterfall},
    privacy::PrivacyKey,
    provider::{Operation, Registry},
    rbac::Principal,
    rng::random,
    workspace::Environment,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

/// How many rows are looked at.
const ROWS: usize = 20;

/// What they are asked for: of any company, and of people.
const OF_COMPANIES: &[&str] = &[
    "company_domain",
    "company_name",
    "legal_name",
    "description",
    "industry",
    "employee_count",
    "founded_year",
    "technologies",
    "mail_provider",
    "domain_registered_on",
];
const OF_PEOPLE: &[&str] = &["email"];

/// Of several that give a field, these before the others.
const FIRST: &[&str] = &["website", "wikidata"];

/// Who works addresses out.
const GUESSER: &str = "email-patterns";

/// The longest that is shown of a value.
const WIDEST: usize = 60;

/// There is none, and none is asked for.
#[derive(Debug)]
struct NoKeys;

#[async_trait]
impl Keys for NoKeys {
    async fn key(&self, _: WorkspaceId, _: &ProviderSlug) -> Result<Option<Secret<String>>> {
        Ok(None)
    }
}

pub(super) async fn attempt(shell: &Shell, file: &Path, map: &[String]) -> Outcome {
    if file == Path::new("-") {
        return Err(Failure::usage("try needs a file: it is read twice"));
    }
    let columns = map.iter().map(|it| told(it)).collect::<Result<_>>()?;
    let mapping = rows::mapping(file, &columns, None)?.settled()?;
    let recorder = Recorder::new(mapping.fields());
    let known: BTreeSet<FieldName> = mapping.fields().map(|(_, name)| name.clone()).collect();
    let plan = plan(mapping.kind, &known, &shell.vendors.registry)?;
    let engine = engine(shell).await?;
    leave_alone(shell, &engine).await?;
    let records: Vec<Value> = rows::Records::open(file, &recorder)?.take(ROWS).collect();
    if records.is_empty() {
        shell.console.note("There are no rows: nobody was asked.");
        return Ok(Exit::Ok);
    }
    let id = engine.new_id();
    let job = engine.submit(id, &plan, Some("try".to_owned()), (None, None), records).await?;
    let rows = job.counts.total;
    // It is over soon, and its store is a file: what there is to say nobody waits for.
    let (told, _) = tokio::sync::mpsc::unbounded_channel();
    let (_, halt) = engine.attend(id, Duration::from_secs(60), told).await?;
    let cells = engine.morket.store().cells(engine.workspace, id, 0..rows).await?;
    let asked = asked(&engine.morket.store().steps(engine.workspace, id, 0..rows).await?);
    tell(shell, &plan, &cells, &asked)?;
    let note = |text: &str| shell.console.note(text);
    note(&format!("\nThe first {rows} rows, by sources that ask for no key and cost nothing."));
    let offline = |it: &CellRow| it.cell.reason.as_deref() == Some("offline");
    if cells.iter().any(offline) && asked.is_empty() {
        let seconds = PATIENCE.as_secs();
        note(&format!("Offline: no source could be reached within {seconds} s."));
    }
    Ok(if halt == Halt::Interrupted { Exit::Interrupted } else { Exit::Ok })
}

/// A store of its own, live, without keys.
async fn engine(shell: &Shell) -> std::result::Result<Engine, Failure> {
    let place = shell.config.data_folder.join("try");
    if place.exists() {
        std::fs::remove_dir_all(&place)?;
    }
    private::folder(&place)?;
    let parts = Parts {
        store: place.join("try.db").display().to_string(),
        keys: Arc::new(NoKeys),
        held: Vec::new(),
        environment: Environment::Live,
        trial: true,
        ..Parts::of(&shell.config, &shell.keys, &shell.vendors).await?
    };
    Ok(Engine::open(parts).await?)
}

/// Whoever stands on the list of the user's own store is left alone here too: the trial's list
/// becomes that one, under the same key.
async fn leave_alone(shell: &Shell, trial: &Engine) -> std::result::Result<(), Failure> {
    let Some(own) = shell.store_if_there().await? else { return Ok(()) };
    let (own, to, at) = (own.store(), trial.morket.store(), trial.workspace);
    match own.workspace(at).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    let fresh = PrivacyKey::new(random::<32>(trial.morket.rng().as_ref()));
    to.privacy_key(at, own.privacy_key(at, fresh).await?).await?;
    let mut after = None;
    loop {
        let page = own.suppressions(at, after, Limit::new(Limit::MAX)?).await?;
        let entries: Vec<_> = page.rows.into_iter().map(|it| it.entry).collect();
        if !entries.is_empty() {
            let audit = NewAudit::new(Principal::Embedder, Action::SuppressionAdded, None);
            to.suppress(at, entries, audit).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Every keyless source for what the file does not hold; addresses are guesses.
fn plan(kind: Kind, known: &BTreeSet<FieldName>, registry: &Registry) -> Result<Plan> {
    let people = if kind == Kind::Person { OF_PEOPLE } else { &[] };
    // What is known of a row, or may be found on the way.
    let may_know = |it: &FieldName| known.contains(it) || OF_COMPANIES.contains(&it.as_str());
    let keyless = |name: &FieldName| -> Vec<String> {
        let manifests = registry.iter().filter(|it| !it.guesses()).map(|it| it.manifest());
        let fits = |op: &Operation| {
            let enough = |needed: &Vec<FieldName>| needed.iter().all(may_know);
            op.kind == Kind::Company && op.outputs.contains(name) && op.inputs.iter().any(enough)
        };
        let gives = manifests.filter(|it| !it.keyed && it.operations.iter().any(fits));
        let mut slugs: Vec<_> = gives.map(|it| it.slug.to_string()).collect();
        // Who tells most of a field comes first.
        slugs.sort_by_key(|it| FIRST.iter().position(|first| first == it).unwrap_or(FIRST.len()));
        slugs
    };
    let mut plan = Plan::of(kind, []);
    for name in people.iter().chain(OF_COMPANIES) {
        let name = Catalogue::standard().named(name)?.name.clone();
        let guessed = OF_PEOPLE.contains(&name.as_str());
        let steps = if guessed { vec![GUESSER.to_owned()] } else { keyless(&name) };
        if !known.contains(&name) && !steps.is_empty() {
            plan.waterfalls.insert(name.clone(), Waterfall { steps, ..Waterfall::default() });
            plan.want.push(name);
        }
    }
    Ok(plan)
}

/// Whoever answered in vain or otherwise, by row and field; whoever guesses was not asked.
type Asked = BTreeMap<(u32, FieldName), Vec<String>>;

fn asked(steps: &[StepRow]) -> Asked {
    let mut asked = Asked::new();
    for step in steps.iter().map(|it| &it.step) {
        let silent = step.provider.as_str() == GUESSER || step.outcome == StepOutcome::Skipped;
        if !silent {
            let cell = asked.entry((step.index, step.field.clone())).or_default();
            cell.push(step.provider.to_string());
        }
    }
    asked
}

/// A line for each cell: what was found, by whom, or why not.
fn tell(
    shell: &Shell,
    plan: &Plan,
    cells: &[CellRow],
    asked: &Asked,
) -> std::result::Result<(), Failure> {
    let mut sorted: Vec<&CellWrite> = cells.iter().map(|it| &it.cell).collect();
    let place = |it: &CellWrite| plan.want.iter().position(|name| *name == it.field);
    sorted.sort_by_key(|it| (it.index, place(it)));
    if shell.console.json {
        for cell in sorted {
            let line = json!({ "row": cell.index + 1, "field": cell.field, "value": cell.value,
                               "result": story::word(cell.status), "reason": cell.reason,
                               "provider": cell.provider, "guess": guess(cell) });
            shell.console.data(&line.to_string())?;
        }
        return Ok(());
    }
    let mut before = None;
    let lines = sorted.into_iter().map(|cell| {
        let same = before.replace(cell.index) == Some(cell.index);
        let number = if same { String::new() } else { (cell.index + 1).to_string() };
        let value = cell.value.as_ref().map(plain).or_else(|| Some(format!("({})", guess(cell)?)));
        let value: String = shown(&value.unwrap_or_default()).chars().take(WIDEST).collect();
        let by = cell.provider.as_ref().map(ToString::to_string).unwrap_or_default();
        let in_vain = || {
            let asked = asked.get(&(cell.index, cell.field.clone()))?;
            (cell.status == CellStatus::NoResult).then(|| format!("asked {}", asked.join(", ")))
        };
        let why = story::reason(cell, &[]).or_else(in_vain).unwrap_or_default();
        [number, cell.field.to_string(), value, story::word(cell.status).to_owned(), by, why]
    });
    let lines: Vec<_> = lines.collect();
    shell.console.data(&table(["row", "field", "value", "result", "by", "why"], lines))
}

/// What was worked out and nobody has verified.
fn guess(cell: &CellWrite) -> Option<String> {
    let detail: Detail = serde_json::from_value(cell.detail.clone()?).ok()?;
    let made = detail.candidates.iter().find(|it| it.provider.as_str() == GUESSER)?;
    Some(plain(&made.value))
}
