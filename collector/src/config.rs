//! The collector's settings: one strict TOML file, every key with a default.
//!
//! The commented file in `packaging/` is the default, and a test holds it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rules::limits::{SERVICES_COUNT_MAX, TEXT_CHARS_MAX};
use rules::wire::NamedService;
use serde::{Deserialize, Deserializer};

/// The commented file that `init` writes.
pub const COMMENTED: &str = include_str!("../packaging/collector.toml");

/// All settings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The listener for agents.
    pub agents: Agents,
    /// The listener for people.
    pub people: People,
    /// The certificate of both.
    pub tls: Tls,
    /// Rule sets of one's own.
    pub rules: Rules,
    /// Services that PCs must reach.
    pub reach: Reach,
}

/// The listener for agents.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agents {
    /// Address and port.
    pub listen: SocketAddr,
    /// What goes into join codes, where it is not the address above.
    pub address: Option<String>,
    /// Seconds between two reports of a PC.
    pub report_seconds: u64,
    /// Most connections at once.
    pub connections_max: usize,
    /// Requests a second from one address that are taken for long.
    pub requests_per_second: u32,
    /// Requests from one address that may come at once.
    pub requests_burst: u32,
    /// Seconds for the TLS handshake.
    pub handshake_seconds: u64,
    /// Seconds for the head of a request; also how long an idle connection is kept.
    pub head_seconds: u64,
    /// Seconds for the body of a request.
    pub body_seconds: u64,
}

/// The listener for people.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct People {
    /// Address and port.
    pub listen: SocketAddr,
    /// Whether it speaks TLS; see [`People::speaks_tls`].
    pub tls: Option<bool>,
    /// Whether a proxy before it does the TLS.
    pub behind_proxy: bool,
}

/// The certificate of both listeners.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// A given certificate chain, PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// Whether join codes pin the key; see [`Tls::pins`].
    pub pin: Option<bool>,
}

/// Rule sets of one's own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The folder in which they lie.
    pub folder: PathBuf,
}

/// Services that PCs must reach.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reach {
    /// The services, at most [`SERVICES_COUNT_MAX`].
    #[serde(deserialize_with = "strict")]
    pub services: Vec<NamedService>,
}

impl Default for Agents {
    fn default() -> Agents {
        Agents {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            address: None,
            report_seconds: 86_400,
            connections_max: 10_000,
            requests_per_second: 200,
            requests_burst: 2_000,
            handshake_seconds: 10,
            head_seconds: 15,
            body_seconds: 30,
        }
    }
}

impl Default for People {
    fn default() -> People {
        People { listen: SocketAddr::from(([127, 0, 0, 1], 8380)), tls: None, behind_proxy: false }
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { folder: PathBuf::from("rules") }
    }
}

/// On the wire a service may have fields that an older agent does not know; a settings file may not.
fn strict<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NamedService>, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Service {
        name: String,
        address: String,
    }
    let services = Vec::<Service>::deserialize(deserializer)?;
    Ok(services.into_iter().map(|Service { name, address }| NamedService { name, address }).collect())
}

impl Default for Reach {
    fn default() -> Reach {
        let service =
            |name: &str, address: &str| NamedService { name: name.to_owned(), address: address.to_owned() };
        Reach {
            services: vec![
                service("Cổng Dịch vụ công quốc gia", "https://dichvucong.gov.vn"),
                service("Dịch vụ cấp dấu thời gian, kiểm tra chứng thư số (VGCA)", "ca.gov.vn:80"),
            ],
        }
    }
}

impl People {
    /// Whether this listener speaks TLS.
    pub fn speaks_tls(&self) -> bool {
        self.tls.unwrap_or(!self.listen.ip().is_loopback() && !self.behind_proxy)
    }

    /// Whether browsers see TLS, so that cookies may insist on it.
    pub fn seen_over_tls(&self) -> bool {
        self.speaks_tls() || self.behind_proxy
    }
}

impl Tls {
    /// Whether join codes pin the certificate's key.
    pub fn pins(&self) -> bool {
        self.pin.unwrap_or(self.certificate.is_none())
    }
}

impl Config {
    /// Reads the settings from this text. `file` only stands in the error.
    ///
    /// # Errors
    /// What is wrong, with file, line and column.
    pub fn parse(file: &str, text: &str) -> Result<Config> {
        let config: Config = toml::from_str(text).map_err(|error| {
            let (line, column) = error.span().map_or((1, 1), |span| place(text, span.start));
            anyhow::anyhow!("{file}:{line}:{column}: {}", error.message().trim().replace('\n', "; "))
        })?;
        config.check().with_context(|| format!("{file}:1:1: the settings do not fit together"))?;
        Ok(config)
    }

    /// Reads the settings from this file.
    ///
    /// # Errors
    /// When it cannot be read, or what is wrong in it.
    pub fn load(path: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("reading the settings {} (make them with: init)", path.display()))?;
        Config::parse(&path.display().to_string(), &text)
    }

    fn check(&self) -> Result<()> {
        if !self.people.listen.ip().is_loopback() && !self.people.speaks_tls() && !self.people.behind_proxy {
            bail!(
                "people.tls is false and people.listen is {}, so passwords would cross the network in the open: \
                 set people.tls = true, or people.behind_proxy = true when a proxy does the TLS",
                self.people.listen
            );
        }
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            bail!("tls.certificate and tls.key belong together: give both or none");
        }
        if let Some(address) = &self.agents.address
            && (!rules::join::JoinCode::fits(address) || !has_port(address))
        {
            bail!("agents.address is “{address}”: write HOST:PORT, such as sansang.example.vn:8443");
        }
        self.reach.check()?;
        for (name, value) in [
            ("agents.report_seconds", self.agents.report_seconds),
            ("agents.connections_max", self.agents.connections_max as u64),
            ("agents.requests_per_second", u64::from(self.agents.requests_per_second)),
            ("agents.requests_burst", u64::from(self.agents.requests_burst)),
            ("agents.handshake_seconds", self.agents.handshake_seconds),
            ("agents.head_seconds", self.agents.head_seconds),
            ("agents.body_seconds", self.agents.body_seconds),
        ] {
            if value == 0 {
                bail!("{name} is 0: write a number above 0");
            }
        }
        Ok(())
    }
}

