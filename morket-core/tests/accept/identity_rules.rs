//! What holds of any two sides.

use crate::identity::{known, side};
use morket_core::{
    accept::{Identity, Known, identify},
    field::Kind,
    provider::Returned,
};
use proptest::{option::of, prelude::*};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const KINDS: [Kind; 2] = [Kind::Person, Kind::Company];

fn at_work(name: &str) -> Returned {
    Returned { full_name: Some(name.to_owned()), ..side("@example.com") }
}

fn verdict(ours: &str, theirs: &str) -> Identity {
    identify(Kind::Person, &known(&at_work(ours)), &at_work(theirs))
}

/// Few enough values that sides often agree in part.
fn sides() -> impl Strategy<Value = Returned> {
    let word = prop_oneof![
        "(Ada|Bob|Robert|Rob|B\\.|Müller|Mueller|Example|Иван|山田|Dr\\.|Jr|van|née|\\(Al\\)|,|-)",
        "[\\PC]{0,6}",
    ];
    let name = prop::collection::vec(word, 0..5).prop_map(|words| words.join(" "));
    let domain = "(a|b|mail\\.a)\\.(com|de|co\\.uk)|gmail\\.com|[\\PC]{0,8}";
    let email = "(ada|info|ada\\.example|bob)@(a\\.com|gmail\\.com)|[\\PC]{0,8}";
    let page = "(in|company)/(ada|bob|ACoAAB0123456789abcdef)|[\\PC]{0,8}";
    let company = "(Example|Widgets|Example Widgets)( Inc| GmbH| Europe)?|[\\PC]{0,8}";
    (of(name), of(domain), of(company), of(page), of(email)).prop_map(
        |(full_name, company_domain, company_name, linkedin_url, email)| Returned {
            full_name,
            company_domain,
            company_name,
            linkedin_url,
            email,
            company_country: None,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn either_side_may_be_asked_about_the_other(a in sides(), b in sides()) {
        for kind in KINDS {
            prop_assert_eq!(identify(kind, &known(&a), &b), identify(kind, &known(&b), &a));
        }
    }

    /// What a found key can do: nothing for somebody whom the rest tells from who is meant.
    #[test]
    fn a_found_key_outweighs_nothing(
        (a, b) in (sides(), sides()),
        (email, page) in any::<(bool, bool)>(),
    ) {
        let told = known(&a);
        let found = Known { email_was_found: email, linkedin_url_was_found: page, ..told.clone() };
        let mut rest = told.clone();
        rest.email = rest.email.filter(|_| !email);
        rest.linkedin_url = rest.linkedin_url.filter(|_| !page);
        for kind in KINDS {
            let others = identify(kind, &rest, &b) == Identity::Mismatch;
            let expected = if others { Identity::Mismatch } else { identify(kind, &told, &b) };
            prop_assert_eq!(identify(kind, &found, &b), expected);
        }
    }

    #[test]
    fn everyone_is_themselves(side in sides()) {
        for kind in KINDS {
            let verdict = identify(kind, &known(&side), &side);
            let sure = [Identity::Exact, Identity::Likely, Identity::Unverifiable];
            prop_assert!(sure.contains(&verdict), "{:?}", verdict);
        }
    }

    #[test]
    fn a_whole_name_at_a_company_is_exactly_itself(name in "[\\pL]{3,9} [\\pL]{3,9}") {
        prop_assert_eq!(verdict(&name, &name), Identity::Exact);
    }

    #[test]
    fn names_without_a_common_word_are_never_exact(
        a in prop::collection::vec("[a-m]{2,8}", 1..4),
        b in prop::collection::vec("[n-z]{2,8}", 1..4),
        keyed in any::<bool>(),
    ) {
        let key = if keyed { "; in/ada; ada@example.com" } else { "" };
        let ours = side(&format!("{}; @example.com{key}", a.join(" ")));
        let theirs = side(&format!("{}; @example.com{key}", b.join(" ")));
        prop_assert_ne!(identify(Kind::Person, &known(&ours), &theirs), Identity::Exact);
    }

    #[test]
    fn the_order_of_words_does_not_matter(
        (a, turned) in prop::collection::vec("[A-Z][a-zäöüéñ]{4,8}", 1..5)
            .prop_flat_map(|words| (Just(words.clone()), Just(words).prop_shuffle())),
        b in prop::collection::vec("(Ada|Bob|Rob|Example|[A-Z][a-z]{2,8})", 1..4),
    ) {
        let (a, turned, b) = (a.join(" "), turned.join(" "), b.join(" "));
        prop_assert_eq!(verdict(&a, &turned), verdict(&a, &a));
        prop_assert_eq!(verdict(&a, &b), verdict(&turned, &b));
    }

    #[test]
    fn case_and_diacritics_do_not_matter(
        name in "[A-ZÀ-ÖØ-Ý][a-zà-öø-ÿ]{2,9} [A-ZÀ-ÖØ-Ý][a-zà-öāăąćčďēęěğīķłńňőřśşšťūůűźżž]{2,9}",
    ) {
        let bare: String = name.nfd().filter(|c| !is_combining_mark(*c)).collect();
        for form in [bare, name.to_lowercase(), name.nfd().collect()] {
            prop_assert_eq!(verdict(&name, &form), Identity::Exact, "{}", form);
        }
    }

    #[test]
    fn other_people_are_never_accepted_for_their_company(
        (a, b) in ("[A-M][a-m]{3,8} [A-M][a-m]{3,8}", "[N-Z][n-z]{3,8} [N-Z][n-z]{3,8}"),
    ) {
        prop_assert_eq!(verdict(&a, &b), Identity::Mismatch);
    }
}
