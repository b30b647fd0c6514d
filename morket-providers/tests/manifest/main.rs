//! Vendors without code: what is wrong with a manifest, what one cannot do, and what it makes of
//! requests and answers.
#![allow(clippy::unwrap_used, reason = "a case that cannot go on must panic")]

mod answers;
mod broken;
mod common;
mod drafts;
mod folder;
mod hostile;
mod injection;
mod pages;
mod proof;
mod requests;
