//! What a unit has and needs, counted over itself and all units below it, with what it declared: the facts that rules about
//! units ask.
//!
//! Machines of which something is not known make a count lie between two: the worst that can be, and the best. Knows no
//! pages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::civil::Date;
use rules::assess::{Outcome, Role, Verdict, assess_unit_between};
use rules::fact::Fact;
use rules::facts::unit::Unit as UnitFacts;
use rules::norms::{Group, Norm};
use rules::plan::{Devices, Fitness, Machine, Office, PRINTER, SCANNER, Seats, State, Unit, Wish, devices};
use rules::quantity::Percent;
use rules::ruleset::{RuleSet, Settings};

use crate::app::Judge;
use crate::judge::unit_settings;
use crate::local::Locals;
use crate::planning;
use crate::store::declaration::{self, Declared};
use crate::store::listing::Scope;
use crate::store::{Tx, counts};
use crate::survey;
use crate::terms::Terms;

/// The rule that says whether a computer is licensed.
const LICENCE: &str = "activation";
/// The rules that make the kit of a counter, beside a computer that is fit.
const KIT: [&str; 3] = ["printer", "scanner", "id-reader"];

/// What was read of a part of the tree, from which its units are counted.
pub struct Gathered {
    units: Vec<Unit>,
    ids: Vec<String>,
    seats: Vec<Seats>,
    machines: Vec<Machine>,
    wishes: Vec<Wish>,
    /// What the rules that are counted say of each machine that was judged, all but passes.
    findings: BTreeMap<String, BTreeMap<String, String>>,
    declared: Declared,
    locals: Locals,
    norm: Option<Norm>,
    judge: Arc<Judge>,
    day: Date,
}

/// What was counted in a unit: it lies between the worst and the best that can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// Where everything that is not known is bad.
    pub worst: UnitFacts,
    /// Where it is good.
    pub best: UnitFacts,
}

/// How many verdicts pass, pass in part, fail, and are not known; what is waived or does not apply counts nowhere.
pub fn counts(verdicts: &[Verdict]) -> [i64; 4] {
    [Outcome::Pass, Outcome::Partial, Outcome::Fail, Outcome::Unknown].map(|outcome| {
        let so = verdicts.iter().filter(|verdict| verdict.outcome == outcome && !verdict.waived);
        i64::try_from(so.count()).unwrap_or(i64::MAX)
    })
}

/// Reads what the units of a scope have, as the latest reports of their machines say.
///
/// # Errors
/// When the database cannot.
pub async fn gather(tx: &mut Tx, judge: &Arc<Judge>, scope: &Scope, day: Date) -> Result<Gathered> {
    // Agencies, and what they declared, may stand above the scope.
    let (units, ids) = planning::units_around(tx, scope).await?;
    let places: BTreeMap<&str, usize> =
        ids.iter().enumerate().map(|(index, id)| (id.as_str(), index)).collect();
    let seats = planning::seats(tx, scope, &places).await?;
    let machines = planning::machines(tx, scope, &places, (&Terms::default(), day)).await?;
    let wishes = planning::wishes(tx, scope, &places).await?;
    let [printer, scanner, reader] = KIT;
    let findings = counts::findings_of(tx, scope, [LICENCE, printer, scanner, reader]).await?;
    let declared = declaration::latest(tx, &Scope::everything()).await?;
    let locals = Locals::on(tx, day).await?;
    let norm = judge.norms.on(day).cloned();
    let judge = Arc::clone(judge);
    Ok(Gathered { units, ids, seats, machines, wishes, findings, declared, locals, norm, judge, day })
}

impl Gathered {
    /// What the rules about units of this set say of a unit.
    ///
    /// # Errors
    /// When there is no such unit, or a declaration is no answer to its fact.
    pub fn verdicts(&self, set: &RuleSet, unit: &str) -> Result<Vec<Verdict>> {
        let settings = self.settings(set, unit)?;
        let Counted { worst, best } = self.count(unit)?;
        Ok(assess_unit_between((&worst, &best), set, self.day, &settings))
    }

    /// What stands for the parameters of this set in a unit.
    ///
    /// # Errors
    /// When there is no such unit.
    pub fn settings(&self, set: &RuleSet, unit: &str) -> Result<Settings> {
        let (place, _) = self.place(unit)?;
        Ok(unit_settings(set, &self.locals.of("", &self.units[place].path)))
    }

