//! `rules check PATH…`, `rules test PATH…`: for the author of a rule set.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use rules::lifecycle::Lifecycle;
use rules::ruleset::RuleSet;

use super::{print, tell};
use crate::judge::{self, Wrong};

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
    #[command(after_help = "Example: sansang-collector rules test sansang-data/rules/province.toml")]
    Test {
        /// Files, or folders of them; lifecycle.toml is read as a lifecycle table
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

pub(super) fn run(command: Command) -> Result<ExitCode> {
    let (Command::Check { paths } | Command::Test { paths }) = &command;
    let loaded = match judge::load_files(paths) {
        Ok(loaded) => loaded,
        Err(wrong) => {
            wrong.iter().for_each(|wrong| tell(complaint(wrong).trim_end()));
            tell(&format!("{} things are wrong.", wrong.len()));
            return Ok(ExitCode::FAILURE);
        }
    };
    match command {
        Command::Check { .. } => {
            for (path, set) in &loaded.sets {
                print(&format!(
                    "{}: {}: {} rules, {} tests",
                    path.display(),
                    set.id,
                    set.rules.len(),
                    set.tests.len()
                ))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Test { .. } => test(&loaded),
    }
}

pub(super) fn complaint(wrong: &Wrong) -> String {
    match wrong {
        Wrong::Unreadable(text) => format!("error: {text}"),
        Wrong::Complaint(complaint, text) => complaint.draw(text),
    }
}

fn test(loaded: &judge::Loaded) -> Result<ExitCode> {
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
    print(&format!("{tests} tests, {broken} expectations not met, {untested} outcomes untested."))?;
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
