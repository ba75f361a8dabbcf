//! The rules that judge, loaded; and one report judged by those in force on its day.
//!
//! Knows no database and no HTTP.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use rules::assess::{
    Grade, Judgement, Outcome, Role, Ruling, Severity, Verdict, assess_in, assess_lean, digest_in,
};
use rules::complaint::Complaint;
use rules::envelope::{self, Fault, Unpacked, Unpacker};
use rules::fact::Fact;
use rules::facts::Facts;
use rules::lifecycle::Lifecycle;
use rules::limits::RULESET_BYTES_MAX;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::report::Report;
use rules::ruleset::{About, Rule, RuleSet, SHIPPED, Settings, in_force, parse_all};

use crate::app::Judge;
use crate::archive::{LIFECYCLE, NORMS, PRICES};
use crate::lang::Lang;
use crate::local::Local;
use crate::opinion::Opinion;
use crate::parameters;
use crate::store::assessment::Finding;
use crate::store::fleet::Latest;
use crate::store::machine::{Mark, Portrait};
use crate::store::rules_text::{Kind, Pair, Text};
use crate::vietnamese::fold;

pub(crate) mod short;

/// Vietnam has one time zone and no summer time.
const HOURS_EAST: i8 = 7;
/// The lifecycle table among the rule sets of one's own.
pub(crate) const LIFECYCLE_FILE: &str = "lifecycle.toml";
/// The price book among them.
pub(crate) const PRICES_FILE: &str = "prices.toml";
/// The norms among them.
pub(crate) const NORMS_FILE: &str = "norms.toml";

/// What a finding says where an exception holds.
pub const WAIVED: &str = "waived";

/// What a report comes to, in columns.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The day for which it was judged.
    pub day: Date,
    /// Grade, score and the rest; grade no_data when no rules were in force.
    pub mark: Mark,
    /// The verdicts that are not a pass, in the order of their rules' ids.
    pub findings: Vec<Finding>,
    /// The assessment as JSON; none when no rules were in force on the day of the report.
    pub assessment: Option<String>,
    /// What the digest of the assessment stands for, where more than the rules judged: the archive must know it.
    pub pair: Option<Pair>,
}

/// The civil day in Vietnam.
pub fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(Offset::constant(HOURS_EAST))).date()
}

/// A report that is to be judged, and where its PC stands.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What the PC said.
    pub report: &'a Report,
    /// The role of its seat.
    pub role: &'a str,
    /// What its unit set, and the rules that are waived for it.
    pub local: &'a Local,
}

/// The digest of what judges reports of this day where this holds; empty when no rules are in force.
pub fn digest(judge: &Judge, day: Date, local: &Local) -> String {
    in_force(&judge.sets, day)
        .map(|set| digest_in(set, &judge.lifecycle, &settings(set, local)))
        .unwrap_or_default()
}

/// The report that was kept in this envelope, and the one that it builds on, unpacked.
///
/// # Errors
/// When it cannot be opened.
pub fn unpack<'u>(envelope: &[u8], base: Option<&[u8]>, unpacker: &'u mut Unpacker) -> Result<Unpacked<'u>> {
    envelope::read(envelope).and_then(|sealed| sealed.unpack_kept(base, unpacker)).map_err(unopened)
}

/// Why a kept envelope cannot be opened.
pub fn unopened(fault: Fault) -> anyhow::Error {
    anyhow::anyhow!("opening a kept envelope: it {fault}")
}

/// The role of a seat, by its word.
///
/// # Errors
/// When it is none that this program knows.
pub fn role_of(word: &str) -> Result<Role> {
    Role::parse(word).with_context(|| format!("the role “{word}” is not known"))
}

/// The settings of a set where this holds: the parameters that the set has, of the kind that it asks, and the waivers
/// of rules that it has. What was set for another text of the set and fits it no more changes nothing.
pub fn settings(set: &RuleSet, local: &Local) -> Settings {
    settings_for(set, local, About::Pc)
}

/// The same for a unit, of which the rules about units are asked.
pub fn unit_settings(set: &RuleSet, local: &Local) -> Settings {
    settings_for(set, local, About::Unit)
}

