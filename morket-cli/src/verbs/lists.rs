//! `fields` and `providers list`.

use crate::{
    console::table,
    exit::{Exit, Outcome},
    shell::Shell,
};
use morket::{
    field::{Catalogue, Field, Kind},
    name::FieldName,
    provider::{Manifest, Operation},
};
use serde_json::json;

/// A day in seconds.
const DAY: u64 = 86_400;

pub(super) fn fields(shell: &Shell, name: Option<&str>) -> Outcome {
    match name {
        Some(name) => one(shell, Catalogue::standard().named(name)?),
        None => all(shell),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "person",
        Kind::Company => "company",
    }
}

fn all(shell: &Shell) -> Outcome {
    let fields = Catalogue::standard().iter();
    let registry = &shell.vendors;
    let suppliers = |field: &Field| {
        let gives = |it: &Operation| it.outputs.contains(&field.name) && it.verifies.is_none();
        let slugs = registry.iter().map(|it| it.manifest());
        let slugs = slugs.filter(|it| it.operations.iter().any(gives));
        slugs.map(|it| it.slug.to_string()).collect::<Vec<_>>()
    };
    if shell.console.json {
        for field in fields {
            let line = json!({ "name": field.name, "kind": field.kind, "type": field.ty,
                               "group": field.group, "days": field.ttl.as_secs() / DAY,
                               "personal": field.personal, "about": field.about,
                               "providers": suppliers(field) });
            shell.console.data(&line.to_string())?;
        }
        return Ok(Exit::Ok);
    }
    let rows = fields.map(|field| {
        let believed = format!("{} d", field.ttl.as_secs() / DAY);
        let suppliers = suppliers(field).len().to_string();
        let (name, kind) = (field.name.to_string(), kind(field.kind).to_owned());
        [name, kind, believed, suppliers, field.about.clone()]
    });
    shell.console.data(&table(["field", "of a", "believed for", "providers", "about"], rows))?;
    Ok(Exit::Ok)
}

fn words(names: &[FieldName]) -> String {
    names.iter().map(FieldName::as_str).collect::<Vec<_>>().join(" + ")
}

fn one(shell: &Shell, field: &Field) -> Outcome {
    let mut rows = Vec::new();
    for provider in shell.vendors.iter() {
        let manifest = provider.manifest();
        for it in manifest.operations.iter().filter(|it| it.outputs.contains(&field.name)) {
            let inputs: Vec<String> = it.inputs.iter().map(|it| words(it)).collect();
            let price = format!("{} {}", it.billing.worst(), manifest.unit);
            let name = format!("{}/{}", manifest.slug, it.name);
            rows.push([name, inputs.join(", or "), price, usd(manifest)]);
        }
    }
    if shell.console.json {
        for [operation, inputs, price, usd] in rows {
            let line = json!({ "operation": operation, "inputs": inputs, "price": price,
                               "usdPerUnit": usd });
            shell.console.data(&line.to_string())?;
        }
        return Ok(Exit::Ok);
    }
    shell.console.note(&format!("{}: {}\n", field.name, field.about));
    shell.console.data(&table(["operation", "needs", "price", "a unit costs"], rows))?;
    Ok(Exit::Ok)
}

/// What a unit costs, from the cheapest plan to the dearest.
fn usd(manifest: &Manifest) -> String {
    if manifest.operations.iter().all(|it| it.free) {
        return "nothing".to_owned();
    }
    let prices = manifest.prices.iter().map(|it| it.usd_per_unit);
    match (prices.clone().min(), prices.max()) {
        (Some(least), Some(most)) if least == most => format!("{least} USD"),
        (Some(least), Some(most)) => format!("{least} to {most} USD"),
        _ => "unknown".to_owned(),
    }
}

pub(super) async fn providers(shell: &Shell) -> Outcome {
    let mut rows = Vec::new();
    for provider in shell.vendors.iter() {
        let manifest = provider.manifest();
        let key = match manifest.keyed {
            false => "no key needed".to_owned(),
            true => shell.keys.source(&manifest.slug).await?.unwrap_or_else(|| "-".to_owned()),
        };
        let plans: Vec<&str> = manifest.prices.iter().map(|it| it.plan.as_str()).collect();
        let operations: Vec<&str> = manifest.operations.iter().map(|it| it.name.as_str()).collect();
        let (slug, name) = (manifest.slug.to_string(), manifest.name.clone());
        let prices = format!("{} ({})", usd(manifest), manifest.as_of);
        let origin = shell.vendors.origin(&manifest.slug);
        rows.push([slug, name, key, prices, plans.join(", "), operations.join(", "), origin]);
    }
    if shell.console.json {
        for [slug, name, key, price, plans, operations, origin] in rows {
            let line = json!({ "provider": slug, "name": name, "key": key, "usdPerUnit": price,
                               "plans": plans, "operations": operations, "origin": origin });
            shell.console.data(&line.to_string())?;
        }
    } else {
        let heads = ["provider", "name", "key", "a unit costs", "plans", "operations", "origin"];
        shell.console.data(&table(heads, rows))?;
    }
    for broken in &shell.vendors.broken {
        shell.console.note(&format!("skipped {broken}"));
    }
    Ok(Exit::Ok)
}
