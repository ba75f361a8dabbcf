//! Rule sets: what a person wrote, checked.
//!
//! Two steps, as in cargo-deny: `raw` is what may be written, with the place of every word; [`RuleSet`] is what is
//! known to be right. A rule set carries its own tests.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::assess::{Grade, Outcome, Role, Severity};
use crate::complaint::{self, Complaint};
use crate::condition::overlay::Gift;
use crate::condition::scan::Scan;
use crate::condition::setting::{Setting, example};
use crate::condition::{Condition, Node};
use crate::facts::support::Support;
use crate::facts::unit::Unit;
use crate::facts::{Facts, Kind, Place};
use crate::shipped;

mod brackets;
mod gives;
pub(crate) mod letters;
pub(crate) mod raw;
mod read;
pub mod schema;
mod trial;

pub use crate::condition::setting::Settings;
pub use trial::{TestResult, Wrong};

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Both {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// A rule set that is known to be right.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// Its id, such as `vn-office-2026`.
    pub id: String,
    /// Its title.
    pub title: Both,
    /// The days on which it is in force: from the first to the last, without end when none.
    pub in_force: (Date, Option<Date>),
    /// Whether every report is judged by it, or only who asks for it.
    pub judges: Judges,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// What a PC needs for each grade.
    pub grades: Grades,
    /// What a unit may set for itself.
    pub parameters: Vec<Parameter>,
    /// The groups of rules, in the order in which they are shown: id and title.
    pub groups: Vec<(String, Both)>,
    /// Its rules about PCs, in the order of the file.
    pub rules: Vec<Rule>,
    /// Its rules about whole units, in the order of the file. No PC is judged by them.
    pub unit_rules: Vec<Rule>,
    /// What would mend a failing rule, by id.
    pub remedies: BTreeMap<String, Remedy>,
    /// The tests that it carries.
    pub tests: Vec<RuleTest>,
    /// What may stay as it is, and should be looked at.
    pub warnings: Vec<Complaint>,
    /// What stands for the parameters unless a unit says otherwise.
    defaults: Settings,
    /// The rules that stand as they are in the set that it extends, which has their tests.
    inherited: Vec<String>,
    /// What patterns look for in long lists.
    pub(crate) scans: Vec<Scan>,
    /// The lifecycle table that it judged with last, and the digest of both.
    pub(crate) judged_with: OnceLock<(String, String)>,
    /// What [`RuleSet::roll`] gives.
    roll: OnceLock<String>,
}

/// What a unit may set for itself.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name, unique in the set.
    pub id: String,
    /// What it is for.
    pub title: Both,
    /// What sort of value stands for it.
    pub kind: Kind,
    /// What stands for it unless a unit says otherwise.
    pub(crate) default: Option<Setting>,
}

impl Parameter {
    /// Whether something stands for it where no unit says otherwise.
    pub fn has_default(&self) -> bool {
        self.default.is_some()
    }

    /// Whether the other is the same but for words.
    pub(crate) fn stands_for(&self, other: &Parameter) -> bool {
        self.id == other.id && self.kind == other.kind && self.default == other.default
    }

    /// How a value is written, in JSON.
    pub fn example(&self) -> &'static str {
        example(self.kind)
    }

    /// The default as people read it, or the name in brackets where there is none.
    pub fn shown(&self) -> String {
        let Some(default) = &self.default else { return format!("‹{}›", self.id) };
        let kind = if matches!(self.kind, Kind::Texts) { Kind::Text } else { self.kind };
        default.operands.iter().map(|operand| operand.describe(kind)).collect::<Vec<_>>().join(", ")
    }
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// One PC.
    Pc,
    /// A unit with all units below it.
    Unit,
}

/// What a rule set is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judges {
    /// Every report of a day on which it is in force.
    Reports,
    /// Only what somebody asks it about by its name.
    OnRequest,
}

/// What a PC needs for each grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grades {
    /// Least score of a ready PC, 0 to 100.
    pub ready_score: u8,
    /// Least coverage of any grade that goes by the score, 0 to 100.
    pub ready_coverage: u8,
    /// Least score of a PC that needs work, 0 to 100; less is not ready.
    pub needs_work_score: u8,
}

