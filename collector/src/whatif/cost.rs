//! What the change of plan costs: the plan of the same seats and machines, before and after.
//!
//! A machine is diagnosed afresh where the rules may mend it otherwise, or where its kept diagnosis does not hold; the
//! rest stands in both plans as its kept diagnosis says.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::civil::Date;
use rules::plan::{self, Line, Machine, Missing, Office, Seats, Unit, Wish};
use serde::Serialize;

use super::Trial;
use crate::app::Judge;
use crate::planning::missing::Declarations;
use crate::planning::{self, Diagnosis};
use crate::store::Tx;
use crate::terms::Terms;

/// Most machines that are diagnosed for the plan: this bounds the memory.
pub(super) const DIAGNOSED_MAX: usize = 20_000;

/// What the change of plan costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PlanChange {
    /// The plan by the rules, prices and norms in force.
    pub before: PlanSum,
    /// The plan by those that were tried.
    pub after: PlanSum,
    /// Machines that were diagnosed afresh for it.
    pub machines: u64,
    /// Machines that should have been, when the time was over: nobody knows what the change comes to.
    pub cut: u64,
}

/// What a plan comes to, whatever it takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PlanSum {
    /// What it costs, in đồng.
    pub cost: i64,
    /// Seats that it makes ready.
    pub seats: u64,
    /// Lines without a price: they are not in the cost.
    pub unpriced: u64,
}

/// A machine that was diagnosed: its id, its diagnosis before, where the kept one does not say it, and after.
pub(super) type Differing = (String, Option<Diagnosis>, Diagnosis);

/// Makes both plans. None where no norm is in force on one of the two days.
///
/// # Errors
/// When the database cannot.
pub(super) async fn change(
    tx: &mut Tx,
    trial: &Trial,
    as_of: Option<Date>,
    (differing, cut): (Vec<Differing>, u64),
) -> Result<Option<PlanChange>> {
    let (units, ids) = planning::units(tx, &trial.scope).await?;
    let places: BTreeMap<&str, usize> =
        ids.iter().enumerate().map(|(index, id)| (id.as_str(), index)).collect();
    let seats = planning::seats(tx, &trial.scope, &places).await?;
    let machines = planning::machines(tx, &trial.scope, &places, (&Terms::default(), trial.today)).await?;
    let wishes = planning::wishes(tx, &trial.scope, &places).await?;
    let (now, then) = (trial.now.clone(), trial.then.clone());
    let (today, later) = (trial.today, as_of.unwrap_or(trial.today));
    let declarations = Declarations::of(tx, &trial.scope, today).await?;
    let lacking_before = declarations.missing(&now, today, &units, &ids)?;
    let lacking_after = declarations.missing(&then, later, &units, &ids)?;
    let office = (units, seats, wishes);
    let work = move || {
        let machines_differing = differing.len() as u64;
        let mut after = machines.clone();
        let mut before = machines;
        let (mut was, mut is) = (BTreeMap::new(), BTreeMap::new());
        for (id, one, other) in differing {
            was.extend(one.map(|one| (id.clone(), one)));
            is.insert(id, other);
        }
        planning::rediagnose(&mut before, was);
        planning::rediagnose(&mut after, is);
        let before = sum(&now, today, &office, (before, lacking_before))?;
        let after = sum(&then, later, &office, (after, lacking_after))?;
        Some(PlanChange { before, after, machines: machines_differing, cut })
    };
    tokio::task::spawn_blocking(work).await.context("making the plans before and after")
}

fn sum(
    judge: &Judge,
    day: Date,
    (units, seats, wishes): &(Vec<Unit>, Vec<Seats>, Vec<Wish>),
    (machines, missing): (Vec<Machine>, Vec<Missing>),
) -> Option<PlanSum> {
    let norm = judge.norms.on(day)?;
    let (units, seats, wishes) = (units.clone(), seats.clone(), wishes.clone());
    let office = Office { norm, prices: &judge.prices, units, seats, machines, wishes, missing, years: 1 };
    let plan = plan::plan(&office, &[]);
    let ready = |line: &&Line| line.cost.is_some();
    Some(PlanSum {
        cost: plan.lines.iter().filter_map(|line| line.cost).sum(),
        seats: plan.lines.iter().filter(ready).map(|line| u64::from(line.seats)).sum(),
        unpriced: plan.lines.iter().filter(|line| line.cost.is_none()).count() as u64,
    })
}
