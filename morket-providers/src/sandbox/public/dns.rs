//! A resolver that answers in JSON.

use super::{asked, found, known, missed};
use crate::sandbox::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal},
    http::{Params, Reply, Request},
    limits::Limit,
    world::Company,
};
use morket_core::VendorUnits;
use serde_json::{Value, json};

/// The resolver.
#[derive(Debug)]
pub(in crate::sandbox) struct Dns;

/// A name and the type of its records.
#[derive(Debug)]
pub(in crate::sandbox) struct Question {
    name: String,
    mail: bool,
}

const MX: u32 = 15;
const TXT: u32 = 16;

impl Api for Dns {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let params = Params::of_query(request.query);
        let question = (path == "dns-query" && request.method == "GET").then(|| {
            let name = params.get("name")?.trim_end_matches('.').to_lowercase();
            let mail = match params.get("type")? {
                "MX" | "15" => true,
                "TXT" | "16" => false,
                _ => return None,
            };
            Some((format!("{name}/{}", if mail { MX } else { TXT }), Question { name, mail }))
        });
        asked("dns-query", question.flatten())
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
        let domain = question.name.strip_prefix("_dmarc.").unwrap_or(&question.name);
        let Some(company) = known(context, "dns", domain) else {
            return missed(Reply::json(200, &json!({"Status": 3})));
        };
        let kind = if question.mail { MX } else { TXT };
        let records = records(context, question, &company);
        let answer: Vec<Value> = records
            .into_iter()
            .map(|data| json!({"name": question.name, "type": kind, "TTL": 300, "data": data}))
            .collect();
        match answer.is_empty() {
            true => missed(Reply::json(200, &json!({"Status": 0}))),
            false => found(&json!({"Status": 0, "Answer": answer})),
        }
    }
}

fn records(context: &Context<'_>, question: &Question, company: &Company) -> Vec<String> {
    let roll = context.world.roll("mail", &[&company.domain]);
    let domain = &company.domain;
    if question.name.starts_with("_dmarc.") {
        let policy = roll.aspect(1).pick(&["none", "quarantine", "reject"]);
        let record = format!("\"v=DMARC1; p={policy}; rua=mailto:dmarc@{domain}\"");
        return if roll.aspect(2).below(3) == 0 { Vec::new() } else { vec![record] };
    }
    let host = roll.below(3);
    match (question.mail, host) {
        (true, 0) => {
            vec!["1 aspmx.l.google.com.".to_owned(), "5 alt1.aspmx.l.google.com.".to_owned()]
        }
        (true, 1) => {
            let name = domain.replace('.', "-");
            vec![format!("0 {name}.mail.protection.outlook.com.")]
        }
        (true, _) => vec![format!("10 mx.{domain}.")],
        (false, host) => {
            let include = ["include:_spf.google.com ", "include:spf.protection.outlook.com ", ""];
            let include = include[usize::try_from(host).unwrap_or(2)];
            let token = "\"google-site-verification=sandbox\"".to_owned();
            vec![token, format!("\"v=spf1 {include}mx -all\"")]
        }
    }
}
