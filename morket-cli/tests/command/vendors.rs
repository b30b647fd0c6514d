//! Vendors without code: checked, tried, drafted, listed and used.

use super::support::{Fair, Home};
use morket::providers::sandbox::{Options, Vendor};
use serde_json::Value;

/// What the sandbox's Hunter answers, described by a manifest.
const ACME: &str = r#"
slug = "acme"
name = "Acme"
base_url = "https://api.acme.example/v2"
as_of = "2026-11-21"

[auth]
header = "x-api-key"

[[operation]]
name = "finder"
kind = "person"
inputs = [["full_name", "company_domain"]]
billing = { answer = "1", unbilled_errors = true }
only_with = "email"
retry_on_ambiguous = true

[operation.request]
path = "/email-finder"
query = { full_name = "{{ full_name }}", domain = "{{ company_domain }}" }

[operation.output]
email = "$.data.email"
email_status = { at = "$.data.verification.status", map = { valid = "valid" }, else = "unknown" }
title = "$.data.position"

[[operation.outcome]]
status = 429
then = "out_of_credits"
"#;

fn fair() -> Fair {
    let mut fair = with_acme(Options::default());
    let home = std::mem::replace(&mut fair.home, Home::new());
    fair.home = home.with("MORKET_ACME_KEY", "canary-key-123");
    fair
}

/// Fake vendors, and a folder with a manifest that leads to one of them.
pub(super) fn with_acme(options: Options) -> Fair {
    let fair = Fair::open(options, "k");
    let settings = fair.home.settled();
    let base = fair.sandbox.base_url(Vendor::Hunter);
    let more = format!("{settings}\n[providers.acme]\nbase_url = \"{base}\"\n");
    fair.home.settle(format!("providers_dir = {:?}\n{more}", fair.home.path("vendors")));
    std::fs::create_dir(fair.home.path("vendors")).unwrap();
    fair.home.write("vendors/acme.toml", ACME);
    fair
}

#[test]
fn a_check_points_at_lines_and_ends_with_one() {
    let home = Home::new();
    home.write("right.toml", ACME);
    home.run(&["providers", "check", "right.toml"]).ends(0).says("nothing is wrong: acme, 1 op");
    home.write("wrong.toml", ACME.replace("path =", "pth ="));
    let ran = home.run(&["providers", "check", "wrong.toml"]).ends(1);
    assert!(
        ran.out.starts_with("wrong.toml:18:1: operation.0.request: `path` is missing"),
        "{ran:?}"
    );
    assert!(ran.out.contains("wrong.toml:19:1: operation.0.request.pth: there is no such key"));
    let ran = home.run(&["providers", "check", "wrong.toml", "--json"]).ends(1);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["problems"][1]["line"], 19);
    assert_eq!(told["ok"], false);
    home.run(&["providers", "check", "nowhere.toml"]).ends(2).says("nowhere.toml");
}

#[test]
fn a_draft_passes_the_check() {
    let home = Home::new();
    let command = "curl https://api.beta.example/v1?email=a@b.example -H 'X-Key: canary-1'";
    let drafted = home.run(&["providers", "new", "beta", "--from-curl", command]).ends(0);
    assert!(!drafted.out.contains("canary"), "{}", drafted.out);
    home.write("beta.toml", &drafted.out);
    home.run(&["providers", "check", "beta.toml"]).ends(0);
    let piped =
        home.run_with(&["providers", "new", "beta", "--from-curl", "-"], command.as_bytes());
    assert_eq!(piped.ends(0).out, drafted.out);
    home.run(&["providers", "new", "beta"]).ends(0).says("x-api-key");
    home.run(&["providers", "new", "beta", "--from-curl", "ls"]).ends(2).says("must begin with");
}

/// Another operation of it, at three times the price; it and the first are answered in riddles.
const RIDDLES: &str = r#"
[[operation]]
name = "firm"
kind = "company"
inputs = [["company_domain"]]
request = { path = "/riddle", query = { domain = "{{ company_domain }}" } }
output = { industry = "$.data.industry" }
billing = { answer = "3", unbilled_errors = true }

[[operation.outcome]]
status = 404
then = "unknown"
"#;

