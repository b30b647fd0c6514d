//! Who belongs to a workspace, and who may say so.

use super::Team;
use crate::{
    Subject, fresh,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind, UserId,
    rbac::{Actor, MemberChange, Role},
};

const REMOVE: MemberChange = MemberChange::Remove;

/// Its height in the ladder, by hand.
pub(crate) fn rank(role: Role) -> u8 {
    match role {
        Role::Viewer => 1,
        Role::Member | Role::BillingAdmin => 2,
        Role::Admin => 3,
        Role::Owner => 4,
    }
}

/// A workspace that nobody owns is lost to everybody.
pub(super) async fn p132_the_last_owner_stays(subject: Subject) {
    let team = Team::new(&subject).await;
    let demote = MemberChange::SetRole(Role::Admin);
    for actor in [Actor::Embedder, Actor::User(team.owner)] {
        for change in [demote, REMOVE] {
            refused(team.change(actor, team.owner, change).await, ErrorKind::Conflict);
        }
    }
    let second = team.join(Role::Owner).await;
    team.change(Actor::User(second), team.owner, demote).await.unwrap();
    refused(team.change(Actor::User(second), second, REMOVE).await, ErrorKind::Conflict);
    assert_eq!(team.owners().await, 1);
}

/// Each sees that others are there; one of them must be wrong.
pub(super) async fn p132_one_owner_stays_when_all_leave_at_once(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let team = Team::new(&subject).await;
        let mut owners = vec![team.owner];
        for _ in 0..5 {
            owners.push(team.join(Role::Owner).await);
        }
        at_once(owners.len(), |number| {
            let (team, owner) = (team.clone(), owners[number]);
            let demote = MemberChange::SetRole(Role::Viewer);
            let change = if number % 2 == 0 { REMOVE } else { demote };
            async move { team.change(Actor::User(owner), owner, change).await.is_ok() }
        })
        .await;
        assert!(team.owners().await >= 1, "round {round}");
    }
}

async fn may_change(team: &Team, actor: Role, target: Option<Role>, change: MemberChange) -> bool {
    let by = team.join(actor).await;
    let user = match target {
        Some(role) => team.join(role).await,
        None => fresh(),
    };
    match team.change(Actor::User(by), user, change).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
            false
        }
    }
}

/// Every actor, every target, every change.
pub(super) async fn p133_nobody_grants_or_touches_what_is_above_its_own(subject: Subject) {
    // method: exhaustive
    let team = Team::new(&subject).await;
    for actor in Role::ALL {
        let manages = matches!(actor, Role::Admin | Role::Owner);
        let below = |role: Role| manages && rank(role) <= rank(actor);
        for role in Role::ALL {
            let added = may_change(&team, actor, None, MemberChange::Add(role)).await;
            assert_eq!(added, below(role), "{actor:?} adds {role:?}");
            let removed = may_change(&team, actor, Some(role), REMOVE).await;
            assert_eq!(removed, below(role), "{actor:?} removes {role:?}");
            for next in Role::ALL {
                let set = may_change(&team, actor, Some(role), MemberChange::SetRole(next)).await;
                assert_eq!(set, below(role) && below(next), "{actor:?}: {role:?} to {next:?}");
            }
        }
    }
}

/// Two owners who demote each other at once: who comes second is an owner no more.
pub(super) async fn the_actors_role_is_the_one_inside_the_step(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let team = Team::new(&subject).await;
        let pair: [UserId; 2] = [team.join(Role::Owner).await, team.join(Role::Owner).await];
        let done = at_once(2, |number| {
            let (team, demote) = (team.clone(), MemberChange::SetRole(Role::Viewer));
            let actor = Actor::User(pair[number]);
            async move { team.change(actor, pair[1 - number], demote).await.is_ok() }
        });
        let done = done.await.into_iter().filter(|ok| *ok).count();
        assert_eq!((done, team.owners().await), (1, 2), "round {round}");
    }
}

