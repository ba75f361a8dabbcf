//! The organisation: how ready each unit is, with all units below it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rules::assess::Grade;

use crate::error::Failure;
use crate::store::listing::{self, Grades, UnitRow};
use crate::web::label::{Stretch, grades_bar, grades_text};
use crate::web::layout::{Layout, Place};
use crate::web::reader::{Lang, Reader};
use crate::web::words::Words;
use crate::web::{Site, Visitor, format, page};

/// Trees with more units than this open only their first level.
const OPEN_MAX: usize = 80;

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
            name: node.unit.name.clone(),
            indent: node.depth.min(5),
            has_children: node.has_children,
            open: false,
            closes: 0,
            machines: format::number(lang, machines),
            ready: format::number(lang, ready),
            share: format::share(lang, ready, machines),
            bar: grades_bar(&node.all),
            text: grades_text(lang, w, &node.all),
        }
    }
}

#[derive(Template)]
#[template(path = "units.html")]
struct UnitsPage {
    l: Layout,
    w: &'static Words,
    count: String,
    lines: Vec<UnitLine>,
}

impl UnitsPage {
    fn of(reader: &Reader, nodes: &[Node]) -> UnitsPage {
        let (lang, w) = (reader.lang, reader.words());
        let few = nodes.len() <= OPEN_MAX;
        let next_depths = nodes.iter().skip(1).map(|node| node.depth).chain([0]);
        let lines = nodes.iter().zip(next_depths).map(|(node, next)| UnitLine {
            open: few || node.depth == 0,
            // A branch without children of its own ends nothing; the branches above it end when the next unit is higher.
            closes: node.depth.saturating_sub(next),
            ..UnitLine::of(lang, w, node)
        });
        UnitsPage {
            l: Layout::new(reader, Place::Units, &w.nav_units),
            w,
            count: {
                let count = format::number(lang, i64::try_from(nodes.len()).unwrap_or(i64::MAX));
                format::fill(&w.units_count, &[("n", &count)])
            },
            lines: lines.collect(),
        }
    }
}

/// Shows the tree.
///
/// # Errors
/// When the database fails.
pub async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let scope = &visitor.person.scope;
    let units = listing::units(&mut tx, scope).await?;
    let own = listing::grades_by_unit(&mut tx, scope).await?;
    page(&UnitsPage::of(&visitor.reader, &tree(units, &own)))
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
    fn a_subtree_begins_at_its_own_root() {
        let nodes = tree(vec![unit("b", "a/b/"), unit("c", "a/b/c/")], &BTreeMap::new());
        assert_eq!(nodes.iter().map(|node| node.depth).collect::<Vec<_>>(), [0, 1]);
    }
}
