//! A report, compressed and signed by the machine's own key.
//!
//! An envelope is a COSE_Sign1 (RFC 9052, section 4.2) with EdDSA over Ed25519 (RFC 9053, section 2.2). The
//! protected header carries the key's id and a strictly rising sequence number, the payload is the report as JSON,
//! compressed with Zstandard (RFC 8878). The same bytes travel over HTTPS, wait in the spool, lie on a USB stick and
//! are kept as evidence.
//!
//! What did not change since yesterday is not sent twice: an envelope may name a base, an earlier full envelope of the
//! same key that the collector gave a receipt for. Its payload is still the whole report, compressed with the base's
//! JSON as a raw dictionary (RFC 8878, section 5), so that facts have no differences and nothing is merged. The base
//! is named by sequence number and SHA-256 of its bytes in the protected header, marked as critical (RFC 9052, section
//! 3.1): who does not know the mark must not open it. A base is always full; there are no chains.
//!
//! A full envelope may be compressed with a dictionary that both programs carry: the names and words of the vocabulary.
//! The header names it by its number. A dictionary never changes once it was released; another gets the next number.
//!
//! A bundle is what lies on a USB stick: an envelope, with the request to join where the PC has not joined yet,
//! sealed to the collector's public key with HPKE (RFC 9180, base mode). A PC that has not joined does not know that
//! key: its bundle is plain, signed but readable by whoever finds the stick.

use std::collections::BTreeSet;
use std::fmt;

use coset::cbor::Value;
use coset::{
    CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, Label, RegisteredLabelWithPrivate, iana,
};
use data_encoding::HEXLOWER;
use hpke::{Deserializable, Serializable};
use ring::rand::SecureRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use zstd::zstd_safe::{DCtx, get_frame_content_size};

use crate::facts::Facts;
use crate::limits::{BUNDLE_BYTES_MAX, ENVELOPE_BYTES_MAX, JOIN_BYTES_MAX, REPORT_BYTES_MAX};
use crate::report::areas::facts_of;
use crate::report::{Report, WIRE};
use crate::wire::JoinRequest;

/// The header parameter that carries the sequence number.
const SEQUENCE: &str = "sequence";
/// The header parameter that names the base: its sequence number and the SHA-256 of its bytes.
const BASE: &str = "base";
/// The header parameter that names the dictionary that both programs carry.
const DICTIONARY_NUMBER: &str = "dictionary";
/// The dictionaries, from number 1 on. The first is what the made-up recordings of a laptop with Ubuntu and of one with
/// Windows say, without what both say alike: names, words and their order. It takes 14 % off a report with 700 packages.
const DICTIONARIES: &[&[u8]] = &[include_bytes!("envelope/dictionary-1.txt")];
/// The newest dictionary of this program.
pub const DICTIONARY: u32 = 1;
/// What separates a request to join from a report under the same key (RFC 9052: external additional data).
const JOIN_CONTEXT: &[u8] = b"sansang join 1";
const REPORT_CONTEXT: &[u8] = b"sansang report 1";
/// Balance of size and time: with 1,500 packages level 12 makes 14.2 KB of a report, level 15 13.7 KB in three times the
/// time, and level 19 hardly less in ten times. A full report is packed once in fourteen.
const COMPRESSION_LEVEL: i32 = 15;
/// A report and its base together fit into a window of this many bits, so that all of the base is in reach.
const WINDOW_BITS: u32 = REPORT_BYTES_MAX.ilog2() + 1;

/// The id of a machine's key: the first 16 bytes of the SHA-256 of the public key, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(pub String);

impl KeyId {
    /// The id of this public key.
    pub fn of(public_key: &[u8]) -> KeyId {
        let digest = ring::digest::digest(&ring::digest::SHA256, public_key);
        let (first, _) = digest.as_ref().split_at(16);
        KeyId(HEXLOWER.encode(first))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A machine's own key pair.
pub struct SigningKey {
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// A new key as PKCS#8 (RFC 5958), to be kept where only the system reads it.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate(random: &dyn SecureRandom) -> Result<Vec<u8>, Fault> {
        Ed25519KeyPair::generate_pkcs8(random)
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| Fault::Crypto("the random source failed"))
    }

