//! People and organisations as they describe themselves at GitHub.

mod read;

use crate::kit::{AGENT, alternatives, fields, free, json, keyless, public_refusal};
use crate::kit::{resets_in, retry_after, unknown_operation};
use morket_core::{
    Error, Result,
    field::Kind,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, LimitScope, Manifest, Operation, Outcome, Parsed, Provider, Window},
};
use serde_json::Value;
use std::time::Duration;

const USER: &str = "user";
const ORGANISATION: &str = "organisation";

/// GitHub, as far as it tells without a token.
#[derive(Clone, Debug)]
pub struct GitHub {
    manifest: Manifest,
}

impl GitHub {
    /// As it is offered today.
    pub fn new() -> Self {
        let hour = Duration::from_secs(3600);
        let window = Window { max: 60, per: hour, scope: LimitScope::Credential };
        let user = Operation {
            inputs: alternatives(&[&["github_url"]]),
            outputs: fields(&[
                "full_name",
                "company_name",
                "location",
                "personal_email",
                "twitter_url",
            ]),
            windows: vec![window],
            ..free(USER, Kind::Person)
        };
        let organisation = Operation {
            inputs: alternatives(&[&["company_github_url"]]),
            outputs: fields(&["company_name", "company_domain", "company_twitter_url"]),
            windows: vec![window],
            ..free(ORGANISATION, Kind::Company)
        };
        let base = "https://api.github.com";
        Self { manifest: keyless("github", "GitHub", base, vec![user, organisation]) }
    }
}

impl Default for GitHub {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for GitHub {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let (part, input) = match ask.operation.name.as_str() {
            USER => ("users", "github_url"),
            ORGANISATION => ("orgs", "company_github_url"),
            _ => return Err(unknown_operation(ask.operation)),
        };
        let login = login(ask.record().required(input)?)
            .ok_or_else(|| Error::invalid("provider.request", input, "is no page at GitHub"))?;
        let request = HttpRequest::get(format!("{}/{part}/{login}", ask.base_url));
        let request = request.header("accept", "application/vnd.github+json");
        let request = request.header("x-github-api-version", "2022-11-28");
        Ok(request.header("user-agent", AGENT).free())
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        match answer.status {
            403 | 429 if is_throttled(answer) => {
                let until = || resets_in(answer, "x-ratelimit-reset");
                Outcome::RateLimited { retry_after: retry_after(answer).or_else(until) }
            }
            200 if body["login"].is_string() => read::read(ask.operation, &body),
            // Believed only with GitHub's own body.
            404 if body.is_object() => Outcome::Miss,
            _ => public_refusal(answer).unwrap_or(Outcome::Unknown),
        }
        .into()
    }
}

/// Both of its limits answer 403 or 429; the headers tell them from a refusal.
fn is_throttled(answer: &HttpResponse) -> bool {
    let used_up = answer.header("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0");
    answer.status == 429 || used_up || answer.header("retry-after").is_some()
}

/// Whose page an address is: `ada-example` of `https://github.com/ada-example/widgets`.
fn login(url: &str) -> Option<&str> {
    let bare = url.trim().split_once("://").map_or(url.trim(), |(_, rest)| rest);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    let path = bare.strip_prefix("github.com/")?;
    let login = path.split(['/', '?', '#']).next()?;
    let fits = (1..=39).contains(&login.len())
        && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // Pages of its own that look like somebody's.
    let own = ["about", "features", "login", "orgs", "pricing", "search", "settings", "topics"];
    (fits && !own.contains(&login)).then_some(login)
}

#[cfg(test)]
mod tests {
    use super::login;

    #[test]
    fn a_login_is_the_first_part_of_the_path() {
        for (url, expected) in [
            ("https://github.com/ada-example", Some("ada-example")),
            ("http://www.github.com/ada-example/widgets?tab=x", Some("ada-example")),
            ("github.com/ada-example/", Some("ada-example")),
            ("https://github.com/", None),
            ("https://github.com/pricing", None),
            ("https://github.com/a_b", None),
            ("https://github.com/..", None),
            ("https://gist.github.com/ada", None),
            ("https://example.com/github.com/ada", None),
            ("ada", None),
        ] {
            assert_eq!(login(url), expected, "{url}");
        }
    }
}
