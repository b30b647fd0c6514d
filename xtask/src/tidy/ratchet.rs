//! `xtask/ratchet.txt`: what is past its limit already, and may only shrink.

use super::{Finding, tree::Tree};
use std::collections::BTreeMap;

pub(super) const PATH: &str = "xtask/ratchet.txt";

/// A listed maximum is stale when the thing has become this much smaller.
const SLACK: usize = 20;

/// The listed maxima of one kind: `file`, `fn` or `wide`.
pub(super) struct Ratchet {
    kind: &'static str,
    unit: &'static str,
    limit: usize,
    why: &'static str,
    /// Name → (line in the list, listed maximum).
    listed: BTreeMap<String, (usize, usize)>,
}

impl Ratchet {
    /// Reads the lines of `kind`; what is not listed may have `limit` lines.
    pub(super) fn read(
        tree: &Tree,
        (kind, unit): (&'static str, &'static str),
        limit: usize,
        why: &'static str,
    ) -> Self {
        let text = tree.text(PATH).unwrap_or_default();
        let listed = text.lines().enumerate().filter_map(|(index, line)| {
            let mut words = line.split_whitespace();
            (words.next()? == kind).then_some(())?;
            Some((words.next()?.to_owned(), (index + 1, words.next()?.parse().ok()?)))
        });
        Self { kind, unit, limit, why, listed: listed.collect() }
    }

    /// Compares everything measured, `(name, path, line, size)`, with the limit or the list.
    pub(super) fn judge(mut self, measured: &[(String, String, usize, usize)]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, path, line, size) in measured {
            match self.listed.remove(name) {
                None if *size > self.limit => {
                    let what = format!("{size} {}, the limit is {}", self.unit, self.limit);
                    findings.push(Finding::new(path, *line, what, self.why));
                }
                Some((_, most)) if *size > most => {
                    let what = format!("{size} {}, its ratchet is {most}", self.unit);
                    findings.push(Finding::new(path, *line, what, self.why));
                }
                Some((entry, most)) if *size <= self.limit || size + SLACK < most => {
                    let what = format!("lower the ratchet of {name} from {most}: it has {size}");
                    findings.push(Finding::new(PATH, entry, what, "what shrank may not grow back"));
                }
                _ => {}
            }
        }
        for (name, (entry, _)) in self.listed {
            let what = format!("there is no {} {name}", self.kind);
            findings.push(Finding::new(PATH, entry, what, "a line for nothing hides a rename"));
        }
        findings
    }
}
