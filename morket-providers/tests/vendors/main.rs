//! Every vendor: what it says, as fixtures, and what becomes of it.
#![allow(clippy::unwrap_used, reason = "a case that cannot go on must panic")]

mod apollo;
mod clearbit;
mod common;
mod complete;
mod conformance;
mod dropcontact;
mod findymail;
mod fuzz;
mod generic;
mod hunter;
mod leadmagic;
mod open_data;
mod people_data_labs;
mod placeholders;
mod prospeo;
mod registries;
mod repeats;
mod subjects;
mod verifiers;
mod website;
mod zerobounce;
