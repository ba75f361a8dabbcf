//! A list in stretches, each of which an index serves: the texts of the queries, from the beginning and behind a cursor.

use rules::assess::Grade;

use super::{Cursor, Direction, Filter, Sort};

/// One stretch of a list: from its beginning, or behind a cursor.
macro_rules! stretch {
    ($where:literal, $behind:literal, $order:literal) => {
        Sql {
            everything: stretch!(everything, $where, $behind, $order),
            subtree: stretch!(subtree, $where, $behind, $order),
        }
    };
    ($scope:ident, $where:literal, $behind:literal, $order:literal) => {
        (
            concat!(
                "SELECT ",
                columns!(),
                filter!($scope),
                "AND ($20 = '' OR m.grade = $20) ",
                $where,
                " ORDER BY ",
                $order,
                " LIMIT $19"
            ),
            concat!(
                "SELECT ",
                columns!(),
                filter!($scope),
                "AND ($20 = '' OR m.grade = $20) ",
                $where,
                $behind,
                " ORDER BY ",
                $order,
                " LIMIT $19"
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
                stretch!("", "AND (m.hostname, m.id) > ($21, $22)", "m.hostname, m.id")
            }
            (Bound::Name, Down) => {
                stretch!("", "AND (m.hostname, m.id) < ($21, $22)", "m.hostname DESC, m.id DESC")
            }
            (Bound::Unit, Up) => stretch!(
                "",
                "AND (m.unit_path, m.hostname, m.id) > ($21, $22, $23)",
                "m.unit_path, m.hostname, m.id"
            ),
            (Bound::Unit, Down) => stretch!(
                "",
                "AND (m.unit_path, m.hostname, m.id) < ($21, $22, $23)",
                "m.unit_path DESC, m.hostname DESC, m.id DESC"
            ),
            (Bound::Grade(_), Up) => {
                stretch!("AND m.grade = $20 ", "AND (m.hostname, m.id) > ($21, $22)", "m.hostname, m.id")
            }
            (Bound::Grade(_), Down) => stretch!(
                "AND m.grade = $20 ",
                "AND (m.hostname, m.id) < ($21, $22)",
                "m.hostname DESC, m.id DESC"
            ),
            (Bound::Score, Up) => {
                stretch!("AND m.score IS NOT NULL ", "AND (m.score, m.id) > ($21, $22)", "m.score, m.id")
            }
            (Bound::Score, Down) => stretch!(
                "AND m.score IS NOT NULL ",
                "AND (m.score, m.id) < ($21, $22)",
                "m.score DESC, m.id DESC"
            ),
            (Bound::NoScore, Up) => stretch!("AND m.score IS NULL ", "AND m.id > $21", "m.id"),
            (Bound::NoScore, Down) => stretch!("AND m.score IS NULL ", "AND m.id < $21", "m.id DESC"),
            (Bound::Seen, Up) => {
                stretch!("", "AND (m.seen_at, m.id) > ($21, $22)", "m.seen_at, m.id")
            }
            (Bound::Seen, Down) => {
                stretch!("", "AND (m.seen_at, m.id) < ($21, $22)", "m.seen_at DESC, m.id DESC")
            }
        }
    }
}
