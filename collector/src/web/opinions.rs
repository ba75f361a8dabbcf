//! Where Windows and the rules say different things of one PC: whether it can be upgraded, and both reasons.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::Judge;
use crate::error::Failure;
use crate::opinion::{Accord, Opinion};
use crate::store::counts::{self, Noted};
use crate::store::listing::{self, Direction, Filter, MachineRow, Sort};
use crate::web::format::{self, fill, number};
use crate::web::label::{self, Label};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Site, Visitor, page};

/// Machines of one sort on the page; the list of machines has all.
const ROWS: usize = 200;

#[derive(Template)]
#[template(path = "opinions.html")]
struct OpinionsPage {
    l: Layout,
    w: &'static Words,
    lead: String,
    sorts: Vec<SortView>,
}

/// The machines of which one of the two says that they can.
struct SortView {
    title: &'static str,
    href: String,
    count: String,
    lines: Vec<Line>,
}

struct Line {
    href: String,
    hostname: String,
    unit: String,
    unit_href: String,
    grade: Label,
    windows: String,
    rules: String,
}

/// What Windows says, with its reasons.
pub fn windows(reader: &Reader, opinion: &Opinion) -> String {
    let w = reader.words();
    let text = match opinion.windows() {
        Some(true) => w.opinion_can.clone(),
        Some(false) => w.opinion_cannot.clone(),
        None => fill(&w.opinion_rated, &[("rating", &opinion.rating)]),
    };
    with_reasons(text, &opinion.blockers)
}

/// What the rules say, with their reasons.
pub fn rules(reader: &Reader, judge: &Judge, opinion: &Opinion) -> String {
    let w = reader.words();
    let title = |id: &String| label::rule_title(reader.lang, judge, id);
    let fails = |id: &String| label::rule_fails(reader.lang, judge, id, None);
    match opinion.rules() {
        Some(true) => w.opinion_can.clone(),
        Some(false) => {
            with_reasons(w.opinion_cannot.clone(), &opinion.failing.iter().map(fails).collect::<Vec<_>>())
        }
        None => {
            with_reasons(w.opinion_unclear.clone(), &opinion.unknown.iter().map(title).collect::<Vec<_>>())
        }
    }
}

fn with_reasons(text: String, reasons: &[String]) -> String {
    if reasons.is_empty() { text } else { format!("{text}: {}", reasons.join("; ")) }
}

/// Both opinions of a machine as one sentence, and whether they differ; none where Windows said nothing.
pub fn sentence(reader: &Reader, judge: &Judge, machine: &MachineRow) -> Option<(String, bool)> {
    let opinion: Opinion = serde_json::from_str(&machine.opinion_why).ok()?;
    let w = reader.words();
    let text = match opinion.accord() {
        Accord::Same | Accord::Undecided => &w.opinion_both,
        Accord::OnlyRules | Accord::OnlyWindows => &w.opinion_differ,
    };
    let differs = matches!(opinion.accord(), Accord::OnlyRules | Accord::OnlyWindows);
    let both = [("windows", windows(reader, &opinion)), ("rules", rules(reader, judge, &opinion))];
    let places: Vec<(&str, &str)> = both.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Some((fill(text, &places), differs))
}

fn line(reader: &Reader, judge: &Judge, row: &MachineRow) -> Line {
    let opinion: Option<Opinion> = serde_json::from_str(&row.opinion_why).ok();
    Line {
        href: format!("/machines/{}", row.id),
        hostname: row.hostname.clone(),
        unit: row.unit_name.clone(),
        unit_href: format!("/units/{}", row.unit),
        grade: label::grade(reader.words(), row.grade),
        windows: opinion.as_ref().map(|opinion| windows(reader, opinion)).unwrap_or_default(),
        rules: opinion.as_ref().map(|opinion| rules(reader, judge, opinion)).unwrap_or_default(),
    }
}

/// How many machines both say the same of, and how many not, as a sentence.
pub fn counted(reader: &Reader, noted: &Noted) -> String {
    let n = |count| number(reader.lang, count);
    let (differ, all) = (noted.only_rules + noted.only_windows, noted.same);
    fill(&reader.words().opinion_counted, &[("n", &n(differ)), ("all", &n(all + differ))])
}

/// Shows the machines of which Windows and the rules say different things.
///
/// # Errors
/// When the database fails.
pub async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    let (reader, scope) = (&visitor.reader, &visitor.person.scope);
    let (w, judge) = (reader.words(), site.app.judge());
    let mut tx = site.app.store.read().await?;
    let noted = counts::noted(&mut tx, scope).await?;
    let mut sorts = Vec::new();
    for (accord, title, count) in [
        (Accord::OnlyRules, &w.opinion_only_rules, noted.only_rules),
        (Accord::OnlyWindows, &w.opinion_only_windows, noted.only_windows),
    ] {
        let filter = Filter { opinion: Some(accord.word()), ..Filter::all(scope.clone()) };
        let rows = listing::machines(&mut tx, &filter, Sort::Unit, Direction::Up, None, ROWS).await?;
        sorts.push(SortView {
            title,
            href: format::url("/machines", &[("opinion", accord.word())]),
            count: number(reader.lang, count),
            lines: rows.iter().map(|row| line(reader, &judge, row)).collect(),
        });
    }
    drop(tx);
    page(&OpinionsPage {
        l: Layout::new(reader, Place::Rules, &w.opinion_title),
        w,
        lead: counted(reader, &noted),
        sorts,
    })
}
