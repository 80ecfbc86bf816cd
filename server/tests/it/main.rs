//! The product in process, through HTTP: one binary, a file per noun.

mod audit;
mod auth;
mod dead_letters;
mod events;
mod faults;
mod forms;
mod full_disk;
mod functions;
mod harness;
mod hostile;
mod images;
mod isolation;
mod isolation_pages;
mod issuer;
mod journey;
mod live;
mod oidc;
mod outage;
mod process;
mod tenants;
mod unreadable;
mod uploads;
