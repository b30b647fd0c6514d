//! Who may depend on whom.

use super::{Finding, tree::Tree, workspace::Edge};
use std::collections::BTreeSet;

/// Package, and which of our packages it may name in `[dependencies]`. `morket-testkit` may stand
/// in anyone's `[dev-dependencies]`; a new line here is a decision of its own.
const ALLOWED: &[(&str, &[&str])] = &[
    ("morket-core", &[]),
    ("morket-http", &["morket-core"]),
    ("morket-providers", &["morket-core"]),
    ("morket-store-sql", &["morket-core"]),
    ("morket-store-sqlite", &["morket-core", "morket-store-sql"]),
    ("morket-store-postgres", &["morket-core", "morket-store-sql"]),
    ("morket-testkit", &["morket-core"]),
    (
        "morket",
        &["morket-core", "morket-store-sql", "morket-store-sqlite", "morket-store-postgres"],
    ),
    ("morket-cli", &["morket", "morket-http", "morket-providers"]),
    ("morket-examples", &["morket", "morket-testkit"]),
    (
        "morket-benches",
        &[
            "morket",
            "morket-core",
            "morket-http",
            "morket-providers",
            "morket-store-sql",
            "morket-store-sqlite",
            "morket-store-postgres",
            "morket-testkit",
        ],
    ),
    ("xtask", &[]),
];

/// All that `morket-core` may build on. What needs a driver, a socket, a clock or dice belongs in
/// an adapter.
const CORE: &[&str] = &[
    "aes-gcm",
    "argon2",
    "async-trait",
    "base64",
    "bcrypt",
    "hkdf",
    "hmac",
    "jsonwebtoken",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "tokio",
    "tracing",
    "unicode-normalization",
    "uuid",
    "zeroize",
];

/// What embedded users should not have to compile.
const OPTIONAL_IN_CORE: &[&str] = &["argon2", "bcrypt", "jsonwebtoken"];

/// Names in `[dependencies]` point down the drawing in ARCHITECTURE.md, never up or sideways.
pub(super) fn between_our_packages(tree: &Tree) -> Vec<Finding> {
    let ours = tree.workspace.edges.iter().filter(|edge| edge.ours);
    ours.filter(|edge| !is_allowed(edge))
        .map(|Edge { from, to, .. }| {
            Finding::new(
                &manifest(from),
                0,
                format!("{from} depends on {to}"),
                "the edge is not in the drawing of who may depend on whom",
            )
        })
        .collect()
}

fn is_allowed(edge: &Edge) -> bool {
    let listed = ALLOWED.iter().find(|(package, _)| *package == edge.from);
    let lists = listed.is_some_and(|(_, targets)| targets.contains(&edge.to.as_str()));
    // A package may test itself through its own features, and examples have only dev-dependencies.
    let test_only = edge.dev && (edge.to == "morket-testkit" || edge.to == edge.from);
    lists || test_only
}

/// `morket-core` names nothing outside [`CORE`].
pub(super) fn core_stays_small(tree: &Tree) -> Vec<Finding> {
    let core = tree.workspace.edges.iter().filter(|edge| edge.from == "morket-core" && !edge.dev);
    core.filter(|edge| !edge.ours)
        .filter_map(|Edge { to, optional, .. }| {
            let (what, why) = if !CORE.contains(&to.as_str()) {
                (format!("depends on {to}"), "core names no driver, no socket, no clock, no dice")
            } else if OPTIONAL_IN_CORE.contains(&to.as_str()) && !optional {
                (format!("{to} is not optional"), "embedded users rarely need it")
            } else {
                return None;
            };
            Some(Finding::new(&manifest("morket-core"), 0, what, why))
        })
        .collect()
}

/// What users build, with all that may be switched on.
const SHIPPED: &[&str] =
    &["morket", "morket-core", "morket-store-sql", "morket-store-sqlite", "morket-store-postgres"];

/// Randomness that a seed can foretell, or that is not the operating system's.
const DICE: &[&str] = &["fastrand", "oorandom", "proptest", "rand", "rand_core", "rand_pcg"];

/// Nothing that is shipped reaches the testkit, whose generator a seed foretells, nor names dice.
pub(super) fn no_dice_are_shipped(tree: &Tree) -> Vec<Finding> {
    let edges: Vec<_> = tree.workspace.edges.iter().filter(|edge| !edge.dev).collect();
    let mut reached: BTreeSet<&str> = SHIPPED.iter().copied().collect();
    let mut count = 0;
    while count < reached.len() {
        count = reached.len();
        let from: Vec<_> = edges.iter().filter(|it| reached.contains(it.from.as_str())).collect();
        reached.extend(from.iter().filter(|it| it.ours).map(|it| it.to.as_str()));
    }
    let loaded = |it: &&&Edge| it.to == "morket-testkit" || DICE.contains(&it.to.as_str());
    edges
        .iter()
        .filter(|it| reached.contains(it.from.as_str()))
        .filter(loaded)
        .map(|Edge { from, to, .. }| {
            let why = "what is shipped draws from the operating system, through the `Rng` port";
            Finding::new(&manifest(from), 0, format!("{from} is shipped with {to}"), why)
        })
        .collect()
}

