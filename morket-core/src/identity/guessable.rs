//! Passwords that are guessed first: what everybody chooses, rows of keys, and one's own name.
//!
//! Whatever is known is taken out of the password, and what is left must still be as long as a
//! password may be at the least (NIST SP 800-63B: eight characters). So a common word in a long
//! sentence is in nobody's way, and a common word with a year behind it is refused.

use zeroize::Zeroizing;

/// How many characters must be left.
const LEFT: usize = 8;

/// The shortest word of one's own that counts: shorter ones are in every sentence.
const SHORTEST: usize = 3;

/// What people choose most, in the languages they choose it in, without numbers behind it.
const WORDS: &str = "\
    access admin administrator alexander amanda america andrea andrew angel anthony apple \
    arsenal ashley autumn bailey banana barcelona baseball basketball batman berlin blink \
    bonjour brandon buster butterfly carlos changeme charlie cheese chelsea chicken chocolate \
    christian computer contrasena contraseña cookie daniel default diamond dragon eminem england \
    facebook family ferrari flower football forever freedom friday friends geheim george ginger \
    golden google guest hallo hannah harley heaven hello hockey hunter iloveyou internet \
    jennifer jessica jesus jordan joshua justin killer letmein linkedin liverpool login london \
    love lovely maggie martin master matrix matthew mercedes metallica michael michelle \
    microsoft monday money monkey morket motdepasse mustang naruto nicole nirvana nothing orange \
    parola pass passw passwd password passwort pepper phoenix pokemon porsche princess purple \
    qazwsx querty ranger robert root samsung saturday secret senha service shadow silver \
    slipknot soccer spiderman spring starwars summer sunday sunshine superman sweet temp test \
    testing thomas thursday tigger tinkerbell trustno tuesday user wachtwoord wednesday welcome \
    whatever william winter word zxcvbn";

/// Rows and columns of keys, walked in either direction.
const KEYS: &str = "\
    qwertyuiop qwertzuiop azertyuiop asdfghjkl qsdfghjklm yxcvbnm zxcvbnm wxcvbn 1234567890 \
    1q2w3e4r5t6y7u8i9o0p 1qaz2wsx3edc4rfv5tgb6yhn7ujm";

/// Whether somebody who knows these words of its owner (address, name) would guess it early.
pub(super) fn is_guessable(password: &str, own: &[&str]) -> bool {
    let lower = Zeroizing::new(password.to_lowercase());
    let unit = Zeroizing::new(repeated_unit(&lower));
    let own: Vec<String> = own.iter().flat_map(|text| own_words(text)).collect();
    let readings = [unit.clone(), Zeroizing::new(spelled(&unit))];
    readings.iter().any(|reading| {
        let runs = Zeroizing::new(without_runs(reading));
        let left = [reading, &runs].map(|text| without_words(text, &own).chars().count());
        left.into_iter().any(|count| count < LEFT)
    })
}

/// The part that the password is made of again and again; itself, if it is not.
fn repeated_unit(text: &str) -> String {
    let chars: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().collect());
    let is_unit =
        |size: &usize| chars.iter().zip(chars.iter().skip(*size)).all(|(one, other)| one == other);
    let size = (1..=chars.len() / 2).find(is_unit).unwrap_or(chars.len());
    chars.iter().take(size).collect()
}

/// Digits and signs as the letters that they stand for.
fn spelled(text: &str) -> String {
    let letter = |char| match char {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}

fn own_words(text: &str) -> Vec<String> {
    let parts = text.split(|char: char| !char.is_alphanumeric()).map(str::to_lowercase);
    let parts: Vec<_> = parts.collect();
    // As one writes it without dots, too.
    let whole = parts.concat();
    let long = |word: &String| word.chars().count() >= SHORTEST;
    std::iter::once(whole).chain(parts).filter(long).collect()
}

/// Longest first, so that a word within a word leaves nothing of it.
fn without_words(text: &str, own: &[String]) -> Zeroizing<String> {
    let mut words: Vec<&str> = own.iter().map(String::as_str).chain(WORDS.split(' ')).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut left = Zeroizing::new(text.to_owned());
    for word in words.into_iter().filter(|word| text.contains(word)) {
        left = Zeroizing::new(left.replace(word, ""));
    }
    left
}

/// Without years, rows of keys, three or more equal characters, and four or more that follow each
/// other.
fn without_runs(text: &str) -> String {
    let chars: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().collect());
    let (mut left, mut at) = (String::with_capacity(text.len()), 0);
    while at < chars.len() {
        let rest = &chars[at..];
        match steps(rest).max(keys(rest)).max(year(rest)) {
            0 => {
                left.push(rest[0]);
                at += 1;
            }
            run => at += run,
        }
    }
    left
}

/// How many characters from the first on go up, down or stay, one step at a time.
fn steps(chars: &[char]) -> usize {
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    let Some(first) = chars.get(..2).map(step).filter(|it| it.abs() <= 1) else { return 0 };
    let run = 1 + chars.windows(2).take_while(|pair| step(pair) == first).count();
    let shortest = if first == 0 { 3 } else { 4 };
    if run >= shortest { run } else { 0 }
}

/// How many characters from the first on are neighbours on a keyboard: four at the least.
fn keys(chars: &[char]) -> usize {
    let run = |row: Vec<char>| {
        let from = row.iter().position(|key| *key == chars[0]);
        from.map_or(0, |at| row[at..].iter().zip(chars).take_while(|(one, two)| one == two).count())
    };
    let rows = KEYS.split(' ').flat_map(|row| [row.chars().collect(), row.chars().rev().collect()]);
    rows.map(run).max().filter(|run| *run >= 4).unwrap_or(0)
}

fn year(chars: &[char]) -> usize {
    let century = matches!(chars, ['1', '9', ..] | ['2', '0', ..]);
    let digits = chars.iter().take(4).filter(|char| char.is_ascii_digit()).count();
    if century && digits == 4 { 4 } else { 0 }
}
