//! A PC and a rule set to verdicts, a grade, a score and a coverage.

use data_encoding::HEXLOWER;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::condition::{self, Context, Scene, Truth};
use crate::fact::Fact;
use crate::facts::support::Support;
use crate::facts::unit::Unit;
use crate::facts::{Facts, Kind, Place, Value};
use crate::lifecycle::Lifecycle;
use crate::ruleset::{Rule, RuleSet, Settings};

pub mod difference;

/// What the seat of a PC is for. Thresholds depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A clerk at the one-stop counter (cán bộ một cửa).
    Counter,
    /// A document clerk (văn thư).
    Clerk,
    /// A leader who signs digitally (lãnh đạo).
    Leader,
    /// A general officer (chuyên viên).
    Officer,
    /// A small server (máy chủ nhỏ).
    Server,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Role] = &[Role::Counter, Role::Clerk, Role::Leader, Role::Officer, Role::Server];

    /// As it stands in JSON and in rules.
    pub fn word(self) -> &'static str {
        match self {
            Role::Counter => "counter",
            Role::Clerk => "clerk",
            Role::Leader => "leader",
            Role::Officer => "officer",
            Role::Server => "server",
        }
    }

    /// The role of this word.
    pub fn parse(word: &str) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| role.word() == word)
    }
}

/// How much a rule weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 0 points.
    Info,
    /// 2 points.
    Minor,
    /// 5 points.
    Major,
    /// 10 points; one failure caps the grade at not ready.
    Critical,
}

impl Severity {
    /// Every severity, from the lightest.
    pub const ALL: &'static [Severity] =
        &[Severity::Info, Severity::Minor, Severity::Major, Severity::Critical];

    /// The points of a rule that passes.
    pub fn points(self) -> u32 {
        match self {
            Severity::Info => 0,
            Severity::Minor => 2,
            Severity::Major => 5,
            Severity::Critical => 10,
        }
    }

    /// As it stands in JSON and in rules.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Minor => "minor",
            Severity::Major => "major",
            Severity::Critical => "critical",
        }
    }
}

/// What one rule says of a PC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Đạt.
    Pass,
    /// Đạt một phần: half the points.
    Partial,
    /// Chưa đạt.
    Fail,
    /// Không rõ: it does not count for the score, only for the coverage.
    Unknown,
    /// Không áp dụng.
    NotApplicable,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Outcome] =
        &[Outcome::Pass, Outcome::Partial, Outcome::Fail, Outcome::Unknown, Outcome::NotApplicable];

    /// As it stands in JSON and in rules.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Partial => "partial",
            Outcome::Fail => "fail",
            Outcome::Unknown => "unknown",
            Outcome::NotApplicable => "not_applicable",
        }
    }
}

/// How ready a PC is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Sẵn sàng.
    Ready,
    /// Cần bổ sung.
    NeedsWork,
    /// Chưa sẵn sàng.
    NotReady,
    /// Chưa đủ dữ liệu.
    NoData,
}

impl Grade {
    /// Every grade, from best to worst, the undecided one last.
    pub const ALL: &'static [Grade] = &[Grade::Ready, Grade::NeedsWork, Grade::NotReady, Grade::NoData];

    /// As it stands in JSON and in rules.
    pub fn word(self) -> &'static str {
        match self {
            Grade::Ready => "ready",
            Grade::NeedsWork => "needs_work",
            Grade::NotReady => "not_ready",
            Grade::NoData => "no_data",
        }
    }

    /// The grade of this word.
    pub fn parse(word: &str) -> Option<Grade> {
        Grade::ALL.iter().copied().find(|grade| grade.word() == word)
    }
}

/// What one rule says of a PC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Id of the rule in its set.
    pub rule: String,
    /// What it says.
    pub outcome: Outcome,
    /// How much it weighs on the day of the report.
    pub severity: Severity,
    /// Whether the PC has what was asked, switched off: a setting mends it, no purchase. Only of a fail or a partial.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub switched_off: bool,
    /// Whether an exception holds: the rule does not pass, and that counts for nothing. Only of a fail or a partial.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
    /// The facts that decided, in the order of the rule, as they were; of a list, the record that decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<SeenFact>,
}

