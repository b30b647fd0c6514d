//! Histories: what batches were told and what they commanded, written down, so that a later
//! release can be told the same and must command the same.
//!
//! A [`Recorder`] stands between a driver and its batches and writes a line for each thing that
//! happens; [`replay`] reads the lines and tells them to this build's
//! [`Batch`](morket_core::engine::Batch). Neither is part of what is shipped: a history holds the
//! records themselves, and no erasure would reach it.
//!
//! # The written form
//!
//! - One JSON value a line. The first is `{"morket_history":1,"release":…,"story":…}`; a reader
//!   refuses a number that is not its own.
//! - `Program`: a plan, the vendors' manifests, whether credits are paid. It is compiled anew.
//! - `Open`: a batch is taken up, in the gates of a process, and what it commands.
//! - `Step`: a batch is told an event at an instant, and what it commands.
//! - What is absent (`None`, an empty list, `false`) is left out, so that something new that is
//!   absent in old histories changes none of them. A name that a reader does not know is refused:
//!   to pass over it would be to replay something else.
//! - No secret is written: keys of vendors never enter a batch, and fingerprints are made with
//!   [`KEY`], which everybody knows.
//! - Receipts of ledger entries are left out: no batch has ever read them.

#[macro_use]
mod form;
mod event;
mod line;
mod making;
mod provider;
mod recorder;
mod replay;
mod rows;
mod scenes;
mod stage;

pub use line::{FORMAT, Line};
pub use making::Making;
pub use recorder::Recorder;
pub use replay::{Divergence, Replayed, replay};
pub use scenes::{SCENES, Scene};

use morket_core::privacy::PrivacyKey;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What fingerprints in histories are made with.
pub const KEY: PrivacyKey = PrivacyKey::new([7; 32]);

/// Where histories are kept: a folder for each release.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("histories")
}

/// The folder of this release.
pub fn folder_of_this_release() -> PathBuf {
    folder().join(env!("CARGO_PKG_VERSION"))
}

/// Every history that is kept, of all releases, in order.
pub fn kept() -> io::Result<Vec<PathBuf>> {
    let mut kept = Vec::new();
    for release in fs::read_dir(folder())? {
        for history in fs::read_dir(release?.path())? {
            kept.push(history?.path());
        }
    }
    kept.sort();
    Ok(kept)
}
