//! The result of an installation as one page to look at, print and close: grade, what is missing and why, what happens
//! next, whom to call.
//!
//! A pure function to self-contained HTML without scripts. The browser may be as old as the one that came with
//! Windows 7, so the style knows no variables, no flexible boxes, and stands without its media queries.

use std::fmt::Write as _;

use jiff::Timestamp;
use rules::assess::{Assessment, Grade, Outcome, Severity, Verdict};
use rules::ruleset::{Rule, RuleSet};

use crate::verdict::{self, Judged};
use crate::words::{self, Lang, Phrase};

/// The name of the file.
pub const FILE: &str = "ket-qua.html";
/// Stands in a page that is not the last: it looks again by itself.
pub const UNFINISHED: &str = "http-equiv=\"refresh\"";
/// How often such a page looks again, in seconds.
const LOOK_AGAIN_SECONDS: u32 = 2;

/// How far the installation came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It is at work.
    Working,
    /// This PC has joined and the collector has its report.
    Reported {
        /// Where the PC belongs.
        seat: Seat,
        /// Grade and score by the collector's rule sets, where it gave them.
        official: Option<(Grade, Option<u8>)>,
    },
    /// This PC has joined; its report waits.
    Kept {
        /// Where the PC belongs.
        seat: Seat,
        /// Why it waits.
        trouble: String,
    },
    /// The program is installed and joins by itself as soon as it can.
    Waiting {
        /// Why it has not joined.
        trouble: String,
    },
    /// The program is installed and the collector does not take the code.
    Refused {
        /// What the collector said.
        trouble: String,
    },
    /// It was not installed.
    Failed {
        /// What went wrong.
        error: String,
    },
}

/// Where a PC belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Full name of its unit.
    pub unit: String,
    /// What its seat is for, in the reader's language.
    pub role: String,
}

/// What the page tells.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// The language.
    pub lang: Lang,
    /// When.
    pub now: Timestamp,
    /// The name of the PC, empty where it is not known.
    pub hostname: &'a str,
    /// How far it came.
    pub stage: &'a Stage,
    /// How the PC was judged.
    pub judged: Option<&'a Judged>,
}

/// The page.
pub fn page(told: &Told<'_>) -> String {
    let lang = told.lang;
    let refresh = match told.stage {
        Stage::Working => format!("<meta {UNFINISHED} content=\"{LOOK_AGAIN_SECONDS}\">\n"),
        _ => String::new(),
    };
    let mut html = opening(lang, &refresh);
    let moment = words::moment(told.now, lang);
    let top = if told.hostname.is_empty() { moment } else { format!("{} · {moment}", told.hostname) };
    line(&mut html, "p", "top", &format!("Sẵn Sàng · {top}"));
    if let Some(Judged { assessment, set, .. }) = told.judged {
        grade(&mut html, assessment, set, lang);
    }
    stage(&mut html, told);
    if !matches!(told.stage, Stage::Working) {
        help(&mut html, told);
    }
    if let Some(judged) = told.judged {
        criteria(&mut html, judged, lang);
    }
    html += "</div>\n</body>\n</html>\n";
    html
}

/// A message as a page, for a desktop that has no box to show it in.
pub fn note(text: &str, lang: Lang) -> String {
    let mut html = opening(lang, "");
    line(&mut html, "p", "top", "Sẵn Sàng");
    html += "<div class=\"stage calm\">\n";
    for paragraph in text.split("\n\n") {
        line(&mut html, "p", "", paragraph);
    }
    html + "</div>\n</div>\n</body>\n</html>\n"
}

fn opening(lang: Lang, more: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\">\n{more}\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<div class=\"sheet\">\n",
        lang.word(),
        escaped(words::PAGE_TITLE.say(lang)),
    )
}

fn grade(html: &mut String, assessment: &Assessment, set: &RuleSet, lang: Lang) {
    let (sign, name) = words::grade(assessment.grade, lang);
    let score = assessment.score.map_or_else(
        || words::NO_SCORE.say(lang).to_owned(),
        |score| words::SCORE.fill(lang, &[("score", &score.to_string())]),
    );
    let coverage = words::COVERAGE.fill(lang, &[("coverage", &assessment.coverage.to_string())]);
    writeln!(html, "<div class=\"grade {}\">", assessment.grade.word()).ok();
    line(html, "h1", "", &format!("{sign} {name}"));
    line(html, "p", "score", &format!("{score} · {coverage}"));
    line(html, "p", "", &verdict::because(assessment, set, lang));
    *html += "</div>\n";
}