/// No second cryptographic library or TLS stack, whatever the features.
pub(super) fn one_tls_provider(tree: &Tree) -> Vec<Finding> {
    let banned = |name: &&String| {
        matches!(name.as_str(), "ring" | "native-tls") || name.starts_with("openssl")
    };
    let why = "aws-lc-rs is the one cryptographic provider";
    let found = tree.workspace.resolved.iter().filter(banned);
    found.map(|name| Finding::new("Cargo.lock", 0, format!("{name} is built"), why)).collect()
}

fn manifest(package: &str) -> String {
    // Folders carry the package's name, except two whose names must not clash with other projects'.
    let folder = match package {
        "morket-examples" => "examples",
        "morket-benches" => "benches",
        named => named,
    };
    format!("{folder}/Cargo.toml")
}

#[cfg(test)]
mod tests {
    use super::{
        super::{check_tree, workspace::Workspace},
        *,
    };

    fn edge(line: &str) -> Edge {
        let words: Vec<_> = line.split(' ').collect();
        Edge {
            from: words[0].to_owned(),
            to: words[1].to_owned(),
            dev: words.contains(&"dev"),
            optional: words.contains(&"optional"),
            ours: words[1].starts_with("morket"),
        }
    }

    fn tree(edges: &[&str]) -> Tree {
        let mut tree = Tree::default();
        tree.workspace.edges = edges.iter().map(|line| edge(line)).collect();
        tree
    }

    #[test]
    fn an_edge_upwards_or_sideways_is_found() {
        let up = "morket-core/Cargo.toml:0: morket-core depends on morket";
        let sideways = "morket-store-sqlite/Cargo.toml:0: morket-store-sqlite depends on \
                        morket-store-postgres";
        let rows: &[(&str, &[&str])] = &[
            ("morket-core morket", &[up]),
            ("morket-core morket dev", &[up]),
            ("morket-core morket-testkit dev", &[]),
            ("morket-store-sqlite morket-store-postgres", &[sideways]),
            ("morket-store-sqlite morket-store-sql", &[]),
            (
                "morket-new morket-core",
                &["morket-new/Cargo.toml:0: morket-new depends on morket-core"],
            ),
        ];
        for (line, expected) in rows {
            check_tree(between_our_packages, &tree(&[line]), expected);
        }
    }

    #[test]
    fn core_names_only_what_is_listed() {
        let rows: &[(&str, &[&str])] = &[
            ("morket-core serde", &[]),
            ("morket-core sqlx", &["morket-core/Cargo.toml:0: depends on sqlx"]),
            ("morket-core sqlx dev", &[]),
            ("morket-core argon2", &["morket-core/Cargo.toml:0: argon2 is not optional"]),
            ("morket-core argon2 optional", &[]),
        ];
        for (line, expected) in rows {
            check_tree(core_stays_small, &tree(&[line]), expected);
        }
    }

    #[test]
    fn p284_the_simulations_generator_cannot_be_linked_into_a_release() {
        // method: exhaustive
        let direct = "morket/Cargo.toml:0: morket is shipped with morket-testkit";
        let far = "morket-helper/Cargo.toml:0: morket-helper is shipped with morket-testkit";
        let dice = "morket-core/Cargo.toml:0: morket-core is shipped with rand";
        let rows: [(&[&str], &[&str]); 6] = [
            (&["morket morket-testkit"], &[direct]),
            (&["morket morket-testkit optional"], &[direct]),
            (&["morket morket-testkit dev", "morket-examples morket-testkit"], &[]),
            (&["morket-store-sql morket-helper", "morket-helper morket-testkit"], &[far]),
            (&["morket-core rand"], &[dice]),
            (&["morket-testkit proptest", "morket-core getrandom"], &[]),
        ];
        for (edges, expected) in rows {
            check_tree(no_dice_are_shipped, &tree(edges), expected);
        }
        let mut here = Tree::default();
        here.workspace = Workspace::load().expect("cargo tells what depends on what");
        let names = |package: &&&str| here.workspace.edges.iter().any(|it| it.from == **package);
        assert_eq!(SHIPPED.iter().filter(names).count(), SHIPPED.len(), "one was renamed");
        check_tree(no_dice_are_shipped, &here, &[]);
    }

    #[test]
    fn a_second_tls_provider_is_found() {
        let mut tree = Tree::default();
        let names = ["ring", "openssl-sys", "rustls"];
        tree.workspace.resolved = names.map(str::to_owned).into();
        let expected = ["Cargo.lock:0: openssl-sys is built", "Cargo.lock:0: ring is built"];
        check_tree(one_tls_provider, &tree, &expected);
    }
}
