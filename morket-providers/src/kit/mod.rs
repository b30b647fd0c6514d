//! What adapters are made of: manifests in few lines, inputs that go out, values that come in.

mod body;
mod keyless;
mod known;
mod offer;
mod reading;
mod reset;
mod take;
mod verifier;

pub use body::{json, milli_units, retry_after, says, server_error};
pub use keyless::{AGENT, domain_asked, keyless, public_refusal};
pub use known::{known, linkedin_handle, unknown_operation};
pub use offer::{alternatives, field, fields, free, paid, per_minute, per_second, price};
pub use reading::{Pick, Reading};
pub use reset::resets_in;
pub use take::{Take, Taken};
pub use verifier::{verdict, verifier};
