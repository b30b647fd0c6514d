//! `providers check --live`: one real question, and everything that comes of it; with `--answer`,
//! what would come of an answer that was kept.

use crate::{
    args::CheckArgs,
    config::short_file,
    exit::{Exit, Failure, Outcome},
    run,
    shell::Shell,
    table::Place,
};
use morket::{
    CallId, Secret, WorkspaceId,
    engine::{Keys, Refused, sign_in},
    http::{Http, HttpRequest, HttpResponse},
    name::FieldName,
    network::scrubbed,
    provider::{Ask, Inputs, Operation, Outcome as Came, OutcomeKind, Parsed, Provider, Verdicts},
    providers::manifest::ManifestProvider,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, io::Write, path::Path};

/// How much of a body a terminal is shown.
const SHOWN: usize = 4096;

pub(super) async fn run(shell: &Shell, vendor: &ManifestProvider, args: &CheckArgs) -> Outcome {
    // Before anybody is asked, and perhaps bills it.
    args.save.as_deref().map_or(Ok(()), |file| Place::check(file, args.force))?;
    let record = record(vendor, &args.set)?;
    let operation = operation(vendor, args, &record)?;
    let own = shell.config.settings.providers.get(vendor.slug().as_str());
    let base = own.and_then(|it| it.base_url.as_deref()).unwrap_or(&vendor.manifest().base_url);
    let http = run::network(&shell.config.settings.egress)?;
    let key = match &args.answer {
        None => key(shell, vendor, base, http.as_ref()).await?,
        // It is shown to nobody.
        Some(_) => Some(Secret::new("id:secret".to_owned())).filter(|_| vendor.manifest().keyed),
    };
    let call = CallId::new(morket::Clock::now(&morket::SystemClock::new()), &morket::OsRng);
    let records = [record];
    let ask = Ask { operation, base_url: base, key: key.as_ref(), records: &records, call };
    let request = match &args.task {
        Some(task) => vendor.poll(&ask, task)?,
        None => vendor.request(&ask)?,
    };
    let request = if operation.free { request.free() } else { request };
    let sent = request.clone();
    let answer = match &args.answer {
        Some(file) => kept(file)?,
        None => http.send(request).await.map_err(|failure| {
            Failure::error(format!("no answer: {}", run::unreached(&failure)))
        })?,
    };
    let parsed = vendor.parse(&ask, &answer);
    let shown = scrubbed(&sent, &answer);
    if let Some(file) = &args.save {
        save(file, args.force, &shown)?;
        shell.console.note(&format!("Kept the answer in {}.", file.display()));
    }
    match shell.console.json {
        true => shell.console.data(&as_json(operation, &sent, &shown, &parsed).to_string())?,
        false => shell.console.data(&as_text(operation, &sent, &shown, &parsed))?,
    }
    Ok(match came(&parsed).map(Came::kind) {
        Some(OutcomeKind::AuthFailed | OutcomeKind::OutOfCredits) => Exit::Keys,
        Some(OutcomeKind::Answer | OutcomeKind::Miss | OutcomeKind::Pending) => Exit::Ok,
        _ => Exit::Error,
    })
}

fn record(vendor: &ManifestProvider, set: &[String]) -> Result<Inputs, Failure> {
    let all = &vendor.manifest().operations;
    let takes = |name: &FieldName| {
        all.iter().any(|it| it.inputs.iter().flatten().chain(&it.optional).any(|it| it == name))
    };
    let mut record = Inputs::default();
    for pair in set {
        let wrong = || Failure::usage(format!("--set {pair}: write FIELD=VALUE"));
        let (name, value) = pair.split_once('=').ok_or_else(wrong)?;
        let name = FieldName::new(name.trim())?;
        if !takes(&name) {
            let problem = format!("--set {pair}: no operation of this manifest takes `{name}`");
            return Err(Failure::usage(problem));
        }
        record.0.insert(name, value.into());
    }
    Ok(record)
}

fn operation<'v>(
    vendor: &'v ManifestProvider,
    args: &CheckArgs,
    record: &Inputs,
) -> Result<&'v Operation, Failure> {
    let all = &vendor.manifest().operations;
    let suffices =
        |it: &&Operation| it.alternative(|field| record.text(field.as_str()).is_some()).is_some();
    let found = match &args.operation {
        Some(name) => all.iter().find(|it| it.name == *name),
        None => all.iter().find(suffices),
    };
    let found = found.ok_or_else(|| {
        let all: Vec<_> = all.iter().map(needs).collect();
        Failure::usage(format!("no operation fits: {}", all.join("; ")))
    })?;
    if !suffices(&found) {
        return Err(Failure::usage(needs(found)));
    }
    Ok(found)
}

fn needs(operation: &Operation) -> String {
    let sets: Vec<_> = operation.inputs.iter().map(|it| names(it)).collect();
    format!("{} needs --set {}", operation.name, sets.join(", or --set "))
}

fn names(fields: &[FieldName]) -> String {
    fields.iter().map(|it| format!("{it}=…")).collect::<Vec<_>>().join(" --set ")
}

async fn key(
    shell: &Shell,
    vendor: &ManifestProvider,
    base: &str,
    http: &dyn Http,
) -> Result<Option<Secret<String>>, Failure> {
    if !vendor.manifest().keyed {
        return Ok(None);
    }
    let slug = vendor.slug();
    let key = shell.keys.key(WorkspaceId(run::WORKSPACE), slug).await?;
    let key = key.ok_or_else(|| {
        let variable = crate::keys::variable(slug);
        let message =
            format!("there is no key for {slug}: `morket keys set {slug}`, or {variable}");
        Failure { exit: Exit::Keys, message }
    })?;
    match sign_in(vendor, base, &key, http).await {
        Ok(token) => Ok(Some(token.map_or(key, |it| it.secret))),
        Err(Refused::Outcome(said)) if *said == Came::AuthFailed => {
            let message = "the vendor gives no token for this key".to_owned();
            Err(Failure { exit: Exit::Keys, message })
        }
        Err(Refused::Outcome(other)) => {
            Err(Failure::error(format!("no token: {:?}", other.kind())))
        }
        Err(Refused::Failure(failure)) => {
            Err(Failure::error(format!("no token: {}", run::unreached(&failure))))
        }
    }
}

