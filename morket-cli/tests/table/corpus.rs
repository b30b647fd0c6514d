//! Files as they are met: each with what its cells say.

use super::support::{read, rewrite};
use serde_json::json;

/// What a file is called, its bytes, its columns, its cells.
type Case = (&'static str, Vec<u8>, &'static [&'static str], &'static [&'static [&'static str]]);

fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    let units = mark.encode_utf16().chain(text.encode_utf16());
    units.flat_map(|it| if big_endian { it.to_be_bytes() } else { it.to_le_bytes() }).collect()
}

const AB: &[&str] = &["a", "b"];
const ONE_TWO: &[&[&str]] = &[&["1", "2"]];

fn delimiters_and_ends() -> Vec<Case> {
    vec![
        ("plain", b"a,b\n1,2\n".to_vec(), AB, ONE_TWO),
        ("no end", b"a,b\n1,2".to_vec(), AB, ONE_TWO),
        ("windows ends", b"a,b\r\n1,2\r\n".to_vec(), AB, ONE_TWO),
        ("old mac ends", b"a,b\r1,2\r".to_vec(), AB, ONE_TWO),
        (
            "mixed ends",
            b"a,b\r\n1,2\n3,4\r5,6".to_vec(),
            AB,
            &[&["1", "2"], &["3", "4"], &["5", "6"]],
        ),
        ("ends in cr", b"a,b\n1,2\r".to_vec(), AB, ONE_TWO),
        ("semicolons", b"a;b\n1;2\n".to_vec(), AB, ONE_TWO),
        ("decimal commas", b"a;b\n1,5;2,5\n".to_vec(), AB, &[&["1,5", "2,5"]]),
        ("tabs", b"a\tb\n1\t2\n".to_vec(), AB, ONE_TWO),
        ("pipes", b"a|b\n1|2\n".to_vec(), AB, ONE_TWO),
        ("told delimiter", b"sep=;\r\na;b\r\n1;2\r\n".to_vec(), AB, ONE_TWO),
        ("one column", b"a\n1\n2\n".to_vec(), &["a"], &[&["1"], &["2"]]),
        ("header only", b"a,b\n".to_vec(), AB, &[]),
        ("header only, no end", b"a,b".to_vec(), AB, &[]),
        ("blank lines", b"a,b\n\n1,2\n\r\n  \n3,4\n\n".to_vec(), AB, &[&["1", "2"], &["3", "4"]]),
        ("blank first", b"\n\na,b\n1,2\n".to_vec(), AB, ONE_TWO),
    ]
}

fn quotes() -> Vec<Case> {
    vec![
        ("quoted", b"\"a\",\"b\"\n\"1\",\"2\"\n".to_vec(), AB, ONE_TWO),
        ("quoted delimiter", b"a,b\n\"1,1\",2\n".to_vec(), AB, &[&["1,1", "2"]]),
        ("quoted newline", b"a,b\n\"1\n1\",2\n".to_vec(), AB, &[&["1\n1", "2"]]),
        (
            "quoted windows newline",
            b"a,b\r\n\"1\r\n\r\n1\",2\r\n".to_vec(),
            AB,
            &[&["1\r\n\r\n1", "2"]],
        ),
        (
            "pairs of quotes",
            b"a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n".to_vec(),
            AB,
            &[&["say \"hi\"", "\""]],
        ),
        ("empty quotes", b"a,b\n\"\",2\n".to_vec(), AB, &[&["", "2"]]),
        ("one empty cell", b"a\n\"\"\n1\n".to_vec(), &["a"], &[&[""], &["1"]]),
        ("quote within", b"a,b\n5\" pipe,2\n".to_vec(), AB, &[&["5\" pipe", "2"]]),
        ("text behind quotes", b"a,b\n\"1\"x,\"2\" \n".to_vec(), AB, &[&["1x", "2 "]]),
        ("space before quotes", b"a, b\n1, \"2, 3\"\n".to_vec(), AB, &[&["1", "2, 3"]]),
        ("quotes at the end", b"a,b\n1,\"2\"".to_vec(), AB, ONE_TWO),
        ("quoted header", b"\"a\n(x)\",b\n1,2\n".to_vec(), &["a\n(x)", "b"], ONE_TWO),
    ]
}

