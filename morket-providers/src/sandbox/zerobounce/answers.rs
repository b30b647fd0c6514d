//! ZeroBounce's verdicts, which agree with what the world says of an address.

use super::VERDICT;
use crate::sandbox::{
    api::{Answer, Context},
    dice::Rate,
    http::Reply,
    log::Outcome,
    world::{Address, World},
};
use morket_core::VendorUnits;
use serde::Serialize;
use serde_json::json;

/// How often nobody can tell.
const UNKNOWN: Rate = Rate::percent(2);
/// How many of the mailboxes that nobody reads are traps, or complain.
const TRAP: Rate = Rate::per_mille(8);

type Null = ();

/// A verdict as it looks on the wire: some numbers and truths are texts.
#[derive(Serialize)]
struct Verdict<'a> {
    address: &'a str,
    status: &'static str,
    sub_status: &'static str,
    free_email: bool,
    did_you_mean: Null,
    account: &'a str,
    domain: &'a str,
    domain_age_days: Option<String>,
    smtp_provider: Option<&'static str>,
    mx_found: &'static str,
    mx_record: Option<String>,
    firstname: Option<String>,
    lastname: Option<String>,
    gender: Null,
    country: Null,
    region: Null,
    city: Null,
    zipcode: Null,
    processed_at: String,
}

pub(super) fn credits(context: &Context<'_>) -> Answer {
    let state = &context.account.state;
    let left = if state.good { (state.credits.0 / 1_000).to_string() } else { "-1".to_owned() };
    let outcome = if state.good { Outcome::Answer } else { Outcome::BadKey };
    Answer::free(Reply::json(200, &json!({"Credits": left})), outcome)
}

pub(super) fn one(context: &Context<'_>, email: &str) -> Answer {
    let verdict = judge(context.world, email);
    let (outcome, price) = bill(&verdict);
    Answer { reply: Reply::json(200, &verdict), outcome, price }
}

pub(super) fn batch(context: &Context<'_>, emails: &[String]) -> Answer {
    let verdicts: Vec<_> = emails.iter().map(|email| judge(context.world, email)).collect();
    let bills = verdicts.iter().map(|verdict| bill(verdict).1);
    let price = VendorUnits::sum(bills).unwrap_or(VendorUnits::ZERO);
    let outcome = if price.is_positive() { Outcome::Answer } else { Outcome::Miss };
    let body = json!({"email_batch": verdicts, "errors": []});
    Answer { reply: Reply::json(200, &body), outcome, price }
}

/// An unknown costs nothing.
fn bill(verdict: &Verdict<'_>) -> (Outcome, VendorUnits) {
    if verdict.status == "unknown" {
        (Outcome::Miss, VendorUnits::ZERO)
    } else {
        (Outcome::Answer, VERDICT)
    }
}

fn judge<'a>(world: &World, email: &'a str) -> Verdict<'a> {
    let email = email.trim();
    let lower = email.to_lowercase();
    let address = world.address(email);
    let (status, sub_status) = status(world, &lower, address);
    let (account, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let owner = world.owner(&lower).filter(|_| status == "valid");
    let roll = world.roll("zerobounce", &[&lower]);
    let has_mail = !matches!(address, None | Some(Address::NoDomain));
    let (minute, second) = (roll.aspect(3).below(60), roll.aspect(4).below(60));
    Verdict {
        address: email,
        status,
        sub_status,
        free_email: address == Some(Address::Webmail),
        did_you_mean: (),
        account,
        domain,
        domain_age_days: has_mail.then(|| (300 + roll.aspect(2).below(9_000)).to_string()),
        smtp_provider: has_mail.then_some("google"),
        mx_found: if has_mail { "true" } else { "false" },
        mx_record: has_mail.then(|| format!("mx.{domain}")),
        firstname: owner.as_ref().map(|person| person.first_name.clone()),
        lastname: owner.map(|person| person.last_name),
        gender: (),
        country: (),
        region: (),
        city: (),
        zipcode: (),
        processed_at: format!("2026-11-21 07:{minute:02}:{second:02}.000"),
    }
}

fn status(world: &World, email: &str, address: Option<Address>) -> (&'static str, &'static str) {
    let roll = world.roll("zerobounce status", &[email]);
    match address {
        None => ("invalid", "failed_syntax_check"),
        Some(Address::NoDomain) => ("invalid", "no_dns_entries"),
        Some(Address::Webmail | Address::Foreign) => ("unknown", "mail_server_did_not_respond"),
        Some(Address::Disposable) => ("do_not_mail", "disposable"),
        Some(_) if roll.happens(UNKNOWN) => {
            let why = ["timeout_exceeded", "greylisted", "mail_server_temporary_error"];
            ("unknown", roll.aspect(1).pick(&why))
        }
        Some(Address::Valid) => ("valid", ""),
        Some(Address::Role) => ("do_not_mail", "role_based"),
        Some(Address::CatchAll) => ("catch-all", ""),
        Some(Address::Dead) if roll.aspect(2).happens(TRAP) => ("spamtrap", ""),
        Some(Address::Dead) if roll.aspect(3).happens(TRAP) => ("abuse", ""),
        Some(Address::Dead) => ("invalid", "mailbox_not_found"),
    }
}
