//! Names of people: taken apart, and laid beside each other.

use super::nicknames;
use std::{collections::HashSet, sync::LazyLock};
use unicode_normalization::UnicodeNormalization;

/// The longest name that is looked at, in characters.
const MAX: usize = 300;

/// What comparing two names tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameMatch {
    /// Every word has its equal.
    Same,
    /// Every word has its equal, and there is only one, or only initials.
    SameButThin,
    /// A short form, an initial, a middle name more: nothing speaks against it, two words for it.
    Compatible,
    /// One word, or initials alone, and nothing against it.
    Partial,
    /// One of them is not there.
    Missing,
    /// They are written in different scripts.
    Incomparable,
    /// A word in common, and one on either side that the other lacks: another family name.
    Conflict,
    /// Nothing in common.
    Different,
}

/// A name as its words.
pub(super) struct Name {
    /// What must be found again, sorted.
    required: Vec<String>,
    /// What may be missing: titles, particles, what stands in brackets.
    optional: Vec<String>,
    /// `jr`, `sr`, `ii`, `iii`, `iv`.
    generation: Option<&'static str>,
    /// All of it without titles, in its order, without gaps.
    joined: String,
    /// What it is written in, sorted, each once.
    scripts: Vec<u32>,
}

/// A list taken apart: every word of every name is looked up in it.
pub(super) type Words = LazyLock<HashSet<&'static str>>;

static TITLES: Words = LazyLock::new(|| {
    let words = "dr prof professor mr mrs ms miss mx sir dame lord lady rev hon herr frau sra srta \
        mme mlle ing dipl mag dott dottssa dra drs ir capt col doctor eng engr adv shri smt";
    words.split(' ').collect()
});
static DEGREES: Words = LazyLock::new(|| {
    let words = "phd mba msc bsc cpa cfa pmp esq mbbs dds dvm llm llb edd cissp fcca frcs";
    words.split(' ').collect()
});
static PARTICLES: Words = LazyLock::new(|| {
    let words = "de da do dos das del della di du van von vom zu zur der den het la le les el al \
        ul bin ben ibn bint abu ter ten af av st";
    words.split(' ').collect()
});
const MAIDEN: [&str; 3] = ["nee", "geb", "geborene"];

fn generation(word: &str) -> Option<&'static str> {
    Some(match word {
        "jr" | "junior" => "jr",
        "sr" | "senior" => "sr",
        "ii" | "2nd" => "ii",
        "iii" | "3rd" => "iii",
        "iv" | "4th" => "iv",
        _ => return None,
    })
}

/// A word without case and diacritics, with one spelling for `ä`, `ae` and `a` in longer words:
/// `Müller`, `Mueller` and `Muller` are one name.
pub(super) fn fold(word: &str) -> String {
    if word.is_ascii() {
        let letters = word.chars().filter(|c| !matches!(c, '\'' | '`'));
        return one_spelling(letters.map(|c| c.to_ascii_lowercase()).collect());
    }
    let lower = word.nfkc().collect::<String>().to_lowercase();
    let bare = lower.nfkd().filter(|c| !is_mark(*c) && !"'’‘ʼ`´\u{640}".contains(*c));
    let mut plain = String::new();
    for c in bare {
        match c {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ı' => plain.push('i'),
            'ς' => plain.push('σ'),
            'ى' => plain.push('ي'),
            'ة' => plain.push('ه'),
            other => plain.push(other),
        }
    }
    one_spelling(plain.nfkc().collect())
}

/// `ae`, `aa` and the like as one letter; not in short words: "Joey" is not "Joy".
fn one_spelling(plain: String) -> String {
    let mut pairs = plain.as_bytes().windows(2);
    let short = plain.chars().count() < 5;
    if short || !pairs.any(|pair| matches!(pair, b"ae" | b"oe" | b"ue" | b"aa")) {
        return plain;
    }
    plain.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("aa", "a")
}

/// Marks that are left out in writing: diacritics of European scripts, vowels of Semitic ones. The
/// marks of Indic and Japanese scripts are letters and stay.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{655}' | '\u{670}')
}

/// Which script a letter belongs to, near enough to tell that two cannot be compared.
fn script(c: char) -> Option<u32> {
    let code = u32::from(c);
    c.is_alphabetic().then_some(match code {
        0..=0x24f | 0x1e00..=0x1eff => 0,
        0x370..=0x3ff | 0x1f00..=0x1fff => 1,
        0x400..=0x52f => 2,
        0x600..=0x6ff | 0x750..=0x77f | 0x8a0..=0x8ff => 3,
        0x1100..=0x11ff | 0x3040..=0x318f | 0x3400..=0x9fff | 0xac00..=0xd7ff => 4,
        0xf900..=0xfaff | 0x2_0000..=0x3_ffff => 4,
        _ => 5 + code / 128,
    })
}

