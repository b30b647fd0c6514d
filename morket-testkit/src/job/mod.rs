//! The promises of [`JobStore`](morket_core::job::JobStore), in eight suites.

mod build;
mod call;
mod cancel;
mod closing;
mod desk;
mod flight;
mod fund;
mod history;
mod lapse;
mod lease;
mod listing;
mod permit;
mod permit_walk;
mod race;
mod recall;
mod settle;

pub(crate) use desk::{
    Desk, TTL, answer, answered, call, field, jobs_of, limited, provider, result,
};

/// Opening, appending, sealing and reading.
pub mod build_suite {
    use super::{build, listing};

    cases! {
        ($)
        /// What the job port promises of jobs that are built and listed.
        job_build_suite;
        build {
            an_unsealed_job_is_seen_by_nobody,
            opening_again_changes_nothing,
            a_job_id_that_names_another_job_is_refused,
            appending_again_changes_nothing,
            records_that_do_not_fit_are_refused,
            a_sealed_job_takes_no_more_records,
            a_job_of_an_absent_workspace_is_not_found,
            p068_batches_are_the_input_in_order,
            p068_a_job_without_records_is_refused,
            a_total_that_differs_is_refused,
            p061_a_worst_case_that_is_not_covered_is_refused,
            an_unmetered_job_has_no_worst_case,
            sealing_again_changes_nothing,
            a_job_reads_as_it_was_opened,
            a_base_has_come_to_its_end,
            p130_a_foreign_job_is_not_found,
        }
        listing {
            p200_job_pages_are_complete_for_every_limit,
            p201_job_pages_stay_stable_under_writes,
            p203_a_jobs_cursor_of_another_workspace_is_refused,
            p137_jobs_are_those_of_their_workspace,
            a_job_that_was_left_is_told_from_one_that_runs,
            p130_who_left_a_foreign_job_is_not_told,
            records_come_in_input_order,
            cells_and_steps_come_in_order,
        }
    }
}

/// Claiming, renewing and funding.
pub mod lease_suite {
    use super::{fund, lease};

    cases! {
        ($)
        /// What the job port promises of leases and of the credits behind them.
        job_lease_suite;
        lease {
            p073_one_batch_has_one_lease,
            a_lease_that_ended_is_given_again_under_a_higher_fence,
            a_parked_batch_is_given_when_its_time_has_come,
            an_attended_job_is_given_to_who_names_it,
            p082_the_workspace_with_fewer_leases_comes_first,
            p082_a_newcomer_is_told_from_others,
            the_first_claim_starts_the_job,
            an_open_hold_comes_with_the_claim,
            a_renewed_lease_lasts,
            p072_a_lease_that_ended_is_not_renewed,
            p072_a_lease_that_was_taken_over_is_not_renewed,
            a_lease_of_an_unknown_job_is_stale,
        }
        fund {
            funding_covers_the_longest_affordable_prefix,
            funding_that_covers_nothing_opens_no_hold,
            a_refill_takes_the_place_of_the_hold_before,
            a_refill_that_covers_nothing_changes_nothing,
            funding_again_gets_the_same_hold,
            funding_again_beside_a_cancel_gets_the_same_hold,
            a_closed_hold_is_not_opened_again,
            p072_funding_under_an_old_fence_holds_nothing,
            p049_funding_at_once_never_overdraws,
        }
    }
}

/// Calls and the ceilings over them.
pub mod call_suite {
    use super::call;

    cases! {
        ($)
        /// What the job port promises of calls and what they may cost.
        job_call_suite;
        call {
            p027_a_call_above_a_ceiling_is_not_written,
            p027_calls_at_once_stay_below_the_ceiling,
            counters_show_what_is_in_flight,
            every_scope_counts_for_itself,
            a_counter_nobody_moved_shows_zero,
            p137_counters_are_those_of_their_workspace,
            marking_again_changes_nothing,
            a_ready_call_is_sent_again,
            how_often_a_call_left_is_kept,
            a_call_that_is_decided_is_not_sent_again,
            another_composition_is_another_call,
            p072_marking_under_an_old_fence_writes_nothing,
            open_calls_are_those_to_decide_about,
        }
    }
}

/// What is asked, and by whom.
pub mod flight_suite {
    use super::flight;

    cases! {
        ($)
        /// What the job port promises of questions that several ask at once.
        job_flight_suite;
        flight {
            what_another_batch_asks_is_taken,
            what_was_answered_since_is_taken,
            what_a_call_asked_is_free_when_it_is_over,
            a_parked_batch_keeps_what_it_asks,
            a_takeover_keeps_what_was_asked,
            a_batch_that_is_left_frees_what_it_asked,
            what_an_attended_job_left_nobody_waits_for,
            a_batch_does_not_wait_for_itself,
            flights_tell_how_they_ended,
            p137_flights_are_those_of_their_workspace,
            one_of_many_batches_asks,
            p022_a_call_knows_how_often_it_left,
        }
    }
}

/// Vendors' rates, in all processes together.
pub mod permit_suite {
    use super::{permit, permit_walk as walk};

    cases! {
        ($)
        /// What the job port promises of permits.
        job_permit_suite;
        permit {
            a_slice_counts_until_its_window_has_passed,
            what_others_were_given_counts,
            what_was_used_counts_from_when_it_was,
            what_was_not_used_is_free_at_once,
            asking_again_gets_the_same_slice,
            every_window_of_a_limit_is_kept,
            every_limit_of_a_claim_is_kept,
            keys_do_not_share,
            whoever_waits_gets_a_share,
            whoever_stays_away_is_forgotten,
            a_claim_that_makes_no_sense_is_refused,
            a_vendor_that_wants_to_be_left_alone_is_by_all,
            what_a_vendor_told_counts_for_all,
            an_odd_word_is_refused,
            claims_at_once_share_one_window,
        }
        walk {
            no_window_is_ever_exceeded,
        }
    }
}