impl Reach {
    fn check(&self) -> Result<()> {
        let services = &self.services;
        if services.len() > SERVICES_COUNT_MAX {
            bail!("reach.services has {} entries: keep at most {SERVICES_COUNT_MAX}", services.len());
        }
        for (index, service) in services.iter().enumerate() {
            let number = index + 1;
            let NamedService { name, address } = service;
            if name.trim().is_empty() || name.chars().count() > TEXT_CHARS_MAX {
                bail!(
                    "reach.services has no usable name in entry {number}: write one of 1 to {TEXT_CHARS_MAX} characters"
                );
            }
            if services.iter().take(index).any(|other| other.name == *name) {
                bail!("reach.services names “{name}” twice: give each service a name of its own");
            }
            if service.place().is_none() {
                bail!(
                    "reach.services has the address “{address}” for “{name}”: write https://HOST, https://HOST:PORT \
                     or HOST:PORT, without a path"
                );
            }
        }
        Ok(())
    }
}

fn has_port(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// Line and column (in characters, from 1) of this byte.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn the_commented_file_is_the_default() {
        assert_eq!(Config::parse("collector.toml", COMMENTED).unwrap(), Config::default());
    }

    #[test]
    fn every_commented_key_exists() {
        let open: String = COMMENTED
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        let config = Config::parse("collector.toml", &open).unwrap();
        assert_ne!(config.tls, Tls::default());
        assert!(config.agents.address.is_some() && config.people.tls.is_some());
    }

    #[test]
    fn broken_settings() {
        fn check(text: &str, expected: Expect) {
            let error = Config::parse("collector.toml", text).unwrap_err();
            expected.assert_eq(&format!("{error:#}"));
        }
        check(
            "[agents]\nlisten = \"0.0.0.0:8443\"\nlissen = 1\n",
            expect![
                "collector.toml:3:1: unknown field `lissen`, expected one of `listen`, `address`, `report_seconds`, `connections_max`, `requests_per_second`, `requests_burst`, `handshake_seconds`, `head_seconds`, `body_seconds`"
            ],
        );
        check(
            "[agents]\nreport_seconds = \"day\"",
            expect![[r#"collector.toml:2:18: invalid type: string "day", expected u64"#]],
        );
        check(
            "[agents]\nreport_seconds = 0",
            expect![
                "collector.toml:1:1: the settings do not fit together: agents.report_seconds is 0: write a number above 0"
            ],
        );
        check(
            "[agents]\naddress = \"sansang.example.vn\"",
            expect![
                "collector.toml:1:1: the settings do not fit together: agents.address is “sansang.example.vn”: write HOST:PORT, such as sansang.example.vn:8443"
            ],
        );
        check(
            "[people]\nlisten = \"0.0.0.0:80\"\ntls = false",
            expect![
                "collector.toml:1:1: the settings do not fit together: people.tls is false and people.listen is 0.0.0.0:80, so passwords would cross the network in the open: set people.tls = true, or people.behind_proxy = true when a proxy does the TLS"
            ],
        );
        check(
            "[tls]\ncertificate = \"a.pem\"",
            expect![
                "collector.toml:1:1: the settings do not fit together: tls.certificate and tls.key belong together: give both or none"
            ],
        );
        check(
            "[reach]\nservices = [{ name = \"Một cửa\", address = \"motcua.example.vn\" }]",
            expect![
                "collector.toml:1:1: the settings do not fit together: reach.services has the address “motcua.example.vn” for “Một cửa”: write https://HOST, https://HOST:PORT or HOST:PORT, without a path"
            ],
        );
        check(
            "[reach]\nservices = [{ name = \" \", address = \"a:1\" }]",
            expect![
                "collector.toml:1:1: the settings do not fit together: reach.services has no usable name in entry 1: write one of 1 to 512 characters"
            ],
        );
        check(
            "[reach]\nservices = [{ name = \"a\", address = \"a:1\" }, { name = \"a\", address = \"b:1\" }]",
            expect![
                "collector.toml:1:1: the settings do not fit together: reach.services names “a” twice: give each service a name of its own"
            ],
        );
        check(
            &format!("[reach]\nservices = [{}]", "{ name = \"a\", address = \"a:1\" },".repeat(17)),
            expect![
                "collector.toml:1:1: the settings do not fit together: reach.services has 17 entries: keep at most 16"
            ],
        );
        check(
            "[reach]\nservices = [{ name = \"a\" }]",
            expect!["collector.toml:2:13: missing field `address`"],
        );
        check("[people\n", expect!["collector.toml:1:8: unclosed table, expected `]`"]);
    }

    #[test]
    fn the_dashboard_is_open_only_to_this_pc_or_a_proxy() {
        let people = |text: &str| Config::parse("c", text).unwrap().people;
        assert!(!people("").speaks_tls());
        assert!(people("people.listen = \"0.0.0.0:443\"").speaks_tls());
        let behind = people("people = { listen = \"10.0.0.5:80\", behind_proxy = true }");
        assert!(!behind.speaks_tls() && behind.seen_over_tls());
    }
}
