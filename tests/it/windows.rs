//! The agent for Windows: it builds here, is small, and starts on Windows 7 SP1.
//!
//! What it imports is compared with a list of functions that Windows 7 lacks, also what is imported when it is first
//! called. Functions that it looks up by itself are outside what the tables of a program show.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use object::LittleEndian as LE;
use object::pe::{IMAGE_DIRECTORY_ENTRY_IAT, ImageNtHeaders32, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, ImageThunkData, PeFile};

/// Largest program, in bytes.
const PROGRAM_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Windows 7, as programs say it.
const WINDOWS_7: (u16, u16) = (6, 1);
/// Functions that Windows 7 lacks, each with its first version.
const LACKS: &str = include_str!("windows-7-lacks.txt");
/// What each task of the agent needs. `dlltool-later.sh` names the libraries that are loaded when first called.
const AT_START: [&str; 4] = ["advapi32.dll", "kernel32.dll", "msvcrt.dll", "ntdll.dll"];
const TARGETS: &[&str] = &["x86_64-win7-windows-gnu", "i686-win7-windows-gnu"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_owned()
}

/// Both programs, as `agent/packaging/build-windows.sh` leaves them; none where it has not run and nobody says that it
/// must have.
fn programs() -> Option<Vec<(&'static str, Vec<u8>)>> {
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let path = |target: &str| root().join("target/windows").join(target).join("sansang-agent.exe");
    if !ci && !TARGETS.iter().all(|target| path(target).is_file()) {
        return None;
    }
    let read = |target: &str| {
        let program = path(target);
        std::fs::read(&program).unwrap_or_else(|error| {
            panic!("{}: {error}; agent/packaging/build-windows.sh builds it", program.display())
        })
    };
    Some(TARGETS.iter().map(|target| (*target, read(target))).collect())
}

/// What a program asks of Windows.
#[derive(Debug)]
struct Needs {
    /// The oldest Windows that it says it starts on, and the oldest whose windows it uses.
    versions: [(u16, u16); 2],
    /// Functions by library; one without a name has its number.
    imports: BTreeMap<String, BTreeSet<String>>,
    /// Names of functions, whether they are imported at the start or when they are first called.
    functions: BTreeSet<String>,
}

fn needs(program: &[u8]) -> Needs {
    match object::FileKind::parse(program).unwrap() {
        object::FileKind::Pe32 => needs_of::<ImageNtHeaders32>(program),
        object::FileKind::Pe64 => needs_of::<ImageNtHeaders64>(program),
        kind => panic!("{kind:?} is no program for Windows"),
    }
}

fn needs_of<Pe: ImageNtHeaders>(program: &[u8]) -> Needs {
    let file = PeFile::<Pe>::parse(program).unwrap();
    let head = file.nt_headers().optional_header();
    let versions = [
        (head.major_operating_system_version(), head.minor_operating_system_version()),
        (head.major_subsystem_version(), head.minor_subsystem_version()),
    ];
    let table = file.import_table().unwrap().expect("a table of imports");
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut libraries = table.descriptors().unwrap();
    while let Some(library) = libraries.next().unwrap() {
        let name = table.name(library.name.get(LE)).unwrap();
        let functions = imports.entry(String::from_utf8_lossy(name).to_lowercase()).or_default();
        let mut thunks = table.thunks(library.original_first_thunk.get(LE)).unwrap();
        while let Some(thunk) = thunks.next::<Pe>().unwrap() {
            functions.insert(if thunk.is_ordinal() {
                format!("#{}", thunk.ordinal())
            } else {
                String::from_utf8_lossy(table.hint_name(thunk.address()).unwrap().1).into_owned()
            });
        }
    }
    // The linker has no directory of what is imported later, but keeps the lists of all names together, and behind them
    // the lists of addresses, in one order. Each list ends with a zero.
    let first = table.descriptors().unwrap().next().unwrap().expect("a library that is loaded at the start");
    let addresses = file.data_directory(IMAGE_DIRECTORY_ENTRY_IAT).unwrap().address_range().0;
    let names = first.original_first_thunk.get(LE) - (first.first_thunk.get(LE) - addresses);
    let entry = |place| table.thunks(place).unwrap().next::<Pe>().unwrap();
    let mut functions = BTreeSet::new();
    for place in (names..addresses).step_by(size_of::<Pe::ImageThunkData>()) {
        if let Some(thunk) = entry(place).filter(|thunk| !thunk.is_ordinal()) {
            let name = String::from_utf8_lossy(table.hint_name(thunk.address()).unwrap().1).into_owned();
            let address = entry(addresses + (place - names));
            assert!(address.is_some(), "{name}: until it is found, something stands for it");
            functions.insert(name);
        }
    }
    Needs { versions, imports, functions }
}

