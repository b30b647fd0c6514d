//! Every conformance suite on SQLite.

mod common;

use common::make;

morket_testkit::store_suite!(make);
