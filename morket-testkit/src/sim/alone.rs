//! People on the suppression list: a company whose people nobody may ask about, and an address that
//! a vendor knows and nobody may keep.

use super::{scene::Scene, store::at_once, vendor::Vendors};
use morket_core::{
    audit::{Action, NewAudit},
    engine::Guard,
    job::JobStore,
    plan::Program,
    privacy::{Identifier, IdentifierKind, NewSuppression, PrivacyKey, Source, SuppressionStore},
    rbac::Principal,
};
use serde_json::Value;

/// Its people stand in rows.
const COMPANY: &str = "c2.example";
/// It is found, for a row that does not name it.
const ADDRESS: &str = "hunter@c6.example";

/// Put both on the list before the first step.
pub(super) fn list(scene: &Scene) {
    let key = at_once(scene.store.privacy_key(scene.workspace, PrivacyKey::new([7; 32])));
    let key = key.expect("the workspace is there");
    let entry = |kind, text| {
        let name = Identifier::read(kind, text).expect("a name");
        let (source, reason) = (Source::Import, None);
        NewSuppression { fingerprint: key.fingerprint(&name), kind, source, reason }
    };
    let entries =
        vec![entry(IdentifierKind::Domain, COMPANY), entry(IdentifierKind::Email, ADDRESS)];
    let audit = NewAudit::new(Principal::Embedder, Action::SuppressionAdded, None);
    at_once(scene.store.suppress(scene.workspace, entries, audit)).expect("a short list");
}

/// What the list says of these records.
pub(super) fn guard<'a>(
    scene: &Scene,
    program: &Program,
    records: impl Iterator<Item = &'a Value>,
) -> Guard {
    let rng = crate::SeededRng::new(0);
    let asked = Guard::ask(&*scene.store, scene.workspace, &rng, &program.catalogue, records);
    at_once(asked).expect("the list can be asked")
}

/// Nobody was asked about the company's people, and the address was kept nowhere.
pub(super) fn check(scene: &Scene, vendors: &Vendors, found: &mut Vec<String>) {
    for asked in vendors.asked_about(COMPANY) {
        found.push(format!("suppressed: somebody was asked about {asked}"));
    }
    for id in &scene.jobs {
        let cells = at_once(scene.store.cells(scene.workspace, *id, 0..1_000)).unwrap_or_default();
        for row in cells {
            let kept = format!("{:?} {:?}", row.cell.value, row.cell.detail);
            if kept.contains(ADDRESS) {
                found.push(format!("suppressed: {} {} keeps it", row.cell.index, row.cell.field));
            }
        }
    }
}
