//! Who is asking: password, session, form token, standing.
//!
//! Knows no pages: it is told a cookie, a name, a password, and answers who that is.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use axum::http::{HeaderMap, header};
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::digest::sha256;
use crate::store::account::{self, Account, Standing};
use crate::store::listing::Scope;
use crate::store::{audit, session};

/// How long a session lives without being used, in hours.
pub const IDLE_HOURS: i64 = 12;
/// How long a session lives at most, in days.
pub const SESSION_DAYS: i64 = 7;
/// Shortest password, in characters (NIST SP 800-63B asks for 8 at least).
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Longest password, in bytes: hashing must not be made expensive from outside.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// A session's last use is written down at most this often, in minutes.
const TOUCH_MINUTES: i64 = 5;

/// Password hashes worked out at one time; each takes 19 MiB.
const HASHING_MAX: usize = 2;
/// Sign-ins that wait for their turn to hash.
const WAITING_MAX: usize = 32;

/// Wrong tries for one name before it must wait.
const TRIES_PER_NAME: u32 = 8;
/// Wrong tries from one address before it must wait; an office may share one address.
const TRIES_PER_ADDRESS: u32 = 40;
/// How long wrong tries are remembered, in minutes.
const TRIES_MINUTES: i64 = 15;
/// Names and addresses remembered at most.
const TRIES_REMEMBERED_MAX: usize = 20_000;

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Id of the account.
    pub account: String,
    /// Name of the account.
    pub name: String,
    /// What the person may do.
    pub standing: Standing,
    /// The units that the person sees.
    pub scope: Scope,
    /// The unit that the person is limited to: id and name; none is everything.
    pub unit: Option<(String, String)>,
    /// What every form of this session carries.
    pub form_token: String,
    /// The session, as it is kept.
    pub token_hash: String,
}

/// What came of a try to sign in.
#[derive(Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The name and the password fit: the token for the cookie.
    Welcome(String),
    /// They do not fit. Whether the name exists is not told.
    Wrong,
    /// Too many wrong tries, or too many people at once: come back after these minutes.
    Wait(i64),
}

/// What came of a try to change a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordChange {
    /// It is changed, and the person's other sessions are ended.
    Done,
    /// The present password is wrong.
    Wrong,
    /// Too many wrong tries: come back after these minutes.
    Wait(i64),
    /// The wanted password is shorter than [`PASSWORD_CHARS_MIN`] or longer than [`PASSWORD_BYTES_MAX`].
    Unfit,
}

/// The hash to keep of this password: Argon2id with a random salt, as a PHC string. Takes some 20 ms and 19 MiB, so
/// it does not belong on an asynchronous thread.
///
/// # Errors
/// When the random source fails.
pub fn hash_password(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| anyhow!("hashing a password: {error}"))
}

fn fits(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Whether a password may be chosen.
pub fn is_fit(password: &str) -> bool {
    password.chars().count() >= PASSWORD_CHARS_MIN && password.len() <= PASSWORD_BYTES_MAX
}

/// 32 random bytes in hexadecimal.
///
/// # Errors
/// When the random source fails.
pub fn random_token() -> Result<String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow!("the random source failed"))?;
    Ok(HEXLOWER.encode(&bytes))
}

fn token_hash(token: &str) -> String {
    sha256(token)
}

/// The name of the session's cookie. Over TLS it is bound to this host (RFC 6265bis, section 4.1.3.2).
pub fn cookie_name(tls: bool) -> &'static str {
    if tls { "__Host-sansang" } else { "sansang" }
}

/// The value of a cookie that the browser sent.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Whether a request that changes something comes from a page of this very site. Browsers say so themselves; a
/// browser that says nothing is held by the form token alone.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    match (text("origin"), text("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
    }
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub fn is_same_secret(left: &str, right: &str) -> bool {
    let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let (left, right) = (digest(left), digest(right));
    left.as_ref().iter().zip(right.as_ref()).fold(0, |unequal, (a, b)| unequal | (a ^ b)) == 0
}