/// The log tells what happened, not what was wished for.
pub(super) async fn a_refused_change_leaves_no_audit_row(subject: Subject) {
    let team = Team::new(&subject).await;
    let viewer = team.join(Role::Viewer).await;
    let before = team.log().await;
    let demote = MemberChange::SetRole(Role::Viewer);
    let add = MemberChange::Add(Role::Viewer);
    for (actor, user, change) in [
        (Actor::User(viewer), team.owner, demote),
        (Actor::User(viewer), fresh(), add),
        (Actor::User(fresh()), viewer, REMOVE),
        (Actor::Embedder, viewer, add),
        (Actor::Embedder, fresh(), REMOVE),
    ] {
        assert!(team.change(actor, user, change).await.is_err());
    }
    assert_eq!(team.log().await, before);
}

/// One change, one row: by whom, what, to whom.
pub(super) async fn a_change_of_members_leaves_one_audit_row(subject: Subject) {
    let team = Team::new(&subject).await;
    let (by, user) = (Actor::User(team.owner), fresh());
    for change in
        [MemberChange::Add(Role::Member), MemberChange::SetRole(Role::Admin), MemberChange::Remove]
    {
        let before = team.log().await.len();
        team.change(by, user, change).await.unwrap();
        let log = team.log().await;
        assert_eq!(log.len(), before + 1, "{change:?}");
        let row = log[before].audit;
        assert_eq!((row.actor, row.object), (Some(team.owner), Some(user.0)));
    }
}

/// A member cannot come twice, a stranger has no role to change, and strangers see nothing.
pub(super) async fn a_change_that_does_not_fit_is_refused(subject: Subject) {
    let team = Team::new(&subject).await;
    let viewer = team.join(Role::Viewer).await;
    let (add, set) = (MemberChange::Add(Role::Viewer), MemberChange::SetRole(Role::Member));
    let owner = Actor::User(team.owner);
    refused(team.change(owner, viewer, add).await, ErrorKind::Conflict);
    refused(team.change(owner, fresh(), set).await, ErrorKind::NotFound);
    refused(team.change(owner, fresh(), REMOVE).await, ErrorKind::NotFound);
    refused(team.change(Actor::User(fresh()), viewer, set).await, ErrorKind::NotFound);
    refused(team.change(Actor::User(viewer), team.owner, REMOVE).await, ErrorKind::Forbidden);
    assert!(team.change(Actor::User(viewer), viewer, REMOVE).await.is_ok(), "anybody may leave");
}

/// By user id, and nobody else's.
pub(super) async fn p137_members_are_those_of_their_workspace(subject: Subject) {
    let (ours, theirs) = (Team::new(&subject).await, Team::new(&subject).await);
    let mut expected = vec![(ours.owner, Role::Owner)];
    for role in [Role::Viewer, Role::Admin, Role::BillingAdmin] {
        expected.push((ours.join(role).await, role));
    }
    expected.sort_by_key(|it| it.0);
    let stranger = theirs.join(Role::Owner).await;
    let members = subject.store.members(ours.workspace).await.unwrap();
    let members: Vec<_> = members.into_iter().map(|it| (it.user, it.role)).collect();
    assert_eq!(members, expected);
    assert_eq!(subject.store.role_of(ours.workspace, stranger).await.unwrap(), None);
    let theirs = theirs.workspace;
    assert_eq!(subject.store.role_of(theirs, stranger).await.unwrap(), Some(Role::Owner));
}

/// The caller learns both sides of the change without a second look.
pub(super) async fn a_change_says_what_was_and_what_is(subject: Subject) {
    let team = Team::new(&subject).await;
    let user = fresh();
    for (change, before, now) in [
        (MemberChange::Add(Role::Viewer), None, Some(Role::Viewer)),
        (MemberChange::SetRole(Role::Admin), Some(Role::Viewer), Some(Role::Admin)),
        (MemberChange::Remove, Some(Role::Admin), None),
    ] {
        let changed = team.change(Actor::Embedder, user, change).await.unwrap();
        assert_eq!((changed.before, changed.now), (before, now));
        assert_eq!(subject.store.role_of(team.workspace, user).await.unwrap(), now);
    }
}
