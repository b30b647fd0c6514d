//! Hand-written cases: who is who.

use morket_core::{
    accept::{
        Identity::{self, *},
        Known, identify,
    },
    field::Kind,
    provider::Returned,
};

/// `Ada Example; @example.com; co:Example; in/ada; ada@example.com`: any of them, in any order.
pub(crate) fn side(text: &str) -> Returned {
    let mut side = Returned::default();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let slot = match part {
            _ if part.starts_with('@') => &mut side.company_domain,
            _ if part.starts_with("co:") => &mut side.company_name,
            _ if part.starts_with("in:") => &mut side.company_country,
            _ if part.starts_with("in/") || part.starts_with("company/") => &mut side.linkedin_url,
            _ if part.contains('@') => &mut side.email,
            _ => &mut side.full_name,
        };
        let value = part.trim_start_matches("co:").trim_start_matches("in:");
        *slot = Some(value.trim_start_matches('@').to_owned());
    }
    side
}

pub(crate) fn known(side: &Returned) -> Known {
    let side = side.clone();
    Known {
        full_name: side.full_name,
        first_name: None,
        last_name: None,
        company_domain: side.company_domain,
        company_name: side.company_name,
        linkedin_url: side.linkedin_url,
        email: side.email,
        company_country: side.company_country,
        ..Known::default()
    }
}

