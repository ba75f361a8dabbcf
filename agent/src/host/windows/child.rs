//! Questions that a program of its own asks: this program, started again, and ended when it takes too long.
//!
//! Windows Update works for minutes, and in the asking program where it answers out of its own store; a thread could be
//! left behind but not ended. A program without such a command line, as the collector, asks on a thread.
#![expect(clippy::disallowed_methods, reason = "the live host is where programs are started")]

use std::io::Read;
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::super::{ANSWER, HAS_ANSWERS};
use super::{Answer, Question, Trouble, aside};

/// No window for the program (CREATE_NO_WINDOW of winbase.h).
const NO_WINDOW: u32 = 0x0800_0000;
/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;

/// A program that was started, ended at the end in any case.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub(super) fn ask<T: DeserializeOwned + Send + 'static>(
    question: Question,
    deadline: Duration,
    here: fn() -> Answer<T>,
) -> Answer<T> {
    if !HAS_ANSWERS.load(Ordering::Relaxed) {
        return aside::within(deadline, here);
    }
    let failed = |error: std::io::Error| match error.raw_os_error() {
        Some(code) => {
            Trouble::Failed(format!("cannot start the agent for an answer: error {code} of Windows"))
        }
        None => Trouble::Failed("cannot start the agent for an answer".to_owned()),
    };
    let program = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .args([ANSWER, question.word()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .creation_flags(NO_WINDOW)
        .spawn()
        .map_err(failed)?;
    let stdout = child.stdout.take();
    let started = Started(child);
    let (sender, receiver) = mpsc::channel();
    // It ends with the program that writes, which is ended below at the latest.
    std::thread::Builder::new()
        .name("answer".to_owned())
        .spawn(move || {
            let mut text = String::new();
            let read = stdout.map(|stdout| stdout.take(ANSWER_BYTES_MAX).read_to_string(&mut text));
            drop(sender.send(read.is_some_and(|read| read.is_ok()).then_some(text)));
        })
        .map_err(|error| Trouble::Failed(format!("cannot start a thread: {error}")))?;
    let text = receiver.recv_timeout(deadline);
    drop(started);
    match text {
        Ok(Some(text)) => serde_json::from_str::<Answer<T>>(&text).unwrap_or_else(|_| {
            Err(Trouble::Failed(format!("the agent was started for {} and did not answer", question.word())))
        }),
        Ok(None) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(Trouble::Failed("the answer of the agent cannot be read".to_owned()))
        }
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Trouble::TimedOut),
    }
}
