//! A PC and a rule set to verdicts, a grade, a score and a coverage.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::lifecycle::Lifecycle;
use crate::ruleset::RuleSet;

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
    /// The facts that it looked at, in the order of the rule, as they were.
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
    /// The answer: the value as JSON, null when absent, `{"unknown": reason}` when unknown.
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
pub fn assess(facts: &Facts, set: &RuleSet, lifecycle: &Lifecycle, role: Role, day: Date) -> Assessment {
    todo!()
}
