//! What the address of a plan asks, and the plan that answers it.

use std::time::Duration;

use crate::app::App;
use crate::error::Failure;
use crate::money::{self, Refused};
use crate::planning::beside::{self, Progress};
use crate::planning::{self, Planned, Wish, YEARS_MAX};
use crate::store::listing::{self, Scope, UnitRow};
use crate::terms::{PERCENT, Terms};
use crate::web::format::{self, fill, number};
use crate::web::scenarios::PLANS;
use crate::web::{Fields, Site, Visitor};

/// How long a file waits for machines that are not diagnosed yet.
const PATIENCE_FILE: Duration = Duration::from_secs(120);
/// Longest name of a fund, in characters.
const FUND_CHARS_MAX: usize = 120;

/// What the address asks.
pub(in crate::web) struct Asked {
    /// Id of the unit; empty for everything that the person sees.
    pub(in crate::web) unit: String,
    /// The budgets as somebody wrote them.
    pub(super) budget: String,
    pub(in crate::web) years: usize,
    /// Id of the norm; empty for the one in force.
    pub(in crate::web) norm: String,
    /// Where the money comes from.
    pub(in crate::web) fund: String,
    /// Digest of a price book; empty for the one in force.
    pub(super) prices: String,
    /// By how many percent all prices differ, as somebody wrote it.
    pub(super) percent: String,
    /// Digest of a rule set; empty for those in force.
    pub(super) rules: String,
}

impl Asked {
    /// What these fields ask.
    pub(in crate::web) fn of(fields: &Fields) -> Asked {
        let budget = fields.text("budget").trim();
        let years = match budget.split(';').count() {
            1 => fields.text("years").parse().unwrap_or(1),
            each => each,
        };
        Asked {
            unit: fields.text("unit").to_owned(),
            budget: budget.to_owned(),
            years: years.clamp(1, YEARS_MAX),
            norm: fields.text("norm").to_owned(),
            fund: fields.text("fund").trim().chars().take(FUND_CHARS_MAX).collect(),
            prices: fields.text("prices").to_owned(),
            percent: fields.text("percent").trim().to_owned(),
            rules: fields.text("rules").to_owned(),
        }
    }

    /// The address of the page or file at this path for the same plan.
    pub(super) fn url(&self, path: &str) -> String {
        let fields = self.fields();
        let given: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        format::url(path, &given)
    }

