//! The organisation: how ready each unit is, with all units below it; today, or as of a day.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use rules::assess::Grade;

use crate::days;
use crate::error::Failure;
use crate::figures;
use crate::lang::Lang;
use crate::store::Tx;
use crate::store::estate;
use crate::store::listing::{self, Grades, Scope, UnitRow};
use crate::store::past::{self, Under};
use crate::store::unit::Unit;
use crate::units::export;
use crate::vietnamese::fold;
use crate::web::format::fill;
use crate::web::label::{Stretch, grades_bar, grades_text};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::seat::GIVES_SEATS;
use crate::web::words::Words;
use crate::web::{CSV, Fields, Query, Site, Visitor, attachment, format, may_open, page};

/// Trees with more units than this show two levels; what is below is a page of its own.
const OPEN_MAX: usize = 80;
/// The levels that such a tree shows.
const LEVELS: usize = 2;
/// Units that a search lists.
const FOUND_MAX: usize = 100;

/// A unit in the tree, in the order of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The unit.
    pub unit: UnitRow,
    /// How deep it hangs below the first.
    pub depth: usize,
    /// Whether units hang below it.
    pub has_children: bool,
    /// Machines in this unit itself.
    pub own: Grades,
    /// Machines in this unit and all below.
    pub all: Grades,
}

/// The tree of these units, parents before children, siblings in the order given. A unit whose parent is not among
/// them is a root.
pub fn tree(units: Vec<UnitRow>, own: &BTreeMap<String, Grades>) -> Vec<Node> {
    let mut all: BTreeMap<&str, Grades> = BTreeMap::new();
    for unit in &units {
        let Some(grades) = own.get(&unit.id) else { continue };
        for ancestor in unit.path.split('/').filter(|id| !id.is_empty()) {
            all.entry(ancestor).or_default().add_all(grades);
        }
    }
    let mut below: BTreeMap<Option<&str>, Vec<&UnitRow>> = BTreeMap::new();
    let known: BTreeMap<&str, &UnitRow> = units.iter().map(|unit| (unit.id.as_str(), unit)).collect();
    for unit in &units {
        let parent = unit.parent.as_deref().filter(|parent| known.contains_key(parent));
        below.entry(parent).or_default().push(unit);
    }
    let mut nodes = Vec::with_capacity(units.len());
    // A stack instead of recursion: the depth of a tree comes from outside.
    let mut waiting: Vec<(&UnitRow, usize)> = Vec::new();
    let push = |waiting: &mut Vec<_>, parent: Option<&str>, depth| {
        for unit in below.get(&parent).into_iter().flatten().rev() {
            waiting.push((*unit, depth));
        }
    };
    push(&mut waiting, None, 0);
    while let Some((unit, depth)) = waiting.pop() {
        nodes.push(Node {
            unit: unit.clone(),
            depth,
            has_children: below.contains_key(&Some(unit.id.as_str())),
            own: own.get(&unit.id).copied().unwrap_or_default(),
            all: all.get(unit.id.as_str()).copied().unwrap_or_default(),
        });
        push(&mut waiting, Some(&unit.id), depth + 1);
    }
    nodes
}

/// How ready a unit is, ready to show.
pub struct UnitLine {
    /// Address of its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// How far it is indented, 0 to 5.
    pub indent: usize,
    /// Whether units hang below it.
    pub has_children: bool,
    /// Whether those are shown at first.
    pub open: bool,
    /// How many branches end after it.
    pub closes: usize,
    /// Where the units below it are shown that are not shown here, and how many these are.
    pub more: Option<(String, String)>,
    /// Machines, with those below.
    pub machines: String,
    /// Those that are ready.
    pub ready: String,
    /// Their share.
    pub share: String,
    /// The grades as a bar.
    pub bar: Vec<Stretch>,
    /// The grades in words.
    pub text: String,
}

impl UnitLine {
    /// The line of a node.
    pub fn of(lang: Lang, w: &'static Words, node: &Node) -> UnitLine {
        let (ready, machines) = (node.all.of(Grade::Ready), node.all.all());
        UnitLine {
            href: format!("/units/{}", node.unit.id),
            name: shown_name(w, &node.unit),
            indent: node.depth.min(5),
            has_children: node.has_children,
            open: false,
            closes: 0,
            more: None,
            machines: format::number(lang, machines),
            ready: format::number(lang, ready),
            share: format::share(lang, ready, machines),
            bar: grades_bar(&node.all),
            text: grades_text(lang, w, &node.all),
        }
    }
}

