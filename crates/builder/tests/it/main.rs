//! Builds for real: pip and npm against their registries, images in a layout, the wrappers started.

mod builds;
mod cancel;
mod dependencies;
mod function;
mod harness;
mod hostile;
mod nodejs;
mod python;
