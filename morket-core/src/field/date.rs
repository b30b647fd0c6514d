//! Days.

use super::text;

/// `2009-03-14`, from a day or from an instant that begins with one; `None` for a day that no
/// calendar has, and for an order of day and month that nobody told.
pub(super) fn canonical(text: &str) -> Option<String> {
    let clean = text::clean(text);
    let (day, rest) = clean.split_at_checked(10)?;
    let is_instant = rest.is_empty() || (rest.len() <= 30 && rest.starts_with(['T', 't', ' ']));
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, number] = parts.as_slice() else { return None };
    let digits = |text: &str, many: usize| {
        let all = text.len() == many && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|_| all)
    };
    let (year, month, number) = (digits(year, 4)?, digits(month, 2)?, digits(number, 2)?);
    let fits = (1_000..=2_100).contains(&year) && (1..=days(year, month)).contains(&number);
    (is_instant && fits).then(|| day.to_owned())
}

/// How many days a month has; none if there is no such month.
const fn days(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn days_have_one_form() {
        for (text, expected) in [
            ("2009-03-14", Some("2009-03-14")),
            ("1995-08-14T04:00:00Z", Some("1995-08-14")),
            ("1995-08-14 04:00:00", Some("1995-08-14")),
            (" 2000-02-29 ", Some("2000-02-29")),
            ("1900-02-29", None),
            ("2009-13-01", None),
            ("2009-00-10", None),
            ("2009-04-31", None),
            ("0000-01-01", None),
            ("14.03.2009", None),
            ("03/14/2009", None),
            ("2009-03-14junk", None),
            ("2009-3-14", None),
            ("+009-03-14", None),
            ("2009", None),
            ("", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text:?}");
        }
    }
}