/// The name of a unit, and since when it works no longer where it does not.
pub fn shown_name(w: &'static Words, unit: &UnitRow) -> String {
    match &unit.closed_on {
        Some(day) => format!("{} ({})", unit.name, fill(&w.units_closed, &[("day", &shown_day(day))])),
        None => unit.name.clone(),
    }
}

/// A day as it is kept, for readers.
pub fn shown_day(day: &str) -> String {
    day.parse().map_or_else(|_| day.to_owned(), format::date)
}

/// Which part of a tree is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum View {
    /// The whole tree where it is small, else its first levels.
    Top,
    /// All of it, for print.
    Whole,
    /// A unit with all below it, by its id.
    Under(String),
    /// Units that are called so, or have this code; the words are folded.
    Found(Vec<String>),
}

impl View {
    fn of(query: &Fields) -> View {
        let words: Vec<String> = fold(query.text("find")).split_whitespace().map(str::to_owned).collect();
        match (query.text("under"), words.is_empty()) {
            (_, false) => View::Found(words),
            ("", true) if query.text("all").is_empty() => View::Top,
            ("", true) => View::Whole,
            (id, true) => View::Under(id.to_owned()),
        }
    }

    /// The nodes that it shows, in the order of the tree, each with how many below it are not shown.
    fn nodes(&self, nodes: Vec<Node>) -> Vec<(Node, usize)> {
        let all = |nodes: Vec<Node>| nodes.into_iter().map(|node| (node, 0)).collect();
        match self {
            View::Top if nodes.len() > OPEN_MAX => {
                let mut shown: Vec<(Node, usize)> = Vec::new();
                for node in nodes {
                    if node.depth < LEVELS {
                        shown.push((node, 0));
                    } else if let Some((_, hidden)) = shown.last_mut() {
                        *hidden += 1;
                    }
                }
                for (node, _) in shown.iter_mut().filter(|(node, _)| node.depth + 1 == LEVELS) {
                    node.has_children = false;
                }
                shown
            }
            View::Top | View::Whole => all(nodes),
            View::Under(id) => {
                let Some(top) = nodes.iter().position(|node| node.unit.id == *id) else { return Vec::new() };
                let depth = nodes[top].depth;
                let below = nodes.iter().skip(top + 1).take_while(|node| node.depth > depth).count();
                let mut part: Vec<Node> = nodes.into_iter().skip(top).take(below + 1).collect();
                part.iter_mut().for_each(|node| node.depth -= depth);
                all(part)
            }
            View::Found(words) => {
                let is_found = |node: &Node| {
                    let text = fold(&format!("{} {}", node.unit.name, node.unit.code));
                    words.iter().all(|word| text.contains(word.as_str()))
                };
                let found = nodes.into_iter().filter(is_found).take(FOUND_MAX);
                all(found.map(|node| Node { depth: 0, has_children: false, ..node }).collect())
            }
        }
    }
}

/// Which tree is shown, and of when.
struct AsOf {
    day: Date,
    under: Under,
}

#[derive(Template)]
#[template(path = "units.html")]
struct UnitsPage {
    l: Layout,
    w: &'static Words,
    count: String,
    lines: Vec<UnitLine>,
    error: Option<String>,
    done: Option<String>,
    /// The day that is shown, as forms send it; none for today.
    day: Option<String>,
    today: String,
    is_then: bool,
    waiting: Option<String>,
    /// What was looked for.
    find: String,
    /// Where all of it is shown; none where it is.
    whole: Option<String>,
    may_import: bool,
    may_seat: bool,
    csv_semicolon: String,
    csv_comma: String,
}

