//! An address that a vendor found leads the next vendor to whoever has it: `tara@` may be any
//! Tara's, and somebody else's phone fills no cell.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    field::Kind,
    name::FieldName,
    plan::{Plan, Waterfall},
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent};
use serde_json::{Value, json};

const TARA: &str = "tara@example.com";
const PHONE: &str = "+13125550185";

/// Whose phone it is, says the vendor that is asked by address.
fn says(sent: &Sent, owner: &Value) -> Value {
    let values = match sent.vendor.as_str() {
        "finder" => json!({ "email": TARA, "email_status": "valid" }),
        _ => json!({ "phone": PHONE }),
    };
    let identity = match sent.vendor.as_str() {
        "finder" => json!({ "full_name": "Tara Vogel", "company_domain": "example.com" }),
        _ => owner.clone(),
    };
    json!({ "is": "answer", "values": values, "identity": identity })
}

/// What becomes of the phone of this row.
async fn phone(row: Value, owner: Value) -> String {
    let finder = FakeVendor::finder("finder", &["email", "email_status"]);
    let book = FakeVendor::finder("book", &["phone"])
        .with(|it| it.inputs = vec![vec![FieldName::new("email").unwrap()]]);
    let http = FakeHttp::new(move |sent: &Sent| Ok(says(sent, &owner)));
    let rig = Rig::new(vec![finder, book], http, None).await;
    let [email, phone] = ["email", "phone"].map(|it| FieldName::new(it).unwrap());
    let mut plan = Plan::of(Kind::Person, [email.clone(), phone.clone()]);
    for (field, vendor) in [(email, "finder"), (phone, "book")] {
        let steps = vec![vendor.to_owned()];
        plan.waterfalls.insert(field, Waterfall { steps, ..Waterfall::default() });
    }
    let job = rig.finish(&plan, vec![row]).await;
    rig.cell(&job, 0, "phone").await
}

#[tokio::test(start_paused = true)]
async fn p018_a_found_address_takes_no_namesakes_phone() {
    let found = format!("found {PHONE}");
    let named = |name: &str| json!({ "full_name": name, "email": TARA });
    let asks = json!({ "full_name": "Tara Vogel", "company_domain": "example.com" });
    let tells =
        json!({ "full_name": "Tara Vogel", "company_domain": "example.com", "email": TARA });
    for (row, owner, expected) in [
        (&asks, named("Tara Vogel"), found.as_str()),
        (&asks, json!({ "email": TARA }), &found),
        (&asks, named("Tara Example"), "no_result identity_mismatch"),
        (&asks, named("Bob Builder"), "no_result identity_mismatch"),
        // Who was told the address believes that she has another family name now.
        (&tells, named("Tara Example"), &found),
        (&tells, named("Bob Builder"), "no_result identity_mismatch"),
    ] {
        let about = format!("{owner} for {row}");
        assert_eq!(phone(row.clone(), owner).await, expected, "{about}");
    }
}
