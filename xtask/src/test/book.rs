//! The book under `docs/`: it builds, and no link in it leads to nothing.

use crate::{command, repository};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Build it with `mdbook` and look at each link between its pages.
pub(super) fn is_whole(program: &Path) -> Result<bool> {
    let book = repository::target_dir().join("book");
    let mut build = Command::new(program);
    build.current_dir(repository::root()).args(["build", "--dest-dir"]).arg(&book);
    if !command::status(&mut build)?.success() {
        return Ok(false);
    }
    let mut pages = Vec::new();
    collect(&book, &mut pages)?;
    let mut whole = !pages.is_empty();
    for page in &pages {
        let html = fs::read_to_string(page).with_context(|| page.display().to_string())?;
        let folder = page.parent().unwrap_or(&book);
        for link in links(&html).filter(|link| !folder.join(link).exists()) {
            println!("book: {} links to {link}, which is not there", page.display());
            whole = false;
        }
    }
    println!("book: {} pages in {}", pages.len(), book.display());
    Ok(whole)
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|it| it == "html") && !is_made_of_others(&path) {
            pages.push(path);
        }
    }
    Ok(())
}

/// Pages that repeat others, with links as they are seen from elsewhere.
fn is_made_of_others(page: &Path) -> bool {
    let name = page.file_name().and_then(|it| it.to_str());
    matches!(name, Some("print.html" | "toc.html" | "404.html"))
}

/// Relative links, without the part of the page they lead to.
fn links(html: &str) -> impl Iterator<Item = &str> {
    let values = |name| html.split(name).skip(1).filter_map(|rest| rest.split('"').next());
    values("href=\"")
        .chain(values("src=\""))
        .map(|link| link.split(['#', '?']).next().unwrap_or_default())
        .filter(|link| !link.is_empty() && !link.contains(':') && !link.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_between_pages_are_looked_at() {
        let html = r##"<a href="a/b.html#c"><a href="#d"><a href="https://e.example/f">
            <a href="mailto:g@example.com"><img src="h.png"><link href="i.css?j">"##;
        assert_eq!(links(html).collect::<Vec<_>>(), ["a/b.html", "i.css", "h.png"]);
    }
}
