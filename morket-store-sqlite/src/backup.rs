//! A copy of the file while it is in use, and a file back from a copy.

use crate::{
    driver::SqliteDriver,
    error::translate,
    options::{SqliteOptions, open},
    thread::apart,
};
use morket_core::{Error, ErrorKind, Result};
use rusqlite::OpenFlags;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

const OPERATION: &str = "store.backup";

/// Write a consistent copy to `path`: into a file beside it, made durable, then renamed.
pub(crate) async fn backup(driver: &SqliteDriver, path: &Path) -> Result<()> {
    let (options, path) = (driver.options().clone(), path.to_owned());
    apart(move || copy_out(&options, &path)).await
}

fn copy_out(options: &SqliteOptions, path: &Path) -> Result<()> {
    if path.exists() {
        let problem = "there is a file already; a backup never overwrites";
        return Err(Error::invalid(OPERATION, "path", problem));
    }
    let partial = beside(path);
    let _from_an_earlier_try = fs::remove_file(&partial);
    let connection = options.reader()?;
    connection.execute("VACUUM INTO ?1", [text(&partial)?]).map_err(translate)?;
    publish(&partial, path)
}

/// Put a backup where a store expects its file, after checking that it is whole.
///
/// Refuses a path where a file stands: close that store and move its file away first.
pub async fn restore(backup: impl AsRef<Path>, path: impl AsRef<Path>) -> Result<()> {
    let (backup, path) = (backup.as_ref().to_owned(), path.as_ref().to_owned());
    apart(move || copy_in(&backup, &path)).await
}

fn copy_in(backup: &Path, path: &Path) -> Result<()> {
    let wal = PathBuf::from(format!("{}-wal", path.display()));
    if path.exists() || wal.exists() {
        let problem = "a database stands there; close it and move its files away first";
        return Err(Error::invalid("store.restore", "path", problem));
    }
    check_whole(backup)?;
    let partial = beside(path);
    fs::copy(backup, &partial).map_err(unavailable)?;
    publish(&partial, path)
}

/// Read every page, as a file that nobody writes: it may lie where no lock can be made.
fn check_whole(backup: &Path) -> Result<()> {
    let address = address(text(backup)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = open(Path::new(&address), flags)?;
    let found = connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    let found = found.map_err(translate)?;
    if found == "ok" {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Tampered, "store.restore", "the backup is damaged")
        .with("found", found))
}

/// A path as SQLite's address of an unchanging file; three characters mean something there.
fn address(path: &str) -> String {
    let plain = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{plain}?immutable=1")
}

fn publish(partial: &Path, path: &Path) -> Result<()> {
    File::open(partial).and_then(|file| file.sync_all()).map_err(unavailable)?;
    fs::rename(partial, path).map_err(unavailable)?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(unavailable)
}

fn beside(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.partial", path.display()))
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::invalid(OPERATION, "path", "must be Unicode"))
}

fn unavailable(error: std::io::Error) -> Error {
    let message = "the file system refused; see what caused it";
    Error::new(ErrorKind::StoreUnavailable, OPERATION, message).caused_by(error)
}
