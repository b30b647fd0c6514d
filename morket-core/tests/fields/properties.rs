//! Whatever goes in: what comes out is settled and bounded.

use morket_core::field::{FieldType, normalise, normalised};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

fn settled(ty: FieldType, value: &Value) {
    let once = normalise(ty, value);
    assert_eq!(once.is_some(), normalised(ty, value).is_ok(), "{ty:?} {value}");
    if let Some(clean) = &once {
        assert_eq!(normalise(ty, clean), once, "{ty:?} {value}");
        let bound = if ty == FieldType::TextList { 700_000 } else { 17_000 };
        assert!(clean.to_string().len() <= bound, "{ty:?} {value}");
    }
}

fn settled_in_all(value: &Value) {
    for ty in FieldType::ALL {
        settled(*ty, value);
    }
}

/// Characters with one form only, which no rule looks at: letters without case, mostly.
fn is_plain(c: char) -> bool {
    let text = c.to_string();
    let folded: String = text.to_uppercase().to_lowercase().nfkd().collect();
    let stays = folded == text && !text.nfkd().any(is_combining_mark);
    stays && !c.is_ascii() && !c.is_whitespace() && !c.is_control() && c > '\u{2fff}'
}

/// Every character that has another form or a meaning, within what each type expects.
#[test]
fn p211_every_character_settles_at_once() {
    // method: exhaustive
    for c in '\0'..=char::MAX {
        if is_plain(c) {
            continue;
        }
        let rows = [
            (FieldType::Text, format!("a{c}b {c}")),
            (FieldType::PersonName, format!("{c}Ada {c}")),
            (FieldType::Email, format!("a{c}b@ex{c}ample.com")),
            (FieldType::Domain, format!("https://ex{c}ample.com/{c}")),
            (FieldType::LinkedinPerson, format!("in/a{c}b")),
            (FieldType::Phone, format!("+49{c}30 123456{c}")),
            (FieldType::Url, format!("example.com/a{c}b")),
            (FieldType::Location, format!("a,{c},b{c}")),
        ];
        for (ty, text) in rows {
            settled(ty, &json!(text));
        }
    }
}

/// Texts that look like what some type expects.
fn structured() -> impl Strategy<Value = String> {
    let word = "[\\pL\\pM\\pN._'*& -]{0,8}";
    prop_oneof![
        any::<String>(),
        (word, word, "(com|co.uk|de|Example|)").prop_map(|(a, b, top)| format!("{a}@{b}.{top}")),
        ("(https?://|//|)", "(www\\.|uk\\.|)*", word, "[/:?#][\\PC]{0,8}")
            .prop_map(|(scheme, www, name, path)| format!("{scheme}{www}{name}.com{path}")),
        ("(https://www.linkedin.com/|)(in|company|school)/", "[\\PC%]{0,12}")
            .prop_map(|(start, slug)| format!("{start}{slug}")),
        "[+(]{0,2}[0-9() ./-]{4,20}( ?(x|ext\\.?) ?[0-9]{1,4})?",
        "[$€£<>]?[0-9]{1,4}([.,][0-9]{1,3}){0,2} ?[KMBkmb]?\\+?",
        "[$€]?[0-9.]{1,4}[KM]?( ?(-|–|to|,) ?[$]?[0-9,.]{1,6}[KMB]?)",
        "(51|11|201|1,001)[ ,–-](50|200|500|5000)( employees)?",
        vec(word, 0..4).prop_map(|words| words.join(", ")),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|it| json!(it)),
        any::<i64>().prop_map(|it| json!(it)),
        (0..200_000_i64).prop_map(|it| json!(it)),
        any::<f64>().prop_map(|it| json!(it)),
        structured().prop_map(|it| json!(it)),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        let key = "(min|max|amount|currency|printed)";
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|it| json!(it)),
            proptest::collection::hash_map(key, inner, 0..4).prop_map(|it| json!(it)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn p211_cleaning_twice_changes_nothing(text in structured()) {
        // method: property
        settled_in_all(&json!(text));
    }

    #[test]
    fn p211_any_value_settles_at_once(value in values()) {
        // method: property
        settled_in_all(&value);
    }
}

/// Answers are bounded, but a field must not hold all of one.
#[test]
fn what_is_kept_is_bounded() {
    for piece in ["a", "a ", "ä", "1", "1,", "a,b,", "\u{301}", "@", ".", "%41", "in/", "\u{fdfa}"]
    {
        let text = piece.repeat(100_000);
        settled_in_all(&json!(text));
        settled_in_all(&json!(format!("in/{text}")));
        settled_in_all(&json!(vec![text; 3]));
    }
}
