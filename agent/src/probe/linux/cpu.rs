//! The processor.
//!
//! From /proc/cpuinfo and cpufreq under /sys. Nothing needs root. Seen on Intel and AMD, and on ARM, whose cpuinfo
//! names neither model nor family as CPUID does.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::cpu::Cpu;
use rules::facts::os::Architecture;
use rules::quantity::Mhz;

use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact_or_unsupported, number, text};

/// Flags of /proc/cpuinfo and what rules call them.
const FEATURES: &[(&str, &str)] = &[
    ("sse4_2", "sse4_2"),
    ("popcnt", "popcnt"),
    ("aes", "aes"),
    ("avx2", "avx2"),
    ("vmx", "virtualization"),
    ("svm", "virtualization"),
];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Cpu {
    match text(host, "/proc/cpuinfo") {
        Ok(Some(text)) => described(host, &text),
        Ok(None) => Cpu::all_unknown(&Reason::NotSupported),
        Err(trouble) => Cpu::all_unknown(&trouble.into()),
    }
}

fn described(host: &dyn Host, text: &str) -> Cpu {
    let first = text.split("\n\n").next().unwrap_or_default();
    let flags: BTreeSet<&str> = value(first, "flags").unwrap_or_default().split_whitespace().collect();
    let x86 = value(first, "vendor_id").is_some();
    let text_of = |key: &str| match value(first, key) {
        Some(value) => Fact::Known(value.to_owned()),
        None => Fact::Unknown(Reason::NotSupported),
    };
    let number_of = |key: &str| match value(first, key).map(str::parse) {
        Some(Ok(number)) => Fact::Known(number),
        Some(Err(_)) => Fact::failed(format!("/proc/cpuinfo has no number in {key}")),
        None => Fact::Unknown(Reason::NotSupported),
    };
    Cpu {
        name: text_of("model name"),
        maker: text_of("vendor_id"),
        architecture: architecture(first, x86, &flags),
        packages: counted(text, &["physical id"]),
        cores: counted(text, &["physical id", "core id"]),
        threads: threads(text),
        speed: fact_or_unsupported(speed(host, first)),
        family: number_of("cpu family"),
        model: number_of("model"),
        stepping: number_of("stepping"),
        platform: Fact::Unknown(Reason::NotSupported),
        features: if x86 { features(&flags).into() } else { Fact::Unknown(Reason::NotSupported) },
    }
}

/// Whether the processor says that a hypervisor is under it: the flag that CPUID keeps for this.
pub(super) fn under_hypervisor(host: &dyn Host) -> Answer<bool> {
    let Some(text) = text(host, "/proc/cpuinfo")? else { return Ok(None) };
    let first = text.split("\n\n").next().unwrap_or_default();
    Ok(value(first, "flags").map(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor")))
}

/// The value of a key in one block of /proc/cpuinfo; an empty one counts as not there.
fn value<'a>(block: &'a str, key: &str) -> Option<&'a str> {
    block
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim_end() == key)
        .map(|(_, value)| value.trim())
        .filter(|value| !value.is_empty())
}

fn architecture(first: &str, x86: bool, flags: &BTreeSet<&str>) -> Fact<Architecture> {
    // `lm`, long mode, is 64 bit.
    match (x86, flags.contains("lm"), value(first, "CPU architecture")) {
        (true, true, _) => Architecture::X86_64.into(),
        (true, false, _) => Architecture::X86.into(),
        (false, _, Some("8" | "AArch64")) => Architecture::Arm64.into(),
        (false, _, _) => Architecture::Other.into(),
    }
}

fn threads(text: &str) -> Fact<i64> {
    let count = text.lines().filter(|line| is_key(line, "processor")).count();
    match i64::try_from(count) {
        Ok(count) if count > 0 => count.into(),
        _ => Fact::failed("/proc/cpuinfo lists no processor"),
    }
}

fn is_key(line: &str, key: &str) -> bool {
    line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'))
}

/// How many different combinations of these keys the blocks have. A kernel for one processor and most ARM kernels
/// do not print them.
fn counted(text: &str, keys: &[&str]) -> Fact<i64> {
    let mut seen = BTreeSet::new();
    for block in text.split("\n\n").filter(|block| block.lines().any(|line| is_key(line, "processor"))) {
        let combination: Option<Vec<&str>> = keys.iter().map(|key| value(block, key)).collect();
        match combination {
            Some(combination) => seen.insert(combination),
            None => return Fact::Unknown(Reason::NotSupported),
        };
    }
    i64::try_from(seen.len())
        .ok()
        .filter(|count| *count > 0)
        .map_or(Fact::Unknown(Reason::NotSupported), Fact::Known)
}

/// The highest rate: what the driver says, else what the name says, else what it runs at. A processor under a
/// hypervisor has no driver, and the rate at which it runs is the one that it was sold with.
fn speed(host: &dyn Host, first: &str) -> Answer<Mhz> {
    if let Some(khz) = number(host, "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq")? {
        return Ok(Some(Mhz(khz / 1000)));
    }
    let named: Option<f64> = value(first, "model name")
        .and_then(|name| name.rsplit_once("@ ")?.1.strip_suffix("GHz")?.parse().ok());
    if let Some(ghz) = named {
        return rounded(ghz * 1000.0);
    }
    match value(first, "cpu MHz").map(str::parse) {
        Some(Ok(mhz)) => rounded(mhz),
        Some(Err(_)) => Err(Trouble::Failed("/proc/cpuinfo has no number in cpu MHz".to_owned())),
        None => Ok(None),
    }
}

fn rounded(mhz: f64) -> Answer<Mhz> {
    if !(1.0..1e6).contains(&mhz) {
        return Err(Trouble::Failed(format!("/proc/cpuinfo has an impossible rate of {mhz} MHz")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked above")]
    let mhz = mhz.round() as i64;
    Ok(Some(Mhz(mhz)))
}

fn features(flags: &BTreeSet<&str>) -> Vec<String> {
    let mut features: Vec<String> = FEATURES
        .iter()
        .filter(|(flag, _)| flags.contains(flag))
        .map(|(_, feature)| (*feature).to_owned())
        .collect();
    features.dedup();
    features
}
