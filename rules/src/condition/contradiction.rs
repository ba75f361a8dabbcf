//! Whether everything that is asked can hold at once: bounds that exclude each other, a value that is wanted and
//! forbidden, a fact that must be there and must not.
//!
//! Finds what a person can write by mistake, not everything that logic could: what depends on a parameter, a pattern or
//! a record of a list may always hold.

use super::{Bound, Check, Node, Operand, Order, Settings, Test, Truth, day_number};
use crate::quantity::Version;

/// Most pairs of a choice's branches and other questions that are looked at.
const PAIRS_COUNT_MAX: usize = 10_000;

/// Whether these can never all hold of one PC.
pub(crate) fn never_hold(nodes: &[&Node]) -> bool {
    let mut parts = Parts::default();
    nodes.iter().for_each(|node| parts.take(node));
    if parts.exclude_each_other() {
        return true;
    }
    let tests = parts.tests.len();
    parts.choices.iter().any(|branches| {
        branches.len().saturating_mul(tests) <= PAIRS_COUNT_MAX
            && branches.iter().all(|branch| {
                let mut with = Parts { tests: parts.tests.clone(), choices: Vec::new() };
                with.take(branch);
                with.exclude_each_other()
            })
    })
}

/// Everything that must hold at once.
#[derive(Default)]
struct Parts<'n> {
    tests: Vec<&'n Test>,
    choices: Vec<&'n [Node]>,
}

impl<'n> Parts<'n> {
    fn take(&mut self, node: &'n Node) {
        match node {
            Node::All(nodes) => nodes.iter().for_each(|node| self.take(node)),
            Node::Test(test) => self.tests.push(test),
            Node::Any(branches) => self.choices.push(branches),
            Node::Not(_) | Node::Meets(..) => {}
        }
    }

    fn exclude_each_other(&mut self) -> bool {
        self.tests.sort_by_key(|test| test.subject);
        let mut of_one = self.tests.chunk_by(|one, other| one.subject == other.subject);
        of_one.any(|tests| {
            let checks: Vec<&Check> = tests.iter().flat_map(|test| &test.checks).collect();
            clash(&checks)
        })
    }
}

/// Whether no answer passes all of these checks of one fact.
fn clash(checks: &[&Check]) -> bool {
    let absent = checks.iter().any(|check| matches!(check, Check::Absent(true)));
    if absent && checks.iter().any(|check| !may_hold_of_absent(check)) {
        return true;
    }
    let mut value = Range::default();
    let mut age = Range::default();
    let mut count = Range { low: Some(Limit::Number(0)), ..Range::default() };
    for check in checks {
        match check {
            Check::Equals(operand) => value.bound(Bound::Equals, operand),
            Check::Order(order, operand) => value.bound(Bound::Order(*order), operand),
            Check::NewerThan(days) => age.bound(Bound::Order(Order::AtMost), days),
            Check::OlderThan(days) => age.bound(Bound::Order(Order::MoreThan), days),
            Check::FurtherThan(Operand::Number(days)) => {
                age.keep(Bound::Order(Order::LessThan), Limit::Number(-i128::from(*days)));
            }
            Check::Count(None, bounds) => {
                bounds.iter().for_each(|(bound, operand)| count.bound(*bound, operand));
            }
            Check::Count(Some(_), bounds) => {
                // How many records are such is asked of several sorts of records, each on its own.
                let mut of_these = Range { low: Some(Limit::Number(0)), ..Range::default() };
                bounds.iter().for_each(|(bound, operand)| of_these.bound(*bound, operand));
                if of_these.is_empty() {
                    return true;
                }
            }
            _ => {}
        }
    }
    value.is_empty() || age.is_empty() || count.is_empty() || no_candidate(checks) || walks_clash(checks)
}

/// Whether the check can hold of a fact that is absent. What a unit sets is not known here.
fn may_hold_of_absent(check: &Check) -> bool {
    check.holds_of_absent(&Settings::default()) != Truth::False
}

/// Whether every value of a list that is given is refused by another check.
fn no_candidate(checks: &[&Check]) -> bool {
    checks.iter().any(|check| {
        let candidates = match check {
            Check::Equals(operand) => std::slice::from_ref(operand),
            Check::OneOf(operands) => operands.as_slice(),
            // All of it must be in the other list.
            Check::Contains(part) => {
                let only = |check: &&Check| match check {
                    Check::Only(operands) => is_fixed(operands) && !operands.contains(part),
                    _ => false,
                };
                return is_fixed(std::slice::from_ref(part)) && checks.iter().any(only);
            }
            _ => return false,
        };
        is_fixed(candidates)
            && candidates.iter().all(|candidate| checks.iter().any(|check| refuses(check, candidate)))
    })
}

