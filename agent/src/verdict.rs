//! An assessment as text for a person at a terminal: grade, reason, then the criteria by group, failures first.
//!
//! A pure function of what the PC answered, of the rules and of the day. It knows no rule by name.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rules::assess::{Assessment, Grade, Outcome, Role, SeenFact, Severity, Verdict, assess_in};
use rules::facts::{AREAS, Facts, Kind, Term, find};
use rules::lifecycle::Lifecycle;
use rules::mend::{Patient, helpful};
use rules::ruleset::{Rule, RuleSet, Settings};
use serde_json::Value;

use crate::words::{self, Lang};

/// How the text is set.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The language.
    pub lang: Lang,
    /// The width of the page in columns.
    pub columns: usize,
    /// Whether the terminal shows colours.
    pub colours: bool,
}

const COLUMNS_MIN: usize = 50;
/// Longer lines are hard to read, whatever the terminal has room for.
const COLUMNS_MAX: usize = 110;
/// Longest value that is shown, in characters.
const VALUE_CHARS_MAX: usize = 60;
/// Most facts that are shown beside one criterion.
const SEEN_COUNT_MAX: usize = 4;

/// A PC as it was judged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What the rules said.
    pub assessment: Assessment,
    /// The rule set that judged.
    pub set: RuleSet,
    /// The ids of the remedies that may help, by those of the rules.
    helpful: BTreeMap<String, Vec<String>>,
}

impl Judged {
    /// Judges a PC by the dates of support that ship.
    pub fn new(facts: &Facts, set: RuleSet, role: Role, day: Date, settings: &Settings) -> Judged {
        let lifecycle = Lifecycle::shipped();
        let assessment = assess_in(facts, &set, &lifecycle, role, day, settings);
        let patient = Patient { facts, set: &set, role, day: day.into(), settings };
        let helpful = helpful(patient, &lifecycle);
        Judged { assessment, set, helpful }
    }

    /// What may help it to pass a rule.
    pub(crate) fn remedies(&self, rule: &Rule, lang: Lang) -> Vec<&str> {
        let ids = self.helpful.get(&rule.id).into_iter().flatten();
        ids.filter_map(|id| self.set.remedies.get(id))
            .map(|remedy| words::both(&remedy.title, lang))
            .collect()
    }
}

