//! The laws of judging, over random facts, conditions and texts.

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::assess::difference::Difference;
use crate::assess::{Assessment, Grade, Outcome, Role, Ruling, Verdict, assess, assess_in, assess_lean};
use crate::condition::Truth;
use crate::condition::tests::passing;
use crate::condition::words::Tongue;
use crate::facts::{AREAS, Facts, Kind, Term};
use crate::lifecycle::Lifecycle;
use crate::report::areas::facts_of;
use crate::ruleset::{self, RuleSet};

const DAY: Date = date(2026, 11, 22);

/// The set that ships, and a small one where every feature meets every outcome.
static SETS: LazyLock<Vec<RuleSet>> = LazyLock::new(|| {
    let mut sets = ruleset::shipped();
    sets.push(crate::assess::tests::set());
    sets
});

static LIFECYCLE: LazyLock<Lifecycle> = LazyLock::new(Lifecycle::shipped);

/// An answer of this kind: known with a value near what rules ask for, absent, unknown, or not asked (none).
fn answer(kind: Kind) -> BoxedStrategy<Option<Value>> {
    let known: BoxedStrategy<Value> = match kind {
        Kind::Flag => any::<bool>().prop_map(|flag| json!(flag)).boxed(),
        Kind::Number => {
            prop_oneof![0..20i64, Just(10), Just(19_045), Just(420)].prop_map(|number| json!(number)).boxed()
        }
        Kind::Bytes => (0..64i64).prop_map(|gib| json!(gib << 30)).boxed(),
        Kind::Mhz => (0..5_000i64).prop_map(|mhz| json!(mhz)).boxed(),
        Kind::Percent => (0..=100i64).prop_map(|share| json!(share)).boxed(),
        Kind::Days => (-2_000..2_000i64).prop_map(|days| json!(days)).boxed(),
        Kind::Milliseconds => (-600_000..600_000i64).prop_map(|span| json!(span)).boxed(),
        Kind::Date => (2015..2030i16, 1..=12i8)
            .prop_map(|(year, month)| json!(date(year, month, 1).to_string()))
            .boxed(),
        Kind::Moment => (2024..2027i16, 1..=12i8)
            .prop_map(|(year, month)| json!(format!("{}T03:00:00Z", date(year, month, 1))))
            .boxed(),
        Kind::Version => prop_oneof!["[0-9]{1,2}(\\.[0-9]{1,5}){0,2}", Just("12".to_owned())]
            .prop_map(|text| json!(text))
            .boxed(),
        Kind::Text => prop_oneof!["[a-zA-Z .]{0,12}", Just("debian".to_owned()), Just("Client".to_owned())]
            .prop_map(|text| json!(text))
            .boxed(),
        Kind::Word(words) => (0..words.len()).prop_map(move |index| json!(words[index].word)).boxed(),
        Kind::Texts => prop::collection::vec("[a-z0-9]{1,6}", 0..3).prop_map(|texts| json!(texts)).boxed(),
        Kind::Records(terms) => {
            prop::collection::vec(group(terms), 0..4).prop_map(|records| json!(records)).boxed()
        }
    };
    prop_oneof![
        6 => known.prop_map(Some),
        1 => Just(Some(Value::Null)),
        1 => Just(Some(json!({ "unknown": "denied" }))),
        1 => Just(None),
    ]
    .boxed()
}

fn group(terms: &'static [Term]) -> BoxedStrategy<Value> {
    let answers: Vec<_> = terms.iter().map(|term| answer(term.kind)).collect();
    answers
        .prop_map(move |answers| {
            let named =
                terms.iter().zip(answers).filter_map(|(term, answer)| Some((term.name.to_owned(), answer?)));
            Value::Object(named.collect::<Map<_, _>>())
        })
        .boxed()
}

/// The JSON of random facts.
fn facts_json() -> impl Strategy<Value = Value> {
    let areas: Vec<_> = AREAS.iter().filter(|area| area.is_sent()).map(|area| group(area.terms)).collect();
    areas.prop_map(|areas| {
        let named = AREAS.iter().zip(areas).map(|(area, answers)| (area.name.to_owned(), answers));
        Value::Object(named.collect::<Map<_, _>>())
    })
}

fn read(json: &Value) -> Facts {
    serde_json::from_value(json.clone()).unwrap()
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL)
}

fn judge(facts: &Facts, set: &RuleSet, role: Role) -> Assessment {
    assess(facts, set, &LIFECYCLE, role, DAY)
}

/// Where the facts stand in JSON that random conditions ask, but for lists.
const ASKED: &[&str] =
    &["/cpu/cores", "/board/secure_boot", "/memory/installed", "/os/edition", "/updates/installed_at"];

