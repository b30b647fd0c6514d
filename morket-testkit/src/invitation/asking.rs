//! Who may be invited, by whom, and what is kept of it.

use super::{DAY, House, address, invitation, token};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    ErrorKind,
    audit::{Action, NewAudit},
    page::Limit,
    rbac::{Actor, Role},
    workspace::{InvitationState, MAX_INVITATION, NewInvitation},
};
use std::time::Duration;
use uuid::Uuid;

pub(super) async fn an_invitation_reads_as_it_was_made(subject: Subject) {
    let house = House::new(&subject).await;
    let email = address(&format!("Somebody.New.{}", Uuid::simple(fresh())));
    let new = NewInvitation { lifetime: 3 * DAY, ..invitation(&email, Role::Admin) };
    let made = house.ask(Actor::User(house.owner), new.clone()).await.unwrap();
    assert_eq!((made.id, made.workspace, made.role), (new.id, house.workspace, Role::Admin));
    assert_eq!((made.email_key.as_str(), made.invited_by), (email.key(), Some(house.owner)));
    assert_eq!((made.state, made.closed_at), (InvitationState::Pending, None));
    assert_eq!(made.expires_at, made.created_at.after(3 * DAY));
    assert_eq!(house.stored(&new).await, made);
    assert_eq!(house.listed().await, [made]);
    refused(subject.store.invitation(token()).await, ErrorKind::NotFound);
}

pub(super) async fn inviting_again_changes_nothing_and_gets_the_same_invitation(subject: Subject) {
    let house = House::new(&subject).await;
    let new = house.invited(Role::Member).await;
    let (first, log) = (house.stored(&new).await, house.log().await);
    subject.clock.advance(DAY).await;
    let again = house.ask(Actor::User(house.owner), new.clone()).await.unwrap();
    assert_eq!(again, first);
    let declined = house.decline(&new).await.unwrap();
    let again = house.ask(Actor::User(house.owner), new.clone()).await.unwrap();
    assert_eq!(again, declined, "a repeat opens nothing again");
    assert_eq!(house.log().await.len(), log.len() + 1, "declined, and nothing else");
    assert_eq!(house.listed().await.len(), 1);
}

pub(super) async fn an_id_and_a_token_belong_to_one_invitation(subject: Subject) {
    let (house, other) = (House::new(&subject).await, House::new(&subject).await);
    let new = house.invited(Role::Member).await;
    let by = Actor::User(house.owner);
    for changed in [
        NewInvitation { role: Role::Viewer, ..new.clone() },
        NewInvitation { email: address("somebody.else"), ..new.clone() },
        NewInvitation { token: token(), ..new.clone() },
        NewInvitation { lifetime: DAY, ..new.clone() },
    ] {
        refused(house.ask(by, changed).await, ErrorKind::Conflict);
    }
    refused(house.ask(Actor::Embedder, new.clone()).await, ErrorKind::Conflict);
    let second = NewInvitation { id: fresh(), email: address("second"), ..new.clone() };
    refused(house.ask(by, second).await, ErrorKind::Conflict);
    let theirs = NewInvitation { token: new.token, ..invitation(&house.guest.email, Role::Viewer) };
    refused(other.ask(Actor::Embedder, theirs).await, ErrorKind::Conflict);
    // An id is a workspace's own.
    let theirs = NewInvitation { token: token(), ..new.clone() };
    other.ask(Actor::Embedder, theirs).await.unwrap();
}

/// Every actor and every role.
pub(super) async fn p133_nobody_invites_above_its_own_role(subject: Subject) {
    // method: exhaustive
    let house = House::new(&subject).await;
    let may = |actor: Role, role: Role| match actor {
        Role::Owner => true,
        Role::Admin => role != Role::Owner,
        Role::Member | Role::Viewer | Role::BillingAdmin => false,
    };
    for actor in Role::ALL {
        let by = Actor::User(house.join(actor).await);
        for role in Role::ALL {
            let email = address(&format!("asked.{}", Uuid::simple(fresh())));
            let asked = house.ask(by, invitation(&email, role)).await;
            assert_eq!(asked.is_ok(), may(actor, role), "{actor:?} invites {role:?}");
            if asked.is_err() {
                refused(asked, ErrorKind::Forbidden);
            }
        }
    }
    let new = invitation(&house.guest.email, Role::Viewer);
    refused(house.ask(Actor::User(fresh()), new).await, ErrorKind::NotFound);
}

pub(super) async fn an_address_of_a_member_or_of_somebody_invited_is_refused(subject: Subject) {
    let house = House::new(&subject).await;
    let by = Actor::User(house.owner);
    let owner = subject.store.user(house.owner).await.unwrap().email;
    refused(house.ask(by, invitation(&owner, Role::Viewer)).await, ErrorKind::Conflict);
    let first = house.invited(Role::Viewer).await;
    let guest = &house.guest.email;
    refused(house.ask(by, invitation(guest, Role::Admin)).await, ErrorKind::Conflict);
    // Whoever may not invite learns nothing of the address.
    let viewer = Actor::User(house.join(Role::Viewer).await);
    for email in [&owner, guest] {
        refused(house.ask(viewer, invitation(email, Role::Viewer)).await, ErrorKind::Forbidden);
    }
    house.revoke(by, &first).await.unwrap();
    let second = house.invited(Role::Admin).await;
    house.decline(&second).await.unwrap();
    house.invited(Role::Member).await;
}

