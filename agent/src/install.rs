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

/// When a package put the program in its place and registered the service: what Windows Installer has no words for.
pub const INSTALL_PACKAGED: &[Step] = &[Step::MakeState, Step::RegisterService];
/// When a package removes the program and the service.
const REMOVE_PACKAGED: &[Step] = &[Step::StopService, Step::RemovePages, Step::RemoveState];

/// Who puts the program in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// This program itself.
    Own,
    /// A package.
    Package,
}

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
pub fn remove(system: &mut dyn System, hand: Hand) -> Removed {
    let mut removed = Removed::default();
    let (first, last): (&[Step], &[Step]) = match hand {
        Hand::Own => (REMOVE, REMOVE_LAST),
        Hand::Package => (REMOVE_PACKAGED, &[]),
    };
    for steps in [first, last] {
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

    fn check_remove(hand: Hand, broken: Option<Step>, expected: Expect) {
        let mut notebook = Notebook { broken, ..Notebook::default() };
        let removed = remove(&mut notebook, hand);
        let failed: Vec<String> = removed.failed.iter().map(ToString::to_string).collect();
        expected.assert_eq(&format!("{}left {:?}, failed {failed:?}", notebook.lines, removed.left));
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
            Hand::Own,
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
            Hand::Own,
            Some(Step::RemovePages),
            expect![[r#"
                StopService
                RemoveService
                RemovePages fails
                RemoveState
                left [], failed ["cannot RemovePages"]"#]],
        );
        check_remove(
            Hand::Package,
            None,
            expect![[r#"
                StopService
                RemovePages
                RemoveState
                left [], failed []"#]],
        );
    }
}
