//! The plan of a part of the tree: every machine is diagnosed, the seats are counted, and `rules` makes the plan.
//!
//! A diagnosis is kept until the machine's report, the rules or the prices change, so that a plan is made when somebody
//! looks at it. Knows no pages and no files.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use jiff::civil::Date;
use rules::assess::{Grade, Outcome, Role, When, assess_lean};
use rules::envelope::Unpacker;
use rules::fact::Fact;
use rules::facts::Facts;
use rules::facts::peripherals::Connection;
use rules::mend::{Mend, Patient, Remedies, mend};
use rules::norms::{Group, Norm};
use rules::plan::{self, Device, Fitness, Lacks, Machine, Office, Plan, Regime, Seats, State, Unit};
use rules::ruleset::{Rule, RuleSet, in_force};
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::app::{App, Judge};
use crate::digest::sha256;
use crate::judge::{day, open, settings, shares};
use crate::local::{Local, Locals};
use crate::store::diagnosis::{self, By, Undiagnosed};
use crate::store::listing::Scope;
use crate::store::{Store, Tx, counts, scenario, seat, unit, wish};
use crate::terms::Terms;
use missing::Declarations;

pub mod beside;
pub(crate) mod missing;

/// Years that are planned at most.
pub const YEARS_MAX: usize = 5;
/// Machines that are diagnosed at once: this bounds the memory, and the time that a writer waits.
const BATCH: u32 = 128;
/// Most rules that are named of a machine that nothing mends.
const RULES_MAX: usize = 8;
/// The kinds of units that are agencies: what is below them shares their printers.
const AGENCIES: &[&str] = &["commune", "ward", "district"];

/// Whether a machine is fit, what would mend it, and what it sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Diagnosis {
    state: State,
    ready_for: Vec<Role>,
    age_years: Option<u32>,
    printers: Vec<Device>,
    scanners: Vec<Device>,
}

/// What is to be planned.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The units.
    pub scope: Scope,
    /// Id of the norm; none for the one in force.
    pub norm: Option<String>,
    /// Where the money comes from, in the words of who plans; empty where nobody said it.
    pub fund: String,
    /// The budgets of the years to come, in đồng, the first first; none for whatever it takes.
    pub budgets: Vec<i64>,
    /// Over how many years it is planned, at least 1; where there are budgets, as many as those.
    pub years: usize,
    /// By what it is made beside what is in force.
    pub terms: Terms,
}

/// A plan, and what it was made from.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan. Its lines name units and machines by their places below.
    pub plan: Plan,
    /// The units.
    pub units: Vec<Unit>,
    /// The ids of the units.
    pub unit_ids: Vec<String>,
    /// The machines.
    pub machines: Vec<Machine>,
    /// What each machine is worth to its seat.
    pub fitness: Vec<Fitness>,
    /// The seats.
    pub seats: Vec<Seats>,
    /// What units declare that they need.
    pub wishes: Vec<plan::Wish>,
    /// The norm.
    pub norm: Norm,
    /// The rules, prices and norms.
    pub judge: Arc<Judge>,
    /// What of these is not what is in force.
    pub terms: Terms,
    /// The day of the plan.
    pub day: Date,
    /// What was planned for.
    pub scope: Scope,
    /// Where the money comes from; empty where nobody said it.
    pub fund: String,
    /// Machines that are not diagnosed yet: to the plan they are not known.
    pub missing: u64,
    /// Machines that are ready, and of which nobody knows what a mandatory rule says.
    pub unsure: i64,
    /// Machines that are ready, and that an exception holds for.
    pub waived: i64,
}

/// What diagnoses are kept under: the terms, and the digest of what they depend on beside the rules that judged.
fn by(judge: &Judge, terms: &Terms) -> By {
    let mut text = format!("{} {}", judge.prices.digest, judge.norms.digest);
    if terms.percent != 0 {
        text.push_str(&format!(" {:+}", terms.percent));
    }
    if terms.rules.is_some() {
        judge.sets.iter().for_each(|set| text.push_str(&format!(" {}", set.digest)));
        text.push_str(&format!(" {}", judge.lifecycle.digest));
    }
    let book = sha256(text).chars().take(32).collect();
    By { terms: terms.key(), book }
}

