//! What can be typed.

mod house;
mod privacy;
mod vendors;
mod webhooks;

pub use house::{InitArgs, ManArgs, MigrateVerb, VaultVerb, VerifyArgs};
pub use privacy::{ForgetArgs, NameKind, SuppressVerb};
pub use vendors::{CheckArgs, NewArgs, ProvidersVerb};
pub use webhooks::WebhooksVerb;

use crate::output::Columns;
use clap::{Args, Parser, Subcommand, ValueEnum};
use morket::plan::Plan;
use std::path::PathBuf;

/// Fill the empty columns of your list: values with their source, within a budget.
#[derive(Debug, Parser)]
#[command(name = "morket", version, max_term_width = 100, subcommand_required = false)]
#[command(after_help = "\
Examples:
  morket try                                   see it work: no key, no network
  morket keys set hunter                       store a vendor's key
  morket plan leads.csv --want email           what it would cost; nothing is paid
  morket enrich leads.csv --want email --budget 25usd
  morket why leads.enriched.csv --row 17 --field email

Exit codes: 0 done, 1 error, 2 usage, 3 over budget, 4 a key is bad or empty,
5 cells failed or unfinished, 130 interrupted.")]
pub struct Cli {
    /// What applies to every verb.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What applies to every verb.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Where runs are kept: a file, or postgres://…
    #[arg(long, global = true, value_name = "PATH|URL")]
    pub store: Option<String>,
    /// JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing but errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Never ask; refuse instead
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Answer every question with yes
    #[arg(long, short, global = true)]
    pub yes: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// See it work: fake vendors and demo rows, no key, no network
    #[command(after_help = "Examples:\n  morket try\n  morket try --rows 50 --seed 7\n  \
        morket try leads.csv")]
    Try(TryArgs),
    /// Write a plan for a table, with a word beside each key
    #[command(after_help = "Examples:\n  morket init leads.csv\n  \
        morket init leads.csv --want email,title -o people.toml")]
    Init(InitArgs),
    /// Show what a run would do and cost; nothing is paid
    #[command(after_help = "Examples:\n  morket plan leads.csv --want email,title\n  \
        morket plan leads.csv -p plan.toml --json")]
    Plan(RunArgs),
    /// Run it: plan, budget, go
    #[command(after_help = "Examples:\n  \
        morket enrich leads.csv --want email --waterfall email=hunter,prospeo --budget 25usd\n  \
        cat leads.csv | morket enrich - --want email --yes > out.csv\n  \
        morket enrich --set full_name=Ada --set company_domain=example.com --want email")]
    Enrich(RunArgs),
    /// Have the addresses of a table verified: the same engine, with verifiers only
    #[command(after_help = "Examples:\n  morket verify list.csv --budget zerobounce=500\n  \
        morket verify list.csv --by hunter --yes -o checked.csv")]
    Verify(VerifyArgs),
    /// Go on with a run that was stopped or waits
    #[command(after_help = "Examples:\n  morket resume 0199a000-…")]
    Resume(ResumeArgs),
    /// Tell the story of one cell
    #[command(after_help = "Examples:\n  \
        morket why leads.enriched.csv --row 0123456789ab-17 --field email")]
    Why(WhyArgs),
    /// Write the table of a run again
    #[command(after_help = "Examples:\n  morket export 0199a000-… -o audit.csv --columns audit")]
    Export(ExportArgs),
    /// List runs, the newest first
    #[command(after_help = "Examples:\n  morket runs\n  morket runs --json")]
    Runs,
    /// Group what failed by cause and provider
    #[command(after_help = "Examples:\n  morket errors 0199a000-…")]
    Errors(OneRun),
    /// Stop a run for good; what was found stays
    #[command(after_help = "Examples:\n  morket cancel 0199a000-…")]
    Cancel(OneRun),
    /// Run the failed rows of a run again, as a run of their own
    #[command(after_help = "Examples:\n  morket retry 0199a000-… --only transient,ambiguous")]
    Retry(RetryArgs),
    /// Serve fake vendors on this machine until it is ended
    #[cfg(feature = "sandbox")]
    #[command(after_help = "Examples:\n  morket sandbox --port 4010 --seed 7")]
    Sandbox(SandboxArgs),
    /// Run queued jobs until it is ended
    #[command(after_help = "Examples:\n  morket worker --store postgres://…")]
    Worker(WorkerArgs),
    /// List the fields there are, or tell who supplies one
    #[command(after_help = "Examples:\n  morket fields\n  morket fields email")]
    Fields {
        /// One of them
        name: Option<String>,
    },
    /// List vendors; describe and try new ones
    #[command(after_help = "Examples:\n  morket providers list\n  \
        morket providers new acme --from-curl 'curl https://…' > vendors/acme.toml\n  \
        morket providers check vendors/acme.toml")]
    Providers {
        /// What to do
        #[command(subcommand)]
        verb: ProvidersVerb,
    },
    /// Keep vendors' keys
    #[command(after_help = "Examples:\n  morket keys set hunter\n  \
        morket keys set hunter < key.txt\n  morket keys list")]
    Keys {
        /// What to do
        #[command(subcommand)]
        verb: KeysVerb,
    },
    /// Keep the list of people and companies that are to be left alone
    #[command(after_help = "Examples:\n  morket suppress import dnc.csv\n  \
        morket suppress add ada@example.com example.org\n  morket suppress list")]
    Suppress {
        /// What to do
        #[command(subcommand)]
        verb: SuppressVerb,
    },
    /// Erase what is kept about a person, with a receipt
    #[command(after_help = "Examples:\n  morket forget ada@example.com\n  \
        morket forget ada@example.com linkedin.com/in/ada --cassettes tapes --yes")]
    Forget(ForgetArgs),
    /// Tell others over HTTP what happened
    #[command(after_help = "Examples:\n  \
        morket webhooks add https://example.com/hook --events job.completed,job.failed\n  \
        morket webhooks deliveries 0199a000-… --state dead\n  morket worker")]
    Webhooks {
        /// What to do
        #[command(subcommand)]
        verb: WebhooksVerb,
    },
    /// Show where everything is and what is wrong
    #[command(after_help = "Examples:\n  morket doctor")]
    Doctor,
    /// What vendors billed
    #[command(after_help = "Examples:\n  morket spend --since 30d --by provider")]
    Spend(SpendArgs),
    /// Show or change the store's schema
    #[command(after_help = "Examples:\n  morket migrate show\n  morket migrate down --to 3")]
    Migrate {
        /// What to do
        #[command(subcommand)]
        verb: MigrateVerb,
    },
    /// Look after the master key that seals vendors' keys and webhooks' secrets
    #[command(after_help = "Examples:\n  morket vault rotate\n  \
        morket vault rotate --keep-old\n  morket vault rotate --store other.db")]
    Vault {
        /// What to do
        #[command(subcommand)]
        verb: VaultVerb,
    },
    /// Print the manual, or write a page for each verb
    #[command(after_help = "Examples:\n  morket man | man -l -\n  \
        morket man --to /usr/local/share/man/man1")]
    Man(ManArgs),
    /// Print completions for a shell
    #[command(after_help = "Examples:\n  morket completions bash > ~/.bash_completion.d/morket")]
    Completions {
        /// For which
        shell: clap_complete::Shell,
    },
}

