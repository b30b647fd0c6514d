//! Every key that a manifest may hold, once. The check, the JSON Schema, the page for people and
//! the bounds are all made from this table.

use super::form::{
    Form::{self, *},
    Section, may, must,
};

/// The words for a method.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH"];

/// What an answer can come to by a rule.
pub(super) const OUTCOMES: &[&str] = &[
    "answer",
    "miss",
    "pending",
    "invalid_input",
    "auth_failed",
    "plan_lacks",
    "out_of_credits",
    "rate_limited",
    "legal_block",
    "transient",
    "unknown",
];

/// What a field wants of a value.
pub(super) const TAKES: &[&str] = &[
    "text",
    "email",
    "domain",
    "phone",
    "profile",
    "company_page",
    "count",
    "range",
    "year",
    "amount",
    "list",
];

/// How a header tells a time.
const TELLS: &[&str] = &["seconds", "milliseconds", "unix"];

/// Who shares a limit.
const SCOPES: &[&str] = &["credential", "endpoint"];

pub(super) static ROOT: Section = Section {
    title: "at the top",
    about: "Who the vendor is.",
    keys: &[
        must("slug", Slug, "the name that plans use"),
        must("name", Line, "the name that people read"),
        must("base_url", BaseUrl, "scheme, host and common path; requests go nowhere else"),
        must("as_of", Date, "when prices and limits were last looked up"),
        may("unit", Line, "what its unit is called; `credit` unless said"),
        may("replaces_builtin", Flag, "it stands in for the built-in vendor of the same slug"),
        may("fields", List(&NewField, 32), "names of fields that are this vendor's own"),
        may("headers", Headers, "headers of every request"),
        may("retry_after", Source, "where a throttle says how long; `retry-after` unless said"),
        may("retry_after_in", OneOf(TELLS), "what it counts in; `seconds` unless said"),
        may("auth", Table(&AUTH), "where the key goes; without it the vendor takes none"),
        may("price", Tables(&PRICE, 16), "what a unit costs on each of its plans"),
        may("check", Table(&CHECK), "a free request that tells whether a key works"),
        may("window", Tables(&WINDOW, 8), "limits of operations that state none themselves"),
        may("outcome", Tables(&OUTCOME, 64), "rules of all operations, after their own"),
        must("operation", Tables(&OPERATION, 32), "what can be asked"),
    ],
};

static AUTH: Section = Section {
    title: "[auth]",
    about: "Where the key goes: one of `bearer`, `header`, `query`, `body` and `basic`; a token \
            goes as bearer unless one is said.",
    keys: &[
        may("bearer", Flag, "`authorization: Bearer KEY`"),
        may("header", Header, "a header of this name"),
        may("prefix", Line, "what stands before the key in that header"),
        may("query", Header, "a parameter of this name"),
        may("body", Line, "a field of this name in a JSON body"),
        may("basic", Flag, "HTTP basic: the key is `user:password`, or a user alone"),
        may("exchange", Table(&EXCHANGE), "the key is changed for a token first"),
    ],
};

static EXCHANGE: Section = Section {
    title: "[auth.exchange]",
    about: "How a key, `id:secret`, is changed for a token that goes where the key would.",
    keys: &[
        must("path", UrlPath, "the path below base_url; it is asked with POST"),
        may("basic", Flag, "id and secret go as HTTP basic, not in the body"),
        may("form", Map(&Template, 16), "the form; `{{ @id }}` and `{{ @secret }}` are the key's"),
        may("json", Map(&Template, 16), "the same as a JSON object"),
        must("token", Path, "where the token stands in the answer"),
        may("expires_in", Path, "where its life in seconds stands"),
        may("lasts", Span, "how long it lives if the answer does not say; `10m` unless said"),
    ],
};

static PRICE: Section = Section {
    title: "[[price]]",
    about: "What a unit costs on a plan.",
    keys: &[
        must("plan", Name, "the plan's name"),
        must("usd", Usd, "what one unit costs"),
        may("units_per_month", Number(1, 1_000_000_000), "how many it holds"),
    ],
};

