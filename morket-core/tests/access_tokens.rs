//! Which access tokens are accepted: one shape, and nothing beside it.

#![cfg(feature = "identity")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use morket_core::{
    ErrorKind, SessionId, Timestamp, UserId,
    identity::{AccessTokens, AuthConfig, SigningKey, SigningKeys, config},
    rng::random,
};
use morket_testkit::SeededRng;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;
use std::{collections::HashSet, time::Duration};
use uuid::Uuid;

const NOW: i64 = 1_795_269_831;
const SECRET: [u8; 32] = *b"an honest secret of 32 bytes....";
const KID: &str = "2026-11";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn key(kid: &str, secret: &[u8]) -> SigningKey {
    SigningKey::new(kid, secret.to_vec()).unwrap()
}

fn tokens() -> AccessTokens {
    let keys = SigningKeys::new(key(KID, &SECRET));
    AuthConfig::new("https://morket.example", "morket", keys).build().unwrap()
}

fn header() -> Value {
    json!({"alg": "HS256", "typ": "at+jwt", "kid": KID})
}

fn body() -> Value {
    json!({
        "iss": "https://morket.example", "aud": "morket",
        "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2), "jti": Uuid::from_u128(3),
        "iat": NOW, "nbf": NOW, "exp": NOW + 900,
    })
}

fn changed(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    object
}

fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member);
    object
}

/// A signer of our own, so that a fault shared by issuing and verifying would show.
fn sign(header: &str, body: &str, secret: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(body));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn signed(header: &Value, body: &Value) -> String {
    sign(&header.to_string(), &body.to_string(), &SECRET)
}

#[track_caller]
fn assert_refused(token: &str, why: &str) {
    let error = tokens().verify(token, at(NOW)).expect_err(why);
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{why}");
    assert_eq!(error.to_string(), tokens().verify("", at(NOW)).unwrap_err().to_string(), "{why}");
}

