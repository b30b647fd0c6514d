//! What comes out of the other end is what went in.

use crate::house::{Credential, House, KEY};
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
async fn moved(from: &House, to: &House, with: &Credential) {
    let export = from.export().await;
    assert_eq!(from.export().await, export, "an export changes nothing");
    let counts = rows(&export);
    let moved = to.morket.import(&export[..]).await.unwrap();
    assert_eq!(moved.rows, counts.values().sum::<usize>() as u64);
    assert_eq!(moved.verified, counts["accounts"] as u64);
    assert!(to.export().await == export, "the same bytes come out again");
    assert!(!String::from_utf8(export.clone()).unwrap().contains(KEY), "it is sealed");
    assert_eq!(to.open(with).await.unwrap(), KEY);
}

/// Fill a store until there is something in every table, or the move would show little of it.
async fn filled(house: &House) -> Credential {
    for _ in 0..30 {
        let credential = house.fill(10).await;
        if rows(&house.export().await).values().all(|count| *count > 0) {
            return credential;
        }
    }
    panic!("some table is never filled: {:?}", rows(&house.export().await));
}

#[test]
fn p280_a_file_moves_into_another_file() {
    // method: property
    block_on(async {
        for _ in 0..SETS {
            let (from, to) = (House::sqlite().await, House::sqlite().await);
            let credential = filled(&from).await;
            moved(&from, &to, &credential).await;
            // The numbers go on behind those that were moved, and it can move again.
            let credential = to.fill(2).await;
            moved(&to, &House::sqlite().await, &credential).await;
        }
    });
}

#[cfg(feature = "postgres")]
#[test]
fn p280_a_file_moves_to_a_server_and_back() {
    // method: property
    block_on(async {
        for _ in 0..SETS {
            let Some(server) = House::postgres().await else { return };
            let (from, back) = (House::sqlite().await, House::sqlite().await);
            let credential = filled(&from).await;
            moved(&from, &server, &credential).await;
            // Opening the key on the server has left a row there, so compare from here on.
            let credential = server.fill(2).await;
            moved(&server, &back, &credential).await;
            back.fill(1).await;
        }
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
