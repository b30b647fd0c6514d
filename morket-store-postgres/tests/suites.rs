//! Every conformance suite on PostgreSQL.

mod common;

use common::make;

morket_testkit::store_suite!(make);
