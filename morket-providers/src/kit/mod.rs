//! What adapters are made of: manifests in few lines, inputs that go out, values that come in.

mod body;
mod known;
mod offer;
mod reading;
mod take;
mod verifier;

pub use body::{json, milli_units, retry_after, says, server_error};
pub use known::{known, linkedin_handle, unknown_operation};
pub use offer::{alternatives, field, fields, free, paid, per_minute, per_second, price};
pub use reading::{Pick, Reading};
pub use take::{Take, Taken};
pub use verifier::{verdict, verifier};
