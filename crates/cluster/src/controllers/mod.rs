//! The loops that keep the cluster's own promises: dependents go with their owners, contents with their namespace.
//!
//! Each looks at the state as it is and may be stopped and started at any time.

pub(crate) mod definitions;
pub(crate) mod garbage;
pub(crate) mod names;
pub(crate) mod namespaces;
pub(crate) mod quotas;
pub(crate) mod roles;
pub(crate) mod root_certificates;
pub(crate) mod service_accounts;
