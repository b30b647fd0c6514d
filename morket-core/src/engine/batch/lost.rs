//! Providers whose key is bad or whose account is empty: since when a batch waits for them, when it
//! looks again, and when it gives them up.

use super::Batch;
use crate::{
    Timestamp,
    engine::event::{Now, Waiting},
    job::Waited,
    name::ProviderSlug,
    plan::{OnLost, OpIx},
    provider::OutcomeKind,
};
use std::time::Duration;

/// How often it is looked whether a provider is well again, where that costs nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// The words in which a batch parks for a lost provider.
const WORDS: [(&str, OutcomeKind); 3] = [
    ("auth", OutcomeKind::AuthFailed),
    ("plan", OutcomeKind::PlanLacks),
    ("out_of_credits", OutcomeKind::OutOfCredits),
];

/// Which provider is lost, and how, if that is what a word says.
pub(in crate::engine) fn lost_word(on: &str) -> Option<(ProviderSlug, OutcomeKind)> {
    let (provider, word) = on.split_once(':')?;
    let (_, cause) = WORDS.iter().find(|it| it.0 == word)?;
    Some((ProviderSlug::new(provider).ok()?, *cause))
}

/// The word for how a provider is lost.
pub(super) fn word(cause: OutcomeKind) -> &'static str {
    WORDS.iter().find(|it| it.1 == cause).map_or("auth", |it| it.0)
}

/// The words in which batches wait for this provider's account.
pub fn waits_for(provider: &ProviderSlug) -> Vec<String> {
    WORDS.iter().map(|(word, _)| format!("{provider}:{word}")).collect()
}

impl Waiting {
    /// Since when a provider is waited for, however it was lost.
    fn since(&self, provider: &ProviderSlug) -> Option<Timestamp> {
        let of = |it: &&Waited| lost_word(&it.on).is_some_and(|(lost, _)| lost == *provider);
        self.before.iter().filter(of).filter_map(|it| it.since).min()
    }

    /// How a provider is known to be lost, so that nobody need ask.
    fn still(&self, provider: &ProviderSlug) -> Option<OutcomeKind> {
        let mut lost = self.still.iter().filter_map(|on| lost_word(on));
        lost.find(|(lost, _)| lost == provider).map(|(_, cause)| cause)
    }
}

impl Batch {
    /// How the provider of a call is lost, as far as this batch was told when it began.
    pub(super) fn still_lost(&self, op: OpIx) -> Option<OutcomeKind> {
        self.waiting.still(&self.program.op(op).provider)
    }

    /// Whether a lost provider has been waited for as long as the plan allows.
    pub(super) fn is_given_up(&self, now: Now, op: OpIx) -> bool {
        let since = self.waiting.since(&self.program.op(op).provider);
        since.is_some_and(|since| now.wall.since(since) >= self.program.pause_limit)
    }

    /// Whether a cell ends with what an operation came to: its provider is lost, was waited for in
    /// vain, and the plan has nobody else asked in its place.
    pub(super) fn ends_cell(&self, cause: OutcomeKind) -> bool {
        self.program.on_lost != OnLost::Next && WORDS.iter().any(|it| it.1 == cause)
    }

    /// What is waited for, with since when, if it was waited for before.
    pub(super) fn waited(&self, on: &str) -> Waited {
        let before = self.waiting.before.iter().find(|it| it.on == on);
        let since = lost_word(on).and_then(|(provider, _)| self.waiting.since(&provider));
        let since = since.or_else(|| before.and_then(|it| it.since));
        Waited { on: on.to_owned(), since }
    }

    /// When each of these is looked at again: at the latest when the wait has been long enough.
    pub(super) fn look_again(&self, now: Now, on: &[String]) -> Vec<Duration> {
        let after = |on: &String| {
            let Some((provider, cause)) = lost_word(on) else {
                return (on == "credits").then_some(LOOK_AGAIN);
            };
            let so_far =
                self.waiting.since(&provider).map_or(Duration::ZERO, |it| now.wall.since(it));
            let left = self.program.pause_limit.saturating_sub(so_far);
            let free = self.waiting.free.contains(&provider) && cause != OutcomeKind::PlanLacks;
            Some(if free { left.min(LOOK_AGAIN) } else { left })
        };
        on.iter().filter_map(after).map(|it| now.mono.saturating_add(it)).collect()
    }
}
