//! Finder, verifier, domain search, counts and account.

use super::{
    FINDER, NAME, TEN_ADDRESSES, VERIFICATION, error,
    questions::{DomainSearch, Finder, Firm, Who},
    shapes::{
        EmailParam, Envelope, FinderParams, Found, Listed, Meta, Source, Verdict, Verification,
    },
};
use crate::sandbox::{
    api::{Answer, Context, number},
    dice::{Rate, digest},
    http::Reply,
    log::Outcome,
    world::{Address, Company, Person, Sight, World},
};
use morket_core::VendorUnits;
use serde_json::json;

/// How many people asked Hunter to forget them.
const CLAIMED: Rate = Rate::per_mille(5);
/// How often the remote mail server fails the verifier.
const SMTP_TROUBLE: Rate = Rate::per_mille(10);
const UNKNOWN: Rate = Rate::percent(2);

pub(super) fn finder(context: &mut Context<'_>, asked: &Finder) -> Answer {
    let world = context.world;
    let company = firm(world, &asked.firm);
    let sight = match (&company, &asked.who) {
        (Some(company), Who::Name(name)) => {
            world.sees(NAME, context.options.knowledge, name, company)
        }
        (Some(company), Who::Handle(handle)) => {
            let person = world.person_of_profile(handle);
            let person = person.filter(|person| person.company.domain == company.domain);
            person.map_or(Sight::Nothing, |person| {
                world.sees(NAME, context.options.knowledge, &person.name, company)
            })
        }
        _ => Sight::Nothing,
    };
    let guessed = match (&sight, &asked.who, &company) {
        (Sight::Namesake(_), Who::Name(name), Some(company)) => world.guess(name, company),
        _ => None,
    };
    match (&sight, &company) {
        (Sight::Here(person), Some(_)) if is_claimed(world, person) => claimed(),
        (Sight::Here(person) | Sight::Stale(person), Some(company)) => {
            let found = found(world, person, company, matches!(sight, Sight::Stale(_)));
            respond(asked, found)
        }
        // A guess by the domain's pattern, for a name it has never seen there.
        (Sight::Namesake(person), Some(company)) => {
            let score = 15 + world.roll("guess", &[&person.name.key()]).below(20);
            let guess = Found {
                first_name: Some(&person.first_name),
                last_name: Some(&person.last_name),
                email: guessed.as_deref(),
                score: guessed.is_some().then_some(score),
                domain: Some(&company.domain),
                company: Some(&company.name),
                ..nothing(asked)
            };
            respond(asked, guess)
        }
        _ => respond(asked, nothing(asked)),
    }
}

fn respond(asked: &Finder, data: Found<'_>) -> Answer {
    let (domain, company) = match &asked.firm {
        Firm::Domain(domain) => (Some(domain.as_str()), None),
        Firm::Name(name) => (None, Some(name.as_str())),
    };
    let params = FinderParams {
        first_name: asked.first_name.as_deref(),
        last_name: asked.last_name.as_deref(),
        full_name: asked.full_name.as_deref(),
        domain,
        company,
        max_duration: asked.max_duration,
    };
    let hit = data.email.is_some();
    let reply = Reply::json(200, &Envelope { data, meta: Meta { params } });
    if hit {
        Answer { reply, outcome: Outcome::Answer, price: FINDER }
    } else {
        Answer::free(reply, Outcome::Miss)
    }
}

fn found<'a>(world: &World, person: &'a Person, company: &'a Company, stale: bool) -> Found<'a> {
    let roll = world.roll("found", &[&person.address]);
    let verification = match roll.below(10) {
        0 => Verification::NONE,
        1 => Verification::of("unknown"),
        _ if company.catch_all => Verification::of("accept_all"),
        _ => Verification::of("valid"),
    };
    let linkedin = roll.aspect(1).happens(Rate::percent(60));
    let position = roll.aspect(2).happens(Rate::percent(80));
    Found {
        first_name: Some(&person.first_name),
        last_name: Some(&person.last_name),
        email: Some(&person.address),
        score: Some(if stale { 60 } else { 80 } + roll.aspect(3).below(20)),
        domain: Some(&company.domain),
        accept_all: Some(company.catch_all),
        position: position.then_some(&person.title),
        twitter: (),
        linkedin_url: linkedin.then(|| format!("https://linkedin.com/in/{}", person.linkedin)),
        phone_number: (),
        company: Some(&company.name),
        sources: vec![Source::team_page(&company.domain)],
        verification,
    }
}

