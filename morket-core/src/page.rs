//! Pages of a listing: a bounded limit and a cursor that belongs to one tenant and one listing.

use crate::{Error, Result, WorkspaceId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use sha2::{Digest, Sha256};

/// How many rows a page holds: 1 to 100, 50 unless asked otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// The most rows of one page.
    pub const MAX: u32 = 100;

    /// A limit, or an error naming the bounds.
    pub fn new(rows: u32) -> Result<Self> {
        if (1..=Self::MAX).contains(&rows) {
            return Ok(Self(rows));
        }
        Err(Error::invalid("page", "limit", "must be between 1 and 100"))
    }

    /// How many rows.
    pub const fn rows(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

/// Where a listing goes on: opaque to clients, and refused when it was changed or is another's.
///
/// The check sum is no secret; it turns a typing error, a foreign tenant's cursor or another
/// listing's cursor into a clear refusal. What may be read is decided by the tenant, never by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor after the row whose sort key is `key`.
    pub fn new(listing: &str, workspace: WorkspaceId, key: &[u8]) -> Self {
        let mut bytes = check(listing, workspace, key).to_vec();
        bytes.extend_from_slice(key);
        Self(BASE64.encode(bytes))
    }

    /// A cursor as a client sent it.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text a client sends back.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The sort key it was made from.
    pub fn key(&self, listing: &str, workspace: WorkspaceId) -> Result<Vec<u8>> {
        let refused = || Error::invalid("page", "cursor", "it was not made by this listing");
        let bytes = BASE64.decode(&self.0).map_err(|_| refused())?;
        let (sum, key) = bytes.split_at_checked(8).ok_or_else(refused)?;
        if sum == check(listing, workspace, key) {
            return Ok(key.to_vec());
        }
        Err(refused())
    }

    /// The sort key of a listing that is ordered by a number.
    pub fn number(&self, listing: &str, workspace: WorkspaceId) -> Result<i64> {
        let key = self.key(listing, workspace)?;
        let bytes = key
            .try_into()
            .map_err(|_| Error::invalid("page", "cursor", "it was not made by this listing"))?;
        Ok(i64::from_be_bytes(bytes))
    }
}

fn check(listing: &str, workspace: WorkspaceId, key: &[u8]) -> [u8; 8] {
    let mut hasher = Sha256::new();
    hasher.update((listing.len() as u64).to_be_bytes());
    hasher.update(listing.as_bytes());
    hasher.update(workspace.0.as_bytes());
    hasher.update(key);
    let mut sum = [0; 8];
    sum.copy_from_slice(&hasher.finalize()[..8]);
    sum
}

/// A page of rows and where the next one starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the listing's order.
    pub rows: Vec<T>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
    /// How many rows the whole listing had when this page was read.
    pub total: u64,
}

impl<T> Page<T> {
    /// A page from up to `limit + 1` rows, cut to the limit; `key` names a row's place.
    pub fn cut(
        mut rows: Vec<T>,
        limit: Limit,
        total: u64,
        cursor_after: impl FnOnce(&T) -> Cursor,
    ) -> Self {
        let more = rows.len() > limit.rows() as usize;
        rows.truncate(limit.rows() as usize);
        let next = if more { rows.last().map(cursor_after) } else { None };
        Self { rows, next, total }
    }
}
