//! Whether two sets of identity evidence are of one PC.
//!
//! Only trustworthy evidence speaks. A kind that one side lacks says nothing: an agent without rights reads less, a
//! drive may be away. A kind agrees when both sides share a value of it, and differs when both have values and share
//! none. It does not know what the evidence was read from.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::identity::{Evidence, Piece, Worth};

/// Trustworthy evidence: the hashes of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signs(BTreeMap<Evidence, BTreeSet<String>>);

impl Signs {
    /// The trustworthy ones of these pieces.
    pub fn of(pieces: &[Piece]) -> Signs {
        let mut signs = Signs::default();
        for piece in pieces {
            if let (Some(kind), Some(Worth::Trustworthy), Some(value)) =
                (piece.kind.known(), piece.worth.known(), piece.value.known())
            {
                signs.add(*kind, value.clone());
            }
        }
        signs
    }

    /// Adds one hash.
    pub fn add(&mut self, kind: Evidence, value: String) {
        self.0.entry(kind).or_default().insert(value);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every hash with its kind.
    pub fn iter(&self) -> impl Iterator<Item = (Evidence, &str)> {
        self.0.iter().flat_map(|(kind, values)| values.iter().map(|value| (*kind, value.as_str())))
    }

    /// What is known of a PC after it said `newer`: of a kind that it did not tell this time, the older stays.
    pub fn renewed(mut self, newer: &Signs) -> Signs {
        self.0.extend(newer.0.clone());
        self
    }

    /// How these are like others.
    pub fn compare(&self, other: &Signs) -> Likeness {
        let mut likeness = Likeness::default();
        for (kind, values) in &self.0 {
            match other.0.get(kind) {
                Some(others) if values.is_disjoint(others) => likeness.differ.insert(*kind),
                Some(_) => likeness.agree.insert(*kind),
                None => continue,
            };
        }
        likeness
    }
}

/// How two sets of evidence are like each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Likeness {
    /// Kinds that share a value.
    pub agree: BTreeSet<Evidence>,
    /// Kinds that both have and that share none.
    pub differ: BTreeSet<Evidence>,
}

impl Likeness {
    /// Whether they are surely of one PC: at least two kinds agree, and none differs unless the UUID of the system is
    /// among those that agree. A drive or an adapter alone moves from PC to PC.
    pub fn is_same(&self) -> bool {
        self.agree.len() >= 2 && (self.differ.is_empty() || self.agree.contains(&Evidence::SystemUuid))
    }

    /// Whether they are surely of two PCs: at least two kinds differ and none agrees. A replaced board or drive
    /// leaves something that agrees.
    pub fn is_another(&self) -> bool {
        self.agree.is_empty() && self.differ.len() >= 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Fact, Reason};

    fn signs(text: &str) -> Signs {
        let mut signs = Signs::default();
        for word in text.split_whitespace() {
            let (kind, value) = word.split_once(':').unwrap();
            let kind = Evidence::ALL.iter().find(|evidence| evidence.word().starts_with(kind)).unwrap();
            signs.add(*kind, value.to_owned());
        }
        signs
    }

    fn check(one: &str, other: &str, expected: &str) {
        let likeness = signs(one).compare(&signs(other));
        assert_eq!(signs(other).compare(&signs(one)), likeness, "{one} and {other}");
        let said = match (likeness.is_same(), likeness.is_another()) {
            (true, false) => "same",
            (false, true) => "another",
            (false, false) => "unclear",
            (true, true) => "nonsense",
        };
        assert_eq!(said, expected, "{one} and {other}");
    }

    #[test]
    fn same_another_or_unclear() {
        check("serial:1 system:u disk:a mac:m", "serial:1 system:u disk:a mac:m", "same");
        check("serial:1 system:u disk:a mac:m", "serial:1 system:u disk:b mac:m", "same");
        check("system:u mac:m", "system:u mac:m", "same");
        check("serial:1 mac:m", "serial:1 mac:m", "same");
        // A replaced board keeps the drive.
        check("serial:1 system:u disk:a", "serial:2 system:v disk:a", "unclear");
        // A drive in another PC, and an adapter.
        check("serial:1 disk:a mac:m", "serial:2 disk:a mac:m", "unclear");
        check("disk:a", "disk:a", "unclear");
        check("serial:1 system:u disk:a", "serial:2 system:v disk:b", "another");
        check("serial:1 mac:m", "serial:2 mac:n", "another");
        // One kind is too little to tell two PCs apart.
        check("mac:m", "mac:n", "unclear");
        check("serial:1", "disk:a", "unclear");
        check("", "", "unclear");
        // One of several drives is enough.
        check("disk:a disk:b system:u", "disk:b disk:c system:u", "same");
    }

    #[test]
    fn only_trustworthy_evidence_speaks() {
        let piece = |worth, value: &str| Piece {
            kind: Fact::Known(Evidence::Serial),
            worth,
            value: Fact::Known(value.to_owned()),
        };
        let pieces = [
            piece(Fact::Known(Worth::Junk), "junk"),
            piece(Fact::Known(Worth::Missing), "missing"),
            piece(Fact::Unknown(Reason::Denied), "denied"),
            piece(Fact::Known(Worth::Trustworthy), "1"),
        ];
        assert_eq!(Signs::of(&pieces), signs("serial:1"));
        assert!(Signs::of(&pieces[..3]).is_empty());
    }

    #[test]
    fn what_was_not_told_stays() {
        let renewed = signs("serial:1 disk:a disk:b").renewed(&signs("disk:c mac:m"));
        assert_eq!(renewed, signs("serial:1 disk:c mac:m"));
    }
}
