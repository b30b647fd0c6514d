//! A table's name, columns and key, stated once: inserts, reads, look-ups and updates of both
//! dialects are made from it.

use crate::{Kind, Row, Value};
use morket_core::Result;

/// A table as both dialects have it.
#[derive(Debug)]
pub struct Table {
    /// Its name, without the schema.
    pub name: &'static str,
    /// Its columns, in the order in which rows are written and read.
    pub columns: &'static [(&'static str, Kind)],
    /// The columns of its primary key.
    pub key: &'static [&'static str],
    /// The column among them that the database numbers by itself, if rows bring their own number.
    pub serial: Option<&'static str>,
}

impl Table {
    /// The columns' names, separated by commas.
    pub fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// The condition that an offered row says more than another time than the one that is there.
    pub fn differs(&self) -> String {
        let columns = self.columns.iter().map(|(name, _)| *name);
        let told = columns.filter(|name| *name != "at" && !self.key.contains(name));
        let differs = |name| format!("{}.{name} IS DISTINCT FROM excluded.{name}", self.name);
        told.map(differs).collect::<Vec<_>>().join(" OR ")
    }

    /// The kind of a column.
    ///
    /// # Panics
    /// If there is no such column: a defect that the first test of the statement meets.
    pub fn kind(&self, column: &str) -> Kind {
        self.columns
            .iter()
            .find_map(|(name, kind)| (*name == column).then_some(*kind))
            .expect("statements name columns of their own table")
    }

    /// Where a column stands in a row.
    ///
    /// # Panics
    /// If there is no such column: a defect that the first test of the statement meets.
    pub fn position(&self, column: &str) -> usize {
        self.columns
            .iter()
            .position(|(name, _)| *name == column)
            .expect("statements name columns of their own table")
    }
}

/// Something that is a row of one table: written and read here, and nowhere else.
pub trait Record: Sized + Send {
    /// Its table.
    const TABLE: &'static Table;

    /// Its values, in the table's order.
    fn values(&self) -> Vec<Value>;

    /// Itself from a row, in the table's order.
    fn read(row: &mut Row) -> Result<Self>;
}

/// Declare a [`Table`] next to the record it belongs to.
#[macro_export]
macro_rules! table {
    (@serial) => { None };
    (@serial $serial:literal) => { Some($serial) };
    (
        $name:literal, key [$($key:literal),*], $(serial $serial:literal,)?
        { $($column:ident: $kind:ident,)* }
    ) => {
        &$crate::Table {
            name: $name,
            columns: &[$((stringify!($column), $crate::Kind::$kind)),*],
            key: &[$($key),*],
            serial: $crate::table!(@serial $($serial)?),
        }
    };
}
