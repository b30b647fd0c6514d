//! Vendors without code: a file says what is asked, where the answer stands and what its refusals
//! look like.
//!
//! A manifest is data and stays data: it names no file, no variable of the environment and no other
//! host than its own, and whatever it makes the process do is bounded before it is done. What is
//! wrong with one is told with its line and column. How one is written:
//! [docs/manifests.md](https://github.com/morket/morket/blob/main/docs/manifests.md).
//!
//! ```
//! use morket_providers::manifest;
//!
//! let vendor = manifest::parse(r#"
//! slug = "acme"
//! name = "Acme"
//! base_url = "https://api.acme.example/v1"
//! as_of = "2026-11-21"
//!
//! [auth]
//! header = "x-api-key"
//!
//! [[operation]]
//! name = "company"
//! kind = "company"
//! inputs = [["company_domain"]]
//! request = { path = "/companies/{{ company_domain }}" }
//! billing = { answer = "1" }
//! output = { company_name = "$.company.name", employee_count = "$.company.heads" }
//! "#).map_err(|problems| problems[0].to_string())?;
//! assert_eq!(vendor.slug().as_str(), "acme");
//!
//! let wrong = manifest::parse("slug = \"acme\"\nnmae = \"Acme\"").unwrap_err();
//! assert!(wrong.iter().any(|it| it.to_string().starts_with("2:1: nmae: there is no such key")));
//! # Ok::<(), String>(())
//! ```

mod body;
mod build;
mod document;
mod draft;
mod folder;
mod form;
mod keys;
mod limits;
mod path;
mod pick;
mod read;
mod request;
mod rule;
mod schema;
mod shape;
mod sign;
mod template;
mod words;

pub use document::{LARGEST, Problem};
pub use draft::draft;
pub use folder::{Broken, Folder, add_folder, read};
pub use schema::{reference, schema};

use crate::kit::{json, milli_units};
use document::Document;
use morket_core::{
    Result, Secret, VendorUnits,
    http::{HttpRequest, HttpResponse},
    name::ProviderSlug,
    provider::{Ask, Manifest, Outcome, Parsed, Provider, Standing, Token},
};
use serde_json::Value;
use shape::Vendor;

/// A vendor that a manifest describes.
#[derive(Clone, Debug)]
pub struct ManifestProvider {
    vendor: Vendor,
    manifest: Manifest,
    /// Line and column of its slug, for whoever finds it taken.
    slug_at: (usize, usize),
}

/// The vendor that this text describes, or everything that is wrong with it, from the top.
pub fn parse(text: &str) -> Result<ManifestProvider, Vec<Problem>> {
    let mut document = Document::read(text);
    if !document.is_good() {
        return Err(document.into_problems());
    }
    let vendor: Vendor = match toml::from_str(text) {
        Ok(vendor) => vendor,
        Err(error) => {
            document.wrong("", error.message());
            return Err(document.into_problems());
        }
    };
    match build::build(&vendor, &mut document) {
        Some(manifest) => {
            let slug_at = document.place("slug");
            Ok(ManifestProvider { vendor, manifest, slug_at })
        }
        None => Err(document.into_problems()),
    }
}

impl ManifestProvider {
    /// The name that plans use.
    pub fn slug(&self) -> &ProviderSlug {
        &self.manifest.slug
    }

    /// Whether it says that it stands in for a built-in vendor of the same slug.
    pub fn replaces_builtin(&self) -> bool {
        self.vendor.replaces_builtin
    }
}

impl Provider for ManifestProvider {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        self.vendor.ask(ask)
    }

    fn poll(&self, ask: &Ask<'_>, task: &str) -> Result<HttpRequest> {
        self.vendor.ask_again(ask, task)
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let Ok(endpoint) = self.vendor.endpoint(ask) else { return Outcome::Unknown.into() };
        let (vendor, operation) = (&self.vendor, ask.operation);
        read::Reader { vendor, endpoint, operation, answer }.read(ask)
    }

    fn sign_in(&self, base_url: &str, key: &Secret<String>) -> Option<Result<HttpRequest>> {
        let exchange = self.vendor.auth.as_ref()?.exchange.as_ref()?;
        Some(exchange.request(base_url, key))
    }

    fn parse_sign_in(&self, answer: &HttpResponse) -> Result<Token, Box<Outcome>> {
        let exchange = self.vendor.auth.as_ref().and_then(|it| it.exchange.as_ref());
        exchange
            .map_or_else(|| Err(Box::new(Outcome::Transient)), |it| it.token(&self.vendor, answer))
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let check = self.vendor.check.as_ref()?;
        check.request(&self.vendor, base_url, key).ok()
    }

    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let Some(check) = &self.vendor.check else { return Standing::default() };
        let body = json(answer).unwrap_or(Value::Null);
        let text = |path: &Option<path::Path>| {
            path.as_ref().and_then(|it| it.first(&body)).and_then(rule::scalar)
        };
        let there = |path: &path::Path| path.first(&body).is_some();
        let bad = check.bad_status.as_ref().map_or(answer.status == 401, |all| {
            all.as_slice().iter().any(|it| it.holds(answer.status))
        });
        let fine = (200..300).contains(&answer.status);
        let key_works = match answer.status {
            500.. => None,
            _ if bad || (fine && check.bad.as_ref().is_some_and(there)) => Some(false),
            _ if fine && there(&check.good) => Some(true),
            _ => None,
        };
        let left: Option<VendorUnits> = text(&check.left).and_then(|it| milli_units(&it));
        Standing {
            key_works,
            plan: text(&check.plan).filter(|_| fine),
            left: left.filter(|_| fine),
            resets: text(&check.resets).filter(|_| fine),
        }
    }
}
