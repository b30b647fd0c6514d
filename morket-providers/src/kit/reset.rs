//! How long until a window begins anew, of vendors that say when and not how long.

use morket_core::http::HttpResponse;
use std::time::Duration;

/// A day is the longest that anybody means.
const LONGEST: u64 = 24 * 3600;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// From the second that a header names, by the answer's own `Date`: an adapter has no clock.
pub fn resets_in(answer: &HttpResponse, header: &str) -> Option<Duration> {
    let at: u64 = answer.header(header)?.trim().parse().ok()?;
    let now = seconds(answer.header("date")?)?;
    Some(Duration::from_secs(at.saturating_sub(now).min(LONGEST)))
}

/// `Sat, 21 Nov 2026 20:13:53 GMT` as seconds since 1970.
fn seconds(date: &str) -> Option<u64> {
    let (_, rest) = date.trim().split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts.as_slice() else { return None };
    let month = MONTHS.iter().position(|it| it == month)?;
    let (day, year): (u64, u64) = (day.parse().ok()?, year.parse().ok()?);
    let clock: Vec<u64> = time.split(':').map(|it| it.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = clock.as_slice() else { return None };
    let fits = (1970..=9999).contains(&year) && (1..=31).contains(&day) && *hours < 24;
    let days = fits.then(|| days_before(year, month) + day - 1)?;
    Some(((days * 24 + hours) * 60 + (*minutes).min(59)) * 60 + (*seconds).min(60))
}

/// How many days since 1970 a month begins.
fn days_before(year: u64, month: usize) -> u64 {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let passed = leaps(year - 1) - leaps(1969);
    (year - 1970) * 365 + passed + BEFORE[month] + u64::from(leap && month > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_is_measured_by_the_answers_own_clock() {
        for (date, at, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", "60", Some(60)),
            ("Sat, 21 Nov 2026 20:13:53 GMT", "1795292133", Some(100)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", "1709251200", Some(1)),
            ("Fri, 01 Mar 2024 00:00:00 GMT", "1709251200", Some(0)),
            ("Sat, 21 Nov 2026 20:13:53 GMT", "5", Some(0)),
            ("Sat, 21 Nov 2026 20:13:53 GMT", "99999999999", Some(LONGEST)),
            ("Sat, 21 Nov 2026 20:13:53 GMT", "soon", None),
            ("2026-11-21T20:13:53Z", "1795292133", None),
            ("Sat, 99 Nov 2026 20:13:53 GMT", "1795292133", None),
            ("Sat, 21 Nov 18446744073709551615 20:13:53 GMT", "1", None),
        ] {
            let mut answer = HttpResponse::new(429, "");
            for (name, value) in [("date", date), ("x-reset", at)] {
                answer.headers.push((name.to_owned(), value.to_owned()));
            }
            let found = resets_in(&answer, "x-reset").map(|it| it.as_secs());
            assert_eq!(found, expected, "{date} {at}");
        }
    }
}
