//! Both ways between this crate and implementations that share no code with it: what one makes,
//! the other reads.
//!
//! Needs a Python with `cryptography`, `argon2-cffi`, `PyJWT` and `bcrypt`, named by
//! `MORKET_TEST_PYTHON`. Without it the tests say that they were skipped; with `CI=true` they fail.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use morket_core::{
    CredentialId, Secret, WorkspaceId,
    rng::random,
    vault::{self, Context, MasterKey, Purpose, wrapping_key},
};
use morket_testkit::SeededRng;
use serde_json::{Value, json};
use std::{
    env,
    fs::OpenOptions,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};
use uuid::Uuid;

/// A running `other_side.py`.
struct Python {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// The other side, or `None` after saying that `test` is skipped.
    fn start(test: &str) -> Option<Self> {
        let Ok(python) = env::var("MORKET_TEST_PYTHON") else {
            skip(test);
            return None;
        };
        // Asked when it runs: one target directory may serve several checkouts.
        let package = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
        let script = format!("{package}/tests/vectors/other_side.py");
        let mut command = Command::new(python);
        command.args(["-W", "ignore", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, requests, answers })
    }

    /// The answer, or `None` when the other side refuses.
    fn ask(&mut self, request: &Value) -> Option<Value> {
        writeln!(self.requests.as_ref().unwrap(), "{request}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let mut answer: Value = serde_json::from_str(&line).unwrap();
        (answer["refused"] != true).then(|| answer["ok"].take())
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.child.wait();
    }
}

fn skip(test: &str) {
    assert!(env::var("CI").as_deref() != Ok("true"), "{test}: MORKET_TEST_PYTHON is not set");
    println!("skipped: {test}: MORKET_TEST_PYTHON is not set");
    if let Ok(path) = env::var("MORKET_TEST_SKIPS") {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "python\t{test}").unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn p091_sealed_credentials_are_read_on_both_sides() {
    // method: property
    let Some(mut python) = Python::start("p091_sealed_credentials_are_read_on_both_sides") else {
        return;
    };
    let rng = SeededRng::new(91);
    for length in [0, 1, 15, 16, 17, 100, 1000, vault::MAX_SECRET_BYTES] {
        let (key, nonce) = (random::<32>(&rng), random::<12>(&rng));
        let mut message = vec![0; length];
        morket_core::Rng::fill(&rng, &mut message);
        let context = Context {
            workspace: WorkspaceId(Uuid::from_bytes(random(&rng))),
            credential: CredentialId(Uuid::from_bytes(random(&rng))),
            provider: "hunter",
            field: "api_key",
            data_key_version: 7,
        };
        let mut request = json!({
            "do": "seal", "key": hex(&key), "nonce": hex(&nonce), "message": hex(&message),
            "workspace": hex(context.workspace.0.as_bytes()),
            "credential": hex(context.credential.0.as_bytes()),
            "provider": context.provider, "field": context.field, "data_key_version": 7,
        });
        let theirs = unhex(&python.ask(&request).unwrap());
        let key = Secret::new(key);
        assert_eq!(vault::open(&key, &context.aad(), &theirs).unwrap().expose(), &message);

        let mut ours = vault::seal(&key, &context.aad(), &message, &rng).unwrap();
        request["do"] = json!("open");
        request["sealed"] = json!(hex(&ours));
        assert_eq!(unhex(&python.ask(&request).unwrap()), message);
        ours[1 + length % 12] ^= 1;
        request["sealed"] = json!(hex(&ours));
        assert_eq!(python.ask(&request), None);
    }
}

#[test]
fn p090_wrapping_keys_are_the_same_on_both_sides() {
    // method: property
    let Some(mut python) = Python::start("p090_wrapping_keys_are_the_same_on_both_sides") else {
        return;
    };
    let rng = SeededRng::new(90);
    for _ in 0..20 {
        let (master, workspace) = (random::<32>(&rng), random::<16>(&rng));
        for purpose in Purpose::ALL {
            let key = MasterKey::from_bytes(&master).unwrap();
            let ours = wrapping_key(&key, WorkspaceId(Uuid::from_bytes(workspace)), *purpose);
            let theirs = python.ask(&json!({
                "do": "wrapping_key", "purpose": purpose.code(),
                "master": hex(&master), "workspace": hex(&workspace),
            }));
            assert!(ours.unwrap().same_as(&unhex(&theirs.unwrap())));
        }
    }
}

#[cfg(feature = "identity")]
mod identity {
    use super::*;
    use morket_core::{
        SessionId, UserId,
        identity::{AuthConfig, Password, SigningKey, SigningKeys, Verdict, password},
    };

    #[test]
    fn p118_password_hashes_are_read_on_both_sides() {
        // method: property
        let Some(mut python) = Python::start("p118_password_hashes_are_read_on_both_sides") else {
            return;
        };
        let rng = SeededRng::new(118);
        for text in ["correct horse battery", "caf\u{e9} na\u{ef}ve", "nul\0inside it"] {
            let given = Password::presented(text.to_owned());
            let ours = password::hash(&given, &rng).unwrap();
            let mut request = json!({"do": "verify_argon2id", "stored": ours.as_str()});
            request["password"] = json!(text);
            assert_eq!(python.ask(&request), Some(json!(true)));
            request["password"] = json!(format!("{text}x"));
            assert_eq!(python.ask(&request), None);
            let theirs = python.ask(&json!({"do": "hash_argon2id", "password": text})).unwrap();
            let verdict = password::verify(&given, theirs.as_str().unwrap());
            assert_eq!(verdict, Verdict { ok: true, needs_upgrade: false });
        }
        let old = python.ask(&json!({"do": "hash_bcrypt", "password": "caf\u{e9}"})).unwrap();
        let given = Password::presented("caf\u{e9}".to_owned());
        let verdict = password::verify(&given, old.as_str().unwrap());
        assert_eq!(verdict, Verdict { ok: true, needs_upgrade: true });
    }

    #[test]
    fn p100_access_tokens_are_read_on_both_sides() {
        // method: property
        let Some(mut python) = Python::start("p100_access_tokens_are_read_on_both_sides") else {
            return;
        };
        let rng = SeededRng::new(100);
        for _ in 0..20 {
            let secret = random::<32>(&rng);
            let keys = SigningKeys::new(SigningKey::new("k", secret.to_vec()).unwrap());
            let tokens = AuthConfig::new("https://morket.example", "morket", keys).build().unwrap();
            let now = morket_core::Timestamp::from_micros(1_795_269_831_000_000);
            let (user, session) = (UserId::new(now, &rng), SessionId::new(now, &rng));
            let ours = tokens.issue(user, session, now, &rng).unwrap();
            let secret = hex(&secret);
            let token = ours.token.expose();
            let read = python.ask(&json!({"do": "read_jwt", "token": token, "secret": secret}));
            let read = read.unwrap();
            assert_eq!(read["header"], json!({"alg": "HS256", "typ": "at+jwt", "kid": "k"}));
            assert_eq!(read["body"]["sub"], json!(user));
            let body = &read["body"];
            let request = json!({"do": "write_jwt", "kid": "k", "secret": secret, "body": body});
            let theirs = python.ask(&request).unwrap();
            let claims = tokens.verify(theirs.as_str().unwrap(), now).unwrap();
            assert_eq!(claims, ours.claims);
        }
    }
}
