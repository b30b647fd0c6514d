//! What happens to those who are in.

use crate::house::{House, MINUTE, RIGHT, config, shown};
use morket_core::{
    ErrorKind, WorkspaceId,
    audit::{Action, NewAudit},
    identity::{AuthConfig, session::MAX_SESSIONS},
    rbac::{Actor, MemberChange, Operation, Principal, Role, decide},
    workspace::{NewWorkspace, WorkspaceStore},
};
use std::{collections::HashSet, sync::atomic::Ordering, time::Duration};
use uuid::Uuid;

const ADA: &str = "ada@example.com";
const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn p104_p114_each_refresh_gives_a_new_pair() {
    // method: property
    let house = House::new();
    let mut tokens = house.ada().await;
    let mut seen = HashSet::new();
    for _ in 0..40 {
        let claims = house.auth.claims(tokens.access.expose()).await.unwrap();
        assert!(seen.insert(claims.jti.to_string()), "an access token's id came twice");
        assert!(seen.insert(tokens.refresh.expose().clone()), "a refresh token came twice");
        let next = house.refresh(&tokens).await.unwrap();
        assert_eq!((next.user, next.session), (tokens.user, tokens.session));
        tokens = next;
    }
}

#[tokio::test]
async fn p105_a_refresh_token_that_comes_twice_ends_everything() {
    // method: property
    let house = House::new();
    let (first, other) = (house.ada().await, house.login(ADA, RIGHT).await.unwrap());
    let second = house.refresh(&first).await.unwrap();
    let replayed = shown(house.refresh(&first).await);
    for tokens in [&first, &second, &other] {
        assert!(!house.is_in(tokens).await);
    }
    assert_eq!(shown(house.refresh(&other).await), replayed, "a replay is told from nothing else");
    assert_eq!(shown(house.auth.refresh("nonsense").await), replayed);
}

#[tokio::test]
async fn p105_a_lost_response_is_made_good_only_where_that_was_configured() {
    // method: exhaustive
    let second = Duration::from_secs(1);
    for (grace, wait, good) in [
        (Duration::ZERO, Duration::ZERO, false),
        (10 * second, 9 * second, true),
        (10 * second, 10 * second, false),
        (second, second, false),
    ] {
        let house = House::new();
        let config = AuthConfig { refresh_grace: grace, ..config() };
        let auth = house.auth.clone().with_access(config.build().unwrap());
        let first = house.ada().await;
        let lost = auth.refresh(first.refresh.expose()).await.unwrap();
        house.clock.advance(wait);
        let again = auth.refresh(first.refresh.expose()).await;
        assert_eq!(again.is_ok(), good, "{grace:?} after {wait:?}");
        assert_eq!(house.is_in(&first).await, good);
        if let Ok(again) = again {
            assert_ne!(again.refresh.expose(), lost.refresh.expose());
            auth.refresh(again.refresh.expose()).await.unwrap();
            auth.refresh(lost.refresh.expose()).await.unwrap_err();
            assert!(!house.is_in(&first).await, "somebody has the lost one after all");
        }
    }
    let long = AuthConfig { refresh_grace: 11 * second, ..config() }.build().unwrap_err();
    assert!(long.message().starts_with("refresh_grace: "), "{long}");
    assert_eq!(config().refresh_grace, Duration::ZERO, "strict unless told otherwise");
}

#[tokio::test]
async fn p102_no_token_passes_for_another_kind() {
    // method: exhaustive
    let house = House::new();
    let tokens = house.ada().await;
    house.auth.authenticate(tokens.refresh.expose()).await.unwrap_err();
    house.auth.refresh(tokens.access.expose()).await.unwrap_err();
    house.auth.logout(tokens.access.expose()).await.unwrap();
    assert!(house.is_in(&tokens).await);
}

#[tokio::test]
async fn p107_the_eleventh_sign_in_ends_the_first() {
    // method: property
    let house = House::new();
    let first = house.ada().await;
    let mut rest = Vec::new();
    for _ in 0..MAX_SESSIONS {
        house.clock.advance(Duration::from_secs(1));
        assert!(house.is_in(&first).await);
        rest.push(house.login(ADA, RIGHT).await.unwrap());
    }
    assert!(!house.is_in(&first).await);
    for tokens in &rest {
        assert!(house.is_in(tokens).await);
    }
}

#[tokio::test]
async fn p108_a_logout_ends_its_refresh_and_access_tokens() {
    // method: property
    let house = House::new();
    let (first, other) = (house.ada().await, house.login(ADA, RIGHT).await.unwrap());
    let second = house.refresh(&first).await.unwrap();
    house.logout(&second).await;
    assert!(!house.is_in(&first).await && !house.is_in(&second).await);
    house.refresh(&second).await.unwrap_err();
    house.logout(&second).await;
    house.auth.logout("nonsense").await.unwrap();
    assert!(house.is_in(&other).await);
}

