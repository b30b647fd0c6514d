//! What is wrong with one operation, and what the engine sees of it.

use super::super::{
    body::{Body, EACH},
    document::Document,
    pick::STATUSES,
    read::is_status,
    shape::{Endpoint, OneOrMany, Pick, Request, Then, Vendor},
    template::Template,
};
use super::{field_problem, judge_rule, uses_pending, windows};
use crate::kit::paid;
use morket_core::{
    Credits, VendorUnits,
    name::FieldName,
    provider::{Billing, Operation, Shape, Unfinished},
};
use std::{collections::BTreeMap, time::Duration};

/// One endpoint under examination.
struct Desk<'a, 'd, 't> {
    vendor: &'a Vendor,
    it: &'a Endpoint,
    at: String,
    document: &'d mut Document<'t>,
}

pub(super) fn build(
    vendor: &Vendor,
    it: &Endpoint,
    nth: usize,
    document: &mut Document<'_>,
) -> Operation {
    if vendor.operation[..nth].iter().any(|other| other.name == it.name) {
        document.wrong(&format!("operation.{nth}.name"), "stands twice; rename one of them");
    }
    let mut desk = Desk { vendor, it, at: format!("operation.{nth}"), document };
    desk.rules();
    // What is built on names waits until they are right.
    if desk.fields() {
        desk.requests();
        desk.bulk();
        desk.poll();
    }
    desk.outputs();
    desk.bill();
    operation(vendor, it)
}

fn operation(vendor: &Vendor, it: &Endpoint) -> Operation {
    let billing = it.billing.as_ref().map_or(Billing::default(), |bill| Billing {
        answer: bill.answer,
        miss: bill.miss.unwrap_or(VendorUnits::ZERO),
    });
    let worst = billing.worst();
    let free = worst == VendorUnits::ZERO;
    let credits = it.billing.as_ref().and_then(|bill| bill.credits).unwrap_or(worst);
    let usual = paid(&it.name, it.kind, worst);
    let seconds = |given: Option<Duration>, usual| given.unwrap_or(Duration::from_secs(usual));
    Operation {
        version: it.version.unwrap_or(1),
        inputs: it.inputs.clone(),
        optional: it.optional.clone(),
        outputs: it.output.keys().cloned().collect(),
        verifies: it.verifies.clone(),
        free,
        billing,
        credits: Some(Credits(credits.0)),
        windows: windows(if it.window.is_empty() { &vendor.window } else { &it.window }),
        bulk: it.bulk.as_ref().map_or(1, |bulk| bulk.max),
        shape: it.poll.as_ref().map_or(Shape::Sync, |poll| Shape::Poll {
            first: seconds(poll.first, 5),
            every: seconds(poll.every, 10),
            deadline: seconds(poll.deadline, 600),
            unfinished: Unfinished::Unknown,
        }),
        retry_on_ambiguous: free || it.retry_on_ambiguous,
        miss_ttl: it.miss_ttl.unwrap_or(usual.miss_ttl),
        retention: it.retention,
        ..usual
    }
}

