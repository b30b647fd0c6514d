//! Workspaces and who belongs to them.

use super::{
    Grave, MemoryStore, State, Tenant, conflict, credential::Safe, ledger::Ledger, not_found,
};
use crate::{
    Result, Timestamp, UserId, WorkspaceId,
    audit::NewAudit,
    ledger::{Hold, Op},
    rbac::{Actor, MemberChange, Role, decide_member_change},
    workspace::{
        Member, MemberChanged, NewWorkspace, Workspace, WorkspaceChange, WorkspaceStore,
        check_name, check_settings, pick_slug, slug_base,
    },
};
use async_trait::async_trait;
use std::collections::BTreeMap;

impl Tenant {
    fn open(new: NewWorkspace, slug: String, now: Timestamp) -> Self {
        let workspace = Workspace {
            id: new.id,
            name: new.name.clone(),
            slug,
            metering: new.metering,
            environment: new.environment,
            settings: new.settings.clone(),
            created_at: now,
            updated_at: now,
        };
        let owner = |user| (user, Member { user, role: Role::Owner, joined_at: now });
        Self {
            workspace,
            members: new.owner.map(owner).into_iter().collect(),
            ledger: Ledger::open(new.id, new.metering),
            created: new,
            audit: Vec::new(),
            activity: Vec::new(),
            lookups: BTreeMap::new(),
            entities: Default::default(),
            flights: BTreeMap::new(),
            counters: BTreeMap::new(),
            safe: Safe::default(),
            invitations: BTreeMap::new(),
            privacy: Default::default(),
            webhooks: BTreeMap::new(),
        }
    }

    pub(super) fn role_of(&self, user: UserId) -> Option<Role> {
        self.members.get(&user).map(|member| member.role)
    }

    /// The role in which somebody acts; the embedding process is above all.
    pub(super) fn role_of_actor(&self, actor: Actor) -> Option<Role> {
        match actor {
            Actor::Embedder => Some(Role::Owner),
            Actor::User(user) => self.role_of(user),
        }
    }

    fn change_member(
        &mut self,
        actor: Actor,
        user: UserId,
        change: MemberChange,
        now: Timestamp,
    ) -> Result<MemberChanged> {
        let (role, own) = (self.role_of_actor(actor), actor.user() == Some(user));
        let before = self.role_of(user);
        let owners = self.members.values().filter(|it| it.role == Role::Owner).count();
        let owners = u32::try_from(owners).unwrap_or(u32::MAX);
        decide_member_change(role, before, owners, own, change)?;
        let now_role = match change {
            MemberChange::Add(role) | MemberChange::SetRole(role) => {
                let new = Member { user, role, joined_at: now };
                self.members.entry(user).or_insert(new).role = role;
                Some(role)
            }
            MemberChange::Remove => {
                self.members.remove(&user);
                None
            }
        };
        Ok(MemberChanged { before, now: now_role })
    }
}

