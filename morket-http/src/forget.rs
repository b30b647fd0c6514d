//! Recorded traffic without what names a person.

use crate::cassette::{Cassette, Exchange, unusable};
use morket_core::{Error, Result, privacy::Search};
use std::{
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
};

impl Cassette {
    /// Rewrite a recording without the exchanges that name somebody, in the request or the answer;
    /// how many there were. The file is replaced when all of it is written, or left as it is. Let
    /// nobody record to it meanwhile.
    ///
    /// Of a request's body a recording holds a hash alone, in which nobody can be looked for: such
    /// an exchange goes if its address or its answer names the person.
    pub fn forget(path: impl AsRef<Path>, search: &Search) -> Result<u32> {
        let path = path.as_ref();
        let file = fs::File::open(path).map_err(unusable)?;
        let (mut kept, mut gone) = (Vec::new(), 0);
        for (index, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(unusable)?;
            let exchange: Exchange = serde_json::from_str(&line).map_err(|error| {
                let problem = format!("line {} is no exchange", index + 1);
                Error::invalid("http.cassette", "path", problem).caused_by(error)
            })?;
            match exchange.is_named(search) {
                true => gone += 1,
                false => kept.push(line),
            }
        }
        if gone > 0 {
            replace(path, &kept).map_err(unusable)?;
        }
        Ok(gone)
    }
}

fn replace(path: &Path, lines: &[String]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial)?;
    for line in lines {
        writeln!(file, "{line}")?;
    }
    file.sync_all()?;
    fs::rename(partial, path)
}
