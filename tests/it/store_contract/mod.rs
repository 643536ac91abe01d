//! What every engine behind `store::Store` promises: plain functions, one test of each for each engine.
//!
//! A new engine is one function that opens an empty store, and one line `store_contract!` below.

mod books;
mod engines;
mod mails;
mod manners;
mod outbox;
mod outbox_order;
mod people;
mod queue;
mod search;
mod thread;
mod tickets;
mod units;

use maildesk::store::Store;

use engines::Engine;

/// Keeps one promise on one engine; after it everything that is written must be sound.
fn keep(engine: Engine, promise: fn(&mut dyn Store)) {
    let Engine { mut store, folder } = engine;
    promise(&mut *store);
    assert_eq!(store.check().expect("checked"), [], "after the promise was kept");
    drop(folder);
}

macro_rules! tests {
    ($open:path; $($subject:ident::{$($promise:ident),+ $(,)?}),+ $(,)?) => { $($(
        #[test]
        fn $promise() {
            super::keep($open(), super::$subject::$promise);
        }
    )+)+ };
}

macro_rules! store_contract {
    ($engine:ident, $open:path) => {
        mod $engine {
            tests! {
                $open;
                mails::{
                    a_uid_is_found_again_and_its_outcome_can_be_replaced,
                    every_outcome_of_a_mail_is_read_back,
                    a_mail_is_read_back_with_everything_it_has,
                    a_fingerprint_is_new_once,
                    a_decision_counts_an_attempt_and_reaches_the_sightings,
                    mails_of_one_message_id_come_newest_first_and_ten_at_most,
                    lists_of_mails_and_sightings_are_filtered,
                    a_cursor_is_kept_for_each_mailbox,
                    bytes_are_kept_once_and_come_back_the_same,
                },
                tickets::{
                    every_status_is_read_back,
                    every_plane_of_unicode_is_read_back,
                    a_ticket_is_replaced_by_the_next_one_saved,
                    numbers_follow_each_other_at_each_desk,
                    a_first_number_that_is_raised_is_followed,
                    after_a_restore_numbers_leave_a_gap_even_at_a_desk_that_had_none,
                    what_is_due_comes_in_order_and_bounded,
                    an_instant_before_its_wake_nothing_is_due,
                    a_ticket_that_waits_for_nothing_is_never_due,
                    lists_of_tickets_are_filtered_and_paged,
                    tickets_are_listed_by_when_they_were_received,
                    tickets_are_counted_up_to_a_number,
                },
                thread::{
                    messages_are_numbered_within_their_ticket,
                    a_message_comes_back_with_everything_it_has,
                    history_comes_back_in_the_order_it_was_written,
                    work_comes_back_in_the_order_it_was_written,
                },
                outbox::{
                    a_letter_is_read_back_as_it_was_frozen,
                    a_message_id_is_put_into_the_outbox_once,
                    a_letter_to_nobody_is_refused,
                    a_claim_is_exclusive_until_its_lease_ends,
                    a_lease_that_ran_out_makes_the_next_attempt_uncertain,
                    a_claim_counts_and_an_uncounted_attempt_is_taken_back,
                    nothing_is_claimed_before_its_time,
                    a_deferred_delivery_is_tried_again_at_its_time,
                    what_is_final_is_not_tried_again,
                    a_late_result_does_not_undo_what_was_sent,
                    an_operator_can_open_what_was_final,
                    after_a_crash_attempts_become_uncertain_and_due,
                    deliveries_are_listed_by_what_is_asked,
                    settling_what_is_not_there_is_an_error_of_the_unit,
                },
                outbox_order::{
                    the_oldest_is_claimed_first_and_no_more_than_asked,
                    what_somebody_waits_for_goes_first_and_takes_along_what_stands_before_it,
                    letters_of_one_ticket_reach_one_person_in_their_order,
                    a_stuck_recipient_delays_nobody_else,
                    letters_without_a_ticket_wait_for_no_other,
                    two_recipients_of_one_letter_are_two_deliveries,
                    an_older_letter_that_is_opened_again_goes_first,
                },
                manners::{
                    automatic_mails_are_counted_by_address_domain_and_all,
                    a_plus_tag_or_capitals_do_not_escape_the_count,
                    the_window_of_a_count_slides_by_the_minute,
                    what_is_known_of_an_address_is_kept_and_forgotten,
                    a_value_is_replaced_under_its_name,
                },
                people::{
                    an_acquaintance_is_kept_and_replaced,
                    a_plus_tag_or_capitals_do_not_hide_an_acquaintance,
                    a_tie_is_found_again_and_stays_as_it_was,
                    ties_come_newest_number_first_and_ten_at_most,
                },
                queue::{
                    the_queue_is_in_the_order_of_receipt,
                    by_deadline_the_nearest_unmet_promise_comes_first,
                    whoever_is_taken_or_not_new_leaves_the_queue,
                },
                books::{
                    work_is_found_by_its_time_and_its_client,
                    work_moves_with_its_ticket_to_another_client,
                    a_correction_stands_beside_what_it_corrects,
                    what_is_not_there_or_was_corrected_cannot_be_corrected,
                    bill_numbers_follow_each_other_at_each_desk,
                    a_period_is_billed_once,
                    bills_come_back_newest_first,
                    a_later_rating_replaces_the_earlier,
                    ratings_are_found_by_their_time,
                    tickets_of_an_interval_are_measured,
                    what_was_reopened_is_measured_by_its_last_solution,
                    a_promise_once_broken_stays_broken,
                    answers_of_agents_are_found_by_their_time,
                    what_is_not_done_is_counted_by_status,
                },
                search::{
                    a_ticket_is_found_by_its_words_before_and_after_it_is_indexed,
                    words_are_found_without_case_and_marks,
                    what_was_opened_last_comes_first_and_the_rest_is_counted,
                    a_search_is_filtered_by_what_tickets_are_now,
                    a_client_is_found_by_his_name,
                    nothing_that_is_typed_is_an_operator,
                    steps_of_indexing_are_bounded_and_go_on_where_they_ended,
                    a_step_that_fails_leaves_the_index_as_it_was,
                    an_index_made_anew_finds_the_same,
                    too_many_changed_tickets_are_counted_and_not_searched,
                },
                units::{
                    a_unit_that_fails_leaves_nothing,
                    a_unit_that_panics_leaves_nothing,
                    a_batch_keeps_all_but_the_unit_that_failed,
                    a_unit_that_ends_the_batch_takes_all_with_it,
                    units_of_a_batch_see_each_other,
                    a_number_of_a_failed_unit_is_given_to_the_next,
                    an_empty_batch_is_no_trouble,
                },
            }
        }
    };
}

store_contract!(in_memory, super::engines::in_memory);
store_contract!(on_file, super::engines::on_file);
store_contract!(opened_anew_for_every_unit, super::engines::opened_anew);
