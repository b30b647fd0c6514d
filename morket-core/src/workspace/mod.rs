//! Workspaces, the tenants of everything, and who belongs to them.

mod invitation;
mod invitation_store;
mod slug;
mod store;

pub use invitation::{
    Acceptance, Invitation, InvitationState, Inviting, MAX_INVITATION, NewInvitation,
    invitation_taken,
};
pub use invitation_store::InvitationStore;
pub use slug::{base as slug_base, pick as pick_slug};
pub use store::{MemberChanged, WorkspaceStore};

use sha2::{Digest, Sha256};

use crate::{Error, Result, Timestamp, UserId, WorkspaceId, ledger::Metering, rbac::Role};

/// Which vendors a workspace may reach; fixed when it is created.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Environment {
    /// Real ones.
    #[default]
    Live = 1,
    /// The sandbox's fakes, and nothing else.
    Sandbox = 2,
    /// Recorded traffic, and nothing else.
    Replay = 3,
}

impl Environment {
    /// The environment with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Live, Self::Sandbox, Self::Replay].into_iter().find(|it| *it as i64 == number)
    }
}

/// A workspace to create.
#[derive(Clone, Debug, PartialEq)]
pub struct NewWorkspace {
    /// Its id, made by the caller, so that a repeat creates nothing twice.
    pub id: WorkspaceId,
    /// What people call it: 1 to 100 characters.
    pub name: String,
    /// Its first owner; an embedder's workspace has none.
    pub owner: Option<UserId>,
    /// Whether it pays in credits.
    pub metering: Metering,
    /// Which vendors it may reach.
    pub environment: Environment,
    /// Settings, as an object.
    pub settings: serde_json::Value,
}

impl NewWorkspace {
    /// An unmetered, live workspace without members: what an embedded caller wants.
    pub fn embedded(id: WorkspaceId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            owner: None,
            metering: Metering::Unmetered,
            environment: Environment::Live,
            settings: serde_json::json!({}),
        }
    }

    /// The same, paying in credits.
    #[must_use]
    pub fn prepaid(mut self) -> Self {
        self.metering = Metering::Prepaid;
        self
    }

    /// The hash of everything it is created from: a repeat has the same one.
    pub fn fingerprint(&self) -> [u8; 32] {
        let parts = serde_json::json!([
            self.name,
            self.owner,
            self.metering,
            self.environment,
            self.settings
        ]);
        Sha256::digest(parts.to_string()).into()
    }

    /// Refuse what no store should see.
    pub fn validate(&self) -> Result<()> {
        check_name(&self.name)?;
        check_settings(&self.settings)
    }
}

/// A workspace's name, or an error naming the field.
pub fn check_name(name: &str) -> Result<()> {
    let problem = match name.trim().chars().count() {
        0 => "must not be empty",
        1..=100 if name.chars().any(char::is_control) => "must not hold control characters",
        1..=100 => return Ok(()),
        _ => "must have at most 100 characters",
    };
    Err(Error::invalid("workspace", "name", problem))
}

/// A workspace's settings, or an error naming the field.
pub fn check_settings(settings: &serde_json::Value) -> Result<()> {
    if !settings.is_object() {
        return Err(Error::invalid("workspace", "settings", "must be an object"));
    }
    if settings.to_string().len() > 64 * 1024 {
        return Err(Error::invalid("workspace", "settings", "must stay below 64 KiB"));
    }
    Ok(())
}

/// A workspace as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// Its name in addresses; unique, free again when the workspace is deleted.
    pub slug: String,
    /// Whether it pays in credits.
    pub metering: Metering,
    /// Which vendors it may reach.
    pub environment: Environment,
    /// Settings, as an object.
    pub settings: serde_json::Value,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What to change of a workspace; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkspaceChange {
    /// A new name; the slug stays.
    pub name: Option<String>,
    /// New settings, whole.
    pub settings: Option<serde_json::Value>,
}

/// Somebody who belongs to a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}