fn nothing(asked: &Finder) -> Found<'_> {
    Found {
        first_name: asked.first_name.as_deref(),
        last_name: asked.last_name.as_deref(),
        email: None,
        score: None,
        domain: match &asked.firm {
            Firm::Domain(domain) => Some(domain),
            Firm::Name(_) => None,
        },
        accept_all: None,
        position: None,
        twitter: (),
        linkedin_url: None,
        phone_number: (),
        company: None,
        sources: Vec::new(),
        verification: Verification::NONE,
    }
}

fn firm(world: &World, firm: &Firm) -> Option<Company> {
    match firm {
        Firm::Domain(domain) => world.company(domain),
        Firm::Name(name) => world.company_called(name),
    }
}

pub(super) fn is_claimed(world: &World, person: &Person) -> bool {
    world.roll("claimed", &[&person.name.key(), &person.company.domain]).happens(CLAIMED)
}

pub(super) fn claimed() -> Answer {
    let details = "The owner of this email address asked us to stop processing their data";
    Answer::free(error(451, "claimed_email", details), Outcome::LegalBlock)
}

pub(super) fn verifier(context: &mut Context<'_>, email: &str) -> Answer {
    let roll = context.world.roll("hunter verifier", &[email]);
    let polls = u32::try_from(1 + roll.aspect(1).below(2)).unwrap_or(1);
    if roll.happens(context.options.pending) && context.attempt <= polls {
        let body = json!({"data": null, "meta": {"params": {"email": email}}});
        return Answer::free(Reply::json(202, &body), Outcome::Pending);
    }
    if roll.aspect(2).happens(SMTP_TROUBLE) && context.attempt == 1 {
        let trouble = error(222, "verification_failed", "The remote SMTP server failed");
        return Answer::free(trouble, Outcome::Miss);
    }
    let address = context.world.address(email).unwrap_or(Address::NoDomain);
    let unsure = roll.aspect(3).happens(UNKNOWN);
    let (status, result, score) = match address {
        Address::Webmail => ("webmail", "risky", 50),
        Address::Disposable => ("disposable", "risky", 20),
        Address::Foreign => ("unknown", "risky", 30),
        _ if unsure => ("unknown", "risky", 40),
        Address::Valid | Address::Role => ("valid", "deliverable", 90 + roll.below(10)),
        Address::CatchAll => ("accept_all", "risky", 50 + roll.below(20)),
        Address::Dead | Address::NoDomain => ("invalid", "undeliverable", roll.below(10)),
    };
    let has_mail = address != Address::NoDomain;
    let verdict = Verdict {
        status,
        result,
        notice: "Using result is deprecated, use status instead",
        score,
        email,
        regexp: true,
        gibberish: false,
        disposable: address == Address::Disposable,
        webmail: address == Address::Webmail,
        mx_records: has_mail,
        smtp_server: has_mail,
        smtp_check: matches!(address, Address::Valid | Address::Role),
        accept_all: address == Address::CatchAll,
        block: false,
        sources: [],
    };
    let meta = Meta { params: EmailParam { email } };
    let reply = Reply::json(200, &Envelope { data: verdict, meta });
    let first = context.account.bought.insert(digest(email.as_bytes()));
    let price = if first { VERIFICATION } else { VendorUnits::ZERO };
    Answer { reply, outcome: Outcome::Answer, price }
}

