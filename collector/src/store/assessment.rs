//! Assessments: every judgement, with the rules that judged; and the findings of the latest.
//!
//! A machine that did not change is judged alike every day, but for days and numbers among what the rules saw. So the
//! JSON of an assessment is compressed with an earlier one of the same machine as a raw dictionary: what is read is every
//! letter of it, and what is kept is what differs. Only one that stands by itself is a dictionary, so there are no chains.

use std::io::Read;

use anyhow::{Context, Result};
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
    /// The whole assessment as JSON, compressed.
    pub body: &'a Packed,
}

/// The JSON of an assessment, compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The assessment whose JSON is the dictionary; none where it stands by itself.
    base: Option<String>,
    bytes: Vec<u8>,
}

/// What the next assessment of a machine is compressed with: an assessment that stands by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Its id.
    id: String,
    kept: Kept,
}

/// The JSON of an assessment as it is kept: as an earlier program wrote it, or compressed.
type Kept = (String, Option<Vec<u8>>);

/// How hard the compressor tries: a report waits for it.
const LEVEL: i32 = 3;
/// The window of the compressor, as a power of two: both texts are in it.
const WINDOW_BITS: u32 = 20;
/// Longest JSON of an assessment, in bytes.
const TEXT_BYTES_MAX: u64 = 16 << 20;
/// In what share of what it takes by itself an assessment must fit, to be kept with another one.
const WORTH: usize = 3;

impl Packed {
    /// Compresses the JSON of an assessment, with that of another one where that is worth it.
    ///
    /// # Errors
    /// When the compressor cannot, or the other one cannot be read.
    pub fn of(text: &str, ground: Option<&Ground>) -> Result<Packed> {
        if let Some(ground) = ground {
            let bytes = compress(text, unpack(&ground.kept, None)?.as_bytes())?;
            // A small difference needs no comparison; a large one may be as much as the whole.
            if bytes.len() < text.len() / 64 || bytes.len() * WORTH < compress(text, &[])?.len() {
                return Ok(Packed { base: Some(ground.id.clone()), bytes });
            }
        }
        Ok(Packed { base: None, bytes: compress(text, &[])? })
    }
}

fn compress(text: &str, dictionary: &[u8]) -> Result<Vec<u8>> {
    let failed = |code: usize| anyhow::anyhow!("compressing: {}", zstd::zstd_safe::get_error_name(code));
    let mut compressor = zstd::bulk::Compressor::new(LEVEL).context("compressing an assessment")?;
    compressor.set_parameter(zstd::zstd_safe::CParameter::WindowLog(WINDOW_BITS))?;
    // As a prefix: it serves this one text, as raw content.
    compressor.context_mut().ref_prefix(dictionary).map_err(failed)?;
    compressor.compress(text.as_bytes()).context("compressing an assessment")
}

fn unpack((text, packed): &Kept, ground: Option<&Kept>) -> Result<String> {
    let Some(packed) = packed else { return Ok(text.clone()) };
    let dictionary = ground.map(|ground| unpack(ground, None)).transpose()?.unwrap_or_default();
    let mut decoder = zstd::stream::read::Decoder::with_ref_prefix(packed.as_slice(), dictionary.as_bytes())
        .context("opening a kept assessment")?;
    decoder.window_log_max(WINDOW_BITS).context("opening a kept assessment")?;
    let mut text = String::new();
    decoder.take(TEXT_BYTES_MAX).read_to_string(&mut text).context("reading a kept assessment")?;
    Ok(text)
}

/// Keeps a judgement. Gives its id.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, judgement: Judgement<'_>, at: Timestamp) -> Result<String> {
    const SQL: &str = "INSERT INTO assessment (id, machine, report, cause, ruleset, digest, day, judged_at,
            grade, score, coverage, decided_by, body, packed, base)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', $13, $14)";
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
        .bind(&judgement.body.bytes)
        .bind(&judgement.body.base)
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

/// What the next assessment of a machine is compressed with; none before the first.
///
/// # Errors
/// When the database cannot.
pub async fn ground(tx: &mut Tx, machine: &str) -> Result<Option<Ground>> {
    const SQL: &str = "SELECT g.id, g.body, g.packed FROM machine m JOIN assessment a ON a.id = m.assessment
            JOIN assessment g ON g.id = COALESCE(a.base, a.id) WHERE m.id = $1";
    let row: Option<(String, String, Option<Vec<u8>>)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(machine).fetch_optional(c).await?);
    Ok(row.map(|(id, text, packed)| Ground { id, kept: (text, packed) }))
}

type BodyRow = (String, Option<Vec<u8>>, Option<String>, Option<Vec<u8>>);

fn body_of((text, packed, ground, ground_packed): BodyRow) -> Result<String> {
    let ground = ground.map(|ground| (ground, ground_packed));
    unpack(&(text, packed), ground.as_ref())
}

/// The latest assessment of a machine, as JSON. None before the first.
///
/// # Errors
/// When the database cannot, or what it kept cannot be opened.
pub async fn latest(tx: &mut Tx, machine: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT a.body, a.packed, g.body, g.packed
        FROM machine m JOIN assessment a ON a.id = m.assessment LEFT JOIN assessment g ON g.id = a.base
        WHERE m.id = $1";
    let row: Option<BodyRow> = sql!(tx, |c| sqlx::query_as(SQL).bind(machine).fetch_optional(c).await?);
    row.map(body_of).transpose()
}

/// A kept assessment as JSON.
///
/// # Errors
/// As [`latest`].
pub async fn body(tx: &mut Tx, id: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT a.body, a.packed, g.body, g.packed
        FROM assessment a LEFT JOIN assessment g ON g.id = a.base WHERE a.id = $1";
    let row: Option<BodyRow> = sql!(tx, |c| sqlx::query_as(SQL).bind(id).fetch_optional(c).await?);
    row.map(body_of).transpose()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_kept_and_every_letter_is_read() {
        let rule =
            |n: usize| format!("{{\"rule\":\"rule-{n}\",\"outcome\":\"{}\"}}", ["pass", "fail"][n % 2]);
        let rules: Vec<String> = (0..80).map(rule).collect();
        let text = |day: &str| format!("{{\"day\":\"{day}\",\"verdicts\":[{}]}}", rules.join(","));
        let first = Packed::of(&text("2026-11-21"), None).unwrap();
        let ground = Ground { id: "a".to_owned(), kept: (String::new(), Some(first.bytes.clone())) };
        let next = Packed::of(&text("2026-11-22"), Some(&ground)).unwrap();
        assert_eq!((first.base.as_deref(), next.base.as_deref()), (None, Some("a")));
        assert!(next.bytes.len() < 64, "{} bytes", next.bytes.len());
        let kept = (String::new(), Some(next.bytes));
        assert_eq!(unpack(&kept, Some(&ground.kept)).unwrap(), text("2026-11-22"));
        assert_eq!(unpack(&ground.kept, None).unwrap(), text("2026-11-21"));
        // What an earlier program wrote is read as it is, and serves as a dictionary too.
        let old = Ground { id: "o".to_owned(), kept: (text("2026-11-20"), None) };
        let on_old = Packed::of(&text("2026-11-22"), Some(&old)).unwrap();
        assert_eq!(
            unpack(&(String::new(), Some(on_old.bytes)), Some(&old.kept)).unwrap(),
            text("2026-11-22")
        );
        // Nothing in common: it stands by itself.
        let other = Packed::of("{\"day\":\"?\"}", Some(&ground)).unwrap();
        assert_eq!(other.base, None);
        assert!(unpack(&(String::new(), Some(b"no frame".to_vec())), None).is_err());
    }
}
