//! Signing in: who gets in, and what those who do not can learn.

use crate::house::{CORES, House, MINUTE, Queue, RIGHT, WRONG, auth, config, shown};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use morket_core::{
    ErrorKind,
    identity::{
        EmailAddress, UserStore, config::MAX_ACCESS, config::MAX_REFRESH, lockout::MAX_FAILURES,
    },
};
use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

const ADA: &str = "ada@example.com";

async fn lock(house: &House, email: &str) {
    for _ in 0..MAX_FAILURES {
        house.login(email, WRONG).await.unwrap_err();
    }
}

#[tokio::test]
async fn p103_lifetimes_out_of_bounds_never_become_a_service() {
    // method: exhaustive
    let second = Duration::from_secs(1);
    for (access, refresh, ok) in [
        (MAX_ACCESS, MAX_REFRESH, true),
        (MAX_ACCESS + second, MAX_REFRESH, false),
        (MAX_ACCESS, MAX_REFRESH + second, false),
        (Duration::ZERO, MAX_REFRESH, false),
    ] {
        let mut config = config();
        (config.access_lifetime, config.refresh_lifetime) = (access, refresh);
        assert_eq!(config.build().is_ok(), ok, "{access:?} {refresh:?}");
    }
}

#[tokio::test]
async fn registering_signs_in_and_an_address_is_registered_once() {
    let house = House::new();
    let tokens = house.ada().await;
    assert!(house.is_in(&tokens).await);
    assert_eq!(tokens.expires_in, MAX_ACCESS);
    let again = house.auth.register("ADA@Example.com", "Eve", WRONG.to_owned()).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Conflict);
    for (email, name, password) in [
        ("eve", "Eve", WRONG),
        ("eve@example.com", " ", WRONG),
        ("eve@example.com", "Eve", "eleven char"),
        ("eve@example.com", "Eve", &"x".repeat(129)),
        ("eve@example.com", "Eve", "password1234"),
        ("eve.online@example.com", "Eve", "Eve-Online-2026"),
        ("eve@example.com", "Eve Adams", "eve adams eve adams"),
    ] {
        let result = house.auth.register(email, name, password.to_owned()).await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Validation, "{email} {name}");
    }
}

/// Equal to the last byte that a client or a log could look at, and equal work.
#[tokio::test]
async fn p116_every_refusal_is_the_same() {
    // method: exhaustive
    let house = House::new();
    let disabled = house.ada().await.user;
    house.auth.disable(disabled).await.unwrap();
    for email in ["wrong@example.com", "locked@example.com"] {
        house.auth.register(email, "Somebody", RIGHT.to_owned()).await.unwrap();
    }
    lock(&house, "locked@example.com").await;
    house.threads.ran();
    house.store.calls();
    let mut seen = Vec::new();
    for (email, password) in [
        ("nobody@example.com", RIGHT),
        ("wrong@example.com", WRONG),
        ("locked@example.com", RIGHT),
        ("locked@example.com", WRONG),
        (ADA, RIGHT),
        (ADA, WRONG),
    ] {
        let error = shown(house.login(email, password).await);
        seen.push((error, house.store.calls(), house.threads.ran()));
    }
    assert!(seen.iter().all(|it| *it == seen[0]), "{seen:?}");
    assert_eq!(seen[0].2, 1, "one password is verified");
    // What is no address at all is nobody's either.
    assert_eq!(shown(house.login("no address", RIGHT).await), seen[0].0);
    assert_eq!(house.threads.ran(), 1);
}

#[tokio::test]
async fn p117_every_byte_of_a_long_password_counts() {
    // method: property
    let house = House::new();
    let long = "every letter of it counts; ".repeat(4);
    house.auth.register(ADA, "Ada", long.clone()).await.unwrap();
    for other in [&long[..72], &long[..99], &format!("{long}\0"), &long.replace('y', "ý")] {
        house.login(ADA, other).await.unwrap_err();
    }
    house.login(ADA, &long).await.unwrap();
}

#[tokio::test]
async fn p118_an_old_hash_is_replaced_at_the_next_login() {
    // method: exhaustive
    let house = House::new();
    let weak =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
    let weak = weak.hash_password_with_salt(RIGHT.as_bytes(), &[7; 16]).unwrap().to_string();
    let old = bcrypt::hash(RIGHT, 12).unwrap();
    for (email, hash) in [("weak@example.com", weak), ("old@example.com", old)] {
        let user = house.import(email, &hash).await;
        house.login(email, WRONG).await.unwrap_err();
        let stored = house.memory.user(user).await.unwrap();
        assert_eq!(stored.password_hash.as_str(), hash, "a wrong password changes nothing");

        house.threads.ran();
        let first = house.login(email, RIGHT).await.unwrap();
        assert_eq!(house.threads.ran(), 2, "verified, then hashed anew");
        let stored = house.memory.user(user).await.unwrap();
        assert!(stored.password_hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        house.login(email, RIGHT).await.unwrap();
        assert_eq!(house.threads.ran(), 1);
        house.login(email, WRONG).await.unwrap_err();
        assert!(house.is_in(&first).await, "an upgrade ends no session");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p118_logins_at_once_all_survive_the_upgrade() {
    // method: race
    let house = Arc::new(House::new());
    let weak =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
    let weak = weak.hash_password_with_salt(RIGHT.as_bytes(), &[7; 16]).unwrap().to_string();
    house.import("weak@example.com", &weak).await;
    let logins: Vec<_> = (0..4)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move { house.login("weak@example.com", RIGHT).await })
        })
        .collect();
    for login in logins {
        let tokens = login.await.unwrap().unwrap();
        assert!(house.is_in(&tokens).await);
    }
}

