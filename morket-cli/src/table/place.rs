//! Where a table goes: a file that is there whole or not at all, or standard output.

use morket::{Error, ErrorKind, Result};
use std::{
    fs::{File, Permissions},
    io::{BufWriter, Stdout, Write},
    path::{Path, PathBuf},
};

/// `leads.csv` becomes `leads.enriched.csv`, beside it.
pub fn enriched_name(input: &Path) -> PathBuf {
    let stem = input.file_stem().map_or_else(|| "rows".into(), |it| it.to_string_lossy());
    let extension = input.extension().map_or_else(|| "csv".into(), |it| it.to_string_lossy());
    input.with_file_name(format!("{stem}.enriched.{extension}"))
}

/// Where a table goes.
#[derive(Debug)]
pub enum Place {
    /// A file, written beside and put in its place when it is complete.
    File {
        /// Where it will be.
        target: PathBuf,
        /// Where it is until then.
        partial: Partial,
        /// What is written.
        file: BufWriter<File>,
        /// Whether a file that is there already is given up.
        force: bool,
    },
    /// A pipe or a device: nothing that could be put in its place.
    Stream(PathBuf, BufWriter<File>),
    /// Standard output.
    Stdout(BufWriter<Stdout>),
}

/// A file that goes unless it was put in its place: half a table is of no use, and a full disk
/// wants its room back. Until then it is its owner's alone.
#[derive(Debug)]
pub struct Partial {
    path: PathBuf,
    /// Who may do what with a new file here.
    usual: Permissions,
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What cannot be removed stays beside, under a name that says what it is.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Partial {
    /// `leads.csv.partial` beside its target.
    fn beside(target: &Path) -> Result<(Self, File)> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let path = target.with_file_name(name);
        let made = Self::make(&path).map_err(|error| cannot(&path, error));
        made.map(|(usual, file)| (Self { path, usual }, file))
    }

    fn make(path: &Path) -> std::io::Result<(Permissions, File)> {
        let gone = || match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        gone()?;
        // What mask and folder make of a new file, only a new file tells. It must not be the one
        // that is written: who has opened it once may read on.
        let usual = File::create_new(path)?.metadata()?.permissions();
        gone()?;
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok((usual, options.open(path)?))
    }

    /// Who may do what with it in its place: what held for the file that was there.
    fn permissions(&self, target: &Path) -> Permissions {
        std::fs::metadata(target).map_or_else(|_| self.usual.clone(), |it| it.permissions())
    }
}

impl Place {
    /// Begin to write to `target`; `-` is standard output.
    pub fn begin(target: &Path, force: bool) -> Result<Self> {
        if target == Path::new("-") {
            return Ok(Self::Stdout(BufWriter::new(std::io::stdout())));
        }
        if is_stream(target) {
            let file = File::options().write(true).open(target);
            let file = file.map_err(|error| cannot(target, error))?;
            return Ok(Self::Stream(target.to_owned(), BufWriter::new(file)));
        }
        Self::is_free(target, force)?;
        let (partial, file) = Partial::beside(target)?;
        Ok(Self::File { target: target.to_owned(), partial, file: BufWriter::new(file), force })
    }

    /// Whether `target` may and can be written at all; asked before money is spent.
    pub fn check(target: &Path, force: bool) -> Result<()> {
        if target == Path::new("-") || is_stream(target) {
            return Ok(());
        }
        Self::is_free(target, force)?;
        Partial::beside(target).map(drop)
    }

    fn is_free(target: &Path, force: bool) -> Result<()> {
        if target.is_dir() {
            let problem = format!("{} is a folder; name a file in it", target.display());
            return Err(Error::invalid("table.write", "output", problem));
        }
        match target.exists() && !force {
            true => Err(exists(target)),
            false => Ok(()),
        }
    }

    /// It is complete: put it in its place.
    pub fn commit(self) -> Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush().map_err(|error| cannot(Path::new("-"), error)),
            Self::Stream(target, mut out) => out.flush().map_err(|error| cannot(&target, error)),
            Self::File { target, partial, file, force } => {
                let beside = &partial.path;
                let file = file.into_inner().map_err(|error| cannot(beside, error.into()))?;
                let permitted = file.set_permissions(partial.permissions(&target));
                permitted.and_then(|()| file.sync_all()).map_err(|error| cannot(beside, error))?;
                drop(file);
                // A link does not replace what came to be there meanwhile; not every file system
                // has links. The other name goes with `partial`.
                if !force {
                    match std::fs::hard_link(beside, &target) {
                        Ok(()) => return Ok(()),
                        Err(_) if target.exists() => return Err(exists(&target)),
                        Err(_) => {}
                    }
                }
                std::fs::rename(beside, &target).map_err(|error| cannot(&target, error))
            }
        }
    }
}

