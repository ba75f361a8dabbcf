//! What is put on a PC when the agent is installed, and what is taken away again: steps as data, in their order.
//!
//! It does not know how a step is done on which platform (`service` does), and says nothing to people.

use std::path::PathBuf;

use anyhow::Result;

pub mod invitation;
pub mod page;
pub mod visit;

/// One step. Each may be taken again: what is there already is brought up to date, what is gone already stays gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Stops the service and waits until it has, so that nobody works in the folders that change.
    StopService,
    /// Puts a copy of this program where programs belong.
    CopyProgram,
    /// Makes the state folder, which only the system reads.
    MakeState,
    /// Makes the service known to the service manager, to be started with the PC.
    RegisterService,
    /// Puts the program on the system's list of installed programs, where people look for a way to remove it.
    ListProgram,
    /// Starts the service.
    StartService,
    /// Makes the service unknown.
    RemoveService,
    /// Removes the page that shows the result.
    RemovePages,
    /// Removes the state folder, the key in it included.
    RemoveState,
    /// Takes the program off the list of installed programs.
    UnlistProgram,
    /// Removes the copy of the program.
    RemoveProgram,
}

/// Before a PC joins.
pub const INSTALL: &[Step] =
    &[Step::StopService, Step::CopyProgram, Step::MakeState, Step::RegisterService, Step::ListProgram];
/// When there is somebody to report to.
pub const START: &[Step] = &[Step::StartService];
/// What people can still see of the agent goes last: as long as something could not be removed, they can try again.
const REMOVE: &[Step] = &[Step::StopService, Step::RemoveService, Step::RemovePages, Step::RemoveState];
const REMOVE_LAST: &[Step] = &[Step::UnlistProgram, Step::RemoveProgram];

/// Something that a removal leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// The program that is running; it goes when the PC starts again.
    UntilRestart(PathBuf),
    /// A program that was not put there by an installation of this program: a package's, or a person's.
    NotOurs(PathBuf),
    /// Settings that a person wrote.
    Settings(PathBuf),
}

/// A PC that the steps are taken on.
pub trait System {
    /// Takes a step; what it has to leave behind is told.
    ///
    /// # Errors
    /// What was tried and why it failed.
    fn take(&mut self, step: Step) -> Result<Option<Left>>;
}

/// Takes steps in their order, up to the first that fails.
///
/// # Errors
/// That of the step.
pub fn walk(system: &mut dyn System, steps: &[Step]) -> Result<()> {
    for step in steps {
        system.take(*step)?;
    }
    Ok(())
}

/// What came of a removal.
#[derive(Debug, Default)]
pub struct Removed {
    /// What stays, and why.
    pub left: Vec<Left>,
    /// What could not be removed.
    pub failed: Vec<anyhow::Error>,
}

/// Removes everything. A step that fails does not keep the others from being taken; only the program itself and its
/// place on the list of programs stay then.
pub fn remove(system: &mut dyn System) -> Removed {
    let mut removed = Removed::default();
    for steps in [REMOVE, REMOVE_LAST] {
        if !removed.failed.is_empty() {
            break;
        }
        for step in steps {
            match system.take(*step) {
                Ok(left) => removed.left.extend(left),
                Err(error) => removed.failed.push(error),
            }
        }
    }
    removed
}

#[cfg(test)]
mod tests {
    use anyhow::bail;
    use expect_test::{Expect, expect};

    use super::*;

    /// A system that writes down what is asked of it.
    #[derive(Default)]
    struct Notebook {
        lines: String,
        broken: Option<Step>,
    }

    impl System for Notebook {
        fn take(&mut self, step: Step) -> Result<Option<Left>> {
            if self.broken == Some(step) {
                self.lines += &format!("{step:?} fails\n");
                bail!("cannot {step:?}");
            }
            self.lines += &format!("{step:?}\n");
            Ok((step == Step::RemoveProgram).then(|| Left::UntilRestart(PathBuf::from("agent.exe"))))
        }
    }

    fn check_install(broken: Option<Step>, expected: Expect) {
        let mut notebook = Notebook { broken, ..Notebook::default() };
        let outcome =
            walk(&mut notebook, INSTALL).map_or_else(|error| error.to_string(), |()| "installed".to_owned());
        expected.assert_eq(&(notebook.lines + &outcome));
    }

    fn check_remove(broken: Option<Step>, expected: Expect) {
        let mut notebook = Notebook { broken, ..Notebook::default() };
        let removed = remove(&mut notebook);
        expected
            .assert_eq(&format!("{}left {:?}, failed {:?}", notebook.lines, removed.left, removed.failed));
    }