#[test]
fn what_failed_is_priced_as_it_was_asked() {
    let fair = fair();
    let finder =
        ACME.replace("status = 429\nthen = \"out_of_credits\"", "status = 404\nthen = \"unknown\"");
    let finder =
        finder.replace("/email-finder", "/riddle").replace("retry_on_ambiguous = true", "");
    fair.home.write("vendors/acme.toml", finder + RIDDLES);
    let row = &fair.sandbox.world().demo_rows(1)[0];
    let (name, domain) = (&row.full_name, &row.company_domain);
    fair.home.write("leads.csv", format!("Name,Website\n{name},{domain}\n"));
    // One call for two fields of a row, and another for the third.
    let ask = ["enrich", "leads.csv", "--want", "email,title,industry", "--price", "acme=1usd"];
    let whom = ["email=acme", "title=acme", "industry=acme"].map(|it| ["--waterfall", it]).concat();
    let ran = fair.home.run(&[&ask[..], &whom, &["--yes", "--json"]].concat()).ends(5);
    let line: Value = serde_json::from_str(ran.out.trim()).unwrap();
    let run = line["run"].as_str().unwrap();
    let told = fair.home.run(&["errors", run, "--json"]).ends(0).out;
    let told: Value = serde_json::from_str(told.trim()).unwrap();
    assert_eq!((&told["cause"], &told["rows"]), (&"ambiguous".into(), &1.into()), "{told}");
    assert_eq!((&told["retryUnits"], &told["retryUsd"]), (&"4".into(), &"4".into()), "{told}");
    fair.home.run(&["errors", run]).ends(0).says("up to 4 USD");
}

