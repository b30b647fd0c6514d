//! What a sandbox is started with.

use super::{Rate, Vendor, world::Knowledge};
use morket_core::{Clock, VendorUnits};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// A sandbox's options. The default is a quiet world for tests: no faults, no delay, the vendors'
/// own limits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Decides the world, what each vendor knows of it, and every fault.
    pub seed: u64,
    /// The port on 127.0.0.1; 0 lets the machine choose.
    pub port: u16,
    /// How many calls the log in memory keeps; the counts in the summary cover all.
    pub log_capacity: usize,
    /// Where each call is written, one JSON object a line, before it is answered. What became of
    /// its answer follows in a line of its own, `{"seq", "delivery"}`, with the next call or when
    /// the log is asked for. A call that cannot be written is not answered.
    pub log_file: Option<PathBuf>,
    /// Whether any key is good until [`Sandbox::set_account`](super::Sandbox::set_account) says
    /// otherwise. A key that begins with `bad` never is; one that begins with `empty` has no
    /// credits; one that begins with `free` is on the vendor's free plan; one that begins with
    /// `scoped` may be checked, and lacks the scope for more where a vendor has scopes.
    pub open_door: bool,
    /// Time; the machine's if none is given.
    pub clock: Option<Arc<dyn Clock>>,
    vendors: [VendorOptions; Vendor::ALL.len()],
}

impl Options {
    /// The default with another seed.
    pub fn seeded(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// One vendor's.
    pub fn vendor(&self, vendor: Vendor) -> &VendorOptions {
        &self.vendors[vendor.index()]
    }

    /// One vendor's, to change.
    pub fn vendor_mut(&mut self, vendor: Vendor) -> &mut VendorOptions {
        &mut self.vendors[vendor.index()]
    }

    /// The same change for every vendor.
    #[must_use]
    pub fn for_each_vendor(mut self, change: impl Fn(&mut VendorOptions)) -> Self {
        self.vendors.iter_mut().for_each(change);
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            port: 0,
            log_capacity: 200_000,
            log_file: None,
            open_door: true,
            clock: None,
            vendors: Vendor::ALL.map(VendorOptions::of),
        }
    }
}

/// How one vendor behaves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VendorOptions {
    /// What it knows of the world.
    pub knowledge: Knowledge,
    /// How often what goes wrong.
    pub faults: Faults,
    /// How long an answer takes.
    pub latency: Latency,
    /// Whether its limits hold.
    pub limits: Limits,
    /// What a key that nobody has set up holds.
    pub credits: VendorUnits,
    /// How often a result is not ready at first: Hunter's 202. Dropcontact's never is.
    pub pending: Rate,
    /// How many polls find a task not ready.
    pub ready_after_polls: u32,
    /// How long a task takes, besides.
    pub ready_after: Duration,
}

impl VendorOptions {
    fn of(vendor: Vendor) -> Self {
        let (hits, wrong, stale) = match vendor {
            Vendor::Hunter => (72, 3, 50),
            Vendor::PeopleDataLabs => (64, 4, 40),
            Vendor::ZeroBounce
            | Vendor::NeverBounce
            | Vendor::MillionVerifier
            | Vendor::Bouncer => (100, 0, 0),
            Vendor::Apollo => (68, 3, 45),
            Vendor::Prospeo => (58, 2, 25),
            Vendor::Findymail => (60, 1, 0),
            Vendor::LeadMagic => (52, 2, 15),
            Vendor::Dropcontact => (55, 2, 20),
            Vendor::Clearbit => (50, 0, 0),
            Vendor::Dns => (98, 0, 0),
            Vendor::Website | Vendor::Rdap => (90, 0, 0),
            Vendor::Gleif => (40, 4, 0),
            Vendor::Wikidata => (30, 3, 0),
            Vendor::GitHub => (40, 3, 0),
        };
        Self {
            knowledge: Knowledge {
                hit_rate: Rate::percent(hits),
                wrong_person: Rate::percent(wrong),
                stale: Rate::percent(stale),
            },
            faults: Faults::default(),
            latency: Latency::default(),
            limits: Limits::AsDocumented,
            credits: VendorUnits::whole(1_000_000),
            pending: Rate::NEVER,
            ready_after_polls: 2,
            ready_after: Duration::ZERO,
        }
    }
}

/// How often what goes wrong. What was served is billed, whatever becomes of the answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Turned away, in the vendor's own way; not billed.
    pub throttled: Rate,
    /// A complete 5xx; not billed.
    pub server_error: Rate,
    /// Served and billed, and the answer lost: none of it arrives, or a part.
    pub lost: Rate,
    /// Cut before it was served; not billed.
    pub cut: Rate,
    /// A 200 that nobody can read; billed.
    pub garbage: Rate,
    /// Late, before the answer or in the middle of it; billed.
    pub slow: Rate,
    /// How late.
    pub slow_for: Duration,
}

impl Faults {
    /// What crash campaigns run under: 30 % of all calls meet one.
    pub const fn campaign() -> Self {
        Self {
            throttled: Rate::percent(8),
            server_error: Rate::percent(8),
            lost: Rate::percent(6),
            cut: Rate::NEVER,
            garbage: Rate::percent(4),
            slow: Rate::percent(4),
            slow_for: Duration::from_millis(400),
        }
    }
}

/// How long answers take: at least, and up to how much more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    /// Each answer takes this long.
    pub least: Duration,
    /// And up to this much longer, by the dice.
    pub spread: Duration,
}

/// Whether a vendor's limits hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// As its documentation has them.
    #[default]
    AsDocumented,
    /// So many times as many calls in each window.
    Times(u32),
    /// None.
    Off,
}
