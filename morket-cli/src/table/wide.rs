//! UTF-16 in, UTF-16 out. Inside, rows are bytes of UTF-8; half of a pair that stands alone keeps
//! the three bytes it would have there, so that what came in goes out, broken or not.

use morket::{Error, Result};

/// Turns UTF-16 into UTF-8, however the stream is cut.
#[derive(Debug)]
pub(super) struct Narrow {
    big_endian: bool,
    half: Option<u8>,
    high: Option<u16>,
}

impl Narrow {
    pub(super) fn new(big_endian: bool) -> Self {
        Self { big_endian, half: None, high: None }
    }

    pub(super) fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            match self.half.take() {
                None => self.half = Some(*byte),
                Some(first) if self.big_endian => {
                    self.unit(u16::from_be_bytes([first, *byte]), out);
                }
                Some(first) => self.unit(u16::from_le_bytes([first, *byte]), out),
            }
        }
    }

    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        let high = self.high.take();
        match (high, unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                let code = ((u32::from(high) & 0x3ff) << 10 | u32::from(unit) & 0x3ff) + 0x1_0000;
                return encode(code, out);
            }
            (Some(high), _) => encode(u32::from(high), out),
            (None, _) => {}
        }
        match unit {
            0xd800..=0xdbff => self.high = Some(unit),
            _ => encode(u32::from(unit), out),
        }
    }

    /// The stream is over.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if let Some(high) = self.high.take() {
            encode(u32::from(high), out);
        }
        match self.half.take() {
            None => Ok(()),
            Some(_) => {
                let problem = "ends in the middle of a UTF-16 character; it was cut off";
                Err(Error::invalid("table.read", "file", problem))
            }
        }
    }
}

/// UTF-8 of a code point, halves of pairs included.
fn encode(code: u32, out: &mut Vec<u8>) {
    let tail = |shift: u32| 0x80 | ((code >> shift) & 0x3f) as u8;
    match code {
        0..=0x7f => out.push(code as u8),
        0x80..=0x7ff => out.extend([0xc0 | (code >> 6) as u8, tail(0)]),
        0x800..=0xffff => out.extend([0xe0 | (code >> 12) as u8, tail(6), tail(0)]),
        _ => out.extend([0xf0 | (code >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

/// The UTF-16 of what [`Narrow`] made, or of a text.
pub(super) fn widen(bytes: &[u8], big_endian: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    let mut put = |unit: u16| {
        out.extend(if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() });
    };
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let (more, bits) = match first {
            0..=0x7f => (0, u32::from(*first)),
            0xc0..=0xdf => (1, u32::from(first & 0x1f)),
            0xe0..=0xef => (2, u32::from(first & 0x0f)),
            _ => (3, u32::from(first & 0x07)),
        };
        let (tail, after) = after.split_at(more.min(after.len()));
        let code = tail.iter().fold(bits, |code, byte| code << 6 | u32::from(byte & 0x3f));
        match code.checked_sub(0x1_0000) {
            None => put(code as u16),
            Some(over) => {
                put(0xd800 | (over >> 10) as u16);
                put(0xdc00 | (over & 0x3ff) as u16);
            }
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn p204_any_utf16_comes_back_however_it_is_cut(
            units in prop::collection::vec(any::<u16>(), 0..60),
            big_endian in any::<bool>(),
            cut in 0_usize..120,
        ) {
            // method: property
            let bytes: Vec<u8> = units
                .iter()
                .flat_map(|it| if big_endian { it.to_be_bytes() } else { it.to_le_bytes() })
                .collect();
            let (left, right) = bytes.split_at(cut.min(bytes.len()));
            let (mut narrow, mut inside) = (Narrow::new(big_endian), Vec::new());
            narrow.feed(left, &mut inside);
            narrow.feed(right, &mut inside);
            narrow.finish(&mut inside).unwrap();
            prop_assert_eq!(widen(&inside, big_endian), bytes);
            if let Ok(text) = String::from_utf16(&units) {
                prop_assert_eq!(inside, text.into_bytes());
            }
        }
    }

    #[test]
    fn a_file_that_was_cut_is_refused() {
        let (mut narrow, mut inside) = (Narrow::new(false), Vec::new());
        narrow.feed(b"a\0b", &mut inside);
        assert!(narrow.finish(&mut inside).unwrap_err().to_string().contains("cut off"));
    }
}