impl Desk<'_, '_, '_> {
    fn wrong(&mut self, key: &str, problem: impl Into<String>) {
        self.document.wrong(&format!("{}.{key}", self.at), problem);
    }

    /// Whether every name of a field is one.
    fn fields(&mut self) -> bool {
        let it = self.it;
        let sets = it.inputs.iter().enumerate();
        let inputs = sets.flat_map(|(set, names)| {
            names.iter().enumerate().map(move |(nth, name)| (format!("inputs.{set}.{nth}"), name))
        });
        let optional =
            it.optional.iter().enumerate().map(|(n, name)| (format!("optional.{n}"), name));
        let outputs = it.output.keys().map(|name| (format!("output.{name}"), name));
        let identity = it.identity.keys().map(|name| (format!("identity.{name}"), name));
        let all = inputs.chain(optional).chain(outputs).chain(identity);
        let wrong = all.filter_map(|(key, name)| Some((key, field_problem(self.vendor, name)?)));
        let wrong: Vec<_> = wrong.collect();
        for (key, problem) in &wrong {
            self.wrong(key, problem);
        }
        if let Some(verified) = &it.verifies
            && !it.output.keys().any(|name| name.as_str() == format!("{verified}_status"))
        {
            self.wrong("verifies", format!("needs the output `{verified}_status`"));
        }
        if let Some(needed) = it.only_with.as_ref().filter(|it2| !it.output.contains_key(*it2)) {
            self.wrong("only_with", format!("`{needed}` must be one of the outputs"));
        }
        wrong.is_empty()
    }

    fn rules(&mut self) {
        for (nth, rule) in self.it.outcome.iter().enumerate() {
            judge_rule(rule, &format!("{}.outcome.{nth}", self.at), self.document);
            if rule.each && self.it.bulk.is_none() {
                self.wrong(&format!("outcome.{nth}.each"), "there is no [operation.bulk]");
            }
            if rule.then == Then::Pending && self.it.poll.is_none() {
                self.wrong(
                    &format!("outcome.{nth}.then"),
                    "nobody could ask: add [operation.poll]",
                );
            }
        }
    }

    fn inputs(&self) -> Vec<&FieldName> {
        self.it.inputs.iter().flatten().chain(&self.it.optional).collect()
    }

    fn requests(&mut self) {
        let it = self.it;
        let before = self.document.found();
        for (nth, request) in it.request.as_slice().iter().enumerate() {
            let at = match it.request {
                OneOrMany::One(_) => "request".to_owned(),
                OneOrMany::Many(_) => format!("request.{nth}"),
            };
            for (n, needed) in request.needs.iter().enumerate() {
                if !self.inputs().contains(&needed) {
                    self.wrong(&format!("{at}.needs.{n}"), format!("`{needed}` is no input"));
                }
            }
            let body = request.json.is_some() || request.form.is_some();
            if request.json.is_some() && request.form.is_some() {
                self.wrong(&format!("{at}.form"), "and `json` exclude each other");
            }
            let in_body = self.vendor.auth.as_ref().is_some_and(|it| it.body.is_some());
            if request.method.as_deref() == Some("GET") && (body || in_body) {
                self.wrong(&format!("{at}.method"), "a GET has no body");
            }
            let object = request.json.as_ref().is_none_or(Body::is_table);
            if in_body && (request.form.is_some() || !object) {
                self.wrong(&at, "the key goes into a JSON object, so `json` must be a table");
            }
            self.names(&at, request, it.bulk.is_some());
        }
        if self.document.found() == before {
            for (nth, needed) in it.inputs.iter().enumerate() {
                self.alternative(nth, needed);
            }
        }
    }

    /// Every name in a request is an input, or stands for something here.
    fn names(&mut self, at: &str, request: &Request, bulk: bool) {
        let mut named: Vec<(String, &Template, bool)> = Vec::new();
        named.push((format!("{at}.path"), &request.path, false));
        let tables = [("query", Some(&request.query)), ("headers", Some(&request.headers))];
        for (key, table) in tables.into_iter().chain([("form", request.form.as_ref())]) {
            for (name, it) in table.into_iter().flatten() {
                named.push((format!("{at}.{key}.{name}"), it, false));
            }
        }
        let mut bodies = Vec::new();
        if let Some(json) = &request.json {
            self.body(&format!("{at}.json"), json, false, bulk, &mut bodies);
        }
        for (at, template, each) in named.into_iter().chain(bodies) {
            for name in template.names() {
                let known = match name {
                    "@call" => true,
                    "@row" => each,
                    name => self.inputs().iter().any(|it| it.as_str() == name),
                };
                if !known {
                    self.wrong(&at, format!("`{name}` is neither an input nor optional"));
                } else if bulk && !each && name != "@call" {
                    self.wrong(&at, of_one_record(name));
                }
            }
        }
    }

    /// The templates of a body, and whether each is of one record among several.
    fn body<'b>(
        &mut self,
        at: &str,
        body: &'b Body,
        each: bool,
        bulk: bool,
        found: &mut Vec<(String, &'b Template, bool)>,
    ) {
        match body {
            Body::Text(template) => found.push((at.to_owned(), template, each)),
            Body::List(items) => {
                for (nth, item) in items.iter().enumerate() {
                    self.body(&format!("{at}.{nth}"), item, each, bulk, found);
                }
            }
            Body::Table(map) => {
                let here = map.contains_key(EACH);
                if here && (map.len() > 1 || each || !bulk) {
                    let problem =
                        "must stand alone in its table, once, and beside [operation.bulk]";
                    self.wrong(at, format!("`{EACH}` {problem}"));
                }
                for (name, item) in map {
                    self.body(&format!("{at}.{name}"), item, each || here, bulk, found);
                }
            }
            Body::Plain(_) => {}
        }
    }

    /// Some request serves this set of inputs, fills its path, and sends all that it asks for.
    fn alternative(&mut self, nth: usize, needed: &[FieldName]) {
        let knows = |name: &FieldName| needed.contains(name);
        let Some(request) = self.it.request_for(&knows) else {
            let problem = "no request is meant for these; see their `needs`";
            return self.wrong(&format!("inputs.{nth}"), problem);
        };
        let at = match &self.it.request {
            OneOrMany::One(_) => "request".to_owned(),
            OneOrMany::Many(all) => {
                let at = all.iter().position(|it| std::ptr::eq(it, request)).unwrap_or(0);
                format!("request.{at}")
            }
        };
        let known = |name: &str| name == "@call" || needed.iter().any(|it| it.as_str() == name);
        if let Some(name) = request.path.lacks(&known) {
            let set = needed.iter().map(FieldName::as_str).collect::<Vec<_>>().join(" + ");
            let problem = format!("`{name}` is not known when only {set} is; add `needs`");
            self.wrong(&format!("{at}.path"), problem);
        }
        let mut sent: Vec<String> = request.path.names().map(str::to_owned).collect();
        let tables = request.query.values().chain(request.headers.values());
        for it in tables.chain(request.form.iter().flat_map(BTreeMap::values)) {
            sent.extend(it.names().map(str::to_owned));
        }
        sent.extend(request.json.iter().flat_map(Body::names).map(str::to_owned));
        if let Some(unsent) = needed.iter().find(|it| !sent.iter().any(|name| name == it.as_str()))
        {
            let problem = format!("`{unsent}` is asked for and never sent; see [{at}]");
            self.wrong(&format!("inputs.{nth}"), problem);
        }
    }

    fn bulk(&mut self) {
        let it = self.it;
        let Some(bulk) = &it.bulk else { return };
        if bulk.key.is_some() != bulk.input.is_some() {
            self.wrong("bulk", "`key` and `input` stand together or not at all");
        }
        let of_inputs = |name: &str| self.inputs().iter().any(|it| it.as_str() == name);
        if let Some(input) = bulk.input.as_deref().filter(|it| *it != "@row" && !of_inputs(it)) {
            self.wrong("bulk.input", format!("`{input}` is neither an input nor `@row`"));
        } else if let Some(input) = bulk.input.as_deref().filter(|it| *it != "@row")
            && !it.inputs.iter().all(|set| set.iter().any(|name| name.as_str() == input))
        {
            let problem = "is not known of every record; use `@row`, or add it to each of `inputs`";
            self.wrong("bulk.input", format!("`{input}` {problem}"));
        }
        let texts: Vec<_> =
            it.request.as_slice().iter().flat_map(|it| &it.json).flat_map(Body::texts).collect();
        if bulk.input.as_deref() == Some("@row")
            && texts.iter().any(|it| it.names().any(|name| name == "@row"))
            && !texts.iter().any(|it| it.is_just("@row"))
        {
            let problem = "is sent only within other text, and answers are compared with the \
                           number alone; send `{{ @row }}`";
            self.wrong("bulk.input", format!("`@row` {problem}"));
        }
        // Records of one call may know different fields, and a call is one request.
        if it.request.as_slice().len() > 1 {
            let problem = "a bulk call is one request for all its records; keep one, and make the \
                           other an operation of its own";
            self.wrong("request.1", problem);
        }
        let writes = |it: &Request| it.json.as_ref().is_some_and(Body::has_each);
        if !it.request.as_slice().iter().all(writes) {
            let problem = format!("needs a `json` with `{EACH}`, which is written for each record");
            self.wrong("request", problem);
        }
    }

    fn poll(&mut self) {
        let Some(poll) = &self.it.poll else { return };
        if !uses_pending(self.vendor, self.it) {
            let problem = "no rule says `then = \"pending\"` with its `task`, so it is never asked";
            self.wrong("poll", problem);
        }
        let mut named: Vec<(&str, String)> = Vec::new();
        named.extend(poll.path.names().map(|name| ("path", name.to_owned())));
        let tables = poll.query.values().chain(poll.headers.values());
        named.extend(tables.flat_map(|it| it.names().map(|name| ("query", name.to_owned()))));
        let bodies = poll.json.iter().flat_map(Body::names);
        named.extend(bodies.map(|name| ("json", name.to_owned())));
        if poll.json.as_ref().is_some_and(Body::has_each) {
            self.wrong("poll.json", format!("`{EACH}` stands only in a request; use `@task`"));
        }
        if named.is_empty() {
            let problem = "asks about every task the same; name `{{ @task }}`, or a field";
            self.wrong("poll", problem);
        }
        // A task that the rule does not take from the answer has one name for all.
        if named.iter().any(|(_, name)| name == "@task") {
            for (nth, rule) in self.it.outcome.iter().enumerate() {
                if rule.task.as_ref().is_some_and(|it| !it.starts_with('$')) {
                    let problem = "must say where the id stands, as in `$.batch.id`; the poll \
                                   asks about it";
                    self.wrong(&format!("outcome.{nth}.task"), problem);
                }
            }
        }
        for (key, name) in named {
            let own = matches!(name.as_str(), "@task" | "@call");
            let input = key != "path" && self.inputs().iter().any(|it| it.as_str() == name);
            if input && self.it.bulk.is_some() {
                self.wrong(&format!("poll.{key}"), of_one_record(&name));
            } else if !own && !input {
                self.wrong(
                    &format!("poll.{key}"),
                    format!("`{name}` is not known here; use `@task`"),
                );
            }
        }
    }

    fn outputs(&mut self) {
        let it = self.it;
        let own = it.output.iter().map(|(name, picks)| ("output", name, picks));
        let others = it.identity.iter().map(|(name, picks)| ("identity", name, picks));
        for (table, name, picks) in own.chain(others) {
            for (nth, pick) in picks.as_slice().iter().enumerate() {
                let at = match picks {
                    OneOrMany::One(_) => format!("{table}.{name}"),
                    OneOrMany::Many(_) => format!("{table}.{name}.{nth}"),
                };
                self.pick(&at, name, pick);
            }
        }
    }

    fn pick(&mut self, at: &str, name: &FieldName, pick: &Pick) {
        if pick.at.is_empty() && pick.value.is_none() {
            self.wrong(at, "needs `at`, where it stands");
        }
        if pick.part > 0 && pick.split.is_none() {
            self.wrong(&format!("{at}.part"), "stands only beside `split`");
        }
        if pick.other.is_some() && pick.map.is_empty() {
            self.wrong(&format!("{at}.else"), "stands only beside `map`");
        }
        if is_status(name.as_str()) {
            let given = pick.map.values().chain(&pick.other).chain(&pick.value);
            if let Some(odd) = given.into_iter().find(|it| !STATUSES.contains(&it.as_str())) {
                let all = STATUSES.join(", ");
                self.wrong(at, format!("`{odd}` is no e-mail status; there are {all}"));
            }
        }
    }

    fn bill(&mut self) {
        let Some(bill) = &self.it.billing else { return };
        let worst = bill.answer.max(bill.miss.unwrap_or(VendorUnits::ZERO));
        if worst == VendorUnits::ZERO {
            self.wrong("billing", "bills nothing; leave it out, and the operation is free");
        }
        if bill.credits == Some(VendorUnits::ZERO) {
            self.wrong("billing.credits", "must be above zero for what costs something");
        }
    }
}

/// In a bulk call there are many records, and outside of `$each` none of them is meant.
fn of_one_record(name: &str) -> String {
    format!("`{name}` is of one record: in a bulk call it stands only in the table of `{EACH}`")
}
