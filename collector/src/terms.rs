//! By what a plan is made beside what is in force: other prices, and another rule set.
//!
//! A text is kept in the archive before a plan is made by it, so that a plan names a digest that can be shown. Knows no
//! pages and no diagnoses.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use jiff::civil::Date;
use rules::prices::Prices;
use rules::ruleset::{Judges, RuleSet};
use serde::{Deserialize, Serialize};

use crate::activate::{Proposal, propose};
use crate::app::{App, Judge};
use crate::archive;
use crate::judge::Wrong;
use crate::store::rules_text::Kind;
use crate::store::{audit, rules_text};

/// From where to where all prices may be changed, in percent.
pub const PERCENT: (i64, i64) = (-90, 400);

/// By what a plan is made; nothing of it is what is in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// The digest of a price book of the archive; none for the one in force.
    pub prices: Option<String>,
    /// By how many percent all prices of the book differ, within [`PERCENT`].
    pub percent: i64,
    /// The digest of a rule set of the archive, which then judges every report; none for those in force.
    pub rules: Option<String>,
}

impl Terms {
    /// Whether a plan is made by what is in force.
    pub fn is_nothing(&self) -> bool {
        *self == Terms::default()
    }

    /// What diagnoses are kept under; empty for those by what is in force.
    pub fn key(&self) -> String {
        if self.is_nothing() {
            return String::new();
        }
        let or_none = |digest: &Option<String>| digest.clone().unwrap_or_else(|| "-".to_owned());
        format!("{} {:+} {}", or_none(&self.prices), self.percent, or_none(&self.rules))
    }

    /// What judges and what things cost on these terms. None where the archive has no such text.
    ///
    /// # Errors
    /// When a kept text cannot be read any more, or the database cannot.
    pub async fn judge(&self, app: &App) -> Result<Option<Arc<Judge>>> {
        let now = app.judge();
        if self.is_nothing() {
            return Ok(Some(now));
        }
        let mut tx = app.store.read().await?;
        let prices = match &self.prices {
            None => now.prices.clone(),
            Some(digest) => {
                let kept = rules_text::find(&mut tx, digest).await?;
                let Some(kept) = kept.filter(|text| text.kind == Kind::Prices) else { return Ok(None) };
                Prices::parse("prices.toml", &kept.text)
                    .map_err(|wrong| anyhow!("the kept price book {digest} cannot be read: {}", wrong[0]))?
            }
        };
        let sets = match &self.rules {
            None => now.sets.clone(),
            Some(digest) => match archive::set(&mut tx, digest).await? {
                Some(set) => vec![alone(set)],
                None => return Ok(None),
            },
        };
        let prices = prices.changed(self.percent);
        let (lifecycle, norms) = (now.lifecycle.clone(), now.norms.clone());
        Ok(Some(Arc::new(Judge { sets, lifecycle, prices, norms })))
    }
}

/// A set that judges every report, on whatever day.
fn alone(mut set: RuleSet) -> RuleSet {
    (set.in_force, set.judges) = ((Date::MIN, None), Judges::Reports);
    set
}

/// A text that was kept to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// A price book, by its digest.
    Prices(String),
    /// A rule set, by its digest.
    Rules(String),
}

/// Keeps a price book or a rule set in the archive, so that a plan can be made by it. `name` stands in the complaints.
///
/// # Errors
/// When the database cannot. A text that is wrong is answered with all complaints, and kept nowhere.
pub async fn keep_text(app: &App, name: &str, text: &str, by: &str) -> Result<Result<Tried, Vec<Wrong>>> {
    let folder = app.rules.path.clone().context("this collector has no folder of rules")?;
    let (name, text) = (name.to_owned(), text.to_owned());
    // Reading rules takes files and some milliseconds, and is no work for an asynchronous thread.
    let proposed = tokio::task::spawn_blocking(move || propose(&folder, &name, &text)).await;
    let proposal: Proposal = match proposed.context("reading a text that is to be tried")? {
        Ok(proposal) => proposal,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let text = proposal.text().context("what was read has its text")?;
    let tried = match text.kind {
        Kind::Prices => Tried::Prices(text.digest.clone()),
        Kind::Set => Tried::Rules(text.digest.clone()),
        Kind::Lifecycle | Kind::Norms => {
            return Ok(Err(vec![Wrong::NotForPlans]));
        }
    };
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if rules_text::find(&mut tx, &text.digest).await?.is_none() {
        rules_text::put(&mut tx, text, now).await?;
        audit::add(&mut tx, now, by, "plan-text", &text.id, &text.digest).await?;
    }
    tx.commit().await.context("keeping a text that is to be tried")?;
    Ok(Ok(tried))
}

#[cfg(test)]
mod tests;
