//! What units lack by their own declarations: a rule about units that fails by what is declared alone, and whose remedy
//! buys something. What is counted over machines and seats is planned from these.

use anyhow::Result;
use jiff::civil::Date;
use rules::assess::{Outcome, assess_unit};
use rules::plan::{Lacks, Missing, Unit};
use rules::ruleset::in_force;

use crate::app::Judge;
use crate::judge::unit_settings;
use crate::local::Locals;
use crate::store::Tx;
use crate::store::declaration::{self, Declared};
use crate::store::listing::Scope;
use crate::survey;

/// What units declared, and what they set for themselves.
pub(crate) struct Declarations {
    declared: Declared,
    locals: Locals,
}

impl Declarations {
    /// Those of a scope that hold on this day.
    ///
    /// # Errors
    /// When the database cannot.
    pub(crate) async fn of(tx: &mut Tx, scope: &Scope, day: Date) -> Result<Declarations> {
        let declared = declaration::latest(tx, scope).await?;
        Ok(Declarations { declared, locals: Locals::on(tx, day).await? })
    }

    /// What these units lack by the rules in force on this day.
    ///
    /// # Errors
    /// When a declaration is no answer to its fact.
    pub(crate) fn missing(
        &self,
        judge: &Judge,
        day: Date,
        units: &[Unit],
        ids: &[String],
    ) -> Result<Vec<Missing>> {
        let Some(set) = in_force(&judge.sets, day) else { return Ok(Vec::new()) };
        let mut missing = Vec::new();
        for (place, unit) in units.iter().enumerate() {
            if ids.get(place).is_none_or(|id| !self.declared.contains_key(id)) {
                continue;
            }
            let lineage = survey::lineage(&unit.path, &units[unit.agency].path);
            let facts = survey::facts(&survey::holding(&self.declared, &lineage))?;
            let settings = unit_settings(set, &self.locals.of("", &unit.path));
            let verdicts = assess_unit(&facts, set, day, &settings);
            for (verdict, rule) in verdicts.iter().zip(&set.unit_rules) {
                let item = rule.remedies.iter().find_map(|id| set.remedies.get(id)?.item.clone());
                let fails = verdict.outcome == Outcome::Fail && !verdict.waived;
                if let (true, Some(item)) = (fails, item) {
                    let lacks = Lacks { rules: vec![rule.id.clone()], others: 0, severity: verdict.severity };
                    missing.push(Missing { unit: place, item, lacks });
                }
            }
        }
        Ok(missing)
    }
}
