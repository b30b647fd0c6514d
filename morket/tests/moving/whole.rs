//! What comes out of the other end is what went in.

use crate::house::{House, KEY};
use morket::Result;
use morket_testkit::block_on;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// How many random data sets are moved.
const SETS: usize = 3;

/// How many rows each table of an export has.
fn rows(export: &[u8]) -> BTreeMap<String, usize> {
    let (mut rows, mut table) = (BTreeMap::new(), String::new());
    for line in export.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice(line).unwrap() {
            Json::Array(_) => *rows.entry(table.clone()).or_default() += 1,
            Json::Object(section) => {
                table = section.get("table").and_then(Json::as_str).unwrap_or_default().to_owned();
                rows.entry(table.clone()).or_default();
            }
            other => panic!("{other}"),
        }
    }
    rows.remove("");
    rows
}

/// Move `from` to `to`, which must then hold the same, go on working, and open the vendor's key.
async fn moved(from: &House, to: &House, with: &crate::house::Credential) -> Vec<u8> {
    let export = from.export().await;
    assert_eq!(from.export().await, export, "an export changes nothing");
    let counts = rows(&export);
    let moved = to.morket.import(&export[..]).await.unwrap();
    assert_eq!(moved.rows, counts.values().sum::<usize>() as u64);
    assert_eq!(moved.verified, counts["accounts"] as u64);
    assert!(to.export().await == export, "the same bytes come out again");
    assert!(!String::from_utf8(export.clone()).unwrap().contains(KEY), "it is sealed");
    assert_eq!(to.open(with).await.unwrap(), KEY);
    export
}

/// Every table of some data set held something, or the test would show nothing of it.
fn check_filled(all: &[BTreeMap<String, usize>]) {
    for table in all[0].keys() {
        assert!(all.iter().any(|counts| counts[table] > 0), "{table} was empty in every data set");
    }
}

#[test]
fn p280_a_file_moves_into_another_file() {
    // method: property
    block_on(async {
        let mut filled = Vec::new();
        for _ in 0..SETS {
            let (from, to) = (House::sqlite().await, House::sqlite().await);
            let credential = from.fill(30).await;
            filled.push(rows(&moved(&from, &to, &credential).await));
            // The numbers go on behind those that were moved, and it can move again.
            let credential = to.fill(2).await;
            moved(&to, &House::sqlite().await, &credential).await;
        }
        check_filled(&filled);
    });
}

#[cfg(feature = "postgres")]
#[test]
fn p280_a_file_moves_to_a_server_and_back() {
    // method: property
    block_on(async {
        let mut filled = Vec::new();
        for _ in 0..SETS {
            let Some(server) = House::postgres().await else { return };
            let (from, back) = (House::sqlite().await, House::sqlite().await);
            let credential = from.fill(30).await;
            let export = moved(&from, &server, &credential).await;
            // Opening the key on the server has left a row there, so compare from here on.
            let credential = server.fill(2).await;
            filled.push(rows(&export));
            filled.push(rows(&moved(&server, &back, &credential).await));
            back.fill(1).await;
        }
        check_filled(&filled);
    });
}

#[test]
fn an_empty_store_moves_too() {
    block_on(async {
        let (from, to) = (House::sqlite().await, House::sqlite().await);
        let export = from.export().await;
        let moved = to.morket.import(&export[..]).await.unwrap();
        assert_eq!((moved.rows, moved.verified), (0, 0));
        assert!(to.export().await == export);
    });
}

#[test]
fn a_store_without_tables_says_so() {
    block_on(async {
        let morket = morket::Morket::builder().memory().build().await.unwrap();
        let export: Result<_> = morket.export(&mut Vec::new()).await;
        let import = morket.import(&b""[..]).await;
        for refused in [export, import] {
            assert_eq!(refused.unwrap_err().kind(), morket::ErrorKind::Unsupported);
        }
    });
}
