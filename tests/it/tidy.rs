//! The rules of the house, as tests. Each wish about the tree is a function here; what a lint can hold is a lint.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// One text file of the project.
struct Page {
    /// Its path from the root, with forward slashes.
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_owned()
}

/// Every text file that git would keep: build output and data folders are left out.
fn pages() -> Vec<Page> {
    fn walk(root: &Path, folder: &Path, pages: &mut Vec<Page>) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // In a second working tree .git is a file.
            if matches!(name.as_str(), ".git" | "target" | "sansang-data" | "fonts") {
                continue;
            }
            if path.is_dir() {
                walk(root, &path, pages);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                pages.push(Page { path, text });
            }
        }
    }
    let mut pages = Vec::new();
    walk(&root(), &root(), &mut pages);
    assert!(pages.len() > 50, "only {} files were found", pages.len());
    pages
}

fn rust_pages() -> impl Iterator<Item = Page> {
    pages().into_iter().filter(|page| page.path.ends_with(".rs"))
}

/// The workspace as it is built for the platform of this PC, so that nothing more is fetched than the build needs.
fn metadata() -> Metadata {
    let version = std::process::Command::new("rustc").arg("-vV").output().expect("rustc says its version");
    let version = String::from_utf8(version.stdout).unwrap();
    let platform =
        version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec!["--locked".to_owned(), "--filter-platform".to_owned(), platform.to_owned()])
        .exec()
        .expect("cargo metadata reads the workspace")
}

/// Every package that this one is built with, tests left out.
fn built_with(metadata: &Metadata, package: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().expect("cargo metadata resolves");
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let start =
        metadata.packages.iter().find(|p| p.name.as_str() == package).expect("a package of the workspace");
    let mut waiting = vec![&start.id];
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        for dependency in &nodes[id].deps {
            if dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal) {
                waiting.push(&dependency.pkg);
            }
        }
    }
    seen.into_iter().map(|id| metadata[id].name.to_string()).collect()
}

fn complain(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn the_root_has_what_the_design_says() {
    let expected: BTreeSet<&str> = [
        ".ci",
        ".gitignore",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "agent",
        "clippy.toml",
        "collector",
        "rules",
        "rustfmt.toml",
        "tests",
    ]
    .into();
    let found: BTreeSet<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !matches!(name.as_str(), ".git" | "target" | "sansang-data"))
        .collect();
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, expected);
}

#[test]
fn who_is_built_with_what() {
    const BANS: &[(&str, &[&str], &str)] = &[
        (
            "sansang-rules",
            &[
                "tokio",
                "reqwest",
                "axum",
                "sqlx",
                "askama",
                "sysinfo",
                "clap",
                "tracing",
                "sansang-agent",
                "sansang-collector",
            ],
            "rules is data in, data out",
        ),
        (
            "sansang-agent",
            &[
                "sqlx",
                "axum",
                "askama",
                "openssl",
                "openssl-sys",
                "native-tls",
                "aws-lc-rs",
                "sansang-collector",
            ],
            "the agent has no SQL, no web server, one TLS stack, and does not know the collector",
        ),
        (
            "sansang-collector",
            &["openssl", "openssl-sys", "native-tls", "aws-lc-rs"],
            "one TLS stack: rustls with ring",
        ),
    ];
    let metadata = metadata();
    let mut complaints = Vec::new();
    for (package, banned, reason) in BANS {
        let built_with = built_with(&metadata, package);
        assert!(built_with.contains("serde"), "{package} is resolved");
        for name in banned.iter().filter(|name| built_with.contains(**name)) {
            complaints.push(format!("{package} is built with {name}: {reason}"));
        }
    }
    complain(&complaints);
}

#[test]
fn every_licence_is_allowed() {
    const ALLOWED: &[&str] = &[
        "0BSD",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "CDLA-Permissive-2.0",
        "ISC",
        "MIT",
        "MIT-0",
        "Unicode-3.0",
        "Unlicense",
        "Zlib",
    ];
    let allowed = |licence: &str| ALLOWED.contains(&licence.trim().trim_matches(['(', ')']).trim());
    // A choice is good when one alternative is; a conjunction when all its parts are.
    let good = |expression: &str| {
        expression.replace('/', " OR ").split(" AND ").all(|part| part.split(" OR ").any(&allowed))
    };
    let metadata = metadata();
    // What only the tests are built with is not shipped: there the Mozilla licence, which asks for the source of the
    // library alone, is good enough.
    let shipped: BTreeSet<String> = ["sansang-agent", "sansang-collector"]
        .iter()
        .flat_map(|program| built_with(&metadata, program))
        .collect();
    let mut complaints = Vec::new();
    for package in &metadata.packages {
        let licence = package.license.as_deref().unwrap_or("none");
        if !good(licence) && (licence != "MPL-2.0" || shipped.contains(package.name.as_str())) {
            complaints.push(format!("{} {} has the licence {licence}", package.name, package.version));
        }
    }
    complain(&complaints);
}

