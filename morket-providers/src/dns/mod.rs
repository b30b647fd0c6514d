//! What a domain's own records tell, by a resolver that speaks JSON over HTTPS: who runs its mail,
//! whether it takes any, who may send for it.

mod mail;
mod texts;

use crate::kit::{AGENT, alternatives, domain_asked, fields, free, json, keyless, public_refusal};
use crate::kit::{Reading, unknown_operation};
use morket_core::{
    Result,
    field::Kind,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Operation, Outcome, Parsed, Provider},
};
use serde_json::Value;

const MX: &str = "mx";
const SPF: &str = "spf";
const DMARC: &str = "dmarc";

/// Where a domain says what becomes of mail that fails its checks.
const DMARC_LABEL: &str = "_dmarc.";

/// Records of the domain name system.
#[derive(Clone, Debug)]
pub struct Dns {
    manifest: Manifest,
}

impl Dns {
    /// By the resolver that is asked unless another one is named.
    pub fn new() -> Self {
        let operation = |name: &str, outputs: &[&str]| Operation {
            inputs: alternatives(&[&["company_domain"]]),
            outputs: fields(outputs),
            ..free(name, Kind::Company)
        };
        let operations = vec![
            operation(MX, &["accepts_mail", "mail_provider"]),
            operation(SPF, &["spf_record", "technologies"]),
            operation(DMARC, &["dmarc_policy"]),
        ];
        let base = "https://cloudflare-dns.com/dns-query";
        Self { manifest: keyless("dns", "Domain name system", base, operations) }
    }
}

impl Default for Dns {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Dns {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let domain = domain_asked(ask)?;
        let (name, kind) = match ask.operation.name.as_str() {
            MX => (domain, "MX"),
            SPF => (domain, "TXT"),
            DMARC => (format!("{DMARC_LABEL}{domain}"), "TXT"),
            _ => return Err(unknown_operation(ask.operation)),
        };
        let request = HttpRequest::get(ask.base_url).query("name", name).query("type", kind);
        Ok(request.header("accept", "application/dns-json").header("user-agent", AGENT).free())
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        if let Some(refused) = public_refusal(answer) {
            return refused.into();
        }
        let body = json(answer).filter(|_| answer.status == 200).unwrap_or(Value::Null);
        match body["Status"].as_u64() {
            Some(0) => read(ask.operation, &body),
            // No such name.
            Some(3) => Outcome::Miss,
            // The domain's own servers do not answer.
            Some(2) => Outcome::Transient,
            _ => Outcome::Unknown,
        }
        .into()
    }
}

fn read(operation: &Operation, body: &Value) -> Outcome {
    let records = match body.get("Answer") {
        None | Some(Value::Null) => return Outcome::Miss,
        Some(Value::Array(records)) if records.is_empty() => return Outcome::Miss,
        Some(Value::Array(records)) => records,
        Some(_) => return Outcome::Unknown,
    };
    let name = |it: &Value| it["name"].as_str().map(|name| name.trim_end_matches('.').to_owned());
    let Some(name) = records.first().and_then(name) else { return Outcome::Unknown };
    let domain = name.strip_prefix(DMARC_LABEL).unwrap_or(&name);
    let of_type = |number: u64| {
        let kept = records.iter().filter(move |it| it["type"].as_u64() == Some(number));
        kept.map(|it| it["data"].as_str())
    };
    let mut reading = Reading::new();
    let read = match operation.name.as_str() {
        MX => mail::read(&mut reading, of_type(15), domain),
        SPF => texts::spf(&mut reading, of_type(16)),
        _ => texts::dmarc(&mut reading, of_type(16)),
    };
    if read.is_none() {
        return Outcome::Unknown;
    }
    // Whose records these are: a resolver that answers about another name is found out.
    reading.put("company_domain", domain);
    reading.outcome(operation, None)
}
