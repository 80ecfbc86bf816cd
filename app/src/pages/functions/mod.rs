//! Pages of functions.

pub mod code;
mod code_forms;
pub mod create;
mod create_form;
mod create_yaml;
pub mod delete;
mod env_rows;
pub mod list;
pub mod logs;
pub mod overview;
pub mod settings;
mod settings_fields;
mod settings_form;
mod source_access;
pub mod test;
mod test_result;
mod traffic_rows;
mod trigger_forms;
pub mod triggers;
pub mod yaml;
