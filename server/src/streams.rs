//! How many streams may be open, and when one ends before its reader does.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{TenantName, identity::User};
use futures::{Stream, StreamExt};

use crate::{
    auth::Credential,
    problem::{Answer, Refusal},
    state::AppState,
};

/// How often an open stream asks whether its reader may still see what it tells.
const LOOK: Duration = Duration::from_secs(20);

/// Open streams by session or token.
#[derive(Clone)]
pub(crate) struct Streams {
    open: Arc<Mutex<HashMap<String, usize>>>,
    per_session: usize,
    all: usize,
}

/// One open stream; gives its place back when it goes.
pub(crate) struct Place {
    streams: Streams,
    key: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.key);
            }
        }
    }
}

impl Streams {
    pub(crate) fn new(per_session: usize, all: usize) -> Self {
        Self { open: Arc::default(), per_session, all }
    }

    /// A place for one more stream of a session.
    pub(crate) fn take(&self, key: &str) -> Answer<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = open.get(key).copied().unwrap_or_default();
        if mine >= self.per_session || open.values().sum::<usize>() >= self.all {
            return Err(Refusal::new(
                429,
                "too_many_streams",
                "Too many live streams are open.",
                "Close some tabs of the dashboard, or scripts that follow logs, and try again.",
            )
            .retry_after(5));
        }
        open.insert(key.to_owned(), mine + 1);
        Ok(Place { streams: self.clone(), key: key.to_owned() })
    }
}

/// Ends a stream with the server, with its session, or when its reader's role is gone; holds its place. Without a
/// tenant it tells of all, and only administrators read it.
pub(crate) fn guarded<S>(
    state: &AppState,
    credential: Credential,
    user: User,
    tenant: Option<TenantName>,
    place: Place,
    messages: S,
) -> impl Stream<Item = S::Item> + Send + use<S>
where
    S: Stream + Send + 'static,
    S::Item: Send,
{
    let (watched, stop) = (state.clone(), state.stop.clone());
    let over = async move {
        loop {
            if stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
                return;
            }
            if !watched.platform.still_sees(&user, tenant.as_ref()) || !credential.holds(&watched).await {
                return;
            }
        }
    };
    messages.take_until(over).inspect(move |_| {
        let _held = &place;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_can_not_hold_more_streams_than_it_may_and_gives_places_back() {
        let streams = Streams::new(2, 3);
        let first = streams.take("ada").ok().unwrap();
        let _second = streams.take("ada").ok().unwrap();
        assert!(streams.take("ada").is_err());
        let _other = streams.take("bob").ok().unwrap();
        assert!(streams.take("eve").is_err(), "the total counts, too");
        drop(first);
        assert!(streams.take("eve").is_ok());
    }
}
