//! `try FILE`: live, without a key, also where there is no network.

use super::support::{Fair, Home};
use morket::providers::sandbox::{Knowledge, Options, Vendor};
use serde_json::Value;
use std::net::TcpListener;

fn perfect() -> Options {
    Options::seeded(3).for_each_vendor(|it| it.knowledge = Knowledge::PERFECT)
}

/// Settings that lead every source to a port where nobody listens.
fn offline() -> Home {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut settings = format!("egress = [\"{closed}\"]\n");
    for vendor in Vendor::ALL {
        let (slug, path) = (vendor.slug(), vendor.base_path());
        settings.push_str(&format!("[providers.{slug}]\nbase_url = \"http://{closed}{path}\"\n"));
    }
    let home = Home::new();
    home.settle(settings);
    home.write("leads.csv", "Name,Company,Website\nAda Example,Example,acme-tools.example\n");
    home
}

/// The cells of a field, row by row.
fn cells(out: &str, field: &str) -> Vec<Value> {
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|it| it["field"] == field).collect()
}

#[test]
fn the_first_rows_of_a_list_are_tried_without_a_key() {
    let fair = Fair::open(perfect(), "k");
    fair.leads(25);
    let ran = fair.home.run(&["try", "leads.csv"]).ends(0);
    ran.says("The first 20 rows").says("website").says("not_verified").says("domain_registered_on");
    let json = fair.home.run(&["try", "leads.csv", "--json"]).ends(0);
    let mail = cells(&json.out, "mail_provider");
    assert_eq!(mail.len(), 20, "the others are left alone");
    assert!(mail.iter().any(|it| it["result"] == "found" && it["provider"] == "dns"));
    let guesses = cells(&json.out, "email");
    assert!(guesses.iter().all(|it| it["result"] == "no_result" && it["value"].is_null()));
    assert!(guesses.iter().any(|it| it["guess"].as_str().unwrap_or("").contains('@')));
    // Paid vendors were not asked, though there is a key for one.
    let asked = fair.sandbox.log(0, 10_000);
    assert!(asked.iter().all(|it| it.billed.0 == 0 && it.vendor != Vendor::Hunter));
}

/// Whoever is on the list is asked about by nobody, also where only a source tells who it is.
#[test]
fn whoever_is_on_the_list_is_left_alone_in_a_trial() {
    let fair = Fair::open(perfect(), "k");
    let rows = fair.sandbox.world().demo_rows(3);
    let file = rows.iter().map(|it| format!("{},{}\n", it.company_name, it.company_domain));
    fair.home.write("leads.csv", "Company,Website\n".to_owned() + &file.collect::<String>());
    let domain = &rows[0].company_domain;
    fair.home.run(&["try", "leads.csv"]).ends(0);
    let before = format!("{:?}", fair.sandbox.log(0, 10_000));
    assert!(before.contains(domain.as_str()), "{domain} is asked about: {before}");
    assert!(!fair.home.root().join(".local/share/morket/morket.db").exists(), "no store is made");
    let seen = fair.sandbox.log(0, 10_000).last().unwrap().seq;
    fair.home.run(&["suppress", "add", domain]).ends(0);
    let ran = fair.home.run(&["try", "leads.csv", "--json"]).ends(0);
    let after = format!("{:?}", fair.sandbox.log(seen, 10_000));
    assert!(!after.is_empty() && !after.contains(domain.as_str()), "{domain}: {after}");
    let cells = cells(&ran.out, "mail_provider");
    assert_eq!(cells[0]["reason"], "suppressed", "{cells:?}");
    assert!(cells[1..].iter().all(|it| it["reason"] != "suppressed"), "{cells:?}");
    // Off the list again, they may be asked about.
    fair.home.run(&["suppress", "remove", domain]).ends(0);
    let ran = fair.home.run(&["try", "leads.csv", "--json"]).ends(0);
    assert!(!ran.out.contains("suppressed"), "{ran:#?}");
}

#[test]
fn without_a_network_it_says_so_and_is_no_failure() {
    let home = offline();
    let ran = home.run(&["try", "leads.csv"]).ends(0);
    ran.says("Offline: no source could be reached within 3 s").says("offline");
    let json = home.run(&["try", "leads.csv", "--json"]).ends(0);
    for field in ["description", "industry", "mail_provider", "domain_registered_on"] {
        let [cell] = &cells(&json.out, field)[..] else { panic!("{field}") };
        assert_eq!((&cell["result"], &cell["reason"]), (&"skipped".into(), &"offline".into()));
    }
}

/// What costs nothing may be asked where paid calls are switched off.
#[test]
fn a_trial_goes_on_where_nothing_may_be_paid() {
    let mut fair = Fair::open(perfect(), "k");
    fair.leads(2);
    fair.home = fair.home.with("MORKET_LIVE", "0");
    let json = fair.home.run(&["try", "leads.csv", "--json"]).ends(0);
    assert!(cells(&json.out, "mail_provider").iter().all(|it| it["reason"] != "offline"));
    assert!(cells(&json.out, "industry").iter().any(|it| it["result"] == "found"));
}

#[test]
fn what_cannot_be_tried_is_refused_with_what_to_do() {
    let home = offline();
    home.write("odd.csv", "x,y\n1,2\n");
    home.run(&["try", "odd.csv"]).ends(2).says("--map");
    home.run(&["try", "-"]).ends(2).says("needs a file");
    home.run(&["try", "absent.csv"]).ends(2).says("absent.csv");
    home.run(&["try", "--map", "x=company_domain"]).ends(2).says("<FILE>");
    home.write("empty.csv", "Website\n");
    home.run(&["try", "empty.csv"]).ends(0).says("There are no rows");
}

#[test]
fn sources_without_a_key_are_listed_as_such() {
    let home = offline();
    home.run(&["providers", "list"]).ends(0).says("no key needed").says("gleif");
    home.run(&["doctor"]).ends(0).says("no key needed").says("wikidata");
    home.run(&["keys", "set", "dns"]).ends(2).says("dns asks for no key");
}