    /// The key from its PKCS#8 form.
    ///
    /// # Errors
    /// When the bytes are not an Ed25519 key.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<SigningKey, Fault> {
        Ed25519KeyPair::from_pkcs8(bytes)
            .map(|pair| SigningKey { pair })
            .map_err(|_| Fault::Crypto("not an Ed25519 key in PKCS#8"))
    }

    /// The public half, 32 bytes.
    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The id of the public half.
    pub fn id(&self) -> KeyId {
        KeyId::of(self.public_key())
    }
}

/// What is wrong with bytes from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Over the limit, before or after decompression.
    TooLarge,
    /// Not readable; the text says where it failed.
    Malformed(String),
    /// The signature does not fit the key.
    BadSignature,
    /// Of a newer form than this program knows.
    WireTooNew(u32),
    /// It names a base, and that base is not at hand, is another envelope, or is itself not full.
    BaseMissing,
    /// The cryptography failed; this is not the fault of the bytes.
    Crypto(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::TooLarge => f.write_str("larger than the limit"),
            Fault::Malformed(text) => write!(f, "cannot be read: {text}"),
            Fault::BadSignature => f.write_str("the signature does not fit the key"),
            Fault::WireTooNew(wire) => write!(f, "has form {wire}, this program knows forms up to {WIRE}"),
            Fault::BaseMissing => f.write_str("builds on a full report that is not here"),
            Fault::Crypto(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Fault {}

/// The name of a base, as it stands in the header of what builds on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseName {
    /// Its sequence number; it is of the same key.
    pub sequence: u64,
    /// SHA-256 of the whole envelope.
    pub digest: [u8; 32],
}

impl BaseName {
    /// The name of this full envelope.
    ///
    /// # Errors
    /// What is wrong with the bytes; [`Fault::BaseMissing`] when it builds on a base itself.
    pub fn of(envelope: &[u8]) -> Result<BaseName, Fault> {
        let sealed = read(envelope)?;
        match sealed.base {
            None => Ok(BaseName { sequence: sealed.sequence, digest: sha256(envelope) }),
            Some(_) => Err(Fault::BaseMissing),
        }
    }
}

/// A full envelope's name and its report as JSON: what a later report is compressed against.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// Its name.
    pub name: BaseName,
    /// The JSON that was compressed into it.
    pub json: &'a [u8],
}

/// What a report is compressed against.
#[derive(Debug, Clone, Copy)]
pub enum Ground<'a> {
    /// Nothing: anybody can open it.
    Nothing,
    /// The dictionary of this number: a program that has it can open it.
    Dictionary(u32),
    /// A full report: who has that can open it.
    Report(Base<'a>),
}

/// The text of this dictionary.
fn dictionary(number: u32) -> Result<&'static [u8], Fault> {
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    // One that is not known comes from a newer program.
    place.and_then(|place| DICTIONARIES.get(place).copied()).ok_or(Fault::WireTooNew(WIRE + 1))
}

/// Compresses and signs a report, in full and without a dictionary.
///
/// # Errors
/// [`Fault::TooLarge`] when the report is over the limits.
pub fn pack(report: &Report, key: &SigningKey, sequence: u64) -> Result<Vec<u8>, Fault> {
    pack_json(&json(report)?, key, sequence, Ground::Nothing)
}

/// A report as the JSON that goes into an envelope.
///
/// # Errors
/// [`Fault::TooLarge`] when the report is over the limits.
pub fn json(report: &Report) -> Result<Vec<u8>, Fault> {
    let json = serde_json::to_vec(report).map_err(|error| Fault::Malformed(error.to_string()))?;
    if json.len() > REPORT_BYTES_MAX { Err(Fault::TooLarge) } else { Ok(json) }
}