fn settings_for(set: &RuleSet, local: &Local, about: About) -> Settings {
    let fitting = local.parameters.get(&set.id).into_iter().flatten();
    let fitting = fitting.filter(|(name, value)| parameters::fits(set, name, value));
    let values: BTreeMap<String, serde_json::Value> =
        fitting.filter_map(|(name, value)| Some((name.clone(), serde_json::from_str(value).ok()?))).collect();
    let settings = if values.is_empty() { Ok(set.defaults().clone()) } else { set.settings(&values) };
    settings.unwrap_or_else(|_| set.defaults().clone()).waiving(waived(set, local, about))
}

/// The rules about this that are waived, by their ids of today.
fn waived(set: &RuleSet, local: &Local, about: About) -> Vec<String> {
    let known = local.waived.iter().filter_map(|id| set.rule(id)).filter(|rule| rule.about == about);
    known.map(|rule| rule.id.clone()).collect()
}

/// The report that was kept of a machine, and the role of its seat.
///
/// # Errors
/// When the envelope cannot be opened, or the role is none that this program knows.
pub fn open(latest: &Latest, unpacker: &mut Unpacker) -> Result<(Report, Role)> {
    let report = unpack(&latest.envelope, latest.base.as_deref(), unpacker)?.report().map_err(unopened)?;
    Ok((report, role_of(&latest.role)?))
}

/// One part for each processor.
pub fn shares<T>(mut all: Vec<T>) -> Vec<Vec<T>> {
    let hands = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let length = all.len().div_ceil(hands).max(1);
    let mut shares = Vec::new();
    while !all.is_empty() {
        shares.push(all.split_off(all.len().saturating_sub(length)));
    }
    shares
}

/// What a report comes to, without what the rules saw: enough to tell whether anything differs from before.
#[derive(Debug, Clone)]
pub struct Outline {
    /// The rules that judged.
    pub digest: String,
    /// The grade.
    pub grade: Grade,
    /// The verdicts in short.
    pub verdicts: String,
    /// What Windows says of its upgrade beside the rules, as JSON; empty where it said nothing.
    pub opinion_why: String,
}

impl Outline {
    /// Whether it says what this says.
    pub fn says(&self, mark: &Mark) -> bool {
        (self.grade.word(), &self.verdicts, &self.opinion_why)
            == (&mark.grade, &mark.verdicts, &mark.opinion_why)
    }
}

/// Judges a report as [`judge`], in a tenth of the time. None when no rules were in force.
///
/// # Errors
/// As [`judge`].
pub fn outline(judge: &Judge, case: Case<'_>) -> Result<Option<Outline>> {
    let Case { report, role, local } = case;
    let role = role_of(role)?;
    let day = day(report.taken_at);
    let Some(set) = in_force(&judge.sets, day) else { return Ok(None) };
    let settings = (!local.is_nothing()).then(|| settings(set, local));
    let given = settings.as_ref().unwrap_or(set.defaults());
    let judged = assess_lean(&report.facts, set, &judge.lifecycle, role, day, given);
    Ok(Some(Outline {
        digest: digest_in(set, &judge.lifecycle, given),
        grade: judged.grade,
        verdicts: short::of(set, day, role, &judged.rulings),
        opinion_why: opinion_why(Opinion::of(judge, &report.facts, role, day).as_ref())?,
    }))
}

fn opinion_why(opinion: Option<&Opinion>) -> Result<String> {
    let text = opinion.map(serde_json::to_string).transpose().context("writing an opinion as JSON")?;
    Ok(text.unwrap_or_default())
}

/// Judges a report by the rules in force on its own day.
///
/// # Errors
/// When the role is none that this program knows.
pub fn judge(judge: &Judge, case: Case<'_>) -> Result<Judged> {
    let Case { report, role, local } = case;
    let role = role_of(role)?;
    let day = day(report.taken_at);
    let Some(set) = in_force(&judge.sets, day) else {
        let mark = Mark { grade: "no_data".to_owned(), ..Mark::default() };
        return Ok(Judged { day, mark, findings: Vec::new(), assessment: None, pair: None });
    };
    let settings = (!local.is_nothing()).then(|| settings(set, local));
    let given = settings.as_ref().unwrap_or(set.defaults());
    let assessment = assess_in(&report.facts, set, &judge.lifecycle, role, day, given);
    let pair = match &settings {
        Some(settings) => Some(Pair {
            digest: assessment.digest.clone(),
            ruleset: set.digest.clone(),
            lifecycle: judge.lifecycle.digest.clone(),
            settings: serde_json::to_string(settings.changed()).context("writing parameters as JSON")?,
            waived: settings.waived().iter().cloned().collect(),
        }),
        None => None,
    };
    let body = serde_json::to_string(&assessment).context("writing the assessment as JSON")?;
    let opinion = Opinion::of(judge, &report.facts, role, day);
    let rulings: Vec<Ruling> = assessment.verdicts.iter().map(Verdict::ruling).collect();
    let findings = findings(set, role, &rulings);
    let judgement = Judgement::of(rulings, set);
    Ok(Judged {
        day,
        mark: Mark {
            opinion: opinion.as_ref().map_or("", |opinion| opinion.accord().word()).to_owned(),
            opinion_why: opinion_why(opinion.as_ref())?,
            ..mark(set, (day, role), &judgement, assessment.digest)
        },
        findings,
        assessment: Some(body),
        pair,
    })
}

