//! What cannot be used is refused: by name, with what to do, and before anything is paid or lost.

use super::support::{Fair, Home};
use morket::providers::sandbox::Options;

/// A home with a list, a key that is never used, and files that are none.
fn home() -> Home {
    let home = Home::new().with("MORKET_HUNTER_KEY", "k");
    home.write("leads.csv", "Name,Website\nAda Example,example.com\n");
    home.write("empty.csv", "");
    home
}

/// Typed in such a home, this ends so, and says this.
#[track_caller]
fn check(args: &[&str], code: i32, said: &str) {
    home().run(args).ends(code).says(said);
}

#[test]
fn what_is_no_store_is_not_made_a_file() {
    let home = home();
    let at = |store: &str| home.run(&["runs", "--store", store]).ends(2);
    at("mysql://me:hidden@db/x").says("--store: `mysql://` is spoken by no store; name a file");
    at("sqlite:///tmp/x.db").says("`sqlite://`");
    at("Postgres://db/x").says("`Postgres://`");
    at("").says("--store: it is empty");
    assert!(!home.path("mysql:").exists());
    home.write("text.db", "this is no database\n");
    home.run(&["runs", "--store", "text.db"]).ends(1).says("morket: text.db: the file is damaged");
    home.settle("store = \"redis://x\"\n");
    home.run(&["runs"]).ends(2).says("morket.toml: `redis://`");
}

#[test]
fn a_file_that_is_no_table_is_named() {
    check(&["plan", "empty.csv", "--want", "email"], 2, "morket: empty.csv: is empty");
    check(&["init", "empty.csv"], 2, "morket: empty.csv: is empty");
    check(&["suppress", "import", "empty.csv"], 2, "morket: empty.csv: is empty");
    check(&["plan", ".", "--want", "email"], 2, "morket: . is a folder");
    check(&["suppress", "import", "."], 2, "morket: . is a folder");
    check(&["plan", "none.csv", "--want", "email"], 2, "morket: none.csv: No such file");
    check(&["why", "none.csv", "--row", "1", "--field", "email"], 2, "none.csv is no file");
}

#[cfg(unix)]
#[test]
fn a_device_is_not_read() {
    check(&["plan", "/dev/zero", "--want", "email"], 2, "/dev/zero is a device, not a table");
    check(&["suppress", "import", "/dev/zero"], 2, "/dev/zero is a device");
    check(&["plan", "leads.csv", "-p", "/dev/zero"], 2, "/dev/zero: is longer than 4 MiB");
    let home = home().with("MORKET_CONFIG", "/dev/zero");
    home.run(&["runs"]).ends(2).says("/dev/zero: is longer than 4 MiB");
}

#[test]
fn flags_that_make_no_sense_are_refused_before_anything_runs() {
    let with = |flag: &str, value: &str, said: &str| {
        check(&["enrich", "leads.csv", "--want", "email", "--dry-run", flag, value], 2, said);
    };
    with("--sample", "0", "--sample");
    with("--min-fill", "200%", "--min-fill: `200%` must look like 50%");
    with("--max-wait", "soon", "--max-wait: must be a span");
    with("--map", "Site=email", "there is no column `Site`; there are `Name`, `Website`");
    with("--budget", "25usd", "what `hunter` costs: add --price hunter=0.05usd");
    let by = ["plan", "leads.csv", "--want", "email", "--waterfall", "email=apollo"];
    check(&by, 2, "`apollo` has no key: `morket keys set apollo`, or take it out");
    check(&["plan", "leads.csv", "--want", "emial"], 2, "`emial` is not known; there are email");
    check(&["webhooks", "rotate", "12"], 2, "`12` is no endpoint; `morket webhooks list`");
    check(&["webhooks", "replay", "12"], 2, "`12` is no delivery; `morket webhooks deliveries");
    let events = ["webhooks", "add", "https://example.com", "--events", "nope"];
    check(&events, 2, "--events: `nope` is none of");
    let url = ["webhooks", "add", "ftp://example.com", "--events", "job.failed"];
    check(&url, 2, "URL: only http and https");
    check(&["man", "--to", "leads.csv/x"], 1, "leads.csv/x: ");
    check(&["sandbox", "--log", "none/x"], 2, "--log none/x: ");
    let keys = |given: &[u8]| home().run_with(&["keys", "set", "hunter"], given).ends(2);
    keys(b"k\xff").says("key: standard input does not hold text");
    keys(b"a\x00b\n").says("key: must be one line");
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let with = |settings: &str, said: &str| {
        let home = home();
        home.settle(settings);
        home.run(&["plan", "leads.csv", "--want", "email"]).ends(2).says(said);
    };
    with("egress = [\"x\"]\n", "egress: `x` must look like 127.0.0.1:8080");
    let base = "[providers.hunter]\nbase_url = \"ftp://x\"\n";
    with(base, "providers.hunter.base_url: must begin with https://");
    with("retention = \"forever\"\n", "retention: must be a span");
}

/// The old master key goes with a rotation: not where the store that is sealed under it was missed.
#[test]
fn a_store_that_is_not_there_is_not_rotated() {
    let home = home();
    home.run_with(&["keys", "set", "hunter"], b"a-key-of-hunters\n").ends(0);
    let master = home.root().join(".config/morket/master.key");
    let before = std::fs::read(&master).unwrap();
    let typo = ["vault", "rotate", "--store", "typo.db"];
    home.run(&typo).ends(1).says("there is no store at typo.db: nothing was changed");
    assert_eq!(std::fs::read(&master).unwrap(), before);
    home.run(&["vault", "rotate"]).ends(0);
}

#[test]
fn down_does_not_lead_up() {
    let home = home();
    home.run(&["runs"]).ends(0);
    home.run(&["migrate", "down", "--to", "99"]).ends(2).says("and 99 is not down");
}

#[test]
fn what_can_be_done_with_a_run_that_is_over_is_told() {
    let fair = Fair::open(Options::seeded(3), "bad-key");
    fair.leads(2);
    let home = &fair.home;
    let by = ["enrich", "leads.csv", "--want", "email", "--waterfall", "email=hunter", "--yes"];
    let ran = home.run(&[&by[..], &["--max-wait", "0s"]].concat()).ends(4);
    ran.says("field  found  of  pending  fill");
    let runs: serde_json::Value =
        serde_json::from_str(home.run(&["runs", "--json"]).out.trim()).unwrap();
    let run = runs["run"].as_str().unwrap();
    home.run(&["cancel", run]).ends(0);
    home.run(&["resume", run]).ends(2).says("is cancelled already; `morket export");
    home.run(&["retry", run, "--only", "nothing"]).ends(0).says("Nothing failed.");
}