impl UnitsPage {
    fn of(reader: &Reader, nodes: Vec<Node>, as_of: Option<&AsOf>, view: &View) -> UnitsPage {
        let (lang, w) = (reader.lang, reader.words());
        let n = |count: usize| format::number(lang, i64::try_from(count).unwrap_or(i64::MAX));
        let count = n(nodes.len());
        let at = as_of.map(|as_of| as_of.day.to_string()).unwrap_or_default();
        let tree = as_of.map_or("", |as_of| if as_of.under == Under::Today { "today" } else { "then" });
        let address = |name: &str, value: &str| {
            let fields = [("day", at.as_str()), ("tree", tree), (name, value)];
            let given: Vec<(&str, &str)> =
                fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            format::url("/units", &given)
        };
        let nodes = view.nodes(nodes);
        let is_part = nodes.iter().any(|(_, hidden)| *hidden > 0);
        let next_depths = nodes.iter().skip(1).map(|(node, _)| node.depth).chain([0]);
        let lines = nodes.iter().zip(next_depths).map(|((node, hidden), next)| UnitLine {
            open: true,
            more: (*hidden > 0)
                .then(|| (address("under", &node.unit.id), fill(&w.units_below, &[("n", &n(*hidden))]))),
            // A branch without children of its own ends nothing; the branches above it end when the next unit is higher.
            closes: node.depth.saturating_sub(next),
            // A unit of that day may have no page today; its history is always there.
            href: match as_of {
                Some(_) => format!("/units/{}/history", node.unit.id),
                None => format!("/units/{}", node.unit.id),
            },
            ..UnitLine::of(lang, w, node)
        });
        let day = as_of.map(|as_of| as_of.day.to_string());
        let csv = |separator: &str| {
            let day = day.as_deref().unwrap_or_default();
            format::url("/units.csv", &[("day", day), ("separator", separator)])
        };
        UnitsPage {
            l: Layout::new(reader, Place::Units, &w.nav_units),
            w,
            count: {
                match as_of {
                    None => fill(&w.units_count, &[("n", &count)]),
                    Some(as_of) => {
                        let text = match as_of.under {
                            Under::Then => &w.units_as_of,
                            Under::Today => &w.units_as_of_today,
                        };
                        fill(text, &[("n", &count), ("day", &format::date(as_of.day))])
                    }
                }
            },
            lines: lines.collect(),
            error: None,
            done: None,
            today: format::day(reader.now).to_string(),
            is_then: as_of.is_none_or(|as_of| as_of.under == Under::Then),
            waiting: None,
            find: String::new(),
            whole: (is_part || !matches!(view, View::Top | View::Whole)).then(|| address("all", "1")),
            may_import: false,
            may_seat: false,
            csv_semicolon: csv("semicolon"),
            csv_comma: csv("comma"),
            day,
        }
    }
}

/// Shows the tree: today's, or with `?day=` that of a day, or with `&tree=today` the machines of that day on today's.
///
/// # Errors
/// When the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, Failure> {
    let (reader, w) = (&visitor.reader, visitor.words());
    let mut tx = site.app.store.read().await?;
    let scope = &visitor.person.scope;
    let wished = query.text("day");
    let under = if query.text("tree") == "today" { Under::Today } else { Under::Then };
    let as_of = days::read(wished).map(|day| AsOf { day, under });
    let (units, own) = match &as_of {
        Some(as_of) => past_rows(&mut tx, scope, as_of).await?,
        None => (
            listing::units(&mut tx, scope).await?,
            figures::of(&site.app, &mut tx, scope).await?.grades.clone(),
        ),
    };
    let view = View::of(&query);
    let mut shown = UnitsPage::of(reader, tree(units, &own), as_of.as_ref(), &view);
    shown.find = query.text("find").trim().to_owned();
    if matches!(view, View::Found(_)) && shown.lines.is_empty() {
        shown.error = Some(fill(&w.units_found_none, &[("text", &shown.find)]));
    }
    if as_of.is_none() && !wished.is_empty() {
        shown.error = Some(fill(&w.units_wrong_day, &[("day", wished)]));
    }
    let counts = ["added", "changed", "closed"].map(|name| (name, query.text(name)));
    if counts.iter().all(|(_, count)| count.parse::<u32>().is_ok()) {
        shown.done = Some(fill(&w.units_done, &counts));
    }
    if as_of.is_none() && GIVES_SEATS.contains(&visitor.person.standing) {
        let waiting = past::stranded(&mut tx, scope).await?.len();
        let seats = estate::left(&mut tx, scope).await?.len();
        let count = format::number(reader.lang, i64::try_from(waiting).unwrap_or(i64::MAX));
        shown.waiting = (waiting + seats > 0).then(|| fill(&w.units_waiting_count, &[("n", &count)]));
    }
    shown.may_seat = may_open("/units/waiting", visitor.person.standing);
    shown.may_import = may_open("/units/import", visitor.person.standing) && scope.is_everything();
    page(&shown)
}