impl Name {
    /// Take a name apart; `None` if there is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let end = text.char_indices().nth(MAX).map_or(text.len(), |(end, _)| end);
        let mut words = Reading::default();
        for (part, bracketed) in parts(&text[..end]) {
            for (at, clause) in part.split(',').enumerate() {
                words.behind_comma = at > 0;
                for word in clause.split_whitespace() {
                    words.add(word, bracketed);
                }
            }
        }
        words.name()
    }

    /// The words that must be found again, as one text.
    pub(super) fn text(&self) -> String {
        let generation = self.generation.iter().map(|it| (*it).to_owned());
        self.required.iter().cloned().chain(generation).collect::<Vec<_>>().join(" ")
    }

    /// Whether an address is made of this name: two of its words, or one and another's initial.
    pub(super) fn is_spelled_by(&self, email: &str) -> bool {
        let local = email.split(['@', '+']).next().unwrap_or_default();
        let parts: Vec<String> = local
            .split(|c: char| !c.is_alphabetic() && !is_joined(c))
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        let joined = fold(&parts.concat());
        let initial = |word: &str| word.chars().next().map(String::from).unwrap_or_default();
        let pair =
            |a: &str, b: &str| [[a, b], [b, a]].iter().any(|pair| fold(&pair.concat()) == joined);
        let long = |word: &&String| word.chars().count() > 2;
        self.required.iter().filter(long).any(|word| {
            let mut others = self.required.iter().filter(|other| *other != word);
            others.any(|other| pair(word, other) || pair(word, &initial(other)))
        })
    }
}

/// One spelling for all that a name is written like: without case, diacritics, titles and
/// particles, whatever comes first. Nothing of a single word: too many are called so.
pub(crate) fn one_name(text: &str) -> Option<String> {
    let name = Name::parse(text).filter(|it| it.required.len() > 1)?;
    let words = name.required.iter().map(String::as_str).chain(name.generation);
    Some(words.collect::<Vec<_>>().join(" "))
}

/// The text outside and inside of brackets and double quotes.
fn parts(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let marks = |c| matches!(c, '(' | ')' | '[' | ']' | '"' | '“' | '”' | '„' | '«' | '»');
    text.split(marks).enumerate().map(|(at, part)| (part, at % 2 == 1))
}

#[derive(Default)]
struct Reading {
    name: Vec<String>,
    optional: Vec<String>,
    generation: Option<&'static str>,
    joined: String,
    maiden: bool,
    behind_comma: bool,
}

impl Reading {
    fn add(&mut self, word: &str, bracketed: bool) {
        let bare = match word.contains('.') {
            true => fold(&word.replace('.', "")),
            false => fold(word),
        };
        let named = self.name.len() >= 2;
        let shout = || word.chars().any(char::is_alphabetic) && word.to_uppercase() == word;
        if named && MAIDEN.contains(&bare.as_str()) {
            self.maiden = true;
        } else if let Some(generation) = generation(&bare).filter(|_| named) {
            self.generation = Some(generation);
        } else if (self.name.is_empty() && TITLES.contains(bare.as_str()))
            || (named && DEGREES.contains(bare.as_str()))
            || (named && self.behind_comma && bare.len() <= 5 && shout())
        {
            self.optional.push(bare);
        } else if word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.token(bare, bracketed);
        } else {
            let separators = |c: char| !(c.is_alphanumeric() || is_joined(c));
            for token in word.split(separators).map(fold).filter(|token| !token.is_empty()) {
                self.token(token, bracketed);
            }
        }
    }

    fn token(&mut self, token: String, bracketed: bool) {
        if !bracketed && !self.maiden {
            self.joined.push_str(&token);
        }
        if bracketed || self.maiden || PARTICLES.contains(token.as_str()) {
            self.optional.push(token);
        } else {
            self.name.push(token);
        }
    }

    fn name(mut self) -> Option<Name> {
        if self.name.is_empty() {
            // "De Van" and "Dr.": nothing else is there.
            std::mem::swap(&mut self.name, &mut self.optional);
        }
        let mut scripts: Vec<u32> = Vec::new();
        for script in self.name.iter().flat_map(|word| word.chars()).filter_map(script) {
            if let Err(at) = scripts.binary_search(&script) {
                scripts.insert(at, script);
            }
        }
        let (mut required, optional) = (self.name, self.optional);
        required.sort();
        let (joined, generation) = (self.joined, self.generation);
        let sound = !required.is_empty();
        sound.then_some(Name { required, optional, generation, joined, scripts })
    }
}

