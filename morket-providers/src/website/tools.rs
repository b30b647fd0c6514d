//! What a page is built with, by marks that its tools leave. A small set of our own.

use super::html::Tag;
use morket_core::http::HttpResponse;

/// Marks in the addresses of scripts, styles and pictures.
const ADDRESSES: &[(&str, &str)] = &[
    ("js.hs-scripts.com", "HubSpot"),
    ("js.hsforms.net", "HubSpot"),
    ("googletagmanager.com", "Google Tag Manager"),
    ("google-analytics.com", "Google Analytics"),
    ("connect.facebook.net", "Meta Pixel"),
    ("cdn.segment.com", "Segment"),
    ("js.stripe.com", "Stripe"),
    ("widget.intercom.io", "Intercom"),
    ("static.zdassets.com", "Zendesk"),
    ("cdn.shopify.com", "Shopify"),
    ("/wp-content/", "WordPress"),
    ("/wp-includes/", "WordPress"),
    ("static.hotjar.com", "Hotjar"),
    ("munchkin.marketo.net", "Marketo"),
    ("snap.licdn.com", "LinkedIn Insight"),
    ("static1.squarespace.com", "Squarespace"),
    ("static.wixstatic.com", "Wix"),
    ("website-files.com", "Webflow"),
    ("js.driftt.com", "Drift"),
    ("client.crisp.chat", "Crisp"),
    ("cdn.mxpnl.com", "Mixpanel"),
    ("cdn.cookielaw.org", "OneTrust"),
    ("/_next/static/", "Next.js"),
];

/// Marks in headers: the header, what it holds, whose it is.
const HEADERS: &[(&str, &str, &str)] = &[
    ("server", "cloudflare", "Cloudflare"),
    ("server", "netlify", "Netlify"),
    ("server", "nginx", "nginx"),
    ("server", "apache", "Apache"),
    ("x-vercel-id", "", "Vercel"),
    ("x-shopify-stage", "", "Shopify"),
    ("x-powered-by", "php", "PHP"),
    ("x-powered-by", "express", "Express"),
    ("x-powered-by", "asp.net", "ASP.NET"),
];

/// The tools a page names so far, each once.
#[derive(Debug, Default)]
pub(super) struct Tools(Vec<String>);

impl Tools {
    pub(super) fn of_headers(answer: &HttpResponse) -> Self {
        let mut tools = Self::default();
        for (name, holds, tool) in HEADERS {
            let value = answer.header(name).map(str::to_ascii_lowercase);
            if value.is_some_and(|it| it.contains(holds)) {
                tools.add(tool);
            }
        }
        tools
    }

    /// What one tag tells.
    pub(super) fn look(&mut self, tag: &Tag<'_>) {
        let address = match tag.name.as_str() {
            "script" | "img" | "iframe" => tag.get("src"),
            "link" => tag.get("href"),
            "meta" if tag.get("name").is_some_and(|it| it.eq_ignore_ascii_case("generator")) => {
                return self.generator(&tag.get("content").unwrap_or_default());
            }
            _ => None,
        };
        let Some(address) = address.map(|it| it.to_ascii_lowercase()) else { return };
        for (mark, tool) in ADDRESSES {
            if holds(&address, mark) {
                self.add(tool);
            }
        }
    }

    /// `WordPress 6.5.2`: the name without its version.
    fn generator(&mut self, content: &str) {
        let words = content.split_whitespace();
        let name: Vec<_> = words
            .take_while(|it| !it.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()))
            .take(3)
            .map(|it| it.trim_matches([',', ';', '(', ')']))
            .collect();
        let name = name.join(" ");
        if (2..=40).contains(&name.len())
            && name.chars().all(|c| !c.is_control() && c != '\u{fffd}')
        {
            self.add(&name);
        }
    }

    fn add(&mut self, tool: &str) {
        if !self.0.iter().any(|it| it.eq_ignore_ascii_case(tool)) && self.0.len() < 50 {
            self.0.push(tool.to_owned());
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.0
    }
}

/// A host must be the whole of one or the end of one; a path may stand anywhere.
fn holds(address: &str, mark: &str) -> bool {
    if mark.starts_with('/') {
        return address.contains(mark);
    }
    let rest = address.split_once("//").map_or("", |(_, rest)| rest);
    let host = rest.split(['/', '?', ':']).next().unwrap_or_default();
    host.strip_suffix(mark).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}
