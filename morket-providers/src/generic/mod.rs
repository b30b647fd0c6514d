//! A vendor that a user describes: an address, an endpoint, where each field stands in the answer,
//! and what its refusals look like. No code.
//!
//! ```
//! use morket_providers::generic::{Config, HttpApi};
//!
//! let config: Config = serde_json::from_str(r#"{
//!     "slug": "acme", "name": "Acme", "as_of": "2026-11-21",
//!     "base_url": "https://api.acme.example/v1",
//!     "auth": {"header": "x-api-key"},
//!     "operations": [{
//!         "name": "company", "kind": "company",
//!         "inputs": [["company_domain"]],
//!         "path": "/companies/{company_domain}",
//!         "billing": {"answer": 1000, "miss": 0},
//!         "outputs": {
//!             "company_name": {"at": ["/company/name"]},
//!             "employee_count": {"at": ["/company/heads"], "take": "count"}
//!         },
//!         "rules": [
//!             {"at": "/error", "says": ["quota"], "then": "out_of_credits"},
//!             {"status": 404, "then": "miss"}
//!         ]
//!     }]
//! }"#)?;
//! let provider = HttpApi::new(config)?;
//! # morket_testkit::provider::check_provider(&provider);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod read;
mod rule;
mod template;

pub use config::{Auth, Config, Endpoint, Output, Verb};
pub use rule::{Rule, Then};
pub use template::Template;

use crate::kit::{known, unknown_operation};
use morket_core::{
    Error, Result,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Outcome, Parsed, Provider},
};
use std::collections::BTreeMap;

/// A vendor described by a [`Config`].
#[derive(Clone, Debug)]
pub struct HttpApi {
    config: Config,
    manifest: Manifest,
}

impl HttpApi {
    /// The vendor, or an error that names what in its description cannot work.
    pub fn new(config: Config) -> Result<Self> {
        let manifest = config.manifest();
        manifest.validate()?;
        config.validate()?;
        Ok(Self { config, manifest })
    }

    fn endpoint(&self, ask: &Ask<'_>) -> Option<&Endpoint> {
        self.config.operations.iter().find(|it| it.name == ask.operation.name)
    }
}

impl Provider for HttpApi {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let endpoint = self.endpoint(ask).ok_or_else(|| unknown_operation(ask.operation))?;
        let known: BTreeMap<&str, &str> = known(ask.operation, ask.record())?.into_iter().collect();
        let mut request = HttpRequest::new(endpoint.method.into(), ask.base_url);
        for segment in &endpoint.path.segments() {
            let text = segment.render(&known).ok_or_else(|| {
                Error::invalid("provider.request", "path", "a field in it is not known")
            })?;
            request = request.segment(&text)?;
        }
        for (name, template) in &endpoint.query {
            if let Some(text) = template.render(&known) {
                request = request.query(name, text);
            }
        }
        for (name, value) in &endpoint.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &endpoint.body {
            request = request.json(&template::fill(body, &known))?;
        }
        Ok(match &self.config.auth {
            Auth::None => request,
            Auth::Bearer => request.bearer(ask.key()?),
            Auth::Header(name) => request.secret_header(name, ask.key()?),
            Auth::Query(name) => request.secret_query(name, ask.key()?),
        })
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let endpoint = self.endpoint(ask);
        endpoint.map_or(Outcome::Unknown, |it| read::read(it, ask.operation, answer)).into()
    }
}
