//! `rules what-if FILE`: a rule set tried on the whole fleet before it counts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use rules::assess::Grade;
use rules::limits::RULESET_BYTES_MAX;

use super::{place, print, progress, rules_files, tell, things_wrong};
use crate::activate::propose;
use crate::clock::Clock;
use crate::data::Data;
use crate::judge::{self, Wrong, day};
use crate::lang::Lang;
use crate::store::Store;
use crate::store::listing::{self, Scope};
use crate::web::format::{self, money};
use crate::web::label::{self, pick};
use crate::web::words::Words;
use crate::whatif::{PlanChange, RuleEffect, Trial, Turn, Turns, WhatIf, what_if};

/// Rules and units shown on a terminal.
const ROWS: usize = 15;
/// How long machines are diagnosed for the change of plan.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The rule set, price book, norms or table of support dates to try
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only machines of this unit and below
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// Names the machines that would change grade
    #[arg(long)]
    list: bool,
    /// Prints the result as JSON
    #[arg(long)]
    json: bool,
    /// The language of what is printed: vi, en
    #[arg(long, default_value = "en", value_parser = super::lang)]
    lang: Lang,
}

pub(super) async fn run(data: &Data, options: Options) -> Result<ExitCode> {
    let text = read(&options.file)?;
    let folder = data.path(&data.config()?.rules.folder);
    let now = match judge::load(&folder) {
        Ok(judge) => judge,
        Err(wrong) => return Ok(refused(&wrong, options.lang)),
    };
    let proposal = match propose(&folder, &options.file.display().to_string(), &text) {
        Ok(proposal) => proposal,
        Err(wrong) => return Ok(refused(&wrong, options.lang)),
    };
    let store = data.store_to_read().await?;
    let (scope, _) = place(&store, "trying the rules", options.unit.as_deref()).await?;
    let trial = Trial {
        now: Arc::new(now),
        then: Arc::new(proposal.judge),
        id: proposal.id,
        scope,
        today: day(Clock::System.now()),
        patience: PATIENCE,
    };
    let mut result =
        what_if(&store, &trial, &progress(options.lang.pick("Thử bộ tiêu chí", "Trying the rules"))).await?;
    let names = names(&store).await?;
    store.close().await;
    if !options.list {
        result.list.clear();
    }
    let speaker = Speaker { lang: options.lang, w: Words::of(options.lang) };
    let told =
        if options.json { serde_json::to_string_pretty(&result)? } else { speaker.told(&result, &names) };
    print(told.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// The text of a file of rules.
pub(super) fn read(file: &std::path::Path) -> Result<String> {
    let reading = || format!("reading the rules {}", file.display());
    let bytes = std::fs::metadata(file).with_context(reading)?.len();
    if bytes > RULESET_BYTES_MAX as u64 {
        bail!("{}: it has {bytes} bytes, at most {RULESET_BYTES_MAX} are allowed", reading());
    }
    std::fs::read_to_string(file).with_context(reading)
}

/// Tells what is wrong, as `rules check` does.
pub(super) fn refused(wrong: &[Wrong], lang: Lang) -> ExitCode {
    wrong.iter().for_each(|wrong| tell(rules_files::complaint(wrong, lang).trim_end()));
    let count = wrong.len();
    tell(&lang.pick(
        format!("{count} chỗ sai; không có gì thay đổi."),
        format!("{}; nothing was changed.", things_wrong(count)),
    ));
    ExitCode::FAILURE
}

/// The names of units, by id.
async fn names(store: &Store) -> Result<BTreeMap<String, String>> {
    let mut tx = store.read().await?;
    let units = listing::units(&mut tx, &Scope::everything()).await?;
    Ok(units.into_iter().map(|unit| (unit.id, unit.name)).collect())
}

/// Says in one language what a trial came to.
struct Speaker {
    lang: Lang,
    w: &'static Words,
}

impl Speaker {
    fn told(&self, result: &WhatIf, names: &BTreeMap<String, String>) -> String {
        let mut told = self.head(result);
        if result.changed > 0 {
            told.push_str(&self.matrix(result));
        }
        told.push_str(&self.rules(result));
        told.push_str(&self.scores(result));
        told.push_str(&self.units(result, names));
        told.push_str(&self.machines(result, names));
        told
    }

    fn head(&self, result: &WhatIf) -> String {
        let lang = self.lang;
        let short = |digest: &Option<String>| match digest {
            Some(digest) => digest.chars().take(12).collect(),
            None => lang.pick("không có", "none").to_owned(),
        };
        let title =
            result.title.as_ref().map(|title| format!(" “{}”", pick(lang, title))).unwrap_or_default();
        let mut head =
            format!("{}{title}: {} → {}\n", result.id, short(&result.before), short(&result.after));
        if let Some(day) = result.as_of {
            let day = format::date(day);
            head.push_str(&lang.pick(
                format!("Có hiệu lực từ {day}: mọi máy được đánh giá như thể đang là ngày đó.\n"),
                format!("It comes into force on {day}: everything is judged as if it were that day.\n"),
            ));
        }
        if result.on_request {
            head.push_str(lang.pick(
                "Bộ này chỉ đánh giá khi có người hỏi, nên không xếp loại nào phụ thuộc vào nó.\n",
                "This set judges only who asks for it, so no grade depends on it.\n",
            ));
        }
        let (machines, concerned) = (self.n(result.machines), self.n(result.concerned));
        let changed = self.n(result.changed);
        head.push_str(&lang.pick(
            format!("{machines} máy có báo cáo, {concerned} máy do bộ này đánh giá; {changed} máy sẽ đổi xếp loại.\n"),
            format!(
                "{machines} machines with a report, {concerned} of them judged by this set; {changed} would change grade.\n"
            ),
        ));
        if let Some(plan) = &result.plan {
            head.push_str(&self.plan(plan));
        }
        if result.unreadable > 0 {
            let unreadable = self.n(result.unreadable);
            head.push_str(&lang.pick(
                format!("{unreadable} báo cáo đã lưu không mở được; xem nhật ký.\n"),
                format!("{unreadable} kept reports cannot be opened; see the log.\n"),
            ));
        }
        head
    }

    fn plan(&self, plan: &PlanChange) -> String {
        let lang = self.lang;
        let PlanChange { before, after, machines, cut } = plan;
        let (machines, cut_off) = (self.n(*machines), self.n(*cut));
        if *cut > 0 {
            // A sum over a part of the machines would look like the whole.
            return lang.pick(
                format!("Phương án: chưa biết. Trong thời gian có được đã chẩn đoán lại {machines} máy, còn {cut_off} máy.\n"),
                format!(
                    "The plan: not known. {machines} machines were diagnosed again in the time that there was, {cut_off} were not.\n"
                ),
            );
        }
        let sum = |sum| money(lang, sum);
        let sign = if after.cost < before.cost { "−" } else { "+" };
        let (was, is, by) = (sum(before.cost), sum(after.cost), sum((after.cost - before.cost).abs()));
        let (from, to) = (self.n(before.seats), self.n(after.seats));
        let mut line = lang.pick(
            format!("Phương án: {was} → {is} ({sign}{by}), số chỗ làm việc được đáp ứng {from} → {to}; chẩn đoán lại {machines} máy.\n"),
            format!(
                "The plan: {was} → {is} ({sign}{by}), seats that it makes ready {from} → {to}; {machines} machines diagnosed again.\n"
            ),
        );
        if after.unpriced > 0 {
            let unpriced = self.n(after.unpriced);
            line.push_str(&lang.pick(
                format!("{unpriced} dòng của phương án chưa có giá và không nằm trong số tiền này.\n"),
                format!("{unpriced} lines of the plan have no price and are not in it.\n"),
            ));
        }
        line
    }

    fn matrix(&self, result: &WhatIf) -> String {
        const WIDTH: usize = 17;
        let name = |grade: &Grade| label::grade(self.w, *grade).text;
        let mut matrix = format!("\n{:<WIDTH$}", self.lang.pick("từ \\ thành", "from \\ to"));
        for to in Grade::ALL {
            matrix.push_str(&format!("{:>WIDTH$}", name(to)));
        }
        matrix.push('\n');
        for from in Grade::ALL {
            matrix.push_str(&format!("{:<WIDTH$}", name(from)));
            for to in Grade::ALL {
                let of = result.moves.iter().find(|one| one.from == *from && one.to == *to);
                matrix.push_str(&format!("{:>WIDTH$}", self.n(of.map_or(0, |one| one.machines))));
            }
            matrix.push('\n');
        }
        matrix
    }

    fn rules(&self, result: &WhatIf) -> String {
        if result.rules.is_empty() {
            return String::new();
        }
        let lang = self.lang;
        let [head, alone, together, differs] = lang.pick(
            ["Tiêu chí khác nhau", "riêng nó", "cùng khác", "nói khác"],
            ["Rules that differ", "alone", "together", "differs"],
        );
        let mut told = format!("\n{head:<40} {alone:>9} {together:>9} {differs:>9}\n");
        for rule in result.rules.iter().take(ROWS) {
            told.push_str(&self.rule(rule));
        }
        told.push_str(&self.more(result.rules.len()));
        told.push_str(lang.pick(
            "riêng nó: số xếp loại sẽ không đổi nếu chỉ tiêu chí này giữ nguyên; cùng khác: đổi do nhiều tiêu chí.\n",
            "alone: grades that would not turn if this rule stayed as it is; together: with others.\n",
        ));
        told
    }

    fn rule(&self, rule: &RuleEffect) -> String {
        let outcomes: Vec<String> = rule
            .outcomes
            .iter()
            .map(|(from, to, machines)| {
                format!("{}: {}", label::becomes(self.lang, self.w, *from, *to), self.n(*machines))
            })
            .collect();
        let title = rule.title.as_ref().map(|title| format!("    {}\n", pick(self.lang, title)));
        format!(
            "{:<40} {:>9} {:>9} {:>9}  {}\n{}",
            rule.rule,
            self.n(rule.alone.all()),
            self.n(rule.together.all()),
            self.n(rule.differs),
            outcomes.join(", "),
            title.unwrap_or_default()
        )
    }

    fn scores(&self, result: &WhatIf) -> String {
        let Some((before, after)) = result.scores.means() else { return String::new() };
        let lang = self.lang;
        let [much_less, less, bit_less, same, bit_more, more, much_more] =
            result.scores.shifts.map(|machines| self.n(machines));
        let mean = |mean: f64| format::decimal(lang, mean, 1);
        let (before, after) = (mean(before), mean(after));
        lang.pick(
            format!(
                "\nĐiểm: trung bình {before} → {after}. Giảm từ 20 {much_less}, 10–19 {less}, 1–9 {bit_less}; \
                 như cũ {same}; tăng 1–9 {bit_more}, 10–19 {more}, từ 20 {much_more}.\n"
            ),
            format!(
                "\nScores: mean {before} → {after}. Down by 20 and more {much_less}, 10 to 19 {less}, \
                 1 to 9 {bit_less}; same {same}; up by 1 to 9 {bit_more}, 10 to 19 {more}, 20 and more {much_more}.\n"
            ),
        )
    }

    fn units(&self, result: &WhatIf, names: &BTreeMap<String, String>) -> String {
        if result.units.is_empty() {
            return String::new();
        }
        let lang = self.lang;
        let [head, better, worse, unclear, machines] = lang.pick(
            ["Đơn vị thay đổi nhiều nhất", "tốt hơn", "kém đi", "chưa rõ", "số máy"],
            ["Units with most changes", "better", "worse", "unclear", "machines"],
        );
        let mut told = format!("\n{head:<42} {better:>8} {worse:>8} {unclear:>8} {machines:>9}\n");
        for unit in result.units.iter().take(ROWS) {
            let Turns { better, worse, unclear } = unit.turns;
            let [better, worse, unclear, machines] =
                [better, worse, unclear, unit.machines].map(|count| self.n(count));
            let name = name_of(names, &unit.unit);
            told.push_str(&format!("{name:<42} {better:>8} {worse:>8} {unclear:>8} {machines:>9}\n"));
        }
        told.push_str(&self.more(result.units.len()));
        told
    }

    fn machines(&self, result: &WhatIf, names: &BTreeMap<String, String>) -> String {
        if result.list.is_empty() {
            return String::new();
        }
        let lang = self.lang;
        let mut told =
            format!("\n{}\n", lang.pick("Máy sẽ đổi xếp loại", "Machines that would change grade"));
        for machine in &result.list {
            let score = |score: Option<u8>| score.map_or_else(|| "–".to_owned(), |score| score.to_string());
            let grade = |grade: Grade| label::grade(self.w, grade).text;
            let because = match machine.because.as_slice() {
                [] => lang.pick("bộ khác", "another set").to_owned(),
                because => because.join(", "),
            };
            told.push_str(&format!(
                "{:<8} {:<20} {} → {}, {} → {}, {} {because} ({})\n",
                self.turn(machine.turn),
                machine.hostname,
                grade(machine.grades.0),
                grade(machine.grades.1),
                score(machine.scores.0),
                score(machine.scores.1),
                lang.pick("do", "because of"),
                name_of(names, &machine.unit),
            ));
        }
        told
    }

    /// A count as people write it.
    fn n(&self, count: impl TryInto<i64>) -> String {
        format::number(self.lang, count.try_into().unwrap_or(i64::MAX))
    }

    /// How many rows are not shown.
    fn more(&self, rows: usize) -> String {
        let more = rows.saturating_sub(ROWS);
        match more {
            0 => String::new(),
            more => self.lang.pick(format!("và {more} nữa\n"), format!("and {more} more\n")),
        }
    }

    fn turn(&self, turn: Turn) -> &'static str {
        match turn {
            Turn::Better => self.lang.pick("tốt hơn", "better"),
            Turn::Worse => self.lang.pick("kém đi", "worse"),
            Turn::Unclear => self.lang.pick("chưa rõ", "unclear"),
        }
    }
}

fn name_of<'n>(names: &'n BTreeMap<String, String>, id: &'n str) -> &'n str {
    names.get(id).map_or(id, String::as_str)
}