/// Diagnoses the machines of these units whose diagnosis does not hold, until all are or `limit` has passed. Gives how
/// many are left.
///
/// # Errors
/// When the database cannot. What was diagnosed until then stays.
pub async fn diagnose(app: &App, scope: &Scope, limit: Option<Duration>, bar: &ProgressBar) -> Result<u64> {
    let judge = app.judge();
    let made_by = by(&judge, &Terms::default());
    diagnose_by(app, &judge, &made_by, scope, limit, bar).await
}

/// As [`diagnose`], by these terms instead of what is in force.
///
/// # Errors
/// As [`diagnose`]; when the archive has no such text.
pub async fn diagnose_on(app: &App, terms: &Terms, scope: &Scope, bar: &ProgressBar) -> Result<u64> {
    let judge = terms.judge(app).await?.context("what a plan is to be made by is not kept")?;
    diagnose_by(app, &judge, &by(&judge, terms), scope, None, bar).await
}

async fn diagnose_by(
    app: &App,
    judge: &Arc<Judge>,
    by: &By,
    scope: &Scope,
    limit: Option<Duration>,
    bar: &ProgressBar,
) -> Result<u64> {
    let began = Instant::now();
    let left = missing(&app.store, scope, by).await?;
    if left == 0 {
        return Ok(0);
    }
    bar.set_length(left);
    let mut after = String::new();
    loop {
        // Who comes second finds the work done, and nobody waits for more than a batch of somebody else.
        let _alone = app.diagnosing.lock().await;
        let mut tx = app.store.read().await?;
        let batch = diagnosis::missing(&mut tx, scope, by, &after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after.clone_from(&last.latest.machine);
        let locals = Arc::new(Locals::on(&mut tx, day(app.clock.now())).await?);
        drop(tx);
        bar.inc(batch.len() as u64);
        let mut waiting = Vec::new();
        for share in shares(batch) {
            let (judge, locals) = (Arc::clone(judge), Arc::clone(&locals));
            waiting.push(tokio::task::spawn_blocking(move || diagnose_share(&judge, &locals, share)));
        }
        let mut tx = app.store.begin().await?;
        for share in waiting {
            for (one, body) in share.await.context("diagnosing machines")? {
                let of = (one.latest.machine.as_str(), one.report.as_str());
                diagnosis::put(&mut tx, &by.terms, of, &one.made_by, &body).await?;
            }
        }
        tx.commit().await.context("keeping diagnoses")?;
        if limit.is_some_and(|limit| began.elapsed() >= limit) {
            break;
        }
    }
    bar.finish_and_clear();
    missing(&app.store, scope, by).await
}

async fn missing(store: &Store, scope: &Scope, by: &By) -> Result<u64> {
    diagnosis::missing_count(&mut store.read().await?, scope, by).await
}

/// How many machines of these units have no diagnosis that holds, by what is in force.
///
/// # Errors
/// When the database cannot.
pub async fn undiagnosed(tx: &mut Tx, scope: &Scope, judge: &Judge) -> Result<u64> {
    diagnosis::missing_count(tx, scope, &by(judge, &Terms::default())).await
}

/// The machines of a scope whose diagnoses by what is in force are of their latest report, and by what they were made.
pub(crate) struct Kept {
    made_by: BTreeMap<String, Arc<str>>,
    book: String,
}

impl Kept {
    /// Reads them.
    pub(crate) async fn of(tx: &mut Tx, scope: &Scope, judge: &Judge) -> Result<Kept> {
        let By { terms, book } = by(judge, &Terms::default());
        Ok(Kept { made_by: diagnosis::made_by(tx, scope, &terms).await?, book })
    }

    /// Whether the diagnosis of this machine holds, where these rules judge it.
    pub(crate) fn holds(&self, machine: &str, rules_digest: &str) -> bool {
        let made_by = self.made_by.get(machine).and_then(|made_by| made_by.strip_prefix(rules_digest));
        made_by.and_then(|rest| rest.strip_prefix(' ')) == Some(&self.book)
    }
}

/// Throws the diagnoses away that were made for a trial which is over: no draft is made by its terms.
///
/// # Errors
/// When the database cannot.
pub async fn forget_trials(app: &App) -> Result<()> {
    let mut tx = app.store.begin().await?;
    let mut kept = app.rounds.busy();
    for draft in
        scenario::all(&mut tx, &Scope::everything()).await?.iter().filter(|one| one.submitted.is_none())
    {
        let asked: Asked = serde_json::from_str(&draft.wish).context("reading what a kept plan asks")?;
        kept.push(asked.terms.key());
    }
    for terms in diagnosis::trials(&mut tx).await?.iter().filter(|terms| !kept.contains(terms)) {
        diagnosis::forget(&mut tx, terms).await?;
    }
    tx.commit().await.context("forgetting trials that are over")
}

/// What a kept plan asks, as far as it matters here.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    terms: Terms,
}

