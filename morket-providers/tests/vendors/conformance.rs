//! Every built-in provider keeps the rules that any provider must keep.

use morket_testkit::provider::check_provider;

#[test]
fn p023_p024_every_built_in_provider_keeps_the_rules() {
    for provider in morket_providers::builtin().iter() {
        check_provider(provider.as_ref());
    }
}