impl Grades {
    /// The grade that goes by the score and the coverage, each 0 to 100, where no critical rule fails.
    pub(crate) fn of(self, score: Option<u8>, coverage: u8) -> Grade {
        match score {
            Some(score) if coverage >= self.ready_coverage => match score {
                _ if score >= self.ready_score => Grade::Ready,
                _ if score >= self.needs_work_score => Grade::NeedsWork,
                _ => Grade::NotReady,
            },
            Some(_) | None => Grade::NoData,
        }
    }
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id, unique in the set, such as `memory-size`.
    pub id: String,
    /// The ids of rules that became part of it: exceptions from them are exceptions from it.
    pub formerly: Vec<String>,
    /// What it is about.
    pub about: About,
    /// The group in which it is shown.
    pub group: String,
    /// What is asked, in one phrase.
    pub title: Both,
    /// What is wrong with who does not pass, in one short phrase that names the thing first.
    pub fails: Option<Both>,
    /// Why it is asked, for people who must defend it.
    pub why: Option<Both>,
    /// The roles that it concerns.
    pub roles: Vec<Role>,
    /// How much it weighs, in the end.
    pub severity: Severity,
    /// How much it weighs until then: each up to and including its day.
    pub stages: Vec<(Date, Severity)>,
    /// The list of records that it goes over; the worst record gives the verdict.
    pub each: Option<Place>,
    /// When it applies; always when none.
    pub when: Option<Condition>,
    /// When it passes.
    pub pass: Condition,
    /// When it passes in part.
    pub partial: Option<Condition>,
    /// What is asked of some roles instead.
    pub variants: Vec<Variant>,
    /// When a failure means that the PC has what is asked, switched off: a setting mends it, no purchase.
    pub switched_off: Option<Condition>,
    /// What would mend it, best first: ids of remedies.
    pub remedies: Vec<String>,
    /// Where it comes from: document and clause.
    pub source: Source,
}

/// What a rule asks of some roles instead. What is not given is as in the rule.
#[derive(Debug, Clone)]
pub struct Variant {
    /// The roles.
    pub roles: Vec<Role>,
    /// What is asked of them, in one phrase.
    pub title: Option<Both>,
    /// What is wrong with those of them that do not pass.
    pub fails: Option<Both>,
    /// Why it is asked of them.
    pub why: Option<Both>,
    /// When it applies to them.
    pub when: Option<Condition>,
    /// How much it weighs for them: in the end, and until then.
    pub severity: Option<(Severity, Vec<(Date, Severity)>)>,
    /// When it passes.
    pub pass: Option<Condition>,
    /// When it passes in part.
    pub partial: Option<Condition>,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The document, by its Vietnamese name.
    pub doc: String,
    /// The document by its English name, where it has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc_en: Option<String>,
    /// The clause, in Vietnamese.
    #[serde(default)]
    pub clause: String,
    /// The clause in English, where that is another text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause_en: Option<String>,
    /// The first day on which the document is in force, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day on which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

/// What would mend a failing rule.
#[derive(Debug, Clone)]
pub struct Remedy {
    /// What to do, in one phrase.
    pub title: Both,
    /// When it can be done, with what another rule set asks where it names one; always when none.
    pub needs: Option<Condition>,
    /// What the facts would be afterwards; nothing that an engine could weigh when empty.
    pub(crate) gives: Vec<Gift>,
    /// What it buys, as the price book names it; none when it costs no purchase.
    pub item: Option<String>,
}

impl Remedy {
    /// Whether it says what the facts would be afterwards, so that it can be tried.
    pub fn can_be_tried(&self) -> bool {
        !self.gives.is_empty()
    }
}

/// A test that a rule set carries: facts, and what its rules say of them.
#[derive(Debug, Clone)]
pub struct RuleTest {
    /// Its name.
    pub name: String,
    /// What the PC answered; facts that are not given were not asked.
    pub facts: TestFacts,
    /// The role of the seat.
    pub role: Role,
    /// The day of the report.
    pub day: Date,
    /// What the unit set.
    pub settings: Settings,
    /// The outcome that each named rule must have: id and outcome.
    pub expect: Vec<(String, Outcome)>,
}

/// The facts of a test, as the JSON of a report. Who only judges never reads them, and a program that never reads
/// facts is smaller by the code that does.
#[derive(Debug, Clone)]
pub struct TestFacts {
    areas: Json,
    /// The derived area, which is no part of a report.
    support: Json,
    /// What a unit has, which is no part of a report either.
    unit: Json,
}

impl Default for TestFacts {
    fn default() -> TestFacts {
        TestFacts { areas: json!({}), support: json!({}), unit: json!({}) }
    }
}

impl TestFacts {
    /// The facts. Names and kinds were checked when the rule set was read; what still does not fit makes no fact known,
    /// so that the test fails.
    pub fn read(&self) -> Facts {
        let facts = || {
            let mut facts = Facts::deserialize(&self.areas).ok()?;
            facts.support = Support::deserialize(&self.support).ok()?;
            facts.unit = Unit::deserialize(&self.unit).ok()?;
            Some(facts)
        };
        facts().unwrap_or_default()
    }
}

impl RuleSet {
    /// What tells which set this is and which rules about PCs it has, in which order: two texts with one roll say things
    /// of the same rules. 16 hexadecimal digits.
    pub fn roll(&self) -> &str {
        let ids = || {
            let rules = self.rules.iter().map(|rule| rule.id.as_str());
            std::iter::once(self.id.as_str()).chain(rules).collect::<Vec<_>>().join("\n")
        };
        self.roll.get_or_init(|| crate::assess::digest(&ids()).chars().take(16).collect())
    }

