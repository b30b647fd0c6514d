//! Reading in pieces, writing back, and comparing.

use morket_cli::table::{Column, Reader, Row, Shape, Writer};
use serde_json::Value;
use std::io::Read;

/// A stream that gives at most so many bytes at a time.
pub(crate) struct Pieces<'a>(pub(crate) &'a [u8], pub(crate) usize);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let take = self.1.min(into.len()).min(self.0.len());
        into[..take].copy_from_slice(&self.0[..take]);
        self.0 = &self.0[take..];
        Ok(take)
    }
}

/// All that was read of a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Sheet {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) raw: Vec<Row>,
    pub(crate) shape: Shape,
}

pub(crate) fn read(bytes: &[u8], piece: usize) -> morket::Result<Sheet> {
    let mut reader = Reader::open(Pieces(bytes, piece))?;
    let (mut rows, mut raw, mut row) = (Vec::new(), Vec::new(), Row::default());
    while reader.next(&mut row)? {
        if !row.is_blank() {
            rows.push((0..row.len()).map(|at| row.text(at).into_owned()).collect());
        }
        raw.push(row.clone());
    }
    Ok(Sheet { names: reader.names().to_vec(), rows, raw, shape: reader.shape().clone() })
}

/// The file written again, with these columns, `values` in every row.
pub(crate) fn rewrite(bytes: &[u8], columns: &[&str], values: &[Value], safe: bool) -> Vec<u8> {
    let sheet = read(bytes, 1 << 16).unwrap();
    let mut reader = Reader::open(bytes).unwrap();
    let mut row = Row::default();
    while reader.next(&mut row).unwrap() {}
    let new = |name: &&str| Column { name: (*name).to_owned(), replaces: None };
    let columns = columns.iter().map(new).collect();
    let (dialect, width) = (reader.dialect(), sheet.shape.width);
    let writer = Writer::new(Vec::new(), dialect, reader.names(), width, columns);
    let mut writer = writer.spreadsheet_safe(safe);
    writer.header(reader.header()).unwrap();
    for row in &sheet.raw {
        writer.row(row, values).unwrap();
    }
    writer.finish().unwrap()
}
