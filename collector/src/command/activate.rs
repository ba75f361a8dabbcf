//! `rules activate FILE --reason TEXT`: puts a rule set in force, and writes down who did it and why.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::whatif::{read, refused};
use super::{ACTOR, print, progress};
use crate::activate::{self, Activated, REASON_CHARS_MAX, propose};
use crate::archive::{self, Deed};
use crate::clock::Clock;
use crate::data::Data;
use crate::lang::Lang;
use crate::server::open_app;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The rule set, price book, norms or table of support dates to put in force
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why, for who asks years later: a decision, a circular, a mistake that is mended
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The language of complaints about the file: vi, en
    #[arg(long, default_value = "en", value_parser = super::lang)]
    lang: Lang,
}

pub(super) async fn run(data: &Data, options: Options) -> Result<ExitCode> {
    let reason = options.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        bail!("putting rules in force: give a reason of 1 to {REASON_CHARS_MAX} characters with --reason");
    }
    let text = read(&options.file)?;
    let config = data.config()?;
    let folder = data.path(&config.rules.folder);
    let name = options.file.display().to_string();
    if let Err(wrong) = propose(&folder, &name, &text) {
        return Ok(refused(&wrong, options.lang));
    }
    // Who serves this folder takes the file in by itself, and judges by it.
    let lock = data.lock().ok();
    let app = open_app(data, &config, &folder, Clock::System).await?;
    let mut seen = app.rules.seen.lock().await;
    let proposal = match propose(&folder, &name, &text) {
        Ok(proposal) => proposal,
        Err(wrong) => return Ok(refused(&wrong, options.lang)),
    };
    let deed = Deed { actor: ACTOR, reason };
    let activated = match lock {
        Some(_) => activate::activate(&app, &mut seen, proposal, deed, &progress("Judging again")).await?,
        None => activate::write(&app, &proposal, deed).await?,
    };
    drop(seen);
    app.store.close().await;
    print(&told(&activated, lock.is_some()))?;
    Ok(ExitCode::SUCCESS)
}

fn told(activated: &Activated, is_alone: bool) -> String {
    let Activated { id, before, after, rescored } = activated;
    let short = |digest: &Option<String>| -> String {
        digest.as_ref().map_or_else(|| "none".to_owned(), |digest| digest.chars().take(12).collect())
    };
    let name = match id.as_str() {
        archive::LIFECYCLE => "The table of support dates",
        archive::PRICES => "The price book",
        archive::NORMS => "The norms",
        id => id,
    };
    if before == after {
        return format!(
            "{name}: the same rules as before ({}), in other words; no verdict changes.",
            short(after)
        );
    }
    let counted = match rescored {
        Some(rescored) => {
            let machines = super::counted(rescored.machines, "machine", "machines");
            format!("{machines} judged again, {} came out otherwise.", rescored.changed)
        }
        None if is_alone => "No machine is judged by it.".to_owned(),
        None => "The collector that serves this folder judges by it within some seconds.".to_owned(),
    };
    format!("{name} is in force: {} → {}. {counted}", short(before), short(after))
}