/// The units and the machines of a day. Of an earlier tree, who sees a part of today's sees that of the same units.
async fn past_rows(
    tx: &mut Tx,
    scope: &Scope,
    as_of: &AsOf,
) -> Result<(Vec<UnitRow>, BTreeMap<String, Grades>), Failure> {
    let ends = as_of.day.tomorrow().and_then(|next| next.to_zoned(TimeZone::fixed(Offset::constant(7))));
    let ends = ends.map_err(anyhow::Error::from)?.timestamp() - SignedDuration::from_millis(1);
    let own = past::grades_at(tx, scope, ends, as_of.under).await?;
    if as_of.under == Under::Today {
        return Ok((listing::units(tx, scope).await?, own));
    }
    let root = scope.first().split_terminator('/').next_back().map(|id| format!("{id}/"));
    let within = |path: &str| match &root {
        Some(root) => path.starts_with(root.as_str()) || path.contains(&format!("/{root}")),
        None => true,
    };
    let units = past::tree_on(tx, as_of.day).await?.into_iter().filter(|unit| within(&unit.path));
    let row = |unit: Unit| UnitRow {
        id: unit.id,
        parent: unit.parent,
        path: unit.path,
        code: unit.code,
        name: unit.name,
        closed_on: None,
    };
    Ok((units.map(row).collect(), own))
}

/// The tree as a file that can be imported again: today's, or with `?day=` that of a day.
///
/// # Errors
/// When the database fails.
pub async fn export(
    State(site): State<Site>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, Failure> {
    // Codes and names of units are no secret, but what somebody does not see he does not take away.
    if !visitor.person.scope.is_everything() {
        return Err(Failure::Forbidden);
    }
    let separator = query.separator();
    let day = days::read(query.text("day"));
    let text = export::csv(&mut site.app.store.read().await?, day, separator).await?;
    let named = day.unwrap_or_else(|| format::day(visitor.reader.now));
    Ok(attachment(CSV, &format!("don-vi-{named}.csv"), text))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn unit(id: &str, path: &str) -> UnitRow {
        let parent = path.trim_end_matches('/').rsplit_once('/').map(|(above, _)| above);
        let parent = parent.and_then(|above| above.rsplit('/').next()).map(str::to_owned);
        UnitRow {
            id: id.into(),
            parent,
            path: path.into(),
            code: String::new(),
            name: id.into(),
            closed_on: None,
        }
    }

    #[test]
    fn counts_go_up_the_tree() {
        let units = vec![unit("b", "a/b/"), unit("a", "a/"), unit("d", "a/d/"), unit("c", "a/b/c/")];
        let ready = |count| {
            let mut grades = Grades::default();
            grades.add(Grade::Ready, count);
            grades
        };
        let own = BTreeMap::from([("c".into(), ready(3)), ("a".into(), ready(1)), ("d".into(), ready(5))]);
        let lines: Vec<String> = tree(units, &own)
            .into_iter()
            .map(|node| {
                format!("{}{} {}/{}", "  ".repeat(node.depth), node.unit.name, node.own.all(), node.all.all())
            })
            .collect();
        expect![[r#"
            a 1/9
              b 0/3
                c 3/3
              d 5/5"#]]
        .assert_eq(&lines.join("\n"));
    }

    #[test]
    fn a_large_tree_shows_two_levels_and_where_the_rest_is() {
        let mut units = vec![unit("p", "p/")];
        for number in 0..60 {
            units.push(unit(&format!("c{number}"), &format!("p/c{number}/")));
            units.push(unit(&format!("o{number}"), &format!("p/c{number}/o{number}/")));
        }
        let told = |view: &View| {
            let nodes = view.nodes(tree(units.clone(), &BTreeMap::new()));
            let line = |(node, hidden): &(Node, usize)| {
                format!("{}{} {hidden}", " ".repeat(node.depth), node.unit.name)
            };
            nodes.iter().map(line).collect::<Vec<_>>()
        };
        let top = told(&View::Top);
        assert_eq!((top.len(), &*top[0], &*top[1]), (61, "p 0", " c0 1"));
        assert_eq!(told(&View::Whole).len(), 121);
        assert_eq!(told(&View::Under("c7".to_owned())), ["c7 0", " o7 0"]);
        assert!(told(&View::Under("nowhere".to_owned())).is_empty());
        assert_eq!(told(&View::Found(vec!["o59".to_owned()])), ["o59 0"]);
        assert_eq!(told(&View::Found(vec!["c".to_owned()])).len(), 60);
        // A small one is shown as it is.
        let few = View::Top.nodes(tree(units.iter().take(21).cloned().collect(), &BTreeMap::new()));
        assert!(few.len() == 21 && few.iter().all(|(_, hidden)| *hidden == 0));
    }

    #[test]
    fn a_subtree_begins_at_its_own_root() {
        let nodes = tree(vec![unit("b", "a/b/"), unit("c", "a/b/c/")], &BTreeMap::new());
        assert_eq!(nodes.iter().map(|node| node.depth).collect::<Vec<_>>(), [0, 1]);
    }
}
