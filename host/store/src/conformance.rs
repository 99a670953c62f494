//! The suite that every engine must pass: one test for each thing that [`Store`], [`Journal`] and [`Outbox`] promise.
//!
//! An engine implements [`Harness`] in its tests and calls [`conformance!`](crate::conformance!) once.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a suite of tests")]

pub mod admitting;
pub mod applying;
pub mod auditing;
pub mod cancelling;
pub mod configuring;
pub mod endpoints;
pub mod events;
pub mod holding;
pub mod idempotency;
pub mod inventory;
pub mod leasing;
pub mod ordering;
pub mod outbox;
pub mod pausing;
pub mod planning;
pub mod pruning;
pub mod reading;
pub mod reserving;
pub mod resolving;
mod sample;
pub mod sharing;
pub mod submitting;
pub mod tokens;

use async_trait::async_trait;

use crate::journal::Journal;
use crate::outbox::Outbox;
use crate::reservation::ReservationStore;
use crate::store::Store;
use crate::token::AccessTokens;

/// How the suite gets at an engine. Each test has a harness of its own, with a database of its own.
#[async_trait]
pub trait Harness: Send + Sync {
    /// The engine.
    type Engine: Store + Journal + Outbox + ReservationStore + AccessTokens + Clone;

    /// Opens the database: empty the first time, with all that was acknowledged afterwards.
    async fn open(&self) -> Self::Engine;

    /// Ends an engine as a kill would, without a farewell, so that the database can be opened again.
    async fn kill(&self, engine: Self::Engine);
}

