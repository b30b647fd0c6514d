//! What is made of the table of keys is what lies in the repository, and the page's example works.

use super::common::vendor;
use morket_core::provider::Provider;
use morket_providers::manifest::{reference, schema};
use morket_testkit::provider::check_provider;
use std::{fs, path::PathBuf};

const AGAIN: &str = "run `cargo run -p morket-providers --example manifest_pages`";

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_schema_and_the_tables_are_those_of_the_check() {
    assert!(file("manifest.schema.json") == format!("{:#}\n", schema()), "{AGAIN}");
    let page = file("../docs/manifests.md");
    let (_, rest) = page.split_once("<!-- keys -->\n").unwrap();
    let (tables, _) = rest.split_once("<!-- end of keys -->").unwrap();
    assert!(tables == format!("\n{}", reference()), "{AGAIN}");
}

#[test]
fn the_example_of_the_page_is_a_vendor() {
    let page = file("../docs/manifests.md");
    let (_, rest) = page.split_once("## A whole one\n\n```toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let provider = vendor(text);
    check_provider(&provider);
    assert_eq!(provider.manifest().operations[0].windows.len(), 2);
    assert!(text.lines().count() <= 48, "{} lines", text.lines().count());
}

#[test]
fn every_key_of_the_page_can_be_used() {
    let page = file("../docs/manifests.md");
    let (_, rest) = page.split_once("## More than one record, later answers, tokens").unwrap();
    let (_, rest) = rest.split_once("```toml\n").unwrap();
    let (parts, _) = rest.split_once("```").unwrap();
    let head = "slug = \"all\"\nname = \"All\"\nbase_url = \"https://all.example\"\n\
                as_of = \"2026-11-21\"\n[[operation]]\nname = \"find\"\nkind = \"person\"\n\
                inputs = [[\"email\"]]\noutput = { full_name = \"$.name\" }\n\n";
    check_provider(&vendor(&format!("{head}{parts}")));
}
