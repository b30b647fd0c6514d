//! The promises of [`InvitationStore`](morket_core::workspace::InvitationStore).

mod answer;
mod asking;
mod race;

use crate::{
    Subject, fresh,
    subject::{created, named},
};
use morket_core::{
    InvitationId, Result, UserId, WorkspaceId,
    audit::{Action, AuditRow, NewAudit},
    identity::{EmailAddress, NewUser, PasswordHash, TokenHash, User},
    page::Limit,
    rbac::{Actor, MemberChange, Role},
    workspace::{Invitation, MAX_INVITATION, Member, NewInvitation, NewWorkspace},
};
use std::time::Duration;
use uuid::Uuid;

cases! {
    ($)
    /// Every promise of the invitation port, as tests over what `$make` gives.
    invitation_suite;
    asking {
        an_invitation_reads_as_it_was_made,
        inviting_again_changes_nothing_and_gets_the_same_invitation,
        an_id_and_a_token_belong_to_one_invitation,
        p133_nobody_invites_above_its_own_role,
        an_address_of_a_member_or_of_somebody_invited_is_refused,
        p139_an_invitation_is_for_seven_days_at_most,
        a_refused_invitation_leaves_no_trace,
        p137_invitations_are_those_of_their_workspace,
        the_pages_of_a_listing_are_all_invitations,
        p142_invitations_go_with_their_workspace,
    }
    answer {
        p139_an_invitation_works_once,
        p139_what_was_declined_is_not_accepted,
        p139_what_was_revoked_is_not_accepted,
        p139_an_invitation_expires,
        p140_another_account_is_refused,
        p140_the_inviters_rank_counts_when_it_is_accepted,
        p140_an_embedders_invitation_is_always_good,
        p133_nobody_revokes_what_it_could_not_give,
        who_joined_meanwhile_does_not_join_again,
        an_answer_leaves_one_audit_row_and_a_refusal_none,
    }
    race {
        p139_of_many_acceptances_one_wins,
        p139_a_revocation_wins_a_race,
        p139_accepted_or_declined_but_never_both,
        p140_a_removed_inviter_brings_nobody_in,
        of_many_invitations_of_one_address_one_is_open,
    }
}

const DAY: Duration = Duration::from_secs(86_400);

/// Somebody with an account.
async fn person(subject: &Subject) -> User {
    let id: UserId = fresh();
    let email = address(&format!("person.{}", Uuid::simple(fresh())));
    let password_hash = PasswordHash::stored("$argon2id$of-nothing");
    let new = NewUser { id, email, name: "Grace".to_owned(), password_hash };
    subject.store.create_user(new).await.unwrap()
}

fn address(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@Example.com")).unwrap()
}

/// The hash of a token that nobody has.
fn token() -> TokenHash {
    let halves: [Uuid; 2] = [fresh(), fresh()];
    TokenHash::from_bytes(halves.map(Uuid::into_bytes).concat().try_into().unwrap())
}

fn invitation(email: &EmailAddress, role: Role) -> NewInvitation {
    let (id, email) = (fresh(), email.clone());
    NewInvitation { id, email, role, token: token(), lifetime: MAX_INVITATION }
}

fn audit(actor: Option<UserId>, action: Action, id: InvitationId) -> NewAudit {
    NewAudit { actor, action, object: Some(id.0) }
}

/// A workspace with an owner, and somebody outside who may be invited.
#[derive(Clone)]
struct House {
    subject: Subject,
    workspace: WorkspaceId,
    owner: UserId,
    guest: User,
}

impl House {
    async fn new(subject: &Subject) -> Self {
        let (owner, guest) = (person(subject).await.id, person(subject).await);
        let new = NewWorkspace { owner: Some(owner), ..named("House") };
        let workspace = subject.store.create_workspace(new, created()).await.unwrap().id;
        Self { subject: subject.clone(), workspace, owner, guest }
    }

    /// A new member in this role.
    async fn join(&self, role: Role) -> UserId {
        let user = person(&self.subject).await.id;
        self.change(user, MemberChange::Add(role)).await.unwrap();
        user
    }

    async fn change(&self, user: UserId, change: MemberChange) -> Result<()> {
        let row = NewAudit { actor: None, action: Action::MemberRoleSet, object: Some(user.0) };
        let store = &self.subject.store;
        store.change_member(self.workspace, Actor::Embedder, user, change, row).await.map(drop)
    }

    async fn ask(&self, by: Actor, new: NewInvitation) -> Result<Invitation> {
        let row = audit(by.user(), Action::InvitationCreated, new.id);
        self.subject.store.invite(self.workspace, by, new, row).await
    }

    /// An invitation of the guest by the owner.
    async fn invited(&self, role: Role) -> NewInvitation {
        let new = invitation(&self.guest.email, role);
        self.ask(Actor::User(self.owner), new.clone()).await.unwrap();
        new
    }

    async fn accept(&self, new: &NewInvitation, user: UserId) -> Result<Member> {
        let row = audit(Some(user), Action::InvitationAccepted, new.id);
        self.subject.store.accept_invitation(self.workspace, new.token, user, row).await
    }

    /// The guest accepts.
    async fn join_by(&self, new: &NewInvitation) -> Result<Member> {
        self.accept(new, self.guest.id).await
    }

    async fn decline(&self, new: &NewInvitation) -> Result<Invitation> {
        let row = audit(None, Action::InvitationDeclined, new.id);
        self.subject.store.decline_invitation(self.workspace, new.token, row).await
    }

    async fn revoke(&self, by: Actor, new: &NewInvitation) -> Result<Invitation> {
        let row = audit(by.user(), Action::InvitationRevoked, new.id);
        self.subject.store.revoke_invitation(self.workspace, by, new.id, row).await
    }

    async fn stored(&self, new: &NewInvitation) -> Invitation {
        self.subject.store.invitation(new.token).await.unwrap()
    }

    async fn role_of(&self, user: UserId) -> Option<Role> {
        self.subject.store.role_of(self.workspace, user).await.unwrap()
    }

    async fn listed(&self) -> Vec<Invitation> {
        let limit = Limit::new(Limit::MAX).unwrap();
        self.subject.store.invitations(self.workspace, None, limit).await.unwrap().rows
    }

    async fn log(&self) -> Vec<AuditRow> {
        let limit = Limit::new(Limit::MAX).unwrap();
        self.subject.store.audit_log(self.workspace, None, limit).await.unwrap().rows
    }
}
