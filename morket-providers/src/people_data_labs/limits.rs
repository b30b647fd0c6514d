//! What the headers tell of limits. They are Python dictionaries: quotes are single.

use morket_core::{http::HttpResponse, provider::LimitHint};
use std::{collections::BTreeMap, time::Duration};

const WINDOWS: [(&str, u64); 5] =
    [("second", 1), ("minute", 60), ("hour", 3600), ("day", 24 * 3600), ("month", 30 * 24 * 3600)];

/// One hint per window that either header names. When a window begins anew is told as a date,
/// which is of no use without a clock.
pub(super) fn read(answer: &HttpResponse) -> Vec<LimitHint> {
    let counts = |name| answer.header(name).and_then(dictionary).unwrap_or_default();
    let (most, left) = (counts("x-ratelimit-limit"), counts("x-ratelimit-remaining"));
    let hints = WINDOWS.iter().map(|(name, seconds)| LimitHint {
        per: Duration::from_secs(*seconds),
        max: most.get(*name).copied(),
        left: left.get(*name).copied(),
        resets_in: None,
    });
    hints.filter(|hint| hint.max.is_some() || hint.left.is_some()).collect()
}

/// A value that is no count, such as `None`, says nothing about its window.
fn dictionary(header: &str) -> Option<BTreeMap<String, u32>> {
    let inner = header.trim().strip_prefix('{')?.strip_suffix('}')?;
    let pairs = inner.split(',').filter_map(|pair| pair.split_once(':'));
    let counts = pairs.filter_map(|(name, count)| {
        let name = name.trim().trim_matches(['\'', '"']);
        Some((name.to_owned(), count.trim().parse().ok()?))
    });
    Some(counts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Told = (u64, Option<u32>, Option<u32>);

    #[test]
    fn a_python_dictionary_is_read_as_far_as_it_goes() {
        let rows: &[(&str, &str, &[Told])] = &[
            ("{'minute': 1200}", "{'minute': 7}", &[(60, Some(1200), Some(7))]),
            ("{\"minute\": 5, 'day': None}", "", &[(60, Some(5), None)]),
            (
                "{'minute': 5, 'hour': 9}",
                "{'hour': 0}",
                &[(60, Some(5), None), (3600, Some(9), Some(0))],
            ),
            ("{'century': 5}", "7", &[]),
            ("{", "}", &[]),
            ("{}", "{'minute': -1}", &[]),
        ];
        for (most, left, expected) in rows {
            let mut answer = HttpResponse::new(200, "");
            for (name, value) in [("x-ratelimit-limit", most), ("x-ratelimit-remaining", left)] {
                answer.headers.push((name.to_owned(), (*value).to_owned()));
            }
            let hints = read(&answer);
            let told: Vec<_> = hints.iter().map(|it| (it.per.as_secs(), it.max, it.left)).collect();
            assert_eq!(&told, expected, "{most} {left}");
        }
    }
}