/// What a judgement comes to in columns; what Windows says of its upgrade stands elsewhere.
pub(crate) fn mark(set: &RuleSet, (day, role): (Date, Role), judgement: &Judgement, digest: String) -> Mark {
    let Judgement { grade, score, coverage, decided_by, rulings } = judgement;
    let counted = |counts: &dyn Fn(&Ruling) -> bool| -> i64 {
        rulings.iter().map(|ruling| i64::from(counts(ruling))).sum()
    };
    Mark {
        grade: grade.word().to_owned(),
        score: score.map(i64::from),
        coverage: i64::from(*coverage),
        decided_by: decided_by.and_then(|at| set.rules.get(at)).map(|rule| rule.id.clone()),
        ruleset: set.id.clone(),
        rules_digest: digest,
        waived: counted(&|ruling| ruling.waived),
        switched_off: counted(&|ruling| ruling.switched_off && !ruling.waived),
        unsure: counted(&|ruling| {
            (ruling.outcome, ruling.severity) == (Outcome::Unknown, Severity::Critical)
        }),
        opinion: String::new(),
        opinion_why: String::new(),
        verdicts: short::of(set, day, role, rulings),
    }
}

/// Everything but passes, in the order of the rules' ids.
pub(crate) fn findings(set: &RuleSet, role: Role, rulings: &[Ruling]) -> Vec<Finding> {
    let pairs = set.rules.iter().zip(rulings);
    let mut findings: Vec<Finding> =
        pairs.filter_map(|(rule, ruling)| finding(rule, role, *ruling)).collect();
    findings.sort();
    findings
}

/// What is kept beside the verdict of a rule: nothing of a pass, and of what does not apply only where the role is asked,
/// since the role alone tells the rest.
pub(crate) fn finding(rule: &Rule, role: Role, ruling: Ruling) -> Option<Finding> {
    let is_kept = match ruling.outcome {
        Outcome::Partial | Outcome::Fail | Outcome::Unknown => true,
        Outcome::NotApplicable => rule.roles.contains(&role),
        Outcome::Pass => false,
    };
    is_kept.then(|| Finding {
        rule: rule.id.clone(),
        outcome: if ruling.waived { WAIVED } else { ruling.outcome.word() }.to_owned(),
        severity: ruling.severity.word().to_owned(),
        switched_off: ruling.switched_off && !ruling.waived,
    })
}

/// What of another set keeps a PC from passing a rule that asks for the whole of it: the rules of that set that it fails, or,
/// where nobody knows whether it passes, those that nobody can decide. Nothing for any other rule.
pub fn unmet<'j>(
    judge: &'j Judge,
    facts: &Facts,
    (rule, outcome): (&Rule, Outcome),
    role: Role,
    day: Date,
) -> Vec<&'j Rule> {
    let asked = rule.pass_for(role).met_set();
    let Some(set) = asked.and_then(|id| judge.sets.iter().find(|set| set.id == id)) else {
        return Vec::new();
    };
    let judged = assess_lean(facts, set, &judge.lifecycle, role, day, set.defaults());
    let stands_against = |one: Outcome| match outcome {
        Outcome::Fail | Outcome::Partial => matches!(one, Outcome::Fail | Outcome::Partial),
        Outcome::Unknown => one == Outcome::Unknown,
        Outcome::Pass | Outcome::NotApplicable => false,
    };
    let pairs = judged.rulings.iter().zip(&set.rules);
    pairs.filter(|(ruling, _)| stands_against(ruling.outcome)).map(|(_, rule)| rule).collect()
}