#[tokio::test]
async fn p100_an_access_token_is_refused_once_revoked() {
    // method: property
    let house = House::new();
    let first = house.ada().await;
    let second = house.refresh(&first).await.unwrap();
    house.auth.revoke(first.access.expose()).await.unwrap();
    assert!(!house.is_in(&first).await);
    assert!(house.is_in(&second).await, "its session goes on");
    house.clock.advance(15 * MINUTE);
    assert!(!house.is_in(&second).await, "its time is over");
}

#[tokio::test]
async fn p110_a_session_ends_however_often_it_is_refreshed() {
    // method: property
    let house = House::new();
    let mut tokens = house.ada().await;
    for _ in 0..5 {
        house.clock.advance(6 * DAY - MINUTE);
        tokens = house.refresh(&tokens).await.unwrap();
    }
    assert!(house.is_in(&tokens).await);
    house.clock.advance(5 * MINUTE);
    assert!(!house.is_in(&tokens).await, "no access token outlives its family");
    house.refresh(&tokens).await.unwrap_err();
}

#[tokio::test]
async fn p111_disabling_and_a_new_password_count_from_the_next_request_on() {
    // method: exhaustive
    let house = House::new();
    let tokens = house.ada().await;
    house.auth.disable(tokens.user).await.unwrap();
    assert!(!house.is_in(&tokens).await);
    house.refresh(&tokens).await.unwrap_err();
    house.login(ADA, RIGHT).await.unwrap_err();
    house.auth.enable(tokens.user).await.unwrap();
    assert!(!house.is_in(&tokens).await);

    let tokens = house.login(ADA, RIGHT).await.unwrap();
    let new = "another long password";
    house.auth.change_password(tokens.user, RIGHT.to_owned(), new.to_owned()).await.unwrap();
    assert!(!house.is_in(&tokens).await);
    house.refresh(&tokens).await.unwrap_err();
    house.login(ADA, RIGHT).await.unwrap_err();
    house.login(ADA, new).await.unwrap();
}

#[tokio::test]
async fn p112_a_store_that_fails_lets_nobody_in() {
    // method: exhaustive
    let house = House::new();
    let (live, ended) = (house.ada().await, house.login(ADA, RIGHT).await.unwrap());
    house.logout(&ended).await;
    house.store.down.store(true, Ordering::SeqCst);
    for tokens in [&live, &ended] {
        let error = house.auth.authenticate(tokens.access.expose()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreUnavailable);
        let error = house.refresh(tokens).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreUnavailable);
    }
    let error = house.login(ADA, RIGHT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreUnavailable);
    house.store.down.store(false, Ordering::SeqCst);
    assert!(house.is_in(&live).await);
    assert!(!house.is_in(&ended).await);
}

/// A token says who, never in which role.
#[tokio::test]
async fn p113_another_role_counts_from_the_next_request_on() {
    // method: exhaustive
    let house = House::new();
    let tokens = house.ada().await;
    let id = WorkspaceId(Uuid::from_u128(1));
    let new = NewWorkspace::embedded(id, "Acme");
    let audit = NewAudit::new(Principal::Embedder, Action::MemberRoleSet, None);
    house.memory.create_workspace(new, audit).await.unwrap();
    let mut change = MemberChange::Add(Role::Viewer);
    for role in Role::ALL {
        let actor = Actor::Embedder;
        house.memory.change_member(id, actor, tokens.user, change, audit).await.unwrap();
        let principal = house.auth.authenticate(tokens.access.expose()).await.unwrap();
        let now = house.memory.role_of(id, tokens.user).await.unwrap();
        for operation in Operation::ALL {
            let expected = now.unwrap().may(operation.permission());
            assert_eq!(decide(principal, id, now, *operation).is_ok(), expected, "{operation:?}");
        }
        change = MemberChange::SetRole(role);
    }
}

#[tokio::test]
async fn p109_nothing_that_is_shown_holds_a_secret() {
    // method: exhaustive
    let house = House::new();
    let tokens = house.ada().await;
    let user = house.memory_user().await;
    let shown = format!("{tokens:?} {:?} {user:?}", house.auth);
    for secret in [tokens.access.expose(), tokens.refresh.expose(), user.password_hash.as_str()] {
        assert!(!shown.contains(secret));
    }
    for personal in ["ada", "Ada", "AAECAwQ"] {
        assert!(!shown.contains(personal), "{shown}");
    }
}
