//! Refresh, invitation and service tokens: random, of one kind, stored as a hash.

#![cfg(feature = "identity")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use morket_core::{
    ErrorKind, Rng, SessionId, Timestamp, UserId,
    identity::{AuthConfig, SigningKey, SigningKeys, Token, TokenHash, TokenKind},
    rng::random,
};
use morket_testkit::SeededRng;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what is drawn through it.
#[derive(Debug)]
struct Counting(SeededRng, AtomicUsize);

impl Rng for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        self.1.fetch_add(bytes.len(), Ordering::Relaxed);
        self.0.fill(bytes);
    }
}

proptest! {
    #[test]
    fn p098_a_token_matches_its_own_hash_only(seed: u64, at in 0..256_usize) {
        // method: property
        let rng = SeededRng::new(seed);
        let [one, two] = [(); 2].map(|()| Token::issue(TokenKind::Service, &rng));
        prop_assert!(one.hash().matches(&one.hash()));
        prop_assert!(!one.hash().matches(&two.hash()));
        let mut bytes = *one.hash().as_bytes();
        bytes[at / 8] ^= 1 << (at % 8);
        prop_assert!(!one.hash().matches(&TokenHash::from_bytes(bytes)));
    }

    #[test]
    fn p102_a_kind_is_never_taken_for_another(seed: u64) {
        // method: property
        let rng = SeededRng::new(seed);
        let now = Timestamp::from_micros(1_795_269_831_000_000);
        let keys = SigningKeys::new(SigningKey::new("k", random::<32>(&rng).to_vec()).unwrap());
        let access = AuthConfig::new("i", "a", keys).build().unwrap();
        let (user, session) = (UserId::new(now, &rng), SessionId::new(now, &rng));
        let jwt = access.issue(user, session, now, &rng).unwrap().token;
        let webhook = format!("whsec_{}", URL_SAFE_NO_PAD.encode(random::<32>(&rng)));
        for made in TokenKind::ALL {
            let token = Token::issue(*made, &rng);
            prop_assert!(access.verify(token.expose(), now).is_err());
            for read in TokenKind::ALL {
                prop_assert_eq!(Token::parse(*read, token.expose()).is_ok(), made == read);
                for stranger in [jwt.expose(), &webhook] {
                    let error = Token::parse(*read, stranger).unwrap_err();
                    prop_assert_eq!(error.kind(), ErrorKind::Unauthenticated);
                }
                let body = &token.expose()[4..];
                let renamed = Token::parse(*read, &format!("{}{body}", read.prefix())).unwrap();
                prop_assert_eq!(renamed.hash().matches(&token.hash()), made == read);
            }
        }
        prop_assert!(access.verify(&webhook, now).is_err());
    }

    #[test]
    fn p102_only_the_exact_form_is_read(
        seed: u64,
        text in "\\PC{0,60}",
        extra in "[A-Za-z0-9_=. -]{1,3}",
    ) {
        // method: property
        let token = Token::issue(TokenKind::Refresh, &SeededRng::new(seed));
        let good = token.expose();
        prop_assert!(Token::parse(TokenKind::Refresh, &text).is_err());
        for bad in [format!("{good}{extra}"), format!("{extra}{good}"), good.to_uppercase(),
            good[..good.len() - 1].to_owned(), good.replacen("mrt_", "mrt_mrt_", 1)]
        {
            prop_assert!(Token::parse(TokenKind::Refresh, &bad).is_err(), "{}", bad);
        }
    }

    #[test]
    fn p109_a_token_is_256_bits_and_only_its_hash_is_stored(seed: u64) {
        // method: property
        for kind in TokenKind::ALL {
            let rng = Counting(SeededRng::new(seed), AtomicUsize::new(0));
            let token = Token::issue(*kind, &rng);
            prop_assert_eq!(rng.1.load(Ordering::Relaxed), 32);
            let drawn: [u8; 32] = random(&SeededRng::new(seed));
            let expected = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(drawn));
            prop_assert_eq!(token.expose(), &expected);
            let digest: [u8; 32] = Sha256::digest(token.expose()).into();
            prop_assert!(token.hash().matches(&TokenHash::from_bytes(digest)));
            let shown = format!("{token:?} {:?}", token.hash());
            prop_assert!(!shown.contains(&expected[4..]));
        }
    }
}