proptest! {
    #[test]
    fn p100_accepted_means_every_clause_holds(
        known in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        nbf in -3..3_i64,
        iat in -2..2_i64,
        lifetime in prop_oneof![-2..3_i64, 899..902_i64],
        later in 0..1_000_000_i64,
    ) {
        // method: property
        let (algorithm, signature, issuer, audience, kind) = known;
        let body = json!({
            "iss": if issuer { "https://morket.example" } else { "https://morket.example/" },
            "aud": if audience { "morket" } else { "Morket" },
            "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2), "jti": Uuid::from_u128(3),
            "iat": NOW + iat, "nbf": NOW + nbf, "exp": NOW + iat + lifetime,
        });
        let header = json!({
            "alg": if algorithm { "HS256" } else { "HS384" },
            "typ": if kind { "at+jwt" } else { "JWT" },
            "kid": KID,
        });
        let secret = if signature { SECRET } else { [1; 32] };
        let token = sign(&header.to_string(), &body.to_string(), &secret);
        let now = Timestamp::from_micros(NOW * 1_000_000 + later);
        let valid = algorithm && signature && issuer && audience && kind
            && nbf <= 0 && 0 < iat + lifetime && lifetime <= 900;
        prop_assert_eq!(tokens().verify(&token, now).is_ok(), valid);
    }

    #[test]
    fn p100_what_is_issued_is_accepted_for_its_lifetime_only(
        seed: u64,
        micros in 0..4_000_000_000_000_000_i64,
        lifetime in 1..=900_u64,
    ) {
        // method: property
        let rng = SeededRng::new(seed);
        let now = Timestamp::from_micros(micros);
        let keys = SigningKeys::new(key("k", &random::<40>(&rng)));
        let access_lifetime = Duration::from_secs(lifetime);
        let config = AuthConfig { access_lifetime, ..AuthConfig::new("i", "a", keys) };
        let tokens = config.build().unwrap();
        let (user, session) = (UserId::new(now, &rng), SessionId::new(now, &rng));
        let issued = tokens.issue(user, session, now, &rng).unwrap();
        let token = issued.token.expose();
        prop_assert_eq!(tokens.verify(token, now).unwrap(), issued.claims);
        prop_assert_eq!((issued.claims.user, issued.claims.session), (user, session));
        let (start, end) = (issued.claims.issued_at, issued.claims.expires_at);
        prop_assert_eq!(end.since(start), access_lifetime);
        let tick = Duration::from_micros(1);
        for (when, good) in [(start.before(tick), false), (start, true), (end, false)] {
            prop_assert_eq!(tokens.verify(token, when).is_ok(), good);
        }
        prop_assert!(tokens.verify(token, end.before(tick)).is_ok());
        let shown = format!("{issued:?} {tokens:?}");
        prop_assert!(!shown.contains(&token[token.len() - 20..]));
    }

    #[test]
    fn p101_no_text_is_a_token(
        text in "\\PC{0,80}",
        parts in "[A-Za-z0-9_=-]{0,40}(\\.[A-Za-z0-9_=-]{0,40}){0,4}",
    ) {
        // method: property
        prop_assert!(tokens().verify(&text, at(NOW)).is_err());
        prop_assert!(tokens().verify(&parts, at(NOW)).is_err());
    }

    #[test]
    fn p103_lifetimes_out_of_bounds_do_not_start(
        access in 0..2_000_u64,
        refresh in 0..1_500_000_u64,
        family in 0..9_000_000_u64,
        millis in 0..1_000_u64,
    ) {
        // method: property
        let span = |seconds| Duration::from_millis(seconds * 1000 + millis);
        let build = |access_lifetime, refresh_lifetime, family_lifetime| {
            let usual = AuthConfig::new("i", "a", SigningKeys::new(key("k", &SECRET)));
            let config = AuthConfig { access_lifetime, refresh_lifetime, family_lifetime, ..usual };
            config.build().is_ok()
        };
        let good = |span: Duration, longest| span.as_secs() >= 1 && span <= longest;
        let (access, refresh, family) = (span(access), span(refresh), span(family));
        let day = Duration::from_secs(86_400);
        prop_assert_eq!(build(access, day, day), good(access, Duration::from_secs(900)));
        let fitting = access.min(config::MAX_ACCESS).max(Duration::from_secs(1));
        prop_assert_eq!(build(fitting, refresh, day),
            good(refresh, 7 * day));
        prop_assert_eq!(build(Duration::from_secs(60), day, family), good(family, 90 * day));
    }

    #[test]
    fn p114_no_two_tokens_share_a_jti(seed: u64) {
        // method: property
        let rng = SeededRng::new(seed);
        let tokens = tokens();
        let (user, session) = (UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
        let jti = |_| tokens.issue(user, session, at(NOW), &rng).unwrap().claims.jti;
        let seen: HashSet<Uuid> = (0..100).map(jti).collect();
        prop_assert_eq!(seen.len(), 100);
    }

    #[test]
    fn p115_an_old_key_verifies_until_its_last_token_expired(
        issued_before in 0..2_000_000_000_i64,
        rotated in 0..1_000_000_i64,
        lifetime in 1..=900_u64,
        seed: u64,
    ) {
        // method: property
        let rng = SeededRng::new(seed);
        let keys = SigningKeys::new(key("old", &SECRET));
        let access_lifetime = Duration::from_secs(lifetime);
        let config = AuthConfig { access_lifetime, ..AuthConfig::new("i", "a", keys) };
        let before = config.build().unwrap();
        let rotation = Timestamp::from_micros(NOW * 1_000_000 + rotated);
        let (user, session) = (UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
        let then = rotation.before(Duration::from_micros(issued_before.unsigned_abs()));
        let old = before.issue(user, session, then, &rng).unwrap();
        let last = before.issue(user, session, rotation, &rng).unwrap();
        let after = before.rotate(key("new", &[SECRET, [7; 32]].concat()), rotation).unwrap();
        for token in [&old, &last] {
            let almost = token.claims.expires_at.before(Duration::from_micros(1));
            prop_assert!(after.verify(token.token.expose(), almost).is_ok());
            prop_assert!(after.verify(token.token.expose(), token.claims.expires_at).is_err());
        }
        let new = after.issue(user, session, rotation, &rng).unwrap();
        prop_assert!(after.verify(new.token.expose(), rotation).is_ok());
        let removed = after.with_keys(SigningKeys::new(key("new", &[SECRET, [7; 32]].concat())));
        prop_assert!(removed.verify(last.token.expose(), rotation).is_err());
        prop_assert!(removed.verify(new.token.expose(), rotation).is_ok());
    }

    #[test]
    fn p286_weak_signing_secrets_do_not_start(
        secret in prop::collection::vec(any::<u8>(), 0..70),
        byte: u8,
    ) {
        // method: property
        for secret in [secret.clone(), vec![byte; secret.len()]] {
            let good = secret.len() >= 32 && secret.iter().any(|b| *b != secret[0]);
            prop_assert_eq!(SigningKey::new("k", secret).is_ok(), good);
        }
    }
}

#[test]
fn p115_a_key_stops_at_its_instant_although_its_tokens_live_on() {
    // method: exhaustive
    let token = signed(&header(), &body());
    let next = SigningKeys::new(key("new", &[SECRET, SECRET].concat()));
    let keys = next.also_accept(key(KID, &SECRET), at(NOW + 60)).unwrap();
    let after = tokens().with_keys(keys.clone());
    assert!(after.verify(&token, at(NOW + 59)).is_ok());
    assert!(after.verify(&token, at(NOW + 60)).is_err());
    assert!(after.with_keys(keys.without(KID)).verify(&token, at(NOW)).is_err());
}

/// Each row is a token that some library once accepted.
#[test]
fn p101_the_attack_playbook_is_refused() {
    // method: exhaustive
    assert!(tokens().verify(&signed(&header(), &body()), at(NOW)).is_ok(), "the plain token");
    for alg in [
        "none", "None", "NONE", "nOnE", "hs256", "HS256 ", "HS384", "HS512", "RS256", "RS384",
        "RS512", "PS256", "ES256", "ES384", "EdDSA", "dir", "",
    ] {
        assert_refused(&signed(&changed(header(), "alg", json!(alg)), &body()), alg);
    }
    for alg in [json!(null), json!(["HS256"]), json!({"name": "HS256"}), json!(256)] {
        assert_refused(&signed(&changed(header(), "alg", alg), &body()), "alg of another type");
    }
    let octets = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(SECRET), "alg": "HS256"});
    for (member, value) in [
        ("jwk", octets),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
        ("anything", json!(null)),
    ] {
        assert_refused(&signed(&changed(header(), member, value), &body()), member);
    }
    for kid in [
        "",
        "../../../../dev/null",
        "/dev/null",
        "2026-11\0",
        "' OR '1'='1",
        "2026-11' --",
        "2026-11;id",
        "2026-10",
        "file:///etc/passwd",
        "2026-11/../2026-11",
    ] {
        assert_refused(&signed(&changed(header(), "kid", json!(kid)), &body()), kid);
    }
    for member in ["alg", "typ", "kid"] {
        assert_refused(&signed(&without(header(), member), &body()), member);
    }
    for typ in ["JWT", "jwt", "AT+JWT", "application/at+jwt", "at+jwt ", "rt+jwt", ""] {
        assert_refused(&signed(&changed(header(), "typ", json!(typ)), &body()), typ);
    }
}

