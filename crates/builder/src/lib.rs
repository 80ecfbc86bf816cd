//! Source to image: `knative-lambda builder`, which runs in a build's Job.
//!
//! ```text
//! plan → fetch → dependencies → assemble → push → report
//! ```
//! Whatever runs foreign code (pip, npm, a compiler's check) runs in the sandbox, sees the source and
//! the interpreter, writes to one temporary folder and reaches ports 80 and 443 only.
//!
//! To add a language: `runtime/<language>.rs`, its wrapper beside it, a case in `tests/`.
//! To add a kind of source: `fetch/<kind>.rs`.

mod assemble;
mod cache;
mod failure;
mod fetch;
mod log;
mod plan;
mod process;
mod prune;
mod push;
mod report;
mod run;
mod runtime;
mod steps;
mod trial;

pub use prune::{Pruned, prune};
pub use run::{Outcome, Settings, run};
pub use trial::try_source;