/// What holds a word together besides letters: apostrophes and marks.
fn is_joined(c: char) -> bool {
    "'’‘ʼ`´\u{640}\u{200c}\u{200d}".contains(c) || unicode_normalization::char::is_combining_mark(c)
}

/// What two names tell about each other, and whether they share a word. Neither the order of the
/// words nor which name comes first matters.
pub(super) fn compare(a: Option<&Name>, b: Option<&Name>) -> (NameMatch, bool) {
    let (Some(a), Some(b)) = (a, b) else { return (NameMatch::Missing, false) };
    let shared = a.scripts.iter().any(|it| b.scripts.contains(it));
    if !shared && !a.scripts.is_empty() && !b.scripts.is_empty() {
        return (NameMatch::Incomparable, false);
    }
    let (mut left, mut right) = (a.required.clone(), b.required.clone());
    let mut equal = take_equal(&mut left, &mut right);
    equal.extend(take_equal(&mut left, &mut b.optional.clone()));
    equal.extend(take_equal(&mut right, &mut a.optional.clone()));
    let strong = equal.iter().any(|word| word.chars().count() > 1);
    let verdict = match (a.generation, b.generation) {
        (Some(one), Some(other)) if one != other && !equal.is_empty() => NameMatch::Conflict,
        _ => judge(a, b, &left, &right, equal.len(), strong),
    };
    (verdict, !equal.is_empty())
}

fn judge(
    a: &Name,
    b: &Name,
    left: &[String],
    right: &[String],
    equal: usize,
    strong: bool,
) -> NameMatch {
    if left.is_empty() && right.is_empty() {
        let thin = equal < 2 || !strong;
        return if thin { NameMatch::SameButThin } else { NameMatch::Same };
    }
    if run_together(a, b) {
        return NameMatch::Compatible;
    }
    let soft = pairs(left, right);
    let (rest_left, rest_right) = (left.len() - soft, right.len() - soft);
    let open = rest_left > 0 && rest_right > 0;
    match (strong, open) {
        (true, true) => NameMatch::Conflict,
        (true, false) if equal + soft >= 2 => NameMatch::Compatible,
        (_, false) if equal + soft >= 1 => NameMatch::Partial,
        _ => NameMatch::Different,
    }
}

/// Removes from both what they have in common, and returns it.
fn take_equal(from: &mut Vec<String>, other: &mut Vec<String>) -> Vec<String> {
    let mut taken = Vec::new();
    from.retain(|word| match other.iter().position(|it| it == word) {
        Some(at) => {
            taken.push(other.swap_remove(at));
            false
        }
        None => true,
    });
    taken
}

/// The same letters with other gaps: `Jean-Luc` and `Jeanluc`; in Chinese, Japanese and Korean also
/// in another order, since family names come first there.
fn run_together(a: &Name, b: &Name) -> bool {
    let sorted = |name: &Name| {
        let mut letters: Vec<char> = name.joined.chars().collect();
        letters.sort_unstable();
        letters
    };
    let eastern = [4];
    let same = a.joined == b.joined && !a.joined.is_empty();
    same || (a.scripts == eastern && b.scripts == eastern && sorted(a) == sorted(b))
}

/// How many words of one side find a short form or an initial on the other, each used once.
fn pairs(left: &[String], right: &[String]) -> usize {
    let mut taken: Vec<Option<usize>> = vec![None; right.len()];
    (0..left.len())
        .filter(|at| find_pair(*at, left, right, &mut taken, &mut vec![false; right.len()]))
        .count()
}

/// Gives a word its pair, moving others to another pair where that helps.
fn find_pair(
    at: usize,
    left: &[String],
    right: &[String],
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for other in 0..right.len() {
        if seen[other] || !soft(&left[at], &right[other]) {
            continue;
        }
        seen[other] = true;
        if taken[other].is_none_or(|before| find_pair(before, left, right, taken, seen)) {
            taken[other] = Some(at);
            return true;
        }
    }
    false
}

fn soft(a: &str, b: &str) -> bool {
    let initial = |short: &str, long: &str| {
        let mut letters = short.chars();
        letters.next() == long.chars().next() && letters.next().is_none()
    };
    initial(a, b) || initial(b, a) || nicknames::same(a, b)
}

#[cfg(test)]
mod tests {
    use super::fold;

    /// Words without a foreign letter go a shorter way, to the same place.
    #[test]
    fn the_short_way_of_ascii_is_no_other_way() {
        for (a, b) in (0..128_u8).flat_map(|a| (0..128_u8).map(move |b| (a, b))) {
            let word = format!("x{}{}y", char::from(a), char::from(b));
            let (short, long) = (format!("{word}e"), format!("{word}\u{e9}"));
            assert_eq!(fold(&short), fold(&long), "{word:?}");
        }
    }
}
