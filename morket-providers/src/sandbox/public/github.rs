//! Pages of people and organisations.

use super::{asked, found, known, missed, mistakes};
use crate::sandbox::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal},
    http::{Reply, Request},
    limits::Limit,
    world::{Company, Person},
};
use morket_core::VendorUnits;
use serde_json::{Value, json};

/// GitHub.
#[derive(Debug)]
pub(in crate::sandbox) struct GitHub;

/// Whose page.
#[derive(Debug)]
pub(in crate::sandbox) enum Question {
    User(String),
    Organisation(String),
}

const LIMITS: &[Limit] = &[Limit::new(60, 3600)];

impl Api for GitHub {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let login = |part: &str| path.strip_prefix(part).map(str::to_lowercase);
        let question = match (request.method, login("users/"), login("orgs/")) {
            ("GET", Some(login), _) => Some((login.clone(), Question::User(login))),
            ("GET", _, Some(login)) => Some((login.clone(), Question::Organisation(login))),
            _ => None,
        };
        asked(if path.starts_with("orgs/") { "orgs" } else { "users" }, question)
    }

    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        LIMITS
    }

    fn least_balance(_question: &Question) -> VendorUnits {
        VendorUnits::ZERO
    }

    /// The limit is a 403 that only its headers tell from a refusal.
    fn refuse(refusal: Refusal) -> Reply {
        if refusal != Refusal::Throttled {
            return super::refuse(refusal);
        }
        let mut reply = Reply::json(403, &json!({"message": "API rate limit exceeded"}));
        reply.headers.push(("X-RateLimit-Remaining", "0".to_owned()));
        reply.headers.push(("Retry-After", "1".to_owned()));
        reply
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        let body = match question {
            Question::User(login) => context
                .world
                .person_of_profile(&format!("https://www.linkedin.com/in/{login}"))
                .filter(|it| context.world.knows("github", context.options.knowledge, &it.company))
                .map(|it| user(login, &it)),
            Question::Organisation(login) => {
                let domain = format!("{login}.example");
                known(context, "github", &domain)
                    .map(|it| organisation(login, &it, mistakes(context, "github", &it)))
            }
        };
        match body {
            Some(body) => found(&body),
            None => missed(Reply::json(404, &json!({"message": "Not Found"}))),
        }
    }
}

fn page(login: &str, name: &str, own: (&Value, &str, &str)) -> Value {
    let (company, blog, location) = own;
    json!({
        "login": login, "id": 1, "avatar_url": null,
        "html_url": format!("https://github.com/{login}"),
        "name": name, "company": company, "blog": blog, "location": location, "email": null,
        "bio": null, "twitter_username": null, "public_repos": 1, "followers": 1,
        "created_at": "2020-01-01T00:00:00Z",
    })
}

fn user(login: &str, person: &Person) -> Value {
    let company = json!(person.company.name);
    page(login, &person.full_name(), (&company, "", person.company.place.city))
}

fn organisation(login: &str, company: &Company, other: bool) -> Value {
    let (name, blog) = match other {
        true => ("Somebody Else", "https://elsewhere.invalid".to_owned()),
        false => (company.name.as_str(), format!("https://{}", company.domain)),
    };
    page(login, name, (&Value::Null, &blog, company.place.city))
}
