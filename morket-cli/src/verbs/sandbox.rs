//! `sandbox` serves fake vendors; `try` starts one as a process of its own and runs demo rows.

use super::{attend, why};
use crate::{
    args::{SandboxArgs, TryArgs},
    console::table,
    exit::{Exit, Failure, Outcome},
    folder::{Meta, RunFolder},
    keys::private,
    output::Look,
    rows::{self, Recorder},
    run::{Engine, Parts},
    shell::Shell,
    signal::Ending,
    story,
    table::{Dialect, compose, plain},
};
use async_trait::async_trait;
use morket::providers::sandbox::{Faults, Options, Sandbox, Vendor, World};
use morket::{
    Result, Secret, WorkspaceId,
    engine::Keys,
    field::Kind,
    job::CellStatus,
    name::{FieldName, ProviderSlug},
    plan::{Plan, Waterfall},
    workspace::Environment,
};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeMap, process::Stdio, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
};

/// Serve until ended.
pub(super) async fn serve(shell: &Shell, args: &SandboxArgs) -> Outcome {
    let mut options = Options::seeded(args.seed);
    options.port = args.port;
    options.log_file.clone_from(&args.log);
    if args.faults {
        options = options.for_each_vendor(|it| it.faults = Faults::campaign());
    }
    if let Some(log) = &args.log {
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(log);
        opened.map_err(|error| Failure::usage(format!("--log {}: {error}", log.display())))?;
    }
    let taken = |error: std::io::Error| {
        let place = format!("127.0.0.1:{}", args.port);
        Failure::error(format!("{place}: {error}; `--port 0` takes a free one"))
    };
    let sandbox = Sandbox::start(options).await.map_err(taken)?;
    match shell.console.json {
        true => {
            for vendor in Vendor::ALL {
                let (slug, url) = (vendor.slug(), sandbox.base_url(vendor));
                let line = json!({ "provider": slug, "baseUrl": url });
                shell.console.data(&line.to_string())?;
            }
        }
        false => shell.console.data(&settings(&sandbox))?,
    }
    let mut ending = Ending::listen()?;
    let mut nothing = Vec::new();
    let mut stdin = tokio::io::stdin();
    tokio::select! {
        pressed = ending.told() => pressed?,
        read = stdin.read_to_end(&mut nothing), if args.attached => { read?; }
    }
    Ok(Exit::Ok)
}

/// Where everybody lives, as the settings that lead there. A store of their own keeps what fakes
/// say from what was paid for.
fn settings(sandbox: &Sandbox) -> String {
    let address = sandbox.addr();
    let mut text = format!(
        "# Fake vendors, until this command ends; every person and company is invented, and\n\
         # any key is good. Keep this as a file, say `fakes.toml`, and name it:\n\
         #   MORKET_CONFIG=fakes.toml MORKET_HUNTER_KEY=any morket enrich leads.csv --want email\n\
         store = \"fakes.db\"\n\
         egress = [\"{address}\"]\n\n\
         [providers]"
    );
    for vendor in Vendor::ALL {
        let line = format!("\n{}.base_url = \"{}\"", vendor.slug(), sandbox.base_url(vendor));
        text.push_str(&line);
    }
    text
}

/// How many demo rows are shown.
const SHOWN: usize = 20;

/// Any key opens a sandbox.
#[derive(Debug)]
struct AnyKey;

#[async_trait]
impl Keys for AnyKey {
    async fn key(&self, _: WorkspaceId, _: &ProviderSlug) -> Result<Option<Secret<String>>> {
        Ok(Some(Secret::new("sandbox".to_owned())))
    }
}

/// Where one vendor lives, as `--json` says it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    provider: String,
    base_url: String,
}

/// A sandbox in a process of its own, which ends with this one.
struct Vendors {
    child: Child,
    base_urls: BTreeMap<String, String>,
}

impl Vendors {
    async fn start(seed: u64) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["sandbox", "--attached", "--json", "--seed", &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let gone = || Failure::error("the sandbox did not start");
        let out = child.stdout.take().ok_or_else(gone)?;
        let mut lines = BufReader::new(out).lines();
        let mut base_urls = BTreeMap::new();
        while base_urls.len() < Vendor::ALL.len() {
            let line = tokio::time::timeout(Duration::from_secs(10), lines.next_line()).await;
            let line = line.map_err(|_| gone())??.ok_or_else(gone)?;
            let line: Line = serde_json::from_str(&line).map_err(|_| gone())?;
            base_urls.insert(line.provider, line.base_url);
        }
        Ok(Self { child, base_urls })
    }

    /// `127.0.0.1:PORT`.
    fn address(&self) -> Option<String> {
        let url = self.base_urls.values().next()?.strip_prefix("http://")?;
        Some(url.split('/').next().unwrap_or(url).to_owned())
    }
}