impl State {
    fn create_workspace(
        &mut self,
        new: NewWorkspace,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<Workspace> {
        let taken = || conflict("workspace.create", "id: it names another workspace");
        if let Some(tenant) = self.tenants.get(&new.id) {
            return if tenant.created == new { Ok(tenant.workspace.clone()) } else { Err(taken()) };
        }
        if self.graves.contains_key(&new.id) {
            return Err(taken());
        }
        let slug = pick_slug(&slug_base(&new.name), |slug| {
            self.tenants.values().any(|tenant| tenant.workspace.slug == slug)
        });
        let mut tenant = Tenant::open(new, slug, now);
        tenant.note(audit, now);
        let workspace = tenant.workspace.clone();
        self.tenants.insert(workspace.id, tenant);
        Ok(workspace)
    }

    fn delete_workspace(&mut self, id: WorkspaceId, audit: NewAudit, now: Timestamp) -> Result<()> {
        let ledger = &self.tenant("workspace.delete", id)?.ledger;
        let mut mine = self.jobs.values().filter(|row| row.job.workspace == id);
        if mine.any(|row| row.is_sealed() && !row.job.state.is_terminal()) {
            let message = "workspace: a job of it has not ended, cancel it first";
            return Err(conflict("workspace.delete", message));
        }
        let open: Vec<_> =
            ledger.holds.values().filter(|it| it.is_open()).map(|Hold { id, .. }| *id).collect();
        let mut book = ledger.book_of_holds(open.iter().copied(), now);
        for hold in open {
            book.apply(&Op::Void { hold })?;
        }
        self.commit(id, book, now);
        self.calls.retain(|(workspace, _), _| *workspace != id);
        self.jobs.retain(|(workspace, _), _| *workspace != id);
        self.outbox.remove(id);
        self.deliveries.remove(id);
        if let Some(mut tenant) = self.tenants.remove(&id) {
            tenant.note(audit, now);
            self.graves.insert(id, Grave { _ledger: tenant.ledger, audit: tenant.audit });
        }
        Ok(())
    }
}

#[async_trait]
impl WorkspaceStore for MemoryStore {
    async fn create_workspace(&self, new: NewWorkspace, audit: NewAudit) -> Result<Workspace> {
        new.validate()?;
        self.step(|state, now| state.create_workspace(new, audit, now))
    }

    async fn workspace(&self, workspace: WorkspaceId) -> Result<Workspace> {
        self.step(|state, _| Ok(state.tenant("workspace.get", workspace)?.workspace.clone()))
    }

    async fn workspace_by_slug(&self, slug: &str) -> Result<Workspace> {
        self.step(|state, _| {
            let mut all = state.tenants.values().map(|tenant| &tenant.workspace);
            let found = all.find(|workspace| workspace.slug == slug).cloned();
            found.ok_or_else(|| not_found("workspace.by_slug", "workspace: not found"))
        })
    }

    async fn workspaces_of(&self, user: UserId) -> Result<Vec<(Workspace, Role)>> {
        self.step(|state, _| {
            let all = state.tenants.values();
            let mut mine: Vec<_> =
                all.filter_map(|it| Some((it.workspace.clone(), it.role_of(user)?))).collect();
            mine.sort_by(|a, b| a.0.slug.cmp(&b.0.slug));
            Ok(mine)
        })
    }

    async fn update_workspace(
        &self,
        workspace: WorkspaceId,
        change: WorkspaceChange,
        audit: NewAudit,
    ) -> Result<Workspace> {
        change.name.as_deref().map_or(Ok(()), check_name)?;
        change.settings.as_ref().map_or(Ok(()), check_settings)?;
        self.step(|state, now| {
            let tenant = state.tenant_mut("workspace.update", workspace)?;
            let it = &mut tenant.workspace;
            it.name = change.name.unwrap_or_else(|| it.name.clone());
            it.settings = change.settings.unwrap_or_else(|| it.settings.clone());
            it.updated_at = now;
            let updated = it.clone();
            tenant.note(audit, now);
            Ok(updated)
        })
    }

    async fn delete_workspace(&self, workspace: WorkspaceId, audit: NewAudit) -> Result<()> {
        self.step(|state, now| state.delete_workspace(workspace, audit, now))
    }

    async fn members(&self, workspace: WorkspaceId) -> Result<Vec<Member>> {
        self.step(|state, _| {
            let tenant = state.tenant("workspace.members", workspace)?;
            Ok(tenant.members.values().copied().collect())
        })
    }

    async fn role_of(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Role>> {
        self.step(|state, _| {
            Ok(state.tenants.get(&workspace).and_then(|tenant| tenant.role_of(user)))
        })
    }

    async fn change_member(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        user: UserId,
        change: MemberChange,
        audit: NewAudit,
    ) -> Result<MemberChanged> {
        self.step(|state, now| {
            let tenant = state.tenant_mut("workspace.change_member", workspace)?;
            let changed = tenant.change_member(actor, user, change, now)?;
            tenant.note(audit, now);
            Ok(changed)
        })
    }
}
