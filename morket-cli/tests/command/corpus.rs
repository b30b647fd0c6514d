//! Files as people have them, through the command and back.

#[path = "../files/awkward.rs"]
mod awkward;

use super::support::{Fair, Home, ran};
use awkward::{Case, Fate, cases};
use morket::providers::sandbox::Options;
use morket_cli::table::{Dialect, Reader, Row};
use std::io::Write;

/// A file read: how it is written, what its columns are called, its rows with blank lines.
fn read(name: &str, bytes: &[u8]) -> (Dialect, Vec<String>, Row, Vec<Row>) {
    let mut reader = Reader::open(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (mut rows, mut row) = (Vec::new(), Row::default());
    while reader.next(&mut row).unwrap_or_else(|error| panic!("{name}: {error}")) {
        rows.push(row.clone());
    }
    (reader.dialect(), reader.names().to_vec(), reader.header().clone(), rows)
}

/// Runs a file; what came out, and the run's id. Nothing if it was refused as it should be.
fn check(home: &Home, (name, bytes, fate): &Case) {
    home.write(name, bytes);
    let args =
        ["enrich", name, "--want", "email", "--waterfall", "email=hunter", "--yes", "--json"];
    let more = ["-o", "out", "--force", "--columns", "minimal", "--kind", "person"];
    let ran = home.run(&[&args[..], &more].concat());
    let Fate::Back = fate else {
        let Fate::Refused(why) = fate else { unreachable!() };
        assert_eq!(ran.code, 2, "{name}: {ran:#?}");
        assert!(ran.err.contains(why), "{name}: {why}: {ran:#?}");
        assert!(!home.path("out").exists(), "{name}: nothing is written");
        return;
    };
    assert_eq!(ran.code, 0, "{name}: {ran:#?}");
    let after = std::fs::read(home.path("out")).unwrap();
    let (old, new) = (read(name, bytes), read(name, &after));
    assert_eq!(old.0, new.0, "{name}: how it is written");
    assert!(old.1.iter().all(|it| new.1.contains(it)), "{name}: headers: {:?}", new.1);
    assert_eq!(old.3.len(), new.3.len(), "{name}: lines");
    for (old, new) in [(&old.2, &new.2)].into_iter().chain(old.3.iter().zip(&new.3)) {
        assert_eq!(old.end(), new.end(), "{name}: line {}", old.line);
        // A line that goes on behind what it was; an object closes later.
        let body = old.body();
        let body = body.strip_suffix(b"}").filter(|_| name.contains("json")).unwrap_or(body);
        assert_eq!(body, &new.body()[..body.len()], "{name}: line {}", old.line);
    }
    let line: serde_json::Value = serde_json::from_str(ran.out.trim()).unwrap();
    assert_eq!(line["run"].is_null(), line["rows"] == 0, "{name}: {line}");
    if let Some(run) = line["run"].as_str() {
        let again = home.command(&["export", run, "-o", "-"]).output().unwrap();
        assert!(again.stdout == after, "{name}: another table when it is written again");
    }
    std::fs::remove_file(home.path("out")).unwrap();
}

#[test]
fn p204_files_come_back_as_they_were_or_are_refused_with_the_reason() {
    // method: exhaustive
    let fair = Fair::open(Options::seeded(3), "k");
    assert!(cases().len() >= 40, "{}", cases().len());
    for case in &cases() {
        check(&fair.home, case);
    }
    let names: std::collections::BTreeSet<_> = cases().iter().map(|it| it.0).collect();
    assert_eq!(names.len(), cases().len(), "each file has a name of its own");
}

/// A quote that was never closed, in a file of a hundred megabytes.
#[cfg(unix)]
#[test]
fn p208_a_cell_of_a_hundred_megabytes_is_refused_in_little_memory() {
    let home = Home::new().with("MORKET_HUNTER_KEY", "k").with("TOKIO_WORKER_THREADS", "2");
    let path = home.write("huge.csv", "Name,Website\nAda E,\"");
    let mut file = std::fs::File::options().append(true).open(path).unwrap();
    for _ in 0..100 {
        file.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    drop(file);
    // Less than the cell.
    limited(&home, 81_920, &["plan", "huge.csv", "--want", "email"])
        .ends(2)
        .says("line 2, column 2: the cell is longer than 1 MiB");
    assert!(!home.root().join(".local/share/morket/runs").read_dir().unwrap().any(|_| true));
}

/// Runs the command with less memory for its data than this many kilobytes.
#[cfg(unix)]
fn limited(home: &Home, kilobytes: u32, args: &[&str]) -> super::support::Ran {
    let mut command = std::process::Command::new("sh");
    let line = format!("ulimit -d {kilobytes} && exec \"$0\" \"$@\"");
    command.args(["-c", &line, env!("CARGO_BIN_EXE_morket")]).args(args);
    home.surround(&mut command);
    ran(command.output().unwrap())
}

/// A file many times larger than the memory that there is for it.
#[cfg(unix)]
#[test]
fn p080_a_file_of_any_length_is_planned_in_the_same_memory() {
    let home = Home::new().with("MORKET_HUNTER_KEY", "k").with("TOKIO_WORKER_THREADS", "2");
    let row = format!("Ada Example,example.com,{}\n", "x".repeat(2_000));
    let mut file = std::fs::File::create(home.path("long.csv")).unwrap();
    file.write_all(b"Name,Website,Note\n").unwrap();
    for _ in 0..120 {
        file.write_all(row.repeat(500).as_bytes()).unwrap();
    }
    drop(file);
    let args = ["plan", "long.csv", "--want", "email"];
    limited(&home, 81_920, &args).ends(0).says("60000 rows to run");
}

/// What the command makes of a record that cannot be used, wherever it stands.
#[test]
fn p081_a_row_that_cannot_be_used_is_kept_and_told_or_refuses_the_file() {
    // method: exhaustive
    let fair = Fair::open(Options::seeded(3), "k");
    let rows = fair.sandbox.world().demo_rows(3);
    for bad in 0..3 {
        let mut file = "Name,Website\n".to_owned();
        for (at, row) in rows.iter().enumerate() {
            let site = if at == bad { "n.a?" } else { &row.company_domain };
            file.push_str(&format!("{},{site}\n", row.full_name));
        }
        fair.home.write("leads.csv", file);
        let args = ["enrich", "leads.csv", "--want", "email", "--yes", "-o", "out.csv", "--force"];
        let before = fair.home.run(&["runs", "--json"]).out.lines().count();
        let strict = fair.home.run(&[&args[..], &["--strict"]].concat()).ends(2);
        strict.says(&format!("line {}: invalid_input: company_domain \"n.a?\"", bad + 2));
        assert_eq!(fair.home.run(&["runs", "--json"]).out.lines().count(), before, "no run");
        fair.home.run(&args).ends(0);
        let after = fair.home.read("out.csv");
        for (at, line) in after.lines().skip(1).enumerate() {
            let kept = line.contains(",skipped,\"invalid_input: company_domain");
            assert_eq!(kept, at == bad, "{line}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_that_has_a_name_is_a_file_like_others() {
    let fair = Fair::open(Options::seeded(3), "k");
    let path = fair.home.path("leads.fifo");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let args = ["enrich", "leads.fifo", "--want", "email", "--waterfall", "email=hunter", "--yes"];
    let child = fair.home.command(&[&args[..], &["-o", "-"]].concat()).spawn().unwrap();
    std::fs::write(&path, "Name,Website\nAda Example,example.com\n").unwrap();
    let ran = ran(child.wait_with_output().unwrap()).ends(0);
    assert!(ran.out.starts_with("Name,Website,email,email_result,"), "{ran:#?}");
}