/// What lists show of the PC that said this.
pub fn portrait(report: &Report) -> Portrait {
    fn text(fact: &Fact<String>) -> &str {
        match fact {
            Fact::Known(text) => text,
            Fact::Absent | Fact::Unknown(_) => "",
        }
    }
    let (os, board) = (&report.facts.os, &report.facts.board);
    let mut search =
        vec![text(&os.hostname), text(&board.maker), text(&board.model), text(&board.serial), text(&os.name)];
    if let Fact::Known(adapters) = &report.facts.network.adapters {
        for adapter in adapters {
            search.push(text(&adapter.mac));
            if let Fact::Known(addresses) = &adapter.ipv4 {
                search.extend(addresses.iter().map(String::as_str));
            }
        }
    }
    Portrait {
        hostname: Some(text(&os.hostname)).filter(|name| !name.is_empty()).map(str::to_owned),
        agent: report.agent.clone(),
        os: text(&os.name).to_owned(),
        maker: text(&board.maker).to_owned(),
        model: text(&board.model).to_owned(),
        search: fold(&search.join(" ")),
    }
}

/// Loads the shipped rules and those of one's own in this folder, which may be missing. One with the id of a
/// shipped set replaces it; `lifecycle.toml` replaces the shipped table, `prices.toml` the shipped price book and
/// `norms.toml` the shipped norms.
///
/// # Errors
/// Everything that is wrong, each complaint with its file.
pub fn load(folder: &Path) -> Result<Judge, Vec<Wrong>> {
    load_with_texts(folder).map(|(judge, _)| judge)
}

/// As [`load`], with the texts that were read, for the archive.
///
/// # Errors
/// As [`load`].
pub fn load_with_texts(folder: &Path) -> Result<(Judge, Vec<Text>), Vec<Wrong>> {
    let own = if folder.exists() { load_files(&[folder.to_owned()])? } else { Loaded::default() };
    let mut sets = rules::ruleset::shipped();
    let mut texts = shipped_texts(&sets);
    for (_, set) in own.sets {
        sets.retain(|other| other.id != set.id);
        texts.retain(|text| text.id != set.id);
        sets.push(set);
    }
    for (kind, is_own) in [
        (Kind::Lifecycle, own.lifecycle.is_some()),
        (Kind::Prices, own.prices.is_some()),
        (Kind::Norms, own.norms.is_some()),
    ] {
        texts.retain(|text| !is_own || text.kind != kind);
    }
    texts.extend(own.texts);
    let digests: Vec<String> = sets.iter().map(|set| set.digest.clone()).collect();
    for text in texts.iter_mut().filter(|text| text.kind == Kind::Set) {
        text.beside = digests.iter().filter(|digest| **digest != text.digest).cloned().collect();
    }
    let lifecycle = own.lifecycle.unwrap_or_else(Lifecycle::shipped);
    let prices = own.prices.unwrap_or_else(Prices::shipped);
    let norms = own.norms.unwrap_or_else(Norms::shipped);
    Ok((Judge { sets, lifecycle, prices, norms }, texts))
}

/// The texts of the sets and of the tables that ship.
pub(crate) fn shipped_texts(sets: &[RuleSet]) -> Vec<Text> {
    let text = |(file, text): &(&str, &str)| {
        let id = file.strip_suffix(".toml")?;
        sets.iter().find(|set| set.id == id).map(|set| set_text(set, text))
    };
    let mut texts: Vec<Text> = SHIPPED.iter().filter_map(text).collect();
    texts.extend([
        table_text(Kind::Lifecycle, &Lifecycle::shipped().digest, Lifecycle::shipped_text()),
        table_text(Kind::Prices, &Prices::shipped().digest, Prices::shipped_text()),
        table_text(Kind::Norms, &Norms::shipped().digest, Norms::shipped_text()),
    ]);
    texts
}

fn set_text(set: &RuleSet, text: &str) -> Text {
    Text {
        digest: set.digest.clone(),
        kind: Kind::Set,
        id: set.id.clone(),
        text: text.to_owned(),
        beside: Vec::new(),
    }
}

fn table_text(kind: Kind, digest: &str, text: &str) -> Text {
    let id = match kind {
        Kind::Prices => PRICES,
        Kind::Norms => NORMS,
        Kind::Lifecycle | Kind::Set => LIFECYCLE,
    };
    Text { digest: digest.to_owned(), kind, id: id.to_owned(), text: text.to_owned(), beside: Vec::new() }
}