/// The assessment as text.
pub fn text(judged: &Judged, look: &Look) -> String {
    let Judged { assessment, set, .. } = judged;
    let page = Page { look: *look, columns: look.columns.clamp(COLUMNS_MIN, COLUMNS_MAX) };
    let mut lines = page.head(assessment, set);
    for (title, verdicts) in groups(assessment, set, look.lang) {
        lines.push(String::new());
        lines.push(page.bold(title));
        for (rule, verdict) in verdicts {
            lines.extend(page.criterion(rule, verdict, judged));
        }
    }
    lines.push(String::new());
    let count = assessment.verdicts.iter().filter(|v| v.outcome == Outcome::NotApplicable).count();
    if count > 0 {
        let said = words::NOT_APPLICABLE_COUNT.fill(look.lang, &[("count", &count.to_string())]);
        lines.extend(page.wrap("", &said));
    }
    if assessment.verdicts.iter().flat_map(|verdict| &verdict.seen).any(|seen| is_denied(&seen.value)) {
        lines.extend(page.wrap("", words::MORE_AS_ROOT.say(look.lang)));
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.join("\n") + "\n"
}

/// The sentence that says which criterion decided the grade.
pub fn because(assessment: &Assessment, set: &RuleSet, lang: Lang) -> String {
    let why = assessment.decided_by.as_deref().and_then(|id| {
        let verdict = assessment.verdicts.iter().find(|verdict| verdict.rule == id)?;
        let wrong = wrong(set.rule(id)?, verdict, assessment.role, lang);
        let seen = seen_list(verdict, lang);
        let phrase = if seen.is_empty() { words::RULE_UNSEEN } else { words::RULE_SEEN };
        Some(phrase.fill(lang, &[("wrong", &wrong), ("seen", &seen)]))
    });
    let phrase = match assessment.grade {
        Grade::Ready => words::READY_BECAUSE,
        Grade::NeedsWork => words::NEEDS_WORK_BECAUSE,
        Grade::NotReady => words::NOT_READY_BECAUSE,
        Grade::NoData => words::NO_DATA_BECAUSE,
    };
    let coverage = assessment.coverage.to_string();
    phrase.fill(lang, &[("why", &why.unwrap_or_default()), ("coverage", &coverage)])
}

/// What is wrong with this PC by a rule that it does not pass; the title of the rule and what came out of it where the
/// rule does not say.
pub(crate) fn wrong(rule: &Rule, verdict: &Verdict, role: Role, lang: Lang) -> String {
    match rule.fails_for(role) {
        Some(fails) => words::both(fails, lang).to_owned(),
        None => {
            let outcome = words::outcome(verdict.outcome, lang).1.to_lowercase();
            let title = words::both(rule.title_for(role), lang);
            words::RULE_FAILS.fill(lang, &[("title", title), ("outcome", &outcome)])
        }
    }
}

/// The groups that have something to show, those with failures first, then in the order of the set; the worst first
/// within a group.
pub(crate) fn groups<'a>(
    assessment: &'a Assessment,
    set: &'a RuleSet,
    lang: Lang,
) -> Vec<(&'a str, Vec<(&'a Rule, &'a Verdict)>)> {
    let mut groups = Vec::new();
    for (id, title) in &set.groups {
        let mut verdicts: Vec<(&Rule, &Verdict)> = assessment
            .verdicts
            .iter()
            .filter_map(|verdict| Some((set.rule(&verdict.rule)?, verdict)))
            .filter(|(rule, verdict)| rule.group == *id && verdict.outcome != Outcome::NotApplicable)
            .collect();
        verdicts.sort_by_key(|(_, verdict)| (rank(verdict.outcome), std::cmp::Reverse(verdict.severity)));
        if !verdicts.is_empty() {
            groups.push((words::both(title, lang), verdicts));
        }
    }
    groups.sort_by_key(|(_, verdicts)| verdicts.iter().all(|(_, verdict)| verdict.outcome != Outcome::Fail));
    groups
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 0,
        Outcome::Partial => 1,
        Outcome::Unknown => 2,
        Outcome::Pass => 3,
        Outcome::NotApplicable => 4,
    }
}

struct Page {
    look: Look,
    columns: usize,
}

impl Page {
    fn head(&self, assessment: &Assessment, set: &RuleSet) -> Vec<String> {
        let lang = self.look.lang;
        let (sign, name) = words::grade(assessment.grade, lang);
        let score = assessment.score.map_or_else(
            || words::NO_SCORE.say(lang).to_owned(),
            |score| words::SCORE.fill(lang, &[("score", &score.to_string())]),
        );
        let coverage = words::COVERAGE.fill(lang, &[("coverage", &assessment.coverage.to_string())]);
        let grade = self.paint(&format!("{sign} {name}"), grade_colour(assessment.grade));
        let mut lines = vec![format!("{grade}   {score} · {coverage}")];
        let seat = words::FOR_SEAT.fill(
            lang,
            &[
                ("role", words::role(assessment.role, lang)),
                ("day", &words::date(assessment.day, lang)),
                ("set", words::both(&set.title, lang)),
            ],
        );
        lines.extend(self.wrap("", &seat));
        lines.extend(self.wrap("", &because(assessment, set, lang)));
        lines
    }

