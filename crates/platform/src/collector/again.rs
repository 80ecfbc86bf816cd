//! A store that is full or away for a while: what it refuses now it takes later, and the log waits for it.

use std::time::Duration;

use crate::{Error, Result};

/// Wait before the next try, doubled up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// The tries of one thing.
#[derive(Default)]
pub(super) struct Again(u32);

impl Again {
    /// Waits until what failed is worth another try; gives the error back when none is.
    pub(super) async fn after(&mut self, error: Error, pod: &str) -> Result<()> {
        if !error.is_passing() {
            return Err(error);
        }
        tracing::warn!(%error, pod.name = pod, "a log can not be stored at the moment and waits");
        tokio::time::sleep(FIRST.saturating_mul(1 << self.0.min(16)).min(LONGEST)).await;
        self.0 += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_full_disk_refuses_is_tried_again_and_what_nobody_takes_is_not() {
        let mut again = Again::default();
        assert!(again.after(Error::disk_full(), "pod").await.is_ok());
        let busy = Error::Unavailable { what: "database", cause: "busy".to_owned() };
        assert!(again.after(busy, "pod").await.is_ok());
        assert!(again.after(Error::refused(422, "not_storable", "No.", "No."), "pod").await.is_err());
    }
}