#[test]
fn the_bans_of_the_house_hold_in_every_crate() {
    let bans = |path: &str| -> BTreeSet<String> {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        text.lines().map(|line| line.trim().to_owned()).filter(|line| line.starts_with("{ path")).collect()
    };
    let house = bans("clippy.toml");
    assert!(house.len() >= 6);
    for name in ["rules", "agent", "collector", "tests"] {
        let own = bans(&format!("{name}/clippy.toml"));
        let missing: Vec<_> = house.difference(&own).collect();
        assert!(missing.is_empty(), "{name}/clippy.toml lacks {missing:?}");
    }
}

#[test]
fn no_room_without_a_subject() {
    const REFUSED: &[&str] =
        &["mod.rs", "util.rs", "utils.rs", "common.rs", "helper.rs", "helpers.rs", "misc.rs", "shared.rs"];
    let complaints: Vec<_> = rust_pages()
        .filter(|page| page.path.rsplit('/').next().is_some_and(|name| REFUSED.contains(&name)))
        .map(|page| format!("{}: name the room after its subject", page.path))
        .collect();
    complain(&complaints);
}

#[test]
fn every_file_says_what_it_is_for() {
    let complaints: Vec<_> = rust_pages()
        .filter(|page| !page.text.starts_with("//! "))
        .map(|page| format!("{}:1: begin with what this file is for and what it does not know", page.path))
        .collect();
    complain(&complaints);
}

#[test]
fn platform_code_stays_in_its_rooms() {
    const ROOMS: &[&str] = &["agent/src/host.rs", "agent/src/service.rs", "tests/it/tidy.rs"];
    const MARKS: &[&str] =
        &["cfg(windows)", "cfg(unix)", "cfg(target_os", "cfg!(windows)", "cfg!(unix)", "cfg!(target_os"];
    let mut complaints = Vec::new();
    for page in rust_pages().filter(|page| !ROOMS.contains(&page.path.as_str())) {
        for (number, line) in page.text.lines().enumerate() {
            if MARKS.iter().any(|mark| line.contains(mark)) {
                complaints.push(format!(
                    "{}:{}: platform code belongs into host.rs and service.rs",
                    page.path,
                    number + 1
                ));
            }
        }
    }
    complain(&complaints);
}

#[test]
fn who_may_name_whom() {
    const BANS: &[(&str, &[&str], &str)] = &[
        (
            "agent/src/host",
            &["rules::facts::", "rules::fact::", "use rules::facts"],
            "the doors know no facts",
        ),
        (
            "agent/src/probe",
            &["crate::desk", "crate::courier", "crate::spool", "std::fs", "std::process"],
            "a probe asks the Host and nobody else",
        ),
        (
            "collector/src/store",
            &["axum", "askama", "rules::assess::assess", "crate::web", "crate::api"],
            "the store knows no HTTP, no pages, no judgement",
        ),
        ("collector/src/web", &["crate::api"], "web and api do not know each other"),
        ("collector/src/api", &["crate::web"], "web and api do not know each other"),
        (
            "rules/src",
            &["std::fs", "std::net", "std::env", "std::thread", "std::process"],
            "rules is data in, data out",
        ),
    ];
    let mut complaints = Vec::new();
    for page in rust_pages() {
        for (room, banned, reason) in BANS {
            if page.path != format!("{room}.rs") && !page.path.starts_with(&format!("{room}/")) {
                continue;
            }
            // What a test needs is its own affair.
            let text = page.text.split("#[cfg(test)]").next().unwrap_or_default();
            if page.path.ends_with("/tests.rs")
                || page.path.ends_with("/laws.rs")
                || page.path.ends_with("/story.rs")
            {
                continue;
            }
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if let Some(word) = banned.iter().find(|word| code.contains(**word)) {
                    complaints.push(format!("{}:{}: names {word}: {reason}", page.path, number + 1));
                }
            }
        }
    }
    complain(&complaints);
}