fn diagnose_share(judge: &Judge, locals: &Locals, share: Vec<Undiagnosed>) -> Vec<(Undiagnosed, String)> {
    let mut unpacker = Unpacker::new();
    let mut told = |one: &Undiagnosed| -> Result<String> {
        let diagnosis = diagnosis_of(judge, locals, one, &mut unpacker)?;
        serde_json::to_string(&diagnosis).context("writing a diagnosis as JSON")
    };
    let mut diagnosed = Vec::with_capacity(share.len());
    for one in share {
        match told(&one) {
            Ok(body) => diagnosed.push((one, body)),
            Err(error) => {
                let machine = &one.latest.machine;
                warn!(machine, error = format!("{error:#}"), "A machine cannot be diagnosed.");
            }
        }
    }
    diagnosed
}

fn diagnosis_of(
    judge: &Judge,
    locals: &Locals,
    one: &Undiagnosed,
    unpacker: &mut Unpacker,
) -> Result<Diagnosis> {
    let (report, role) = open(&one.latest, unpacker)?;
    let local = locals.of(&one.latest.machine, &one.latest.unit_path);
    Ok(diagnosis(judge, &report.facts, role, day(report.taken_at).into(), &local))
}

/// Whether a machine is fit on this day, what would mend it, and what it sees.
pub(crate) fn diagnosis(judge: &Judge, facts: &Facts, role: Role, on: When, local: &Local) -> Diagnosis {
    let (printers, scanners) = (printers(facts), scanners(facts));
    let age_years = age(facts, on.judged);
    let Some(set) = in_force(&judge.sets, on.judged) else {
        let (state, ready_for) = (State::Unknown, Vec::new());
        return Diagnosis { state, ready_for, age_years, printers, scanners };
    };
    let settings = settings(set, local);
    let grade = |role: Role| assess_lean(facts, set, &judge.lifecycle, role, on, &settings).grade;
    let ready_for = Role::ALL.iter().copied().filter(|role| grade(*role) == Grade::Ready).collect();
    let patient = Patient { facts, set, role, day: on, settings: &settings };
    // What seats share is the agency's business: a machine is not asked to buy it.
    let shared = |item: &str| {
        judge.norms.norms.iter().any(|norm| norm.shared.iter().any(|one| one.needed && one.item == item))
    };
    let price = |item: &str| if shared(item) { Some(0) } else { judge.prices.of(item) };
    let state = match mend(patient, &judge.lifecycle, &price) {
        Mend::Ready => State::Ready,
        _ if grade(role) == Grade::NoData => State::Unknown,
        Mend::Remedies(Remedies { steps, mends, .. }) => {
            State::Mendable { steps, lacks: lacks(judge, patient, Some(&mends)) }
        }
        Mend::Cannot { grade: Grade::NoData, .. } => State::Unknown,
        Mend::Cannot { .. } => State::Beyond(lacks(judge, patient, None)),
    };
    Diagnosis { state, ready_for, age_years, printers, scanners }
}

