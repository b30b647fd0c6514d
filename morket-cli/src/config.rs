//! Settings: the project's `morket.toml`, found upward from where one stands, before the user's
//! own; flags and environment before both. A project may be somebody else's: its file does not say
//! where keys and rows are sent, what a budget is counted by, or how long answers are kept, unless
//! the user names it in `MORKET_CONFIG`.

use crate::exit::Failure;
use morket::plan::parse_span;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// What a `morket.toml` may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where runs are kept: a file, or `postgres://…`.
    pub store: Option<String>,
    /// A folder of vendors' manifests.
    pub providers_dir: Option<String>,
    /// Local addresses that may be reached all the same, `127.0.0.1:8080`.
    #[serde(default)]
    pub egress: Vec<String>,
    /// How long values are kept after a run has ended: `180d`.
    pub retention: Option<String>,
    /// What is known of providers.
    #[serde(default)]
    pub providers: BTreeMap<String, ProviderSettings>,
}

/// What is known of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// The user's plan there, or the price of a unit (`0.05 usd`).
    pub price: Option<String>,
    /// Where it lives instead of where it usually does.
    pub base_url: Option<String>,
}

/// A setting and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source<T> {
    /// The setting.
    pub value: T,
    /// Where it came from, for people.
    pub from: String,
}

impl<T> Source<T> {
    /// Whether it was said for this command, not for all.
    pub fn is_told_now(&self) -> bool {
        [FLAG, VARIABLE].contains(&self.from.as_str())
    }
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Config {
    /// The settings.
    pub settings: Settings,
    /// The files that were read, the stronger first.
    pub files: Vec<PathBuf>,
    /// Where runs are kept.
    pub store: Source<String>,
    /// The user's configuration folder.
    pub config_folder: PathBuf,
    /// The user's data folder.
    pub data_folder: PathBuf,
}

/// What the environment says; a function, so that tests need no process of their own.
pub type Vars<'a> = &'a dyn Fn(&str) -> Option<String>;

const NAME: &str = "morket.toml";
/// Names a file that is the user's own wherever it lies; then none is looked for.
const NAMED: &str = "MORKET_CONFIG";
/// What names the store for one command.
const FLAG: &str = "--store";
const VARIABLE: &str = "MORKET_STORE";

impl Config {
    /// Find everything, from this folder on; `flag` is `--store`.
    pub fn find(from: &Path, vars: Vars<'_>, flag: Option<&str>) -> Result<Self, Failure> {
        let config_folder = folder(vars, "XDG_CONFIG_HOME", ".config", "APPDATA")?;
        let data_folder = folder(vars, "XDG_DATA_HOME", ".local/share", "LOCALAPPDATA")?;
        let own = config_folder.join(NAME);
        let named = vars(NAMED).filter(|it| !it.is_empty()).map(|it| from.join(it));
        let found = || from.ancestors().map(|it| it.join(NAME)).find(|it| it.is_file());
        let nearest = named.clone().or_else(found).filter(|it| *it != own);
        let project = nearest.clone().filter(|_| named.is_none());
        let user = Some(own.clone()).filter(|it| it.is_file());
        let files: Vec<PathBuf> = nearest.into_iter().chain(user).collect();
        let mut settings = Settings::default();
        let mut store: Option<Source<String>> = None;
        for path in &files {
            let read = read(path)?;
            if project.as_ref() == Some(path) {
                read.is_harmless(path, &own)?;
            }
            let here = path.parent().unwrap_or(Path::new("."));
            if store.is_none() {
                let value = read.store.as_deref().map(|it| beside(here, it));
                store = value.map(|value| Source { value, from: path.display().to_string() });
            }
            let folder = read.providers_dir.as_deref().map(|it| beside(here, it));
            settings = settings.before(Settings { providers_dir: folder, ..read });
        }
        let flag = flag.map(|it| Source { value: it.to_owned(), from: FLAG.to_owned() });
        let var = vars(VARIABLE).filter(|it| !it.is_empty());
        let var = var.map(|value| Source { value, from: VARIABLE.to_owned() });
        let usual = || Source {
            value: data_folder.join("morket.db").display().to_string(),
            from: "the user's data folder".to_owned(),
        };
        let store = flag.or(var).or(store).unwrap_or_else(usual);
        is_a_place(&store)?;
        Ok(Self { settings, files, store, config_folder, data_folder })
    }
}

impl Settings {
    /// Refuses what would send the user's keys or rows to whoever wrote a project's file, let a run
    /// spend more than its budget says, or throw away what was paid for.
    fn is_harmless(&self, path: &Path, own: &Path) -> Result<(), Failure> {
        let mut bad = Vec::new();
        if self.store.as_ref().is_some_and(|it| it.contains("://")) {
            bad.push("store".to_owned());
        }
        if self.providers_dir.is_some() {
            bad.push("providers_dir".to_owned());
        }
        if !self.egress.is_empty() {
            bad.push("egress".to_owned());
        }
        for (slug, it) in &self.providers {
            let set = [("base_url", it.base_url.is_some()), ("price", it.price.is_some())];
            let set = set.iter().filter(|it| it.1);
            bad.extend(set.map(|(key, _)| format!("providers.{slug}.{key}")));
        }
        if self.retention.is_some() {
            bad.push("retention".to_owned());
        }
        if bad.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{}: {} would say where your keys and rows are sent, what your budget is counted by \
             or how long your answers are kept, and a folder's file may be somebody else's. Put \
             it into {}; or, if you trust this file, set {NAMED}={0}",
            path.display(),
            bad.join(", "),
            own.display()
        )))
    }

    /// This one's word before the other's.
    fn before(mut self, other: Self) -> Self {
        self.store = self.store.or(other.store);
        self.retention = self.retention.or(other.retention);
        self.providers_dir = self.providers_dir.or(other.providers_dir);
        self.egress.extend(other.egress);
        for (slug, theirs) in other.providers {
            let ours = self.providers.entry(slug).or_default();
            ours.price = ours.price.take().or(theirs.price);
            ours.base_url = ours.base_url.take().or(theirs.base_url);
        }
        self
    }
}

