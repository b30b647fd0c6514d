//! The promises of [`WorkspaceStore`](morket_core::workspace::WorkspaceStore).

mod deletion;
mod member;
mod naming;

pub(crate) use member::rank;

use crate::{Subject, fresh, subject::named};
use morket_core::{
    Result, UserId, WorkspaceId,
    audit::{Action, AuditRow, NewAudit},
    page::Limit,
    rbac::{Actor, MemberChange, Principal, Role},
    workspace::{MemberChanged, NewWorkspace, Workspace},
};

cases! {
    ($)
    /// Every promise of the workspace port, as tests over what `$make` gives.
    workspace_suite;
    naming {
        creating_again_changes_nothing_and_gets_the_same_workspace,
        a_workspace_id_that_is_taken_is_refused,
        the_id_of_a_deleted_workspace_is_never_used_again,
        a_workspace_without_a_proper_name_or_settings_is_refused,
        a_workspace_reads_as_it_was_created,
        p136_a_taken_slug_gets_a_suffix,
        p136_slugs_of_many_at_once_are_their_own,
        p136_every_name_gets_a_proper_slug,
        a_slug_leads_to_its_workspace,
        an_update_leaves_what_it_does_not_name,
        a_refused_update_changes_nothing,
        an_absent_workspace_is_not_found,
    }
    deletion {
        p142_a_deleted_workspace_is_gone_for_every_method,
        a_deleted_workspace_frees_its_slug,
        deleting_twice_is_not_found,
        a_workspace_with_a_running_job_stays,
        the_workspaces_of_a_user_are_those_that_are_there,
    }
    member {
        p132_the_last_owner_stays,
        p132_one_owner_stays_when_all_leave_at_once,
        p133_nobody_grants_or_touches_what_is_above_its_own,
        the_actors_role_is_the_one_inside_the_step,
        a_refused_change_leaves_no_audit_row,
        a_change_of_members_leaves_one_audit_row,
        a_change_that_does_not_fit_is_refused,
        p137_members_are_those_of_their_workspace,
        a_change_says_what_was_and_what_is,
    }
}

/// A workspace whose first owner is `owner`.
fn owned(owner: UserId) -> NewWorkspace {
    NewWorkspace { owner: Some(owner), ..named("Owned") }
}

fn audit(action: Action) -> NewAudit {
    NewAudit::new(Principal::Embedder, action, None)
}

/// A team: a workspace, its owner, and what one does with members.
#[derive(Clone)]
pub(crate) struct Team {
    pub(crate) subject: Subject,
    pub(crate) workspace: WorkspaceId,
    owner: UserId,
}

impl Team {
    async fn new(subject: &Subject) -> Self {
        Self::of(subject, fresh()).await
    }

    /// One that this user owns.
    pub(crate) async fn of(subject: &Subject, owner: UserId) -> Self {
        let created = create(subject, owned(owner)).await.unwrap();
        Self { subject: subject.clone(), workspace: created.id, owner }
    }

    /// A new member in this role.
    async fn join(&self, role: Role) -> UserId {
        let user = fresh();
        self.change(Actor::Embedder, user, MemberChange::Add(role)).await.unwrap();
        user
    }

    pub(crate) async fn change(
        &self,
        actor: Actor,
        user: UserId,
        change: MemberChange,
    ) -> Result<MemberChanged> {
        let action = match change {
            MemberChange::Add(_) => Action::MemberAdded,
            MemberChange::SetRole(_) => Action::MemberRoleSet,
            MemberChange::Remove => Action::MemberRemoved,
        };
        let audit = NewAudit {
            actor: match actor {
                Actor::Embedder => None,
                Actor::User(user) => Some(user),
            },
            action,
            object: Some(user.0),
        };
        self.subject.store.change_member(self.workspace, actor, user, change, audit).await
    }

    async fn owners(&self) -> usize {
        let members = self.subject.store.members(self.workspace).await.unwrap();
        members.iter().filter(|member| member.role == Role::Owner).count()
    }

    pub(crate) async fn log(&self) -> Vec<AuditRow> {
        log(&self.subject, self.workspace).await
    }
}

async fn create(subject: &Subject, new: NewWorkspace) -> Result<Workspace> {
    subject.store.create_workspace(new, audit(Action::WorkspaceCreated)).await
}

/// The audit log's first hundred rows.
async fn log(subject: &Subject, workspace: WorkspaceId) -> Vec<AuditRow> {
    let limit = Limit::new(Limit::MAX).unwrap();
    subject.store.audit_log(workspace, None, limit).await.unwrap().rows
}
