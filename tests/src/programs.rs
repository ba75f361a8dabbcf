//! The two real programs, built by the cargo that runs the test and started as a user would.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

/// Where cargo put the two programs.
struct Built {
    agent: PathBuf,
    collector: PathBuf,
}

fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root");
        let output = Command::new(env!("CARGO"))
            .current_dir(root)
            .args(["build", "--quiet", "--offline", "--message-format=json"])
            .args(["-p", "sansang-agent", "-p", "sansang-collector", "--bins"])
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "the programs do not build");
        let program = |name: &str| {
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
                .filter(|message| message["target"]["name"] == name)
                .find_map(|message| message["executable"].as_str().map(PathBuf::from))
                .unwrap_or_else(|| panic!("cargo did not say where {name} is"))
        };
        Built { agent: program("sansang-agent"), collector: program("sansang-collector") }
    })
}

/// `sansang-agent`, not started yet.
pub fn agent() -> Command {
    Command::new(&built().agent)
}

/// `sansang-collector`, not started yet.
pub fn collector() -> Command {
    Command::new(&built().collector)
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("the program starts")
}

/// What a program printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("programs print UTF-8")
}

/// The folder of the scripts that build what ships.
pub fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").join("agent/packaging")
}

/// Builds a package into this folder, as of a fixed day, and says where it is.
pub fn build_package(script: &str, folder: &Path, more: &[&str]) -> PathBuf {
    let output = run(Command::new(packaging().join(script))
        .args(more)
        .arg("--out")
        .arg(folder)
        .env("SOURCE_DATE_EPOCH", "1700000000"));
    assert!(output.status.success(), "{script}: {}", text(&output.stderr));
    PathBuf::from(text(&output.stdout).trim())
}

/// A program that runs beside the test, and is killed when the test is over.
pub struct Beside(pub Child);

impl Beside {
    /// Starts a program beside the test.
    pub fn start(command: &mut Command) -> Beside {
        Beside(command.stdin(Stdio::null()).spawn().expect("the program starts"))
    }

    /// Ends it as a power cut would: nothing is finished, nothing is said.
    pub fn kill(&mut self) {
        self.0.kill().expect("the program can be killed");
        self.0.wait().expect("the program ends");
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// TLS for clients that only speak plain HTTP: reqwest wants a configuration all the same.
pub(crate) fn plain_tls() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the protocol versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
