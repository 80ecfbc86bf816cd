//! What every store promises, run for each backend.
//!
//! The cases are plain functions over `dyn Store` in `contract/`; a backend adds one module here
//! that makes a store and calls them all.

#![expect(clippy::unwrap_used, reason = "in helpers of tests a panic is the failure")]

mod server;

mod contract {
    pub(crate) mod audit;
    pub(crate) mod build;
    pub(crate) mod dead_letter;
    pub(crate) mod event;
    pub(crate) mod invocation;
    pub(crate) mod log;
    pub(crate) mod sample;
    pub(crate) mod session;
    pub(crate) mod small;
}

use std::sync::Arc;

use store::Store;

/// Makes a test of every case for a backend; `$open` gives a guard and the store.
macro_rules! contract {
    ($backend:ident, $open:path; $($group:ident :: { $($case:ident),+ $(,)? }),+ $(,)?) => {
        mod $backend {
            use super::*;
            $($(
                #[tokio::test]
                async fn $case() {
                    let (_guard, store) = $open().await;
                    contract::$group::$case(store.as_ref()).await;
                    store.close().await;
                }
            )+)+
        }
    };
}

async fn sqlite() -> (tempfile::TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let store = store::open(&format!("sqlite:{}", folder.path().join("rows.db").display())).await.unwrap();
    (folder, store)
}

async fn postgres() -> (server::Database, Arc<dyn Store>) {
    let database = server::Database::new();
    let store = store::open(database.url()).await.unwrap();
    (database, store)
}

/// All cases, for one backend.
macro_rules! every_case {
    ($backend:ident, $open:path) => {
        contract!(
            $backend, $open;
            event::{
                an_event_is_kept_once_and_positions_rise,
                another_tenant_may_have_the_same_source_and_id,
                pages_go_from_the_newest_to_the_oldest_without_gap_or_repeat,
                every_part_of_the_filter_narrows_the_list,
                text_is_found_anywhere_and_wildcards_are_plain_letters,
                a_text_search_goes_on_over_pages_that_found_nothing,
                an_overview_counts_the_newest_by_stretches_of_time,
                a_chain_is_in_the_order_of_time,
                events_of_another_tenant_are_not_there,
                old_events_are_deleted,
                a_made_up_cursor_is_refused,
            },
            build::{
                a_build_is_kept_as_it_stands_and_an_ended_one_stays_ended,
                builds_are_listed_by_number,
                builds_of_a_deleted_function_are_gone,
            },
            log::{
                lines_are_numbered_without_gaps_over_appends,
                the_tail_a_page_before_and_a_page_after_are_read,
                lines_are_filtered_by_level_text_group_and_call,
                a_log_keeps_its_newest_lines,
                a_log_keeps_within_its_bytes,
                a_log_tells_how_it_stands,
                a_checkpoint_is_kept_with_its_lines,
                logs_of_tenants_and_targets_are_apart,
                an_expired_build_log_says_so,
                the_beginning_of_a_log_is_cut_off_by_time,
            },
            invocation::{
                calls_are_kept_once_and_listed_newest_first,
                figures_are_taken_from_the_calls,
            },
            dead_letter::{
                a_dead_letter_is_kept_once_listed_and_deleted,
                an_event_that_dies_twice_of_one_delivery_is_one_dead_letter,
                a_dead_letter_for_no_function_is_kept_too,
                dead_letters_are_grouped_counted_and_deleted_together,
                a_replay_takes_the_letter_and_keeps_its_story,
            },
            session::{
                a_user_sees_and_ends_their_own_sessions_only,
                a_session_lives_until_it_ends,
                a_sign_in_link_works_once,
                a_token_is_found_by_its_secret_until_it_is_revoked_or_ends,
                secrets_are_not_stored,
                the_tokens_of_a_tenant_go_however_many_there_are,
            },
            audit::{
                acts_are_listed_newest_first_and_by_filter,
                acts_that_are_kept_at_once_stand_in_one_chain,
            },
            small::{
                saved_tests_are_replaced_by_name,
                preferences_are_per_user,
                a_nul_in_a_text_stopped_the_table,
            },
        );
    };
}

every_case!(sqlite_store, sqlite);
every_case!(postgres_store, postgres);
