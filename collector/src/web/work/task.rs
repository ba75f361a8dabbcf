//! One row of a work list: work at a machine, or goods for a unit; how far it has come, and what that is in words.

use jiff::civil::Date;
use rules::plan::Means;
use rules::ruleset::in_force;

use crate::app::Judge;
use crate::goods::can_be_seen;
use crate::lang::Lang;
use crate::store::goods::Goods;
use crate::store::work::Work;
use crate::web::format::{self, fill, number};
use crate::web::label::{self, pick};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::work::rule_id;

/// How far work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Open,
    Done,
    Confirmed,
}

impl Stage {
    pub(super) const ALL: &'static [Stage] = &[Stage::Open, Stage::Done, Stage::Confirmed];

    fn of(confirmed_at: Option<i64>, ticked: Option<&(String, i64)>) -> Stage {
        match (confirmed_at, ticked) {
            (Some(_), _) => Stage::Confirmed,
            (None, Some(_)) => Stage::Done,
            (None, None) => Stage::Open,
        }
    }

    /// As it stands in the address.
    pub(super) fn word(self) -> &'static str {
        match self {
            Stage::Open => "open",
            Stage::Done => "done",
            Stage::Confirmed => "confirmed",
        }
    }

    pub(super) fn label(self, w: &'static Words) -> &'static str {
        match self {
            Stage::Open => &w.work_open,
            Stage::Done => &w.work_done,
            Stage::Confirmed => &w.work_confirmed,
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// At a machine.
    Work(Work),
    /// What a unit is to get.
    Goods(Goods),
}

impl Task {
    /// Its id.
    pub(super) fn id(&self) -> &str {
        match self {
            Task::Work(work) => &work.id,
            Task::Goods(goods) => &goods.id,
        }
    }

    /// Id, path and name of its unit.
    pub(super) fn unit(&self) -> (&str, &str, &str) {
        match self {
            Task::Work(work) => (&work.wanted.unit, &work.unit_path, &work.unit_name),
            Task::Goods(goods) => (&goods.wanted.unit, &goods.unit_path, &goods.unit_name),
        }
    }

    /// How far it has come.
    pub(super) fn stage(&self) -> Stage {
        match self {
            Task::Work(work) => Stage::of(work.confirmed_at, work.ticked.as_ref()),
            Task::Goods(goods) => Stage::of(goods.confirmed_at, goods.ticked.as_ref()),
        }
    }

    /// Who asked for it, who ticked it off, and when; and when a report confirmed it: days and times as programs read them,
    /// empty for what did not happen.
    pub(super) fn course(&self) -> [String; 5] {
        let (made_by, made_at, ticked, confirmed_at) = match self {
            Task::Work(one) => (&one.made_by, one.made_at, one.ticked.as_ref(), one.confirmed_at),
            Task::Goods(one) => (&one.made_by, one.made_at, one.ticked.as_ref(), one.confirmed_at),
        };
        let at = |millis: i64| {
            jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), format::iso_moment)
        };
        let (ticked_by, ticked_at) = ticked.map(|(by, when)| (by.clone(), at(*when))).unwrap_or_default();
        [made_by.clone(), at(made_at), ticked_by, ticked_at, confirmed_at.map(at).unwrap_or_default()]
    }

    /// It as a row.
    pub(super) fn view(&self, reader: &Reader, judge: &Judge) -> RowView {
        match self {
            Task::Work(work) => work_view(reader, judge, self.stage(), work),
            Task::Goods(goods) => goods_view(reader, judge, self.stage(), goods),
        }
    }
}

/// A row of a work list.
pub(super) struct RowView {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) machine: String,
    pub(super) room: String,
    pub(super) what: String,
    pub(super) parts: String,
    /// How far it has come, and since when.
    pub(super) state: String,
    /// What a later report still says against it.
    pub(super) failing: Option<String>,
    pub(super) is_open: bool,
    pub(super) is_done: bool,
}

/// What is to be done, in one phrase.
fn what(lang: Lang, w: &'static Words, judge: &Judge, work: &Work, now: Date) -> String {
    let wanted = &work.wanted;
    let parts = || parts(lang, judge, work);
    match wanted.means.as_str() {
        word if word == Means::Buy.word() => fill(&w.plan_do_replace, &[("items", &parts())]),
        word => {
            let moved = (word == Means::Reassign.word())
                .then(|| fill(&w.plan_do_reassign, &[("machine", &work.hostname)]));
            let set = in_force(&judge.sets, now);
            let title = |id: &String| {
                let remedy = set.and_then(|set| set.remedies.get(id));
                remedy.map_or_else(|| id.clone(), |remedy| pick(lang, &remedy.title).to_owned())
            };
            moved.into_iter().chain(wanted.remedies.iter().map(title)).collect::<Vec<_>>().join(" + ")
        }
    }
}

