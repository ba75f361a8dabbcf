//! The agent's real program for Windows, started under Wine.
//!
//! The prefix (Wine's C: drive and registry) is private to this project and lies in target/wine/. It is made once and
//! kept; a test that changes it puts it back. What works under Wine is no promise about Windows, and much of Windows
//! is missing in Wine: it is not known here what a real PC would have answered.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The target whose program is started.
pub const TARGET: &str = "x86_64-win7-windows-gnu";
/// Where Debian keeps the 64-bit loader; its `wine` is a script that complains without a 32-bit one.
const LOADERS: &[&str] = &["/usr/lib/wine/wine64", "/usr/bin/wine64", "/usr/bin/wine"];
/// Neither .NET nor a browser is installed into the prefix, no menu is written on this PC, and a crash does not open a
/// debugger.
const OVERRIDES: &str = "mscoree=;mshtml=;winemenubuilder.exe=;winedbg.exe=";

/// What the prefix is made with beside Wine's own version: another text makes another prefix.
const MADE_WITH: &str = "services have 120 s to start";
/// In milliseconds. A service manager ends a program that did not say within this time that it runs: Windows after
/// 30 s, Wine after 10, which is little for a machine that builds and tests beside it.
const SERVICE_START_MAX: &str = "120000";
/// Where Wine reads it, as a text.
const CONTROL: &str = r"HKLM\SYSTEM\CurrentControlSet\Control";

/// The longest that a program under Wine is waited for; a survey that hangs everywhere takes a minute.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// A prefix of Wine, and the programs in it.
#[derive(Debug, Clone)]
pub struct Wine {
    loader: PathBuf,
    folder: PathBuf,
    agent: PathBuf,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root")
}

impl Wine {
    /// Wine with a prefix that is ready. None where Wine or the built program is missing and nobody says that both
    /// must be there, which `CI=true` does.
    pub fn ready() -> Option<&'static Wine> {
        static READY: OnceLock<Option<Wine>> = OnceLock::new();
        READY.get_or_init(Wine::open).as_ref()
    }

    fn open() -> Option<Wine> {
        let loader = LOADERS.iter().map(Path::new).find(|loader| loader.is_file());
        let agent = root().join("target/windows").join(TARGET).join("sansang-agent.exe");
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            assert!(loader.is_some(), "no Wine: apt-get install wine64");
            assert!(agent.is_file(), "no {}: agent/packaging/build-windows.sh builds it", agent.display());
        }
        let loader = loader?.to_owned();
        if !agent.is_file() {
            return None;
        }
        let wine = Wine { loader, folder: root().join("target/wine"), agent };
        wine.make();
        Some(wine)
    }

    /// Makes the prefix where it is not there. Another test program may be at it too.
    fn make(&self) {
        std::fs::create_dir_all(self.folder.join("home")).expect("a folder for Wine");
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(self.folder.join("made-by"))
            .expect("a lock for Wine");
        lock.lock().expect("the lock for Wine");
        let version = self.output_of(Command::new(&self.loader).arg("--version"));
        let version = format!("{version}, {MADE_WITH}");
        let mut made_by = String::new();
        lock.read_to_string(&mut made_by).expect("the version of Wine");
        if made_by == version {
            return;
        }
        let prefix = self.prefix();
        if prefix.exists() {
            std::fs::remove_dir_all(&prefix).expect("an old prefix goes");
        }
        let loaded = |arguments: &[&str]| {
            let output = run(self.environment(Command::new(&self.loader).args(arguments)));
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "Wine makes no prefix with {arguments:?}: {said}");
        };
        loaded(&["wineboot", "-i"]);
        assert!(self.drive().is_dir(), "Wine made no drive C: in {}", prefix.display());
        let setting = ["/v", "ServicesPipeTimeout", "/t", "REG_SZ", "/d", SERVICE_START_MAX, "/f"];
        loaded(&[&["reg", "add", CONTROL], setting.as_slice()].concat());
        // It is read when the service manager starts: until this one has ended, with all of Wine, nobody goes on.
        let server = self.loader.with_file_name("wineserver");
        assert!(run(self.environment(Command::new(&server).arg("-w"))).status.success(), "Wine ends");
        lock.rewind().expect("the lock for Wine");
        lock.set_len(0).expect("the lock for Wine");
        lock.write_all(version.as_bytes()).expect("the version of Wine");
    }

    fn output_of(&self, command: &mut Command) -> String {
        let output = run(self.environment(command));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn prefix(&self) -> PathBuf {
        self.folder.join("prefix")
    }

    /// The folder that programs see as `C:\`.
    pub fn drive(&self) -> PathBuf {
        self.prefix().join("drive_c")
    }

    /// The agent's program, as this PC sees it.
    pub fn program(&self) -> &Path {
        &self.agent
    }

    fn environment<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("WINEPREFIX", self.prefix())
            .env("HOME", self.folder.join("home"))
            .env("WINEDLLOVERRIDES", OVERRIDES)
            .env("WINEDEBUG", "-all")
            .env("WINEARCH", "win64")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
    }

    /// The agent, not started yet.
    pub fn agent(&self) -> Command {
        self.start(&self.agent)
    }

    /// A program for Windows, not started yet: the path of a file, or the name of one that Wine brings.
    pub fn start(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.loader);
        self.environment(&mut command);
        command.arg(program);
        command
    }
}

