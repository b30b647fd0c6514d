//! Signatures, and everything that is none.

use morket_core::{
    ErrorKind,
    webhook::{SignatureHeaders, SigningSecret, sign, verify, verify_plain},
};
use morket_testkit::SeededRng;
use proptest::{collection::vec, prelude::*};
use std::collections::HashSet;

const BODY: &[u8] = b"{}";
const NOW: i64 = 1_795_269_831;

fn secret() -> impl Strategy<Value = SigningSecret> {
    vec(any::<u8>(), 24..=64).prop_map(|bytes| SigningSecret::from_bytes(bytes).unwrap())
}

fn refused(secrets: &[SigningSecret], headers: &SignatureHeaders, body: &[u8]) -> bool {
    let kinds = [verify(secrets, headers, body, NOW), verify_plain(secrets, headers, body, NOW)];
    kinds.into_iter().all(|it| it.is_err_and(|error| error.kind() == ErrorKind::Unauthenticated))
}

/// The vector of Standard Webhooks 1.0.0.
#[test]
fn the_published_vector_is_made_and_read() {
    let secret = SigningSecret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let body = br#"{"email":"test@example.com","username":"test_user"}"#;
    let signed =
        sign(std::slice::from_ref(&secret), "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body);
    assert_eq!(signed.standard, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    verify(&[secret], &signed, body, 1_649_367_553).unwrap();
}

#[test]
fn p177_what_was_signed_verifies() {
    // method: property
    proptest!(|(secret in secret(), body in vec(any::<u8>(), 0..300), id in "[a-z0-9-]{1,40}")| {
        let secrets = [secret];
        let signed = sign(&secrets, &id, NOW, &body);
        verify(&secrets, &signed, &body, NOW).unwrap();
        verify_plain(&secrets, &signed, &body, NOW).unwrap();
    });
}

#[test]
fn p178_a_timestamp_is_of_now_and_signed() {
    // method: property
    let offset = prop_oneof![-400_i64..400, any::<i32>().prop_map(i64::from)];
    proptest!(|(secret in secret(), off in offset)| {
        let secrets = [secret];
        let signed = sign(&secrets, "id", NOW + off, b"{}");
        let fits = off.abs() <= 300 && NOW + off >= 0;
        prop_assert_eq!(verify(&secrets, &signed, b"{}", NOW).is_ok(), fits);
        prop_assert_eq!(verify_plain(&secrets, &signed, b"{}", NOW).is_ok(), fits);
        // Set to now by a stranger: the signature covers what it was.
        let fresh = SignatureHeaders { timestamp: NOW.to_string(), ..signed };
        prop_assert_eq!(off != 0, refused(&secrets, &fresh, b"{}"));
    });
    for text in ["", "now", "-5", "+5", " 5", "1e9", "179526983100000000000", "1795269831.0"] {
        let secrets = [SigningSecret::generate(&SeededRng::new(1))];
        let signed = sign(&secrets, "id", NOW, b"{}");
        assert!(refused(&secrets, &SignatureHeaders { timestamp: text.into(), ..signed }, b"{}"));
    }
}

/// One bit of anything, at any place.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let place = at / 8 % bytes.len();
    bytes[place] ^= 1 << (at % 8);
    bytes
}

#[test]
fn p179_whatever_is_changed_is_refused() {
    // method: property
    let bodies = vec(any::<u8>(), 1..200);
    proptest!(ProptestConfig::with_cases(2_000), |(
        secret in secret(), body in bodies, at in any::<u16>(), id in "[a-z0-9]{1,30}",
    )| {
        let at = usize::from(at);
        let signed = sign(std::slice::from_ref(&secret), &id, NOW, &body);
        let other = [SigningSecret::from_bytes(flipped(secret.bytes(), at)).unwrap()];
        prop_assert!(refused(&other, &signed, &body), "another secret");
        let secrets = [secret];
        prop_assert!(refused(&secrets, &signed, &flipped(&body, at)), "another body");
        let later = SignatureHeaders { timestamp: (NOW + 1).to_string(), ..signed.clone() };
        prop_assert!(refused(&secrets, &later, &body), "another instant");
        let moved = SignatureHeaders { id: format!("{id}x"), ..signed.clone() };
        prop_assert!(verify(&secrets, &moved, &body, NOW).is_err(), "another id");
        // Behind `v1,` and `sha256=`: what comes before is no part of the signature.
        let standard = flipped(&signed.standard.as_bytes()[3..], at);
        let standard = format!("v1,{}", String::from_utf8_lossy(&standard));
        let plain = flipped(&signed.plain.as_bytes()[7..], at);
        let plain = format!("sha256={}", String::from_utf8_lossy(&plain));
        let changed = SignatureHeaders { standard, plain, ..signed };
        prop_assert!(refused(&secrets, &changed, &body), "another signature");
    });
}

/// A length is compared before anything else: no signature is found right for being short.
#[test]
fn p180_short_empty_and_padded_signatures_are_refused() {
    // method: exhaustive
    let secrets = [SigningSecret::generate(&SeededRng::new(2))];
    let signed = sign(&secrets, "id", NOW, b"{}");
    let check = |standard: &str, plain: &str| {
        let (standard, plain) = (standard.to_owned(), plain.to_owned());
        let changed = SignatureHeaders { standard, plain, ..signed.clone() };
        assert!(refused(&secrets, &changed, b"{}"), "{changed:?}");
    };
    for cut in 0..signed.standard.len() {
        check(&signed.standard[..cut], &signed.plain[..cut.min(signed.plain.len() - 1)]);
    }
    for (before, after) in [
        ("", "="),
        ("", "A"),
        ("", ","),
        ("", "\0"),
        ("v1,", ""),
        ("V", ""),
        ("v1a,", ""),
        ("", ";"),
    ] {
        let padded = |text: &str| format!("{before}{text}{after}");
        check(&padded(&signed.standard), &padded(&signed.plain));
    }
    let bare = signed.standard.trim_start_matches("v1,");
    check(bare, signed.plain.trim_start_matches("sha256="));
    check(&signed.standard.replace('+', "-").replace('/', "_").replace('=', ""), "sha256=");
    check("", "");
}

/// Every secret in force signs, and knowing any one of them is enough.
#[test]
fn p181_any_secret_of_the_overlap_verifies() {
    // method: property
    proptest!(|(secrets in vec(secret(), 1..5), other in secret())| {
        let signed = sign(&secrets, "id", NOW, b"{}");
        prop_assert_eq!(signed.standard.split(' ').count(), secrets.len());
        for known in &secrets {
            verify(std::slice::from_ref(known), &signed, b"{}", NOW).unwrap();
        }
        prop_assert!(refused(&[other], &signed, BODY));
        // The header with room for one is the oldest one's, which every receiver knows.
        verify_plain(&secrets[..1], &signed, b"{}", NOW).unwrap();
        prop_assert!(refused(&[], &signed, BODY));
        let mut swapped: Vec<_> = signed.standard.split(' ').collect();
        swapped.reverse();
        let swapped = SignatureHeaders { standard: swapped.join(" "), ..signed };
        verify(&secrets, &swapped, b"{}", NOW).unwrap();
    });
}

#[test]
fn p192_secrets_are_long_and_never_the_same() {
    // method: property
    let rng = SeededRng::new(3);
    let secrets: Vec<_> = (0..2_000).map(|_| SigningSecret::generate(&rng)).collect();
    assert!(secrets.iter().all(|it| it.bytes().len() >= 24));
    let texts: HashSet<String> = secrets.iter().map(|it| it.text().expose().clone()).collect();
    assert_eq!(texts.len(), secrets.len());
    for text in texts.iter().take(50) {
        assert_eq!(SigningSecret::parse(text).unwrap().text().expose(), text);
    }
}