/// Compresses and signs a report's JSON on this ground.
///
/// # Errors
/// [`Fault::TooLarge`] when it is over the limits; [`Fault::WireTooNew`] when there is no such dictionary.
pub fn pack_json(json: &[u8], key: &SigningKey, sequence: u64, ground: Ground<'_>) -> Result<Vec<u8>, Fault> {
    let text = match ground {
        Ground::Nothing => None,
        Ground::Dictionary(number) => Some(dictionary(number)?),
        Ground::Report(base) => Some(base.json),
    };
    let payload = compress(json, text).map_err(|()| Fault::Crypto("compression failed"))?;
    let bytes = sign(payload, key, sequence, ground, REPORT_CONTEXT)?;
    if bytes.len() > ENVELOPE_BYTES_MAX { Err(Fault::TooLarge) } else { Ok(bytes) }
}

/// The dictionary is given as a prefix: it serves this one frame, as raw content whatever its first bytes are.
fn compress(json: &[u8], base: Option<&[u8]>) -> Result<Vec<u8>, ()> {
    use zstd::zstd_safe::CParameter::WindowLog;

    let Some(base) = base else {
        return zstd::bulk::compress(json, COMPRESSION_LEVEL).map_err(|_| ());
    };
    let mut compressor = zstd::bulk::Compressor::new(COMPRESSION_LEVEL).map_err(|_| ())?;
    compressor.set_parameter(WindowLog(WINDOW_BITS)).map_err(|_| ())?;
    compressor.context_mut().ref_prefix(base).map_err(|_| ())?;
    compressor.compress(json).map_err(|_| ())
}

/// An envelope whose header was read, and nothing else: the signature is not checked yet.
#[derive(Debug)]
pub struct Sealed {
    /// The id of the key that claims to have signed.
    pub key: KeyId,
    /// The sequence number.
    pub sequence: u64,
    /// The full envelope that this one builds on, if it does.
    pub base: Option<BaseName>,
    /// The number of the dictionary that it is compressed with, if it is.
    pub dictionary: Option<u32>,
    message: CoseSign1,
}

/// SHA-256 of an envelope's bytes as they came, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&sha256(bytes))
}

/// Reads the header of an envelope.
///
/// # Errors
/// [`Fault::TooLarge`] or [`Fault::Malformed`].
pub fn read(bytes: &[u8]) -> Result<Sealed, Fault> {
    if bytes.len() > ENVELOPE_BYTES_MAX {
        return Err(Fault::TooLarge);
    }
    read_within(bytes)
}

impl Sealed {
    /// Checks the signature, then decompresses within the limit and reads the report.
    ///
    /// # Errors
    /// [`Fault::BadSignature`] before anything else is looked at; then what is wrong inside. One that builds on a base
    /// is [`Fault::BaseMissing`].
    pub fn open(&self, public_key: &[u8]) -> Result<Report, Fault> {
        self.open_on(public_key, None)
    }

    /// As [`Sealed::open`], with the envelope that [`Sealed::base`] names, where there is one.
    ///
    /// # Errors
    /// As [`Sealed::open`]; [`Fault::BaseMissing`] when the base is none, is another envelope than the one named, or
    /// is itself not full and signed by this key.
    pub fn open_on(&self, public_key: &[u8], base: Option<&[u8]>) -> Result<Report, Fault> {
        report(text(&self.json(Some(public_key), base)?)?)
    }

