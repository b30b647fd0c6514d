//! Settings: the project's `morket.toml`, found upward from where one stands, before the user's
//! own; flags and environment before both.

use crate::exit::Failure;
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

impl Config {
    /// Find everything, from this folder on; `flag` is `--store`.
    pub fn find(from: &Path, vars: Vars<'_>, flag: Option<&str>) -> Result<Self, Failure> {
        let config_folder = folder(vars, "XDG_CONFIG_HOME", ".config", "APPDATA")?;
        let data_folder = folder(vars, "XDG_DATA_HOME", ".local/share", "LOCALAPPDATA")?;
        let project = from.ancestors().map(|it| it.join(NAME)).find(|it| it.is_file());
        let user = Some(config_folder.join(NAME)).filter(|it| it.is_file());
        let user = user.filter(|it| Some(it) != project.as_ref());
        let files: Vec<PathBuf> = project.into_iter().chain(user).collect();
        let mut settings = Settings::default();
        let mut store: Option<Source<String>> = None;
        for path in &files {
            let read = read(path)?;
            let here = path.parent().unwrap_or(Path::new("."));
            if store.is_none() {
                let value = read.store.as_deref().map(|it| beside(here, it));
                store = value.map(|value| Source { value, from: path.display().to_string() });
            }
            let folder = read.providers_dir.as_deref().map(|it| beside(here, it));
            settings = settings.before(Settings { providers_dir: folder, ..read });
        }
        let flag = flag.map(|it| Source { value: it.to_owned(), from: "--store".to_owned() });
        let var = vars("MORKET_STORE").filter(|it| !it.is_empty());
        let var = var.map(|value| Source { value, from: "MORKET_STORE".to_owned() });
        let usual = || Source {
            value: data_folder.join("morket.db").display().to_string(),
            from: "the user's data folder".to_owned(),
        };
        let store = flag.or(var).or(store).unwrap_or_else(usual);
        Ok(Self { settings, files, store, config_folder, data_folder })
    }
}

impl Settings {
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

fn read(path: &Path) -> Result<Settings, Failure> {
    let wrong = |problem: String| Failure::usage(format!("{}: {problem}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))
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
        write(&home.join(".config/morket/morket.toml"), "store = \"u.db\"\negress = [\"a:1\"]\n");
        let user = find(None, None);
        assert!(user.store.value.ends_with(".config/morket/u.db"), "{:?}", user.store);
        let project = "store = \"p.db\"\n[providers.hunter]\nprice = \"starter\"\n";
        write(&root.path().join("work/morket.toml"), project);
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
        let failure = Config::find(root.path(), &|_| None, None).unwrap_err();
        assert!(failure.message.contains("set HOME"), "{}", failure.message);
    }
}