#[test]
fn every_test_checks_something() {
    let mut complaints = Vec::new();
    for page in rust_pages() {
        let lines: Vec<&str> = page.text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let at = || format!("{}:{}", page.path, number + 1);
            if line.trim_start().starts_with("#[ignore") {
                complaints
                    .push(format!("{}: a test is never ignored; assert today's behaviour and say so", at()));
            }
            if line.trim() == "#[test]" || line.trim().starts_with("#[tokio::test") {
                let indent = line.len() - line.trim_start().len();
                let end = format!("{}}}", " ".repeat(indent));
                let code = lines.iter().skip(number + 2).take_while(|line| **line != end);
                if !code.clone().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")) {
                    complaints.push(format!("{}: this test is empty", at()));
                }
            }
        }
    }
    complain(&complaints);
}

#[test]
fn the_project_speaks_of_the_project_alone() {
    // Put together here, so that this file does not complain about itself.
    let marks = [
        ["/wo", "rk/"].concat(),
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
        ["crates", ".io"].concat(),
    ];
    let mut complaints = Vec::new();
    for page in pages().iter().filter(|page| page.path != "Cargo.lock") {
        for (number, line) in page.text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(mark.as_str())) {
                complaints.push(format!("{}:{}: {mark}", page.path, number + 1));
            }
        }
    }
    complain(&complaints);
}

#[test]
fn a_page_is_two_files_of_one_name() {
    let names = |folder: &str, ending: &str| -> BTreeSet<String> {
        std::fs::read_dir(root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
            .collect()
    };
    let rust = names("collector/src/web", ".rs");
    let pages: BTreeSet<_> = names("collector/templates", ".html")
        .into_iter()
        .filter(|name| !matches!(name.as_str(), "layout" | "parts"))
        .collect();
    let alone: Vec<_> = pages.difference(&rust).collect();
    assert!(pages.len() >= 6, "{pages:?}");
    assert!(alone.is_empty(), "templates without their page: {alone:?}");
}

#[test]
fn every_area_has_a_probe_or_says_so() {
    let mut matrix = String::new();
    for area in rules::facts::AREAS.iter().filter(|area| area.is_sent()) {
        let linux = root().join(format!("agent/src/probe/linux/{}.rs", area.name)).exists();
        let windows = root().join(format!("agent/src/probe/windows/{}.rs", area.name)).exists();
        let mark = |there| if there { "asks" } else { "-" };
        matrix.push_str(&format!("{:<12} linux {:<4} windows {}\n", area.name, mark(linux), mark(windows)));
    }
    expect_test::expect![[r#"
        os           linux asks windows asks
        board        linux asks windows asks
        cpu          linux asks windows asks
        memory       linux asks windows asks
        disk         linux asks windows asks
        display      linux asks windows asks
        battery      linux asks windows asks
        network      linux asks windows asks
        reach        linux asks windows asks
        software     linux asks windows asks
        office       linux asks windows asks
        signing      linux asks windows asks
        peripherals  linux asks windows asks
        updates      linux asks windows asks
        antivirus    linux asks windows asks
        firewall     linux asks windows asks
        encryption   linux asks windows asks
        accounts     linux asks windows asks
        exposure     linux asks windows asks
        backup       linux asks windows asks
        clock        linux asks windows asks
        identity     linux asks windows asks
    "#]]
    .assert_eq(&matrix);
}

#[test]
fn every_store_function_is_in_the_story() {
    let story = std::fs::read_to_string(root().join("collector/src/store/story.rs")).unwrap();
    let mut complaints = Vec::new();
    for page in rust_pages().filter(|page| page.path.starts_with("collector/src/store/")) {
        let subject = page.path.rsplit('/').next().and_then(|name| name.strip_suffix(".rs")).unwrap();
        for line in page.text.split("#[cfg(test)]").next().unwrap_or_default().lines() {
            let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
            let name = rest.split(['(', '<']).next().unwrap();
            if !story.contains(&format!("{subject}::{name}(")) {
                complaints.push(format!("{}: {subject}::{name} is not in the story", page.path));
            }
        }
    }
    complain(&complaints);
}
