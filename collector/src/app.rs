//! What every handler is given.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::ruleset::RuleSet;
use tokio::sync::Mutex;

use crate::activate::Folder;
use crate::clock::Clock;
use crate::figures::Remembered;
use crate::judge::fingerprint;
use crate::part::Parts;
use crate::planning::beside::Rounds;
use crate::refusals::Refusals;
use crate::store::Store;

/// What every handler is given. Cloning is cheap; all clones share everything.
#[derive(Clone)]
pub struct App {
    /// All that the collector remembers.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Whether people reach the dashboard over TLS, so that cookies may insist on it.
    pub people_tls: bool,
    /// What was refused since the start.
    pub refusals: Arc<Refusals>,
    /// The folder of one's own rules.
    pub rules: Arc<Folder>,
    /// One trial of rules at a time: each takes all processors.
    pub trial: Arc<Mutex<()>>,
    /// One batch of diagnoses at a time: each takes all processors.
    pub diagnosing: Arc<Mutex<()>>,
    /// What the plan means for units, as it was made last.
    pub parts: Arc<Parts>,
    /// Diagnoses that are made beside a page.
    pub rounds: Arc<Rounds>,
    /// Sums over many machines, as they were counted last.
    pub figures: Arc<Remembered>,
    judge: Arc<RwLock<Arc<Judge>>>,
}

/// The rules that judge.
#[derive(Debug, Clone)]
pub struct Judge {
    /// Every rule set, whether in force or not.
    pub sets: Vec<RuleSet>,
    /// Until when products are supported.
    pub lifecycle: Lifecycle,
    /// What remedies cost.
    pub prices: Prices,
    /// What seats and agencies may have.
    pub norms: Norms,
}

impl App {
    /// An app over this store, judged by these rules.
    pub fn new(store: Store, clock: Clock, judge: Judge, people_tls: bool) -> App {
        App {
            store,
            clock,
            people_tls,
            refusals: Arc::default(),
            rules: Arc::default(),
            trial: Arc::default(),
            diagnosing: Arc::default(),
            parts: Arc::default(),
            rounds: Arc::default(),
            figures: Arc::default(),
            judge: Arc::new(RwLock::new(Arc::new(judge))),
        }
    }

    /// The same app, whose own rules lie in this folder, which was read just before.
    pub fn with_rules(self, folder: PathBuf) -> App {
        let seen = fingerprint(&folder);
        App { rules: Arc::new(Folder::at(folder, seen)), ..self }
    }

    /// The rules that judge at this moment. They may be replaced; who holds this keeps what it has.
    pub fn judge(&self) -> Arc<Judge> {
        Arc::clone(&self.judge.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other rules in force.
    pub fn set_judge(&self, judge: Judge) {
        *self.judge.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(judge);
    }
}
