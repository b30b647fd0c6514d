//! As much of HTTP/1.1 as a vendor's front door needs, read strictly.

mod body;
mod head;
mod params;
mod reply;

pub(super) use head::{Parsed, Request, parse};
pub(super) use params::Params;
pub(super) use reply::Reply;

/// The most bytes of request line and headers.
const MOST_HEAD: usize = 32 * 1024;
/// The most bytes of a body: a whole batch of Dropcontact's is under 4 MB.
const MOST_BODY: usize = 8 * 1024 * 1024;
