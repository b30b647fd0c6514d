//! Tables that nobody would think of.

use super::support::{Pieces, read, rewrite};
use morket_cli::table::{Dialect, Encoding, Format, Reader, Row, Writer, compose};
use proptest::prelude::*;

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9]{0,8}",
        2 => "[\",;\t|\r\n =+'{}\\[\\]a-]{0,6}",
        1 => "\\PC{0,6}",
        1 => prop::sample::select(vec!["", " ", "sep=;", "\u{feff}", "\"", "\0", "\r\n", "{", "😀"])
            .prop_map(str::to_owned),
    ]
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1_usize..6)
        .prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cell(), width), 1..12))
}

fn dialect() -> impl Strategy<Value = Dialect> {
    let delimiters = prop::sample::select(vec![',', ';', '\t', '|']);
    let ends = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let encodings = prop::sample::select(vec![
        (Encoding::Utf8, false),
        (Encoding::Utf8, true),
        (Encoding::Utf16Le, true),
        (Encoding::Utf16Be, true),
    ]);
    (delimiters, ends, encodings).prop_map(|(delimiter, end, (encoding, mark))| Dialect {
        format: Format::Csv { delimiter },
        encoding,
        mark,
        line_end: end.to_owned(),
        preamble: String::new(),
    })
}

/// A file of these cells, the header `h1, h2, …` first.
fn file(dialect: &Dialect, table: &[Vec<String>]) -> Vec<u8> {
    let width = table[0].len();
    let header: Vec<String> = (1..=width).map(|at| format!("h{at}")).collect();
    let mut inside = Vec::new();
    for row in std::iter::once(&header).chain(table) {
        inside.extend(compose(dialect, row));
        inside.extend(dialect.line_end.as_bytes());
    }
    let text = String::from_utf8(inside).unwrap();
    match dialect.encoding {
        Encoding::Utf16Le | Encoding::Utf16Be => {
            let big_endian = dialect.encoding == Encoding::Utf16Be;
            let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
            let bytes =
                units.map(|it| if big_endian { it.to_be_bytes() } else { it.to_le_bytes() });
            bytes.flatten().collect()
        }
        _ if dialect.mark => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        _ => text.into_bytes(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p204_a_table_that_was_written_is_read_again(
        table in table(), dialect in dialect(), piece in 1_usize..40,
    ) {
        // method: property
        let bytes = file(&dialect, &table);
        let sheet = read(&bytes, piece).unwrap();
        prop_assert_eq!(&sheet.rows, &table);
        prop_assert_eq!(rewrite(&bytes, &[], &[], false), bytes);
    }

    #[test]
    fn p205_any_bytes_in_any_pieces_are_the_same_rows(
        bytes in "[a\",;\r\n\t|{ü]{0,60}".prop_map(String::into_bytes)
            .boxed().prop_union(prop::collection::vec(any::<u8>(), 0..60).boxed()),
        piece in 1_usize..10,
    ) {
        // method: property
        let told = |error: morket::Error| error.message().to_owned();
        let whole = read(&bytes, usize::MAX).map_err(told);
        prop_assert_eq!(&read(&bytes, piece).map_err(told), &whole);
        if whole.is_ok() {
            prop_assert_eq!(rewrite(&bytes, &[], &[], false), bytes);
        }
    }

    #[test]
    fn p174_phones_negative_numbers_and_handles_come_in_and_go_out_unchanged(
        cells in prop::collection::vec(
            prop_oneof![
                "\\+[1-9][0-9]{6,14}",
                "-[0-9]{1,9}([.,][0-9]{1,4})?",
                "@[A-Za-z0-9_.]{1,20}",
            ],
            1..20,
        ),
        dialect in dialect(),
    ) {
        // method: property
        let table: Vec<Vec<String>> = cells.into_iter().map(|it| vec![it]).collect();
        let bytes = file(&dialect, &table);
        prop_assert_eq!(read(&bytes, 16).unwrap().rows, table);
        prop_assert_eq!(rewrite(&bytes, &[], &[], false), bytes);
    }

    #[test]
    fn what_the_csv_crate_reads_we_read(table in table(), dialect in dialect()) {
        let dialect = Dialect { encoding: Encoding::Utf8, mark: false, ..dialect };
        let bytes = file(&dialect, &table);
        let Format::Csv { delimiter } = dialect.format else { unreachable!() };
        let mut other = csv::ReaderBuilder::new()
            .delimiter(u8::try_from(delimiter).unwrap())
            .from_reader(&bytes[..]);
        let rows = other.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
        let theirs: Vec<Vec<String>> = rows.collect();
        prop_assert_eq!(read(&bytes, usize::MAX).unwrap().rows, theirs);
    }
}

/// A row again and again, without a file behind it.
struct Endless {
    row: &'static [u8],
    left: usize,
    at: usize,
}

impl std::io::Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let take = into.len().min(self.left);
        for byte in &mut into[..take] {
            *byte = self.row[self.at % self.row.len()];
            self.at += 1;
        }
        self.left -= take;
        Ok(take)
    }
}

#[test]
fn p209_a_million_rows_pass_in_the_memory_of_one() {
    let row = b"Ada,Example GmbH,\"x, y\"\n";
    let source = Endless { row, left: row.len() * 1_000_001, at: 0 };
    let mut reader = Reader::open(source).unwrap();
    let writer = Writer::new(std::io::sink(), reader.dialect(), reader.names(), 3, Vec::new());
    let (mut writer, mut read, mut count) = (writer, Row::default(), 0_u32);
    while reader.next(&mut read).unwrap() {
        writer.row(&read, &[]).unwrap();
        count += 1;
        assert!(count < 1_000_000 || read.text(2) == "x, y");
    }
    assert_eq!(count, 1_000_000);
}

#[test]
fn a_stream_that_breaks_is_told() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the cable is out"))
        }
    }
    let chained = std::io::Read::chain(Pieces(b"a,b\n1,2\n", 4), Broken);
    let error = Reader::open(chained).map(drop).unwrap_err();
    assert!(error.message().contains("the cable is out"), "{error}");
}
