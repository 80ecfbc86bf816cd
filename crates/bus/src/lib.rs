//! Events in motion: topic exchanges, durable queues, acknowledgement, redelivery, backoff and
//! dead letters, with the names and limits of platform.md section 3.
//!
//! Two backends keep the same promises behind [`Bus`]: the embedded one (a file in the data
//! folder) and RabbitMQ; `tests/contract.rs` holds both to them.
//!
//! # How to consume
//! ```no_run
//! # async fn example(bus: std::sync::Arc<dyn bus::Bus>) -> bus::Result<()> {
//! use futures::StreamExt;
//! bus.declare(bus::QueueSpec::timeline()).await?;
//! let mut consumer = bus.consume(bus::name::TIMELINE, 100).await?;
//! while let Some(delivery) = consumer.next().await {
//!     println!("{}", delivery.event.kind);
//!     delivery.ack().await?; // dropped instead: it comes again, to whoever consumes
//! }
//! # Ok(()) }
//! ```
//!
//! # Promises
//! * [`Bus::publish`] and [`Bus::publish_to`] return when the event survives kill -9;
//! * what is not acknowledged is delivered again, after a crash too, so consumers are idempotent
//!   on `(source, id)`;
//! * with [`Ordering::PerFunction`] an event is not delivered before the one before it of the same
//!   function is acknowledged or dead; events of other functions overtake it.

mod bus;
mod delivery;
pub mod embedded;
mod error;
mod exchange;
mod identity;
mod index;
pub mod name;
mod open;
mod pattern;
mod queue;
pub mod rabbitmq;

pub use self::bus::Bus;
pub use delivery::{Consumer, Death, Delivery, ack_all};
pub use error::{Error, Result};
pub use exchange::Exchange;
pub use open::open;
pub use pattern::Pattern;
pub use queue::{Binding, DeadLetters, Ordering, QueueSpec, QueueStats, Retry};