#[test]
fn p101_signatures_that_are_not_ours_are_refused() {
    // method: exhaustive
    let token = signed(&header(), &body());
    let (message, signature) = token.rsplit_once('.').unwrap();
    for other in [
        "",
        "null",
        "AAAA",
        "=",
        "bm9uZQ",
        &URL_SAFE_NO_PAD.encode([0; 32]),
        &format!("{signature}="),
        &format!("{signature}A"),
        &signature[..42],
    ] {
        assert_refused(&format!("{message}.{other}"), other);
    }
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt","kid":"2026-11"}"#);
    let payload = message.split_once('.').unwrap().1;
    assert_refused(&format!("{none}.{payload}."), "alg none without a signature");
    assert_refused(&format!("{none}.{payload}.{signature}"), "alg none with a signature");
    assert_refused(message, "two parts");
    assert_refused(&format!("{token}."), "four parts");
    assert_refused(&format!(" {token}"), "a space before");
    assert_refused(&format!("{token}\n"), "a line end");
    for secret in [b"".as_slice(), b"\0", &[0; 32], b"secret", KID.as_bytes()] {
        assert_refused(&sign(&header().to_string(), &body().to_string(), secret), "weak secret");
    }
    let public = b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n";
    let confused = changed(header(), "alg", json!("RS256"));
    assert_refused(&sign(&confused.to_string(), &body().to_string(), public), "RS256 as HMAC");
}

