//! Who asks, and may they. The one place where requests are authenticated and authorised.

mod authenticate;
mod authorize;
mod user;

pub use authenticate::Authenticator;
pub(super) use authenticate::service_account;
pub use authorize::{Access, authorize, authorize_path, is_allowed};
pub use user::User;