fn came(parsed: &Parsed) -> Option<&Came> {
    match &parsed.verdicts {
        Verdicts::All(outcome) => Some(outcome),
        Verdicts::Each(each) => each.first(),
    }
}

fn outcome(parsed: &Parsed) -> String {
    let kind = came(parsed).and_then(|it| serde_json::to_value(it.kind()).ok());
    kind.as_ref().and_then(Value::as_str).unwrap_or("unknown").to_owned()
}

/// The task that is to be asked about, after a submission.
fn task(parsed: &Parsed) -> Option<&str> {
    match came(parsed)? {
        Came::Pending { task, .. } => task.as_deref(),
        _ => None,
    }
}

/// What it was billed: as the vendor tells, or as the manifest says of such an outcome.
fn billed(operation: &Operation, parsed: &Parsed) -> String {
    let units = parsed.billed.or_else(|| match came(parsed)? {
        Came::Answer(_) => Some(operation.billing.answer),
        Came::Miss => Some(operation.billing.miss),
        other if other.kind().is_unbilled() => Some(morket::VendorUnits::ZERO),
        _ => None,
    });
    let told = if parsed.billed.is_some() { "told by the vendor" } else { "by the manifest" };
    units.map_or("unknown".to_owned(), |it| format!("{it} ({told})"))
}

fn fields(parsed: &Parsed) -> Vec<(String, &Value)> {
    match came(parsed) {
        Some(Came::Answer(answer)) => {
            answer.values.iter().map(|(name, value)| (name.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

fn body(bytes: &[u8]) -> String {
    serde_json::from_slice::<Value>(bytes)
        .map_or_else(|_| String::from_utf8_lossy(bytes).into_owned(), |it| format!("{it:#}"))
}

fn as_json(
    operation: &Operation,
    request: &HttpRequest,
    answer: &HttpResponse,
    parsed: &Parsed,
) -> Value {
    let headers: Vec<_> = request.redacted_headers().collect();
    let fields: serde_json::Map<_, _> =
        fields(parsed).into_iter().map(|(name, value)| (name, value.clone())).collect();
    json!({
        "operation": operation.name,
        "request": {
            "method": request.method().as_str(), "url": request.redacted_url(), "headers": headers,
            "body": request.redacted_body().map(String::from_utf8_lossy),
        },
        "answer": {
            "status": answer.status, "headers": answer.headers,
            "body": String::from_utf8_lossy(&answer.body),
        },
        "fields": fields, "outcome": outcome(parsed), "task": task(parsed),
        "billed": billed(operation, parsed),
    })
}

fn as_text(
    operation: &Operation,
    request: &HttpRequest,
    answer: &HttpResponse,
    parsed: &Parsed,
) -> String {
    let mut text = format!("{} {}\n", request.method().as_str(), request.redacted_url());
    for (name, value) in request.redacted_headers() {
        text.push_str(&format!("{name}: {value}\n"));
    }
    if let Some(bytes) = request.redacted_body() {
        text.push_str(&format!("{}\n", String::from_utf8_lossy(bytes)));
    }
    let raw: String = body(&answer.body).chars().take(SHOWN).collect();
    text.push_str(&format!("\nanswer {}\n{raw}\n\n", answer.status));
    for (name, value) in fields(parsed) {
        text.push_str(&format!("{name} = {value}\n"));
    }
    text.push_str(&format!("outcome {}\n", outcome(parsed)));
    if let Some(task) = task(parsed) {
        text.push_str(&format!("task {task}; ask how it stands with --task {task}\n"));
    }
    text.push_str(&format!("billed {}", billed(operation, parsed)));
    // A vendor does not drive the terminal.
    text.chars().map(|it| if it.is_control() && it != '\n' { ' ' } else { it }).collect()
}

/// An answer as [`save`] keeps it.
fn kept(file: &Path) -> Result<HttpResponse, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Kept {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        body: Option<Value>,
        text: Option<String>,
    }
    let wrong = |why: String| Failure::usage(format!("{}: {why}", file.display()));
    let text = short_file(file).map_err(|error| wrong(error.to_string()))?;
    let kept: Kept = serde_json::from_str(&text).map_err(|error| {
        wrong(format!("{error}; an answer is {{\"status\": 200, \"headers\": {{}}, \"body\": …}}"))
    })?;
    let body = kept.body.map_or_else(|| kept.text.unwrap_or_default(), |it| it.to_string());
    let mut answer = HttpResponse::new(kept.status, body.into_bytes());
    let names = kept.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value));
    answer.headers = names.collect();
    Ok(answer)
}

/// The answer as the fixtures of tests are written: status, headers, body.
fn save(file: &Path, force: bool, answer: &HttpResponse) -> Result<(), Failure> {
    let headers: serde_json::Map<_, _> =
        answer.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let mut fixture = json!({ "status": answer.status, "headers": headers });
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(body) => fixture["body"] = body,
        Err(_) => fixture["text"] = String::from_utf8_lossy(&answer.body).into_owned().into(),
    }
    let mut place = Place::begin(file, force)?;
    place.write_all(format!("{fixture:#}\n").as_bytes())?;
    Ok(place.commit()?)
}
