//! A first manifest: from nothing, or from a request that works.

mod curl;
mod guess;

use super::parse;
use curl::Curl;
use guess::{Place, Values};
use serde_json::{Map, Value};

/// A commented manifest of a vendor, which the check has nothing against. From a `curl` command it
/// takes address, method, parameters, headers and body; what looks like a key becomes `[auth]`,
/// what looks like an input a placeholder. No key of the command is in it.
pub fn draft(slug: &str, command: Option<&str>) -> Result<String, String> {
    let example = "curl https://api.example.com/v1/people?email=ada@example.com -H 'x-api-key: k'";
    let curl = Curl::parse(command.unwrap_or(example))
        .map_err(|problem| format!("the command {problem}"))?;
    let text = Draft::of(&curl)?.text(slug);
    match parse(&text) {
        Ok(_) => Ok(text),
        Err(problems) => {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            Err(format!("this command makes no manifest: {first}"))
        }
    }
}

/// Where editors find the schema.
const SCHEMA: &str = "#:schema https://raw.githubusercontent.com/morket/morket/main/\
                      morket-providers/manifest.schema.json\n";

const HEAD: &str = r#"# Check it: morket providers check FILE
slug = "SLUG"
# The name that people read.
name = "SLUG"
# Requests go here and nowhere else.
base_url = BASE
# When you looked up prices and limits.
as_of = "2026-11-21"
"#;

const AUTH: &str = r#"
# Where the key goes. It is kept by `morket keys set SLUG`, never here.
[auth]
PLACE
"#;

const OPERATION: &str = r#"
[[operation]]
name = "find"
kind = "KIND"
# Sets of fields, any one of which suffices: `morket fields` lists them.
inputs = [[INPUTS]]
# What the vendor bills for an answer; a miss is free unless `miss` says otherwise.
billing = { answer = "1" }
# How often it may be called, e.g.:
# window = [{ max = 10, per = "1s" }]
"#;

const ANSWER: &str = r#"
# Where each field stands in the answer.
[operation.output]
OUTPUT = "$.OUTPUT"

# Answers that are something else than their status says. Without a rule a 404 is unknown: a wrong
# path answers it too.
[[operation.outcome]]
status = 404
at = "$.error"
exists = true
then = "miss"
"#;

/// What a command gave.
struct Draft {
    base: String,
    path: String,
    method: Option<String>,
    auth: Option<String>,
    query: Map<String, Value>,
    headers: Map<String, Value>,
    json: Option<Value>,
    form: Map<String, Value>,
    values: Values,
    notes: Vec<String>,
}

impl Draft {
    fn of(curl: &Curl) -> Result<Self, String> {
        let mut values = Values::default();
        let rest = curl.url.split_once("://").map_or(curl.url.as_str(), |(_, rest)| rest);
        let rest = rest.split('#').next().unwrap_or_default();
        let (place, params) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let segments = path.split('/').map(|it| values.segment(&decoded(it)));
        let path = segments.collect::<Vec<_>>().join("/");
        let mut draft = Self {
            base: format!("https://{host}"),
            path: format!("/{path}"),
            method: curl.method.clone().filter(|it| it != "GET" && it != "POST"),
            auth: curl.user.as_ref().map(|_| "basic = true".to_owned()),
            query: Map::new(),
            headers: Map::new(),
            json: None,
            form: Map::new(),
            values,
            notes: Vec::new(),
        };
        draft.headers(curl);
        draft.pairs(params, true);
        draft.data(curl)?;
        Ok(draft)
    }

    fn headers(&mut self, curl: &Curl) {
        for (name, value) in &curl.headers {
            let lower = name.to_ascii_lowercase();
            if matches!(lower.as_str(), "content-type" | "cookie" | "host" | "user-agent") {
                continue;
            }
            let secret = guess::is_secret(Place::Header, &lower);
            let sign = match (lower.as_str(), value.split_once(' ')) {
                ("authorization", Some(("Bearer", _))) => "bearer = true".to_owned(),
                ("authorization", Some(("Basic", _))) => "basic = true".to_owned(),
                (_, Some((prefix, _))) if lower == "authorization" => {
                    format!("header = \"authorization\"\nprefix = {}", quoted(prefix))
                }
                _ => format!("header = {}", quoted(name)),
            };
            match secret {
                true => self.sign(sign, &lower),
                false => drop(self.headers.insert(name.clone(), self.values.of(&lower, value))),
            }
        }
    }

    /// The first secret is the key; another is left out and said so.
    fn sign(&mut self, sign: String, name: &str) {
        match self.auth {
            None => self.auth = Some(sign),
            Some(_) => {
                self.notes.push(format!("`{name}` looked like a second key and was left out"));
            }
        }
    }

