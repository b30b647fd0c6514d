//! Tables as people have them: read in any dialect, written back as they came.
//!
//! [`Reader`] finds out encoding, delimiter and line ends by itself and keeps the bytes of every
//! row; [`Writer`] puts columns behind those bytes without touching them.

mod encoding;
mod formula;
mod latin;
mod ndjson;
mod place;
mod reader;
mod row;
mod scan;
mod sniff;
mod wide;
mod writer;

pub use encoding::Encoding;
pub use formula::{is_formula, neutralise, unneutralise};
pub use place::{Place, enriched_name};
pub use reader::{Reader, Shape};
pub use row::Row;
pub use sniff::{Dialect, Format};
pub(crate) use writer::plain;
pub use writer::{Column, Writer, compose};

/// The longest cell in bytes. What is longer is a quote that was never closed.
pub const CELL_LIMIT: usize = 1 << 20;
/// The longest row in bytes: what one row may take of the memory.
pub const ROW_LIMIT: usize = 8 << 20;
