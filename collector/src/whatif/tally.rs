//! One share of a trial: each machine judged twice, and what differs counted.
//!
//! Knows no database.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use jiff::civil::Date;
use rules::assess::difference::Difference;
use rules::assess::{Grade, Judgement, Outcome, Role, Ruling, Severity, When, assess_lean};
use rules::envelope::Unpacker;
use rules::report::Report;
use rules::ruleset::{Judges, Rule, RuleSet, in_force};
use tokio::task::JoinHandle;
use tracing::warn;

use super::cost::{DIAGNOSED_MAX, Differing};
use super::{
    Changed, LISTED_MAX, Move, RuleEffect, Scores, THRESHOLDS, Trial, Turn, Turns, UnitEffect, WhatIf,
};
use crate::app::Judge;
use crate::archive;
use crate::judge::{day, digest, open, settings};
use crate::local::{Local, Locals};
use crate::planning::{self, Kept};
use crate::store::fleet::Latest;
use crate::store::listing::Scope;

/// Most rules named beside one machine.
const BECAUSE_MAX: usize = 3;

/// What was counted so far.
#[derive(Default)]
pub(super) struct Tally {
    machines: u64,
    unreadable: u64,
    concerned: u64,
    moves: BTreeMap<(Grade, Grade), u64>,
    rules: BTreeMap<String, Effect>,
    scores: Scores,
    units: BTreeMap<String, (u64, Turns)>,
    list: Vec<Changed>,
    /// The machines that differ, with their diagnoses before and after; and how many there was no time for.
    differing: Vec<Differing>,
    cut: u64,
    /// Shares that are being counted.
    pub(super) waiting: Vec<JoinHandle<Tally>>,
}

#[derive(Default)]
struct Effect {
    alone: Turns,
    together: Turns,
    outcomes: BTreeMap<(Option<Outcome>, Option<Outcome>), u64>,
}

/// Counts a share.
pub(super) fn tally(
    trial: &Trial,
    as_of: Option<Date>,
    until: Instant,
    (locals, kept): (&Locals, &Kept),
    share: &[Latest],
) -> Tally {
    let mut tally = Tally::default();
    let (now, then) = (&trial.now, &trial.then);
    let other_tables = now.prices.digest != then.prices.digest
        || now.norms.digest != then.norms.digest
        || now.lifecycle.digest != then.lifecycle.digest;
    let mut matchings = BTreeMap::new();
    let mut unpacker = Unpacker::new();
    for latest in share {
        tally.machines += 1;
        match open(latest, &mut unpacker) {
            Ok((report, role)) => {
                let told = day(report.taken_at);
                let day = as_of.unwrap_or(told);
                let when = When { judged: day, told };
                let local = locals.of(&latest.machine, &latest.unit_path);
                let pair = Pair::of(trial, &report, role, (when, &local));
                tally.count(trial, latest, &pair, &mut matchings);
                let is_kept = as_of.is_none() && kept.holds(&latest.machine, &digest(now, day, &local));
                let is_mended_otherwise = pair.is_mended_otherwise(other_tables, &matchings);
                if is_kept && !is_mended_otherwise {
                    continue;
                }
                if Instant::now() >= until || tally.differing.len() >= DIAGNOSED_MAX {
                    tally.cut += 1;
                    continue;
                }
                let of = |judge: &Judge| planning::diagnosis(judge, &report.facts, role, when, &local);
                let before = (!is_kept).then(|| of(now));
                let after = match &before {
                    Some(before) if !is_mended_otherwise => before.clone(),
                    Some(_) | None => of(then),
                };
                tally.differing.push((latest.machine.clone(), before, after));
            }
            Err(error) => {
                tally.unreadable += 1;
                let machine = &latest.machine;
                warn!(machine, error = format!("{error:#}"), "A kept report cannot be judged for a trial.");
            }
        }
    }
    tally
}