    fn criterion(&self, rule: &Rule, verdict: &Verdict, judged: &Judged) -> Vec<String> {
        let lang = self.look.lang;
        let (sign, name) = words::outcome(verdict.outcome, lang);
        let longest = [Outcome::Partial, Outcome::Fail, Outcome::Unknown, Outcome::Pass]
            .map(|outcome| words::outcome(outcome, lang).1.chars().count())
            .into_iter()
            .max()
            .unwrap_or_default();
        let word = format!("{name}{}", " ".repeat(longest - name.chars().count()));
        let margin = " ".repeat(2 + 2 + longest + 2);
        let title = rule.title_for(judged.assessment.role);
        let mut lines = self.wrap(&margin, words::both(title, lang));
        if let Some(first) = lines.first_mut() {
            let title = first.trim_start();
            *first = format!("  {}  {title}", self.paint(&format!("{sign} {word}"), outcome_colour(verdict)));
        }
        if verdict.outcome == Outcome::Pass {
            return lines;
        }
        let (heading, seen) = match verdict.outcome {
            Outcome::Unknown => (words::MISSING, missing_list(verdict, lang)),
            _ => (words::SEEN, seen_list(verdict, lang)),
        };
        if !seen.is_empty() {
            lines.extend(self.wrap(&margin, &format!("{}: {seen}", heading.say(lang))));
        }
        let remedies = judged.remedies(rule, lang);
        if !remedies.is_empty() {
            lines
                .extend(self.wrap(&margin, &format!("{}: {}", words::REMEDY.say(lang), remedies.join("; "))));
        }
        lines
    }

    /// Breaks a text between words, each line behind a margin. A word longer than a line keeps a line of its own.
    fn wrap(&self, margin: &str, text: &str) -> Vec<String> {
        let room = self.columns.saturating_sub(margin.chars().count());
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines.into_iter().map(|line| format!("{margin}{line}")).collect()
    }

    fn bold(&self, text: &str) -> String {
        self.paint(text, "1")
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.look.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn grade_colour(grade: Grade) -> &'static str {
    match grade {
        Grade::Ready => "1;32",
        Grade::NeedsWork => "1;33",
        Grade::NotReady => "1;31",
        Grade::NoData => "1",
    }
}

fn outcome_colour(verdict: &Verdict) -> &'static str {
    match (verdict.outcome, verdict.severity) {
        (Outcome::Pass, _) => "32",
        (Outcome::Partial, _) => "33",
        (Outcome::Fail, Severity::Critical) => "1;31",
        (Outcome::Fail, _) => "31",
        (Outcome::Unknown | Outcome::NotApplicable, _) => "2",
    }
}

pub(crate) fn seen_list(verdict: &Verdict, lang: Lang) -> String {
    let mut said: Vec<String> =
        verdict.seen.iter().take(SEEN_COUNT_MAX).map(|seen| seen_text(seen, lang)).collect();
    if verdict.seen.len() > SEEN_COUNT_MAX {
        said.push("…".to_owned());
    }
    said.join("; ")
}

/// What would have to be known, together with what shares its reason.
pub(crate) fn missing_list(verdict: &Verdict, lang: Lang) -> String {
    let mut by_reason: Vec<(&str, Vec<String>)> = Vec::new();
    for seen in &verdict.seen {
        let Some(reason) = seen.value.get("unknown").and_then(Value::as_str) else { continue };
        let reason = reason_phrase(reason).say(lang);
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, labels)) => labels.push(label(seen, lang)),
            None => by_reason.push((reason, vec![label(seen, lang)])),
        }
    }
    let said: Vec<String> =
        by_reason.iter().map(|(reason, labels)| format!("{} ({reason})", labels.join(", "))).collect();
    said.join("; ")
}

fn seen_text(seen: &SeenFact, lang: Lang) -> String {
    let kind = term(&seen.fact).map(|term| term.kind);
    format!("{}: {}", label(seen, lang), value(&seen.value, kind, lang))
}

/// What a fact is called, and of which record it is.
fn label(seen: &SeenFact, lang: Lang) -> String {
    let label = match (term(&seen.fact), lang) {
        (Some(term), Lang::Vi) => term.vi,
        (Some(term), Lang::En) => term.en,
        (None, _) => &seen.fact,
    };
    match &seen.record {
        Some(record) => words::OF_RECORD.fill(lang, &[("label", label), ("record", &shortened(record))]),
        None => label.to_owned(),
    }
}

