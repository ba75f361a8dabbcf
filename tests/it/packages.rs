//! The packages, built by the project's scripts from the programs that are there, and looked at: what is in them, what
//! installing does, and that removing leaves nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tests::programs::{agent, build_package, packaging, run, text};

/// Whether these programs are there. CI installs them all.
fn has(tools: &[&str], test: &str) -> bool {
    let missing: Vec<_> =
        tools.iter().filter(|tool| Command::new(tool).arg("--version").output().is_err()).collect();
    if !missing.is_empty() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs {missing:?}");
        println!("skipped: {test} needs {missing:?}");
    }
    missing.is_empty()
}

/// What a program prints, after it came to a good end.
fn said(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Every file and link below a folder; what dpkg keeps for itself is left out.
fn files(root: &Path) -> BTreeSet<String> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if entry.file_type().unwrap().is_dir() {
                if name != "var/lib/dpkg" {
                    walk(root, &path, found);
                }
            } else {
                found.insert(name);
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(root, root, &mut found);
    found
}

/// Packs the program of the tests, without what only a debugger reads.
fn deb(folder: &Path) -> PathBuf {
    let program = folder.join("program");
    std::fs::create_dir_all(folder).unwrap();
    said(Command::new("strip").arg("-o").arg(&program).arg(agent().get_program()));
    build_package("build-deb.sh", folder, &["--program", program.to_str().unwrap()])
}

#[test]
fn the_package_for_debian_holds_what_the_service_needs() {
    if !has(&["dpkg-deb", "readelf", "strip"], "the_package_for_debian_holds_what_the_service_needs") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let package = deb(&folder.path().join("first"));
    let listed = said(Command::new("dpkg-deb").arg("--contents").arg(&package));
    let seen: Vec<String> = listed
        .lines()
        .filter(|line| !line.starts_with('d'))
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            format!("{} {} {}", words[0], words[1], words[5])
        })
        .collect();
    expect_test::expect![[r#"
        -rw-r--r-- root/root ./etc/sansang-agent.toml
        -rwxr-xr-x root/root ./usr/bin/sansang-agent
        -rw-r--r-- root/root ./usr/lib/systemd/system/sansang-agent.service
        -rw-r--r-- root/root ./usr/share/doc/sansang-agent/changelog.gz
        -rw-r--r-- root/root ./usr/share/doc/sansang-agent/copyright"#]]
    .assert_eq(&seen.join("\n"));
    let field =
        |name: &str| said(Command::new("dpkg-deb").arg("--field").arg(&package).arg(name)).trim().to_owned();
    assert_eq!(field("Package"), "sansang-agent");
    assert_eq!(field("Version"), env!("CARGO_PKG_VERSION"));
    assert!(field("Depends").starts_with("libc6 (>= 2."), "{}", field("Depends"));
    let conffiles = said(Command::new("dpkg-deb").arg("--info").arg(&package).arg("conffiles"));
    assert_eq!(conffiles.trim(), "/etc/sansang-agent.toml", "dpkg asks before it overwrites settings");

    let again = deb(&folder.path().join("second"));
    assert!(
        std::fs::read(package).unwrap() == std::fs::read(again).unwrap(),
        "two builds are the same bytes"
    );
}

#[test]
fn the_package_for_debian_installs_and_a_purge_leaves_nothing() {
    let tools = ["dpkg", "dpkg-deb", "readelf", "strip"];
    if !has(&tools, "the_package_for_debian_installs_and_a_purge_leaves_nothing") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let package = deb(folder.path());
    // A system of its own, whose scripts are run from outside: nothing of this PC is touched.
    let root = folder.path().join("root");
    for part in ["info", "updates", "triggers"] {
        std::fs::create_dir_all(root.join("var/lib/dpkg").join(part)).unwrap();
    }
    for part in ["status", "available"] {
        std::fs::write(root.join("var/lib/dpkg").join(part), "").unwrap();
    }
    let dpkg = |arguments: &[&str], package: &Path| {
        said(
            Command::new("dpkg")
                .arg(format!("--root={}", root.display()))
                .args(["--force-not-root", "--force-depends", "--force-script-chrootless", "--force-confold"])
                .arg("--log=/dev/null")
                .args(arguments)
                .arg(package),
        )
    };
    let enabled = "etc/systemd/system/multi-user.target.wants/sansang-agent.service";

    dpkg(&["--install"], &package);
    assert!(files(&root).contains(enabled), "it starts with the PC: {:?}", files(&root));
    let said_by = said(Command::new(root.join("usr/bin/sansang-agent")).arg("--version"));
    assert_eq!(said_by.trim(), concat!("sansang-agent ", env!("CARGO_PKG_VERSION")));

    // Settings and key outlive another version, and a removal.
    let settings = root.join("etc/sansang-agent.toml");
    let own = std::fs::read_to_string(&settings).unwrap().replace("= 1440", "= 720");
    std::fs::write(&settings, &own).unwrap();
    std::fs::create_dir_all(root.join("var/lib/sansang-agent")).unwrap();
    std::fs::write(root.join("var/lib/sansang-agent/key"), "key").unwrap();
    dpkg(&["--install"], &package);
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), own);
    dpkg(&["--remove"], Path::new("sansang-agent"));
    let left = files(&root);
    assert!(
        left.contains("var/lib/sansang-agent/key") && left.contains("etc/sansang-agent.toml"),
        "{left:?}"
    );
    assert!(!left.contains("usr/bin/sansang-agent"), "{left:?}");

    dpkg(&["--purge"], Path::new("sansang-agent"));
    assert_eq!(files(&root), BTreeSet::new(), "a purge leaves nothing");
}