static CHECK: Section = Section {
    title: "[check]",
    about: "A request that costs nothing and tells whether a key works.",
    keys: &[
        may("method", OneOf(METHODS), "`GET` unless said"),
        must("path", UrlPath, "the path below base_url"),
        may("query", Map(&Template, 16), "parameters"),
        must("good", Path, "a key works when this stands in an answer with a status of 2xx"),
        may("bad", Path, "a key is bad when this stands in such an answer"),
        may("bad_status", OneOrMany(&Status), "statuses of a bad key; 401 unless said"),
        may("left", Path, "where the units that are left stand"),
        may("plan", Path, "where the plan's name stands"),
        may("resets", Path, "where the day stands on which the allowance begins anew"),
    ],
};

static WINDOW: Section = Section {
    title: "[[window]], [[operation.window]]",
    about: "A limit, and the headers in which the vendor tells how much of it is left.",
    keys: &[
        must("max", Number(1, 10_000_000), "how many calls"),
        must("per", Span, "in how long"),
        may("scope", OneOf(SCOPES), "who shares it; `credential` unless said"),
        may("told_max", Header, "the header that tells how many calls it holds"),
        may("told_left", Header, "the header that tells how many are left"),
        may("told_reset", Header, "the header that tells when it begins anew"),
        may("told_in", OneOf(TELLS), "what that counts in; `seconds` unless said"),
    ],
};

static OUTCOME: Section = Section {
    title: "[[outcome]], [[operation.outcome]]",
    about: "When an answer is something else than its status says. The first rule that holds \
            counts; all conditions of a rule must hold.",
    keys: &[
        may("status", OneOrMany(&Status), "the status is one of these"),
        may("at", Path, "where in the body the conditions look; the whole of it unless said"),
        may("header", Header, "they look at this header instead"),
        may("is", OneOrMany(&Scalar), "one of these stands there"),
        may("says", OneOrMany(&Line), "a text there holds one of these; case does not count"),
        may("matches", Pattern, "a text there matches"),
        may("exists", Flag, "something other than null stands there, or nothing does"),
        may("empty", Flag, "what stands there is null or empty"),
        may("each", Flag, "it is a rule of each record's part of a bulk answer"),
        must("then", OneOf(OUTCOMES), "what it comes to"),
        may("billed", Units, "what the vendor bills for it"),
        may(
            "task",
            Text,
            "for `pending`: where the task's id stands, or any text if the poll names none",
        ),
        may("after", Span, "for `pending` and `rate_limited`: how long to wait"),
    ],
};

static OPERATION: Section = Section {
    title: "[[operation]]",
    about: "One endpoint: what it needs, gives, costs, and how it is asked and read.",
    keys: &[
        must("name", Name, "its name within the vendor"),
        must("kind", OneOf(&["person", "company"]), "what it is about"),
        may("version", Number(1, 1_000_000), "raise it when older answers become useless"),
        must("inputs", List(&List(&Field, 16), 16), "sets of fields, any one of which suffices"),
        may("optional", List(&Field, 32), "fields it takes besides, when they are known"),
        may("verifies", Field, "for a verifier: the field that it judges"),
        may("billing", Table(&BILLING), "what the vendor bills; without it nothing ever"),
        may("retry_on_ambiguous", Flag, "the vendor bills the same question once"),
        may("miss_ttl", Span, "how long a miss is believed; `14d` unless said"),
        may("retention", Span, "how long the vendor's terms let an answer be kept"),
        may("gated", Flag, "lesser plans show `true` where there would be a value"),
        may("window", Tables(&WINDOW, 8), "how often it may be called"),
        must("request", TableOrTables(&REQUEST, 8), "how it is asked"),
        may("poll", Table(&POLL), "how a submitted task is asked about"),
        may("bulk", Table(&BULK), "several records in one call"),
        may("outcome", Tables(&OUTCOME, 64), "its own rules"),
        must("output", Map(&Pick(&PICK), 64), "the fields it gives, and where each stands"),
        may("identity", Map(&Pick(&PICK), 8), "whom the answer is about, where no output tells"),
        may("only_with", Field, "without this output there is no answer"),
        may("confidence", Path, "where the vendor's own confidence stands, in percent"),
    ],
};