    /// Reads a rule set. `file` only stands in the complaints.
    ///
    /// # Errors
    /// All complaints at once, in the order of the text.
    pub fn parse(file: &str, text: &str) -> Result<RuleSet, Vec<Complaint>> {
        RuleSet::parse_among(file, text, &[])
    }

    /// Reads a rule set that may extend, or ask for, one of these or one that ships.
    ///
    /// # Errors
    /// All complaints at once, in the order of the text.
    pub fn parse_among(file: &str, text: &str, sets: &[RuleSet]) -> Result<RuleSet, Vec<Complaint>> {
        read::ruleset(file, text, Library { sets, reading: &[] })
    }

    /// What stands for the parameters unless a unit says otherwise.
    pub fn defaults(&self) -> &Settings {
        &self.defaults
    }

    /// What stands for the parameters in a unit that set these, by name: sizes and spans as text with their unit,
    /// days as `2026-07-01`.
    ///
    /// # Errors
    /// One sentence for each name that the set does not have, and for each value of another kind.
    pub fn settings(&self, values: &BTreeMap<String, Json>) -> Result<Settings, Vec<String>> {
        let mut settings = self.defaults.clone();
        let mut wrong = Vec::new();
        for (name, value) in values {
            let Some(index) = self.parameters.iter().position(|parameter| parameter.id == *name) else {
                wrong.push(format!("the rule set {} has no parameter `{name}`", self.id));
                continue;
            };
            match Setting::read(self.parameters[index].kind, value) {
                Ok(setting) if settings.given[index].as_ref() == Some(&setting) => {}
                Ok(setting) => {
                    settings.given[index] = Some(setting);
                    settings.changed.insert(name.clone(), value.clone());
                }
                Err(malformed) => wrong.push(format!("parameter `{name}`: {malformed}")),
            }
        }
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    /// The same from what people write on a command line: `NAME=VALUE`, lists with commas between.
    ///
    /// # Errors
    /// As [`RuleSet::settings`], and one sentence for each text that is no such pair.
    pub fn settings_of(&self, pairs: &[String]) -> Result<Settings, Vec<String>> {
        let mut values = BTreeMap::new();
        let mut wrong = Vec::new();
        for pair in pairs {
            let Some((name, text)) = pair.split_once('=') else {
                wrong.push(format!("“{pair}” sets nothing; write it as NAME=VALUE"));
                continue;
            };
            let (name, text) = (name.trim(), text.trim());
            let kind = self.parameters.iter().find(|parameter| parameter.id == name).map(|one| one.kind);
            let value = match kind {
                Some(Kind::Texts) => text.split(',').map(|part| json!(part.trim())).collect(),
                Some(Kind::Flag | Kind::Number | Kind::Days | Kind::Percent) => {
                    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
                }
                Some(_) | None => json!(text),
            };
            values.insert(name.to_owned(), value);
        }
        match self.settings(&values) {
            Ok(settings) if wrong.is_empty() => Ok(settings),
            Ok(_) => Err(wrong),
            Err(more) => Err(wrong.into_iter().chain(more).collect()),
        }
    }

    /// Everything that it asks, as one question: each rule passes, does not apply, or, where that counts too, fails
    /// only because something is switched off.
    fn whole(&self, switched_off_counts: bool) -> Node {
        let of = |rule: &Rule| {
            let mut any = vec![rule.pass.node().clone()];
            any.extend(rule.when.iter().map(|when| Node::Not(Box::new(when.node().clone()))));
            let off = rule.switched_off.iter().filter(|_| switched_off_counts);
            any.extend(off.map(|off| off.node().clone()));
            let node = Node::Any(any);
            match rule.each {
                Some(list) => Node::every(list, node),
                None => node,
            }
        };
        Node::Meets(self.id.clone(), Box::new(Node::All(self.rules.iter().map(of).collect())))
    }

    /// The rule of this id, about PCs or about units; where there is none, the rule that it became part of.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let was = |rule: &&Rule| rule.formerly.iter().any(|former| former == id);
        self.every_rule().find(|rule| rule.id == id).or_else(|| self.every_rule().find(was))
    }