    #[test]
    fn an_installation_stops_at_the_first_fault() {
        check_install(
            None,
            expect![[r#"
                StopService
                CopyProgram
                MakeState
                RegisterService
                ListProgram
                installed"#]],
        );
        check_install(
            Some(Step::CopyProgram),
            expect![[r#"
                StopService
                CopyProgram fails
                cannot CopyProgram"#]],
        );
    }

    #[test]
    fn a_removal_goes_on_and_can_be_tried_again() {
        check_remove(
            None,
            expect![[r#"
                StopService
                RemoveService
                RemovePages
                RemoveState
                UnlistProgram
                RemoveProgram
                left [UntilRestart("agent.exe")], failed []"#]],
        );
        check_remove(
            Some(Step::RemovePages),
            expect![[r#"
                StopService
                RemoveService
                RemovePages fails
                RemoveState
                left [], failed [cannot RemovePages

                Stack backtrace:
                   0: anyhow::error::<impl anyhow::Error>::msg
                             at /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/anyhow-1.0.104/src/backtrace.rs:10:14
                   1: anyhow::__private::format_err
                             at /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/anyhow-1.0.104/src/lib.rs:690:13
                   2: take
                             at ./src/install.rs:125:17
                   3: agent::install::remove
                             at ./src/install.rs:98:26
                   4: check_remove
                             at ./src/install.rs:141:23
                   5: agent::install::tests::a_removal_goes_on_and_can_be_tried_again
                             at ./src/install.rs:180:9
                   6: agent::install::tests::a_removal_goes_on_and_can_be_tried_again::{{closure}}
                             at ./src/install.rs:168:50
                   7: core::ops::function::FnOnce::call_once
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/ops/function.rs:250:5
                   8: <fn() -> core::result::Result<(), alloc::string::String> as core::ops::function::FnOnce<()>>::call_once
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/ops/function.rs:250:5
                   9: test::__rust_begin_short_backtrace::<core::result::Result<(), alloc::string::String>, fn() -> core::result::Result<(), alloc::string::String>>
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/test/src/lib.rs:663:18
                  10: test::run_test_in_process::{closure#0}
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/test/src/lib.rs:686:74
                  11: <core::panic::unwind_safe::AssertUnwindSafe<test::run_test_in_process::{closure#0}> as core::ops::function::FnOnce<()>>::call_once
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/panic/unwind_safe.rs:274:9
                  12: std::panicking::catch_unwind::do_call::<core::panic::unwind_safe::AssertUnwindSafe<test::run_test_in_process::{closure#0}>, core::result::Result<(), alloc::string::String>>
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:581:40
                  13: std::panicking::catch_unwind::<core::result::Result<(), alloc::string::String>, core::panic::unwind_safe::AssertUnwindSafe<test::run_test_in_process::{closure#0}>>
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:544:19
                  14: std::panic::catch_unwind::<core::panic::unwind_safe::AssertUnwindSafe<test::run_test_in_process::{closure#0}>, core::result::Result<(), alloc::string::String>>
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panic.rs:359:14
                  15: test::run_test_in_process
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/test/src/lib.rs:686:27
                  16: test::run_test::{closure#0}
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/test/src/lib.rs:607:43
                  17: test::run_test::{closure#1}
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/test/src/lib.rs:637:41
                  18: std::sys::backtrace::__rust_begin_short_backtrace::<test::run_test::{closure#1}, ()>
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/sys/backtrace.rs:166:18
                  19: std::thread::lifecycle::spawn_unchecked::<test::run_test::{closure#1}, ()>::{closure#1}::{closure#0}
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/thread/lifecycle.rs:91:13
                  20: <core::panic::unwind_safe::AssertUnwindSafe<std::thread::lifecycle::spawn_unchecked<test::run_test::{closure#1}, ()>::{closure#1}::{closure#0}> as core::ops::function::FnOnce<()>>::call_once
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/panic/unwind_safe.rs:274:9
                  21: std::panicking::catch_unwind::do_call::<core::panic::unwind_safe::AssertUnwindSafe<std::thread::lifecycle::spawn_unchecked<test::run_test::{closure#1}, ()>::{closure#1}::{closure#0}>, ()>
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:581:40
                  22: std::panicking::catch_unwind::<(), core::panic::unwind_safe::AssertUnwindSafe<std::thread::lifecycle::spawn_unchecked<test::run_test::{closure#1}, ()>::{closure#1}::{closure#0}>>
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:544:19
                  23: std::panic::catch_unwind::<core::panic::unwind_safe::AssertUnwindSafe<std::thread::lifecycle::spawn_unchecked<test::run_test::{closure#1}, ()>::{closure#1}::{closure#0}>, ()>
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panic.rs:359:14
                  24: std::thread::lifecycle::spawn_unchecked::<test::run_test::{closure#1}, ()>::{closure#1}
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/thread/lifecycle.rs:89:26
                  25: <std::thread::lifecycle::spawn_unchecked<test::run_test::{closure#1}, ()>::{closure#1} as core::ops::function::FnOnce<()>>::call_once::{shim:vtable#0}
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/ops/function.rs:250:5
                  26: <alloc::boxed::Box<dyn core::ops::function::FnOnce<(), Output = ()> + core::marker::Send> as core::ops::function::FnOnce<()>>::call_once
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/alloc/src/boxed.rs:2240:9
                  27: <std::sys::thread::unix::Thread>::new::thread_start
                             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/sys/thread/unix.rs:118:17
                  28: start_thread
                             at ./nptl/pthread_create.c:442:8
                  29: clone3
                             at ./misc/../sysdeps/unix/sysv/linux/x86_64/clone3.S:81:0]"#]],
        );
    }
}
