//! The steps of an installation under systemd.
//!
//! A program that already stands where packages and administrators put programs stays there. A unit of a package is
//! used as it is.

#![expect(
    clippy::disallowed_methods,
    reason = "the agent's own program and unit are written here; systemctl is the service manager's own door"
)]

use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::install::{Hand, Left, Step, System};

const UNIT_NAME: &str = "sansang-agent.service";
/// The unit as packages put it in place; it names the program's place in a package.
const UNIT: &str = include_str!("../../../packaging/sansang-agent.service");
const PACKAGED_PROGRAM: &str = "/usr/bin/sansang-agent";
const SYSTEMCTL: [&str; 2] = ["/usr/bin/systemctl", "/bin/systemctl"];
/// Where packages put units.
const PACKAGED_UNITS: [&str; 2] = ["usr/lib/systemd/system", "lib/systemd/system"];
/// Programs here were put there by somebody who meant it.
const HOMES: [&str; 4] = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
const OWN_HOME: &str = "usr/local/bin/sansang-agent";
const OWN_UNIT: &str = "etc/systemd/system/sansang-agent.service";
const STATE: &str = "var/lib/sansang-agent";
const PAGES: &str = "run/sansang-agent";
const SETTINGS: &str = "etc/sansang-agent.toml";

/// Asks systemd for something.
type Systemctl = dyn Fn(&[&str]) -> Result<()>;

/// This PC, for an installation.
pub struct Setup {
    /// `/`, or another folder in a test.
    root: PathBuf,
    /// The program that is running.
    program: PathBuf,
    hand: Hand,
    systemctl: Box<Systemctl>,
}

impl Setup {
    /// This PC. None where systemd does not run: there is no service to install then.
    ///
    /// # Errors
    /// When the program's own place is not known.
    pub fn here(hand: Hand) -> Result<Option<Setup>> {
        // What sd_booted(3) looks at.
        if !Path::new("/run/systemd/system").is_dir() {
            return Ok(None);
        }
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        Ok(Some(Setup { root: PathBuf::from("/"), program, hand, systemctl: Box::new(systemctl) }))
    }

    /// The state folder of the service.
    pub fn state(&self) -> PathBuf {
        self.root.join(STATE)
    }

    /// Where the program is, or will be.
    pub fn home(&self) -> PathBuf {
        if self.stays() { self.program.clone() } else { self.root.join(OWN_HOME) }
    }

    /// Puts a page where every user of this PC can read it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn publish(&self, name: &str, page: &str) -> Result<PathBuf> {
        let folder = self.root.join(PAGES);
        let failed = || format!("cannot write {name} into {}", folder.display());
        std::fs::DirBuilder::new().recursive(true).mode(0o755).create(&folder).with_context(failed)?;
        // Whatever mask this program was started with.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).with_context(failed)?;
        let file = folder.join(name);
        write(&file, page.as_bytes(), 0o644).with_context(failed)?;
        Ok(file)
    }

    /// Whether the running program stays where it is.
    fn stays(&self) -> bool {
        self.hand == Hand::Package
            || self.program.parent().is_some_and(|folder| HOMES.iter().any(|home| folder == Path::new(home)))
    }

    fn packaged_unit(&self) -> bool {
        PACKAGED_UNITS.iter().any(|folder| self.root.join(folder).join(UNIT_NAME).is_file())
    }

    fn has_unit(&self) -> bool {
        self.packaged_unit() || self.root.join(OWN_UNIT).exists()
    }

    fn systemctl(&self, arguments: &[&str]) -> Result<()> {
        (self.systemctl)(arguments)
    }

    fn copy_program(&self) -> Result<()> {
        if self.stays() || same_file(&self.program, &self.home()) {
            return Ok(());
        }
        let home = self.home();
        let failed = || format!("cannot copy this program to {}", home.display());
        let bytes = std::fs::read(&self.program).with_context(failed)?;
        write(&home, &bytes, 0o755).with_context(failed)
    }

    fn register(&self) -> Result<()> {
        if !self.packaged_unit() {
            let unit = self.root.join(OWN_UNIT);
            let text = UNIT.replace(PACKAGED_PROGRAM, &self.home().display().to_string());
            write(&unit, text.as_bytes(), 0o644)
                .with_context(|| format!("cannot write the unit {}", unit.display()))?;
        }
        self.systemctl(&["daemon-reload"])?;
        self.systemctl(&["--quiet", "enable", UNIT_NAME])
    }

    fn unregister(&self) -> Result<()> {
        if !self.has_unit() {
            return Ok(());
        }
        self.systemctl(&["--quiet", "disable", UNIT_NAME])?;
        remove_file(&self.root.join(OWN_UNIT))?;
        self.systemctl(&["daemon-reload"])
    }

    fn remove_program(&self) -> Result<Option<Left>> {
        let own = self.root.join(OWN_HOME);
        remove_file(&own)?;
        let settings = self.root.join(SETTINGS);
        // A package's program, or one that somebody keeps elsewhere, goes the way that it came.
        if self.packaged_unit() || (self.stays() && self.program != own) {
            return Ok(Some(Left::NotOurs(self.program.clone())));
        }
        Ok(settings.exists().then_some(Left::Settings(settings)))
    }
}

