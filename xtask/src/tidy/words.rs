//! Words that may not stand in the sources, each with its reason and its exceptions.

use super::{Finding, tree::Tree};

/// Which part of a line counts.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// What stands before `//`.
    Code,
    /// Everything, comments too.
    Line,
}

/// One banned word.
struct Ban {
    word: &'static str,
    part: Part,
    applies: fn(&str) -> bool,
    why: &'static str,
    /// Files where it may stand all the same, each with the reason.
    except: &'static [(&'static str, &'static str)],
}

const fn ban(word: &'static str, applies: fn(&str) -> bool, why: &'static str) -> Ban {
    Ban { word, part: Part::Code, applies, why, except: &[] }
}

const UNFINISHED: &str = "main holds finished work; open work is an issue";
const LEDGER_WORDS: &str = "the ledger's verbs are grant, hold, capture, void";
const DICE: &str = "what is shipped draws only through the `Rng` port, from the operating system";
const CLOCK: &str = "core reads time only through the `Clock` port";
const SQL: &str = "SQL lives in morket-store-* alone";

const BANS: &[Ban] = &[
    ban("todo!(", everywhere, UNFINISHED),
    ban("unimplemented!(", everywhere, UNFINISHED),
    Ban { part: Part::Line, ..ban("TODO", everywhere, UNFINISHED) },
    Ban { part: Part::Line, ..ban("FIXME", everywhere, UNFINISHED) },
    ban("dbg!(", everywhere, "it prints what may be secret"),
    ban("#[ignore", everywhere, "an ignored test counts as passed; use `morket_testkit::service`"),
    ban("anyhow", library_source, "a library's errors are typed: `morket_core::Error`"),
    Ban { part: Part::Line, ..ban("reservation", library, LEDGER_WORDS) },
    Ban { part: Part::Line, ..ban("Reservation", library, LEDGER_WORDS) },
    ban("thread_rng", shipped_source, DICE),
    ban("rand::", shipped_source, DICE),
    ban("rand_core", shipped_source, DICE),
    ban("fastrand", shipped_source, DICE),
    ban("RandomState", shipped_source, DICE),
    ban("SeededRng", shipped_source, DICE),
    ban("SystemRandom", shipped_source, DICE),
    ban("new_v4", shipped_source, DICE),
    ban("now_v7", shipped_source, DICE),
    Ban {
        except: &[("morket/src/edge.rs", "it is where the port meets the operating system")],
        ..ban("getrandom", shipped_source, DICE)
    },
    ban("tokio::spawn", core_source, "core starts no task of its own; the host decides where"),
    ban("SystemTime::now", core_source, CLOCK),
    ban("Instant::now", core_source, CLOCK),
    ban("query!(", everywhere, "it needs a database to compile"),
    ban("query_as!(", everywhere, "it needs a database to compile"),
    ban("\"SELECT ", outside_stores, SQL),
    ban("\"INSERT INTO", outside_stores, SQL),
    ban("\"UPDATE ", outside_stores, SQL),
    ban("\"DELETE FROM", outside_stores, SQL),
    ban("sleep(", tests, "a test waits for a condition or moves the clock"),
];

/// This file has to spell the words.
const THIS_FILE: &str = "xtask/src/tidy/words.rs";

fn everywhere(_: &str) -> bool {
    true
}

fn library(path: &str) -> bool {
    path.starts_with("morket")
}

fn library_source(path: &str) -> bool {
    library(path) && path.contains("/src/")
}

/// What users link: the testkit throws dice for tests.
fn shipped_source(path: &str) -> bool {
    library_source(path) && !path.starts_with("morket-testkit/")
}

fn core_source(path: &str) -> bool {
    path.starts_with("morket-core/src/")
}

fn outside_stores(path: &str) -> bool {
    let may = ["morket-store-", "benches/", "xtask/"];
    !may.iter().any(|folder| path.starts_with(folder)) && !path.contains("/tests/")
}

fn tests(path: &str) -> bool {
    path.contains("/tests/") || path.starts_with("morket-testkit/")
}

