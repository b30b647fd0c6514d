//! Every vendor: what it says, as fixtures, and what becomes of it.
#![allow(clippy::unwrap_used, reason = "a case that cannot go on must panic")]

mod apollo;
mod common;
mod conformance;
mod dropcontact;
mod findymail;
mod fuzz;
mod generic;
mod hunter;
mod people_data_labs;
mod prospeo;
mod verifiers;
mod zerobounce;
