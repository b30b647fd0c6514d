//! What people call their columns.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// How a phrase with several meanings is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decide {
    /// By the values; the first meaning if they do not tell.
    First,
    /// By the values; no meaning if they do not tell.
    Values,
    /// By the other columns; else the user is asked.
    Ask,
}

use Decide::{Ask, First, Values};

/// What it may mean, how that is decided, and the phrases, the stronger first.
pub(super) type Entry = (&'static [&'static str], Decide, &'static [&'static str]);

/// Phrases are as [`clean`] makes them: lower case, no accents, one space between words.
#[rustfmt::skip]
pub(super) const ENTRIES: &[Entry] = &[
    (&["full_name", "company_name"], Ask, &["name", "names", "naam"]),
    (&["first_name", "full_name"], Ask, &["nombre"]),
    (&["full_name"], First, &["full name", "fullname", "contact name", "person name", "lead name",
        "contact", "person", "ansprechpartner", "vollstandiger name", "nom complet",
        "nombre completo", "nome completo", "contact full name"]),
    (&["first_name"], First, &["first name", "firstname", "first", "given name", "forename",
        "vorname", "prenom", "voornaam", "nome", "fname", "primeiro nome"]),
    (&["last_name"], First, &["last name", "lastname", "last", "surname", "family name",
        "nachname", "familienname", "nom", "nom de famille", "achternaam", "apellido", "apellidos",
        "cognome", "sobrenome", "lname"]),
    (&["email"], First, &["work email", "business email", "corporate email", "company email",
        "professional email", "email", "email address", "e mail", "e mail address", "mail",
        "emailaddress", "work e mail", "mail address", "e mail adresse", "email adresse",
        "courriel", "adresse email", "adresse e mail", "correo", "correo electronico",
        "e mailadres", "posta elettronica", "email professionnel"]),
    (&["email_status"], First, &["email status", "email verification", "email validity",
        "verification status"]),
    (&["personal_email"], First, &["personal email", "private email", "home email",
        "personal e mail", "private e mail"]),
    (&["title"], First, &["job title", "title", "jobtitle", "position", "role", "job role",
        "job", "designation", "funktion", "stelle", "berufsbezeichnung", "poste", "fonction",
        "cargo", "puesto", "functie", "ruolo", "headline"]),
    (&["seniority"], First, &["seniority", "seniority level", "level", "job level",
        "management level"]),
    (&["department"], First, &["department", "function", "abteilung", "departement", "afdeling",
        "job function", "team"]),
    (&["mobile_phone"], First, &["mobile phone", "mobile", "mobile number", "cell", "cell phone",
        "cellphone", "mobile phone number", "handy", "mobiltelefon", "mobil", "portable",
        "movil", "celular", "gsm"]),
    (&["phone"], First, &["direct phone", "direct dial", "work phone", "work direct phone",
        "phone number", "phone", "phone 1", "telephone", "tel", "telefon", "telefonnummer",
        "telephone number", "telefono", "telefoon", "durchwahl", "business phone"]),
    (&["company_phone"], First, &["company phone", "corporate phone", "hq phone",
        "company phone number", "switchboard", "office phone", "main phone", "zentrale"]),
    (&["linkedin_url", "company_linkedin_url"], First, &["linkedin", "linkedin url",
        "linkedin profile", "linkedin profile url", "linkedin link", "li url", "linkedin page",
        "linkedin account", "linkedinurl"]),
    (&["linkedin_url"], First, &["person linkedin url", "person linkedin", "contact linkedin",
        "contact linkedin url", "personal linkedin", "personal linkedin url",
        "contact linkedin profile url", "lead linkedin url"]),
    (&["company_linkedin_url"], First, &["company linkedin url", "company linkedin",
        "linkedin company url", "linkedin company", "linkedin company page",
        "company linkedin profile", "company linkedin page"]),
    (&["location"], First, &["location", "person location", "contact location", "standort",
        "geography", "based in"]),
    (&["city"], First, &["city", "town", "stadt", "ort", "ville", "ciudad", "plaats", "citta",
        "cidade", "person city", "contact city"]),
    (&["region"], First, &["state", "region", "province", "bundesland", "county", "provincia",
        "state province", "person state", "contact state"]),
    (&["country"], First, &["country", "land", "pays", "pais", "paese", "country code",
        "person country", "contact country"]),
    (&["company_name"], First, &["company name", "company", "organization name", "organization",
        "organisation", "organisation name", "account name", "account", "business name",
        "employer", "firm", "firma", "firmenname", "unternehmen", "unternehmensname",
        "entreprise", "societe", "nom entreprise", "nom de l entreprise", "raison sociale",
        "empresa", "nombre empresa", "azienda", "bedrijf", "bedrijfsnaam", "companyname",
        "current company", "company name for emails", "brand"]),
    (&["company_domain"], First, &["company domain", "domain", "company website", "website",
        "company domain name", "domain name", "company website url", "website url",
        "website domain", "homepage", "web site", "web", "webseite", "internetseite",
        "company url", "site web", "site", "sitio web", "sito web", "sito", "pagina web",
        "email domain", "corporate website", "web address", "websites"]),
    (&["linkedin_url", "company_linkedin_url", "company_domain"], Values, &["url", "link",
        "profile", "profile url", "urls", "links", "web link", "social"]),
    (&["legal_name"], First, &["legal name", "legal company name", "registered name"]),
    (&["industry"], First, &["industry", "company industry", "sector", "branche", "secteur",
        "sector industrial", "vertical", "industria", "settore"]),
    (&["description"], First, &["description", "company description", "about", "short description",
        "seo description", "beschreibung"]),
    (&["employee_count", "employee_range"], First, &["employees", "number of employees",
        "employee count", "no of employees", "headcount", "company headcount", "company size",
        "size", "mitarbeiter", "mitarbeiterzahl", "anzahl mitarbeiter", "effectif", "empleados",
        "employees count", "staff", "num employees"]),
    (&["employee_range"], First, &["employee range", "company size range", "size range"]),
    (&["founded_year"], First, &["founded", "founded year", "year founded", "company founded",
        "grundungsjahr", "foundation year", "company founded year"]),
    (&["revenue"], First, &["revenue", "annual revenue", "company revenue", "umsatz",
        "company annual revenue", "chiffre d affaires", "turnover"]),
    (&["technologies"], First, &["technologies", "tech stack", "technology", "tech"]),
    (&["company_city"], First, &["company city", "hq city", "headquarters city", "account city",
        "organization city"]),
    (&["company_country"], First, &["company country", "hq country", "headquarters country",
        "account country"]),
];

