//! Antivirus products.
//!
//! Known by their folders or programs; whether they run by the names of programs. ClamAV checks files as they
//! are used only when clamonacc runs. What a commercial product has switched on is told by tools of its own,
//! so of one that runs this stays `not_supported`. Nothing needs root, except in a system that hides other
//! people's programs. Seen on Debian 12 without any product. What other systems answer is known from their
//! documents and from made-up recordings.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::antivirus::{Antivirus, Product};

use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{any_running, fact, fact_or_unsupported, first_present};

/// How a product is known.
struct Known {
    name: &'static str,
    /// Files or folders that only this product has.
    paths: &'static [&'static str],
    /// Its services.
    programs: &'static [&'static str],
    /// The program that checks files as they are used, if it is one of its own.
    guard: Option<&'static str>,
    /// Files that are changed when signatures arrive.
    signatures: &'static [&'static str],
}

const KNOWN: &[Known] = &[
    Known {
        name: "ClamAV",
        paths: &["/usr/bin/clamscan", "/usr/sbin/clamd"],
        programs: &["clamd"],
        guard: Some("clamonacc"),
        signatures: &["/var/lib/clamav/daily.cld", "/var/lib/clamav/daily.cvd"],
    },
    Known {
        name: "Microsoft Defender for Endpoint",
        paths: &["/opt/microsoft/mdatp"],
        programs: &["wdavdaemon"],
        guard: None,
        signatures: &[],
    },
    Known {
        name: "Kaspersky Endpoint Security",
        paths: &["/opt/kaspersky/kesl"],
        programs: &["kesl"],
        guard: None,
        signatures: &[],
    },
    Known {
        name: "ESET Endpoint Antivirus",
        paths: &["/opt/eset/eea", "/opt/eset/efs"],
        programs: &["oaeventd"],
        guard: Some("oaeventd"),
        signatures: &[],
    },
    Known {
        name: "Sophos Protection for Linux",
        paths: &["/opt/sophos-spl"],
        programs: &["sophos_threat_detector"],
        guard: Some("soapd"),
        signatures: &[],
    },
    Known {
        name: "Bitdefender GravityZone",
        paths: &["/opt/bitdefender-security-tools"],
        programs: &["bdsecd", "epagd"],
        guard: None,
        signatures: &[],
    },
    Known {
        name: "Trend Micro Deep Security",
        paths: &["/opt/ds_agent"],
        programs: &["ds_am"],
        guard: None,
        signatures: &[],
    },
    Known {
        name: "CrowdStrike Falcon",
        paths: &["/opt/CrowdStrike"],
        programs: &["falcon-sensor", "falcon-sensor-bpf"],
        guard: None,
        signatures: &[],
    },
    Known {
        name: "SentinelOne",
        paths: &["/opt/sentinelone"],
        programs: &["s1-agent", "s1-orchestrator"],
        guard: None,
        signatures: &[],
    },
];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Antivirus {
    let products = match products(host) {
        Ok(products) => products,
        Err(trouble) => return Antivirus::all_unknown(&trouble.into()),
    };
    Antivirus {
        present: (!products.is_empty()).into(),
        real_time: real_time(&products),
        signatures_at: newest(&products),
        products: products.into(),
        ..Antivirus::all_unknown(&Reason::NotSupported)
    }
}

fn products(host: &dyn Host) -> Result<Vec<Product>, Trouble> {
    let mut products = Vec::new();
    for known in KNOWN {
        if first_present(host, known.paths)?.is_some() {
            products.push(product(host, known));
        }
    }
    Ok(products)
}

fn product(host: &dyn Host, known: &Known) -> Product {
    let runs = fact(any_running(host, known.programs).map(Some));
    let real_time = match (&runs, known.guard) {
        (Fact::Known(false), None) => false.into(),
        (Fact::Known(true), None) => Fact::Unknown(Reason::NotSupported),
        (_, Some(guard)) => fact_or_unsupported(host.running(guard)),
        (Fact::Absent, None) => Fact::Absent,
        (Fact::Unknown(reason), None) => Fact::Unknown(reason.clone()),
    };
    Product {
        name: known.name.to_owned().into(),
        version: Fact::Unknown(Reason::NotSupported),
        running: runs,
        real_time,
        signatures_at: match known.signatures {
            [] => Fact::Unknown(Reason::NotSupported),
            paths => fact(changed(host, paths)),
        },
        signatures_current: Fact::Unknown(Reason::NotSupported),
    }
}

fn changed(host: &dyn Host, paths: &[&str]) -> Answer<Timestamp> {
    let mut newest = None;
    for path in paths {
        newest = newest.max(host.modified(path)?);
    }
    Ok(newest)
}

/// Yes if any says yes; unknown if any might; else no.
fn real_time(products: &[Product]) -> Fact<bool> {
    if products.iter().any(|product| product.real_time == Fact::Known(true)) {
        return true.into();
    }
    products
        .iter()
        .find(|product| matches!(product.real_time, Fact::Unknown(_)))
        .map_or(false.into(), |product| product.real_time.clone())
}

fn newest(products: &[Product]) -> Fact<Timestamp> {
    let running = || products.iter().filter(|product| product.running == Fact::Known(true));
    match running().filter_map(|product| product.signatures_at.known()).max() {
        Some(at) => Fact::Known(*at),
        None => match running().next() {
            Some(product) => product.signatures_at.clone(),
            None => products
                .iter()
                .find(|product| matches!(product.running, Fact::Unknown(_)))
                .map_or(Fact::Absent, |product| product.running.as_ref().and_then(|_| Fact::Absent)),
        },
    }
}