/// A fact as a rule saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenFact {
    /// Full name: `memory.installed`, or `disk.drives.health` with the record that decided.
    pub fact: String,
    /// The record's own name (the first text in it), where the fact is in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The answer: the value as JSON, null when absent, `{"unknown": reason}` when unknown. A list of records is
    /// told by its length.
    pub value: serde_json::Value,
}

/// All verdicts of one report under one rule set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Id of the rule set.
    pub set: String,
    /// SHA-256 of the text of the rule set and of the lifecycle table, in hexadecimal: the rules that judged.
    pub digest: String,
    /// The day for which it was judged.
    pub day: Date,
    /// The role for which it was judged.
    pub role: Role,
    /// How ready the PC is.
    pub grade: Grade,
    /// Points earned ÷ points decided, 0 to 100, rounded down; none when nothing was decided.
    pub score: Option<u8>,
    /// Points decided ÷ points applicable, 0 to 100, rounded down.
    pub coverage: u8,
    /// The rule that decided the grade: the failed critical one, or the one that costs most; none when ready.
    pub decided_by: Option<String>,
    /// One verdict for each rule, in the order of the set.
    pub verdicts: Vec<Verdict>,
}

/// Judges a PC. The same engine serves `check` on the PC itself, intake and rescoring.
///
/// Support dates come from the lifecycle table, unless the facts bring their own (as the tests of a rule set may).
pub fn assess(facts: &Facts, set: &RuleSet, lifecycle: &Lifecycle, role: Role, day: Date) -> Assessment {
    run(facts, set, lifecycle, role, day, set.defaults())
}

/// As [`assess`], in a unit that set some parameters of the rule set; see [`RuleSet::settings`].
pub fn assess_in(
    facts: &Facts,
    set: &RuleSet,
    lifecycle: &Lifecycle,
    role: Role,
    day: Date,
    settings: &Settings,
) -> Assessment {
    run(facts, set, lifecycle, role, day, settings)
}

/// What a rule set says of a PC, rule by rule in the order of the set, without telling what it saw: for judging a
/// whole fleet where only outcomes are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// How ready the PC is.
    pub grade: Grade,
    /// Points earned ÷ points decided, 0 to 100, rounded down; none when nothing was decided.
    pub score: Option<u8>,
    /// Points decided ÷ points applicable, 0 to 100, rounded down.
    pub coverage: u8,
    /// The rule that decided, by its place in the set; none when ready.
    pub decided_by: Option<usize>,
    /// What each rule says.
    pub rulings: Vec<Ruling>,
}

/// What one rule says of a PC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// What it says.
    pub outcome: Outcome,
    /// How much it weighs on the day of the report.
    pub severity: Severity,
    /// Whether the PC has what was asked, switched off.
    pub switched_off: bool,
    /// Whether an exception holds for what does not pass.
    pub waived: bool,
}

/// The day for which a PC is judged, and the day on which it told its facts. They are the same, but where somebody
/// wants to know what rules will say that begin later: then support has run on until that day, and what the PC did on
/// its own day, such as installing patches, is as old as it was then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The day that is judged.
    pub judged: Date,
    /// The day of the report.
    pub told: Date,
}

impl From<Date> for When {
    fn from(day: Date) -> When {
        When { judged: day, told: day }
    }
}

impl Ruling {
    /// How many letters there are.
    const LETTERS: u8 = 80;

    /// In one visible letter of ASCII: what is kept of each machine of a fleet.
    pub fn letter(self) -> char {
        let Ruling { outcome, severity, switched_off, waived } = self;
        let place = (outcome as u8 * 4 + severity as u8) * 4 + u8::from(switched_off) * 2 + u8::from(waived);
        char::from(b'!' + place)
    }

    /// The ruling of this letter.
    pub fn of_letter(letter: char) -> Option<Ruling> {
        let place = u8::try_from(letter).ok()?.checked_sub(b'!').filter(|place| *place < Ruling::LETTERS)?;
        Some(Ruling {
            outcome: *Outcome::ALL.get(usize::from(place / 16))?,
            severity: *Severity::ALL.get(usize::from(place / 4 % 4))?,
            switched_off: place / 2 % 2 == 1,
            waived: place % 2 == 1,
        })
    }
}

