//! Tags in the order they stand, in one pass over the page. No tree: what is read of a page needs
//! none, and a page can be as broken as it likes.

/// A tag with what it says.
#[derive(Clone, Debug, Default)]
pub(super) struct Tag<'h> {
    /// In lower case.
    pub(super) name: String,
    attributes: Vec<(String, &'h str)>,
    /// What stands between it and its end, for those whose inside is text.
    pub(super) inside: &'h str,
}

impl Tag<'_> {
    /// The value of an attribute, readable.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|(known, _)| known == name)?;
        Some(decode(found.1))
    }
}

/// Tags whose inside is text and no markup.
const RAW: &[&str] = &["script", "style", "title", "textarea", "noscript"];

/// The most attributes of a tag that are looked at.
const MOST: usize = 64;

/// The tags of a page.
pub(super) struct Tags<'h> {
    html: &'h str,
    /// The same in lower case, byte by byte.
    lower: &'h str,
    at: usize,
}

impl<'h> Tags<'h> {
    /// `lower` is `html` in ASCII lower case.
    pub(super) fn of(html: &'h str, lower: &'h str) -> Self {
        Self { html, lower, at: 0 }
    }

    fn place_of(&self, text: &str, from: usize) -> Option<usize> {
        Some(from + self.lower.get(from..)?.find(text)?)
    }
}

impl<'h> Iterator for Tags<'h> {
    type Item = Tag<'h>;

    fn next(&mut self) -> Option<Tag<'h>> {
        loop {
            let start = self.place_of("<", self.at)? + 1;
            let rest = &self.lower[start..];
            if rest.starts_with("!--") {
                self.at = self.place_of("-->", start)? + 3;
                continue;
            }
            let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
            self.at = start + length;
            if length == 0 || !rest.as_bytes()[0].is_ascii_alphabetic() {
                continue;
            }
            let mut tag = Tag { name: rest[..length].to_owned(), ..Tag::default() };
            let html = self.html;
            self.at += attributes(&html[self.at..], &mut tag);
            if RAW.contains(&tag.name.as_str()) {
                let end = self.place_of(&format!("</{}", tag.name), self.at).unwrap_or(html.len());
                tag.inside = &html[self.at..end];
                self.at = end;
            }
            return Some(tag);
        }
    }
}

/// Read what stands up to the tag's end; how many bytes that took.
fn attributes<'h>(text: &'h str, tag: &mut Tag<'h>) -> usize {
    let bytes = text.as_bytes();
    let skip = |mut at: usize, of: &[u8]| {
        while bytes.get(at).is_some_and(|it| it.is_ascii_whitespace() || of.contains(it)) {
            at += 1;
        }
        at
    };
    let until = |mut at: usize, end: &dyn Fn(u8) -> bool| {
        while bytes.get(at).is_some_and(|it| !end(*it)) {
            at += 1;
        }
        at
    };
    let mut at = 0;
    loop {
        at = skip(at, b"/");
        match bytes.get(at) {
            None => return bytes.len(),
            Some(b'>') => return at + 1,
            Some(_) => {}
        }
        let name = at;
        at = until(at + 1, &|it| it.is_ascii_whitespace() || b"=>/".contains(&it));
        // Between ASCII marks, so between letters.
        let name = text.get(name..at).unwrap_or_default().to_ascii_lowercase();
        let equals = skip(at, b"");
        if bytes.get(equals) != Some(&b'=') {
            continue;
        }
        at = skip(equals + 1, b"");
        let (from, to) = match bytes.get(at) {
            Some(quote @ (b'"' | b'\'')) => (at + 1, until(at + 1, &|it| it == *quote)),
            _ => (at, until(at, &|it| it.is_ascii_whitespace() || it == b'>')),
        };
        at = if from > 0 && bytes.get(to).is_some_and(|it| b"\"'".contains(it)) {
            to + 1
        } else {
            to
        };
        if tag.attributes.len() < MOST {
            tag.attributes.push((name, text.get(from..to).unwrap_or_default()));
        }
    }
}

/// The entities that stand in titles and descriptions; others are left as they are.
const ENTITIES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("ndash", "–"),
    ("mdash", "—"),
    ("rsquo", "’"),
    ("lsquo", "‘"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("hellip", "…"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
];

/// Text with its entities read and its gaps closed.
pub(super) fn decode(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        // No entity is longer; without a bound each `&` would look to the end.
        let end = rest.bytes().take(12).position(|it| it == b';');
        match end.and_then(|end| Some((entity(&rest[..end])?, end))) {
            Some((meant, end)) => {
                plain.push_str(&meant);
                rest = &rest[end + 1..];
            }
            None => plain.push('&'),
        }
    }
    plain.push_str(rest);
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn entity(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?;
        return char::from_u32(code).filter(|it| !it.is_control()).map(String::from);
    }
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, meant)| (*meant).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expected: &[&str]) {
        let lower = html.to_ascii_lowercase();
        let shown = Tags::of(html, &lower).map(|tag| {
            let pairs: Vec<_> =
                tag.attributes.iter().map(|(name, it)| format!(" {name}={}", decode(it))).collect();
            format!("{}{}|{}", tag.name, pairs.concat(), tag.inside)
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{html}");
    }

    #[test]
    fn broken_pages_are_read_as_far_as_they_go() {
        check("<TITLE>A &amp; B</TITLE><p>x</p>", &["title|A &amp; B", "p|"]);
        check(
            "<meta name='description' content=\"it's\"/>",
            &["meta name=description content=it's|"],
        );
        check("<a href=/x?y class=b disabled>", &["a href=/x?y class=b|"]);
        check("<!-- <title>no</title> --><b>", &["b|"]);
        check("<script>if (a<b) '<a href=x>'</script><i>", &["script|if (a<b) '<a href=x>'", "i|"]);
        check("<script>never ends <b>", &["script|never ends <b>"]);
        check("<a href=\"never ends", &["a href=never ends|"]);
        check("<a href=", &["a href=|"]);
        check("< a><1><>&lt;<é><b é=ü>", &["b é=ü|"]);
        check("<!-- never ends <b>", &[]);
        check("", &[]);
    }

    #[test]
    fn entities_are_read_and_gaps_closed() {
        for (text, expected) in [
            ("Caf&eacute; &amp;\n Bar", "Café & Bar"),
            ("&#8211; &#x2014; &#0; &#x110000;", "– — &#0; &#x110000;"),
            ("&unknown; & &;", "&unknown; & &;"),
            ("&aaaaaaaaaaaaaaaaaaaaaaa;", "&aaaaaaaaaaaaaaaaaaaaaaa;"),
            ("&ééééé;", "&ééééé;"),
        ] {
            assert_eq!(decode(text), expected);
        }
    }
}
