//! What becomes of an invitation.

use super::{DAY, House, invitation, person};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    ErrorKind,
    audit::Action,
    rbac::{Actor, MemberChange, Role},
    workspace::{InvitationState, NewInvitation},
};
use std::time::Duration;

pub(super) async fn p139_an_invitation_works_once(subject: Subject) {
    // method: exhaustive
    for role in Role::ALL {
        let house = House::new(&subject).await;
        let new = house.invited(role).await;
        let joined = house.join_by(&new).await.unwrap();
        assert_eq!((joined.user, joined.role), (house.guest.id, role));
        let members = subject.store.members(house.workspace).await.unwrap();
        assert!(members.contains(&joined), "{members:?}");
        let stored = house.stored(&new).await;
        assert_eq!(stored.state, InvitationState::Accepted);
        assert_eq!(stored.closed_at, Some(joined.joined_at));
        // Nor does it bring back who left.
        house.change(house.owner, MemberChange::Add(Role::Owner)).await.unwrap_err();
        house.join(Role::Owner).await;
        house.change(house.guest.id, MemberChange::Remove).await.unwrap();
        refused(house.join_by(&new).await, ErrorKind::Conflict);
        refused(house.decline(&new).await, ErrorKind::Conflict);
        refused(house.revoke(Actor::User(house.owner), &new).await, ErrorKind::Conflict);
        assert_eq!(house.role_of(house.guest.id).await, None);
        assert_eq!(house.stored(&new).await, stored);
    }
}

pub(super) async fn p139_what_was_declined_is_not_accepted(subject: Subject) {
    // method: property
    let house = House::new(&subject).await;
    let new = house.invited(Role::Member).await;
    let declined = house.decline(&new).await.unwrap();
    assert_eq!(declined.state, InvitationState::Declined);
    assert_eq!(house.stored(&new).await, declined);
    refused(house.join_by(&new).await, ErrorKind::Conflict);
    refused(house.decline(&new).await, ErrorKind::Conflict);
    refused(house.revoke(Actor::User(house.owner), &new).await, ErrorKind::Conflict);
    assert_eq!(house.role_of(house.guest.id).await, None);
}

pub(super) async fn p139_what_was_revoked_is_not_accepted(subject: Subject) {
    // method: property
    let house = House::new(&subject).await;
    let (new, by) = (house.invited(Role::Member).await, Actor::User(house.owner));
    let revoked = house.revoke(by, &new).await.unwrap();
    assert_eq!(revoked.state, InvitationState::Revoked);
    assert_eq!(house.stored(&new).await, revoked);
    refused(house.join_by(&new).await, ErrorKind::Conflict);
    refused(house.decline(&new).await, ErrorKind::Conflict);
    refused(house.revoke(by, &new).await, ErrorKind::Conflict);
    let unknown = invitation(&house.guest.email, Role::Viewer);
    refused(house.revoke(by, &unknown).await, ErrorKind::NotFound);
    assert_eq!(house.role_of(house.guest.id).await, None);
}

/// A minute is left on either side: real clocks go on while a case runs.
pub(super) async fn p139_an_invitation_expires(subject: Subject) {
    // method: property
    const MINUTE: Duration = Duration::from_secs(60);
    let (house, late) = (House::new(&subject).await, House::new(&subject).await);
    let in_time = house.invited(Role::Member).await;
    let too_late = late.invited(Role::Member).await;
    let stale = NewInvitation { lifetime: DAY, ..invitation(&house.guest.email, Role::Member) };
    let other = House::new(&subject).await;
    other.ask(Actor::Embedder, stale.clone()).await.unwrap();
    subject.clock.advance(7 * DAY - MINUTE).await;
    house.join_by(&in_time).await.unwrap();
    refused(other.accept(&stale, house.guest.id).await, ErrorKind::Conflict);
    subject.clock.advance(2 * MINUTE).await;
    refused(late.join_by(&too_late).await, ErrorKind::Conflict);
    refused(late.decline(&too_late).await, ErrorKind::Conflict);
    assert_eq!(late.role_of(late.guest.id).await, None);
    // What has expired is in nobody's way, and may still be tidied away.
    let again = late.invited(Role::Member).await;
    late.revoke(Actor::User(late.owner), &too_late).await.unwrap();
    late.join_by(&again).await.unwrap();
}

pub(super) async fn p140_another_account_is_refused(subject: Subject) {
    // method: property
    let house = House::new(&subject).await;
    let new = house.invited(Role::Member).await;
    let (other, stranger) = (person(&subject).await.id, fresh());
    for user in [other, stranger] {
        refused(house.accept(&new, user).await, ErrorKind::Forbidden);
        assert_eq!(house.role_of(user).await, None);
    }
    subject.store.set_disabled(house.guest.id, true).await.unwrap();
    refused(house.join_by(&new).await, ErrorKind::Forbidden);
    subject.store.set_disabled(house.guest.id, false).await.unwrap();
    house.join_by(&new).await.unwrap();
    // Who it was not made for learns nothing of what became of it.
    refused(house.accept(&new, other).await, ErrorKind::Forbidden);
}