    /// Every rule: those about PCs, then those about units.
    pub fn every_rule(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().chain(&self.unit_rules)
    }
}

impl Rule {
    /// What is asked, in a form that needs no language: `memory.installed ≥ 8 GiB`, or, for each record of a list,
    /// `disk.drives: each (health = ok)`.
    pub fn describe(&self) -> String {
        self.describe_pass(&self.pass)
    }

    /// The same for one role, which may be asked something else.
    pub fn describe_for(&self, role: Role) -> String {
        self.describe_pass(self.pass_for(role))
    }

    fn describe_pass(&self, pass: &Condition) -> String {
        match self.each {
            Some(list) => format!("{}: each ({})", list.name(), pass.describe()),
            None => pass.describe(),
        }
    }

    fn variant(&self, role: Role) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.roles.contains(&role))
    }

    /// What is asked of this role, in one phrase.
    pub fn title_for(&self, role: Role) -> &Both {
        self.variant(role).and_then(|variant| variant.title.as_ref()).unwrap_or(&self.title)
    }

    /// What is wrong with who has this role and does not pass; none where the rule does not say.
    pub fn fails_for(&self, role: Role) -> Option<&Both> {
        self.variant(role).and_then(|variant| variant.fails.as_ref()).or(self.fails.as_ref())
    }

    /// Why it is asked of this role.
    pub fn why_for(&self, role: Role) -> Option<&Both> {
        self.variant(role).and_then(|variant| variant.why.as_ref()).or(self.why.as_ref())
    }

    /// When it applies to this role; always when none.
    pub fn when_for(&self, role: Role) -> Option<&Condition> {
        self.variant(role).and_then(|variant| variant.when.as_ref()).or(self.when.as_ref())
    }

    /// When it passes for this role.
    pub fn pass_for(&self, role: Role) -> &Condition {
        self.variant(role).and_then(|variant| variant.pass.as_ref()).unwrap_or(&self.pass)
    }

    /// When it passes in part for this role.
    pub fn partial_for(&self, role: Role) -> Option<&Condition> {
        self.variant(role).and_then(|variant| variant.partial.as_ref()).or(self.partial.as_ref())
    }

    /// How much it weighs for this role on this day.
    pub fn severity_on(&self, role: Role, day: Date) -> Severity {
        let own = self.variant(role).and_then(|variant| variant.severity.as_ref());
        let (last, stages) = own.map_or((self.severity, &self.stages), |(last, stages)| (*last, stages));
        stages.iter().find(|(until, _)| day <= *until).map_or(last, |(_, level)| *level)
    }

    /// Whether some role can pass it in part.
    fn has_partial(&self) -> bool {
        self.partial.is_some() || self.variants.iter().any(|variant| variant.partial.is_some())
    }

    /// Whether the other judges every PC as this one: both concern the same roles, ask the same and weigh the same. Words,
    /// sources and remedies judge nothing.
    pub(crate) fn judges_as(&self, other: &Rule) -> bool {
        let heads = (&self.each, self.severity, &self.stages) == (&other.each, other.severity, &other.stages);
        heads
            && self.roles == other.roles
            && self.when == other.when
            && self.pass == other.pass
            && self.partial == other.partial
            && self.switched_off == other.switched_off
            && self.variants.len() == other.variants.len()
            && self.variants.iter().zip(&other.variants).all(|(one, two)| one.judges_as(two))
    }

    /// Every fact of the PC that it may ask.
    pub(crate) fn places(&self, visit: &mut dyn FnMut(Place)) {
        self.each.into_iter().for_each(&mut *visit);
        self.conditions().for_each(|condition| condition.places(visit));
    }

    /// All its conditions.
    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let own = [self.when.as_ref(), Some(&self.pass), self.partial.as_ref(), self.switched_off.as_ref()];
        let variants = self
            .variants
            .iter()
            .flat_map(|variant| [variant.when.as_ref(), variant.pass.as_ref(), variant.partial.as_ref()]);
        own.into_iter().chain(variants).flatten()
    }

    fn conditions_mut(&mut self) -> impl Iterator<Item = &mut Condition> {
        let own =
            [self.when.as_mut(), Some(&mut self.pass), self.partial.as_mut(), self.switched_off.as_mut()];
        let variants = self
            .variants
            .iter_mut()
            .flat_map(|variant| [variant.when.as_mut(), variant.pass.as_mut(), variant.partial.as_mut()]);
        own.into_iter().chain(variants).flatten()
    }
}

