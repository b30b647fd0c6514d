//! Whether two companies are one, by their domains and names.

use super::{
    Sameness,
    names::{Words, fold},
};
use crate::field::domain::{canonical, is_webmail, owner};
use std::sync::LazyLock;

static LEGAL_FORMS: Words = LazyLock::new(|| {
    let words = "inc incorporated llc llp lp ltd limited plc gmbh mbh ag se kg kga ohg ug ev sa \
        sas sarl srl spa snc bv nv ab as asa aps oy oyj pty pte pvt co corp corporation company \
        group holding holdings kk zrt kft sro doo sl slu ltda eireli the and und et";
    words.split(' ').collect()
});

/// A company as far as a record or an answer tells.
#[derive(Debug, Default)]
pub(super) struct Company {
    domain: Option<String>,
    words: Vec<String>,
}

impl Company {
    /// By its domain, else by the domain of an address at work; and by its name.
    pub(super) fn of(domain: Option<&str>, email: Option<&str>, name: Option<&str>) -> Self {
        let usable = |text: &str| canonical(text).filter(|it| !is_webmail(it));
        let of_email = || email.and_then(|it| usable(it.rsplit_once('@')?.1));
        let domain = domain.and_then(usable).or_else(of_email);
        Self { domain, words: name.map(words).unwrap_or_default() }
    }

    /// One text for each way in which it can be recognised: its domain's owner, and its name. By a
    /// name alone two countries are two companies.
    pub(super) fn texts(&self, country: Option<&str>) -> Vec<String> {
        let domain = self.domain.as_deref().map(|it| format!("@{}", owner(it)));
        let name = self.words.concat();
        let named = (!name.is_empty()).then(|| format!("{name} {}", country.unwrap_or_default()));
        domain.into_iter().chain(named).collect()
    }

    /// Whether the domains have one owner. The same word under another top level, `example.com` and
    /// `example.de`, tells nothing either way.
    pub(super) fn domains(&self, other: &Self) -> Sameness {
        let (Some(a), Some(b)) = (&self.domain, &other.domain) else { return Sameness::Unknown };
        let (a, b) = (owner(a), owner(b));
        let label = |domain: &str| domain.split('.').next().map(str::to_owned);
        match a == b {
            true => Sameness::Same,
            false if label(a) == label(b) => Sameness::Unknown,
            false => Sameness::Different,
        }
    }

    /// Whether the names are one: legal forms, case and gaps apart. A name within the other, and an
    /// abbreviation, tell nothing.
    pub(super) fn names(&self, other: &Self) -> Sameness {
        let (a, b) = (&self.words, &other.words);
        let ascii = |words: &[String]| words.concat().is_ascii();
        if a.is_empty() || b.is_empty() {
            return Sameness::Unknown;
        }
        if a.concat() == b.concat() {
            return Sameness::Same;
        }
        let within = |a: &[String], b: &[String]| a.iter().all(|word| b.contains(word));
        let short = |a: &[String], b: &[String]| a.concat() == initials(b);
        let open = within(a, b) || within(b, a) || short(a, b) || short(b, a);
        match open || ascii(a) != ascii(b) {
            true => Sameness::Unknown,
            false => Sameness::Different,
        }
    }

    /// Both together: a domain decides where it can, names where there is none.
    pub(super) fn same(&self, other: &Self) -> Sameness {
        match (self.domains(other), self.names(other)) {
            (Sameness::Same, _) => Sameness::Same,
            // One name under two domains: a brand with two, or a namesake.
            (Sameness::Different, Sameness::Same) => Sameness::Unknown,
            (Sameness::Different, _) => Sameness::Different,
            (Sameness::Unknown, names) => names,
        }
    }
}

fn words(name: &str) -> Vec<String> {
    let undotted: String =
        name.chars().take(300).filter(|c| !matches!(c, '.' | '\'' | '’')).collect();
    let all: Vec<String> = undotted
        .split(|c: char| !c.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .map(fold)
        .collect();
    let is_form = |word: &String| LEGAL_FORMS.contains(word.as_str());
    match all.iter().all(is_form) {
        true => all,
        false => all.into_iter().filter(|word| !is_form(word)).collect(),
    }
}

fn initials(words: &[String]) -> String {
    words.iter().filter_map(|word| word.chars().next()).collect()
}
