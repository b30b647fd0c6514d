//! Invitations: somebody who holds a token and has the address it was made for may join.
//!
//! The token goes out by mail and only its hash is stored, so whoever shows it has read that
//! mailbox; and the account that accepts must have the same address. Neither alone is enough: a
//! forwarded mail lets nobody else in, and an account in somebody's name has no token.

use crate::{
    Error, ErrorKind, InvitationId, Result, Rng, Timestamp, UserId, WorkspaceId,
    identity::{EmailAddress, Token, TokenHash, TokenKind, User},
    page::Cursor,
    rbac::{Actor, Role, decide_invitation},
};
use std::{fmt, time::Duration};
use uuid::Uuid;

/// The longest life of an invitation.
pub const MAX_INVITATION: Duration = Duration::from_secs(7 * 86_400);

/// An invitation to store. The store's clock says from when it counts.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Its id, made by the caller, so that a repeat invites nobody twice.
    pub id: InvitationId,
    /// Whom; what is stored is the key of the address.
    pub email: EmailAddress,
    /// In which role.
    pub role: Role,
    /// What is stored of the token.
    pub token: TokenHash,
    /// How long it is good: at most 7 days.
    pub lifetime: Duration,
}

impl NewInvitation {
    /// An invitation for 7 days, and the token to mail.
    pub fn issue(email: EmailAddress, role: Role, now: Timestamp, rng: &dyn Rng) -> (Self, Token) {
        let token = Token::issue(TokenKind::Invitation, rng);
        let (id, hash) = (InvitationId::new(now, rng), token.hash());
        (Self { id, email, role, token: hash, lifetime: MAX_INVITATION }, token)
    }

    /// Refuse what no store should see.
    pub fn validate(&self) -> Result<()> {
        if (Duration::from_secs(1)..=MAX_INVITATION).contains(&self.lifetime) {
            return Ok(());
        }
        let problem = "must be between 1 second and 7 days";
        Err(Error::invalid("invitation.create", "lifetime", problem))
    }

    /// Whether a stored invitation was made of this one: then this is a repeat.
    pub fn made(&self, by: Actor, stored: &Invitation, token: &TokenHash) -> bool {
        self.email.key() == stored.email_key
            && self.role == stored.role
            && self.token.matches(token)
            && stored.created_at.after(self.lifetime) == stored.expires_at
            && by.user() == stored.invited_by
    }
}

/// What became of an invitation. The number is what stores keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum InvitationState {
    /// Nobody answered yet; it may have expired.
    Pending = 1,
    /// Whoever was invited has joined.
    Accepted = 2,
    /// Whoever was invited does not want to.
    Declined = 3,
    /// The workspace took it back.
    Revoked = 4,
}

impl InvitationState {
    /// The state with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        let all = [Self::Pending, Self::Accepted, Self::Declined, Self::Revoked];
        all.into_iter().find(|it| *it as i64 == number)
    }
}

/// An invitation as it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Where to.
    pub workspace: WorkspaceId,
    /// Whom: the key of the address it was made for.
    pub email_key: String,
    /// In which role.
    pub role: Role,
    /// Who invited; `None` is the embedding process.
    pub invited_by: Option<UserId>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it stops counting.
    pub expires_at: Timestamp,
    /// What became of it.
    pub state: InvitationState,
    /// When it was accepted, declined or revoked.
    pub closed_at: Option<Timestamp>,
}

/// What an acceptance is decided by, as it stands inside the step.
#[derive(Clone, Copy, Debug)]
pub struct Acceptance<'a> {
    /// The account that accepts, if there is one.
    pub account: Option<&'a User>,
    /// Its role in the workspace, if it is a member already.
    pub member: Option<Role>,
    /// The role of whoever invited, if it still has one.
    pub inviter: Option<Role>,
}

impl Invitation {
    /// The invitation that is made at `now`.
    pub fn create(new: &NewInvitation, place: WorkspaceId, by: Actor, now: Timestamp) -> Self {
        Self {
            id: new.id,
            workspace: place,
            email_key: new.email.key().to_owned(),
            role: new.role,
            invited_by: by.user(),
            created_at: now,
            expires_at: now.after(new.lifetime),
            state: InvitationState::Pending,
            closed_at: None,
        }
    }

