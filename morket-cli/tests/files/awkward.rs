//! Files as people have them. Each holds a name and a website at least, so that it can be run.

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Every cell comes back byte for byte.
    Back,
    /// It is refused, with this in the message.
    Refused(&'static str),
}
use Fate::{Back, Refused};

/// What a file is called, its bytes, what becomes of it.
pub(crate) type Case = (&'static str, Vec<u8>, Fate);

fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    let units = mark.encode_utf16().chain(text.encode_utf16());
    units.flat_map(|it| if big_endian { it.to_be_bytes() } else { it.to_le_bytes() }).collect()
}

const PLAIN: &str = "Name,Website,Note\nAda Example,example.com,x\nBob Example,example.org,\n";

fn case(name: &'static str, bytes: impl AsRef<[u8]>, fate: Fate) -> Case {
    (name, bytes.as_ref().to_vec(), fate)
}

fn delimiters() -> Vec<Case> {
    let with = |from: &str, to: &str| PLAIN.replace(from, to);
    vec![
        case("plain.csv", PLAIN, Back),
        case("semicolons.csv", with(",", ";"), Back),
        case("tabs.tsv", with(",", "\t"), Back),
        case("pipes.txt", with(",", "|"), Back),
        case("told.csv", format!("sep=;\r\n{}", with(",", ";").replace('\n', "\r\n")), Back),
        case("windows.csv", with("\n", "\r\n"), Back),
        case("oldmac.csv", with("\n", "\r"), Back),
        case(
            "mixed.csv",
            "Name,Website\r\nAda E,example.com\nBob E,example.org\rC D,x.example",
            Back,
        ),
        case("no-end.csv", PLAIN.trim_end(), Back),
        case("trailing.csv", with("\n", ",\n"), Back),
        case("blank-lines.csv", with("\n", "\n\n"), Back),
        case("blank-first.csv", format!("\n\r\n{PLAIN}"), Back),
        case(
            "decimal-commas.csv",
            "Name;Website;Rate\nAda E;example.com;1,5\nB E;x.example;2,25\n",
            Back,
        ),
        case("spaces.csv", "Name , Website\nAda E ,  example.com \n", Back),
    ]
}

fn quotes() -> Vec<Case> {
    vec![
        case("newline.csv", "Name,Website,Note\nAda E,example.com,\"a\nb\r\n\r\nc\"\n", Back),
        case("doubled.csv", "Name,Website,Note\nAda E,example.com,\"say \"\"hi\"\"\"\n", Back),
        case("all-quoted.csv", "\"Name\",\"Website\"\n\"Ada E\",\"example.com\"\n", Back),
        case("stray.csv", "Name,Website,Note\nAda E,example.com,5\" pipe\n", Back),
        case("behind.csv", "Name,Website,Note\nAda E,example.com,\"x\"y\n", Back),
        case(
            "open.csv",
            "Name,Website,Note\nAda E,example.com,x\nB E,example.org,\"y\nC E,c.example,z\n",
            Refused("line 3, column 3: a quote opens here and never closes"),
        ),
        case("json-cell.csv", "Name,Website,Note\nAda E,example.com,\"{\"\"a\"\":[1,2]}\"\n", Back),
    ]
}

fn letters() -> Vec<Case> {
    let text = "Name,Website,Note\nZoë Müller,example.com,5 €\n";
    let latin = b"Name,Website,Note\nZo\xeb M\xfcller,example.com,5 \x80\n";
    vec![
        case("bom.csv", format!("\u{feff}{PLAIN}"), Back),
        case("utf16-le.csv", utf16(&text.replace(',', "\t"), false, true), Back),
        case("utf16-be.csv", utf16(text, true, true), Back),
        case("utf16-bare.csv", utf16(text, false, false), Refused("UTF-16 without its mark")),
        case("utf16-cut.csv", &utf16(text, false, true)[..41], Refused("cut off")),
        case("latin.csv", latin, Back),
        case("both.csv", [latin.as_slice(), "Łódź Ü,x.example,ü\n".as_bytes()].concat(), Back),
        case("nul.csv", "Name,Website,Note\nAda\0 E,example.com,\0\n", Back),
        case("control.csv", "Name,Website,Note\nAda E,example.com,\u{1b}[31m\u{7}\n", Back),
        case(
            "right-to-left.csv",
            "Name,Website\nאדה כהן,example.com\n\u{202e}x y,x.example\n",
            Back,
        ),
        case("emoji.csv", "Name,Website,🙂\nAda 👩‍💻 E,example.com,🇩🇪\n", Back),
        case("nbsp.csv", "Name,Website\nAda\u{a0}Example,\u{a0}example.com\u{a0}\n", Back),
        case("zero-width.csv", "Name,Website\nA\u{200b}da E,example.com\u{200b}\n", Back),
        case("combined.csv", "Name,Website\nJose\u{301} E,example.com\n", Back),
    ]
}

