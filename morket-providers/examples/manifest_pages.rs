//! Writes what is made of the table of a manifest's keys: the schema for editors, and the tables of
//! `docs/manifests.md`. A test compares both.

use morket_providers::manifest::{reference, schema};
use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(here.join("manifest.schema.json"), format!("{:#}\n", schema()))?;
    let page = here.join("../docs/manifests.md");
    let text = fs::read_to_string(&page)?;
    let (before, rest) = text.split_once("<!-- keys -->\n").unwrap_or((&text, ""));
    let (_, after) = rest.split_once("<!-- end of keys -->").unwrap_or(("", "\n"));
    let all = format!("{before}<!-- keys -->\n\n{}<!-- end of keys -->{after}", reference());
    fs::write(page, all)
}
