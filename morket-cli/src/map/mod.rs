//! Which column holds which field: guessed from its name, then from its values; each guess says
//! why, and the user's word counts more.

mod decide;
mod words;

use morket::{
    Error, Result,
    field::{Catalogue, Kind},
    name::FieldName,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a column was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// Which column, from 0.
    pub column: usize,
    /// What it is called.
    pub header: String,
    /// The field it holds; none where it only passes through.
    pub field: Option<FieldName>,
    /// Why.
    pub why: String,
}

/// A column that may hold one of several fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What it is called.
    pub header: String,
    /// What it may hold.
    pub fields: Vec<FieldName>,
}

/// Which column holds which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// What the rows are about.
    pub kind: Kind,
    /// Why.
    pub kind_why: String,
    /// Every column, in order.
    pub guesses: Vec<Guess>,
    /// What only the user can tell.
    pub doubts: Vec<Doubt>,
}

/// What a user may say of columns: a field for a column, `-` for "leave it alone".
pub type Told = BTreeMap<String, Option<FieldName>>;

/// Reads `Website=company_domain`; `Website=-` takes the column for nothing.
pub fn told(text: &str) -> Result<(String, Option<FieldName>)> {
    let wrong = |problem: String| Error::invalid("map", "--map", problem);
    let (header, field) = text
        .rsplit_once('=')
        .ok_or_else(|| wrong(format!("`{text}` must look like \"Website=company_domain\"")))?;
    let field = match field.trim() {
        "-" => None,
        name => Some(Catalogue::standard().named(name)?.name.clone()),
    };
    Ok((header.trim().to_owned(), field))
}

/// The columns of a file: their names, and some values of each.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Names, each once.
    pub names: Vec<String>,
    /// Some values of each.
    pub values: Vec<Vec<Value>>,
}

/// Guess what the columns hold.
pub fn guess(sample: &Sample, told: &Told, kind: Option<Kind>) -> Result<Mapping> {
    decide::Table::new(sample, told, kind)?.decide()
}

impl Mapping {
    /// Field by column, for those that hold one.
    pub fn fields(&self) -> impl Iterator<Item = (usize, &FieldName)> {
        self.guesses.iter().filter_map(|guess| Some((guess.column, guess.field.as_ref()?)))
    }

    /// As it is saved in a plan.
    pub fn saved(&self) -> BTreeMap<String, FieldName> {
        let held = self.guesses.iter();
        held.filter_map(|guess| Some((guess.header.clone(), guess.field.clone()?))).collect()
    }

    /// Refuses what is still in doubt, with what to type; and a file that says nothing.
    pub fn settled(self) -> Result<Self> {
        if let Some(doubt) = self.doubts.first() {
            let ways = doubt.fields.iter().map(|it| format!("--map \"{}={it}\"", doubt.header));
            let ways: Vec<_> = ways.collect();
            let problem = format!(
                "may be {}: add {}, or --map \"{}=-\" to leave it alone",
                doubt.fields.iter().map(FieldName::as_str).collect::<Vec<_>>().join(" or "),
                ways.join(" or "),
                doubt.header,
            );
            return Err(Error::invalid("map", &format!("column `{}`", doubt.header), problem));
        }
        if self.fields().next().is_none() {
            let names: Vec<_> = self.guesses.iter().map(|it| it.header.as_str()).take(12).collect();
            let data = names.iter().any(|it| it.contains('@') || it.starts_with("http"));
            let hint = if data { "; its first line must name the columns" } else { "" };
            let problem = format!(
                "no column is known ({}){hint}; say what one holds, e.g. \
                 --map \"{}=company_domain\"",
                names.join(", "),
                names.first().unwrap_or(&"Website"),
            );
            return Err(Error::invalid("map", "file", problem));
        }
        Ok(self)
    }
}
