//! From a record to a request. The host is the vendor's, whatever a value says; each value is
//! encoded for the place where it stands.

use super::{
    body::Body,
    shape::{Check, Endpoint, Poll, Request, Vendor},
    sign::{form, signed},
    template::Template,
};
use crate::kit::{known, unknown_operation};
use morket_core::{
    Error, Result, Secret,
    http::{HttpRequest, Method},
    name::FieldName,
    provider::{Ask, Inputs},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is known of one record: texts by field, and the names that begin with `@`.
struct Scope<'a> {
    fields: BTreeMap<&'a str, &'a str>,
    row: String,
    task: Option<&'a str>,
    call: &'a str,
}

impl Scope<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "@row" => Some(self.row.as_str()),
            "@task" => self.task,
            "@call" => Some(self.call),
            field => self.fields.get(field).copied(),
        }
    }
}

/// The parts that requests and polls have in common.
struct Parts<'a> {
    method: Option<&'a str>,
    path: &'a Template,
    query: &'a BTreeMap<String, Template>,
    headers: &'a BTreeMap<String, Template>,
    json: Option<&'a Body>,
    form: Option<&'a BTreeMap<String, Template>>,
}

impl<'a> From<&'a Request> for Parts<'a> {
    fn from(it: &'a Request) -> Self {
        let Request { method, path, query, headers, json, form, .. } = it;
        let (method, json, form) = (method.as_deref(), json.as_ref(), form.as_ref());
        Self { method, path, query, headers, json, form }
    }
}

impl<'a> From<&'a Poll> for Parts<'a> {
    fn from(it: &'a Poll) -> Self {
        let Poll { method, path, query, headers, json, .. } = it;
        let (method, json) = (method.as_deref(), json.as_ref());
        Self { method, path, query, headers, json, form: None }
    }
}

impl Endpoint {
    /// The request for records that know these fields: the first whose needs are met.
    pub(super) fn request_for(&self, knows: &dyn Fn(&FieldName) -> bool) -> Option<&Request> {
        self.request.as_slice().iter().find(|it| it.needs.iter().all(knows))
    }
}

impl Vendor {
    pub(super) fn endpoint(&self, ask: &Ask<'_>) -> Result<&Endpoint> {
        let found = self.operation.iter().find(|it| it.name == ask.operation.name);
        found.ok_or_else(|| unknown_operation(ask.operation))
    }

    pub(super) fn ask(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let endpoint = self.endpoint(ask)?;
        let call = ask.call.0.to_string();
        let scopes = scopes(ask, None, &call)?;
        let first = scopes.first().ok_or_else(|| unknown_operation(ask.operation))?;
        let knows = |it: &FieldName| first.fields.contains_key(it.as_str());
        let request = endpoint.request_for(&knows).ok_or_else(|| {
            Error::invalid("provider.request", "inputs", "no request is meant for these")
        })?;
        let made = self.made(&Parts::from(request), ask, &scopes)?;
        Ok(match request.timeout {
            Some(limit) => made.timeout(limit),
            None => made,
        })
    }

    pub(super) fn ask_again(&self, ask: &Ask<'_>, task: &str) -> Result<HttpRequest> {
        let endpoint = self.endpoint(ask)?;
        let poll = endpoint.poll.as_ref().ok_or_else(|| unknown_operation(ask.operation))?;
        let call = ask.call.0.to_string();
        Ok(self.made(&Parts::from(poll), ask, &scopes(ask, Some(task), &call)?)?.free())
    }

