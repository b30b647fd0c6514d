//! What a test run needs beyond a Rust toolchain: installed where we may, explained where not.

use crate::{
    command::{self, find_program},
    repository, services,
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

/// A program that cargo builds.
struct Built {
    name: &'static str,
    version: &'static str,
    features: &'static [&'static str],
    purpose: &'static str,
}

/// In the version that this repository's deny.toml is written for.
const DENY: Built =
    Built { name: "cargo-deny", version: "0.20.2", features: &[], purpose: "to check licences" };

/// In the version that this repository's book.toml is written for.
const BOOK: Built = Built {
    name: "mdbook",
    version: "0.5.4",
    features: &["--no-default-features", "--features", "search"],
    purpose: "to build the book",
};

/// Python packages of the cross-check tests, and what each is imported as.
const PYTHON_PACKAGES: &[(&str, &str)] = &[
    ("cryptography", "cryptography"),
    ("argon2-cffi", "argon2"),
    ("PyJWT", "jwt"),
    ("bcrypt", "bcrypt"),
    ("standardwebhooks==1.1.0", "standardwebhooks"),
];

/// Where the packages of Node are named, with the hashes of all that they need.
const NODE_PACKAGES: &str = "morket/tests/webhooks/receivers";

/// What the run found or installed.
pub(crate) struct Tools {
    /// Python with [`PYTHON_PACKAGES`], if there is one.
    pub(crate) python: Option<PathBuf>,
    /// The folder of the packages that [`NODE_PACKAGES`] names, if there is one.
    pub(crate) node_modules: Option<PathBuf>,
    /// The `cargo-deny` program, if there is one.
    pub(crate) deny: Option<PathBuf>,
    /// The `mdbook` program, if there is one.
    pub(crate) book: Option<PathBuf>,
}

/// Looks for everything; as root on Debian it installs what is missing. In CI a gap is an error,
/// elsewhere a line that says what to install and what is skipped until then.
pub(crate) fn ensure() -> Result<Tools> {
    let missing = missing_packages(&Machine::look());
    if !missing.is_empty() {
        let by_hand = format!("apt-get install --no-install-recommends {}", missing.join(" "));
        or_explain(apt_install(&missing), &by_hand)?;
    }
    let venv = "needs Python 3.10 with venv and pip; the cross-checks skip until then";
    let python = or_explain(python(), venv)?;
    let node = "needs Node 18 with npm; the receivers in Node skip until then";
    let node_modules = or_explain(node_modules(), node)?;
    Ok(Tools { python, node_modules, deny: DENY.ensure()?, book: BOOK.ensure()? })
}

/// The value, or in CI the error, or elsewhere a line and nothing.
fn or_explain<T>(result: Result<T>, remedy: &str) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if repository::in_ci() => Err(error.context(remedy.to_owned())),
        Err(error) => {
            println!("setup: {error:#}: {remedy}");
            Ok(None)
        }
    }
}

/// What of the system matters here.
struct Machine {
    postgres: bool,
    compiler: bool,
    python: bool,
    node: bool,
}

impl Machine {
    fn look() -> Self {
        Self {
            postgres: services::postgres_programs().is_some(),
            compiler: find_program("cc").is_some(),
            python: venv_is_ready() || python_with_venv().is_some(),
            node: find_program("node").is_some() && find_program("npm").is_some(),
        }
    }
}

/// The Debian packages that the machine lacks.
fn missing_packages(machine: &Machine) -> Vec<&'static str> {
    let mut packages = Vec::new();
    if !machine.postgres {
        packages.push("postgresql-15");
    }
    if !machine.compiler {
        packages.extend(["build-essential", "pkg-config"]);
    }
    if !machine.python {
        packages.extend(["python3", "python3-venv", "python3-pip"]);
    }
    if !machine.node {
        packages.extend(["nodejs", "npm"]);
    }
    packages
}

fn apt_install(packages: &[&str]) -> Result<()> {
    let missing = packages.join(" ");
    if !is_root() || find_program("apt-get").is_none() {
        bail!("{missing} missing, and we are not root on Debian");
    }
    println!("setup: installing {missing}");
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(args);
        command::output(&mut command)
    };
    apt(&["update"])?;
    let install = ["install", "-y", "--no-install-recommends"];
    apt(&[&install, packages].concat()).map(drop)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn venv() -> PathBuf {
    repository::cache_dir().join("venv")
}