    /// Unpacks an envelope whose signature was checked when it was taken in, and which has been in this program's own
    /// keeping since: the signature is not checked again.
    ///
    /// # Errors
    /// As [`Sealed::open_on`], but for the signature.
    pub fn unpack_kept<'u>(
        &self,
        base: Option<&[u8]>,
        unpacker: &'u mut Unpacker,
    ) -> Result<Unpacked<'u>, Fault> {
        self.unpack(None, base, unpacker)?;
        Ok(Unpacked { text: text(&unpacker.text)? })
    }

    /// The text of the report; the signature is checked where a key is given.
    fn json(&self, public_key: Option<&[u8]>, base: Option<&[u8]>) -> Result<Vec<u8>, Fault> {
        let mut unpacker = Unpacker::new();
        self.unpack(public_key, base, &mut unpacker)?;
        Ok(unpacker.text)
    }

    /// The same, into the unpacker.
    fn unpack(
        &self,
        public_key: Option<&[u8]>,
        base: Option<&[u8]>,
        unpacker: &mut Unpacker,
    ) -> Result<(), Fault> {
        if let Some(public_key) = public_key {
            self.check(public_key, REPORT_CONTEXT)?;
        }
        let payload = self.message.payload.as_deref().unwrap_or_default();
        let Some(name) = &self.base else {
            let dictionary = self.dictionary.map_or(Ok(&[][..]), dictionary)?;
            return decompress(&mut unpacker.context, payload, dictionary, &mut unpacker.text);
        };
        let base = base.filter(|base| sha256(base) == name.digest).ok_or(Fault::BaseMissing)?;
        let full = read(base).ok().filter(|full| full.base.is_none() && full.sequence == name.sequence);
        let full = full.ok_or(Fault::BaseMissing)?;
        full.unpack(public_key, None, unpacker).map_err(|_| Fault::BaseMissing)?;
        std::mem::swap(&mut unpacker.text, &mut unpacker.ground);
        decompress(&mut unpacker.context, payload, &unpacker.ground, &mut unpacker.text)
    }

    /// Checks the signature of a report, and nothing else: what was signed is whole.
    ///
    /// # Errors
    /// [`Fault::BadSignature`].
    pub fn verify(&self, public_key: &[u8]) -> Result<(), Fault> {
        self.check(public_key, REPORT_CONTEXT)
    }

    fn check(&self, public_key: &[u8], context: &[u8]) -> Result<(), Fault> {
        if KeyId::of(public_key) != self.key {
            return Err(Fault::BadSignature);
        }
        self.message
            .verify_signature(context, |signature, data| {
                UnparsedPublicKey::new(&ED25519, public_key).verify(data, signature)
            })
            .map_err(|_| Fault::BadSignature)
    }
}

/// The text of a report. Once for all of it is quicker than for each text in it.
fn text(json: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(json).map_err(|error| Fault::Malformed(error.to_string()))
}

/// Reads a report.
fn report(json: &str) -> Result<Report, Fault> {
    match serde_json::from_str::<Report>(json) {
        Ok(report) if report.wire > WIRE => Err(Fault::WireTooNew(report.wire)),
        Ok(report) => Ok(report),
        // A newer form may not read as a report at all.
        Err(error) => match serde_json::from_str::<Wire>(json) {
            Ok(Wire { wire }) if wire > WIRE => Err(Fault::WireTooNew(wire)),
            Ok(_) | Err(_) => Err(Fault::Malformed(error.to_string())),
        },
    }
}

#[derive(Deserialize)]
struct Wire {
    wire: u32,
}

/// Signs a request to join with the key that it carries.
///
/// # Errors
/// When the request cannot be written.
pub fn pack_join(request: &JoinRequest, key: &SigningKey) -> Result<Vec<u8>, Fault> {
    let payload = serde_json::to_vec(request).map_err(|error| Fault::Malformed(error.to_string()))?;
    sign(payload, key, 0, Ground::Nothing, JOIN_CONTEXT)
}