/// The most that is read of a file of settings, or of a plan.
const LONGEST: u64 = 4 * 1024 * 1024;

/// A text that a person wrote: no folder, and nothing without an end.
pub(crate) fn short_file(path: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    match text.len() as u64 > LONGEST {
        true => Err(std::io::Error::other("is longer than 4 MiB")),
        false => Ok(text),
    }
}

fn read(path: &Path) -> Result<Settings, Failure> {
    let wrong = |problem: String| Failure::usage(format!("{}: {problem}", path.display()));
    let text = short_file(path).map_err(|error| wrong(error.to_string()))?;
    let read: Settings =
        toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
    if let Some(text) = &read.retention {
        parse_span("retention", text).map_err(|error| wrong(error.message().to_owned()))?;
    }
    Ok(read)
}

/// Refuses what is no store before it is made a file of that name.
fn is_a_place(store: &Source<String>) -> Result<(), Failure> {
    let said = match store.value.split_once("://") {
        _ if crate::run::is_url(&store.value) => return Ok(()),
        // Behind it may stand a password.
        Some((scheme, _)) => format!("`{scheme}://` is spoken by no store"),
        None if store.value.is_empty() => "it is empty".to_owned(),
        None => return Ok(()),
    };
    Err(Failure::usage(format!("{}: {said}; name a file, or postgres://…", store.from)))
}

/// A path in a file is relative to that file.
fn beside(folder: &Path, store: &str) -> String {
    match store.contains("://") {
        true => store.to_owned(),
        false => folder.join(store).display().to_string(),
    }
}

