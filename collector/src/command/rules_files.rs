//! `rules check PATH…`, `rules test PATH…`, `rules explain-code [CODE]`, `rules schema`: for the author of a rule set.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use rules::complaint::{CODES, explain};
use rules::lifecycle::Lifecycle;
use rules::ruleset::{RuleSet, schema};

use super::{counted, print, tell, things_wrong};
use crate::clock::Clock;
use crate::judge::{self, Wrong, day};
use crate::lang::Lang;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tells everything that is wrong with rule sets
    #[command(after_help = "Example: sansang-collector rules check sansang-data/rules")]
    Check {
        /// Files, or folders of them; lifecycle.toml is read as a lifecycle table
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The language of complaints: vi, en
        #[arg(long, default_value = "en", value_parser = super::lang)]
        lang: Lang,
    },
    /// Runs the tests that rule sets carry
    #[command(after_help = "Example: sansang-collector rules test --strict sansang-data/rules/province.toml")]
    Test {
        /// Files, or folders of them; lifecycle.toml is read as a lifecycle table
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Fails, too, when an outcome of a rule is shown by no test
        #[arg(long)]
        strict: bool,
        /// The language of what is printed: vi, en
        #[arg(long, default_value = "en", value_parser = super::lang)]
        lang: Lang,
    },
    /// What the code of a complaint means; without a code, what each means
    #[command(after_help = "Example: sansang-collector rules explain-code never-holds")]
    ExplainCode {
        /// A code, as it stands in brackets behind `error`
        #[arg(value_name = "CODE")]
        code: Option<String>,
        /// The language of what is printed: vi, en
        #[arg(long, default_value = "en", value_parser = super::lang)]
        lang: Lang,
    },
    /// Prints the JSON Schema of rule sets, by which editors complete and check
    #[command(after_help = "Example: sansang-collector rules schema > ruleset.schema.json")]
    Schema,
}

