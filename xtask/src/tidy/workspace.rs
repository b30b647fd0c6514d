//! What `cargo metadata` tells about our packages, cut down to what the checks ask.

use crate::{command, repository};
use anyhow::{Context, Result};
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::BTreeSet;

/// One line of a manifest: `from` depends on `to`.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    /// A `[dev-dependencies]` line; build dependencies count as normal ones.
    pub(super) dev: bool,
    pub(super) optional: bool,
    /// `to` is a package of this workspace.
    pub(super) ours: bool,
}

/// The packages of the repository.
#[derive(Default)]
pub(super) struct Workspace {
    pub(super) edges: Vec<Edge>,
    /// The file that each target starts from, relative to the root.
    pub(super) roots: BTreeSet<String>,
    /// Every package that any feature on any platform would build.
    pub(super) resolved: BTreeSet<String>,
}

impl Workspace {
    /// Asks cargo, with all features on.
    pub(super) fn load() -> Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(repository::root().join("Cargo.toml"))
            .features(CargoOpt::AllFeatures)
            .exec()
            .context("asking cargo for the package graph")?;
        let packages = metadata.workspace_packages();
        let names: BTreeSet<_> = packages.iter().map(|package| package.name.to_string()).collect();
        Ok(Self {
            edges: packages.iter().flat_map(|package| edges(package, &names)).collect(),
            roots: packages.iter().flat_map(|package| roots(package, &metadata)).collect(),
            resolved: resolved()?,
        })
    }
}

fn edges(package: &Package, ours: &BTreeSet<String>) -> Vec<Edge> {
    let edge = |dependency: &cargo_metadata::Dependency| Edge {
        from: package.name.to_string(),
        to: dependency.name.clone(),
        dev: dependency.kind == DependencyKind::Development,
        optional: dependency.optional,
        ours: ours.contains(&dependency.name),
    };
    package.dependencies.iter().map(edge).collect()
}

fn roots(package: &Package, metadata: &Metadata) -> Vec<String> {
    let inside = |target: &cargo_metadata::Target| {
        Some(target.src_path.strip_prefix(&metadata.workspace_root).ok()?.to_string())
    };
    package.targets.iter().filter_map(inside).collect()
}

/// `cargo metadata` lists optional packages that nothing turns on; `cargo tree` does not.
fn resolved() -> Result<BTreeSet<String>> {
    let tree = ["tree", "--workspace", "--all-features", "--target", "all", "--edges", "all"];
    let format = ["--prefix", "none", "--format", "{p}"];
    let lines = command::output(command::cargo(&tree).args(format))?;
    let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    Ok(lines.lines().map(name).collect())
}
