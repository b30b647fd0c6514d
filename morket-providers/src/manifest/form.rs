//! The forms that values of a manifest can have, each with its check. The table of [`keys`] names
//! them; the check, the JSON Schema and the page for people are all made from that table.
//!
//! [`keys`]: super::keys

use super::{path::Path, template::Template, words};
use crate::kit::milli_units;
use morket_core::{
    name::{FieldName, ProviderSlug},
    plan::{parse_span, parse_usd},
};

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// One line of text.
    Line,
    /// A text that is taken as it is.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Number(i64, i64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A provider's slug.
    Slug,
    /// An operation's name.
    Name,
    /// A field of the catalogue, or one of the manifest's own.
    Field,
    /// The name of a new field.
    NewField,
    /// A day.
    Date,
    /// An address that requests begin with.
    BaseUrl,
    /// A span of time.
    Span,
    /// An amount of the vendor's units.
    Units,
    /// An amount of dollars.
    Usd,
    /// A template.
    Template,
    /// A template of a path below the base address.
    UrlPath,
    /// A place in a body.
    Path,
    /// A place in a body, or a header's name.
    Source,
    /// A pattern.
    Pattern,
    /// A header's name.
    Header,
    /// A status, or a class of them: `404`, `"5xx"`.
    Status,
    /// A text, a number or a flag.
    Scalar,
    /// A JSON body with templates in it.
    Json,
    /// A list of these, or one alone.
    OneOrMany(&'static Form),
    /// A list of these.
    List(&'static Form, usize),
    /// Names of one's own, each with one of these.
    Map(&'static Form, usize),
    /// The same, where names are headers' names.
    Headers,
    /// A table.
    Table(&'static Section),
    /// Several tables.
    Tables(&'static Section, usize),
    /// A table, or several.
    TableOrTables(&'static Section, usize),
    /// Where an output stands: a path, a table, or several to try in turn.
    Pick(&'static Section),
}

/// A table: which keys it may hold.
#[derive(Debug)]
pub(super) struct Section {
    /// How a person finds it, `[[operation.outcome]]`.
    pub(super) title: &'static str,
    /// What it is for.
    pub(super) about: &'static str,
    /// What it may hold.
    pub(super) keys: &'static [Key],
}

/// A key of a table.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name.
    pub(super) name: &'static str,
    /// What its value must be.
    pub(super) form: Form,
    /// Whether it must be there.
    pub(super) required: bool,
    /// What it says.
    pub(super) about: &'static str,
}

/// A key that may be left out.
pub(super) const fn may(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, form, required: false, about }
}

/// A key that must be there.
pub(super) const fn must(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, form, required: true, about }
}

/// The longest line.
pub(super) const LONGEST_LINE: usize = 200;

impl Form {
    /// What it wants of a text, for people.
    pub(super) fn wanted(self) -> String {
        match self {
            Self::Line | Self::Text => "a text".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Slug => "a name of a-z, 0-9 and -".to_owned(),
            Self::Name => "a name of a-z, 0-9 and _".to_owned(),
            Self::Field => "a field, as `morket fields` lists them".to_owned(),
            Self::NewField => "a field's name of a-z, 0-9 and _".to_owned(),
            Self::Date => "a day as text, \"2026-11-21\"".to_owned(),
            Self::BaseUrl => "an address, \"https://api.example.com/v1\"".to_owned(),
            Self::Span => "a span as text: \"90d\", \"12h\", \"15m\" or \"30s\"".to_owned(),
            Self::Units => "an amount as text, \"1\" or \"0.25\"".to_owned(),
            Self::Usd => "dollars as text, \"0.05\"".to_owned(),
            Self::Template => "a text, with `{{ field }}` where a value goes".to_owned(),
            Self::UrlPath => "a path, \"/people/{{ email }}\"".to_owned(),
            Self::Path => "a path, \"$.person.email\"".to_owned(),
            Self::Source => "a header's name or a path, \"$.credits\"".to_owned(),
            Self::Pattern => "a pattern, \"^[0-9]+\"".to_owned(),
            Self::Header => "a header's name".to_owned(),
            Self::Status => "a status, 404, or a class of them, \"5xx\"".to_owned(),
            Self::Scalar => "a text, a number, true or false".to_owned(),
            Self::Json => "a body".to_owned(),
            Self::OneOrMany(inner) => format!("{}, or a list of such", inner.wanted()),
            Self::List(inner, _) => format!("a list, each {}", inner.wanted()),
            Self::Map(inner, _) => format!("a table, each value {}", inner.wanted()),
            Self::Headers => "a table of headers".to_owned(),
            Self::Table(section) | Self::Tables(section, _) | Self::TableOrTables(section, _) => {
                format!("a table `{}`", section.title)
            }
            Self::Pick(_) => "a path, a table with `at`, or a list of those".to_owned(),
        }
    }

    /// How many patterns a text of this form holds.
    pub(super) fn patterns(self, text: &str) -> usize {
        match self {
            Self::Pattern => 1,
            Self::Template | Self::UrlPath | Self::Json => Template::patterns(text),
            Self::OneOrMany(inner) => inner.patterns(text),
            _ => 0,
        }
    }

    /// What is wrong with this text, if it is to be this.
    pub(super) fn text_problem(self, text: &str) -> Option<String> {
        let wanted = || Some(format!("must be {}", self.wanted()));
        let no_core = |found: bool| if found { None } else { wanted() };
        match self {
            Self::Line => line_problem(text),
            Self::Text => None,
            Self::OneOf(words) if words.contains(&text) => None,
            Self::OneOf(words) => {
                let near = words::nearest(text, words.iter().copied());
                let hint = near.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
                Some(format!("`{text}` is not {}{hint}", self.wanted()))
            }
            Self::Slug => no_core(ProviderSlug::new(text).is_ok()),
            Self::Name | Self::Field | Self::NewField => no_core(FieldName::of_user(text).is_ok()),
            Self::Date => no_core(is_date(text)),
            Self::BaseUrl => base_url_problem(text),
            Self::Span => no_core(parse_span("", text).is_ok_and(|it| !it.is_zero())),
            Self::Units => no_core(milli_units(text).is_some()),
            Self::Usd => no_core(parse_usd("", &format!("{text}usd")).is_ok()),
            Self::Template | Self::Json => template_problem(text),
            Self::UrlPath => url_path_problem(text),
            Self::Path => Path::parse(text).err(),
            Self::Source if text.starts_with('$') => Path::parse(text).err(),
            Self::Source | Self::Header => header_problem(text),
            Self::Pattern => words::pattern(text).err(),
            Self::Status => no_core(matches!(text, "2xx" | "3xx" | "4xx" | "5xx")),
            Self::Scalar => line_problem(text),
            Self::Pick(_) => Path::parse(text).err(),
            Self::OneOrMany(inner) => inner.text_problem(text),
            _ => wanted(),
        }
    }
}

fn line_problem(text: &str) -> Option<String> {
    let control = text.contains(char::is_control);
    (text.is_empty() || text.len() > LONGEST_LINE || control)
        .then(|| format!("must be one line of 1 to {LONGEST_LINE} bytes"))
}

fn template_problem(text: &str) -> Option<String> {
    Template::parse(text).err()
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize, to: usize, most: u32| {
        text.get(from..to).and_then(|it| it.parse::<u32>().ok()).is_some_and(|it| {
            (1..=most).contains(&it) && text[from..to].bytes().all(|b| b.is_ascii_digit())
        })
    };
    bytes.len() == 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && digits(0, 4, 9999)
        && digits(5, 7, 12)
        && digits(8, 10, 31)
}

/// Headers that frame a message, name its target or sign in: not for a manifest to write.
const KEPT: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn header_problem(name: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let long = name.is_empty() || name.len() > 64;
    (long || !name.bytes().all(plain))
        .then(|| "must be a header's name of letters, digits, `-` and `_`".to_owned())
}

/// What is wrong with a header that a request is to carry.
pub(super) fn sent_header_problem(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if KEPT.contains(&lower.as_str()) || lower.starts_with("proxy-") {
        return Some(format!("`{name}` is not for a manifest to set; a key goes into [auth]"));
    }
    header_problem(name)
}

/// An address whose host everybody can see: a name on the public net, over TLS. Whoever runs the
/// vendor elsewhere says so in their settings, not in a manifest that others hand them.
fn base_url_problem(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix("https://") else {
        return Some(
            "must begin with `https://`; to lead a vendor to a local address set \
             `providers.<slug>.base_url` in morket.toml"
                .to_owned(),
        );
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, "x"));
    let name = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain) && !label.starts_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let local = ["localhost", "local", "internal", "localdomain"].contains(&last);
    let public = host.contains('.') && !local && last.starts_with(|c: char| c.is_alphabetic());
    if host.len() > 253 || !host.split('.').all(name) || !public {
        return Some(format!(
            "`{host}` must be the public name of a host, without port, user or placeholder"
        ));
    }
    let segment = |it: &str| !matches!(it, "" | "." | "..") && it.bytes().all(is_path_byte);
    (!path.split('/').all(segment))
        .then(|| "must be scheme, host and path, with no slash at the end".to_owned())
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@' | b':')
}

fn url_path_problem(text: &str) -> Option<String> {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(problem) => return Some(problem),
    };
    if text.is_empty() || text == "/" {
        return None;
    }
    let segments = template.segments();
    if !text.starts_with('/') {
        return Some("must begin with `/`; the host is the base_url's".to_owned());
    }
    let last = segments.len() - 1;
    for (nth, segment) in segments.iter().enumerate().skip(1) {
        match segment.plain() {
            Some("") if nth == last && template.plain().is_some() => {}
            Some("." | ".." | "") => return Some("has an empty segment or dots".to_owned()),
            Some(plain) if plain.contains(['{', '}']) => {
                return Some(format!("`{plain}` is no value; write one as `{{{{ field }}}}`"));
            }
            Some(plain) if !plain.bytes().all(is_path_byte) => {
                return Some(format!(
                    "`{plain}` has signs that a path cannot hold; parameters go into `query`"
                ));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p159_a_base_url_names_a_public_host_over_tls() {
        for good in ["https://api.example.com", "https://api.example.com/v1/a-b", "https://x.io"] {
            assert_eq!(Form::BaseUrl.text_problem(good), None, "{good}");
        }
        for bad in [
            "http://api.example.com",
            "file:///etc/passwd",
            "https://",
            "https://localhost",
            "https://127.0.0.1",
            "https://169.254.169.254/latest",
            "https://2130706433",
            "https://0x7f.1",
            "https://[::1]",
            "https://vault.internal",
            "https://printer.local",
            "https://user@example.com",
            "https://example.com:22",
            "https://{{ company_domain }}/x",
            "https://example.com/",
            "https://example.com/a/../b",
            "https://example.com/?x=1",
            "https://example.com#x",
        ] {
            assert!(Form::BaseUrl.text_problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn texts_are_held_to_their_forms() {
        for (form, good, bad) in [
            (Form::Date, "2026-11-21", "2026-13-01"),
            (Form::Date, "2026-01-01", "21.11.2026"),
            (Form::Span, "90d", "3 weeks"),
            (Form::Span, "1s", "0s"),
            (Form::Units, "0.25", "-1"),
            (Form::Usd, "0.05", "5 EUR"),
            (Form::UrlPath, "/", "people"),
            (Form::UrlPath, "/a/{{ email }}", "/a//b"),
            (Form::UrlPath, "/a/", "/a/../b"),
            (Form::UrlPath, "", "/a?b=1"),
            (Form::UrlPath, "/a/{{ email }}", "/{{ email }}/"),
            (Form::Header, "X-Api_Key", "x key"),
            (Form::Source, "x-credits", "$["),
            (Form::Status, "5xx", "500"),
            (Form::Slug, "acme-2", "Acme"),
            (Form::Line, "Acme", "a\r\nb"),
        ] {
            assert_eq!(form.text_problem(good), None, "{good}");
            assert!(form.text_problem(bad).is_some(), "{bad}");
        }
        for kept in ["Host", "authorization", "Proxy-Authorization", "content-length"] {
            assert!(sent_header_problem(kept).is_some(), "{kept}");
        }
    }
}