/// Words that say nothing of what a column holds.
const FILLERS: &[&str] = &[
    "person",
    "people",
    "contact",
    "contacts",
    "lead",
    "leads",
    "prospect",
    "candidate",
    "primary",
    "main",
    "current",
    "the",
    "your",
    "their",
    "of",
    "s",
    "value",
    "field",
    "best",
    "verified",
];

/// Words for a company.
const COMPANIES: &[&str] = &[
    "organization",
    "organisation",
    "account",
    "business",
    "firm",
    "employer",
    "corporate",
    "hq",
    "org",
    "customer",
    "client",
    "unternehmens",
    "firmen",
];

/// What a person has in a file of people, a company has in a file of companies.
pub(super) const OF_COMPANY: &[(&str, &str)] = &[
    ("phone", "company_phone"),
    ("linkedin_url", "company_linkedin_url"),
    ("city", "company_city"),
    ("country", "company_country"),
];

/// Lower case, no accents, no punctuation, one space between words: `firstName` is `first name`.
pub(super) fn clean(header: &str) -> String {
    let mut out = String::with_capacity(header.len());
    let mut before = ' ';
    for letter in header.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        let hump = before.is_lowercase() && letter.is_uppercase();
        if (hump || !letter.is_alphanumeric()) && !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
        if letter == 'ß' {
            out.push_str("ss");
        } else if letter.is_alphanumeric() {
            out.extend(letter.to_lowercase());
        }
        before = letter;
    }
    out.trim_end().replace("linked in", "linkedin")
}

/// The same without words that say nothing, and with one word for companies.
pub(super) fn reduced(clean: &str) -> String {
    let words = clean.split(' ').filter(|word| !FILLERS.contains(word));
    let words = words.map(|word| if COMPANIES.contains(&word) { "company" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn headers_are_cleaned() {
        let rows = [
            ("firstName", "first name"),
            ("First_Name ", "first name"),
            ("E-Mail-Adresse", "e mail adresse"),
            ("Société", "societe"),
            ("# Employees", "employees"),
            ("Person Linkedin Url", "person linkedin url"),
            ("LinkedIn URL", "linkedin url"),
            ("Straße", "strasse"),
            ("URL", "url"),
            ("Nº", "no"),
        ];
        for (header, expected) in rows {
            assert_eq!(clean(header), expected, "{header}");
        }
    }

    #[test]
    fn every_phrase_is_clean_and_stands_once() {
        let mut seen = BTreeSet::new();
        for phrase in ENTRIES.iter().flat_map(|(_, _, phrases)| *phrases) {
            assert_eq!(clean(phrase), *phrase);
            assert!(seen.insert(*phrase), "{phrase} stands twice");
        }
    }
}