pub(super) async fn p139_an_invitation_is_for_seven_days_at_most(subject: Subject) {
    // method: exhaustive
    let house = House::new(&subject).await;
    let by = Actor::User(house.owner);
    let microsecond = Duration::from_micros(1);
    for lifetime in [Duration::ZERO, MAX_INVITATION + microsecond, Duration::MAX] {
        let new = NewInvitation { lifetime, ..invitation(&house.guest.email, Role::Viewer) };
        refused(house.ask(by, new).await, ErrorKind::Validation);
    }
    let made = house.ask(by, invitation(&house.guest.email, Role::Viewer)).await.unwrap();
    assert_eq!(made.expires_at, made.created_at.after(7 * DAY));
}

pub(super) async fn a_refused_invitation_leaves_no_trace(subject: Subject) {
    let house = House::new(&subject).await;
    let viewer = house.join(Role::Viewer).await;
    house.invited(Role::Viewer).await;
    let (log, listed) = (house.log().await, house.listed().await);
    for (by, role) in [
        (Actor::User(viewer), Role::Viewer),
        (Actor::User(fresh()), Role::Viewer),
        (Actor::User(house.owner), Role::Viewer),
    ] {
        let new = invitation(&house.guest.email, role);
        assert!(house.ask(by, new.clone()).await.is_err());
        refused(subject.store.invitation(new.token).await, ErrorKind::NotFound);
    }
    assert_eq!((house.log().await, house.listed().await), (log, listed));
}

pub(super) async fn p137_invitations_are_those_of_their_workspace(subject: Subject) {
    // method: property
    let (ours, theirs) = (House::new(&subject).await, House::new(&subject).await);
    let new = ours.invited(Role::Member).await;
    assert!(theirs.listed().await.is_empty());
    let by = Actor::User(theirs.owner);
    refused(theirs.accept(&new, ours.guest.id).await, ErrorKind::NotFound);
    refused(theirs.decline(&new).await, ErrorKind::NotFound);
    refused(theirs.revoke(by, &new).await, ErrorKind::NotFound);
    refused(theirs.revoke(Actor::Embedder, &new).await, ErrorKind::NotFound);
    refused(ours.revoke(by, &new).await, ErrorKind::NotFound);
    assert!(ours.stored(&new).await.state == InvitationState::Pending);
    assert_eq!(theirs.log().await.len(), 1, "created, and nothing else");
}

pub(super) async fn the_pages_of_a_listing_are_all_invitations(subject: Subject) {
    let (house, other) = (House::new(&subject).await, House::new(&subject).await);
    let mut ids = Vec::new();
    for number in 0..7 {
        let new = invitation(&address(&format!("{number}")), Role::Viewer);
        house.ask(Actor::Embedder, new.clone()).await.unwrap();
        other.ask(Actor::Embedder, invitation(&new.email, Role::Viewer)).await.unwrap();
        if number % 3 == 0 {
            house.decline(&new).await.unwrap();
        }
        ids.push(new.id);
    }
    ids.sort_unstable();
    for limit in [1, 3, 7, 100] {
        let (mut seen, mut after, limit) = (Vec::new(), None, Limit::new(limit).unwrap());
        loop {
            let page = subject.store.invitations(house.workspace, after, limit).await.unwrap();
            assert!(page.rows.len() <= limit.rows() as usize);
            assert_eq!(page.total, 7);
            seen.extend(page.rows.iter().map(|it| it.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ids);
    }
    let one = Limit::new(1).unwrap();
    let cursor = subject.store.invitations(house.workspace, None, one).await.unwrap().next;
    let foreign = subject.store.invitations(other.workspace, cursor, one).await;
    refused(foreign, ErrorKind::Validation);
    for absent in subject.absent().await {
        refused(subject.store.invitations(absent, None, one).await, ErrorKind::NotFound);
    }
}

pub(super) async fn p142_invitations_go_with_their_workspace(subject: Subject) {
    // method: property
    let house = House::new(&subject).await;
    let new = house.invited(Role::Member).await;
    let row = NewAudit { actor: None, action: Action::WorkspaceDeleted, object: None };
    subject.store.delete_workspace(house.workspace, row).await.unwrap();
    refused(subject.store.invitation(new.token).await, ErrorKind::NotFound);
    refused(house.join_by(&new).await, ErrorKind::NotFound);
    refused(house.decline(&new).await, ErrorKind::NotFound);
    refused(house.revoke(Actor::Embedder, &new).await, ErrorKind::NotFound);
    let asked = house.ask(Actor::Embedder, invitation(&house.guest.email, Role::Viewer)).await;
    refused(asked, ErrorKind::NotFound);
    assert!(subject.store.workspaces_of(house.guest.id).await.unwrap().is_empty());
}
