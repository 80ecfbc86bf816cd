//! Who asks, and may they. The one place where requests are authenticated and authorised.
//!
//! | module | what |
//! |---|---|
//! | `authenticate` | bearer tokens and client certificates → a user |
//! | `impersonate` | acting as someone else |
//! | `roles`, `rule` | RBAC: user → bindings → roles → rules |
//! | `authorize` | the decision, and how a refusal is worded |
//! | `escalation` | nobody gives away more than they have |

mod authenticate;
mod authorize;
mod escalation;
pub(super) mod impersonate;
mod roles;
mod rule;
mod user;

pub(super) use authenticate::service_account;
pub use authenticate::{Authenticator, ClientCertificate};
pub(super) use authorize::path_refusal;
pub use authorize::{Access, authorize, authorize_path};
pub use escalation::check_escalation;
pub use roles::{Decision, decide, rules_of};
pub use rule::{Action, Rule};
pub use user::User;

/// The API group of roles and bindings.
const RBAC: &str = "rbac.authorization.k8s.io";