/// Reads a request to join and checks that it is signed by the key that it carries. Gives the public key too.
///
/// # Errors
/// What is wrong with the bytes.
pub fn open_join(bytes: &[u8]) -> Result<(JoinRequest, Vec<u8>), Fault> {
    if bytes.len() > JOIN_BYTES_MAX {
        return Err(Fault::TooLarge);
    }
    let sealed = read_within(bytes)?;
    let payload = sealed.message.payload.as_deref().unwrap_or_default();
    let request: JoinRequest =
        serde_json::from_slice(payload).map_err(|error| Fault::Malformed(error.to_string()))?;
    let public_key = HEXLOWER
        .decode(request.public_key.as_bytes())
        .map_err(|_| Fault::Malformed("the public key is not hexadecimal".to_owned()))?;
    sealed.check(&public_key, JOIN_CONTEXT)?;
    Ok((request, public_key))
}

fn sign(
    payload: Vec<u8>,
    key: &SigningKey,
    sequence: u64,
    ground: Ground<'_>,
    context: &[u8],
) -> Result<Vec<u8>, Fault> {
    let mut protected = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .key_id(key.id().0.into_bytes())
        .text_value(SEQUENCE.to_owned(), Value::Integer(sequence.into()));
    let named = match ground {
        Ground::Nothing => None,
        Ground::Dictionary(number) => Some((DICTIONARY_NUMBER, Value::Integer(number.into()))),
        Ground::Report(Base { name, .. }) => {
            let name = vec![Value::Integer(name.sequence.into()), Value::Bytes(name.digest.to_vec())];
            Some((BASE, Value::Array(name)))
        }
    };
    if let Some((label, value)) = named {
        protected = protected
            .add_critical_label(RegisteredLabelWithPrivate::Text(label.to_owned()))
            .text_value(label.to_owned(), value);
    }
    CoseSign1Builder::new()
        .protected(protected.build())
        .payload(payload)
        .create_signature(context, |data| key.pair.sign(data).as_ref().to_vec())
        .build()
        .to_vec()
        .map_err(|error| Fault::Malformed(error.to_string()))
}

fn read_within(bytes: &[u8]) -> Result<Sealed, Fault> {
    let malformed = |text: &str| Fault::Malformed(text.to_owned());
    let message = CoseSign1::from_slice(bytes).map_err(|error| Fault::Malformed(error.to_string()))?;
    let header = &message.protected.header;
    if header.alg != Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::EdDSA)) {
        return Err(malformed("the algorithm is not EdDSA"));
    }
    // What must be understood and is not known comes from a newer agent.
    let known = |label: &RegisteredLabelWithPrivate<iana::HeaderParameter>| matches!(label, RegisteredLabelWithPrivate::Text(text) if text == BASE || text == DICTIONARY_NUMBER);
    if !header.crit.iter().all(known) {
        return Err(Fault::WireTooNew(WIRE + 1));
    }
    let key = String::from_utf8(header.key_id.clone()).map_err(|_| malformed("the key id is not text"))?;
    let value = |name: &str| {
        let of_name = |(label, _): &&(Label, Value)| matches!(label, Label::Text(text) if text == name);
        header.rest.iter().find(of_name).map(|(_, value)| value)
    };
    let sequence =
        value(SEQUENCE).and_then(number).ok_or_else(|| malformed("there is no sequence number"))?;
    let base = match value(BASE) {
        None => None,
        Some(value) => Some(base_name(value).ok_or_else(|| malformed("the name of its base is none"))?),
    };
    let dictionary = match value(DICTIONARY_NUMBER) {
        None => None,
        Some(value) => {
            let number = number(value).and_then(|number| u32::try_from(number).ok());
            Some(number.ok_or_else(|| malformed("the number of its dictionary is none"))?)
        }
    };
    Ok(Sealed { key: KeyId(key), sequence, base, dictionary, message })
}

fn number(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|value| u64::try_from(value).ok())
}

