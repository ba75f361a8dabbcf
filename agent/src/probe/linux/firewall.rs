//! The firewall.
//!
//! ufw and firewalld by their own settings; otherwise the rules in the kernel: those of nftables as JSON from
//! nft (root only; iptables of today writes the same), of the older iptables by the names of its tables (root
//! only). Where rules may be but cannot be read, the answer is unknown; where the kernel has loaded nothing that
//! keeps them, it is no. Seen on Debian 12 without one. What other systems answer is known from their documents and from
//! made-up recordings.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::firewall::{Firewall, Profile};
use serde_json::Value;

use crate::host::{Command, Host, Trouble};
use crate::probe::ask::{assigned, fact_or_unsupported, first_present, running, text};

/// Tools that load rules into the kernel.
const TOOLS: &[&str] =
    &["/usr/sbin/nft", "/usr/sbin/iptables", "/sbin/iptables", "/usr/sbin/iptables-legacy"];

/// What was found.
struct Found {
    /// Who filters, when anybody does.
    product: Option<&'static str>,
    enabled: bool,
    blocks_incoming: Fact<bool>,
}

const NOTHING: Found = Found { product: None, enabled: false, blocks_incoming: Fact::Known(false) };

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Firewall {
    match look(host) {
        Ok(found) => Firewall {
            product: Fact::known_or_absent(found.product.map(str::to_owned)),
            enabled: found.enabled.into(),
            blocks_incoming: found.blocks_incoming,
            profiles: vec![Profile { name: "system".to_owned().into(), enabled: found.enabled.into() }]
                .into(),
        },
        Err(trouble) => Firewall::all_unknown(&Reason::from(trouble)),
    }
}

fn look(host: &dyn Host) -> Result<Found, Trouble> {
    let ufw = text(host, "/etc/ufw/ufw.conf")?.and_then(|text| assigned(&text, "ENABLED"));
    if ufw.is_some_and(|enabled| enabled.eq_ignore_ascii_case("yes")) {
        let policy = text(host, "/etc/default/ufw").map(|text| assigned(&text?, "DEFAULT_INPUT_POLICY"));
        let blocks = fact_or_unsupported(policy).map(|policy| matches!(policy.as_str(), "DROP" | "REJECT"));
        return Ok(Found { product: Some("ufw"), enabled: true, blocks_incoming: blocks });
    }
    if running(host, "firewalld")? {
        let zone =
            text(host, "/etc/firewalld/firewalld.conf")?.and_then(|text| assigned(&text, "DefaultZone"));
        // "trusted" accepts everything; every other zone refuses what it does not list.
        let blocks = zone.as_deref() != Some("trusted");
        return Ok(Found { product: Some("firewalld"), enabled: true, blocks_incoming: blocks.into() });
    }
    in_kernel(host)
}

fn in_kernel(host: &dyn Host) -> Result<Found, Trouble> {
    let modules = text(host, "/proc/modules")?;
    let loaded = |name: &str| {
        // A kernel without modules may have everything built in.
        modules
            .as_deref()
            .is_none_or(|modules| modules.lines().any(|line| line.split(' ').next() == Some(name)))
    };
    let tools = first_present(host, TOOLS)?.is_some();
    let old = match text(host, "/proc/net/ip_tables_names") {
        Ok(names) => names.is_some_and(|names| names.lines().any(|name| name == "filter")),
        Err(trouble) => return Err(trouble),
    };
    if old {
        return Err(Trouble::Failed("iptables has rules that cannot be read as they are".to_owned()));
    }
    if !loaded("nf_tables") {
        return Ok(NOTHING);
    }
    if !tools {
        // Whoever makes rules brings the tool along, unless the kernel has been told by a program of another place.
        return Err(Trouble::NotSupported);
    }
    match host.run(Command::NftRules)? {
        Some(output) if output.code == 0 => nft(&output.stdout),
        // nft says so on the error output only.
        Some(_) => Err(Trouble::Denied),
        None => Err(Trouble::Failed("nftables is loaded, but there is no nft to read its rules".to_owned())),
    }
}

/// What the rules do with packets that come in (libnftables-json(5)).
fn nft(json: &str) -> Result<Found, Trouble> {
    let rules: Value = serde_json::from_str(json)
        .map_err(|error| Trouble::Failed(format!("cannot read the rules of nftables: {error}")))?;
    let Some(objects) = rules.get("nftables").and_then(Value::as_array) else {
        return Err(Trouble::Failed("the rules of nftables have an unknown form".to_owned()));
    };
    let (mut found, mut blocks) = (NOTHING, false);
    for chain in objects.iter().filter_map(|object| object.get("chain")) {
        if chain.get("hook").and_then(Value::as_str) != Some("input") {
            continue;
        }
        let drops = chain.get("policy").and_then(Value::as_str) == Some("drop");
        let rules: Vec<&Value> = objects
            .iter()
            .filter_map(|object| object.get("rule"))
            .filter(|rule| {
                let same = |key: &str, of: &str| rule.get(key) == chain.get(of);
                same("family", "family") && same("table", "table") && same("chain", "name")
            })
            .collect();
        let ends = rules.iter().any(|rule| refuses_everything(rule));
        blocks |= drops || ends;
        found.enabled |= drops || !rules.is_empty();
    }
    found.product = found.enabled.then_some("nftables");
    found.blocks_incoming = blocks.into();
    Ok(found)
}

/// A rule that only counts and refuses, without asking anything of the packet.
fn refuses_everything(rule: &Value) -> bool {
    let Some(steps) = rule.get("expr").and_then(Value::as_array) else { return false };
    let is = |step: &Value, names: &[&str]| names.iter().any(|name| step.get(name).is_some());
    steps.iter().all(|step| is(step, &["counter", "log", "drop", "reject"]))
        && steps.iter().any(|step| is(step, &["drop", "reject"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, enabled: bool, blocks_incoming: bool) {
        let found = nft(json).unwrap();
        assert_eq!((found.enabled, found.blocks_incoming), (enabled, blocks_incoming.into()), "{json}");
    }

    #[test]
    fn rules_of_nftables() {
        check(r#"{"nftables": [{"metainfo": {"version": "1.0.6"}}]}"#, false, false);
        let chain = |policy: &str| {
            format!(
                r#"{{"chain": {{"family": "inet", "table": "f", "name": "in", "hook": "input", "policy": "{policy}"}}}}"#
            )
        };
        let rule = |expr: &str| {
            format!(r#"{{"rule": {{"family": "inet", "table": "f", "chain": "in", "expr": [{expr}]}}}}"#)
        };
        check(&format!(r#"{{"nftables": [{}]}}"#, chain("accept")), false, false);
        check(&format!(r#"{{"nftables": [{}]}}"#, chain("drop")), true, true);
        let port = rule(r#"{"match": {}}, {"drop": null}"#);
        check(&format!(r#"{{"nftables": [{}, {port}]}}"#, chain("accept")), true, false);
        let all = rule(r#"{"counter": {}}, {"reject": {}}"#);
        check(&format!(r#"{{"nftables": [{}, {port}, {all}]}}"#, chain("accept")), true, true);
        assert!(nft("").is_err());
        assert!(nft("{}").is_err());
    }
}
