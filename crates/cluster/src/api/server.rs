//! The router: from a request to a verb.

mod call;
mod caller;
mod dispatch;
mod plain;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::api::Api;
use crate::api::auth::{Authenticator, User};
use crate::api::status::{ApiError, ApiResult};
use crate::api::warnings::Warnings;
use call::Call;
use caller::Caller;

/// Larger bodies are refused.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// How a router tells who asks.
#[derive(Clone)]
pub enum Identity {
    /// Every request is of this user: for callers within the process.
    Fixed(User),
    /// By client certificate or bearer token: for the network.
    Told(Authenticator),
}

#[derive(Clone)]
struct Server {
    api: Api,
    identity: Identity,
}

/// The whole API.
pub fn router(api: Api, identity: Identity) -> Router {
    Router::new().fallback(handle).with_state(Server { api, identity })
}

async fn handle(State(server): State<Server>, request: Request) -> Response {
    let warnings = Warnings::default();
    let mut response = match serve(&server, request, &warnings).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    warnings.write(response.headers_mut());
    response
}

async fn serve(server: &Server, request: Request, warnings: &Warnings) -> ApiResult<Response> {
    let (head, body) = request.into_parts();
    let user = match &server.identity {
        Identity::Fixed(user) => user.clone(),
        Identity::Told(authenticator) => authenticator.user(&server.api, &head.headers, &head.extensions)?,
    };
    let caller = Caller::new(user, &head.headers)?;
    if let Some(response) = plain::serve(&server.api, &caller, &head)? {
        return Ok(response);
    }
    let mut call = Call::new(&server.api, &caller, &head, warnings.clone())?;
    if matches!(head.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") {
        call.body = read(body).await?;
    }
    dispatch::dispatch(call).await
}

async fn read(body: Body) -> ApiResult<bytes::Bytes> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::too_large(BODY_LIMIT)),
        Err(error) => Err(ApiError::bad_request(format!("the body could not be read: {error}"))),
    }
}
