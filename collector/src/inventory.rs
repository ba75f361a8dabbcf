//! The present state of a part of the tree, from the latest report of each machine: hardware, software, licences, and
//! what rules that cite TCVN 14423 say. Writes nothing; knows no pages and no files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result as Outcomes};
use indicatif::ProgressBar;
use jiff::civil::Date;
use rules::assess::{Grade, Outcome, Role, assess_lean};
use rules::envelope::Unpacker;
use rules::fact::Fact;
use rules::facts::Facts;
use rules::facts::os::Activation;
use rules::ruleset::{Rule, RuleSet, in_force};
use serde_json::Value as Json;
use tracing::warn;

use crate::app::{App, Judge};
use crate::judge::{day, open, settings, shares};
use crate::local::Locals;
use crate::store::fleet::{self, Latest};
use crate::store::listing::Scope;
use crate::store::register::{self, Entry};
use crate::store::{Tx, unit};
use crate::unit_facts;

/// Machines that are gone through at once: this bounds the memory.
const BATCH: u32 = 256;
/// Most programs that are listed, those on most machines first.
pub const SOFTWARE_MAX: usize = 50_000;
/// How the name of the office suite begins whose activation a PC tells.
const OFFICE: &str = "Microsoft Office";
/// How the source of a rule begins that level 2 asks for.
const STANDARD: &str = "TCVN 14423";

/// The present state.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Every machine that reported, in the order of units and names.
    pub hardware: Vec<Hardware>,
    /// Programs, those on most machines first.
    pub software: Vec<Software>,
    /// Programs that are not listed, because the list would be too long.
    pub software_left: usize,
    /// Machines with licences, by the id of their unit.
    pub licensed: BTreeMap<String, Licensed>,
    /// What rules that cite the standard say, in the order of its clauses.
    pub checks: Vec<Check>,
    /// What holds of what each agency declared, by its id and the name of the fact: the answer as JSON.
    pub declared: BTreeMap<String, BTreeMap<String, Json>>,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hardware {
    /// Name in the network.
    pub name: String,
    /// Name of its unit.
    pub unit_name: String,
    /// The room that it stands in; empty where nobody said.
    pub room: String,
    /// What the asset register says of it.
    pub entry: Entry,
    /// Its first IPv4 address, its MAC address, and the gateway that it goes through.
    pub address: Option<String>,
    /// MAC address of the same adapter.
    pub mac: Option<String>,
    /// The gateway.
    pub gateway: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Maker and model.
    pub model: Option<String>,
    /// The operating system, with its version.
    pub system: Option<String>,
    /// The last day of its security updates.
    pub supported_until: Option<Date>,
    /// The role of its seat.
    pub role: Role,
    /// How ready it is.
    pub grade: Grade,
    /// The day of its report.
    pub reported_on: Date,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Software {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// The last day of its security updates.
    pub supported_until: Option<Date>,
    /// Machines that have it.
    pub machines: usize,
    /// How many of them say that their copy is activated; none of what does not say it.
    pub activated: Option<usize>,
    /// The unit that has it, where it is one only.
    pub unit_name: Option<String>,
    /// How many units have it.
    pub units: usize,
    /// Whether it is the operating system.
    pub is_system: bool,
}

/// Machines with licences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Licensed {
    /// Whose Windows is activated.
    pub windows: usize,
    /// Whose Microsoft Office is activated.
    pub office: usize,
}

impl Licensed {
    /// Adds the machines of another unit.
    pub fn add(&mut self, other: Licensed) {
        self.windows += other.windows;
        self.office += other.office;
    }
}

/// What one rule says of all machines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// The clause of the standard.
    pub clause: String,
    /// What is asked, in Vietnamese.
    pub title: String,
    /// Whether agencies are counted, which the rule is about, and not machines.
    pub of_agencies: bool,
    /// Machines that pass.
    pub pass: usize,
    /// Machines that pass in part.
    pub partial: usize,
    /// Machines that fail.
    pub fail: usize,
    /// Machines of which it is not known.
    pub unknown: usize,
    /// Machines among those that do not pass for which an exception holds.
    pub waived: usize,
}

/// Whether a requirement is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Result {
    /// Every machine passes.
    Met,
    /// Some do.
    Partly,
    /// None does.
    Missed,
    /// No machine fails, and of some it is not known.
    Unclear,
    /// It concerns no machine.
    Void,
}

