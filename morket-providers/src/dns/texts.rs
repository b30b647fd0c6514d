//! What stands in a domain's text records.

use crate::kit::Reading;
use serde_json::Value;

/// Marks of tools in text records: what a tool asks its customers to put there, and whom they let
/// send mail.
const TOOLS: &[(&str, &str)] = &[
    ("google-site-verification", "Google Search Console"),
    ("hubspot", "HubSpot"),
    ("atlassian-domain-verification", "Atlassian"),
    ("stripe-verification", "Stripe"),
    ("_spf.salesforce.com", "Salesforce"),
    ("mktomail", "Marketo"),
    ("sendgrid.net", "SendGrid"),
    ("zendesk", "Zendesk"),
];

/// The longest record that is kept.
const LONGEST: usize = 2_000;

/// Who may send for a domain, and which tools its records name.
pub(super) fn spf<'v>(
    reading: &mut Reading,
    data: impl Iterator<Item = Option<&'v str>>,
) -> Option<()> {
    let texts = texts(data)?;
    let spf = texts.iter().find(|it| has_version(it, "v=spf1"));
    if let Some(spf) = spf.filter(|it| it.len() <= LONGEST) {
        reading.put("spf_record", spf.as_str());
    }
    let all = texts.join("\n").to_ascii_lowercase();
    let tools: Vec<Value> =
        TOOLS.iter().filter(|(mark, _)| all.contains(mark)).map(|(_, it)| (*it).into()).collect();
    if !tools.is_empty() {
        reading.put("technologies", tools);
    }
    Some(())
}

/// What becomes of mail that fails a domain's checks.
pub(super) fn dmarc<'v>(
    reading: &mut Reading,
    data: impl Iterator<Item = Option<&'v str>>,
) -> Option<()> {
    let texts = texts(data)?;
    let Some(record) = texts.iter().find(|it| has_version(it, "v=DMARC1")) else {
        return Some(());
    };
    let policy = record.split(';').filter_map(|it| it.split_once('='));
    let policy = policy.map(|(name, value)| (name.trim(), value.trim().to_ascii_lowercase()));
    let (_, policy) = policy.into_iter().find(|(name, _)| *name == "p")?;
    ["none", "quarantine", "reject"].contains(&policy.as_str()).then(|| {
        // As it stands in the record: `none` alone would read as nothing.
        reading.put("dmarc_policy", format!("p={policy}"));
    })
}

/// The texts; `None` where there are records and none can be read.
fn texts<'v>(data: impl Iterator<Item = Option<&'v str>>) -> Option<Vec<String>> {
    let all: Vec<_> = data.collect();
    let texts: Vec<String> = all.iter().flatten().map(|it| unquoted(it)).collect();
    (all.is_empty() || !texts.is_empty()).then_some(texts)
}

/// A record of several strings, each in quotes, is one text; some resolvers leave the quotes out.
fn unquoted(data: &str) -> String {
    let data = data.trim();
    let inner = data.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner.map_or_else(|| data.to_owned(), |it| it.replace("\" \"", "").replace("\\\"", "\""))
}

/// Whether a record begins with this version, and is not one whose name only begins alike.
fn has_version(record: &str, version: &str) -> bool {
    let start = record.get(..version.len());
    let rest = record.get(version.len()..).unwrap_or_default();
    start.is_some_and(|it| it.eq_ignore_ascii_case(version))
        && rest.chars().next().is_none_or(|it| it == ' ' || it == ';')
}
