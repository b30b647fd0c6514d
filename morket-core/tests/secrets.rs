//! What hidden values show, what they leave behind, and how they are compared.

use morket_core::{Secret, WorkspaceId, secret::same_bytes, vault};
use morket_testkit::SeededRng;
use proptest::{collection::vec, prelude::*};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use zeroize::Zeroize;

/// Tells when it was wiped.
struct Probe(Arc<AtomicUsize>);

impl Zeroize for Probe {
    fn zeroize(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

proptest! {
    #[test]
    fn p097_no_secret_prints_itself(text in "\\PC{0,60}", bytes: [u8; 32]) {
        // method: property
        let (text, bytes) = (Secret::new(text), Secret::new(bytes));
        for shown in [format!("{text}"), format!("{text:?}"), format!("{text:#?}")] {
            prop_assert_eq!(shown, "[REDACTED]");
        }
        for shown in [format!("{bytes}"), format!("{bytes:?}"), format!("{bytes:#?}")] {
            prop_assert_eq!(shown, "[REDACTED]");
        }
        prop_assert_eq!(serde_json::to_string(&text).unwrap(), "\"[REDACTED]\"");
        prop_assert_eq!(serde_json::to_string(&bytes).unwrap(), "\"[REDACTED]\"");
    }

    #[test]
    fn p098_equal_means_equal_length_and_equal_bytes(
        left in vec(any::<u8>(), 0..40),
        right in vec(any::<u8>(), 0..40),
        at: prop::sample::Index,
    ) {
        // method: property
        prop_assert_eq!(same_bytes(&left, &right), left == right);
        prop_assert!(Secret::new(left.clone()).same_as(&left));
        if let Some(shorter) = left.len().checked_sub(1) {
            prop_assert!(!same_bytes(&left, &left[..shorter]));
            let mut other = left.clone();
            other[at.index(left.len())] ^= 1;
            prop_assert!(!same_bytes(&left, &other));
        }
    }
}

#[test]
fn p097_a_secret_is_wiped_when_dropped() {
    // method: exhaustive
    let wiped = Arc::new(AtomicUsize::new(0));
    drop(Secret::new(Probe(wiped.clone())));
    assert_eq!(wiped.load(Ordering::Relaxed), 1);
}

#[test]
fn p097_types_that_carry_keys_do_not_print_them() {
    // method: exhaustive
    let master = vault::MasterKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|i| i as u8 + 100));
    let ring = vault::KeyRing::new([(1, master.unwrap())], 1, 1).unwrap();
    let workspace = WorkspaceId(uuid::Uuid::nil());
    let purpose = vault::Purpose::Credentials;
    let rng = SeededRng::new(97);
    let (key, _) = vault::DataKey::create(&ring, workspace, purpose, 1, &rng).unwrap();
    let shown = format!("{ring:?} {key:?}");
    assert!(shown.contains("[REDACTED]"));
    for bytes in [key.key().expose().as_slice(), &[100, 101, 102]] {
        let list = format!("{:?}", &bytes[..3]);
        assert!(!shown.contains(list.trim_matches(['[', ']'])));
    }
}
