//! The witness: what arrived, what was decided, what it cost. Written before the answer leaves.

mod summary;

pub use summary::{Arrival, OperationTotals, Repeat, Summary, VendorSummary};

use super::{Fault, Vendor, dice::digest};
use morket_core::VendorUnits;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::VecDeque,
    fs::File,
    io::{self, Write},
    path::Path,
};
use summary::Totals;

/// What a vendor decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Served, with something in it.
    Answer,
    /// Served, and nothing was known.
    Miss,
    /// Accepted or still at work.
    Pending,
    /// A question the vendor cannot read.
    InvalidInput,
    /// No such endpoint, or not by this method.
    NoEndpoint,
    /// A wrong key, or none.
    BadKey,
    /// Too many calls, or said to be.
    Throttled,
    /// The account cannot pay.
    OutOfCredits,
    /// The key is good, and its scope or plan does not hold the endpoint.
    PlanLacks,
    /// The person asked not to be known.
    LegalBlock,
    /// A 5xx.
    ServerError,
    /// Cut before it was served.
    Cut,
}

/// What became of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// About to leave.
    Due,
    /// Every byte was handed to the client's socket.
    Delivered,
    /// Cut on purpose.
    Cut,
    /// The client was gone.
    Failed,
}

/// One call that arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Counts up from 1, over all vendors.
    pub seq: u64,
    /// When the whole request had arrived: microseconds since 1970, by the sandbox's clock.
    pub at_us: i64,
    /// Whom it was for.
    pub vendor: Vendor,
    /// The endpoint.
    pub operation: Cow<'static, str>,
    /// The key, masked: equal keys look equal.
    pub key: String,
    /// The canonical input: equal questions look equal.
    pub input: String,
    /// How often this input has got past the door, this time included; 0 if it did not.
    pub attempt: u32,
    /// What was decided.
    pub outcome: Outcome,
    /// What went wrong on purpose.
    pub fault: Option<Fault>,
    /// The status that was, or would have been, answered; 0 for none.
    pub status: u16,
    /// What the call cost, in thousandths of the vendor's unit.
    #[serde(rename = "billed_milli")]
    pub billed: VendorUnits,
    /// The `Idempotency-Key` it came with.
    pub idempotency_key: Option<String>,
    /// What became of the answer.
    pub delivery: Delivery,
}

/// All that arrived since the start or the last reset.
#[derive(Debug)]
pub(super) struct Log {
    next: u64,
    entries: VecDeque<Entry>,
    capacity: usize,
    file: Option<File>,
    /// What the next write to the file begins with.
    unwritten: Vec<u8>,
    totals: [Totals; Vendor::ALL.len()],
}

/// The line that says what became of an answer.
#[derive(Serialize)]
struct Settled {
    seq: u64,
    delivery: Delivery,
}

impl Log {
    pub(super) fn new(capacity: usize, file: Option<&Path>) -> io::Result<Self> {
        let open = |path| File::options().create(true).append(true).open(path);
        Ok(Self {
            next: 1,
            entries: VecDeque::new(),
            capacity,
            file: file.map(open).transpose()?,
            unwritten: Vec::new(),
            totals: Default::default(),
        })
    }

    /// Forgets everything in memory; numbers go on, and the file keeps its lines.
    pub(super) fn reset(&mut self) {
        self.entries.clear();
        self.totals = Default::default();
    }

    /// Records a call and gives it its number. An error says that the file does not hold it.
    pub(super) fn record(&mut self, mut entry: Entry) -> io::Result<u64> {
        let seq = self.next;
        self.next += 1;
        entry.seq = seq;
        let written = self.append(&entry).and_then(|()| self.flush());
        let input = digest(entry.input.as_bytes()) ^ digest(entry.operation.as_bytes());
        self.totals[entry.vendor.index()].count(&entry, input);
        if self.capacity > 0 {
            if self.entries.len() == self.capacity {
                self.entries.pop_front();
            }
            self.entries.push_back(entry);
        }
        written.map(|()| seq)
    }

    /// Notes what became of an answer. The file is told with the next call, or on [`flush`]: this
    /// line, unlike a call's, has nobody to wait for it.
    ///
    /// [`flush`]: Self::flush
    pub(super) fn settle(
        &mut self,
        vendor: Vendor,
        seq: u64,
        delivery: Delivery,
    ) -> io::Result<()> {
        self.totals[vendor.index()].settle(delivery);
        let first = self.entries.front().map_or(seq + 1, |entry| entry.seq);
        let index = seq.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| self.entries.get_mut(index)) {
            entry.delivery = delivery;
        }
        self.append(&Settled { seq, delivery })
    }

    /// Up to `limit` entries numbered above `after`.
    pub(super) fn after(&mut self, after: u64, limit: usize) -> Vec<Entry> {
        // Memory answers even where the file cannot; the next call will say so.
        let _ = self.flush();
        let start = self.entries.partition_point(|entry| entry.seq <= after);
        self.entries.range(start..).take(limit).cloned().collect()
    }

    pub(super) fn summary(&self, seed: u64) -> Summary {
        let vendors = Vendor::ALL.map(|vendor| (vendor, self.totals[vendor.index()].summary()));
        Summary { seed, last_seq: self.next - 1, vendors: vendors.into() }
    }

    fn append(&mut self, line: &impl Serialize) -> io::Result<()> {
        if self.file.is_some() {
            serde_json::to_writer(&mut self.unwritten, line)?;
            self.unwritten.push(b'\n');
        }
        Ok(())
    }

    /// Hands the file what it has not been told. After a failure, what it took of it is kept from
    /// running into the next line.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = file.write_all(&self.unwritten);
        self.unwritten.clear();
        if written.is_err() {
            self.unwritten.push(b'\n');
        }
        written
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure.
        let _ = self.flush();
    }
}
