//! Passwords and the gate in front of them. A hash is slow, so each test makes few of them.

#![cfg(feature = "identity")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, Version, password_hash::phc::PasswordHash as Phc,
};
use morket_core::{
    ErrorKind, Secret,
    identity::{HashGate, Password, Spawn, Verdict, password},
};
use morket_testkit::SeededRng;
use proptest::prelude::*;
use std::{
    sync::{
        Arc, Barrier, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

const RIGHT: Verdict = Verdict { ok: true, needs_upgrade: false };
const OLD: Verdict = Verdict { ok: true, needs_upgrade: true };
const WRONG: Verdict = Verdict { ok: false, needs_upgrade: false };

fn shown(text: impl Into<String>) -> Password {
    Password::presented(Secret::new(text.into()))
}

/// A hash of `text` with other costs than ours.
fn argon2_of(text: &str, algorithm: Algorithm, version: Version, costs: (u32, u32, u32)) -> String {
    let params = Params::new(costs.0, costs.1, costs.2, None).unwrap();
    let hasher = Argon2::new(algorithm, version, params);
    let phc: Phc = hasher.hash_password_with_salt(text.as_bytes(), &[7; 16]).unwrap();
    phc.to_string()
}

#[test]
fn p117_no_difference_is_lost() {
    // method: exhaustive
    let rng = SeededRng::new(117);
    let long = "p".repeat(72);
    let pairs = [
        (format!("{long}a"), format!("{long}b")),
        (long.clone(), format!("{long}p")),
        ("correct horse\0battery".to_owned(), "correct horse\0staple".to_owned()),
        ("correct horse".to_owned(), "correct horse\0".to_owned()),
        (
            "caf\u{e9} caf\u{e9} caf\u{e9}".to_owned(),
            "cafe\u{301} cafe\u{301} cafe\u{301}".to_owned(),
        ),
        ("correct horse".to_owned(), " correct horse".to_owned()),
    ];
    for (one, other) in pairs {
        let hash = password::hash(&shown(one.as_str()), &rng).unwrap();
        assert_eq!(password::verify(&shown(one), hash.as_str()), RIGHT);
        assert_eq!(password::verify(&shown(other), hash.as_str()), WRONG);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn p117_only_the_same_password_verifies(one in "\\PC{0,90}", other in "\\PC{0,90}", seed: u64) {
        // method: property
        let hash = password::hash(&shown(one.as_str()), &SeededRng::new(seed)).unwrap();
        prop_assert!(password::verify(&shown(one.as_str()), hash.as_str()).ok);
        prop_assert_eq!(password::verify(&shown(other.as_str()), hash.as_str()).ok, one == other);
        prop_assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
        prop_assert_eq!(format!("{:?}", shown(one)), "Password([REDACTED])");
    }
}

proptest! {
    #[test]
    fn p117_twelve_to_128_characters_may_be_chosen(text in "\\PC{0,200}", nul: bool) {
        // method: property
        let text = if nul { format!("{text}\0") } else { text };
        let chosen = Password::chosen(Secret::new(text.clone()), &[]);
        prop_assert_eq!(chosen.is_ok(), (12..=128).contains(&text.chars().count()));
        if let Err(error) = chosen {
            prop_assert_eq!(error.kind(), ErrorKind::Validation);
            prop_assert!(text.len() < 8 || !error.to_string().contains(&text));
        }
    }
}

/// Chosen by Ada Lovelace, ada.lovelace@analytical.example.
#[test]
fn what_is_guessed_first_is_not_chosen() {
    let own = ["ada.lovelace", "analytical", "Ada Lovelace"];
    let check = |text: &str, good: bool| {
        let chosen = Password::chosen(Secret::new(text.to_owned()), &own);
        assert_eq!(chosen.is_ok(), good, "{text}");
        if let Err(error) = chosen {
            assert_eq!(error.kind(), ErrorKind::Validation);
            assert!(error.message().starts_with("password: is easy to guess"), "{error}");
            assert!(!error.to_string().contains(text), "{error}");
        }
    };
    for common in [
        "password1234",
        "Password2026!",
        "P@ssw0rd1234",
        "passwordpassword",
        "Pa$$w0rd Pa$$w0rd",
        "qwertyuiop12",
        "1qaz2wsx3edc",
        "poiuytrewq!!",
        "123456789012",
        "987654321098",
        "abcdefghijkl",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "hunter2hunter2",
        "iloveyou2024!",
        "WelcomeWelcome1",
        "summer winter 99",
        "adalovelace1815",
        "Ada.Lovelace.1815",
        "l0velace-l0velace",
        "analytical2026",
        "morket-password",
        "correctcorrect",
    ] {
        check(common, false);
    }
    for good in [
        "correct horse battery staple",
        "a password that is a sentence",
        "my summer in the mountains",
        "gq7-vX2m!tLw",
        "株式会社は東京に本社を置いています",
        "ada wrote the first program",
        "twelve chars",
    ] {
        check(good, true);
    }
}

proptest! {
    /// A common word is in nobody's way as long as enough stands beside it.
    #[test]
    fn a_common_word_with_enough_beside_it_is_chosen(
        word in prop::sample::select(vec!["password", "summer", "qwerty", "1234", "ada"]),
        beside in Just("bdfhkmqtwz#~".chars().collect::<Vec<_>>()).prop_shuffle(),
        before: bool,
    ) {
        let beside = String::from_iter(beside);
        let text = if before { format!("{beside}{word}") } else { format!("{word}{beside}") };
        prop_assert!(Password::chosen(Secret::new(text), &["ada"]).is_ok());
    }
}

#[test]
fn p118_a_new_hash_meets_the_floor_and_has_its_own_salt() {
    // method: exhaustive
    let rng = SeededRng::new(118);
    let [one, two] = [(); 2].map(|()| password::hash(&shown("twice the same"), &rng).unwrap());
    assert!(one.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_ne!(one, two);
}

#[test]
fn p118_weaker_argon2id_verifies_and_is_replaced() {
    // method: exhaustive
    use Algorithm::{Argon2d, Argon2i, Argon2id};
    use Version::{V0x10, V0x13};
    for (algorithm, version, costs, verdict) in [
        (Argon2id, V0x13, (19_456, 2, 1), RIGHT),
        (Argon2id, V0x13, (19_457, 3, 2), RIGHT),
        (Argon2id, V0x13, (19_455, 2, 1), OLD),
        (Argon2id, V0x13, (19_456, 1, 1), OLD),
        (Argon2id, V0x13, (64, 8, 1), OLD),
        (Argon2id, V0x10, (19_456, 2, 1), OLD),
        (Argon2i, V0x13, (64, 3, 1), WRONG),
        (Argon2d, V0x13, (64, 3, 1), WRONG),
    ] {
        let stored = argon2_of("a password", algorithm, version, costs);
        assert_eq!(password::verify(&shown("a password"), &stored), verdict, "{stored}");
        assert_eq!(password::verify(&shown("another one"), &stored), WRONG, "{stored}");
    }
}

#[test]
fn p118_old_bcrypt_verifies_and_is_replaced() {
    // method: exhaustive
    let hashed = bcrypt::hash_with_salt("a password", 12, [3; 16]).unwrap();
    for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoB, bcrypt::Version::TwoY] {
        let stored = hashed.format_for_version(version);
        assert_eq!(password::verify(&shown("a password"), &stored), OLD, "{stored}");
    }
    assert_eq!(password::verify(&shown("another one"), &hashed.to_string()), WRONG);
    let broken = hashed.format_for_version(bcrypt::Version::TwoX);
    assert_eq!(password::verify(&shown("a password"), &broken), WRONG);
    let cheap = bcrypt::hash_with_salt("a password", 11, [3; 16]).unwrap().to_string();
    assert_eq!(password::verify(&shown("a password"), &cheap), WRONG);
}

/// bcrypt itself takes all of these for the hashed password.
#[test]
fn p117_what_bcrypt_cannot_tell_apart_is_refused() {
    // method: exhaustive
    let long = "p".repeat(72);
    let stored = bcrypt::hash_with_salt(&long, 12, [3; 16]).unwrap().to_string();
    let longer = format!("{long}q");
    assert!(bcrypt::verify(&longer, &stored).unwrap(), "the collision this test is about");
    assert_eq!(password::verify(&shown(longer), &stored), WRONG);
    assert_eq!(password::verify(&shown(long), &stored), OLD);

    let stored = bcrypt::hash_with_salt("short", 12, [3; 16]).unwrap().to_string();
    assert!(bcrypt::verify("short\0short", &stored).unwrap(), "the collision of a NUL");
    assert_eq!(password::verify(&shown("short\0short"), &stored), WRONG);
}

#[test]
fn p118_what_is_no_known_hash_never_verifies() {
    // method: exhaustive
    let md5 = "$1$salt$qJH7.N4xYta3aEG/dfqo/0";
    let tag = "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let huge = format!("$argon2id$v=19$m=4294967295,t=2,p=1{tag}");
    let endless = format!("$argon2id$v=19$m=19456,t=4294967295,p=1{tag}");
    let short = "$argon2id$v=19$m=64,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAA";
    let bare = "$argon2id$v=19$m=19456,t=2,p=1";
    let plain = "a password";
    for stored in ["", plain, md5, &huge, &endless, short, bare, "$argon2id$", "$2b$12$", "*"] {
        assert_eq!(password::verify(&shown(plain), stored), WRONG, "{stored}");
    }
    assert_eq!(password::verify_nobody(&shown(plain)), WRONG);
}

/// A short tag is found by trying: the right password does not help it.
#[test]
fn p118_a_short_tag_never_verifies() {
    // method: exhaustive
    for (bytes, ok) in [(10, false), (15, false), (16, true), (32, true)] {
        let params = Params::new(64, 2, 1, Some(bytes)).unwrap();
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let phc: Phc = hasher.hash_password_with_salt(b"a password", &[7; 16]).unwrap();
        assert_eq!(password::verify(&shown("a password"), &phc.to_string()).ok, ok, "{bytes}");
    }
}

/// A thread per piece of work; counts how many run at once.
#[derive(Debug, Default)]
struct Threads;

impl Spawn for Threads {
    fn blocking(&self, work: Box<dyn FnOnce() + Send>) {
        thread::spawn(work);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p119_no_more_hashes_run_than_there_are_cores() {
    // method: exhaustive
    const CORES: usize = 3;
    let gate = HashGate::new(CORES);
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // Work ends in threes: it would hang if fewer could run at once.
    let together = Arc::new(Barrier::new(CORES));
    let tasks: Vec<_> = (0..10 * CORES)
        .map(|number| {
            let gate = gate.clone();
            let (running, most, together) = (running.clone(), most.clone(), together.clone());
            tokio::spawn(async move {
                let work = move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    together.wait();
                    running.fetch_sub(1, Ordering::SeqCst);
                    number
                };
                gate.run(&Threads, work).await
            })
        })
        .collect();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap().unwrap(), number);
    }
    assert!(most.load(Ordering::SeqCst) <= CORES);
}

#[tokio::test(flavor = "multi_thread")]
async fn p119_a_caller_that_leaves_does_not_free_the_core() {
    // method: exhaustive
    let gate = HashGate::new(1);
    let hold = Arc::new((Mutex::new(true), Condvar::new()));
    let held = hold.clone();
    let abandoned = tokio::spawn({
        let gate = gate.clone();
        async move {
            let work = move || {
                let (held, changed) = &*held;
                drop(changed.wait_while(held.lock().unwrap(), |held| *held).unwrap());
            };
            gate.run(&Threads, work).await
        }
    });
    while gate.idle() > 0 {
        tokio::task::yield_now().await;
    }
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    assert_eq!(gate.idle(), 0, "the thread is still at work");
    *hold.0.lock().unwrap() = false;
    hold.1.notify_all();
    assert_eq!(gate.run(&Threads, || 7).await.unwrap(), 7);
}

/// Loses what it is given, as a pool does that is shut down.
#[derive(Debug)]
struct Lost;

impl Spawn for Lost {
    fn blocking(&self, work: Box<dyn FnOnce() + Send>) {
        drop(work);
    }
}

#[tokio::test]
async fn p119_work_that_never_ran_is_an_error_and_frees_its_place() {
    // method: exhaustive
    let gate = HashGate::new(1);
    let error = gate.run(&Lost, || 7).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert_eq!(gate.idle(), 1);
}
