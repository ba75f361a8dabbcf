//! One walk through a long list for all patterns of a rule set.
//!
//! A PC has hundreds of programs, and several rules look for a few names among them. The literal texts that their
//! patterns cannot do without are looked for together, once a PC; then each rule asks only the few records of which
//! it may hold.

use super::pattern::Needles;
use super::{Check, Condition, Node, Subject, Walk};
use crate::fact::Fact;
use crate::facts::{Place, Records, Value};

/// The texts to look for in one field of one list.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    pub(super) list: Place,
    field: usize,
    needles: Needles,
    /// For each needle, the questions that it belongs to, a bit each.
    bits: Vec<u64>,
}

/// The records of which a question may hold.
#[derive(Debug)]
pub(super) struct Scanned(Vec<(usize, u64)>);

impl Scan {
    /// Walks through the list. A record whose text is unknown may be anything.
    pub(super) fn of(&self, records: &dyn Records) -> Scanned {
        let mut found = Vec::new();
        for index in 0..records.count() {
            let bits = match records.nth(index, self.field) {
                Fact::Known(Value::Text(text)) => {
                    let mut bits = 0;
                    self.needles.each_in(text.as_bytes(), |needle| bits |= self.bits[needle]);
                    bits
                }
                Fact::Absent => 0,
                Fact::Known(_) | Fact::Unknown(_) => u64::MAX,
            };
            if bits != 0 {
                found.push((index, bits));
            }
        }
        Scanned(found)
    }
}

impl Scanned {
    /// Every record may be meant.
    pub(super) fn everything(count: usize) -> Scanned {
        Scanned((0..count).map(|index| (index, u64::MAX)).collect())
    }

    /// The records of which this question may hold, in order.
    pub(super) fn may_hold(&self, bit: u64) -> impl Iterator<Item = usize> {
        self.0.iter().filter(move |(_, bits)| bits & bit != 0).map(|(index, _)| *index)
    }
}

/// What is looked for in one field of one list: the list, the field, each text with its bit, and how many bits are used.
type Sought = (Place, usize, Vec<(String, u64)>, u32);

/// Gathers what the conditions of a set look for in lists, and tells each question its scan and its bit.
pub(crate) fn gather<'c>(conditions: impl Iterator<Item = &'c mut Condition>) -> Vec<Scan> {
    let mut gathered: Vec<Sought> = Vec::new();
    for condition in conditions {
        condition.node_mut().walks(&mut |list: Place, walk: &mut Walk| {
            walk.guard = None;
            let Some((field, needles)) = guard(&walk.node) else { return };
            let known = gathered.iter().position(|(at, of, ..)| *at == list && *of == field);
            let scan = known.unwrap_or_else(|| {
                gathered.push((list, field, Vec::new(), 0));
                gathered.len() - 1
            });
            let (_, _, all, used) = &mut gathered[scan];
            // Whoever comes after the last bit asks each record himself.
            if *used < u64::BITS {
                let bit = 1 << *used;
                *used += 1;
                all.extend(needles.into_iter().map(|needle| (needle, bit)));
                walk.guard = Some((scan, bit));
            }
        });
    }
    gathered
        .into_iter()
        .filter_map(|(list, field, needles, _)| {
            let (texts, bits): (Vec<String>, Vec<u64>) = needles.into_iter().unzip();
            Some(Scan { list, field, needles: Needles::new(texts)?, bits })
        })
        .collect()
}

/// The field of a record, and texts of which one stands in it wherever this question is true.
fn guard(node: &Node) -> Option<(usize, Vec<String>)> {
    match node {
        Node::Test(test) => {
            let Subject::Field(field) = test.subject else { return None };
            let patterns = test.checks.iter().filter_map(|check| match check {
                Check::Matches(pattern) => pattern.needles(),
                _ => None,
            });
            let needles = patterns.into_iter().next()?;
            Some((field, needles.to_vec()))
        }
        Node::All(nodes) => nodes.iter().find_map(guard),
        Node::Any(nodes) => {
            let mut guards = nodes.iter().map(guard);
            let (field, mut needles) = guards.next()??;
            for other in guards {
                let (other_field, more) = other?;
                if other_field != field {
                    return None;
                }
                needles.extend(more);
            }
            Some((field, needles))
        }
        Node::Not(_) | Node::Meets(..) => None,
    }
}
