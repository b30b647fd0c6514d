//! The engine: pure decisions in the middle ([`Batch::step`]), effects at the edge ([`Worker`]).
//!
//! A batch of a job is a state machine. Breakers, governors and flights, which all batches of a
//! process share, are machines of their own ([`Gates`]); each takes instants as arguments. The
//! worker only executes commands and hands back what came of them.

mod absence;
mod base;
mod batch;
pub mod breaker;
mod cell;
mod entity;
mod event;
mod exchange;
pub mod flight;
mod forecast;
mod gates;
pub mod governor;
mod guard;
mod history;
mod ids;
mod keyed;
pub mod lease;
mod lookup;
mod options;
mod places;
mod preview;
mod purse;
pub mod retry;
mod round;
mod runner;
mod sample;
mod settler;
mod sign_in;
mod slab;
mod standing;
mod stop;
mod submit;
mod tally;
mod unfit;
mod unheard;
mod worker;

pub use base::{Base, BaseRecord};
pub use batch::{Batch, Landed, waits_for};
pub use cell::{Awaited, Bought, Candidate, Detail, Fate, Verified};
pub use event::{Command, Ended, Event, Now, Opening, Told, Tuning, Waiting};
pub use forecast::{FieldForecast, Forecast, SpendForecast};
pub use gates::{GateIx, Gates, Waiter};
pub use guard::Guard;
pub use history::{Fared, Share};
pub use options::{Keys, WorkerOptions};
pub use preview::{Preview, Reuse};
pub use runner::{News, Ran, Runner};
pub use sample::{FieldMeasured, Measured, SpendMeasured, Strata};
pub use sign_in::{Refused, sign_in};
pub use stop::Stop;
pub use submit::submit;
pub use tally::Tally;
pub use unheard::Unheard;
pub use worker::Worker;