fn stage(html: &mut String, told: &Told<'_>) {
    let lang = told.lang;
    let (tone, title, text) = match told.stage {
        Stage::Working => ("calm", words::PAGE_WORKING, words::PAGE_WORKING_TEXT.say(lang).to_owned()),
        Stage::Reported { seat, .. } => {
            ("good", words::PAGE_REPORTED, seated(words::PAGE_REPORTED_TEXT, seat, lang))
        }
        Stage::Kept { seat, .. } => ("calm", words::PAGE_KEPT, seated(words::PAGE_KEPT_TEXT, seat, lang)),
        Stage::Waiting { .. } => ("calm", words::PAGE_WAITING, words::PAGE_WAITING_TEXT.say(lang).to_owned()),
        Stage::Refused { .. } => ("bad", words::PAGE_REFUSED, words::PAGE_REFUSED_TEXT.say(lang).to_owned()),
        Stage::Failed { .. } => ("bad", words::PAGE_FAILED, words::PAGE_FAILED_TEXT.say(lang).to_owned()),
    };
    writeln!(html, "<div class=\"stage {tone}\">").ok();
    let heading = if told.judged.is_some() { "h2" } else { "h1" };
    line(html, heading, "", title.say(lang));
    line(html, "p", "", &text);
    match told.stage {
        Stage::Kept { trouble, .. } | Stage::Waiting { trouble } | Stage::Refused { trouble } => {
            line(html, "p", "soft", &format!("{}: {trouble}.", words::PAGE_WHY.say(lang)));
        }
        Stage::Failed { error } => {
            line(html, "p", "soft", &format!("{}: {error}.", words::PAGE_WHY.say(lang)));
        }
        Stage::Reported { official: Some((grade, score)), .. }
            if told.judged.is_none_or(|Judged { assessment, .. }| {
                (assessment.grade, assessment.score) != (*grade, *score)
            }) =>
        {
            line(
                html,
                "p",
                "",
                &words::PAGE_OFFICIAL.fill(lang, &[("grade", &words::graded(*grade, *score, lang))]),
            );
        }
        Stage::Working | Stage::Reported { .. } => {}
    }
    *html += "</div>\n";
}

fn seated(phrase: Phrase, seat: &Seat, lang: Lang) -> String {
    phrase.fill(lang, &[("unit", &seat.unit), ("role", &seat.role)])
}

/// What is missing first, then what nobody knows; of what is good only the count.
fn criteria(html: &mut String, judged: &Judged, lang: Lang) {
    let Judged { assessment, set, .. } = judged;
    let mut listed: Vec<(&Rule, &Verdict)> =
        verdict::groups(assessment, set, lang).into_iter().flat_map(|(_, verdicts)| verdicts).collect();
    listed
        .sort_by_key(|(_, verdict)| (verdict.outcome != Outcome::Fail, std::cmp::Reverse(verdict.severity)));
    let of = |wanted: Outcome| listed.iter().filter(move |(_, verdict)| verdict.outcome == wanted);
    let count = |wanted: Outcome| of(wanted).count();
    let missing = count(Outcome::Fail) + count(Outcome::Partial);
    if missing > 0 {
        line(html, "h2", "", &words::PAGE_MISSING.fill(lang, &[("count", &missing.to_string())]));
        line(html, "p", "soft", words::PAGE_MISSING_TEXT.say(lang));
        *html += "<table>\n";
        for (rule, verdict) in of(Outcome::Fail).chain(of(Outcome::Partial)) {
            criterion(html, rule, verdict, judged, lang);
        }
        *html += "</table>\n";
    }
    if count(Outcome::Unknown) > 0 {
        line(
            html,
            "h2",
            "",
            &words::PAGE_UNKNOWN.fill(lang, &[("count", &count(Outcome::Unknown).to_string())]),
        );
        line(html, "p", "soft", words::PAGE_UNKNOWN_TEXT.say(lang));
        *html += "<ul>\n";
        for (rule, verdict) in of(Outcome::Unknown) {
            let missing = verdict::missing_list(verdict, lang);
            let title = words::both(rule.title_for(assessment.role), lang);
            let text = if missing.is_empty() { title.to_owned() } else { format!("{title}: {missing}") };
            line(html, "li", "", &text);
        }
        *html += "</ul>\n";
    }
    line(html, "p", "soft", &words::PAGE_PASSED.fill(lang, &[("count", &count(Outcome::Pass).to_string())]));
}

fn criterion(html: &mut String, rule: &Rule, verdict: &Verdict, judged: &Judged, lang: Lang) {
    let (sign, name) = words::outcome(verdict.outcome, lang);
    let tone = match (verdict.outcome, verdict.severity) {
        (Outcome::Fail, Severity::Critical | Severity::Major) => "not_ready",
        _ => "needs_work",
    };
    writeln!(html, "<tr><td class=\"word {tone}\">{}</td><td>", escaped(&format!("{sign} {name}"))).ok();
    let role = judged.assessment.role;
    // What is wrong says more to who sits here than what was asked.
    let said = rule.fails_for(role).unwrap_or_else(|| rule.title_for(role));
    line(html, "p", "title", words::both(said, lang));
    let seen = verdict::seen_list(verdict, lang);
    if !seen.is_empty() {
        line(html, "p", "", &format!("{}: {seen}", words::SEEN.say(lang)));
    }
    let remedies = judged.remedies(rule, lang);
    if !remedies.is_empty() {
        line(html, "p", "", &format!("{}: {}", words::REMEDY.say(lang), remedies.join("; ")));
    }
    *html += "</td></tr>\n";
}