    fn made(&self, parts: &Parts<'_>, ask: &Ask<'_>, scopes: &[Scope<'_>]) -> Result<HttpRequest> {
        let Some(scope) = scopes.first() else { return Err(unknown_operation(ask.operation)) };
        let known = |name: &str| scope.get(name);
        let filled = |body: &Body| {
            let of_row = |row: usize, name: &str| scopes.get(row)?.get(name);
            body.filled(scopes.len(), &of_row)
        };
        let in_body = self.auth.as_ref().and_then(|it| it.body.as_deref());
        let sends = parts.json.is_some() || parts.form.is_some() || in_body.is_some();
        let request = HttpRequest::new(method(parts.method, sends), "");
        let mut request = target(request, ask.base_url, parts.path, &known)?;
        for (name, template) in parts.query {
            if let Some(text) = template.render(&known) {
                request = request.query(name, text);
            }
        }
        request = match (parts.json, parts.form, in_body) {
            (json, None, Some(field)) => {
                let empty = || Value::Object(Map::new());
                let body = json.and_then(filled).unwrap_or_else(empty);
                let Value::Object(body) = body else {
                    return Err(Error::invalid("provider.request", "json", "is no object"));
                };
                request.secret_json(body, field, ask.key()?)?
            }
            (Some(json), ..) => request.json(&filled(json).unwrap_or(Value::Object(Map::new())))?,
            (None, Some(fields), _) => request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form(fields, &known).into_bytes()),
            (None, None, None) => request,
        };
        for (name, template) in self.headers.iter().chain(parts.headers) {
            if let Some(text) = template.render(&known) {
                request = request.header(name, one_line(name, text)?);
            }
        }
        match &self.auth {
            None => Ok(request),
            auth => Ok(signed(auth.as_ref(), request, ask.key()?)),
        }
    }
}

impl Check {
    pub(super) fn request(
        &self,
        vendor: &Vendor,
        base_url: &str,
        key: &Secret<String>,
    ) -> Result<HttpRequest> {
        let nothing = |_: &str| None;
        let auth = vendor.auth.as_ref();
        let in_body = auth.and_then(|it| it.body.as_deref());
        let request = HttpRequest::new(method(self.method.as_deref(), in_body.is_some()), "");
        let mut request = target(request, base_url, &self.path, &nothing)?;
        for (name, template) in &self.query {
            if let Some(text) = template.render(&nothing) {
                request = request.query(name, text);
            }
        }
        if let Some(field) = in_body {
            request = request.secret_json(Map::new(), field, key)?;
        }
        for (name, template) in &vendor.headers {
            if let Some(text) = template.plain() {
                request = request.header(name, one_line(name, text.to_owned())?);
            }
        }
        Ok(signed(auth, request, key).free())
    }
}

fn scopes<'a>(ask: &Ask<'a>, task: Option<&'a str>, call: &'a str) -> Result<Vec<Scope<'a>>> {
    let scope = |(row, record): (usize, &'a Inputs)| {
        let fields = known(ask.operation, record)?.into_iter().collect();
        Ok(Scope { fields, row: row.to_string(), task, call })
    };
    ask.records.iter().enumerate().map(scope).collect()
}

fn method(named: Option<&str>, sends: bool) -> Method {
    match named {
        Some("POST") => Method::Post,
        Some("PUT") => Method::Put,
        Some("PATCH") => Method::Patch,
        None if sends => Method::Post,
        _ => Method::Get,
    }
}

/// A request to a path below the vendor's address. Values are segments of it, or parts of one.
pub(super) fn target<'k>(
    request: HttpRequest,
    base_url: &str,
    path: &Template,
    known: &dyn Fn(&str) -> Option<&'k str>,
) -> Result<HttpRequest> {
    let method = request.method();
    if let Some(plain) = path.plain() {
        return Ok(HttpRequest::new(method, format!("{base_url}{plain}")));
    }
    let mut request = HttpRequest::new(method, base_url);
    for segment in path.segments().iter().skip(1) {
        let text = segment.render(known).ok_or_else(|| {
            Error::invalid("provider.request", "path", "a field in it is not known")
        })?;
        request = request.segment(&text)?;
    }
    Ok(request)
}

/// A value that can stand in a header: what is not visible ASCII would end it or be refused later.
fn one_line(name: &str, text: String) -> Result<String> {
    let plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    match text.bytes().all(plain) {
        true => Ok(text),
        false => Err(Error::invalid("provider.request", "header", "cannot hold this value")
            .with("header", name)),
    }
}
