//! Records that a provider's code cannot ask about, among others that it can. A request that cannot
//! be built is no byte on the wire: the others are asked about without them.

use crate::{
    plan::Op,
    provider::{Ask, Inputs, Outcome, Parsed, Verdicts},
};
use std::panic::AssertUnwindSafe;

/// Which of the records could be asked about alone; `None` when that would not help.
pub(super) fn askable(op: &Op, ask: &Ask<'_>) -> Option<Vec<bool>> {
    let fits = |one: &Inputs| {
        let alone = Ask { records: std::slice::from_ref(one), ..*ask };
        let build = AssertUnwindSafe(|| op.adapter.request(&alone).is_ok());
        std::panic::catch_unwind(build).unwrap_or(false)
    };
    let fits: Vec<bool> = ask.records.iter().map(fits).collect();
    let some = fits.iter().any(|it| *it) && fits.iter().any(|it| !*it);
    some.then_some(fits)
}

/// What was said of the askable ones, for all: the others are input that nobody can use.
pub(super) fn spread(parsed: Parsed, fits: &[bool]) -> Parsed {
    let asked = fits.iter().filter(|it| **it).count();
    let each = match parsed.verdicts {
        Verdicts::Each(each) if each.len() == asked => each,
        Verdicts::All(outcome @ (Outcome::Miss | Outcome::InvalidInput | Outcome::LegalBlock)) => {
            vec![outcome; asked]
        }
        Verdicts::All(outcome @ Outcome::Answer(_)) if asked == 1 => vec![outcome],
        // Of a call that has to be repeated there is nothing to tell apart.
        Verdicts::All(outcome) if !matches!(outcome, Outcome::Answer(_)) => {
            return Parsed { verdicts: Verdicts::All(outcome), ..parsed };
        }
        _ => return Parsed { verdicts: Verdicts::All(Outcome::Unknown), ..parsed },
    };
    let mut each = each.into_iter();
    let of = |fits: &bool| match fits {
        true => each.next().unwrap_or(Outcome::Unknown),
        false => Outcome::InvalidInput,
    };
    Parsed { verdicts: Verdicts::Each(fits.iter().map(of).collect()), ..parsed }
}