    /// `a=1&b=2`, in the address or in a form.
    fn pairs(&mut self, text: &str, in_url: bool) {
        for pair in text.split('&').filter(|it| !it.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name), decoded(value));
            if in_url && guess::is_secret(Place::Query, &name.to_ascii_lowercase()) {
                self.sign(format!("query = {}", quoted(&name)), &name);
                continue;
            }
            if guess::is_secret(Place::Body, &name.to_ascii_lowercase()) {
                self.notes.push(format!("`{name}` looked like a key in a form and was left out"));
                continue;
            }
            let value = self.values.of(&name, &value);
            let to = if in_url { &mut self.query } else { &mut self.form };
            to.insert(name, value);
        }
    }

    fn data(&mut self, curl: &Curl) -> Result<(), String> {
        if curl.data.is_empty() {
            return Ok(());
        }
        let data = curl.data.join("&");
        if curl.get {
            self.pairs(&data, true);
            return Ok(());
        }
        let Ok(mut body) = serde_json::from_str::<Value>(&data) else {
            if curl.json || data.trim_start().starts_with(['{', '[']) {
                return Err("the command's data is no JSON".to_owned());
            }
            self.pairs(&data, false);
            return Ok(());
        };
        if let Value::Object(map) = &mut body {
            for name in secrets_of(map) {
                map.remove(&name);
                self.sign(format!("body = {}", quoted(&name)), &name);
            }
        }
        for name in drop_secrets(&mut body) {
            self.notes.push(format!("`{name}` looked like a second key and was left out"));
        }
        self.json = Some(self.values.body("", &body));
        Ok(())
    }

    fn text(mut self, slug: &str) -> String {
        if self.values.inputs.is_empty() {
            self.notes.push("no input was recognised: put this one where it belongs".to_owned());
            self.query.insert("email".to_owned(), self.values.of("email", "ada@example.com"));
        }
        let (kind, output) = self.values.subject();
        let inputs = self.values.inputs.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", ");
        // What comes from the command is put in last: nothing in it is read as a name.
        let head = HEAD.replace("SLUG", slug).replace("BASE", &quoted(&self.base));
        let auth = self
            .auth
            .as_ref()
            .map_or_else(String::new, |it| AUTH.replace("SLUG", slug).replace("PLACE", it));
        let operation = OPERATION.replace("KIND", kind).replace("INPUTS", &inputs);
        let answer = ANSWER.replace("OUTPUT", output);
        format!("{SCHEMA}{head}{auth}{operation}{}{answer}", self.request())
    }

    fn request(&self) -> String {
        let mut text = "\n# How it is asked.\n".to_owned();
        for note in &self.notes {
            text.push_str(&format!("# {}\n", note.replace(char::is_control, " ")));
        }
        text.push_str(&format!("[operation.request]\npath = {}\n", quoted(&self.path)));
        if let Some(method) = &self.method {
            text.push_str(&format!("method = {}\n", quoted(method)));
        }
        let tables = [("query", &self.query), ("headers", &self.headers), ("form", &self.form)];
        for (name, table) in tables.into_iter().filter(|(_, table)| !table.is_empty()) {
            text.push_str(&format!("{name} = {}\n", inline(&Value::Object(table.clone()))));
        }
        if let Some(json) = &self.json {
            text.push_str(&format!("json = {}\n", inline(json)));
        }
        text
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// JSON as TOML in one line. What has no form there, null, is left out.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let pairs = map.iter().filter(|(_, it)| !it.is_null());
            let pairs = pairs.map(|(name, it)| format!("{} = {}", quoted(name), inline(it)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().filter(|it| !it.is_null()).map(inline);
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => quoted(text),
        plain => plain.to_string(),
    }
}

/// A part of an address without its `%`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        match hex.filter(|_| *first == b'%').and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The names under which an object holds what must not be written down.
fn secrets_of(map: &Map<String, Value>) -> Vec<String> {
    let secret = |it: &&String| guess::is_secret(Place::Body, &it.to_lowercase());
    map.keys().filter(secret).cloned().collect()
}

/// What is secret anywhere in a body goes; under which names it stood.
fn drop_secrets(body: &mut Value) -> Vec<String> {
    match body {
        Value::Object(map) => {
            let mut names = secrets_of(map);
            names.iter().for_each(|name| drop(map.remove(name)));
            names.extend(map.values_mut().flat_map(drop_secrets));
            names
        }
        Value::Array(items) => items.iter_mut().flat_map(drop_secrets).collect(),
        _ => Vec::new(),
    }
}
