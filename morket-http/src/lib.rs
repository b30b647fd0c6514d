//! The only crate of Morket that opens client sockets: [`Client`] implements the port
//! [`Http`](morket_core::http::Http).
//!
//! ```
//! use morket_core::http::{Http, HttpRequest};
//! use morket_http::{Client, Options};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Options::new())?;
//! let answer = client.send(HttpRequest::get("https://api.example.com/v1/account")).await?;
//! println!("{} bytes, status {}", answer.body.len(), answer.status);
//! # Ok(()) }
//! ```
//!
//! Where a connection may go is decided by [`egress`], for each connection anew and on the address
//! that is then connected to. Redirects are answers: nothing is followed, so no credential ever
//! reaches an origin it was not written for.

mod body;
mod cassette;
mod client;
mod connect;
pub mod egress;
mod faults;
mod fingerprint;
#[cfg(feature = "reqwest")]
mod foreign;
mod forget;
mod http1;
mod http2;
mod message;
mod options;
mod origin;
mod pool;

pub use cassette::Cassette;
pub use client::Client;
pub use connect::{Proxy, Resolver};
pub use faults::{Fault, FaultRates, Faults};
#[cfg(feature = "reqwest")]
pub use foreign::Foreign;
pub use options::Options;

use morket_core::http::{HttpRequest, HttpResponse};

/// An answer without whatever was secret in its request, for keeping or showing.
pub fn scrubbed(request: &HttpRequest, answer: &HttpResponse) -> HttpResponse {
    morket_core::http::Scrub::of(request).answer(answer)
}