#[test]
fn a_bad_file_harms_no_other() {
    let fair = fair();
    fair.home.write("vendors/bad.toml", "slug = 7\n");
    fair.home.write("vendors/hunter.toml", ACME.replace("\"acme\"", "\"hunter\""));
    let list = fair.home.run(&["providers", "list", "--json"]).ends(0);
    assert!(list.err.contains("bad.toml:1:8: slug: must be"), "{}", list.err);
    assert!(list.err.contains("hunter.toml:2:8: slug: `hunter` is built in"), "{}", list.err);
    let lines: Vec<Value> = list.out.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let origin = |slug: &str| {
        let line = lines.iter().find(|it| it["provider"] == slug).unwrap();
        line["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(origin("hunter"), "built-in");
    assert!(origin("acme").ends_with("vendors/acme.toml"), "{}", origin("acme"));
}

#[test]
fn one_live_question_shows_everything_but_the_key() {
    let fair = fair();
    let row = fair.sandbox.world().demo_rows(40).into_iter().nth(3).unwrap();
    let name = format!("full_name={}", row.full_name);
    let domain = format!("company_domain={}", row.company_domain);
    let check = ["providers", "check", "vendors/acme.toml", "--live"];
    let ask = [&check[..], &["--set", &name, "--set", &domain, "--save", "kept.json"]].concat();
    let ran = fair.home.run(&ask);
    for said in
        ["GET http://127.0.0.1", "x-api-key: [REDACTED]", "answer 200", "outcome ", "billed "]
    {
        assert!(ran.out.contains(said), "{said}: {ran:#?}");
    }
    let kept = fair.home.read("kept.json");
    let fixture: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(fixture["status"], 200);
    for text in [&ran.out, &ran.err, &kept] {
        assert!(!text.contains("canary"), "{text}");
    }
    let asked = fair.sandbox.log(0, 100).len();
    fair.home.run(&ask).ends(2).says("kept.json is there already; add --force");
    assert_eq!(fair.sandbox.log(0, 100).len(), asked, "nobody is asked for what cannot be kept");
    assert_eq!(fair.home.read("kept.json"), kept);
    let json = fair.home.run(&[&ask[..], &["--force", "--json"]].concat());
    let told: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(told["answer"]["status"], 200);
    fair.home.run(&check).ends(2).says("no operation fits: finder needs --set ");
    let other = [&check[..], &["--set", "colour=red"]].concat();
    fair.home.run(&other).ends(2).says("no operation of this manifest takes `colour`");
    // What was kept is read again, by a manifest that may have changed, and nobody is asked.
    let asked = fair.sandbox.log(0, 100).len();
    let offline = ["providers", "check", "vendors/acme.toml", "--answer", "kept.json"];
    let offline = [&offline[..], &["--set", &name, "--set", &domain]].concat();
    let again = fair.home.run(&offline);
    let read = |out: &str| out[out.find("answer 200").unwrap()..].to_owned();
    assert_eq!((again.code, read(&again.out)), (ran.code, read(&ran.out)), "{again:#?}");
    assert_eq!(fair.sandbox.log(0, 100).len(), asked);
    fair.home.write("kept.json", "{\"state\": 200}");
    fair.home.run(&offline).ends(2).says("kept.json: unknown field `state`");
    fair.home.run(&[&check[..], &["--operation", "finder"]].concat()).ends(2).says("needs --set");
}

/// What the sandbox's Dropcontact answers, described by a manifest.
const LATER: &str = r#"
slug = "later"
name = "Later"
base_url = "https://api.later.example"
as_of = "2026-11-21"

[auth]
header = "x-access-token"

[[operation]]
name = "enrich"
kind = "person"
inputs = [["full_name"]]
billing = { answer = "1", unbilled_errors = true }
bulk = { max = 100, answers = "$.data" }
poll = { path = "/enrich/all/{{ @task }}" }
output = { email = "$.email[0].email", full_name = "$.full_name" }

[operation.request]
path = "/enrich/all"
json = { data = { "$each" = { full_name = "{{ full_name }}" } } }

[[operation.outcome]]
at = "$.request_id"
exists = true
then = "pending"
task = "$.request_id"

[[operation.outcome]]
at = "$.reason"
says = "not ready"
then = "pending"
"#;

#[test]
fn a_task_is_asked_about_by_its_name() {
    let fair = Fair::open(Options::default(), "k");
    let base = fair.sandbox.base_url(Vendor::Dropcontact);
    let settings = fair.home.settled();
    fair.home.settle(format!("{settings}\n[providers.later]\nbase_url = \"{base}\"\n"));
    fair.home.write("later.toml", LATER);
    let home = fair.home.with("MORKET_LATER_KEY", "canary-key-123");
    let row = fair.sandbox.world().demo_rows(40).into_iter().nth(3).unwrap();
    let name = format!("full_name={}", row.full_name);
    let check = ["providers", "check", "later.toml", "--live", "--set", &name];
    let json = home.run(&[&check[..], &["--json"]].concat()).ends(0);
    let told: Value = serde_json::from_str(&json.out).unwrap();
    let task = told["task"].as_str().unwrap();
    assert_eq!(told["outcome"], "pending");
    let ask = [&check[..], &["--task", task]].concat();
    let first = home.run(&ask).ends(0).says("outcome pending").says(&format!("/enrich/all/{task}"));
    assert!(!first.out.contains("--task"), "that it waits is no new task: {}", first.out);
    let later: Vec<_> = (0..3).map(|_| home.run(&ask).ends(0).out).collect();
    let done = |it: &String| it.contains("outcome answer") && it.contains("full_name = ");
    assert!(later.iter().any(done), "{later:#?}");
    home.run(&check).ends(0).says("; ask how it stands with --task ");
    home.run(&["providers", "check", "later.toml", "--task", task]).ends(2);
}

/// A folder of somebody else's, in which a vendor of the user's own name leads elsewhere.
#[test]
fn a_folder_of_somebody_else_sends_no_key_anywhere() {
    let fair = fair();
    fair.leads(3);
    let elsewhere = fair.sandbox.base_url(Vendor::PeopleDataLabs);
    let rows = [
        format!("[providers.acme]\nbase_url = \"{elsewhere}\"\n"),
        format!("egress = [\"{}\"]\n", fair.sandbox.addr()),
        "providers_dir = \"vendors\"\n".to_owned(),
        "[providers.acme]\nprice = \"0.000001 usd\"\n".to_owned(),
        "retention = \"0s\"\n".to_owned(),
    ];
    let enrich = ["enrich", "leads.csv", "--want", "email", "--waterfall", "email=acme", "--yes"];
    for text in rows {
        fair.home.write("morket.toml", &text);
        let ran = fair.home.run(&enrich).ends(2).says("may be somebody else's");
        assert!(ran.err.contains("MORKET_CONFIG="), "{ran:#?}");
        assert!(fair.sandbox.log(0, 10).is_empty(), "{text}: nobody was asked");
    }
    // Whoever trusts the file says so.
    let home = fair.home.with("MORKET_CONFIG", "morket.toml");
    home.run(&enrich).ends(0);
    assert!(!fair.sandbox.log(0, 10).is_empty());
}

#[test]
fn a_vendor_of_a_file_fills_a_list() {
    let fair = fair();
    fair.leads(12);
    let enrich = ["enrich", "leads.csv", "--want", "email", "--waterfall", "email=acme", "--yes"];
    let ran = fair.home.run(&enrich).ends(0);
    let written = fair.home.read("leads.enriched.csv");
    assert!(written.contains(";acme;") || written.contains("acme"), "{ran:#?}\n{written}");
}

/// A vendor of addresses that does not say whether they are valid, and with a word on it.
#[test]
fn a_plan_tells_whose_addresses_would_all_be_refused() {
    let fair = fair();
    let plan = ["plan", "leads.csv", "--want", "email", "--waterfall", "email=mute"];
    fair.home.write("leads.csv", "Name,Website\nAda Example,acme.example\n");
    let mute = ACME.replace("\"acme\"", "\"mute\"");
    let told = mute.lines().filter(|it| !it.starts_with("email_status"));
    let told = told.collect::<Vec<_>>().join("\n");
    assert!(told.len() < mute.len(), "the vendor tells it");
    std::fs::create_dir_all(fair.home.path("vendors")).unwrap();
    fair.home.write("vendors/mute.toml", told);
    fair.home.run_with(&["keys", "set", "mute"], b"a-key-of-mute\n").ends(0);
    let warning = "None would be accepted: email of mute comes without a word";
    fair.home.run(&plan).ends(0).says(warning);
    let by = [&plan[..], &["--verify", "email=zerobounce"]].concat();
    assert!(!fair.home.run(&by).ends(0).out.contains("None would be accepted"));
    fair.home.write("vendors/mute.toml", mute);
    assert!(!fair.home.run(&plan).ends(0).out.contains("None would be accepted"));
}
