//! What a program is made of: a plan, and the manifests of the vendors it may ask.

use super::form::{Form, Read};
use morket_core::{
    Error, ErrorKind, Result,
    http::{HttpRequest, HttpResponse},
    plan::{Plan, Program, Settings, compile},
    provider::{Ask, Manifest, Outcome, Parsed, Provider, Registry},
};
use serde_json::Value;
use std::sync::Arc;

/// What a program is made of. Every vendor's key is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Making {
    /// The plan.
    pub plan: Plan,
    /// The vendors there are.
    pub vendors: Vec<Manifest>,
    /// Whether the workspace pays in credits.
    pub metered: bool,
}

fields! { Making { plan, vendors, metered } }

impl Form for Plan {
    fn write(&self) -> Value {
        serde_json::to_value(self).expect("a plan is JSON")
    }

    fn read(value: Value) -> Read<Self> {
        serde_json::from_value(value).map_err(|it| it.to_string())
    }
}

impl Making {
    /// The program. Nobody is asked by it: its vendors are manifests alone.
    pub fn compile(&self) -> Result<Program> {
        let mut registry = Registry::new();
        for vendor in &self.vendors {
            registry.register(Arc::new(OnPaper(vendor.clone())))?;
        }
        let mut settings = Settings::new(Arc::new(registry));
        settings.keys = self.vendors.iter().map(|it| it.slug.clone()).collect();
        settings.metered = self.metered;
        compile(&self.plan, &settings)
    }
}

/// A vendor of whom nothing is there but its manifest.
#[derive(Debug)]
struct OnPaper(Manifest);

impl Provider for OnPaper {
    fn manifest(&self) -> &Manifest {
        &self.0
    }

    fn request(&self, _: &Ask<'_>) -> Result<HttpRequest> {
        let message = "a vendor of a history is never asked";
        Err(Error::new(ErrorKind::Unsupported, "provider.request", message))
    }

    fn parse(&self, _: &Ask<'_>, _: &HttpResponse) -> Parsed {
        Outcome::Unknown.into()
    }
}
