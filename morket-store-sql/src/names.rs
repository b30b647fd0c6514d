//! Field and provider names as small numbers, so that a step's row stays narrow.
//!
//! A name is given its number once and keeps it, so what was read may be remembered for ever. It is
//! given in a transaction of its own: a rolled-back one must not leave a number in memory.

use crate::{OnConflict, Rows, Scope, Session, SqlStore, args, table};
use morket_core::{Error, Result};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

static NAMES: &crate::Table = table!("names", key ["name"], { name: Text, });

/// Names by number and numbers by name, as far as this process has met them.
#[derive(Debug, Default)]
pub(crate) struct Names(RwLock<Book>);

/// A view of all names met so far; cheap to take, and never out of date for what it holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    numbers: Arc<HashMap<String, i64>>,
    texts: Arc<HashMap<i64, String>>,
}

impl Book {
    /// The number of a name that was resolved before.
    pub(crate) fn number(&self, name: &str) -> Result<i64> {
        let found = self.numbers.get(name).copied();
        found.ok_or_else(|| Error::internal("store.names", "a name was not resolved first"))
    }

    /// The name of a number that was read.
    pub(crate) fn text(&self, number: i64) -> Result<&str> {
        let found = self.texts.get(&number).map(String::as_str);
        found.ok_or_else(|| Error::internal("store.names", "a number without a name"))
    }

    fn knows<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.all(|name| self.numbers.contains_key(name))
    }
}

impl Names {
    fn current(&self) -> Book {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, book: &Book) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = book.clone();
    }
}

impl SqlStore {
    /// Give every one of `names` its number.
    pub(crate) async fn intern(&self, names: BTreeSet<String>) -> Result<Book> {
        let book = self.names.current();
        if book.knows(names.iter().map(String::as_str)) {
            return Ok(book);
        }
        let names: Arc<Vec<String>> = Arc::new(names.into_iter().collect());
        self.write(Scope::System, move |session| {
            let names = names.clone();
            Box::pin(async move {
                let rows: Vec<_> = names.iter().map(|name| args![name.as_str()]).collect();
                session.insert(NAMES, Rows::new(rows), OnConflict::Keep).await
            })
        })
        .await?;
        self.reload().await
    }

    /// All names there are: what a reader of numbers needs.
    pub(crate) async fn names_for(&self, numbers: impl Iterator<Item = i64>) -> Result<Book> {
        let book = self.names.current();
        let mut numbers = numbers;
        if numbers.all(|number| book.texts.contains_key(&number)) {
            return Ok(book);
        }
        self.reload().await
    }

    async fn reload(&self) -> Result<Book> {
        let book = self.read(Scope::System, |session| Box::pin(load(session))).await?;
        self.names.replace(&book);
        Ok(book)
    }
}

/// All names there are, in the middle of some transaction.
pub(crate) async fn load(session: &mut dyn Session) -> Result<Book> {
    let mut numbers = HashMap::new();
    for mut row in session.rows("SELECT name, number FROM names".into(), Vec::new()).await? {
        numbers.insert(row.text()?, row.int()?);
    }
    let texts = numbers.iter().map(|(name, number)| (*number, name.clone())).collect();
    Ok(Book { numbers: Arc::new(numbers), texts: Arc::new(texts) })
}
