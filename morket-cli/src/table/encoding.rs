//! In which letters a file is written.

use super::{latin, wide};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// In which letters a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// What everybody should use.
    #[default]
    Utf8,
    /// "Unicode text" of spreadsheets on Windows.
    Utf16Le,
    /// The same, the other way round.
    Utf16Be,
    /// Western European files from before.
    Windows1252,
}

const MARKS: [(Encoding, &[u8]); 3] = [
    (Encoding::Utf8, b"\xef\xbb\xbf"),
    (Encoding::Utf16Le, b"\xff\xfe"),
    (Encoding::Utf16Be, b"\xfe\xff"),
];

impl Encoding {
    /// What the mark at the beginning says, if there is one.
    pub(super) fn marked(bytes: &[u8]) -> Option<Self> {
        MARKS.iter().find(|(_, mark)| bytes.starts_with(mark)).map(|(encoding, _)| *encoding)
    }

    /// Its byte order mark.
    pub(super) fn mark(self) -> &'static [u8] {
        MARKS.iter().find(|(encoding, _)| *encoding == self).map_or(b"", |(_, mark)| mark)
    }

    /// Whether rows are kept in other bytes than those of the file; if so, which end comes first.
    pub(super) fn wide(self) -> Option<bool> {
        match self {
            Self::Utf16Le => Some(false),
            Self::Utf16Be => Some(true),
            Self::Utf8 | Self::Windows1252 => None,
        }
    }

    /// The bytes of a new text as rows are kept, and whether a letter was lost.
    pub(super) fn inside(self, text: &str) -> (Cow<'_, [u8]>, bool) {
        match self {
            Self::Windows1252 => latin::encode(text),
            _ => (Cow::Borrowed(text.as_bytes()), false),
        }
    }

    /// The bytes of the file, from those that rows are kept in.
    pub(super) fn outside(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self.wide() {
            Some(big_endian) => Cow::Owned(wide::widen(bytes, big_endian)),
            None => Cow::Borrowed(bytes),
        }
    }
}

/// The text of kept bytes: UTF-8 where it is that, else Windows-1252. Told cell by cell, so that a
/// file in which both occur (lists are pasted together) reads right.
pub(super) fn text(bytes: &[u8], wide: bool) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) if wide => String::from_utf8_lossy(bytes),
        Err(_) => Cow::Owned(latin::decode(bytes)),
    }
}
