//! How the browser calls server functions: with the page's form token, which no other site knows (SEC-02).

use futures::{Sink, Stream};
use leptos::prelude::document;
use server_fn::{
    Bytes,
    client::{Client as Calls, browser::BrowserClient},
    error::FromServerFnError,
    request::browser::BrowserRequest,
    response::browser::BrowserResponse,
};

/// Header with the token; pages carry it in a `meta` of the same name.
pub const TOKEN_HEADER: &str = "x-form-token";

/// The token of the page that is shown; empty when nobody is signed in.
pub fn page_token() -> String {
    let meta = document().query_selector("meta[name=x-form-token]").ok().flatten();
    meta.and_then(|meta| meta.get_attribute("content")).unwrap_or_default()
}

/// The browser's fetch with the token.
pub struct Client;

impl<E, I, O> Calls<E, I, O> for Client
where
    E: FromServerFnError,
    I: FromServerFnError,
    O: FromServerFnError,
{
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    fn send(request: Self::Request) -> impl Future<Output = Result<Self::Response, E>> + Send {
        request.headers().set(TOKEN_HEADER, &page_token());
        <BrowserClient as Calls<E, I, O>>::send(request)
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<
            (impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static, impl Sink<Bytes> + Send + 'static),
            E,
        >,
    > + Send {
        <BrowserClient as Calls<E, I, O>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Calls<E, I, O>>::spawn(future);
    }
}
