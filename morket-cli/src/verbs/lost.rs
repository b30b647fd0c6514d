//! What to do when a vendor serves a run no more: its key is bad, its account empty.

use crate::{
    console::shown,
    exit::Failure,
    keys::{KeyFile, variable},
};
use morket::{job::Job, name::ProviderSlug};

/// A line for each vendor, and the command that goes on.
pub(super) async fn hints(keys: &KeyFile, job: &Job) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for cause in &job.waiting {
        let slug = cause.split(':').next().and_then(|it| ProviderSlug::new(it).ok());
        let source = match &slug {
            Some(slug) => keys.source(slug).await?,
            None => None,
        };
        let line = hint(cause, source.as_deref());
        lines.push(format!("{line}; then: morket resume {}", job.id));
    }
    Ok(lines)
}

/// What to do about a cause, where the key comes from there.
fn hint(cause: &str, source: Option<&str>) -> String {
    let slug =
        cause.split_once(':').map(|(slug, _)| slug).and_then(|it| ProviderSlug::new(it).ok());
    let (Some(slug), Some((_, why))) = (slug, cause.split_once(':')) else {
        return format!("{} is missing: mend it", shown(cause));
    };
    let variable = variable(&slug);
    // A variable wins: what is stored beside it would not be used.
    let place = match source.is_some_and(|it| it == variable) {
        true => format!("in {variable}"),
        false => format!("with `morket keys set {slug}`"),
    };
    let another = format!("give another key {place}");
    match why {
        "out_of_credits" => format!("{slug} is out of credits: top it up, or {another}"),
        "plan" => format!("the plan at {slug} lacks what is asked: change it there, or {another}"),
        "auth" if source.is_none() => format!("there is no key for {slug}: give one {place}"),
        "auth" => format!("{slug} does not take the key: {another}"),
        other => format!("{slug} serves no more ({}): mend it, or {another}", shown(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_says_what_to_do() {
        let (file, var) = (Some("keys file"), Some("MORKET_HUNTER_KEY"));
        for (cause, source, expected) in [
            (
                "hunter:out_of_credits",
                file,
                "hunter is out of credits: top it up, or give another key with `morket keys set \
                 hunter`",
            ),
            (
                "hunter:auth",
                file,
                "hunter does not take the key: give another key with `morket keys set hunter`",
            ),
            (
                "hunter:auth",
                var,
                "hunter does not take the key: give another key in MORKET_HUNTER_KEY",
            ),
            (
                "hunter:auth",
                None,
                "there is no key for hunter: give one with `morket keys set hunter`",
            ),
            (
                "hunter:plan",
                file,
                "the plan at hunter lacks what is asked: change it there, or give another key with \
                 `morket keys set hunter`",
            ),
        ] {
            assert_eq!(hint(cause, source), expected);
        }
    }
}