/// A random condition as TOML, over facts of different kinds.
fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0..8i64).prop_map(|cores| format!(r#""cpu.cores" = {{ at_least = {cores} }}"#)),
        any::<bool>().prop_map(|on| format!(r#""board.secure_boot" = {{ equals = {on} }}"#)),
        (1..16i64).prop_map(|gib| format!(r#""memory.installed" = {{ less_than = "{gib} GiB" }}"#)),
        any::<bool>().prop_map(|absent| format!(r#""os.edition" = {{ absent = {absent} }}"#)),
        Just(r#""updates.installed_at" = { newer_than = "60 days" }"#.to_owned()),
        (0..100i64, prop::sample::select(&["every", "some", "none"][..])).prop_map(|(share, word)| format!(
            r#""disk.volumes" = {{ {word} = {{ free_percent = {{ at_most = {share} }} }} }}"#
        )),
        (0..3i64).prop_map(|count| format!(
            r#""disk.drives" = {{ count = {{ where = {{ health = {{ equals = "ok" }} }}, more_than = {count} }} }}"#
        )),
    ]
    .prop_map(|leaf| format!("{{ {leaf} }}"));
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|all| format!("{{ all = [{}] }}", all.join(", "))),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|any| format!("{{ any = [{}] }}", any.join(", "))),
            inner.prop_map(|not| format!("{{ not = {not} }}")),
        ]
    })
}

/// Whether it holds; none when it is refused because it says the same of every PC.
fn holds(condition: &str, facts: &Facts) -> Option<Truth> {
    crate::condition::tests::holds_unless_refused(condition, facts, DAY)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn score_and_coverage_are_shares(json in facts_json(), role in role()) {
        for set in &*SETS {
            let assessment = judge(&read(&json), set, role);
            prop_assert!(assessment.coverage <= 100);
            prop_assert!(assessment.score.is_none_or(|score| score <= 100));
            prop_assert_eq!(assessment.verdicts.len(), set.rules.len());
        }
    }

    #[test]
    fn judging_without_evidence_says_the_same(json in facts_json(), role in role()) {
        let facts = read(&json);
        for set in &*SETS {
            let whole = judge(&facts, set, role);
            let lean = assess_lean(&facts, set, &LIFECYCLE, role, DAY, set.defaults());
            prop_assert_eq!((lean.grade, lean.score, lean.coverage), (whole.grade, whole.score, whole.coverage));
            for (ruling, verdict) in lean.rulings.iter().zip(&whole.verdicts) {
                prop_assert_eq!(ruling.outcome, verdict.outcome);
                prop_assert_eq!(ruling.severity, verdict.severity);
                prop_assert_eq!(ruling.switched_off, verdict.switched_off);
            }
        }
    }

    #[test]
    fn who_asks_the_rules_that_differ_knows_what_all_say(
        json in facts_json(),
        role in role(),
        (one, two) in (condition(), condition()),
    ) {
        let set = |pass: &str| {
            let text = crate::assess::tests::SET.replacen(r#"{ "cpu.cores" = { at_least = 4 } }"#, pass, 1);
            RuleSet::parse("test.toml", &text.replacen(r#"roles = ["counter"]"#, "", 1)).ok()
        };
        // One that can never hold is refused.
        if let (Some(one), Some(two)) = (set(&one), set(&two)) {
            let difference = Difference::between(&one, &two).unwrap();
            let facts = read(&json);
            let rulings = |set: &RuleSet| assess_lean(&facts, set, &LIFECYCLE, role, DAY, set.defaults()).rulings;
            let report = json!({ "wire": 1, "facts": json, "notes": [] }).to_string();
            let some = facts_of(&report, difference.areas()).unwrap();
            let amended = difference.judge(&rulings(&one), &some, &two, &LIFECYCLE, role, DAY);
            let whole = assess_lean(&facts, &two, &LIFECYCLE, role, DAY, two.defaults());
            prop_assert!(!difference.is_nothing() || amended.is_none());
            // What is kept of it reads as what all rules say.
            let (before, after) = (judge(&facts, &one, role), judge(&facts, &two, role));
            let kept = match &amended {
                None => before.verdicts,
                Some(amended) => {
                    let amendment = difference.amendment(amended, &some, &two, &LIFECYCLE, role, DAY);
                    let kept = before.amended(amendment);
                    prop_assert_eq!(&kept, &after);
                    kept.verdicts
                }
            };
            let rulings = |verdicts: &[Verdict]| verdicts.iter().map(Verdict::ruling).collect::<Vec<_>>();
            prop_assert_eq!(rulings(&kept), whole.rulings);
        }
    }

    #[test]
    fn other_thresholds_of_grades_ask_no_rule(
        json in facts_json(),
        role in role(),
        needs in prop::array::uniform3(0..=100u8),
    ) {
        let facts = read(&json);
        for before in &*SETS {
            let mut after = before.clone();
            let [coverage, one, two] = needs;
            (after.grades.ready_coverage, after.grades.ready_score) = (coverage, one.max(two));
            after.grades.needs_work_score = one.min(two);
            let difference = Difference::between(before, &after).unwrap();
            let judged = |set: &RuleSet| assess_lean(&facts, set, &LIFECYCLE, role, DAY, set.defaults());
            let nothing = Facts::default();
            let one = judged(before);
            let amended = difference.judge(&one.rulings, &nothing, &after, &LIFECYCLE, role, DAY);
            prop_assert_eq!(amended.unwrap_or(one), judged(&after));
        }
    }

    #[test]
    fn a_letter_is_one_ruling(letter in prop::char::range('\0', '\u{ff}')) {
        let ruling = Ruling::of_letter(letter);
        prop_assert_eq!(ruling.is_some(), ('!'..='p').contains(&letter));
        prop_assert!(ruling.is_none_or(|ruling| ruling.letter() == letter));
    }

    #[test]
    fn what_is_waived_neither_counts_nor_decides(json in facts_json(), role in role()) {
        let facts = read(&json);
        for set in &*SETS {
            let before = judge(&facts, set, role);
            let waived = |rules: Vec<String>| {
                let settings = set.defaults().clone().waiving(rules);
                assess_in(&facts, set, &LIFECYCLE, role, DAY, &settings)
            };
            if let Some(rule) = before.decided_by.clone() {
                let after = waived(vec![rule.clone()]);
                let lacks = before.verdicts.iter().any(|verdict| {
                    verdict.rule == rule && matches!(verdict.outcome, Outcome::Fail | Outcome::Partial)
                });
                prop_assert!(!lacks || after.decided_by != Some(rule));
                prop_assert_ne!(&after.digest, &before.digest);
            }
            // Without anything that counts against it, a PC is ready, or too little is known of it.
            let after = waived(set.rules.iter().map(|rule| rule.id.clone()).collect());
            prop_assert!(matches!(after.grade, Grade::Ready | Grade::NoData), "{:?}", after.grade);
            prop_assert!(after.score.is_none_or(|score| score == 100));
            for (verdict, other) in after.verdicts.iter().zip(&before.verdicts) {
                prop_assert_eq!(verdict.outcome, other.outcome);
            }
        }
    }

    #[test]
    fn the_order_of_rules_changes_nothing(json in facts_json(), role in role(), turn in 0..100usize) {
        let facts = read(&json);
        for mut set in SETS.iter().cloned() {
            let before = judge(&facts, &set, role);
            let rules = set.rules.len();
            set.rules.reverse();
            set.rules.rotate_left(turn % rules);
            let after = judge(&facts, &set, role);
            prop_assert_eq!(
                (before.grade, before.score, before.coverage, before.counts()),
                (after.grade, after.score, after.coverage, after.counts())
            );
        }
    }

    #[test]
    fn an_unknown_rule_moves_coverage_never_the_score(json in facts_json(), role in role()) {
        let facts = read(&json);
        for mut set in SETS.iter().cloned() {
            let before = judge(&facts, &set, role);
            let unknown = |id: &str| {
                before.verdicts.iter().any(|verdict| verdict.rule == id && verdict.outcome == Outcome::Unknown)
            };
            set.rules.retain(|rule| !unknown(&rule.id));
            let after = judge(&facts, &set, role);
            prop_assert_eq!(after.score, before.score);
            prop_assert!(after.coverage >= before.coverage);
        }
    }

    #[test]
    fn forgetting_a_fact_leaves_an_outcome_as_it_was_or_unknown(
        json in facts_json(), role in role(), area in 0..AREAS.iter().filter(|area| area.is_sent()).count(), term in 0..100usize
    ) {
        let area = &AREAS[area];
        let term = area.terms[term % area.terms.len()].name;
        let mut less = json.clone();
        less[area.name][term] = json!({ "unknown": "timed_out" });
        let (facts, less) = (read(&json), read(&less));
        for set in &*SETS {
            let before = judge(&facts, set, role);
            let after = judge(&less, set, role);
            for (before, after) in before.verdicts.iter().zip(&after.verdicts) {
                let allowed = after.outcome == before.outcome || after.outcome == Outcome::Unknown;
                prop_assert!(allowed, "{}.{term}: {before:?} became {after:?}", area.name);
            }
        }
    }

    #[test]
    fn facts_survive_json(json in facts_json(), role in role()) {
        let facts = read(&json);
        let again: Facts = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
        prop_assert_eq!(&again, &facts);
        for set in &*SETS {
            prop_assert_eq!(judge(&again, set, role), judge(&facts, set, role));
        }
    }

    #[test]
    fn conditions_keep_the_laws_of_kleene(json in facts_json(), a in condition(), b in condition()) {
        let facts = read(&json);
        let holds = |condition: String| holds(&condition, &facts);
        // What contradicts itself is refused, and so is what every PC passes that has the facts.
        let (Some(left), Some(right)) = (holds(a.clone()), holds(b.clone())) else { return Ok(()) };
        let lacks = |name: &&str| json.pointer(name).is_some_and(Value::is_null);
        let is_complete = !ASKED.iter().any(lacks);
        for (one, either) in [
            (format!("{{ any = [{a}, {b}] }}"), left.or(right)),
            (format!("{{ any = [{{ not = {a} }}, {{ not = {b} }}] }}"), (!left).or(!right)),
        ] {
            match holds(one) {
                Some(truth) => prop_assert_eq!(truth, either),
                None => prop_assert!(!is_complete || either != Truth::False, "refused, and it fails"),
            }
        }
        prop_assert_eq!(holds(format!("{{ not = {{ not = {a} }} }}")), Some(left));
        let both = holds(format!("{{ all = [{a}, {b}] }}"));
        match both {
            Some(both) => prop_assert_eq!(both, left.and(right)),
            None => prop_assert_ne!(left.and(right), Truth::True, "refused, and it holds"),
        }
        prop_assert_eq!(holds(format!("{{ all = [{b}, {a}] }}")), both);
    }

    #[test]
    fn a_partial_that_is_refused_is_no_machines(json in facts_json(), pass in condition(), partial in condition()) {
        let facts = read(&json);
        // Often enough the one is part of the other.
        for partial in [partial.clone(), format!("{{ all = [{pass}, {partial}] }}")] {
            let text = passing(&format!("{pass}\npartial = {partial}"));
            let complaints = RuleSet::parse("a.toml", &text).err().unwrap_or_default();
            if complaints.iter().any(|one| one.code == "partial-within-pass")
                && let (Some(pass), Some(partial)) = (holds(&pass, &facts), holds(&partial, &facts))
            {
                prop_assert!(partial != Truth::True || pass == Truth::True, "{text}");
            }
        }
    }

    #[test]
    fn no_text_makes_parsing_panic(text in "\\PC{0,200}|([a-z\\[\\]{}=\",.#'0-9\n ]{0,200})") {
        let once = RuleSet::parse("a.toml", &text);
        let twice = RuleSet::parse("a.toml", &text);
        prop_assert_eq!(once.err(), twice.err());
        prop_assert!(Lifecycle::parse("a.toml", &text).is_err());
    }

    #[test]
    fn no_slip_of_the_pen_makes_parsing_panic(
        at in 0..200_000usize, cut in 0..12usize, insert in "[a-z\\[\\]{}=\",.#'0-9\nố]{0,6}", doubled in any::<bool>(), text in 0..3usize
    ) {
        let texts = [crate::assess::tests::SET, include_str!("../sets/lifecycle.toml"), ruleset::SHIPPED[0].1];
        let text = texts[text];
        let chars: Vec<char> = text.chars().collect();
        let at = at % chars.len();
        let rest = if doubled { at } else { (at + cut).min(chars.len()) };
        let slipped: String = chars[..at].iter().copied().chain(insert.chars()).chain(chars[rest..].iter().copied()).collect();
        for complaints in [RuleSet::parse("a.toml", &slipped).err(), Lifecycle::parse("a.toml", &slipped).err()] {
            for complaint in complaints.unwrap_or_default() {
                prop_assert!(complaint.line >= 1 && complaint.column >= 1);
                prop_assert!(complaint.line <= slipped.lines().count() + 1);
                prop_assert!(crate::complaint::explain(complaint.code, Tongue::Vietnamese).is_some());
                complaint.draw(&slipped, Tongue::English);
            }
        }
    }
}

#[test]
fn the_three_truths() {
    const ALL: [Truth; 3] = [Truth::False, Truth::Unknown, Truth::True];
    for a in ALL {
        assert_eq!(!!a, a);
        for b in ALL {
            assert_eq!(!(a.and(b)), (!a).or(!b));
            assert_eq!(!(a.or(b)), (!a).and(!b));
            assert_eq!(a.and(b), b.and(a));
            for c in ALL {
                assert_eq!(a.and(b.or(c)), a.and(b).or(a.and(c)));
                assert_eq!(a.and(b).and(c), a.and(b.and(c)));
            }
        }
    }
}

#[test]
fn reading_twice_gives_the_same_rules() {
    for (file, text) in ruleset::SHIPPED.iter() {
        let (once, twice) = (RuleSet::parse(file, text).unwrap(), RuleSet::parse(file, text).unwrap());
        assert_eq!(format!("{once:?}"), format!("{twice:?}"));
    }
}
