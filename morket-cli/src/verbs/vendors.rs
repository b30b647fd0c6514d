//! `providers check` and `providers new`.

use super::probe;
use crate::{
    args::{CheckArgs, NewArgs},
    console::count,
    exit::{Exit, Failure, Outcome},
    shell::Shell,
};
use morket::{
    name::ProviderSlug,
    provider::Provider,
    providers::manifest::{ManifestProvider, Problem, draft, parse, read},
};
use serde_json::json;
use std::io::Read;

pub(super) async fn check(shell: &Shell, args: &CheckArgs) -> Outcome {
    let file = args.file.display().to_string();
    let text = read(&args.file).map_err(|error| Failure::usage(format!("{file}: {error}")))?;
    let vendor = match parse(&text) {
        Ok(vendor) => vendor,
        Err(problems) => return wrong(shell, &file, &problems),
    };
    if args.live || args.answer.is_some() {
        return probe::run(shell, &vendor, args).await;
    }
    let manifest = vendor.manifest();
    if shell.console.json {
        let operations: Vec<_> = manifest.operations.iter().map(|it| it.name.as_str()).collect();
        let line = json!({ "ok": true, "file": file, "provider": manifest.slug.as_str(),
                           "operations": operations, "problems": [] });
        shell.console.data(&line.to_string())?;
    } else {
        shell.console.data(&format!("{file}: {}", summary(&vendor)))?;
    }
    Ok(Exit::Ok)
}

fn summary(vendor: &ManifestProvider) -> String {
    let manifest = vendor.manifest();
    let operations = count(manifest.operations.len() as u64, "operation");
    format!("nothing is wrong: {}, {operations}", manifest.slug)
}

fn wrong(shell: &Shell, file: &str, problems: &[Problem]) -> Outcome {
    if shell.console.json {
        let each = |it: &Problem| {
            let Problem { line, column, at, message } = it;
            json!({ "line": line, "column": column, "at": at, "message": message })
        };
        let all: Vec<_> = problems.iter().map(each).collect();
        let line = json!({ "ok": false, "file": file, "problems": all });
        shell.console.data(&line.to_string())?;
    } else {
        for problem in problems {
            shell.console.data(&format!("{file}:{problem}"))?;
        }
    }
    Ok(Exit::Error)
}

/// The longest command that is read from standard input.
const LONGEST: u64 = 64 * 1024;

pub(super) fn new(shell: &Shell, args: &NewArgs) -> Outcome {
    let slug: ProviderSlug = args.slug.parse()?;
    if shell.vendors.registry.get(&slug).is_some() {
        let note = format!("{slug} is there already; `replaces_builtin = true` stands in for it");
        shell.console.note(&note);
    }
    let command = match args.from_curl.as_deref() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
            Some(text)
        }
        other => other.map(str::to_owned),
    };
    let text = draft(slug.as_str(), command.as_deref()).map_err(Failure::usage)?;
    shell.console.data(text.trim_end())?;
    let next = "Save it as a file, then: morket providers check FILE";
    shell.console.note(next);
    Ok(Exit::Ok)
}