/// Makes a test of every part of the suite. The argument is an expression that makes a new [`Harness`]; the calling crate needs
/// `tokio` with its macros.
#[macro_export]
macro_rules! conformance {
    ($harness:expr) => {
        $crate::conformance! { $harness;
            tokens {
                a_token_is_kept_and_revoked_once
                the_last_use_only_grows
                what_is_over_is_pruned
                the_first_token_is_never_pruned
            }
            submitting {
                members_keep_their_order
                tasks_get_growing_places
                refusals_are_kept
                a_full_line_refuses
                the_desired_state_is_stored
                a_request_without_a_task_has_ended
                an_id_is_used_once
                strange_texts_survive
                thousands_at_once
            }
            admitting {
                what_waits_says_behind_what
                the_contrary_is_superseded
                all_parts_are_superseded_at_once
                an_off_above_supersedes_below
                what_was_sent_goes_on
                a_force_off_overtakes
                a_restart_behind_an_off_is_refused
                whoever_does_not_queue_is_refused
                whoever_replaces_takes_the_place
                all_or_none_stores_nothing
                a_preview_changes_nothing
                thousands_take_the_place
            }
            sharing {
                who_asks_for_the_same_joins
                who_joins_wants_it
                the_weaker_is_absorbed
                a_departure_ends_one_part
                departures_and_ends_in_one_batch
                a_departure_is_counted_once
                what_all_have_left_is_cancelled
                what_ends_as_all_leave_is_not_cancelled
                thousands_come_and_go
            }
            cancelling {
                of_nothing
                marks_what_is_unfinished
                twice
                after_the_end
                after_a_cancel_and_the_end
                detaches_from_what_others_want
                of_some_components
                of_tasks_for_everybody
                leaves_nothing_desired
                too_many_failures_give_up_what_was_not_sent_once
                what_may_fail_is_no_strike
            }
            ordering {
                the_order_is_kept
                an_end_is_told
                a_shared_task_is_waited_for
                what_has_begun_waits_no_more
                an_absorbed_task_hands_its_order_on
                what_is_refused_keeps_its_power
                what_was_included_is_marked
            }
            pausing {
                a_waiting_task_steps_out
                what_was_sent_stays
                a_task_goes_on_at_the_end
                places_are_given_once
                several_go_on_in_order
                a_paused_task_has_no_intent
                a_paused_task_is_superseded
                a_paused_task_is_absorbed
                a_refused_task_stays_paused
            }
            configuring {
                requests_are_kept
                an_id_is_used_once
                the_same_joins
                the_last_writer_takes_the_place
                tracks_wait_for_themselves
                a_hold_keeps_off
                a_preview_changes_nothing
                a_request_without_a_task_has_ended
                a_request_ends_with_its_last_task
                a_snapshot_is_kept
                an_unknown_task_is_a_conflict
                a_cancel_detaches
                who_leaves_last_is_not_left_waiting
                lists_are_filtered
                old_requests_are_pruned
                old_snapshots_are_deleted
                thousands_at_once
            }
            holding {
                keeps_others_off
                ends_at_its_time
                is_released_once
                is_told
                leaves_the_line_alone
                are_pruned
            }
            reserving {
                a_wish_is_followed_by_its_answer
                they_survive_a_kill
                a_void_lease_keeps_nothing
                deputy_keys_come_with_their_request
                deputy_keys_of_all_who_share
                deputy_keys_are_forgotten_at_the_end
                keys_are_never_shown
            }
            resolving {
                an_uncertain_end_is_marked
                somebody_resolves_it
                a_level_makes_it_moot
                a_restart_leaves_it_open
                some_ends_leave_nothing_desired
                other_work_keeps_what_is_desired
            }
            auditing {
                entries_are_read_newest_first
                an_entry_comes_with_its_change
                old_entries_are_pruned
                what_changes_nothing_is_not_kept
            }
            planning {
                is_kept
                is_kept_once
                is_pruned
            }
            reading {
                nothing
                a_view_counts_live
                a_breakdown_counts_live_and_is_kept
                a_view_counts_attempts
                transitions_are_listed_newest_first
                expired_transitions_are_not_listed
                transitions_are_filtered
                a_line_has_the_active_task_first
                open_tasks_in_pages
            }
            applying {
                a_task_moves
                attempts_begin_and_end
                the_last_of_several_states_holds
                a_successor_starts_in_the_batch_that_ends_the_task
                a_transition_ends_with_its_last_task
                an_end_is_counted_once
                an_end_is_told_once
                a_second_active_task_is_a_conflict
                an_unknown_task_is_a_conflict
                an_attempt_needs_its_intent
                a_permit_is_used_once
                an_ended_task_has_no_intent
                components_change
                nothing_at_all
                thousands_at_once
            }
            events {
                are_in_order
                go_on_after_an_id
                of_an_unknown_id_are_a_gap
                after_pruned_ones_are_a_gap
                are_hinted_at
                of_a_transition_have_a_start
                keep_all_their_parts
            }
            endpoints {
                are_closed_at_first
                a_breaker_survives_a_kill
                the_last_of_several_states_holds
                an_unknown_controller_is_dropped
                a_known_controller_keeps_its_breaker
            }
            idempotency {
                a_key_is_claimed_once
                an_answer_is_given_again
                another_request_is_told_apart
                a_scope_has_four_parts
                an_unanswered_claim_survives_a_kill
                an_answer_survives_a_kill
                an_answer_is_kept_once
                what_has_expired_is_free
                callers_are_bounded
                all_together_are_bounded
                long_answers_are_bounded
                keys_expire_piece_by_piece
            }
            inventory {
                becomes_known
                forgets_what_is_gone
                one_component_is_as_in_the_list
                keeps_what_has_unfinished_tasks
                a_known_component_keeps_its_state
            }
            leasing {
                an_epoch_grows
                a_void_lease_writes_nothing
                controllers_are_claimed
                everything_survives_a_kill
                a_lease_is_void_after_the_next_start
            }
            outbox {
                a_new_follower_begins_at_the_end
                an_event_is_told_once
                deliveries_keep_their_parts_and_their_order
                attempts_are_kept
                an_ended_delivery_stays_as_it_is
                one_callback_of_each_url_is_due
                what_is_overdue_is_given_up
                a_disabled_follower_stands_still
                a_forgotten_follower_leaves_nothing_pending
                deliveries_are_listed_newest_first
                callbacks_come_with_their_transition
                deliveries_are_pruned
                everything_survives_a_kill
            }
            pruning {
                deletes_what_is_old
                keeps_what_is_unfinished_or_young
                leaves_no_hole_in_the_log
                goes_piece_by_piece
                never_gives_a_place_twice
                hides_all_but_the_newest
            }
        }
    };
    ($harness:expr; $($module:ident { $($test:ident)* })*) => {
        $(
            mod $module {
                use super::*;
                $(
                    #[tokio::test]
                    async fn $test() {
                        $crate::conformance::$module::$test(&$harness).await;
                    }
                )*
            }
        )*
    };
}
