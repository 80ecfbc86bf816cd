//! One file per page, by noun. A page reads its address, calls `api`, and shows components.

pub mod admin;
pub mod builds;
pub mod deadletters;
pub mod events;
pub mod functions;
pub mod session;
pub mod tenants;