fn folder(vars: Vars<'_>, xdg: &str, home: &str, windows: &str) -> Result<PathBuf, Failure> {
    let set = |name: &str| vars(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    // A relative one is to be ignored, says the XDG specification.
    let own = set(xdg).filter(|it| it.is_absolute());
    let found = own.or_else(|| set("HOME").map(|it| it.join(home))).or_else(|| set(windows));
    found.map(|it| it.join("morket")).ok_or_else(|| {
        Failure::usage(format!("set HOME or {xdg}: there is no folder to keep things in"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn flags_before_environment_before_project_before_user() {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("home");
        let deep = root.path().join("work/a/b");
        std::fs::create_dir_all(&deep).unwrap();
        let find = |var: Option<&str>, flag: Option<&str>| {
            let vars = |name: &str| match name {
                "HOME" => Some(home.display().to_string()),
                "MORKET_STORE" => var.map(str::to_owned),
                _ => None,
            };
            Config::find(&deep, &vars, flag).unwrap()
        };
        assert_eq!(find(None, None).store.from, "the user's data folder");
        let own = "store = \"u.db\"\negress = [\"a:1\"]\n[providers.hunter]\nprice = \"starter\"\n";
        write(&home.join(".config/morket/morket.toml"), own);
        let user = find(None, None);
        assert!(user.store.value.ends_with(".config/morket/u.db"), "{:?}", user.store);
        write(&root.path().join("work/morket.toml"), "store = \"p.db\"\n");
        let both = find(None, None);
        assert!(both.store.value.ends_with("work/p.db"), "{:?}", both.store);
        assert_eq!(both.settings.egress, ["a:1"]);
        assert_eq!(both.settings.providers["hunter"].price.as_deref(), Some("starter"));
        assert_eq!(find(Some("postgres://x"), None).store.value, "postgres://x");
        assert_eq!(find(Some("v.db"), Some("f.db")).store.value, "f.db");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let root = tempfile::tempdir().unwrap();
        write(&root.path().join("morket.toml"), "stroe = \"x\"\n");
        let vars = |name: &str| (name == "HOME").then(|| "/nowhere".to_owned());
        let failure = Config::find(root.path(), &vars, None).unwrap_err();
        assert!(failure.message.contains("morket.toml") && failure.message.contains("stroe"));
        let vars = |name: &str| (name == NAMED).then(|| "none.toml".to_owned());
        let vars = |name: &str| vars(name).or_else(|| Some("/nowhere".to_owned()));
        let failure = Config::find(root.path(), &vars, None).unwrap_err();
        assert!(failure.message.contains("none.toml"), "{}", failure.message);
        let failure = Config::find(root.path(), &|_| None, None).unwrap_err();
        assert!(failure.message.contains("set HOME"), "{}", failure.message);
    }

    /// What a file says counts from these places; `true` where it may lead keys elsewhere.
    fn check(text: &str, names: Option<&str>) {
        let root = tempfile::tempdir().unwrap();
        let (home, work) = (root.path().join("home"), root.path().join("work"));
        let own = home.join(".config/morket/morket.toml");
        let find = |from: &Path, named: Option<&Path>| {
            let vars = |name: &str| match name {
                "HOME" => Some(home.display().to_string()),
                NAMED => named.map(|it| it.display().to_string()),
                _ => None,
            };
            Config::find(from, &vars, None)
        };
        write(&work.join("morket.toml"), text);
        std::fs::create_dir_all(work.join("deep")).unwrap();
        for from in [&work, &work.join("deep")] {
            match (names, find(from, None)) {
                (Some(name), Err(failure)) => {
                    for said in [name, "MORKET_CONFIG=", &own.display().to_string()] {
                        assert!(failure.message.contains(said), "{text}: {}", failure.message);
                    }
                }
                (None, Ok(_)) => {}
                (_, found) => panic!("{text}: {found:?}"),
            }
        }
        // Whoever names the file has said that it is theirs, and then no other is looked for.
        let named = find(&work.join("deep"), Some(Path::new("../morket.toml"))).unwrap();
        let expected: Settings = toml::from_str(text).unwrap();
        let read = |it: &Settings| (it.egress.clone(), it.retention.clone());
        let prices = |it: &Settings| it.providers.values().map(|it| it.price.clone()).collect();
        let both = |it: &Settings| -> (_, Vec<_>) { (read(it), prices(it)) };
        assert_eq!(both(&named.settings), both(&expected), "{text}");
        // In the user's own file everything counts, wherever one stands.
        std::fs::remove_file(work.join("morket.toml")).unwrap();
        write(&own, text);
        for from in [&work, &home.join(".config/morket")] {
            let found = find(from, None).unwrap();
            assert_eq!(both(&found.settings), both(&expected), "{text}");
            assert_eq!(found.files, std::slice::from_ref(&own), "{text}");
        }
    }

    #[test]
    fn a_projects_file_says_neither_where_keys_go_nor_what_they_cost() {
        check("egress = [\"127.0.0.1:8080\"]\n", Some("egress"));
        check("providers_dir = \"vendors\"\n", Some("providers_dir"));
        check("store = \"postgres://evil.example/x\"\n", Some("store"));
        let base = "[providers.hunter]\nbase_url = \"https://evil.example\"\n";
        check(base, Some("providers.hunter.base_url"));
        // A budget in dollars counts units by their price, and expiring is for ever.
        check("store = \"p.db\"\nretention = \"180d\"\n", Some("retention"));
        let price = "[providers.hunter]\nprice = \"0.000001 usd\"\n";
        check(price, Some("providers.hunter.price"));
        check("store = \"p.db\"\n[providers.hunter]\n", None);
        check("", None);
    }
}
