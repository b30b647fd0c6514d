//! Arguments of `providers`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `providers …`.
#[derive(Debug, Subcommand)]
pub enum ProvidersVerb {
    /// All of them: prices, keys, what they supply, where they come from
    List,
    /// Tell what is wrong with a manifest, line by line; with --live, ask the vendor once
    #[command(after_help = "Examples:\n  morket providers check acme.toml\n  \
        morket providers check acme.toml --live --set email=ada@example.com --save acme.json")]
    Check(CheckArgs),
    /// Draft a manifest, from nothing or from a request that works
    #[command(after_help = "Examples:\n  morket providers new acme > acme.toml\n  \
        pbpaste | morket providers new acme --from-curl - > acme.toml")]
    New(NewArgs),
}

/// `providers check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The manifest
    pub file: PathBuf,
    /// Ask the vendor once, for real; it may bill it
    #[arg(long, group = "said")]
    pub live: bool,
    /// Read this answer instead, as --save kept it; nobody is asked
    #[arg(long, value_name = "FILE", group = "said")]
    pub answer: Option<PathBuf>,
    /// What to ask with: FIELD=VALUE, repeated
    #[arg(long, value_name = "FIELD=VALUE", requires = "said")]
    pub set: Vec<String>,
    /// Which operation; the first that these fields suffice for unless named
    #[arg(long, value_name = "NAME", requires = "said")]
    pub operation: Option<String>,
    /// Ask how a task stands that the same question came to
    #[arg(long, value_name = "ID", requires = "said")]
    pub task: Option<String>,
    /// Keep the answer here, without secrets, as a fixture
    #[arg(long, value_name = "FILE", requires = "live")]
    pub save: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long, requires = "save")]
    pub force: bool,
}

/// `providers new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The name that plans will use: a-z, 0-9 and -
    pub slug: String,
    /// A curl command that works; `-` reads it from standard input
    #[arg(long, value_name = "COMMAND|-")]
    pub from_curl: Option<String>,
}
