//! Whether everything that is asked can hold at once, or can fail: bounds that exclude each other, a value that is wanted
//! and forbidden, a fact that must be there and must not, a number below all that there are.
//!
//! Finds what a person can write by mistake, not everything that logic could: what depends on a parameter, a pattern or
//! a record of a list may always hold.

use super::{Bound, Check, Node, Operand, Order, Settings, Subject, Test, Truth, day_number};
use crate::facts::Kind;
use crate::quantity::Version;

/// Most pairs of branches of choices and other questions that are looked at, and of questions asked and denied.
const PAIRS_COUNT_MAX: usize = 100_000;

/// The numbers that may lie below zero; all others count or measure something.
const SIGNED: &[&str] = &["clock.utc_offset_minutes"];

/// Whether these can never all hold of one PC.
pub(crate) fn never_hold(nodes: &[&Node]) -> bool {
    Parts::of(nodes.iter().map(|node| Part::Node(node, true))).exclude_each_other(Absence::Counts)
}

/// Whether what is narrow never holds where what is wide does not; of PCs of which all the rest holds.
pub(crate) fn is_within(narrow: &Node, wide: &Node, rest: Option<&Node>) -> bool {
    let holds = rest.into_iter().chain([narrow]).map(|node| Part::Node(node, true));
    Parts::of(holds.chain([Part::Node(wide, false)])).exclude_each_other(Absence::Counts)
}

/// Whether this holds of every PC that has the facts.
pub(crate) fn always_holds(node: &Node) -> bool {
    Parts::of([Part::Node(node, false)]).exclude_each_other(Absence::WhereAsked)
}

/// The first check of a test that every value passes.
pub(crate) fn always_so(test: &Test) -> Option<usize> {
    test.checks.iter().position(|check| {
        let denied = Part::Atom(Atom { test, check, holds: false });
        Parts::of([denied]).exclude_each_other(Absence::WhereAsked)
    })
}

/// Whether a fact may be absent too.
#[derive(Clone, Copy, PartialEq)]
enum Absence {
    /// Always.
    Counts,
    /// Only where it is asked whether it is. That a size is less than 8 GiB or not is no question, though neither is true
    /// of what is not there.
    WhereAsked,
}

/// Something that holds or does not.
#[derive(Clone, Copy)]
enum Part<'n> {
    Node(&'n Node, bool),
    Atom(Atom<'n>),
}

/// One check of one fact, which holds or does not.
#[derive(Clone, Copy)]
struct Atom<'n> {
    test: &'n Test,
    check: &'n Check,
    holds: bool,
}

/// Everything that is so at once: atoms, and choices of which one is so.
#[derive(Default)]
struct Parts<'n> {
    atoms: Vec<Atom<'n>>,
    choices: Vec<Vec<Part<'n>>>,
}

impl<'n> Parts<'n> {
    fn of(parts: impl IntoIterator<Item = Part<'n>>) -> Parts<'n> {
        let mut all = Parts::default();
        parts.into_iter().for_each(|part| all.take(part));
        all
    }

    fn take(&mut self, part: Part<'n>) {
        let (node, holds) = match part {
            Part::Node(node, holds) => (node, holds),
            Part::Atom(atom) => return self.atoms.push(atom),
        };
        match node {
            Node::All(nodes) => self.take_several(nodes.iter().map(|node| Part::Node(node, holds)), holds),
            Node::Any(nodes) => self.take_several(nodes.iter().map(|node| Part::Node(node, holds)), !holds),
            Node::Not(node) => self.take(Part::Node(node, !holds)),
            Node::Test(test) => {
                let atom = |check| Part::Atom(Atom { test, check, holds });
                self.take_several(test.checks.iter().map(atom), holds);
            }
            Node::Meets(..) => {}
        }
    }

    /// Takes all of these, or a choice of them.
    fn take_several(&mut self, parts: impl ExactSizeIterator<Item = Part<'n>>, all_are_so: bool) {
        if all_are_so || parts.len() == 1 {
            parts.for_each(|part| self.take(part));
        } else {
            self.choices.push(parts.collect());
        }
    }

    fn exclude_each_other(mut self, absence: Absence) -> bool {
        if self.clash(absence) {
            return true;
        }
        let mut pairs = 0_usize;
        self.choices.iter().any(|branches| {
            pairs = pairs.saturating_add(branches.len().saturating_mul(self.atoms.len().max(1)));
            pairs <= PAIRS_COUNT_MAX
                && branches.iter().all(|branch| {
                    let mut with = Parts { atoms: self.atoms.clone(), choices: Vec::new() };
                    with.take(*branch);
                    with.clash(absence)
                })
        })
    }

    /// Whether no answer to one of the facts fits all of its atoms.
    fn clash(&mut self, absence: Absence) -> bool {
        self.atoms.sort_by_key(|atom| atom.test.subject);
        let mut of_one = self.atoms.chunk_by(|one, other| one.test.subject == other.test.subject);
        of_one.any(|atoms| clash(atoms, absence))
    }
}

impl Atom<'_> {
    /// Whether it is asked whether there is an answer, and there is none.
    fn is_absent(&self) -> bool {
        matches!(self.check, Check::Absent(absent) if *absent == self.holds)
    }

