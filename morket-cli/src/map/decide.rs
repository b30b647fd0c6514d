//! One claim after the other, the strongest first.

use super::{
    Doubt, Guess, Mapping, Sample, Told,
    words::{Decide, ENTRIES, OF_COMPANY, clean, reduced},
};
use morket::{
    Error, Result,
    field::{Catalogue, FieldType, Kind, normalise},
    name::FieldName,
};
use serde_json::Value;

/// Fields that only a person has: with one of them a file is about people.
const IDENTITY: &[&str] = &[
    "full_name",
    "first_name",
    "last_name",
    "email",
    "personal_email",
    "linkedin_url",
    "title",
    "mobile_phone",
];

/// What a column may mean, and how sure that is: the smaller the surer.
#[derive(Debug)]
struct Claim {
    column: usize,
    strength: (u8, usize),
    fields: Vec<&'static str>,
    decide: Decide,
    why: String,
}

#[derive(Debug)]
pub(super) struct Table<'a> {
    sample: &'a Sample,
    told: Vec<Option<&'a Option<FieldName>>>,
    kind: Option<Kind>,
    guesses: Vec<Guess>,
    doubts: Vec<(usize, Vec<&'static str>)>,
}

impl<'a> Table<'a> {
    pub(super) fn new(sample: &'a Sample, told: &'a Told, kind: Option<Kind>) -> Result<Self> {
        let mut by_column = vec![None; sample.names.len()];
        for (header, field) in told {
            let column = sample
                .names
                .iter()
                .position(|name| name == header)
                .or_else(|| sample.names.iter().position(|name| clean(name) == clean(header)));
            let Some(column) = column else {
                let there = sample.names.iter().take(20).map(|it| format!("`{it}`"));
                let there = there.collect::<Vec<_>>().join(", ");
                let problem = format!("there is no column `{header}`; there are {there}");
                return Err(Error::invalid("map", "--map", problem));
            };
            let twice = field.is_some() && told.values().filter(|it| *it == field).count() > 1;
            if let Some(field) = field.as_ref().filter(|_| twice) {
                let problem = format!("two columns cannot both be {field}");
                return Err(Error::invalid("map", "--map", problem));
            }
            by_column[column] = Some(field);
        }
        Ok(Self { sample, told: by_column, kind, guesses: Vec::new(), doubts: Vec::new() })
    }

    pub(super) fn decide(mut self) -> Result<Mapping> {
        for (column, header) in self.sample.names.iter().enumerate() {
            let told = self.told[column];
            let (field, why) = match told {
                Some(Some(field)) => (Some(field.clone()), "you said so"),
                Some(None) => (None, "you said so"),
                None => (None, "not known"),
            };
            self.guesses.push(Guess { column, header: header.clone(), field, why: why.to_owned() });
        }
        let mut claims: Vec<Claim> = (0..self.sample.names.len())
            .filter(|column| self.told[*column].is_none())
            .filter_map(|column| claim(column, &self.sample.names[column]))
            .collect();
        // Those that depend on other columns come when those are known.
        claims.sort_by_key(|it| (it.decide == Decide::Ask, it.strength, it.column));
        for claim in claims {
            self.settle(claim);
        }
        let (kind, kind_why) = self.kind();
        if kind == Kind::Company {
            self.of_companies();
        }
        let doubts = std::mem::take(&mut self.doubts).into_iter();
        let name = |field: &str| FieldName::new(field).ok();
        let doubts = doubts.map(|(column, fields)| Doubt {
            header: self.sample.names[column].clone(),
            fields: fields.into_iter().filter_map(name).collect(),
        });
        Ok(Mapping { kind, kind_why, doubts: doubts.collect(), guesses: self.guesses })
    }

    fn settle(&mut self, claim: Claim) {
        let column = claim.column;
        let free: Vec<_> = claim.fields.iter().copied().filter(|it| !self.has(it)).collect();
        let Some(first) = free.first() else {
            let taken = claim.fields[0];
            let holder = self.guesses.iter().find(|it| is(it, taken)).map(|it| it.header.clone());
            let why = format!("{taken} is in `{}`", holder.unwrap_or_default());
            self.guesses[column].why = why;
            return;
        };
        if claim.fields.len() == 1 {
            return self.take(column, first, claim.why);
        }
        let values = &self.sample.values[column];
        let by_values = free.iter().find(|it| tells(it) && share(it, values) >= 6);
        match (claim.decide, by_values) {
            (Decide::First | Decide::Values, Some(field)) => {
                let why = format!("{}, and its values look like {field}", claim.why);
                self.take(column, field, why);
            }
            (Decide::First, None) => self.take(column, first, claim.why),
            (Decide::Values, None) => {
                self.guesses[column].why = "its values look like no field".to_owned();
            }
            (Decide::Ask, _) => self.ask(column, &free, claim.why),
        }
    }

