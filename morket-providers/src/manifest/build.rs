//! From a manifest that is well-formed to a vendor that makes sense: what a key means beside the
//! others. Each finding names the part it is about, so that it is shown where it stands.

mod operation;

use super::{
    document::Document,
    shape::{Auth, Endpoint, Limit, Rule, Then, Vendor},
    words,
};
use crate::kit::price;
use morket_core::{
    field::Catalogue,
    name::FieldName,
    provider::{LimitScope, Manifest, Window},
};

/// What the engine sees of it, or nothing when something was found.
pub(super) fn build(vendor: &Vendor, document: &mut Document<'_>) -> Option<Manifest> {
    auth(vendor, document);
    for (nth, it) in vendor.price.iter().enumerate() {
        if vendor.price[..nth].iter().any(|other| other.plan == it.plan) {
            document.wrong(&format!("price.{nth}.plan"), "stands twice; keep one of them");
        }
    }
    for (name, it) in vendor.headers.iter().filter(|(_, it)| it.plain().is_none()) {
        let named = it.names().next().unwrap_or_default();
        let problem = format!("`{named}` is not known here; put it into a request's `headers`");
        document.wrong(&format!("headers.{name}"), problem);
    }
    for (nth, rule) in vendor.outcome.iter().enumerate() {
        judge_rule(rule, &format!("outcome.{nth}"), document);
    }
    if let Some(check) = &vendor.check {
        if vendor.auth.is_none() {
            document.wrong("check", "there is no key to check; say in [auth] where it goes");
        }
        let templates = check.query.iter().map(|(name, it)| (format!("check.query.{name}"), it));
        for (at, it) in templates.chain([("check.path".to_owned(), &check.path)]) {
            if let Some(name) = it.names().next() {
                document.wrong(&at, format!("`{name}` is not known here: a check has no record"));
            }
        }
    }
    let operations: Vec<_> = vendor
        .operation
        .iter()
        .enumerate()
        .map(|(nth, it)| operation::build(vendor, it, nth, document))
        .collect();
    let manifest = Manifest {
        slug: vendor.slug.clone(),
        name: vendor.name.clone(),
        base_url: vendor.base_url.clone(),
        keyed: vendor.auth.is_some(),
        unit: vendor.unit.clone().unwrap_or_else(|| "credit".to_owned()),
        prices: vendor.price.iter().map(|it| price(&it.plan, it.usd, it.units_per_month)).collect(),
        as_of: vendor.as_of.clone(),
        operations,
    };
    if document.is_good()
        && let Err(error) = manifest.validate()
    {
        document.wrong("operation", error.message());
    }
    document.is_good().then_some(manifest)
}

fn auth(vendor: &Vendor, document: &mut Document<'_>) {
    let Some(auth) = &vendor.auth else { return };
    let Auth { bearer, header, prefix, query, body, basic, exchange } = auth;
    let places =
        [*bearer, header.is_some(), query.is_some(), body.is_some(), *basic].map(usize::from);
    match places.iter().sum::<usize>() {
        0 if exchange.is_some() => {}
        1 => {}
        0 => document.wrong("auth", "says no place; e.g. `header = \"x-api-key\"`"),
        _ => document.wrong("auth", "says more than one place; keep one of them"),
    }
    if prefix.is_some() && header.is_none() {
        document.wrong("auth.prefix", "stands only beside `header`");
    }
    let Some(exchange) = exchange else { return };
    if exchange.form.is_some() == exchange.json.is_some() && !exchange.basic {
        document.wrong("auth.exchange", "needs `form` or `json`, one of them");
    }
    let fields = exchange.form.iter().chain(&exchange.json).flatten();
    let fields: Vec<_> = fields.map(|(_, it)| it).collect();
    for it in fields.iter().copied().chain([&exchange.path]) {
        for name in it.names() {
            let in_path = std::ptr::eq(it, &exchange.path);
            if in_path || !["@id", "@secret"].contains(&name) {
                let problem = "only `@id` and `@secret` are known here, and not in the path";
                document.wrong("auth.exchange", format!("`{name}`: {problem}"));
            }
        }
    }
    let secret = fields.iter().any(|it| it.names().any(|name| name == "@secret"));
    if !secret && !exchange.basic {
        document.wrong("auth.exchange", "never sends `{{ @secret }}`, so it proves nothing");
    }
}

/// What is wrong with a rule by itself.
fn judge_rule(rule: &Rule, at: &str, document: &mut Document<'_>) {
    let pending = rule.then == Then::Pending;
    let mut wrong = |key: &str, problem: &str| document.wrong(&format!("{at}{key}"), problem);
    if rule.says_nothing() {
        wrong("", "says no condition; e.g. `status = 404`, or `at` with `exists = true`");
    }
    if rule.header.is_some() && rule.at.is_some() {
        wrong(".header", "and `at` exclude each other");
    }
    let statuses = rule.status.iter().flat_map(|it| it.as_slice());
    let fails = statuses.into_iter().any(|it| it.holds(500) || it.holds(503) || it.holds(502));
    if fails && matches!(rule.then, Then::Answer | Then::Miss | Then::Pending) {
        wrong(".then", "a failure of the server is neither an answer nor a miss");
    }
    if rule.task.is_some() && !pending {
        wrong(".task", "stands only with `then = \"pending\"`");
    }
    if rule.task.as_ref().is_some_and(|it| it.contains("{{")) {
        wrong(".task", "is no template; say where the id stands, as in `$.batch.id`");
    }
    if rule.task.as_ref().is_some_and(|it| it.len() > super::path::LONGEST) {
        wrong(".task", "is too long");
    }
    if let Some(Err(problem)) =
        rule.task.as_ref().filter(|it| it.starts_with('$')).map(|it| super::path::Path::parse(it))
    {
        wrong(".task", &problem);
    }
    if rule.after.is_some() && !pending && rule.then != Then::RateLimited {
        wrong(".after", "stands only with `pending` and `rate_limited`");
    }
    if rule.each && matches!(rule.then, Then::Pending | Then::RateLimited | Then::AuthFailed) {
        wrong(".then", "concerns the whole call, not each record; leave out `each`");
    }
}

fn windows(limits: &[Limit]) -> Vec<Window> {
    let window = |it: &Limit| Window {
        max: it.max,
        per: it.per,
        scope: it.scope.unwrap_or(LimitScope::Credential),
    };
    limits.iter().map(window).collect()
}

/// Whether there is such a field; if not, which one may have been meant.
fn field_problem(vendor: &Vendor, name: &FieldName) -> Option<String> {
    let standard = Catalogue::standard();
    if standard.get(name).is_some() || vendor.fields.contains(name) {
        return None;
    }
    let near = words::nearest(name.as_str(), standard.iter().map(|it| it.name.as_str()));
    let hint = near.map(|it| format!("did you mean `{it}`, or ")).unwrap_or_default();
    Some(format!(
        "`{name}` is no field: {hint}is it one of the vendor's own? Then add it to `fields` at the \
         top"
    ))
}

fn uses_pending(vendor: &Vendor, endpoint: &Endpoint) -> bool {
    let mut rules = endpoint.outcome.iter().chain(&vendor.outcome);
    rules.any(|it| it.then == Then::Pending && it.task.is_some())
}
