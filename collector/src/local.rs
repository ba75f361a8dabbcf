//! What holds for one machine beside the rules: the parameters that its units set, and the exceptions from rules.
//!
//! Two machines under one rule set that differ in this were not judged alike: it is part of the digest of what judged.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::civil::Date;

use crate::store::parameter::Values;
use crate::store::{Tx, parameter, waiver};

/// What holds for one machine beside the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Local {
    /// The rules that are waived for it, by id.
    pub waived: BTreeSet<String>,
    /// What its unit, or one above, set: by rule set and name.
    pub parameters: Values,
}

impl Local {
    /// What holds on this day for a machine in the unit of this path.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn of(tx: &mut Tx, machine: &str, unit_path: &str, day: Date) -> Result<Local> {
        let waived = waiver::holding(tx, machine, unit_path, day).await?;
        Ok(Local { waived, parameters: parameter::holding(tx, unit_path).await? })
    }

    /// Whether the machine is judged by the rules alone.
    pub fn is_nothing(&self) -> bool {
        self.waived.is_empty() && self.parameters.is_empty()
    }
}

/// What holds for every machine.
#[derive(Debug, Clone, Default)]
pub struct Locals {
    waivers: waiver::Holding,
    parameters: parameter::Holding,
}

impl Locals {
    /// What holds on this day.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn on(tx: &mut Tx, day: Date) -> Result<Locals> {
        let waivers = waiver::all_holding(tx, day).await?;
        Ok(Locals { waivers, parameters: parameter::all_holding(tx).await? })
    }

    /// What holds for a machine in the unit of this path.
    pub fn of(&self, machine: &str, unit_path: &str) -> Local {
        Local { waived: self.waivers.of(machine, unit_path), parameters: self.parameters.of(unit_path) }
    }
}
