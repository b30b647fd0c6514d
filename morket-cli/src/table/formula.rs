//! Cells that a spreadsheet would run. A table is data and stays as it is; who opens it in a
//! spreadsheet may ask for cells that are shown and not run.

use std::borrow::Cow;

/// Whether a spreadsheet may take this cell for a formula: what it begins with, spaces, quotes and
/// what cannot be seen set aside.
pub fn is_formula(cell: &str) -> bool {
    let first = cell.chars().find(|letter| !is_passed_over(*letter));
    first.is_some_and(|letter| {
        matches!(letter, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0')
            || matches!(letter, '＝' | '＋' | '－' | '＠')
    })
}

fn is_passed_over(letter: char) -> bool {
    let shown = matches!(letter, '\t' | '\r' | '\n');
    (letter.is_whitespace() && !shown)
        || matches!(letter, '"' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// The cell with an apostrophe before it where it needs one, by which spreadsheets know text.
///
/// A cell that looks neutralised already gets one more, or else [`unneutralise`] could not tell it
/// from one that was.
pub fn neutralise(cell: &str) -> Cow<'_, str> {
    match is_formula(cell.trim_start_matches('\'')) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

/// The cell as it was before [`neutralise`].
pub fn unneutralise(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(original) if is_formula(cell.trim_start_matches('\'')) => original,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn p172_what_a_spreadsheet_may_run_is_neutralised() {
        // method: exhaustive
        let triggers = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
        for trigger in triggers {
            for before in ["", " ", "\"", " \" ", "\u{a0}", "\u{feff}"] {
                let cell = format!("{before}{trigger}HYPERLINK(1)");
                assert!(is_formula(&cell), "{cell:?}");
                let safe = neutralise(&cell);
                assert!(safe.starts_with('\'') && !is_formula(&safe), "{safe:?}");
            }
        }
        for harmless in ["", "Ada", "a=b", "'quoted'", "3-5", " x", "1+1"] {
            assert_eq!(neutralise(harmless), harmless);
        }
    }

    proptest! {
        #[test]
        fn p171_a_cell_that_begins_as_a_formula_is_detected(cell in "[=+@-](?s:.{0,20})") {
            // method: property
            prop_assert!(is_formula(&cell));
            prop_assert_ne!(&*neutralise(&cell), &cell);
        }

        #[test]
        fn p173_what_was_neutralised_comes_back(cell in "['\"=+@ \t\u{feff}a-]{0,6}|.{0,12}") {
            // method: property
            let safe = neutralise(&cell);
            prop_assert!(!is_formula(&safe));
            prop_assert_eq!(unneutralise(&safe), &*cell);
        }
    }
}
