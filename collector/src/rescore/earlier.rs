//! The rules that judged before, beside those in force: what they differ in tells which machines need no judging again.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use jiff::civil::Date;
use rules::assess::difference::Difference;
use rules::assess::{Grade, judge_digest};
use rules::envelope::Unpacked;
use rules::ruleset::{RuleSet, in_force};
use tracing::warn;

use super::Waiting;
use crate::app::Judge;
use crate::archive;
use crate::judge::{role_of, unopened};
use crate::opinion::RULESET;
use crate::store::machine::Evidence;
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
        let was_judged = evidence.assessment.is_some() && !evidence.verdicts.is_empty();
        if !self.opinions_stand || !was_judged {
            return Ok(None);
        }
        let digest = &evidence.rules_digest;
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

    /// Whether the machine is judged as before, as far as that is known without its report: only words differ, or what
    /// grades need, and it has the points for its grade.
    pub(super) fn is_nothing(&self, evidence: &Evidence) -> bool {
        self.difference.rules().is_empty() && !self.turns(evidence)
    }

    /// The ids of the rules that may say something else than before.
    pub(super) fn rules(&self) -> impl Iterator<Item = &str> {
        let rule = |at: &usize| self.before.rules.get(*at);
        self.difference.rules().iter().filter_map(rule).map(|rule| rule.id.as_str())
    }

    /// Whether it gets another grade for the same points. What is no grade is judged again.
    fn turns(&self, Evidence { grade, score, coverage, .. }: &Evidence) -> bool {
        let grade = Grade::parse(grade);
        let score = score.map(u8::try_from).transpose();
        match (grade, score, u8::try_from(*coverage)) {
            (Some(grade), Ok(score), Ok(coverage)) => self.difference.turns(grade, score, coverage),
            _ => true,
        }
    }

    /// Whether the machine is judged otherwise than before.
    ///
    /// # Errors
    /// When the report cannot be read, or the role is none that this program knows.
    pub(super) fn shows(&self, rules: &Judge, waiting: &Waiting, report: Unpacked<'_>) -> Result<bool> {
        let Waiting { evidence, day, .. } = waiting;
        if self.turns(evidence) {
            return Ok(true);
        }
        let role = role_of(&evidence.role)?;
        let facts = report.areas(self.difference.areas()).map_err(unopened)?;
        let Some(after) = in_force(&rules.sets, *day) else { return Ok(true) };
        Ok(self.difference.shows(&facts, (&self.before, after), &rules.lifecycle, role, *day))
    }
}

/// The digest of what says whether a PC can take Windows 11.
fn opinions(rules: &Judge) -> String {
    let set = rules.sets.iter().find(|set| set.id == RULESET);
    set.map(|set| judge_digest(set, &rules.lifecycle)).unwrap_or_default()
}
