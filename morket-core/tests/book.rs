//! The ledger's rules as functions of data: random movements on a book, without any store.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits, ErrorKind, HoldId, Timestamp, WorkspaceId,
    ledger::{Account, Book, Credit, Hold, HoldState, Key, Metering, Op, Receipt},
    page::{Cursor, Limit},
};
use proptest::prelude::*;
use uuid::Uuid;

fn workspace(n: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(n))
}

fn hold(n: u8) -> HoldId {
    HoldId(Uuid::from_u128(u128::from(n)))
}

fn key(n: u8) -> Key {
    format!("key-{n}").parse().unwrap()
}

fn book(credits: i64) -> Book {
    let account = Account::open(workspace(1), Metering::Prepaid);
    let mut book = Book::new(account, [], [], Timestamp::from_micros(1));
    let op = Op::Credit {
        kind: Credit::Grant,
        key: "opening".parse().unwrap(),
        amount: Credits(credits),
    };
    book.apply(&op).unwrap();
    book
}

fn op() -> impl Strategy<Value = Op> {
    let amount = (1..40_i64).prop_map(Credits);
    prop_oneof![
        (0..4_u8, amount.clone()).prop_map(|(id, amount)| Op::Hold {
            id: hold(id),
            amount,
            batch: None,
            lapses_at: None,
        }),
        (0..4_u8, 0..8_u8, amount).prop_map(|(id, name, amount)| Op::Capture {
            hold: hold(id),
            key: key(name),
            amount,
        }),
        (0..4_u8).prop_map(|id| Op::Void { hold: hold(id) }),
        (0..8_u8, 0..8_u8).prop_map(|(name, of)| Op::Refund { key: key(name), of: key(of) }),
    ]
}

fn as_hold(receipt: &Receipt) -> Hold {
    receipt.hold().unwrap().clone()
}

proptest! {
    #[test]
    fn p045_a_refund_is_its_debit_and_a_void_returns_the_rest(
        ops in prop::collection::vec(op(), 1..60),
    ) {
        // method: model
        let mut book = book(100);
        let mut captured: Vec<(Key, Credits)> = Vec::new();
        for op in &ops {
            let before = book.account().clone();
            let closed_before = match op {
                Op::Void { hold } => book.hold(*hold).is_some_and(|it| !it.is_open()),
                _ => false,
            };
            let Ok(receipt) = book.apply(op) else {
                prop_assert_eq!(book.account(), &before, "a refused movement changes nothing");
                continue;
            };
            match op {
                Op::Capture { key, amount, .. } if book.account().seq > before.seq => {
                    captured.push((key.clone(), *amount));
                }
                Op::Refund { of, .. } if book.account().seq > before.seq => {
                    let debit = captured.iter().find(|it| it.0 == *of).unwrap().1;
                    prop_assert_eq!(receipt.entry().unwrap().amount, debit);
                    prop_assert_eq!(book.account().balance, before.balance.plus(debit).unwrap());
                }
                Op::Void { .. } if !closed_before => {
                    let rest = as_hold(&receipt).rest();
                    prop_assert_eq!(book.account().held, before.held.minus(rest).unwrap());
                    prop_assert_eq!(book.account().balance, before.balance);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn p051_a_hold_closes_once_and_a_key_is_captured_once(
        ops in prop::collection::vec(op(), 1..60),
    ) {
        // method: model
        let mut book = book(100);
        let mut closed = std::collections::HashSet::new();
        let mut captures = std::collections::HashMap::new();
        for op in &ops {
            let seq = book.account().seq;
            match (op, book.apply(op)) {
                (Op::Void { hold }, Ok(receipt)) => {
                    prop_assert_eq!(as_hold(&receipt).state, HoldState::Voided);
                    closed.insert(*hold);
                }
                (Op::Capture { hold, key, amount }, Ok(receipt)) => {
                    let entry = receipt.entry().unwrap();
                    let first = *captures.entry(key.clone()).or_insert(entry.seq);
                    prop_assert_eq!(entry.seq, first, "a repeat gets the first entry");
                    prop_assert_eq!(entry.amount, amount.negated().unwrap());
                    prop_assert!(entry.seq <= seq || !closed.contains(hold));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn p203_a_cursor_that_was_changed_is_refused(
        number in any::<i64>(),
        at in 0..22_usize,
        letter in "[A-Za-z0-9_-]",
        tenant in 2..9_u128,
    ) {
        let cursor = Cursor::new("statement", workspace(1), &number.to_be_bytes());
        prop_assert_eq!(cursor.number("statement", workspace(1)).unwrap(), number);
        prop_assert!(cursor.number("statement", workspace(tenant)).is_err());
        prop_assert!(cursor.number("audit", workspace(1)).is_err());
        let mut text = cursor.as_str().to_owned();
        let at = at.min(text.len() - 1);
        text.replace_range(at..=at, &letter);
        let changed = Cursor::from_text(text.clone());
        let read = changed.number("statement", workspace(1));
        if text == cursor.as_str() {
            prop_assert_eq!(read.unwrap(), number);
        } else {
            prop_assert_eq!(read.unwrap_err().kind(), ErrorKind::Validation);
        }
    }
}

#[test]
fn p202_a_limit_is_one_to_a_hundred_and_fifty_unless_asked() {
    // method: exhaustive
    assert_eq!(Limit::default().rows(), 50);
    for rows in 0..1_000 {
        assert_eq!(Limit::new(rows).is_ok(), (1..=100).contains(&rows), "{rows}");
    }
    assert_eq!(Limit::new(u32::MAX).unwrap_err().kind(), ErrorKind::Validation);
}
