//! The job that is crashed: two finders, a verifier and a vendor that answers later, and people of
//! whom each knows something else. What is said follows from the question alone.

use crate::engine::{FakeHttp, FakeVendor, Sent};
use morket_core::{
    field::Kind,
    name::FieldName,
    plan::{Plan, Waterfall},
};
use serde_json::{Value, json};
use std::time::Duration;

/// What is crashed.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// How many records the job has.
    pub records: usize,
    /// How many answers are written down together.
    pub settle_at: usize,
    /// Whether vendors bear to be asked again when nobody knows what became of a call.
    pub repeatable: bool,
    /// Whether one vendor answers later: its polls wait a second by the runtime's clock.
    pub tasks: bool,
    /// Whether answers may be kept for others, and are taken from them.
    pub kept: bool,
}

impl Scene {
    pub(super) fn vendors(self) -> Vec<FakeVendor> {
        let both = ["email", "email_status"];
        let all = [
            FakeVendor::finder("hunter", &both),
            FakeVendor::finder("apollo", &["email", "email_status", "title"]).bulk(3),
            FakeVendor::finder("dropcontact", &["title"]).slow(),
            FakeVendor::verifier("zerobounce"),
        ];
        let all = all.map(|it| if self.repeatable { it.repeatable() } else { it });
        let forgets = |it: FakeVendor| it.with(|it| it.retention = Some(Duration::ZERO));
        all.map(|it| if self.kept { it } else { forgets(it) }).to_vec()
    }

    pub(super) fn plan(self) -> Plan {
        let name = |it: &str| FieldName::new(it).unwrap();
        let mut plan = Plan::of(Kind::Person, [name("email"), name("title")]);
        let waterfall = |steps: &[&str], verify: Option<&str>| Waterfall {
            steps: steps.iter().map(|it| (*it).to_owned()).collect(),
            verify: verify.map(str::to_owned),
            email: None,
        };
        let email = waterfall(&["hunter", "apollo"], Some("zerobounce"));
        plan.waterfalls.insert(name("email"), email);
        let title = if self.tasks { &["apollo", "dropcontact"][..] } else { &["apollo"] };
        plan.waterfalls.insert(name("title"), waterfall(title, None));
        plan.no_cache = !self.kept;
        plan
    }

    pub(super) fn rows(self) -> Vec<Value> {
        let row = |at| {
            json!({ "full_name": format!("Ada Number{at}"),
                "company_domain": format!("c{at}.example") })
        };
        (0..self.records).map(row).collect()
    }

    pub(super) fn network(self) -> FakeHttp {
        FakeHttp::new(|sent: &Sent| Ok(said(sent)))
    }
}

/// The number in a person's domain or address, or in a task's name.
fn number(text: &str) -> usize {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

fn said(sent: &Sent) -> Value {
    if let Some(task) = sent.path.strip_prefix("task/") {
        let title = format!("Later{}", number(task));
        return match number(task) % 2 {
            0 => json!({ "is": "answer", "values": { "title": title } }),
            _ => json!({ "is": "miss" }),
        };
    }
    let each: Vec<Value> = sent
        .body
        .as_array()
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .into_iter()
        .map(|record| one(&sent.vendor, record))
        .collect();
    if each.len() == 1 { each[0].clone() } else { Value::Array(each) }
}

fn one(vendor: &str, record: &Value) -> Value {
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    if vendor == "zerobounce" {
        let bad = number(text("email")) % 5 == 1;
        let status = if bad { "invalid" } else { "valid" };
        return json!({ "is": "answer", "values": { "email_status": status } });
    }
    let (n, domain) = (number(text("company_domain")), text("company_domain"));
    let address = |status: &str, more: Value| {
        let mut values = json!({ "email": format!("{vendor}@{domain}"), "email_status": status });
        if let (Some(values), Some(more)) = (values.as_object_mut(), more.as_object()) {
            values.extend(more.clone());
        }
        json!({ "is": "answer", "values": values })
    };
    match (vendor, n % 4, n % 3) {
        ("hunter", 0, _) => address("valid", json!({})),
        ("hunter", 1, _) => address("unverified", json!({})),
        ("hunter", 3, _) => json!({ "is": "invalid_input" }),
        ("apollo", _, 0) => address("unverified", json!({ "title": format!("Chief{n}") })),
        ("apollo", _, 1) => address("valid", json!({})),
        ("dropcontact", ..) => json!({ "is": "pending", "task": format!("t{n}"), "after": 1 }),
        _ => json!({ "is": "miss" }),
    }
}
