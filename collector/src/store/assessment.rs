//! Assessments: every judgement, with the rules that judged; and the findings of the latest.
//!
//! A machine that did not change is judged alike every day, but for days and numbers among what the rules saw. So the
//! JSON of an assessment is compressed with an earlier one of the same machine as a raw dictionary: what is read is every
//! letter of it, and what is kept is what differs. Only one that stands by itself is a dictionary.
//!
//! Where single rules of a set changed, only what these say is kept, as an amendment of the assessment before; the next
//! report of the machine ends such a row.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use rules::assess::Assessment;

use super::machine::Mark;
use super::{TOGETHER, Tx, is_usual, new_id, push_among, sql};

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
    /// The day for which it was judged.
    pub day: Date,
    /// Grade, score and the rest.
    pub mark: &'a Mark,
    /// What is kept of it.
    pub body: Body<'a>,
}

/// What is kept of an assessment.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// The whole of it.
    Packed(&'a Packed),
    /// An assessment as JSON, with those verdicts only that take the place of others in the one before.
    Amendment {
        /// Id of the one before.
        before: &'a str,
        /// The JSON.
        text: &'a str,
    },
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

/// What is kept of an assessment, as text or compressed.
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
            let bytes = compress(text, whole(&ground.kept)?.as_bytes())?;
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

fn unpack(packed: &[u8], dictionary: &str) -> Result<String> {
    let mut decoder = zstd::stream::read::Decoder::with_ref_prefix(packed, dictionary.as_bytes())
        .context("opening a kept assessment")?;
    decoder.window_log_max(WINDOW_BITS).context("opening a kept assessment")?;
    let mut text = String::new();
    decoder.take(TEXT_BYTES_MAX).read_to_string(&mut text).context("reading a kept assessment")?;
    Ok(text)
}

/// The JSON of an assessment that stands by itself: compressed, or as an earlier program wrote it.
fn whole((text, packed): &Kept) -> Result<String> {
    packed.as_ref().map_or_else(|| Ok(text.clone()), |packed| unpack(packed, ""))
}

/// The JSON of an assessment that stands on this one.
fn standing_on(before: &str, (amendment, packed): &Kept) -> Result<String> {
    if let Some(packed) = packed {
        return unpack(packed, before);
    }
    let read = |text: &str| {
        serde_json::from_str::<Assessment>(text).context("reading an assessment that was amended")
    };
    let amended = read(before)?.amended(read(amendment)?);
    serde_json::to_string(&amended).context("writing an assessment that was amended")
}

/// Keeps a judgement. Gives its id.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, judgement: Judgement<'_>, at: Timestamp) -> Result<String> {
    let mut ids = add_all(tx, &[judgement], at).await?;
    ids.pop().context("a judgement that was kept has no id")
}

/// Keeps these judgements. Gives their ids, in their order.
///
/// # Errors
/// When the database cannot.
pub async fn add_all(tx: &mut Tx, judgements: &[Judgement<'_>], at: Timestamp) -> Result<Vec<String>> {
    let ids: Vec<String> = judgements.iter().map(|_| new_id(at)).collect();
    let named: Vec<(&String, &Judgement<'_>)> = ids.iter().zip(judgements).collect();
    for together in named.chunks(TOGETHER) {
        sql!(tx, |c| {
            let mut insert = sqlx::QueryBuilder::new(
                "INSERT INTO assessment (id, machine, report, cause, ruleset, digest, day, judged_at, grade, score,
                    coverage, decided_by, body, packed, base) ",
            );
            insert.push_values(together, |mut row, (id, judgement)| {
                let mark = judgement.mark;
                row.push_bind(*id).push_bind(judgement.machine).push_bind(judgement.report);
                row.push_bind(judgement.cause.word()).push_bind(&mark.ruleset);
                row.push_bind(&mark.rules_digest).push_bind(judgement.day.to_string());
                row.push_bind(at.as_millisecond()).push_bind(&mark.grade).push_bind(mark.score);
                row.push_bind(mark.coverage).push_bind(&mark.decided_by);
                let (text, packed, base) = match judgement.body {
                    Body::Packed(Packed { base, bytes }) => ("", Some(bytes.as_slice()), base.as_deref()),
                    Body::Amendment { before, text } => (text, None, Some(before)),
                };
                row.push_bind(text).push_bind(packed).push_bind(base);
            });
            insert.build().persistent(is_usual(together.len())).execute(c).await?
        });
    }
    Ok(ids)
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

/// The findings of the latest assessments of these machines, each as [`line`] says it. A machine without any is missing.
///
/// # Errors
/// When the database cannot.
async fn lines(tx: &mut Tx, machines: &[&str]) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for together in machines.chunks(TOGETHER) {
        // Glued together where they are: a machine has some eighty, and most of the time went into handing them over.
        let rows: Vec<(String, String)> = sql!(tx, |c| {
            let mut select = sqlx::QueryBuilder::new(
                "SELECT machine, string_agg(rule || ' ' || outcome || ' ' || severity || ' '
                    || CASE WHEN switched_off THEN '1' ELSE '0' END, '\n')
                FROM finding WHERE ",
            );
            push_among(&mut select, "machine", together);
            select
                .push(" GROUP BY machine")
                .build_query_as()
                .persistent(is_usual(together.len()))
                .fetch_all(c)
                .await?
        });
        all.extend(rows);
    }
    Ok(all)
}

