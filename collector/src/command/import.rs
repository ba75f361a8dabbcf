//! `import FILE…`: what came on USB sticks, through the same intake as everything else.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use rules::envelope::{Fault, read_any};
use rules::limits::BUNDLE_BYTES_MAX;
use rules::wire::Receipt;

use super::{print, progress, tell};
use crate::api::sentence;
use crate::data::{Data, SealingKey};
use crate::intake::{Intake, Settings, Trouble, Via};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Files that agents wrote with collect --out
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) async fn run(data: &Data, options: Options) -> Result<ExitCode> {
    let (app, config) = super::open(data).await?;
    let key = data.sealing_key()?;
    let settings = Settings { report_seconds: config.agents.report_seconds, sealing_key: key.public.clone() };
    let (intake, writer) = Intake::new(app.clone(), settings)?;
    let writer = tokio::spawn(writer.run());
    let bar = progress("Importing").with_finish(indicatif::ProgressFinish::AndClear);
    bar.set_length(options.files.len() as u64);
    let mut left = 0;
    for file in &options.files {
        let told = match take_in(&intake, &key, file).await {
            Ok(receipt) => {
                let line = describe(file, &receipt);
                bar.suspend(|| print(&line))
            }
            Err(error) => {
                left += 1;
                bar.suspend(|| tell(&format!("{}: not imported: {error:#}", file.display())));
                Ok(())
            }
        };
        told?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    drop(intake);
    writer.await.context("waiting for the writer")?;
    app.store.close().await;
    if left > 0 {
        tell(&format!(
            "{left} of {} files were not imported; they were left as they are.",
            options.files.len()
        ));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(file: &Path, receipt: &Receipt) -> String {
    let again = if receipt.again { "was known" } else { "imported" };
    let grade = receipt.grade.map_or("no grade", rules::assess::Grade::word);
    let score = receipt.score.map_or_else(String::new, |score| format!(", score {score}"));
    format!("{}: {again}, {grade}{score}", file.display())
}

async fn take_in(intake: &Intake, key: &SealingKey, file: &Path) -> Result<Receipt> {
    let bytes_max = BUNDLE_BYTES_MAX as u64;
    let bytes = std::fs::metadata(file).context("reading it")?.len();
    anyhow::ensure!(
        bytes <= bytes_max,
        "it has {bytes} bytes, at most {bytes_max} are allowed: it is no report"
    );
    let bytes = std::fs::read(file).context("reading it")?;
    let bundle = read_any(&bytes, &key.private).map_err(|fault| match fault {
        Fault::BadSignature => anyhow!("it is damaged, or sealed to another collector"),
        Fault::TooLarge | Fault::Malformed(_) | Fault::WireTooNew(_) | Fault::Crypto(_) => {
            anyhow!("it {fault}")
        }
    })?;
    if let Some(join) = bundle.join {
        intake.join(join).await.map_err(tell_trouble)?;
    }
    intake.take_in(bundle.envelope, Via::Import).await.map_err(tell_trouble)
}

fn tell_trouble(trouble: Trouble) -> anyhow::Error {
    match trouble {
        Trouble::Refused(refusal) => anyhow!("refused: {}", sentence(refusal)),
        Trouble::Failed(error) => anyhow!("{error:#}"),
    }
}
