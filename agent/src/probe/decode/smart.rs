//! What a drive tells of its own health: SMART of ATA drives, the health log of NVMe drives, and what smartctl prints of
//! both and of SCSI drives.
//!
//! Sources: ATA8-ACS (SMART READ DATA and RETURN STATUS, Device Statistics page 7), the attributes' form of SFF-8035i,
//! NVM Express Base Specification 1.4 (5.14.1.2), smartctl(8). What an attribute counts is each maker's own: wear is read
//! where the maker is known to keep it, and nowhere else. Bridges of USB drives make numbers up, so what cannot be is
//! unknown.

use rules::fact::{Fact, Reason};
use rules::facts::disk::Health;
use rules::quantity::Percent;
use serde_json::Value;

/// Share of its life used up from which a drive should be replaced, and from which it must be.
const WEAR_WARNING: i64 = 80;
const WEAR_FAILING: i64 = 95;
/// Nothing runs longer: thirty years, in hours.
const HOURS_MAX: i64 = 30 * 8_766;
/// More bad sectors than this are a number that means something else.
const SECTORS_MAX: u64 = 1_000_000;
/// The attributes in the data, and the thresholds in theirs: thirty of twelve bytes, after two bytes of version.
const ENTRIES: std::ops::Range<usize> = 2..362;
const ENTRY_BYTES: usize = 12;
/// The attribute foretells a failure, else it tells age.
const PREFAIL: u16 = 1;
/// Values and thresholds between these count (SFF-8035i): 0 never fails, 254 is none, 255 always fails, for tests.
const VALUES: std::ops::RangeInclusive<u8> = 1..=253;
/// A statistic of ATA that is supported and valid, in its highest byte.
const STATISTIC_VALID: u8 = 0xc0;
/// The page of statistics about flash.
const FLASH_PAGE: u8 = 7;
/// What is said of attributes that a bridge made up.
const NONSENSE: &str = "the drive's list of attributes makes no sense";
/// Makers whose drives count minutes or seconds where others count hours, in lower case.
const NO_HOURS: &[&str] = &["maxtor", "samsung sp", "samsung sv", "fujitsu m"];

/// What a drive tells of its own health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it says of its own health.
    pub health: Fact<Health>,
    /// Share of its life that is used up.
    pub wear: Fact<Percent>,
    /// Number of reallocated sectors.
    pub reallocated: Fact<i64>,
    /// Hours that it has run.
    pub hours: Fact<i64>,
}

impl Told {
    /// Nothing, for this reason.
    pub fn nothing(reason: &Reason) -> Told {
        Told {
            health: Fact::Unknown(reason.clone()),
            wear: Fact::Unknown(reason.clone()),
            reallocated: Fact::Unknown(reason.clone()),
            hours: Fact::Unknown(reason.clone()),
        }
    }
}

/// What was found, before it is weighed.
#[derive(Debug, Default)]
struct Signs {
    /// Whether it foretells its own failure.
    failing: Option<bool>,
    /// It has sectors that could not be read, or an age beyond what its maker meant.
    defects: bool,
    reallocated: Option<i64>,
    wear: Option<i64>,
    hours: Option<i64>,
}

impl Signs {
    fn told(self) -> Told {
        let wear = self.wear.filter(|wear| *wear >= 0);
        let worn = |share: i64| wear.is_some_and(|wear| wear >= share);
        let health = if self.failing == Some(true) || worn(WEAR_FAILING) {
            Health::Failing.into()
        } else if self.defects || self.reallocated.is_some_and(|sectors| sectors > 0) || worn(WEAR_WARNING) {
            Health::Warning.into()
        } else if self.failing == Some(false) {
            Health::Ok.into()
        } else {
            Fact::Unknown(Reason::NotSupported)
        };
        let hours = self.hours.filter(|hours| (0..=HOURS_MAX).contains(hours));
        Told {
            health,
            wear: known(wear.map(|wear| Percent(wear.min(100)))),
            reallocated: known(self.reallocated),
            hours: known(hours),
        }
    }
}

