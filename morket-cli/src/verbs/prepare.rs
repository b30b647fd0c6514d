//! From a file and flags to a plan with its worst case. Nothing is paid.

use super::{expected, reuse};
use crate::{
    args::RunArgs,
    console::{Console, count, shown, table},
    exit::Failure,
    folder::{Meta, RunFolder},
    map::{Mapping, Told},
    output::Look,
    rows::{self, Recorder},
    run::Engine,
    shell::Shell,
    table::{Dialect, Shape, compose, enriched_name},
    wish::{self, Wish},
};
use morket::{
    JobId,
    engine::{Forecast, Guard, Reuse},
    field::{Catalogue, EmailStatus, FieldType},
    plan::{Estimate, Op, Plan, Program},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs::File,
    path::{Path, PathBuf},
};

/// How many columns that hold no field are shown.
const PASSING: usize = 20;

/// A run that could begin.
pub(crate) struct Prepared {
    pub(crate) id: JobId,
    pub(crate) folder: RunFolder,
    pub(crate) meta: Meta,
    pub(crate) plan: Plan,
    pub(crate) mapping: Mapping,
    pub(crate) recorder: Recorder,
    pub(crate) estimate: Option<Estimate>,
    pub(crate) reuse: Reuse,
    pub(crate) forecast: Forecast,
    pub(crate) shape: Shape,
    pub(crate) unusable: u64,
    /// Of whom addresses are paid for and none accepted.
    pub(crate) unvouched: Vec<String>,
}

pub(crate) async fn prepare(
    shell: &Shell,
    engine: &Engine,
    args: &RunArgs,
) -> Result<Prepared, Failure> {
    let file = args.file.as_deref().unwrap_or(Path::new("-"));
    read(shell, engine, args).await.map_err(|it| it.of_table(file))
}

async fn read(shell: &Shell, engine: &Engine, args: &RunArgs) -> Result<Prepared, Failure> {
    let mut wish = Wish::read(args)?;
    let wanted = Wish::wanted_kind(args).filter(|_| wish.kind.is_none());
    wish.kind = wish.kind.or(wanted.as_ref().map(|(kind, _)| *kind));
    let id = engine.new_id();
    let folder = shell.new_folder(id)?;
    spool(&folder, args)?;
    let mut mapping = rows::mapping(&folder.input(), &wish.told, wish.kind)?;
    if !mapping.doubts.is_empty() && shell.console.can_ask() {
        ask(&shell.console, &mapping, &mut wish.told)?;
        mapping = rows::mapping(&folder.input(), &wish.told, wish.kind)?;
    }
    let mut mapping = mapping.settled()?;
    if let Some((_, why)) = wanted {
        mapping.kind_why = why;
    }
    let mut plan = wish.plan(args, &shell.config, mapping.kind)?;
    plan.map = mapping.saved();
    let program = engine.compile(&plan)?;
    program.pin(&mut plan);
    let unvouched = unvouched(&program);
    let meta = Meta {
        input: input(args).and_then(|it| it.canonicalize().ok()),
        output: output(args),
        map: plan.map.clone(),
        look: Look {
            columns: args.out.columns.unwrap_or_default(),
            in_place: args.out.in_place,
            spreadsheet_safe: args.out.spreadsheet_safe,
        },
        single: !args.set.is_empty() && args.out.output.is_none(),
        written: false,
    };
    let recorder = Recorder::new(mapping.fields());
    let guard = guard(engine, &folder, &recorder).await?;
    let (estimate, shape, unusable) =
        survey(engine, &guard, &folder, &plan, &recorder, args.strict)?;
    let (reuse, forecast) = reuse::reuse(engine, &guard, &folder, &plan, &recorder).await?;
    Ok(Prepared {
        id,
        folder,
        meta,
        plan,
        mapping,
        recorder,
        estimate,
        reuse,
        forecast,
        shape,
        unusable,
        unvouched,
    })
}

/// Who is paid for addresses of which none would be accepted: they do not say whether one is valid,
/// and nobody else is asked.
fn unvouched(program: &Program) -> Vec<String> {
    let email = program.chains.iter().filter(|it| {
        let known = program.field(it.field);
        let accepts = &it.policy.email.accept;
        known.ty == FieldType::Email
            && it.verifier.is_none()
            && !accepts.contains(&EmailStatus::Unverified)
    });
    let silent = |op: &&Op| {
        let tells = op.operation.outputs.iter().any(|it| it.as_str() == "email_status");
        !tells && !op.operation.free
    };
    let silent = email.flat_map(|chain| {
        let ops = chain.steps.iter().map(|it| program.op(*it)).filter(silent);
        ops.map(|op| format!("{} of {}", program.field(chain.field).name, op.provider))
    });
    silent.collect()
}