impl Variant {
    fn judges_as(&self, other: &Variant) -> bool {
        self.roles == other.roles
            && self.when == other.when
            && self.severity == other.severity
            && self.pass == other.pass
            && self.partial == other.partial
    }
}

/// Where a rule set finds another one that it names.
#[derive(Clone, Copy)]
struct Library<'a> {
    /// Those that were read with it.
    sets: &'a [RuleSet],
    /// The ids of those that are being read.
    reading: &'a [&'a str],
}

/// What became of looking for a rule set.
enum Found {
    Set(Box<RuleSet>),
    Circle,
    Nothing,
}

impl Library<'_> {
    fn find(self, id: &str) -> Found {
        if self.reading.contains(&id) {
            return Found::Circle;
        }
        if let Some(set) = self.sets.iter().find(|set| set.id == id) {
            return Found::Set(Box::new(set.clone()));
        }
        let file = format!("{id}.toml");
        let Some((file, text)) = SHIPPED.iter().find(|(name, _)| *name == file) else {
            return Found::Nothing;
        };
        match read::ruleset(file, text, Library { sets: &[], reading: self.reading }) {
            Ok(set) => Found::Set(Box::new(set)),
            Err(_) => Found::Circle,
        }
    }

    /// The ids that could have been meant.
    fn ids(self) -> Vec<String> {
        let shipped = SHIPPED.iter().filter_map(|(file, _)| file.strip_suffix(".toml"));
        self.sets.iter().map(|set| set.id.clone()).chain(shipped.map(str::to_owned)).collect()
    }
}

/// Reads rule sets that may name each other: file name and text of each. In the order in which they could be read.
///
/// # Errors
/// All complaints about all files.
pub fn parse_all(files: &[(String, String)]) -> Result<Vec<RuleSet>, Vec<Complaint>> {
    let mut sets: Vec<RuleSet> = Vec::new();
    let mut waiting: Vec<&(String, String)> = files.iter().collect();
    loop {
        let mut complaints = Vec::new();
        let mut still = Vec::new();
        let before = sets.len();
        for (file, text) in waiting {
            match RuleSet::parse_among(file, text, &sets) {
                Ok(set) => sets.push(set),
                Err(wrong) => {
                    complaints.extend(wrong);
                    still.push((file, text));
                }
            }
        }
        let more = files.iter().filter(|(file, text)| still.contains(&(file, text)));
        let names_another = complaints.iter().any(|complaint| complaint.code == complaint::UNKNOWN_RULESET);
        if complaints.is_empty() {
            let doubled = doubled(files);
            return if doubled.is_empty() { Ok(sets) } else { Err(doubled) };
        }
        if sets.len() == before || !names_another {
            return Err(complaints);
        }
        waiting = more.collect();
    }
}

/// A complaint for each of these files, which can all be read, whose set has the id of one before: which of them judges
/// would hang on the names of the files.
fn doubled(files: &[(String, String)]) -> Vec<Complaint> {
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    let mut complaints = Vec::new();
    for (file, text) in files {
        let Some((at, id)) = read::id_of(text) else { continue };
        match known.get(&id) {
            None => drop(known.insert(id, file)),
            Some(first) => {
                let text = &letters::whole(text);
                let mut reader = raw::Reader::new(file, text);
                let told = format!("the rule set `{id}` is also in {first}");
                let suggestion = Some("give it another id, or remove one of both files".to_owned());
                reader.complain(at, complaint::DUPLICATE_ID, told, suggestion);
                complaints.extend(reader.finish());
            }
        }
    }
    complaints
}

/// The rule sets that ship: file name, and text without comments and tests; see `build.rs`. Those in force at once
/// stand before those asked for by name.
pub static SHIPPED: LazyLock<[(&str, &str); 4]> = LazyLock::new(|| {
    ["vn-office-2026.toml", "vn-office-2020.toml", "windows-11.toml", "acceptance.toml"]
        .map(|file| (file, shipped::text(file)))
});

/// The rule sets that ship, read.
pub fn shipped() -> Vec<RuleSet> {
    let read = |(file, text): &(&str, &str)| {
        RuleSet::parse(file, text).expect("the test `shipped_sets_are_right` reads every one of them")
    };
    SHIPPED.iter().map(read).collect()
}

/// The rule set that judges the reports of this day: of those in force, the one that came into force last.
pub fn in_force(sets: &[RuleSet], day: Date) -> Option<&RuleSet> {
    sets.iter()
        .filter(|set| set.judges == Judges::Reports)
        .filter(|set| set.in_force.0 <= day && set.in_force.1.is_none_or(|last| day <= last))
        .max_by_key(|set| set.in_force.0)
}

#[cfg(test)]
mod tests;
