//! What a run would take from what is kept: told before anything is paid.

use crate::{
    exit::Failure,
    folder::RunFolder,
    rows::{Recorder, Records},
    run::Engine,
};
use morket::{
    engine::{Forecast, Guard, Preview, Reuse},
    job::BATCH,
    plan::Plan,
};
use serde_json::Value;

/// Every row looked up, as many at a time as a batch holds.
pub(super) async fn reuse(
    engine: &Engine,
    guard: &Guard,
    folder: &RunFolder,
    plan: &Plan,
    recorder: &Recorder,
) -> Result<(Reuse, Forecast), Failure> {
    let program = engine.compile(plan)?;
    let (store, now) = (engine.morket.store().as_ref(), engine.morket.clock().now());
    let mut preview = Preview::open(store, engine.workspace, &program).await?;
    let mut records = Records::open(&folder.input(), recorder)?;
    loop {
        let rows: Vec<Value> = records.by_ref().take(BATCH as usize).collect();
        if rows.is_empty() {
            return Ok((preview.told(), preview.forecast()?));
        }
        preview.add(now, guard, &rows).await?;
    }
}

/// `9,700 reused, 300 new, 41 stale`.
pub(super) fn told(reuse: &Reuse) -> String {
    let least = if reuse.open_ended { "at least " } else { "" };
    let (reused, new, stale) = (grouped(reuse.reused), grouped(reuse.new), grouped(reuse.stale));
    let unasked = match reuse.unasked {
        0 => String::new(),
        some => format!(", {} of which too little is known", grouped(some)),
    };
    format!("{reused} reused, {least}{new} new, {stale} stale{unasked}")
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        let of = |reused, new, stale| Reuse { reused, new, stale, ..Reuse::default() };
        for (reuse, expected) in [
            (of(9_700, 300, 41), "9,700 reused, 300 new, 41 stale"),
            (of(0, 1_234_567, 12_345), "0 reused, 1,234,567 new, 12,345 stale"),
            (Reuse { open_ended: true, ..of(2, 0, 0) }, "2 reused, at least 0 new, 0 stale"),
            (
                Reuse { unasked: 1_000, ..of(0, 0, 0) },
                "0 reused, 0 new, 0 stale, 1,000 of which too little is known",
            ),
        ] {
            assert_eq!(told(&reuse), expected);
        }
    }
}
