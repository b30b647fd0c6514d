//! How Dropcontact answers.

use super::{
    CONTACT, NAME,
    questions::{Contact, Submission},
};
use crate::sandbox::{
    api::{Answer, Context},
    dice::{Rate, digest},
    http::Reply,
    log::Outcome,
    world::{Address, Company, Person, Sight, World},
};
use morket_core::VendorUnits;
use serde_json::{Map, Value, json};

const LETTERS: &[char] = &[
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'u', 'v',
    'w', 'x', 'y', 'z',
];

/// Takes a batch in: everything is computed and billed now, and shown once it is ready.
pub(super) fn submit(context: &mut Context<'_>, submission: &Submission) -> Answer {
    let (mut results, mut sent) = (Vec::new(), Vec::new());
    let mut price = VendorUnits::ZERO;
    for contact in &submission.contacts {
        let (result, cost) = enrich(context, contact, submission.siren);
        results.push(result);
        sent.push(Value::Object(contact.sent.clone()));
        price = price.plus(cost).unwrap_or(price);
    }
    let content = digest(Value::Array(sent.clone()).to_string().as_bytes());
    let sequence = context.tasks.count(content);
    let id = request_id(context.world, content, sequence);
    let (polls, after) = (context.options.ready_after_polls, context.options.ready_after);
    context.tasks.add(id.clone(), (results, sent), polls, (context.now, after));
    let body = json!({
        "credits_left": context.account.state.credits.0 / 1_000,
        "request_id": id,
        "error": false,
        "success": true,
    });
    Answer { reply: Reply::json(200, &body), outcome: Outcome::Pending, price }
}

/// The same for the same content and the same number of times it came.
fn request_id(world: &World, content: u64, sequence: u32) -> String {
    let roll = world.roll("task", &[&content.to_string(), &sequence.to_string()]);
    (0..14).map(|letter| roll.aspect(letter).pick(LETTERS)).collect()
}

pub(super) fn collect(context: &mut Context<'_>, id: &str, force: bool) -> Answer {
    let credits_left = context.account.state.credits.0 / 1_000;
    let done = |data: &[Value]| {
        let body = json!({
            "credits_left": credits_left, "data": data, "error": false, "success": true,
        });
        Answer::free(Reply::json(200, &body), Outcome::Answer)
    };
    match context.tasks.poll(id, context.now) {
        Some((task, true)) => done(&task.results),
        Some((task, false)) if force => done(&task.sent),
        // The same words for a task at work, an unknown one and a forgotten one.
        _ => {
            let reason = "Request not ready yet, try again in 30 seconds";
            let body = json!({"error": false, "reason": reason, "success": false});
            Answer::free(Reply::json(200, &body), Outcome::Pending)
        }
    }
}

pub(super) fn credits(context: &Context<'_>) -> Answer {
    let left = context.account.state.credits.0 / 1_000;
    Answer::free(Reply::json(200, &json!({"credits_left": left})), Outcome::Answer)
}

/// A contact as it is sent back, and its price.
fn enrich(context: &Context<'_>, contact: &Contact, siren: bool) -> (Value, VendorUnits) {
    let world = context.world;
    let mut known = contact.sent.clone();
    known.remove("email");
    let found = find(context, contact);
    let email = match (&contact.email, &found) {
        (Some(email), _) => Some((email.clone(), qualification(world, email))),
        // It checks what it finds: a dead address is not sold.
        (None, Some(person)) => {
            let found = (person.address.clone(), qualification(world, &person.address));
            Some(found).filter(|(_, qualification)| *qualification != "invalid")
        }
        (None, None) => None,
    };
    if let Some(person) = &found {
        describe(&mut known, world, person, siren);
    } else if let Some(company) = contact.firm.as_ref().and_then(|firm| world.company_called(firm))
    {
        describe_company(&mut known, &company, siren);
    }
    if let Some((email, qualification)) = &email {
        known.insert("email".into(), json!([{"email": email, "qualification": qualification}]));
    }
    let price = if email.is_some() { CONTACT } else { VendorUnits::ZERO };
    (Value::Object(known), price)
}

fn find(context: &Context<'_>, contact: &Contact) -> Option<Person> {
    let world = context.world;
    let (name, company) = match (&contact.name, &contact.firm, &contact.email, &contact.linkedin) {
        (Some(name), Some(firm), _, _) => (name.clone(), world.company_called(firm)?),
        (_, _, Some(email), _) => {
            let owner = world.owner(email)?;
            (owner.name, owner.company)
        }
        (_, _, None, Some(profile)) => {
            let person = world.person_of_profile(profile)?;
            (person.name, person.company)
        }
        _ => return None,
    };
    match world.sees(NAME, context.options.knowledge, &name, &company) {
        Sight::Here(person)
        | Sight::Stale(person)
        | Sight::Moved(person)
        | Sight::Namesake(person) => Some(*person),
        Sight::Nothing => None,
    }
}

/// `kind@scope`, as far as the world's truth lets Dropcontact see.
fn qualification(world: &World, email: &str) -> &'static str {
    match world.address(email) {
        Some(Address::Valid) => "nominative@pro",
        Some(Address::Role) => "generic@pro",
        Some(Address::CatchAll) => "catch-all@pro",
        Some(Address::Webmail) => "nominative@perso",
        Some(Address::Disposable) => "random@perso",
        Some(Address::Dead | Address::NoDomain) | None => "invalid",
        Some(Address::Foreign) => "random@pro",
    }
}

fn describe(known: &mut Map<String, Value>, world: &World, person: &Person, siren: bool) {
    let roll = world.roll("dropcontact person", &[&person.address]);
    let mut put = |name: &str, value: &str| known.insert(name.to_owned(), value.into());
    put("first_name", &person.first_name);
    put("last_name", &person.last_name);
    put("full_name", &person.full_name());
    put("linkedin", &format!("linkedin.com/in/{}", person.linkedin));
    put("job", &person.title);
    if roll.happens(Rate::percent(25)) {
        put("mobile_phone", &person.mobile);
    }
    describe_company(known, &person.company, siren);
}

fn describe_company(known: &mut Map<String, Value>, company: &Company, siren: bool) {
    let mut put = |name: &str, value: &str| known.insert(name.to_owned(), value.into());
    put("company", &company.name);
    put("website", &format!("www.{}", company.domain));
    put("company_linkedin", &format!("linkedin.com/company/{}", company.linkedin));
    put("nb_employees", company.size);
    put("industry", company.industry);
    put("country", company.place.country);
    put("phone", &company.phone);
    if siren && company.place.code == "FR" {
        // Nine digits whose checksum is wrong on purpose: no company has this number.
        put("siren", "000000001");
        put("naf5_code", "6201Z");
    }
}