/// Rules of one's own.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Rule sets, each with its file.
    pub sets: Vec<(PathBuf, RuleSet)>,
    /// A lifecycle table.
    pub lifecycle: Option<Lifecycle>,
    /// A price book.
    pub prices: Option<Prices>,
    /// Norms.
    pub norms: Option<Norms>,
    /// The texts of sets and tables, as they were read.
    pub texts: Vec<Text>,
}

/// Loads these files, and those in these folders. Rule sets may extend each other, and those that ship.
///
/// # Errors
/// Everything that is wrong, each complaint with its file.
pub fn load_files(paths: &[PathBuf]) -> Result<Loaded, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut loaded = Loaded::default();
    let mut sets: Vec<(PathBuf, (String, String))> = Vec::new();
    for path in paths {
        match files(path).map_err(|error| Wrong::Unreadable(format!("{error:#}"))) {
            Err(unreadable) => wrong.push(unreadable),
            Ok(files) => {
                for file in files {
                    match read(&file) {
                        Err(error) => wrong.push(Wrong::Unreadable(format!("{error:#}"))),
                        Ok(read) if is_set(&file) => sets.push((file, read)),
                        Ok(read) => load_table(&file, read, &mut loaded, &mut wrong),
                    }
                }
            }
        }
    }
    load_sets(sets, &mut loaded, &mut wrong);
    if wrong.is_empty() { Ok(loaded) } else { Err(wrong) }
}

/// Whether a file is read as a rule set, by its name.
pub(crate) fn is_set(path: &Path) -> bool {
    ![LIFECYCLE_FILE, PRICES_FILE, NORMS_FILE].iter().any(|file| path.ends_with(file))
}

fn load_table(path: &Path, (file, text): (String, String), loaded: &mut Loaded, wrong: &mut Vec<Wrong>) {
    let complaints = if path.ends_with(PRICES_FILE) {
        let keep = |prices: Prices| {
            loaded.texts.push(table_text(Kind::Prices, &prices.digest, &text));
            loaded.prices = Some(prices);
        };
        Prices::parse(&file, &text).map(keep).err()
    } else if path.ends_with(NORMS_FILE) {
        let keep = |norms: Norms| {
            loaded.texts.push(table_text(Kind::Norms, &norms.digest, &text));
            loaded.norms = Some(norms);
        };
        Norms::parse(&file, &text).map(keep).err()
    } else {
        let keep = |table: Lifecycle| {
            loaded.texts.push(table_text(Kind::Lifecycle, &table.digest, &text));
            loaded.lifecycle = Some(table);
        };
        Lifecycle::parse(&file, &text).map(keep).err()
    };
    complain(complaints.unwrap_or_default(), &[(file, text)], wrong);
}

fn load_sets(sets: Vec<(PathBuf, (String, String))>, loaded: &mut Loaded, wrong: &mut Vec<Wrong>) {
    let (paths, texts): (Vec<PathBuf>, Vec<(String, String)>) = sets.into_iter().unzip();
    let together = match parse_all(&texts) {
        Ok(together) => together,
        Err(complaints) => return complain(complaints, &texts, wrong),
    };
    for (path, (file, text)) in paths.into_iter().zip(&texts) {
        // Which of them is of which file: the order may be another one.
        match RuleSet::parse_among(file, text, &together) {
            Ok(set) => {
                loaded.texts.push(set_text(&set, text));
                loaded.sets.push((path, set));
            }
            Err(complaints) => complain(complaints, &texts, wrong),
        }
    }
}

/// Adds these complaints, each with the text of its file.
fn complain(complaints: Vec<Complaint>, texts: &[(String, String)], wrong: &mut Vec<Wrong>) {
    for complaint in complaints {
        let text = texts.iter().find(|(file, _)| *file == complaint.file);
        let text: Arc<str> = text.map_or("", |(_, text)| text.as_str()).into();
        wrong.push(Wrong::Complaint(complaint, text));
    }
}

/// Something that keeps rules from being loaded.
#[derive(Debug, Clone)]
pub enum Wrong {
    /// A file or folder that cannot be read; the text says which and why.
    Unreadable(String),
    /// A text that a plan cannot be tried by: neither a price book nor a rule set.
    NotForPlans,
    /// Something in a file, with the text of that file.
    Complaint(Complaint, Arc<str>),
}

