//! What a plan buys or rents for no machine that is there: it is asked for, somebody ticks it off, and where a report
//! can show it, one confirms it.
//!
//! A PC for a seat that has none is there when a machine of that role joins in that unit and reports; a printer or a
//! scanner, when the machines of the agency see one more than before. What no PC can see waits for people only.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use rules::plan::{Means, PC, PRINTER, SCANNER, SERVER, Why, devices};

use crate::app::App;
use crate::planning::{self, Planned};
use crate::store::Tx;
use crate::store::goods::{self, Goods, Wanted};
use crate::store::listing::Scope;
use crate::terms::Terms;
use crate::work::Made;

/// What of goods a report can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// A machine that joins.
    Machine,
    /// One more device that machines see.
    Device,
    /// Nothing.
    Nothing,
}

impl Sight {
    fn of(wanted: &Wanted) -> Sight {
        match wanted.item.as_str() {
            PC | SERVER | "laptop" if !wanted.role.is_empty() => Sight::Machine,
            PRINTER | SCANNER => Sight::Device,
            _ => Sight::Nothing,
        }
    }
}

/// Whether a report can show these goods.
pub fn can_be_seen(wanted: &Wanted) -> bool {
    Sight::of(wanted) != Sight::Nothing
}

/// What the first year of a plan buys or rents for no machine that is there, each item of a unit and a role once.
fn wanted(planned: &Planned) -> Vec<Wanted> {
    type Key<'a> = (usize, &'a str, &'a str, &'a str);
    let mut all: BTreeMap<Key<'_>, (i64, i64)> = BTreeMap::new();
    for line in planned.plan.lines.iter().filter(|line| line.year == Some(0) && line.machine.is_none()) {
        let role = line.role.map_or("", |role| role.word());
        for one in &line.purchases {
            let (count, have) = match line.why {
                // Of what is rented a purchase counts months.
                Why::Wished { needed, have } if one.count > needed => (needed, have),
                Why::Fails(_) if line.means == Means::Rent => (1, 0),
                Why::Short { have, .. } => (one.count, have),
                _ => (one.count, 0),
            };
            let sum = all.entry((line.unit, line.means.word(), &one.item, role)).or_default();
            *sum = (sum.0 + i64::from(count), i64::from(have));
        }
    }
    let of = |((unit, means, item, role), (count, have)): (Key<'_>, (i64, i64))| {
        let unit = planned.unit_ids.get(unit)?.clone();
        let (means, item, role) = (means.to_owned(), item.to_owned(), role.to_owned());
        Some(Wanted { unit, means, item, role, count, base: have })
    };
    all.into_iter().filter_map(of).collect()
}

/// Asks for what the first year of a plan buys or rents for no machine. What was ticked off and has not been seen yet is
/// on its way; what nobody has got gives way.
///
/// # Errors
/// When the database cannot.
pub(crate) async fn make(
    tx: &mut Tx,
    planned: &Planned,
    by: &str,
    now: Timestamp,
    done: &mut Made,
) -> Result<()> {
    let there = goods::all(tx, &planned.scope).await?;
    for wanted in wanted(planned) {
        let alike = |one: &&Goods| {
            one.confirmed_at.is_none()
                && (&one.wanted.unit, &one.wanted.means, &one.wanted.item, &one.wanted.role)
                    == (&wanted.unit, &wanted.means, &wanted.item, &wanted.role)
        };
        let (coming, open): (Vec<&Goods>, Vec<&Goods>) =
            there.iter().filter(alike).partition(|one| one.ticked.is_some());
        let on_its_way: i64 = coming.iter().map(|one| one.wanted.count - one.arrived).sum();
        let count = wanted.count - on_its_way;
        if count <= 0 || open.iter().any(|one| one.wanted.count == count) {
            done.kept += 1;
            continue;
        }
        for other in open {
            done.replaced += usize::from(goods::remove(tx, &other.id).await?);
        }
        // What reports count without these: devices that are there, and what comes before them.
        let there = if Sight::of(&wanted) == Sight::Device { wanted.base } else { 0 };
        goods::add(tx, &Wanted { count, base: there + on_its_way, ..wanted }, by, now).await?;
        done.made += 1;
    }
    Ok(())
}

/// Compares goods with what reports show. Gives how many were confirmed.
///
/// # Errors
/// When the database cannot.
pub async fn confirm(app: &App) -> Result<usize> {
    let mut tx = app.store.read().await?;
    let all = goods::all(&mut tx, &Scope::everything()).await?;
    let mut seen: Vec<(&Goods, i64, Option<i64>)> = Vec::new();
    let mut counted: BTreeMap<&str, Counted> = BTreeMap::new();
    for one in all.iter().filter(|one| one.confirmed_at.is_none()) {
        let (count, at) = match Sight::of(&one.wanted) {
            Sight::Nothing => continue,
            Sight::Machine => goods::joined(&mut tx, &one.wanted.unit, &one.wanted.role, one.made_at).await?,
            Sight::Device => {
                if !counted.contains_key(one.wanted.unit.as_str()) {
                    let path = &one.unit_path;
                    counted.insert(&one.wanted.unit, Counted::of(&mut tx, path).await?);
                }
                let Some(counted) = counted.get(one.wanted.unit.as_str()) else { continue };
                // Only a report of after can show what was not there before.
                let at = counted.at.filter(|at| *at > one.made_at);
                (if at.is_some() { counted.of_item(&one.wanted.item) } else { one.wanted.base }, at)
            }
        };
        let arrived = (count - one.wanted.base).clamp(0, one.wanted.count);
        let confirmed_at = at.filter(|_| arrived == one.wanted.count);
        if arrived != one.arrived || confirmed_at.is_some() {
            seen.push((one, arrived, confirmed_at));
        }
    }
    drop(tx);
    if seen.is_empty() {
        return Ok(0);
    }
    let mut tx = app.store.begin().await?;
    for (one, arrived, confirmed_at) in &seen {
        goods::seen(&mut tx, &one.id, *arrived, *confirmed_at).await?;
    }
    tx.commit().await.context("comparing goods with reports")?;
    Ok(seen.iter().filter(|(_, _, confirmed_at)| confirmed_at.is_some()).count())
}

/// The devices that the machines of an agency see.
struct Counted {
    printers: i64,
    scanners: i64,
    /// When the latest report was taken.
    at: Option<i64>,
}

impl Counted {
    async fn of(tx: &mut Tx, path: &str) -> Result<Counted> {
        let scope = Scope::subtree(path);
        let (units, ids) = planning::units(tx, &scope).await?;
        let places: BTreeMap<&str, usize> =
            ids.iter().enumerate().map(|(index, id)| (id.as_str(), index)).collect();
        // Nobody asks for their age here.
        let machines = planning::machines(tx, &scope, &places, (&Terms::default(), Date::MIN)).await?;
        // The agency stands first among its units, and what is an agency of its own below it is not asked.
        let seen = devices(&units, &machines).get(&0).copied().unwrap_or_default();
        let at = goods::reported_at(tx, &scope).await?;
        Ok(Counted { printers: i64::from(seen.printers), scanners: i64::from(seen.scanners), at })
    }

    fn of_item(&self, item: &str) -> i64 {
        if item == PRINTER { self.printers } else { self.scanners }
    }
}

/// The goods that a person may tick off, by id.
///
/// # Errors
/// When the database cannot.
pub async fn find(tx: &mut Tx, scope: &Scope, id: &str) -> Result<Option<Goods>> {
    Ok(goods::all(tx, scope).await?.into_iter().find(|one| one.id == id))
}

#[cfg(test)]
mod tests;
