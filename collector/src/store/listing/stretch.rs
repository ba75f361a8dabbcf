//! A list in stretches, each of which an index serves: the texts of the queries, from the beginning and behind a cursor.

use rules::assess::Grade;

use super::{Cursor, Direction, Filter, Sort};

/// One stretch of a list: from its beginning, or behind a cursor. Where a subtree is asked in other words than
/// everything, that is to keep an index from answering: a list of one commune would walk through the machines of that
/// grade, or without a score, in all of the province.
macro_rules! stretch {
    ($where:literal, $behind:literal, $order:literal) => {
        stretch!(everything $where, subtree $where, $behind, $order)
    };
    (everything $everything:literal, subtree $subtree:literal, $behind:literal, $order:literal) => {
        Sql {
            everything: stretch!(everything, $everything, $behind, $order),
            subtree: stretch!(subtree, $subtree, $behind, $order),
        }
    };
    ($scope:ident, $where:literal, $behind:literal, $order:literal) => {
        (
            concat!(
                "SELECT ",
                columns!(),
                filter!($scope),
                "AND ($21 = '' OR m.grade = $21) ",
                $where,
                " ORDER BY ",
                $order,
                " LIMIT $20"
            ),
            concat!(
                "SELECT ",
                columns!(),
                filter!($scope),
                "AND ($21 = '' OR m.grade = $21) ",
                $where,
                $behind,
                " ORDER BY ",
                $order,
                " LIMIT $20"
            ),
        )
    };
}

/// The texts of one stretch: from its beginning, and behind a cursor.
pub(super) struct Sql {
    pub(super) everything: (&'static str, &'static str),
    pub(super) subtree: (&'static str, &'static str),
}

/// What a stretch is bounded by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Name,
    Unit,
    Grade(Grade),
    Score,
    NoScore,
    Seen,
}

impl Bound {
    /// The stretches of a list, one after the other.
    pub(super) fn stretches(filter: &Filter, sort: Sort, direction: Direction) -> Vec<Bound> {
        const WORST_FIRST: [Grade; 4] = [Grade::NotReady, Grade::NeedsWork, Grade::NoData, Grade::Ready];
        let mut stretches = match (sort, filter.grade) {
            // Within one grade the order by grade is the order by name, and an index serves it.
            (Sort::Name | Sort::Grade, Some(grade)) => vec![Bound::Grade(grade)],
            (Sort::Name, None) => vec![Bound::Name],
            (Sort::Grade, None) => WORST_FIRST.map(Bound::Grade).to_vec(),
            (Sort::Unit, _) => vec![Bound::Unit],
            (Sort::Score, _) => vec![Bound::Score, Bound::NoScore],
            (Sort::Seen, _) => vec![Bound::Seen],
        };
        if direction == Direction::Down {
            stretches.reverse();
        }
        stretches
    }

    /// Whether a list that was left here goes on in this stretch.
    pub(super) fn holds(self, cursor: &Cursor) -> bool {
        match self {
            Bound::Name | Bound::Unit | Bound::Seen => true,
            Bound::Grade(grade) => cursor.grade == grade,
            Bound::Score => cursor.score.is_some(),
            Bound::NoScore => cursor.score.is_none(),
        }
    }

    /// The texts of this stretch.
    pub(super) fn sql(self, direction: Direction) -> Sql {
        use Direction::{Down, Up};
        match (self, direction) {
            (Bound::Name, Up) => {
                stretch!("", "AND (m.hostname, m.id) > ($22, $23)", "m.hostname, m.id")
            }
            (Bound::Name, Down) => {
                stretch!("", "AND (m.hostname, m.id) < ($22, $23)", "m.hostname DESC, m.id DESC")
            }
            (Bound::Unit, Up) => stretch!(
                "",
                "AND (m.unit_path, m.hostname, m.id) > ($22, $23, $24)",
                "m.unit_path, m.hostname, m.id"
            ),
            (Bound::Unit, Down) => stretch!(
                "",
                "AND (m.unit_path, m.hostname, m.id) < ($22, $23, $24)",
                "m.unit_path DESC, m.hostname DESC, m.id DESC"
            ),
            (Bound::Grade(_), Up) => {
                stretch!(
                    everything "AND m.grade = $21 ",
                    subtree "",
                    "AND (m.hostname, m.id) > ($22, $23)",
                    "m.hostname, m.id"
                )
            }
            (Bound::Grade(_), Down) => {
                stretch!(
                    everything "AND m.grade = $21 ",
                    subtree "",
                    "AND (m.hostname, m.id) < ($22, $23)",
                    "m.hostname DESC, m.id DESC"
                )
            }
            (Bound::Score, Up) => {
                stretch!("AND m.score IS NOT NULL ", "AND (m.score, m.id) > ($22, $23)", "m.score, m.id")
            }
            (Bound::Score, Down) => stretch!(
                "AND m.score IS NOT NULL ",
                "AND (m.score, m.id) < ($22, $23)",
                "m.score DESC, m.id DESC"
            ),
            (Bound::NoScore, Up) => stretch!(
                everything "AND m.score IS NULL ",
                subtree "AND m.score + 0 IS NULL ",
                "AND m.id > $22",
                "m.id"
            ),
            (Bound::NoScore, Down) => stretch!(
                everything "AND m.score IS NULL ",
                subtree "AND m.score + 0 IS NULL ",
                "AND m.id < $22",
                "m.id DESC"
            ),
            (Bound::Seen, Up) => {
                stretch!("", "AND (m.seen_at, m.id) > ($22, $23)", "m.seen_at, m.id")
            }
            (Bound::Seen, Down) => {
                stretch!("", "AND (m.seen_at, m.id) < ($22, $23)", "m.seen_at DESC, m.id DESC")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tests::Folder;
    use crate::store::{Store, Tx, sql};

    /// Which index a list begins with.
    async fn first_step(tx: &mut Tx, text: &str) -> anyhow::Result<String> {
        let text = format!("EXPLAIN QUERY PLAN {text}");
        let steps: Vec<(i64, i64, i64, String)> =
            sql!(tx, |c| sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(c).await?);
        Ok(steps.into_iter().next().map(|step| step.3).unwrap_or_default())
    }

    #[tokio::test]
    async fn a_subtree_is_read_by_its_path_and_one_grade_of_everything_by_the_grade() {
        let folder = Folder::new();
        let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
        let mut tx = store.read().await.unwrap();
        let bounds = [
            Bound::Name,
            Bound::Unit,
            Bound::Grade(Grade::NotReady),
            Bound::Score,
            Bound::NoScore,
            Bound::Seen,
        ];
        for (bound, direction) in
            bounds.iter().flat_map(|one| [(*one, Direction::Up), (*one, Direction::Down)])
        {
            let Sql { everything, subtree } = bound.sql(direction);
            for text in [subtree.0, subtree.1] {
                let step = first_step(&mut tx, text).await.unwrap();
                assert!(step.starts_with("SEARCH m ") && step.contains("(unit_path>?"), "{bound:?}: {step}");
            }
            if matches!(bound, Bound::Grade(_)) {
                for text in [everything.0, everything.1] {
                    let step = first_step(&mut tx, text).await.unwrap();
                    assert!(step.starts_with("SEARCH m USING INDEX machine_grade "), "{bound:?}: {step}");
                }
            }
        }
    }
}
