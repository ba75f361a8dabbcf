//! Ways to work on this PC from elsewhere: Windows' own remote desktop, and tools of other makers.
//!
//! Settings of a policy go before those of the PC. Tools are known by the names of their services, of their programs
//! and of their entries in the list of installed programs, none of which is translated. Whether a tool has a fixed
//! password is kept in its own settings and not read.

use rules::fact::{Fact, Reason};
use rules::facts::exposure::RemoteTool;

use super::firewall;
use super::registry::number;
use super::services::{matching, runs, states};
use crate::host::answers::{Key, RegistryValue, ServiceStart, View};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::any_running;

const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services";
const SERVER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server";
const CONNECTION: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp";
const INSTALLED: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
/// The port of remote desktop when nobody set another.
const RDP_PORT: i64 = 3389;
/// TCP (IANA).
const TCP: &str = "6";

/// Windows' own remote desktop.
pub(super) struct Desktop {
    pub(super) on: Fact<bool>,
    pub(super) nla: Fact<bool>,
    pub(super) public: Fact<bool>,
}

pub(super) fn desktop(host: &dyn Host) -> Desktop {
    let on = is_on(host);
    match &on {
        Ok(true) => Desktop {
            on: true.into(),
            nla: match policy_first(host, CONNECTION, "UserAuthentication") {
                // Windows asks for it since Vista can, but only when it was told so.
                Ok(asks) => asks.is_some_and(|asks| asks != 0).into(),
                Err(trouble) => Fact::Unknown(trouble.into()),
            },
            public: match is_public(host) {
                Ok(public) => public.into(),
                Err(trouble) => Fact::Unknown(trouble.into()),
            },
        },
        Ok(false) => Desktop { on: false.into(), nla: Fact::Absent, public: false.into() },
        Err(trouble) => {
            let reason = Reason::from(trouble.clone());
            Desktop {
                on: Fact::Unknown(reason.clone()),
                nla: Fact::Unknown(reason.clone()),
                public: Fact::Unknown(reason),
            }
        }
    }
}

fn policy_first(host: &dyn Host, key: &str, name: &str) -> Answer<i64> {
    match number(host, POLICY, name)? {
        Some(value) => Ok(Some(value)),
        None => number(host, key, name),
    }
}

/// Windows comes with remote desktop off.
fn is_on(host: &dyn Host) -> Result<bool, Trouble> {
    if policy_first(host, SERVER, "fDenyTSConnections")?.is_none_or(|denies| denies != 0) {
        return Ok(false);
    }
    Ok(host.service("TermService")?.is_some_and(|service| service.start != ServiceStart::Disabled))
}

/// Whether the firewall lets somebody in a public network reach it.
fn is_public(host: &dyn Host) -> Result<bool, Trouble> {
    if firewall::set(host, "PublicProfile", "EnableFirewall")? == Some(0) {
        return Ok(true);
    }
    if !runs(host, "MpsSvc")? {
        // Another firewall may stand in its place.
        return Err(Trouble::NotSupported);
    }
    if firewall::set(host, "PublicProfile", "DoNotAllowExceptions")? == Some(1) {
        return Ok(false);
    }
    let port = number(host, CONNECTION, "PortNumber")?.unwrap_or(RDP_PORT);
    let mut allowed = firewall::set(host, "PublicProfile", "DefaultInboundAction")? == Some(0);
    for root in [firewall::POLICY, firewall::LOCAL] {
        let rules = host.registry_values(Key::wide(&format!(r"{root}\FirewallRules")))?.unwrap_or_default();
        for rule in rules.values() {
            let RegistryValue::Text(rule) = rule else { continue };
            match decided(rule, port) {
                // What refuses goes before what allows.
                Some(false) => return Ok(false),
                Some(true) => allowed = true,
                None => {}
            }
        }
    }
    Ok(allowed)
}

