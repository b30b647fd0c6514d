//! What no port promises alone: a violated constraint is the same error in every store, and a
//! listing has the same order.

mod books;
mod listing;
mod people;
mod violation;
mod work;

cases! {
    ($)
    /// What all stores have in common, as tests over what `$make` gives.
    agreement_suite;
    violation {
        p277_what_workspaces_and_ledgers_refuse_has_one_kind,
        p277_what_jobs_refuse_has_one_kind,
        p277_what_people_and_requests_refuse_has_one_kind,
        p277_what_the_vault_refuses_has_one_kind,
    }
    listing {
        p278_jobs_of_one_instant_are_listed_by_id,
        p278_sessions_of_one_instant_are_listed_by_id,
        p278_the_session_that_gives_way_among_equals_has_the_lowest_id,
        p278_calls_of_one_instant_are_listed_by_id,
        p278_members_are_listed_by_id,
        p278_workspaces_are_listed_by_the_bytes_of_their_slugs,
        p278_credentials_are_listed_by_bytes_then_id,
        p278_cells_and_steps_are_listed_by_the_bytes_of_their_names,
        p278_what_is_numbered_is_listed_by_number,
    }
}
