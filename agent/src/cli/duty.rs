//! `run`: the service at rest, and each of its tasks as a process of its own.
//!
//! A survey fills a memory that an allocator does not give back, and a task can die. The process that rests between
//! two tasks has seen neither.

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;

use super::{Cli, block_on, complain, config, reach, state_folder, survey};
use crate::clock;
use crate::service::{self, Bench, Duties, Stop, Task, Work};

/// Longest time for one task: many reports over a slow line take long.
const TASK_DEADLINE: Duration = Duration::from_secs(3600);
/// How often to look whether a task has ended.
const PAUSE: Duration = Duration::from_millis(100);
/// A log that is larger begins anew, in bytes.
const LOG_BYTES_MAX: u64 = 128 * 1024;

/// Works until it is told to stop.
pub(super) fn run(cli: &Cli) -> Result<()> {
    // A service manager calls back without a word of the command line.
    let as_service = |stop: Stop| -> Result<()> {
        service::be_quiet();
        let cli = Cli::try_parse().context("the arguments of the service are wrong")?;
        block_on(serve(&cli, stop, service::log_file(&state_folder(&cli)?)))
    };
    if service::run_as_service(as_service)? {
        return Ok(());
    }
    block_on(async { serve(cli, Stop::listen()?, None).await })
}

async fn serve(cli: &Cli, mut stop: Stop, log_file: Option<PathBuf>) -> Result<()> {
    let folder = state_folder(cli)?;
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let log = |line: &str| log(log_file.as_deref(), line);
    let work = |task: Task| -> Work<'_> {
        let child = start(&program, cli, task, log_file.as_deref());
        Box::pin(async move { wait(child?, task).await })
    };
    let duties =
        Duties { folder: &folder, pace: config(cli)?.pace(), clock: clock::now, work: &work, log: &log };
    service::run(&duties, stop.told()).await.inspect_err(|error| log(&format!("{error:#}")))
}

/// Does one task in this process, and lets everybody else go first: how quiet the process that rests is does not pass to
/// its children.
pub(super) async fn work(cli: &Cli, task: Task) -> Result<()> {
    service::be_quiet();
    let folder = state_folder(cli)?;
    let bench = Bench {
        folder: &folder,
        bounds: config(cli)?.bounds(),
        clock: clock::now,
        survey: &survey,
        reach: &reach,
        log: &|line| complain(line),
    };
    service::work(&bench, task).await
}

fn start(program: &Path, cli: &Cli, task: Task, log_file: Option<&Path>) -> Result<AtWork> {
    let mut command = Command::new(program);
    if let Some(state) = &cli.state {
        command.arg("--state").arg(state);
    }
    if let Some(config) = &cli.config {
        command.arg("--config").arg(config);
    }
    // What an administrator reads in a log is English.
    command.args(["--lang", "en", "duty", task.word()]).stdin(Stdio::null());
    if let Some(log_file) = log_file {
        // What the task prints has no time of its own.
        log(Some(log_file), &format!("Task: {}.", task.word()));
        command.stdout(Stdio::null()).stderr(open_log(log_file)?);
    }
    let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    Ok(AtWork(child))
}

async fn wait(mut work: AtWork, task: Task) -> Result<()> {
    let started = Instant::now();
    loop {
        if let Some(status) = work.0.try_wait().context("cannot wait for the task")? {
            if !status.success() {
                bail!("the task {} ended with {status}", task.word());
            }
            return Ok(());
        }
        if started.elapsed() > TASK_DEADLINE {
            bail!("the task {} took longer than {} s and was ended", task.word(), TASK_DEADLINE.as_secs());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A task in its own process; dropped, it ends. The state folder is made for that.
struct AtWork(Child);

impl Drop for AtWork {
    fn drop(&mut self) {
        // One that has ended cannot be ended.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Tells an administrator. A log that cannot be written keeps nothing else from being done.
fn log(file: Option<&Path>, line: &str) {
    match file.map(open_log) {
        Some(Ok(mut file)) => {
            writeln!(file, "{} {line}", clock::now()).ok();
        }
        Some(Err(_)) | None => complain(line),
    }
}

#[expect(clippy::disallowed_types, reason = "the agent's own log, not the PC's answers")]
fn open_log(file: &Path) -> Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    let failed = || format!("cannot open the log {}", file.display());
    let mut open =
        service::private(options.create(true).truncate(false).write(true)).open(file).with_context(failed)?;
    if open.metadata().with_context(failed)?.len() > LOG_BYTES_MAX {
        open.set_len(0).with_context(failed)?;
    }
    open.seek(SeekFrom::End(0)).with_context(failed)?;
    Ok(open)
}
