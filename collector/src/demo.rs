//! A province to look at: a real organisation tree, and invented PCs on real hardware, with a history, and with what
//! people would have done: targets, exceptions, plans, and work that was given, ticked off and confirmed.
//!
//! Everything comes from a seed, so the same command makes the same province. What it fills is filled as any office's
//! data is: keys, signed envelopes, the intake and the rules in force on the day of each report. Data: `demo/README.md`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use fastrand::Rng;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use rules::assess::Role;
use rules::envelope::{self, KeyId, SigningKey};
use rules::norms::Group;
use rules::plan::Regime;
use rules::report::{Report, WIRE};
use tokio::task::JoinSet;

use crate::app::App;
use crate::intake::{Intake, Via};
use crate::lang::Lang;
use crate::sheet::File;
use crate::store::machine::Newcomer;
use crate::store::unit::{self, Naming, Unit};
use crate::store::{Tx, audit, key, machine, seat};
use crate::tally;
use crate::units;
use crate::vietnamese::fold;
use pc::Pc;

mod pc;
mod people;

/// Days before today on which PCs reported, the oldest first.
const DAYS: &[i64] = &[84, 56, 28, 14, 7, 0];
/// Most machines of a demonstration.
pub const MACHINES_MAX: u32 = 400_000;
/// PCs that are taken in at the same moment.
const CHUNK: usize = 256;
/// Seats of one commune, in shares of the province.
const OFFICES: &[(&str, &str, &[Role], usize)] = &[
    ("VP", "Văn phòng HĐND và UBND", &[Role::Clerk, Role::Leader, Role::Leader, Role::Officer], 4),
    ("KT", "Phòng Kinh tế", &[Role::Officer, Role::Officer], 3),
    ("VHXH", "Phòng Văn hóa – Xã hội", &[Role::Officer], 3),
    ("HCC", "Trung tâm Phục vụ hành chính công", &[Role::Counter, Role::Counter, Role::Clerk], 3),
];
/// Departments of the province.
const DEPARTMENTS: &[(&str, &str)] = &[
    ("VPUBND", "Văn phòng UBND tỉnh"),
    ("SKHCN", "Sở Khoa học và Công nghệ"),
    ("STC", "Sở Tài chính"),
    ("SNV", "Sở Nội vụ"),
    ("STP", "Sở Tư pháp"),
    ("SXD", "Sở Xây dựng"),
    ("SCT", "Sở Công Thương"),
    ("SGDDT", "Sở Giáo dục và Đào tạo"),
    ("SYT", "Sở Y tế"),
    ("SNNMT", "Sở Nông nghiệp và Môi trường"),
    ("SVHTTDL", "Sở Văn hóa, Thể thao và Du lịch"),
    ("TTR", "Thanh tra tỉnh"),
];

/// Which tree the province has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Tree {
    /// Province and communes, from 1 July 2025.
    #[value(name = "2025")]
    Two,
    /// Province, districts and communes, as of February 2020.
    #[value(name = "2020")]
    Three,
}

impl Tree {
    fn file(self) -> (&'static str, &'static str) {
        match self {
            Tree::Two => ("units-2025.csv", include_str!("../demo/units-2025.csv")),
            Tree::Three => ("units-2020.csv", include_str!("../demo/units-2020.csv")),
        }
    }
}

/// What to make.
#[derive(Debug, Clone, Copy)]
pub struct Demo {
    /// How many PCs.
    pub machines: u32,
    /// The organisation.
    pub tree: Tree,
    /// What everything is drawn from.
    pub seed: u64,
}

/// What was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filled {
    /// Units.
    pub units: usize,
    /// PCs.
    pub machines: usize,
    /// Reports.
    pub reports: usize,
}

/// A seat that gets a PC.
struct Seat {
    unit: Unit,
    role: Role,
    /// How well its unit is off, 0 to 100.
    wealth: i64,
}

/// A PC with what it signs with.
struct Member {
    /// Id of its machine.
    machine: String,
    pc: Pc,
    key: SigningKey,
    /// Days before today on which it joined, and on which it was heard of last.
    life: (i64, i64),
}

