//! A site's rules for robots, as far as they concern its front page.

/// Where they lie.
pub(super) const PATH: &str = "/robots.txt";

/// Whom else they may name; the rules for everybody hold otherwise.
const SELF: &str = "morket";

/// Whether the front page may be read. Of rules that fit, the longer one counts, and of two equal
/// ones that which allows.
pub(super) fn allow(rules: &str) -> bool {
    let own = groups(rules).any(|(names, _)| names.iter().any(|it| it == SELF));
    let wanted = if own { SELF } else { "*" };
    let (mut allow, mut deny) = (None, None);
    for (names, (allows, path)) in groups(rules) {
        if names.iter().any(|it| it == wanted) && fits_front(&path) {
            let slot = if allows { &mut allow } else { &mut deny };
            *slot = (*slot).max(Some(path.len()));
        }
    }
    deny.is_none() || allow >= deny
}

/// Whether a rule speaks of `/` itself.
fn fits_front(path: &str) -> bool {
    matches!(path, "/" | "/*" | "/$" | "*")
}

type Rule = (bool, String);

/// Each rule with the names it is for.
fn groups(rules: &str) -> impl Iterator<Item = (Vec<String>, Rule)> {
    let (mut names, mut begun): (Vec<String>, bool) = (Vec::new(), false);
    rules.lines().take(2_000).filter_map(move |line| {
        let line = line.split('#').next().unwrap_or_default();
        let (name, value) = line.split_once(':')?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        match name.as_str() {
            "user-agent" => {
                if begun {
                    names.clear();
                }
                begun = false;
                names.push(value.to_ascii_lowercase());
                None
            }
            "allow" | "disallow" => {
                begun = true;
                Some((names.clone(), (name == "allow", value.to_owned())))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::allow;

    #[test]
    fn rules_are_kept() {
        for (rules, expected) in [
            ("", true),
            ("User-agent: *\nDisallow: /", false),
            ("User-agent: *\nDisallow: /*", false),
            ("User-agent: *\nDisallow:", true),
            ("User-agent: *\nDisallow: /admin", true),
            ("User-agent: *\nDisallow: /\nAllow: /$", true),
            ("User-agent: badbot\nDisallow: /", true),
            ("User-agent: badbot\nUser-agent: *\nDisallow: / # all", false),
            ("User-agent: *\nDisallow: /\n\nUser-agent: Morket\nAllow: /", true),
            ("User-agent: *\nAllow: /\nUser-agent: morket\nDisallow: /", false),
            ("user-agent : *\ndisallow : /", false),
            ("Disallow: /", true),
            ("\u{0}\u{1}: :", true),
        ] {
            assert_eq!(allow(rules), expected, "{rules:?}");
        }
    }
}
