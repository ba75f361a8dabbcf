//! What people would have done in an invented province: targets, teams, rooms and surveys at the beginning, exceptions and work a
//! week ago, plans that were kept and one that was submitted. All through the same doors as people's own.

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use jiff::{Span, Timestamp};
use rules::ruleset::in_force;
use serde_json::json;

use super::{Member, days};
use crate::app::App;
use crate::judge::day;
use crate::planning::{self, Planned, Wish};
use crate::store::declaration::{self, Sheet};
use crate::store::listing::Scope;
use crate::store::target::{self, Target};
use crate::store::unit::{self, Unit};
use crate::store::waiver::{Grant, Reach};
use crate::store::work::Work;
use crate::store::{Tx, audit, scenario, work as works};
use crate::terms::Terms;
use crate::web::scenario::submit_plan;
use crate::web::scenarios::{Asking, keep_plan};
use crate::{waivers, work};

/// Days before today on which work was given.
pub(super) const WORK_DAYS: i64 = 7;
/// Who did it all.
const BY: &str = "minh-hoa";
/// Provinces with more PCs than this plan one department, so that making them stays short.
const MACHINES_MAX: usize = 1_000;
/// Points in a plan for a place in the mountains or at the border.
const POINTS: u32 = 2;
/// Codes of the units there: of 2020 the districts Mường Lát, Quan Hóa, Bá Thước, Quan Sơn, Lang Chánh and Thường Xuân, of
/// 2025 the communes that were made of theirs.
const MOUNTAINS: &[std::ops::RangeInclusive<u32>] = &[384..=388, 396..=396, 14_845..=15_058, 15_607..=15_661];
/// The share that the province is to reach, in percent, and that its first department is.
const SHARE_PERCENT: i64 = 60;
const SHARE_PERCENT_AHEAD: i64 = 80;
/// Exceptions: the rule, why, and until when, in days from today.
const EXCEPTIONS: &[(&str, &str, i32)] = &[
    ("document-system", "Đường truyền đang nâng cấp, nhà mạng hẹn xong trong quý", 60),
    ("second-display", "Chờ đợt mua sắm tập trung", 20),
];
/// The budgets of the plans that were kept, in million đồng, and what they are called.
const PLANS: &[(&str, &[i64])] = &[("Đủ nhu cầu", &[]), ("Ba năm, ít dần", &[400, 300, 200])];
const MILLION: i64 = 1_000_000;

/// What stood from the beginning: points of places, targets, teams, and rooms.
pub(super) async fn begin(tx: &mut Tx, members: &[Member], begins: Timestamp, now: Timestamp) -> Result<()> {
    let tree = unit::tree(tx).await?;
    let root = tree.iter().find(|unit| unit.parent.is_none()).context("the tree has a root")?;
    for unit in tree.iter().filter(|unit| matches!(unit.kind.as_str(), "district" | "commune")) {
        let code = unit.code.parse().unwrap_or(0);
        if MOUNTAINS.iter().any(|codes| codes.contains(&code)) {
            unit::set_points(tx, &unit.id, POINTS).await?;
        }
    }
    let today = day(now);
    let by = today.saturating_add(Span::new().days(300));
    let targets = [(root, SHARE_PERCENT, by), (ahead(&tree)?, SHARE_PERCENT_AHEAD, by)];
    for (unit, share_percent, day) in targets {
        target::set(tx, &unit.id, Target { share_percent, day }, BY, begins).await?;
        let detail = json!({ "share": share_percent, "day": day.to_string() }).to_string();
        audit::add(tx, begins, BY, "target-set", &unit.code, &detail).await?;
    }
    works::set_team(tx, &root.id, "Tổ kỹ thuật tỉnh").await?;
    for (number, unit) in
        tree.iter().filter(|unit| matches!(unit.kind.as_str(), "commune" | "ward")).enumerate()
    {
        works::set_team(tx, &unit.id, &format!("Tổ lưu động {}", number % 12 + 1)).await?;
    }
    for (number, member) in members.iter().enumerate() {
        works::set_room(tx, &member.machine, &format!("{}{:02}", number % 3 + 1, number % 14 + 1)).await?;
    }
    survey(tx, &tree, begins).await
}

/// What communes declared: a few nothing yet, and some so long ago that they are to be asked again.
async fn survey(tx: &mut Tx, tree: &[Unit], begins: Timestamp) -> Result<()> {
    let communes = tree.iter().filter(|unit| matches!(unit.kind.as_str(), "commune" | "ward"));
    for (number, unit) in communes.enumerate().filter(|(number, _)| number % 9 != 4) {
        let back = if number % 7 == 3 { 380 } else { 20 };
        let declared_on = day(begins).saturating_sub(Span::new().days(back));
        let before = |days: i64| json!(declared_on.saturating_sub(Span::new().days(days)).to_string());
        let is_ward = unit.kind == "ward";
        let facts = [
            ("internet_mbps", json!(if is_ward { 300 } else { 50 + 50 * (number % 4) })),
            ("tslcd", json!(number % 5 != 2)),
            ("tslcd_mbps", json!(if number % 5 == 2 { 0 } else { 10 * (number % 3 + 1) })),
            ("managed_switch", json!(is_ward || number % 3 == 0)),
            ("wifi", json!(number % 6 != 1)),
            ("firewall", json!(is_ward || number % 4 == 0)),
            ("video_conference", json!(number % 8 != 5)),
            ("dossier_approved_on", if number % 2 == 0 { before(60) } else { json!(null) }),
            ("cyber_contact", json!(number % 10 != 6)),
            ("cyber_deputy", json!(number % 3 != 2)),
            ("restore_tested_on", if number % 4 == 1 { before(400) } else { json!(null) }),
            ("leaders_sign_remotely", json!(false)),
        ];
        let sheet =
            Sheet { unit: &unit.id, declared_on, declared_by: BY, note: "Phiếu khảo sát đợt 1" };
        for (fact, value) in &facts {
            declaration::add(tx, sheet, fact, &value.to_string(), begins).await?;
        }
        let detail = json!({ "declared_on": declared_on.to_string(), "facts": facts.len() }).to_string();
        audit::add(tx, begins, BY, "survey-declare", &unit.code, &detail).await?;
    }
    Ok(())
}