impl System for Setup {
    fn take(&mut self, step: Step) -> Result<Option<Left>> {
        match step {
            Step::StopService if self.has_unit() => self.systemctl(&["stop", UNIT_NAME])?,
            Step::CopyProgram => self.copy_program()?,
            Step::MakeState => super::make_private_folder(&self.state())
                .with_context(|| format!("cannot make the state folder {}", self.state().display()))?,
            Step::RegisterService => self.register()?,
            Step::StartService => self.systemctl(&["start", UNIT_NAME])?,
            Step::RemoveService => self.unregister()?,
            Step::RemovePages => remove_folder(&self.root.join(PAGES))?,
            Step::RemoveState => remove_folder(&self.state())?,
            Step::RemoveProgram => return self.remove_program(),
            // The packages of the system are its list of programs, and only a package is on it.
            Step::StopService | Step::ListProgram | Step::UnlistProgram => {}
        }
        Ok(None)
    }
}

fn systemctl(arguments: &[&str]) -> Result<()> {
    let program =
        SYSTEMCTL.iter().find(|path| Path::new(path).exists()).context("this PC has no systemctl")?;
    let told = format!("systemctl {}", arguments.join(" "));
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {told}"))?;
    if !output.status.success() {
        bail!("{told} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Writes a file beside, syncs it, and puts it in place: whoever runs the former one keeps it.
fn write(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    remove_file(&part).map_err(io::Error::other)?;
    let mut open = std::fs::OpenOptions::new().create_new(true).write(true).mode(mode).open(&part)?;
    open.write_all(bytes)?;
    open.set_permissions(std::fs::Permissions::from_mode(mode))?;
    open.sync_all()?;
    std::fs::rename(&part, file)
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn remove_file(file: &Path) -> Result<()> {
    gone(std::fs::remove_file(file)).with_context(|| format!("cannot remove {}", file.display()))
}

fn remove_folder(folder: &Path) -> Result<()> {
    gone(std::fs::remove_dir_all(folder)).with_context(|| format!("cannot remove {}", folder.display()))
}

fn gone(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use expect_test::expect;

    use super::*;
    use crate::desk::tests::Room;
    use crate::install::{INSTALL, START, remove, walk};

    /// A root of its own with a downloaded program in it; what systemd is asked for is written down.
    struct Pc {
        room: Room,
        asked: Rc<RefCell<Vec<String>>>,
    }

    impl Pc {
        fn new(name: &str) -> Pc {
            let room = Room::new(name);
            std::fs::create_dir_all(room.0.join("home")).unwrap();
            std::fs::write(room.0.join("home/sansang-agent_CODE"), "program 1").unwrap();
            Pc { room, asked: Rc::default() }
        }

        fn setup(&self, program: &str) -> Setup {
            let asked = self.asked.clone();
            let systemctl = move |arguments: &[&str]| {
                asked.borrow_mut().push(arguments.join(" "));
                Ok(())
            };
            let root = self.room.0.clone();
            Setup { program: root.join(program), root, hand: Hand::Own, systemctl: Box::new(systemctl) }
        }

        /// What is there, and what systemd was asked since the last look.
        fn look(&self) -> String {
            let mut lines = Vec::new();
            let mut waiting = vec![self.room.0.clone()];
            while let Some(folder) = waiting.pop() {
                for entry in std::fs::read_dir(folder).unwrap() {
                    let path = entry.unwrap().path();
                    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
                    let short = path.strip_prefix(&self.room.0).unwrap().display();
                    if path.is_dir() {
                        if path.ends_with("sansang-agent") {
                            lines.push(format!("{short}/ {mode:o}"));
                        }
                        waiting.push(path);
                    } else {
                        lines.push(format!("{short} {mode:o}"));
                    }
                }
            }
            lines.sort();
            for asked in self.asked.borrow_mut().drain(..) {
                lines.push(format!("systemctl {asked}"));
            }
            lines.join("\n") + "\n"
        }
    }

    #[test]
    fn in_place_and_gone_again_and_both_twice() {
        let pc = Pc::new("setup");
        let mut setup = pc.setup("home/sansang-agent_CODE");
        walk(&mut setup, INSTALL).unwrap();
        walk(&mut setup, START).unwrap();
        setup.publish("ket-qua.html", "<p>").unwrap();
        expect![[r#"
            etc/systemd/system/sansang-agent.service 644
            home/sansang-agent_CODE 644
            run/sansang-agent/ 755
            run/sansang-agent/ket-qua.html 644
            usr/local/bin/sansang-agent 755
            var/lib/sansang-agent/ 700
            systemctl daemon-reload
            systemctl --quiet enable sansang-agent.service
            systemctl start sansang-agent.service
        "#]]
        .assert_eq(&pc.look());
        let unit = std::fs::read_to_string(pc.room.0.join(OWN_UNIT)).unwrap();
        let start = format!("ExecStart={} run", pc.room.0.join(OWN_HOME).display());
        assert!(unit.contains(&start) && !unit.contains(PACKAGED_PROGRAM), "{unit}");

        std::fs::write(pc.room.0.join("home/sansang-agent_CODE"), "program 2").unwrap();
        walk(&mut setup, INSTALL).unwrap();
        expect![[r#"
            etc/systemd/system/sansang-agent.service 644
            home/sansang-agent_CODE 644
            run/sansang-agent/ 755
            run/sansang-agent/ket-qua.html 644
            usr/local/bin/sansang-agent 755
            var/lib/sansang-agent/ 700
            systemctl stop sansang-agent.service
            systemctl daemon-reload
            systemctl --quiet enable sansang-agent.service
        "#]]
        .assert_eq(&pc.look());
        assert_eq!(std::fs::read_to_string(pc.room.0.join(OWN_HOME)).unwrap(), "program 2");

        // The installed program removes itself.
        std::fs::write(pc.room.0.join(SETTINGS), "").unwrap();
        let mut setup = pc.setup(OWN_HOME);
        let removed = remove(&mut setup, Hand::Own);
        assert!(removed.failed.is_empty(), "{:?}", removed.failed);
        assert_eq!(removed.left, [Left::Settings(pc.room.0.join(SETTINGS))]);
        expect![[r#"
            etc/sansang-agent.toml 644
            home/sansang-agent_CODE 644
            systemctl stop sansang-agent.service
            systemctl --quiet disable sansang-agent.service
            systemctl daemon-reload
        "#]]
        .assert_eq(&pc.look());
        assert!(remove(&mut setup, Hand::Own).failed.is_empty(), "a second time there is nothing to do");
        expect![[r#"
            etc/sansang-agent.toml 644
            home/sansang-agent_CODE 644
        "#]]
        .assert_eq(&pc.look());
    }

    #[test]
    fn what_a_package_put_there_stays() {
        let pc = Pc::new("packaged-setup");
        let unit = pc.room.0.join("usr/lib/systemd/system").join(UNIT_NAME);
        std::fs::create_dir_all(unit.parent().unwrap()).unwrap();
        std::fs::write(unit, UNIT).unwrap();
        let mut setup = pc.setup("home/sansang-agent_CODE");
        setup.program = PathBuf::from(PACKAGED_PROGRAM);
        walk(&mut setup, INSTALL).unwrap();
        assert_eq!(remove(&mut setup, Hand::Own).left, [Left::NotOurs(PathBuf::from(PACKAGED_PROGRAM))]);
        expect![[r#"
            home/sansang-agent_CODE 644
            usr/lib/systemd/system/sansang-agent.service 644
            systemctl stop sansang-agent.service
            systemctl daemon-reload
            systemctl --quiet enable sansang-agent.service
            systemctl stop sansang-agent.service
            systemctl --quiet disable sansang-agent.service
            systemctl daemon-reload
        "#]]
        .assert_eq(&pc.look());
    }

    #[test]
    fn a_fault_is_told() {
        let pc = Pc::new("broken-setup");
        let mut setup = pc.setup("home/not-there");
        let error = format!("{:#}", walk(&mut setup, INSTALL).unwrap_err());
        assert!(error.starts_with("cannot copy this program to "), "{error}");
        let error = format!("{:#}", systemctl(&["no-such-verb"]).unwrap_err());
        assert!(error.contains("systemctl"), "{error}");
    }
}
