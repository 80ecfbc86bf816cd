//! Where a container's files and start command come from.

mod locks;
mod reference;
mod store;

pub(super) use reference::Reference;
pub(super) use store::{Image, Images};
