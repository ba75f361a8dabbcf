//! `import FILE…`: what came on USB sticks, through the same intake as everything else, in any order: a file that only
//! another one can let in, such as the one with which its PC joins, is tried again after all others.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use rules::envelope::{Bundle, Fault, read_any};
use rules::limits::BUNDLE_BYTES_MAX;
use rules::wire::{Receipt, Refusal};

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
    let settings = Settings {
        report_seconds: config.agents.report_seconds,
        sealing_key: key.public.clone(),
        services: config.reach.services.clone(),
    };
    let (intake, writer) = Intake::new(app.clone(), settings)?;
    let writer = tokio::spawn(writer.run());
    let bar = progress("Importing").with_finish(indicatif::ProgressFinish::AndClear);
    bar.set_length(options.files.len() as u64);
    let mut left = 0;
    let mut files: Vec<&PathBuf> = options.files.iter().collect();
    while !files.is_empty() {
        let mut put_off = Vec::new();
        for file in &files {
            match take_in(&intake, &key, file).await {
                Ok(receipt) => {
                    let line = describe(file, &receipt);
                    bar.suspend(|| print(&line))?;
                }
                Err(Left { for_now: true, why }) => {
                    put_off.push((*file, why));
                    continue;
                }
                Err(Left { for_now: false, why }) => {
                    left += 1;
                    bar.suspend(|| tell(&format!("{}: not imported: {why:#}", file.display())));
                }
            }
            bar.inc(1);
        }
        // When none got in, none ever will.
        if put_off.len() == files.len() {
            for (file, why) in put_off {
                left += 1;
                bar.suspend(|| tell(&format!("{}: not imported: {why:#}", file.display())));
                bar.inc(1);
            }
            break;
        }
        files = put_off.into_iter().map(|(file, _)| file).collect();
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

/// Why a file was left.
struct Left {
    why: anyhow::Error,
    /// Another file may let it in.
    for_now: bool,
}

impl From<Trouble> for Left {
    fn from(trouble: Trouble) -> Left {
        match trouble {
            Trouble::Refused(refusal) => Left {
                why: anyhow!("refused: {}", sentence(refusal)),
                // Busy is told to a report whose machine got or lost an exception meanwhile.
                for_now: matches!(refusal, Refusal::NotAdmitted | Refusal::BaseMissing | Refusal::Busy),
            },
            Trouble::Failed(error) => Left { why: anyhow!("{error:#}"), for_now: false },
        }
    }
}

async fn take_in(intake: &Intake, key: &SealingKey, file: &Path) -> Result<Receipt, Left> {
    let bundle = read(key, file).map_err(|why| Left { why, for_now: false })?;
    if let Some(join) = bundle.join {
        intake.join(join).await?;
    }
    Ok(intake.take_in(bundle.envelope, Via::Import).await?)
}

fn read(key: &SealingKey, file: &Path) -> Result<Bundle> {
    let bytes_max = BUNDLE_BYTES_MAX as u64;
    let bytes = std::fs::metadata(file).context("reading it")?.len();
    anyhow::ensure!(
        bytes <= bytes_max,
        "it has {bytes} bytes, at most {bytes_max} are allowed: it is no report"
    );
    let bytes = std::fs::read(file).context("reading it")?;
    read_any(&bytes, &key.private).map_err(|fault| match fault {
        Fault::BadSignature => anyhow!("it is damaged, or sealed to another collector"),
        Fault::TooLarge
        | Fault::Malformed(_)
        | Fault::WireTooNew(_)
        | Fault::BaseMissing
        | Fault::Crypto(_) => {
            anyhow!("it {fault}")
        }
    })
}

#[cfg(test)]
mod tests {
    use rules::envelope::{pack, seal, write_plain};

    use super::*;
    use crate::data::tests::Folder;
    use crate::intake::secret_hash;
    use crate::intake::tests::{join_bytes, signing_key, survey};
    use crate::store::join_code::{self, NewCode};
    use crate::store::unit::{self, Naming};
    use crate::store::{Store, report};

    /// Long ago by any clock.
    const TAKEN: &str = "2024-01-01T00:00:00Z";

    async fn office() -> (Folder, Data) {
        let folder = Folder::new();
        let (data, _) = Data::make(&folder.0.join("data")).unwrap();
        let store = data.store().await.unwrap();
        let now = TAKEN.parse().unwrap();
        let mut tx = store.begin().await.unwrap();
        let naming =
            Naming { code: "VP".into(), name: "VP".into(), short: "VP".into(), kind: "office".into() };
        let unit = unit::add(&mut tx, None, &naming, now).await.unwrap();
        let code = NewCode {
            secret_hash: &secret_hash(b"open"),
            unit: &unit.id,
            role: "officer",
            uses: 1,
            expires_at: "2099-01-01T00:00:00Z".parse().unwrap(),
            created_by: "test",
        };
        join_code::add(&mut tx, code, now).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        (folder, data)
    }

    async fn reports(store: Store) -> u64 {
        let count = report::count(&mut store.read().await.unwrap()).await.unwrap();
        store.close().await;
        count
    }

    #[tokio::test]
    async fn sticks_good_and_bad() {
        let (folder, data) = office().await;
        let key = signing_key();
        let envelope = |sequence| pack(&survey(TAKEN), &key, sequence).unwrap();
        let sealing = data.sealing_key().unwrap().public;
        let joining = Bundle { join: Some(join_bytes(&key, b"open")), envelope: envelope(1) };
        let later = Bundle { join: None, envelope: envelope(2) };
        let sealed = seal(&later, &sealing).unwrap();
        let mut damaged = sealed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        let stranger = signing_key();
        let uninvited = Bundle {
            join: Some(join_bytes(&stranger, b"wrong")),
            envelope: pack(&survey(TAKEN), &stranger, 1).unwrap(),
        };
        let files = [
            ("1-joining", write_plain(&joining).unwrap()),
            ("2-sealed", sealed),
            ("3-damaged", damaged),
            ("4-rubbish", b"rubbish".to_vec()),
            ("5-uninvited", write_plain(&uninvited).unwrap()),
            ("6-huge", vec![0; BUNDLE_BYTES_MAX + 1]),
        ]
        .map(|(name, bytes)| {
            let path = folder.0.join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        });
        let files = files.to_vec();
        let code = run(&data, Options { files: files.clone() }).await.unwrap();
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(reports(data.store().await.unwrap()).await, 2);
        assert!(files.iter().all(|file| file.exists()));

        // The good ones again: nothing twice.
        let code = run(&data, Options { files: files.into_iter().take(2).collect() }).await.unwrap();
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(reports(data.store().await.unwrap()).await, 2);
    }
    #[tokio::test]
    async fn the_file_with_which_a_pc_joins_may_come_last() {
        let (folder, data) = office().await;
        let key = signing_key();
        let bundle = |sequence| Bundle {
            join: (sequence == 1).then(|| join_bytes(&key, b"open")),
            envelope: pack(&survey(TAKEN), &key, sequence).unwrap(),
        };
        let stranger = Bundle { join: None, envelope: pack(&survey(TAKEN), &signing_key(), 1).unwrap() };
        let write = |name: &str, bundle: &Bundle| {
            let path = folder.0.join(name);
            std::fs::write(&path, write_plain(bundle).unwrap()).unwrap();
            path
        };
        let mut files: Vec<PathBuf> =
            [3, 2, 1].map(|sequence| write(&format!("{sequence}"), &bundle(sequence))).to_vec();
        let code = run(&data, Options { files: files.clone() }).await.unwrap();
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(reports(data.store().await.unwrap()).await, 3);

        // One that nobody lets in is told, and keeps nothing else out.
        files.insert(0, write("stranger", &stranger));
        let code = run(&data, Options { files }).await.unwrap();
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(reports(data.store().await.unwrap()).await, 3);
    }
}
