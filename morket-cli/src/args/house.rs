//! What can be typed to begin with, and to keep house.

use crate::args::{OutArgs, RowKind};
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
    /// Give the file of keys and the store a new master key; the old one goes when nothing needs it
    Rotate {
        /// Keep the old one too: another store is still sealed under it
        #[arg(long)]
        keep_old: bool,
    },
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each verb into this folder, instead of one to standard output
    #[arg(long, value_name = "FOLDER")]
    pub to: Option<PathBuf>,
}

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A table with addresses; `-` is standard input
    pub file: PathBuf,
    /// Who verifies: hunter, zerobounce, …; the first with a key if nobody is named
    #[arg(long, value_name = "PROVIDER")]
    pub by: Option<String>,
    /// What a column holds: "Work Email=email"; `-` for nothing
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub map: Vec<String>,
    /// The most that may be spent: 25usd, or zerobounce=500 in a vendor's units
    #[arg(long, value_name = "AMOUNT")]
    pub budget: Vec<String>,
    /// Your plan at a vendor, or a unit's price: zerobounce=0.008usd
    #[arg(long, value_name = "PROVIDER=PRICE")]
    pub price: Vec<String>,
    /// What becomes of hosts that take mail for any name: reject, last_resort or accept
    #[arg(long, value_name = "WORD")]
    pub catch_all: Option<String>,
    /// Plan only; nothing is paid
    #[arg(long)]
    pub dry_run: bool,
    /// Run so many rows first, show what came of them, then ask
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    pub sample: Option<u32>,
    /// How long rows may wait for a vendor before the command gives up
    #[arg(long, default_value = "15m", value_name = "SPAN")]
    pub max_wait: String,
    /// End with 5 unless so many of the addresses passed: 50%
    #[arg(long, value_name = "PERCENT")]
    pub min_fill: Option<String>,
    /// How the output looks and where it goes
    #[command(flatten)]
    pub out: OutArgs,
}
