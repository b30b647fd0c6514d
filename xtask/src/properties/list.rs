//! `docs/properties-list.md`: number, marks and name of each property, under its section.

use anyhow::{Context, Result, bail};

pub(super) const PATH: &str = "docs/properties-list.md";

/// One line of the list.
#[derive(Debug, PartialEq)]
pub(super) struct Property {
    pub(super) number: u16,
    pub(super) name: String,
    /// As written: `★ [S6]`, `[S]` or nothing.
    pub(super) marks: String,
    pub(super) section: String,
}

impl Property {
    /// No release without it.
    pub(super) fn is_gate(&self) -> bool {
        self.marks.contains('★')
    }
}

/// Reads the list; numbers are consecutive and stand once.
pub(super) fn parse(text: &str) -> Result<Vec<Property>> {
    let mut properties = Vec::new();
    let mut section = String::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.to_owned();
        } else if let Some(rest) = line.strip_prefix("- **P") {
            let property = property(rest, &section)
                .with_context(|| format!("{PATH}: cannot read `{line}`"))?;
            if usize::from(property.number) != properties.len() + 1 {
                bail!("{PATH}: P{:03} is out of order", property.number);
            }
            properties.push(property);
        }
    }
    Ok(properties)
}

/// `045 ★ [S6] Refund equals debit.** For all …`
fn property(rest: &str, section: &str) -> Option<Property> {
    let (head, _) = rest.split_once(".**")?;
    let (number, words) = head.split_once(' ')?;
    let is_mark = |word: &str| word == "★" || word.starts_with("[S");
    let words: Vec<_> = words.split(' ').collect();
    let first = words.iter().position(|word| !is_mark(word))?;
    Some(Property {
        number: number.parse().ok()?,
        name: words[first..].join(" "),
        marks: words[..first].join(" "),
        section: section.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_number_marks_and_name() {
        let text =
            "## 1. Money\n- **P001 ★ [S6] Refund equals debit.** For all.\n- **P002 Two.** x";
        let parsed = parse(text).expect("it is well formed");
        let read: Vec<_> = parsed
            .iter()
            .map(|found| (found.number, found.marks.as_str(), found.name.as_str()))
            .collect();
        assert_eq!(read, [(1, "★ [S6]", "Refund equals debit"), (2, "", "Two")]);
        assert!(parsed[0].is_gate() && !parsed[1].is_gate());
        assert_eq!(parsed[1].section, "1. Money");
    }

    #[test]
    fn a_gap_and_a_broken_line_are_refused() {
        for text in ["- **P002 Two.** x", "- **Pxyz Two.** x", "- **P001 no end"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
