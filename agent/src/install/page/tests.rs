//! Pages as text, from a small rule set.

use expect_test::{Expect, expect};
use rules::assess::{Role, assess};
use rules::fact::{Fact, Reason};
use rules::facts::Facts;
use rules::lifecycle::Lifecycle;
use rules::quantity::{Bytes, GIB};

use super::*;
use crate::courier::tests::now;
use crate::verdict::tests::{SET, facts};

fn seat() -> Seat {
    Seat { unit: "Xã Nga Thắng <UBND>".to_owned(), role: "văn thư".to_owned() }
}

/// The body of the page; all pages have one style.
fn body(stage: &Stage, facts: Option<&Facts>, lang: Lang) -> String {
    let set = RuleSet::parse("test.toml", SET).unwrap();
    let day = "2026-11-22".parse().unwrap();
    let assessment = facts.map(|facts| assess(facts, &set, &Lifecycle::shipped(), Role::Officer, day));
    let judged = assessment.as_ref().map(|assessment| (assessment, &set));
    let html = page(&Told { lang, now: now(), hostname: "PC-17", stage, judged });
    assert_eq!(html.contains(UNFINISHED), *stage == Stage::Working);
    assert!(!html.contains("<script") && !html.contains("http://") && !html.contains("https://"));
    let (head, body) = html.split_once("<body>\n").unwrap();
    assert!(head.contains("charset=\"utf-8\"") && head.contains(STYLE));
    body.replace("</div>\n</body>\n</html>\n", "")
}

fn check(stage: &Stage, facts: Option<&Facts>, lang: Lang, expected: Expect) {
    expected.assert_eq(&body(stage, facts, lang));
}

#[test]
fn a_result_with_its_reasons() {
    let mut known = facts(Fact::Known(Bytes(4 * GIB)));
    known.os.hostname = Fact::Unknown(Reason::Denied);
    let official = Some((Grade::NeedsWork, Some(70)));
    check(&Stage::Reported { seat: seat(), official }, Some(&known), Lang::Vi, expect![[r#""#]]);
}

#[test]
fn every_other_end() {
    let trouble = || "không có gì trả lời tại 10.0.0.1:8443".to_owned();
    let mut pages = String::new();
    for stage in [
        Stage::Working,
        Stage::Kept { seat: seat(), trouble: trouble() },
        Stage::Waiting { trouble: trouble() },
        Stage::Refused { trouble: "mã đã hết hạn".to_owned() },
        Stage::Failed { error: "cannot create the service".to_owned() },
    ] {
        pages += &body(&stage, None, Lang::Vi);
        pages += "----\n";
    }
    expect![[r#""#]].assert_eq(&pages);
}

#[test]
fn english() {
    let known = facts(Fact::Known(Bytes(8 * GIB)));
    let official = None;
    check(&Stage::Reported { seat: seat(), official }, Some(&known), Lang::En, expect![[r#""#]]);
}