/// The rules that a machine fails or passes in part, what costs most first, and the weight of the worst. Where something
/// mends it, those that are mended are named; of the others those that it fails are counted.
fn lacks(judge: &Judge, patient: Patient<'_>, mended: Option<&[String]>) -> Lacks {
    let Patient { facts, set, role, day, settings } = patient;
    let judged = assess_lean(facts, set, &judge.lifecycle, role, day, settings);
    let mut failing: Vec<_> = judged
        .rulings
        .iter()
        .zip(&set.rules)
        .filter(|(ruling, _)| matches!(ruling.outcome, Outcome::Fail | Outcome::Partial) && !ruling.waived)
        .collect();
    failing
        .sort_by_key(|(ruling, _)| (ruling.outcome == Outcome::Partial, std::cmp::Reverse(ruling.severity)));
    let severity = failing
        .iter()
        .filter(|(ruling, _)| ruling.outcome == Outcome::Fail)
        .map(|(ruling, _)| ruling.severity)
        .max()
        .unwrap_or(rules::assess::Severity::Minor);
    let is_named = |rule: &Rule| mended.is_none_or(|mended| mended.contains(&rule.id));
    let (named, others): (Vec<_>, Vec<_>) = failing.into_iter().partition(|(_, rule)| is_named(rule));
    // Nothing mends a machine of which everything is named, so the rest is counted there; what is mended is all named.
    let named_max = if mended.is_some() { named.len() } else { RULES_MAX };
    let left = named.iter().skip(named_max).chain(&others);
    let left = left.filter(|(ruling, _)| ruling.outcome == Outcome::Fail).count();
    let rules = named.iter().take(named_max).map(|(_, rule)| rule.id.clone()).collect();
    Lacks { rules, others: u32::try_from(left).unwrap_or(u32::MAX), severity }
}

/// Whole years since the firmware was made; none when nobody knows. It is the last resort, and the only one a PC tells.
fn age(facts: &Facts, on: Date) -> Option<u32> {
    let Fact::Known(made) = facts.board.firmware_date else { return None };
    years_between(made, on)
}

/// Whole years from one day to another; none where that is before.
fn years_between(from: Date, to: Date) -> Option<u32> {
    let years = to.since((jiff::Unit::Year, from)).ok()?.get_years();
    u32::try_from(years).ok()
}

fn device(model: &Fact<String>, connection: &Fact<Connection>) -> Device {
    let model = model.known().cloned().unwrap_or_default();
    // How it is connected is not known: two machines may see the same one, and counting it twice would hide a lack.
    Device { model, shared: !matches!(connection, Fact::Known(Connection::Usb)) }
}

fn printers(facts: &Facts) -> Vec<Device> {
    let printers = facts.peripherals.printers.known().map(Vec::as_slice).unwrap_or_default();
    printers.iter().map(|one| device(&one.driver, &one.connection)).collect()
}

fn scanners(facts: &Facts) -> Vec<Device> {
    let scanners = facts.peripherals.scanners.known().map(Vec::as_slice).unwrap_or_default();
    scanners.iter().map(|one| device(&one.model, &one.connection)).collect()
}

