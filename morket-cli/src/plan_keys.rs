//! Every key that a plan may hold, once: what editors are told of it, and what `morket init` writes
//! beside it.

use serde_json::{Map, Value, json};

/// What may stand behind a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any text.
    Text,
    /// A list of texts.
    Texts,
    /// Yes or no.
    Flag,
    /// A whole number from 0 to 255.
    Byte,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of these words.
    SomeOf(&'static [&'static str]),
    /// Dollars: `25usd`.
    Dollars,
    /// Units of a vendor: `500`.
    Units,
    /// A span: `90d`.
    Span,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Where it stands; `*` is a name of the user's choice.
    pub path: &'static str,
    /// What may stand behind it.
    pub shape: Shape,
    /// What it means.
    pub about: &'static str,
    /// A line that could stand in a plan.
    pub example: &'static str,
}

const fn key(path: &'static str, shape: Shape, about: &'static str, example: &'static str) -> Key {
    Key { path, shape, about, example }
}

const EXISTING: &[&str] = &["keep", "verify", "refresh"];
const SURE: &[&str] = &["exact", "likely", "unverifiable"];
const STATUS: &[&str] = &["valid", "accept_all", "guessed", "unverified", "unknown"];
const CATCH_ALL: &[&str] = &["reject", "last_resort", "accept"];
const WHEN: &[&str] = &["always", "unless_vendor_valid", "never"];

/// All of them, in the order in which a plan is written.
pub const KEYS: &[Key] = &[
    key(
        "kind",
        Shape::OneOf(&["person", "company"]),
        "What the rows are about: person or company.",
        "kind = \"person\"",
    ),
    key(
        "want",
        Shape::Texts,
        "The fields to fill, the most important first; `morket fields` lists them.",
        "want = [\"email\", \"title\"]",
    ),
    key(
        "run_if",
        Shape::Text,
        "Rows for which this is not so are skipped.",
        "run_if = \"company_domain != null\"",
    ),
    key(
        "on_provider_lost",
        Shape::OneOf(&["pause", "wait", "next"]),
        "What a bad key or an empty account leads to: pause (and tell), wait, or the next one.",
        "on_provider_lost = \"next\"",
    ),
    key(
        "pause_limit",
        Shape::Span,
        "How long a lost provider is waited for before its cells fail; seven days by default.",
        "pause_limit = \"12h\"",
    ),
    key(
        "on_limit",
        Shape::OneOf(&["wait", "next"]),
        "What a vendor's limit leads to: wait, or the next provider.",
        "on_limit = \"next\"",
    ),
    key(
        "on_ambiguous",
        Shape::OneOf(&["next", "fail"]),
        "What a call that may have been billed leads to: the next provider, or a failed cell.",
        "on_ambiguous = \"fail\"",
    ),
    key(
        "charge_partial",
        Shape::Flag,
        "Whether a tenant is charged for answers with nothing acceptable, as vendors bill them.",
        "charge_partial = true",
    ),
    key(
        "retry_misses",
        Shape::Span,
        "How old a stored miss may be before it is asked for again.",
        "retry_misses = \"30d\"",
    ),
    key(
        "no_cache",
        Shape::Flag,
        "Ask vendors even where a stored answer is there.",
        "no_cache = true",
    ),
    key(
        "map.*",
        Shape::Text,
        "Which column of the file holds which field.",
        "Website = \"company_domain\"",
    ),
    key(
        "waterfalls.*.steps",
        Shape::Texts,
        "Whom to ask for this field, in order, each once.",
        "steps = [\"hunter\", \"people-data-labs\"]",
    ),
    key(
        "waterfalls.*.verify",
        Shape::Text,
        "Who verifies what they return.",
        "verify = \"zerobounce\"",
    ),
    key(
        "waterfalls.*.email.accept",
        Shape::SomeOf(STATUS),
        "The statuses of an address that are good enough for this field.",
        "accept = [\"valid\"]",
    ),
    key(
        "waterfalls.*.email.catch_all",
        Shape::OneOf(CATCH_ALL),
        "What to do with an address whose host takes mail for any name.",
        "catch_all = \"last_resort\"",
    ),
    key(
        "waterfalls.*.email.verify",
        Shape::OneOf(WHEN),
        "When to ask the verifier.",
        "verify = \"always\"",
    ),
    key(
        "waterfalls.*.email.max_verifications",
        Shape::Byte,
        "How often one address is tried in a waterfall.",
        "max_verifications = 1",
    ),
    key(
        "accept.identity",
        Shape::SomeOf(SURE),
        "How sure it must be whom an answer is about.",
        "identity = [\"exact\", \"likely\"]",
    ),
    key(
        "accept.changed_company",
        Shape::Flag,
        "Whether to take values of a person who is at another company by now.",
        "changed_company = true",
    ),
    key(
        "accept.mix_groups",
        Shape::Flag,
        "Whether fields of one group may come from different answers.",
        "mix_groups = true",
    ),
    key(
        "accept.email.accept",
        Shape::SomeOf(STATUS),
        "The statuses of an address that are good enough.",
        "accept = [\"valid\"]",
    ),
    key(
        "accept.email.catch_all",
        Shape::OneOf(CATCH_ALL),
        "What to do with an address whose host takes mail for any name.",
        "catch_all = \"last_resort\"",
    ),
    key(
        "accept.email.verify",
        Shape::OneOf(WHEN),
        "When to ask a verifier.",
        "verify = \"always\"",
    ),
    key(
        "accept.email.max_verifications",
        Shape::Byte,
        "How often one address is tried in a waterfall.",
        "max_verifications = 1",
    ),
    key(
        "existing.*",
        Shape::OneOf(EXISTING),
        "What becomes of values that are there: keep, verify or refresh.",
        "email = \"refresh\"",
    ),
    key("max_age.*", Shape::Span, "How old a stored value may be.", "email = \"90d\""),
    key(
        "prices.*",
        Shape::Text,
        "Your plan at a vendor, or what a unit costs there; budgets in dollars need it.",
        "zerobounce = \"0.008 usd\"",
    ),
    key("budget.job", Shape::Dollars, "The most for the whole run.", "job = \"25usd\""),
    key("budget.per_row", Shape::Dollars, "The most for each row.", "per_row = \"0.12usd\""),
    key(
        "budget.per_day",
        Shape::Dollars,
        "The most for each day, over all runs.",
        "per_day = \"50usd\"",
    ),
    key("budget.workspace", Shape::Dollars, "The most over all time.", "workspace = \"500usd\""),
    key(
        "budget.units.*",
        Shape::Units,
        "The most for this run, in a vendor's own units.",
        "hunter = \"500\"",
    ),
];