impl Check {
    /// Whether the requirement is met.
    pub fn result(&self) -> Result {
        match (self.pass, self.partial, self.fail, self.unknown) {
            (0, 0, 0, 0) => Result::Void,
            (_, 0, 0, 0) => Result::Met,
            (_, 0, 0, _) => Result::Unclear,
            (0, 0, _, _) => Result::Missed,
            _ => Result::Partly,
        }
    }
}

/// What a share of the machines comes to.
#[derive(Default)]
struct Share {
    /// Each with the path of its unit and its id.
    hardware: Vec<(String, String, Hardware)>,
    software: BTreeMap<Program, Installed>,
    licensed: BTreeMap<String, Licensed>,
    checks: BTreeMap<usize, Check>,
}

/// A program: whether it is the operating system, name, version, publisher.
type Program = (bool, String, Option<String>, Option<String>);

/// Where a program is.
#[derive(Default)]
struct Installed {
    machines: usize,
    supported_until: Option<Date>,
    /// Copies that are activated; none of what does not say it.
    activated: Option<usize>,
    /// The names of units that have it.
    units: BTreeSet<String>,
}

impl Installed {
    fn add(&mut self, other: Installed) {
        self.machines += other.machines;
        self.supported_until = self.supported_until.or(other.supported_until);
        self.activated = match (self.activated, other.activated) {
            (Some(some), Some(more)) => Some(some + more),
            (some, more) => some.or(more),
        };
        self.units.extend(other.units);
    }
}

