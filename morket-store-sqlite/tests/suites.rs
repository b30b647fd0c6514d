//! Every conformance suite on SQLite.

#[allow(unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::make;

morket_testkit::store_suite!(make);