/// `try`.
#[derive(Debug, Args)]
pub struct TryArgs {
    /// A list of your own: its first 20 rows, live, by sources that ask for no key
    pub file: Option<PathBuf>,
    /// What a column of it holds: "Website=company_domain"; `-` for nothing
    #[arg(long, value_name = "COLUMN=FIELD", requires = "file")]
    pub map: Vec<String>,
    /// How many demo rows
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub rows: u16,
    /// Decides who exists and what goes wrong
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// `plan` and `enrich`.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// A table: CSV in any dialect, or an object on each line; `-` is standard input
    pub file: Option<PathBuf>,
    /// One row without a file: FIELD=VALUE, repeated
    #[arg(long, value_name = "FIELD=VALUE", conflicts_with = "file")]
    pub set: Vec<String>,
    /// A plan in TOML or JSON; flags change it
    #[arg(long, short, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Fields to fill, the most important first
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub want: Vec<String>,
    /// Whom to ask for a field, in order: email=hunter,dropcontact
    #[arg(long, value_name = "FIELD=PROVIDERS")]
    pub waterfall: Vec<String>,
    /// Who verifies what a waterfall finds: email=zerobounce
    #[arg(long, value_name = "FIELD=PROVIDER")]
    pub verify: Vec<String>,
    /// What a column holds: "Website=company_domain"; `-` for nothing
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub map: Vec<String>,
    /// What rows are about
    #[arg(long)]
    pub kind: Option<RowKind>,
    /// What becomes of values that are there: keep, verify or refresh, for all or as FIELD=…
    #[arg(long, value_name = "KEEP")]
    pub existing: Vec<String>,
    /// The most that may be spent: 25usd, or hunter=500 in a vendor's units
    #[arg(long, value_name = "AMOUNT")]
    pub budget: Vec<String>,
    /// The most for each row: 0.12usd
    #[arg(long, value_name = "AMOUNT")]
    pub per_row: Option<String>,
    /// Your plan at a vendor, or a unit's price: hunter=starter, zerobounce=0.008usd
    #[arg(long, value_name = "PROVIDER=PRICE")]
    pub price: Vec<String>,
    /// How old a stored value may be: email=90d
    #[arg(long, value_name = "FIELD=SPAN")]
    pub max_age: Vec<String>,
    /// How old a stored miss may be: 30d
    #[arg(long, value_name = "SPAN")]
    pub retry_misses: Option<String>,
    /// Plan only; nothing is paid
    #[arg(long)]
    pub dry_run: bool,
    /// Run so many rows first, show what came of them, then ask
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    pub sample: Option<u32>,
    /// Refuse the file if a value in it cannot be used
    #[arg(long)]
    pub strict: bool,
    /// How long rows may wait for a vendor before the command gives up
    #[arg(long, default_value = "15m", value_name = "SPAN")]
    pub max_wait: String,
    /// End with 5 unless so many of the wanted cells were filled: 50%
    #[arg(long, value_name = "PERCENT")]
    pub min_fill: Option<String>,
    /// How the output looks and where it goes
    #[command(flatten)]
    pub out: OutArgs,
    /// A plan that is there already, for verbs that make their own
    #[arg(skip)]
    pub ready: Option<Plan>,
}

