//! A hundred addresses in a call.

use super::verdict::{self, Priced, priced};
use morket_core::{
    Result, VendorUnits,
    http::HttpRequest,
    provider::{Ask, Outcome, Parsed, Verdicts},
};
use serde_json::{Map, Value, json};

/// What all addresses of the vendor end in.
const OWN: &str = ".zerobounce.net/v2";

/// Batches live at a host of their own.
const HOST: &str = "https://bulkapi.zerobounce.net/v2";

pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let emails = ask.records.iter().map(|record| {
        let email = record.required("email")?;
        Ok(json!({"email_address": email, "ip_address": null}))
    });
    let emails = emails.collect::<Result<Vec<_>>>()?;
    // The regions share it; whoever leads the vendor elsewhere leads all of it there.
    let regional = ask.base_url.starts_with("https://api") && ask.base_url.ends_with(OWN);
    let base = if regional { HOST } else { ask.base_url };
    let body = Map::from_iter([("email_batch".to_owned(), emails.into())]);
    // The key has no other place here than the body.
    HttpRequest::post(format!("{base}/validatebatch")).secret_json(body, "api_key", ask.key()?)
}

/// One outcome per record, matched by address: nobody promises an order.
pub(super) fn parse(ask: &Ask<'_>, body: &Value) -> Parsed {
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of = |entry: &Value, name: &str| {
        entry[name].as_str().map(|address| address.trim().to_lowercase())
    };
    let for_all = errors.iter().find(|it| of(it, "email_address").is_none_or(|it| it == "all"));
    if let Some(refused) = for_all.and_then(|it| verdict::refusal(&it["error"])) {
        return refused.into();
    }
    let Some(entries) = body["email_batch"].as_array() else { return Outcome::Unknown.into() };
    let outcomes = ask.records.iter().map(|record| {
        let address = record.text("email").map(|it| it.trim().to_lowercase());
        let mine = |entry: &&Value, name: &str| address.is_some() && of(entry, name) == address;
        let mut read = entries
            .iter()
            .filter(|entry| mine(entry, "address"))
            .map(|entry| priced(ask.operation, entry));
        match read.next() {
            // The same address twice is as good as once, unless the two disagree.
            Some(first) if read.all(|other| other == first) => first,
            Some(_) => Priced { outcome: Outcome::Unknown, cost: None },
            None if errors.iter().any(|entry| mine(&entry, "email_address")) => {
                Priced { outcome: Outcome::InvalidInput, cost: Some(VendorUnits::ZERO) }
            }
            None => Priced { outcome: Outcome::Unknown, cost: None },
        }
    });
    let outcomes: Vec<_> = outcomes.collect();
    // Told only where it is known of every record.
    let costs: Option<Vec<_>> = outcomes.iter().map(|it| it.cost).collect();
    Parsed {
        billed: costs.and_then(|costs| VendorUnits::sum(costs).ok()),
        verdicts: Verdicts::Each(outcomes.into_iter().map(|it| it.outcome).collect()),
        limits: Vec::new(),
    }
}
