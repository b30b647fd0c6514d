//! What every verb needs.

use crate::{
    args::Global,
    config::Config,
    console::Console,
    copies,
    exit::Failure,
    folder::{self, RunFolder},
    keys::KeyFile,
    run::{self, Engine, Parts},
    vendors::Vendors,
};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use morket::Change;
use morket::{
    ErrorKind, JobId, Morket,
    job::Job,
    page::{Cursor, Limit},
    plan::parse_span,
};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// What every verb needs.
#[derive(Clone, Debug)]
pub struct Shell {
    /// Whom to talk to.
    pub console: Console,
    /// The settings.
    pub config: Config,
    /// The keys.
    pub keys: KeyFile,
    /// The vendors.
    pub vendors: Vendors,
}

impl Shell {
    /// From what was typed and what surrounds it.
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let vars = |name: &str| std::env::var(name).ok();
        let here = std::env::current_dir().map_err(|error| {
            Failure::error(format!("the folder that the shell stands in: {error}"))
        })?;
        let config = Config::find(&here, &vars, global.store.as_deref())?;
        let keys = KeyFile::new(&config.config_folder, Arc::new(vars));
        let Global { json, quiet, no_input, yes, .. } = *global;
        let console = Console { json, quiet, no_input, yes };
        let vendors = Vendors::of(&config);
        Ok(Self { console, config, keys, vendors })
    }

    /// Where the inputs of runs are kept.
    pub fn runs(&self) -> PathBuf {
        self.config.data_folder.join("runs")
    }

    /// A folder for a run in the configured store.
    pub fn new_folder(&self, run: JobId) -> Result<RunFolder, Failure> {
        RunFolder::create(&self.runs(), run, &self.store_name())
    }

    /// What the configured store is called beside the copies of inputs.
    pub(crate) fn store_name(&self) -> String {
        folder::store_name(&self.config.store.value)
    }

    /// The engine over the configured store.
    pub async fn engine(&self) -> Result<Engine, Failure> {
        self.tell_broken();
        Ok(self.open_engine().await?)
    }

    /// Tell which manifests cannot be read.
    pub(crate) fn tell_broken(&self) {
        for broken in &self.vendors.broken {
            self.console.note(&format!("skipped {broken}"));
        }
    }

    pub(crate) async fn open_engine(&self) -> morket::Result<Engine> {
        Engine::open(Parts::of(&self.config, &self.keys, &self.vendors).await?).await
    }

    /// The store of runs, if there is one; none is made.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub async fn store_if_there(&self) -> Result<Option<Morket>, Failure> {
        let place = &self.config.store.value;
        if !run::is_url(place) && !std::path::Path::new(place).exists() {
            return Ok(None);
        }
        let builder = || run::store(Morket::builder(), place);
        if builder()?.migrate(Change::Look).await?.at == 0 {
            return Ok(None);
        }
        Ok(Some(builder()?.build().await?))
    }

    /// The store of runs: this build has none.
    #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
    #[allow(clippy::unused_async, reason = "with a store it is asked")]
    pub async fn store_if_there(&self) -> Result<Option<Morket>, Failure> {
        Ok(None)
    }

    /// Erase what is older than the settings allow. What cannot be erased now is told, and no
    /// reason to leave the work undone.
    pub async fn expire(&self, engine: &Engine) -> Result<(), Failure> {
        let Some(text) = &self.config.settings.retention else { return Ok(()) };
        let age = span("retention", text)?;
        if let Err(error) = self.erase(engine, age, text).await {
            self.console.say(&format!(
                "Warning: not everything older than {text} is erased: {}. It is tried again when \
                 `enrich` or `worker` begins.",
                error.message()
            ));
        }
        Ok(())
    }

    async fn erase(&self, engine: &Engine, age: Duration, text: &str) -> morket::Result<()> {
        let erased = engine.morket.expire(engine.workspace, age).await;
        // The copies are files of their own: they go whatever the store could not do.
        let inputs = copies::expire(self, engine, age).await?;
        let erased = erased?;
        if !erased.is_nothing() || inputs > 0 {
            let (records, lookups) = (erased.records, erased.lookups);
            self.console.note(&format!(
                "Erased {records} records, {lookups} stored answers and {inputs} copies of inputs \
                 older than {text}."
            ));
        }
        Ok(())
    }

    /// The run that this names: its id, or the end of it.
    pub async fn find_run(&self, engine: &Engine, text: &str) -> Result<Job, Failure> {
        if let Ok(id) = text.parse::<JobId>() {
            let missing = || Failure::error(format!("there is no run {text} in this store"));
            return engine.job(id).await.map_err(|error| match error.kind() {
                ErrorKind::NotFound => missing(),
                _ => error.into(),
            });
        }
        let text = text.trim_start_matches('…').replace('-', "").to_lowercase();
        if text.len() < 4 || !text.chars().all(|it| it.is_ascii_hexdigit()) {
            let problem = "is no run; `morket runs` lists them, the last four characters suffice";
            return Err(Failure::usage(format!("`{text}` {problem}")));
        }
        let mut found: Vec<Job> = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page =
                engine.morket.store().jobs(engine.workspace, after, Limit::default()).await?;
            let ends = |it: &Job| it.id.0.simple().to_string().ends_with(&text);
            found.extend(page.rows.into_iter().filter(ends));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Failure::error(format!("there is no run {text}; `morket runs` lists them"))),
            _ => Err(Failure::usage(format!("{text} ends more than one run; type more of it"))),
        }
    }

    /// The newest run whose input or output this file is.
    pub fn run_of_file(&self, file: &std::path::Path) -> Option<JobId> {
        let same = |it: &std::path::Path| match (it.canonicalize(), file.canonicalize()) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        };
        folder::runs(&self.runs()).into_iter().find(|run| {
            let meta = RunFolder::find(&self.runs(), *run).and_then(|it| it.meta());
            meta.is_ok_and(|it| same(&it.output) || it.input.as_deref().is_some_and(same))
        })
    }
}

/// A span from a flag.
pub fn span(flag: &str, text: &str) -> Result<Duration, Failure> {
    Ok(parse_span(flag, text)?)
}
