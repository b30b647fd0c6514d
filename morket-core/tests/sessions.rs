//! Refresh tokens: the verdict on one, the life of a family, the limit per user.

#![cfg(feature = "identity")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    SessionId, Timestamp, TokenId, UserId,
    identity::{
        RefreshToken, Rotation, Token, TokenKind,
        config::{MAX_FAMILY, MAX_REFRESH},
        session::{MAX_SESSIONS, evict},
    },
};
use morket_testkit::SeededRng;
use proptest::{collection::vec, prelude::*};
use std::{collections::HashSet, time::Duration};
use uuid::Uuid;

fn at(seconds: u64) -> Timestamp {
    Timestamp::default().after(Duration::from_secs(seconds))
}

fn token(rng: &SeededRng) -> RefreshToken {
    RefreshToken {
        id: TokenId::new(at(0), rng),
        session: SessionId::new(at(0), rng),
        user: UserId::new(at(0), rng),
        hash: Token::issue(TokenKind::Refresh, rng).hash(),
        issued_at: at(0),
        expires_at: at(0).after(MAX_REFRESH),
        family_end: at(0).after(MAX_FAMILY),
        used_at: None,
        successor: None,
        revoked_at: None,
    }
}

proptest! {
    #[test]
    fn p104_p105_a_token_works_once_and_then_betrays_its_thief(
        used: bool,
        revoked: bool,
        expires in 0..100_u64,
        family_end in 0..100_u64,
        now in 0..100_u64,
    ) {
        // method: property
        let row = RefreshToken {
            expires_at: at(expires),
            family_end: at(family_end),
            used_at: used.then(|| at(1)),
            revoked_at: revoked.then(|| at(2)),
            ..token(&SeededRng::new(1))
        };
        let verdict = row.judge(at(now));
        prop_assert_eq!(verdict == Rotation::Replay, used);
        prop_assert_eq!(verdict == Rotation::Revoked, revoked && !used);
        let live = !used && !revoked && now < expires && now < family_end;
        prop_assert_eq!(verdict == Rotation::Rotate, live);
    }

    #[test]
    fn p105_a_replay_is_good_for_a_lost_response_alone(
        used in 0..30_u64,
        now in 0..60_u64,
        grace in 0..20_u64,
        expires in 0..60_u64,
        shut in any::<(bool, bool, bool)>(),
    ) {
        // method: property
        let (shown, ended, foreign) = shut;
        let rng = SeededRng::new(5);
        let first = token(&rng);
        let hash = Token::issue(TokenKind::Refresh, &rng).hash();
        let next = first.successor(TokenId::new(at(1), &rng), hash, at(used), MAX_REFRESH);
        let next = RefreshToken {
            expires_at: at(expires),
            used_at: shown.then(|| at(used)),
            revoked_at: ended.then(|| at(used)),
            ..next
        };
        let named = if foreign { TokenId::new(at(2), &rng) } else { next.id };
        let first = first.used(Some(named), at(used));
        let grace = Duration::from_secs(grace);
        let verdict = first.judge_within(grace, Some(&next), at(now));
        let lost = !shown && !ended && !foreign && now < expires;
        let good = lost && now.abs_diff(used) < grace.as_secs().min(10);
        prop_assert_eq!(verdict, if good { Rotation::Again } else { Rotation::Replay });
        prop_assert_eq!(first.judge_within(grace, None, at(now)), Rotation::Replay);
        prop_assert_eq!(first.judge(at(now)), Rotation::Replay);
    }

    #[test]
    fn p110_a_family_ends_however_often_it_is_refreshed(
        waits in vec(1..604_800_u64, 1..60),
        lifetime in 1..=604_800_u64,
        seed: u64,
    ) {
        // method: property
        let rng = SeededRng::new(seed);
        let (first, mut now) = (token(&rng), at(0));
        let mut row = first.clone();
        for wait in waits {
            now = now.after(Duration::from_secs(wait));
            if row.judge(now) != Rotation::Rotate {
                break;
            }
            let hash = Token::issue(TokenKind::Refresh, &rng).hash();
            let lifetime = Duration::from_secs(lifetime);
            let next = row.successor(TokenId::new(now, &rng), hash, now, lifetime);
            prop_assert_eq!(next.expires_at, now.after(lifetime).min(first.family_end));
            prop_assert_eq!((next.session, next.user), (first.session, first.user));
            prop_assert!(next.id != row.id && !next.hash.matches(&row.hash));
            prop_assert_eq!(next.judge(now), Rotation::Rotate);
            row = RefreshToken { used_at: Some(now), ..row };
            prop_assert_eq!(row.judge(now), Rotation::Replay);
            row = next;
        }
        let never = [first.family_end, first.family_end.after(MAX_REFRESH)];
        prop_assert!(never.into_iter().all(|end| row.judge(end) != Rotation::Rotate));
    }

    #[test]
    fn p107_at_most_ten_are_left_and_the_oldest_go(starts in vec(0..20_u64, 0..40), seed: u64) {
        // method: property
        let rng = SeededRng::new(seed);
        let id = || SessionId(Uuid::from_u128(u128::from(rng.next_u64())));
        let sessions: Vec<_> = starts.iter().map(|start| (id(), at(*start))).collect();
        let ended: HashSet<_> = evict(&sessions, MAX_SESSIONS).into_iter().collect();
        prop_assert_eq!(ended.len(), sessions.len().saturating_sub(MAX_SESSIONS));
        let (gone, left): (Vec<_>, Vec<_>) =
            sessions.iter().partition(|(id, _)| ended.contains(id));
        let newest_gone = gone.iter().map(|(_, start)| *start).max();
        let oldest_left = left.iter().map(|(_, start)| *start).min();
        prop_assert!(newest_gone.is_none() || newest_gone <= oldest_left);
    }
}