fn known<T>(value: Option<T>) -> Fact<T> {
    value.map_or(Fact::Unknown(Reason::NotSupported), Fact::Known)
}

/// One attribute of an ATA drive.
#[derive(Debug)]
struct Attribute<'a> {
    id: u8,
    prefail: bool,
    /// From 100, 200 or 253 down to 1, for most makers.
    value: u8,
    threshold: u8,
    raw: u64,
    /// What smartctl calls it, by its list of drives.
    name: Option<&'a str>,
}

/// SMART of an ATA drive. `failing` is what it answers when asked for its own verdict, `data` and `thresholds` are the
/// 512 bytes of SMART READ DATA and SMART READ THRESHOLDS, `flash` those of page 7 of its statistics; what the drive
/// was not asked, or does not tell, is empty.
pub fn ata(failing: Option<bool>, data: &[u8], thresholds: &[u8], flash: &[u8], model: &str) -> Told {
    let entries = |bytes: &[u8]| -> Vec<[u8; ENTRY_BYTES]> {
        let entries = bytes.get(ENTRIES).unwrap_or_default().as_chunks().0;
        entries.iter().filter(|entry| entry.first().is_some_and(|id| *id != 0)).copied().collect()
    };
    let thresholds: Vec<(u8, u8)> =
        entries(thresholds).iter().map(|[id, threshold, ..]| (*id, *threshold)).collect();
    let attributes: Vec<Attribute<'_>> = entries(data)
        .iter()
        .map(|&[id, flags, more, value, _worst, a, b, c, d, e, f, _]| Attribute {
            id,
            prefail: u16::from_le_bytes([flags, more]) & PREFAIL != 0,
            value,
            threshold: thresholds.iter().find(|(its, _)| *its == id).map_or(0, |(_, threshold)| *threshold),
            raw: u64::from_le_bytes([a, b, c, d, e, f, 0, 0]),
            name: None,
        })
        .collect();
    let Some(mut signs) = signs(&attributes, model) else {
        return match failing {
            Some(true) => Signs { failing, ..Signs::default() }.told(),
            Some(false) | None => Told::nothing(&Reason::Failed(NONSENSE.to_owned())),
        };
    };
    // Without the drive's own verdict, attributes above their thresholds are one.
    let judged =
        attributes.iter().any(|attribute| attribute.prefail && VALUES.contains(&attribute.threshold));
    if failing == Some(true) || (signs.failing.is_none() && (failing.is_some() || judged)) {
        signs.failing = Some(failing == Some(true));
    }
    if let Some(used) = used(flash) {
        signs.wear = Some(used);
    }
    signs.told()
}

/// Share of the life of flash that is used up, from page 7 of the statistics.
fn used(flash: &[u8]) -> Option<i64> {
    let &[_, _, page, _, _, _, _, _, used, _, _, _, _, _, _, flags] = flash.first_chunk::<16>()?;
    (page == FLASH_PAGE && flags & STATISTIC_VALID == STATISTIC_VALID).then_some(i64::from(used))
}