/// As [`assess_in`], without the facts that each rule saw.
pub fn assess_lean(
    facts: &Facts,
    set: &RuleSet,
    lifecycle: &Lifecycle,
    role: Role,
    when: impl Into<When>,
    settings: &Settings,
) -> Judgement {
    let When { judged, told } = when.into();
    let support = lifecycle.support_of(facts, judged);
    let scene = Scene::new(facts, &support, judged, settings, &set.scans).told(told);
    judge(&scene, set, role, judged, settings)
}

/// Where a rule tells what it saw, if anybody wants to know.
type Evidence<'s> = Option<&'s mut Vec<SeenFact>>;

fn run(
    facts: &Facts,
    set: &RuleSet,
    lifecycle: &Lifecycle,
    role: Role,
    day: Date,
    settings: &Settings,
) -> Assessment {
    let support = lifecycle.support_of(facts, day);
    let scene = Scene::new(facts, &support, day, settings, &set.scans);
    let verdicts: Vec<Verdict> =
        set.rules.iter().map(|rule| verdict(rule, &scene, role, day, settings)).collect();
    let judged = Judgement::of(verdicts.iter().map(Verdict::ruling).collect(), set);
    Assessment { digest: digest_in(set, lifecycle, settings), verdicts, ..judged.told(set, role, day) }
}

/// What the rules about units say of a unit, in the order of the set: the same engine as for a PC.
pub fn assess_unit(unit: &Unit, set: &RuleSet, day: Date, settings: &Settings) -> Vec<Verdict> {
    let facts = Facts { unit: unit.clone(), ..Facts::default() };
    let support = Support::default();
    let scene = Scene::new(&facts, &support, day, settings, &set.scans);
    // A unit has no role, and a rule about units asks none.
    set.unit_rules.iter().map(|rule| verdict(rule, &scene, Role::Officer, day, settings)).collect()
}

/// As [`assess_unit`] of a unit of which counts are known to lie between these two. Where both ends say the same, so does
/// everything between; else nobody knows.
pub fn assess_unit_between(
    (least, most): (&Unit, &Unit),
    set: &RuleSet,
    day: Date,
    settings: &Settings,
) -> Vec<Verdict> {
    let mut verdicts = assess_unit(least, set, day, settings);
    if least != most {
        for (verdict, other) in verdicts.iter_mut().zip(assess_unit(most, set, day, settings)) {
            if verdict.outcome != other.outcome {
                (verdict.outcome, verdict.waived) = (Outcome::Unknown, false);
            }
        }
    }
    verdicts
}

/// Asks every rule of the set.
pub(crate) fn judge(
    scene: &Scene<'_>,
    set: &RuleSet,
    role: Role,
    day: Date,
    settings: &Settings,
) -> Judgement {
    Judgement::of(set.rules.iter().map(|rule| ruling(rule, scene, role, day, settings, None)).collect(), set)
}

impl Judgement {
    /// What these rulings come to under the thresholds of this set: one for each rule, in its order. More may stand
    /// behind them, as of a rule that the set does not have.
    pub fn of(rulings: Vec<Ruling>, set: &RuleSet) -> Judgement {
        let sum = Sum::of(&rulings);
        let (score, coverage) = (sum.score(), sum.coverage());
        let (grade, decided_by) = grade(&rulings, set, score, coverage);
        Judgement { grade, score, coverage, decided_by, rulings }
    }

    /// An assessment by this set that comes to this, still without digest and verdicts.
    fn told(&self, set: &RuleSet, role: Role, day: Date) -> Assessment {
        Assessment {
            set: set.id.clone(),
            digest: String::new(),
            day,
            role,
            grade: self.grade,
            score: self.score,
            coverage: self.coverage,
            decided_by: self.decided_by.and_then(|index| set.rules.get(index)).map(|rule| rule.id.clone()),
            verdicts: Vec::new(),
        }
    }
}

fn verdict(rule: &Rule, scene: &Scene<'_>, role: Role, day: Date, settings: &Settings) -> Verdict {
    let mut seen = Vec::new();
    let Ruling { outcome, severity, switched_off, waived } =
        ruling(rule, scene, role, day, settings, Some(&mut seen));
    Verdict { rule: rule.id.clone(), outcome, severity, switched_off, waived, seen }
}