/// Goes through the latest reports of these units.
///
/// # Errors
/// When the database cannot. A report that cannot be opened is told in the log, and left out.
pub async fn take(app: &App, scope: &Scope, bar: &ProgressBar) -> Outcomes<Inventory> {
    let (judge, on) = (app.judge(), day(app.clock.now()));
    let mut tx = app.store.read().await?;
    bar.set_length(fleet::reported(&mut tx, scope).await?);
    let locals = Arc::new(Locals::on(&mut tx, on).await?);
    let names: BTreeMap<String, String> =
        unit::tree(&mut tx).await?.into_iter().map(|unit| (unit.id, unit.name)).collect();
    let names = Arc::new(names);
    let (of_agencies, declared) = agencies(&mut tx, &judge, scope, on).await?;
    let mut entries = register::all(&mut tx, scope).await?;
    let (mut all, mut after) = (Share::default(), String::new());
    loop {
        let batch = fleet::latest(&mut tx, scope, &after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after.clone_from(&last.machine);
        bar.inc(batch.len() as u64);
        let mut waiting = Vec::new();
        for share in shares(batch) {
            let (judge, locals, names) = (Arc::clone(&judge), Arc::clone(&locals), Arc::clone(&names));
            waiting
                .push(tokio::task::spawn_blocking(move || go_through(&judge, (&locals, &names), on, &share)));
        }
        for share in waiting {
            all.add(share.await.context("going through reports")?);
        }
    }
    bar.finish_and_clear();
    for (_, id, one) in &mut all.hardware {
        (one.room, one.entry) = entries.remove(id).unwrap_or_default();
    }
    Ok(all.finish(in_force(&judge.sets, on), of_agencies, declared))
}

/// What agencies declared.
type Declared = BTreeMap<String, BTreeMap<String, Json>>;

/// What rules about units that cite the standard say of the agencies of a scope, and what these declared.
async fn agencies(
    tx: &mut Tx,
    judge: &Arc<Judge>,
    scope: &Scope,
    on: Date,
) -> Outcomes<(Vec<Check>, Declared)> {
    let gathered = unit_facts::gather(tx, judge, scope, on).await?;
    let (mut declared, mut checks) = (Declared::new(), Vec::new());
    let agencies = gathered.agencies(scope);
    for agency in &agencies {
        let facts = gathered.declared(agency)?.into_iter();
        let facts = facts.map(|(fact, (one, _))| Ok((fact.to_owned(), serde_json::from_str(&one.value)?)));
        let facts: BTreeMap<String, Json> =
            facts.collect::<Outcomes<_>>().context("reading a declaration")?;
        declared.insert((*agency).to_owned(), facts);
    }
    let Some(set) = in_force(&judge.sets, on) else { return Ok((checks, declared)) };
    checks.extend(set.unit_rules.iter().map(|rule| Check {
        clause: rule.source.clause.clone(),
        title: rule.title.vi.clone(),
        of_agencies: true,
        ..Check::default()
    }));
    for agency in &agencies {
        for (check, verdict) in checks.iter_mut().zip(gathered.verdicts(set, agency)?) {
            count(check, verdict.outcome, verdict.waived);
        }
    }
    let cites = |rule: &Rule| rule.source.doc.starts_with(STANDARD);
    let checks = checks.into_iter().zip(&set.unit_rules).filter(|(_, rule)| cites(rule));
    Ok((checks.map(|(check, _)| check).collect(), declared))
}

fn go_through(
    judge: &Judge,
    (locals, names): (&Locals, &BTreeMap<String, String>),
    on: Date,
    machines: &[Latest],
) -> Share {
    let mut share = Share::default();
    let mut unpacker = Unpacker::new();
    for one in machines {
        let (report, role) = match open(one, &mut unpacker) {
            Ok(opened) => opened,
            Err(error) => {
                warn!(machine = one.machine, error = format!("{error:#}"), "A kept report cannot be opened.");
                continue;
            }
        };
        let (facts, taken) = (&report.facts, day(report.taken_at));
        // The rules of today name the rows; a report of a day with other rules counts where they have the same rule.
        let grade = match in_force(&judge.sets, taken) {
            None => Grade::NoData,
            Some(set) => {
                let settings = settings(set, &locals.of(&one.machine, &one.unit_path));
                let judged = assess_lean(facts, set, &judge.lifecycle, role, taken, &settings);
                let today = in_force(&judge.sets, on);
                for (ruling, rule) in judged.rulings.iter().zip(&set.rules) {
                    let row =
                        today.and_then(|today| today.rules.iter().position(|other| other.id == rule.id));
                    if let Some(row) = row.filter(|_| rule.source.doc.starts_with(STANDARD)) {
                        count(share.checks.entry(row).or_default(), ruling.outcome, ruling.waived);
                    }
                }
                judged.grade
            }
        };
        let support = judge.lifecycle.support_of(facts, on);
        let unit_name = names.get(&one.unit).cloned().unwrap_or_default();
        share.take_software(facts, &support, &unit_name);
        let licensed = share.licensed.entry(one.unit.clone()).or_default();
        let is_licensed =
            |activation: &Fact<Activation>| usize::from(activation.known() == Some(&Activation::Licensed));
        licensed.add(Licensed {
            windows: is_licensed(&facts.os.activation),
            office: is_licensed(&facts.office.activation),
        });
        let supported_until = support.ends_on.known().copied();
        let hardware = hardware(one, facts, (unit_name, supported_until), (role, grade, taken));
        share.hardware.push((one.unit_path.clone(), one.machine.clone(), hardware));
    }
    share
}

fn count(check: &mut Check, outcome: Outcome, waived: bool) {
    match outcome {
        Outcome::Pass => check.pass += 1,
        Outcome::Partial => check.partial += 1,
        Outcome::Fail => check.fail += 1,
        Outcome::Unknown => check.unknown += 1,
        Outcome::NotApplicable => {}
    }
    check.waived += usize::from(waived);
}

fn hardware(
    one: &Latest,
    facts: &Facts,
    (unit_name, supported_until): (String, Option<Date>),
    (role, grade, reported_on): (Role, Grade, Date),
) -> Hardware {
    let (board, os, network) = (&facts.board, &facts.os, &facts.network);
    let adapters = network.adapters.known().map(Vec::as_slice).unwrap_or_default();
    // The adapter that is in use; where none is, the first that has an address of its own.
    let in_use = |adapter: &&rules::facts::network::Adapter| adapter.up.known() == Some(&true);
    let adapter = adapters.iter().find(in_use).or(adapters.first());
    let text = |fact: &Fact<String>| fact.known().cloned().unwrap_or_default();
    let version = os.version.known().map(|version| version.0.clone()).unwrap_or_default();
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    Hardware {
        name: one.hostname.clone(),
        unit_name,
        room: String::new(),
        entry: Entry::default(),
        address: adapter.and_then(|adapter| adapter.ipv4.known()?.first().cloned()),
        mac: adapter.and_then(|adapter| adapter.mac.known().cloned()),
        gateway: network.gateways.known().and_then(|gateways| gateways.first().cloned()),
        serial: board.serial.known().cloned(),
        model: said(maker_and_model(&text(&board.maker), &text(&board.model))),
        system: said(format!("{} {version}", text(&os.name)).trim().to_owned()),
        supported_until,
        role,
        grade,
        reported_on,
    }
}

/// What a PC is called by its maker: makers who write their name into the model are not named twice.
pub(crate) fn maker_and_model(maker: &str, model: &str) -> String {
    let is_named = model.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case(maker));
    if is_named { model.to_owned() } else { format!("{maker} {model}").trim().to_owned() }
}