/// Both ways: who is asked about whom makes no difference.
fn check(kind: Kind, rows: &[(&str, &str, Identity)]) {
    let mut wrong = Vec::new();
    for (ours, theirs, expected) in rows {
        let (a, b) = (side(ours), side(theirs));
        let verdicts = (identify(kind, &known(&a), &b), identify(kind, &known(&b), &a));
        if verdicts != (*expected, *expected) {
            wrong.push(format!("{ours} | {theirs}: {verdicts:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Rows of names, all of them at one company.
fn at_one_company(rows: &[(&str, &str, Identity)]) {
    let at = |name: &str| format!("{name}; @example.com");
    let rows: Vec<_> = rows.iter().map(|(a, b, expected)| (at(a), at(b), *expected)).collect();
    let rows: Vec<_> = rows.iter().map(|(a, b, it)| (a.as_str(), b.as_str(), *it)).collect();
    check(Kind::Person, &rows);
}

#[test]
fn names_at_one_company() {
    at_one_company(&[
        ("Ada Example", "Ada Example", Exact),
        ("Ada Example", "ADA EXAMPLE", Exact),
        ("Ada Example", "Example, Ada", Exact),
        ("Ada Example", "Dr. Ada Example", Exact),
        ("Ada Example", "Prof. Dr. Ada Example, PhD", Exact),
        ("Ada Example", "Ada Example, MBA, PMP", Exact),
        ("Ada Example", "Ada Example (she/her)", Exact),
        ("Ada Example", "Mrs Ada Example-Byron", Likely),
        ("Ada Example", "Ada Byron Example", Likely),
        ("Ada Example", "Ada B. Example", Likely),
        ("Ada Example", "A. Example", Likely),
        ("Ada Example", "A Example", Likely),
        ("Ada Example", "Ada E.", Likely),
        ("Ada Example", "A. E.", Unverifiable),
        ("Ada Example", "Ada", Unverifiable),
        ("Ada Example", "Example", Unverifiable),
        ("Ada Example", "Ada Byron", Mismatch),
        ("Ada Example", "Bea Example", Mismatch),
        ("Ada Example", "B. Example", Mismatch),
        ("Ada Example", "Bob Builder", Mismatch),
        ("Ada Example née Byron", "Ada Example", Exact),
        ("Ada Example (Byron)", "Ada Byron", Likely),
        ("Ada Example geb. Byron", "Ada Byron", Likely),
        ("Robert \"Bob\" Smith", "Bob Smith", Likely),
        ("Bob Smith", "Robert Smith", Likely),
        ("Bob Smith", "Rick Smith", Mismatch),
        ("Liz Smith", "Elizabeth Anne Smith", Likely),
        ("Sasha Petrov", "Alexander Petrov", Likely),
        ("Mohammed Rahman", "Md. Rahman", Likely),
        ("John Smith", "John Smith Jr.", Exact),
        ("John Smith Jr.", "John Smith, Junior", Exact),
        ("John Smith Jr.", "John Smith Sr.", Mismatch),
        ("John Smith III", "John Smith II", Mismatch),
        ("J. R. R. Tolkien", "John Ronald Reuel Tolkien", Likely),
        ("J.R.R. Tolkien", "J R R Tolkien", Exact),
        ("José Núñez", "Jose Nunez", Exact),
        ("Müller, Jürgen", "Juergen Mueller", Exact),
        ("Jürgen Müller", "Jurgen Muller", Exact),
        ("Søren Ødegård", "Soren Odegard", Exact),
        ("Łukasz Wałęsa", "Lukasz Walesa", Exact),
        ("Strauß Anna", "Anna Strauss", Exact),
        ("Joey Example", "Joy Example", Mismatch),
        ("Jean-Luc Picard", "Jean Luc Picard", Exact),
        ("Jean-Luc Picard", "Jeanluc Picard", Likely),
        ("Conor O'Brien", "Conor OBrien", Exact),
        ("Conor O’Brien", "Conor O'Brien", Exact),
        ("Ludwig van Beethoven", "Ludwig Beethoven", Exact),
        ("Vincent van Dyke", "Vincent VanDyke", Likely),
        ("Maria de la Cruz", "María Cruz", Exact),
        ("María García López", "Maria Garcia", Likely),
        ("María García López", "Maria Garcia Fernandez", Mismatch),
        ("Ahmed al-Rashid", "Ahmed Rashid", Exact),
        ("Madonna", "Madonna", Exact),
        ("Madonna", "Prince", Mismatch),
    ]);
}

#[test]
fn names_in_other_scripts() {
    at_one_company(&[
        ("山田 太郎", "山田 太郎", Exact),
        ("山田 太郎", "山田太郎", Likely),
        ("太郎 山田", "山田太郎", Likely),
        ("山田 太郎", "山田 花子", Mismatch),
        ("山田 太郎", "Taro Yamada", Unverifiable),
        ("김민준", "김 민준", Likely),
        ("Иван Петров", "Петров Иван", Exact),
        ("Иван Петров", "Ivan Petrov", Unverifiable),
        ("Артём Королёв", "Артем Королев", Exact),
        ("Γιώργος Παπαδόπουλος", "ΓΙΩΡΓΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ", Exact),
        ("مُحَمَّد أحمد", "محمد احمد", Exact),
        ("דָּוִד כהן", "דוד כהן", Exact),
        ("प्रिया शर्मा", "प्रिया शर्मा", Exact),
        ("प्रिया शर्मा", "प्रिया वर्मा", Mismatch),
    ]);
}

#[test]
fn people_with_and_without_a_key() {
    check(
        Kind::Person,
        &[
            // A profile or an address is a key.
            ("Ada Example; in/ada", "Ada Example", Likely),
            ("Ada Example; in/ada", "Ada Example; in/Ada/", Exact),
            ("in/ada", "Ada Example; in/ada; @example.com", Exact),
            ("Ada Example; in/ada", "Ada Lovelace; in/ada", Likely),
            ("Ada Example; in/ada", "Ада Пример; in/ada", Likely),
            ("Ada Example; in/ada", "Bob Builder; in/ada", Mismatch),
            ("Ada Example; in/ada; @a.com", "Ada Example; in/ada; @b.com", ChangedCompany),
            ("Ada Example; in/ada; @a.com", "Bob Builder; in/ada; @b.com", Mismatch),
            ("ada@a.com", "Ada Example; ada@a.com", Exact),
            ("Ada Example; ada@a.com", "Ada Example; ada@a.com; @b.com", ChangedCompany),
            ("Ada Example; info@a.com", "Bea Example; info@a.com", Mismatch),
            ("info@a.com", "Bea Example; info@a.com", Unverifiable),
            // Two profiles are two people, unless something else binds them.
            ("Ada Example; in/ada", "Ada Example; in/ada-2", Mismatch),
            ("Ada Example; in/ada; @a.com", "Ada Example; in/ada-2; @a.com", Unverifiable),
            ("A. Example; in/ada; @a.com", "Ada Example; in/ada-2; @a.com", Mismatch),
            ("Ada Example; in/ada; ada@a.com", "Ada Example; in/ada-2; ada@a.com", Likely),
            (
                "Ada Example; in/ada; @a.com",
                "Ada Example; in/ACoAAB0123456789abcdef; @a.com",
                Exact,
            ),
            // Without a key, the company decides.
            ("Ada Example", "Ada Example", Likely),
            ("Ada Example; @a.com", "Ada Example; @b.com", ChangedCompany),
            ("Ada Example; @a.com", "A. Example; @b.com", Mismatch),
            ("Ada Example", "A. Example", Unverifiable),
            ("Madonna", "Madonna", Unverifiable),
            ("Madonna; @a.com", "Madonna; @b.com", Mismatch),
            ("Ada Example; @a.com", "@a.com", Unverifiable),
            ("Ada Example; @a.com", "@b.com", Mismatch),
            ("Ada Example; @a.com", "", Unverifiable),
            ("", "", Unverifiable),
            // An address tells a name and a company.
            ("Ada Example; @a.com", "ada.example@a.com", Likely),
            ("Ada Example; @a.com", "aexample@a.com", Likely),
            ("Ada Example; @a.com", "example.a@a.com", Likely),
            ("Ada Example; @a.com", "ada@a.com", Unverifiable),
            ("Ada Example; @a.com", "bob.builder@a.com", Unverifiable),
            ("Ada Example; @a.com", "Ada Example; ada@a.com", Exact),
            ("Ada Example; @a.com", "Ada Example; ada@gmail.com", Likely),
            // Companies by domain, then by name.
            ("Ada Example; @a.co.uk", "Ada Example; @mail.a.co.uk", Exact),
            ("Ada Example; @widgets.com", "Ada Example; @widgets.de", Likely),
            (
                "Ada Example; @widgets.com; co:Widgets",
                "Ada Example; @widgets.de; co:Widgets GmbH",
                Exact,
            ),
            ("Ada Example; co:Example Widgets, Inc.", "Ada Example; co:EXAMPLE WIDGETS LLC", Exact),
            ("Ada Example; co:Example Widgets", "Ada Example; co:Example Widgets Europe", Likely),
            ("Ada Example; co:IBM", "Ada Example; co:International Business Machines", Likely),
            ("Ada Example; co:Bank of Here", "Ada Example; co:Bank of There", ChangedCompany),
        ],
    );
}

#[test]
fn companies() {
    check(
        Kind::Company,
        &[
            ("@example.com", "@www.example.com", Exact),
            ("@example.com; co:Example", "@example.com; co:Example Inc", Exact),
            ("@google.com; co:Google", "@google.com; co:Alphabet", Likely),
            ("@example.com; company/a", "@example.com; company/b", Likely),
            ("@a.com; company/x", "@b.com; company/x", Likely),
            ("@a.com; co:Example", "@b.com; co:Example", Unverifiable),
            ("@a.com", "@b.com", Mismatch),
            ("@a.com; co:One", "@b.com; co:Two; company/x", Mismatch),
            ("company/x", "company/X/about", Exact),
            ("company/x; co:One", "company/x; co:Two", Likely),
            ("company/x; co:One", "company/y; co:One", Unverifiable),
            ("company/x", "company/y", Mismatch),
            // A country tells namesakes apart, and no more.
            ("co:One Ltd; in:GB", "co:One GmbH; in:DE", Mismatch),
            ("co:One; in:GB", "co:One Holding Partners; in:DE", Mismatch),
            ("co:One; in:Germany", "co:One GmbH; in:DE", Likely),
            ("co:One; in:GB", "co:One", Likely),
            ("co:One; in:nowhere", "co:One; in:DE", Likely),
            ("co:One; in:GB; @one.com", "co:One; in:DE; @one.com", Exact),
            ("co:One; in:GB; company/x", "co:One; in:DE; company/x", Exact),
            ("co:One; in:GB; @one.com", "co:One; in:DE; @one.de", Mismatch),
            ("co:Example Widgets", "co:Example Widgets GmbH", Likely),
            ("co:Example Widgets", "co:Example Motors", Mismatch),
            ("co:Example", "co:Example Motors", Unverifiable),
            ("@a.com", "co:Example", Unverifiable),
            ("@widgets.com; co:Widgets", "@widgets.de; co:Widgets", Likely),
        ],
    );
}

#[test]
fn two_parts_of_a_name_are_one() {
    let known = Known {
        first_name: Some("Ada".to_owned()),
        last_name: Some("Example".to_owned()),
        company_domain: Some("example.com".to_owned()),
        ..Known::default()
    };
    let returned = side("Ada Example; @example.com");
    assert_eq!(identify(Kind::Person, &known, &returned), Exact);
}
