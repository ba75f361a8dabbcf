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
use crate::rescore::Rescored;
use crate::server::open_app;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The rule set, price book, norms or table of support dates to put in force
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why, for who asks years later: a decision, a circular, a mistake that is mended
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The language of what is printed: vi, en
    #[arg(long, default_value = "en", value_parser = super::lang)]
    lang: Lang,
}

pub(super) async fn run(data: &Data, options: Options) -> Result<ExitCode> {
    let reason = options.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        bail!(options.lang.pick(
            format!(
                "đưa bộ tiêu chí vào hiệu lực: hãy ghi lý do từ 1 đến {REASON_CHARS_MAX} ký tự bằng --reason"
            ),
            format!(
                "putting rules in force: give a reason of 1 to {REASON_CHARS_MAX} characters with --reason"
            ),
        ));
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
        Some(_) => {
            activate::activate(
                &app,
                &mut seen,
                proposal,
                deed,
                &progress(options.lang.pick("Đánh giá lại", "Judging again")),
            )
            .await?
        }
        None => activate::write(&app, &proposal, deed).await?,
    };
    drop(seen);
    app.store.close().await;
    print(&told(&activated, lock.is_some(), options.lang))?;
    Ok(ExitCode::SUCCESS)
}

fn told(activated: &Activated, is_alone: bool, lang: Lang) -> String {
    let Activated { id, before, after, rescored } = activated;
    let short = |digest: &Option<String>| -> String {
        let none = || lang.pick("không có", "none").to_owned();
        digest.as_ref().map_or_else(none, |digest| digest.chars().take(12).collect())
    };
    let name = match id.as_str() {
        archive::LIFECYCLE => lang.pick("Bảng vòng đời sản phẩm", "The table of support dates"),
        archive::PRICES => lang.pick("Bảng giá", "The price book"),
        archive::NORMS => lang.pick("Bảng định mức", "The norms"),
        id => id,
    };
    let (was, is) = (short(before), short(after));
    if before == after {
        return lang.pick(
            format!(
                "{name}: vẫn các tiêu chí như trước ({is}), chỉ khác lời văn; không kết quả nào thay đổi."
            ),
            format!("{name}: the same rules as before ({is}), in other words; no verdict changes."),
        );
    }
    let counted = match rescored {
        Some(Rescored { machines, changed }) => lang.pick(
            format!("Đã đánh giá lại {machines} máy, {changed} máy có kết quả khác."),
            format!(
                "{} judged again, {changed} came out otherwise.",
                super::counted(*machines, "machine", "machines")
            ),
        ),
        None if is_alone => {
            lang.pick("Không máy nào được đánh giá theo đó.", "No machine is judged by it.").to_owned()
        }
        None => lang
            .pick(
                "Máy chủ đang chạy trên thư mục này sẽ đánh giá theo đó trong vài giây nữa.",
                "The collector that serves this folder judges by it within some seconds.",
            )
            .to_owned(),
    };
    lang.pick(
        format!("{name} đã có hiệu lực: {was} → {is}. {counted}"),
        format!("{name} is in force: {was} → {is}. {counted}"),
    )
}