/// The user's file, if it is one.
fn input(args: &RunArgs) -> Option<&Path> {
    args.file.as_deref().filter(|it| *it != Path::new("-"))
}

fn output(args: &RunArgs) -> PathBuf {
    let usual = || input(args).map_or_else(|| PathBuf::from("-"), enriched_name);
    let path = args.out.output.clone().unwrap_or_else(usual);
    // Kept with the run, which may be gone on with from elsewhere.
    match path == Path::new("-") {
        true => path,
        false => std::path::absolute(&path).unwrap_or(path),
    }
}

fn spool(folder: &RunFolder, args: &RunArgs) -> Result<(), Failure> {
    match (&args.file, args.set.is_empty()) {
        (Some(path), _) if path == Path::new("-") => folder.spool(std::io::stdin().lock()),
        (Some(path), _) => {
            rows::may_be_a_table(path)?;
            let wrong = |error| Failure::usage(format!("{}: {error}", path.display()));
            folder.spool(File::open(path).map_err(wrong)?)
        }
        (None, false) => folder.spool(single(&args.set)?.as_slice()),
        (None, true) => Err(Failure::usage(
            "name a file (`-` is standard input), or one row with --set full_name=…",
        )),
    }
}

/// A table of one row.
fn single(set: &[String]) -> Result<Vec<u8>, Failure> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for text in set {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage(format!("--set: `{text}` must look like full_name=\"Ada Example\""))
        })?;
        let name = Catalogue::standard().named(name.trim())?.name.to_string();
        if names.contains(&name) {
            return Err(Failure::usage(format!("--set: {name} is given twice")));
        }
        names.push(name);
        values.push(value.to_owned());
    }
    let dialect = Dialect::default();
    let (header, row) = (compose(&dialect, &names), compose(&dialect, &values));
    Ok([header.as_slice(), b"\n", row.as_slice(), b"\n"].concat())
}

/// Questions about columns that only the user can answer.
pub(super) fn ask(console: &Console, mapping: &Mapping, told: &mut Told) -> Result<(), Failure> {
    for doubt in &mapping.doubts {
        let fields: Vec<String> = doubt.fields.iter().map(ToString::to_string).collect();
        let question = format!(
            "What does the column `{}` hold: {}, or - for none of these?",
            shown(&doubt.header),
            fields.join(", ")
        );
        let answer = console.ask(&question)?;
        let (_, field) = crate::map::told(&format!("{}={answer}", doubt.header))?;
        told.insert(doubt.header.clone(), field);
    }
    Ok(())
}

/// What the suppression list says of every row.
async fn guard(engine: &Engine, folder: &RunFolder, recorder: &Recorder) -> Result<Guard, Failure> {
    let (store, rng) = (engine.morket.store().as_ref(), engine.morket.rng().as_ref());
    let mut guard = Guard::open(store, engine.workspace, rng).await?;
    if !guard.screening.empty {
        let (catalogue, mut names) = (Catalogue::standard(), BTreeSet::new());
        rows::each(&folder.input(), recorder, |_, record, _| {
            names.extend(guard.names(catalogue, &record));
            Ok(())
        })?;
        guard.learn(store, engine.workspace, names).await?;
    }
    Ok(guard)
}

/// Every row read once: what is in it, and what the plan may come to.
fn survey(
    engine: &Engine,
    guard: &Guard,
    folder: &RunFolder,
    plan: &Plan,
    recorder: &Recorder,
    strict: bool,
) -> Result<(Option<Estimate>, Shape, u64), Failure> {
    let program = engine.compile(plan)?;
    let mut sum: Option<Estimate> = None;
    let mut piece: Vec<Value> = Vec::new();
    let mut unusable = 0;
    let mut add = |piece: &mut Vec<Value>| -> Result<(), Failure> {
        let keeps_back = |row: &Value| guard.keeps_back(&program.catalogue, row);
        let more = program.estimate_without(piece.iter(), &keeps_back)?;
        piece.clear();
        sum = Some(match sum.take() {
            Some(sum) => wish::together(sum, &more)?,
            None => more,
        });
        Ok(())
    };
    let reader = rows::each(&folder.input(), recorder, |row, record, bad| {
        if let Some(bad) = bad.first() {
            unusable += 1;
            if strict {
                let problem = format!("line {}: {}", row.line, bad.reason());
                return Err(Failure::usage(problem));
            }
        }
        piece.push(record);
        if piece.len() == 1_000 { add(&mut piece) } else { Ok(()) }
    })?;
    add(&mut piece)?;
    Ok((sum, reader.shape().clone(), unusable))
}