/// The schema by which editors help with a plan: JSON Schema, draft 7, which they all read.
pub fn schema() -> Value {
    let mut root = object();
    for key in KEYS {
        let mut here = &mut root;
        for name in key.path.split('.') {
            here = match name {
                "*" => here.entry("additionalProperties"),
                name => member(here, "properties").entry(name),
            }
            .and_modify(|it| {
                if !it.is_object() {
                    *it = Value::Object(object());
                }
            })
            .or_insert_with(|| Value::Object(object()))
            .as_object_mut()
            .expect("an object was put there");
        }
        *here = leaf(key);
    }
    root.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    root.insert("title".into(), json!("A plan of Morket"));
    root.insert("required".into(), json!(["kind", "want"]));
    Value::Object(root)
}

fn object() -> Map<String, Value> {
    Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("additionalProperties".to_owned(), json!(false)),
    ])
}

fn member<'a>(of: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    let it = of.entry(name).or_insert_with(|| json!({}));
    it.as_object_mut().expect("an object was put there")
}

fn leaf(key: &Key) -> Map<String, Value> {
    let it = match key.shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Byte => json!({ "type": "integer", "minimum": 0, "maximum": 255 }),
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::SomeOf(words) => json!({ "type": "array", "items": { "enum": words } }),
        Shape::Dollars => json!({ "type": "string", "pattern": DOLLARS }),
        Shape::Units => json!({ "type": "string", "pattern": r"^\s*\d+(\.\d{1,3})?\s*$" }),
        Shape::Span => json!({ "type": "string", "pattern": r"^\s*\d+[smhd]\s*$" }),
    };
    let mut it = it.as_object().cloned().unwrap_or_default();
    it.insert("description".into(), json!(key.about));
    it
}

const DOLLARS: &str = r"^\s*(\$\d+(\.\d{1,6})?|\d+(\.\d{1,6})?\s*[uU][sS][dD])\s*$";