/// A form token as it stands in a page: another text each time, from which [`is_form_token`] tells the token. Pages are
/// compressed, and how long a compressed page is must tell nothing of a secret in it (BREACH, CVE-2013-3587).
///
/// # Errors
/// When the random source fails.
pub fn masked(token: &str) -> Result<String> {
    let mut mask = vec![0_u8; token.len()];
    SystemRandom::new().fill(&mut mask).map_err(|_| anyhow!("the random source failed"))?;
    let hidden: Vec<u8> = token.bytes().zip(&mask).map(|(byte, mask)| byte ^ mask).collect();
    Ok(HEXLOWER.encode(&mask) + &HEXLOWER.encode(&hidden))
}

/// Whether a form carries this token, as [`masked`] wrote it.
pub fn is_form_token(given: &str, token: &str) -> bool {
    let Ok(bytes) = HEXLOWER.decode(given.as_bytes()) else { return false };
    let (mask, hidden) = bytes.split_at(bytes.len() / 2);
    let told: Vec<u8> = mask.iter().zip(hidden).map(|(mask, byte)| mask ^ byte).collect();
    std::str::from_utf8(&told).is_ok_and(|told| is_same_secret(told, token))
}

/// What the guard remembers while the program runs.
pub struct Guard {
    tries: Mutex<Tries>,
    hashing: Semaphore,
    waiting: Semaphore,
}

impl Default for Guard {
    fn default() -> Guard {
        Guard {
            tries: Mutex::new(Tries::default()),
            hashing: Semaphore::new(HASHING_MAX),
            waiting: Semaphore::new(WAITING_MAX),
        }
    }
}

