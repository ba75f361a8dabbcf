//! `rules explain RULESET --report FILE`, `--machine NAME` or `--unit CODE`: why each verdict, with what was seen, what is asked, and the source.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::civil::Date;
use rules::assess::{Assessment, Grade, Outcome, Role, Verdict, assess_in};
use rules::envelope::Unpacker;
use rules::facts::{Facts, Kind};
use rules::lifecycle::Lifecycle;
use rules::limits::REPORT_BYTES_MAX;
use rules::mend::{Mend, Patient, helpful, mend};
use rules::prices::Prices;
use rules::report::Report;
use rules::ruleset::{About, Both, Rule, RuleSet, Settings};
use serde_json::{Value, json};

use super::{find_machine, find_unit, open, print, rules_files, tell};
use crate::data::Data;
use crate::days;
use crate::judge::{self, day, role_of, unopened, unpack};
use crate::lang::Lang;
use crate::local::Local;
use crate::store::listing::Scope;
use crate::store::machine::{self, Among};
use crate::store::report;
use crate::unit_facts;
use crate::web::format;
use crate::web::label;
use crate::web::value;
use crate::web::words::Words;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// A rule set: a file, or the id of one that ships
    #[arg(value_name = "RULESET")]
    ruleset: String,
    /// The report of one PC, as `sansang-agent collect` prints it
    #[arg(long, value_name = "FILE", required_unless_present_any = ["unit", "machine"])]
    report: Option<PathBuf>,
    /// A machine of the data folder, by its name in the network or its id: its latest report, role, parameters, exceptions
    #[arg(long, value_name = "NAME", conflicts_with_all = ["report", "role", "settings"])]
    pub(super) machine: Option<String>,
    /// The code of a unit of the data folder, for the rules about whole units
    #[arg(long, value_name = "CODE", conflicts_with_all = ["report", "machine", "role", "settings"])]
    pub(super) unit: Option<String>,
    /// The role of its seat: counter, clerk, leader, officer, server
    #[arg(long, default_value = "officer", value_parser = super::role)]
    role: Role,
    /// What stands for a parameter of the set; lists with commas between
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// Only this rule
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// The language of what is printed: vi, en
    #[arg(long, default_value = "vi", value_parser = super::lang)]
    lang: Lang,
    /// Prints the explanation as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> Result<ExitCode> {
    let Some(rules) = load(&options.ruleset, options.lang)? else { return Ok(ExitCode::FAILURE) };
    let report = read(options.report.as_deref().context("reading a report: none is named")?)?;
    let set = &rules.set;
    look_for(options.rule.as_deref(), set, &set.rules)?;
    let today = day(report.taken_at);
    let pairs: Vec<String> = options.settings.iter().map(|pair| plain_day(set, pair)).collect();
    let settings = match set.settings_of(&pairs) {
        Ok(settings) => settings,
        Err(wrong) => bail!("setting the parameters of {}: {}", set.id, wrong.join("; ")),
    };
    explain(&rules, options, (&report.facts, options.role, today), &settings)
}

/// The same for a machine of a data folder, as the collector judges it.
pub(super) async fn run_machine(data: &Data, options: &Options, name: &str) -> Result<ExitCode> {
    let Some(rules) = load(&options.ruleset, options.lang)? else { return Ok(ExitCode::FAILURE) };
    let set = &rules.set;
    look_for(options.rule.as_deref(), set, &set.rules)?;
    let explaining = || format!("explaining the machine {name}");
    let (app, _) = open(data).await?;
    let mut tx = app.store.read().await?;
    let machine = find_machine(&mut tx, name).await.with_context(explaining)?;
    let evidence = machine::evidence(&mut tx, Among::One(&machine), "", 1).await?;
    let evidence = evidence.first().context("it has not reported yet").with_context(explaining)?;
    let kept = report::kept(&mut tx, &[&evidence.report]).await?.remove(&evidence.report);
    let kept = kept.context("its report is not kept any more").with_context(explaining)?;
    let local = Local::of(&mut tx, &machine, &evidence.unit_path, day(app.clock.now())).await?;
    drop(tx);
    app.store.close().await;
    let mut unpacker = Unpacker::new();
    let unpacked = unpack(&kept.envelope, kept.base.as_deref(), &mut unpacker).with_context(explaining)?;
    let report = unpacked.report().map_err(unopened).with_context(explaining)?;
    let case = (&report.facts, role_of(&evidence.role)?, day(report.taken_at));
    explain(&rules, options, case, &judge::settings(set, &local))
}