/// The dictionary entry of `area.fact` or `area.list.field`.
fn term(name: &str) -> Option<&'static Term> {
    let mut parts = name.splitn(3, '.');
    let place = find(&format!("{}.{}", parts.next()?, parts.next()?))?;
    let term = &AREAS[place.area].terms[place.field];
    match (parts.next(), term.kind) {
        (None, _) => Some(term),
        (Some(field), Kind::Records(terms)) => terms.iter().find(|term| term.name == field),
        (Some(_), _) => None,
    }
}

fn value(value: &Value, kind: Option<Kind>, lang: Lang) -> String {
    match value {
        Value::Null => words::NONE.say(lang).to_owned(),
        Value::Bool(true) => words::YES.say(lang).to_owned(),
        Value::Bool(false) => words::NO.say(lang).to_owned(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => quantity(number, kind, lang),
            None => number.to_string(),
        },
        Value::String(text) => written(text, kind, lang),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            match texts {
                Some(texts) if !texts.is_empty() => shortened(&texts.join(", ")),
                _ => words::RECORDS.fill(lang, &[("count", &items.len().to_string())]),
            }
        }
        Value::Object(object) => match object.get("unknown").and_then(Value::as_str) {
            Some(reason) => words::NOT_KNOWN.fill(lang, &[("reason", reason_phrase(reason).say(lang))]),
            None => shortened(&value.to_string()),
        },
    }
}

pub(crate) fn is_denied(value: &Value) -> bool {
    value.get("unknown").and_then(Value::as_str) == Some("denied")
}

fn reason_phrase(reason: &str) -> words::Phrase {
    match reason {
        "not_asked" => words::NOT_ASKED,
        "not_supported" => words::NOT_SUPPORTED,
        "denied" => words::DENIED,
        "timed_out" => words::TIMED_OUT,
        _ => words::FAILED,
    }
}

fn quantity(number: i64, kind: Option<Kind>, lang: Lang) -> String {
    const UNITS: [(i64, &str); 3] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB")];

    let tenths_of = |unit: i64| {
        let tenths = (i128::from(number) * 10 + i128::from(unit / 2)) / i128::from(unit);
        words::tenths(i64::try_from(tenths).unwrap_or(i64::MAX), lang)
    };
    match kind {
        Some(Kind::Bytes) => match UNITS.iter().find(|(unit, _)| number >= *unit) {
            Some((unit, name)) => format!("{} {name}", tenths_of(*unit)),
            None => format!("{} B", words::number(number, lang)),
        },
        Some(Kind::Mhz) if number >= 1000 => format!("{} GHz", tenths_of(1000)),
        Some(Kind::Mhz) => format!("{number} MHz"),
        Some(Kind::Percent) => format!("{number} %"),
        Some(Kind::Days) => words::DAYS.fill(lang, &[("count", &words::number(number, lang))]),
        Some(Kind::Milliseconds) if number.abs() >= 1000 => {
            words::SECONDS.fill(lang, &[("count", &words::tenths(number / 100, lang))])
        }
        Some(Kind::Milliseconds) => format!("{number} ms"),
        _ => words::number(number, lang),
    }
}

fn written(text: &str, kind: Option<Kind>, lang: Lang) -> String {
    match kind {
        Some(Kind::Date) => text.parse().map_or_else(|_| shortened(text), |date| words::date(date, lang)),
        Some(Kind::Moment) => text.parse().map_or_else(|_| shortened(text), |at| words::moment(at, lang)),
        Some(Kind::Word(list)) => match list.iter().find(|word| word.word == text) {
            Some(word) => match lang {
                Lang::Vi => word.vi.to_owned(),
                Lang::En => word.en.to_owned(),
            },
            None => shortened(text),
        },
        _ => shortened(text),
    }
}

/// A text of the PC itself: without what would move a terminal's cursor, and not endless.
fn shortened(text: &str) -> String {
    let mut short: String =
        text.chars().filter(|character| !character.is_control()).take(VALUE_CHARS_MAX).collect();
    if text.chars().count() > VALUE_CHARS_MAX {
        short.push('…');
    }
    short
}

#[cfg(test)]
pub(crate) mod tests;
