//! The certificate that both listeners show: the collector's own, made at the first start, or a given one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Config;
use crate::data::{Data, write_private};

/// How long the collector's own certificate is valid. Agents pin its key and do not look at dates.
const VALID_YEARS: i32 = 10;

/// A certificate ready for use.
#[derive(Clone)]
pub struct Certificate {
    /// What TLS listeners speak with.
    pub server: Arc<ServerConfig>,
    /// The first 16 bytes of the SHA-256 of its public key (its SubjectPublicKeyInfo).
    pub pin: [u8; 16],
}

/// The certificate of this data folder, or the given one of the settings; the own one is made where it is missing.
///
/// # Errors
/// When a file cannot be read or written, is not PEM, or certificate and key do not belong together.
pub fn load_or_make(data: &Data, config: &Config, hostname: &str, now: Timestamp) -> Result<Certificate> {
    if let (Some(certificate), Some(key)) = (&config.tls.certificate, &config.tls.key) {
        return load(&data.path(certificate), &data.path(key));
    }
    let (certificate, key) = (data.path("certificate.pem"), data.path("key.pem"));
    match (certificate.exists(), key.exists()) {
        (true, true) => {}
        (false, false) => make(&certificate, &key, &names(config, hostname), now)?,
        _ => bail!(
            "the data folder {} holds only one of certificate.pem and key.pem: restore the other from a backup, \
             or remove both to have new ones made (every PC must then join again)",
            data.folder().display()
        ),
    }
    load(&certificate, &key)
}

/// The names and addresses that the collector's own certificate is made for.
fn names(config: &Config, hostname: &str) -> Vec<String> {
    let listening = [config.agents.listen.ip(), config.people.listen.ip()];
    let public =
        config.agents.address.as_deref().and_then(|address| address.rsplit_once(':')).map(|(host, _)| host);
    let mut names: Vec<String> = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)]
        .into_iter()
        .chain(listening)
        .filter(|ip| !ip.is_unspecified())
        .map(|ip| ip.to_string())
        .chain(["localhost".to_owned(), hostname.to_owned()])
        .chain(public.map(|host| host.trim_matches(['[', ']']).to_owned()))
        .filter(|name| !name.is_empty())
        .collect();
    names.sort();
    names.dedup();
    names
}

fn make(certificate: &Path, key: &Path, names: &[String], now: Timestamp) -> Result<()> {
    let making = || "making the collector's certificate";
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).with_context(making)?;
    let mut params = CertificateParams::new(names).with_context(making)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "Sẵn Sàng");
    params.distinguished_name = name;
    let today = now.to_zoned(TimeZone::UTC).date();
    let (year, month) = (i32::from(today.year()), u8::try_from(today.month())?);
    // From the first of the month before, and to a first: no 29 February, and clocks may be a little behind.
    let (from_year, from_month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
    params.not_before = rcgen::date_time_ymd(from_year, from_month, 1);
    params.not_after = rcgen::date_time_ymd(year + VALID_YEARS, month, 1);
    let signed = params.self_signed(&pair).with_context(making)?;
    write_private(key, pair.serialize_pem().as_bytes())?;
    write_private(certificate, signed.pem().as_bytes())
}

fn load(certificate: &Path, key: &Path) -> Result<Certificate> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("reading the certificate {}", certificate.display()))?;
    let leaf = chain
        .first()
        .with_context(|| format!("{} holds no certificate: it must be a PEM file", certificate.display()))?;
    let pin = pin(leaf).with_context(|| format!("reading the certificate {}", certificate.display()))?;
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("reading the private key {} (PEM)", key.display()))?;
    let mut server = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .with_context(|| format!("{} and {} do not belong together", certificate.display(), key.display()))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Certificate { server: Arc::new(server), pin })
}

fn pin(leaf: &CertificateDer<'_>) -> Result<[u8; 16]> {
    let certificate = webpki::EndEntityCert::try_from(leaf).map_err(|error| anyhow!("{error}"))?;
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate.subject_public_key_info().as_ref());
    let first = digest.as_ref().first_chunk::<16>().context("SHA-256 has 32 bytes")?;
    Ok(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tests::Folder;

    fn now() -> Timestamp {
        "2026-11-22T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn made_once_then_loaded() {
        let folder = Folder::new();
        let (data, _) = Data::make(&folder.0).unwrap();
        let first = load_or_make(&data, &Config::default(), "may-chu", now()).unwrap();
        let second = load_or_make(&data, &Config::default(), "may-chu", now()).unwrap();
        assert_eq!(first.pin, second.pin);
    }

    #[test]
    fn a_given_certificate() {
        let folder = Folder::new();
        let (data, _) = Data::make(&folder.0).unwrap();
        let own = load_or_make(&data, &Config::default(), "", now()).unwrap();
        let mut config = Config::default();
        config.tls.certificate = Some("certificate.pem".into());
        config.tls.key = Some("key.pem".into());
        assert!(!config.tls.pins());
        assert_eq!(load_or_make(&data, &config, "", now()).unwrap().pin, own.pin);

        let other = Folder::new();
        let (stranger, _) = Data::make(&other.0).unwrap();
        load_or_make(&stranger, &Config::default(), "", now()).unwrap();
        config.tls.key = Some(stranger.path("key.pem"));
        let error = load_or_make(&data, &config, "", now()).err().unwrap();
        assert!(format!("{error:#}").contains("do not belong together"), "{error:#}");
        config.tls.certificate = Some("collector.toml".into());
        assert!(load_or_make(&data, &config, "", now()).is_err());
    }

    #[test]
    fn half_a_certificate_is_not_replaced() {
        let folder = Folder::new();
        let (data, _) = Data::make(&folder.0).unwrap();
        load_or_make(&data, &Config::default(), "", now()).unwrap();
        std::fs::remove_file(data.path("key.pem")).unwrap();
        let error = load_or_make(&data, &Config::default(), "", now()).err().unwrap();
        assert!(error.to_string().contains("only one of"));
    }

    #[test]
    fn the_names_of_the_certificate() {
        let mut config = Config::default();
        config.agents.address = Some("sansang.example.vn:8443".to_owned());
        config.agents.listen = "0.0.0.0:8443".parse().unwrap();
        expect_test::expect![[r#"["127.0.0.1", "::1", "localhost", "may-chu", "sansang.example.vn"]"#]]
            .assert_eq(&format!("{:?}", names(&config, "may-chu")));
    }
}
