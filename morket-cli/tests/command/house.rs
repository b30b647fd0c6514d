//! Beginning, and keeping house: plans, verifying, schemas, the master key, the doctor.

use super::support::{Fair, Home, ran};
use morket::providers::sandbox::{Options, Vendor};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap()
}

#[test]
fn a_plan_that_was_written_works_as_it_is() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(5);
    let home = &fair.home;
    home.run(&["init", "leads.csv"]).ends(0).says("morket plan -p plan.toml leads.csv");
    let plan = home.read("plan.toml");
    assert!(plan.starts_with("#:schema ./plan.schema.json\n"), "{plan}");
    assert!(plan.contains("verify = \"zerobounce\"") && plan.contains("# The most for each row."));
    let schema: Value = serde_json::from_str(&home.read("plan.schema.json")).unwrap();
    assert_eq!(schema["title"], "A plan of Morket");
    home.run(&["plan", "-p", "plan.toml", "leads.csv"]).ends(0).says("5 rows to run");
    home.run(&["enrich", "-p", "plan.toml", "leads.csv", "--budget", "hunter=50"]).ends(0);
    let asked = fair.sandbox.log(0, 1_000);
    assert!(asked.iter().any(|it| it.vendor == Vendor::ZeroBounce), "{asked:?}");
    home.run(&["init", "leads.csv"]).ends(2).says("is there already");
    let told = ["init", "leads.csv", "--force", "--json", "--want", "title,email", "-o", "b.toml"];
    let told = json(&home.run(&told).ends(0).out);
    assert_eq!((&told["plan"], &told["want"][0]), (&"b.toml".into(), &"title".into()));
    home.run(&["init", "none.csv"]).ends(2).says("none.csv is no file");
    home.run(&["init", "leads.csv", "--want", "emial", "-o", "c.toml"]).ends(2);
    assert!(!home.path("c.toml").exists());
}

#[test]
fn a_list_is_verified_and_nothing_else_is_asked() {
    let fair = Fair::open(Options::seeded(3), "k");
    let rows = fair.sandbox.world().demo_rows(8);
    let mut list = "Name,Work Email\n".to_owned();
    for (at, row) in rows.iter().enumerate() {
        let email = format!("{}@{}", ["ada", "x.y"][at % 2], row.company_domain);
        let email = if at == 7 { String::new() } else { email };
        list.push_str(&format!("{},{email}\n", row.full_name));
    }
    fair.home.write("list.csv", list);
    let plan = fair.home.run(&["verify", "list.csv", "--dry-run", "--json"]).ends(0);
    let plan = json(&plan.out);
    assert_eq!(plan["worst"]["byProvider"][0]["calls"], 7, "{plan}");
    fair.home.run(&["verify", "list.csv"]).ends(2).says("add --budget");
    let ran = fair.home.run(&["verify", "list.csv", "--budget", "zerobounce=100", "--json"]);
    let line = json(&ran.ends(0).out);
    assert_eq!((&line["cells"], &line["skipped"]), (&8.into(), &1.into()), "{line}");
    let asked = fair.sandbox.log(0, 100);
    assert!(asked.iter().all(|it| it.vendor == Vendor::ZeroBounce) && asked.len() == 7);
    let after = fair.home.read("list.enriched.csv");
    assert!(after.lines().last().unwrap().contains(",,,skipped,missing_input:email,"), "{after}");
    assert!(after.contains(",no_result,"), "somebody is not there: {after}");
    let own = ["verify", "list.csv", "--by", "hunter", "--dry-run"];
    fair.home.run(&own).ends(0).says("hunter");
    fair.home.run(&["verify", "list.csv", "--by", "prospeo", "--yes"]).ends(2).says("no key");
    fair.home.run(&["verify", "list.csv", "--catch-all", "burn", "--yes"]).ends(2);
    let home = Home::new();
    home.write("list.csv", "Email\na@example.com\n");
    home.run(&["verify", "list.csv", "--yes"]).ends(4).says("morket keys set zerobounce");
}

#[test]
fn a_schema_is_shown_brought_down_and_up() {
    let home = Home::new();
    home.run(&["migrate", "show"]).ends(1).says("there is no store at");
    let up = json(&home.run(&["migrate", "up", "--json"]).ends(0).out);
    let latest = up["migrations"].as_array().unwrap().len();
    assert_eq!(up["at"], latest);
    home.run(&["migrate", "down", "--to", "2"]).ends(0).says(&format!("needs {latest}"));
    let shown = json(&home.run(&["migrate", "show", "--json"]).ends(0).out);
    assert_eq!((&shown["at"], &shown["migrations"][2]["applied"]), (&2.into(), &false.into()));
    // Whatever opens the store brings it up.
    home.run(&["runs"]).ends(0);
    home.run(&["migrate", "show"]).ends(0).says("as this release needs it");
    let refused = home.run(&["migrate", "down", "--to", "0"]).ends(1);
    refused.says("the audit log is not empty; add --destroy");
    home.run(&["migrate", "down", "--to", "0", "--destroy"]).ends(0);
    home.run(&["migrate", "show"]).ends(0).says("The store is at 0");
}

