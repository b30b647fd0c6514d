//! Keys come in by standard input, lie sealed, and are never shown.

use super::support::Home;

const KEY: &str = "sk_canary_7f3a9b1c2d";

#[test]
fn a_key_is_kept_sealed_and_shown_masked() {
    let home = Home::new();
    home.run(&["keys", "list"]).ends(0).says("No keys yet");
    home.run_with(&["keys", "set", "hunter"], format!("{KEY}\n").as_bytes()).ends(0).says("1c2d");
    let list = home.run(&["keys", "list"]).ends(0).says("••••1c2d").says("keys file");
    let doctor = home.run(&["doctor"]).ends(0);
    let json = home.run(&["keys", "list", "--json"]).ends(0);
    for said in [&list, &doctor, &json] {
        assert!(!said.out.contains("canary") && !said.err.contains("canary"), "{said:?}");
    }
    let folder = home.root().join(".config/morket");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(KEY.len()).any(|it| it == KEY.as_bytes()), "{}", path.display());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} is {mode:o}", path.display());
        }
    }
    home.run_with(&["keys", "set", "hunter"], b"another_key_9999\n").ends(0);
    home.run(&["keys", "list"]).ends(0).says("9999");
    home.run(&["keys", "remove", "hunter"]).ends(0);
    home.run(&["keys", "remove", "hunter"]).ends(1).says("no stored key");
}

#[test]
fn the_environment_wins() {
    let home = Home::new().with("MORKET_PEOPLE_DATA_LABS_KEY", KEY);
    let list = home.run(&["keys", "list"]).ends(0).says("MORKET_PEOPLE_DATA_LABS_KEY");
    assert!(!list.out.contains("canary"));
    let set = ["keys", "set", "people-data-labs"];
    home.run_with(&set, b"stored_key_1111\n").ends(0).says("wins over it");
}

#[test]
fn what_is_no_key_is_refused() {
    let home = Home::new();
    home.run_with(&["keys", "set", "hunter"], b"\n").ends(2).says("no key was given");
    home.run_with(&["keys", "set", "nobody"], b"k\n").ends(2).says("is not known");
    home.run(&["keys", "set", "hunter", "the-key"]).ends(2).says("unexpected argument");
    home.run(&["keys", "test", "hunter"]).ends(4).says("morket keys set hunter");
}

#[cfg(unix)]
#[test]
fn a_master_key_that_others_may_read_or_that_is_gone_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.run_with(&["keys", "set", "hunter"], b"a_key_123456\n").ends(0);
    let master = home.root().join(".config/morket/master.key");
    std::fs::set_permissions(&master, std::fs::Permissions::from_mode(0o644)).unwrap();
    home.run(&["keys", "list"]).ends(1).says("chmod 600");
    std::fs::remove_file(&master).unwrap();
    home.run(&["keys", "list"]).ends(1).says("master.key is gone");
}