fn shapes() -> Vec<Case> {
    vec![
        ("short row", b"a,b\n1\n1,2\n".to_vec(), AB, &[&["1"], &["1", "2"]]),
        ("long row", b"a,b\n1,2,3,4\n1,2\n".to_vec(), AB, &[&["1", "2", "3", "4"], &["1", "2"]]),
        (
            "trailing delimiter",
            b"a,b,\n1,2,\n".to_vec(),
            &["a", "b", "column 3"],
            &[&["1", "2", ""]],
        ),
        ("empty header", b",b\n1,2\n".to_vec(), &["column 1", "b"], ONE_TWO),
        ("header twice", b"a,a,a\n1,2,3\n".to_vec(), &["a", "a (2)", "a (3)"], &[&["1", "2", "3"]]),
        (
            "header counted already",
            b"a (2),a,a\n1,2,3\n".to_vec(),
            &["a (2)", "a", "a (3)"],
            &[&["1", "2", "3"]],
        ),
        ("spaces in the header", b" a , b \n1,2\n".to_vec(), AB, ONE_TWO),
        ("only delimiters", b"a,b\n,\n".to_vec(), AB, &[&["", ""]]),
        ("formulas", b"a,b\n=1+1,+49 30 123\n".to_vec(), AB, &[&["=1+1", "+49 30 123"]]),
        ("spaces", b"a,b\n 1 ,2  \n".to_vec(), AB, &[&[" 1 ", "2  "]]),
    ]
}

fn letters() -> Vec<Case> {
    vec![
        ("marked utf-8", b"\xef\xbb\xbfa,b\r\n1,2\r\n".to_vec(), AB, ONE_TWO),
        ("marked and quoted", b"\xef\xbb\xbf\"a\",b\n1,2\n".to_vec(), AB, ONE_TWO),
        ("utf-8", "a,b\nMünchen,東京\n".into(), AB, &[&["München", "東京"]]),
        ("latin-1", b"a,b\nM\xfcnchen,\x80 5\n".to_vec(), AB, &[&["München", "€ 5"]]),
        ("latin-1 header", b"Stra\xdfe;b\n1;2\n".to_vec(), &["Straße", "b"], ONE_TWO),
        ("both", b"a,b\nM\xfcnchen,M\xc3\xbcnchen\n".to_vec(), AB, &[&["München", "München"]]),
        ("utf-16 le", utf16("a\tb\r\nMünchen\t😀\r\n", false, true), AB, &[&["München", "😀"]]),
        ("utf-16 be", utf16("a,b\n\"ü\n\",2", true, true), AB, &[&["ü\n", "2"]]),
        ("nul", b"a,b\n1\0,\0\n".to_vec(), AB, &[&["1\0", "\0"]]),
        ("control", b"a,b\n\x01\x1b[0m,\x7f\n".to_vec(), AB, &[&["\u{1}\u{1b}[0m", "\u{7f}"]]),
        ("right to left", "a,b\nשלום,\u{202e}x\n".into(), AB, &[&["שלום", "\u{202e}x"]]),
        ("combined", "a,b\ne\u{301},2\n".into(), AB, &[&["e\u{301}", "2"]]),
    ]
}

fn objects() -> Vec<Case> {
    vec![
        ("objects", b"{\"a\":\"1\",\"b\":2}\n".to_vec(), AB, ONE_TWO),
        ("objects, no end", b"{\"a\": 1.50, \"b\": null}".to_vec(), AB, &[&["1.5", ""]]),
        (
            "objects of many shapes",
            b"{\"a\":1}\r\n\r\n{\"b\":[1, 2]}\r\n{}\n".to_vec(),
            AB,
            &[&["1", ""], &["", "[1,2]"], &["", ""]],
        ),
        (
            "objects with pairs",
            b"{\"a\":1,\"a\":\"\\u00fc\",\"b\":{}}\n".to_vec(),
            AB,
            &[&["ü", "{}"]],
        ),
    ]
}

fn cases() -> Vec<Case> {
    let all = [delimiters_and_ends(), quotes(), shapes(), letters(), objects()];
    all.into_iter().flatten().collect()
}

#[test]
fn p204_awkward_files_are_read_right_and_given_back() {
    // method: exhaustive
    assert!(cases().len() >= 40, "{}", cases().len());
    for (name, bytes, columns, rows) in cases() {
        let sheet = read(&bytes, 1 << 16).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(sheet.names, columns, "{name}: columns");
        assert_eq!(sheet.rows, rows, "{name}: cells");
        assert_eq!(rewrite(&bytes, &[], &[], false), bytes, "{name}: bytes");
    }
}

#[test]
fn p205_awkward_files_are_the_same_in_any_pieces() {
    // method: exhaustive
    for (name, bytes, ..) in cases() {
        let whole = read(&bytes, usize::MAX).unwrap();
        for piece in 1..=7 {
            assert_eq!(read(&bytes, piece).unwrap(), whole, "{name} in pieces of {piece}");
        }
    }
}

