//! Sealing, wrapping and rotation, as statements about all inputs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    CredentialId, ErrorKind, Rng, Secret, WorkspaceId,
    rng::random,
    vault::{
        self, Context, DataKey, Key, KeyRing, MAX_SECRET_BYTES, MasterKey, Purpose, SealBudget,
        WrappedKey, wrapping_key,
    },
};
use morket_testkit::SeededRng;
use proptest::{collection::vec, prelude::*};
use std::collections::HashSet;
use uuid::Uuid;

fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(number))
}

fn credential(number: u128) -> CredentialId {
    CredentialId(Uuid::from_u128(number))
}

fn master(rng: &SeededRng) -> MasterKey {
    MasterKey::from_bytes(&random::<32>(rng)).unwrap()
}

fn ring(rng: &SeededRng) -> KeyRing {
    KeyRing::new([(1, master(rng))], 1, 1).unwrap()
}

fn data_key(rng: &SeededRng, ring: &KeyRing, whose: u128) -> (DataKey, WrappedKey) {
    DataKey::create(ring, workspace(whose), Purpose::Credentials, 1, rng).unwrap()
}

fn raw_key(rng: &SeededRng) -> Key {
    Secret::new(random(rng))
}

#[track_caller]
fn assert_tampered<T: std::fmt::Debug>(result: morket_core::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Tampered);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn p084_every_secret_comes_back(
        secret in prop_oneof![vec(any::<u8>(), 0..200), vec(any::<u8>(), 0..=MAX_SECRET_BYTES)],
        whose: u128,
        seed: u64,
    ) {
        // method: property
        let rng = SeededRng::new(seed);
        let ring = ring(&rng);
        let (key, row) = data_key(&rng, &ring, whose);
        let aad = key.context(credential(7), "hunter", "api_key").aad();
        let sealed = vault::seal(key.key(), &aad, &secret, &rng).unwrap();
        prop_assert_eq!(sealed.len(), 1 + 12 + secret.len() + 16);
        let opened = vault::open(row.unwrap(&ring).unwrap().key(), &aad, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), &secret);
    }

    #[test]
    fn p085_another_workspace_cannot_open(one: u128, other: u128, seed: u64) {
        // method: property
        prop_assume!(one != other);
        let rng = SeededRng::new(seed);
        let ring = ring(&rng);
        let ((one, row), (other, _)) = (data_key(&rng, &ring, one), data_key(&rng, &ring, other));
        let [mine, theirs] =
            [&one, &other].map(|key| key.context(credential(7), "hunter", "api_key").aad());
        let sealed = vault::seal(one.key(), &mine, b"sk_live_1234", &rng).unwrap();
        assert_tampered(vault::open(other.key(), &theirs, &sealed));
        assert_tampered(vault::open(other.key(), &mine, &sealed));
        assert_tampered(vault::open(one.key(), &theirs, &sealed));
        assert_tampered(WrappedKey { workspace: other.workspace(), ..row }.unwrap(&ring));
    }

    #[test]
    fn p086_contexts_are_bound_injectively(
        left in (any::<u128>(), any::<u128>(), "[ab]{0,3}", "[ab]{0,3}", 0..3_u32),
        right in (any::<u128>(), any::<u128>(), "[ab]{0,3}", "[ab]{0,3}", 0..3_u32),
        same_ids: bool,
    ) {
        // method: property
        let right = if same_ids { (left.0, left.1, right.2, right.3, right.4) } else { right };
        prop_assert_eq!(left == right, aad_of(&left) == aad_of(&right));
    }

    #[test]
    fn p088_a_master_key_is_32_bytes_that_differ(bytes in vec(any::<u8>(), 0..70), byte: u8) {
        // method: property
        for bytes in [bytes.clone(), vec![byte; bytes.len()], vec![byte; 32], fit(bytes, byte)] {
            let good = bytes.len() == 32 && bytes.iter().any(|b| *b != bytes[0]);
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            for parsed in [MasterKey::from_bytes(&bytes), MasterKey::parse(&hex)] {
                prop_assert_eq!(parsed.is_ok(), good);
                if let Err(error) = parsed {
                    prop_assert_eq!(error.kind(), ErrorKind::Validation);
                    prop_assert!(error.message().starts_with("master_key: "));
                    let shown = format!("{error:?}");
                    prop_assert!(hex.len() < 8 || !shown.contains(&hex), "{}", shown);
                }
            }
        }
    }

    #[test]
    fn p088_text_that_is_not_hexadecimal_is_refused(text in "\\PC{0,70}", place in 0..64_usize) {
        // method: property
        let hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        prop_assert!(hexadecimal || MasterKey::parse(&text).is_err());
        let mut digits = "0f1e2d3c".repeat(8);
        digits.replace_range(place..=place, "g");
        prop_assert!(MasterKey::parse(&digits).is_err());
    }

    #[test]
    fn p090_wrapping_keys_are_steady_and_their_own(one: u128, other: u128, seed: u64) {
        // method: property
        let rng = SeededRng::new(seed);
        let (first, second) = (master(&rng), master(&rng));
        let mut seen = HashSet::new();
        for master in [&first, &second] {
            for whose in HashSet::from([one, other, one ^ 1]) {
                for purpose in Purpose::ALL {
                    let derive = || {
                        *wrapping_key(master, workspace(whose), *purpose).unwrap().expose()
                    };
                    prop_assert_eq!(derive(), derive());
                    prop_assert!(seen.insert(derive()));
                }
            }
        }
    }

    #[test]
    fn p092_only_the_same_plaintext_is_confirmed(
        secret in vec(any::<u8>(), 0..100),
        other in vec(any::<u8>(), 0..100),
        seed: u64,
    ) {
        // method: property
        let rng = SeededRng::new(seed);
        let key = raw_key(&rng);
        let sealed = vault::seal_verified(&key, b"here", &secret, &rng).unwrap();
        prop_assert!(vault::check_sealed(&key, b"here", &sealed, &secret).is_ok());
        let confirmed = vault::check_sealed(&key, b"here", &sealed, &other);
        prop_assert_eq!(confirmed.is_ok(), secret == other);
        let lost = vault::check_sealed(&key, b"here", &sealed[..sealed.len() - 1], &secret);
        prop_assert_eq!(lost.unwrap_err().kind(), ErrorKind::Internal);
    }

    #[test]
    fn p093_a_rewrapped_key_is_the_same_key(whose: u128, seed: u64) {
        // method: property
        let rng = SeededRng::new(seed);
        let (one, two) = (master(&rng), master(&rng));
        let before = KeyRing::new([(1, one.clone())], 1, 1).unwrap();
        let during = KeyRing::new([(1, one), (2, two.clone())], 2, 1).unwrap();
        let after = KeyRing::new([(2, two)], 2, 2).unwrap();
        let (key, old) = data_key(&rng, &before, whose);
        let new = old.rewrap(&during, &rng).unwrap();
        prop_assert_eq!(new.master_version, 2);
        for (row, ring) in [(&old, &before), (&old, &during), (&new, &during), (&new, &after)] {
            prop_assert!(row.unwrap(ring).unwrap().key().same_as(key.key().expose()));
        }
        prop_assert!(new.rewrap(&after, &rng).unwrap() == new);
        assert_tampered(WrappedKey { master_version: 2, ..old }.unwrap(&during));
        assert_tampered(WrappedKey { version: 2, ..new }.unwrap(&during));
    }

    #[test]
    fn p094_below_the_minimum_nothing_opens(minimum in 1..6_u32, seed: u64) {
        // method: property
        let rng = SeededRng::new(seed);
        let keys: Vec<_> = (1..=5).map(|version| (version, master(&rng))).collect();
        for (version, key) in &keys {
            let then = KeyRing::new([(*version, key.clone())], *version, 1).unwrap();
            let (_, row) = data_key(&rng, &then, 1);
            let now = KeyRing::new(keys.clone(), 5, minimum).unwrap();
            prop_assert_eq!(row.unwrap(&now).is_ok(), *version >= minimum);
            if let Err(error) = row.rewrap(&now, &rng) {
                prop_assert_eq!(error.kind(), ErrorKind::KeyUnavailable);
            }
        }
    }

    #[test]
    fn p095_a_mask_shows_four_characters_of_twelve_or_none(secret in "\\PC{0,40}") {
        // method: property
        let characters: Vec<char> = secret.chars().collect();
        let shown = if characters.len() < 12 { &[] } else { &characters[characters.len() - 4..] };
        let expected: String = "••••".chars().chain(shown.iter().copied()).collect();
        prop_assert_eq!(vault::mask(&secret), expected);
        let stored = vault::last4(&secret).unwrap_or_default();
        prop_assert_eq!(stored.chars().collect::<Vec<_>>(), shown);
    }
}