fn parts(lang: Lang, judge: &Judge, work: &Work) -> String {
    let title = |id: &String| {
        let item = judge.prices.items.get(id);
        item.map_or_else(|| id.clone(), |item| pick(lang, &item.title).to_owned())
    };
    work.wanted.parts.iter().map(title).collect::<Vec<_>>().join(" + ")
}

/// How far it has come, and since when: confirmed, ticked off, asked for.
fn state(
    w: &'static Words,
    confirmed_at: Option<i64>,
    ticked: Option<&(String, i64)>,
    (made_by, made_at): (&str, i64),
) -> String {
    let at = |millis: i64| {
        jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), format::moment)
    };
    match (confirmed_at, ticked) {
        (Some(when), Some((by, ticked))) => {
            let places = [("by", by.as_str()), ("at", &at(*ticked)), ("report", &at(when))];
            fill(&w.work_state_confirmed, &places)
        }
        (Some(when), None) => fill(&w.work_state_confirmed_alone, &[("report", &at(when))]),
        (None, Some((by, ticked))) => fill(&w.work_state_done, &[("by", by), ("at", &at(*ticked))]),
        (None, None) => fill(&w.work_state_open, &[("by", made_by), ("at", &at(made_at))]),
    }
}

/// What a report after the tick says, where it does not confirm.
fn failing(lang: Lang, w: &'static Words, judge: &Judge, work: &Work) -> Option<String> {
    if !work.is_checked {
        return None;
    }
    if work.failing.is_empty() {
        return Some(w.work_unclear.clone());
    }
    let titles = work.failing.iter().map(|rule| label::rule_fails(lang, judge, rule_id(rule), None));
    Some(fill(&w.work_failing, &[("rules", &titles.collect::<Vec<_>>().join("; "))]))
}

fn work_view(reader: &Reader, judge: &Judge, stage: Stage, work: &Work) -> RowView {
    let (lang, w) = (reader.lang, reader.words());
    RowView {
        id: work.id.clone(),
        href: format!("/machines/{}", work.wanted.machine),
        machine: work.hostname.clone(),
        room: if work.room.is_empty() { "—".to_owned() } else { work.room.clone() },
        what: what(lang, w, judge, work, format::day(reader.now)),
        parts: parts(lang, judge, work),
        state: state(w, work.confirmed_at, work.ticked.as_ref(), (&work.made_by, work.made_at)),
        failing: if stage == Stage::Done { failing(lang, w, judge, work) } else { None },
        is_open: stage == Stage::Open,
        is_done: stage == Stage::Done,
    }
}

fn goods_view(reader: &Reader, judge: &Judge, stage: Stage, goods: &Goods) -> RowView {
    let (lang, w) = (reader.lang, reader.words());
    let wanted = &goods.wanted;
    let item = judge.prices.items.get(&wanted.item);
    let name = item.map_or(wanted.item.as_str(), |item| pick(lang, &item.title));
    let [count, arrived] = [wanted.count, goods.arrived].map(|count| number(lang, count));
    let items = format!("{count} × {name}");
    let what = if wanted.means == Means::Rent.word() { &w.plan_do_rent } else { &w.plan_do_buy };
    let failing = match (stage, can_be_seen(wanted)) {
        (Stage::Done, true) => Some(fill(&w.work_goods_waits, &[("n", &arrived), ("count", &count)])),
        (Stage::Done, false) => Some(w.work_goods_unseen.clone()),
        (Stage::Open | Stage::Confirmed, _) => None,
    };
    RowView {
        id: goods.id.clone(),
        href: format!("/units/{}", wanted.unit),
        machine: match wanted.role.as_str() {
            "" => w.plan_shared.clone(),
            role => fill(&w.work_goods_seats, &[("role", &label::role_of(w, role)), ("n", &count)]),
        },
        room: "—".to_owned(),
        what: fill(what, &[("items", &items)]),
        parts: name.to_owned(),
        state: state(w, goods.confirmed_at, goods.ticked.as_ref(), (&goods.made_by, goods.made_at)),
        failing,
        is_open: stage == Stage::Open,
        is_done: stage == Stage::Done,
    }
}
