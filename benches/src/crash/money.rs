//! The auditor's look at the books: sums, keys, holds, and the chain from its first byte.

use super::{
    audit::{Findings, Tables},
    db::Found,
    sha::sha256,
};
use std::collections::{HashMap, HashSet};

/// Check every account.
pub(super) fn check(tables: &Tables, found: &mut Findings) {
    keys(tables, found);
    for account in &tables.accounts {
        let id = account.text("workspace_id");
        let entries = tables.entries.iter().filter(|it| it.text("workspace_id") == id);
        chain(account, entries.clone(), found);
        let (balance, held) = (account.int("balance"), account.int("held"));
        let last = entries.clone().next_back().map_or(0, |it| it.int("balance_after"));
        let sum: i64 = entries.map(|it| it.int("amount")).sum();
        if sum != balance || last != balance {
            let words = format!("balance {balance}, entries sum to {sum}, the last says {last}");
            found.negative.push(words);
        }
        if balance < held || held < 0 {
            found.negative.push(format!("balance {balance}, held {held}"));
        }
        let open = tables.holds.iter();
        let open = open.filter(|it| it.text("workspace_id") == id && it.int("state") == 1);
        let rests: i64 = open.map(|it| it.int("amount") - it.int("captured")).sum();
        if rests != held {
            found.negative.push(format!("held {held}, open holds come to {rests}"));
        }
    }
}

/// No key of a kind twice, no capture given back twice, no hold charged other than it says.
fn keys(tables: &Tables, found: &mut Findings) {
    let (mut keys, mut taken_back) = (HashSet::new(), HashSet::new());
    let mut captured: HashMap<&str, i64> = HashMap::new();
    for entry in &tables.entries {
        let (kind, key, of) = (entry.int("kind"), entry.text("key"), entry.text("of_key"));
        if !keys.insert((entry.text("workspace_id"), kind, key)) {
            found.double.push(format!("key {key} of kind {kind} stands twice"));
        }
        if kind == 5 && !taken_back.insert((entry.text("workspace_id"), of)) {
            found.double.push(format!("{of} was given back twice"));
        }
        if kind == 4 {
            *captured.entry(entry.text("hold_id")).or_default() -= entry.int("amount");
        }
    }
    for hold in &tables.holds {
        let (id, said) = (hold.text("id"), hold.int("captured"));
        let charged = captured.remove(id).unwrap_or(0);
        if charged != said || said > hold.int("amount") {
            found.double.push(format!("hold {id}: says {said} captured, entries say {charged}"));
        }
    }
    found.lost.extend(captured.keys().map(|id| format!("hold {id}: charged and not there")));
}

/// Derive every hash again, from genesis to the account's head.
fn chain<'a>(account: &Found, entries: impl Iterator<Item = &'a Found>, found: &mut Findings) {
    let (mut prev, mut seq, mut balance) = ("0".repeat(64), 0, 0);
    for entry in entries {
        (seq, balance) = (seq + 1, balance + entry.int("amount"));
        let follows = entry.int("seq") == seq
            && entry.text("prev") == prev
            && entry.int("balance_after") == balance;
        if !follows || digest(entry) != entry.text("hash") {
            found.chain.push(format!("the chain breaks at entry {seq}"));
            return;
        }
        entry.text("hash").clone_into(&mut prev);
    }
    if account.int("seq") != seq || account.text("head") != prev {
        found.chain.push(format!("the account does not end at entry {seq}"));
    }
}

/// The documented layout: version, fields with their length in front, integers big-endian.
fn digest(entry: &Found) -> String {
    let mut bytes = vec![1_u8];
    field(&mut bytes, &unhex(entry.text("workspace_id")));
    bytes.extend(entry.int("seq").to_be_bytes());
    bytes.extend([entry.int("kind"), entry.int("contra")].map(|it| it.to_le_bytes()[0]));
    field(&mut bytes, entry.text("key").as_bytes());
    bytes.extend(entry.int("amount").to_be_bytes());
    bytes.extend(entry.int("balance_after").to_be_bytes());
    field(&mut bytes, &unhex(entry.text("hold_id")));
    field(&mut bytes, entry.text("of_key").as_bytes());
    bytes.extend(entry.int("at").to_be_bytes());
    field(&mut bytes, &unhex(entry.text("prev")));
    sha256(&bytes)
}

fn field(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes.extend((value.len() as u64).to_be_bytes());
    bytes.extend(value);
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| text.get(at..at + 2).and_then(|it| u8::from_str_radix(it, 16).ok());
    (0..text.len()).step_by(2).filter_map(digit).collect()
}
