//! `init`: a plan for a file, with a word beside each key.

use super::prepare::ask;
use crate::{
    args::InitArgs,
    exit::{Exit, Failure, Outcome},
    map::{Told, told},
    plan_keys::{KEYS, Key, schema},
    rows,
    shell::Shell,
    table::Place,
};
use morket::{
    field::{Catalogue, Kind},
    name::{FieldName, ProviderSlug},
    plan::{Plan, Settings, Waterfall, compile},
    provider::{Operation, Registry},
};
use serde_json::json;
use std::{collections::BTreeMap, io::Write, path::Path, sync::Arc};

pub(super) async fn init(shell: &Shell, args: &InitArgs) -> Outcome {
    if !args.file.is_file() {
        return Err(Failure::usage(format!("{} is no file", args.file.display())));
    }
    let beside = args.output.with_extension("schema.json");
    Place::check(&args.output, args.force)?;
    let mut say: Told = args.map.iter().map(|it| told(it)).collect::<Result<_, _>>()?;
    let want = args.want.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
    let want: Vec<FieldName> = want
        .map(|it| Ok(Catalogue::standard().named(it)?.name.clone()))
        .collect::<Result<_, morket::Error>>()?;
    let kind = args.kind.map(Kind::from);
    let mapped = rows::mapping(&args.file, &say, kind);
    let mut mapping = mapped.map_err(|it| it.of_table(&args.file))?;
    if !mapping.doubts.is_empty() && shell.console.can_ask() {
        ask(&shell.console, &mapping, &mut say)?;
        mapping = rows::mapping(&args.file, &say, kind)?;
    }
    let mapping = mapping.settled().map_err(|it| Failure::from(it).of_table(&args.file))?;
    let mut plan = Plan::of(mapping.kind, want);
    plan.map = mapping.saved();
    if plan.want.is_empty() {
        plan.want = usual(mapping.kind)?;
    }
    let mut held = Vec::new();
    for provider in shell.vendors.iter() {
        let slug = &provider.manifest().slug;
        if shell.keys.source(slug).await?.is_some() {
            held.push(slug.clone());
        }
    }
    waterfalls(&mut plan, held, shell.vendors.registry.clone());
    for (slug, settings) in &shell.config.settings.providers {
        let slug: ProviderSlug = slug.parse()?;
        if let Some(price) = settings.price.clone().filter(|_| asks(&plan, &slug)) {
            plan.prices.insert(slug, price);
        }
    }
    let name = beside.file_name().unwrap_or_default().to_string_lossy().into_owned();
    put(&args.output, args.force, &text(&plan, &args.file, &name))?;
    let schema = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    put(&beside, true, &format!("{schema}\n"))?;
    if shell.console.json {
        let line = json!({ "plan": args.output, "schema": beside, "kind": plan.kind,
                           "want": plan.want, "map": plan.map });
        shell.console.data(&line.to_string())?;
    }
    shell.console.note(&format!(
        "Wrote {} and, for editors, {}. What it would cost: morket plan -p {0} {}",
        args.output.display(),
        beside.display(),
        args.file.display()
    ));
    Ok(Exit::Ok)
}

/// What most people want.
fn usual(kind: Kind) -> morket::Result<Vec<FieldName>> {
    let names: &[&str] = match kind {
        Kind::Person => &["email"],
        Kind::Company => &["industry", "employee_count"],
    };
    names.iter().map(|it| FieldName::new(*it)).collect()
}

/// Whom to ask: everybody who has a key and gives the field. Fields that nobody gives stay without.
fn waterfalls(plan: &mut Plan, held: Vec<ProviderSlug>, registry: Registry) {
    let mut settings = Settings::new(Arc::new(registry));
    settings.keys = held;
    for name in &plan.want {
        let one = Plan::of(plan.kind, [name.clone()]);
        let Ok(program) = compile(&one, &settings) else { continue };
        let steps = program.chains[0].steps.iter();
        let steps: Vec<_> = steps.map(|it| program.op(*it).provider.to_string()).collect();
        let verify = verifiers(&settings, name).find(|it| !steps.contains(it));
        plan.waterfalls.insert(name.clone(), Waterfall { steps, verify, email: None });
    }
}

/// Those with a key who verify a field.
pub(super) fn verifiers<'a>(
    settings: &'a Settings,
    field: &'a FieldName,
) -> impl Iterator<Item = String> + 'a {
    let does = |it: &Operation| it.verifies.as_ref() == Some(field);
    let manifests = settings.registry.iter().map(|it| it.manifest());
    let mut may: Vec<_> = manifests
        .filter(|it| it.operations.iter().any(does))
        .filter(|it| !it.keyed || settings.keys.contains(&it.slug))
        .collect();
    // Who does nothing else comes first: a finder is more use as a finder.
    may.sort_by_key(|it| it.operations.iter().any(|it| it.verifies.is_none()));
    may.into_iter().map(|it| it.slug.to_string())
}

fn asks(plan: &Plan, slug: &ProviderSlug) -> bool {
    let named = |it: &String| it == slug.as_str();
    plan.waterfalls.values().any(|it| it.steps.iter().chain(&it.verify).any(named))
}

