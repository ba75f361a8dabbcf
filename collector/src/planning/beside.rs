//! Diagnoses made beside a page, which says how far it is: by other prices or rules than those in force, or after what is
//! in force changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use indicatif::ProgressBar;
use tokio::sync::watch;
use tracing::warn;

use super::{by, diagnose_by, missing};
use crate::app::{App, Judge};
use crate::store::diagnosis::By;
use crate::store::listing::Scope;
use crate::terms::Terms;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Machines that were diagnosed since it began.
    pub done: u64,
    /// All that were to be.
    pub all: u64,
}

/// One round: the machines of some units by some terms.
#[derive(Clone)]
struct Round {
    /// How many machines it was to diagnose.
    all: u64,
    /// How many machines are left when it has ended.
    left: watch::Receiver<Option<u64>>,
}

/// The rounds that were begun, by terms and units.
#[derive(Default)]
pub struct Rounds {
    begun: Mutex<BTreeMap<(String, String), Round>>,
}

impl Rounds {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), Round>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The terms by which machines are being diagnosed.
    pub fn busy(&self) -> Vec<String> {
        self.lock().keys().map(|(terms, _)| terms.clone()).collect()
    }
}

/// Sees to it that the machines of these units are diagnosed by these terms, and waits so long for it. None where they
/// are, but for those that cannot be; else how far it is.
///
/// # Errors
/// When the database cannot.
pub async fn diagnose(
    app: &App,
    (terms, judge): (&Terms, &Arc<Judge>),
    scope: &Scope,
    patience: Duration,
) -> Result<Option<Progress>> {
    let made_by = by(judge, terms);
    let open = missing(&app.store, scope, &made_by).await?;
    let key = (terms.key(), scope.first().to_owned());
    if open == 0 {
        app.rounds.lock().remove(&key);
        return Ok(None);
    }
    let known = app.rounds.lock().get(&key).cloned();
    let mut round = match known {
        // What a round left over cannot be diagnosed: the plan says how many these are.
        Some(round) if round.left.borrow().is_some_and(|left| open <= left) => return Ok(None),
        Some(round) if round.left.borrow().is_none() => round,
        Some(_) | None => begin(app, key.clone(), (made_by.clone(), Arc::clone(judge)), scope.clone(), open),
    };
    let ended = tokio::time::timeout(patience, round.left.wait_for(Option::is_some)).await;
    match ended.map(|ended| ended.is_ok()) {
        Ok(true) => Ok(None),
        // It broke off: the log says why, and the next look begins it again.
        Ok(false) => {
            app.rounds.lock().remove(&key);
            Ok(None)
        }
        // Others diagnose these machines too.
        Err(_) => {
            let (all, open) = (round.all, missing(&app.store, scope, &made_by).await?);
            Ok(Some(Progress { done: all.saturating_sub(open), all }))
        }
    }
}

fn begin(
    app: &App,
    key: (String, String),
    (made_by, judge): (By, Arc<Judge>),
    scope: Scope,
    open: u64,
) -> Round {
    let (told, left) = watch::channel(None);
    let round = Round { all: open, left };
    app.rounds.lock().insert(key, round.clone());
    let app = app.clone();
    tokio::spawn(async move {
        match diagnose_by(&app, &judge, &made_by, &scope, None, &ProgressBar::hidden()).await {
            Ok(left) => {
                told.send_replace(Some(left));
            }
            // The sender is dropped, which whoever waits sees.
            Err(error) => warn!(error = format!("{error:#}"), "Diagnosing machines beside a page failed."),
        }
    });
    round
}