    /// The ids of the agencies of a scope, in the order of the tree: those that have posts, machines or declared something.
    pub fn agencies(&self, scope: &Scope) -> Vec<&str> {
        let here = |place: &usize| scope.holds(&self.units[*place].path);
        let seats = self.seats.iter().map(|one| one.unit);
        let machines = self.machines.iter().map(|one| one.unit);
        let declared = self.ids.iter().enumerate().filter(|(_, id)| self.declared.contains_key(*id));
        let all = seats.chain(machines).chain(declared.map(|(place, _)| place));
        let agencies: BTreeSet<usize> = all.filter(here).map(|place| self.units[place].agency).collect();
        agencies.into_iter().filter(here).map(|place| self.ids[place].as_str()).collect()
    }

    /// What holds of a unit of what it and its agency declared.
    ///
    /// # Errors
    /// When there is no such unit.
    pub fn declared(&self, unit: &str) -> Result<BTreeMap<&str, (&declaration::Declaration, bool)>> {
        Ok(survey::holding(&self.declared, &self.lineage(unit)?))
    }

    /// The ids of a unit and of those above it up to its agency.
    fn lineage(&self, unit: &str) -> Result<Vec<&str>> {
        let (place, path) = self.place(unit)?;
        Ok(survey::lineage(path, &self.units[self.units[place].agency].path))
    }

    fn place(&self, unit: &str) -> Result<(usize, &str)> {
        let place = self.ids.iter().position(|id| id == unit);
        let place = place.with_context(|| format!("looking for the unit {unit}: there is none"))?;
        Ok((place, &self.units[place].path))
    }

    /// Counts a unit with all below it.
    ///
    /// # Errors
    /// When there is no such unit, or a declaration is no answer to its fact.
    pub fn count(&self, unit: &str) -> Result<Counted> {
        let (_, path) = self.place(unit)?;
        let here = |place: usize| self.units[place].path.starts_with(path);
        let of = |one: &&Seats| here(one.unit) && one.role != Role::Server;
        let seats: Vec<&Seats> = self.seats.iter().filter(of).collect();
        let of = |one: &&Machine| here(one.unit) && one.role != Role::Server;
        let machines: Vec<&Machine> = self.machines.iter().filter(of).collect();
        let mut worst: UnitFacts = survey::facts(&self.declared(unit)?)?;
        count_seats(&mut worst, &seats);
        let mut best = worst.clone();
        self.count_computers((&mut worst, &mut best), &seats, &machines);
        self.count_devices((&mut worst, &mut best), &seats, &machines);
        self.count_kits((&mut worst, &mut best), &machines);
        Ok(Counted { worst, best })
    }

    /// What the rule that is counted says of a machine: nothing where it passes, or was never judged.
    fn said(&self, machine: &Machine, rule: &str) -> Option<Outcome> {
        let said = self.findings.get(&machine.id)?.get(rule)?;
        // A waiver is an exception from what a machine lacks.
        Some(Outcome::ALL.iter().copied().find(|outcome| outcome.word() == said).unwrap_or(Outcome::Fail))
    }

    fn is_judged(&self, machine: &Machine) -> bool {
        self.findings.contains_key(&machine.id)
    }

    /// What a machine is worth to its seat, as the plan sees it. Where no norm is in force there is no plan, and every
    /// machine that anything mends is worth it.
    fn fitness(&self, machine: &Machine) -> Fitness {
        let Some(norm) = &self.norm else {
            return match machine.state {
                State::Ready => Fitness::Ready,
                State::Mendable { .. } => Fitness::Mendable,
                State::Beyond(_) => Fitness::Spent,
                State::Unknown => Fitness::Unknown,
            };
        };
        Office::of_one_machine(norm, &self.judge.prices).fitness(machine)
    }

    /// Whether the set has this rule, so that it may be counted.
    fn asks(&self, rule: &str) -> bool {
        rules::ruleset::in_force(&self.judge.sets, self.day).is_some_and(|set| set.rule(rule).is_some())
    }

