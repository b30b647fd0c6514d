//! A workspace's name in addresses: `^[a-z0-9-]{1,63}$`, unique, made from its name.

use unicode_normalization::UnicodeNormalization;

/// The longest slug.
const MAX: usize = 63;

/// The slug a name asks for: letters without their marks, everything else a dash.
pub fn base(name: &str) -> String {
    let mut slug = String::new();
    for char in name.nfkd().flat_map(char::to_lowercase) {
        match char {
            'a'..='z' | '0'..='9' => slug.push(char),
            '\u{300}'..='\u{36f}' => {}
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
        if slug.len() == MAX {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "workspace".to_owned() } else { slug.to_owned() }
}

/// The first free slug for `base`: itself, else with `-2`, `-3`, … inside the length.
pub fn pick(base: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(base) {
        return base.to_owned();
    }
    let mut number = 2_u64;
    loop {
        let suffix = format!("-{number}");
        let stem = &base[..base.len().min(MAX - suffix.len())];
        let slug = format!("{}{suffix}", stem.trim_end_matches('-'));
        if !taken(&slug) {
            return slug;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Acme GmbH & Co. KG", "acme-gmbh-co-kg"),
            ("Café Zürich", "cafe-zurich"),
            ("  --  ", "workspace"),
            ("株式会社", "workspace"),
            ("ﬁrst", "first"),
        ] {
            assert_eq!(base(name), slug, "{name}");
        }
        assert_eq!(base(&"x".repeat(200)).len(), 63);
    }

    #[test]
    fn a_collision_gets_a_suffix() {
        let taken = ["acme", "acme-2"];
        assert_eq!(pick("acme", |slug| taken.contains(&slug)), "acme-3");
        let long = "x".repeat(63);
        assert_eq!(pick(&long, |slug| slug == long), format!("{}-2", "x".repeat(61)));
    }
}
