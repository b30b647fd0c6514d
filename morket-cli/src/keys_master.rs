//! The master key's file: one line for each version that still counts, `2 0af9…`. A file with the
//! key alone, as the first release wrote it, holds version 1.

use crate::keys::{private, unreadable};
use morket::{
    Error, ErrorKind, Result, Rng,
    vault::{KeyRing, MasterKey},
};
use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
};

/// What a master key's file holds.
#[derive(Clone, Debug)]
pub(crate) struct MasterFile {
    path: PathBuf,
    /// Hexadecimal, by version.
    keys: BTreeMap<u32, morket::Secret<String>>,
}

impl MasterFile {
    /// Read it. Whoever else may read it is told first.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        private::check(path)?;
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
        let mut keys = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|it| !it.is_empty()) {
            let (version, hex) = line.split_once(' ').unwrap_or(("1", line));
            let version = version.parse().map_err(|_| wrong(path))?;
            MasterKey::parse(hex.trim())?;
            keys.insert(version, morket::Secret::new(hex.trim().to_owned()));
        }
        match keys.is_empty() {
            true => Err(wrong(path)),
            false => Ok(Self { path: path.to_owned(), keys }),
        }
    }

    /// A new one, of one key.
    pub(crate) fn create(path: &Path, rng: &dyn Rng) -> Result<Self> {
        let file = Self { path: path.to_owned(), keys: [(1, fresh(rng))].into() };
        private::create(path, &file.text())?;
        Ok(file)
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What opens and seals.
    pub(crate) fn ring(&self) -> Result<KeyRing> {
        let keys = self.keys.iter();
        let keys = keys.map(|(version, hex)| Ok((*version, MasterKey::parse(hex.expose())?)));
        let keys: Vec<_> = keys.collect::<Result<_>>()?;
        KeyRing::new(keys, self.newest(), self.oldest())
    }

    /// How many versions still count: more than one while a rotation is under way.
    pub(crate) fn versions(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn newest(&self) -> u32 {
        self.keys.last_key_value().map_or(1, |(version, _)| *version)
    }

    fn oldest(&self) -> u32 {
        self.keys.first_key_value().map_or(1, |(version, _)| *version)
    }

    /// One more version, written down before anything is wrapped under it.
    pub(crate) fn add(&mut self, rng: &dyn Rng) -> Result<()> {
        let next = self.newest().checked_add(1).ok_or_else(|| wrong(&self.path))?;
        self.keys.insert(next, fresh(rng));
        self.save()
    }

    /// Only the newest is left.
    pub(crate) fn forget_old(&mut self) -> Result<()> {
        let newest = self.newest();
        self.keys.retain(|version, _| *version == newest);
        self.save()
    }

    /// Written beside and put in its place: whoever reads meets the old or the new, whole.
    fn save(&self) -> Result<()> {
        let cannot = |error| unreadable(&self.path, error);
        let beside = self.path.with_extension("new");
        // What a rotation that was killed left behind counts for nothing.
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(cannot(error));
            }
            _ => {}
        }
        private::create(&beside, &self.text())?;
        std::fs::rename(&beside, &self.path).map_err(cannot)?;
        let folder = self.path.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if cfg!(unix) {
            File::open(folder).and_then(|it| it.sync_all()).map_err(cannot)?;
        }
        Ok(())
    }

    fn text(&self) -> String {
        self.keys.iter().map(|(version, hex)| format!("{version} {}\n", hex.expose())).collect()
    }
}

fn fresh(rng: &dyn Rng) -> morket::Secret<String> {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    morket::Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn wrong(path: &Path) -> Error {
    let message = format!("{} holds no master key", path.display());
    Error::new(ErrorKind::KeyUnavailable, "keys.open", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use morket::OsRng;

    #[test]
    fn versions_come_and_go_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let mut file = MasterFile::create(&path, &OsRng).unwrap();
        file.add(&OsRng).unwrap();
        let read = MasterFile::read(&path).unwrap();
        assert_eq!((read.versions(), read.newest(), read.oldest()), (2, 2, 1));
        assert_eq!(read.ring().unwrap().minimum(), 1);
        file.forget_old().unwrap();
        let read = MasterFile::read(&path).unwrap();
        assert_eq!((read.versions(), read.oldest()), (1, 2));
        assert_eq!(read.keys[&2].expose(), file.keys[&2].expose());
        private::check(&path).unwrap();
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let hex = "0af9".repeat(16);
        let rows = [
            (hex.clone(), true),
            (format!("{hex}\n"), true),
            (format!("1 {hex}\n2 {hex}\n"), true),
            (String::new(), false),
            ("\n\n".to_owned(), false),
            (format!("x {hex}"), false),
            ("1 short".to_owned(), false),
        ];
        for (text, good) in rows {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("master.key");
            private::create(&path, &text).unwrap();
            assert_eq!(MasterFile::read(&path).is_ok(), good, "{text:?}");
        }
    }
}
