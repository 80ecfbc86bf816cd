//! Real Pods and Jobs on a real node, through a client.

mod functions;
mod harness;
mod images;
mod jobs;
mod pods;
mod restart;