    fn count_computers(
        &self,
        (worst, best): (&mut UnitFacts, &mut UnitFacts),
        seats: &[&Seats],
        machines: &[&Machine],
    ) {
        let judged: Vec<&&Machine> = machines.iter().filter(|machine| self.is_judged(machine)).collect();
        // Where no machine ever reported, nobody knows what is there.
        if judged.is_empty() {
            return;
        }
        for facts in [&mut *worst, &mut *best] {
            facts.computers = Fact::Known(count(judged.len()));
        }
        // Where the posts of an agency were not counted, its machines are no answer to theirs.
        let told: BTreeSet<usize> = seats.iter().map(|one| self.units[one.unit].agency).collect();
        let fit = |machines: &mut dyn Iterator<Item = &&&Machine>| {
            machines.filter(|one| matches!(self.fitness(one), Fitness::Ready | Fitness::Mendable)).count()
        };
        let unknown = |machines: &mut dyn Iterator<Item = &&&Machine>| {
            machines.filter(|one| matches!(one.state, State::Unknown)).count()
        };
        let seated: Vec<&&Machine> =
            judged.iter().copied().filter(|one| told.contains(&self.units[one.unit].agency)).collect();
        let (all_fit, all_unknown) = (fit(&mut judged.iter()), unknown(&mut judged.iter()));
        let (seated_fit, seated_unknown) = (fit(&mut seated.iter()), unknown(&mut seated.iter()));
        let ends = [(&mut *worst, 0, 0), (&mut *best, all_unknown, seated_unknown)];
        for (facts, all_more, seated_more) in ends {
            facts.fit_computers = Fact::Known(count(all_fit + all_more));
            if let Fact::Known(posts) = facts.posts {
                facts.fit_share = share(count(seated_fit + seated_more), posts);
            }
        }
        if self.asks(LICENCE) {
            let of = |wanted: &[Outcome]| {
                let so =
                    |one: &&&&Machine| self.said(one, LICENCE).is_some_and(|said| wanted.contains(&said));
                judged.iter().filter(so).count()
            };
            let lacking = of(&[Outcome::Fail, Outcome::Partial]);
            let open = of(&[Outcome::Unknown]);
            worst.licensed_share = share(count(judged.len() - lacking - open), count(judged.len()));
            best.licensed_share = share(count(judged.len() - lacking), count(judged.len()));
        }
    }

    fn count_devices(
        &self,
        (worst, best): (&mut UnitFacts, &mut UnitFacts),
        seats: &[&Seats],
        machines: &[&Machine],
    ) {
        let owned: Vec<Machine> = machines.iter().map(|machine| (*machine).clone()).collect();
        let seen = devices(&self.units, &owned);
        let mut agencies: BTreeMap<usize, Agency> = BTreeMap::new();
        for machine in machines {
            let agency = agencies.entry(self.units[machine.unit].agency).or_default();
            agency.looked |= self.is_judged(machine);
            let is_open =
                |rule: &str| !self.is_judged(machine) || self.said(machine, rule) == Some(Outcome::Unknown);
            agency.open.0 |= is_open(KIT[0]);
            agency.open.1 |= is_open(KIT[1]);
        }
        for one in seats {
            agencies.entry(self.units[one.unit].agency).or_default().seats.push(**one);
        }
        for wish in self.wishes.iter().filter(|wish| wish.have > 0) {
            if let Some(agency) = agencies.get_mut(&self.units[wish.unit].agency) {
                match wish.item.as_str() {
                    PRINTER => agency.declared.0 = agency.declared.0.saturating_add(wish.have),
                    SCANNER => agency.declared.1 = agency.declared.1.saturating_add(wish.have),
                    _ => {}
                }
            }
        }
        let (mut printers, mut scanners) = (Tally::default(), Tally::default());
        let (mut none, mut none_at_best) = (0, 0);
        for (place, agency) in &agencies {
            let Devices { printers: seen_printers, scanners: seen_scanners } =
                seen.get(place).copied().unwrap_or_default();
            let allowed = |item: &str| self.allowed(item, &agency.seats);
            printers.add(agency, seen_printers.max(agency.declared.0), agency.open.0, allowed(PRINTER));
            let have = seen_scanners.max(agency.declared.1);
            scanners.add(agency, have, agency.open.1, allowed(SCANNER));
            if !agency.seats.is_empty() && have == 0 {
                none += 1;
                none_at_best += i64::from(agency.looked && !agency.open.1);
            }
        }
        if !printers.looked {
            return;
        }
        for (facts, at_best) in [(&mut *worst, false), (&mut *best, true)] {
            facts.printers = printers.have(at_best);
            facts.scanners = scanners.have(at_best);
            facts.printer_share = printers.share(at_best);
            facts.scanner_share = scanners.share(at_best);
            if !seats.is_empty() {
                facts.agencies_without_scanner = Fact::Known(if at_best { none_at_best } else { none });
            }
        }
    }