fn ruling(
    rule: &Rule,
    scene: &Scene<'_>,
    role: Role,
    day: Date,
    settings: &Settings,
    seen: Evidence<'_>,
) -> Ruling {
    scene.next_rule();
    let (outcome, switched_off) = ask(rule, scene, role, seen);
    let lacks = matches!(outcome, Outcome::Fail | Outcome::Partial);
    let waived = lacks && settings.waived.contains(&rule.id);
    Ruling { outcome, severity: rule.severity_on(role, day), switched_off, waived }
}

/// The digest of an assessment in a unit: of the set and the table, of what the unit set, and of what is waived.
pub fn digest_in(set: &RuleSet, lifecycle: &Lifecycle, settings: &Settings) -> String {
    let judged_by = judge_digest(set, lifecycle);
    if settings.changed.is_empty() && settings.waived.is_empty() {
        return judged_by;
    }
    let changed = settings.changed.iter().map(|(name, value)| format!("{name} = {value}\n"));
    let waived = settings.waived.iter().map(|rule| format!("waived {rule}\n"));
    digest(&format!("{judged_by}\n{}", changed.chain(waived).collect::<String>()))
}

/// SHA-256 of the rule set and the lifecycle table, in hexadecimal: two assessments with one digest were judged by
/// the same rules.
pub fn judge_digest(set: &RuleSet, lifecycle: &Lifecycle) -> String {
    let fresh = || digest(&format!("{}\n{}\n", set.digest, lifecycle.digest));
    let (table, known) = set.judged_with.get_or_init(|| (lifecycle.digest.clone(), fresh()));
    if *table == lifecycle.digest { known.clone() } else { fresh() }
}

/// SHA-256 of a text, in hexadecimal.
pub(crate) fn digest(text: &str) -> String {
    HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref())
}

fn ask(rule: &Rule, scene: &Scene<'_>, role: Role, seen: Evidence<'_>) -> (Outcome, bool) {
    if !rule.roles.contains(&role) {
        return (Outcome::NotApplicable, false);
    }
    let (when, pass, partial) = (rule.when_for(role), rule.pass_for(role), rule.partial_for(role));
    let asked = Asked { rule, when, pass, partial };
    let context = scene.context();
    match rule.each {
        None => judge_one(&asked, Judged::of(&asked, &context), &context, seen),
        Some(list) => judge_each(&asked, list, &context, seen),
    }
}

/// What a rule asks of one role.
struct Asked<'r> {
    rule: &'r Rule,
    when: Option<&'r condition::Condition>,
    pass: &'r condition::Condition,
    partial: Option<&'r condition::Condition>,
}

/// The verdict of the PC, or of one record, and whether it has what is asked, switched off.
fn judge_one(
    asked: &Asked<'_>,
    judged: Judged,
    context: &Context<'_>,
    mut seen: Evidence<'_>,
) -> (Outcome, bool) {
    let outcome = judged.outcome();
    if let Some(seen) = &mut seen {
        judged.look(asked, context, seen);
    }
    let lacks = matches!(outcome, Outcome::Fail | Outcome::Partial);
    let off = asked.rule.switched_off.as_ref().filter(|_| lacks);
    let switched_off = off.is_some_and(|off| off.holds(context) == Truth::True);
    // Which rules of a set are not met was told with it.
    if let (true, Some(off), Some(seen)) = (switched_off, off.filter(|off| off.met_set().is_none()), seen) {
        off.look(context, seen);
    }
    (outcome, switched_off)
}