/// One thread runs tasks and hashes by turns, so that nothing happens unseen.
#[tokio::test]
async fn p119_a_flood_of_logins_hashes_as_many_as_there_are_cores() {
    // method: exhaustive
    let (house, queue) = (House::new(), Arc::new(Queue::default()));
    let auth = auth(house.store.clone(), queue.clone(), house.clock.clone());
    let logins: Vec<_> = (0..8)
        .map(|number| {
            let auth = auth.clone();
            tokio::spawn(async move {
                auth.login(&format!("{number}@example.com"), RIGHT.to_owned()).await
            })
        })
        .collect();
    let mut hashed = 0;
    while !logins.iter().all(tokio::task::JoinHandle::is_finished) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert!(queue.len() <= CORES, "{} hashes at once", queue.len());
        if let Some(work) = queue.take() {
            work();
            hashed += 1;
        }
    }
    assert_eq!(hashed, logins.len());
}

#[tokio::test]
async fn p120_p121_p125_the_sixth_attempt_fails_and_the_lock_ends_by_itself() {
    // method: property
    let house = House::new();
    let tokens = house.ada().await;
    lock(&house, ADA).await;
    house.login(ADA, RIGHT).await.unwrap_err();
    assert!(house.is_in(&tokens).await, "a lock ends no session");
    let tokens = house.refresh(&tokens).await.unwrap();
    house.clock.advance(14 * MINUTE);
    house.login(ADA, RIGHT).await.unwrap_err();
    house.clock.advance(MINUTE);
    house.login(ADA, RIGHT).await.unwrap();
    house.refresh(&tokens).await.unwrap();
}

#[tokio::test]
async fn p122_a_success_before_the_lock_starts_again() {
    // method: property
    let house = House::new();
    house.ada().await;
    for _ in 0..2 {
        for _ in 1..MAX_FAILURES {
            house.login(ADA, WRONG).await.unwrap_err();
        }
        house.login(ADA, RIGHT).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p123_of_many_guesses_at_once_five_are_looked_at() {
    // method: race
    let house = Arc::new(House::new());
    house.ada().await;
    let guesses: Vec<_> = (0..16)
        .map(|number| {
            let house = house.clone();
            tokio::spawn(async move { house.login(ADA, &format!("guess {number}")).await })
        })
        .collect();
    for guess in guesses {
        guess.await.unwrap().unwrap_err();
    }
    assert_eq!(house.store.admitted.load(Ordering::SeqCst), MAX_FAILURES);
    house.login(ADA, RIGHT).await.unwrap_err();
}

#[tokio::test]
async fn p124_every_spelling_of_an_account_shares_one_counter() {
    // method: exhaustive
    let house = House::new();
    house.ada().await;
    let spellings =
        [ADA, "ADA@EXAMPLE.COM", " Ada@Example.Com ", "ａｄａ@example.com", "𝐚𝐝𝐚@example.com"];
    let key = EmailAddress::parse(ADA).unwrap();
    for spelling in spellings {
        assert_eq!(EmailAddress::parse(spelling).unwrap().key(), key.key());
        house.login(spelling, WRONG).await.unwrap_err();
    }
    house.login(ADA, RIGHT).await.unwrap_err();
    // A tag is part of the address here, so it is another account with a counter of its own.
    house.auth.register("ada+tag@example.com", "Ada", RIGHT.to_owned()).await.unwrap();
    house.login("ada+tag@example.com", RIGHT).await.unwrap();
}

#[tokio::test]
async fn p120_guessing_the_old_password_counts_too() {
    // method: property
    let house = House::new();
    let user = house.ada().await.user;
    for _ in 0..MAX_FAILURES {
        let result =
            house.auth.change_password(user, WRONG.to_owned(), "an entirely new one".to_owned());
        assert_eq!(result.await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    }
    let change =
        house.auth.change_password(user, RIGHT.to_owned(), "an entirely new one".to_owned());
    change.await.unwrap_err();
    house.login(ADA, RIGHT).await.unwrap_err();
    house.clock.advance(15 * MINUTE);
    house.login(ADA, RIGHT).await.unwrap();
}
