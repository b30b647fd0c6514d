//! Text, names, places, numbers and lists.

use morket_core::field::{
    Fault,
    FieldType::{self, *},
    normalised,
};
use serde_json::{Value, json};

const PLACEHOLDER: Result<Value, Fault> = Err(Fault::Placeholder);
const MALFORMED: Result<Value, Fault> = Err(Fault::Malformed);

pub(crate) fn check(ty: FieldType, rows: Vec<(Value, Result<Value, Fault>)>) {
    for (value, expected) in rows {
        assert_eq!(normalised(ty, &value), expected, "{ty:?} {value}");
    }
}

#[test]
fn p023_a_placeholder_is_no_value_of_any_type() {
    let nothing = [
        json!(null),
        json!(""),
        json!("   "),
        json!("\u{200b}"),
        json!("N/A"),
        json!("n/a"),
        json!("-"),
        json!("--"),
        json!("not_found"),
        json!("Not Found"),
        json!("null"),
        json!("undefined"),
        json!("*****"),
        json!("•••"),
        json!("email_not_unlocked"),
        json!("This is a sample response"),
        json!("Unlock full access to see this"),
        json!("REDACTED FOR PRIVACY"),
        json!("[object Object]"),
        json!([]),
        json!({}),
    ];
    for ty in FieldType::ALL {
        for value in &nothing {
            assert_eq!(normalised(*ty, value), PLACEHOLDER, "{ty:?} {value}");
        }
        if *ty != Bool {
            assert_eq!(normalised(*ty, &json!(true)), PLACEHOLDER, "{ty:?}");
        }
        if *ty != EmailStatus {
            assert_eq!(normalised(*ty, &json!("unknown")), PLACEHOLDER, "{ty:?}");
        }
    }
}

#[test]
fn text_is_one_clean_line() {
    let long = "word ".repeat(2_000);
    let prose = format!("{}We unlock full access, **always**.", "About us. ".repeat(12));
    check(
        Text,
        vec![
            (json!("  VP\u{a0}Marketing\n"), Ok(json!("VP Marketing"))),
            (json!("Zoe\u{308}"), Ok(json!("Zoë"))),
            (json!("a\u{0}b\u{202e}c"), Ok(json!("abc"))),
            (json!("C*"), Ok(json!("C*"))),
            (json!("Ex***e"), PLACEHOLDER),
            (json!("true"), PLACEHOLDER),
            (json!(prose), Ok(json!(prose))),
            (json!(long), Ok(json!(long[..4_000].trim()))),
            (json!(7), MALFORMED),
            (json!(["x"]), MALFORMED),
        ],
    );
}

#[test]
fn names_of_people_are_kept_as_written() {
    check(
        PersonName,
        vec![
            (json!(" Ada  Example "), Ok(json!("Ada Example"))),
            (json!("\"Ada Example\","), Ok(json!("Ada Example"))),
            (json!("ada example"), Ok(json!("ada example"))),
            (json!("Dr. José Ñúñez-O'Brien Jr."), Ok(json!("Dr. José Ñúñez-O'Brien Jr."))),
            (json!("山田 太郎"), Ok(json!("山田 太郎"))),
            (json!("Na"), Ok(json!("Na"))),
            (json!("NA"), PLACEHOLDER),
            (json!("Ex***e"), PLACEHOLDER),
            (json!("E*"), PLACEHOLDER),
            (json!("LinkedIn Member"), MALFORMED),
            (json!("test"), MALFORMED),
            (json!("ada@example.com"), MALFORMED),
            (json!("{first_name}"), MALFORMED),
            (json!("12345"), MALFORMED),
            (json!("a".repeat(301)), MALFORMED),
        ],
    );
}

#[test]
fn places_keep_the_parts_that_say_something() {
    check(
        Location,
        vec![
            (json!("Berlin , , Germany"), Ok(json!("Berlin, Germany"))),
            (json!("N/A, Berlin,"), Ok(json!("Berlin"))),
            (json!(", ,"), PLACEHOLDER),
            (json!("B* lin"), PLACEHOLDER),
            (json!("x".repeat(301)), MALFORMED),
        ],
    );
    check(
        Country,
        vec![
            (json!("Germany"), Ok(json!("DE"))),
            (json!("gbr"), Ok(json!("GB"))),
            (json!("Namibia"), Ok(json!("NA"))),
            (json!("NA"), Ok(json!("NA"))),
            (json!("na"), PLACEHOLDER),
            (json!("Atlantis"), MALFORMED),
            (json!(49), MALFORMED),
        ],
    );
}

#[test]
fn numbers_are_whole_and_believable() {
    check(
        Integer,
        vec![
            (json!(0), Ok(json!(0))),
            (json!(-7), Ok(json!(-7))),
            (json!("-1,234"), Ok(json!(-1_234))),
            (json!("12.0"), MALFORMED),
            (json!(12.0), Ok(json!(12))),
            (json!(12.5), MALFORMED),
            (json!("1,5"), MALFORMED),
            (json!("9".repeat(40)), MALFORMED),
        ],
    );
    check(
        Count,
        vec![
            (json!("1,234"), Ok(json!(1_234))),
            (json!("0"), PLACEHOLDER),
            (json!(0), PLACEHOLDER),
            (json!("51-200"), MALFORMED),
        ],
    );
    check(Range, vec![(json!("51 to 200"), Ok(json!("51-200"))), (json!("0"), PLACEHOLDER)]);
    check(
        Year,
        vec![
            (json!(2009), Ok(json!(2009))),
            (json!("2009"), Ok(json!(2009))),
            (json!("2009-05-01"), Ok(json!(2009))),
            (json!("2009-05-01T00:00:00Z"), Ok(json!(2009))),
            (json!("09-05-2001"), MALFORMED),
            (json!("2009-today"), MALFORMED),
            (json!(209), MALFORMED),
            (json!(3009), MALFORMED),
            (json!(0), PLACEHOLDER),
        ],
    );
    check(
        Bool,
        vec![
            (json!(false), Ok(json!(false))),
            (json!("Yes"), Ok(json!(true))),
            (json!(1), Ok(json!(true))),
            (json!(2), MALFORMED),
            (json!("maybe"), MALFORMED),
        ],
    );
}

#[test]
fn lists_hold_each_text_once() {
    let many: Vec<String> = (0..600).map(|at| format!("item {at}")).collect();
    check(
        TextList,
        vec![
            (json!("PHP, nginx; php | Go"), Ok(json!(["PHP", "nginx", "Go"]))),
            (json!(["PHP", " N/A ", null, 7, "php", "a, b"]), Ok(json!(["PHP", "a, b"]))),
            (json!(many), Ok(json!(many[..500]))),
            (json!(["", "-"]), MALFORMED),
            (json!({"a": 1}), MALFORMED),
        ],
    );
}
