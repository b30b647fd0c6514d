//! A home of its own for each test, and fake vendors where it needs some.

use morket::providers::sandbox::{Options, Sandbox, Vendor};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What a process printed and ended with.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text) || self.out.contains(text), "{text}: {self:#?}");
        self
    }
}

/// A home with a working directory, and nothing else of the machine.
#[derive(Debug)]
pub(crate) struct Home {
    root: TempDir,
    vars: Vec<(String, String)>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("work")).unwrap();
        Self { root, vars: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The user's own settings; a folder's may not say where keys go.
    pub(crate) fn settle(&self, settings: impl AsRef<[u8]>) {
        let folder = self.root().join(".config/morket");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("morket.toml"), settings).unwrap();
    }

    /// What [`Home::settle`] wrote.
    pub(crate) fn settled(&self) -> String {
        std::fs::read_to_string(self.root().join(".config/morket/morket.toml")).unwrap()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_morket"));
        command.args(args);
        self.surround(&mut command);
        command
    }

    /// Let a command see this home, and nothing else of the machine.
    pub(crate) fn surround(&self, command: &mut Command) {
        command.current_dir(self.path("")).env_clear().env("HOME", self.root());
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args).output().unwrap())
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: &[u8]) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        // Whoever refuses its arguments does not read what it is given.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        ran(child.wait_with_output().unwrap())
    }
}

pub(crate) fn ran(output: std::process::Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Fake vendors, and a home whose settings lead to them.
pub(crate) struct Fair {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
    _runtime: Runtime,
}

impl Fair {
    pub(crate) fn open(options: Options, hunter: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let mut settings = format!("egress = [\"{}\"]\n", sandbox.addr());
        for vendor in Vendor::ALL {
            let (slug, url) = (vendor.slug(), sandbox.base_url(vendor));
            settings.push_str(&format!("[providers.{slug}]\nbase_url = \"{url}\"\n"));
        }
        let home = Home::new().with("MORKET_HUNTER_KEY", hunter).with("MORKET_ZEROBOUNCE_KEY", "k");
        home.settle(settings);
        Self { home, sandbox, _runtime: runtime }
    }

    /// So many demo rows, as a file in a dialect of its own.
    pub(crate) fn leads(&self, rows: usize) -> String {
        let mut file = "\u{feff}Name;Company;Website;Note\r\n".to_owned();
        for row in self.sandbox.world().demo_rows(rows) {
            let (name, company, domain) = (row.full_name, row.company_name, row.company_domain);
            file.push_str(&format!("{name};{company};{domain};\"=1; \"\"x\"\"\"\r\n"));
        }
        self.home.write("leads.csv", &file);
        file
    }
}
