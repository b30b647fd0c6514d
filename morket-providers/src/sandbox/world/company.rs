//! Companies: what follows from a domain.

use super::{
    lists::{INDUSTRIES, MARKS, PLACES, Place, SIZES, TECHNOLOGIES, TRADES},
    text::{fold, title_case},
};
use crate::sandbox::dice::{Dice, Rate, Roll};

/// Endings that nobody can own.
const RESERVED: &[&str] =
    &[".example", ".test", ".invalid", "example.com", "example.net", "example.org"];
/// Words that end a name without telling companies apart.
const LEGAL_FORMS: &[&str] =
    &["inc", "gmbh", "ltd", "llc", "sas", "sa", "sl", "ag", "co", "corp", "limited", "bv", "plc"];
/// How many of the domains that may hold a company do.
const EXISTS: Rate = Rate::percent(92);
const CATCH_ALL: Rate = Rate::percent(12);
/// Numbers of demo companies begin here and are this far apart.
const FIRST_NUMBER: usize = 10_000;
const NUMBER_STEP: usize = 37;

/// How a company builds its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `ada.baker`
    FirstDotLast,
    /// `a.baker`
    InitialDotLast,
    /// `ada_baker`
    FirstUnderscoreLast,
    /// `abaker`
    InitialLast,
    /// `ada`
    First,
}

impl Pattern {
    /// In Hunter's tokens.
    pub const fn tokens(self) -> &'static str {
        match self {
            Self::FirstDotLast => "{first}.{last}",
            Self::InitialDotLast => "{f}.{last}",
            Self::FirstUnderscoreLast => "{first}_{last}",
            Self::InitialLast => "{f}{last}",
            Self::First => "{first}",
        }
    }
}

/// A company as it truly is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Company {
    /// Its domain, canonical.
    pub domain: String,
    /// Its name without a legal form.
    pub name: String,
    /// Its name with one.
    pub legal_name: String,
    /// What it does.
    pub industry: &'static str,
    /// How many people it employs.
    pub employees: u32,
    /// The same as a range, `51-200`.
    pub size: &'static str,
    /// Yearly revenue as a range in text.
    pub revenue: &'static str,
    /// The year it began.
    pub founded: u32,
    /// Its seat.
    pub place: &'static Place,
    /// The slug of its LinkedIn page.
    pub linkedin: String,
    /// What its site is built with.
    pub technologies: Vec<&'static str>,
    /// Raised so far, in dollars.
    pub raised: Option<u64>,
    /// Its switchboard: a number set aside for fiction.
    pub phone: String,
    /// How it builds addresses.
    pub pattern: Pattern,
    /// Whether it accepts mail to any address.
    pub catch_all: bool,
}

impl Company {
    /// One sentence about it.
    pub fn description(&self) -> String {
        format!("{} of {} is invented for the sandbox.", self.name, self.place.city)
    }
}

pub(super) fn of_domain(dice: Dice, domain: &str) -> Option<Company> {
    let roll = dice.roll("company", &[domain]);
    (is_reserved(domain) && roll.happens(EXISTS)).then_some(())?;
    let label = label(domain);
    let name = title_case(&label.replace('-', " "));
    let place = &PLACES[roll.aspect(1).index(PLACES.len())];
    let (size, least, most, revenue) = roll.aspect(2).pick(SIZES);
    let many = roll.aspect(4).index(4);
    let first = roll.aspect(5).index(TECHNOLOGIES.len());
    let raised = (roll.aspect(7).below(10) < 4).then(|| roll.aspect(8).below(90) * 500_000);
    Some(Company {
        legal_name: format!("{name} {}", place.form),
        industry: industry(label, roll),
        employees: least + small(roll.aspect(3).below(u64::from(most - least + 1))),
        size,
        revenue,
        founded: 1970 + small(roll.aspect(6).below(54)),
        place,
        linkedin: domain.strip_suffix(".example").unwrap_or(domain).replace('.', "-"),
        technologies: TECHNOLOGIES.iter().cycle().skip(first).take(many).copied().collect(),
        raised: raised.filter(|dollars| *dollars > 0),
        phone: fictional_phone(roll.aspect(9)),
        pattern: pattern(roll.aspect(10)),
        catch_all: roll.aspect(11).happens(CATCH_ALL),
        name,
        domain: domain.to_owned(),
    })
}

