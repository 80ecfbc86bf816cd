//! What every bus promises, run for each backend.
//!
//! The cases are plain functions over `dyn Bus` in `contract/`; a backend adds one module here that
//! makes a bus and calls them all.

#![expect(clippy::unwrap_used, reason = "in helpers of tests a panic is the failure")]

mod contract {
    pub(crate) mod dead_letter;
    pub(crate) mod delivery;
    pub(crate) mod order;
    pub(crate) mod publish;
    pub(crate) mod sample;
}

mod server;

use std::{path::Path, sync::Arc};

use bus::Bus;

async fn rabbitmq() -> (server::VirtualHost, Arc<dyn Bus>) {
    let host = server::VirtualHost::new();
    let bus = bus::open(host.url(), Path::new("/")).await.unwrap();
    (host, bus)
}

/// Makes a test of every case for a backend; `$open` gives a guard and the bus.
macro_rules! contract {
    ($backend:ident, $open:path, $($group:ident :: { $($case:ident),+ $(,)? }),+ $(,)?) => {
        mod $backend {
            use super::*;
            $($(
                #[tokio::test]
                async fn $case() {
                    let (_guard, bus) = $open().await;
                    contract::$group::$case(bus.as_ref()).await;
                    bus.close().await;
                }
            )+)+
        }
    };
}

async fn embedded() -> (tempfile::TempDir, Arc<dyn Bus>) {
    let folder = tempfile::tempdir().unwrap();
    let bus = bus::open("embedded", folder.path()).await.unwrap();
    (folder, bus)
}

/// Every case for one backend.
macro_rules! all_cases {
    ($backend:ident, $open:path) => {
        contract!(
            $backend,
            $open,
            publish::{
                an_event_reaches_every_queue_bound_for_its_type_and_no_other,
                many_events_published_together_keep_their_order,
                an_event_without_a_queue_is_accepted,
                the_same_source_and_id_is_delivered_once,
                the_same_id_of_another_source_is_another_event,
                the_same_source_and_id_of_another_tenant_is_another_event,
                an_unknown_queue_is_refused,
                data_over_one_mebibyte_is_refused,
                data_of_one_mebibyte_is_delivered,
                one_mebibyte_of_bytes_was_refused_for_its_base64,
                the_attributes_of_a_small_event_had_no_limit,
                a_full_queue_refuses_and_takes_again_when_it_has_room,
                events_published_at_once_all_arrive,
            },
            delivery::{
                prefetch_bounds_what_is_unanswered,
                what_a_dropped_consumer_had_is_delivered_again_and_says_so,
                what_was_acknowledged_does_not_come_again,
                consumers_share_a_queue,
                a_queue_declared_again_keeps_its_messages_and_takes_the_new_bindings,
                a_deleted_queue_ends_its_consumers,
                figures_tell_what_is_ready_unanswered_and_waiting,
                a_closed_bus_says_so,
            },
            order::{
                events_of_one_function_wait_for_each_other_and_others_overtake,
                a_retried_event_is_not_overtaken_by_its_function,
                without_ordering_a_retried_event_is_overtaken,
                partitions_are_in_order_and_the_rest_is_parallel,
                many_functions_are_each_in_order_through_failures,
            },
            dead_letter::{
                a_failed_event_is_tried_as_often_as_the_queue_says_and_then_dead,
                a_permanent_failure_is_dead_at_once,
                an_event_that_kills_every_consumer_is_dead_in_the_end,
                a_dead_letter_can_be_replayed_within_the_day,
                a_dead_letter_waits_while_its_queue_is_full,
                an_event_without_a_tenant_has_a_dead_letter_queue_too,
            },
        );
    };
}

all_cases!(embedded_bus, embedded);
all_cases!(rabbitmq_bus, rabbitmq);