/// What a rule of the firewall says of callers from a public network to this TCP port of Windows' own services; none
/// when it says nothing of them. A rule is `version|Field=Value|…` (MS-FASP 2.2.37 and the documents of group policy).
fn decided(rule: &str, port: i64) -> Option<bool> {
    let fields: Vec<(&str, &str)> = rule.split('|').filter_map(|field| field.split_once('=')).collect();
    let all = |name: &str| -> Vec<&str> {
        fields.iter().filter(|(its, _)| its.eq_ignore_ascii_case(name)).map(|(_, value)| *value).collect()
    };
    let is = |name: &str, value: &str| all(name).iter().any(|its| its.eq_ignore_ascii_case(value));
    let unset_or = |name: &str, fits: &dyn Fn(&str) -> bool| {
        let values = all(name);
        values.is_empty() || values.into_iter().any(fits)
    };
    let applies = is("Active", "TRUE")
        && is("Dir", "In")
        && unset_or("Profile", &|profile| profile.eq_ignore_ascii_case("Public"))
        && unset_or("Protocol", &|protocol| protocol == TCP)
        && unset_or("App", &|app| {
            let app = app.to_ascii_lowercase();
            app == "system" || app.ends_with(r"\svchost.exe")
        })
        && unset_or("Svc", &|service| service == "*" || service.eq_ignore_ascii_case("termservice"))
        // A rule for some callers only does not open the PC; neighbours are anybody in a public network.
        && ["RA4", "RA6"]
            .iter()
            .all(|name| unset_or(name, &|from| from.eq_ignore_ascii_case("LocalSubnet")))
        && (all("LPort").is_empty() && all("LPort2_10").is_empty()
            || all("LPort").iter().any(|its| its.parse() == Ok(port))
            || all("LPort2_10").iter().any(|range| in_range(range, port)));
    match (applies, is("Action", "Allow"), is("Action", "Block")) {
        (true, true, _) => Some(true),
        (true, false, true) => Some(false),
        _ => None,
    }
}

fn in_range(range: &str, port: i64) -> bool {
    let Some((from, to)) = range.split_once('-') else { return range.parse() == Ok(port) };
    matches!((from.parse::<i64>(), to.parse::<i64>()), (Ok(from), Ok(to)) if (from..=to).contains(&port))
}

/// How a tool is known.
struct Tool {
    name: &'static str,
    services: &'static [&'static str],
    programs: &'static [&'static str],
    /// Patterns of keys in the list of installed programs.
    installed: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "AeroAdmin",
        services: &["AeroadminService*"],
        programs: &["AeroAdmin.exe"],
        installed: &[],
    },
    Tool { name: "Ammyy Admin", services: &["AmmyyAdmin*"], programs: &["AA_v3.exe"], installed: &[] },
    Tool { name: "AnyDesk", services: &["AnyDesk*"], programs: &["AnyDesk.exe"], installed: &["AnyDesk*"] },
    Tool {
        name: "Chrome Remote Desktop",
        services: &["chromoting"],
        programs: &["remoting_host.exe"],
        installed: &[],
    },
    Tool { name: "DWService", services: &["DWAgent"], programs: &["dwagsvc.exe"], installed: &["DWAgent"] },
    Tool {
        name: "HopToDesk",
        services: &["HopToDesk"],
        programs: &["HopToDesk.exe"],
        installed: &["HopToDesk"],
    },
    Tool {
        name: "LogMeIn",
        services: &["LogMeIn", "LMIGuardianSvc"],
        programs: &["LogMeIn.exe"],
        installed: &[],
    },
    Tool {
        name: "MeshCentral",
        services: &["Mesh Agent"],
        programs: &["MeshAgent.exe"],
        installed: &["Mesh Agent"],
    },
    Tool {
        name: "NoMachine",
        services: &["nxservice", "nxservice64"],
        programs: &["nxservice64.exe"],
        installed: &["NoMachine*"],
    },
    Tool { name: "Radmin", services: &["RServer3"], programs: &["rserver3.exe"], installed: &[] },
    Tool {
        name: "RealVNC Server",
        services: &["vncserver", "WinVNC4"],
        programs: &["vncserver.exe", "winvnc4.exe"],
        installed: &[],
    },
    Tool { name: "Remote Utilities", services: &["RManService"], programs: &["rutserv.exe"], installed: &[] },
    Tool {
        name: "RustDesk",
        services: &["RustDesk"],
        programs: &["rustdesk.exe"],
        installed: &["RustDesk*"],
    },
    Tool {
        name: "ScreenConnect",
        services: &["ScreenConnect Client*"],
        programs: &["ScreenConnect.ClientService.exe"],
        installed: &[],
    },
    Tool {
        name: "Splashtop",
        services: &["SplashtopRemoteService"],
        programs: &["SRService.exe"],
        installed: &[],
    },
    Tool {
        name: "Sunlogin / AweSun",
        services: &["SunloginService", "AweSunService"],
        programs: &["SunloginClient.exe", "AweSun.exe"],
        installed: &["SunloginClient*", "AweSun*"],
    },
    Tool {
        name: "Supremo",
        services: &["SupremoService"],
        programs: &["Supremo.exe"],
        installed: &["Supremo*"],
    },
    Tool {
        name: "TeamViewer",
        services: &["TeamViewer*"],
        programs: &["TeamViewer.exe", "TeamViewer_Service.exe"],
        installed: &["TeamViewer*"],
    },
    Tool { name: "TightVNC", services: &["tvnserver"], programs: &["tvnserver.exe"], installed: &[] },
    Tool { name: "ToDesk", services: &["ToDesk_Service"], programs: &["ToDesk.exe"], installed: &["ToDesk"] },
    Tool {
        name: "UltraViewer",
        services: &["UltraViewService"],
        programs: &["UltraViewer_Desktop.exe", "UltraViewer_Service.exe"],
        installed: &["UltraViewer*"],
    },
    Tool {
        name: "UltraVNC",
        services: &["uvnc_service"],
        programs: &["winvnc.exe"],
        installed: &["Ultravnc2*"],
    },
    Tool {
        name: "Zoho Assist",
        services: &["Zoho Assist*", "ZohoMeeting*"],
        programs: &["ZA_Access.exe", "ZohoURSService.exe"],
        installed: &[],
    },
];

