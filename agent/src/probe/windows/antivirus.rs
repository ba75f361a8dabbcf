//! Antivirus products.
//!
//! Windows Security Center knows who guards the PC; what it says is a number (`productState`), decoded here by its
//! bytes. Its other texts are not read: the time stamp may be translated. Windows Server has no such centre, so there
//! products are known by the names of their services; what those have switched on is told by tools of their own and
//! stays `not_supported`. Of Microsoft's own products WMI and the registry know more. Another product that is on makes
//! them stand by: they are then no second guardian, and WMI is not asked, since it answers slowly. Exclusions are read
//! from the registry, which wants an administrator on recent Windows; threats come from WMI.
//!
//! What the exclusions and threats of other makers' products are, nobody outside of them knows. Written after
//! Microsoft's documents; seen on no Windows PC yet.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::antivirus::{Antivirus, Product};
use rules::quantity::Version;

use super::registry::{number, text};
use super::services::{matching, names, runs, states};
use super::{exclusions, moments};
use crate::host::answers::{Cell, Guardian, Health, Key, Query, RegistryValue, Row};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

const CURRENT: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// The first build whose Defender is an antivirus: Windows 8. That of Windows 7 only knows spyware.
const BUILD_OF_8: i64 = 9_200;
/// How the centre names Microsoft Defender (instanceGuid).
const DEFENDER_GUID: &str = "{D68DDC3A-831F-4FAE-9E44-DA132C1ACF46}";
/// ThreatStatusID of MSFT_MpThreatDetection for a threat that is still there: detected, allowed, and quarantine,
/// removal, blocking that failed or were given up.
const OPEN: &[u64] = &[1, 5, 102, 103, 105, 107];
/// The same for one that is dealt with: cleaned, quarantined, removed, blocked, and an allowance that failed.
const CLOSED: &[u64] = &[2, 3, 4, 6, 104];

/// A product of Microsoft, and where it keeps its settings.
pub(super) struct Own {
    service: &'static str,
    /// Its own settings.
    pub(super) local: &'static str,
    /// Those that a policy makes.
    pub(super) policy: &'static str,
    /// Whether WMI knows it.
    in_wmi: bool,
}

const DEFENDER: Own = Own {
    service: "WinDefend",
    local: r"HKLM\SOFTWARE\Microsoft\Windows Defender",
    policy: r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender",
    in_wmi: true,
};
/// Microsoft Security Essentials and System Center Endpoint Protection.
const ESSENTIALS: Own = Own {
    service: "MsMpSvc",
    local: r"HKLM\SOFTWARE\Microsoft\Microsoft Antimalware",
    policy: r"HKLM\SOFTWARE\Policies\Microsoft\Microsoft Antimalware",
    in_wmi: false,
};

/// A product known by its services. The words are how the centre calls it, in small letters.
struct Known {
    name: &'static str,
    words: &'static [&'static str],
    services: &'static [&'static str],
}

