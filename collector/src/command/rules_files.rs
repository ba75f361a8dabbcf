//! `rules check PATH…`, `rules test PATH…`, `rules explain-code [CODE]`, `rules schema`: for the author of a rule set.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use rules::complaint::{CODES, explain};
use rules::condition::words::Tongue;
use rules::lifecycle::Lifecycle;
use rules::ruleset::{RuleSet, schema};

use super::{counted, print, tell, things_wrong};
use crate::clock::Clock;
use crate::judge::{self, Wrong, day};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tells everything that is wrong with rule sets
    #[command(after_help = "Example: sansang-collector rules check sansang-data/rules")]
    Check {
        /// Files, or folders of them; lifecycle.toml is read as a lifecycle table
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
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
    },
    /// What the code of a complaint means; without a code, what each means
    #[command(after_help = "Example: sansang-collector rules explain-code never-holds")]
    ExplainCode {
        /// A code, as it stands in brackets behind `error`
        #[arg(value_name = "CODE")]
        code: Option<String>,
    },
    /// Prints the JSON Schema of rule sets, by which editors complete and check
    #[command(after_help = "Example: sansang-collector rules schema > ruleset.schema.json")]
    Schema,
}

pub(super) fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Check { paths } => with_loaded(&paths, check),
        Command::Test { paths, strict } => with_loaded(&paths, |loaded| test(loaded, strict)),
        Command::ExplainCode { code } => explain_code(code.as_deref()),
        Command::Schema => {
            print(schema::text().trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Does something with these files, unless something is wrong with them, which is told.
fn with_loaded(paths: &[PathBuf], work: impl FnOnce(&judge::Loaded) -> Result<ExitCode>) -> Result<ExitCode> {
    match judge::load_files(paths) {
        Ok(loaded) => {
            stale(loaded.lifecycle.as_ref());
            work(&loaded)
        }
        Err(wrong) => {
            tell_wrong(&wrong);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Tells when the table that says until when systems are supported is old.
fn stale(own: Option<&Lifecycle>) {
    let shipped = Lifecycle::shipped();
    let (lifecycle, which) = own.map_or((&shipped, "that ships"), |own| (own, "that is read here"));
    if lifecycle.is_stale(day(Clock::System.now())) {
        let dated = lifecycle.dated;
        tell(&format!("warning: the lifecycle table {which} is of {dated}, more than 180 days ago"));
    }
}

fn check(loaded: &judge::Loaded) -> Result<ExitCode> {
    for (path, set) in &loaded.sets {
        let text = loaded.texts.iter().find(|text| text.digest == set.digest).map(|text| text.text.as_str());
        for warning in &set.warnings {
            tell(warning.draw(text.unwrap_or_default()).trim_end());
        }
        print(&format!(
            "{}: {}: {} rules, {} tests",
            path.display(),
            set.id,
            set.every_rule().count(),
            set.tests.len()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn explain_code(code: Option<&str>) -> Result<ExitCode> {
    let Some(code) = code else {
        for (code, explanation, _) in CODES {
            print(&format!("{code}: {explanation}"))?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some(explanation) = explain(code, Tongue::English) else {
        bail!("explaining the code {code}: there is none of this name; all are told by: rules explain-code");
    };
    print(explanation)?;
    Ok(ExitCode::SUCCESS)
}

/// Tells everything that is wrong, each code explained where it comes first.
pub(super) fn tell_wrong(wrong: &[Wrong]) {
    let mut explained = BTreeSet::new();
    for one in wrong {
        tell(complaint(one).trim_end());
        if let Wrong::Complaint(complaint, _) = one
            && let Some(explanation) =
                explain(complaint.code, Tongue::English).filter(|_| explained.insert(complaint.code))
        {
            tell(&format!("  = {}: {explanation}", complaint.code));
        }
    }
    tell(&format!("{}.", things_wrong(wrong.len())));
}

pub(super) fn complaint(wrong: &Wrong) -> String {
    match wrong {
        Wrong::Unreadable(text) => format!("error: {text}"),
        Wrong::Complaint(complaint, text) => complaint.draw(text),
    }
}

fn test(loaded: &judge::Loaded, strict: bool) -> Result<ExitCode> {
    let shipped = Lifecycle::shipped();
    let lifecycle = loaded.lifecycle.as_ref().unwrap_or(&shipped);
    let (mut tests, mut broken, mut untested) = (0, 0, 0);
    for (path, set) in &loaded.sets {
        for failure in failures(path, set, lifecycle) {
            broken += 1;
            tell(&failure);
        }
        tests += set.tests.len();
        for (rule, outcome) in set.untested() {
            untested += 1;
            print(&format!("{}: no test shows that {rule} is {}", path.display(), outcome.word()))?;
        }
    }
    print(&format!(
        "{}, {} not met, {} untested.",
        counted(tests, "test", "tests"),
        counted(broken, "expectation", "expectations"),
        counted(untested, "outcome", "outcomes")
    ))?;
    let failed = broken > 0 || (strict && untested > 0);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn failures(path: &Path, set: &RuleSet, lifecycle: &Lifecycle) -> Vec<String> {
    let told = |name: &str, wrong: &rules::ruleset::Wrong| {
        format!(
            "{}: test “{name}”: {} is {}, expected {}",
            path.display(),
            wrong.rule,
            wrong.actual.word(),
            wrong.expected.word()
        )
    };
    let results = set.run_tests(lifecycle);
    results.iter().flat_map(|result| result.wrong.iter().map(|wrong| told(&result.name, wrong))).collect()
}
