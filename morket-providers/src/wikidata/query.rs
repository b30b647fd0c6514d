//! The question, in SPARQL.

use morket_core::field::domain;

/// What is looked up of a company: a variable, and the property that holds it.
const PROPERTIES: &[(&str, &str)] = &[
    ("industry", "P452"),
    ("inception", "P571"),
    ("city", "P159"),
    ("country", "P17"),
    ("linkedin", "P4264"),
    ("x", "P2002"),
    ("facebook", "P2013"),
    ("github", "P2037"),
    ("lei", "P1278"),
];

/// An organisation: what is an instance of it, or of any kind of it. Websites, products and people
/// have a website too.
const ORGANISATION: &str = "FILTER EXISTS { ?item wdt:P31/wdt:P279* wd:Q43229 . } ";

/// Companies whose website is this one, however it is written.
pub(super) fn by_domain(domain: &str) -> String {
    let mut sites = String::new();
    for scheme in ["https", "http"] {
        for host in [domain.to_owned(), format!("www.{domain}")] {
            sites.push_str(&format!("<{scheme}://{host}> <{scheme}://{host}/> "));
        }
    }
    of(&format!("VALUES ?site {{ {sites}}} ?item wdt:P856 ?site ."))
}

/// Companies that are called this, and have a website: without one nothing tells them from others.
pub(super) fn by_name(name: &str) -> String {
    let name = literal(name);
    of(&format!("?item rdfs:label \"{name}\"@en . ?item wdt:P856 ?site ."))
}

fn of(which: &str) -> String {
    let mut query = String::from("select ?item ?itemLabel ?site ?employees ?asOf ?industryLabel ");
    query.push_str("?inception ?cityLabel ?countryLabel ?linkedin ?x ?facebook ?github ?lei ");
    query.push_str(&format!("WHERE {{ {which} {ORGANISATION}"));
    for (name, property) in PROPERTIES {
        query.push_str(&format!("OPTIONAL {{ ?item wdt:{property} ?{name} . }} "));
    }
    query.push_str("OPTIONAL { ?item p:P1128 ?count . ?count ps:P1128 ?employees . ");
    query.push_str("OPTIONAL { ?count pq:P585 ?asOf . } } ");
    query.push_str("SERVICE wikibase:label { bd:serviceParam wikibase:language \"en\" . } ");
    query.push_str("} LIMIT 100");
    query
}

/// A text within quotes, from which it cannot get out.
fn literal(text: &str) -> String {
    let clean = text.chars().filter(|it| !it.is_control()).take(300);
    clean.fold(String::new(), |mut safe, c| {
        if matches!(c, '"' | '\\') {
            safe.push('\\');
        }
        safe.push(c);
        safe
    })
}

/// The domain of a website.
pub(super) fn domain_of(site: &str) -> Option<String> {
    domain::canonical(site)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_its_quotes() {
        for (name, expected) in [
            ("Example Widgets", "\"Example Widgets\"@en"),
            ("Say \"x\"", "\"Say \\\"x\\\"\"@en"),
            ("a\\", "\"a\\\\\"@en"),
            ("a\n} DROP", "\"a} DROP\"@en"),
        ] {
            assert!(by_name(name).contains(&format!("rdfs:label {expected} .")), "{name}");
        }
    }
}