/// Every inviter who could invite, every role it could give, everything that may become of it.
pub(super) async fn p140_the_inviters_rank_counts_when_it_is_accepted(subject: Subject) {
    // method: exhaustive
    let may = |inviter: Option<Role>, role: Role| match inviter {
        Some(Role::Owner) => true,
        Some(Role::Admin) => role != Role::Owner,
        _ => false,
    };
    let later: Vec<Option<Role>> = Role::ALL.into_iter().map(Some).chain([None]).collect();
    for (first, given) in [
        (Role::Owner, Role::Owner),
        (Role::Owner, Role::Admin),
        (Role::Admin, Role::Admin),
        (Role::Admin, Role::Viewer),
    ] {
        for now in &later {
            let house = House::new(&subject).await;
            let inviter = house.join(first).await;
            let new = invitation(&house.guest.email, given);
            house.ask(Actor::User(inviter), new.clone()).await.unwrap();
            let change = now.map_or(MemberChange::Remove, MemberChange::SetRole);
            house.change(inviter, change).await.unwrap();
            let joined = house.join_by(&new).await;
            assert_eq!(joined.is_ok(), may(*now, given), "{first:?} gives {given:?}, is {now:?}");
            if joined.is_err() {
                refused(joined, ErrorKind::Forbidden);
                assert_eq!(house.role_of(house.guest.id).await, None);
                // Somebody who may give it again makes it good.
                house.change(inviter, MemberChange::Remove).await.unwrap_or_default();
                house.change(inviter, MemberChange::Add(first)).await.unwrap();
                house.join_by(&new).await.unwrap();
            }
        }
    }
}

pub(super) async fn p140_an_embedders_invitation_is_always_good(subject: Subject) {
    // method: exhaustive
    for role in Role::ALL {
        let house = House::new(&subject).await;
        let new = invitation(&house.guest.email, role);
        let made = house.ask(Actor::Embedder, new.clone()).await.unwrap();
        assert_eq!(made.invited_by, None);
        assert_eq!(house.join_by(&new).await.unwrap().role, role);
    }
}

/// Every actor and every role.
pub(super) async fn p133_nobody_revokes_what_it_could_not_give(subject: Subject) {
    // method: exhaustive
    for role in Role::ALL {
        for actor in Role::ALL {
            let house = House::new(&subject).await;
            let new = house.invited(role).await;
            let by = Actor::User(house.join(actor).await);
            let may = actor == Role::Owner || (actor == Role::Admin && role != Role::Owner);
            let revoked = house.revoke(by, &new).await;
            assert_eq!(revoked.is_ok(), may, "{actor:?} revokes {role:?}");
            if !may {
                refused(revoked, ErrorKind::Forbidden);
                house.join_by(&new).await.unwrap();
            }
        }
    }
}

pub(super) async fn who_joined_meanwhile_does_not_join_again(subject: Subject) {
    let house = House::new(&subject).await;
    let new = house.invited(Role::Owner).await;
    house.change(house.guest.id, MemberChange::Add(Role::Viewer)).await.unwrap();
    refused(house.join_by(&new).await, ErrorKind::Conflict);
    assert_eq!(house.role_of(house.guest.id).await, Some(Role::Viewer));
    assert_eq!(house.stored(&new).await.state, InvitationState::Pending);
}

pub(super) async fn an_answer_leaves_one_audit_row_and_a_refusal_none(subject: Subject) {
    let house = House::new(&subject).await;
    let (owner, guest) = (Actor::User(house.owner), house.guest.id);
    let taken = house.invited(Role::Viewer).await;
    house.decline(&taken).await.unwrap();
    let back = house.invited(Role::Viewer).await;
    house.revoke(owner, &back).await.unwrap();
    let good = house.invited(Role::Viewer).await;
    house.join_by(&good).await.unwrap();
    for new in [&taken, &back, &good] {
        assert!(house.join_by(new).await.is_err());
        assert!(house.decline(new).await.is_err());
        assert!(house.revoke(owner, new).await.is_err());
    }
    let log: Vec<_> = house.log().await.into_iter().map(|row| row.audit).skip(1).collect();
    let owner = Some(house.owner);
    let row = |actor, action, new: &NewInvitation| super::audit(actor, action, new.id);
    assert_eq!(
        log,
        [
            row(owner, Action::InvitationCreated, &taken),
            row(None, Action::InvitationDeclined, &taken),
            row(owner, Action::InvitationCreated, &back),
            row(owner, Action::InvitationRevoked, &back),
            row(owner, Action::InvitationCreated, &good),
            row(Some(guest), Action::InvitationAccepted, &good),
        ]
    );
}