    /// Whether it can be so of a fact that is absent. What a unit sets is not known here.
    fn may_be_so_of_absent(&self) -> bool {
        self.check.holds_of_absent(&Settings::default()) != Truth::from(!self.holds)
    }

    /// Whether it surely is not so of this value.
    fn refuses(&self, candidate: &Operand) -> bool {
        says(self.check, candidate).is_some_and(|holds| holds != self.holds)
    }

    /// The values of which one is wanted, where they are listed.
    fn candidates(&self) -> Option<&[Operand]> {
        let listed = match (self.check, self.holds) {
            (Check::Equals(operand), true) | (Check::NotEquals(operand), false) => {
                std::slice::from_ref(operand)
            }
            (Check::OneOf(operands), true) | (Check::NoneOf(operands), false) => operands,
            _ => return None,
        };
        is_fixed(listed).then_some(listed)
    }
}

/// Whether no answer fits all of these atoms of one fact.
fn clash(atoms: &[Atom<'_>], absence: Absence) -> bool {
    let asked = atoms.iter().any(|atom| matches!(atom.check, Check::Absent(_)));
    let counts = absence == Absence::Counts || asked;
    if counts && atoms.iter().all(Atom::may_be_so_of_absent) {
        return false;
    }
    atoms.iter().any(Atom::is_absent)
        || no_range(atoms)
        || no_candidate(atoms)
        || walks_clash(atoms)
        || asked_and_denied(atoms)
}

/// Whether no number, day or version lies within all bounds.
fn no_range(atoms: &[Atom<'_>]) -> bool {
    let mut value = atoms.first().map(|atom| Range::of_kind(atom.test)).unwrap_or_default();
    let mut age = Range::default();
    let mut count = Range::from_zero();
    for Atom { check, holds, .. } in atoms {
        let order = |order: Order| Bound::Order(if *holds { order } else { order.opposite() });
        match check {
            Check::Equals(operand) if *holds => value.bound(Bound::Equals, operand),
            Check::NotEquals(operand) if !holds => value.bound(Bound::Equals, operand),
            Check::Order(asked, operand) => value.bound(order(*asked), operand),
            Check::NewerThan(days) => age.bound(order(Order::AtMost), days),
            Check::OlderThan(days) => age.bound(order(Order::MoreThan), days),
            Check::FurtherThan(Operand::Number(days)) => {
                age.keep(order(Order::LessThan), Limit::Number(-i128::from(*days)));
            }
            Check::Count(None, bounds) if *holds => {
                bounds.iter().for_each(|(bound, operand)| count.bound(*bound, operand));
            }
            Check::Count(_, bounds) => {
                // How many records are such is asked of several sorts of records, each on its own.
                let mut of_these = Range::from_zero();
                match bounds.as_slice() {
                    bounds if *holds => {
                        bounds.iter().for_each(|(bound, operand)| of_these.bound(*bound, operand));
                    }
                    [(Bound::Order(asked), operand)] => of_these.bound(order(*asked), operand),
                    _ => {}
                }
                if of_these.is_empty() {
                    return true;
                }
            }
            _ => {}
        }
    }
    value.is_empty() || age.is_empty() || count.is_empty()
}

/// Whether every value that is listed, or that there is, is refused.
fn no_candidate(atoms: &[Atom<'_>]) -> bool {
    let all_refused = |candidates: &[Operand]| {
        candidates.iter().all(|candidate| atoms.iter().any(|atom| atom.refuses(candidate)))
    };
    let all = atoms.first().and_then(|atom| every_value(atom.test.kind));
    atoms.iter().filter_map(Atom::candidates).any(all_refused)
        || all.is_some_and(|all| all_refused(&all))
        || atoms.iter().any(|atom| is_left_out(atom, atoms))
}

/// Whether a text must be in a list that may hold only others.
fn is_left_out(atom: &Atom<'_>, atoms: &[Atom<'_>]) -> bool {
    let Atom { check: Check::Contains(part), holds: true, .. } = atom else { return false };
    let only = |other: &Atom<'_>| match other.check {
        Check::Only(operands) => other.holds && is_fixed(operands) && !operands.contains(part),
        _ => false,
    };
    is_fixed(std::slice::from_ref(part)) && atoms.iter().any(only)
}

/// Every value of a kind that has few.
fn every_value(kind: Kind) -> Option<Vec<Operand>> {
    match kind {
        Kind::Flag => Some(vec![Operand::Flag(false), Operand::Flag(true)]),
        Kind::Word(words) => Some(words.iter().map(|word| Operand::Text(word.word.to_owned())).collect()),
        Kind::Number
        | Kind::Bytes
        | Kind::Mhz
        | Kind::Percent
        | Kind::Days
        | Kind::Milliseconds
        | Kind::Date
        | Kind::Moment
        | Kind::Version
        | Kind::Text
        | Kind::Texts
        | Kind::Records(_) => None,
    }
}

/// Whether none of these waits for what a unit sets.
fn is_fixed(operands: &[Operand]) -> bool {
    !operands.iter().any(|operand| matches!(operand, Operand::Parameter(..) | Operand::Later(..)))
}

/// Whether the check holds of this value; none where that cannot be told.
fn says(check: &Check, candidate: &Operand) -> Option<bool> {
    let text = match candidate {
        Operand::Text(text) => Some(text.as_str()),
        Operand::Version(version) => Some(version.0.as_str()),
        _ => None,
    };
    let among = |operands: &[Operand]| match operands.contains(candidate) {
        true => Some(true),
        false => is_fixed(operands).then_some(false),
    };
    match check {
        Check::Equals(operand) => among(std::slice::from_ref(operand)),
        Check::NotEquals(operand) => among(std::slice::from_ref(operand)).map(|is| !is),
        Check::OneOf(operands) => among(operands),
        Check::NoneOf(operands) => among(operands).map(|is| !is),
        Check::Contains(Operand::Text(part)) => text.map(|text| text.contains(part.as_str())),
        Check::Matches(pattern) => text.map(|text| pattern.is_match(text)),
        Check::Order(order, operand) if is_fixed(std::slice::from_ref(operand)) => {
            let mut range = Range::default();
            range.bound(Bound::Order(*order), operand);
            range.bound(Bound::Equals, candidate);
            Some(!range.is_empty())
        }
        _ => None,
    }
}

/// Whether some record must be what none may be.
fn walks_clash(atoms: &[Atom<'_>]) -> bool {
    let asked = |node: &Node| {
        let mut text = String::new();
        node.describe(&mut text, false);
        text
    };
    let wanted: Vec<String> = atoms
        .iter()
        .filter_map(|atom| match (atom.check, atom.holds) {
            (Check::Some(walk), true) | (Check::None(walk), false) => Some(asked(&walk.node)),
            _ => None,
        })
        .collect();
    atoms.iter().any(|atom| match (atom.check, atom.holds) {
        (Check::None(walk), true) | (Check::Some(walk), false) if !wanted.is_empty() => {
            wanted.contains(&asked(&walk.node))
        }
        _ => false,
    })
}

/// Whether the same is asked and denied.
fn asked_and_denied(atoms: &[Atom<'_>]) -> bool {
    let (asked, denied): (Vec<&Atom<'_>>, Vec<&Atom<'_>>) = atoms.iter().partition(|atom| atom.holds);
    asked.len().saturating_mul(denied.len()) <= PAIRS_COUNT_MAX
        && asked.iter().any(|asked| denied.iter().any(|denied| asked.check == denied.check))
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
    /// What the value of this fact can be at all. A parameter may be anything.
    fn of_kind(test: &Test) -> Range<'o> {
        match test.kind {
            _ if matches!(test.subject, Subject::Parameter(_)) => Range::default(),
            Kind::Number if SIGNED.contains(&test.name.as_str()) => Range::default(),
            Kind::Number | Kind::Bytes | Kind::Mhz => Range::from_zero(),
            Kind::Percent => Range { high: Some(Limit::Number(100)), ..Range::from_zero() },
            _ => Range::default(),
        }
    }

    fn from_zero() -> Range<'o> {
        Range { low: Some(Limit::Number(0)), ..Range::default() }
    }

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