/// What is asked of whom in a trial.
fn plan() -> Result<Plan, Failure> {
    let field = |name: &str| FieldName::new(name);
    let mut plan = Plan::of(Kind::Person, [field("email")?, field("title")?]);
    let steps = |steps: &[&str]| steps.iter().map(|it| (*it).to_owned()).collect();
    let verify = Some("zerobounce".to_owned());
    let email = Waterfall { steps: steps(&["hunter", "people-data-labs"]), verify, email: None };
    plan.waterfalls.insert(field("email")?, email);
    let title = Waterfall { steps: steps(&["people-data-labs"]), ..Waterfall::default() };
    plan.waterfalls.insert(field("title")?, title);
    let registry = crate::vendors::Vendors::builtin().registry;
    for slug in ["hunter", "people-data-labs", "zerobounce"] {
        let manifest = registry.named(slug)?.manifest();
        let paid = manifest.prices.iter().find(|it| it.usd_per_unit.is_positive());
        let price = paid.map(|it| it.plan.clone());
        plan.prices.extend(price.map(|price| (manifest.slug.clone(), price)));
    }
    Ok(plan)
}

/// The demo rows as a file.
fn demo(args: &TryArgs) -> Vec<u8> {
    let dialect = Dialect::default();
    let mut file = compose(&dialect, &["Name", "Company", "Website"]);
    file.push(b'\n');
    // The world follows from the seed: the same one that the sandbox serves.
    for row in World::new(args.seed).demo_rows(usize::from(args.rows)) {
        let cells = [row.full_name, row.company_name, row.company_domain];
        file.extend(compose(&dialect, &cells));
        file.push(b'\n');
    }
    file
}

pub(super) async fn attempt(shell: &Shell, args: &TryArgs) -> Outcome {
    let vendors = Vendors::start(args.seed).await?;
    let place = shell.config.data_folder.join("try");
    if place.exists() {
        std::fs::remove_dir_all(&place)?;
    }
    private::folder(&place)?;
    let mut shell = shell.clone();
    shell.config.data_folder.clone_from(&place);
    let store = place.join("try.db").display().to_string();
    let held = Vendor::ALL.iter().map(|it| it.slug().parse()).collect::<Result<_, _>>()?;
    let parts = Parts {
        store: store.clone(),
        egress: vendors.address().into_iter().collect(),
        base_urls: vendors.base_urls.clone(),
        registry: crate::vendors::Vendors::builtin().registry,
        keys: Arc::new(AnyKey),
        held,
        environment: Environment::Sandbox,
        trial: false,
    };
    let engine = Engine::open(parts).await?;
    let id = engine.new_id();
    let mut folder = RunFolder::create(&shell.runs(), id, &store)?;
    folder.spool(demo(args).as_slice())?;
    let mapping = rows::mapping(&folder.input(), &BTreeMap::new(), None)?.settled()?;
    let plan = plan()?;
    let output = place.join("demo.enriched.csv");
    let look = Look::default();
    let (map, input) = (mapping.saved(), None);
    folder.save(&Meta { input, output, map, look, single: false, written: false })?;
    let recorder = Recorder::new(mapping.fields());
    let records = rows::Records::open(&folder.input(), &recorder)?;
    let job = engine.submit(id, &plan, Some("demo".to_owned()), (None, None), records).await?;
    shell.console.note(&format!(
        "Fake vendors at {}; every person, company and answer is invented.\n",
        vendors.address().unwrap_or_default()
    ));
    let ending = attend::Ending { wait: Duration::from_secs(60), force: true, min_fill: None };
    let exit = attend::attend(&shell, &engine, job, folder, ending).await?;
    if !shell.console.json {
        shell.console.data(&format!("\n{}", found(&engine, id, args).await?))?;
    }
    tell(&shell, &engine, id, &store).await?;
    drop(vendors.child);
    Ok(exit)
}

/// The rows and what was found, as a table.
async fn found(engine: &Engine, id: morket::JobId, args: &TryArgs) -> Result<String, Failure> {
    let cells = engine.morket.store().cells(engine.workspace, id, 0..1_000).await?;
    let demo = World::new(args.seed).demo_rows(usize::from(args.rows)).into_iter().enumerate();
    let rows = demo.take(SHOWN).map(|(index, row)| {
        let of = |field: &str| {
            let cell = cells
                .iter()
                .map(|it| &it.cell)
                .find(|it| it.index as usize == index && it.field.as_str() == field);
            let value = cell.and_then(|it| it.value.as_ref()).map(plain);
            let word = || cell.map_or("pending", |it| story::word(it.status)).to_owned();
            value.unwrap_or_else(|| format!("({})", word()))
        };
        [row.full_name, row.company_name, of("email"), of("title")]
    });
    Ok(table(["name", "company", "email", "title"], rows))
}

/// The story of the most telling cell, and where everything is.
async fn tell(
    shell: &Shell,
    engine: &Engine,
    id: morket::JobId,
    store: &str,
) -> Result<(), Failure> {
    let cells = engine.morket.store().cells(engine.workspace, id, 0..1_000).await?;
    let found = cells.iter().find(|it| it.cell.status == CellStatus::Found);
    if let Some(row) = found {
        let job = engine.job(id).await?;
        let story = why::tell(engine, &job, row.cell.index, &row.cell.field).await?;
        shell.console.note(&format!("\nWhy row {}:\n{story}", row.cell.index + 1));
    }
    shell.console.note(&format!("\nKept until the next trial: {store}"));
    Ok(())
}