/// None when the list makes no sense: it names an attribute twice.
fn signs(attributes: &[Attribute<'_>], model: &str) -> Option<Signs> {
    for (at, attribute) in attributes.iter().enumerate() {
        if attributes.iter().skip(at + 1).any(|other| other.id == attribute.id) {
            return None;
        }
    }
    let model = model.to_lowercase();
    let mut signs = Signs::default();
    for attribute in attributes {
        let past = VALUES.contains(&attribute.value)
            && VALUES.contains(&attribute.threshold)
            && attribute.value <= attribute.threshold;
        if past && attribute.prefail {
            signs.failing = Some(true);
        }
        // A drive that is too hot today is not an old one.
        signs.defects |= past && !matches!(attribute.id, 190 | 194);
        match attribute.id {
            // Some makers keep something else in the upper words.
            5 => signs.reallocated = i64::try_from(attribute.raw & 0xffff).ok(),
            9 if !NO_HOURS.iter().any(|start| model.starts_with(start)) => {
                signs.hours = i64::try_from(attribute.raw & 0x00ff_ffff).ok();
            }
            // Uncorrectable errors; moves to spare sectors.
            187 | 196 => signs.defects |= attribute.raw & 0xffff != 0,
            // Sectors that wait to be moved; sectors that cannot be read.
            197 | 198 => signs.defects |= (1..=SECTORS_MAX).contains(&(attribute.raw & 0xffff_ffff)),
            _ => {}
        }
        if let Some(left) = left(attribute, &model) {
            signs.wear = Some(100 - i64::from(left));
        }
    }
    Some(signs)
}

/// How much of its life is left to a drive of flash, if this attribute tells. Only where the maker is known to mean that:
/// others keep other things under the same number.
fn left(attribute: &Attribute<'_>, model: &str) -> Option<u8> {
    let starts = |starts: &[&str]| starts.iter().any(|start| model.starts_with(start));
    // CT500MX500SSD1, TS256GSSD230S: the maker's letters, then a number.
    let numbered = |start: &str| {
        model.strip_prefix(start).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let named = |name: &str| attribute.name == Some(name);
    let share = |value: u64| u8::try_from(value).ok().filter(|share| *share <= 100);
    match attribute.id {
        169 if named("Remaining_Lifetime_Perc") || (attribute.name.is_none() && numbered("ts")) => {
            share(attribute.raw)
        }
        177 if starts(&["samsung", "mz7"]) => share(attribute.value.into()),
        202 if named("Percent_Lifetime_Remain")
            || (attribute.name.is_none() && (starts(&["micron", "crucial", "mtfd"]) || numbered("ct"))) =>
        {
            share(attribute.value.into())
        }
        // Where value and raw value contradict each other, neither is believed.
        231 if named("SSD_Life_Left") || (attribute.name.is_none() && starts(&["kingston"])) => {
            share(attribute.value.into())
                .filter(|left| attribute.raw == 0 || attribute.raw > 100 || attribute.raw == u64::from(*left))
        }
        233 if starts(&["intel ssd"]) => share(attribute.value.into()),
        _ => None,
    }
    .filter(|left| *left > 0 || attribute.id == 169)
}

/// The health log of an NVMe drive: log page 02h, 512 bytes.
pub fn nvme(log: &[u8]) -> Told {
    let wide = |at: usize| -> Option<u64> {
        // 16 bytes, of which no drive fills the upper half.
        let (low, high) = log.get(at..at + 16)?.split_first_chunk::<8>()?;
        let low = u64::from_le_bytes(*low);
        Some(if high.iter().all(|byte| *byte == 0) { low } else { u64::MAX })
    };
    let Some(&[warning, kelvin, more, spare, _, used, ..]) = log.first_chunk::<512>() else {
        return Told::nothing(&Reason::Failed("the health log is cut off".to_owned()));
    };
    // A bridge that knows no log answers with zeros, or with ones. Bits 6 and 7 mean nothing.
    let kelvin = u16::from_le_bytes([kelvin, more]);
    if warning > 0x3f || spare > 100 || (kelvin == 0 && spare == 0) {
        return Told::nothing(&Reason::Failed("the health log makes no sense".to_owned()));
    }
    nvme_signs(u64::from(warning), Some(i64::from(used)), wide(128), wide(160)).told()
}

fn nvme_signs(warning: u64, used: Option<i64>, hours: Option<u64>, errors: Option<u64>) -> Signs {
    Signs {
        failing: Some(warning != 0),
        defects: errors.is_some_and(|errors| (1..=SECTORS_MAX).contains(&errors)),
        // NVMe drives count no such thing.
        reallocated: None,
        wear: used,
        hours: hours.and_then(|hours| i64::try_from(hours).ok()),
    }
}

/// What `smartctl --json` printed of a drive.
pub fn smartctl(text: &str) -> Told {
    let Ok(json) = serde_json::from_str::<Value>(text) else {
        return Told::nothing(&Reason::Failed("smartctl printed no JSON".to_owned()));
    };
    let number = |path: &str| json.pointer(path).and_then(Value::as_i64);
    let failing = json.pointer("/smart_status/passed").and_then(Value::as_bool).map(|passed| !passed);
    let log = json.get("nvme_smart_health_information_log");
    let table = list(&json, "/ata_smart_attributes/table");
    let mut signs = if let Some(warning) = log.and_then(|log| log.get("critical_warning")?.as_u64()) {
        let of = |name: &str| log.and_then(|log| log.get(name)?.as_u64());
        let used = of("percentage_used").and_then(|used| i64::try_from(used).ok());
        nvme_signs(warning, used, of("power_on_hours"), of("media_errors"))
    } else {
        let attributes: Vec<Attribute<'_>> = table.iter().filter_map(attribute).collect();
        let model = json.pointer("/model_name").and_then(Value::as_str).unwrap_or_default();
        match signs_of_smartctl(&json, &attributes, model) {
            Some(signs) => signs,
            None => return Told::nothing(&Reason::Failed(NONSENSE.to_owned())),
        }
    };
    if failing == Some(true) || signs.failing.is_none() {
        signs.failing = failing;
    }
    if signs.failing.is_none() && table.is_empty() {
        return Told::nothing(&refusal(&json));
    }
    // smartctl knows the makers that do not count hours.
    if let Some(hours) = number("/power_on_time/hours") {
        signs.hours = Some(hours);
    }
    signs.told()
}

/// Of an ATA drive, or a SCSI drive.
fn signs_of_smartctl(json: &Value, attributes: &[Attribute<'_>], model: &str) -> Option<Signs> {
    let number = |path: &str| json.pointer(path).and_then(Value::as_i64);
    let mut signs = signs(attributes, model)?;
    if let Some(defects) = number("/scsi_grown_defect_list") {
        signs.reallocated = Some(defects);
    }
    let flash = list(json, "/ata_device_statistics/pages")
        .iter()
        .filter(|page| page.get("number").and_then(Value::as_u64) == Some(FLASH_PAGE.into()))
        .flat_map(|page| list(page, "/table"))
        .find(|statistic| statistic.get("offset").and_then(Value::as_u64) == Some(8))
        .filter(|statistic| statistic.pointer("/flags/valid").and_then(Value::as_bool) == Some(true))
        .and_then(|statistic| statistic.get("value")?.as_i64());
    let used = flash
        .or_else(|| number("/endurance_used/current_percent"))
        .or_else(|| number("/scsi_percentage_used_endurance_indicator"));
    if used.is_some() {
        signs.wear = used;
    }
    Some(signs)
}

fn list<'a>(json: &'a Value, path: &str) -> &'a [Value] {
    json.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn attribute(row: &Value) -> Option<Attribute<'_>> {
    let byte =
        |path: &str| row.pointer(path).and_then(Value::as_u64).and_then(|byte| u8::try_from(byte).ok());
    Some(Attribute {
        id: byte("/id")?,
        prefail: row.pointer("/flags/prefailure").and_then(Value::as_bool).unwrap_or(false),
        value: byte("/value")?,
        threshold: byte("/thresh").unwrap_or(0),
        raw: row.pointer("/raw/value").and_then(Value::as_u64).unwrap_or(0),
        name: row.get("name").and_then(Value::as_str),
    })
}

/// Why smartctl tells nothing. Its messages are not translated, and the system's are in English (`LC_ALL=C`).
fn refusal(json: &Value) -> Reason {
    let denied = list(json, "/smartctl/messages").iter().any(|message| {
        message.get("string").and_then(Value::as_str).is_some_and(|text| {
            ["Permission denied", "Operation not permitted"].iter().any(|refusal| text.contains(refusal))
        })
    });
    if denied { Reason::Denied } else { Reason::NotSupported }
}

#[cfg(test)]
mod tests;
