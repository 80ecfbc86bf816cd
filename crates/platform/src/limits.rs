//! Rate limits of platform.md section 7: token buckets per user or tenant.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use domain::Timestamp;

use crate::{Error, Result};

/// How many in which time, and how many at once.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Tokens that come back per minute.
    pub per_minute: u32,
    /// Tokens of a full bucket.
    pub burst: u32,
}

impl Rate {
    /// Sign-in attempts of one address.
    pub const SIGN_IN: Self = Self { per_minute: 10, burst: 10 };
    /// Requests of one user that start a build.
    pub const BUILD: Self = Self { per_minute: 100, burst: 100 };
    /// Other requests of one user.
    pub const READ: Self = Self { per_minute: 1000, burst: 1000 };
    /// Events of one tenant.
    pub const EVENTS: Self = Self { per_minute: 50 * 60, burst: 100 };
}

struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// One bucket per key; keys carry what is limited: `build/<user>`.
#[derive(Default)]
pub struct Limits {
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// Above this many keys, those with a full bucket are forgotten.
const MOST_KEYS: usize = 10_000;

impl Limits {
    /// Takes one token, or says when the next one comes.
    pub fn take(&self, key: String, rate: Rate, now: Timestamp) -> Result<()> {
        let burst = f64::from(rate.burst);
        let per_milli = f64::from(rate.per_minute) / 60_000.0;
        let filled =
            |bucket: &Bucket| (bucket.tokens + now.millis_since(bucket.at) as f64 * per_milli).min(burst);
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() > MOST_KEYS {
            buckets.retain(|_, bucket| filled(bucket) < burst);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: burst, at: now });
        let tokens = filled(bucket);
        bucket.at = now;
        if tokens >= 1.0 {
            bucket.tokens = tokens - 1.0;
            return Ok(());
        }
        bucket.tokens = tokens;
        let wait = ((1.0 - tokens) / per_milli).ceil();
        Err(Error::RateLimited { retry_after: Duration::from_millis(wait as u64) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_the_rate_holds() {
        let limits = Limits::default();
        let rate = Rate { per_minute: 60, burst: 3 };
        let at = Timestamp::from_millis;
        for _ in 0..3 {
            limits.take("k".into(), rate, at(0)).unwrap();
        }
        let error = limits.take("k".into(), rate, at(0)).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
        assert!(limits.take("other".into(), rate, at(0)).is_ok(), "one key does not slow another");
        assert!(limits.take("k".into(), rate, at(1000)).is_ok());
        assert!(limits.take("k".into(), rate, at(1500)).is_err());
    }
}
