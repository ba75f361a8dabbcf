//! The rules that judged before, beside those in force: what they differ in tells which machines need no judging again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::civil::Date;
use rules::assess::difference::Difference;
use rules::assess::{Judgement, judge_digest};
use rules::facts::Facts;
use rules::ruleset::{RuleSet, in_force};
use tracing::warn;

use super::keep::{Body, Otherwise};
use super::{Said, Waiting};
use crate::app::Judge;
use crate::archive;
use crate::judge::{finding, mark, role_of, short};
use crate::opinion::RULESET;
use crate::store::assessment::Changes;
use crate::store::machine::{Evidence, Mark};
use crate::store::{Tx, rules_text, setting};

/// The setting that holds what last said beside every machine whether it can take Windows 11.
const OPINIONS: &str = "rules of opinions";

/// What is known of rules that judged before, by the digest under which they judged.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Whether every opinion was made by the rules in force.
    opinions_stand: bool,
    steps: BTreeMap<String, Option<Arc<Step>>>,
}

/// From a rule set that judged before to the one of its id in force.
#[derive(Debug)]
pub(super) struct Step {
    before: RuleSet,
    difference: Difference,
}

impl Earlier {
    /// Nothing is known yet.
    pub(super) async fn new(tx: &mut Tx, rules: &Judge) -> Result<Earlier> {
        let opinions_stand = setting::find(tx, OPINIONS).await?.is_some_and(|last| last == opinions(rules));
        Ok(Earlier { opinions_stand, steps: BTreeMap::new() })
    }

    /// Remembers that every opinion was made by these rules.
    pub(super) async fn finish(tx: &mut Tx, rules: &Judge) -> Result<()> {
        setting::put(tx, OPINIONS, &opinions(rules)).await
    }

    /// How far it is from what judged this machine to what would judge it. None where that is not known, and where
    /// more than single rules differs: who knows nothing judges the machine again.
    pub(super) async fn step(
        &mut self,
        tx: &mut Tx,
        rules: &Judge,
        evidence: &Evidence,
        day: Date,
    ) -> Result<Option<Arc<Step>>> {
        if !self.opinions_stand || evidence.assessment.is_none() {
            return Ok(None);
        }
        let digest = &evidence.mark.rules_digest;
        if !self.steps.contains_key(digest) {
            let step = Step::read(tx, rules, digest).await.unwrap_or_else(|error| {
                warn!(error = format!("{error:#}"), "What rules judged before is not known.");
                None
            });
            self.steps.insert(digest.clone(), step.map(Arc::new));
        }
        let step = self.steps.get(digest).cloned().flatten();
        Ok(step.filter(|step| in_force(&rules.sets, day).is_some_and(|set| set.id == step.before.id)))
    }
}

impl Step {
    /// Reads the kept rules of this digest, unless a unit set something or waived a rule.
    async fn read(tx: &mut Tx, rules: &Judge, digest: &str) -> Result<Option<Step>> {
        let Some(pair) = rules_text::pair(tx, digest).await? else { return Ok(None) };
        if pair.lifecycle != rules.lifecycle.digest || pair.settings != "{}" || !pair.waived.is_empty() {
            return Ok(None);
        }
        let Some(before) = archive::set(tx, &pair.ruleset).await? else { return Ok(None) };
        let after = rules.sets.iter().find(|set| set.id == before.id);
        let difference = after.and_then(|after| Difference::between(&before, after));
        Ok(difference.map(|difference| Step { before, difference }))
    }

    /// Whether no rule need be asked: only words differ, or what grades need.
    pub(super) fn asks_nothing(&self) -> bool {
        self.difference.rules().is_empty()
    }

    /// The areas of facts that are looked at, by name.
    pub(super) fn areas(&self) -> &BTreeSet<&'static str> {
        self.difference.areas()
    }

    /// What is said of the machine now, where it is known what was said before. None where it is not.
    ///
    /// # Errors
    /// When the role is none that this program knows, or the assessment cannot be written.
    pub(super) fn judge(&self, rules: &Judge, waiting: &Waiting, facts: &Facts) -> Result<Option<Said>> {
        let Waiting { evidence, day, digest, .. } = waiting;
        if self.difference.is_nothing() {
            return Ok(Some(Said::Same(digest.clone())));
        }
        let role = role_of(&evidence.role)?;
        let Some(set) = in_force(&rules.sets, *day) else { return Ok(None) };
        let Some(before) = short::rulings(&evidence.mark.verdicts, &self.before, *day, role) else {
            return Ok(None);
        };
        let judgement = self.difference.judge(&before, facts, set, &rules.lifecycle, role, *day);
        let is_other = |now: &Judgement| now.rulings != before || now.grade.word() != evidence.mark.grade;
        let Some(judgement) = judgement.filter(is_other) else {
            return Ok(Some(Said::Same(digest.clone())));
        };
        let mut findings = Changes::default();
        let said = |at: &usize| Some((set.rules.get(*at)?, *before.get(*at)?, *judgement.rulings.get(*at)?));
        for (rule, before, now) in self.difference.rules().iter().filter_map(said) {
            findings.note(finding(rule, role, before), finding(rule, role, now));
        }
        let Mark { opinion, opinion_why, .. } = evidence.mark.clone();
        let mark = Mark { opinion, opinion_why, ..mark(set, (*day, role), &judgement, digest.clone()) };
        let amendment = self.difference.amendment(&judgement, facts, set, &rules.lifecycle, role, *day);
        let text = serde_json::to_string(&amendment).context("writing what amends an assessment")?;
        let body = Body::Amendment(text);
        Ok(Some(Said::Amended(Box::new(Otherwise { day: *day, mark, findings, pair: None, body }))))
    }
}

/// The digest of what says whether a PC can take Windows 11.
fn opinions(rules: &Judge) -> String {
    let set = rules.sets.iter().find(|set| set.id == RULESET);
    set.map(|set| judge_digest(set, &rules.lifecycle)).unwrap_or_default()
}