/// The environment's Python, made and filled first if need be.
fn python() -> Result<PathBuf> {
    let python = venv().join("bin/python");
    if venv_is_ready() {
        return Ok(python);
    }
    let base = python_with_venv().context("no Python 3.10 or newer that can make a venv")?;
    println!("setup: Python packages into {}", venv().display());
    command::output(Command::new(base).args(["-m", "venv", "--clear"]).arg(venv()))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(PYTHON_PACKAGES.iter().map(|(package, _)| package));
    command::output(&mut pip)?;
    if !venv_is_ready() {
        bail!("the packages are installed and cannot be imported");
    }
    Ok(python)
}

fn venv_is_ready() -> bool {
    let python = venv().join("bin/python");
    let modules: Vec<_> = PYTHON_PACKAGES.iter().map(|(_, module)| *module).collect();
    let import = format!("import {}", modules.join(", "));
    python.is_file() && command::output(Command::new(python).args(["-c", &import])).is_ok()
}

/// The packages of Node, installed as their lock file says, without running any code of theirs.
fn node_modules() -> Result<PathBuf> {
    let folder = repository::cache_dir().join("node");
    let modules = folder.join("node_modules");
    let named = repository::root().join(NODE_PACKAGES);
    let read = |path: &Path| fs::read(path).ok();
    let lock = |folder: &Path| read(&folder.join("package-lock.json"));
    if modules.is_dir() && lock(&folder).is_some() && lock(&folder) == lock(&named) {
        return Ok(modules);
    }
    println!("setup: packages of Node into {}", folder.display());
    fs::create_dir_all(&folder)?;
    let npm = find_program("npm").context("no npm")?;
    // The lock file last: it says that all is there.
    fs::copy(named.join("package.json"), folder.join("package.json"))?;
    fs::copy(named.join("package-lock.json"), folder.join("npm-shrinkwrap.json"))?;
    let mut install = Command::new(npm);
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    command::output(&mut install)?;
    fs::copy(named.join("package-lock.json"), folder.join("package-lock.json"))?;
    Ok(modules)
}

/// Debian ships Python without the part that fills an environment: ask for both.
fn python_with_venv() -> Option<PathBuf> {
    let works = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    let python = find_program("python3")?;
    command::output(Command::new(&python).args(["-c", works])).is_ok().then_some(python)
}

impl Built {
    /// From PATH or our tools. Built in CI only: that takes a minute or three.
    fn ensure(&self) -> Result<Option<PathBuf>> {
        let tools = repository::cache_dir().join("tools");
        let ours = tools.join("bin").join(self.name);
        let found = find_program(self.name).or_else(|| ours.is_file().then(|| ours.clone()));
        if found.is_some() {
            return Ok(found);
        }
        if repository::in_ci() {
            println!("setup: building {} {}", self.name, self.version);
            command::output(&mut self.install(&tools))?;
            return Ok(Some(ours));
        }
        let by_hand = command::shown(&self.install(&tools));
        println!("setup: no {}; {}: {by_hand}", self.name, self.purpose);
        Ok(None)
    }

    fn install(&self, tools: &Path) -> Command {
        let mut cargo = command::cargo(&["install", "--locked", "--debug", "--root"]);
        cargo.arg(tools).args(self.features).arg(format!("{}@{}", self.name, self.version));
        // Its own build directory, so that none of its artefacts mix with ours.
        cargo.env("CARGO_TARGET_DIR", tools.join("build"));
        cargo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        let rows: &[(Machine, &[&str])] = &[
            (Machine { postgres: true, compiler: true, python: true, node: true }, &[]),
            (
                Machine { postgres: false, compiler: true, python: true, node: true },
                &["postgresql-15"],
            ),
            (
                Machine { postgres: true, compiler: false, python: false, node: true },
                &["build-essential", "pkg-config", "python3", "python3-venv", "python3-pip"],
            ),
        ];
        for (machine, expected) in rows {
            assert_eq!(missing_packages(machine), *expected);
        }
    }
}