    /// Whether it can be accepted or declined at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == InvitationState::Pending && now < self.expires_at
    }

    /// The invitation after it was accepted. Who may not know of it is told nothing of its state.
    pub fn accepted(self, by: &Acceptance<'_>, now: Timestamp) -> Result<Self> {
        let operation = "invitation.accept";
        let account = by.account.filter(|user| user.disabled_at.is_none());
        if account.is_none_or(|user| user.email.key() != self.email_key) {
            let message = "invitation: it was made for another address";
            return Err(Error::new(ErrorKind::Forbidden, operation, message));
        }
        self.refuse_closed(operation, now)?;
        if by.member.is_some() {
            return Err(member_already(operation));
        }
        if decide_invitation(by.inviter, self.role).is_err() {
            let message = "invitation: whoever invited you may no longer give this role";
            return Err(Error::new(ErrorKind::Forbidden, operation, message));
        }
        Ok(self.closed(InvitationState::Accepted, now))
    }

    /// The invitation after it was declined.
    pub fn declined(self, now: Timestamp) -> Result<Self> {
        self.refuse_closed("invitation.decline", now)?;
        Ok(self.closed(InvitationState::Declined, now))
    }

    /// The invitation after somebody in this role took it back; an expired one may be, too.
    pub fn revoked(self, actor: Option<Role>, now: Timestamp) -> Result<Self> {
        decide_invitation(actor, self.role)?;
        if self.state != InvitationState::Pending {
            return Err(answered("invitation.revoke"));
        }
        Ok(self.closed(InvitationState::Revoked, now))
    }

    fn refuse_closed(&self, operation: &'static str, now: Timestamp) -> Result<()> {
        if self.is_open(now) {
            return Ok(());
        }
        if self.state == InvitationState::Pending {
            let message = "invitation: it has expired; ask for a new one";
            return Err(Error::new(ErrorKind::Conflict, operation, message));
        }
        Err(answered(operation))
    }

    fn closed(self, state: InvitationState, now: Timestamp) -> Self {
        Self { state, closed_at: Some(now), ..self }
    }

    /// What an actor in this role finds under an id: who may not manage learns nothing of it.
    pub fn seen_by<T>(actor: Option<Role>, found: Option<T>) -> Result<T> {
        decide_invitation(actor, Role::Viewer)?;
        found.ok_or_else(|| Self::unknown("invitation.revoke"))
    }

    /// The place of an invitation in the listing.
    pub fn cursor(&self) -> Cursor {
        Cursor::new("invitations", self.workspace, self.id.0.as_bytes())
    }

    /// The id that the listing goes on after, if it does not begin.
    pub fn place(after: Option<&Cursor>, workspace: WorkspaceId) -> Result<Option<InvitationId>> {
        let Some(cursor) = after else { return Ok(None) };
        let id = Uuid::from_slice(&cursor.key("invitations", workspace)?)
            .map_err(|_| Error::invalid("page", "cursor", "it was not made by this listing"))?;
        Ok(Some(InvitationId(id)))
    }

    /// The error for an id or a token that no invitation of the workspace has.
    pub fn unknown(operation: &'static str) -> Error {
        Error::new(ErrorKind::NotFound, operation, "invitation: not found")
    }
}

/// An address is a person's data: it is not printed.
impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("id", &self.id)
            .field("workspace", &self.workspace)
            .field("role", &self.role)
            .field("invited_by", &self.invited_by)
            .field("created_at", &self.created_at)
            .field("expires_at", &self.expires_at)
            .field("state", &self.state)
            .field("closed_at", &self.closed_at)
            .finish()
    }
}

/// What an invitation is decided by, as it stands inside the step.
#[derive(Clone, Copy, Debug)]
pub struct Inviting {
    /// The role of whoever invites, if it has one.
    pub actor: Option<Role>,
    /// Whether the address belongs to a member.
    pub member: bool,
    /// Whether the address has an invitation that is open.
    pub open: bool,
}

impl Inviting {
    /// Whether somebody may be invited in `role`. What is true of an address is told to nobody who
    /// may not invite.
    pub fn decide(&self, role: Role) -> Result<()> {
        let operation = "invitation.create";
        decide_invitation(self.actor, role)?;
        if self.member {
            return Err(member_already(operation));
        }
        if self.open {
            let message = "email: it is invited already; revoke that invitation first";
            return Err(Error::new(ErrorKind::Conflict, operation, message));
        }
        Ok(())
    }
}

/// The error for an id or a token that another invitation has.
pub fn invitation_taken(what: &str) -> Error {
    let message = format!("{what}: it belongs to another invitation");
    Error::new(ErrorKind::Conflict, "invitation.create", message)
}

fn member_already(operation: &'static str) -> Error {
    Error::new(ErrorKind::Conflict, operation, "user: is a member already")
}

fn answered(operation: &'static str) -> Error {
    let message = "invitation: it was accepted, declined or revoked before";
    Error::new(ErrorKind::Conflict, operation, message)
}