/// A pipe or a device.
fn is_stream(target: &Path) -> bool {
    std::fs::metadata(target).is_ok_and(|it| !it.is_file() && !it.is_dir())
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::File { file, .. } | Self::Stream(_, file) => file.write(bytes),
            Self::Stdout(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::File { file, .. } | Self::Stream(_, file) => file.flush(),
            Self::Stdout(out) => out.flush(),
        }
    }
}

fn exists(target: &Path) -> Error {
    let problem =
        format!("{} is there already; add --force or choose another with -o", target.display());
    Error::invalid("table.write", "output", problem)
}

fn cannot(path: &Path, error: std::io::Error) -> Error {
    let message = format!("{} cannot be written: {error}", path.display());
    Error::new(ErrorKind::StoreUnavailable, "table.write", message).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_beside_their_input() {
        let rows = [
            ("a/leads.csv", "a/leads.enriched.csv"),
            ("leads", "leads.enriched.csv"),
            ("x.y.ndjson", "x.y.enriched.ndjson"),
        ];
        for (input, expected) in rows {
            assert_eq!(enriched_name(Path::new(input)), Path::new(expected));
        }
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.csv");
        let mut place = Place::begin(&target, false).unwrap();
        place.write_all(b"half").unwrap();
        assert!(!target.exists());
        drop(place);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no half is left");
        let mut place = Place::begin(&target, false).unwrap();
        place.write_all(b"whole").unwrap();
        place.commit().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"whole");
        assert!(!folder.path().join("out.csv.partial").exists());
        assert!(Place::begin(&target, false).is_err());
        assert!(Place::begin(&target, true).is_ok());
    }

    #[test]
    fn what_cannot_be_written_is_told_before_anything_is_paid() {
        let folder = tempfile::tempdir().unwrap();
        let error = Place::check(&folder.path().join("none/out.csv"), false).unwrap_err();
        assert!(error.message().contains("out.csv.partial cannot be written"), "{error}");
        assert!(Place::check(folder.path(), true).unwrap_err().message().contains("is a folder"));
        Place::check(&folder.path().join("out.csv"), false).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_never_replaced() {
        let mut place = Place::begin(Path::new("/dev/null"), true).unwrap();
        place.write_all(b"x").unwrap();
        place.commit().unwrap();
        assert!(is_stream(Path::new("/dev/null")));
    }

    #[cfg(unix)]
    #[test]
    fn who_may_read_a_file_is_as_it_was() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.csv");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let plain = folder.path().join("plain");
        File::create(&plain).unwrap();
        // A new file is as the mask says; one that is there keeps what it has.
        for before in [None, Some(0o600), Some(0o640), Some(0o664), Some(0o444)] {
            if let Some(before) = before {
                std::fs::set_permissions(&target, Permissions::from_mode(before)).unwrap();
            }
            let mut place = Place::begin(&target, before.is_some()).unwrap();
            place.write_all(b"x").unwrap();
            let partial = folder.path().join("out.csv.partial");
            assert_eq!(mode(&partial), 0o600, "half of it is nobody else's");
            place.commit().unwrap();
            assert_eq!(mode(&target), before.unwrap_or(mode(&plain)), "{before:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_stands_in_the_way_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (target, other) = (folder.path().join("out.csv"), folder.path().join("other"));
        std::fs::write(&other, b"another's").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join("out.csv.partial")).unwrap();
        let mut place = Place::begin(&target, false).unwrap();
        place.write_all(b"whole").unwrap();
        place.commit().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"whole");
        assert_eq!(std::fs::read(&other).unwrap(), b"another's");
    }

    #[test]
    fn what_came_to_be_there_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.csv");
        let place = Place::begin(&target, false).unwrap();
        std::fs::write(&target, b"another's").unwrap();
        assert!(place.commit().is_err());
        assert_eq!(std::fs::read(&target).unwrap(), b"another's");
    }
}