fn aad_of(parts: &(u128, u128, String, String, u32)) -> Vec<u8> {
    Context {
        workspace: workspace(parts.0),
        credential: credential(parts.1),
        provider: &parts.2,
        field: &parts.3,
        data_key_version: parts.4,
    }
    .aad()
}

fn fit(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.resize(32, byte);
    bytes
}

#[test]
fn p084_the_largest_secret_fits_and_one_byte_more_does_not() {
    // method: exhaustive
    let rng = SeededRng::new(84);
    let key = raw_key(&rng);
    for (length, fits) in [(0, true), (MAX_SECRET_BYTES, true), (MAX_SECRET_BYTES + 1, false)] {
        let sealed = vault::seal_verified(&key, b"", &vec![7; length], &rng);
        assert_eq!(sealed.is_ok(), fits);
        if let Err(error) = sealed {
            assert_eq!(error.kind(), ErrorKind::Validation);
        }
    }
}

/// Fifty rows that differ from their neighbours in one part of the context each.
#[test]
fn p086_no_row_opens_in_the_place_of_another() {
    // method: exhaustive
    let rng = SeededRng::new(86);
    let ring = ring(&rng);
    let keys: Vec<DataKey> = (0..2)
        .flat_map(|whose| [(whose, 1), (whose, 2)])
        .map(|(whose, version)| {
            let purpose = Purpose::Credentials;
            DataKey::create(&ring, workspace(whose), purpose, version, &rng).unwrap().0
        })
        .collect();
    let places = [("hunter", "api_key"), ("hunte", "rapi_key"), ("hunter", "secret")];
    let rows: Vec<(&DataKey, Vec<u8>, Vec<u8>)> = (0..50)
        .map(|row: usize| {
            let key = &keys[row % 4];
            let (provider, field) = places[row / 4 % 3];
            let aad = key.context(credential(row as u128 / 12), provider, field).aad();
            let sealed = vault::seal(key.key(), &aad, b"the same everywhere", &rng).unwrap();
            (key, aad, sealed)
        })
        .collect();
    for (i, (key, aad, _)) in rows.iter().enumerate() {
        for (j, (.., sealed)) in rows.iter().enumerate() {
            assert_eq!(vault::open(key.key(), aad, sealed).is_ok(), i == j, "row {j} as {i}");
        }
    }
}

