//! An answer's body as it comes in: unpacked, and never larger than its cap.

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};
use morket_core::http::FailureCause;
use std::io::{self, Write};

/// How much a packed body may be larger than the cap: packing what cannot be packed adds a little.
const PACKING: usize = 4 << 10;

/// How much is set aside because a header says so; beyond that the body has to come first.
const ADVANCE: usize = 256 << 10;

/// How large a body may be, and what becomes of one that is larger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cap {
    pub(crate) limit: usize,
    /// It is cut there instead of refused.
    pub(crate) cut: bool,
}

/// What ended an exchange whose request may have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) cause: FailureCause,
    pub(crate) what: &'static str,
}

impl Lost {
    pub(crate) const BROKEN: Self =
        Self { cause: FailureCause::Broken, what: "the connection broke" };
    pub(crate) const NOT_HTTP: Self =
        Self { cause: FailureCause::Malformed, what: "the answer is not HTTP" };
    const TOO_LARGE: Self =
        Self { cause: FailureCause::TooLarge, what: "the body is larger than allowed" };
    const PACKING: Self =
        Self { cause: FailureCause::Malformed, what: "the body is not packed as its header says" };
    const FOREIGN_PACKING: Self =
        Self { cause: FailureCause::Malformed, what: "the body is packed in a way not asked for" };
}

/// What a body is unpacked with.
enum Unpack {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>),
    /// `deflate` before its first byte: by the standard with a zlib header, from some without.
    Undecided(Capped),
    Zlib(Box<ZlibDecoder<Capped>>),
    Deflate(Box<DeflateDecoder<Capped>>),
    Done,
}

/// A body being read.
pub(crate) struct Collector {
    unpack: Unpack,
    /// Bytes that came, packed.
    came: usize,
    most: usize,
    cut: bool,
    /// The rest was cut off.
    full: bool,
}

impl Collector {
    /// For the body of an answer with these headers. `announced` is its length on the wire where
    /// that is known; the header alone may speak of a body that does not come (304).
    pub(crate) fn new(headers: &HeaderMap, announced: Option<u64>, cap: Cap) -> Result<Self, Lost> {
        let Cap { limit, cut } = cap;
        let length = usize::try_from(announced.unwrap_or(0)).unwrap_or(usize::MAX);
        let encoding = headers.get(header::CONTENT_ENCODING).filter(|_| announced != Some(0));
        let encoding = encoding.map(|value| value.as_bytes().trim_ascii());
        let capped = Capped { bytes: Vec::new(), limit, over: false };
        let unpack = match encoding {
            None | Some(b"") => Unpack::Plain(capped),
            Some(name) if name.eq_ignore_ascii_case(b"identity") => Unpack::Plain(capped),
            Some(name) if is_gzip(name) => Unpack::Gzip(Box::new(MultiGzDecoder::new(capped))),
            Some(name) if name.eq_ignore_ascii_case(b"deflate") => Unpack::Undecided(capped),
            Some(_) => return Err(Lost::FOREIGN_PACKING),
        };
        let most = match unpack {
            Unpack::Plain(_) => limit,
            _ => limit.saturating_add(PACKING),
        };
        if length > most && !cut {
            return Err(Lost::TOO_LARGE);
        }
        let mut collector = Self { unpack, came: 0, most, cut, full: false };
        if let Unpack::Plain(capped) = &mut collector.unpack {
            capped.bytes.reserve_exact(length.min(ADVANCE).min(limit));
        }
        Ok(collector)
    }

    /// Take the next bytes; whether more are wanted.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Result<bool, Lost> {
        match self.take(bytes) {
            Err(Lost::TOO_LARGE) if self.cut => {
                self.full = true;
                Ok(false)
            }
            taken => taken.map(|()| true),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        self.came = self.came.saturating_add(bytes.len());
        // What is not packed is cut where it is written.
        let plain = matches!(self.unpack, Unpack::Plain(_));
        if self.came > self.most && !(self.cut && plain) {
            return Err(Lost::TOO_LARGE);
        }
        self.decide(bytes);
        let written = match &mut self.unpack {
            Unpack::Plain(capped) | Unpack::Undecided(capped) => capped.write_all(bytes),
            Unpack::Gzip(decoder) => decoder.write_all(bytes),
            Unpack::Zlib(decoder) => decoder.write_all(bytes),
            Unpack::Deflate(decoder) => decoder.write_all(bytes),
            Unpack::Done => Ok(()),
        };
        written.map_err(|_| self.reason())
    }

    fn decide(&mut self, bytes: &[u8]) {
        let Some(first) = bytes.first() else { return };
        self.unpack = match std::mem::replace(&mut self.unpack, Unpack::Done) {
            Unpack::Undecided(capped) if first & 0x0f == 8 => {
                Unpack::Zlib(Box::new(ZlibDecoder::new(capped)))
            }
            Unpack::Undecided(capped) => Unpack::Deflate(Box::new(DeflateDecoder::new(capped))),
            decided => decided,
        };
    }

    /// Why writing failed: the cap, or what was packed.
    fn reason(&self) -> Lost {
        let over = match &self.unpack {
            Unpack::Plain(capped) | Unpack::Undecided(capped) => capped.over,
            Unpack::Gzip(decoder) => decoder.get_ref().over,
            Unpack::Zlib(decoder) => decoder.get_ref().over,
            Unpack::Deflate(decoder) => decoder.get_ref().over,
            Unpack::Done => false,
        };
        if over { Lost::TOO_LARGE } else { Lost::PACKING }
    }

    /// The whole body, and whether it had been packed.
    pub(crate) fn finish(mut self) -> Result<(Vec<u8>, bool), Lost> {
        if self.came == 0 {
            return Ok((Vec::new(), false));
        }
        let finished = match &mut self.unpack {
            Unpack::Gzip(decoder) => decoder.try_finish(),
            Unpack::Zlib(decoder) => decoder.try_finish(),
            Unpack::Deflate(decoder) => decoder.try_finish(),
            Unpack::Plain(_) | Unpack::Undecided(_) | Unpack::Done => Ok(()),
        };
        // What was cut has no proper end.
        finished.or_else(|_| match self.reason() {
            _ if self.full => Ok(()),
            // What came last out of the packing was too much.
            Lost::TOO_LARGE if self.cut => Ok(()),
            reason => Err(reason),
        })?;
        Ok(match &mut self.unpack {
            Unpack::Plain(capped) | Unpack::Undecided(capped) => (capped.take(), false),
            Unpack::Gzip(decoder) => (decoder.get_mut().take(), true),
            Unpack::Zlib(decoder) => (decoder.get_mut().take(), true),
            Unpack::Deflate(decoder) => (decoder.get_mut().take(), true),
            Unpack::Done => (Vec::new(), false),
        })
    }
}

fn is_gzip(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip")
}

/// Bytes up to a limit; one more is an error.
struct Capped {
    bytes: Vec<u8>,
    limit: usize,
    over: bool,
}

impl Capped {
    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.limit - self.bytes.len() {
            let room = self.limit - self.bytes.len();
            self.bytes.extend_from_slice(&bytes[..room]);
            self.over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