fn explain(
    rules: &Rules,
    options: &Options,
    (facts, role, today): (&Facts, Role, Date),
    settings: &Settings,
) -> Result<ExitCode> {
    let set = &rules.set;
    if rules.lifecycle.is_stale(today) {
        let dated = rules.lifecycle.dated;
        tell(&options.lang.pick(
            format!("ghi chú: bảng vòng đời sản phẩm lập ngày {dated}, trước báo cáo hơn 180 ngày"),
            format!("note: the lifecycle table is of {dated}, more than 180 days before the report"),
        ));
    }
    let assessment = assess_in(facts, set, &rules.lifecycle, role, today, settings);
    let patient = Patient { facts, set, role, day: today.into(), settings };
    let mended = mend(patient, &rules.lifecycle, &|item| rules.prices.of(item));
    let speaker = Speaker {
        lang: options.lang,
        w: Words::of(options.lang),
        rules,
        settings,
        helpful: Some(helpful(patient, &rules.lifecycle)),
    };
    let wanted = |verdict: &&Verdict| options.rule.as_ref().is_none_or(|rule| *rule == verdict.rule);
    if options.json {
        let verdicts: Vec<Value> =
            assessment.verdicts.iter().filter(wanted).map(|verdict| speaker.json(role, verdict)).collect();
        let told = json!({
            "set": set.id, "digest": assessment.digest, "day": assessment.day, "role": assessment.role,
            "grade": assessment.grade, "score": assessment.score, "coverage": assessment.coverage,
            "decided_by": assessment.decided_by, "verdicts": verdicts, "mend": speaker.mend(role, &mended),
        });
        print(&serde_json::to_string_pretty(&told)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&speaker.head(&assessment))?;
    for verdict in assessment.verdicts.iter().filter(wanted) {
        // What does not concern this PC is only told when somebody asks for it.
        if verdict.outcome != Outcome::NotApplicable || options.rule.is_some() {
            print(&speaker.verdict(role, verdict))?;
        }
    }
    if options.rule.is_none() {
        print(&speaker.mend(role, &mended))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A parameter and its value; a day as people write it becomes one as rules write it.
fn plain_day(set: &RuleSet, pair: &str) -> String {
    let named = pair.split_once('=').filter(|(name, _)| {
        set.parameters.iter().any(|one| one.id == name.trim() && matches!(one.kind, Kind::Date))
    });
    let day = named.and_then(|(name, text)| Some(format!("{name}={}", days::read(text)?)));
    day.unwrap_or_else(|| pair.to_owned())
}

/// The same for a unit of a data folder, by the rules about units.
pub(super) async fn run_unit(data: &Data, options: &Options, code: &str) -> Result<ExitCode> {
    let Some(rules) = load(&options.ruleset, options.lang)? else { return Ok(ExitCode::FAILURE) };
    let set = &rules.set;
    look_for(options.rule.as_deref(), set, &set.unit_rules)?;
    let (app, _) = open(data).await?;
    let today = day(app.clock.now());
    let mut tx = app.store.read().await?;
    let unit = find_unit(&mut tx, code).await.with_context(|| format!("explaining the unit {code}"))?;
    let scope = Scope::subtree(&unit.path);
    let gathered = unit_facts::gather(&mut tx, &app.judge(), &scope, today).await?;
    let (verdicts, settings) = (gathered.verdicts(set, &unit.id)?, gathered.settings(set, &unit.id)?);
    drop(tx);
    app.store.close().await;
    let speaker = Speaker {
        lang: options.lang,
        w: Words::of(options.lang),
        rules: &rules,
        settings: &settings,
        helpful: None,
    };
    let wanted = |verdict: &&Verdict| options.rule.as_ref().is_none_or(|rule| *rule == verdict.rule);
    let role = Role::Officer;
    if options.json {
        let told: Vec<Value> =
            verdicts.iter().filter(wanted).map(|verdict| speaker.json(role, verdict)).collect();
        let told =
            json!({ "set": set.id, "digest": set.digest, "day": today, "unit": code, "verdicts": told });
        print(&serde_json::to_string_pretty(&told)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&format!("{} ({}), {}: {}\n", speaker.pick(&set.title), set.id, format::date(today), unit.name))?;
    for verdict in verdicts.iter().filter(wanted) {
        print(&speaker.verdict(role, verdict))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the rule that somebody names is one of these.
fn look_for(rule: Option<&str>, set: &RuleSet, among: &[Rule]) -> Result<()> {
    match rule {
        Some(id) if !among.iter().any(|rule| rule.id == id) => match set.rule(id).map(|rule| rule.about) {
            Some(About::Unit) => {
                bail!("explaining the rule {id}: it is about units; name one with --unit CODE")
            }
            Some(About::Pc) => {
                bail!("explaining the rule {id}: it is about PCs; name a report with --report FILE")
            }
            None => bail!("looking for the rule {id}: the rule set {} has none of this id", set.id),
        },
        Some(_) | None => Ok(()),
    }
}

/// What a report is judged by.
struct Rules {
    set: RuleSet,
    lifecycle: Lifecycle,
    prices: Prices,
}

/// The rule set of this file or id; none when something is wrong with it, which is told.
fn load(ruleset: &str, lang: Lang) -> Result<Option<Rules>> {
    let path = PathBuf::from(ruleset);
    let shipped = || (Lifecycle::shipped(), Prices::shipped());
    if !path.exists() {
        let sets = rules::ruleset::shipped();
        let known: Vec<String> = sets.iter().map(|set| set.id.clone()).collect();
        let set = sets.into_iter().find(|set| set.id == ruleset).with_context(|| {
            format!(
                "looking for the rule set {ruleset}: there is no such file, and of those that ship there are {}",
                known.join(", ")
            )
        })?;
        let (lifecycle, prices) = shipped();
        return Ok(Some(Rules { set, lifecycle, prices }));
    }
    match judge::load_files(&[path]) {
        Ok(mut loaded) => {
            anyhow::ensure!(
                loaded.sets.len() == 1,
                "reading {ruleset}: there are {} rule sets in it; name one file",
                loaded.sets.len()
            );
            let (lifecycle, prices) = shipped();
            Ok(loaded.sets.pop().map(|(_, set)| Rules {
                set,
                lifecycle: loaded.lifecycle.unwrap_or(lifecycle),
                prices: loaded.prices.unwrap_or(prices),
            }))
        }
        Err(wrong) => {
            rules_files::tell_wrong(&wrong, lang);
            Ok(None)
        }
    }
}

fn read(path: &std::path::Path) -> Result<Report> {
    let name = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("reading the report {name}"))?;
    anyhow::ensure!(
        bytes.len() <= REPORT_BYTES_MAX,
        "reading the report {name}: it has {} bytes, at most {REPORT_BYTES_MAX} are allowed",
        bytes.len()
    );
    serde_json::from_slice(&bytes).with_context(|| {
        format!(
            "reading the report {name}: it is no report as JSON; print one with: sansang-agent collect > report.json"
        )
    })
}

struct Speaker<'a> {
    lang: Lang,
    w: &'static Words,
    rules: &'a Rules,
    /// What stands for the parameters of the set.
    settings: &'a Settings,
    /// The remedies that may help the PC, by the rules that it fails; none where it is no PC that is explained.
    helpful: Option<BTreeMap<String, Vec<String>>>,
}

impl Speaker<'_> {
    fn pick<'t>(&self, both: &'t Both) -> &'t str {
        self.lang.pick(&both.vi, &both.en)
    }

    fn head(&self, assessment: &Assessment) -> String {
        let grade = label::grade(self.w, assessment.grade).text;
        let score = assessment.score.map_or_else(|| "–".to_owned(), |score| score.to_string());
        let decided = assessment.decided_by.as_deref().and_then(|id| self.rules.set.rule(id));
        let decided = decided.map(|rule| self.decided(rule, assessment));
        format!(
            "{} ({}), {}: {grade}, {score}/100, {} {} %{}\n",
            self.pick(&self.rules.set.title),
            self.rules.set.id,
            format::date(assessment.day),
            self.lang.pick("đã biết", "known"),
            assessment.coverage,
            decided.unwrap_or_default()
        )
    }

    /// What decided the grade: what is wrong, or, where too little is known, what would have to be known.
    fn decided(&self, rule: &Rule, assessment: &Assessment) -> String {
        let role = assessment.role;
        if assessment.grade == Grade::NoData {
            let unknown = self.lang.pick("chưa biết", "not known");
            return format!(", {unknown}: “{}” ({})", self.pick(rule.title_for(role)), rule.id);
        }
        let because = self.lang.pick("vì", "because");
        format!(", {because}: {} ({})", label::fails(self.lang, rule, Some(role)), rule.id)
    }

    fn verdict(&self, role: Role, verdict: &Verdict) -> String {
        let Some(rule) = self.rules.set.rule(&verdict.rule) else { return verdict.rule.clone() };
        let outcome = label::verdict(self.w, verdict).text;
        let severity = label::severity(self.w, verdict.severity).text;
        let mut told =
            format!("[{outcome}] {} – {} ({severity})\n", rule.id, self.pick(rule.title_for(role)));
        let mut line = |what: &str, text: &str| told.push_str(&format!("    {what}: {text}\n"));
        let is_bad = matches!(verdict.outcome, Outcome::Fail | Outcome::Partial);
        if let Some(fails) = rule.fails_for(role).filter(|_| is_bad) {
            line(self.lang.pick("vấn đề", "what is wrong"), self.pick(fails));
        }
        for seen in self.seen(verdict) {
            line(self.lang.pick("đã thấy", "seen"), &seen);
        }
        let asked = self.asked(rule, role);
        let labels = self.lang.pick(
            ["áp dụng khi", "đòi hỏi", "đạt một phần khi", "có mà đang tắt khi"],
            ["applies when", "asks", "passes in part when", "is switched off when"],
        );
        for (what, parts) in labels.iter().zip(&asked) {
            if !parts.is_empty() {
                line(what, &parts.join(self.lang.pick(" và ", " and ")));
            }
        }
        line(self.lang.pick("nguồn", "source"), &crate::web::rules::source(self.lang, rule));
        let remedies = self.remedies(rule);
        if is_bad && !remedies.is_empty() {
            line(self.lang.pick("khắc phục", "remedies"), &remedies.join("; "));
        }
        told
    }

    /// When the rule applies, what it asks, and what it asks to pass in part or to be only switched off.
    fn asked(&self, rule: &Rule, role: Role) -> [Vec<String>; 4] {
        let said = |condition: Option<&rules::condition::Condition>| {
            condition
                .map(|condition| condition.in_words(self.lang.tongue(), &self.rules.set, self.settings))
                .unwrap_or_default()
        };
        [
            said(rule.when_for(role)),
            said(Some(rule.pass_for(role))),
            said(rule.partial_for(role)),
            said(rule.switched_off.as_ref()),
        ]
    }

    fn seen(&self, verdict: &Verdict) -> Vec<String> {
        let said = verdict.seen.iter().map(|seen| {
            let (label, text) = value::seen(self.lang, self.w, Some(&self.rules.set), seen);
            let record = seen.record.as_ref().map(|record| format!(" ({record})")).unwrap_or_default();
            format!("{label}{record}: {text} [{}]", seen.fact)
        });
        said.collect()
    }

    fn remedies(&self, rule: &Rule) -> Vec<String> {
        let ids = match &self.helpful {
            Some(helpful) => helpful.get(&rule.id).map(Vec::as_slice).unwrap_or_default(),
            None => rule.remedies.as_slice(),
        };
        let known = ids.iter().filter_map(|id| self.rules.set.remedies.get(id));
        known.map(|remedy| self.pick(&remedy.title).to_owned()).collect()
    }

    fn json(&self, role: Role, verdict: &Verdict) -> Value {
        let rule = self.rules.set.rule(&verdict.rule);
        let [when, pass, partial, switched_off] = rule.map(|rule| self.asked(rule, role)).unwrap_or_default();
        json!({
            "rule": verdict.rule,
            "title": rule.map(|rule| self.pick(rule.title_for(role))),
            "fails": rule.and_then(|rule| rule.fails_for(role)).map(|fails| self.pick(fails)),
            "outcome": verdict.outcome, "severity": verdict.severity, "switched_off": verdict.switched_off,
            "seen": verdict.seen,
            "when": when, "pass": pass, "partial": partial, "switched_off_when": switched_off,
            "source": rule.map(|rule| &rule.source),
            "remedies": rule.map(|rule| &rule.remedies),
        })
    }

    fn mend(&self, role: Role, mended: &Mend) -> String {
        let (lang, set) = (self.lang, &self.rules.set);
        match mended {
            Mend::Ready => lang.pick("Máy đã sẵn sàng.", "The PC is ready.").to_owned(),
            Mend::Remedies(remedies) => {
                let title = |id: &String| {
                    set.remedies.get(id).map_or_else(|| id.clone(), |it| self.pick(&it.title).to_owned())
                };
                let steps: Vec<String> = remedies.steps.iter().map(|step| title(&step.remedy)).collect();
                let cost = match remedies.cost {
                    Some(cost) => format::money(lang, cost),
                    None => lang.pick("chưa có giá", "a price is missing").to_owned(),
                };
                let head = lang.pick("Cách rẻ nhất để sẵn sàng", "The cheapest way to be ready");
                format!("{head}: {} · {cost}", steps.join(" + "))
            }
            Mend::Cannot { blocking, .. } => {
                let head = lang.pick(
                    "Không thể sẵn sàng bằng các cách khắc phục đã biết, vì",
                    "No known remedies make it ready, because of",
                );
                let wrong = |id: &String| match set.rule(id) {
                    Some(rule) => format!("{} ({id})", label::fails(lang, rule, Some(role))),
                    None => id.clone(),
                };
                format!("{head}: {}", blocking.iter().map(wrong).collect::<Vec<_>>().join("; "))
            }
        }
    }
}
