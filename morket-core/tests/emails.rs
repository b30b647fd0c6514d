//! One account per address, however it is spelled.

#![cfg(feature = "identity")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::identity::EmailAddress;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

fn key(text: &str) -> Option<String> {
    EmailAddress::parse(text).ok().map(|address| address.key().to_owned())
}

/// Every character there is, in a name: all its spellings have one key, or none at all.
#[test]
fn p124_every_character_has_one_key_in_all_its_forms() {
    // method: exhaustive
    for character in '\0'..=char::MAX {
        let plain = character.to_string();
        let forms: [String; 6] = [
            plain.to_uppercase(),
            plain.to_lowercase(),
            plain.nfc().collect(),
            plain.nfd().collect(),
            plain.nfkc().collect(),
            plain.nfkd().collect(),
        ];
        if forms.iter().all(|form| *form == plain) {
            continue;
        }
        let address = |name: &str| format!("a{name}b@example.com");
        let Some(expected) = key(&address(&plain)) else { continue };
        assert_eq!(key(&expected).as_ref(), Some(&expected), "{character:?} again");
        for form in forms {
            assert_eq!(key(&address(&form)).as_ref(), Some(&expected), "{character:?} as {form:?}");
        }
    }
}

proptest! {
    #[test]
    fn p124_case_and_unicode_variants_are_one_account(
        name in "[\\pL\\pN.+]{1,12}",
        host in "[a-zA-Z]{1,8}\\.[a-z]{2,3}",
    ) {
        // method: property
        let address = format!("{name}@{host}");
        if let Some(expected) = key(&address) {
            let upper = address.to_uppercase();
            let decomposed: String = address.nfd().collect();
            for form in [upper, decomposed, address.to_lowercase(), expected.clone()] {
                prop_assert!(key(&form).as_ref() == Some(&expected), "{}", form);
            }
        }
    }

    #[test]
    fn p124_a_tag_is_part_of_the_address(name in "[a-z]{1,9}", tag in "[a-z0-9]{1,9}") {
        // method: property
        let (plain, tagged) = (format!("{name}@x.com"), format!("{name}+{tag}@X.com"));
        prop_assert_ne!(key(&plain), key(&tagged));
        prop_assert_eq!(key(&tagged.to_uppercase()), key(&tagged));
    }

    #[test]
    fn what_is_accepted_has_one_at_and_nothing_hidden(text in "\\PC{0,20}@?\\PC{0,20}") {
        if let Ok(address) = EmailAddress::parse(&text) {
            for form in [address.key(), address.written()] {
                prop_assert_eq!(form.matches('@').count(), 1);
                prop_assert!(!form.starts_with('@') && !form.ends_with('@'));
                prop_assert!(!form.chars().any(|c| c.is_whitespace() || c.is_control()));
            }
            prop_assert_eq!(format!("{address:?}"), "EmailAddress(…)");
        }
    }
}

#[test]
fn what_is_no_address_is_refused_without_repeating_it() {
    let long = format!("{}@x.com", "a".repeat(250));
    for text in [
        "",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a\0@c",
        "a@c\n.d",
        "a\u{200b}@c.d",
        "a@\u{ff20}c",
        "a\u{ad}b@c.d",
        &long,
    ] {
        let error = EmailAddress::parse(text).unwrap_err();
        assert!(error.message().starts_with("email: "), "{text:?}");
        assert!(text.len() < 3 || !error.to_string().contains(text));
    }
    for text in ["a@b", &format!("{}@x.com", "a".repeat(248))] {
        assert!(EmailAddress::parse(text).is_ok(), "{text}");
    }
}
