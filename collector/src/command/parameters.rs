//! `rules parameters`: what units set for themselves in a rule set.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::Timestamp;
use rules::facts::Kind;
use rules::ruleset::{Parameter, RuleSet, in_force};

use super::{ACTOR, find_unit, print, tell};
use crate::app::{App, Judge};
use crate::clock::Clock;
use crate::data::Data;
use crate::judge::day;
use crate::parameters::{self, Objection, REASON_CHARS_MAX};
use crate::server::open_app;
use crate::store::parameter::{self, Wish};
use crate::store::unit::Unit;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The unit; without one, the values of every unit are shown
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// The rule set; without one, that in force today
    #[arg(long, value_name = "ID")]
    ruleset: Option<String>,
    /// Sets a value for the unit and all below it; of a list, with commas between
    #[arg(long, value_name = "NAME=VALUE", requires_all = ["unit", "reason"], conflicts_with = "unset")]
    set: Option<String>,
    /// Takes the unit's own value away
    #[arg(long, value_name = "NAME", requires_all = ["unit", "reason"])]
    unset: Option<String>,
    /// Why, for who asks years later
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn run(data: &Data, options: Options) -> Result<ExitCode> {
    let config = data.config()?;
    let app = open_app(data, &config, &data.path(&config.rules.folder), Clock::System).await?;
    let done = act(&app, &options).await;
    app.store.close().await;
    done
}

async fn act(app: &App, options: &Options) -> Result<ExitCode> {
    let judge = app.judge();
    let set = ruleset(&judge, options, app.clock.now())?;
    let unit = match &options.unit {
        Some(code) => Some(find_unit(&mut app.store.read().await?, code).await?),
        None => None,
    };
    let reason = options.reason.as_deref().unwrap_or_default().trim();
    match (&unit, &options.set, &options.unset) {
        (Some(unit), Some(wish), _) => {
            let (name, text) = wish.split_once('=').context("setting a parameter: write --set NAME=VALUE")?;
            let kind = set.parameters.iter().find(|one| one.id == name).map(|one| one.kind);
            let kind = kind.unwrap_or(Kind::Text);
            let text = if matches!(kind, Kind::Texts) { text.replace(',', "\n") } else { text.to_owned() };
            let value = parameters::read(kind, &text).to_string();
            let wish = Wish { unit: &unit.id, ruleset: &set.id, name, value: &value, reason, by: ACTOR };
            if let Err(objections) = parameters::check(&judge, &wish) {
                objections.iter().for_each(|one| tell(&told(set, &wish, one)));
                return Ok(ExitCode::FAILURE);
            }
            parameters::set(app, unit, wish).await?;
        }
        (Some(unit), None, Some(name)) => {
            let wish = Wish { unit: &unit.id, ruleset: &set.id, name, value: "", reason, by: ACTOR };
            if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
                tell(&told(set, &wish, &Objection::Reason));
                return Ok(ExitCode::FAILURE);
            }
            if !parameters::remove(app, unit, wish).await? {
                bail!("taking a parameter away: the unit {} has no own value of `{name}`", unit.code);
            }
        }
        (None, ..) | (Some(_), None, None) => {}
    }
    print(list(app, set, unit.as_ref()).await?.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn ruleset<'a>(judge: &'a Judge, options: &Options, now: Timestamp) -> Result<&'a RuleSet> {
    match &options.ruleset {
        Some(id) => {
            let known = || judge.sets.iter().map(|set| set.id.as_str()).collect::<Vec<_>>().join(", ");
            let found = judge.sets.iter().find(|set| set.id == *id);
            found.with_context(|| format!("there is no rule set {id}; there are {}", known()))
        }
        None => {
            in_force(&judge.sets, day(now)).context("no rule set is in force today: name one with --ruleset")
        }
    }
}

fn told(set: &RuleSet, wish: &Wish<'_>, objection: &Objection) -> String {
    let names = || set.parameters.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
    match objection {
        Objection::Name => {
            format!("error: the rule set {} has no parameter `{}`; it has {}", set.id, wish.name, names())
        }
        Objection::Value => {
            let example =
                set.parameters.iter().find(|one| one.id == wish.name).map_or("", Parameter::example);
            format!("error: {} cannot be {}: a value is written as {example}", wish.name, wish.value)
        }
        Objection::Reason => {
            format!("error: give a reason of 1 to {REASON_CHARS_MAX} characters with --reason")
        }
    }
}

/// What holds for a unit, or what every unit set.
async fn list(app: &App, set: &RuleSet, unit: Option<&Unit>) -> Result<String> {
    let mut tx = app.store.read().await?;
    let given = match unit {
        Some(unit) => parameter::above(&mut tx, &unit.path).await?,
        None => parameter::below(&mut tx, "").await?,
    };
    let mut told = String::new();
    for parameter in &set.parameters {
        let of = given.iter().filter(|one| one.ruleset == set.id && one.name == parameter.id);
        let line = |value: &str, from: &str| format!("{:<24} {value}  ({from})\n", parameter.id);
        let default = if parameter.has_default() { parameter.shown() } else { "–".to_owned() };
        let mut lines: Vec<String> = of
            .map(|one| {
                let value = parameters::written(&one.value).replace('\n', ", ");
                let fits = parameters::fits(set, &one.name, &one.value);
                let dead = if fits { "" } else { "; it does not fit the rule set and changes nothing" };
                line(&value, &format!("{}: {}, {}{dead}", one.unit.1, one.set_by, one.reason))
            })
            .collect();
        if unit.is_some() {
            // What comes last is nearest.
            lines = lines.pop().into_iter().collect();
        }
        if unit.is_none() || lines.is_empty() {
            lines.insert(0, line(&default, "default"));
        }
        told.extend(lines);
    }
    Ok(told)
}