fn help(html: &mut String, told: &Told<'_>) {
    let lang = told.lang;
    line(html, "h2", "", words::PAGE_NEXT.say(lang));
    let next = match told.stage {
        Stage::Reported { .. } | Stage::Kept { .. } => Some(words::PAGE_NEXT_REPORTS),
        Stage::Waiting { .. } => Some(words::PAGE_NEXT_JOINS),
        Stage::Refused { .. } | Stage::Failed { .. } | Stage::Working => None,
    };
    *html += "<ul>\n";
    if let Some(next) = next {
        line(html, "li", "", next.say(lang));
        line(html, "li", "", words::PAGE_NEXT_DELETE.say(lang));
    }
    let call = match told.hostname {
        "" => words::PAGE_CALL.say(lang).to_owned(),
        hostname => words::PAGE_CALL_NAMED.fill(lang, &[("hostname", hostname)]),
    };
    line(html, "li", "", &call);
    line(html, "li", "", words::PAGE_PRIVACY.say(lang));
    *html += "</ul>\n";
}

fn line(html: &mut String, tag: &str, class: &str, text: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    writeln!(html, "<{tag}{class}>{}</{tag}>", escaped(text)).ok();
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            other => safe.push(other),
        }
    }
    safe
}

/// The colours are those of the dashboard.
const STYLE: &str = "\
body { margin: 0; background: #f5f7f6; color: #14201e; font: 16px/1.5 \"Be Vietnam Pro\", \"Segoe UI\", \"Noto Sans\", Roboto, Arial, sans-serif; }
.sheet { max-width: 820px; margin: 0 auto; padding: 24px; }
h1, h2, p, ul, table { margin: 0 0 8px; }
h1 { font-size: 28px; line-height: 40px; }
h2 { font-size: 18px; line-height: 28px; margin-top: 24px; }
.top, .soft { color: #4d5d5a; }
.grade, .stage { background: #ffffff; border: 1px solid #dde4e2; border-left: 8px solid #b9c3c7; border-radius: 6px; padding: 16px 24px; margin: 16px 0; }
.stage h2 { margin-top: 0; }
.score { font-size: 18px; }
.grade.ready { border-left-color: #17876a; } .grade.ready h1 { color: #0b6e54; }
.grade.needs_work { border-left-color: #e2a92f; } .grade.needs_work h1 { color: #855600; }
.grade.not_ready { border-left-color: #cb4a3f; } .grade.not_ready h1 { color: #b02a20; }
.grade.no_data h1 { color: #55626a; }
.stage.calm { border-left-color: #0f5f66; }
.stage.good { border-left-color: #17876a; }
.stage.bad { border-left-color: #cb4a3f; }
table { width: 100%; border-collapse: collapse; background: #ffffff; border: 1px solid #dde4e2; }
td { padding: 12px 16px; border-top: 1px solid #dde4e2; vertical-align: top; }
td p { margin: 0; font-size: 15px; }
td .title { font-weight: 600; font-size: 16px; }
.word { width: 9em; white-space: nowrap; font-weight: 600; }
.word.not_ready { color: #b02a20; } .word.needs_work { color: #855600; }
ul { padding-left: 24px; }
li { margin-bottom: 4px; }
@media (max-width: 560px) { td { display: block; padding: 8px 16px; } td + td { border-top: 0; padding-top: 0; } .word { width: auto; } }
@media (prefers-color-scheme: dark) {
body { background: #0f1514; color: #e4ebe9; }
.top, .soft { color: #a0b0ac; }
.grade, .stage, table { background: #161e1d; border-color: #2a3533; }
td { border-color: #2a3533; }
.grade.ready { border-left-color: #3aa981; } .grade.ready h1 { color: #63cba2; }
.grade.needs_work { border-left-color: #d7a135; } .grade.needs_work h1, .word.needs_work { color: #e6b655; }
.grade.not_ready { border-left-color: #d9655a; } .grade.not_ready h1, .word.not_ready { color: #f29188; }
.grade.no_data { border-left-color: #56646a; } .grade.no_data h1 { color: #a6b2b6; }
.stage.calm { border-left-color: #7accce; }
.stage.good { border-left-color: #3aa981; }
.stage.bad { border-left-color: #d9655a; }
}
@media print {
body { background: #ffffff; color: #000000; font-size: 11pt; }
.sheet { max-width: none; padding: 0; }
.top, .soft { color: #333333; }
.grade, .stage, table { background: #ffffff; border-color: #999999; }
tr, .grade, .stage { page-break-inside: avoid; }
}
";

#[cfg(test)]
mod tests;
