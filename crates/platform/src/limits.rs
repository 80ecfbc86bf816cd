//! Rate limits of platform.md section 7: token buckets per user or tenant.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use domain::{TenantName, Timestamp, identity::User};

use crate::{Error, Platform, Result};

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

    fn per_milli(self) -> f64 {
        f64::from(self.per_minute) / 60_000.0
    }
}

impl Rate {
    /// This many a second, and twice as many at once.
    fn per_second(many: i64) -> Self {
        let many = u32::try_from(many.clamp(1, 1_000_000)).unwrap_or(1_000_000);
        Self { per_minute: many * 60, burst: many * 2 }
    }
}

impl Platform {
    /// Takes one event of a tenant from what its resource allows in a second.
    pub(crate) fn limit_events(&self, tenant: &TenantName) -> Result<()> {
        let own = self.cache().tenant(tenant).and_then(|tenant| tenant.spec.limits.events_per_second);
        self.limits().take(format!("events/{tenant}"), own.map_or(Rate::EVENTS, Rate::per_second), self.now())
    }

    /// Takes one request of a tenant's members together from what its resource allows in a second; those of
    /// strangers, who are refused anyway, do not count.
    pub fn limit_api(&self, user: &User, tenant: &TenantName) -> Result<()> {
        let own = self.cache().tenant(tenant).and_then(|tenant| tenant.spec.limits.api_per_second);
        let member = user.platform_admin || user.roles.iter().any(|(one, _)| one == tenant);
        match own.filter(|_| member) {
            Some(many) => self.limits().take(format!("api/{tenant}"), Rate::per_second(many), self.now()),
            None => Ok(()),
        }
    }
}

struct Bucket {
    tokens: f64,
    at: Timestamp,
    rate: Rate,
}

impl Bucket {
    fn filled(&self, now: Timestamp) -> f64 {
        let back = now.millis_since(self.at) as f64 * self.rate.per_milli();
        (self.tokens + back).min(f64::from(self.rate.burst))
    }

    fn is_full(&self, now: Timestamp) -> bool {
        self.filled(now) >= f64::from(self.rate.burst)
    }
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
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() > MOST_KEYS {
            // Each by its own rate: many keys of one kind must not empty the memory of another.
            buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: f64::from(rate.burst), at: now, rate });
        let tokens = bucket.filled(now).min(f64::from(rate.burst));
        // A tenant's limits may have been changed since.
        (bucket.at, bucket.rate) = (now, rate);
        if tokens >= 1.0 {
            bucket.tokens = tokens - 1.0;
            return Ok(());
        }
        bucket.tokens = tokens;
        let wait = ((1.0 - tokens) / bucket.rate.per_milli()).ceil();
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

    #[test]
    fn a_new_limit_holds_from_the_next_request_on() {
        let limits = Limits::default();
        let (slow, fast) = (Rate { per_minute: 60, burst: 1 }, Rate { per_minute: 60_000, burst: 1000 });
        let at = Timestamp::from_millis;
        limits.take("k".into(), slow, at(0)).unwrap();
        assert!(limits.take("k".into(), fast, at(0)).is_err());
        assert!((0..5).all(|_| limits.take("k".into(), fast, at(10)).is_ok()), "1000 a second");
        limits.take("k".into(), slow, at(1000)).unwrap();
        assert!(limits.take("k".into(), slow, at(1000)).is_err(), "of the larger burst nothing is left");
    }

    #[test]
    fn a_flood_of_other_keys_does_not_give_an_emptied_bucket_back() {
        let limits = Limits::default();
        let (slow, fast) = (Rate { per_minute: 1, burst: 2 }, Rate { per_minute: 60_000, burst: 1 });
        let now = Timestamp::from_millis(0);
        for _ in 0..2 {
            limits.take("slow".into(), slow, now).unwrap();
        }
        for key in 0..=MOST_KEYS {
            limits.take(format!("flood/{key}"), fast, now).unwrap();
        }
        let later = Timestamp::from_millis(1000);
        limits.take("one more".into(), fast, later).unwrap();
        assert!(limits.take("slow".into(), slow, later).is_err());
    }
}