#[test]
fn p087_any_flip_truncation_or_extension_is_refused() {
    // method: exhaustive
    let rng = SeededRng::new(87);
    let key = raw_key(&rng);
    for length in [0, 1, 15, 16, 17, 40, 100] {
        let sealed = vault::seal(&key, b"here", &vec![0x5a; length], &rng).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_tampered(vault::open(&key, b"here", &flipped));
        }
        for end in 0..sealed.len() {
            assert_tampered(vault::open(&key, b"here", &sealed[..end]));
            assert_tampered(vault::open(&key, b"here", &sealed[end + 1..]));
        }
        for byte in 0..=255 {
            let longer = [sealed.as_slice(), &[byte]].concat();
            assert_tampered(vault::open(&key, b"here", &longer));
            assert_tampered(vault::open(&key, b"here", &[&[byte], sealed.as_slice()].concat()));
        }
        assert_tampered(vault::open(&key, b"her", &sealed));
        assert!(vault::open(&key, b"here", &sealed).is_ok());
    }
}

#[test]
fn p087_a_wrapped_key_refuses_every_flip() {
    // method: exhaustive
    let rng = SeededRng::new(87);
    let ring = ring(&rng);
    let (_, row) = data_key(&rng, &ring, 1);
    for bit in 0..row.sealed.len() * 8 {
        let mut flipped = row.clone();
        flipped.sealed[bit / 8] ^= 1 << (bit % 8);
        assert_tampered(flipped.unwrap(&ring));
    }
    for purpose in [Purpose::WebhookSecrets, Purpose::Tokens] {
        assert_tampered(WrappedKey { purpose, ..row.clone() }.unwrap(&ring));
    }
}

/// Ten million seals in a release build; a tenth of them where nothing is optimised.
#[test]
fn p089_no_nonce_repeats() {
    // method: property
    let seals = if cfg!(debug_assertions) { 1_000_000 } else { 10_000_000 };
    let rng = SeededRng::new(89);
    let key = raw_key(&rng);
    let mut nonces: Vec<[u8; 12]> = std::thread::scope(|scope| {
        let part = || {
            let nonce = |_| nonce(&vault::seal(&key, b"", b"", &rng).unwrap());
            (0..seals / 4).map(nonce).collect::<Vec<_>>()
        };
        let parts: Vec<_> = (0..4).map(|_| scope.spawn(part)).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert_eq!(nonces.len(), seals);
    nonces.sort_unstable();
    nonces.dedup();
    assert_eq!(nonces.len(), seals);
}

fn nonce(sealed: &[u8]) -> [u8; 12] {
    sealed[1..13].try_into().unwrap()
}

#[test]
fn p089_the_budget_ends_before_2_to_the_32() {
    // method: exhaustive
    const { assert!(SealBudget::LIMIT < 1 << 32) };
    let mut budget = SealBudget::resume(SealBudget::LIMIT - 3);
    assert!(budget.spend(4).is_err(), "all or none");
    for _ in 0..3 {
        budget.spend(1).unwrap();
    }
    for seals in [1, 2, u64::MAX] {
        assert_eq!(budget.spend(seals).unwrap_err().kind(), ErrorKind::KeyUnavailable);
    }
    assert_eq!(budget.used(), SealBudget::LIMIT);
    assert!(SealBudget::resume(u64::MAX).spend(1).is_err());
}

#[derive(Debug)]
struct Stuck;

impl Rng for Stuck {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(9);
    }
}

/// Two seals differ because of the nonce alone; nothing else in a seal is drawn.
#[test]
fn p089_the_nonce_is_all_that_is_drawn() {
    // method: exhaustive
    let key = Secret::new([3; 32]);
    let [one, two] = [(); 2].map(|()| vault::seal(&key, b"", b"secret", &Stuck).unwrap());
    assert_eq!(one, two);
    assert_eq!(nonce(&one), [9; 12]);
}
