//! What spend counters are kept under.

use super::{Scope, SpendUnit};
use crate::{JobId, name::ProviderSlug};
use std::fmt;

/// What a counter is kept under. Its text is the same in every store, and tells any two apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CounterKey {
    over: Over,
    /// Whose units; none for dollars.
    units: Option<ProviderSlug>,
}

/// What is counted over, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Over {
    Row(JobId, u32),
    Job(JobId),
    Day(i64),
    Provider(ProviderSlug),
    Workspace,
}

impl CounterKey {
    /// The key of a call's counter: its job, provider and day fill in what the scope leaves open.
    pub fn new(
        job: JobId,
        provider: &ProviderSlug,
        day: i64,
        scope: &Scope,
        unit: SpendUnit,
    ) -> Self {
        let over = match scope {
            Scope::Row(index) => Over::Row(job, *index),
            Scope::Job => Over::Job(job),
            Scope::Day => Over::Day(day),
            Scope::Provider => Over::Provider(provider.clone()),
            Scope::Workspace => Over::Workspace,
        };
        let units = match unit {
            SpendUnit::Usd => None,
            SpendUnit::Units => Some(provider.clone()),
        };
        Self { over, units }
    }
}

impl fmt::Display for CounterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.over {
            Over::Row(job, index) => write!(f, "row:{job}:{index}/")?,
            Over::Job(job) => write!(f, "job:{job}/")?,
            Over::Day(day) => write!(f, "day:{day}/")?,
            Over::Provider(provider) => write!(f, "provider:{provider}/")?,
            Over::Workspace => f.write_str("workspace/")?,
        }
        match &self.units {
            None => f.write_str("usd"),
            Some(provider) => write!(f, "units:{provider}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stores keep these texts: a released one does not change.
    #[test]
    fn a_counter_is_kept_under_the_text_it_always_was() {
        let (job, provider) = (JobId(uuid::Uuid::nil()), ProviderSlug::new("hunter").unwrap());
        let rows = [
            (Scope::Row(7), SpendUnit::Usd, "row:00000000-0000-0000-0000-000000000000:7/usd"),
            (Scope::Job, SpendUnit::Usd, "job:00000000-0000-0000-0000-000000000000/usd"),
            (Scope::Day, SpendUnit::Units, "day:20000/units:hunter"),
            (Scope::Provider, SpendUnit::Units, "provider:hunter/units:hunter"),
            (Scope::Workspace, SpendUnit::Usd, "workspace/usd"),
        ];
        for (scope, unit, text) in rows {
            let key = CounterKey::new(job, &provider, 20_000, &scope, unit);
            assert_eq!(key.to_string(), text);
        }
    }
}