/// What need not be asked.
pub mod recall_suite {
    use super::recall;

    cases! {
        ($)
        /// What the job port promises of answers to other questions about the same one.
        job_recall_suite;
        recall {
            recall_gives_each_its_own_answer_first,
            recall_serves_the_newest_answer_about_the_same,
            recall_serves_no_miss_and_nothing_that_has_expired,
            p137_recall_is_of_its_workspace,
            a_refused_item_says_of_nobody_whom_it_was_about,
            once_an_answer_is_erased_nothing_tells_whom_it_was_about,
        }
    }
}

/// Settling.
pub mod settle_suite {
    use super::{closing, race, settle};

    cases! {
        ($)
        /// What the job port promises of settlements.
        job_settle_suite;
        settle {
            an_item_is_written_whole,
            a_refused_item_leaves_nothing_of_itself,
            a_refused_item_does_not_touch_its_neighbours,
            the_spend_of_a_refused_item_is_kept,
            settling_again_changes_nothing_and_gives_the_same_receipts,
            p035_a_step_that_is_there_is_not_decided_again,
            an_item_that_contradicts_itself_is_refused,
            p072_an_old_fence_writes_nothing_but_spend,
            p072_a_lease_that_ended_writes_nothing_but_spend,
            an_unknown_call_keeps_its_worst_price_counted,
            what_was_settled_last_stands_in_the_cell,
            p067_counts_are_those_of_the_records,
            a_task_to_poll_is_kept_with_its_call,
            lookups_come_in_the_order_of_the_keys_that_have_one,
            an_expired_lookup_is_not_there,
            an_expired_lookup_tells_its_age,
            p137_lookups_are_those_of_their_workspace,
        }
        closing {
            done_with_an_open_record_is_refused,
            done_closes_the_batch_and_its_hold,
            a_released_batch_is_given_at_once,
            a_parked_batch_keeps_what_it_names,
            p066_the_end_follows_from_the_records,
            p079_the_last_batch_tells_of_the_end_once,
            p078_a_finished_job_never_changes,
            p064_a_finished_job_holds_nothing,
        }
        race {
            p051_settling_one_step_at_once_charges_once,
            p072_a_takeover_and_a_settlement_never_both_count,
            p079_many_last_batches_at_once_tell_of_one_end,
        }
    }
}

/// Cancelling, waking, lapsing, collecting.
pub mod cancel_suite {
    use super::{cancel, lapse};

    cases! {
        ($)
        /// What the job port promises of jobs that stop, wait or are left behind.
        job_cancel_suite;
        cancel {
            cancelling_ends_what_nobody_works_on,
            p069_nothing_starts_after_a_cancel,
            a_leased_batch_ends_when_its_worker_lets_go,
            a_worker_may_settle_what_is_in_flight,
            cancelling_ends_the_open_cells_of_open_records,
            parking_or_releasing_a_cancelled_batch_ends_it,
            a_lease_that_ended_is_fenced_by_the_cancel,
            p070_cancelling_again_changes_nothing,
            p070_cancelling_a_finished_job_changes_nothing,
            p064_cancelling_returns_what_was_held,
            p130_a_foreign_job_is_not_cancelled,
            p079_cancel_and_settle_at_once_tell_of_one_end,
        }
        lapse {
            waking_a_job_wakes_its_parked_batches,
            waking_a_cause_wakes_those_that_wait_for_it,
            p137_only_this_workspaces_batches_are_woken,
            a_job_says_what_it_waits_for,
            a_claim_tells_what_it_waited_for_and_since_when,
            p053_a_hold_lapses_when_its_time_has_passed,
            p053_a_hold_lapses_a_day_after_its_lease_ended,
            p053_a_parked_hold_lapses_a_day_after_it_would_wake,
            p053_a_hold_of_an_ended_job_lapses,
            p053_a_lapsed_hold_pays_nothing_more,
            lapsing_stops_at_its_limit,
            unsealed_jobs_are_collected,
        }
    }
}

/// Whole lives of jobs.
pub mod history_suite {
    use super::history;

    cases! {
        ($)
        /// What the job port promises over whole lives of jobs.
        job_history_suite;
        history {
            p044_a_job_that_is_started_twice_is_one_job,
            p065_states_only_go_forward,
            p073_at_any_time_one_lease_counts,
            p078_nothing_reaches_a_job_that_has_ended,
            p081_a_job_is_there_whole_or_not_at_all,
            p083_a_deleted_workspace_leaves_nothing_to_work_on,
        }
    }
}

/// Every suite of the job port.
#[macro_export]
macro_rules! job_suite {
    ($make:path) => {
        $crate::job_build_suite!($make);
        $crate::job_lease_suite!($make);
        $crate::job_call_suite!($make);
        $crate::job_flight_suite!($make);
        $crate::job_permit_suite!($make);
        $crate::job_recall_suite!($make);
        $crate::job_settle_suite!($make);
        $crate::job_cancel_suite!($make);
        $crate::job_history_suite!($make);
    };
}

/// Every case of the job port.
pub(crate) const SUITES: &[&[crate::Case]] = &[
    build_suite::CASES,
    lease_suite::CASES,
    call_suite::CASES,
    flight_suite::CASES,
    permit_suite::CASES,
    recall_suite::CASES,
    settle_suite::CASES,
    cancel_suite::CASES,
    history_suite::CASES,
];
