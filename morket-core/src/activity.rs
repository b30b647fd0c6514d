//! The feed people read: what happened in a workspace, newest first. Unlike the audit log it may
//! name things, and it goes with its workspace.

use crate::{
    Result, Timestamp, UserId, WorkspaceId,
    page::{Cursor, Limit, Page},
};
use async_trait::async_trait;
use std::fmt;

/// A line of the feed before it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewActivity {
    /// Who did it.
    pub actor: Option<UserId>,
    /// What kind of thing, e.g. `job.sealed`.
    pub kind: String,
    /// What a reader needs to understand it.
    pub detail: serde_json::Value,
}

/// A stored line of the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityRow {
    /// Its number in the workspace, from 1.
    pub seq: i64,
    /// What happened.
    pub activity: NewActivity,
    /// When, by the store's clock.
    pub at: Timestamp,
}

/// Where the feed lives.
#[async_trait]
pub trait ActivityStore: fmt::Debug + Send + Sync + 'static {
    /// Add a line.
    ///
    /// # Behavior
    /// - Of an unknown or deleted workspace it is `NotFound`.
    async fn record_activity(&self, workspace: WorkspaceId, activity: NewActivity) -> Result<()>;

    /// A page of lines, newest first.
    ///
    /// # Behavior
    /// - The pages together are all lines, each once, also while new ones are added.
    /// - Only this workspace's lines are there.
    async fn activity(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<ActivityRow>>;
}

const _: Option<&dyn ActivityStore> = None;
