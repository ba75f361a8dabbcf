//! How readiness went: a line drawn on the server, with its figures in a table behind it.

use jiff::Span;
use jiff::civil::Date;
use rules::assess::Grade;

use crate::forecast::change;
use crate::store::listing::Grades;
use crate::store::tally::Count;
use crate::store::target::Target;
use crate::web::format::{self, fill, number, share};
use crate::web::reader::Reader;
use crate::web::words::Words;

/// How far back the line goes, in days.
pub const TREND_DAYS: i32 = 366;
/// The days over which a change is told.
pub const CHANGE_DAYS: i32 = 30;
/// The drawing, in its own units: the field of the line, and the room for the labels around it.
const LEFT: i64 = 44;
const TOP: i64 = 10;
const WIDTH: i64 = 1150;
const HEIGHT: i64 = 150;
/// Rows in the table behind the line.
const ROWS_MAX: usize = 24;

/// A line of readiness, ready to draw.
pub struct Trend {
    /// What it shows, for who does not see it.
    pub text: String,
    /// The line, as an SVG path; empty when there is too little to draw.
    pub path: String,
    /// The area below it.
    pub area: String,
    /// Lines across with their labels: height, where the label stands, label.
    pub grid: Vec<(i64, i64, String)>,
    /// Labels below: place, which end of the label stands there, label.
    pub labels: Vec<(i64, &'static str, String)>,
    /// The target: height, where its label stands, label.
    pub target: Option<(i64, i64, String)>,
    /// The figures, the newest first: day, ready, all, share.
    pub rows: Vec<[String; 4]>,
    /// What changed in thirty days, when that is known.
    pub change: Option<String>,
}

impl Trend {
    /// The trend of these figures, the oldest first.
    pub fn of(reader: &Reader, counts: &[Count], target: Option<Target>) -> Trend {
        let (lang, w) = (reader.lang, reader.words());
        let counted: Vec<&Count> = counts.iter().filter(|(_, grades)| grades.all() > 0).collect();
        let percent = |grades: &Grades| grades.of(Grade::Ready) * 100 / grades.all().max(1);
        let most = counted.iter().map(|(_, grades)| percent(grades)).max().unwrap_or(0);
        let most = most.max(target.map_or(0, |target| target.share_percent));
        // Four lines across with round labels.
        let top = [20, 40, 100].into_iter().find(|top| most <= *top).unwrap_or(100);
        let height = |millionths: i64| TOP + HEIGHT - HEIGHT * millionths / (top * 10_000);
        let row = |(day, grades): &&Count| {
            let (ready, all) = (grades.of(Grade::Ready), grades.all());
            [format::date(*day), number(lang, ready), number(lang, all), share(lang, ready, all)]
        };
        let today = format::day(reader.now);
        Trend {
            text: text(reader, &counted),
            path: String::new(),
            area: String::new(),
            grid: (0..=4)
                .map(|part| top * part / 4)
                .map(|share| {
                    (height(share * 10_000), height(share * 10_000) + 4, format::percent(lang, share))
                })
                .collect(),
            labels: Vec::new(),
            target: target.map(|target| {
                let at = height(target.share_percent * 10_000);
                let label = told(reader, target);
                (at, if at < TOP + 20 { at + 16 } else { at - 6 }, label)
            }),
            rows: thinned(&counted).iter().rev().map(row).collect(),
            change: change(counts, today, CHANGE_DAYS).map(|(machines, tenths)| {
                let arrow = match tenths.signum() {
                    1 => "▲ ",
                    -1 => "▼ ",
                    _ => "",
                };
                let n = format::signed(lang, machines);
                let points = format!("{arrow}{}", format::signed_tenths(lang, tenths));
                fill(&w.trend_change, &[("points", &points), ("n", &n), ("days", &CHANGE_DAYS.to_string())])
            }),
        }
        .drawn(&counted, &height)
    }

    fn drawn(mut self, counted: &[&Count], height: &dyn Fn(i64) -> i64) -> Trend {
        let (Some((first, _)), Some((last, _))) = (counted.first(), counted.last()) else { return self };
        let days = |from: Date, to: Date| i64::from(to.since(from).map_or(0, |span| span.get_days()));
        let span = days(*first, *last);
        if span == 0 {
            return self;
        }
        let x = |day: Date| LEFT + WIDTH * days(*first, day) / span;
        let mut points = Vec::with_capacity(counted.len());
        for (day, grades) in counted {
            let millionths = grades.of(Grade::Ready) * 1_000_000 / grades.all().max(1);
            points.push(format!("{} {}", x(*day), height(millionths)));
        }
        let line = points.join("L");
        let ground = TOP + HEIGHT;
        self.area = format!("M{LEFT} {ground}L{line}L{} {ground}Z", LEFT + WIDTH);
        self.path = format!("M{line}");
        let middle = first.saturating_add(Span::new().days(span / 2));
        self.labels = vec![
            (LEFT, "start", format::date(*first)),
            (x(middle), "middle", format::date(middle)),
            (LEFT + WIDTH, "end", format::date(*last)),
        ];
        self
    }
}

/// A target in one phrase.
pub fn told(reader: &Reader, target: Target) -> String {
    let share = format::percent(reader.lang, target.share_percent);
    fill(&reader.words().trend_target, &[("share", &share), ("day", &format::date(target.day))])
}

fn text(reader: &Reader, counted: &[&Count]) -> String {
    let (lang, w): (_, &'static Words) = (reader.lang, reader.words());
    let (Some((first, before)), Some((last, latest))) = (counted.first(), counted.last()) else {
        return w.trend_none.clone();
    };
    let of = |grades: &Grades| share(lang, grades.of(Grade::Ready), grades.all());
    let (from, to) = (format::date(*first), format::date(*last));
    fill(&w.trend_text, &[("from", &from), ("before", &of(before)), ("to", &to), ("latest", &of(latest))])
}

/// Some of the days, evenly, the last always among them.
fn thinned<'a>(counted: &[&'a Count]) -> Vec<&'a Count> {
    let step = counted.len().div_ceil(ROWS_MAX).max(1);
    let last = counted.len().saturating_sub(1);
    counted
        .iter()
        .enumerate()
        .filter(|(place, _)| (last - place).is_multiple_of(step))
        .map(|(_, one)| *one)
        .collect()
}
