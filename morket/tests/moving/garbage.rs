//! What is no export, or no longer one, is refused by its line and leaves nothing behind.

use crate::house::House;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use morket::{Error, ErrorKind};
use morket_testkit::block_on;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};

/// An export as lines that a test may change.
#[derive(Clone)]
struct Lines(Vec<Json>);

impl Lines {
    fn of(export: &[u8]) -> Self {
        let lines = export.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Self(lines.map(|line| serde_json::from_slice(line).unwrap()).collect())
    }

    fn bytes(&self) -> Vec<u8> {
        let lines = self.0.iter().map(|line| format!("{line}\n"));
        lines.collect::<String>().into_bytes()
    }

    /// The same with an end line that fits what now stands before it.
    fn sealed(mut self) -> Self {
        self.0.pop();
        let rows = self.0.iter().filter(|line| line.is_array()).count();
        let sum = BASE64.encode(Sha256::digest(self.bytes()));
        self.0.push(json!({"end": {"rows": rows, "sha256": sum}}));
        self
    }

    fn table(&self, name: &str) -> usize {
        self.0.iter().position(|line| line["table"] == name).unwrap()
    }

    /// Change a cell of a table's first row.
    fn set(mut self, table: &str, column: usize, value: Json) -> Self {
        let row = self.table(table) + 1;
        self.0[row][column] = value;
        self
    }
}

/// A store with something in every table.
async fn export() -> Vec<u8> {
    let from = House::sqlite().await;
    from.fill(4).await;
    from.export().await
}

async fn refused(to: &House, bytes: &[u8]) -> Error {
    let before = to.export().await;
    let error = to.morket.import(bytes).await.expect_err("it should have been refused");
    assert!(to.export().await == before, "a refused import leaves nothing: {error}");
    error
}

#[test]
fn p280_a_wrong_line_is_named_and_nothing_is_kept() {
    // method: exhaustive
    block_on(async {
        let (right, to) = (Lines::of(&export().await), House::sqlite().await);
        let (users, names) = (right.table("users"), right.table("names"));
        let ledger = right.table("ledger_entries");
        let last = right.0.len();
        let change = |change: &dyn Fn(&mut Vec<Json>)| {
            let mut changed = right.clone();
            change(&mut changed.0);
            changed
        };
        let set = |table, column, value| right.clone().set(table, column, value);
        for (wrong, line, said) in [
            (change(&|it| it.clear()), 1, "ends before"),
            (change(&|it| drop(it.remove(0))), 1, "no export"),
            (change(&|it| it[0]["morket"] = json!("other")), 1, "no export"),
            (change(&|it| it[0]["format"] = json!(2)), 1, "format 2"),
            (change(&|it| it[0]["owner"] = json!("me")), 1, "more than it may"),
            (change(&|it| drop(it.remove(users))), users + 1, "line of the table"),
            (change(&|it| it[names]["table"] = json!("more")), names + 1, "line of the table"),
            (change(&|it| it[users]["columns"][1][1] = json!("int")), users + 1, "line of"),
            (change(&|it| it.insert(users, json!([]))), users + 1, "columns"),
            (change(&|it| it[users + 1] = json!("text")), users + 2, "line of the table"),
            (set("users", 0, json!("no id")), users + 2, "id must be a UUID"),
            (set("users", 1, json!(7)), users + 2, "email_key must be text"),
            (set("users", 5, json!(1.5)), users + 2, "password_version must be a whole number"),
            (set("users", 6, json!("%%")), users + 2, "made must be base64"),
            (change(&|it| it.truncate(last - 1)), last, "ends before"),
            (change(&|it| drop(it.remove(ledger + 1))), last - 1, "end line"),
            (change(&|it| it.swap(ledger + 1, ledger + 2)), last, "end line"),
            (change(&|it| it.push(json!([]))), last + 1, "may follow"),
        ] {
            let error = refused(&to, &wrong.bytes()).await;
            assert_eq!(error.kind(), ErrorKind::Validation, "{said}: {error}");
            let begins = format!("line {line}: ");
            assert!(error.message().starts_with(&begins), "{begins} {said}: {error}");
            assert!(error.message().contains(said), "{said}: {error}");
        }
        to.morket.import(&right.bytes()[..]).await.expect("the right one is taken after all");
    });
}