impl Prepared {
    /// What columns hold. Of those that only pass through, the first few.
    fn columns(&self) -> String {
        let guesses = &self.mapping.guesses;
        let passing = guesses.iter().filter(|it| it.field.is_none());
        let last = passing.clone().map(|it| it.column).take(PASSING).last().unwrap_or(0);
        let shown = guesses.iter().filter(|it| it.field.is_some() || it.column <= last);
        let shown = shown.map(|it| {
            let field = it.field.as_ref().map_or("-", |it| it.as_str()).to_owned();
            [it.header.clone(), field, it.why.clone()]
        });
        let mut text = table(["column", "field", "why"], shown);
        if let more @ 1.. = passing.count().saturating_sub(PASSING) {
            text.push_str(&format!("\n … and {more} more that only pass through"));
        }
        text
    }

    /// What is known before anything is paid, for people.
    pub(crate) fn tell(&self) -> String {
        let columns = self.columns();
        let kind =
            if self.plan.kind == morket::field::Kind::Person { "people" } else { "companies" };
        let mut text = format!("{columns}\n\nRows are {kind}: {}.\n", self.mapping.kind_why);
        let shape = &self.shape;
        if shape.short + shape.long > 0 {
            let lines: Vec<_> = shape.ragged.iter().map(u64::to_string).collect();
            text.push_str(&format!(
                "{} rows are shorter and {} longer than the header (lines {}{}); they are kept.\n",
                shape.short,
                shape.long,
                lines.join(", "),
                if lines.len() < 5 { "" } else { ", …" },
            ));
        }
        if self.unusable > 0 {
            let hold = if self.unusable == 1 { "holds" } else { "hold" };
            let rows = count(self.unusable, "row");
            text.push_str(&format!("{rows} {hold} a value that cannot be used.\n"));
        }
        if !self.unvouched.is_empty() {
            text.push_str(&format!(
                "None would be accepted: {} comes without a word on whether it is valid, and \
                 nobody verifies it. Name who does: --verify email=zerobounce.\n",
                self.unvouched.join(", ")
            ));
        }
        if let Some(estimate) = &self.estimate {
            text.push_str(&told(estimate, &self.reuse));
            text.push_str(&expected::told(&self.forecast));
        }
        text
    }

    /// The same for scripts.
    pub(crate) fn json(&self) -> Value {
        let mapping: Vec<Value> = self
            .mapping
            .guesses
            .iter()
            .map(|it| json!({ "column": it.header, "field": it.field, "why": it.why }))
            .collect();
        let usd = |it: Option<morket::MicroUsd>| it.map(|it| it.to_string());
        let estimate = self.estimate.as_ref();
        let providers = estimate.map(|it| it.providers.as_slice()).unwrap_or_default().iter();
        let providers: Vec<Value> = providers
            .map(|it| {
                let units = it.units.to_string();
                json!({ "provider": it.provider, "calls": it.calls, "units": units,
                        "usd": usd(it.usd) })
            })
            .collect();
        json!({
            "kind": self.plan.kind,
            "want": self.plan.want,
            "rows": self.shape.rows,
            "toRun": estimate.map(|it| it.rows),
            "complete": estimate.map(|it| it.complete),
            "suppressed": estimate.map(|it| it.suppressed),
            "reuse": { "reused": self.reuse.reused, "new": self.reuse.new,
                       "stale": self.reuse.stale, "unasked": self.reuse.unasked,
                       "newIsLeast": self.reuse.open_ended },
            "unusable": self.unusable,
            "mapping": mapping,
            "expected": expected::json(&self.forecast),
            "worst": { "usd": usd(estimate.and_then(|it| it.worst_usd)), "byProvider": providers },
        })
    }
}

fn told(estimate: &Estimate, reuse: &Reuse) -> String {
    let providers = estimate.providers.iter().map(|it| {
        let usd = it.usd.map_or_else(|| "unknown".to_owned(), |it| format!("{it} USD"));
        [it.provider.to_string(), it.calls.to_string(), it.units.to_string(), usd]
    });
    let heads = ["provider", "calls at most", "units at most", "cost at most"];
    let mut text = format!("\n{}\n\n", table(heads, providers));
    let complete = match estimate.complete {
        0 => String::new(),
        some => format!(", {some} have everything already"),
    };
    let suppressed = match estimate.suppressed {
        0 => String::new(),
        some => format!(", suppressed: {some}"),
    };
    let rows = count(estimate.rows.into(), "row");
    text.push_str(&format!("{rows} to run{complete}{suppressed}. "));
    if estimate.rows > 0 {
        text.push_str(&format!("Kept answers: {}.\n", reuse::told(reuse)));
    }
    match estimate.worst_usd {
        Some(worst) => text.push_str(&format!("Worst case: {worst} USD. ")),
        None => {
            let unknown: Vec<_> = wish::unpriced(estimate).iter().map(|it| it.as_str()).collect();
            let unknown = unknown.join(", ");
            text.push_str(&format!("USD unknown: no price for {unknown} (--price). "));
        }
    }
    text
}
