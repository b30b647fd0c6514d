//! Fake vendors with their real shapes, behind a real socket.
//!
//! One server on 127.0.0.1 plays every vendor that is built in and the sources that ask for no key,
//! each below its own path, with that vendor's endpoints, keys, limits, errors and billing. Its
//! people and companies are invented and follow from a seed ([`World`]), and so do its faults: what
//! goes wrong depends on the question and on how often it was asked, never on who came first. It
//! records each call before it answers, so it can be asked afterwards what really happened
//! ([`Entry`], [`Summary`]).
//!
//! It shares no code and no manifest with the adapters: what they believe about a vendor is tested
//! against what is known of it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use morket_providers::sandbox::{Options, Sandbox, Vendor};
//!
//! let sandbox = Sandbox::start(Options::seeded(7)).await?;
//! let url = sandbox.base_url(Vendor::Hunter);
//! assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/hunter/v2"));
//! let rows = sandbox.world().demo_rows(20);
//! assert!(rows.iter().all(|row| row.company_domain.ends_with(".example")));
//! # Ok(())
//! # }
//! ```

mod account;
mod api;
mod apollo;
mod clearbit;
mod clock;
mod control;
mod dice;
mod dropcontact;
mod faults;
mod findymail;
mod hall;
mod http;
mod hunter;
mod inside;
mod leadmagic;
mod limits;
mod log;
mod options;
mod pdl;
mod prospeo;
mod public;
mod server;
mod vendor;
mod verifiers;
mod whom;
mod world;
mod zerobounce;

pub use account::{AccountState, Plan};
pub use dice::Rate;
pub use faults::Fault;
pub use inside::Inside;
pub use log::{Arrival, Delivery, Entry, OperationTotals, Outcome, Repeat, Summary, VendorSummary};
pub use options::{Faults, Latency, Limits, Options, VendorOptions};
pub use vendor::Vendor;
pub use world::{
    Address, Company, DemoRow, Employment, Expected, Knowledge, Name, Pattern, Person, Place, World,
};

use hall::Shared;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running sandbox; dropping it closes its connections.
#[derive(Debug)]
pub struct Sandbox {
    addr: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Listens on 127.0.0.1 and answers on the runtime of the caller.
    ///
    /// # Errors
    /// The port is taken, or the log file cannot be opened.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(options)?);
        let server = tokio::spawn(server::accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared, server })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What stands for a vendor's base URL, version included.
    pub fn base_url(&self, vendor: Vendor) -> String {
        format!("http://{}{}", self.addr, vendor.base_path())
    }

    /// What stands for ZeroBounce's second host, `bulkapi`.
    pub fn zerobounce_bulk_url(&self) -> String {
        format!("http://{}{}", self.addr, vendor::ZEROBOUNCE_BULK)
    }

    /// The truth behind the answers.
    pub fn world(&self) -> World {
        self.shared.world
    }

    /// Up to `limit` calls numbered above `after`.
    pub fn log(&self, after: u64, limit: usize) -> Vec<Entry> {
        self.shared.log().after(after, limit)
    }

    /// Counts over all calls.
    pub fn summary(&self) -> Summary {
        self.shared.log().summary(self.shared.options.seed)
    }

    /// What a key's account holds.
    pub fn account(&self, vendor: Vendor, key: &str) -> AccountState {
        self.shared.account(vendor, key)
    }

    /// Tops a key up, empties it, makes it good or bad.
    pub fn set_account(&self, vendor: Vendor, key: &str, state: AccountState) {
        self.shared.set_account(vendor, key, state);
    }

    /// Forgets all calls, attempts, tasks and accounts; the world stays.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Waits until it ends, which it does only with the runtime.
    pub async fn ended(mut self) {
        let _ = (&mut self.server).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}