fn put(path: &Path, force: bool, text: &str) -> Result<(), Failure> {
    let mut place = Place::begin(path, force)?;
    place.write_all(text.as_bytes())?;
    Ok(place.commit()?)
}

/// The plan as a file: what is set as it is, what is not behind a `#`.
fn text(plan: &Plan, file: &Path, schema: &str) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().map(|it| if it.is_control() { '?' } else { it }).collect();
    let mut out = format!(
        "#:schema ./{schema}\n\
         # A plan for {name}. Flags of the command change it for one run.\n\
         # Remove the # before a line to use it.\n"
    );
    let kind = if plan.kind == Kind::Person { "person" } else { "company" };
    let want: Vec<String> = plan.want.iter().map(|it| quoted(it.as_str())).collect();
    let set = [
        ("kind", format!("kind = {}", quoted(kind))),
        ("want", format!("want = [{}]", want.join(", "))),
    ];
    let set = BTreeMap::from(set);
    for key in KEYS.iter().filter(|it| !it.path.contains('.')) {
        line(&mut out, key, set.get(key.path).cloned().into_iter().collect());
    }
    let pairs = plan.map.iter().map(|(header, it)| pair(header, it.as_str()));
    section(&mut out, "map", "map", pairs.collect());
    let mut fields: Vec<_> = plan.waterfalls.iter().collect();
    fields.sort_by_key(|(name, _)| plan.want.iter().position(|it| it == *name));
    for (field, waterfall) in fields {
        out.push_str(&format!("\n[waterfalls.{field}]\n"));
        let steps: Vec<String> = waterfall.steps.iter().map(|it| quoted(it)).collect();
        let steps = format!("steps = [{}]", steps.join(", "));
        line(&mut out, known("waterfalls.*.steps"), vec![steps]);
        let verify = waterfall.verify.iter().map(|it| format!("verify = {}", quoted(it)));
        line(&mut out, known("waterfalls.*.verify"), verify.collect());
    }
    for name in ["accept", "accept.email", "existing", "max_age"] {
        section(&mut out, name, name, Vec::new());
    }
    let prices = plan.prices.iter().map(|(slug, price)| pair(slug.as_str(), price));
    section(&mut out, "prices", "prices", prices.collect());
    for name in ["budget", "budget.units"] {
        section(&mut out, name, name, Vec::new());
    }
    out
}

/// A table of the document: its head is there only where something in it is set.
fn section(out: &mut String, name: &str, path: &str, set: Vec<String>) {
    let open = if set.is_empty() { "#" } else { "" };
    out.push_str(&format!("\n{open}[{name}]\n"));
    let inside = |key: &&Key| key.path.rsplit_once('.').is_some_and(|(head, _)| head == path);
    let mut set = Some(set);
    for key in KEYS.iter().filter(inside) {
        line(out, key, set.take().unwrap_or_default());
    }
}

/// What a key means, and what it is set to, or could be.
fn line(out: &mut String, key: &Key, set: Vec<String>) {
    out.push_str(&format!("# {}\n", key.about));
    if set.is_empty() {
        out.push_str(&format!("#{}\n", key.example));
    }
    for it in set {
        out.push_str(&format!("{it}\n"));
    }
}

fn known(path: &str) -> &'static Key {
    KEYS.iter().find(|it| it.path == path).expect("the path stands in the table")
}

fn pair(key: &str, value: &str) -> String {
    format!("{} = {}", quoted(key), quoted(value))
}

/// A text as TOML has it; JSON's escapes are TOML's, and one letter more is barred.
fn quoted(text: &str) -> String {
    json!(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_header_comes_back() {
        for header in ["Website", "a = \"b\"", "x\ny\t\u{7f}\u{0}\\", "🙂 שלום", "a.b", ""] {
            let table: toml::Table = toml::from_str(&pair(header, "v")).unwrap();
            assert_eq!(table.keys().next().unwrap(), header);
        }
    }

    /// Every line that is offered is one that a plan may hold.
    #[test]
    fn what_is_offered_can_be_used() {
        let mut plan = Plan::of(Kind::Person, usual(Kind::Person).unwrap());
        plan.map.insert("Web \"site\"".into(), "company_domain".parse().unwrap());
        let held = vec!["hunter".parse().unwrap(), "zerobounce".parse().unwrap()];
        waterfalls(&mut plan, held, crate::vendors::Vendors::builtin().registry);
        let text = text(&plan, Path::new("a\nb.csv"), "plan.schema.json");
        assert_eq!(toml::from_str::<Plan>(&text).unwrap(), plan);
        let offered: String = text
            .lines()
            .map(|it| it.strip_prefix('#').filter(|it| !it.starts_with([' ', ':'])).unwrap_or(it))
            .map(|it| format!("{it}\n"))
            .collect();
        let all: Plan = toml::from_str(&offered).unwrap_or_else(|it| panic!("{it}\n{offered}"));
        assert_eq!(all.budget.per_row.as_deref(), Some("0.12usd"));
        assert_eq!(all.waterfalls[&"email".parse::<FieldName>().unwrap()].steps, ["hunter"]);
        for key in KEYS.iter().filter(|it| !it.path.contains("*.email")) {
            assert!(text.contains(key.about), "{} is not told", key.path);
        }
    }
}
