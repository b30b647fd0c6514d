//! Vectors: published ones by heart, and some hundreds that `vectors/generate.py` made with other
//! people's implementations. They are not Wycheproof's own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use morket_core::{Rng, Secret, secret::same_bytes, vault};
use serde_json::Value;
use sha2::Sha256;

/// Gives out the bytes it was made of: a nonce that a vector prescribes.
#[derive(Debug)]
struct Fixed(Vec<u8>);

impl Rng for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0);
    }
}

fn vectors(text: &str, count: usize) -> Vec<Value> {
    let vectors: Vec<Value> = serde_json::from_str(text).unwrap();
    assert_eq!(vectors.len(), count);
    vectors
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

fn bytes(vector: &Value, member: &str) -> Vec<u8> {
    unhex(vector[member].as_str().unwrap())
}

fn valid(vector: &Value) -> bool {
    vector["valid"].as_bool().unwrap()
}

fn aes_gcm(vector: &Value) {
    let key = Secret::new(bytes(vector, "key").try_into().unwrap());
    let [nonce, aad, message] = ["nonce", "aad", "message"].map(|member| bytes(vector, member));
    let sealed = [vec![1], nonce.clone(), bytes(vector, "ciphertext"), bytes(vector, "tag")];
    let opened = vault::open(&key, &aad, &sealed.concat());
    assert_eq!(opened.is_ok(), valid(vector), "{vector}");
    if let Ok(opened) = opened {
        assert_eq!(opened.expose(), &message, "{vector}");
        let again = vault::seal(&key, &aad, &message, &Fixed(nonce)).unwrap();
        assert_eq!(again, sealed.concat(), "{vector}");
    }
}

fn hkdf_sha256(vector: &Value) {
    let [key, salt, info, output] =
        ["key", "salt", "info", "output"].map(|member| bytes(vector, member));
    let mut made = vec![0; usize::try_from(vector["size"].as_u64().unwrap()).unwrap()];
    let expanded = Hkdf::<Sha256>::new(Some(&salt), &key).expand(&info, &mut made);
    assert_eq!(expanded.is_ok(), valid(vector), "{vector}");
    assert!(!valid(vector) || made == output, "{vector}");
}

fn hmac_sha256(vector: &Value) {
    let mut mac = Hmac::<Sha256>::new_from_slice(&bytes(vector, "key")).unwrap();
    mac.update(&bytes(vector, "message"));
    let made = mac.finalize().into_bytes();
    assert_eq!(same_bytes(&made, &bytes(vector, "tag")), valid(vector), "{vector}");
}

#[test]
fn p091_aes_gcm_agrees_with_another_implementation() {
    // method: exhaustive
    vectors(include_str!("vectors/aes_gcm.json"), 316).iter().for_each(aes_gcm);
}

#[test]
fn p091_hkdf_sha256_agrees_with_another_implementation() {
    // method: exhaustive
    vectors(include_str!("vectors/hkdf_sha256.json"), 86).iter().for_each(hkdf_sha256);
}

#[test]
fn p091_hmac_sha256_agrees_with_another_implementation() {
    // method: exhaustive
    vectors(include_str!("vectors/hmac_sha256.json"), 174).iter().for_each(hmac_sha256);
}

/// Test cases 13 to 16 of the GCM specification, RFC 5869 A.1 to A.3, RFC 4231 4.2 to 4.8 without
/// the cut one.
#[test]
fn p091_the_published_vectors_agree() {
    // method: exhaustive
    let published: Value = serde_json::from_str(include_str!("vectors/published.json")).unwrap();
    for (name, count, check) in [
        ("aes_gcm", 4, aes_gcm as fn(&Value)),
        ("hkdf_sha256", 3, hkdf_sha256),
        ("hmac_sha256", 6, hmac_sha256),
    ] {
        let vectors = published[name].as_array().unwrap();
        assert_eq!(vectors.len(), count);
        vectors.iter().for_each(check);
    }
}

#[cfg(feature = "identity")]
mod identity {
    use super::*;
    use morket_core::{
        Timestamp,
        identity::{AuthConfig, Password, SigningKey, SigningKeys, password},
    };

    fn stored(vector: &Value) {
        let [password, stored] =
            ["password", "stored"].map(|member| vector[member].as_str().unwrap().to_owned());
        let verdict = password::verify(&Password::presented(password), &stored);
        assert_eq!(verdict.ok, valid(vector), "{vector}");
        assert_eq!(verdict.needs_upgrade, valid(vector) && vector["upgrade"] == true, "{vector}");
    }

    #[test]
    fn p118_argon2id_agrees_with_another_implementation() {
        // method: exhaustive
        vectors(include_str!("vectors/argon2id.json"), 14).iter().for_each(stored);
    }

    #[test]
    fn p118_bcrypt_agrees_with_another_implementation() {
        // method: exhaustive
        vectors(include_str!("vectors/bcrypt.json"), 6).iter().for_each(stored);
    }

    #[test]
    fn p100_access_tokens_agree_with_another_implementation() {
        // method: exhaustive
        for vector in vectors(include_str!("vectors/jwt.json"), 18) {
            let keys =
                SigningKeys::new(SigningKey::new("2026-11", bytes(&vector, "secret")).unwrap());
            let config = AuthConfig::new("https://morket.example", "morket", keys);
            let now = Timestamp::from_micros(vector["now"].as_i64().unwrap() * 1_000_000);
            let claims = config.build().unwrap().verify(vector["token"].as_str().unwrap(), now);
            assert_eq!(claims.is_ok(), valid(&vector), "{vector}");
            if let Ok(claims) = claims {
                assert_eq!(claims.user.to_string(), vector["sub"].as_str().unwrap());
            }
        }
    }
}