fn base_name(value: &Value) -> Option<BaseName> {
    match value.as_array().map(Vec::as_slice) {
        Some([sequence, Value::Bytes(digest)]) => {
            Some(BaseName { sequence: number(sequence)?, digest: digest.as_slice().try_into().ok()? })
        }
        _ => None,
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    digest
}

/// Decompresses into as much memory as the frame announces, with a dictionary or without: a bomb is found out before
/// it is unpacked. Who packs a report knows its size; a frame that does not tell it is none of ours.
fn decompress(
    context: &mut DCtx<'static>,
    payload: &[u8],
    dictionary: &[u8],
    json: &mut Vec<u8>,
) -> Result<(), Fault> {
    let malformed = |text: &str| Fault::Malformed(text.to_owned());
    let announced = get_frame_content_size(payload).ok().flatten();
    let announced = announced.ok_or_else(|| malformed("the payload does not tell its size"))?;
    let size = usize::try_from(announced).ok().filter(|size| *size <= REPORT_BYTES_MAX);
    let size = size.ok_or(Fault::TooLarge)?;
    json.clear();
    json.reserve_exact(size);
    match context.decompress_using_dict(json, payload, dictionary) {
        Ok(length) if length == size => Ok(()),
        Ok(_) | Err(_) => Err(malformed("the payload does not decompress to the size that it tells")),
    }
}

/// Unpacks one report after another in the same memory: who opens a whole fleet asks the system for it once.
pub struct Unpacker {
    context: DCtx<'static>,
    /// The text of the report that was unpacked last.
    text: Vec<u8>,
    /// The text of the full report that it builds on.
    ground: Vec<u8>,
}

impl Unpacker {
    /// One that has unpacked nothing.
    pub fn new() -> Unpacker {
        Unpacker { context: DCtx::create(), text: Vec::new(), ground: Vec::new() }
    }
}

/// A report that was unpacked and not read yet.
#[derive(Debug, Clone, Copy)]
pub struct Unpacked<'u> {
    text: &'u str,
}

impl Unpacked<'_> {
    /// Reads it.
    ///
    /// # Errors
    /// [`Fault::Malformed`] or [`Fault::WireTooNew`].
    pub fn report(&self) -> Result<Report, Fault> {
        report(self.text)
    }

    /// Reads the facts of these areas, by name; those of others stay as if not asked.
    ///
    /// # Errors
    /// [`Fault::Malformed`].
    pub fn areas(&self, areas: &BTreeSet<&str>) -> Result<Facts, Fault> {
        facts_of(self.text, areas).map_err(|error| Fault::Malformed(error.to_string()))
    }
}

impl Default for Unpacker {
    fn default() -> Unpacker {
        Unpacker::new()
    }
}

/// What lies on a USB stick, once unsealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The signed request to join, where the PC had a join code and had not joined.
    pub join: Option<Vec<u8>>,
    /// The envelope.
    pub envelope: Vec<u8>,
}

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;

/// The first bytes of a bundle on a USB stick.
pub const BUNDLE_MAGIC: &[u8] = b"SANSANG-BUNDLE-1\n";

/// The first bytes of a bundle that is not sealed.
pub const BUNDLE_PLAIN_MAGIC: &[u8] = b"SANSANG-PLAIN-1\n";

/// What an encapsulated key takes, in bytes (RFC 9180, section 7.1).
const ENCAPSULATED_BYTES: usize = 32;

/// The collector's key pair for sealed bundles, each half 32 bytes: (private, public).
pub fn generate_sealing_key() -> (Vec<u8>, Vec<u8>) {
    use hpke::Kem as _;

    let (private, public) = Kem::gen_keypair();
    (private.to_bytes().to_vec(), public.to_bytes().to_vec())
}

