//! How long an answer asks its caller to wait.

use super::HttpResponse;
use crate::Timestamp;
use std::time::Duration;

/// What `Retry-After` asks for: a number of seconds, or an instant (`Wed, 21 Oct 2026 07:28:00
/// GMT`) seen from `now`. Nothing where it says neither.
pub fn retry_after(answer: &HttpResponse, now: Timestamp) -> Option<Duration> {
    let text = answer.header("retry-after")?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    Some(instant(text)?.since(now))
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The one form in which HTTP writes instants today.
fn instant(text: &str) -> Option<Timestamp> {
    let (_, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let mut next = || words.next();
    let (day, month, year, time, zone) = (next()?, next()?, next()?, next()?, next()?);
    let month = MONTHS.iter().position(|it| *it == month)?;
    let mut clock =
        time.split(':').map(|it| it.parse::<i64>().ok().filter(|it| (0..=60).contains(it)));
    let (hours, minutes, seconds) = (clock.next()??, clock.next()??, clock.next()??);
    let (day, year): (i64, i64) = (day.parse().ok()?, year.parse().ok()?);
    let sound = (1..=31).contains(&day) && (1970..=9999).contains(&year) && zone == "GMT";
    if !sound {
        return None;
    }
    let month = i64::try_from(month).ok()?;
    let seconds = days(year, month, day) * 86_400 + hours * 3_600 + minutes * 60 + seconds;
    Some(Timestamp::from_micros(seconds * 1_000_000))
}

/// Days from 1970 to a day of a month, which is counted from 0; years are counted from March, so
/// that a leap day is the last of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let leaps = year / 4 - year / 100 + year / 400;
    365 * year + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_instants_are_read() {
        let now = Timestamp::from_micros(1_792_567_680_000_000);
        assert_eq!(now.to_string(), "2026-10-21T07:28:00.000000Z");
        for (text, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999", Some(u64::MAX)),
            ("Wed, 21 Oct 2026 07:29:30 GMT", Some(90)),
            ("Sun, 01 Mar 2026 00:00:00 GMT", Some(0)),
            ("Tue, 29 Feb 2028 07:28:00 GMT", Some(42_854_400)),
            ("", None),
            ("-1", None),
            ("soon", None),
            ("Wed, 21 Oct 2026 07:29 GMT", None),
            ("Wed, 21 Oct 9223372036854775807 07:28:00 GMT", None),
            ("Wed, 9223372036854775807 Oct 2026 07:28:00 GMT", None),
            ("Wed, 21 Okt 2026 07:29:30 GMT", None),
            ("Wed, 21 Oct 2026 07:29:30 CET", None),
        ] {
            let mut answer = HttpResponse::new(429, "");
            answer.headers.push(("retry-after".to_owned(), text.to_owned()));
            assert_eq!(retry_after(&answer, now).map(|it| it.as_secs()), expected, "{text}");
        }
        assert_eq!(retry_after(&HttpResponse::new(429, ""), now), None);
    }
}
