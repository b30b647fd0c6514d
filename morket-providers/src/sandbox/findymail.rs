//! Findymail: addresses that it has verified, verification, telephone numbers.

use super::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal, Unread},
    dice::Rate,
    http::{Params, Reply, Request},
    limits::Limit,
    log::Outcome,
    verifiers::{Heard, Said},
    whom::Whom,
    world::{Address, Person, Sight},
};
use morket_core::VendorUnits;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Findymail's API.
#[derive(Debug)]
pub(super) struct Findymail;

/// What is asked.
#[derive(Debug)]
pub(super) enum Question {
    Address(Whom),
    Phone(Whom),
    Verify(String),
    Credits,
}

/// The name its knowledge of the world is rolled under.
const NAME: &str = "findymail";
const ADDRESS: VendorUnits = VendorUnits::whole(1);
const PHONE: VendorUnits = VendorUnits::whole(10);
/// A verification is billed whatever it says. The account's one balance stands for both kinds of
/// credits.
const VERIFICATION: VendorUnits = VendorUnits::whole(1);
/// Of how many people it has a number.
const PHONES: Rate = Rate::percent(40);

impl Api for Findymail {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let body: Map<String, Value> = serde_json::from_slice(&request.body).unwrap_or_default();
        let params = Params::of_object(&body);
        let (operation, question) = read(path, request.method, &params);
        let input = match &question {
            Ok(Question::Address(whom) | Question::Phone(whom)) => whom.input(),
            Ok(Question::Verify(email)) => format!("email={}", email.to_lowercase()),
            Ok(Question::Credits) | Err(_) => String::new(),
        };
        let bearer = request.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
        let key = Cow::Borrowed(bearer.unwrap_or_default().trim());
        Asked { operation, key, needs_key: true, input, question }
    }

    /// It counts how many calls run at a time, and none per minute.
    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        &[]
    }

    fn least_balance(question: &Question) -> VendorUnits {
        match question {
            Question::Address(_) => ADDRESS,
            Question::Phone(_) => PHONE,
            // An empty account of verifications is told in a 200.
            Question::Verify(_) | Question::Credits => VendorUnits::ZERO,
        }
    }

    fn refuse(refusal: Refusal) -> Reply {
        let (status, message) = match refusal {
            Refusal::BadKey => (401, "Unauthenticated."),
            Refusal::Throttled => (429, "Too Many Attempts."),
            Refusal::OutOfCredits => (402, "Not enough credits"),
            Refusal::ServerError => (500, "Server Error"),
        };
        Reply::json(status, &json!({"message": message}))
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        match question {
            Question::Address(whom) => address(context, whom),
            Question::Phone(whom) => phone(context, whom),
            Question::Verify(email) => verify(context, email),
            Question::Credits => {
                let left = context.account.state.credits.0 / 1_000;
                let body = json!({"credits": left, "verifier_credits": left});
                Answer::free(Reply::json(200, &body), Outcome::Answer)
            }
        }
    }
}

type Read = (&'static str, Result<Question, Unread>);

fn read(path: &str, method: &str, params: &Params<'_>) -> Read {
    let profile = || params.get("linkedin_url").and_then(Whom::profile);
    let profile = || profile().ok_or_else(|| invalid("linkedin_url"));
    match (method, path) {
        ("POST", "search/name") => {
            let whom = Whom::named(params, "name", &["domain"]);
            let lacking = if params.get("domain").is_some() { "name" } else { "domain" };
            ("search/name", whom.map(Question::Address).ok_or_else(|| invalid(lacking)))
        }
        ("POST", "search/business-profile" | "search/linkedin") => {
            ("search/business-profile", profile().map(Question::Address))
        }
        ("POST", "search/phone") => ("search/phone", profile().map(Question::Phone)),
        ("POST", "verify") => {
            let email = params.get("email").map(|it| Question::Verify(it.to_owned()));
            ("verify", email.ok_or_else(|| invalid("email")))
        }
        ("GET", "credits") => ("credits", Ok(Question::Credits)),
        _ => {
            let reply = Reply::text(404, "text/html", "<html><body>Not Found</body></html>");
            ("unknown", Err(Unread::Endpoint(reply)))
        }
    }
}

fn invalid(field: &str) -> Unread {
    let message = format!("The {field} field is required.");
    Unread::Input(Reply::json(422, &json!({"message": message, "errors": {field: [message]}})))
}

/// Only what it could verify is sold: neither a dead address nor one that nobody can tell of.
fn address(context: &Context<'_>, whom: &Whom) -> Answer {
    let person = match (whom.sight(NAME, context), whom) {
        (Sight::Here(person), _) => Some(person),
        // Who is asked for at a company is not found at another.
        (Sight::Moved(person) | Sight::Namesake(person), Whom::Profile(_)) => Some(person),
        _ => None,
    };
    let world = context.world;
    match person.filter(|it| world.address(&it.address) == Some(Address::Valid)) {
        Some(person) => {
            let Person { address, company, .. } = &*person;
            let contact =
                json!({"name": person.full_name(), "domain": company.domain, "email": address});
            let reply = Reply::json(200, &json!({"contact": contact}));
            Answer { reply, outcome: Outcome::Answer, price: ADDRESS }
        }
        None => missed(context, whom, "contact"),
    }
}

fn phone(context: &Context<'_>, whom: &Whom) -> Answer {
    let person = match whom.sight(NAME, context) {
        Sight::Here(person) | Sight::Stale(person) | Sight::Moved(person) => Some(person),
        Sight::Namesake(_) | Sight::Nothing => None,
    };
    let has = |it: &Person| context.world.roll("findymail phone", &[&it.mobile]).happens(PHONES);
    match person.filter(|it| has(it)) {
        Some(person) => {
            let reply = Reply::json(200, &json!({"phone": person.mobile}));
            Answer { reply, outcome: Outcome::Answer, price: PHONE }
        }
        None => missed(context, whom, "phone"),
    }
}

/// A 404 or an empty 200: both are documented.
fn missed(context: &Context<'_>, whom: &Whom, field: &str) -> Answer {
    let reply = match context.world.roll("findymail miss", &[&whom.input()]).below(2) {
        0 => Reply::json(404, &json!({"message": "No contact found"})),
        _ => Reply::json(200, &json!({field: null})),
    };
    Answer::free(reply, Outcome::Miss)
}

fn verify(context: &Context<'_>, email: &str) -> Answer {
    if !context.account.affords(VERIFICATION) {
        let reply = Reply::json(200, &json!({"error": "Not enough credits"}));
        return Answer::free(reply, Outcome::OutOfCredits);
    }
    let heard = Heard::of(context.world, NAME, email);
    let provider = heard.has_mail().then_some("Google");
    let verified = heard.said == Said::Valid;
    let body = json!({"email": heard.email, "verified": verified, "provider": provider});
    Answer { reply: Reply::json(200, &body), outcome: Outcome::Answer, price: VERIFICATION }
}