/// Runs a program under Wine to its end. What it prints goes into files: the first program of a prefix starts Wine's
/// own services, and those would keep a pipe open for as long as any other program runs.
pub fn run(command: &mut Command) -> Output {
    let (mut stdout, mut stderr) = (file(), file());
    command.stdout(stdout.try_clone().expect("a file has two handles"));
    command.stderr(stderr.try_clone().expect("a file has two handles"));
    let mut child = command.spawn().expect("Wine starts");
    let status = ended(&mut child, || ());
    Output { status, stdout: written(&mut stdout), stderr: written(&mut stderr) }
}

/// How a program ended; meanwhile, every few milliseconds, something else is done. One that never ends is killed, and
/// fails the test.
pub fn ended(child: &mut Child, mut meanwhile: impl FnMut()) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a program can be waited for") {
            return status;
        }
        if started.elapsed() > WAIT_MAX {
            child.kill().expect("the program can be killed");
            panic!("a program under Wine did not end within {WAIT_MAX:?}");
        }
        meanwhile();
        pause();
    }
}

/// Some milliseconds.
#[expect(clippy::disallowed_methods, reason = "a program that is watched tells nobody when it moves")]
pub fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}

fn file() -> File {
    tempfile::tempfile().expect("a file for what a program prints")
}

fn written(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().expect("a file can be read again");
    file.read_to_end(&mut bytes).expect("what a program printed");
    bytes
}

/// A process that is kept from running, and ended when the test is over, whatever became of the test.
#[derive(Debug)]
pub struct Held(u32);

impl Held {
    /// Keeps a process from running.
    pub fn hold(process: u32) -> Held {
        let held = Held(process);
        assert!(held.send("-STOP"), "the process {process} can be held");
        held
    }

    fn send(&self, signal: &str) -> bool {
        Command::new("kill").arg(signal).arg(self.0.to_string()).status().expect("kill starts").success()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // It should have been ended long since.
        if Path::new(&format!("/proc/{}", self.0)).exists() {
            self.send("-KILL");
        }
    }
}

/// Whether a running process has loaded this library.
pub fn has_loaded(process: u32, library: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/maps")).is_ok_and(|maps| maps.contains(library))
}

/// A path of this PC as programs under Wine see it: `Z:` is the root.
pub fn path(path: &Path) -> String {
    format!("Z:{}", path.to_str().expect("a path in UTF-8").replace('/', "\\"))
}

/// The processes that a program's file was started as: the number of each, and its arguments.
pub fn started_as(program: &Path) -> Vec<(u32, String)> {
    let name = program.file_name().expect("a program has a name").to_string_lossy();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.filter_map(|process| process.ok()?.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|number: u32| {
            // One that has ended meanwhile has no line.
            let line = std::fs::read(format!("/proc/{number}/cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            let (_, arguments) = line.rsplit_once(&*name)?;
            Some((number, arguments.trim().to_owned()))
        })
        .collect()
}

/// The most memory that a running process has had, in KiB; none when it has ended.
pub fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}
