//! Every company's site, below the path that names its host.

use super::{asked, known, missed};
use crate::sandbox::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal},
    http::{Reply, Request},
    limits::Limit,
    log::Outcome,
    world::Company,
};
use morket_core::VendorUnits;

/// All sites.
#[derive(Debug)]
pub(in crate::sandbox) struct Website;

/// A page of a host.
#[derive(Debug)]
pub(in crate::sandbox) struct Question {
    host: String,
    page: String,
}

impl Api for Website {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let parts = path.split_once('/').filter(|_| request.method == "GET");
        let question = parts.map(|(host, page)| {
            let (host, page) = (host.to_lowercase(), page.to_owned());
            (format!("{host}/{page}"), Question { host, page })
        });
        asked(if path.ends_with("/robots.txt") { "robots" } else { "page" }, question)
    }

    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        &[]
    }

    fn least_balance(_question: &Question) -> VendorUnits {
        VendorUnits::ZERO
    }

    fn refuse(refusal: Refusal) -> Reply {
        super::refuse(refusal)
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        let bare = question.host.strip_prefix("www.").unwrap_or(&question.host);
        let Some(company) = known(context, "website", bare) else {
            return missed(Reply::text(404, HTML, "<html><body>Not found</body></html>"));
        };
        let roll = context.world.roll("site", &[bare]);
        match question.page.as_str() {
            "robots.txt" if roll.below(10) == 0 => {
                missed(Reply::text(404, HTML, "<html><body>Not found</body></html>"))
            }
            "robots.txt" => {
                let rule = if roll.aspect(1).below(25) == 0 { "/" } else { "/admin" };
                let rules = format!("User-agent: *\nDisallow: {rule}\n");
                Answer::free(Reply::text(200, "text/plain", &rules), Outcome::Answer)
            }
            "" if roll.aspect(2).below(2) == 0 && question.host == bare => {
                let mut reply = Reply::text(301, HTML, "");
                reply.headers.push(("Location", format!("https://www.{bare}/")));
                Answer::free(reply, Outcome::Pending)
            }
            "" => Answer::free(Reply::text(200, HTML, &page(&company)), Outcome::Answer),
            _ => missed(Reply::text(404, HTML, "<html><body>Not found</body></html>")),
        }
    }
}

const HTML: &str = "text/html; charset=utf-8";

fn page(company: &Company) -> String {
    let Company { name, domain, linkedin, .. } = company;
    let uses = |tool: &str| company.technologies.iter().any(|it| it.eq_ignore_ascii_case(tool));
    let script = if uses("hubspot") {
        "<script src=\"https://js.hs-scripts.com/1.js\"></script>"
    } else {
        "<script src=\"https://www.googletagmanager.com/gtm.js\"></script>"
    };
    format!(
        "<!doctype html><html><head><title>{name} &ndash; Home</title>\
         <meta name=\"description\" content=\"{}\">\
         <meta property=\"og:site_name\" content=\"{name}\">\
         <link rel=\"canonical\" href=\"https://www.{domain}/\">{script}\
         <script type=\"application/ld+json\">{{\"@type\":\"Organization\",\"name\":\"{name}\",\
         \"foundingDate\":\"{}\"}}</script></head>\
         <body><a href=\"https://www.linkedin.com/company/{linkedin}/\">LinkedIn</a></body></html>",
        company.description(),
        company.founded,
    )
}