/// Makes a plan from the diagnoses that there are.
///
/// # Errors
/// When there is no such norm, none is in force, a text that it is to be made by is not kept, or the database cannot.
pub async fn plan(app: &App, wish: &Wish) -> Result<Planned> {
    let judge = wish.terms.judge(app).await?.context("what a plan is to be made by is not kept")?;
    let made_by = by(&judge, &wish.terms);
    let on = day(app.clock.now());
    let norm = match &wish.norm {
        Some(id) => judge.norms.find(id).with_context(|| format!("there is no norm “{id}”"))?,
        None => judge.norms.on(on).context("no norm is in force today: look at norms.toml")?,
    }
    .clone();
    let mut tx = app.store.read().await?;
    let (units, unit_ids) = units(&mut tx, &wish.scope).await?;
    let places: BTreeMap<&str, usize> =
        unit_ids.iter().enumerate().map(|(index, id)| (id.as_str(), index)).collect();
    let seats = seats(&mut tx, &wish.scope, &places).await?;
    let machines = machines(&mut tx, &wish.scope, &places, (&wish.terms, on)).await?;
    let wishes = wishes(&mut tx, &wish.scope, &places).await?;
    let declarations = Declarations::of(&mut tx, &wish.scope, on).await?;
    let lacking = declarations.missing(&judge, on, &units, &unit_ids)?;
    let missing = diagnosis::missing_count(&mut tx, &wish.scope, &made_by).await?;
    let counts::Noted { unsure, waived, .. } = counts::noted(&mut tx, &wish.scope).await?;
    drop(tx);
    let budgets = wish.budgets.clone();
    let years = if budgets.is_empty() { wish.years } else { budgets.len() };
    let (made, judge) = tokio::task::spawn_blocking(move || {
        let prices = &judge.prices;
        let years = u32::try_from(years).unwrap_or(u32::MAX).max(1);
        let missing = lacking;
        let office = Office { norm: &norm, prices, units, seats, machines, wishes, missing, years };
        let plan = plan::plan(&office, &budgets);
        let fitness = office.machines.iter().map(|machine| office.fitness(machine)).collect();
        let Office { units, seats, machines, wishes, .. } = office;
        ((plan, units, seats, machines, fitness, wishes, norm), judge)
    })
    .await
    .context("making the plan")?;
    let (plan, units, seats, machines, fitness, wishes, norm) = made;
    let (scope, fund, terms) = (wish.scope.clone(), wish.fund.clone(), wish.terms.clone());
    Ok(Planned {
        plan,
        scope,
        fund,
        terms,
        units,
        unit_ids,
        machines,
        fitness,
        seats,
        wishes,
        norm,
        judge,
        day: on,
        missing,
        unsure,
        waived,
    })
}

/// The units of a scope and their ids, in the order of the tree.
pub(crate) async fn units(tx: &mut Tx, scope: &Scope) -> Result<(Vec<Unit>, Vec<String>)> {
    let tree = unit::tree_in(tx, scope).await?;
    Ok(with_agencies(tree, &unit::points(tx).await?))
}

/// The same with the units above the scope.
pub(crate) async fn units_around(tx: &mut Tx, scope: &Scope) -> Result<(Vec<Unit>, Vec<String>)> {
    let tree = unit::tree_around(tx, scope).await?;
    Ok(with_agencies(tree, &unit::points(tx).await?))
}

/// Units as a plan sees them, and their ids.
fn with_agencies(tree: Vec<unit::Unit>, points: &BTreeMap<String, u32>) -> (Vec<Unit>, Vec<String>) {
    let places: BTreeMap<&str, usize> =
        tree.iter().enumerate().map(|(index, unit)| (unit.id.as_str(), index)).collect();
    // Parents stand before their children, so theirs is known.
    let mut agencies: Vec<usize> = Vec::with_capacity(tree.len());
    for (index, unit) in tree.iter().enumerate() {
        let above = unit.parent.as_deref().and_then(|parent| places.get(parent)).copied();
        let agency = match above.and_then(|above| Some((above, *agencies.get(above)?))) {
            Some((above, agency)) if !AGENCIES.contains(&unit.kind.as_str()) => {
                let is_agency = AGENCIES.contains(&tree[agency].kind.as_str());
                let is_department = tree[above].kind != "province";
                if is_agency || is_department { agency } else { index }
            }
            _ => index,
        };
        agencies.push(agency);
    }
    let ids = tree.iter().map(|unit| unit.id.clone()).collect();
    // An office lies where its commune lies.
    let lies = |unit: &unit::Unit| {
        let above = unit.path.split_terminator('/').filter_map(|id| points.get(id)).copied();
        above.max().unwrap_or(0)
    };
    let unit = |(unit, agency): (unit::Unit, usize)| Unit {
        points: lies(&unit),
        code: unit.code,
        name: unit.name,
        path: unit.path,
        agency,
    };
    (tree.into_iter().zip(agencies).map(unit).collect(), ids)
}