/// Whether none of these waits for what a unit sets.
fn is_fixed(operands: &[Operand]) -> bool {
    !operands.iter().any(|operand| matches!(operand, Operand::Parameter(..) | Operand::Later(..)))
}

/// Whether the check surely does not hold of this value.
fn refuses(check: &Check, candidate: &Operand) -> bool {
    let text = match candidate {
        Operand::Text(text) => Some(text.as_str()),
        Operand::Version(version) => Some(version.0.as_str()),
        _ => None,
    };
    match check {
        Check::Equals(operand) => is_fixed(std::slice::from_ref(operand)) && operand != candidate,
        Check::NotEquals(operand) => operand == candidate,
        Check::OneOf(operands) => is_fixed(operands) && !operands.contains(candidate),
        Check::NoneOf(operands) => operands.contains(candidate),
        Check::Contains(Operand::Text(part)) => text.is_some_and(|text| !text.contains(part.as_str())),
        Check::Matches(pattern) => text.is_some_and(|text| !pattern.is_match(text)),
        Check::Order(order, operand) => {
            let mut range = Range::default();
            range.bound(Bound::Order(*order), operand);
            range.bound(Bound::Equals, candidate);
            range.is_empty()
        }
        _ => false,
    }
}

/// Whether some record must be what none may be.
fn walks_clash(checks: &[&Check]) -> bool {
    let asked = |node: &Node| {
        let mut text = String::new();
        node.describe(&mut text, false);
        text
    };
    let some = checks.iter().filter_map(|check| match check {
        Check::Some(walk) => Some(asked(&walk.node)),
        _ => None,
    });
    let wanted: Vec<String> = some.collect();
    checks.iter().any(|check| match check {
        Check::None(walk) if !wanted.is_empty() => wanted.contains(&asked(&walk.node)),
        _ => false,
    })
}

/// What lies between two limits, both of which belong to it unless they are open.
#[derive(Default)]
struct Range<'o> {
    low: Option<Limit<'o>>,
    high: Option<Limit<'o>>,
    low_is_open: bool,
    high_is_open: bool,
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Limit<'o> {
    Number(i128),
    Version(&'o Version),
}

impl<'o> Range<'o> {
    fn bound(&mut self, bound: Bound, operand: &'o Operand) {
        let limit = match operand {
            Operand::Number(number) => Limit::Number(i128::from(*number)),
            Operand::Date(date) => Limit::Number(i128::from(day_number(*date))),
            Operand::Moment(moment) => Limit::Number(moment.as_nanosecond()),
            Operand::Version(version) => Limit::Version(version),
            Operand::Flag(_) | Operand::Text(_) | Operand::Parameter(..) | Operand::Later(..) => return,
        };
        self.keep(bound, limit);
    }

    fn keep(&mut self, bound: Bound, limit: Limit<'o>) {
        match (bound, limit) {
            (Bound::Equals, _) => {
                self.raise(limit, false);
                self.lower(limit, false);
            }
            (Bound::Order(Order::AtLeast), _) => self.raise(limit, false),
            (Bound::Order(Order::AtMost), _) => self.lower(limit, false),
            // Between two whole numbers there is none.
            (Bound::Order(Order::MoreThan), Limit::Number(number)) => {
                self.raise(Limit::Number(number + 1), false);
            }
            (Bound::Order(Order::LessThan), Limit::Number(number)) => {
                self.lower(Limit::Number(number - 1), false);
            }
            (Bound::Order(Order::MoreThan), Limit::Version(_)) => self.raise(limit, true),
            (Bound::Order(Order::LessThan), Limit::Version(_)) => self.lower(limit, true),
        }
    }

    fn raise(&mut self, limit: Limit<'o>, is_open: bool) {
        match self.low {
            Some(low) if low > limit => {}
            Some(low) if low == limit => self.low_is_open |= is_open,
            Some(_) | None => (self.low, self.low_is_open) = (Some(limit), is_open),
        }
    }

    fn lower(&mut self, limit: Limit<'o>, is_open: bool) {
        match self.high {
            Some(high) if high < limit => {}
            Some(high) if high == limit => self.high_is_open |= is_open,
            Some(_) | None => (self.high, self.high_is_open) = (Some(limit), is_open),
        }
    }

    fn is_empty(&self) -> bool {
        match (self.low, self.high) {
            (Some(low), Some(high)) if low == high => self.low_is_open || self.high_is_open,
            (Some(low), Some(high)) => low > high,
            (None, _) | (_, None) => false,
        }
    }
}