/// A rotation may be killed anywhere: before the new master is written down, behind that with
/// nothing wrapped under it, or behind the wrapping with the old one still there.
#[test]
fn p093_a_master_key_is_rotated_whatever_ends_it() {
    // method: crash
    let home = Home::new();
    home.run(&["vault", "rotate"]).ends(1).says("there are no keys yet");
    home.run_with(&["keys", "set", "hunter"], b"a_key_of_hunter_1111\n").ends(0);
    let master = home.root().join(".config/morket/master.key");
    let read = || std::fs::read_to_string(&master).unwrap();
    let works = || home.run(&["keys", "test", "hunter", "--json"]).code != 1;
    let first = read();
    // Killed while the new file was written: what lies beside counts for nothing.
    std::fs::write(master.with_extension("new"), "half").unwrap();
    let told = json(&home.run(&["vault", "rotate", "--json"]).ends(0).out);
    assert_eq!((&told["masterVersion"], &told["rewrapped"]), (&2.into(), &1.into()));
    let second = read();
    assert!(second.starts_with("2 ") && second.lines().count() == 1 && works());
    // Killed with a third written down, and nothing under it.
    let third = format!("{second}3 {}\n", "0af9".repeat(16));
    std::fs::write(&master, &third).unwrap();
    assert!(works(), "both are there");
    let told = json(&home.run(&["vault", "rotate", "--json"]).ends(0).out);
    assert_eq!((&told["masterVersion"], &told["rewrapped"]), (&3.into(), &1.into()));
    // Killed with everything wrapped, and the old one still there.
    std::fs::write(&master, &third).unwrap();
    let told = json(&home.run(&["vault", "rotate", "--json"]).ends(0).out);
    assert_eq!((&told["masterVersion"], &told["rewrapped"]), (&3.into(), &0.into()));
    assert!(works() && read().lines().count() == 1);
    // The old ones open nothing any more.
    for old in [first, second] {
        std::fs::write(&master, old).unwrap();
        assert!(!works());
    }
}

/// As the first release wrote it: the key alone.
#[test]
fn a_master_key_without_a_version_is_the_first() {
    let home = Home::new();
    home.run_with(&["keys", "set", "hunter"], b"a_key_of_hunter_1111\n").ends(0);
    let master = home.root().join(".config/morket/master.key");
    let text = std::fs::read_to_string(&master).unwrap();
    std::fs::write(&master, text.strip_prefix("1 ").unwrap()).unwrap();
    home.run(&["vault", "rotate"]).ends(0).says("version 2");
    home.run(&["keys", "list"]).ends(0).says("1111");
}

#[test]
fn the_doctor_tells_what_holds() {
    let home = Home::new();
    let told = home.run(&["doctor"]).ends(0).says("synchronous = FULL").says("the user's data");
    let told = told.says("one file").says("the store's is 0.");
    assert!(!told.out.contains("WRONG"), "{told:#?}");
    home.write("morket.toml", "store = \"/dev/full/x.db\"\n");
    home.run(&["doctor"]).ends(1).says("morket.toml");
}

#[test]
fn a_manual_has_a_page_for_each_verb() {
    let home = Home::new();
    home.run(&["man", "--to", "man"]).ends(0);
    for verb in ["enrich", "init", "vault", "keys", "webhooks"] {
        let page = home.read(&format!("man/morket-{verb}.1"));
        assert!(page.contains(&format!(".TH morket-{verb} 1")), "{page}");
        assert!(page.contains("Examples"), "{verb}");
    }
    assert!(
        home.read("man/morket-vault-rotate.1").contains("keep\\-old"),
        "and of each verb of it"
    );
    let whole = home.run(&["man"]).ends(0).out;
    assert!(whole.contains("Exit codes"), "{whole}");
}

#[test]
fn spend_is_added_up_as_it_is_asked_for() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(4);
    let args = ["enrich", "leads.csv", "--want", "email", "--yes", "--price", "hunter=0.1usd"];
    let line = json(&fair.home.run(&[&args[..], &["--json"]].concat()).ends(0).out);
    let spend = |by: &str| json(&fair.home.run(&["spend", "--json", "--by", by]).ends(0).out);
    let usd = &spend("provider")["byProvider"]["hunter"]["usd"];
    assert_eq!(usd.as_str().unwrap().parse::<f64>().ok(), line["cost"]["usd"].as_f64());
    let run = line["run"].as_str().unwrap();
    assert_eq!(&spend("run")["byRun"][run]["usd"], usd);
    let days = spend("day")["byDay"].as_object().unwrap().clone();
    assert_eq!(&days.values().next().unwrap()["usd"], usd);
    fair.home.run(&["spend", "--by", "moon"]).ends(2).says("provider");
    fair.home.run(&["spend", "--since", "0s"]).ends(0).says("No run since");
}

#[test]
fn a_single_row_is_told_cell_by_cell() {
    let fair = Fair::open(Options::seeded(3), "k");
    let row = &fair.sandbox.world().demo_rows(1)[0];
    let (name, site) =
        (format!("full_name={}", row.full_name), format!("company_domain={}", row.company_domain));
    let args = ["enrich", "--set", &name, "--set", &site, "--want", "email", "--yes", "--json"];
    let told = ran(fair.home.command(&args).output().unwrap()).ends(0).out;
    let cell: Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    assert_eq!(cell["field"], "email");
    assert_eq!(json(&told)["rows"], 1);
}
