//! What headers tell of limits, waiting and bills.

use super::{
    rule::scalar,
    shape::{Limit, Source, Tells, Vendor},
};
use crate::kit::milli_units;
use morket_core::{VendorUnits, http::HttpResponse, provider::LimitHint};
use serde_json::Value;
use std::time::Duration;

/// The longest wait that anybody means.
const LONGEST: u64 = 24 * 3600;

impl Source {
    fn text(&self, answer: &HttpResponse, body: &Value) -> Option<String> {
        match self {
            Self::Header(name) => answer.header(name).map(|it| it.trim().to_owned()),
            Self::Body(path) => path.first(body).and_then(scalar),
        }
    }

    /// The units it tells.
    pub(super) fn units(&self, answer: &HttpResponse, body: &Value) -> Option<VendorUnits> {
        milli_units(&self.text(answer, body)?)
    }

    /// How long it says to wait.
    pub(super) fn wait(&self, tells: Tells, http: &HttpResponse, body: &Value) -> Option<Duration> {
        wait(tells, &self.text(http, body)?, http)
    }
}

impl Vendor {
    /// How long a throttle says to wait.
    pub(super) fn told_wait(&self, answer: &HttpResponse, body: &Value) -> Option<Duration> {
        let usual = Source::Header("retry-after".to_owned());
        let source = self.retry_after.as_ref().unwrap_or(&usual);
        source.wait(self.retry_after_in, answer, body)
    }
}

/// A wait: a number as `tells` says, or a day and time, as the answer's own `Date` counts.
fn wait(tells: Tells, text: &str, answer: &HttpResponse) -> Option<Duration> {
    let now = || answer.header("date").and_then(http_date);
    let whole = text.split('.').next().unwrap_or_default();
    let seconds = match (whole.parse::<u64>(), tells) {
        (Ok(number), Tells::Seconds) => number,
        (Ok(number), Tells::Milliseconds) => number.div_ceil(1000),
        (Ok(number), Tells::Unix) => number.saturating_sub(now()?),
        (Err(_), _) => http_date(text)?.saturating_sub(now()?),
    };
    Some(Duration::from_secs(seconds.min(LONGEST)))
}

/// What the headers tell of these limits.
pub(super) fn hints(limits: &[Limit], answer: &HttpResponse) -> Vec<LimitHint> {
    let header = |name: &Option<String>| {
        name.as_ref().and_then(|name| answer.header(&name.to_ascii_lowercase()))
    };
    let count = |name: &Option<String>| header(name)?.trim().parse::<u32>().ok();
    let hints = limits.iter().map(|limit| LimitHint {
        per: limit.per,
        max: count(&limit.told_max),
        left: count(&limit.told_left),
        resets_in: header(&limit.told_reset).and_then(|it| wait(limit.told_in, it.trim(), answer)),
    });
    hints.filter(|it| it.max.or(it.left).is_some() || it.resets_in.is_some()).collect()
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` as seconds since 1970.
fn http_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let day: u64 = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = 1 + u64::try_from(MONTHS.iter().position(|it| *it == name)?).ok()?;
    let year: u64 = parts.next()?.parse().ok().filter(|it| (1970..=9999).contains(it))?;
    let mut clock = parts.next()?.split(':').map(|it| it.parse::<u64>().ok());
    let [hour, minute, second] = [clock.next()??, clock.next()??, clock.next()??];
    if !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970 of a year that begins in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    Some((days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_wait_is_told_in_many_ways() {
        let mut answer = HttpResponse::new(429, "");
        answer.headers.push(("date".to_owned(), "Sat, 21 Nov 2026 10:00:00 GMT".to_owned()));
        for (tells, text, expected) in [
            (Tells::Seconds, "7", Some(7)),
            (Tells::Seconds, "7.9", Some(7)),
            (Tells::Milliseconds, "1500", Some(2)),
            (Tells::Unix, "1795255260", Some(60)),
            (Tells::Unix, "5", Some(0)),
            (Tells::Seconds, "Sat, 21 Nov 2026 10:01:30 GMT", Some(90)),
            (Tells::Seconds, "99999999999", Some(LONGEST)),
            (Tells::Seconds, "soon", None),
            (Tells::Seconds, "-4", None),
            (Tells::Seconds, "Sat, 99 Nov 2026 10:01:30 GMT", None),
        ] {
            assert_eq!(wait(tells, text, &answer).map(|it| it.as_secs()), expected, "{text}");
        }
        // Without the answer's own time nobody knows when a moment is.
        assert_eq!(wait(Tells::Unix, "1795255260", &HttpResponse::new(429, "")), None);
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
    }

    #[test]
    fn units_are_told_in_a_header_or_the_body() {
        let mut answer = HttpResponse::new(200, "");
        answer.headers.push(("x-spent".to_owned(), " 0.25 ".to_owned()));
        let body = json!({"used": 2, "text": "1.5", "bad": -1});
        for (source, expected) in [
            ("X-Spent", Some(250)),
            ("$.used", Some(2000)),
            ("$.text", Some(1500)),
            ("$.bad", None),
            ("x-other", None),
        ] {
            let source = Source::try_from(source.to_owned()).unwrap();
            assert_eq!(source.units(&answer, &body).map(|it| it.0), expected);
        }
    }
}