/// A table of a package for Windows without its three head lines, sorted.
fn table(package: &Path, name: &str) -> String {
    let exported = said(Command::new("msiinfo").arg("export").arg(package).arg(name));
    let mut rows: Vec<&str> = exported.lines().skip(3).map(str::trim_end).collect();
    rows.sort_unstable();
    rows.join("\n")
}

#[test]
fn the_package_for_windows_installs_the_service_and_joins() {
    if !has(&["wixl", "msibuild", "msiinfo"], "the_package_for_windows_installs_the_service_and_joins") {
        return;
    }
    let folder = TempDir::new().unwrap();
    // What the package says does not depend on what the program is.
    let program = folder.path().join("any.exe");
    std::fs::write(&program, "MZ, and nothing behind it").unwrap();
    let program = program.to_str().unwrap();
    let package = build_package("build-msi.sh", &folder.path().join("first"), &["--program", program]);
    let mut seen = String::new();
    for name in ["ServiceInstall", "ServiceControl", "CustomAction", "LaunchCondition", "Component", "File"] {
        seen += &format!("{name}\n{}\n", table(&package, name));
    }
    expect_test::expect![[r#"
        ServiceInstall
        Service	sansang-agent	Sẵn Sàng	16	2	1					run	Agent	Kiểm tra máy tính và gửi kết quả về đơn vị quản lý. (Checks this PC and reports to its organisation.)
        ServiceControl
        Service	sansang-agent	162		1	Agent
        CustomAction
        CleanUp	3154	agent.exe	service remove --packaged
        SetUp	11282	agent.exe	service install --packaged [JOINCODE]
        LaunchCondition
        Installed OR VersionNT > 601 OR (VersionNT = 601 AND ServicePackLevel >= 1)	Cần Windows 7 SP1 trở lên. (Windows 7 SP1 or later is needed.)
        NOT WIX_DOWNGRADE_DETECTED	Máy này đã có bản mới hơn. (A later version is installed.)
        Component
        Agent	{D0FFA4E5-DBA6-63DB-9965-97317D3C1362}	INSTALLDIR	256		agent.exe
        File
        agent.exe	Agent	SANSANG.EXE|sansang-agent.exe	25			512	1
    "#]].assert_eq(&seen);
    let properties = table(&package, "Property");
    assert!(properties.contains("ProductName\tSẵn Sàng"), "{properties}");
    assert!(
        properties.contains("SecureCustomProperties\tJOINCODE;"),
        "the code reaches the installer: {properties}"
    );
    assert!(properties.contains("MsiHiddenProperties\tJOINCODE"), "the code stays out of logs: {properties}");
    assert!(!properties.contains("\nJOINCODE\t"), "{properties}");
    // The order that Windows Installer asks for: stop, clean up, remove, copy, register, set up.
    let order: BTreeSet<(u32, String)> = table(&package, "InstallExecuteSequence")
        .lines()
        .map(|row| {
            let columns: Vec<&str> = row.split('\t').collect();
            (columns[2].parse().unwrap(), columns[0].to_owned())
        })
        .collect();
    let steps = [
        "InstallInitialize",
        "RemoveExistingProducts",
        "StopServices",
        "DeleteServices",
        "CleanUp",
        "RemoveFiles",
        "InstallFiles",
        "InstallServices",
        "SetUp",
        "InstallFinalize",
    ];
    let found: Vec<&str> =
        order.iter().map(|(_, action)| action.as_str()).filter(|action| steps.contains(action)).collect();
    assert_eq!(found, steps);

    let again = build_package("build-msi.sh", &folder.path().join("second"), &["--program", program]);
    assert!(
        std::fs::read(&package).unwrap() == std::fs::read(again).unwrap(),
        "two builds are the same bytes"
    );

    let code = "04G2-0123-ABCD";
    let coded = build_package(
        "build-msi.sh",
        &folder.path().join("third"),
        &["--program", program, "--join-code", code],
    );
    assert!(
        table(&coded, "Property").contains(&format!("JOINCODE\t{code}")),
        "group policy has no command line"
    );
    let older = build_package(
        "build-msi.sh",
        &folder.path().join("fourth"),
        &["--program", program, "i686-win7-windows-gnu"],
    );
    assert!(
        table(&older, "Directory").contains("INSTALLDIR\tProgramFilesFolder\t"),
        "{}",
        table(&older, "Directory")
    );

    let refused = run(Command::new(packaging().join("build-msi.sh")).args([
        "--program",
        program,
        "--join-code",
        "A --state C:\\",
    ]));
    assert!(!refused.status.success(), "a join code is no place for arguments");
}
