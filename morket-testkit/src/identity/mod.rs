//! The promises of [`UserStore`](morket_core::identity::UserStore) and
//! [`SessionStore`](morket_core::identity::SessionStore).

mod attempt;
mod ending;
mod grace;
mod race;
mod session;
mod user;
mod walk;

pub(crate) use attempt::allowed;

use crate::{Subject, fresh};
use morket_core::{
    Result, SessionId,
    identity::{
        EmailAddress, NewRefresh, NewSession, NewUser, PasswordHash, Rotated, Session, TokenHash,
        User,
    },
};
use std::time::Duration;
use uuid::Uuid;

cases! {
    ($)
    /// Every promise of the identity ports, as tests over what `$make` gives.
    identity_suite;
    user {
        a_user_is_found_by_its_id_and_by_every_spelling,
        an_unknown_user_is_not_there,
        a_repeat_gets_the_user_as_it_stands,
        an_id_names_one_user,
        an_address_names_one_user,
        a_user_has_a_name,
        p118_an_upgrade_leaves_sessions_as_they_are,
        a_hash_is_replaced_only_where_it_is_the_expected_one,
        p111_another_password_ends_every_session,
        p111_no_session_begins_with_an_older_password,
        p111_a_disabled_user_has_no_session,
        disabling_again_changes_nothing,
    }
    attempt {
        p120_the_sixth_attempt_is_refused,
        p121_attempts_stop_counting,
        p122_a_success_starts_again_from_none,
        p116_a_key_that_nobody_has_is_counted_alike,
        another_keys_attempts_do_not_matter,
        p125_a_lock_ends_by_itself_and_leaves_sessions,
    }
    session {
        p104_a_refresh_token_works_once,
        p105_a_replay_ends_every_session_of_its_user,
        p105_a_replay_is_noticed_after_a_logout,
        p107_the_oldest_session_gives_way,
        p107_dead_sessions_take_no_room,
        p110_a_family_ends_however_often_it_is_refreshed,
        an_expired_token_is_refused_and_ends_nothing,
        an_unknown_token_is_refused,
        a_token_is_stored_once,
        a_session_belongs_to_its_user,
        sessions_are_listed_oldest_first,
    }
    grace {
        p104_a_lost_response_is_made_good_once,
        p105_the_successor_that_was_lost_is_a_replay,
        p105_a_successor_that_was_shown_ends_the_grace,
        p105_the_grace_ends_with_its_time,
        p105_the_grace_opens_nothing_that_was_ended,
        p106_of_many_uses_within_the_grace_one_successor_works,
    }
    ending {
        p108_a_logout_ends_its_session_alone,
        p105_a_logout_with_a_used_token_is_a_replay,
        everybody_is_signed_out_at_once_and_nobody_else,
        p100_a_revoked_access_token_is_refused_alone,
        pruning_leaves_what_counts,
        pruning_removes_what_has_ended,
    }
    race {
        one_address_is_one_account_when_many_ask,
        p106_of_many_uses_one_wins,
        p107_at_most_ten_however_many_begin,
        p111_disabling_outruns_every_sign_in,
        p111_a_new_password_outruns_every_sign_in,
        p118_of_many_upgrades_one_is_made,
        p122_a_success_counts_while_others_guess,
        p123_of_many_guesses_five_are_looked_at,
    }
    walk {
        p104_p105_p107_p108_p110_p111_sessions_follow_the_model,
    }
}

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Somebody with an account.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) subject: Subject,
    pub(crate) user: User,
}

pub(crate) fn newcomer() -> NewUser {
    NewUser {
        id: fresh(),
        email: address("Ada"),
        name: "Ada".to_owned(),
        password_hash: hash("first"),
    }
}

/// An address that nobody has.
pub(crate) fn address(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}.{}@Example.COM", Uuid::simple(fresh()))).unwrap()
}

pub(crate) fn hash(text: &str) -> PasswordHash {
    PasswordHash::stored(format!("$argon2id${text}"))
}

/// The hash of a token that nobody has.
pub(crate) fn token() -> TokenHash {
    let halves: [Uuid; 2] = [fresh(), fresh()];
    TokenHash::from_bytes(halves.map(Uuid::into_bytes).concat().try_into().unwrap())
}

pub(crate) fn refresh() -> NewRefresh {
    NewRefresh { id: fresh(), hash: token(), lifetime: DAY }
}

impl Person {
    pub(crate) async fn new(subject: &Subject) -> Self {
        let user = subject.store.create_user(newcomer()).await.unwrap();
        Self { subject: subject.clone(), user }
    }

    /// As the store has it now.
    async fn now(&self) -> User {
        self.subject.store.user(self.user.id).await.unwrap()
    }

    pub(crate) fn next_session(&self) -> NewSession {
        NewSession {
            id: fresh(),
            user: self.user.id,
            password_version: self.user.password_version,
            token: refresh(),
            family_lifetime: 3 * DAY,
        }
    }

    pub(crate) async fn open(&self, new: NewSession) -> Result<Session> {
        self.subject.store.open_session(new).await
    }

    /// A session with its first token.
    pub(crate) async fn sign_in(&self) -> (SessionId, TokenHash) {
        let new = self.next_session();
        assert_eq!(self.open(new).await.unwrap().id, new.id);
        (new.id, new.token.hash)
    }

    /// What a refresh gives, with the successor.
    async fn refresh(&self, presented: TokenHash) -> (Rotated, TokenHash) {
        self.refresh_within(Duration::ZERO, presented).await
    }

    /// The same, where a response may get lost.
    async fn refresh_within(&self, grace: Duration, presented: TokenHash) -> (Rotated, TokenHash) {
        let next = refresh();
        (self.subject.store.rotate(presented, next, grace).await.unwrap(), next.hash)
    }

    /// A refresh that succeeds; the successor.
    async fn rotated(&self, session: SessionId, presented: TokenHash) -> TokenHash {
        let (rotated, next) = self.refresh(presented).await;
        assert_eq!(rotated, Rotated::Rotated { user: self.user.id, session });
        next
    }

    fn replayed(&self) -> Rotated {
        Rotated::Replayed { user: self.user.id }
    }

    async fn is_live(&self, session: SessionId) -> bool {
        self.subject.store.is_live(self.user.id, session, fresh()).await.unwrap()
    }

    pub(crate) async fn sessions(&self) -> Vec<SessionId> {
        let sessions = self.subject.store.sessions(self.user.id).await.unwrap();
        sessions.into_iter().map(|session| session.id).collect()
    }

    async fn pass(&self, by: Duration) {
        self.subject.clock.advance(by).await;
    }
}
