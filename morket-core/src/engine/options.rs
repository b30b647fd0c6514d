//! What a worker is given.

use super::event::Tuning;
use crate::{
    Clock, Result, Rng, Secret, Store, WorkspaceId, http::Http, name::ProviderSlug, plan::Settings,
};
use async_trait::async_trait;
use std::{fmt, sync::Arc, time::Duration};

/// Where vendors' keys come from.
#[async_trait]
pub trait Keys: fmt::Debug + Send + Sync + 'static {
    /// The key of a workspace at a provider.
    ///
    /// # Behavior
    /// - `None` when there is none; an error only when it cannot be told.
    async fn key(
        &self,
        workspace: WorkspaceId,
        provider: &ProviderSlug,
    ) -> Result<Option<Secret<String>>>;
}

const _: Option<&dyn Keys> = None;

/// What a worker needs.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// Where jobs are kept.
    pub store: Arc<dyn Store>,
    /// How to reach vendors.
    pub http: Arc<dyn Http>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What ids are drawn from.
    pub rng: Arc<dyn Rng>,
    /// Where keys come from.
    pub keys: Arc<dyn Keys>,
    /// What plans are compiled among.
    pub settings: Settings,
    /// How long a lease lasts.
    pub ttl: Duration,
    /// How batches go about their work.
    pub tuning: Tuning,
}

impl WorkerOptions {
    /// How long a lease lasts unless it is said otherwise.
    pub const TTL: Duration = Duration::from_secs(15);
}
