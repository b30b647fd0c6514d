//! What tests of the engine run on: a clock that follows the runtime's, vendors that do as they are
//! told, and a bench to put a job on.

mod clock;
mod rig;
mod sharing;
mod trouble;
mod vendor;

pub use clock::TokioClock;
pub use rig::{Rig, email_by};
pub use sharing::{SHARING_BEGINS, two_workers_keep_one_window};
pub use trouble::Trouble;
pub use vendor::{Defect, FakeHttp, FakeVendor, NoKeys, OneKey, POISON, Script, Sent};
