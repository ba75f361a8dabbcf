//! `rules what-if FILE`: a rule set tried on the whole fleet before it counts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use rules::assess::{Grade, Outcome};
use rules::limits::RULESET_BYTES_MAX;

use super::{place, print, progress, rules_files, tell, things_wrong};
use crate::activate::propose;
use crate::clock::Clock;
use crate::data::Data;
use crate::judge::{self, Wrong, day};
use crate::lang::Lang;
use crate::store::Store;
use crate::store::listing::{self, Scope};
use crate::web::format::money;
use crate::whatif::{PlanChange, RuleEffect, Trial, Turn, Turns, WhatIf, what_if};

/// Rules and units shown on a terminal.
const ROWS: usize = 15;
/// How long machines are diagnosed for the change of plan.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The rule set, price book, norms or table of support dates to try
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only machines of this unit and below
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// Names the machines that would change grade
    #[arg(long)]
    list: bool,
    /// Prints the result as JSON
    #[arg(long)]
    json: bool,
    /// The language of complaints about the file: vi, en
    #[arg(long, default_value = "en", value_parser = super::lang)]
    lang: Lang,
}

pub(super) async fn run(data: &Data, options: Options) -> Result<ExitCode> {
    let text = read(&options.file)?;
    let folder = data.path(&data.config()?.rules.folder);
    let now = match judge::load(&folder) {
        Ok(judge) => judge,
        Err(wrong) => return Ok(refused(&wrong, options.lang)),
    };
    let proposal = match propose(&folder, &options.file.display().to_string(), &text) {
        Ok(proposal) => proposal,
        Err(wrong) => return Ok(refused(&wrong, options.lang)),
    };
    let store = data.store_to_read().await?;
    let (scope, _) = place(&store, "trying the rules", options.unit.as_deref()).await?;
    let trial = Trial {
        now: Arc::new(now),
        then: Arc::new(proposal.judge),
        id: proposal.id,
        scope,
        today: day(Clock::System.now()),
        patience: PATIENCE,
    };
    let mut result = what_if(&store, &trial, &progress("Trying the rules")).await?;
    let names = names(&store).await?;
    store.close().await;
    if !options.list {
        result.list.clear();
    }
    let told = if options.json { serde_json::to_string_pretty(&result)? } else { told(&result, &names) };
    print(told.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// The text of a file of rules.
pub(super) fn read(file: &std::path::Path) -> Result<String> {
    let reading = || format!("reading the rules {}", file.display());
    let bytes = std::fs::metadata(file).with_context(reading)?.len();
    if bytes > RULESET_BYTES_MAX as u64 {
        bail!("{}: it has {bytes} bytes, at most {RULESET_BYTES_MAX} are allowed", reading());
    }
    std::fs::read_to_string(file).with_context(reading)
}

/// Tells what is wrong, as `rules check` does.
pub(super) fn refused(wrong: &[Wrong], lang: Lang) -> ExitCode {
    wrong.iter().for_each(|wrong| tell(rules_files::complaint(wrong, lang).trim_end()));
    let count = wrong.len();
    tell(&lang.pick(
        format!("{count} chỗ sai; không có gì thay đổi."),
        format!("{}; nothing was changed.", things_wrong(count)),
    ));
    ExitCode::FAILURE
}

/// The names of units, by id.
async fn names(store: &Store) -> Result<BTreeMap<String, String>> {
    let mut tx = store.read().await?;
    let units = listing::units(&mut tx, &Scope::everything()).await?;
    Ok(units.into_iter().map(|unit| (unit.id, unit.name)).collect())
}

fn told(result: &WhatIf, names: &BTreeMap<String, String>) -> String {
    let mut told = head(result);
    if result.changed > 0 {
        told.push_str(&matrix(result));
    }
    if !result.rules.is_empty() {
        told.push_str("\nRules that differ                          alone  together   differs\n");
        for rule in result.rules.iter().take(ROWS) {
            told.push_str(&rule_line(rule));
        }
        if result.rules.len() > ROWS {
            told.push_str(&format!("and {} more\n", result.rules.len() - ROWS));
        }
        told.push_str(
            "alone: grades that would not turn if this rule stayed as it is; together: with others.\n",
        );
    }
    if let Some((before, after)) = result.scores.means() {
        let [much_less, less, bit_less, same, bit_more, more, much_more] = result.scores.shifts;
        told.push_str(&format!(
            "\nScores: mean {before:.1} → {after:.1}. Down by 20 and more {much_less}, 10 to 19 {less}, \
             1 to 9 {bit_less}; same {same}; up by 1 to 9 {bit_more}, 10 to 19 {more}, 20 and more {much_more}.\n"
        ));
    }
    let name = |id: &str| names.get(id).map_or(id.to_owned(), Clone::clone);
    if !result.units.is_empty() {
        told.push_str("\nUnits with most changes                     better   worse  unclear  machines\n");
        for unit in result.units.iter().take(ROWS) {
            let Turns { better, worse, unclear } = unit.turns;
            let (name, machines) = (name(&unit.unit), unit.machines);
            told.push_str(&format!("{name:<42} {better:>7} {worse:>7} {unclear:>8} {machines:>9}\n"));
        }
        if result.units.len() > ROWS {
            told.push_str(&format!("and {} more\n", result.units.len() - ROWS));
        }
    }
    if !result.list.is_empty() {
        told.push_str("\nMachines that would change grade\n");
    }
    for machine in &result.list {
        let score = |score: Option<u8>| score.map_or_else(|| "–".to_owned(), |score| score.to_string());
        told.push_str(&format!(
            "{:<8} {:<20} {} → {}, {} → {}, because of {} ({})\n",
            turn(machine.turn),
            machine.hostname,
            machine.grades.0.word(),
            machine.grades.1.word(),
            score(machine.scores.0),
            score(machine.scores.1),
            if machine.because.is_empty() { "another set".to_owned() } else { machine.because.join(", ") },
            name(&machine.unit),
        ));
    }
    told
}

fn head(result: &WhatIf) -> String {
    let short = |digest: &Option<String>| match digest {
        Some(digest) => digest.chars().take(12).collect(),
        None => "none".to_owned(),
    };
    let title = result.title.as_ref().map_or_else(String::new, |title| format!(" “{}”", title.en));
    let mut head = format!("{}{title}: {} → {}\n", result.id, short(&result.before), short(&result.after));
    if let Some(day) = result.as_of {
        head.push_str(&format!(
            "It comes into force on {day}: everything is judged as if it were that day.\n"
        ));
    }
    if result.on_request {
        head.push_str("This set judges only who asks for it, so no grade depends on it.\n");
    }
    head.push_str(&format!(
        "{} machines with a report, {} of them judged by this set; {} would change grade.\n",
        result.machines, result.concerned, result.changed
    ));
    if let Some(plan) = &result.plan {
        head.push_str(&plan_line(plan));
    }
    if result.unreadable > 0 {
        head.push_str(&format!("{} kept reports cannot be opened; see the log.\n", result.unreadable));
    }
    head
}

fn plan_line(plan: &PlanChange) -> String {
    let PlanChange { before, after, machines, cut } = plan;
    if *cut > 0 {
        // A sum over a part of the machines would look like the whole.
        return format!(
            "The plan: not known. {machines} machines were diagnosed again in the time that there was, {cut} were not.\n"
        );
    }
    let sum = |sum| money(Lang::En, sum);
    let mut line = format!(
        "The plan: {} → {} ({}{}), seats that it makes ready {} → {}; {machines} machines diagnosed again.\n",
        sum(before.cost),
        sum(after.cost),
        if after.cost < before.cost { "−" } else { "+" },
        sum((after.cost - before.cost).abs()),
        before.seats,
        after.seats
    );
    if after.unpriced > 0 {
        line.push_str(&format!("{} lines of the plan have no price and are not in it.\n", after.unpriced));
    }
    line
}

fn matrix(result: &WhatIf) -> String {
    let mut matrix = "\nfrom \\ to   ".to_owned();
    for to in Grade::ALL {
        matrix.push_str(&format!("{:>11}", to.word()));
    }
    matrix.push('\n');
    for from in Grade::ALL {
        matrix.push_str(&format!("{:<12}", from.word()));
        for to in Grade::ALL {
            let of = result.moves.iter().find(|one| one.from == *from && one.to == *to);
            matrix.push_str(&format!("{:>11}", of.map_or(0, |one| one.machines)));
        }
        matrix.push('\n');
    }
    matrix
}

fn rule_line(rule: &RuleEffect) -> String {
    let word = |outcome: Option<Outcome>| outcome.map_or("none", Outcome::word);
    let outcomes: Vec<String> = rule
        .outcomes
        .iter()
        .map(|(from, to, machines)| format!("{} → {} {machines}", word(*from), word(*to)))
        .collect();
    let title = rule.title.as_ref().map_or_else(String::new, |title| format!("    {}\n", title.en));
    format!(
        "{:<40} {:>7} {:>9} {:>9}  {}\n{title}",
        rule.rule,
        rule.alone.all(),
        rule.together.all(),
        rule.differs,
        outcomes.join(", ")
    )
}

fn turn(turn: Turn) -> &'static str {
    match turn {
        Turn::Better => "better",
        Turn::Worse => "worse",
        Turn::Unclear => "unclear",
    }
}
