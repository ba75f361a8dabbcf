//! Names of printers and their ports, which tell rooms, people and addresses.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::recorded::{Recording, Said};

const QUEUES: &str = r"\Control\Print\Printers";
const PORTS: &str = r"\Standard TCP/IP Port\Ports";
const CONNECTIONS: &str = r"\Printers\Connections";
const DEFAULT: &str = r"\CurrentVersion\Windows: Device";

pub(super) fn scrub(recording: &mut Recording) {
    let names = |end: &str, kind: &str| -> BTreeMap<String, String> {
        let listed = recording
            .asked
            .iter()
            .filter(|(question, _)| question.starts_with("registry keys ") && question.ends_with(end));
        let names = listed.filter_map(|(_, said)| match said {
            Said::Answered(Some(Value::Array(names))) => Some(names.iter().filter_map(Value::as_str)),
            Said::Answered(_) | Said::Trouble { .. } => None,
        });
        let stand_in = |(at, name): (usize, &str)| (name.to_owned(), format!("{kind}-{}", at + 1));
        names.flatten().enumerate().map(stand_in).collect()
    };
    let queues = names(QUEUES, "printer");
    let ports = names(PORTS, "IP_port");
    let connections = names(CONNECTIONS, ",,pc,printer");
    recording.asked = std::mem::take(&mut recording.asked)
        .into_iter()
        .map(|(question, mut said)| {
            let mut nothing = Value::Null;
            let value = match &mut said {
                Said::Answered(Some(value)) => value,
                Said::Answered(None) | Said::Trouble { .. } => &mut nothing,
            };
            if question.ends_with(QUEUES) {
                each(value, &|name| queues.get(name).cloned());
            } else if question.ends_with(PORTS) {
                each(value, &|name| ports.get(name).cloned());
            } else if question.ends_with(CONNECTIONS) {
                each(value, &|name| connections.get(name).cloned());
            } else if question.ends_with(": Port") {
                each(value, &|port| port_name(port, &ports));
            } else if question.ends_with(DEFAULT) {
                each(value, &|device| {
                    let name = device.split(',').next().unwrap_or_default();
                    let shared =
                        connections.get(&name.replace('\\', ",")).map(|name| name.replace(',', r"\"));
                    let stand_in = queues.get(name).cloned().or(shared);
                    Some(format!("{},winspool,Ne00:", stand_in.as_deref().unwrap_or("printer")))
                });
            }
            (renamed(&question, &queues), said)
        })
        .collect();
}

/// Every text in the value, replaced.
fn each(value: &mut Value, replace: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(stand_in) = replace(text) {
                *text = stand_in;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| each(value, replace)),
        Value::Object(fields) => fields.values_mut().for_each(|value| each(value, replace)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A port keeps the beginning that says what it is.
fn port_name(port: &str, ports: &BTreeMap<String, String>) -> Option<String> {
    let address = port.strip_prefix("IP_").unwrap_or(port);
    ports.get(port).cloned().or_else(|| {
        let is_address = address.parse::<std::net::IpAddr>().is_ok();
        let is_share = port.starts_with(r"\\");
        (is_address || is_share).then(|| "IP_scrubbed".to_owned())
    })
}

/// The question with the name of a queue in it replaced.
fn renamed(question: &str, queues: &BTreeMap<String, String>) -> String {
    let Some((start, rest)) = question.split_once(&format!(r"{QUEUES}\")) else { return question.to_owned() };
    let Some((name, value)) = rest.rsplit_once(": ") else { return question.to_owned() };
    match queues.get(name) {
        Some(stand_in) => format!(r"{start}{QUEUES}\{stand_in}: {value}"),
        None => question.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Recording;

    #[test]
    fn a_printer_tells_nobody() {
        let recording = serde_json::json!({
            "origin": "real", "about": "", "platform": "windows", "taken_at": "2026-11-22T00:00:00Z",
            "asked": {
                r"registry keys HKLM\SYSTEM\CurrentControlSet\Control\Print\Printers": ["HP chị Lan", "Tầng 2"],
                r"registry value HKLM\SYSTEM\CurrentControlSet\Control\Print\Printers\HP chị Lan: Port": {"text": "USB001"},
                r"registry value HKLM\SYSTEM\CurrentControlSet\Control\Print\Printers\Tầng 2: Port": {"text": "IP_10.1.2.3"},
                r"registry keys HKLM\SYSTEM\CurrentControlSet\Control\Print\Monitors\Standard TCP/IP Port\Ports": ["IP_10.1.2.3"],
                r"registry keys HKU\S-1-5-21-1-1-1-1001\Printers\Connections": [",,KETOAN,Canon"],
                r"registry value HKU\S-1-5-21-1-1-1-1001\Software\Microsoft\Windows NT\CurrentVersion\Windows: Device": {"text": "HP chị Lan,winspool,Ne01:"},
            },
        });
        let mut recording: Recording = serde_json::from_value(recording).unwrap();
        scrub(&mut recording);
        expect_test::expect![[r#"
            {
              "registry keys HKLM\\SYSTEM\\CurrentControlSet\\Control\\Print\\Monitors\\Standard TCP/IP Port\\Ports": [
                "IP_port-1"
              ],
              "registry keys HKLM\\SYSTEM\\CurrentControlSet\\Control\\Print\\Printers": [
                "printer-1",
                "printer-2"
              ],
              "registry keys HKU\\S-1-5-21-1-1-1-1001\\Printers\\Connections": [
                ",,pc,printer-1"
              ],
              "registry value HKLM\\SYSTEM\\CurrentControlSet\\Control\\Print\\Printers\\printer-1: Port": {
                "text": "USB001"
              },
              "registry value HKLM\\SYSTEM\\CurrentControlSet\\Control\\Print\\Printers\\printer-2: Port": {
                "text": "IP_port-1"
              },
              "registry value HKU\\S-1-5-21-1-1-1-1001\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Windows: Device": {
                "text": "printer-1,winspool,Ne00:"
              }
            }"#]].assert_eq(&serde_json::to_string_pretty(&recording.asked).unwrap());
    }
}