impl Wrong {
    /// What is wrong, in this language; why a file cannot be read is told as the system says it.
    pub fn told(&self, lang: Lang) -> String {
        match self {
            Wrong::Unreadable(text) => text.clone(),
            Wrong::NotForPlans => lang
                .pick(
                    "phương án được thử bằng một bảng giá hoặc một bộ tiêu chí, mà tệp này không phải cả hai",
                    "a plan is tried with a price book or with a rule set, and this is neither",
                )
                .to_owned(),
            Wrong::Complaint(complaint, _) => complaint.told_in_lines(lang.tongue()),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Lang::En))
    }
}

/// This file, or the rule files in this folder, by name.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let listing = || format!("listing the rule sets in {}", path.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(listing)? {
        let file = entry.with_context(listing)?.path();
        if file.extension().is_some_and(|extension| extension == "toml") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<(String, String)> {
    let name = path.display().to_string();
    let bytes = std::fs::metadata(path).with_context(|| format!("reading the rule set {name}"))?.len();
    anyhow::ensure!(
        bytes <= RULESET_BYTES_MAX as u64,
        "reading the rule set {name}: it has {bytes} bytes, at most {RULESET_BYTES_MAX} are allowed"
    );
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the rule set {name}"))?;
    Ok((name, text))
}

/// What can be seen from outside of the rules in this folder: it differs when a file was added, changed or removed.
pub fn fingerprint(folder: &Path) -> String {
    let mut fingerprint = String::new();
    for path in files(folder).unwrap_or_default() {
        let seen = std::fs::metadata(&path).map(|meta| (meta.len(), meta.modified().ok()));
        fingerprint.push_str(&format!("{} {seen:?}\n", path.display()));
    }
    fingerprint
}

/// A province's own set with one rule, for tests.
#[cfg(test)]
pub(crate) const OWN_SET: &str = r#"
[ruleset]
id = "own"
title = { vi = "Của tỉnh", en = "Of the province" }
in_force = { from = 2026-10-01 }
[grades]
ready = { score = 85, coverage = 70 }
needs_work = { score = 65 }
[[group]]
id = "hardware"
title = { vi = "Phần cứng", en = "Hardware" }
[[rule]]
id = "memory-size"
group = "hardware"
title = { vi = "Bộ nhớ trong từ 8 GiB", en = "At least 8 GiB of memory" }
severity = "major"
pass = { "memory.installed" = { at_least = "8 GiB" } }
remedies = ["add-memory"]
source = { doc = "House", clause = "1" }
[remedy.add-memory]
title = { vi = "Lắp thêm RAM", en = "Add memory" }
"#;

#[cfg(test)]
mod tests {
    use ::rules::facts::os::Platform;

    use super::*;
    use crate::intake::tests::{NOW, survey};

    #[test]
    fn what_is_lacking_of_another_set_is_named() {
        let judge = load(Path::new("nowhere")).unwrap();
        let set = judge.sets.iter().find(|set| set.id == "vn-office-2026").unwrap();
        let mut facts = Facts::default();
        facts.os.platform = Fact::Known(Platform::Windows);
        facts.board.tpm = Fact::Absent;
        facts.board.tpm_version = Fact::Absent;
        let role = Role::Officer;
        let unmet = |rule, outcome| -> Vec<&str> {
            let case = (set.rule(rule).unwrap(), outcome);
            let day = jiff::civil::date(2026, 11, 22);
            unmet(&judge, &facts, case, role, day).into_iter().map(|rule| rule.id.as_str()).collect()
        };
        assert_eq!(unmet("windows-11-ready", Outcome::Fail), ["win11-tpm"]);
        let unknown = unmet("windows-11-ready", Outcome::Unknown);
        assert!(unknown.contains(&"win11-memory") && !unknown.contains(&"win11-tpm"), "{unknown:?}");
        assert_eq!(unmet("windows-11-ready", Outcome::Pass), [] as [&str; 0]);
        assert_eq!(unmet("tpm", Outcome::Fail), [] as [&str; 0], "it asks for no other set");
    }

    #[test]
    fn a_machine_is_found_by_what_stands_on_its_label() {
        let mut report = survey(NOW);
        report.facts.board.serial = Fact::Known("PF3ĐK7X".to_owned());
        let search = portrait(&report).search;
        assert!(search.contains(&fold("pf3đk7x")), "{search}");
        report.facts.board.serial = Fact::Absent;
        assert!(!portrait(&report).search.contains("pf3"));
    }
}