#[test]
fn p101_no_character_of_a_token_can_be_changed() {
    // method: exhaustive
    let tokens = tokens();
    let token = signed(&header(), &body());
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
    for place in 0..token.len() {
        for byte in alphabet.iter().filter(|byte| **byte != token.as_bytes()[place]) {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = *byte;
            let other = String::from_utf8(bytes).unwrap();
            assert!(tokens.verify(&other, at(NOW)).is_err(), "{place}: {}", char::from(*byte));
        }
    }
}

#[test]
fn p101_members_given_twice_or_in_another_type_are_refused() {
    // method: exhaustive
    let (head, plain) = (header().to_string(), body().to_string());
    for twice in [r#"{"alg":"none","#, r#"{"typ":"JWT","#, r#"{"kid":"x","#] {
        assert_refused(&sign(&head.replacen('{', twice, 1), &plain, &SECRET), twice);
    }
    for twice in [r#"{"exp":9999999999,"#, r#"{"sub":"x","#] {
        assert_refused(&sign(&head, &plain.replacen('{', twice, 1), &SECRET), twice);
    }
    for member in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"] {
        assert_refused(&signed(&header(), &without(body(), member)), member);
        for value in [json!(null), json!([body()[member]]), json!({}), json!(""), json!(1.5)] {
            assert_refused(&signed(&header(), &changed(body(), member, value)), member);
        }
    }
    for exp in [json!(i64::MAX), json!(i64::MIN), json!(u64::MAX), json!(NOW + 901)] {
        assert_refused(&signed(&header(), &changed(body(), "exp", exp)), "exp");
    }
    let endless = changed(changed(body(), "iat", json!(i64::MIN)), "exp", json!(i64::MAX));
    assert_refused(&signed(&header(), &endless), "a lifetime that overflows");
    for text in ["", "null", "[]", "{}", "1", r#"["HS256","at+jwt","2026-11"]"#] {
        assert_refused(&sign(text, &plain, &SECRET), text);
        assert_refused(&sign(&head, text, &SECRET), text);
    }
}

#[test]
fn p286_a_configuration_without_names_does_not_start() {
    // method: exhaustive
    let keys = SigningKeys::new(key(KID, &SECRET));
    for (issuer, audience) in [("", "a"), (" ", "a"), ("i", ""), ("i", "\t")] {
        let error = AuthConfig::new(issuer, audience, keys.clone()).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
    }
    for kid in ["", "a b", "../x", "é", &"k".repeat(65)] {
        assert!(SigningKey::new(kid, SECRET.to_vec()).is_err());
    }
    assert!(keys.also_accept(key(KID, &[SECRET, SECRET].concat()), at(NOW)).is_err());
}