/// Products of other makers, with the services that check files.
const KNOWN: &[Known] = &[
    Known { name: "360 Total Security", words: &["360"], services: &["QHActiveDefense", "ZhuDongFangYu"] },
    Known { name: "Avast", words: &["avast"], services: &["avast! Antivirus"] },
    Known { name: "AVG", words: &["avg"], services: &["AVG Antivirus", "avgsvc"] },
    Known {
        name: "Avira",
        words: &["avira"],
        services: &["AntiVirService", "AntivirProtectedService", "AviraSecurity"],
    },
    Known {
        name: "Bitdefender",
        words: &["bitdefender"],
        services: &["VSSERV", "EPSecurityService", "EPProtectedService", "bdredline*"],
    },
    Known { name: "Bkav", words: &["bkav"], services: &["Bkav*"] },
    Known { name: "Carbon Black", words: &["carbon black"], services: &["CbDefense", "CarbonBlack"] },
    Known { name: "ClamAV", words: &["clam", "immunet"], services: &["clamd", "ClamAV*", "ImmunetProtect"] },
    Known { name: "CMC", words: &["cmc"], services: &["CMCCore*", "CMCAV*", "CMCAntivirus*", "CMCIS*"] },
    Known { name: "Comodo", words: &["comodo", "xcitium"], services: &["cmdagent"] },
    Known { name: "Cortex XDR", words: &["cortex", "traps"], services: &["cyserver"] },
    Known { name: "CrowdStrike Falcon", words: &["crowdstrike"], services: &["CSFalconService"] },
    Known { name: "Cylance", words: &["cylance"], services: &["CylanceSvc"] },
    Known { name: "Dr.Web", words: &["dr.web"], services: &["DrWebAVService", "dwengine"] },
    Known { name: "ESET", words: &["eset"], services: &["ekrn"] },
    Known { name: "F-Secure", words: &["f-secure", "withsecure"], services: &["fshoster", "fsulhoster"] },
    Known { name: "Huorong", words: &["huorong"], services: &["HipsDaemon"] },
    Known { name: "K7", words: &["k7"], services: &["K7RTScan", "K7TSMngr"] },
    Known {
        name: "Kaspersky",
        words: &["kaspersky"],
        services: &["avp", "AVP.*", "AVP1*", "AVP2*", "kavfs"],
    },
    Known { name: "Malwarebytes", words: &["malwarebytes"], services: &["MBAMService"] },
    Known {
        name: "McAfee / Trellix",
        words: &["mcafee", "trellix"],
        services: &["McShield", "mfetp", "ModuleCoreService"],
    },
    Known { name: "Norton", words: &["norton"], services: &["NortonSecurity", "Norton Antivirus", "N360"] },
    Known { name: "Panda", words: &["panda"], services: &["NanoServiceMain", "PSUAService"] },
    Known { name: "SentinelOne", words: &["sentinel"], services: &["SentinelAgent"] },
    Known {
        name: "Sophos",
        words: &["sophos"],
        services: &["SAVService", "Sophos File Scanner Service", "Sophos Endpoint Defense Service"],
    },
    Known {
        name: "Symantec Endpoint Protection",
        words: &["symantec"],
        services: &["SepMasterService", "SepScanService", "Symantec AntiVirus"],
    },
    Known {
        name: "Trend Micro",
        words: &["trend micro", "apex one", "officescan"],
        services: &["ntrtscan", "Amsp", "ds_agent"],
    },
    Known { name: "Webroot", words: &["webroot"], services: &["WRSVC"] },
];

/// What the second byte of `productState` says of the product, and the first of its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    /// Microsoft's own.
    own: bool,
    on: Fact<bool>,
    current: Fact<bool>,
}

/// A product that the centre knows.
struct Registered {
    name: Fact<String>,
    state: Fact<State>,
    own: bool,
}

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Antivirus {
    let registered = registered(host);
    let by_service = by_service(host);
    match &registered {
        Ok(Some(registered)) => known_to_the_centre(host, registered, by_service),
        Ok(None) => without_the_centre(host, None, by_service),
        Err(trouble) => without_the_centre(host, Some(trouble), by_service),
    }
}

fn registered(host: &dyn Host) -> Answer<Vec<Registered>> {
    let query = Query {
        namespace: r"ROOT\SecurityCenter2",
        class: "AntiVirusProduct",
        columns: &["displayName", "instanceGuid", "productState"],
        filter: "",
    };
    let Some(rows) = host.wmi(&query)? else { return Ok(None) };
    Ok(Some(rows.iter().map(one_registered).collect()))
}

fn one_registered(row: &Row) -> Registered {
    let state = match row.get("productState") {
        Some(Cell::Number(number)) => Fact::Known(state(*number)),
        Some(other) => Fact::failed(format!("productState is no number: {other:?}")),
        None => Fact::failed("the centre tells no productState"),
    };
    let is_defender =
        matches!(row.get("instanceGuid"), Some(Cell::Text(guid)) if guid.eq_ignore_ascii_case(DEFENDER_GUID));
    Registered {
        name: match row.get("displayName") {
            Some(Cell::Text(name)) if !name.trim().is_empty() => Fact::Known(name.trim().to_owned()),
            Some(_) | None => Fact::failed("the centre tells no name"),
        },
        own: is_defender || state.known().is_some_and(|state| state.own),
        state,
    }
}

