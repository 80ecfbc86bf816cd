//! Parts of pages: props in, view out; they make no calls and know no routes but links.

pub mod button;
pub mod code_area;
pub mod diff;
pub mod empty;
pub mod event_table;
pub mod field;
pub mod function_head;
pub mod header;
pub mod icon;
pub mod log;
pub mod log_lines;
pub mod log_view;
pub mod manifest;
pub mod outages;
pub mod pager;
pub mod palette;
pub mod preflight;
pub mod problem;
pub mod schema;
pub mod sort;
pub mod status;
pub mod steps;
pub mod time;
pub mod timeline;
pub mod upload;
pub mod views;
