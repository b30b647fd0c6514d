//! A copy of the file while it is in use, and a file back from a copy.

use crate::{driver::SqliteDriver, error::translate};
use morket_core::{Error, ErrorKind, Result};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

const OPERATION: &str = "store.backup";

/// Write a consistent copy to `path`: into a file beside it, made durable, then renamed.
pub(crate) async fn backup(driver: &SqliteDriver, path: &Path) -> Result<()> {
    if path.exists() {
        let problem = "there is a file already; a backup never overwrites";
        return Err(Error::invalid(OPERATION, "path", problem));
    }
    let partial = beside(path);
    let _from_an_earlier_try = fs::remove_file(&partial);
    let name = text(&partial)?;
    let mut connection = driver.readers().acquire().await.map_err(translate)?;
    sqlx::query(AssertSqlSafe("VACUUM INTO $1"))
        .bind(name)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    publish(&partial, path)
}

/// Put a backup where a store expects its file, after checking that it is whole.
///
/// Refuses a path where a file stands: close that store and move its file away first.
pub async fn restore(backup: impl AsRef<Path>, path: impl AsRef<Path>) -> Result<()> {
    let (backup, path) = (backup.as_ref(), path.as_ref());
    let wal = PathBuf::from(format!("{}-wal", path.display()));
    if path.exists() || wal.exists() {
        let problem = "a database stands there; close it and move its files away first";
        return Err(Error::invalid("store.restore", "path", problem));
    }
    check_whole(backup).await?;
    let partial = beside(path);
    fs::copy(backup, &partial).map_err(unavailable)?;
    publish(&partial, path)
}

async fn check_whole(backup: &Path) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(backup).read_only(true).immutable(true);
    let mut connection = options.connect().await.map_err(translate)?;
    let found: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut connection)
        .await
        .map_err(translate)?;
    let _best_effort = connection.close().await;
    if found == "ok" {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Tampered, "store.restore", "the backup is damaged")
        .with("found", found))
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