pub(super) fn domain_search(context: &mut Context<'_>, asked: &DomainSearch) -> Answer {
    let company = firm(context.world, &asked.firm);
    let company =
        company.filter(|company| context.world.knows(NAME, context.options.knowledge, company));
    let staff = match &company {
        Some(company) if asked.kind.as_deref() != Some("generic") => {
            context.world.staff(company, 40)
        }
        _ => Vec::new(),
    };
    let fits = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|it| it == has);
    let fitting: Vec<&Person> = staff
        .iter()
        .filter(|person| fits(&asked.seniority, person.seniority))
        .filter(|person| fits(&asked.department, person.department))
        .collect();
    let page = fitting.iter().skip(asked.offset).take(asked.limit);
    let emails: Vec<_> = page.map(|person| listed(context.world, person)).collect();
    let tens = i64::try_from(emails.len().div_ceil(10)).unwrap_or(i64::MAX);
    let (domain, named) = match &asked.firm {
        Firm::Domain(domain) => (Some(domain.as_str()), None),
        Firm::Name(name) => (None, Some(name.as_str())),
    };
    let place = company.as_ref().map(|company| company.place);
    let known = company.as_ref();
    let body = json!({
        "data": {
            "domain": known.map_or(domain, |company| Some(company.domain.as_str())),
            "disposable": false,
            "webmail": false,
            "accept_all": known.is_some_and(|company| company.catch_all),
            "pattern": known.map(|company| company.pattern.tokens()),
            "organization": known.map(|company| company.name.as_str()),
            "description": known.map(Company::description),
            "industry": known.map(|company| company.industry),
            "twitter": null,
            "facebook": null,
            "linkedin": known
                .map(|company| format!("https://linkedin.com/company/{}", company.linkedin)),
            "instagram": null,
            "youtube": null,
            "technologies": known.map(|company| company.technologies.clone()).unwrap_or_default(),
            "country": place.map(|place| place.code),
            "state": place.map(|place| place.region),
            "city": place.map(|place| place.city),
            "postal_code": null,
            "street": null,
            "headcount": known.map(|company| company.size),
            "company_type": known.map(|_| "privately held"),
            "emails": emails,
            "linked_domains": [],
        },
        "meta": {
            "results": fitting.len(),
            "limit": asked.limit,
            "offset": asked.offset,
            "params": {"domain": domain, "company": named, "type": asked.kind},
        },
    });
    let price = VendorUnits(tens.saturating_mul(TEN_ADDRESSES.0));
    let outcome = if tens > 0 { Outcome::Answer } else { Outcome::Miss };
    Answer { reply: Reply::json(200, &body), outcome, price }
}

fn listed<'a>(world: &World, person: &'a Person) -> Listed<'a> {
    let roll = world.roll("listed", &[&person.address]);
    Listed {
        value: &person.address,
        kind: "personal",
        confidence: 80 + roll.below(20),
        sources: [],
        first_name: Some(&person.first_name),
        last_name: Some(&person.last_name),
        position: Some(&person.title),
        position_raw: Some(&person.title),
        seniority: Some(person.seniority),
        department: Some(person.department),
        linkedin: roll
            .aspect(1)
            .happens(Rate::percent(50))
            .then(|| format!("https://www.linkedin.com/in/{}", person.linkedin)),
        twitter: (),
        phone_number: (),
        verification: Verification::of("valid"),
    }
}

pub(super) fn count(context: &Context<'_>, domain: &str) -> Answer {
    let company = context.world.company(domain);
    let people = company.map_or(0, |company| context.world.staff(&company, 40).len());
    let generic = usize::from(people > 0) * 2;
    let body = json!({
        "data": {"total": people + generic, "personal_emails": people, "generic_emails": generic},
        "meta": {"params": {"domain": domain}},
    });
    Answer::free(Reply::json(200, &body), Outcome::Answer)
}

pub(super) fn account(context: &Context<'_>) -> Answer {
    let state = &context.account.state;
    let all = state.credits.plus(state.used).unwrap_or(state.credits);
    let body = json!({"data": {
        "first_name": "Sandbox",
        "last_name": "Fake",
        "email": "sandbox@fake.example",
        "plan_name": "Starter",
        "plan_level": 1,
        "reset_date": "2026-12-01",
        "team_id": 1,
        "calls": {"used": whole(state.used), "available": whole(all)},
        "requests": {
            "searches": {"used": whole(state.used), "available": whole(all)},
            "verifications": {"used": whole(state.used), "available": whole(all)},
            "credits": {"used": number(state.used), "available": number(all)},
        },
    }});
    Answer::free(Reply::json(200, &body), Outcome::Answer)
}

fn whole(units: VendorUnits) -> i64 {
    units.0 / 1_000
}
