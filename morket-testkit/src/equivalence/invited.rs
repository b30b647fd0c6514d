//! Calls about invitations, and the accounts they need.

use super::{
    act::{Act, Side, audit},
    scrub::seen,
};
use morket_core::{
    Result,
    audit::Action,
    identity::{EmailAddress, NewUser, PasswordHash, TokenHash},
    page::Limit,
    rbac::{Actor, Role},
    workspace::{Invitation, NewInvitation},
};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

impl Side {
    /// Everybody's address: one for each user, spelled in two ways.
    fn address(&self, user: u8, shout: bool) -> EmailAddress {
        let text = format!("user-{user}.{}@example.com", self.names.scope);
        let text = if shout { text.to_uppercase() } else { text };
        EmailAddress::parse(&text).unwrap()
    }

    /// A token is one invitation's, in whichever workspace.
    fn token(&self, act: Act) -> TokenHash {
        let number = act.choice % 3 + 3 * (act.other % 2);
        let id = self.names.invitations[usize::from(act.place)][usize::from(number)];
        TokenHash::from_bytes([id.0.into_bytes(), [7; 16]].concat().try_into().unwrap())
    }

    fn invitation(&self, act: Act) -> NewInvitation {
        let number = act.choice % 3 + 3 * (act.other % 2);
        NewInvitation {
            id: self.names.invitations[usize::from(act.place)][usize::from(number)],
            email: self.address(act.other, act.amount % 2 == 0),
            role: Role::ALL[usize::from(act.choice) % 5],
            token: self.token(act),
            lifetime: DAY * (1 + u32::from(act.choice)),
        }
    }

    pub(super) async fn invitees(&self, act: Act) -> String {
        let (store, id) = (&self.subject.store, self.workspace(act));
        let user = self.names.users[usize::from(act.other)];
        let by = match act.amount {
            ..30 => Actor::Embedder,
            _ => Actor::User(self.names.users[usize::from(act.choice) % 3]),
        };
        let new = self.invitation(act);
        match act.kind {
            54 => {
                let email = self.address(act.other, false);
                let name = ["Ada", "Ada", "Ada", "Eve", "", "Ada"][usize::from(act.choice)];
                let password_hash = PasswordHash::stored("none");
                let new = NewUser { id: user, email, name: name.into(), password_hash };
                let user = store.create_user(new).await;
                seen(user.map(|it| (it.id, it.name, it.email.key().to_owned())))
            }
            49 => told(store.invite(id, by, new, audit(Action::InvitationCreated)).await),
            50 => {
                let row = audit(Action::InvitationAccepted);
                seen(store.accept_invitation(id, self.token(act), user, row).await)
            }
            51 if act.choice < 2 => {
                let row = audit(Action::InvitationDeclined);
                told(store.decline_invitation(id, self.token(act), row).await)
            }
            52 if act.choice < 3 => {
                let row = audit(Action::InvitationRevoked);
                told(store.revoke_invitation(id, by, new.id, row).await)
            }
            _ => {
                told(store.invitation(self.token(act)).await)
                    + &seen(store.invitations(id, None, Limit::new(2).unwrap()).await)
            }
        }
    }
}

/// An invitation with the address that it does not print.
fn told(result: Result<Invitation>) -> String {
    seen(result.map(|it| (it.email_key.clone(), it)))
}
