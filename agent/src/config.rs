//! `agent.toml`: what an administrator may set. Every key has a default; unknown keys are refused.
//!
//! The commented file in `packaging/` is the default; a test holds it.

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::desk::BOUNDS;
use crate::schedule::{INTERVAL_SECONDS_MAX, INTERVAL_SECONDS_MIN, Pace};
use crate::spool::Bounds;

/// The settings of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// When it works.
    pub schedule: Schedule,
    /// What waits while the collector is away.
    pub spool: Spool,
}

/// When the agent works.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Minutes between two surveys, unless the collector asks for another interval.
    pub interval_minutes: u64,
    /// Within how many minutes after the start the first survey falls.
    pub start_spread_minutes: u64,
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule { interval_minutes: 24 * 60, start_spread_minutes: 15 }
    }
}

/// What waits while the collector is away.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spool {
    /// Most reports.
    pub reports_max: usize,
    /// Most MiB in all.
    pub mebibytes_max: u64,
    /// How many days a report is kept.
    pub age_days_max: u32,
}

impl Default for Spool {
    fn default() -> Spool {
        Spool {
            reports_max: BOUNDS.reports_max,
            mebibytes_max: BOUNDS.bytes_max / (1024 * 1024),
            age_days_max: BOUNDS.age_days_max,
        }
    }
}

impl Config {
    /// Reads `agent.toml`. `file` only stands in the complaint.
    ///
    /// # Errors
    /// `FILE:LINE:COLUMN: what is wrong`.
    pub fn parse(file: &str, text: &str) -> Result<Config> {
        let config: Config = match toml::from_str(text) {
            Ok(config) => config,
            Err(error) => {
                let (line, column) = place(text, error.span().map_or(0, |span| span.start));
                bail!("{file}:{line}:{column}: {}", error.message());
            }
        };
        let shortest = INTERVAL_SECONDS_MIN / 60;
        let longest = INTERVAL_SECONDS_MAX / 60;
        let schedule = &config.schedule;
        let ranges = [
            ("interval_minutes", schedule.interval_minutes, shortest, longest),
            ("start_spread_minutes", schedule.start_spread_minutes, 0, 24 * 60),
            ("reports_max", config.spool.reports_max as u64, 1, 10_000),
            ("mebibytes_max", config.spool.mebibytes_max, 1, 1024),
            ("age_days_max", u64::from(config.spool.age_days_max), 1, 3650),
        ];
        for (key, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                let (line, column) = place(text, text.find(key).unwrap_or_default());
                bail!("{file}:{line}:{column}: {key} is {value}; it must be from {least} to {most}");
            }
        }
        Ok(config)
    }

    /// The pace of the schedule.
    pub fn pace(&self) -> Pace {
        Pace {
            interval_seconds: self.schedule.interval_minutes * 60,
            start_spread_seconds: self.schedule.start_spread_minutes * 60,
        }
    }

    /// The bounds of the spool.
    pub fn bounds(&self) -> Bounds {
        Bounds {
            reports_max: self.spool.reports_max,
            bytes_max: self.spool.mebibytes_max * 1024 * 1024,
            age_days_max: self.spool.age_days_max,
        }
    }
}

/// Line and column, from 1, of a byte of the text.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before: String =
        text.char_indices().take_while(|(at, _)| *at < byte).map(|(_, character)| character).collect();
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (before.matches('\n').count() + 1, column)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn the_commented_file_is_the_default() {
        let text = include_str!("../packaging/agent.toml");
        assert_eq!(Config::parse("agent.toml", text).unwrap(), Config::default());
        assert_eq!(Config::default().bounds(), BOUNDS);
        for key in
            ["interval_minutes", "start_spread_minutes", "reports_max", "mebibytes_max", "age_days_max"]
        {
            assert!(text.contains(&format!("\n{key} = ")), "{key} stands in the file");
        }
    }

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&Config::parse("agent.toml", text).unwrap_err().to_string());
    }

    #[test]
    fn complaints() {
        check(
            "[schedule]\ninterval = 5\n",
            expect![
                "agent.toml:2:1: unknown field `interval`, expected `interval_minutes` or `start_spread_minutes`"
            ],
        );
        check(
            "[schedule]\ninterval_minutes = \"day\"\n",
            expect![[r#"agent.toml:2:20: invalid type: string "day", expected u64"#]],
        );
        check(
            "[schedule]\n  interval_minutes = 1\n",
            expect!["agent.toml:2:3: interval_minutes is 1; it must be from 15 to 10080"],
        );
        check("[spool\n", expect!["agent.toml:1:7: unclosed table, expected `]`"]);
    }
}