impl Guard {
    /// Who holds this token, if the session has not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn who(&self, app: &App, token: &str) -> Result<Option<Person>> {
        let now = app.clock.now();
        let token_hash = token_hash(token);
        let mut tx = app.store.read().await?;
        let Some(session) = session::of_token(&mut tx, &token_hash).await? else { return Ok(None) };
        drop(tx);
        let unused = now.duration_since(session.seen_at);
        if session.expires_at <= now || unused >= SignedDuration::from_hours(IDLE_HOURS) {
            return Ok(None);
        }
        if unused >= SignedDuration::from_mins(TOUCH_MINUTES) {
            let mut tx = app.store.begin().await?;
            session::touch(&mut tx, now, &token_hash).await?;
            tx.commit().await?;
        }
        let scope = session.unit.as_ref().map_or_else(Scope::everything, |(_, path, _)| Scope::subtree(path));
        Ok(Some(Person {
            account: session.account,
            name: session.name,
            standing: session.standing,
            scope,
            unit: session.unit.map(|(id, _, name)| (id, name)),
            form_token: session.form_token,
            token_hash,
        }))
    }

    /// Tries to sign in. A wrong password and an unknown name take the same time and get the same answer.
    ///
    /// # Errors
    /// When the database or the random source fails.
    pub async fn sign_in(
        &self,
        app: &App,
        name: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<SignIn> {
        let now = app.clock.now();
        let name = account::normal_name(name);
        let place = place(address);
        let mut tx = app.store.read().await?;
        let account = account::of_name(&mut tx, &name).await?;
        drop(tx);
        let fits = match self.check(now, &name, address, account.as_ref(), password).await? {
            Check::Fits => true,
            Check::Wrong => false,
            Check::Wait(minutes) => return Ok(SignIn::Wait(minutes)),
        };
        let mut tx = app.store.begin().await?;
        let Some(account) = account.filter(|_| fits) else {
            // What stands in the field of the name may be a password: an unknown name is not kept.
            audit::add(&mut tx, now, "-", "sign-in-failed", &place, "").await?;
            tx.commit().await?;
            return Ok(SignIn::Wrong);
        };
        let idle_since = now - SignedDuration::from_hours(IDLE_HOURS);
        session::sweep(&mut tx, now, idle_since).await?;
        let (token, form_token) = (random_token()?, random_token()?);
        let expires_at = now + SignedDuration::from_hours(SESSION_DAYS * 24);
        session::add(&mut tx, now, &token_hash(&token), &account.id, &form_token, expires_at).await?;
        audit::add(&mut tx, now, &account.name, "sign-in", &place, "").await?;
        tx.commit().await?;
        Ok(SignIn::Welcome(token))
    }

    /// Ends this person's session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out(&self, app: &App, person: &Person) -> Result<()> {
        let mut tx = app.store.begin().await?;
        session::remove(&mut tx, &person.token_hash).await?;
        audit::add(&mut tx, app.clock.now(), &person.name, "sign-out", "", "").await?;
        tx.commit().await
    }

    /// Tries to change this person's password.
    ///
    /// # Errors
    /// When the database or the random source fails.
    pub async fn change_password(
        &self,
        app: &App,
        person: &Person,
        present: &str,
        wanted: &str,
    ) -> Result<PasswordChange> {
        if !is_fit(wanted) {
            return Ok(PasswordChange::Unfit);
        }
        let now = app.clock.now();
        let mut tx = app.store.read().await?;
        let account = account::of_name(&mut tx, &person.name).await?;
        drop(tx);
        let check = self.check(now, &person.name, None, account.as_ref(), present).await?;
        let mut tx = match check {
            Check::Wait(minutes) => return Ok(PasswordChange::Wait(minutes)),
            Check::Fits | Check::Wrong => app.store.begin().await?,
        };
        if check == Check::Wrong {
            audit::add(&mut tx, now, &person.name, "password-change-failed", "", "").await?;
            tx.commit().await?;
            return Ok(PasswordChange::Wrong);
        }
        drop(tx);
        let wanted = wanted.to_owned();
        let hash = tokio::task::spawn_blocking(move || hash_password(&wanted))
            .await
            .context("waiting for a password's hash")??;
        let mut tx = app.store.begin().await?;
        account::set_password(&mut tx, &person.account, &hash).await?;
        session::remove_others(&mut tx, &person.account, &person.token_hash).await?;
        audit::add(&mut tx, now, &person.name, "password-change", "", "").await?;
        tx.commit().await?;
        Ok(PasswordChange::Done)
    }

    async fn check(
        &self,
        now: Timestamp,
        name: &str,
        address: Option<IpAddr>,
        account: Option<&Account>,
        password: &str,
    ) -> Result<Check> {
        let keys = [
            Some((format!("name {}", token_hash(name)), TRIES_PER_NAME)),
            address.map(|address| (format!("address {address}"), TRIES_PER_ADDRESS)),
        ];
        let keys: Vec<(String, u32)> = keys.into_iter().flatten().collect();
        // A try counts as wrong until it has turned out right: many at once get no more tries than one after another.
        if let Some(minutes) = self.tries().take(now, &keys) {
            return Ok(Check::Wait(minutes));
        }
        let Ok(_waiting) = self.waiting.try_acquire() else { return Ok(Check::Wait(1)) };
        let _hashing = self.hashing.acquire().await.context("waiting for a turn to hash")?;
        let known = account.map(|account| account.password.clone());
        let password = password.to_owned();
        let right = tokio::task::spawn_blocking(move || match known {
            Some(_) | None if password.len() > PASSWORD_BYTES_MAX => Ok(false),
            Some(hash) => Ok(fits(&password, &hash)),
            // The same work as for a name that exists.
            None => hash_password(&password).map(|_| false),
        })
        .await
        .context("waiting for a password's hash")??;
        if !right {
            return Ok(Check::Wrong);
        }
        self.tries().give_back(&keys);
        Ok(Check::Fits)
    }

    fn tries(&self) -> std::sync::MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "-".to_owned(), |address| address.to_string())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Fits,
    Wrong,
    Wait(i64),
}

/// Wrong tries, by name and by address: how many since when.
#[derive(Debug, Default)]
struct Tries {
    counts: BTreeMap<String, (u32, Timestamp)>,
}