/// Functions that Windows 7 lacks, and since when Windows has them.
fn lacks() -> BTreeMap<&'static str, &'static str> {
    LACKS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect()
}

/// What of these needs Windows 7 SP1 does not have, a line each.
fn beyond_windows_7(needs: &Needs) -> String {
    let mut lines = String::new();
    for version in needs.versions.iter().filter(|version| **version > WINDOWS_7) {
        writeln!(lines, "asks for version {}.{}", version.0, version.1).unwrap();
    }
    let lacks = lacks();
    for (library, functions) in &needs.imports {
        // Sets of functions and libraries of Windows 8 and later; the last two belong to the compiler.
        let other = ["api-ms-win-", "ext-ms-", "bcryptprimitives.", "combase.", "libgcc", "libwinpthread"];
        if other.iter().any(|start| library.starts_with(start)) {
            writeln!(lines, "{library} is not part of Windows 7: {functions:?}").unwrap();
        }
    }
    for (function, since) in needs.functions.iter().filter_map(|name| Some((name, lacks.get(name.as_str())?)))
    {
        writeln!(lines, "{function} is there since {since}").unwrap();
    }
    lines
}

#[test]
fn the_list_of_missing_functions_is_whole() {
    let lacks = lacks();
    assert!(lacks.len() > 1_400, "{}", lacks.len());
    for newer in ["WaitOnAddress", "ProcessPrng", "GetSystemTimePreciseAsFileTime", "Tbsi_GetDeviceInfo"] {
        assert!(lacks.contains_key(newer), "{newer}");
    }
    for older in ["bind", "CreateFileW", "GetTickCount64", "AcceptEx", "RtlGenRandom"] {
        assert!(!lacks.contains_key(older), "{older}");
    }
}

#[test]
fn a_program_for_a_later_windows_is_found_out() {
    let functions = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let needs = Needs {
        versions: [(6, 1), (10, 0)],
        imports: [
            ("kernel32.dll".to_owned(), functions(&["CreateFileW", "WaitOnAddress"])),
            ("bcryptprimitives.dll".to_owned(), functions(&["ProcessPrng"])),
            ("api-ms-win-core-synch-l1-2-0.dll".to_owned(), functions(&["WakeByAddressAll"])),
        ]
        .into(),
        functions: functions(&["CreateFileW", "ProcessPrng", "WaitOnAddress", "WakeByAddressAll"]),
    };
    expect_test::expect![[r#"
        asks for version 10.0
        api-ms-win-core-synch-l1-2-0.dll is not part of Windows 7: {"WakeByAddressAll"}
        bcryptprimitives.dll is not part of Windows 7: {"ProcessPrng"}
        ProcessPrng is there since undated
        WaitOnAddress is there since 8.0
        WakeByAddressAll is there since 8.0
    "#]]
    .assert_eq(&beyond_windows_7(&needs));
}

#[test]
fn the_agent_starts_on_windows_7_and_is_small() {
    let Some(programs) = programs() else {
        println!("skipped: no mingw-w64 compiler; agent/packaging/build-windows.sh installs it");
        return;
    };
    for (target, program) in programs {
        let needs = needs(&program);
        let kernel = &needs.imports["kernel32.dll"];
        assert!(kernel.contains("CreateFileW"), "{target}: the imports were read: {kernel:?}");
        assert_eq!(beyond_windows_7(&needs), "", "{target}");
        let mut libraries: BTreeSet<&str> = needs.imports.keys().map(String::as_str).collect();
        // For 32 bit std has the linker find the functions for sockets.
        if target.starts_with("i686") {
            libraries.remove("ws2_32.dll");
        }
        let at_start = BTreeSet::from(AT_START);
        assert_eq!(libraries, at_start, "{target}: other libraries are loaded when they are needed");
        for (library, functions) in &needs.imports {
            assert!(
                functions.is_subset(&needs.functions),
                "{target}: {library}: the lists of names were read"
            );
        }
        for later in ["CertOpenStore", "CoCreateInstance", "MessageBoxW", "WSAStartup"] {
            assert!(needs.functions.contains(later), "{target}: {later} is imported later");
        }
        assert!(program.len() <= PROGRAM_BYTES_MAX, "{target}: {} bytes", program.len());
    }
}
