//! Wycheproof's own files, when they are at hand.
//!
//! `MORKET_TEST_WYCHEPROOF` names the folder that holds them (`testvectors_v1` of that project).
//! Without it the tests say that they were skipped.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use aes_gcm::{
    Aes128Gcm, AesGcm, Nonce,
    aead::{Aead, KeyInit, Payload, consts::U12},
    aes::Aes192,
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use morket_core::{Secret, secret::same_bytes, vault};
use serde_json::Value;
use sha2::Sha256;
use std::{env, fs, fs::OpenOptions, io::Write, path::Path};

/// Every case of `name` with the group it is in, or `None` after saying that `test` is skipped.
fn cases(test: &str, name: &str, count: usize) -> Option<Vec<(Value, Value)>> {
    let Some(folder) = env::var_os("MORKET_TEST_WYCHEPROOF") else {
        skip(test);
        return None;
    };
    let text = fs::read_to_string(Path::new(&folder).join(name)).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let group = |group: &Value| -> Vec<_> {
        let tests = group["tests"].as_array().unwrap();
        tests.iter().map(|test| (group.clone(), test.clone())).collect()
    };
    let cases: Vec<_> = file["testGroups"].as_array().unwrap().iter().flat_map(group).collect();
    assert_eq!(cases.len(), count);
    Some(cases)
}

fn skip(test: &str) {
    println!("skipped: {test}: MORKET_TEST_WYCHEPROOF is not set");
    if let Ok(path) = env::var("MORKET_TEST_SKIPS") {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "wycheproof\t{test}").unwrap();
    }
}

fn bytes(case: &Value, member: &str) -> Vec<u8> {
    let text = case[member].as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn valid(case: &Value) -> bool {
    case["result"] == "valid"
}

/// Keys of 256 bits go through the vault's own format, shorter ones through the cipher beneath.
fn opened(case: &Value) -> Option<Vec<u8>> {
    let [key, nonce, aad] = ["key", "iv", "aad"].map(|member| bytes(case, member));
    let msg = [bytes(case, "ct"), bytes(case, "tag")].concat();
    let nonce_12: [u8; 12] = nonce.try_into().ok()?;
    let (nonce, payload) = (Nonce::<U12>::from(nonce_12), Payload { msg: &msg, aad: &aad });
    match key.len() {
        16 => Aes128Gcm::new_from_slice(&key).unwrap().decrypt(&nonce, payload).ok(),
        24 => AesGcm::<Aes192, U12>::new_from_slice(&key).unwrap().decrypt(&nonce, payload).ok(),
        _ => {
            let sealed = [&[1], nonce_12.as_slice(), &msg].concat();
            let key = Secret::new(key.try_into().unwrap());
            vault::open(&key, &aad, &sealed).ok().map(|opened| opened.expose().clone())
        }
    }
}

/// 119 of the 316 have a nonce that is not 12 bytes long, which the format cannot even write down.
#[test]
fn p091_wycheproof_aes_gcm() {
    // method: exhaustive
    let Some(cases) = cases("p091_wycheproof_aes_gcm", "aes_gcm_test.json", 316) else { return };
    let (ours, others): (Vec<_>, Vec<_>) =
        cases.into_iter().partition(|(group, _)| group["ivSize"] == 96);
    assert_eq!((ours.len(), others.len()), (197, 119));
    for (_, case) in ours {
        assert_eq!(opened(&case), valid(&case).then(|| bytes(&case, "msg")), "{case}");
    }
}

#[test]
fn p091_wycheproof_hkdf_sha256() {
    // method: exhaustive
    let name = "hkdf_sha256_test.json";
    let Some(cases) = cases("p091_wycheproof_hkdf_sha256", name, 86) else { return };
    for (_, case) in cases {
        let [key, salt, info] = ["ikm", "salt", "info"].map(|member| bytes(&case, member));
        let mut made = vec![0; usize::try_from(case["size"].as_u64().unwrap()).unwrap()];
        let expanded = Hkdf::<Sha256>::new(Some(&salt), &key).expand(&info, &mut made);
        assert_eq!(expanded.is_ok(), valid(&case), "{case}");
        assert!(!valid(&case) || made == bytes(&case, "okm"), "{case}");
    }
}

#[test]
fn p091_wycheproof_hmac_sha256() {
    // method: exhaustive
    let name = "hmac_sha256_test.json";
    let Some(cases) = cases("p091_wycheproof_hmac_sha256", name, 174) else { return };
    for (group, case) in cases {
        let mut mac = Hmac::<Sha256>::new_from_slice(&bytes(&case, "key")).unwrap();
        mac.update(&bytes(&case, "msg"));
        let length = usize::try_from(group["tagSize"].as_u64().unwrap()).unwrap() / 8;
        let made = mac.finalize().into_bytes();
        assert_eq!(same_bytes(&made[..length], &bytes(&case, "tag")), valid(&case), "{case}");
    }
}
