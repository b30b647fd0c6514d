//! A `curl` command, read as far as it tells what a request looks like. Nothing of it is run.

/// What a command asks for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Curl {
    pub(super) url: String,
    pub(super) method: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) user: Option<String>,
    pub(super) data: Vec<String>,
    /// Data goes into the address.
    pub(super) get: bool,
    /// Data is JSON, said so by `--json`.
    pub(super) json: bool,
}

/// Options with a value that says nothing about the request.
const IGNORED: &[&str] = &[
    "-o",
    "--output",
    "-m",
    "--max-time",
    "--connect-timeout",
    "-w",
    "--retry",
    "-A",
    "--user-agent",
    "-e",
    "--referer",
    "-b",
    "--cookie",
    "-c",
    "-x",
    "--proxy",
    "--cacert",
];

/// Short options with a value, which may stand against it: `-XPOST`.
const SHORT: &[char] = &['X', 'H', 'd', 'u', 'o', 'm', 'w', 'A', 'e', 'b', 'c', 'x'];

impl Curl {
    /// The command, or why it cannot be used.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut words = words(text)?.into_iter().flat_map(split_short);
        let mut curl = Self::default();
        let first = words.next().unwrap_or_default();
        if first != "curl" {
            return Err("must begin with `curl`".to_owned());
        }
        while let Some(word) = words.next() {
            let (name, given) = match word.split_once('=').filter(|_| word.starts_with("--")) {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word.clone(), None),
            };
            if !word.starts_with('-') {
                curl.url = word;
                continue;
            }
            let mut value = || {
                given
                    .clone()
                    .or_else(|| words.next())
                    .ok_or_else(|| format!("`{name}` has no value"))
            };
            match name.as_str() {
                "-X" | "--request" => curl.method = Some(value()?.to_ascii_uppercase()),
                "--url" => curl.url = value()?,
                "-u" | "--user" => curl.user = Some(value()?),
                "-H" | "--header" => {
                    let header = value()?;
                    if let Some((name, text)) = header.split_once(':') {
                        curl.headers.push((name.trim().to_owned(), text.trim().to_owned()));
                    }
                }
                "--json" => {
                    curl.json = true;
                    curl.data.push(literal(value()?)?);
                }
                "-d" | "--data" | "--data-raw" | "--data-ascii" | "--data-binary"
                | "--data-urlencode" => curl.data.push(literal(value()?)?),
                "-F" | "--form" => {
                    return Err("sends a file form, which no manifest can".to_owned());
                }
                "-G" | "--get" => curl.get = true,
                ignored if IGNORED.contains(&ignored) => drop(value()?),
                _ => {}
            }
        }
        match curl.url.is_empty() {
            true => Err("names no address".to_owned()),
            false => Ok(curl),
        }
    }
}

/// Data that stands in the command itself.
fn literal(data: String) -> Result<String, String> {
    match data.starts_with('@') {
        true => {
            Err(format!("takes its data from the file `{}`; put it into the command", &data[1..]))
        }
        false => Ok(data),
    }
}

/// `-XPOST` as `-X POST`.
fn split_short(word: String) -> Vec<String> {
    let mut letters = word.chars();
    let short = letters.next() == Some('-') && letters.next().is_some_and(|it| SHORT.contains(&it));
    match short && word.len() > 2 {
        true => vec![word[..2].to_owned(), word[2..].to_owned()],
        false => vec![word],
    }
}

/// The words of a command, as a shell would part them.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut begun) = (Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                if let Some(next) = letters.next().filter(|it| *it != '\n') {
                    word.push(next);
                    begun = true;
                }
            }
            '\'' | '"' => {
                begun = true;
                loop {
                    match letters.next().ok_or("has a quote without its other")? {
                        end if end == letter => break,
                        '\\' if letter == '"' => word.extend(letters.next()),
                        inner => word.push(inner),
                    }
                }
            }
            space if space.is_whitespace() => {
                if begun {
                    words.push(std::mem::take(&mut word));
                    begun = false;
                }
            }
            other => {
                word.push(other);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_as_a_shell_would() {
        let text = "curl -sS -XPOST --url 'https://a.example/x?y=1' \\\n -H \"X-Key: a b\" \
                    --header=Accept:json -u me:pass -d '{\"a\": \"b c\"}' \
                    -o /dev/null --compressed";
        let curl = Curl::parse(text).unwrap();
        let expected = Curl {
            url: "https://a.example/x?y=1".to_owned(),
            method: Some("POST".to_owned()),
            headers: vec![
                ("X-Key".to_owned(), "a b".to_owned()),
                ("Accept".to_owned(), "json".to_owned()),
            ],
            user: Some("me:pass".to_owned()),
            data: vec!["{\"a\": \"b c\"}".to_owned()],
            ..Curl::default()
        };
        assert_eq!(curl, expected);
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for (text, reason) in [
            ("wget https://a.example", "must begin with `curl`"),
            ("curl -s", "names no address"),
            ("curl 'https://a.example", "quote without"),
            ("curl https://a.example -H", "has no value"),
            ("curl https://a.example -d @/etc/passwd", "the file `/etc/passwd`"),
            ("curl https://a.example -F a=b", "no manifest can"),
        ] {
            let error = Curl::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
