//! P8: the report on the present state and the plan, as an official document that is printed on A4.
//!
//! The layout is that of Decree 30/2020/NĐ-CP, annex I; it is Vietnamese whatever the reader's language, as the annexes
//! are. What the program cannot know (number, place, signer, receivers) is left for a person to fill in.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rules::assess::{Outcome, Severity};
use rules::plan::{Fitness, Line, Means, Why};

use crate::app::Judge;
use crate::error::Failure;
use crate::figures;
use crate::lang::Lang;
use crate::planning::Planned;
use crate::web::amount;
use crate::web::annex::day_in_words;
use crate::web::format::{self, money, number, share};
use crate::web::label::{self, rule_fails};
use crate::web::layout::{Layout, Place};
use crate::web::plan::asked::planned;
use crate::web::plan::line::{Bought, bought_in_all, item, means};
use crate::web::plan::note::notes;
use crate::web::words::Words;
use crate::web::{Query, Site, Visitor, page};

const VI: Lang = Lang::Vi;
/// Rules and units that are named.
const RULES_MAX: usize = 10;
const UNITS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    l: Layout,
    w: &'static Words,
    place: String,
    dated: String,
    day: String,
    norm: String,
    rules_dated: String,
    prices: String,
    machines: Vec<[String; 3]>,
    seats: String,
    faults: Vec<[String; 2]>,
    units: Vec<[String; 8]>,
    units_left: Option<String>,
    means: Vec<[String; 3]>,
    items: Vec<[String; 6]>,
    years: Vec<[String; 4]>,
    total: String,
    in_words: String,
    left: Option<String>,
    fund: String,
    notes: Vec<String>,
    back: String,
}