/// Where an output goes.
#[derive(Clone, Debug, Default, Args)]
pub struct OutArgs {
    /// Where to write; `-` is standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
    /// How much to tell of each value
    #[arg(long, value_enum)]
    pub columns: Option<Columns>,
    /// Fill the file's own columns instead of adding some
    #[arg(long)]
    pub in_place: bool,
    /// Neutralise cells that a spreadsheet would run
    #[arg(long)]
    pub spreadsheet_safe: bool,
}

/// What rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowKind {
    /// People
    Person,
    /// Companies
    Company,
}

/// A run.
#[derive(Debug, Args)]
pub struct OneRun {
    /// The run, as `morket runs` shows it; its last characters suffice
    pub run: String,
}

/// `resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The run, as `morket runs` shows it; its last characters suffice
    pub run: String,
    /// How long rows may wait for a vendor before the command gives up
    #[arg(long, default_value = "15m", value_name = "SPAN")]
    pub max_wait: String,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}

/// `why`.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// The file that was enriched or written, or a run
    pub file: String,
    /// The row: what stands in morket_row_id, or its number
    #[arg(long)]
    pub row: String,
    /// The field
    #[arg(long)]
    pub field: String,
}

/// `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The run, as `morket runs` shows it; its last characters suffice
    pub run: String,
    /// How it looks and where it goes
    #[command(flatten)]
    pub out: OutArgs,
}

/// `retry`.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// The run, as `morket runs` shows it; its last characters suffice
    pub run: String,
    /// Only what failed for these reasons
    #[arg(long, value_delimiter = ',', value_name = "CAUSES")]
    pub only: Vec<String>,
    /// How long rows may wait for a vendor before the command gives up
    #[arg(long, default_value = "15m", value_name = "SPAN")]
    pub max_wait: String,
    /// How it looks and where it goes
    #[command(flatten)]
    pub out: OutArgs,
}

/// `sandbox`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Decides who exists and what goes wrong
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Write each call here before it is answered
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Let things go wrong: lost answers, limits, errors
    #[arg(long)]
    pub faults: bool,
    /// End when standard input ends: for a process that started it
    #[arg(long, hide = true)]
    pub attached: bool,
}

/// `worker`.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Also run jobs that others attend
    #[arg(long)]
    pub attended: bool,
}

/// `keys …`.
#[derive(Debug, Subcommand)]
pub enum KeysVerb {
    /// Store a key, from a hidden prompt or standard input
    Set {
        /// The vendor
        provider: String,
    },
    /// List them, masked
    List,
    /// Ask a vendor, for free, what a key is worth
    Test {
        /// The vendor; all with a key if none is named
        provider: Option<String>,
    },
    /// Forget a key
    Remove {
        /// The vendor
        provider: String,
    },
}

/// `spend`.
#[derive(Debug, Args)]
pub struct SpendArgs {
    /// How far back
    #[arg(long, default_value = "30d", value_name = "SPAN")]
    pub since: String,
    /// What is added up: providers, runs or days
    #[arg(long, value_enum, default_value_t = SpendBy::Provider)]
    pub by: SpendBy,
}

/// By what spend is added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SpendBy {
    /// By vendor
    #[default]
    Provider,
    /// By run
    Run,
    /// By the day on which a run began, in UTC
    Day,
}
