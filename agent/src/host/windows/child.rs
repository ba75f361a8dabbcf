//! Questions that a program of its own asks: this program, started again, and ended when it takes too long.
//!
//! WMI hangs for minutes, and Windows Update works for minutes; a thread could be left behind but not ended. What they
//! load stays in a program until it ends: with WMI that is more than everything else that the survey needs. So one
//! program is asked everything, one question after the other, a line of JSON each; one that took too long or fell down
//! makes room for another. A program without such a command line, as the collector, asks on a thread.
#![expect(clippy::disallowed_methods, reason = "the live host is where programs are started")]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::windows::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;

use super::super::{ANSWER, HAS_ANSWERS};
use super::{Answer, Question, Trouble, aside};

/// No window for the program (CREATE_NO_WINDOW of winbase.h).
const NO_WINDOW: u32 = 0x0800_0000;
/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Who is asked. The program is started with the first question, and ends with this at the latest.
#[derive(Debug, Default)]
pub(super) struct Witness {
    idle: Mutex<Option<Started>>,
}

impl Witness {
    /// The answer within the deadline of the question; `here` finds it in this program.
    pub(super) fn ask<T: DeserializeOwned + Send + 'static>(
        &self,
        question: &Question,
        here: impl FnOnce() -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        if !HAS_ANSWERS.load(Ordering::Relaxed) {
            return aside::within(question.deadline(), here);
        }
        let idle = self.idle().take();
        let mut started = idle.map_or_else(Started::new, Ok)?;
        let line = started.ask(question)?;
        let answer = serde_json::from_str::<Answer<T>>(&line).map_err(|_| silent(question))?;
        *self.idle() = Some(started);
        answer
    }

    /// Who asks takes the program out: a probe that was given up may still be asking.
    fn idle(&self) -> MutexGuard<'_, Option<Started>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program that was started, ended at the end in any case.
#[derive(Debug)]
struct Started {
    child: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
}

impl Started {
    fn new() -> Result<Started, Trouble> {
        let failed = |error: std::io::Error| match error.raw_os_error() {
            Some(code) => {
                Trouble::Failed(format!("cannot start the agent for an answer: error {code} of Windows"))
            }
            None => Trouble::Failed("cannot start the agent for an answer".to_owned()),
        };
        let program = std::env::current_exe().map_err(failed)?;
        let mut child = Command::new(program)
            .arg(ANSWER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .creation_flags(NO_WINDOW)
            .spawn()
            .map_err(failed)?;
        let (sender, answers) = mpsc::channel();
        let (questions, stdout) = (child.stdin.take(), child.stdout.take());
        let (Some(questions), Some(stdout)) = (questions, stdout) else {
            return Err(Trouble::Failed("the agent was started for an answer without a pipe".to_owned()));
        };
        let started = Started { child, questions, answers };
        // It ends with the program that writes.
        std::thread::Builder::new()
            .name("answers".to_owned())
            .spawn(move || read(stdout, &sender))
            .map_err(|error| Trouble::Failed(format!("cannot start a thread: {error}")))?;
        Ok(started)
    }

    fn ask(&mut self, question: &Question) -> Result<String, Trouble> {
        let mut line = serde_json::to_string(question).map_err(|_| silent(question))?;
        line.push('\n');
        self.questions.write_all(line.as_bytes()).map_err(|_| silent(question))?;
        self.answers.recv_timeout(question.deadline()).map_err(|error| match error {
            RecvTimeoutError::Timeout => Trouble::TimedOut,
            RecvTimeoutError::Disconnected => silent(question),
        })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good. One that a driver holds ends later: nobody waits for it.
        drop(self.child.kill());
    }
}

/// Hands on whole lines until there are no more.
fn read(stdout: ChildStdout, answers: &Sender<String>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = String::new();
        let read = stdout.by_ref().take(ANSWER_BYTES_MAX).read_line(&mut line);
        if read.is_err() || !line.ends_with('\n') || answers.send(line).is_err() {
            return;
        }
    }
}

fn silent(question: &Question) -> Trouble {
    let asked = match question {
        Question::Certificates { store, .. } => store,
        Question::ImageScanners => "scanners",
        Question::WaitingUpdates | Question::WindowsUpdates => "Windows Update",
        Question::Wmi { class, .. } => class,
        Question::WmiCall { method, .. } => method.name(),
    };
    Trouble::Failed(format!("the agent was started to ask for {asked} and did not answer"))
}