/// A finding in one line. No id and no word has a space.
fn line(finding: &Finding) -> String {
    let Finding { rule, outcome, severity, switched_off } = finding;
    format!("{rule} {outcome} {severity} {}", u8::from(*switched_off))
}

/// What is to be written so that a machine has other findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rules of which nothing is said any more.
    gone: Vec<String>,
    /// What is said now and was not.
    come: Vec<Finding>,
}

impl Changes {
    /// Adds what is to be written where a rule said the first, and says the second.
    pub fn note(&mut self, before: Option<Finding>, now: Option<Finding>) {
        match (before, now) {
            (Some(before), None) => self.gone.push(before.rule),
            (before, Some(now)) if before.as_ref() != Some(&now) => self.come.push(now),
            (_, _) => {}
        }
    }
}

/// What is to be written so that these are the findings of machines, by id. The findings of a machine are in the order of
/// their rules' ids.
///
/// # Errors
/// When the database cannot.
pub async fn changes(tx: &mut Tx, now: &[(&str, &[Finding])]) -> Result<BTreeMap<String, Changes>> {
    let machines: Vec<&str> = now.iter().map(|(machine, _)| *machine).collect();
    let before = lines(tx, &machines).await?;
    let changes = |(machine, findings): &(&str, &[Finding])| {
        let mut before: BTreeSet<&str> = before.get(*machine).map_or("", String::as_str).lines().collect();
        let is_new = |finding: &&Finding| !before.remove(line(finding).as_str());
        let come = findings.iter().filter(is_new).cloned().collect();
        // What is left is no finding any more, or says something else of its rule.
        let rules = before.iter().filter_map(|line| line.split(' ').next());
        let is_gone = |rule: &&str| findings.binary_search_by(|one| one.rule.as_str().cmp(rule)).is_err();
        let gone = rules.filter(is_gone).map(str::to_owned).collect();
        ((*machine).to_owned(), Changes { gone, come })
    };
    Ok(now.iter().map(changes).collect())
}

/// Makes these the findings of a machine; writes only what changed. They are in the order of their rules' ids.
///
/// # Errors
/// When the database cannot.
pub async fn set_findings(tx: &mut Tx, machine: &str, findings: &[Finding]) -> Result<()> {
    let changes = changes(tx, &[(machine, findings)]).await?;
    let changes: Vec<(&str, &Changes)> =
        changes.iter().map(|(machine, changes)| (machine.as_str(), changes)).collect();
    change_findings(tx, &changes).await
}

/// Writes what differs in the findings of these machines.
///
/// # Errors
/// When the database cannot.
pub async fn change_findings(tx: &mut Tx, all: &[(&str, &Changes)]) -> Result<()> {
    let mut gone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut come: Vec<(&str, &Finding)> = Vec::new();
    for (machine, changes) in all {
        changes.gone.iter().for_each(|rule| gone.entry(rule).or_default().push(machine));
        come.extend(changes.come.iter().map(|finding| (*machine, finding)));
    }
    // Rule by rule, so that each is found by its key: a list of pairs after IN walks through all of them.
    for (rule, machines) in gone {
        for together in machines.chunks(TOGETHER) {
            sql!(tx, |c| {
                let mut delete = sqlx::QueryBuilder::new("DELETE FROM finding WHERE rule = ");
                delete.push_bind(rule);
                push_among(&mut delete, " AND machine", together);
                delete.build().persistent(is_usual(together.len())).execute(c).await?
            });
        }
    }
    for together in come.chunks(TOGETHER) {
        sql!(tx, |c| {
            let mut put = sqlx::QueryBuilder::new(
                "INSERT INTO finding (machine, rule, outcome, severity, switched_off) ",
            );
            put.push_values(together, |mut row, (machine, finding)| {
                row.push_bind(*machine).push_bind(&finding.rule).push_bind(&finding.outcome);
                row.push_bind(&finding.severity).push_bind(finding.switched_off);
            });
            put.push(
                " ON CONFLICT (machine, rule) DO UPDATE SET outcome = excluded.outcome,
                    severity = excluded.severity, switched_off = excluded.switched_off",
            );
            put.build().persistent(is_usual(together.len())).execute(c).await?
        });
    }
    Ok(())
}