#[test]
fn p280_what_fits_the_lines_but_not_the_store_is_refused() {
    // method: exhaustive
    block_on(async {
        let (right, to) = (Lines::of(&export().await), House::sqlite().await);
        let (users, ledger) = (right.table("users"), right.table("ledger_entries"));
        let mut older = right.clone();
        older.0[0]["schema"] = json!(3);
        assert_eq!(refused(&to, &older.bytes()).await.kind(), ErrorKind::SchemaMismatch);

        let mut twice = right.clone();
        twice.0.insert(users + 1, right.0[users + 1].clone());
        let error = refused(&to, &twice.sealed().bytes()).await;
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert!(error.message().starts_with(&format!("lines {} to ", users + 2)), "{error}");
        let missing = right.clone().set("users", 2, Json::Null).sealed();
        assert_eq!(refused(&to, &missing.bytes()).await.kind(), ErrorKind::Validation);

        let amount = right.0[ledger + 1][4].as_i64().unwrap();
        let richer = right.clone().set("ledger_entries", 4, json!(amount + 1)).sealed();
        let mut shorter = right.clone();
        shorter.0.remove(ledger + 1);
        for tampered in [richer, shorter.sealed()] {
            assert_eq!(refused(&to, &tampered.bytes()).await.kind(), ErrorKind::Tampered);
        }

        to.morket.import(&right.bytes()[..]).await.unwrap();
        let again = refused(&to, &right.bytes()).await;
        assert_eq!(again.kind(), ErrorKind::Conflict);
        assert!(again.message().contains("not empty"), "{again}");
    });
}

#[test]
fn p280_any_changed_byte_and_any_cut_is_noticed() {
    // method: property
    block_on(async {
        let (right, to) = (export().await, House::sqlite().await);
        let cases = (any::<prop::sample::Index>(), any::<u8>(), any::<bool>());
        let mut runner = TestRunner::new(ProptestConfig::with_cases(96));
        for _ in 0..96 {
            let (at, byte, cut) = cases.new_tree(&mut runner).unwrap().current();
            let (mut wrong, at) = (right.clone(), at.index(right.len() - 1));
            if cut {
                wrong.truncate(at);
            } else if wrong[at] == byte {
                continue;
            } else {
                wrong[at] = byte;
            }
            let error = refused(&to, &wrong).await;
            let kinds = [ErrorKind::Validation, ErrorKind::SchemaMismatch];
            assert!(kinds.contains(&error.kind()), "byte {at}: {error}");
        }
    });
}

/// Gives its bytes, then fails, as a disk does.
struct Failing(io::Cursor<Vec<u8>>);

impl AsyncRead for Failing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.0.position() == self.0.get_ref().len() as u64 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Failing {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::StorageFull.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn p280_a_disk_that_fails_is_said_and_nothing_is_kept() {
    // method: exhaustive
    block_on(async {
        let (right, to) = (export().await, House::sqlite().await);
        let full = to.morket.export(Failing(io::Cursor::default())).await.unwrap_err();
        assert_eq!(full.kind(), ErrorKind::StoreUnavailable, "{full}");
        for kept in [0, right.len() / 2, right.len()] {
            let input = BufReader::new(Failing(io::Cursor::new(right[..kept].to_vec())));
            let broken = to.morket.import(input).await.unwrap_err();
            assert_eq!(broken.kind(), ErrorKind::StoreUnavailable, "{broken}");
        }
        to.morket.import(&right[..]).await.unwrap();
    });
}