/// Tools that show the screen by VNC.
const VNC: &[&str] = &["RealVNC Server", "TightVNC", "UltraVNC"];

pub(super) fn tools(
    host: &dyn Host,
    services: &Result<Vec<String>, Trouble>,
    at_sign_in: &Result<Vec<String>, Trouble>,
) -> Result<Vec<RemoteTool>, Trouble> {
    let services = services.as_ref().map_err(Clone::clone)?;
    let mut installed = Vec::new();
    for view in [View::Wide, View::Narrow] {
        installed.extend(host.registry_keys(Key { view, path: INSTALLED })?.unwrap_or_default());
    }
    let mut tools = Vec::new();
    for tool in TOOLS {
        let names = matching(services, tool.services);
        let runs = any_running(host, tool.programs)?;
        if names.is_empty() && !runs && matching(&installed, tool.installed).is_empty() {
            continue;
        }
        let states = states(host, &names)?;
        let by_service = states.iter().any(|service| match service.start {
            ServiceStart::Boot | ServiceStart::System | ServiceStart::Automatic => true,
            ServiceStart::Manual | ServiceStart::Disabled => false,
        });
        tools.push(RemoteTool {
            name: Fact::Known(tool.name.to_owned()),
            running: (runs || states.iter().any(|service| service.running)).into(),
            starts_by_itself: match at_sign_in {
                _ if by_service => true.into(),
                Ok(files) => files.iter().any(|file| is_of(file, tool.programs)).into(),
                Err(trouble) => Fact::Unknown(trouble.clone().into()),
            },
        });
    }
    Ok(tools)
}

fn is_of(file: &str, programs: &[&str]) -> bool {
    let name = file.rsplit('\\').next().unwrap_or_default();
    programs.iter().any(|program| program.eq_ignore_ascii_case(name))
}

/// Whether one of these tools shows the screen to the network now.
pub(super) fn vnc_runs(tools: &[RemoteTool]) -> bool {
    tools.iter().any(|tool| {
        tool.running == Fact::Known(true)
            && tool.name.known().is_some_and(|name| VNC.contains(&name.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_the_firewall() {
        let check = |rule: &str, expected: Option<bool>| assert_eq!(decided(rule, 3389), expected, "{rule}");
        let rdp = "v2.33|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=3389|App=%SystemRoot%\\system32\\svchost.exe|Svc=termservice|Name=@FirewallAPI.dll,-28775|";
        check(rdp, Some(true));
        check(&rdp.replace("Profile=Public", "Profile=Domain|Profile=Private"), None);
        check(&rdp.replace("Profile=Public|", ""), Some(true));
        check(&rdp.replace("Active=TRUE", "Active=FALSE"), None);
        check(&rdp.replace("Allow", "Block"), Some(false));
        check(&rdp.replace("LPort=3389", "LPort=80"), None);
        check(&rdp.replace("LPort=3389", "LPort=80|LPort2_10=3380-3400"), Some(true));
        check(&rdp.replace("LPort=3389|", ""), Some(true));
        check(&rdp.replace("LPort=3389", "LPort=3389|RA4=10.1.0.0/255.255.0.0"), None);
        check(&rdp.replace("LPort=3389", "LPort=3389|RA4=LocalSubnet"), Some(true));
        check(&rdp.replace("termservice", "spooler"), None);
        check(&rdp.replace("Protocol=6", "Protocol=17"), None);
        check("v2.10|Action=Allow|Active=TRUE|Dir=In|App=C:\\Zalo\\Zalo.exe|", None);
        check("v2.10|Action=Allow|Active=TRUE|Dir=In|", Some(true));
        check("", None);
        check("||=|LPort=x", None);
    }
}