/// Seals a bundle, so that only the collector can read what lies on the stick.
///
/// # Errors
/// When the key is not an X25519 key.
pub fn seal(bundle: &Bundle, sealing_key: &[u8]) -> Result<Vec<u8>, Fault> {
    let recipient = <Kem as hpke::Kem>::PublicKey::from_bytes(sealing_key)
        .map_err(|_| Fault::Crypto("the collector's sealing key is not an X25519 key"))?;
    let plain = bundle.to_bytes()?;
    let (encapsulated, sealed) =
        hpke::single_shot_seal::<Aead, Kdf, Kem>(&hpke::OpModeS::Base, &recipient, BUNDLE_MAGIC, &plain, &[])
            .map_err(|_| Fault::Crypto("sealing failed"))?;
    Ok([BUNDLE_MAGIC, &encapsulated.to_bytes(), &sealed].concat())
}

/// Opens a sealed bundle with the private half of the collector's key.
///
/// # Errors
/// [`Fault::BadSignature`] when it was sealed to another collector or changed on the way.
pub fn unseal(bytes: &[u8], private_key: &[u8]) -> Result<Bundle, Fault> {
    let malformed = |text: &str| Fault::Malformed(text.to_owned());
    if bytes.len() > BUNDLE_BYTES_MAX {
        return Err(Fault::TooLarge);
    }
    let rest = bytes.strip_prefix(BUNDLE_MAGIC).ok_or_else(|| malformed("it does not begin as a bundle"))?;
    let (encapsulated, sealed) =
        rest.split_at_checked(ENCAPSULATED_BYTES).ok_or_else(|| malformed("it is cut short"))?;
    let private = <Kem as hpke::Kem>::PrivateKey::from_bytes(private_key)
        .map_err(|_| Fault::Crypto("the sealing key is not an X25519 key"))?;
    let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated)
        .map_err(|_| malformed("the key in it is no key"))?;
    let plain = hpke::single_shot_open::<Aead, Kdf, Kem>(
        &hpke::OpModeR::Base,
        &private,
        &encapsulated,
        BUNDLE_MAGIC,
        sealed,
        &[],
    )
    .map_err(|_| Fault::BadSignature)?;
    Bundle::from_bytes(&plain)
}

/// Writes a bundle without sealing it, for a PC that knows no sealing key because it has not joined.
///
/// # Errors
/// When the parts are over the limits.
pub fn write_plain(bundle: &Bundle) -> Result<Vec<u8>, Fault> {
    Ok([BUNDLE_PLAIN_MAGIC, &bundle.to_bytes()?].concat())
}

/// Reads a bundle from a USB stick, sealed or plain.
///
/// # Errors
/// As [`unseal`].
pub fn read_any(bytes: &[u8], private_key: &[u8]) -> Result<Bundle, Fault> {
    match bytes.strip_prefix(BUNDLE_PLAIN_MAGIC) {
        Some(_) if bytes.len() > BUNDLE_BYTES_MAX => Err(Fault::TooLarge),
        Some(plain) => Bundle::from_bytes(plain),
        None => unseal(bytes, private_key),
    }
}

impl Bundle {
    /// The length of the request to join in four bytes, the request, the envelope.
    fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        let join = self.join.as_deref().unwrap_or_default();
        if join.len() > JOIN_BYTES_MAX || self.envelope.len() > ENVELOPE_BYTES_MAX {
            return Err(Fault::TooLarge);
        }
        let join_length = u32::try_from(join.len()).map_err(|_| Fault::TooLarge)?;
        Ok([&join_length.to_be_bytes(), join, self.envelope.as_slice()].concat())
    }

    fn from_bytes(plain: &[u8]) -> Result<Bundle, Fault> {
        let cut_short = || Fault::Malformed("it is cut short".to_owned());
        let (join_length, rest) = plain.split_first_chunk::<4>().ok_or_else(cut_short)?;
        let join_length = usize::try_from(u32::from_be_bytes(*join_length)).map_err(|_| Fault::TooLarge)?;
        let (join, envelope) = rest.split_at_checked(join_length).ok_or_else(cut_short)?;
        Ok(Bundle { join: (!join.is_empty()).then(|| join.to_vec()), envelope: envelope.to_vec() })
    }
}

#[cfg(test)]
mod tests;
