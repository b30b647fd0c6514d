//! Numbers as vendors print them: `1,234`, `12.5M`, `10-25K`, `5,001+`. Integers throughout.

/// The largest number that is believed: a revenue beyond it is a defect.
pub(super) const LARGEST: i64 = 1_000_000_000_000_000;

/// A number, or two bounds, or a lower bound alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) min: i64,
    /// The upper bound; equal to `min` for one number, `None` for "this and more".
    pub(super) max: Option<i64>,
}

impl Span {
    fn of(min: i64, max: Option<i64>) -> Option<Self> {
        let ordered = max.is_none_or(|max| min <= max && max > 0);
        let sound = ordered && (0..=LARGEST).contains(&min) && max.is_none_or(|it| it <= LARGEST);
        (sound && (min > 0 || max.is_some())).then_some(Self { min, max })
    }

    /// One number or two; zero and turned bounds are none.
    pub(super) fn between(min: i64, max: i64) -> Option<Self> {
        Self::of(min, Some(max))
    }

    /// This and more.
    pub(super) fn from(min: i64) -> Option<Self> {
        Self::of(min, None)
    }
}

const AT_LEAST: &[&str] = &[">=", "≥", ">", "over ", "more than ", "at least "];
const AT_MOST: &[&str] = &["<=", "≤", "<", "under ", "less than ", "up to ", "at most "];

/// A span in words, in lower case and without units of what is counted.
pub(super) fn span(text: &str) -> Option<Span> {
    let text = text.trim();
    let after = |words: &[&str]| words.iter().find_map(|word| text.strip_prefix(word));
    if let Some(rest) = after(AT_LEAST) {
        return Span::from(Quantity::parse(rest)?.value(0)?);
    }
    if let Some(rest) = after(AT_MOST) {
        return Span::between(0, Quantity::parse(rest)?.value(0)?);
    }
    if let Some(rest) = text.strip_suffix('+') {
        return Span::from(Quantity::parse(rest)?.value(0)?);
    }
    let text = text.replace(['–', '—', '−', '‑', '~'], "-").replace(" to ", "-");
    let Some((min, max)) = text.split_once('-') else {
        let value = Quantity::parse(&text)?.value(0)?;
        return Span::between(value, value);
    };
    let (min, max) = (Quantity::parse(min)?, Quantity::parse(max)?);
    // "$10-25M" are both millions; "500-1M" are not.
    let inherited = min.value(max.power.unwrap_or(0)).zip(max.value(0));
    let (low, high) =
        inherited.filter(|(low, high)| low <= high).or(min.value(0).zip(max.value(0)))?;
    Span::between(low, high)
}

/// Digits, where the decimal point stands, and the power of ten of a suffix.
struct Quantity {
    digits: i64,
    decimals: u32,
    power: Option<u32>,
}

const POWERS: &[(&str, u32)] = &[
    ("thousand", 3),
    ("million", 6),
    ("billion", 9),
    ("trillion", 12),
    ("mio", 6),
    ("mrd", 9),
    ("mn", 6),
    ("mm", 6),
    ("bn", 9),
    ("k", 3),
    ("m", 6),
    ("b", 9),
    ("t", 12),
];

impl Quantity {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('.');
        let suffix =
            POWERS.iter().find_map(|(word, power)| Some((text.strip_suffix(word)?, *power)));
        let (number, power) = suffix.map_or((text, None), |(rest, power)| (rest, Some(power)));
        let number: String = number.trim().replace([' ', '\'', '’', '_'], ",");
        let (whole, fraction) = split_decimals(&number)?;
        let digits: String = [whole, fraction.trim_end_matches('0').to_owned()].concat();
        let decimals = u32::try_from(fraction.trim_end_matches('0').len()).ok()?;
        Some(Self { digits: digits.parse().ok()?, decimals, power })
    }

    /// The number; without a suffix of its own, the inherited power counts. What is left behind
    /// the point is cut.
    fn value(&self, inherited: u32) -> Option<i64> {
        let power = self.power.unwrap_or(inherited);
        let scaled =
            self.digits.checked_mul(10_i64.checked_pow(power.saturating_sub(self.decimals))?)?;
        Some(scaled / 10_i64.checked_pow(self.decimals.saturating_sub(power))?)
    }
}

/// Digits before and behind the decimal point. A mark is a point if it stands once and is not
/// followed by exactly three digits; a full stop alone is always one.
fn split_decimals(number: &str) -> Option<(String, &str)> {
    let last = number.rfind([',', '.']);
    let Some(at) = last else { return digits(number).map(|whole| (whole, "")) };
    let (before, after) = (&number[..at], &number[at + 1..]);
    let mark = number.as_bytes()[at];
    let repeated = before.bytes().any(|byte| byte == mark);
    let other = before.contains([',', '.']) && !repeated;
    let point = other || (!repeated && (mark == b'.' || after.len() != 3));
    if !point {
        return grouped(number).map(|whole| (whole, ""));
    }
    let fraction = digits(after).map(|_| after)?;
    Some((grouped(before)?, fraction))
}

/// Groups of three after the first: `1,234,567`.
fn grouped(number: &str) -> Option<String> {
    let mut groups = number.split([',', '.']);
    let first = groups.next()?;
    let mut whole = digits(first)?;
    for group in groups {
        if group.len() != 3 || first.len() > 3 {
            return None;
        }
        whole.push_str(&digits(group)?);
    }
    Some(whole)
}

/// A whole number, its digits perhaps in groups of three.
pub(super) fn whole(text: &str) -> Option<i64> {
    grouped(text)?.parse().ok()
}

fn digits(text: &str) -> Option<String> {
    let sound = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_numbers_are_read() {
        let one = |number| Some((number, Some(number)));
        let rows = [
            ("180", one(180)),
            ("1,234", one(1_234)),
            ("1.234.567", one(1_234_567)),
            ("1 234 567", one(1_234_567)),
            ("1'234", one(1_234)),
            ("25000000.0", one(25_000_000)),
            ("1,234.56", one(1_234)),
            ("1.234,56", one(1_234)),
            ("12.5m", one(12_500_000)),
            ("12,5 mio", one(12_500_000)),
            ("1.5 bn", one(1_500_000_000)),
            ("2k", one(2_000)),
            ("10-25m", Some((10_000_000, Some(25_000_000)))),
            ("10m-25m", Some((10_000_000, Some(25_000_000)))),
            ("500-1m", Some((500, Some(1_000_000)))),
            ("51 to 200", Some((51, Some(200)))),
            ("51 – 200", Some((51, Some(200)))),
            ("10,001+", Some((10_001, None))),
            ("10k+", Some((10_000, None))),
            (">10000", Some((10_000, None))),
            ("over 1 billion", Some((1_000_000_000, None))),
            ("<1m", Some((0, Some(1_000_000)))),
            ("up to 10", Some((0, Some(10)))),
            ("0", None),
            ("0+", None),
            ("200-51", None),
            ("-5", None),
            ("1,23,4", None),
            ("12,34,567", None),
            ("1e9", None),
            ("9999999999999999999", None),
            ("9999999999b", None),
            ("", None),
            ("m", None),
            ("ten", None),
            ("1-2-3", None),
            ("٣", None),
        ];
        for (text, expected) in rows {
            assert_eq!(span(text).map(|it| (it.min, it.max)), expected, "{text:?}");
        }
    }
}