/// What an agency has, and what the plan gives it.
#[derive(Default)]
struct Agency {
    machines: i64,
    ready: i64,
    mendable: i64,
    spent: i64,
    unknown: i64,
    funded: i64,
    left: i64,
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The machines by what they are, with their share.
fn machines(planned: &Planned) -> Vec<[String; 3]> {
    let all = count(planned.machines.len());
    let row = |(name, fitness): (&str, Fitness)| {
        let so = count(planned.fitness.iter().filter(|one| **one == fitness).count());
        [name.to_owned(), number(VI, so), share(VI, so, all)]
    };
    let rows = [
        ("Sẵn sàng", Fitness::Ready),
        ("Khắc phục được", Fitness::Mendable),
        ("Không đáng khắc phục, phải thay", Fitness::Spent),
        ("Chưa đủ dữ liệu", Fitness::Unknown),
    ];
    rows.map(row).to_vec()
}

/// The rules that most machines fail, as on the overview; what weighs nothing is left out.
fn faults(judge: &Judge, findings: &BTreeMap<(String, String), i64>) -> Vec<[String; 2]> {
    let failed = findings.iter().filter(|((_, outcome), _)| outcome == Outcome::Fail.word());
    let severity = |rule: &str| label::rule(judge, None, rule).map(|(_, rule)| rule.severity);
    let mut by_rule: Vec<(&str, i64)> = failed
        .map(|((rule, _), machines)| (rule.as_str(), *machines))
        .filter(|(rule, _)| severity(rule) != Some(Severity::Info))
        .collect();
    by_rule.sort_by_cached_key(|(rule, machines)| {
        (std::cmp::Reverse(*machines), std::cmp::Reverse(severity(rule)), *rule)
    });
    let told = |(rule, machines): &(&str, i64)| [rule_fails(VI, judge, rule, None), number(VI, *machines)];
    by_rule.iter().take(RULES_MAX).map(told).collect()
}

/// The agencies, those with the largest share of ready machines first.
fn units(planned: &Planned) -> Vec<[String; 8]> {
    let agency = |unit: usize| planned.units.get(unit).map_or(unit, |unit| unit.agency);
    let mut agencies: BTreeMap<usize, Agency> = BTreeMap::new();
    for (machine, fitness) in planned.machines.iter().zip(&planned.fitness) {
        let counted = agencies.entry(agency(machine.unit)).or_default();
        counted.machines += 1;
        match fitness {
            Fitness::Ready => counted.ready += 1,
            Fitness::Mendable => counted.mendable += 1,
            Fitness::Spent => counted.spent += 1,
            Fitness::Unknown => counted.unknown += 1,
        }
    }
    for line in &planned.plan.lines {
        let counted = agencies.entry(agency(line.unit)).or_default();
        if line.year.is_some() {
            counted.funded += planned.plan.cost_of(line);
        } else {
            counted.left += planned.plan.cost_left(line);
        }
    }
    let mut agencies: Vec<(usize, Agency)> = agencies.into_iter().collect();
    agencies.sort_by_key(|(unit, one)| (std::cmp::Reverse(one.ready * 1_000 / one.machines.max(1)), *unit));
    let row = |(place, (unit, one)): (usize, &(usize, Agency))| {
        [
            (place + 1).to_string(),
            planned.units.get(*unit).map(|unit| unit.name.clone()).unwrap_or_default(),
            number(VI, one.machines),
            format!("{} ({})", number(VI, one.ready), share(VI, one.ready, one.machines)),
            number(VI, one.mendable),
            number(VI, one.spent),
            number(VI, one.unknown),
            number(VI, one.funded),
        ]
    };
    agencies.iter().enumerate().map(row).collect()
}

/// The funded lines by means.
fn by_means(planned: &Planned) -> Vec<[String; 3]> {
    let w = Words::of(VI);
    let funded = |means: Means| {
        let lines = planned.plan.lines.iter().filter(move |line| line.year.is_some() && line.means == means);
        let cost: i64 = lines.clone().map(|line| planned.plan.cost_of(line)).sum();
        (count(lines.count()), cost)
    };
    let row = |one: &Means| {
        let (lines, cost) = funded(*one);
        (lines > 0).then(|| [means(w, *one).to_owned(), number(VI, lines), number(VI, cost)])
    };
    Means::ALL.iter().filter_map(row).collect()
}

/// What funded lines buy.
fn items(planned: &Planned) -> Vec<[String; 6]> {
    let row = |(index, one): (usize, Bought)| {
        let unit = planned.judge.prices.items.get(&one.item).map(|item| item.unit.vi.clone());
        [
            (index + 1).to_string(),
            item(VI, planned, &one.item),
            format!("{} {}", number(VI, one.count), unit.unwrap_or_default()),
            one.price.map_or_else(|| "chưa có giá".to_owned(), |price| number(VI, price)),
            one.price.map_or_else(|| "—".to_owned(), |price| number(VI, price * one.count)),
            one.basis.told(VI, planned),
        ]
    };
    bought_in_all(&planned.plan).into_iter().enumerate().map(row).collect()
}

/// What each year has, spends and makes ready.
fn years(planned: &Planned) -> Vec<[String; 4]> {
    let row = |(index, year): (usize, &rules::plan::Year)| {
        let lines = planned.plan.lines.iter().filter(|line| line.year == Some(index));
        let ready: i64 = lines.map(|line| i64::from(line.seats)).sum();
        let budget = year.budget.map_or_else(|| "không giới hạn".to_owned(), |budget| number(VI, budget));
        [format!("Năm {}", index + 1), budget, number(VI, year.spent), number(VI, ready)]
    };
    planned.plan.years.iter().enumerate().map(row).collect()
}

/// Shows the report: the address asks as that of the plan.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see, or a budget that cannot be read; when the database
/// fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (place, planned) = planned(&site, &visitor, &fields).await?;
    let figures = figures::of(&site.app, &mut site.app.store.read().await?, &planned.scope).await?;
    let lines = &planned.plan.lines;
    let funded: i64 = lines.iter().map(|line| planned.plan.cost_of(line)).sum();
    let left: Vec<&Line> = lines.iter().filter(|line| line.year.is_none()).collect();
    let declared = lines.iter().filter(|line| matches!(line.why, Why::Wished { .. })).count();
    let counts = planned.plan.counts;
    let units = units(&planned);
    let set = crate::planning::set(&planned);
    page(&ReportPage {
        l: Layout::new(&visitor.reader, Place::Plan, "Báo cáo đánh giá hiện trạng"),
        w: visitor.words(),
        place,
        dated: day_in_words(planned.day),
        day: format::date(planned.day),
        norm: planned.norm.source.clone(),
        rules_dated: set.map(|set| set.title.vi.clone()).unwrap_or_else(|| "không có bộ tiêu chí".to_owned()),
        prices: format!("{}, ngày {}", planned.judge.prices.source, format::date(planned.judge.prices.dated)),
        machines: machines(&planned),
        seats: format!(
            "{} chỗ làm việc, {} chỗ có máy sẵn sàng, {} máy thừa, {} nhu cầu do đơn vị khai báo",
            number(VI, i64::from(counts.seats)),
            number(VI, i64::from(counts.ready)),
            number(VI, i64::from(counts.surplus)),
            number(VI, count(declared)),
        ),
        faults: faults(&site.app.judge(), &figures.findings),
        units_left: (units.len() > UNITS_MAX)
            .then(|| format!("… và {} đơn vị khác, trong phụ lục P1.", units.len() - UNITS_MAX)),
        units: units.into_iter().take(UNITS_MAX).collect(),
        means: by_means(&planned),
        items: items(&planned),
        years: years(&planned),
        total: money(VI, funded),
        in_words: amount::in_words(funded),
        left: (!left.is_empty()).then(|| {
            let cost = left.iter().filter_map(|line| line.cost).sum();
            format!("{} việc, {}", number(VI, count(left.len())), money(VI, cost))
        }),
        fund: planned.fund.clone(),
        notes: notes(VI, Words::of(VI), &planned),
        back: format::url(
            "/plan",
            &["unit", "budget", "years", "norm", "fund"]
                .map(|name| (name, fields.text(name)))
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .collect::<Vec<_>>(),
        ),
    })
}