#[test]
fn new_columns_stand_behind_every_row_and_touch_none() {
    let values = [json!("ä; \"x\""), json!(7)];
    let tables = [delimiters_and_ends(), quotes(), shapes(), letters()];
    for (name, bytes, columns, _) in tables.into_iter().flatten() {
        let before = read(&bytes, usize::MAX).unwrap();
        let after = rewrite(&bytes, &["new 1", "new 2"], &values, false);
        let after = read(&after, usize::MAX).unwrap_or_else(|error| panic!("{name}: {error}"));
        let width = before.shape.width;
        assert_eq!(&after.names[..columns.len()], columns, "{name}");
        assert_eq!(after.names.len(), width + 2, "{name}");
        assert_eq!(after.rows.len(), before.rows.len(), "{name}");
        let rows = before.raw.iter().zip(&after.raw).filter(|(row, _)| !row.is_blank());
        for (old, new) in rows {
            for column in 0..old.len() {
                assert_eq!(new.raw_cell(column), old.raw_cell(column), "{name}: column {column}");
            }
            // A lone byte of Windows-1252 among UTF-8 makes the file one of Windows-1252.
            assert!(new.text(width).ends_with("; \"x\""), "{name}: {:?}", new.text(width));
            assert_eq!(new.text(width + 1), "7", "{name}");
        }
    }
}

#[test]
fn new_members_stand_behind_every_object_and_touch_none() {
    for (name, bytes, ..) in objects() {
        let after = rewrite(&bytes, &["new"], &[json!([1])], false);
        let (before, after) =
            (String::from_utf8(bytes).unwrap(), String::from_utf8(after).unwrap());
        for (old, new) in before.lines().zip(after.lines()) {
            let Some(open) = old.strip_suffix('}') else {
                assert_eq!(old, new, "{name}");
                continue;
            };
            let comma = if open == "{" { "" } else { "," };
            assert_eq!(new, format!("{open}{comma}\"new\":[1]}}"), "{name}");
        }
    }
}

#[test]
fn p174_phones_numbers_and_handles_stay_as_they_are() {
    let bytes = b"phone,n,handle\n+4930123456,-12.5,@ada\n";
    assert_eq!(rewrite(bytes, &[], &[], false), bytes);
    let sheet = read(bytes, usize::MAX).unwrap();
    assert_eq!(sheet.rows, [["+4930123456", "-12.5", "@ada"]]);
}

#[test]
fn a_spreadsheet_gets_what_it_will_not_run() {
    let bytes = b"a,b\n=cmd(),\"x\"\n-1,'=y\n";
    let out = rewrite(bytes, &["new"], &[json!("+49")], true);
    let expected = "a,b,new\n\"'=cmd()\",\"x\",'+49\n'-1,\"''=y\",'+49\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn p208_what_cannot_be_read_is_pointed_at() {
    let long = [b"a,b\n1,2\n1,".as_slice(), &vec![b'x'; (1 << 20) + 1]].concat();
    let many = ["a,".repeat(20_000), "b\n".to_owned()].concat().into_bytes();
    let rows: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "is empty"),
        (b"\xef\xbb\xbf".to_vec(), "is empty"),
        (b"\n\n".to_vec(), "is empty"),
        (b"a,b\n\n1,2\n1,\"2\n3,4\n".to_vec(), "line 4, column 2: a quote opens here"),
        (long, "line 3, column 2: the cell is longer than 1 MiB"),
        (many, "20001 columns"),
        (b"\xff\xfea\0,\0b".to_vec(), "cut off"),
        (b"{\"a\":1}\n\n{\"a\":\n".to_vec(), "line 3: column 5"),
        (b"{\"a\":1}\n{\"a\":\"\xfc\"}\n".to_vec(), "line 2: is not UTF-8"),
    ];
    for (bytes, expected) in rows {
        for piece in [3, usize::MAX] {
            let error = read(&bytes, piece).unwrap_err();
            assert!(error.message().contains(expected), "{error}: {expected}");
        }
    }
}

#[test]
fn ragged_rows_are_counted_and_told() {
    let sheet = read(b"a,b\n1\n1,2\n1,2,3\n", usize::MAX).unwrap();
    let shape = sheet.shape;
    assert_eq!((shape.rows, shape.short, shape.long, shape.width), (3, 1, 1, 3));
    assert_eq!(shape.ragged, [2, 4]);
}
