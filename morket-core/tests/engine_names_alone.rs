//! Companies that are asked for by nothing but a name: namesakes fill no cell.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    field::Kind,
    name::FieldName,
    plan::{Plan, Waterfall},
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig};
use serde_json::{Value, json};

fn fields(names: &[&str]) -> Vec<FieldName> {
    names.iter().map(|it| FieldName::new(*it).unwrap()).collect()
}

/// What becomes of a register's answer about this company, asked for with these inputs.
async fn cell(needs: &[&'static str], identity: Value, row: Value) -> String {
    let register = FakeVendor::finder("register", &["legal_name"]).with(|it| {
        it.kind = Kind::Company;
        it.inputs = vec![fields(needs)];
        it.optional = fields(&["company_country"]);
    });
    let http = FakeHttp::new(move |_| {
        let values = json!({ "legal_name": "Something GmbH" });
        Ok(json!({ "is": "answer", "values": values, "identity": identity }))
    });
    let rig = Rig::new(vec![register], http, None).await;
    let name = FieldName::new("legal_name").unwrap();
    let mut plan = Plan::of(Kind::Company, [name.clone()]);
    let steps = vec!["register".to_owned()];
    plan.waterfalls.insert(name, Waterfall { steps, ..Waterfall::default() });
    let job = rig.finish(&plan, vec![row]).await;
    rig.cell(&job, 0, "legal_name").await
}

#[tokio::test(start_paused = true)]
async fn p018_a_name_alone_takes_no_namesakes() {
    let name: &[&str] = &["company_name"];
    let domain: &[&str] = &["company_domain"];
    let german = json!({ "company_name": "Example", "company_country": "Germany" });
    let both = json!({ "company_name": "Example", "company_domain": "example.com" });
    let refused = "no_result identity_unsure";
    for (needs, identity, row, expected) in [
        (name, json!({ "company_name": "Example GmbH" }), &german, "found Something GmbH"),
        (name, json!({ "company_name": "Example Pension Fund" }), &german, refused),
        (name, json!({}), &german, refused),
        // By its domain, an answer that says less is believed as before.
        (domain, json!({}), &both, "found Something GmbH"),
        (domain, json!({ "company_name": "Example Fund" }), &both, "found Something GmbH"),
        (
            name,
            json!({ "company_name": "Example Ltd", "company_country": "GB" }),
            &german,
            "no_result identity_mismatch",
        ),
        (
            name,
            json!({ "company_name": "Example", "company_domain": "other.example" }),
            &both,
            "no_result identity_unsure",
        ),
    ] {
        let about = format!("{identity} for {row}");
        assert_eq!(cell(needs, identity, row.clone()).await, expected, "{about}");
    }
}