/// The seats of a scope, whose units have these places.
pub(crate) async fn seats(tx: &mut Tx, scope: &Scope, places: &BTreeMap<&str, usize>) -> Result<Vec<Seats>> {
    let rows = seat::all(tx, scope).await?;
    let seats = |row: seat::Seats| {
        Some(Seats {
            unit: *places.get(row.unit.as_str())?,
            role: Role::parse(&row.role)?,
            group: Group::parse(&row.group)?,
            regime: Regime::parse(&row.regime)?,
            count: u32::try_from(row.count).ok()?,
        })
    };
    Ok(rows.into_iter().filter_map(seats).collect())
}

/// What the units of a scope declared that they need, whose units have these places.
pub(crate) async fn wishes(
    tx: &mut Tx,
    scope: &Scope,
    places: &BTreeMap<&str, usize>,
) -> Result<Vec<plan::Wish>> {
    let rows = wish::all(tx, scope).await?;
    let wish = |row: wish::Wish| {
        Some(plan::Wish {
            unit: *places.get(row.unit.as_str())?,
            item: row.item,
            count: u32::try_from(row.count).ok()?,
            have: u32::try_from(row.have).ok()?,
            price: row.price,
        })
    };
    Ok(rows.into_iter().filter_map(wish).collect())
}

/// The machines of a scope, whose units have these places, as their kept diagnoses by these terms say. The asset register
/// knows best how old a machine is on this day.
pub(crate) async fn machines(
    tx: &mut Tx,
    scope: &Scope,
    places: &BTreeMap<&str, usize>,
    (terms, on): (&Terms, Date),
) -> Result<Vec<Machine>> {
    let rows = diagnosis::all(tx, scope, &terms.key()).await?;
    let mut machines = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(unit), Some(role)) = (places.get(row.unit.as_str()), Role::parse(&row.role)) else {
            continue;
        };
        let diagnosis = match &row.body {
            Some(body) => serde_json::from_str(body).context("reading a diagnosis")?,
            None => Diagnosis {
                state: State::Unknown,
                ready_for: Vec::new(),
                age_years: None,
                printers: Vec::new(),
                scanners: Vec::new(),
            },
        };
        let Diagnosis { state, ready_for, age_years, printers, scanners } = diagnosis;
        let registered = row.registered_on.and_then(|day| day.parse().ok());
        let age_years = registered.and_then(|day| years_between(day, on)).or(age_years);
        let (id, name, unit) = (row.machine, row.hostname, *unit);
        machines.push(Machine { id, name, unit, role, state, ready_for, age_years, printers, scanners });
    }
    Ok(machines)
}

/// Puts these diagnoses in the place of those that the machines have, by id.
pub(crate) fn rediagnose(machines: &mut [Machine], mut diagnoses: BTreeMap<String, Diagnosis>) {
    for machine in machines {
        if let Some(diagnosis) = diagnoses.remove(&machine.id) {
            let Diagnosis { state, ready_for, age_years, printers, scanners } = diagnosis;
            // The asset register knows it better.
            let age_years = machine.age_years.or(age_years);
            *machine = Machine { state, ready_for, age_years, printers, scanners, ..machine.clone() };
        }
    }
}

/// The set that judges on the day of a plan, for the titles of rules and remedies.
pub fn set(planned: &Planned) -> Option<&RuleSet> {
    in_force(&planned.judge.sets, planned.day)
}

#[cfg(test)]
mod tests;
