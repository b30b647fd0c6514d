//! Arguments of `webhooks`.

use clap::Subcommand;

/// `webhooks …`.
#[derive(Debug, Subcommand)]
pub enum WebhooksVerb {
    /// Add an endpoint; its secret is shown once
    Add {
        /// Where to send
        url: String,
        /// What to tell: job.completed,credits.low
        #[arg(long, value_delimiter = ',', required = true, value_name = "TYPES")]
        events: Vec<String>,
        /// How often to try: standard (ten times in three days) or short (four times in 35 s)
        #[arg(long, default_value = "standard")]
        schedule: String,
    },
    /// List endpoints
    List,
    /// Remove an endpoint and its deliveries
    Remove {
        /// Which
        id: String,
    },
    /// Switch an endpoint on again
    Enable {
        /// Which
        id: String,
    },
    /// Switch an endpoint off
    Disable {
        /// Which
        id: String,
    },
    /// Give an endpoint a new secret, shown once
    Rotate {
        /// Which
        id: String,
        /// For how long the old one signs too
        #[arg(long, default_value = "1d", value_name = "SPAN")]
        overlap: String,
    },
    /// Send a test event to an endpoint; a worker delivers it
    Test {
        /// Which
        id: String,
    },
    /// List what was sent to an endpoint, the newest first
    Deliveries {
        /// Which
        id: String,
        /// Only these: waiting, delivered, dead
        #[arg(long)]
        state: Option<String>,
    },
    /// Send a delivered or dead one again
    Replay {
        /// The delivery
        id: String,
    },
}