/// Finds each ban's word as a whole word.
pub(super) fn banned(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts(".rs").filter(|(path, _)| *path != THIS_FILE) {
        let bans: Vec<_> = BANS.iter().filter(|ban| applies(ban, path)).collect();
        for (index, line) in text.lines().enumerate() {
            let code = without_comment(line);
            let here = bans
                .iter()
                .filter(|ban| has_word(if ban.part == Part::Code { code } else { line }, ban.word));
            findings.extend(
                here.map(|ban| Finding::new(path, index + 1, format!("`{}`", ban.word), ban.why)),
            );
        }
    }
    findings
}

fn applies(ban: &Ban, path: &str) -> bool {
    (ban.applies)(path) && !ban.except.iter().any(|(file, _)| *file == path)
}

/// What stands before `//`; an address's `://` begins no comment.
fn without_comment(line: &str) -> &str {
    let comment =
        line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':')).map(|(at, _)| at);
    &line[..comment.unwrap_or(line.len())]
}

/// Whether `word` stands in `text` and is no part of a longer word.
fn has_word(text: &str, word: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let begins = word.starts_with(in_word);
    let ends = word.ends_with(in_word);
    text.match_indices(word).any(|(at, _)| {
        let joined_before = begins && text[..at].ends_with(in_word);
        let joined_after = ends && text[at + word.len()..].starts_with(in_word);
        !joined_before && !joined_after
    })
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    #[test]
    fn each_banned_word_is_found_where_it_is_banned() {
        let rows: &[(&str, &str, &[&str])] = &[
            ("a/src/lib.rs", "todo!()", &["1: `todo!(`"]),
            ("a/src/lib.rs", "// TODO later", &["1: `TODO`"]),
            ("a/src/lib.rs", "// todo!() is banned", &[]),
            ("a/src/lib.rs", "#[ignore = \"slow\"]", &["1: `#[ignore`"]),
            ("morket/src/lib.rs", "use anyhow::Result;", &["1: `anyhow`"]),
            ("xtask/src/lib.rs", "use anyhow::Result;", &[]),
            ("morket/src/lib.rs", "\n/// A reservation.", &["2: `reservation`"]),
            ("morket/src/lib.rs", "rows.reserve(3); let preservation = 1;", &[]),
            ("morket-core/src/a.rs", "rand::random()", &["1: `rand::`"]),
            ("morket-core/src/a.rs", "operand::random()", &[]),
            ("morket-store-sql/src/a.rs", "Uuid::new_v4()", &["1: `new_v4`"]),
            ("morket/src/a.rs", "use rand::rngs::OsRng;", &["1: `rand::`"]),
            ("morket/src/a.rs", "getrandom::fill(b)", &["1: `getrandom`"]),
            ("morket/src/edge.rs", "getrandom::fill(b)", &[]),
            ("morket-testkit/src/a.rs", "SeededRng::new(1)", &[]),
            ("morket-core/tests/a.rs", "SeededRng::new(1)", &[]),
            ("morket-core/src/a.rs", "tokio::spawn(x)", &["1: `tokio::spawn`"]),
            ("morket-core/tests/a.rs", "tokio::spawn(x)", &[]),
            ("morket-core/src/a.rs", "std::time::Instant::now()", &["1: `Instant::now`"]),
            ("morket/src/a.rs", "let s = \"SELECT 1\";", &["1: `\"SELECT `"]),
            ("morket-store-sql/src/a.rs", "let s = \"SELECT 1\";", &[]),
            ("morket-store-sql/src/a.rs", "sqlx::query!(\"SELECT 1\")", &["1: `query!(`"]),
            ("morket/tests/a.rs", "tokio::time::sleep(d).await", &["1: `sleep(`"]),
            ("morket/src/a.rs", "tokio::time::sleep(d).await", &[]),
        ];
        for (path, text, expected) in rows {
            let expected: Vec<_> = expected.iter().map(|found| format!("{path}:{found}")).collect();
            let expected: Vec<_> = expected.iter().map(String::as_str).collect();
            check(banned, &[(path, text)], &expected);
        }
    }

    #[test]
    fn an_address_is_no_comment() {
        assert_eq!(without_comment("get(\"http://x\"); // now"), "get(\"http://x\"); ");
    }
}