/// The domain that a company of this name would have.
pub(super) fn domain_of_name(name: &str) -> Option<String> {
    let folded = fold(&name.replace('-', " "));
    let mut words: Vec<_> = folded.split(' ').collect();
    if words.len() > 1 && words.last().is_some_and(|last| LEGAL_FORMS.contains(last)) {
        words.pop();
    }
    let label = words.join("-");
    (!label.is_empty() && label.is_ascii()).then(|| format!("{label}.example"))
}

/// The domain of the demo company `index`; they repeat after [`demo_count`].
pub(super) fn demo_domain(index: usize) -> String {
    let mark = MARKS[index % MARKS.len()].to_ascii_lowercase();
    let (trade, _) = TRADES[index / MARKS.len() % TRADES.len()];
    format!("{mark}-{}.example", trade.to_ascii_lowercase())
}

pub(super) const fn demo_count() -> usize {
    MARKS.len() * TRADES.len()
}

/// What stands behind a person's name in a profile's slug.
pub(super) fn handle_suffix(domain: &str) -> String {
    match demo_index(domain) {
        Some(index) => (FIRST_NUMBER + index * NUMBER_STEP).to_string(),
        None => {
            format!("at-{}", domain.strip_suffix(".example").unwrap_or(domain).replace('.', "-"))
        }
    }
}

/// The domain behind the number of a demo company.
pub(super) fn numbered_domain(number: usize) -> Option<String> {
    let offset = number.checked_sub(FIRST_NUMBER)?;
    let index = offset / NUMBER_STEP;
    (offset % NUMBER_STEP == 0 && index < demo_count()).then(|| demo_domain(index))
}

fn demo_index(domain: &str) -> Option<usize> {
    let (mark, trade) = domain.strip_suffix(".example")?.split_once('-')?;
    let mark = MARKS.iter().position(|known| known.eq_ignore_ascii_case(mark))?;
    let trade = TRADES.iter().position(|(known, _)| known.eq_ignore_ascii_case(trade))?;
    Some(trade * MARKS.len() + mark)
}

/// Whether the domain may be invented upon.
fn is_reserved(domain: &str) -> bool {
    RESERVED.iter().any(|ending| match domain.strip_suffix(ending) {
        Some("") => !ending.starts_with('.'),
        Some(rest) => ending.starts_with('.') || rest.ends_with('.'),
        None => false,
    })
}

/// The part of the domain that names the company.
fn label(domain: &str) -> &str {
    let mut labels = domain.rsplit('.').skip(1);
    labels.next().unwrap_or(domain)
}

fn industry(label: &str, roll: Roll) -> &'static str {
    let spoken = label.rsplit('-').next().unwrap_or_default();
    let known = TRADES.iter().find(|(trade, _)| trade.eq_ignore_ascii_case(spoken));
    known.map_or_else(|| roll.aspect(12).pick(INDUSTRIES), |(_, industry)| industry)
}

fn pattern(roll: Roll) -> Pattern {
    match roll.below(100) {
        0..45 => Pattern::FirstDotLast,
        45..55 => Pattern::InitialDotLast,
        55..60 => Pattern::FirstUnderscoreLast,
        60..82 => Pattern::InitialLast,
        _ => Pattern::First,
    }
}

/// A number of the North American range that fiction may use.
pub(super) fn fictional_phone(roll: Roll) -> String {
    let area = roll.pick(&[202, 312, 415, 512, 617, 720]);
    format!("+1{area}55501{:02}", roll.aspect(1).below(100))
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}
