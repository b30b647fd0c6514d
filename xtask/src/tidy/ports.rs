//! Ports: traits of `morket-core` behind which all effects live.

use super::{Finding, tree::Tree};
use crate::source::doc_lines;
use syn::{Attribute, Item, ItemTrait, TraitItem, Visibility};

/// Every method of a port says what an adapter owes, under `# Behavior`: each bullet there is a
/// case of the conformance suite.
pub(super) fn behavior(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, port) in ports(tree) {
        for item in &port.items {
            if let TraitItem::Fn(method) = item
                && !documents_behavior(&method.attrs)
            {
                let name = &method.sig.ident;
                let what = format!("{}::{name} lacks `# Behavior`", port.ident);
                let why = "each bullet there is a case of the suite";
                findings.push(Finding::new(path, name.span().start().line, what, why));
            }
        }
    }
    findings
}

/// Beside every port stands the line that proves it can be a `dyn`.
pub(super) fn object_safety(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, port) in ports(tree) {
        let proof = format!("const _: Option<&dyn {}> = None;", port.ident);
        if !tree.text(path).is_some_and(|text| text.contains(&proof)) {
            let line = port.ident.span().start().line;
            let what = format!("`{proof}` is missing");
            let why = "hosts hold ports as `Arc<dyn …>`";
            findings.push(Finding::new(path, line, what, why));
        }
    }
    findings
}

/// A port is a public trait under `ports/`, or an asynchronous `…Store`. Blanket conveniences,
/// `…Ext`, are none: nobody implements them.
fn ports(tree: &Tree) -> Vec<(&str, &ItemTrait)> {
    let core = tree.parsed_files().filter(|(path, _)| path.starts_with("morket-core/src/"));
    core.flat_map(|(path, file)| {
        let traits = file.items.iter().filter_map(|item| match item {
            Item::Trait(found) => Some(found),
            _ => None,
        });
        traits.filter(move |found| is_port(path, found)).map(move |found| (path, found))
    })
    .collect()
}

fn is_port(path: &str, found: &ItemTrait) -> bool {
    let name = found.ident.to_string();
    let public = matches!(found.vis, Visibility::Public(_));
    let in_ports = path.starts_with("morket-core/src/ports/");
    let store = name.ends_with("Store") && found.attrs.iter().any(is_async_trait);
    public && !name.ends_with("Ext") && (in_ports || store)
}

fn is_async_trait(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "async_trait")
}

fn documents_behavior(attributes: &[Attribute]) -> bool {
    doc_lines(attributes).iter().any(|line| line == "# Behavior")
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    const STORE: &str = "
#[async_trait]
pub trait JobStore {
    /// Makes one.
    ///
    /// # Behavior
    /// - it is there afterwards
    async fn create(&self);

    /// Takes one.
    async fn claim(&self);
}
";

    #[test]
    fn a_method_without_behavior_is_found() {
        let path = "morket-core/src/job.rs";
        let found = "morket-core/src/job.rs:11: JobStore::claim lacks `# Behavior`";
        check(behavior, &[(path, STORE)], &[found]);
        check(behavior, &[("morket/src/job.rs", STORE)], &[]);
    }

    #[test]
    fn any_public_trait_under_ports_is_one() {
        let path = "morket-core/src/ports/http.rs";
        let expected = ["morket-core/src/ports/http.rs:1: Http::send lacks `# Behavior`"];
        check(behavior, &[(path, "pub trait Http { fn send(&self); }")], &expected);
        check(behavior, &[(path, "pub trait HttpExt { fn send(&self); }")], &[]);
        check(behavior, &[(path, "trait Inner { fn send(&self); }")], &[]);
    }

    #[test]
    fn a_port_without_its_proof_is_found() {
        let path = "morket-core/src/job.rs";
        let found = "morket-core/src/job.rs:3: `const _: Option<&dyn JobStore> = None;` is missing";
        check(object_safety, &[(path, STORE)], &[found]);
        let proven = format!("{STORE}\nconst _: Option<&dyn JobStore> = None;\n");
        check(object_safety, &[(path, &proven)], &[]);
    }
}