/// The verdict of the worst record of a list; not applicable when none is left.
fn judge_each(
    asked: &Asked<'_>,
    list: Place,
    context: &Context<'_>,
    mut seen: Evidence<'_>,
) -> (Outcome, bool) {
    let answer = context.at(list);
    let (Fact::Known(Value::Records(records)), Kind::Records(terms)) = (&answer, list.term().kind) else {
        if let Some(seen) = &mut seen {
            condition::note(seen, &list.name(), None, &answer);
        }
        let unknown = matches!(answer, Fact::Unknown(_));
        return (if unknown { Outcome::Unknown } else { Outcome::NotApplicable }, false);
    };
    let mut worst: Option<(Judged, Context<'_>)> = None;
    for index in 0..records.count() {
        let context = context.with(*records, index, terms);
        let judged = Judged::of(asked, &context);
        let worse = worst.as_ref().is_none_or(|(other, _)| badness(judged) > badness(*other));
        if judged.outcome() != Outcome::NotApplicable && worse {
            worst = Some((judged, context));
        }
    }
    match worst {
        Some((judged, context)) => judge_one(asked, judged, &context, seen),
        None => {
            if let Some(seen) = &mut seen {
                condition::note(seen, &list.name(), None, &answer);
            }
            (Outcome::NotApplicable, false)
        }
    }
}

/// How bad it is for a list that one of its records is judged so. A record that may be bad outweighs one that is
/// good in part, so that what is not known is never taken for better than it is.
fn badness(judged: Judged) -> u8 {
    match judged.outcome() {
        Outcome::NotApplicable => 0,
        Outcome::Pass => 1,
        Outcome::Partial => 2,
        Outcome::Unknown => 3,
        Outcome::Fail => 4,
    }
}

/// What the conditions of a rule say, as far as they were asked.
#[derive(Clone, Copy)]
enum Judged {
    /// `when` was not true.
    When(Truth),
    /// `pass` was true, or there is no `partial`, or it cannot help.
    Pass(Truth),
    /// `pass` was false, and this is what `partial` says.
    Partial(Truth),
}

impl Judged {
    fn of(asked: &Asked<'_>, context: &Context<'_>) -> Judged {
        let when = asked.when.map_or(Truth::True, |when| when.holds(context));
        if when != Truth::True {
            return Judged::When(when);
        }
        let pass = asked.pass.holds(context);
        match asked.partial {
            Some(partial) if pass == Truth::False => Judged::Partial(partial.holds(context)),
            Some(_) | None => Judged::Pass(pass),
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Judged::When(Truth::False) => Outcome::NotApplicable,
            Judged::When(Truth::True | Truth::Unknown) => Outcome::Unknown,
            Judged::Pass(Truth::True) => Outcome::Pass,
            Judged::Partial(Truth::True) => Outcome::Partial,
            Judged::Pass(Truth::False) | Judged::Partial(Truth::False) => Outcome::Fail,
            Judged::Pass(Truth::Unknown) | Judged::Partial(Truth::Unknown) => Outcome::Unknown,
        }
    }

    /// Adds the facts that decided: those of `when` if that was the end of it, else those of `pass` and `partial`.
    fn look(self, asked: &Asked<'_>, context: &Context<'_>, seen: &mut Vec<SeenFact>) {
        let conditions = match self {
            Judged::When(_) => [asked.when, None],
            Judged::Pass(_) => [Some(asked.pass), None],
            Judged::Partial(_) => [Some(asked.pass), asked.partial],
        };
        for condition in conditions.into_iter().flatten() {
            condition.look(context, seen);
        }
    }
}

/// Points of all verdicts, in halves.
struct Sum {
    earned: u64,
    decided: u64,
    applicable: u64,
}

impl Sum {
    fn of(rulings: &[Ruling]) -> Sum {
        let mut sum = Sum { earned: 0, decided: 0, applicable: 0 };
        for ruling in rulings {
            let points = u64::from(ruling.severity.points());
            let (earned, decided, applicable) = match ruling.outcome {
                _ if ruling.waived => (0, 0, 0),
                Outcome::Pass => (2 * points, 2 * points, 2 * points),
                Outcome::Partial => (points, 2 * points, 2 * points),
                Outcome::Fail => (0, 2 * points, 2 * points),
                Outcome::Unknown => (0, 0, 2 * points),
                Outcome::NotApplicable => (0, 0, 0),
            };
            sum.earned += earned;
            sum.decided += decided;
            sum.applicable += applicable;
        }
        sum
    }

    fn score(&self) -> Option<u8> {
        share(self.earned, self.decided)
    }

    fn coverage(&self) -> u8 {
        share(self.decided, self.applicable).unwrap_or(0)
    }
}

/// A part of a whole, 0 to 100, rounded down; none when there is no whole.
fn share(part: u64, whole: u64) -> Option<u8> {
    u8::try_from((part * 100).checked_div(whole)?).ok()
}

fn grade(rulings: &[Ruling], set: &RuleSet, score: Option<u8>, coverage: u8) -> (Grade, Option<usize>) {
    let critical = |ruling: &Ruling| {
        ruling.outcome == Outcome::Fail && ruling.severity == Severity::Critical && !ruling.waived
    };
    if let Some(index) = rulings.iter().position(critical) {
        return (Grade::NotReady, Some(index));
    }
    let grade = set.grades.of(score, coverage);
    if grade == Grade::Ready {
        return (grade, None);
    }
    let cost = |ruling: &Ruling| match (grade, ruling.outcome) {
        (Grade::NoData, Outcome::Unknown) => Some(ruling.severity.points()),
        (Grade::NoData, _) => None,
        _ => ruling.lost_halves(),
    };
    let mut decider: Option<(usize, u32)> = None;
    for (index, ruling) in rulings.iter().enumerate() {
        let Some(cost) = cost(ruling) else { continue };
        if decider.is_none_or(|(_, most)| cost > most) {
            decider = Some((index, cost));
        }
    }
    (grade, decider.map(|(index, _)| index))
}

impl Ruling {
    /// The points that it costs, in halves; none when it costs nothing by its outcome.
    pub(crate) fn lost_halves(&self) -> Option<u32> {
        lost_halves(self.outcome, self.severity).filter(|_| !self.waived)
    }
}

impl Verdict {
    /// What it says, without what it saw.
    pub fn ruling(&self) -> Ruling {
        let Verdict { outcome, severity, switched_off, waived, .. } = *self;
        Ruling { outcome, severity, switched_off, waived }
    }

    fn lost_halves(&self) -> Option<u32> {
        lost_halves(self.outcome, self.severity).filter(|_| !self.waived)
    }
}

fn lost_halves(outcome: Outcome, severity: Severity) -> Option<u32> {
    match outcome {
        Outcome::Fail => Some(2 * severity.points()),
        Outcome::Partial => Some(severity.points()),
        Outcome::Pass | Outcome::Unknown | Outcome::NotApplicable => None,
    }
}

/// How many rules said what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rules that pass.
    pub pass: usize,
    /// Rules that pass in part.
    pub partial: usize,
    /// Rules that fail.
    pub fail: usize,
    /// Rules that nobody could decide.
    pub unknown: usize,
    /// Rules that do not concern this PC.
    pub not_applicable: usize,
    /// Rules that do not pass, by exception.
    pub waived: usize,
}