impl Tries {
    /// Counts one try for each key, or gives the minutes to wait when one of them has had too many.
    fn take(&mut self, now: Timestamp, keys: &[(String, u32)]) -> Option<i64> {
        let window = SignedDuration::from_mins(TRIES_MINUTES);
        for (key, most) in keys {
            if let Some((count, since)) = self.counts.get(key)
                && count >= most
                && now.duration_since(*since) < window
            {
                let left = window - now.duration_since(*since);
                return Some((left.as_secs() + 59) / 60);
            }
        }
        if self.counts.len() + keys.len() > TRIES_REMEMBERED_MAX {
            self.counts.retain(|_, (_, since)| now.duration_since(*since) < window);
        }
        while self.counts.len() + keys.len() > TRIES_REMEMBERED_MAX {
            self.counts.pop_first();
        }
        for (key, _) in keys {
            let (count, since) = self.counts.entry(key.clone()).or_insert((0, now));
            if now.duration_since(*since) >= window {
                (*count, *since) = (0, now);
            }
            *count += 1;
        }
        None
    }

    /// Takes back the try that turned out right. The wrong ones before it stay: who has one good password must not
    /// win more tries for others.
    fn give_back(&mut self, keys: &[(String, u32)]) {
        for (key, _) in keys {
            if let Some((count, _)) = self.counts.get_mut(key) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + minutes * 60).unwrap()
    }

    #[test]
    fn a_form_token_stands_in_each_page_otherwise_and_is_known_again() {
        let token = random_token().unwrap();
        let (one, other) = (masked(&token).unwrap(), masked(&token).unwrap());
        assert!(one != other && !one.contains(&token) && !other.contains(&token));
        assert!(is_form_token(&one, &token) && is_form_token(&other, &token));
        let empty = masked("").unwrap();
        for wrong in [token.as_str(), "", "0", "zz", &one.repeat(2), &empty, &masked("0000").unwrap()] {
            assert!(!is_form_token(wrong, &token), "{wrong}");
        }
    }

    #[test]
    fn a_password_fits_its_hash_and_no_other() {
        let hash = hash_password("đơn vị số một").unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(fits("đơn vị số một", &hash));
        assert!(!fits("đơn vị số hai", &hash));
        assert!(!fits("đơn vị số một", "no hash at all"));
    }

    #[test]
    fn wrong_tries_are_slowed_and_forgotten_in_time() {
        let mut tries = Tries::default();
        let keys = [("name a".to_owned(), 3), ("address 1".to_owned(), 5)];
        for _ in 0..3 {
            assert_eq!(tries.take(at(0), &keys), None);
        }
        assert_eq!(tries.take(at(1), &keys), Some(14));
        assert_eq!(tries.take(at(15), &keys), None);
        let others = [("name b".to_owned(), 3), ("address 1".to_owned(), 1)];
        assert_eq!(tries.take(at(16), &others), Some(14), "one address tries many names");
    }

    #[test]
    fn wrong_tries_take_bounded_memory() {
        let mut tries = Tries::default();
        for number in 0..TRIES_REMEMBERED_MAX + 100 {
            assert_eq!(tries.take(at(0), &[(format!("name {number}"), 3)]), None);
        }
        assert!(tries.counts.len() <= TRIES_REMEMBERED_MAX);
    }

    #[test]
    fn a_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "lang=vi; sansang=abc; x".parse().unwrap());
        assert_eq!(cookie(&headers, "sansang"), Some("abc"));
        assert_eq!(cookie(&headers, "ang"), None);
    }

    #[test]
    fn forms_of_other_sites() {
        let check = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            is_same_origin(&headers)
        };
        assert!(check(&[("sec-fetch-site", "same-origin")]));
        assert!(!check(&[("sec-fetch-site", "cross-site")]));
        assert!(check(&[("origin", "https://a.vn:8443"), ("host", "a.vn:8443")]));
        assert!(!check(&[("origin", "https://b.vn"), ("host", "a.vn")]));
        assert!(!check(&[("origin", "null"), ("host", "a.vn")]));
        assert!(check(&[("host", "a.vn")]));
    }
}
