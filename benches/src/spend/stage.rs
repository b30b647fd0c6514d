//! What both sides stand on: the adapters, the vendors of the sandbox, one virtual clock.

use anyhow::Result;
use async_trait::async_trait;
use morket::{
    Secret, Timestamp, VendorUnits, WorkspaceId, engine::Keys, name::ProviderSlug, plan::Settings,
    provider::Registry, workspace::Environment,
};
use morket_providers::sandbox::{Inside, Options, Repeat, Vendor, VendorSummary};
use morket_testkit::engine::TokioClock;
use std::{collections::BTreeMap, sync::Arc};

/// What vendors billed, each in thousandths of its own unit.
pub(super) type Bill = BTreeMap<&'static str, VendorUnits>;

/// Vendors of one world, at one time.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) clock: Arc<TokioClock>,
    pub(super) vendors: Inside,
    pub(super) settings: Settings,
    pub(super) keys: Arc<OneKey>,
}

impl Stage {
    /// Vendors who have not been asked anything; needs a runtime whose time is paused.
    pub(super) fn new(mut options: Options, key: &str) -> Result<Self> {
        let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        options.clock = Some(clock.clone());
        let builtin = morket_providers::builtin();
        let (mut registry, mut base_urls) = (Registry::new(), BTreeMap::new());
        for vendor in Vendor::ALL {
            registry.register(builtin.named(vendor.slug())?.clone())?;
            base_urls.insert(ProviderSlug::new(vendor.slug())?, Inside::base_url(vendor));
        }
        let mut settings = Settings::new(Arc::new(registry));
        settings.keys = base_urls.keys().cloned().collect();
        settings.sandboxes = base_urls.values().cloned().collect();
        settings.base_urls = base_urls;
        settings.environment = Environment::Sandbox;
        let keys = Arc::new(OneKey(Secret::new(key.to_owned())));
        Ok(Self { clock, vendors: Inside::new(options)?, settings, keys })
    }

    /// What has been billed so far. Hunter counts a search that is repeated in one billing period
    /// once, and the sandbox each time: what it bills for repeats is taken off, whoever's they are.
    pub(super) fn bill(&self) -> Bill {
        let all = self.vendors.summary().vendors.into_iter();
        let asked = all.filter(|(_, it)| it.calls > 0);
        let bills = asked.map(|(vendor, it)| {
            let again = if vendor == Vendor::Hunter { repeats(&it) } else { 0 };
            (vendor.slug(), VendorUnits(it.billed.0 - again))
        });
        bills.collect()
    }
}

/// What was billed for questions that had been billed before.
fn repeats(seen: &VendorSummary) -> i64 {
    let billed = |it: &Repeat| -> i64 {
        let billed = it.arrivals.iter().map(|it| it.billed.0).filter(|it| *it > 0);
        billed.skip(1).sum()
    };
    seen.repeats.iter().map(billed).sum()
}

/// One key everywhere: the sandbox's door is open, and a key's name tells the account's plan.
#[derive(Debug)]
pub(super) struct OneKey(pub(super) Secret<String>);

#[async_trait]
impl Keys for OneKey {
    async fn key(
        &self,
        _: WorkspaceId,
        _: &ProviderSlug,
    ) -> morket::Result<Option<Secret<String>>> {
        Ok(Some(Secret::new(self.0.expose().clone())))
    }
}
