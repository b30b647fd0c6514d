//! A real PostgreSQL of our own, in a temporary directory, on a free loopback port.

use super::{
    Service,
    server::{Server, free_port},
    session::Running,
    watchdog::Watchdog,
};
use crate::{command, repository, time::wait_until};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// Between finding a free port and using it someone else may take it.
const PORT_ATTEMPTS: usize = 5;
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Fast shutdown, then immediate (TERM would wait for clients); KILL follows by itself.
const STOP: &[(&str, Duration)] =
    &[("INT", Duration::from_secs(10)), ("QUIT", Duration::from_secs(2))];

/// Tells a test that kills servers where to find the programs to start its own.
pub(crate) const PROGRAMS: &str = "MORKET_TEST_PG_BIN";

/// What the server promises about a commit.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Durability {
    /// Survives the death of the server's process, not of the machine: quick, for tests.
    Process,
    /// The defaults, on disk: what a measurement has to pay for.
    Disk,
}

/// PostgreSQL with one of two durabilities, exported under `variable`.
pub(crate) struct Postgres {
    pub(crate) durability: Durability,
    pub(crate) variable: &'static str,
}

impl Service for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn variable(&self) -> &'static str {
        self.variable
    }

    fn how_to_install(&self) -> &'static str {
        "apt-get install postgresql-15"
    }

    fn is_installed(&self) -> bool {
        programs().is_some()
    }

    fn start(&self, watchdog: &mut Watchdog) -> Result<Running> {
        let programs = programs().context("no PostgreSQL is installed")?;
        let cluster = Cluster::create(programs, self.durability, watchdog)?;
        let version = command::output(Command::new(cluster.program("postgres")).arg("--version"))?;
        let mut tail = String::new();
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port()?;
            let mut server = cluster.serve(port, self.durability, watchdog)?;
            let decided = || server.has_ended() || cluster.answers(port);
            // Another server on that port would answer as well: ours has to live.
            if wait_until(READY_WITHIN, decided) && !server.has_ended() {
                let url = format!("postgres://morket@127.0.0.1:{port}/postgres");
                let bin = cluster.programs.display().to_string();
                return Ok(Running {
                    name: self.name(),
                    version: version.trim().to_owned(),
                    exports: vec![(self.variable, url), (PROGRAMS, bin)],
                    server,
                    _directory: cluster.directory,
                });
            }
            tail = server.log_tail();
            let group = server.id();
            drop(server);
            watchdog.forget(group)?;
            if !tail.contains("Address already in use") {
                break;
            }
        }
        bail!("PostgreSQL did not answer within {READY_WITHIN:?}; its log ends:\n{tail}")
    }
}

/// Where the server's programs are. `initdb` and `postgres` are seldom in PATH.
pub(crate) fn programs() -> Option<PathBuf> {
    let told = command::find_program("pg_config")
        .and_then(|program| command::output(Command::new(program).arg("--bindir")).ok())
        .map(|dir| PathBuf::from(dir.trim()));
    let mut packaged: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    packaged.sort();
    let in_path = command::find_program("initdb");
    let in_path = in_path.as_deref().and_then(Path::parent).map(Path::to_owned);
    told.into_iter()
        .chain(packaged.into_iter().rev())
        .chain(in_path)
        .find(|dir| ["initdb", "postgres", "psql"].iter().all(|name| dir.join(name).is_file()))
}

/// A data directory and who may use it.
struct Cluster {
    programs: PathBuf,
    directory: TempDir,
    user: Option<(u32, u32)>,
}

impl Cluster {
    fn create(programs: PathBuf, wanted: Durability, watchdog: &mut Watchdog) -> Result<Self> {
        // /var/tmp is on disk by convention, where /tmp may be memory. The build directory would
        // not do: it may lie in a home that the server's user cannot enter. Both keep the
        // socket's path short enough.
        let parent = match wanted {
            Durability::Process => std::env::temp_dir(),
            Durability::Disk => PathBuf::from("/var/tmp"),
        };
        let directory = tempfile::Builder::new().prefix("morket-pg-").tempdir_in(parent)?;
        watchdog.directory(directory.path())?;
        let user = server_user()?;
        if let Some((uid, gid)) = user {
            chown(directory.path(), Some(uid), Some(gid)).context("handing over the directory")?;
        }
        let cluster = Self { programs, directory, user };
        let mut initdb = cluster.command("initdb");
        initdb.arg("-D").arg(cluster.data()).args(["-A", "trust", "-U", "morket"]);
        initdb.args(["-E", "UTF8", "--locale=C", "--no-sync"]);
        watchdog.run(&mut initdb)?;
        Ok(cluster)
    }

    fn serve(&self, port: u16, wanted: Durability, watchdog: &mut Watchdog) -> Result<Server> {
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data()).args(["-p", &port.to_string()]);
        let sockets = format!("unix_socket_directories={}", self.directory.path().display());
        let mut settings = vec!["listen_addresses=127.0.0.1", &sockets, "max_connections=200"];
        if wanted == Durability::Process {
            // Not `synchronous_commit=off`: that would lose commits when the process is killed.
            settings.extend(["fsync=off", "full_page_writes=off"]);
        }
        for setting in settings {
            postgres.args(["-c", setting]);
        }
        Server::start(&mut postgres, self.directory.path().join("log"), STOP, watchdog)
    }

    /// Whether a query is answered, which is more than an open port.
    fn answers(&self, port: u16) -> bool {
        let mut psql = Command::new(self.program("psql"));
        psql.args(["-X", "-h", "127.0.0.1", "-p", &port.to_string(), "-U", "morket"]);
        psql.args(["-d", "postgres", "-Atc", "SELECT 1"]);
        command::output(&mut psql).is_ok_and(|answer| answer.trim() == "1")
    }

    /// A program of the server, run by the user that may run it.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        command.current_dir(self.directory.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }
}

/// PostgreSQL refuses to run as root: then it gets the package's user, or nobody.
fn server_user() -> Result<Option<(u32, u32)>> {
    let ours = fs::metadata("/proc/self").or_else(|_| fs::metadata(repository::root()))?.uid();
    if ours != 0 {
        return Ok(None);
    }
    let id = |flag: &str, user: &str| -> Option<u32> {
        command::output(Command::new("id").args([flag, user])).ok()?.trim().parse().ok()
    };
    let found =
        ["postgres", "nobody"].iter().find_map(|user| Some((id("-u", user)?, id("-g", user)?)));
    Ok(Some(found.context("running as root, and there is neither a user postgres nor nobody")?))
}
