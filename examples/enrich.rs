//! Enrichment from first to last, without a key and without a network beyond this machine: fake
//! vendors with their real shapes, demo people, a waterfall, and the reason for each cell.
#![allow(clippy::print_stdout, reason = "an example's output is its product")]

use anyhow::{Context, Result, ensure};
use morket::{
    Enriched, Morket, Secret,
    engine::Detail,
    field::Kind,
    job::CellStatus,
    name::FieldName,
    network::{Client, Options as Network},
    plan::{Plan, Waterfall},
    providers::sandbox::{Options, Sandbox, Vendor},
};
use serde_json::json;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let mk = morket(&sandbox).await?;
    let workspace = mk.create_workspace("Acme").sandbox().await?.id;

    let rows: Vec<_> = sandbox
        .world()
        .demo_rows(12)
        .into_iter()
        .map(|row| json!({ "full_name": row.full_name, "company_domain": row.company_domain }))
        .collect();
    let plan = plan()?;
    let estimate = mk.engine().estimate(workspace, &plan, &rows).await?;
    println!("{} rows; at most:", estimate.rows);
    for provider in &estimate.providers {
        println!(
            "  {:<18}{:>4} calls, {} credits",
            provider.provider, provider.calls, provider.units
        );
    }

    let done = mk.engine().enrich(workspace, &plan, rows.clone()).await?;
    println!("\n{:<18}{:<32}{:<46}title", "name", "company", "e-mail");
    for (index, row) in (0..).zip(&rows) {
        let text = |field: &str| row[field].as_str().unwrap_or_default();
        let shown = [show(&done, index, "email"), show(&done, index, "title")];
        let (name, company) = (text("full_name"), text("company_domain"));
        println!("{name:<18}{company:<32}{:<46}{}", shown[0], shown[1]);
    }
    why(&done)?;
    ensure!(done.job.counts.failed == 0, "nothing fails in a quiet sandbox");
    Ok(())
}

/// Everything in memory, and vendors that live in the sandbox.
async fn morket(sandbox: &Sandbox) -> Result<Morket> {
    let origin = format!("http://{}", sandbox.addr());
    let mut builder = Morket::builder().memory().builtin_providers().sandbox(origin);
    let vendors = [
        ("hunter", Vendor::Hunter),
        ("people-data-labs", Vendor::PeopleDataLabs),
        ("zerobounce", Vendor::ZeroBounce),
    ];
    for (slug, vendor) in vendors {
        let key = Secret::new(format!("sandbox-key-of-{slug}"));
        builder = builder.key(slug, key).base_url(slug, sandbox.base_url(vendor));
    }
    // Addresses of this machine are reached only when they are named.
    let network = Network::new().allow_egress(&sandbox.addr().to_string())?.allow_plain_http();
    Ok(builder.http(Arc::new(Client::new(network)?)).build().await?)
}

/// E-mail from Hunter, then from People Data Labs, each verified; the title where it is known.
fn plan() -> Result<Plan> {
    let (email, title) = (FieldName::new("email")?, FieldName::new("title")?);
    let mut plan = Plan::of(Kind::Person, [email.clone(), title.clone()]);
    let waterfall = |steps: &[&str], verify: Option<&str>| Waterfall {
        steps: steps.iter().map(ToString::to_string).collect(),
        verify: verify.map(str::to_owned),
        email: None,
    };
    plan.waterfalls.insert(email, waterfall(&["hunter", "people-data-labs"], Some("zerobounce")));
    plan.waterfalls.insert(title, waterfall(&["people-data-labs"], None));
    Ok(plan)
}

fn show(done: &Enriched, index: u32, field: &str) -> String {
    let Some(row) = done.cell(index, field) else { return "-".to_owned() };
    match (&row.cell.status, row.cell.value.as_ref().and_then(|it| it.as_str())) {
        (CellStatus::Found, Some(text)) => text.to_owned(),
        (_, _) => format!("- {}", row.cell.reason.as_deref().unwrap_or_default()),
    }
}

/// The story of the first address that was found.
fn why(done: &Enriched) -> Result<()> {
    let found = done
        .cells
        .iter()
        .find(|it| it.cell.status == CellStatus::Found && it.cell.field.as_str() == "email");
    let cell = &found.context("somebody was found")?.cell;
    let detail: Detail = serde_json::from_value(cell.detail.clone().unwrap_or_default())?;
    println!("\nWhy {}?", cell.value.clone().unwrap_or_default());
    for it in &detail.candidates {
        println!("  {} returned it, about the right person: {:?}", it.provider, it.identity);
        for verified in &it.verified {
            println!("  {} says it is {}", verified.by, verified.status);
        }
        println!("  so it was {:?}", it.fate);
    }
    Ok(())
}
