//! How many requests an address may send: a token bucket for each, in bounded memory.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Most addresses that are remembered one by one; the others share one bucket.
const ADDRESSES_MAX: usize = 8192;
/// How often room is made, in milliseconds.
const SWEEP_MS: i64 = 1000;

/// How many requests an address may send.
#[derive(Debug)]
pub struct Throttle {
    per_second: f64,
    burst: f64,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    by_address: BTreeMap<IpAddr, Bucket>,
    /// When room was made last, so that a crowd does not make every request look through all.
    swept_ms: i64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at_ms: i64,
}

impl Throttle {
    /// So many requests a second for long, and so many at once.
    pub fn new(per_second: u32, burst: u32) -> Throttle {
        Throttle { per_second: f64::from(per_second), burst: f64::from(burst), buckets: Mutex::default() }
    }

    /// Whether this address may send one more.
    pub fn admit(&self, address: IpAddr, now: Timestamp) -> bool {
        let now_ms = now.as_millisecond();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut address = subscriber(address);
        if !buckets.by_address.contains_key(&address) && buckets.by_address.len() >= ADDRESSES_MAX {
            if (now_ms - buckets.swept_ms).abs() >= SWEEP_MS {
                // A bucket that is full again is as good as none.
                buckets.by_address.retain(|_, bucket| self.filled(*bucket, now_ms) < self.burst);
                buckets.swept_ms = now_ms;
            }
            if buckets.by_address.len() >= ADDRESSES_MAX {
                address = IpAddr::from(Ipv6Addr::UNSPECIFIED);
            }
        }
        let bucket =
            buckets.by_address.entry(address).or_insert(Bucket { tokens: self.burst, at_ms: now_ms });
        bucket.tokens = self.filled(*bucket, now_ms);
        bucket.at_ms = now_ms;
        let admitted = bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
    }

    fn filled(&self, bucket: Bucket, now_ms: i64) -> f64 {
        // A clock that is set back fills nothing; a wait of days need not be exact.
        let waited = f64::from(i32::try_from((now_ms - bucket.at_ms).max(0)).unwrap_or(i32::MAX));
        (bucket.tokens + waited / 1000.0 * self.per_second).min(self.burst)
    }
}

/// An IPv6 subscriber has a whole /64.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn a_burst_then_a_rate() {
        let throttle = Throttle::new(2, 3);
        let here = IpAddr::from([10, 0, 0, 1]);
        let admitted = |ms: i64| (0..10).filter(|_| throttle.admit(here, at(ms))).count();
        assert_eq!((admitted(0), admitted(499), admitted(500), admitted(1_500)), (3, 0, 1, 2));
        assert_eq!(admitted(0), 0, "a clock that is set back");
        assert!(throttle.admit(IpAddr::from([10, 0, 0, 2]), at(0)), "another address");
    }

    #[test]
    fn an_ipv6_subscriber_is_one() {
        let throttle = Throttle::new(1, 1);
        assert!(throttle.admit("2001:db8::1".parse().unwrap(), at(0)));
        assert!(!throttle.admit("2001:db8::2".parse().unwrap(), at(0)));
        assert!(throttle.admit("2001:db8:0:1::1".parse().unwrap(), at(0)));
    }

    #[test]
    fn many_addresses_do_not_fill_the_memory() {
        let throttle = Throttle::new(1, 2);
        for number in 0..20_000_u32 {
            throttle.admit(IpAddr::from(number.to_be_bytes()), at(0));
        }
        assert_eq!(throttle.buckets.lock().unwrap().by_address.len(), ADDRESSES_MAX + 1);
        assert!(
            throttle.admit(IpAddr::from([9, 9, 9, 9]), at(10_000)),
            "buckets that are full again make room"
        );
    }
}
