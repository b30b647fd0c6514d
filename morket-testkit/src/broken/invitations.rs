//! Stores that are wrong about who may join.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use async_trait::async_trait;
use morket_core::{
    Result, UserId, WorkspaceId,
    audit::NewAudit,
    identity::TokenHash,
    rbac::{Actor, MemberChange, Role},
    workspace::{Invitation, InvitationState, Member},
};
use tokio::task::yield_now;

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "an invitation is looked at before it is used up",
        must_fail: "p139_of_many_acceptances_one_wins",
        walk: None,
        wrap: |subject| through(subject, UsedTwice),
    },
    Broken {
        name: "a revocation is overtaken",
        must_fail: "p139_a_revocation_wins_a_race",
        walk: None,
        wrap: |subject| through(subject, Overtaken),
    },
    Broken {
        name: "whoever holds the token joins",
        must_fail: "p140_another_account_is_refused",
        walk: None,
        wrap: |subject| through(subject, Bearer),
    },
    Broken {
        name: "a demoted inviter is still believed",
        must_fail: "p140_the_inviters_rank_counts_when_it_is_accepted",
        walk: None,
        wrap: |subject| through(subject, FormerRank),
    },
];

/// An acceptance as a defect sees it.
#[derive(Clone, Copy)]
struct Answer {
    workspace: WorkspaceId,
    token: TokenHash,
    user: UserId,
    audit: NewAudit,
}

impl Answer {
    async fn right(self, right: &Right) -> Result<Member> {
        let Self { workspace, token, user, audit } = self;
        right.store.accept_invitation(workspace, token, user, audit).await
    }

    /// The answer of a right store, when the invitation was open a while ago.
    async fn late(self, right: &Right) -> (bool, Result<Member>) {
        let before = right.store.invitation(self.token).await;
        for _ in 0..20 {
            yield_now().await;
        }
        (before.is_ok_and(|it| it.state == InvitationState::Pending), self.right(right).await)
    }

    async fn state(self, right: &Right) -> Option<InvitationState> {
        right.store.invitation(self.token).await.ok().map(|it| it.state)
    }

    async fn role(self, right: &Right) -> Result<Role> {
        right.store.invitation(self.token).await.map(|it| it.role)
    }

    /// Join all the same.
    async fn force(self, right: &Right) -> Result<Member> {
        let role = self.role(right).await?;
        let (workspace, user, change) = (self.workspace, self.user, MemberChange::Add(role));
        right.store.change_member(workspace, Actor::Embedder, user, change, self.audit).await?;
        Ok(Member { user, role, joined_at: right.clock.now().await })
    }
}

struct UsedTwice;

#[async_trait]
impl Defect for UsedTwice {
    async fn accept_invitation(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        token: TokenHash,
        user: UserId,
        audit: NewAudit,
    ) -> Result<Member> {
        let answer = Answer { workspace, token, user, audit };
        let (open, result) = answer.late(right).await;
        let member = right.store.role_of(workspace, user).await? == Some(Role::Member);
        let used = answer.state(right).await == Some(InvitationState::Accepted);
        match result {
            Err(_) if open && used && member => {
                let (role, joined_at) = (answer.role(right).await?, right.clock.now().await);
                Ok(Member { user, role, joined_at })
            }
            result => result,
        }
    }
}

struct Overtaken;

#[async_trait]
impl Defect for Overtaken {
    async fn accept_invitation(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        token: TokenHash,
        user: UserId,
        audit: NewAudit,
    ) -> Result<Member> {
        let answer = Answer { workspace, token, user, audit };
        let (open, result) = answer.late(right).await;
        let revoked = answer.state(right).await == Some(InvitationState::Revoked);
        match result {
            Err(_) if open && revoked => answer.force(right).await,
            result => result,
        }
    }
}

struct Bearer;

#[async_trait]
impl Defect for Bearer {
    async fn accept_invitation(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        token: TokenHash,
        user: UserId,
        audit: NewAudit,
    ) -> Result<Member> {
        let answer = Answer { workspace, token, user, audit };
        let open = answer.state(right).await == Some(InvitationState::Pending);
        let result = answer.right(right).await;
        match &result {
            Err(error) if open && error.message().contains("another address") => {
                answer.force(right).await
            }
            _ => result,
        }
    }
}

struct FormerRank;

#[async_trait]
impl Defect for FormerRank {
    async fn accept_invitation(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        token: TokenHash,
        user: UserId,
        audit: NewAudit,
    ) -> Result<Member> {
        let answer = Answer { workspace, token, user, audit };
        let result = answer.right(right).await;
        let Ok(Invitation { invited_by: Some(inviter), .. }) = right.store.invitation(token).await
        else {
            return result;
        };
        let stays = right.store.role_of(workspace, inviter).await?.is_some();
        match &result {
            Err(error) if stays && error.message().contains("whoever invited you") => {
                answer.force(right).await
            }
            _ => result,
        }
    }
}
