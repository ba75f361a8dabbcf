//! Assessments: every judgement, with the rules that judged; and the findings of the latest.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use super::machine::Mark;
use super::{Tx, new_id, sql};

/// Why a PC was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The PC said something.
    Report,
    /// The rules changed and the same report was judged again.
    Rules,
    /// An exception was granted, or ended.
    Waiver,
    /// The PC got another seat.
    Seat,
    /// A unit set a parameter of the rules, or took it away.
    Parameter,
}

impl Cause {
    fn word(self) -> &'static str {
        match self {
            Cause::Report => "report",
            Cause::Rules => "rules",
            Cause::Waiver => "waiver",
            Cause::Seat => "seat",
            Cause::Parameter => "parameter",
        }
    }
}

/// A judgement.
#[derive(Debug, Clone, Copy)]
pub struct Judgement<'a> {
    /// Id of the machine.
    pub machine: &'a str,
    /// Id of the report that was judged.
    pub report: &'a str,
    /// Why.
    pub cause: Cause,
    /// Id of the rule set.
    pub ruleset: &'a str,
    /// The day for which it was judged.
    pub day: Date,
    /// Grade, score and the rest.
    pub mark: &'a Mark,
    /// The whole assessment as JSON.
    pub body: &'a str,
}

/// Keeps a judgement. Gives its id.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, judgement: Judgement<'_>, at: Timestamp) -> Result<String> {
    const SQL: &str = "INSERT INTO assessment (id, machine, report, cause, ruleset, digest, day, judged_at,
            grade, score, coverage, decided_by, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let id = new_id(at);
    let mark = judgement.mark;
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&id)
        .bind(judgement.machine)
        .bind(judgement.report)
        .bind(judgement.cause.word())
        .bind(judgement.ruleset)
        .bind(&mark.rules_digest)
        .bind(judgement.day.to_string())
        .bind(at.as_millisecond())
        .bind(&mark.grade)
        .bind(mark.score)
        .bind(mark.coverage)
        .bind(&mark.decided_by)
        .bind(judgement.body)
        .execute(c)
        .await?);
    Ok(id)
}

/// A verdict that is not a pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// partial, fail, unknown, not_applicable, or waived.
    pub outcome: String,
    /// How much the rule weighs.
    pub severity: String,
    /// Whether the PC has what is asked, switched off.
    pub switched_off: bool,
}

/// The findings of a machine's latest assessment, in the order of their rules' ids.
///
/// # Errors
/// When the database cannot.
pub async fn findings(tx: &mut Tx, machine: &str) -> Result<Vec<Finding>> {
    const SQL: &str =
        "SELECT rule, outcome, severity, switched_off FROM finding WHERE machine = $1 ORDER BY rule";
    let rows: Vec<(String, String, String, bool)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(machine).fetch_all(c).await?);
    let finding = |(rule, outcome, severity, switched_off)| Finding { rule, outcome, severity, switched_off };
    Ok(rows.into_iter().map(finding).collect())
}

/// Makes these the findings of a machine; writes only what changed. They are in the order of their rules' ids.
///
/// # Errors
/// When the database cannot.
pub async fn set_findings(tx: &mut Tx, machine: &str, findings: &[Finding]) -> Result<()> {
    let before = self::findings(tx, machine).await?;
    if before == findings {
        return Ok(());
    }
    const GONE: &str = "DELETE FROM finding WHERE machine = $1 AND rule = $2";
    for gone in before.iter().filter(|finding| !findings.iter().any(|f| f.rule == finding.rule)) {
        sql!(tx, |c| sqlx::query(GONE).bind(machine).bind(&gone.rule).execute(c).await?);
    }
    const PUT: &str = "INSERT INTO finding (machine, rule, outcome, severity, switched_off)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (machine, rule) DO UPDATE SET outcome = $3, severity = $4, switched_off = $5";
    for finding in findings.iter().filter(|finding| !before.contains(finding)) {
        sql!(tx, |c| sqlx::query(PUT)
            .bind(machine)
            .bind(&finding.rule)
            .bind(&finding.outcome)
            .bind(&finding.severity)
            .bind(finding.switched_off)
            .execute(c)
            .await?);
    }
    Ok(())
}

/// The latest assessment of a machine, as JSON. None before the first.
///
/// # Errors
/// When the database cannot.
pub async fn latest(tx: &mut Tx, machine: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT a.body FROM machine m JOIN assessment a ON a.id = m.assessment WHERE m.id = $1";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).bind(machine).fetch_optional(c).await?))
}

/// How often a machine was judged.
///
/// # Errors
/// When the database cannot.
pub async fn count(tx: &mut Tx, machine: &str) -> Result<u64> {
    const SQL: &str = "SELECT COUNT(*) FROM assessment WHERE machine = $1";
    let count: i64 = sql!(tx, |c| sqlx::query_scalar(SQL).bind(machine).fetch_one(c).await?);
    Ok(u64::try_from(count)?)
}
