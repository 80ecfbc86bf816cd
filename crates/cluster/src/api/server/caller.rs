//! Who makes a request, and as whom.

use http::{HeaderMap, StatusCode};

use crate::api::Api;
use crate::api::auth::impersonate::{self, Permission};
use crate::api::auth::{Action, User};
use crate::api::status::{ApiError, ApiResult, Details};

/// The user of a request, and the one that it asks to act as.
pub(super) struct Caller {
    user: User,
    other: Option<User>,
}

impl Caller {
    pub(super) fn new(user: User, headers: &HeaderMap) -> ApiResult<Self> {
        Ok(Self { user, other: impersonate::requested(headers)? })
    }

    /// The user that counts for an action. `refusal` words that a user may not use a verb on what the action is
    /// about.
    pub(super) fn acting(
        &self,
        api: &Api,
        action: &Action<'_>,
        refusal: impl FnOnce(&User, &str) -> ApiError,
    ) -> ApiResult<User> {
        let Some(other) = &self.other else { return Ok(self.user.clone()) };
        match impersonate::allowed(api, &self.user, other, action) {
            Permission::Granted => Ok(impersonate::complete(other.clone())),
            Permission::NotOn(verb) => Err(refusal(&self.user, &verb)),
            Permission::NotAs(verb) => {
                let message = format!(
                    "users.authentication.k8s.io \"{0}\" is forbidden: User \"{1}\" cannot {verb} resource \"users\" in API group \"authentication.k8s.io\" at the cluster scope",
                    other.name, self.user.name
                );
                let details = Details {
                    name: other.name.clone(),
                    group: "authentication.k8s.io".to_owned(),
                    kind: "users".to_owned(),
                    ..Details::default()
                };
                Err(ApiError::new(StatusCode::FORBIDDEN, "Forbidden", message).with_details(details))
            }
        }
    }
}