/// Fills an empty data folder. The clock of `app` must be one that can be set: the reports arrive on their days.
///
/// # Errors
/// When there are units already, or the database cannot.
pub async fn fill(
    app: &App,
    intake: &Intake,
    demo: Demo,
    now: Timestamp,
    progress: &ProgressBar,
) -> Result<Filled> {
    ensure!(demo.machines <= MACHINES_MAX, "making a demonstration: at most {MACHINES_MAX} PCs");
    let mut tx = app.store.begin().await?;
    if !unit::tree(&mut tx).await?.is_empty() {
        bail!(
            "making a demonstration: this data folder has units already, and invented PCs would stand among real \
             ones; name an empty folder with --data"
        );
    }
    let begins = now - days(DAYS[0] + 30);
    let seats = seats(&mut tx, demo, begins).await?;
    let units = unit::tree(&mut tx).await?.len();
    let count = demo.machines as usize;
    progress.set_length(count as u64 * DAYS.len() as u64);
    let mut members = Vec::with_capacity(count);
    for number in 0..count {
        let seat = &seats[number * seats.len() / count.max(1)];
        members.push(join(&mut tx, demo.seed, number, seat, now).await?);
    }
    count_seats(&mut tx, demo.seed, (0..count).map(|number| &seats[number * seats.len() / count.max(1)]))
        .await?;
    let detail = serde_json::json!({ "machines": count, "seed": demo.seed }).to_string();
    audit::add(&mut tx, begins, "sansang-collector", "demo", "38", &detail).await?;
    people::begin(&mut tx, &members, begins, now).await?;
    tx.commit().await?;
    let mut filled = Filled { units, machines: count, reports: 0 };
    for (turn, days_ago) in DAYS.iter().enumerate() {
        filled.reports +=
            report_all(app, intake, &members, turn as u64 + 1, *days_ago, now, progress).await?;
        if *days_ago == people::WORK_DAYS {
            people::give_work(app, &mut members, now).await?;
        }
    }
    app.clock.set(now);
    people::end(app).await?;
    tally::count(app).await?;
    progress.finish_and_clear();
    Ok(filled)
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// Makes the tree and gives the seats of all its offices, in the order of the tree.
async fn seats(tx: &mut Tx, demo: Demo, at: Timestamp) -> Result<Vec<Seat>> {
    let (file, text) = demo.tree.file();
    let file = File::new(file, Lang::En);
    let rows =
        units::parse(file, text.as_bytes()).map_err(|complaints| anyhow::anyhow!(complaints.join("\n")))?;
    units::import(tx, file, &rows, at).await?.map_err(|complaints| anyhow::anyhow!(complaints.join("\n")))?;
    let tree = unit::tree(tx).await?;
    let root = tree.iter().find(|unit| unit.parent.is_none()).context("the tree has a root")?.clone();
    let mut rng = Rng::with_seed(demo.seed);
    let mut seats = Vec::new();
    for (code, name) in DEPARTMENTS {
        let naming = naming(&root.code, code, name, "", "department");
        let department = unit::add(tx, Some(&root), &naming, at).await?;
        for seat in 0..40 {
            let role = match seat {
                0 => Role::Server,
                1 | 2 => Role::Clerk,
                3..=7 => Role::Leader,
                _ => Role::Officer,
            };
            seats.push(Seat { unit: department.clone(), role, wealth: 75 });
        }
    }
    for place in tree.iter().filter(|unit| matches!(unit.kind.as_str(), "commune" | "ward" | "district")) {
        let wealth = if place.kind == "ward" { 65 } else { rng.i64(10..60) };
        for (code, office, roles, weight) in OFFICES {
            let naming = naming(&place.code, code, office, &place.name, "office");
            let unit = unit::add(tx, Some(place), &naming, at).await?;
            for turn in 0..*weight {
                for role in *roles {
                    // The first of each kind stands in every commune, the others are officers.
                    let role = if turn == 0 { *role } else { Role::Officer };
                    seats.push(Seat { unit: unit.clone(), role, wealth });
                }
            }
        }
    }
    Ok(seats)
}

/// Gives each office about as many seats as it has PCs: some lack a PC, some have one over.
async fn count_seats(tx: &mut Tx, seed: u64, taken: impl Iterator<Item = &Seat>) -> Result<()> {
    // In the order of the tree: ids differ from run to run.
    let mut by_unit: Vec<(&str, BTreeMap<Role, i64>)> = Vec::new();
    for seat in taken {
        if by_unit.last().is_none_or(|(unit, _)| *unit != seat.unit.id) {
            by_unit.push((&seat.unit.id, BTreeMap::new()));
        }
        if let Some((_, roles)) = by_unit.last_mut() {
            *roles.entry(seat.role).or_default() += 1;
        }
    }
    let mut rng = Rng::with_seed(seed ^ 0x5ea7);
    for (unit, roles) in by_unit {
        let mut rows = Vec::new();
        for (role, machines) in roles {
            let count = match rng.i64(0..100) {
                0..12 => machines + 1,
                12..18 if machines > 1 => machines - 1,
                _ => machines,
            };
            let group = if role == Role::Leader { Group::Leader } else { Group::Specialist };
            let (role, group) = (role.word().to_owned(), group.word().to_owned());
            let regime = Regime::Ceilings.word().to_owned();
            rows.push(seat::Seats { unit: unit.to_owned(), role, group, regime, count });
        }
        seat::set(tx, unit, &rows).await?;
    }
    Ok(())
}

fn naming(above: &str, code: &str, name: &str, of: &str, kind: &str) -> Naming {
    let full = format!("{name} {}", first_small(of));
    Naming {
        code: format!("{above}-{code}"),
        name: full.trim().to_owned(),
        short: name.to_owned(),
        kind: kind.to_owned(),
    }
}

/// “Xã Pù Nhi” within a name is “xã Pù Nhi”.
fn first_small(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

async fn join(tx: &mut Tx, seed: u64, number: usize, seat: &Seat, now: Timestamp) -> Result<Member> {
    let mut rng = Rng::with_seed(seed.wrapping_add(number as u64).wrapping_mul(0x2545_f491_4f6c_dd1d));
    let initials: String =
        fold(&seat.unit.name).split(' ').filter_map(|word| word.chars().next()).take(6).collect();
    let hostname = format!("{}-{:04}", initials.to_uppercase(), number % 10_000);
    let pc = Pc::draw(seed, number, seat.role, seat.wealth, hostname);
    let joined = DAYS[rng.usize(..DAYS.len() - 1)];
    // A few were switched off some weeks ago and never heard of again.
    let last = if rng.i64(0..100) < 4 { joined.min(14) } else { 0 };
    let pkcs8 = SigningKey::generate(&SystemRandom::new()).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let key = SigningKey::from_pkcs8(&pkcs8).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let at = now - days(joined) - SignedDuration::from_mins(5);
    let newcomer =
        Newcomer { hostname: &pc.hostname, agent: env!("CARGO_PKG_VERSION"), role: seat.role.word() };
    let machine = machine::add(tx, &seat.unit, newcomer, at).await?;
    key::add(tx, &KeyId::of(key.public_key()).0, &machine, key.public_key(), at).await?;
    Ok(Member { machine, pc, key, life: (joined, last) })
}

/// The reports of one day, in the order of a morning.
async fn report_all(
    app: &App,
    intake: &Intake,
    members: &[Member],
    turn: u64,
    days_ago: i64,
    now: Timestamp,
    progress: &ProgressBar,
) -> Result<usize> {
    let mut reports = 0;
    for (place, chunk) in members.chunks(CHUNK).enumerate() {
        let at =
            now - days(days_ago) - SignedDuration::from_mins(90) + SignedDuration::from_secs(place as i64);
        app.clock.set(at);
        let mut arriving = JoinSet::new();
        for member in chunk.iter().filter(|member| member.life.0 >= days_ago && member.life.1 <= days_ago) {
            let report = Report {
                wire: WIRE,
                taken_at: at - SignedDuration::from_secs(20),
                agent: env!("CARGO_PKG_VERSION").to_owned(),
                survey_ms: 900,
                facts: member.pc.facts(at, days_ago),
                notes: Vec::new(),
            };
            let bytes =
                envelope::pack(&report, &member.key, turn).map_err(|fault| anyhow::anyhow!("{fault}"))?;
            let intake = intake.clone();
            arriving.spawn(async move { intake.take_in(bytes, Via::Https).await });
        }
        while let Some(arrived) = arriving.join_next().await {
            match arrived.context("taking a report of the demonstration in")? {
                Ok(_) => reports += 1,
                Err(trouble) => bail!("taking a report of the demonstration in: {trouble:?}"),
            }
        }
        progress.inc(chunk.len() as u64);
    }
    Ok(reports)
}

#[cfg(test)]
pub(crate) mod tests;
