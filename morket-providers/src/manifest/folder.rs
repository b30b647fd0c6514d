//! A folder of manifests, added to the vendors there are. A bad file harms no other.

use super::{LARGEST, ManifestProvider, Problem, parse};
use morket_core::{name::ProviderSlug, provider::Registry};
use std::{
    fmt, fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The most manifests of a folder.
const MOST: usize = 500;

/// Something wrong with a file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it; its place is 1:1 where the file cannot be read at all.
    pub problem: Problem,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.problem)
    }
}

/// What came of a folder.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// The vendors that were added, and where each is described.
    pub added: Vec<(ProviderSlug, PathBuf)>,
    /// What is wrong with the others, file by file, from the top.
    pub broken: Vec<Broken>,
}

/// Add every `*.toml` of a folder to these vendors, by file name. A slug that is taken is refused,
/// unless it is a built-in one and the manifest says that it replaces it.
pub fn add_folder(registry: &mut Registry, folder: &Path) -> Folder {
    let mut told = Folder::default();
    let files = match files(folder) {
        Ok(files) => files,
        Err(error) => {
            told.broken.push(unreadable(folder, &error));
            return told;
        }
    };
    for file in files {
        match read(&file) {
            Ok(text) => match parse(&text) {
                Ok(vendor) => add(registry, vendor, file, &mut told),
                Err(problems) => told.broken.extend(
                    problems.into_iter().map(|problem| Broken { file: file.clone(), problem }),
                ),
            },
            Err(error) => told.broken.push(unreadable(&file, &error)),
        }
    }
    told
}

fn add(registry: &mut Registry, vendor: ManifestProvider, file: PathBuf, told: &mut Folder) {
    let slug = vendor.slug().clone();
    let problem = |message: String| {
        let (line, column) = vendor.slug_at;
        Problem { line, column, at: "slug".to_owned(), message }
    };
    let taken = registry.get(&slug).is_some();
    let problem = match told.added.iter().find(|(other, _)| *other == slug) {
        Some((_, other)) => {
            Some(problem(format!("`{slug}` stands in {} too; rename one", other.display())))
        }
        None if taken && !vendor.replaces_builtin() => Some(problem(format!(
            "`{slug}` is built in; rename it, or say `replaces_builtin = true`"
        ))),
        None => None,
    };
    if let Some(problem) = problem {
        told.broken.push(Broken { file, problem });
        return;
    }
    match registry.replace(Arc::new(vendor)) {
        Ok(()) => told.added.push((slug, file)),
        Err(error) => told.broken.push(unreadable(&file, &error)),
    }
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let paths = entries.into_iter().map(|entry| entry.path());
    let toml = |path: &PathBuf| path.extension().is_some_and(|it| it == "toml") && path.is_file();
    let mut files: Vec<_> = paths.filter(toml).collect();
    files.sort();
    files.truncate(MOST);
    Ok(files)
}

/// The text of a manifest, of which no more is read than one can be.
pub fn read(file: &Path) -> std::io::Result<String> {
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    fs::File::open(file)?.take(most).read_to_string(&mut text)?;
    Ok(text)
}

fn unreadable(file: &Path, error: &dyn fmt::Display) -> Broken {
    let message = format!("cannot be read: {error}");
    let problem = Problem { line: 1, column: 1, at: String::new(), message };
    Broken { file: file.to_owned(), problem }
}