impl Assessment {
    /// This one where another stands on it: the verdicts of the other in the place of its own of the same rules, and
    /// everything else as the other says.
    #[must_use]
    pub fn amended(self, amendment: Assessment) -> Assessment {
        let mut verdicts = self.verdicts;
        for verdict in amendment.verdicts {
            match verdicts.iter_mut().find(|one| one.rule == verdict.rule) {
                Some(one) => *one = verdict,
                None => verdicts.push(verdict),
            }
        }
        Assessment { verdicts, ..amendment }
    }

    /// How many rules said what.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for verdict in &self.verdicts {
            *match verdict.outcome {
                _ if verdict.waived => &mut counts.waived,
                Outcome::Pass => &mut counts.pass,
                Outcome::Partial => &mut counts.partial,
                Outcome::Fail => &mut counts.fail,
                Outcome::Unknown => &mut counts.unknown,
                Outcome::NotApplicable => &mut counts.not_applicable,
            } += 1;
        }
        counts
    }

    /// The verdicts to mend first, at most `count`: by the points that they cost, and a fail before a partial.
    pub fn top_failures(&self, count: usize) -> Vec<&Verdict> {
        let mut failures: Vec<(bool, u32, &Verdict)> = self
            .verdicts
            .iter()
            .filter_map(|verdict| {
                Some((verdict.outcome == Outcome::Partial, verdict.lost_halves()?, verdict))
            })
            .collect();
        failures.sort_by_key(|(partial, lost, _)| (std::cmp::Reverse(*lost), *partial));
        failures.into_iter().take(count).map(|(_, _, verdict)| verdict).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests;
