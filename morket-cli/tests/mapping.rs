//! What columns are taken for, by their names, their values and their neighbours.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket::field::Kind;
use morket_cli::map::{Mapping, Sample, Told, guess, told};
use serde_json::Value;

fn sample(columns: &[(&str, &str)]) -> Sample {
    Sample {
        names: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
        values: columns
            .iter()
            .map(|(_, value)| match *value {
                "" => Vec::new(),
                value => vec![Value::from(value)],
            })
            .collect(),
    }
}

fn mapped(columns: &[(&str, &str)], map: &[&str], kind: Option<Kind>) -> morket::Result<Mapping> {
    let told: Told = map.iter().map(|it| told(it)).collect::<morket::Result<_>>()?;
    guess(&sample(columns), &told, kind)
}

/// `Website=company_domain`, one for each column that holds a field.
fn check(columns: &[(&str, &str)], kind: Kind, expected: &[&str]) {
    let mapping = mapped(columns, &[], None).unwrap();
    let held = mapping.saved().into_iter().map(|(header, field)| format!("{header}={field}"));
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(held.collect::<Vec<_>>(), expected, "{columns:?}");
    assert_eq!(mapping.kind, kind, "{columns:?}");
    assert_eq!(mapping.doubts, [], "{columns:?}");
    assert!(mapping.guesses.iter().all(|it| !it.why.is_empty()));
}

#[test]
fn single_headers_are_understood() {
    let rows = [
        ("First Name", "first_name"),
        ("firstName", "first_name"),
        ("Vorname", "first_name"),
        ("Prénom", "first_name"),
        ("Last Name", "last_name"),
        ("Nachname", "last_name"),
        ("Full Name", "full_name"),
        ("Contact Name", "full_name"),
        ("Person Linkedin Url", "linkedin_url"),
        ("LinkedIn", "linkedin_url"),
        ("Work Email", "email"),
        ("E-mail", "email"),
        ("Email Address", "email"),
        ("Contact Email", "email"),
        ("Primary Email", "email"),
        ("Courriel", "email"),
        ("Personal Email", "personal_email"),
        ("Mobile Phone", "mobile_phone"),
        ("email", "email"),
    ];
    for (header, field) in rows {
        check(&[(header, "")], Kind::Person, &[&format!("{header}={field}")]);
    }
    let rows = [
        ("Company", "company_name"),
        ("Company Name", "company_name"),
        ("Organisation", "company_name"),
        ("Organization Name", "company_name"),
        ("Account Name", "company_name"),
        ("Firma", "company_name"),
        ("Société", "company_name"),
        ("Website", "company_domain"),
        ("Company Website", "company_domain"),
        ("Organization Website", "company_domain"),
        ("Domain", "company_domain"),
        ("Webseite", "company_domain"),
        ("company_domain", "company_domain"),
        ("# Employees", "employee_count"),
        ("Company Linkedin Url", "company_linkedin_url"),
        ("Annual Revenue", "revenue"),
        ("Industry", "industry"),
        ("Phone", "company_phone"),
        ("City", "company_city"),
        ("Country", "company_country"),
    ];
    for (header, field) in rows {
        check(&[(header, "")], Kind::Company, &[&format!("{header}={field}")]);
    }
}

#[test]
fn values_and_neighbours_decide() {
    let person = "https://www.linkedin.com/in/ada-example";
    let company = "https://www.linkedin.com/company/example";
    check(&[("LinkedIn", company)], Kind::Company, &["LinkedIn=company_linkedin_url"]);
    check(&[("URL", person)], Kind::Person, &["URL=linkedin_url"]);
    check(&[("Link", "example.com")], Kind::Company, &["Link=company_domain"]);
    check(&[("Link", "see below"), ("Firma", "")], Kind::Company, &["Firma=company_name"]);
    check(
        &[("Company Size", "51-200"), ("Firma", "")],
        Kind::Company,
        &["Company Size=employee_range", "Firma=company_name"],
    );
    check(
        &[("Name", "Ada"), ("Company", "")],
        Kind::Person,
        &["Name=full_name", "Company=company_name"],
    );
    check(
        &[("Name", "Example"), ("Website", "")],
        Kind::Company,
        &["Name=company_name", "Website=company_domain"],
    );
    check(
        &[("Website", ""), ("Domain", ""), ("Email", ""), ("Phone", "")],
        Kind::Person,
        &["Domain=company_domain", "Email=email", "Phone=phone"],
    );
    check(&[("Email", ""), ("Email (2)", ""), ("Notes", "")], Kind::Person, &["Email=email"]);
}

#[test]
fn what_the_user_says_counts_more() {
    let columns = [("Website", ""), ("Owner", ""), ("Company", "")];
    let map = ["Owner=full_name", "website=-"];
    let mapping = mapped(&columns, &map, None).unwrap();
    let fields: Vec<_> = mapping.fields().map(|(at, field)| (at, field.as_str())).collect();
    assert_eq!(fields, [(1, "full_name"), (2, "company_name")]);
    assert_eq!(mapping.kind, Kind::Person);
    let mapping = mapped(&[("Name", "")], &[], Some(Kind::Company)).unwrap();
    assert_eq!(mapping.saved()["Name"].as_str(), "company_name");
}

#[test]
fn what_is_in_doubt_or_wrong_is_told_with_what_to_type() {
    type Row = (&'static [(&'static str, &'static str)], &'static [&'static str], &'static str);
    let rows: &[Row] = &[
        (&[("Name", "")], &[], "--map \"Name=full_name\" or --map \"Name=company_name\""),
        (&[("Foo", ""), ("Bar", "")], &[], "no column is known (Foo, Bar)"),
        (&[("ada@example.com", ""), ("Ada", "")], &[], "its first line must name the columns"),
        (&[("A", "")], &["B=email"], "there is no column `B`; there are `A`"),
        (&[("A", "")], &["A=mail"], "`mail` is not known"),
        (&[("A", "")], &["A"], "must look like"),
        (&[("A", ""), ("B", "")], &["A=email", "B=email"], "cannot both be email"),
    ];
    for (columns, map, expected) in rows {
        let error = mapped(columns, map, None).and_then(Mapping::settled).unwrap_err();
        assert!(error.message().contains(expected), "{error}: {expected}");
    }
}
