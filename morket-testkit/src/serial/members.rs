//! Members: who has which role, and in which order the log says it came about.

use super::order::{Desk, Sequential};
use crate::{
    Subject,
    workspace::{Team, rank},
};
use morket_core::{
    ErrorKind, UserId,
    rbac::{Actor, MemberChange, Role},
};
use proptest::{prelude::*, sample::select};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(super) enum Asks {
    Change(Actor, UserId, MemberChange),
    RoleOf(UserId),
    /// All members, and whom the log names since the beginning.
    All,
}

#[derive(Debug, PartialEq)]
pub(super) enum Tells {
    /// The role before and after.
    Changed(Result<(Option<Role>, Option<Role>), ErrorKind>),
    Role(Option<Role>),
    All(Vec<(UserId, Role)>, Vec<Logged>),
}

/// By whom, and of whom.
type Logged = (Option<UserId>, UserId);

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Model {
    roles: BTreeMap<UserId, Role>,
    log: Vec<Logged>,
}

impl Model {
    /// The rules once more, by hand.
    fn refusal(&self, actor: Actor, user: UserId, change: MemberChange) -> Option<ErrorKind> {
        let by = match actor {
            Actor::Embedder => Some(&Role::Owner),
            Actor::User(by) => self.roles.get(&by),
        };
        let Some(by) = by else { return Some(ErrorKind::NotFound) };
        let target = self.roles.get(&user);
        match (target, change) {
            (Some(_), MemberChange::Add(_)) => return Some(ErrorKind::Conflict),
            (None, MemberChange::SetRole(_) | MemberChange::Remove) => {
                return Some(ErrorKind::NotFound);
            }
            _ => {}
        }
        let leaves = actor == Actor::User(user) && change == MemberChange::Remove;
        let wished = match change {
            MemberChange::Add(role) | MemberChange::SetRole(role) => rank(role),
            MemberChange::Remove => 0,
        };
        let height = target.map_or(0, |role| rank(*role)).max(wished);
        if (!leaves && rank(*by) < rank(Role::Admin)) || height > rank(*by) {
            return Some(ErrorKind::Forbidden);
        }
        let owners = self.roles.values().filter(|role| **role == Role::Owner).count();
        let stays = change == MemberChange::SetRole(Role::Owner);
        (target == Some(&Role::Owner) && owners == 1 && !stays).then_some(ErrorKind::Conflict)
    }

    fn change(&mut self, actor: Actor, user: UserId, change: MemberChange) -> Tells {
        if let Some(kind) = self.refusal(actor, user, change) {
            return Tells::Changed(Err(kind));
        }
        let before = self.roles.get(&user).copied();
        match change {
            MemberChange::Add(role) | MemberChange::SetRole(role) => {
                self.roles.insert(user, role);
            }
            MemberChange::Remove => drop(self.roles.remove(&user)),
        }
        self.log.push((by(actor), user));
        Tells::Changed(Ok((before, self.roles.get(&user).copied())))
    }
}

fn by(actor: Actor) -> Option<UserId> {
    match actor {
        Actor::Embedder => None,
        Actor::User(user) => Some(user),
    }
}

impl Sequential for Model {
    type Call = Asks;
    type Answer = Tells;

    fn after(&self, call: &Asks, answer: &Tells) -> Option<Self> {
        let mut next = self.clone();
        let due = match *call {
            Asks::Change(actor, user, change) => next.change(actor, user, change),
            Asks::RoleOf(user) => Tells::Role(self.roles.get(&user).copied()),
            Asks::All => {
                let roles = self.roles.iter().map(|(user, role)| (*user, *role)).collect();
                Tells::All(roles, self.log.clone())
            }
        };
        (due == *answer).then_some(next)
    }
}

impl Desk for Team {
    type Model = Model;

    async fn make(&mut self, call: Asks) -> Tells {
        let store = &self.subject.store;
        match call {
            Asks::Change(actor, user, change) => {
                let changed = self.change(actor, user, change).await;
                Tells::Changed(changed.map(|it| (it.before, it.now)).map_err(|it| it.kind()))
            }
            Asks::RoleOf(user) => Tells::Role(store.role_of(self.workspace, user).await.unwrap()),
            Asks::All => {
                let members = store.members(self.workspace).await.unwrap();
                let members = members.into_iter().map(|it| (it.user, it.role)).collect();
                let log = self.log().await.into_iter().skip(1);
                let log = log.map(|row| (row.audit.actor, UserId(row.audit.object.unwrap())));
                Tells::All(members, log.collect())
            }
        }
    }

    fn look() -> Vec<Asks> {
        vec![Asks::All]
    }
}

/// Membership is its workspace's own, so every history may name the same users.
fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

fn users() -> impl Strategy<Value = UserId> {
    (1..=4_u128).prop_map(user)
}

pub(super) fn calls() -> impl Strategy<Value = Asks> {
    let actor = prop_oneof![1 => Just(Actor::Embedder), 4 => users().prop_map(Actor::User)];
    let change = prop_oneof![
        2 => select(&Role::ALL[..]).prop_map(MemberChange::Add),
        4 => select(&Role::ALL[..]).prop_map(MemberChange::SetRole),
        4 => Just(MemberChange::Remove),
    ];
    prop_oneof![
        6 => (actor, users(), change)
            .prop_map(|(actor, user, change)| Asks::Change(actor, user, change)),
        1 => users().prop_map(Asks::RoleOf),
    ]
}

/// Two owners, an admin, and one who is no member yet.
pub(super) async fn open(subject: Subject) -> (Team, Model) {
    let roles = [(user(1), Role::Owner), (user(2), Role::Owner), (user(3), Role::Admin)];
    let team = Team::of(&subject, user(1)).await;
    for (user, role) in &roles[1..] {
        team.change(Actor::Embedder, *user, MemberChange::Add(*role)).await.unwrap();
    }
    let log = roles[1..].iter().map(|(user, _)| (None, *user)).collect();
    (team, Model { roles: roles.into(), log })
}