/// One machine, judged by both.
struct Pair<'t> {
    before: Option<(&'t RuleSet, Judgement)>,
    after: Option<(&'t RuleSet, Judgement)>,
}

impl<'t> Pair<'t> {
    fn of(trial: &'t Trial, report: &Report, role: Role, (when, local): (When, &Local)) -> Pair<'t> {
        let by = |judge: &'t Judge| {
            let set = in_force(&judge.sets, when.judged)?;
            let judgement = match local.is_nothing() {
                true => assess_lean(&report.facts, set, &judge.lifecycle, role, when, set.defaults()),
                false => {
                    let settings = settings(set, local);
                    assess_lean(&report.facts, set, &judge.lifecycle, role, when, &settings)
                }
            };
            Some((set, judgement))
        };
        let before = by(&trial.now);
        let same = trial.now.lifecycle.digest == trial.then.lifecycle.digest
            && before.as_ref().is_some_and(|(set, _)| {
                in_force(&trial.then.sets, when.judged).is_some_and(|then| then.digest == set.digest)
            });
        let after = if same { before.clone() } else { by(&trial.then) };
        Pair { before, after }
    }

    /// Whether the plan may do something else with this machine. A rule that passes by both sets is taken to pass after
    /// any remedy too.
    fn is_mended_otherwise(&self, other_tables: bool, matchings: &Matchings) -> bool {
        let (Some((old, before)), Some((new, after))) = (&self.before, &self.after) else {
            let (was, is) = self.grades();
            return was != is;
        };
        if other_tables {
            return true;
        }
        if old.digest == new.digest {
            return false;
        }
        let Some(matching) = matchings.get(&(old.digest.clone(), new.digest.clone())) else { return true };
        let single_rules = |difference: &&Difference| !matching.other_remedies && difference.grades_alike();
        let Some(difference) = matching.difference.as_ref().filter(single_rules) else { return true };
        let is_ready = self.grades() == (Grade::Ready, Grade::Ready);
        let is_settled = |judged: &Judgement, at: usize| {
            let outcome = judged.rulings.get(at).map(|ruling| ruling.outcome);
            matches!(outcome, Some(Outcome::Pass | Outcome::NotApplicable))
        };
        let unsettled = |at: &usize| !is_settled(before, *at) || !is_settled(after, *at);
        // A PC that is ready may be so for other roles, which is quick to find out.
        if is_ready { !difference.is_nothing() } else { difference.rules().iter().any(unsettled) }
    }

    fn grades(&self) -> (Grade, Grade) {
        let grade =
            |judged: &Option<(&RuleSet, Judgement)>| judged.as_ref().map_or(Grade::NoData, |(_, j)| j.grade);
        (grade(&self.before), grade(&self.after))
    }

    fn scores(&self) -> (Option<u8>, Option<u8>) {
        let score = |judged: &Option<(&RuleSet, Judgement)>| judged.as_ref().and_then(|(_, j)| j.score);
        (score(&self.before), score(&self.after))
    }
}

/// Which rule of one set is which of another.
struct Matching {
    /// For each rule id its places in both.
    rules: Vec<(String, Option<usize>, Option<usize>)>,
    /// Whether what mends a rule of both differs.
    other_remedies: bool,
    /// The rules that differ; none where more does.
    difference: Option<Difference>,
}

/// By the digests of both sets.
type Matchings = BTreeMap<(String, String), Matching>;

fn matching(before: &RuleSet, after: &RuleSet) -> Matching {
    let old: BTreeMap<&str, usize> =
        before.rules.iter().enumerate().map(|(index, rule)| (rule.id.as_str(), index)).collect();
    // A rule that became part of another is the one before it, unless that one was there itself.
    let before_it = |rule: &Rule| {
        let ids = [rule.id.as_str()].into_iter().chain(rule.formerly.iter().map(String::as_str));
        ids.filter_map(|id| old.get(id).copied()).next()
    };
    let mut pairs: Vec<_> = after
        .rules
        .iter()
        .enumerate()
        .map(|(index, rule)| (rule.id.clone(), before_it(rule), Some(index)))
        .collect();
    let matched: BTreeSet<usize> = pairs.iter().filter_map(|(_, was, _)| *was).collect();
    let gone = before.rules.iter().enumerate().filter(|(index, _)| !matched.contains(index));
    pairs.extend(gone.map(|(index, rule)| (rule.id.clone(), Some(index), None)));
    let same_remedies = pairs.iter().all(|(_, was, is)| match (*was, *is) {
        (Some(was), Some(is)) => before.rules[was].remedies == after.rules[is].remedies,
        (None, _) | (_, None) => true,
    });
    // Remedies have no other equality than how they are written.
    let other_remedies =
        !same_remedies || format!("{:?}", before.remedies) != format!("{:?}", after.remedies);
    Matching { rules: pairs, other_remedies, difference: Difference::between(before, after) }
}

/// What stands for a rule that is not in a set.
const NOT_THERE: Ruling =
    Ruling { outcome: Outcome::NotApplicable, severity: Severity::Info, switched_off: false, waived: false };

impl Tally {
    fn count(&mut self, trial: &Trial, latest: &Latest, pair: &Pair<'_>, matchings: &mut Matchings) {
        let grades = pair.grades();
        *self.moves.entry(grades).or_default() += 1;
        self.concerned += u64::from(pair.after.as_ref().is_some_and(|(set, _)| set.id == trial.id));
        self.scores.add(pair.scores());
        let turn = Turn::of(grades.0, grades.1);
        let unit = self.units.entry(unit_of(&trial.scope, latest)).or_default();
        unit.0 += 1;
        if let Some(turn) = turn {
            unit.1.add(turn);
        }
        let mut because = Vec::new();
        if let (Some((old, before)), Some((new, after))) = (&pair.before, &pair.after) {
            let key = (old.digest.clone(), new.digest.clone());
            let matching = matchings.entry(key).or_insert_with(|| matching(old, new));
            because = self.differences(matching, (old, before), (new, after), turn);
        }
        if let Some(turn) = turn
            && self.list.len() < LISTED_MAX
        {
            because.truncate(BECAUSE_MAX);
            self.list.push(Changed {
                turn,
                machine: latest.machine.clone(),
                hostname: latest.hostname.clone(),
                unit: latest.unit.clone(),
                grades,
                scores: pair.scores(),
                because,
            });
        }
    }

    /// Counts the rules that differ; gives those that turn the grade, if it turns.
    fn differences(
        &mut self,
        matching: &Matching,
        (old, before): (&RuleSet, &Judgement),
        (new, after): (&RuleSet, &Judgement),
        turn: Option<Turn>,
    ) -> Vec<String> {
        let mut differing: Vec<(&str, bool)> = Vec::new();
        for (rule, was, is) in &matching.rules {
            let was = was.and_then(|index| before.rulings.get(index)).copied();
            let ruling = is.and_then(|index| after.rulings.get(index)).copied();
            if speaks(was) == speaks(ruling) {
                continue;
            }
            let effect = self.rules.entry(rule.clone()).or_default();
            let outcomes = (was.map(|ruling| ruling.outcome), ruling.map(|ruling| ruling.outcome));
            *effect.outcomes.entry(outcomes).or_default() += 1;
            if turn.is_some() {
                let mut rulings = after.rulings.clone();
                match is.and_then(|index| rulings.get_mut(index)) {
                    Some(ruling) => *ruling = was.unwrap_or(NOT_THERE),
                    None => rulings.extend(was),
                }
                differing.push((rule, Judgement::of(rulings, new).grade != after.grade));
            }
        }
        let Some(turn) = turn else { return Vec::new() };
        if old.grades != new.grades {
            let stays = Judgement::of(after.rulings.clone(), old).grade != after.grade;
            differing.push((THRESHOLDS, stays));
        }
        let some_alone = differing.iter().any(|(_, alone)| *alone);
        let mut because = Vec::new();
        for (rule, alone) in differing.iter().filter(|(_, alone)| *alone || !some_alone) {
            let effect = self.rules.entry((*rule).to_owned()).or_default();
            if *alone { &mut effect.alone } else { &mut effect.together }.add(turn);
            because.push((*rule).to_owned());
        }
        because
    }

    /// Adds what another share came to.
    pub(super) fn join(&mut self, other: Tally) {
        self.machines += other.machines;
        self.unreadable += other.unreadable;
        self.concerned += other.concerned;
        for (grades, machines) in other.moves {
            *self.moves.entry(grades).or_default() += machines;
        }
        for (rule, effect) in other.rules {
            let known = self.rules.entry(rule).or_default();
            known.alone.join(effect.alone);
            known.together.join(effect.together);
            for (outcomes, machines) in effect.outcomes {
                *known.outcomes.entry(outcomes).or_default() += machines;
            }
        }
        self.scores.join(&other.scores);
        for (unit, (machines, turns)) in other.units {
            let known = self.units.entry(unit).or_default();
            known.0 += machines;
            known.1.join(turns);
        }
        self.cut += other.cut;
        let room = DIAGNOSED_MAX.saturating_sub(self.differing.len());
        self.cut += other.differing.len().saturating_sub(room) as u64;
        self.differing.extend(other.differing.into_iter().take(room));
        let room = LISTED_MAX.saturating_sub(self.list.len());
        self.list.extend(other.list.into_iter().take(room));
    }

    /// Gives away the machines that differ, and how many there was no time for.
    pub(super) fn take_differing(&mut self) -> (Vec<Differing>, u64) {
        (std::mem::take(&mut self.differing), self.cut)
    }

    /// What all shares came to.
    pub(super) fn told(self, trial: &Trial, as_of: Option<Date>) -> WhatIf {
        let of = |judge: &Judge| archive::digest_of(judge, &trial.id);
        let candidate = trial.then.sets.iter().find(|set| set.id == trial.id);
        let mut list = self.list;
        list.sort_by(|a, b| (a.turn, &a.hostname, &a.machine).cmp(&(b.turn, &b.hostname, &b.machine)));
        let mut units: Vec<UnitEffect> = self
            .units
            .into_iter()
            .filter(|(_, (_, turns))| turns.all() > 0)
            .map(|(unit, (machines, turns))| UnitEffect { unit, machines, turns })
            .collect();
        units.sort_by_key(|unit| std::cmp::Reverse((unit.turns.all(), unit.turns.worse)));
        WhatIf {
            id: trial.id.clone(),
            title: candidate.map(|set| set.title.clone()),
            before: of(&trial.now),
            after: of(&trial.then),
            as_of,
            on_request: candidate.is_some_and(|set| set.judges == Judges::OnRequest),
            machines: self.machines,
            unreadable: self.unreadable,
            concerned: self.concerned,
            changed: self
                .moves
                .iter()
                .filter(|((from, to), _)| from != to)
                .map(|(_, machines)| machines)
                .sum(),
            moves: self.moves.into_iter().map(|((from, to), machines)| Move { from, to, machines }).collect(),
            rules: effects(trial, self.rules),
            scores: self.scores,
            units,
            plan: None,
            list,
        }
    }
}

fn effects(trial: &Trial, rules: BTreeMap<String, Effect>) -> Vec<RuleEffect> {
    let title = |id: &str| {
        let sets = trial.then.sets.iter().filter(|set| set.id == trial.id);
        let sets = sets.chain(&trial.then.sets).chain(&trial.now.sets);
        sets.filter_map(|set| set.rule(id)).map(|rule| rule.title.clone()).next()
    };
    let mut effects: Vec<RuleEffect> = rules
        .into_iter()
        .map(|(rule, Effect { alone, together, outcomes })| RuleEffect {
            title: title(&rule),
            rule,
            alone,
            together,
            differs: outcomes.values().sum(),
            outcomes: outcomes.into_iter().map(|((from, to), machines)| (from, to, machines)).collect(),
        })
        .collect();
    effects
        .sort_by_key(|effect| std::cmp::Reverse((effect.alone.all(), effect.together.all(), effect.differs)));
    effects
}

/// What of a ruling can weigh; none of what does not apply or is waived.
fn speaks(ruling: Option<Ruling>) -> Option<(Outcome, Severity)> {
    let weighs = |ruling: &Ruling| ruling.outcome != Outcome::NotApplicable && !ruling.waived;
    ruling.filter(weighs).map(|r| (r.outcome, r.severity))
}

/// The unit one step below what is looked at; of everything, one step below the root.
fn unit_of(scope: &Scope, latest: &Latest) -> String {
    let below = latest.unit_path.strip_prefix(scope.first()).unwrap_or(&latest.unit_path);
    let mut steps = below.split('/').filter(|id| !id.is_empty());
    let first = steps.next();
    let step = if scope.is_everything() { steps.next().or(first) } else { first };
    step.map_or_else(|| latest.unit.clone(), str::to_owned)
}
