//! Arguments of the verbs that leave people alone.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `suppress …`.
#[derive(Debug, Subcommand)]
pub enum SuppressVerb {
    /// Put everybody in a table on the list
    Import {
        /// A table with addresses, domains or profiles; `-` is standard input
        file: PathBuf,
        /// What to take of it; everything that can be used if nothing is said
        #[arg(long)]
        kind: Option<NameKind>,
        /// What a column holds: "Mail=email"; `-` for nothing
        #[arg(long, value_name = "COLUMN=FIELD")]
        map: Vec<String>,
        /// Why, in a word: unsubscribed
        #[arg(long, value_name = "WORD")]
        reason: Option<String>,
    },
    /// Put some on the list: addresses, domains, LinkedIn profiles
    Add {
        /// Whom
        #[arg(required = true, value_name = "VALUE")]
        values: Vec<String>,
        /// Why, in a word: unsubscribed
        #[arg(long, value_name = "WORD")]
        reason: Option<String>,
    },
    /// Show the list: it knows kinds, sources and times, and no names
    List,
    /// Take some off the list
    Remove {
        /// Whom
        #[arg(required = true, value_name = "VALUE")]
        values: Vec<String>,
    },
}

/// What names somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NameKind {
    /// E-mail addresses
    Email,
    /// Domains of companies
    Domain,
    /// LinkedIn profiles of people
    Profile,
}

/// `forget`.
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// The person's addresses and LinkedIn profiles
    #[arg(required = true, value_name = "VALUE")]
    pub values: Vec<String>,
    /// Recordings of traffic to clear too: files, or folders of *.jsonl
    #[arg(long, value_name = "PATH")]
    pub cassettes: Vec<PathBuf>,
    /// Leave the suppression list as it is: the next run may ask about the person again
    #[arg(long)]
    pub keep_askable: bool,
}