impl Share {
    fn take_software(&mut self, facts: &Facts, support: &rules::facts::support::Support, unit: &str) {
        let activated = |activation: &Fact<Activation>| {
            activation.known().map(|state| usize::from(*state == Activation::Licensed))
        };
        if let Some(name) = facts.os.name.known() {
            let version = facts.os.version.known().map(|version| version.0.clone());
            let installed = Installed {
                machines: 1,
                supported_until: support.ends_on.known().copied(),
                activated: activated(&facts.os.activation),
                units: [unit.to_owned()].into(),
            };
            self.software.entry((true, name.clone(), version, None)).or_default().add(installed);
        }
        let programs = [&support.suites, &support.browsers];
        let ends = |name: &str| {
            let known = programs.into_iter().filter_map(|list| list.known()).flatten();
            known
                .filter(|one| one.name.known().is_some_and(|known| known == name))
                .find_map(|one| one.ends_on.known().copied())
        };
        for package in facts.software.packages.known().into_iter().flatten() {
            let Some(name) = package.name.known() else { continue };
            let version = package.version.known().map(|version| version.0.clone());
            let program = (false, name.clone(), version, package.publisher.known().cloned());
            let is_office = name.starts_with(OFFICE);
            let installed = Installed {
                machines: 1,
                supported_until: ends(name),
                activated: if is_office { activated(&facts.office.activation) } else { None },
                units: [unit.to_owned()].into(),
            };
            self.software.entry(program).or_default().add(installed);
        }
    }

    fn add(&mut self, other: Share) {
        self.hardware.extend(other.hardware);
        for (program, installed) in other.software {
            self.software.entry(program).or_default().add(installed);
        }
        for (unit, licensed) in other.licensed {
            self.licensed.entry(unit).or_default().add(licensed);
        }
        for (row, check) in other.checks {
            let counted = self.checks.entry(row).or_default();
            counted.pass += check.pass;
            counted.partial += check.partial;
            counted.fail += check.fail;
            counted.unknown += check.unknown;
            counted.waived += check.waived;
        }
    }