static BILLING: Section = Section {
    title: "[operation.billing]",
    about: "What the vendor bills per record, in its units.",
    keys: &[
        must("answer", Units, "for an answer"),
        may("miss", Units, "for a miss; nothing unless said"),
        may("credits", Units, "what a tenant pays per record; the dearest of both unless said"),
        may("told", Source, "where an answer tells what the call was billed"),
        may("unbilled_errors", Flag, "an error of the vendor's server is surely not billed"),
    ],
};

static REQUEST: Section = Section {
    title: "[operation.request], [[operation.request]]",
    about: "How it is asked. Of several the first counts whose `needs` are known.",
    keys: &[
        may("needs", List(&Field, 16), "it is meant for records that have these"),
        may("method", OneOf(METHODS), "`GET` unless said, `POST` with a body"),
        must("path", UrlPath, "the path below base_url"),
        may("query", Map(&Template, 32), "parameters; one with an unknown value is left out"),
        may("headers", Headers, "headers; one with an unknown value is left out"),
        may("json", Json, "a JSON body; texts with an unknown value are left out"),
        may("form", Map(&Template, 32), "a form as body"),
        may("timeout", Span, "how long an exchange may take; `30s` unless said"),
    ],
};

static POLL: Section = Section {
    title: "[operation.poll]",
    about: "How a task is asked about; `{{ @task }}` is its id. Its answers are read by the same \
            rules.",
    keys: &[
        may("method", OneOf(METHODS), "`GET` unless said, `POST` with a body"),
        must("path", UrlPath, "the path below base_url"),
        may("query", Map(&Template, 32), "parameters"),
        may("headers", Headers, "headers"),
        may("json", Json, "a JSON body"),
        may("first", Span, "when to ask first; `5s` unless said"),
        may("every", Span, "how long between polls; `10s` unless said"),
        may("deadline", Span, "when to give up; `10m` unless said"),
    ],
};

static BULK: Section = Section {
    title: "[operation.bulk]",
    about: "Several records in one call: in `json` the object under `\"$each\"` is written once \
            for each record.",
    keys: &[
        must("max", Number(2, 1000), "how many at most"),
        must("answers", Path, "where the list of answers stands"),
        may("key", Path, "where each, `$`, tells whom it is about; by order without it"),
        may("input", Line, "what that repeats: a field, or `@row`, the record's number from 0"),
        may("absent", OneOf(&["miss", "unknown"]), "what a record without an answer comes to"),
    ],
};

static PICK: Section = Section {
    title: "[operation.output]",
    about: "Where a field stands: a path, a table with these keys, or a list of both, of which \
            the first with a value counts.",
    keys: &[
        may("at", OneOrMany(&Path), "where it stands; the first with a value counts"),
        may("value", Line, "this text instead, where something stands at `at`"),
        may("split", Line, "what parts a text"),
        may("part", Number(0, 100), "which part is meant, from 0"),
        may("regex", Pattern, "the first group of the first match, or the match"),
        may("map", Map(&Line, 256), "the vendor's words and what they mean"),
        may("else", Line, "what every other word means; without it such a word is no value"),
        may("take", OneOf(TAKES), "what the value must be; as the field's type unless said"),
    ],
};

/// Every section once, in the order of the page.
pub(super) fn sections() -> Vec<&'static Section> {
    let mut found = vec![&ROOT];
    let mut at = 0;
    while let Some(section) = found.get(at).copied() {
        for key in section.keys {
            if let Some(inner) = inner(key.form)
                && !found.iter().any(|it| std::ptr::eq(*it, inner))
            {
                found.push(inner);
            }
        }
        at += 1;
    }
    found
}

/// The section that a form leads to.
fn inner(form: Form) -> Option<&'static Section> {
    match form {
        Table(section) | Tables(section, _) | TableOrTables(section, _) | Pick(section) => {
            Some(section)
        }
        Map(form, _) | List(form, _) | OneOrMany(form) => inner(*form),
        _ => None,
    }
}