pub(super) fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Check { paths, lang } => with_loaded(&paths, lang, |loaded| check(loaded, lang)),
        Command::Test { paths, strict, lang } => {
            with_loaded(&paths, lang, |loaded| test(loaded, strict, lang))
        }
        Command::ExplainCode { code, lang } => explain_code(code.as_deref(), lang),
        Command::Schema => {
            print(schema::text().trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Does something with these files, unless something is wrong with them, which is told.
fn with_loaded(
    paths: &[PathBuf],
    lang: Lang,
    work: impl FnOnce(&judge::Loaded) -> Result<ExitCode>,
) -> Result<ExitCode> {
    match judge::load_files(paths) {
        // Who checks nothing must not read that all is well.
        Ok(loaded) if loaded.texts.is_empty() => {
            let places: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            let places = places.join(", ");
            tell(&lang.pick(
                format!("lỗi: {places}: không có bộ tiêu chí nào; tên tệp phải kết thúc bằng .toml"),
                format!("error: {places}: there is no rule set; the names of their files end in .toml"),
            ));
            Ok(ExitCode::FAILURE)
        }
        Ok(loaded) => {
            stale(loaded.lifecycle.as_ref(), lang);
            work(&loaded)
        }
        Err(wrong) => {
            tell_wrong(&wrong, lang);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Tells when the table that says until when systems are supported is old.
fn stale(own: Option<&Lifecycle>, lang: Lang) {
    let shipped = Lifecycle::shipped();
    let lifecycle = own.unwrap_or(&shipped);
    if lifecycle.is_stale(day(Clock::System.now())) {
        let dated = lifecycle.dated;
        let (vi, en) = match own {
            None => ("kèm theo chương trình", "that ships"),
            Some(_) => ("được đọc ở đây", "that is read here"),
        };
        tell(&lang.pick(
            format!("cảnh báo: bảng vòng đời sản phẩm {vi} lập ngày {dated}, đã hơn 180 ngày"),
            format!("warning: the lifecycle table {en} is of {dated}, more than 180 days ago"),
        ));
    }
}

fn check(loaded: &judge::Loaded, lang: Lang) -> Result<ExitCode> {
    for (path, set) in &loaded.sets {
        let text = loaded.texts.iter().find(|text| text.digest == set.digest).map(|text| text.text.as_str());
        for warning in &set.warnings {
            tell(warning.draw(text.unwrap_or_default(), lang.tongue()).trim_end());
        }
        let (path, id, rules, tests) = (path.display(), &set.id, set.every_rule().count(), set.tests.len());
        print(&lang.pick(
            format!("{path}: {id}: {rules} tiêu chí, {tests} phép thử"),
            format!("{path}: {id}: {}, {}", counted(rules, "rule", "rules"), counted(tests, "test", "tests")),
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn explain_code(code: Option<&str>, lang: Lang) -> Result<ExitCode> {
    let Some(code) = code else {
        for (code, en, vi) in CODES {
            print(&format!("{code}: {}", lang.pick(vi, en)))?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some(explanation) = explain(code, lang.tongue()) else {
        bail!("explaining the code {code}: there is none of this name; all are told by: rules explain-code");
    };
    print(explanation)?;
    Ok(ExitCode::SUCCESS)
}

/// Tells everything that is wrong, each code explained where it comes first.
pub(super) fn tell_wrong(wrong: &[Wrong], lang: Lang) {
    let mut explained = BTreeSet::new();
    for one in wrong {
        tell(complaint(one, lang).trim_end());
        if let Wrong::Complaint(complaint, _) = one
            && let Some(explanation) =
                explain(complaint.code, lang.tongue()).filter(|_| explained.insert(complaint.code))
        {
            tell(&format!("  = {}: {explanation}", complaint.code));
        }
    }
    let count = wrong.len();
    tell(&lang.pick(format!("{count} chỗ sai."), format!("{}.", things_wrong(count))));
}

pub(super) fn complaint(wrong: &Wrong, lang: Lang) -> String {
    match wrong {
        Wrong::Unreadable(_) | Wrong::NotForPlans => {
            format!("{}: {}", lang.pick("lỗi", "error"), wrong.told(lang))
        }
        Wrong::Complaint(complaint, text) => complaint.draw(text, lang.tongue()),
    }
}

fn test(loaded: &judge::Loaded, strict: bool, lang: Lang) -> Result<ExitCode> {
    let shipped = Lifecycle::shipped();
    let lifecycle = loaded.lifecycle.as_ref().unwrap_or(&shipped);
    let (mut tests, mut broken, mut untested) = (0, 0, 0);
    for (path, set) in &loaded.sets {
        for failure in failures(path, set, lifecycle, lang) {
            broken += 1;
            tell(&failure);
        }
        tests += set.tests.len();
        for (rule, outcome) in set.untested() {
            untested += 1;
            let (path, outcome) = (path.display(), outcome.word());
            print(&lang.pick(
                format!("{path}: không phép thử nào cho thấy {rule} là {outcome}"),
                format!("{path}: no test shows that {rule} is {outcome}"),
            ))?;
        }
    }
    print(&lang.pick(
        format!("{tests} phép thử, {broken} kỳ vọng không đạt, {untested} kết quả chưa được thử."),
        format!(
            "{}, {} not met, {} untested.",
            counted(tests, "test", "tests"),
            counted(broken, "expectation", "expectations"),
            counted(untested, "outcome", "outcomes")
        ),
    ))?;
    let failed = broken > 0 || (strict && untested > 0);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What the tests of a set expect and do not find. Outcomes are told as the author writes them.
fn failures(path: &Path, set: &RuleSet, lifecycle: &Lifecycle, lang: Lang) -> Vec<String> {
    let path = path.display();
    let told = |name: &str, wrong: &rules::ruleset::Wrong| {
        let (rule, actual, expected) = (&wrong.rule, wrong.actual.word(), wrong.expected.word());
        lang.pick(
            format!("{path}: phép thử “{name}”: {rule} là {actual}, đúng ra là {expected}"),
            format!("{path}: test “{name}”: {rule} is {actual}, expected {expected}"),
        )
    };
    let results = set.run_tests(lifecycle);
    results.iter().flat_map(|result| result.wrong.iter().map(|wrong| told(&result.name, wrong))).collect()
}