/// The first department: it looks ahead.
fn ahead(tree: &[Unit]) -> Result<&Unit> {
    tree.iter().find(|unit| unit.kind == "department").context("the province has departments")
}

/// Where plans and work are made: everything, or one department of a large province.
async fn place(app: &App) -> Result<Unit> {
    let mut tx = app.store.read().await?;
    let tree = unit::tree(&mut tx).await?;
    let machines = usize::try_from(crate::store::machine::reported(&mut tx).await?)?;
    let root = tree.iter().find(|unit| unit.parent.is_none()).context("the tree has a root")?;
    Ok(if machines > MACHINES_MAX { ahead(&tree)?.clone() } else { root.clone() })
}

async fn planned(app: &App, unit: &Unit, budgets: &[i64]) -> Result<Planned> {
    let scope = Scope::subtree(&unit.path);
    planning::diagnose(app, &scope, None, &ProgressBar::hidden()).await?;
    let (norm, fund, terms) = (None, String::new(), Terms::default());
    let budgets = budgets.iter().map(|millions| millions * MILLION).collect();
    planning::plan(app, &Wish { scope, norm, fund, budgets, years: 1, terms }).await
}

/// A week ago: exceptions are granted, work is given, most of it is done, and of that most is done well.
pub(super) async fn give_work(app: &App, members: &mut [Member], now: Timestamp) -> Result<()> {
    let then = now - days(WORK_DAYS);
    app.clock.set(then);
    let unit = place(app).await?;
    grant(app, now).await?;
    let planned = planned(app, &unit, &[]).await?;
    work::make(app, &planned, &unit.name, BY).await?;
    let mut tx = app.store.begin().await?;
    let mut all: Vec<Work> = works::all(&mut tx, &Scope::subtree(&unit.path)).await?;
    // By names: ids and paths differ from run to run.
    all.sort_by(|a, b| (&a.unit_name, &a.hostname).cmp(&(&b.unit_name, &b.hostname)));
    let ticked_at = then + days(2);
    for (number, one) in all.iter().filter(|one| !one.wanted.remedies.is_empty()).enumerate() {
        // Some is open, some is ticked off and was not done, some was done and nobody ticked it off.
        let (is_ticked, is_done) = (number % 4 != 3, number % 6 != 2);
        if is_ticked {
            works::tick(&mut tx, &one.id, Some((BY, ticked_at))).await?;
            let detail = json!({ "machine": one.hostname }).to_string();
            audit::add(&mut tx, ticked_at, BY, "work-tick", &one.wanted.machine, &detail).await?;
        }
        let member = members.iter_mut().find(|member| member.machine == one.wanted.machine);
        if let Some(member) = member.filter(|_| is_done && number % 8 != 7) {
            member.pc.tend(WORK_DAYS - 2, &one.wanted.remedies);
        }
    }
    tx.commit().await
}

async fn grant(app: &App, now: Timestamp) -> Result<()> {
    let mut tx = app.store.read().await?;
    let tree = unit::tree(&mut tx).await?;
    drop(tx);
    let judge = app.judge();
    let set = in_force(&judge.sets, day(now)).context("rules are in force")?;
    let communes: Vec<&Unit> = tree.iter().filter(|unit| unit.kind == "commune").collect();
    for (place, (rule, reason, until)) in EXCEPTIONS.iter().enumerate() {
        let (Some(unit), Some(rule)) = (communes.get(place * 7), set.rule(rule)) else { continue };
        let ends_on = day(now).saturating_add(Span::new().days(*until));
        let reach = Reach::Unit(&unit.id);
        waivers::grant(app, Grant { reach, rule: &rule.id, reason, by: BY, ends_on }).await?;
    }
    Ok(())
}

/// Today: reports are compared with what was done, plans are kept, and one is submitted.
pub(super) async fn end(app: &App) -> Result<()> {
    work::confirm(app).await?;
    let unit = place(app).await?;
    let mut last = None;
    for (name, millions) in PLANS {
        let planned = planned(app, &unit, millions).await?;
        let budgets = millions.iter().map(|millions| millions * MILLION).collect();
        let (norm, fund, terms) = (None, String::new(), Terms::default());
        let asking = Asking { norm, budgets, years: millions.len().max(1), fund, terms };
        let name = format!("{name}, {}", unit.name);
        let id = keep_plan(app, &name, (&unit.path, &unit.name), &asking, &planned, BY).await?;
        last = Some((id, planned));
    }
    let Some((id, planned)) = last else { return Ok(()) };
    let mut tx = app.store.read().await?;
    let kept = scenario::all(&mut tx, &Scope::everything()).await?;
    drop(tx);
    let one = kept.iter().find(|one| one.id == id).context("the plan was kept")?;
    submit_plan(app, one, planned, BY).await
}