/// What the next assessment of a machine is compressed with; none before the first.
///
/// # Errors
/// When the database cannot.
pub async fn ground(tx: &mut Tx, machine: &str) -> Result<Option<Ground>> {
    Ok(grounds(tx, &[machine]).await?.remove(machine))
}

/// The same for each of these machines, by id.
///
/// # Errors
/// When the database cannot.
pub async fn grounds(tx: &mut Tx, machines: &[&str]) -> Result<BTreeMap<String, Ground>> {
    let mut all = BTreeMap::new();
    for together in machines.chunks(TOGETHER) {
        let rows: Vec<(String, String, String, Option<Vec<u8>>)> = sql!(tx, |c| {
            let mut select = sqlx::QueryBuilder::new(
                "WITH RECURSIVE back (machine, id, base) AS (
                    SELECT m.id, a.id, a.base FROM machine m JOIN assessment a ON a.id = m.assessment WHERE ",
            );
            push_among(&mut select, "m.id", together);
            select.push(
                " UNION ALL SELECT b.machine, a.id, a.base FROM back b JOIN assessment a ON a.id = b.base)
                SELECT b.machine, g.id, g.body, g.packed FROM back b JOIN assessment g ON g.id = b.id
                WHERE b.base IS NULL",
            );
            select.build_query_as().persistent(is_usual(together.len())).fetch_all(c).await?
        });
        let grounds = rows
            .into_iter()
            .map(|(machine, id, text, packed)| (machine, Ground { id, kept: (text, packed) }));
        all.extend(grounds);
    }
    Ok(all)
}

/// The latest assessment of a machine, as JSON. None before the first.
///
/// # Errors
/// When the database cannot, or what it kept cannot be opened.
pub async fn latest(tx: &mut Tx, machine: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT assessment FROM machine WHERE id = $1";
    let id: Option<Option<String>> =
        sql!(tx, |c| sqlx::query_scalar(SQL).bind(machine).fetch_optional(c).await?);
    match id.flatten() {
        Some(id) => body(tx, &id).await,
        None => Ok(None),
    }
}

/// A kept assessment as JSON.
///
/// # Errors
/// As [`latest`].
pub async fn body(tx: &mut Tx, id: &str) -> Result<Option<String>> {
    const SQL: &str = "WITH RECURSIVE back (place, id, base) AS (
            SELECT 0, id, base FROM assessment WHERE id = $1
            UNION ALL SELECT b.place + 1, a.id, a.base FROM back b JOIN assessment a ON a.id = b.base)
        SELECT a.body, a.packed FROM back b JOIN assessment a ON a.id = b.id ORDER BY b.place DESC";
    let row: Vec<Kept> = sql!(tx, |c| sqlx::query_as(SQL).bind(id).fetch_all(c).await?);
    let Some((ground, standing)) = row.split_first() else { return Ok(None) };
    standing.iter().try_fold(whole(ground)?, |before, kept| standing_on(&before, kept)).map(Some)
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
        assert_eq!(standing_on(&text("2026-11-21"), &kept).unwrap(), text("2026-11-22"));
        assert_eq!(whole(&ground.kept).unwrap(), text("2026-11-21"));
        // What an earlier program wrote is read as it is, and serves as a dictionary too.
        let old = Ground { id: "o".to_owned(), kept: (text("2026-11-20"), None) };
        let on_old = Packed::of(&text("2026-11-22"), Some(&old)).unwrap();
        let kept = (String::new(), Some(on_old.bytes));
        assert_eq!(standing_on(&whole(&old.kept).unwrap(), &kept).unwrap(), text("2026-11-22"));
        // Nothing in common: it stands by itself.
        let other = Packed::of("{\"day\":\"?\"}", Some(&ground)).unwrap();
        assert_eq!(other.base, None);
        assert!(whole(&(String::new(), Some(b"no frame".to_vec()))).is_err());
        assert!(standing_on("{}", &("no JSON".to_owned(), None)).is_err());
    }
}
