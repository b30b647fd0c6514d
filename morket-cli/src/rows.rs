//! From rows to records: what is known about each, and what of it cannot be used.

use crate::{
    exit::Failure,
    map::{self, Mapping, Sample, Told},
    table::{Reader, Row},
};
use morket::{
    field::{Catalogue, Fault, FieldType, Kind, normalised},
    name::FieldName,
};
use serde_json::{Map, Value};
use std::{fs::File, path::Path};

/// How many rows are looked at to guess what columns hold.
const SAMPLE: usize = 50;

/// Refuses what is no table before it is read: a folder, and a device, which may never end.
pub fn may_be_a_table(path: &Path) -> Result<(), Failure> {
    let wrong = |problem: &str| Failure::usage(format!("{} {problem}", path.display()));
    let kind = match std::fs::metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) => return Err(Failure::usage(format!("{}: {error}", path.display()))),
    };
    if kind.is_dir() {
        return Err(wrong("is a folder"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_char_device() || kind.is_block_device() {
            return Err(wrong("is a device, not a table; `-` is standard input"));
        }
    }
    Ok(())
}

/// A file that can be read again.
pub fn open(path: &Path) -> Result<Reader<File>, Failure> {
    let file =
        File::open(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    Ok(Reader::open(file)?)
}

/// The columns of a file, with some values of each.
pub fn sample(path: &Path) -> Result<Sample, Failure> {
    let mut reader = open(path)?;
    let mut values = vec![Vec::new(); reader.names().len()];
    let mut row = Row::default();
    for _ in 0..SAMPLE {
        if !reader.next(&mut row)? {
            break;
        }
        for (column, values) in values.iter_mut().enumerate() {
            values.extend(row.value(column));
        }
    }
    Ok(Sample { names: reader.names().to_vec(), values })
}

/// What its columns hold.
pub fn mapping(path: &Path, told: &Told, kind: Option<Kind>) -> Result<Mapping, Failure> {
    Ok(map::guess(&sample(path)?, told, kind)?)
}

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// For which field.
    pub field: FieldName,
    /// What stood there.
    pub text: String,
}

impl Unusable {
    /// As it stands in a reason: `invalid_input: company_domain "n/a"`.
    pub fn reason(&self) -> String {
        format!("invalid_input: {} \"{}\"", self.field, self.text)
    }
}

/// Makes records of rows.
#[derive(Clone, Debug)]
pub struct Recorder {
    columns: Vec<(usize, FieldName, FieldType)>,
}

impl Recorder {
    /// By columns and the fields they hold.
    pub fn new<'a>(fields: impl IntoIterator<Item = (usize, &'a FieldName)>) -> Self {
        let known = |name: &FieldName| Catalogue::standard().get(name).map(|it| it.ty);
        let columns = fields.into_iter();
        let columns = columns.filter_map(|(at, name)| Some((at, name.clone(), known(name)?)));
        Self { columns: columns.collect() }
    }

    /// By what was saved with a run: field by header.
    pub fn saved<'a>(
        names: &[String],
        map: impl IntoIterator<Item = (&'a String, &'a FieldName)>,
    ) -> Self {
        let column = |header: &String| names.iter().position(|it| it == header);
        let fields: Vec<_> =
            map.into_iter().filter_map(|(header, it)| Some((column(header)?, it))).collect();
        Self::new(fields)
    }

    /// The column that holds a field.
    pub fn column(&self, field: &FieldName) -> Option<usize> {
        self.columns.iter().find(|(_, name, _)| name == field).map(|(at, ..)| *at)
    }

    /// What is known about a row, and what of it cannot be used.
    pub fn record(&self, row: &Row) -> (Value, Vec<Unusable>) {
        let (mut known, mut unusable) = (Map::new(), Vec::new());
        for (column, name, ty) in &self.columns {
            let Some(value) = row.value(*column).map(without_nul) else { continue };
            match normalised(*ty, &value) {
                Ok(_) => {
                    known.insert(name.to_string(), value);
                }
                Err(fault) if is_told(fault, &value) => {
                    let text = row.text(*column).chars().take(60).collect();
                    unusable.push(Unusable { field: name.clone(), text });
                }
                Err(_) => {}
            }
        }
        (Value::Object(known), unusable)
    }
}

/// Whether a person would want to hear of it: `-` and `n/a` in a phone's column are nothing.
fn is_told(fault: Fault, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    fault != Fault::Placeholder || text.chars().any(char::is_alphanumeric)
}

/// Databases keep no NUL in a text, and nobody means one.
fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "")),
        value => value,
    }
}

/// Every row of a file with its record, in order.
pub fn each(
    path: &Path,
    recorder: &Recorder,
    mut take: impl FnMut(&Row, Value, Vec<Unusable>) -> Result<(), Failure>,
) -> Result<Reader<File>, Failure> {
    let mut reader = open(path)?;
    let mut row = Row::default();
    while reader.next(&mut row)? {
        if !row.is_blank() {
            let (record, unusable) = recorder.record(&row);
            take(&row, record, unusable)?;
        }
    }
    Ok(reader)
}

/// The records of a file that was read to its end before.
#[derive(Debug)]
pub struct Records {
    reader: Reader<File>,
    recorder: Recorder,
    row: Row,
}

impl Records {
    /// From its first row on.
    pub fn open(path: &Path, recorder: &Recorder) -> Result<Self, Failure> {
        Ok(Self { reader: open(path)?, recorder: recorder.clone(), row: Row::default() })
    }
}

impl Iterator for Records {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        // It was read once already: a copy of our own, that nobody changes meanwhile.
        while self.reader.next(&mut self.row).ok()? {
            if !self.row.is_blank() {
                return Some(self.recorder.record(&self.row).0);
            }
        }
        None
    }
}