    /// How many of a device the norm allows for these seats at most; none where it names none, or none is in force.
    fn allowed(&self, item: &str, seats: &[Seats]) -> Option<u32> {
        let one = self.norm.as_ref()?.shared.iter().find(|one| one.item == item)?;
        let sharing = seats.iter().filter(|seats| one.groups.contains(&seats.group));
        Some(one.count(sharing.map(|seats| seats.count).sum()))
    }

    fn count_kits(&self, (worst, best): (&mut UnitFacts, &mut UnitFacts), machines: &[&Machine]) {
        let Fact::Known(counters) = worst.counters else { return };
        if counters == 0 || !KIT.iter().all(|rule| self.asks(rule)) {
            return;
        }
        let at_counters = machines.iter().filter(|one| one.role == Role::Counter && self.is_judged(one));
        let (mut equipped, mut open, mut looked) = (0, 0, false);
        for machine in at_counters {
            looked = true;
            let is = |wanted: Outcome| KIT.iter().any(|rule| self.said(machine, rule) == Some(wanted));
            match self.fitness(machine) {
                Fitness::Spent => {}
                _ if is(Outcome::Fail) || is(Outcome::Partial) => {}
                Fitness::Unknown => open += 1,
                Fitness::Ready | Fitness::Mendable if is(Outcome::Unknown) => open += 1,
                Fitness::Ready | Fitness::Mendable => equipped += 1,
            }
        }
        if looked {
            worst.kit_share = share(equipped, counters);
            best.kit_share = share(equipped + open, counters);
        }
    }
}

fn count_seats(facts: &mut UnitFacts, seats: &[&Seats]) {
    if seats.is_empty() {
        return;
    }
    let of = |holds: &dyn Fn(&Seats) -> bool| {
        let held = seats.iter().filter(|seats| holds(seats));
        Fact::Known(held.map(|seats| i64::from(seats.count)).sum())
    };
    facts.posts = of(&|_| true);
    facts.specialists = of(&|seats| seats.group == Group::Specialist);
    facts.counters = of(&|seats| seats.role == Role::Counter);
}

/// What the machines of one agency see.
#[derive(Default)]
struct Agency {
    seats: Vec<Seats>,
    /// Whether a machine of it was judged.
    looked: bool,
    /// Whether a machine may see more printers, or scanners, than it tells.
    open: (bool, bool),
    /// Printers and scanners that somebody counted.
    declared: (u32, u32),
}

/// Devices of one sort over several agencies.
#[derive(Default)]
struct Tally {
    looked: bool,
    have: i64,
    /// What there may be where a machine may see more than it tells: as many as are allowed.
    have_at_best: i64,
    /// What counts against the norm, and that.
    counting: i64,
    counting_at_best: i64,
    allowed: Option<i64>,
}

impl Tally {
    fn add(&mut self, agency: &Agency, have: u32, open: bool, allowed: Option<u32>) {
        let is_open = open || !agency.looked;
        let most = have.max(allowed.unwrap_or(0));
        let at_best = if is_open { most } else { have };
        self.looked |= agency.looked || have > 0;
        self.have += i64::from(have);
        self.have_at_best += i64::from(at_best);
        if let Some(allowed) = allowed {
            // What one agency has over is no answer to what another lacks.
            self.counting += i64::from(have.min(allowed));
            self.counting_at_best += i64::from(at_best.min(allowed));
            *self.allowed.get_or_insert(0) += i64::from(allowed);
        }
    }

    fn have(&self, at_best: bool) -> Fact<i64> {
        Fact::Known(if at_best { self.have_at_best } else { self.have })
    }

    fn share(&self, at_best: bool) -> Fact<Percent> {
        let counting = if at_best { self.counting_at_best } else { self.counting };
        self.allowed.map_or_else(Fact::default, |allowed| share(counting, allowed))
    }
}

/// A part of a whole in percent, rounded down, 100 at most; not known of nothing.
fn share(part: i64, whole: i64) -> Fact<Percent> {
    let percent = part.saturating_mul(100).checked_div(whole);
    percent.map_or_else(Fact::default, |percent| Fact::Known(Percent(percent.clamp(0, 100))))
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