    /// The fields of a form for the same plan.
    pub(super) fn fields(&self) -> [(&'static str, String); 8] {
        [
            ("unit", self.unit.clone()),
            ("budget", self.budget.clone()),
            ("years", self.years.to_string()),
            ("norm", self.norm.clone()),
            ("fund", self.fund.clone()),
            ("prices", self.prices.clone()),
            ("percent", self.percent.clone()),
            ("rules", self.rules.clone()),
        ]
    }

    /// Whether other prices or rules are tried.
    pub(super) fn is_trial(&self) -> bool {
        !(self.prices.is_empty() && self.percent.is_empty() && self.rules.is_empty())
    }

    /// By what the plan is to be made; an error where the percent cannot be read.
    pub(in crate::web) fn terms(&self) -> Result<Terms, ()> {
        let plain: String =
            self.percent.chars().filter(|letter| !matches!(letter, ' ' | '%' | '\u{a0}')).collect();
        let percent = if plain.is_empty() { 0 } else { plain.parse().map_err(|_| ())? };
        if !(PERCENT.0..=PERCENT.1).contains(&percent) {
            return Err(());
        }
        let given = |digest: &String| Some(digest.clone()).filter(|digest| !digest.is_empty());
        Ok(Terms { prices: given(&self.prices), percent, rules: given(&self.rules) })
    }

    /// The budget of each year in đồng, such as `500` or `500; 300; 0` in million; none without a limit.
    ///
    /// # Errors
    /// The text that cannot be a budget, and why.
    pub(in crate::web) fn budgets(&self) -> Result<Vec<i64>, (String, Refused)> {
        if self.budget.is_empty() {
            return Ok(Vec::new());
        }
        let one = |text: &str| money::of_millions(text).map_err(|refused| (text.trim().to_owned(), refused));
        // One number is that of every year; several are those of the years, the first first.
        match self.budget.split(';').collect::<Vec<_>>().as_slice() {
            [every] => Ok(vec![one(every)?; self.years]),
            each if each.len() <= YEARS_MAX => each.iter().map(|year| one(year)).collect(),
            _ => Err((self.budget.clone(), Refused::Unclear)),
        }
    }
}

/// A plan that is asked for, or why there is none.
pub(super) enum Answer {
    /// The plan, and the place that it is for.
    Made(String, Box<Planned>),
    /// What is wrong with what was asked.
    Wrong(Vec<String>),
    /// Machines are being diagnosed by the prices and rules that it is made by.
    Waiting(Progress),
}

/// The units that may be chosen, and the plan that is asked for. `patience` is how long diagnoses are waited for.
pub(super) async fn answer(
    site: &Site,
    visitor: &Visitor,
    asked: &Asked,
    patience: Duration,
) -> Result<(Vec<UnitRow>, Answer), Failure> {
    let w = visitor.words();
    let mut tx = site.app.store.read().await?;
    let units = listing::units(&mut tx, &visitor.person.scope).await?;
    drop(tx);
    let (place, scope) = match asked.unit.as_str() {
        "" => {
            let name = listing::root(&units).map_or(&w.plan_everything, |root| &root.name);
            (name.clone(), visitor.person.scope.clone())
        }
        id => {
            let unit = units.iter().find(|unit| unit.id == id).ok_or(Failure::NotFound)?;
            (unit.name.clone(), Scope::subtree(&unit.path))
        }
    };
    let wish = match wish(site, visitor, asked, scope) {
        Ok(wish) => wish,
        Err(wrong) => return Ok((units, Answer::Wrong(vec![wrong]))),
    };
    match diagnosed(&site.app, &wish, patience).await? {
        Diagnosed::Done => {
            let planned = planning::plan(&site.app, &wish).await?;
            Ok((units, Answer::Made(place, Box::new(planned))))
        }
        Diagnosed::Waiting(progress) => Ok((units, Answer::Waiting(progress))),
        Diagnosed::Unknown => Ok((units, Answer::Wrong(vec![w.plan_wrong_terms.clone()]))),
    }
}

/// What is to be planned; or what is wrong with it.
fn wish(site: &Site, visitor: &Visitor, asked: &Asked, scope: Scope) -> Result<Wish, String> {
    let w = visitor.words();
    let wrong = |text: &str, of: &str| fill(text, &[("text", of)]);
    let budgets = asked.budgets().map_err(|(text, refused)| match refused {
        Refused::Unclear => wrong(&w.plan_wrong_budget, &text),
        Refused::Dong(millions) => {
            let millions = number(visitor.lang(), millions);
            fill(&w.plan_wrong_budget_dong, &[("text", &text), ("millions", &millions)])
        }
    })?;
    let norm = Some(asked.norm.clone()).filter(|norm| !norm.is_empty());
    let judge = site.app.judge();
    let is_known = match &norm {
        Some(id) => judge.norms.find(id).is_some(),
        None => judge.norms.on(format::day(visitor.reader.now)).is_some(),
    };
    if !is_known {
        return Err(wrong(&w.plan_wrong_norm, &asked.norm));
    }
    let terms = asked.terms().map_err(|()| {
        let (least, most) = (PERCENT.0.to_string(), PERCENT.1.to_string());
        fill(&w.plan_wrong_percent, &[("text", &asked.percent), ("least", &least), ("most", &most)])
    })?;
    Ok(Wish { scope, norm, fund: asked.fund.clone(), budgets, years: asked.years, terms })
}

/// Whether the machines of a plan are diagnosed.
pub(in crate::web) enum Diagnosed {
    /// They are, but for those that cannot be.
    Done,
    /// They are being diagnosed.
    Waiting(Progress),
    /// The archive has no such prices or rules.
    Unknown,
}

/// Sees to it that the machines of a plan are diagnosed by what it is made by. `patience` is how long that is waited for.
pub(in crate::web) async fn diagnosed(
    app: &App,
    wish: &Wish,
    patience: Duration,
) -> anyhow::Result<Diagnosed> {
    let Some(judge) = wish.terms.judge(app).await? else { return Ok(Diagnosed::Unknown) };
    let waiting = beside::diagnose(app, (&wish.terms, &judge), &wish.scope, patience).await?;
    Ok(match waiting {
        // A file by what is in force tells how many machines it does not know.
        Some(_) if wish.terms.is_nothing() && patience >= PATIENCE_FILE => Diagnosed::Done,
        Some(progress) => Diagnosed::Waiting(progress),
        None => Diagnosed::Done,
    })
}

/// The plan of a file; an address that asks for none is one that does not exist.
pub(in crate::web) async fn planned(
    site: &Site,
    visitor: &Visitor,
    fields: &Fields,
) -> Result<(String, Planned), Failure> {
    let asked = Asked::of(fields);
    may_try(visitor, &asked)?;
    match answer(site, visitor, &asked, PATIENCE_FILE).await? {
        (_, Answer::Made(place, planned)) => Ok((place, *planned)),
        (_, Answer::Wrong(_) | Answer::Waiting(_)) => Err(Failure::NotFound),
    }
}

/// Trying prices and rules takes all processors, so not everybody does.
pub(super) fn may_try(visitor: &Visitor, asked: &Asked) -> Result<(), Failure> {
    if asked.is_trial() && !PLANS.contains(&visitor.person.standing) {
        Err(Failure::Forbidden)
    } else {
        Ok(())
    }
}