/// `productState` has no document. Its bytes from the lowest: 00 for signatures that are up to date and 10 for others;
/// in the high half of the next 0 off, 1 on, 2 snoozed, 3 expired, in its low half 1 for a product of Microsoft; the
/// kind of guardian. Anything else is unknown.
fn state(number: u64) -> State {
    let (high, low) = (number >> 8 & 0xff, number & 0xff);
    State {
        own: high & 0x0f == 1,
        on: match high >> 4 {
            1 => true.into(),
            0 | 2 | 3 => false.into(),
            _ => Fact::failed(format!("productState 0x{number:06x} has an unknown form")),
        },
        current: match low {
            0x00 => true.into(),
            0x10 => false.into(),
            _ => Fact::failed(format!("productState 0x{number:06x} has an unknown form")),
        },
    }
}

/// The products of other makers that have services on this PC, and whether any of those runs.
fn by_service(host: &dyn Host) -> Result<Vec<(&'static Known, bool)>, Trouble> {
    let names = names(host)?;
    let mut found = Vec::new();
    for known in KNOWN {
        let states = states(host, &matching(&names, known.services))?;
        if !states.is_empty() {
            found.push((known, states.iter().any(|service| service.running)));
        }
    }
    Ok(found)
}

fn known_to_the_centre(
    host: &dyn Host,
    registered: &[Registered],
    by_service: Result<Vec<(&'static Known, bool)>, Trouble>,
) -> Antivirus {
    let on = |product: &Registered| product.state.as_ref().and_then(|state| state.on.clone());
    let other_is_on = registered.iter().any(|product| !product.own && on(product) == Fact::Known(true));
    let mut products = Vec::new();
    let mut own = None;
    for product in registered {
        if product.own {
            let mine = own_product(host, product, other_is_on);
            products.push(mine.product.clone());
            own = Some(mine);
            continue;
        }
        products.push(Product {
            name: product.name.clone(),
            version: Fact::Unknown(Reason::NotSupported),
            running: on(product),
            real_time: on(product),
            signatures_at: Fact::Unknown(Reason::NotSupported),
            signatures_current: product.state.as_ref().and_then(|state| state.current.clone()),
        });
    }
    // What did not register itself, such as ClamAV.
    let mut nameless = None;
    for (known, running) in by_service.into_iter().flatten() {
        let is_listed = |product: &Registered| {
            let name = product.name.known().map(|name| name.to_lowercase()).unwrap_or_default();
            known.words.iter().any(|word| name.contains(word))
        };
        if registered.iter().any(is_listed) {
            continue;
        }
        // One without a name might be this one.
        nameless = nameless.or_else(|| {
            registered.iter().find_map(|product| match &product.name {
                Fact::Unknown(reason) => Some(reason.clone()),
                Fact::Known(_) | Fact::Absent => None,
            })
        });
        products.push(by_its_service(known, running));
    }
    let antivirus = summed(host, products, own);
    match nameless {
        Some(reason) => Antivirus { products: Fact::Unknown(reason), ..antivirus },
        None => antivirus,
    }
}

/// On a server, or where the centre does not answer.
fn without_the_centre(
    host: &dyn Host,
    trouble: Option<&Trouble>,
    by_service: Result<Vec<(&'static Known, bool)>, Trouble>,
) -> Antivirus {
    let by_service = match by_service {
        Ok(found) => found,
        Err(trouble) => return Antivirus::all_unknown(&trouble.into()),
    };
    let mut products: Vec<Product> =
        by_service.iter().map(|(known, running)| by_its_service(known, *running)).collect();
    // A WMI that hangs is not asked again: the time for this area would be over.
    let hangs = trouble == Some(&Trouble::TimedOut);
    let own = match own_by_its_service(host, hangs) {
        Ok(own) => own,
        Err(trouble) => return Antivirus::all_unknown(&trouble.into()),
    };
    products.extend(own.as_ref().map(|own| own.product.clone()));
    let antivirus = summed(host, products, own);
    match trouble {
        Some(trouble) if antivirus.real_time != Fact::Known(true) => unheard(host, trouble, antivirus),
        Some(_) | None => antivirus,
    }
}

/// The centre did not answer, and nothing that guards was found by its service: a product of which only the centre knows
/// may guard all the same.
fn unheard(host: &dyn Host, trouble: &Trouble, found: Antivirus) -> Antivirus {
    if host.security_health(Guardian::Antivirus) == Ok(Some(Health::Good)) {
        // The centre says so by another way, though not of whom.
        return Antivirus {
            present: true.into(),
            real_time: true.into(),
            signatures_current: true.into(),
            ..found
        };
    }
    let reason = || Reason::from(trouble.clone());
    let none = found.products.known().is_none_or(Vec::is_empty);
    Antivirus {
        present: if none { Fact::Unknown(reason()) } else { found.present },
        products: if none { Fact::Unknown(reason()) } else { found.products },
        real_time: Fact::Unknown(reason()),
        signatures_at: Fact::Unknown(reason()),
        signatures_current: Fact::Unknown(reason()),
        ..found
    }
}

fn by_its_service(known: &Known, running: bool) -> Product {
    Product {
        name: Fact::Known(known.name.to_owned()),
        version: Fact::Unknown(Reason::NotSupported),
        running: running.into(),
        real_time: if running { Fact::Unknown(Reason::NotSupported) } else { false.into() },
        signatures_at: Fact::Unknown(Reason::NotSupported),
        signatures_current: Fact::Unknown(Reason::NotSupported),
    }
}

/// Microsoft's product, and what else is known of it.
struct Mine {
    product: Product,
    own: &'static Own,
    tamper_protection: Fact<bool>,
    /// Nothing else is asked of WMI.
    hangs: bool,
}

fn own_product(host: &dyn Host, registered: &Registered, stands_by: bool) -> Mine {
    let own = match host.service(ESSENTIALS.service) {
        Ok(Some(_)) => &ESSENTIALS,
        Ok(None) | Err(_) => &DEFENDER,
    };
    let centre = registered.state.as_ref().and_then(|state| state.on.clone());
    let mut mine = looked_at(host, own, stands_by, Some(centre), false);
    mine.product.name = registered.name.clone();
    mine.product.signatures_current = registered.state.as_ref().and_then(|state| state.current.clone());
    mine
}

fn own_by_its_service(host: &dyn Host, hangs: bool) -> Result<Option<Mine>, Trouble> {
    if host.service(ESSENTIALS.service)?.is_some() {
        let mut mine = looked_at(host, &ESSENTIALS, false, None, hangs);
        mine.product.name = Fact::Known("Microsoft Security Essentials".to_owned());
        return Ok(Some(mine));
    }
    let is_antivirus = number(host, CURRENT, "CurrentBuild")?.is_some_and(|build| build >= BUILD_OF_8);
    if !is_antivirus || host.service(DEFENDER.service)?.is_none() {
        return Ok(None);
    }
    Ok(Some(looked_at(host, &DEFENDER, false, None, hangs)))
}

/// `centre`: what Windows Security Center says of it.
fn looked_at(
    host: &dyn Host,
    own: &'static Own,
    stands_by: bool,
    centre: Option<Fact<bool>>,
    hangs: bool,
) -> Mine {
    let status = match (own.in_wmi, stands_by, hangs) {
        (true, false, false) => status(host),
        (true, false, true) => Err(Trouble::TimedOut),
        (false, _, _) | (true, true, _) => Ok(None),
    };
    let row = status.as_ref().ok().and_then(Option::as_ref);
    let flag = |column: &str| match row.and_then(|row| row.get(column)) {
        Some(Cell::Flag(flag)) => Some(*flag),
        Some(_) | None => None,
    };
    let running = fact(runs(host, own.service).map(Some));
    let real_time = match (stands_by, flag("AntivirusEnabled"), flag("RealTimeProtectionEnabled")) {
        (true, _, _) | (false, Some(false), _) | (false, _, Some(false)) => false.into(),
        (false, _, Some(true)) => awake(host, own),
        (false, _, None) => match (centre, &running) {
            (Some(Fact::Known(on)), _) => on.into(),
            (_, Fact::Known(false)) => false.into(),
            (_, Fact::Known(true)) => set_on(host, own),
            (_, other) => other.clone(),
        },
    };
    let version = row.and_then(|row| match row.get("AMProductVersion") {
        Some(Cell::Text(version)) if !version.trim().is_empty() => Some(Version(version.trim().to_owned())),
        Some(_) | None => None,
    });
    Mine {
        tamper_protection: match flag("IsTamperProtected") {
            Some(on) => on.into(),
            None if own.in_wmi => tamper_protection(host, own),
            None => Fact::Unknown(Reason::NotSupported),
        },
        hangs: status == Err(Trouble::TimedOut),
        product: Product {
            name: Fact::Known("Microsoft Defender Antivirus".to_owned()),
            version: match (version, &status) {
                (Some(version), _) => Fact::Known(version),
                (None, Err(trouble)) => Fact::Unknown(trouble.clone().into()),
                (None, Ok(_)) => Fact::Unknown(Reason::NotSupported),
            },
            running,
            real_time,
            signatures_at: signatures_at(host, own, row),
            signatures_current: Fact::Unknown(Reason::NotSupported),
        },
        own,
    }
}

fn status(host: &dyn Host) -> Answer<Row> {
    let query = Query {
        namespace: r"ROOT\Microsoft\Windows\Defender",
        class: "MSFT_MpComputerStatus",
        columns: &[
            "AMProductVersion",
            "AntivirusEnabled",
            "AntivirusSignatureLastUpdated",
            "IsTamperProtected",
            "RealTimeProtectionEnabled",
        ],
        filter: "",
    };
    Ok(host.wmi(&query)?.and_then(|rows| rows.into_iter().next()))
}

/// It checks files unless it was told to stand by for another product (PassiveMode).
fn awake(host: &dyn Host, own: &Own) -> Fact<bool> {
    match number(host, own.local, "PassiveMode") {
        Ok(mode) => mode.is_none_or(|mode| mode == 0).into(),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

/// Whether the settings let it check files, those of a policy first.
fn set_on(host: &dyn Host, own: &Own) -> Fact<bool> {
    let off = || -> Result<bool, Trouble> {
        for root in [own.policy, own.local] {
            let key = format!(r"{root}\Real-Time Protection");
            if let Some(off) = number(host, &key, "DisableRealtimeMonitoring")? {
                return Ok(off != 0);
            }
        }
        Ok(false)
    };
    match off() {
        Ok(true) => false.into(),
        Ok(false) => awake(host, own),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

/// 5 is on, 0 and 4 are off; what other numbers mean is not told.
fn tamper_protection(host: &dyn Host, own: &Own) -> Fact<bool> {
    match number(host, &format!(r"{}\Features", own.local), "TamperProtection") {
        Ok(Some(5)) => true.into(),
        Ok(Some(0 | 4)) => false.into(),
        Ok(Some(other)) => Fact::failed(format!("TamperProtection has an unknown value: {other}")),
        Ok(None) => Fact::Unknown(Reason::NotSupported),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

fn signatures_at(host: &dyn Host, own: &Own, row: Option<&Row>) -> Fact<Timestamp> {
    if let Some(Cell::Text(text)) = row.and_then(|row| row.get("AntivirusSignatureLastUpdated"))
        && let Some(at) = moments::dmtf(text)
    {
        return Fact::Known(at);
    }
    let key = format!(r"{}\Signature Updates", own.local);
    let mut found = None;
    for name in ["AVSignatureApplied", "SignaturesLastUpdated"] {
        match host.registry_value(Key::wide(&key), name) {
            Ok(Some(RegistryValue::Bytes(bytes))) => {
                let ticks = <[u8; 8]>::try_from(bytes.as_slice()).map(u64::from_le_bytes);
                found = found.or(ticks.ok().and_then(moments::filetime));
            }
            Ok(Some(RegistryValue::U64(ticks))) => found = found.or(moments::filetime(ticks)),
            Ok(_) => {}
            Err(trouble) => return Fact::Unknown(trouble.into()),
        }
    }
    fact_or_unsupported(Ok(found))
}

/// The whole area, from all products and from what Microsoft's one knows besides.
fn summed(host: &dyn Host, products: Vec<Product>, own: Option<Mine>) -> Antivirus {
    let real_time = real_time(&products);
    let guardians = |product: &&Product| product.real_time == Fact::Known(true);
    // One of which nobody knows whether it guards might be the one whose signatures count.
    let signatures_at = match (newest(products.iter().filter(guardians)), &real_time) {
        (Fact::Absent, Fact::Unknown(reason)) => Fact::Unknown(reason.clone()),
        (newest, _) => newest,
    };
    let signatures_current = products
        .iter()
        .find(guardians)
        .or_else(|| products.iter().find(|product| product.running == Fact::Known(true)))
        .map(|product| product.signatures_current.clone());
    let signatures_current = match (signatures_current, &real_time) {
        (Some(current), _) => current,
        (None, Fact::Unknown(reason)) => Fact::Unknown(reason.clone()),
        (None, Fact::Known(_) | Fact::Absent) => Fact::Absent,
    };
    // Of a product that stands by, settings and threats say nothing about how the PC is guarded.
    let guard = own.filter(|own| own.product.real_time != Fact::Known(false));
    let mut antivirus = Antivirus {
        present: (!products.is_empty()).into(),
        real_time,
        signatures_at,
        signatures_current,
        products: Fact::Known(products),
        ..Antivirus::all_unknown(&Reason::NotSupported)
    };
    let Some(guard) = guard else { return antivirus };
    antivirus.tamper_protection = guard.tamper_protection;
    match exclusions::of(host, guard.own) {
        Ok(found) => {
            antivirus.exclusions = Fact::Known(found.count);
            antivirus.exclusions_broad = Fact::Known(found.broad);
        }
        Err(trouble) => {
            antivirus.exclusions = Fact::Unknown(trouble.clone().into());
            antivirus.exclusions_broad = Fact::Unknown(trouble.into());
        }
    }
    if guard.own.in_wmi {
        (antivirus.threats_open, antivirus.threat_found_at) = match guard.hangs {
            true => (Fact::Unknown(Reason::TimedOut), Fact::Unknown(Reason::TimedOut)),
            false => threats(host),
        };
    }
    antivirus
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

fn newest<'a>(products: impl Iterator<Item = &'a Product>) -> Fact<Timestamp> {
    let mut newest: Fact<Timestamp> = Fact::Absent;
    for product in products {
        newest = match (newest, &product.signatures_at) {
            (Fact::Known(one), Fact::Known(other)) => Fact::Known(one.max(*other)),
            (Fact::Known(one), Fact::Absent | Fact::Unknown(_)) => Fact::Known(one),
            (_, other) => other.clone(),
        };
    }
    newest
}

/// How many threats are still there, and when one was last found. Defender forgets them after a month.
fn threats(host: &dyn Host) -> (Fact<i64>, Fact<Timestamp>) {
    let query = Query {
        namespace: r"ROOT\Microsoft\Windows\Defender",
        class: "MSFT_MpThreatDetection",
        columns: &["DetectionID", "InitialDetectionTime", "ThreatStatusID"],
        filter: "",
    };
    let rows = match host.wmi(&query) {
        Ok(Some(rows)) => rows,
        Ok(None) => return (Fact::Unknown(Reason::NotSupported), Fact::Unknown(Reason::NotSupported)),
        Err(trouble) => {
            let reason = Reason::from(trouble);
            return (Fact::Unknown(reason.clone()), Fact::Unknown(reason));
        }
    };
    let mut open = BTreeSet::new();
    let mut odd = None;
    for (at, row) in rows.iter().enumerate() {
        match row.get("ThreatStatusID") {
            Some(Cell::Number(status)) if OPEN.contains(status) => {
                open.insert(match row.get("DetectionID") {
                    Some(Cell::Text(id)) => id.clone(),
                    Some(_) | None => at.to_string(),
                });
            }
            Some(Cell::Number(status)) if CLOSED.contains(status) => {}
            other => odd = Some(format!("a threat has an unknown ThreatStatusID: {other:?}")),
        }
    }
    let found = rows.iter().filter_map(|row| match row.get("InitialDetectionTime") {
        Some(Cell::Text(text)) => moments::dmtf(text),
        Some(_) | None => None,
    });
    let found_at = match (found.max(), rows.is_empty()) {
        (Some(at), _) => Fact::Known(at),
        (None, true) => Fact::Absent,
        (None, false) => Fact::failed("no threat tells when it was found"),
    };
    let open = match odd {
        Some(text) => Fact::failed(text),
        None => Fact::Known(i64::try_from(open.len()).unwrap_or(i64::MAX)),
    };
    (open, found_at)
}

/// The text of a policy, which may name many places with bars between them.
pub(super) fn listed(host: &dyn Host, key: &str, name: &str) -> Result<Vec<String>, Trouble> {
    let text = text(host, key, name)?.unwrap_or_default();
    Ok(text.split('|').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
}

#[cfg(test)]
mod tests;
