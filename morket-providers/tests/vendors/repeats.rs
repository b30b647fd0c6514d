//! What may be asked again after a lost answer: what is free, and what a vendor bills once.

use morket_providers::builtin;

#[test]
fn p022_only_what_is_billed_once_is_repeated_after_a_lost_answer() {
    let registry = builtin();
    let mut repeated = Vec::new();
    for provider in registry.iter() {
        let manifest = provider.manifest();
        for operation in &manifest.operations {
            assert!(operation.retry_on_ambiguous || !operation.free, "{}", operation.name);
            if operation.retry_on_ambiguous && !operation.free {
                repeated.push(format!("{}.{}", manifest.slug.as_str(), operation.name));
            }
        }
    }
    repeated.sort();
    // Hunter counts the same verification once, and says nothing of a search; at Prospeo the same
    // person again is free for life.
    let expected = [
        "hunter.email_verifier",
        "prospeo.person_bulk",
        "prospeo.person_enrich",
        "prospeo.person_mobile",
    ];
    assert_eq!(repeated, expected);
}
