//! On a terminal it asks: what a column holds, whether to spend, which key.

use super::support::{Fair, Home};
use morket::providers::sandbox::Options;
use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use std::{
    ffi::OsStr,
    fs::File,
    io::{Read, Write},
    os::unix::ffi::OsStrExt,
};

/// Talks to the command through a terminal: waits for each question, then types the answer. Its
/// exit code and all that was on the screen.
fn talk(home: &Home, args: &[&str], talk: &[(&str, &str)]) -> (i32, String) {
    screen(home, args, 120, talk)
}

/// The same in a window of so many columns.
pub(crate) fn screen(
    home: &Home,
    args: &[&str],
    columns: u16,
    talk: &[(&str, &str)],
) -> (i32, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&master, size).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let end = || {
        let path = OsStr::from_bytes(name.as_bytes());
        File::options().read(true).write(true).open(path).unwrap()
    };
    let mut command = home.command(args);
    let mut child = command.stdin(end()).stderr(end()).stdout(end()).spawn().unwrap();
    // It holds our ends open, and the screen would never end.
    drop(command);
    let mut master = File::from(master);
    let (mut screen, mut piece) = (String::new(), [0; 4096]);
    let mut seen = 0;
    for (question, answer) in talk {
        while !screen[seen..].contains(question) {
            let read = master.read(&mut piece).unwrap_or(0);
            assert_ne!(read, 0, "{question} was not asked: {screen}");
            screen.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
        seen = screen.len();
        master.write_all(answer.as_bytes()).unwrap();
    }
    while let Ok(read @ 1..) = master.read(&mut piece) {
        screen.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    (child.wait().unwrap().code().unwrap(), screen)
}

#[test]
fn nothing_is_spent_that_was_not_agreed_to() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(3);
    let args = ["enrich", "leads.csv", "--want", "email"];
    for answer in ["n\n", "\n", "what?\n"] {
        let (code, screen) = talk(&fair.home, &args, &[("Go on? [y/N]", answer)]);
        assert_eq!(code, 1, "{screen}");
        assert!(screen.contains("3 rows to run") && screen.contains("nothing was run"), "{screen}");
    }
    assert!(fair.sandbox.log(0, 10).is_empty());
    assert!(!fair.home.path("leads.enriched.csv").exists());
    let (code, screen) = talk(&fair.home, &args, &[("Go on? [y/N]", "y\n")]);
    assert_eq!(code, 0, "{screen}");
    assert!(fair.home.read("leads.enriched.csv").contains(";found;"));
    let never = ["enrich", "leads.csv", "--want", "email", "--no-input", "--force"];
    assert_eq!(talk(&fair.home, &never, &[]).0, 2);
}

#[test]
fn a_column_in_doubt_is_asked_about() {
    let home = Home::new().with("MORKET_HUNTER_KEY", "k");
    home.write("names.csv", "Name,Foo\nAda Example,x\n");
    let args = ["plan", "names.csv", "--want", "industry", "--waterfall", "industry=hunter"];
    let question = "What does the column `Name` hold: full_name, company_name";
    let (code, screen) = talk(&home, &args, &[(question, "company_name\n")]);
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("you said so"), "{screen}");
    let (code, screen) = talk(&home, &args, &[(question, "nonsense\n")]);
    assert_eq!(code, 2, "{screen}");
}

#[test]
fn a_key_that_is_typed_is_not_seen() {
    let home = Home::new();
    let answers = [("Key for hunter: ", "sk_canary_5555\n")];
    let (code, screen) = talk(&home, &["keys", "set", "hunter"], &answers);
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("canary") && screen.contains("••••5555"), "{screen}");
}