fn shapes() -> Vec<Case> {
    let wide = |cell: &dyn Fn(usize) -> String, first: &str| {
        let cells: Vec<String> = (0..9_998).map(cell).collect();
        format!("{first},{}\n", cells.join(","))
    };
    let wide =
        [wide(&|at| format!("c{at}"), "Name,Website"), wide(&|_| "x".into(), "Ada E,x.example")];
    let many = format!("Name,Website{}\nAda E,x.example\n", ",c".repeat(16_400));
    vec![
        case("ragged.csv", "Name,Website,A\nAda E,example.com\nB E,b.example,1,2,3\nC E\n", Back),
        case("twice.csv", "Name,Website,Name,Note,Note\nAda E,example.com,x,y,z\n", Back),
        case("nameless.csv", "Name,,Website,\nAda E,1,example.com,2\n", Back),
        case("headers-only.csv", "Name,Website\n", Back),
        case("headers-no-end.csv", "Name;Website", Back),
        case("one-column.csv", "Email\nada@example.com\n\nbob@example.org\n", Back),
        case("formulas.csv", "Name,Website,A,B\nAda E,example.com,=1+1,@SUM(A1)\n", Back),
        case("phones.csv", "Name,Website,Phone\nAda E,example.com,+49 30 123456\n", Back),
        case("wide.csv", wide.concat(), Back),
        case("too-wide.csv", many, Refused("16402 columns; 16384 are the most")),
        case("clash.csv", "Name,Website,email,email_result\nAda E,example.com,,mine\n", Back),
    ]
}

fn objects() -> Vec<Case> {
    let nested =
        "{\"name\": \"Ada E\", \"website\":\"example.com\", \"x\": {\"y\":[1,{\"z\":null}]}}\n";
    let numbers = "{\"full_name\":\"Ada E\",\"website\":\"example.com\",\
                   \"n\":123456789012345678901234567890.10,\"m\":1e400,\"k\":-0.0}\r\n";
    let mixed = "{\"full_name\":\"Ada E\",\"website\":\"example.com\"}\n\n\
                 {\"website\":\"b.example\",\"full_name\":\"B E\",\"extra\":true}\n{}\n";
    vec![
        case("nested.ndjson", nested, Back),
        case("numbers.ndjson", numbers, Back),
        case("mixed.ndjson", mixed, Back),
        case("escaped.jsonl", "{\"full_name\":\"Zo\\u00eb M\",\"website\":\"x.example\"}", Back),
        case("broken.ndjson", "{\"name\":\"A\"}\n{\"name\":\n", Refused("line 2: column")),
        case("array.json", "[{\"name\":\"Ada\"}]\n", Refused("write an object on each line")),
    ]
}

fn foreign() -> Vec<Case> {
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9\x07\0";
    let long = format!("Name,Website\nAda E,\"{}\"\n", "x".repeat((1 << 20) + 1));
    vec![
        case("book.xlsx", b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", Refused("as CSV")),
        case("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refused("as CSV")),
        case("leads.csv.gz", gzip, Refused("unpack it first")),
        case("rows.parquet", b"PAR1\x15\x04", Refused("is Parquet")),
        case("empty.csv", "", Refused("is empty")),
        case("only-bom.csv", "\u{feff}", Refused("is empty")),
        case("only-blank.csv", "\n \r\n", Refused("is empty")),
        case("long-cell.csv", long, Refused("line 2, column 2: the cell is longer than 1 MiB")),
        case("strange.csv", "Foo,Bar\n1,2\n", Refused("no column is known (Foo, Bar)")),
    ]
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let all = [delimiters(), quotes(), letters(), shapes(), objects(), foreign()];
    all.into_iter().flatten().collect()
}
