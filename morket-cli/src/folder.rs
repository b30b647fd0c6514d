//! What is kept of a run beside the store: its input, as it came, and how its output is to look. So
//! any run can be rendered again, whatever became of the user's files.

use crate::{exit::Failure, keys::private, output::Look};
use morket::{JobId, name::FieldName};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

/// How a run's input is read and its output looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The user's file; nothing for standard input and single rows.
    pub input: Option<PathBuf>,
    /// Where its output goes; `-` is standard output.
    pub output: PathBuf,
    /// Field by header.
    pub map: BTreeMap<String, FieldName>,
    /// How its output looks.
    pub look: Look,
    /// It is one row without a file: shown, not written.
    #[serde(default)]
    pub single: bool,
    /// Its output was written once: the file that is there is our own.
    #[serde(default)]
    pub written: bool,
}

/// A run's folder. It goes when it is dropped before it was kept.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    keep: bool,
}

impl RunFolder {
    /// A new one below `runs`, of a run in this store.
    pub fn create(runs: &Path, job: JobId, store: &str) -> Result<Self, Failure> {
        let path = runs.join(job.to_string());
        private::folder(&path)?;
        let folder = Self { path, keep: false };
        private::create(&folder.path.join("store"), store)?;
        Ok(folder)
    }

    /// The store that its run is in, by name; older releases did not write it down.
    pub fn store(&self) -> Option<String> {
        fs::read_to_string(self.path.join("store")).ok()
    }

    /// Whether its run was to begin.
    pub fn was_kept(&self) -> bool {
        self.path.join("meta.json").is_file()
    }

    /// The one of a run.
    pub fn find(runs: &Path, job: JobId) -> Result<Self, Failure> {
        let path = runs.join(job.to_string());
        let folder = Self { path, keep: true };
        match folder.was_kept() {
            true => Ok(folder),
            false => Err(Failure::error(format!(
                "the input of run {job} is not on this machine; it was run elsewhere, or {} was \
                 removed",
                folder.path.display()
            ))),
        }
    }

    /// The one of a run, whether or not the run ever began.
    pub fn left(runs: &Path, job: JobId) -> Self {
        Self { path: runs.join(job.to_string()), keep: true }
    }

    /// The copy of its input.
    pub fn input(&self) -> PathBuf {
        self.path.join("input")
    }

    /// Copy the input.
    pub fn spool(&self, mut source: impl Read) -> Result<(), Failure> {
        private::file(&self.input())?;
        let mut file = fs::OpenOptions::new().write(true).truncate(true).open(self.input())?;
        std::io::copy(&mut source, &mut file)?;
        Ok(file.sync_all()?)
    }

    /// Write down how it is read, and keep it from now on.
    pub fn save(&mut self, meta: &Meta) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(meta)
            .map_err(|error| Failure::error(format!("the run cannot be written down: {error}")))?;
        let path = self.path.join("meta.json");
        private::file(&path)?;
        fs::write(path, text)?;
        self.keep = true;
        Ok(())
    }

    /// How it is read.
    pub fn meta(&self) -> Result<Meta, Failure> {
        let path = self.path.join("meta.json");
        let text = fs::read_to_string(&path)?;
        serde_json::from_str(&text)
            .map_err(|error| Failure::error(format!("{}: {error}", path.display())))
    }

    /// Forget it after all.
    pub fn discard(mut self) {
        self.keep = false;
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed is an empty folder or a copy in the user's own data.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// What a store is called wherever one stands: a file's whole path, or a server's database without
/// who uses it, and how.
pub fn store_name(store: &str) -> String {
    let Some((_, rest)) = store.split_once("://") else {
        let whole = || std::path::absolute(store).unwrap_or_else(|_| store.into());
        return fs::canonicalize(store).unwrap_or_else(|_| whole()).display().to_string();
    };
    let place = rest.split(['?', '#']).next().unwrap_or_default();
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    format!("postgres://{place}")
}

/// The runs of which there is a folder, the newest first: ids begin with their time.
pub fn runs(folder: &Path) -> Vec<JobId> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<JobId>().ok();
    let mut runs: Vec<JobId> = entries.flatten().filter_map(name).collect();
    runs.sort_by_key(|it| std::cmp::Reverse(it.0));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_has_one_name_and_no_secret_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        fs::write(&file, "").unwrap();
        let real = fs::canonicalize(&file).unwrap().display().to_string();
        let around = folder.path().join("../").join(folder.path().file_name().unwrap());
        let rows = [
            (file.display().to_string(), real.clone()),
            (around.join("a.db").display().to_string(), real),
            ("postgres://db/x".into(), "postgres://db/x".into()),
            ("postgresql://me:s3@cr@db:5432/x?password=y".into(), "postgres://db:5432/x".into()),
        ];
        for (store, expected) in rows {
            assert_eq!(store_name(&store), expected, "{store}");
        }
    }
}