    fn finish(mut self, set: Option<&RuleSet>, of_agencies: Vec<Check>, declared: Declared) -> Inventory {
        self.hardware.sort_by(|(path, _, one), (other_path, _, other)| {
            (path, &one.name).cmp(&(other_path, &other.name))
        });
        let mut software: Vec<Software> = self
            .software
            .into_iter()
            .map(|((is_system, name, version, publisher), installed)| Software {
                name,
                version,
                publisher,
                supported_until: installed.supported_until,
                machines: installed.machines,
                activated: installed.activated,
                units: installed.units.len(),
                unit_name: if installed.units.len() == 1 { installed.units.into_iter().next() } else { None },
                is_system,
            })
            .collect();
        software.sort_by_key(|one| std::cmp::Reverse(one.machines));
        let software_left = software.len().saturating_sub(SOFTWARE_MAX);
        software.truncate(SOFTWARE_MAX);
        let rules = set.map(|set| set.rules.as_slice()).unwrap_or_default();
        let of_standard = rules.iter().enumerate().filter(|(_, rule)| rule.source.doc.starts_with(STANDARD));
        let mut checks: Vec<Check> = of_standard
            .map(|(row, rule)| Check {
                clause: rule.source.clause.clone(),
                title: rule.title.vi.clone(),
                ..self.checks.get(&row).cloned().unwrap_or_default()
            })
            .collect();
        checks.extend(of_agencies);
        // 4.10 comes behind 4.9.
        let numbers =
            |clause: &str| clause.split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect::<Vec<_>>();
        checks.sort_by_key(|check| numbers(&check.clause));
        let hardware = self.hardware.into_iter().map(|(_, _, one)| one).collect();
        Inventory { hardware, software, software_left, licensed: self.licensed, checks, declared }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::office;

    #[test]
    fn a_maker_is_named_once() {
        let told = |maker, model| maker_and_model(maker, model);
        assert_eq!(told("HP", "HP EliteDesk 800 G6"), "HP EliteDesk 800 G6");
        assert_eq!(told("LENOVO", "Lenovo V530"), "Lenovo V530");
        assert_eq!(told("Dell Inc.", "OptiPlex 3080"), "Dell Inc. OptiPlex 3080");
        assert_eq!((told("", "Model"), told("ASUS", "")), ("Model".to_owned(), "ASUS".to_owned()));
    }

    #[test]
    fn what_a_requirement_comes_to() {
        let result = |pass, partial, fail, unknown| {
            Check { pass, partial, fail, unknown, ..Check::default() }.result()
        };
        assert_eq!(result(0, 0, 0, 0), Result::Void);
        assert_eq!(result(3, 0, 0, 0), Result::Met);
        assert_eq!(result(3, 0, 0, 1), Result::Unclear);
        assert_eq!(result(0, 0, 0, 1), Result::Unclear);
        assert_eq!(result(0, 0, 2, 1), Result::Missed);
        assert_eq!(result(1, 0, 2, 0), Result::Partly);
        assert_eq!(result(0, 1, 2, 0), Result::Partly);
    }

    /// A licence is what a machine says of its own copy; what says nothing is not known.
    #[test]
    fn licences_and_owners_of_software() {
        use rules::facts::software::Package;

        let package = |name: &str| Package { name: Fact::Known(name.to_owned()), ..Package::default() };
        let mut facts = Facts::default();
        facts.os.name = Fact::Known("Windows 11 Pro".to_owned());
        facts.os.activation = Fact::Known(Activation::Licensed);
        facts.office.activation = Fact::Known(Activation::Unlicensed);
        facts.software.packages =
            Fact::Known(vec![package("Microsoft Office Standard 2019"), package("7-Zip")]);
        let support = rules::facts::support::Support::default();
        let mut share = Share::default();
        share.take_software(&facts, &support, "Xã A");
        facts.os.activation = Fact::Known(Activation::Grace);
        facts.software.packages = Fact::Known(vec![]);
        share.take_software(&facts, &support, "Xã B");
        let told: Vec<_> = share
            .finish(None, Vec::new(), Declared::new())
            .software
            .into_iter()
            .map(|one| (one.name, one.machines, one.activated, one.unit_name, one.units, one.is_system))
            .collect();
        let xa = || Some("Xã A".to_owned());
        assert_eq!(
            told,
            [
                ("Windows 11 Pro".to_owned(), 2, Some(1), None, 2, true),
                ("7-Zip".to_owned(), 1, None, xa(), 1, false),
                ("Microsoft Office Standard 2019".to_owned(), 1, Some(0), xa(), 1, false),
            ]
        );
    }

    #[tokio::test]
    async fn every_machine_that_reported_is_listed_once() {
        let office = office::known().await;
        let bar = ProgressBar::hidden();
        let all = take(&office.app, &Scope::everything(), &bar).await.unwrap();
        let mut tx = office.app.store.read().await.unwrap();
        let reported = fleet::reported(&mut tx, &Scope::everything()).await.unwrap();
        assert_eq!(all.hardware.len() as u64, reported);
        assert!(reported > 0 && all.hardware.iter().any(|one| one.system.is_some() && one.model.is_some()));
        assert!(all.software.windows(2).all(|pair| pair[0].machines >= pair[1].machines));
        assert!(all.checks.len() > 30 && all.checks.iter().any(|check| check.fail > 0));
        for check in &all.checks {
            let asked = check.pass + check.partial + check.fail + check.unknown;
            assert!(asked as u64 <= reported, "{check:?}");
        }
        let none = take(&office.app, &Scope::subtree("elsewhere/"), &bar).await.unwrap();
        assert!(none.hardware.is_empty() && none.checks.iter().all(|check| check.result() == Result::Void));
    }
}
