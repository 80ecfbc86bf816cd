//! Real processes in real sandboxes: that programs work inside, and that hostile ones are stopped.

mod harness;
mod hostile;
mod prepared;
mod working;
