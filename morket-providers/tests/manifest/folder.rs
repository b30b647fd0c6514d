//! A folder of manifests: a bad file harms no other, and a slug is taken once.

use super::common::RIGHT;
use morket_core::provider::Registry;
use morket_providers::{
    builtin,
    manifest::{Folder, LARGEST, add_folder},
};
use std::{fs, path::Path};

fn of(files: &[(&str, String)]) -> (Registry, Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::create_dir(folder.path().join("folder.toml")).unwrap();
    let mut registry = builtin();
    let Folder { added, broken } = add_folder(&mut registry, folder.path());
    let name = |path: &Path| path.strip_prefix(folder.path()).unwrap().display().to_string();
    let added = added.iter().map(|(slug, file)| format!("{slug} {}", name(file))).collect();
    let broken = broken.iter().map(|it| format!("{}:{}", name(&it.file), it.problem)).collect();
    (registry, added, broken)
}

#[test]
fn p029_a_slug_is_taken_once_unless_it_is_said() {
    let named = |slug: &str| RIGHT.replacen("acme", slug, 1);
    let (registry, added, broken) = of(&[
        ("a.toml", named("acme")),
        ("b.toml", named("acme")),
        ("c.toml", format!("# ours\n{}", named("hunter"))),
        ("d.toml", format!("replaces_builtin = true\n{}", named("bouncer"))),
        ("e.toml", named("beta").replace("$.name", "name")),
        ("f.txt", "not read".to_owned()),
        ("g.toml", named("gamma")),
        ("h.toml", "#".repeat(LARGEST + 10)),
    ]);
    assert_eq!(added, ["acme a.toml", "bouncer d.toml", "gamma g.toml"]);
    let [twice, built_in, wrong, large] = broken.as_slice() else { panic!("{broken:#?}") };
    assert!(twice.starts_with("b.toml:1:8: slug: `acme` stands in "), "{twice}");
    assert!(built_in.starts_with("c.toml:2:8: slug: `hunter` is built in; rename"), "{built_in}");
    assert!(wrong.starts_with("e.toml:20:13: operation.0.output.full_name: "), "{wrong}");
    assert!(large.starts_with("h.toml:1:1: is larger than"), "{large}");
    assert_eq!(registry.named("bouncer").unwrap().manifest().name, "Acme");
    assert_eq!(registry.named("hunter").unwrap().manifest().name, "Hunter");
}

#[test]
fn a_folder_that_is_not_there_is_said_so() {
    let mut registry = Registry::new();
    let told = add_folder(&mut registry, Path::new("/nowhere/at/all"));
    assert!(told.broken[0].to_string().starts_with("/nowhere/at/all:1:1: cannot be read"));
}
