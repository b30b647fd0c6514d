//! A PostgreSQL of the campaign's own: with its default durability, on disk, and made to be killed.
//!
//! It never outlives the campaign. Dropping it stops it; and a shell that waits on a pipe from us
//! stops it when we were killed ourselves and nothing was dropped.

use anyhow::{Context, bail};
use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Where the server's programs are, if somebody says so.
const PROGRAMS: &str = "MORKET_TEST_PG_BIN";

/// How long it may take to answer, recovery included.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads the server's process id, again after each start; at the end of the pipe it stops the last
/// one and removes the folder, which it is told first.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
read -r folder
server=
while read -r word; do server=$word; done
if [ -n "$server" ]; then
  kill -s QUIT "$server" 2>/dev/null
  tries=50
  while kill -0 "$server" 2>/dev/null && [ "$tries" -gt 0 ]; do
    sleep 0.1; tries=$((tries - 1))
  done
  kill -s KILL "$server" 2>/dev/null
fi
rm -rf -- "$folder"
"#;

/// A running server.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    postmaster: Option<Child>,
    pipe: Option<ChildStdin>,
    watchdog: Child,
    folder: TempDir,
}

impl Server {
    /// Make a database and start its server.
    pub fn start() -> anyhow::Result<Self> {
        let programs = programs().context("no PostgreSQL is installed")?;
        // On disk by convention, and open to the server's user, which the build folder may not be.
        let folder = tempfile::Builder::new().prefix("morket-crash-").tempdir_in("/var/tmp")?;
        let user = user()?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).context("handing over the folder")?;
        }
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("starting the watchdog")?;
        let mut pipe = watchdog.stdin.take().context("a pipe")?;
        writeln!(pipe, "{}", folder.path().display())?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let (postmaster, pipe) = (None, Some(pipe));
        let mut server = Self { programs, user, port, postmaster, pipe, watchdog, folder };
        let mut initdb = server.command("initdb");
        initdb.arg("-D").arg(server.data()).args(["-A", "trust", "-U", "morket"]);
        initdb.args(["-E", "UTF8", "--locale=C"]).stdin(Stdio::null());
        let made = initdb.output().context("initdb")?;
        if !made.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&made.stderr).trim());
        }
        server.serve()?;
        Ok(server)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("postgres://morket@127.0.0.1:{}/postgres", self.port)
    }

    /// Start it on the database that is there, and wait until it answers.
    pub fn serve(&mut self) -> anyhow::Result<()> {
        let log = self.folder.path().join("log");
        let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        let sockets = format!("unix_socket_directories={}", self.folder.path().display());
        postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", &sockets]);
        let child = postgres
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("starting PostgreSQL")?;
        let pipe = self.pipe.as_mut().context("the watchdog")?;
        writeln!(pipe, "{}", child.id())?;
        let postmaster = self.postmaster.insert(child);
        let since = Instant::now();
        loop {
            if let Some(status) = postmaster.try_wait()? {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                let lines: Vec<_> = log.lines().collect();
                let tail = lines[lines.len().saturating_sub(10)..].join("\n");
                bail!("PostgreSQL ended ({status}):\n{tail}");
            }
            let mut psql = Command::new(self.programs.join("psql"));
            psql.args(["-X", "-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "morket"]);
            psql.args(["-d", "postgres", "-Atc", "SELECT 1"]);
            let answered = psql.stdin(Stdio::null()).output()?;
            if answered.status.success() && answered.stdout == b"1\n" {
                return Ok(());
            }
            if since.elapsed() > PATIENCE {
                bail!("PostgreSQL did not answer within {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kill the postmaster and every backend, as the end of a machine would.
    ///
    /// A backend that outlives its postmaster may still commit, and keeps the next one from
    /// starting: so all of them go, and the postmaster is reaped.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let Some(mut postmaster) = self.postmaster.take() else { return Ok(()) };
        let backends = children(postmaster.id());
        postmaster.kill()?;
        backends.iter().for_each(|id| signal("KILL", *id));
        // Those that were forked since.
        children(postmaster.id()).iter().for_each(|id| signal("KILL", *id));
        postmaster.wait()?;
        let since = Instant::now();
        while backends.iter().any(|id| is_running(*id)) && since.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut postmaster) = self.postmaster.take() {
            signal("INT", postmaster.id());
            let since = Instant::now();
            while matches!(postmaster.try_wait(), Ok(None))
                && since.elapsed() < Duration::from_secs(10)
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            if matches!(postmaster.try_wait(), Ok(None)) {
                signal("QUIT", postmaster.id());
                std::thread::sleep(Duration::from_secs(2));
                let _gone_already = postmaster.kill();
                let _status = postmaster.wait();
            }
        }
        // An empty id: there is nothing left to stop, only the folder.
        if let Some(mut pipe) = self.pipe.take() {
            let _it_reads_the_end_anyhow = writeln!(pipe);
        }
        let _status = self.watchdog.wait();
    }
}

fn signal(name: &str, process: u32) {
    let Ok(id) = i32::try_from(process) else { return };
    let signal = match name {
        "KILL" => rustix::process::Signal::KILL,
        "QUIT" => rustix::process::Signal::QUIT,
        _ => rustix::process::Signal::INT,
    };
    if let Some(id) = rustix::process::Pid::from_raw(id) {
        let _gone_already = rustix::process::kill_process(id, signal);
    }
}

/// What a process's status says after its name, which may hold anything.
fn status_of(process: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn is_running(process: u32) -> bool {
    status_of(process).is_some_and(|status| !matches!(status[0].as_str(), "Z" | "X"))
}

fn children(parent: u32) -> Vec<u32> {
    let parent = parent.to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| status_of(*id).is_some_and(|it| it.get(1) == Some(&parent))).collect()
}

fn programs() -> Option<PathBuf> {
    let told = std::env::var_os(PROGRAMS).map(PathBuf::from);
    let packaged = PathBuf::from("/usr/lib/postgresql/15/bin");
    let has_all = |dir: &PathBuf| {
        ["initdb", "postgres", "psql"].iter().all(|name| Path::join(dir, name).is_file())
    };
    told.into_iter().chain([packaged]).find(has_all)
}

/// PostgreSQL refuses to run as root: then it gets the package's user, or nobody.
fn user() -> anyhow::Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = ["postgres", "nobody"].into_iter().find_map(ids);
    Ok(Some(found.context("running as root, and there is neither a user postgres nor nobody")?))
}
