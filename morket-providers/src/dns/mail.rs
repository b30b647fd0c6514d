//! Mail hosts, and who runs them.

use crate::kit::Reading;
use morket_core::field::domain;

/// Words in a host's name that tell whose it is. A whole label begins with them.
const PROVIDERS: &[(&str, &str)] = &[
    ("aspmx", "Google Workspace"),
    ("google", "Google Workspace"),
    ("googlemail", "Google Workspace"),
    ("outlook", "Microsoft 365"),
    ("protonmail", "Proton Mail"),
    ("zoho", "Zoho Mail"),
    ("mimecast", "Mimecast"),
    ("pphosted", "Proofpoint"),
];

/// The hosts of a domain. `None` where none of what is there can be read.
pub(super) fn read<'v>(
    reading: &mut Reading,
    data: impl Iterator<Item = Option<&'v str>>,
    asked: &str,
) -> Option<()> {
    let all: Vec<_> = data.collect();
    let mut hosts: Vec<(u32, String)> = all.iter().filter_map(|it| host((*it)?)).collect();
    if hosts.is_empty() {
        return all.is_empty().then_some(());
    }
    hosts.sort();
    let (_, first) = &hosts[0];
    // A single dot: the domain says that it takes no mail (RFC 7505).
    reading.put("accepts_mail", !first.is_empty());
    if let Some(provider) = provider(first, asked) {
        reading.put("mail_provider", provider);
    }
    Some(())
}

/// `10 mx.example.com.`; the lower number is tried first.
fn host(data: &str) -> Option<(u32, String)> {
    let (preference, host) = data.trim().split_once(' ')?;
    let preference = preference.parse().ok()?;
    match host.trim() {
        "." => Some((preference, String::new())),
        host => Some((preference, domain::canonical(host)?)),
    }
}

fn provider(host: &str, asked: &str) -> Option<String> {
    let known = |word: &str| host.split('.').any(|label| label == word || is_numbered(label, word));
    if let Some((_, name)) = PROVIDERS.iter().find(|(word, _)| known(word)) {
        return Some((*name).to_owned());
    }
    // Whose host it is says more than nothing; the domain's own is nobody's.
    let owner = domain::owner(host);
    (!host.is_empty() && owner != domain::owner(asked)).then(|| owner.to_owned())
}

/// `aspmx2` is one of the `aspmx`.
fn is_numbered(label: &str, word: &str) -> bool {
    label.strip_prefix(word).is_some_and(|rest| rest.bytes().all(|it| it.is_ascii_digit()))
}
