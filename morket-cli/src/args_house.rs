//! What can be typed to begin with, and to keep house.

use crate::args::RowKind;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The table that the plan is for
    pub file: PathBuf,
    /// Fields to fill, the most important first
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub want: Vec<String>,
    /// What a column holds: "Website=company_domain"; `-` for nothing
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub map: Vec<String>,
    /// What rows are about
    #[arg(long)]
    pub kind: Option<RowKind>,
    /// Where to write; the schema for editors goes beside it
    #[arg(long, short, default_value = "plan.toml", value_name = "FILE")]
    pub output: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}

/// `migrate …`.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum MigrateVerb {
    /// Show at which migration the store is, and which this release knows
    Show,
    /// Bring the store up to this release
    Up,
    /// Bring the store down to a migration
    Down {
        /// Its number
        #[arg(long, value_name = "NUMBER")]
        to: u32,
        /// Drop a ledger, an audit log or a vault that holds something, too
        #[arg(long)]
        destroy: bool,
    },
}

/// `vault …`.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum VaultVerb {
    /// Give the file of keys a new master key; the old one goes when nothing needs it any more
    Rotate,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each verb into this folder, instead of one to standard output
    #[arg(long, value_name = "FOLDER")]
    pub to: Option<PathBuf>,
}
