//! Whatever is asked in whatever order, sessions are what a plain model of them says.

use super::{Person, hash};
use crate::{Subject, random::check_all};
use morket_core::{
    SessionId, Timestamp,
    identity::{HashChange, Rotated, TokenHash, session::MAX_SESSIONS},
};
use proptest::{collection::vec, prelude::*};
use std::time::Duration;

/// Hours are let pass in sevens, so that nothing ends within minutes of a look at it: real clocks
/// go on while a case runs.
const STEP: u64 = 7;
const LIFETIME: u64 = 24;
const FAMILY: u64 = 72;

#[derive(Clone, Copy, Debug)]
enum Act {
    Open,
    Refresh(prop::sample::Index),
    LogOut(prop::sample::Index),
    Disable(bool),
    ChangePassword,
    Pass(u64),
}

fn acts() -> impl Strategy<Value = Vec<(bool, Act)>> {
    let token = any::<prop::sample::Index>;
    let act = prop_oneof![
        12 => Just(Act::Open),
        10 => token().prop_map(Act::Refresh),
        2 => token().prop_map(Act::LogOut),
        1 => any::<bool>().prop_map(Act::Disable),
        1 => Just(Act::ChangePassword),
        3 => (1..4_u64).prop_map(Act::Pass),
    ];
    // Refreshes go anywhere, to used tokens too; most of the time to the newest.
    vec((any::<bool>(), act), 0..80)
}

#[derive(Debug)]
struct Token {
    hash: TokenHash,
    session: SessionId,
    until: u64,
    used: bool,
}

#[derive(Debug)]
struct Session {
    id: SessionId,
    began: Timestamp,
    until: u64,
    family_end: u64,
    ended: bool,
}

/// One user as a list of sessions, a list of tokens and an hour hand.
#[derive(Default, Debug)]
struct Model {
    hour: u64,
    disabled: bool,
    sessions: Vec<Session>,
    tokens: Vec<Token>,
}

impl Model {
    fn end_all(&mut self) {
        self.sessions.iter_mut().for_each(|session| session.ended = true);
    }

    fn live(&self) -> Vec<SessionId> {
        let live = self.sessions.iter().filter(|it| !it.ended && self.hour < it.family_end);
        live.map(|it| it.id).collect()
    }

    fn evict(&mut self) {
        let hour = self.hour;
        let mut active: Vec<_> = self
            .sessions
            .iter_mut()
            .filter(|it| !it.ended && hour < it.until && hour < it.family_end)
            .collect();
        active.sort_by_key(|it| (it.began, it.id));
        let more = (active.len() + 1).saturating_sub(MAX_SESSIONS);
        active.into_iter().take(more).for_each(|it| it.ended = true);
    }

    /// What a refresh of the token at `place` is answered.
    fn refresh(&mut self, person: &Person, place: usize, successor: TokenHash) -> Rotated {
        let user = person.user.id;
        let Token { session: id, until, used, .. } = self.tokens[place];
        if used {
            self.end_all();
            return Rotated::Replayed { user };
        }
        let hour = self.hour;
        let session = self.sessions.iter_mut().find(|it| it.id == id).unwrap();
        if session.ended || hour >= until || hour >= session.family_end {
            return Rotated::Refused;
        }
        session.until = (hour + LIFETIME).min(session.family_end);
        let until = session.until;
        self.tokens[place].used = true;
        self.tokens.push(Token { hash: successor, session: id, until, used: false });
        Rotated::Rotated { user, session: id }
    }

    fn log_out(&mut self, place: usize) {
        let Token { session: id, used, .. } = self.tokens[place];
        match used {
            true => self.end_all(),
            false => self.sessions.iter_mut().find(|it| it.id == id).unwrap().ended = true,
        }
    }

    /// A token of the model: the newest, or any.
    fn pick(&self, any: bool, index: prop::sample::Index) -> Option<usize> {
        match self.tokens.len() {
            0 => None,
            count if any => Some(index.index(count)),
            count => Some(count - 1),
        }
    }
}

async fn act(person: &mut Person, model: &mut Model, any: bool, act: Act) {
    let store = person.subject.store.clone();
    let id = person.user.id;
    match act {
        Act::Open => {
            let new = person.next_session();
            let opened = person.open(new).await;
            assert_eq!(opened.is_ok(), !model.disabled);
            let Ok(opened) = opened else { return };
            model.evict();
            let (until, family_end) = (model.hour + LIFETIME, model.hour + FAMILY);
            let (began, ended) = (opened.started_at, false);
            model.sessions.push(Session { id: new.id, began, until, family_end, ended });
            let hash = new.token.hash;
            model.tokens.push(Token { hash, session: new.id, until, used: false });
        }
        Act::Refresh(index) => {
            let Some(place) = model.pick(any, index) else { return };
            let (rotated, successor) = person.refresh(model.tokens[place].hash).await;
            assert_eq!(rotated, model.refresh(person, place, successor));
        }
        Act::LogOut(index) => {
            let Some(place) = model.pick(any, index) else { return };
            store.end_session(model.tokens[place].hash).await.unwrap();
            model.log_out(place);
        }
        Act::Disable(disabled) => {
            store.set_disabled(id, disabled).await.unwrap();
            model.disabled = disabled;
            if disabled {
                model.end_all();
            }
        }
        Act::ChangePassword => {
            let (new, change) = (hash("new"), HashChange::Password);
            store.set_password_hash(id, new, None, change).await.unwrap();
            person.user = person.now().await;
            model.end_all();
        }
        Act::Pass(steps) => {
            model.hour += steps * STEP;
            person.pass(Duration::from_secs(steps * STEP * 3_600)).await;
        }
    }
}

pub(super) async fn p104_p105_p107_p108_p110_p111_sessions_follow_the_model(subject: Subject) {
    // method: model
    check_all(&subject, acts(), |acts| {
        let subject = subject.clone();
        async move {
            let (mut person, mut model) = (Person::new(&subject).await, Model::default());
            let (mut bystander, mut theirs) = (Person::new(&subject).await, Model::default());
            act(&mut bystander, &mut theirs, false, Act::Open).await;
            for (any, it) in acts {
                act(&mut person, &mut model, any, it).await;
                if let Act::Pass(steps) = it {
                    theirs.hour += steps * STEP;
                }
            }
            let mut live = model.live();
            for session in &model.sessions {
                assert_eq!(person.is_live(session.id).await, live.contains(&session.id));
            }
            let mut listed = person.sessions().await;
            listed.sort_unstable();
            live.sort_unstable();
            assert_eq!(listed, live);
            assert_eq!(bystander.sessions().await, theirs.live(), "a bystander notices nothing");
        }
    })
    .await;
}
