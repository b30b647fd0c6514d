//! What cannot be used is refused before anything is paid, with the sentence that helps.

use super::support::Home;

#[test]
fn bad_inputs_are_refused_with_what_to_do() {
    let home = Home::new().with("MORKET_HUNTER_KEY", "k");
    home.write("empty.csv", "");
    home.write("good.csv", "Name,Website\nAda Example,example.com\nBob,n.a?\n");
    home.write("names.csv", "Name\nAda\n");
    home.write("strange.csv", "Foo,Bar\n1,2\n");
    home.write("open.csv", "Name,Website\n\"Ada,example.com\n");
    home.write("zip.csv", b"PK\x03\x04");
    home.write("plan.toml", "kind = \"person\"\nwant = [\"email\"]\nfrobnicate = 1\n");
    let want = ["--want", "email"];
    let rows: &[(&[&str], &str)] = &[
        (&[], "name a file"),
        (&["missing.csv"], "missing.csv"),
        (&["."], "is a folder"),
        (&["empty.csv"], "is empty"),
        (&["zip.csv"], "save the sheet as CSV"),
        (&["open.csv"], "line 2, column 1: a quote opens here and never closes"),
        (&["strange.csv"], "no column is known (Foo, Bar)"),
        (&["names.csv", "--want", "company_domain"], "--map \"Name=full_name\""),
        (&["names.csv", "--map", "Nmae=full_name"], "there is no column `Nmae`"),
        (&["good.csv", "--map", "Name=nonsense"], "`nonsense` is not known"),
        (&["good.csv", "--want", "emial"], "`emial` is not known"),
        (&["good.csv", "--budget", "lots"], "must be an amount in dollars"),
        (&["good.csv", "--budget", "5usd"], "what `hunter` costs: add --price hunter=0.05usd"),
        (&["good.csv", "--budget", "clearbit=5"], "clearbit"),
        (&["good.csv", "--waterfall", "email"], "must look like `email=hunter,dropcontact`"),
        (&["good.csv", "--waterfall", "email=nobody"], "`nobody` is not known"),
        (&["good.csv", "--verify", "email=zerobounce"], "name the waterfall too"),
        (&["good.csv", "--existing", "burn"], "must be keep, verify or refresh"),
        (&["good.csv", "--max-wait", "soon"], "must be a span"),
        (&["good.csv", "--min-fill", "all"], "must look like 50%"),
        (&["good.csv", "-p", "plan.toml"], "frobnicate"),
        (&["good.csv", "-p", "none.toml"], "none.toml"),
        (&["good.csv", "--strict"], "line 3: invalid_input: company_domain \"n.a?\""),
        (&["good.csv"], "add --budget 25usd"),
        (&["good.csv", "-o", "good.csv", "--yes"], "is there already"),
        (&["--set", "full_name"], "must look like full_name="),
        (&["--set", "email=a@b.example", "--set", "email=c@d.example"], "given twice"),
        (&["good.csv", "--set", "email=x"], "cannot be used with"),
    ];
    for (args, expected) in rows {
        let all = [&["enrich"], *args, &want].concat();
        let args: &[&str] = if args.contains(&"--want") { &all[..all.len() - 2] } else { &all };
        home.run(args).ends(2).says(expected);
    }
    assert!(!home.path("good.enriched.csv").exists());
    let kept = std::fs::read_dir(home.root().join(".local/share/morket/runs")).unwrap().count();
    assert_eq!(kept, 0, "what was refused leaves nothing behind");
}

#[test]
fn without_a_key_it_says_how_to_get_on() {
    let home = Home::new();
    home.write("good.csv", "Name,Website\nAda Example,example.com\n");
    let ran = home.run(&["plan", "good.csv", "--want", "email"]).ends(2);
    ran.says("morket keys set PROVIDER").says("morket try");
}

#[test]
fn a_plan_pays_nothing_and_tells_what_it_may_cost() {
    let home = Home::new().with("MORKET_HUNTER_KEY", "k");
    home.write("good.csv", "Name,Website\nAda Example,example.com\nBob B,example.org\n");
    let plan = ["plan", "good.csv", "--want", "email", "--price", "hunter=0.01usd"];
    home.run(&plan).ends(0).says("full_name").says("Worst case: 0.0").says("2 rows to run");
    let tight = [&plan[..], &["--budget", "0.001usd"]].concat();
    home.run(&tight).ends(3).says("exceeds the budget");
    let units = [&plan[..], &["--budget", "hunter=1"]].concat();
    home.run(&units).ends(3).says("exceeds the budget");
    let json = home.run(&[&plan[..], &["--json"]].concat()).ends(0);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["mapping"][1]["field"], "company_domain");
    assert_eq!((&json["rows"], &json["kind"]), (&2.into(), &"person".into()));
}

#[test]
fn a_header_without_rows_is_given_back_with_its_new_columns() {
    let home = Home::new().with("MORKET_HUNTER_KEY", "k");
    home.write("head.csv", "Name;Website\r\n");
    home.run(&["enrich", "head.csv", "--want", "email", "--yes"]).ends(0).says("no rows");
    let expected = "Name;Website;email;email_result;email_reason;email_provider;morket_row_id\r\n";
    assert_eq!(home.read("head.enriched.csv"), expected);
}

#[test]
fn lists_need_nothing() {
    let home = Home::new();
    home.run(&["fields"]).ends(0).says("company_domain");
    home.run(&["fields", "email"]).ends(0).says("hunter/");
    home.run(&["fields", "emial"]).ends(2).says("is not known");
    home.run(&["providers", "list"]).ends(0).says("people-data-labs");
    home.run(&["runs"]).ends(0).says("No runs yet");
    home.run(&["resume", "0123abcd"]).ends(1).says("there is no run");
    home.run(&["doctor"]).ends(0).says("the user's data folder");
    home.run(&["spend", "--json"]).ends(0).says("byProvider");
    for verb in [&["fields", "--json"][..], &["providers", "list", "--json"], &["doctor", "--json"]]
    {
        for line in home.run(verb).ends(0).out.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }
}