    /// A name: whose it is follows from what else is there.
    fn ask(&mut self, column: usize, free: &[&'static str], why: String) {
        let people = IDENTITY.iter().any(|it| self.has(it));
        let companies = ["company_domain", "company_linkedin_url", "industry", "employee_count"];
        let companies = companies.iter().any(|it| self.has(it));
        let of_company = |field: &&&str| field.starts_with("company_");
        let field = match (self.kind, free) {
            (_, [only]) => Some(*only),
            (Some(Kind::Company), _) => free.iter().find(of_company).copied(),
            (Some(Kind::Person), _) => free.iter().find(|it| !of_company(it)).copied(),
            (None, ["first_name", "full_name"]) if self.has("last_name") => Some("first_name"),
            (None, _) if people && !free.contains(&"first_name") => {
                free.iter().find(|it| !of_company(it)).copied()
            }
            (None, _) if companies && !people => free.iter().find(of_company).copied(),
            (None, _) => None,
        };
        match field {
            Some(field) => {
                let why = format!("{why}, and the other columns say whose");
                self.take(column, field, why);
            }
            None => {
                self.guesses[column].why = format!("may be {}", free.join(" or "));
                self.doubts.push((column, free.to_vec()));
            }
        }
    }

    fn take(&mut self, column: usize, field: &str, why: String) {
        let guess = &mut self.guesses[column];
        guess.field = FieldName::new(field).ok();
        guess.why = why;
    }

    fn has(&self, field: &str) -> bool {
        self.guesses.iter().any(|guess| is(guess, field))
    }

    fn kind(&self) -> (Kind, String) {
        if let Some(kind) = self.kind {
            return (kind, "you said so".to_owned());
        }
        let person = self.guesses.iter().find(|guess| IDENTITY.iter().any(|it| is(guess, it)));
        match person {
            Some(guess) => (Kind::Person, format!("`{}` tells of a person", guess.header)),
            None => (Kind::Company, "no column tells of a person".to_owned()),
        }
    }

    /// In a file of companies, a phone is the company's.
    fn of_companies(&mut self) {
        for column in 0..self.guesses.len() {
            if self.told[column].is_some() {
                continue;
            }
            let Some(field) = self.guesses[column].field.clone() else { continue };
            let known = Catalogue::standard().get(&field);
            if known.is_none_or(|it| it.fits(Kind::Company)) {
                continue;
            }
            let own = OF_COMPANY.iter().find(|(person, _)| *person == field.as_str());
            match own.filter(|(_, own)| !self.has(own)) {
                Some((_, own)) => self.take(column, own, "the rows are companies".to_owned()),
                None => {
                    let guess = &mut self.guesses[column];
                    guess.field = None;
                    guess.why = format!("{field} tells of a person, and the rows are companies");
                }
            }
        }
    }
}

fn is(guess: &Guess, field: &str) -> bool {
    guess.field.as_ref().is_some_and(|it| it.as_str() == field)
}

fn claim(column: usize, header: &str) -> Option<Claim> {
    let exact = Catalogue::standard().iter().find(|it| it.name.as_str() == header);
    let clean = clean(header);
    if let Some(field) = exact {
        let own = ENTRIES
            .iter()
            .flat_map(|(fields, ..)| *fields)
            .find(|it| **it == field.name.as_str())?;
        let (strength, why) = ((0, 0), "is the field's name".to_owned());
        return Some(Claim { column, strength, fields: vec![own], decide: Decide::First, why });
    }
    let phrase = |words: &str, rank: u8| {
        ENTRIES.iter().find_map(|(fields, decide, phrases)| {
            let at = phrases.iter().position(|it| *it == words)?;
            let why = format!("\"{words}\" means {}", fields.join(" or "));
            let (strength, fields) = ((rank, at), fields.to_vec());
            Some(Claim { column, strength, fields, decide: *decide, why })
        })
    };
    phrase(&clean, 1).or_else(|| phrase(&reduced(&clean), 2))
}

/// Whether values of this field can be told from others by their look.
fn tells(field: &str) -> bool {
    !matches!(ty(field), None | Some(FieldType::Text | FieldType::PersonName))
}

fn ty(field: &str) -> Option<FieldType> {
    Catalogue::standard().iter().find(|it| it.name.as_str() == field).map(|it| it.ty)
}

/// How many tenths of the values are of this field.
fn share(field: &str, values: &[Value]) -> usize {
    let Some(ty) = ty(field) else { return 0 };
    let good = values.iter().filter(|value| normalise(ty, value).is_some()).count();
    (good * 10).checked_div(values.len()).unwrap_or(0)
}
