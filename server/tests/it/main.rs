//! The product in process, through HTTP: one binary, a file per noun.

mod auth;
mod dead_letters;
mod events;
mod faults;
mod full_disk;
mod functions;
mod harness;
mod hostile;
mod images;
mod journey;
mod live;
mod outage;
mod process;
mod uploads;
