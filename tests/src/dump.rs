//! A host that answers from dumps of a real Windows PC: exports of its registry (`.reg`) and lists that `wmic` printed
//! (`.wmi`).
//!
//! A dump holds a part of a PC. What lies in the exported part and is not there is absent; what lies outside was never
//! asked and fails, so that it does not look like "not there"; a test may say what such a question would have answered.
//! Types are lost in the lists of `wmic`: a column counts
//! as a number where its text is one and the class does not say that it is text.

use std::collections::BTreeMap;
use std::path::Path;

use agent::host::answers::{Among, Cell, Device, Key, LocalUser, Query, RegistryValue, Row, Service, View};
use agent::host::{Address, Answer, Command, Firmware, Host, MemoryTotals, Output, Owners, Trouble, Volume};
use jiff::Timestamp;

/// Columns that are text by Microsoft's description of their class, and often hold digits only.
const TEXTS: &[&str] = &[
    "BuildNumber",
    "DeviceID",
    "FirmwareRevision",
    "FirmwareVersion",
    "IdentifyingNumber",
    "Model",
    "Name",
    "OSProductSuite",
    "ObjectId",
    "PartNumber",
    "ProcessorId",
    "SKU",
    "SerialNumber",
    "UniqueId",
    "Version",
    "VolumeSerialNumber",
];
/// The roots of the registry, as an export writes them and as probes ask for them.
const ROOTS: &[(&str, &str)] = &[
    ("HKEY_LOCAL_MACHINE", "HKLM"),
    ("HKEY_USERS", "HKU"),
    ("HKEY_CURRENT_USER", "HKCU"),
    ("HKEY_CLASSES_ROOT", r"HKLM\SOFTWARE\Classes"),
];

/// One key of the registry.
#[derive(Debug, Default)]
struct Exported {
    /// Its last name, as it is written.
    name: String,
    /// Its values by name in small letters.
    values: BTreeMap<String, (String, RegistryValue)>,
}

/// What is known of one PC.
#[derive(Debug, Default)]
pub struct Dump {
    /// By path in small letters.
    keys: BTreeMap<String, Exported>,
    /// The keys that were exported with all that is below them, in small letters.
    roots: Vec<String>,
    /// Whether anything of the narrow view was exported. Remembered, since every question asks it.
    has_narrow: bool,
    /// Rows by class in small letters.
    classes: BTreeMap<String, Vec<Row>>,
    /// What a test says of services.
    services: BTreeMap<String, Service>,
    /// What a test says of devices, by class or enumerator.
    devices: BTreeMap<String, Vec<Device>>,
    /// What a test says of local accounts.
    users: Option<Vec<LocalUser>>,
    /// What a test says of the members of local groups.
    members: BTreeMap<String, Vec<String>>,
}

impl Dump {
    /// Nothing yet.
    pub fn new() -> Dump {
        Dump::default()
    }

    /// Takes in a file; a list of `wmic` is of the class that stands last in its name.
    ///
    /// # Panics
    /// When the file cannot be read, or its name says neither.
    pub fn read(&mut self, file: &Path) {
        let text = decode(&std::fs::read(file).expect("a file of the corpus"));
        let name = file.file_name().and_then(|name| name.to_str()).expect("the name of a file");
        match name.rsplit_once('.') {
            Some((_, "reg")) => self.read_registry(&text),
            Some((stem, "wmi")) => {
                let class = stem.rsplit_once('-').map_or(stem, |(_, class)| class);
                self.classes.entry(class.to_ascii_lowercase()).or_default().extend(rows(&text));
            }
            _ => panic!("{name} is neither an export of the registry nor a list of wmic"),
        }
    }

    /// As if the PC had been asked for this key, and had nothing below it but what is known.
    pub fn assume_asked(&mut self, path: &str) {
        self.roots.push(path.to_lowercase());
    }

    /// As if the PC had said this of a service.
    pub fn assume_service(&mut self, name: &str, service: Service) {
        self.services.insert(name.to_lowercase(), service);
    }

    /// As if the PC had these devices of a class or enumerator.
    pub fn assume_devices(&mut self, among: Among<'_>, devices: Vec<Device>) {
        self.devices.insert(among.to_string(), devices);
    }

    /// As if the PC had these local accounts.
    pub fn assume_users(&mut self, users: Vec<LocalUser>) {
        self.users = Some(users);
    }

    /// As if these were the members of a local group.
    pub fn assume_members(&mut self, group: &str, members: &[&str]) {
        self.members.insert(group.to_owned(), members.iter().map(|&sid| sid.to_owned()).collect());
    }

    /// Takes in an export of the registry.
    pub fn read_registry(&mut self, text: &str) {
        let mut path: Option<String> = None;
        let mut unfinished = String::new();
        for line in text.lines() {
            let line = line.trim_end_matches('\r').trim_start_matches('\u{feff}');
            // A value in hexadecimal goes on in the next line.
            if let Some(part) = line.strip_suffix('\\').filter(|_| is_hexadecimal(&unfinished, line)) {
                unfinished.push_str(part.trim_start());
                continue;
            }
            let line = if unfinished.is_empty() {
                line.to_owned()
            } else {
                std::mem::take(&mut unfinished) + line.trim_start()
            };
            if let Some(key) = line.strip_prefix('[').and_then(|line| line.trim_end().strip_suffix(']')) {
                path = self.add_key(key);
            } else if let (Some(path), Some((name, value))) = (&path, assigned(&line)) {
                let small = name.to_lowercase();
                self.keys.entry(path.clone()).or_default().values.insert(small, (name, value));
            }
        }
    }

    /// Makes a key known and gives its path in small letters; none for one that is outside of what probes ask.
    fn add_key(&mut self, key: &str) -> Option<String> {
        let (root, rest) = key.split_once('\\').unwrap_or((key, ""));
        let (_, short) = ROOTS.iter().find(|(long, _)| *long == root)?;
        let path = if rest.is_empty() { (*short).to_owned() } else { format!("{short}\\{rest}") };
        let small = path.to_lowercase();
        // An export begins with the key that was exported.
        if !self.roots.iter().any(|root| is_below(root, &small)) {
            self.roots.push(small.clone());
        }
        let name = path.rsplit('\\').next().unwrap_or_default().to_owned();
        self.has_narrow |= small.contains(r"\wow6432node");
        self.keys.entry(small.clone()).or_default().name = name;
        Some(small)
    }

    /// Where a key stands: on a 64-bit Windows the narrow view has its own SOFTWARE.
    fn place(&self, key: Key<'_>) -> String {
        let path = key.path.to_lowercase();
        match path.strip_prefix(r"hklm\software\") {
            Some(rest) if key.view == View::Narrow && self.has_narrow => {
                format!(r"hklm\software\wow6432node\{rest}")
            }
            _ => path,
        }
    }

    /// The key, or that it is not there, or that nobody knows.
    fn key(&self, key: Key<'_>) -> Answer<&Exported> {
        let place = self.place(key);
        match self.keys.get(place.trim_end_matches('\\')) {
            Some(exported) => Ok(Some(exported)),
            None if self.roots.iter().any(|root| is_below(root, &place)) => Ok(None),
            None => unknown(&key),
        }
    }
}

fn is_hexadecimal(unfinished: &str, line: &str) -> bool {
    !unfinished.is_empty() || line.contains("=hex")
}

fn is_below(root: &str, path: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
}

fn unknown<T>(question: &dyn std::fmt::Display) -> Answer<T> {
    Err(Trouble::Failed(format!("{question} is not in the dump")))
}

/// The text of a file in UTF-16 with or without its mark, or in UTF-8.
pub fn decode(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8]| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        String::from_utf16_lossy(&units).replace('\u{feff}', "")
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest),
        [_, 0, ..] => wide(bytes),
        _ => String::from_utf8_lossy(bytes).replace('\u{feff}', ""),
    }
}

/// `"name"=value` of an export.
fn assigned(line: &str) -> Option<(String, RegistryValue)> {
    let (name, value) = match line.strip_prefix("@=") {
        Some(value) => (String::new(), value),
        None => {
            let (name, rest) = quoted(line)?;
            (name, rest.strip_prefix('=')?)
        }
    };
    Some((name, value_of(value.trim_end())?))
}

/// The text between quotes, and what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut inner = String::new();
    let mut letters = text.strip_prefix('"')?.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => inner.push(letters.next()?),
            '"' => return Some((inner, letters.as_str())),
            letter => inner.push(letter),
        }
    }
    None
}

fn value_of(value: &str) -> Option<RegistryValue> {
    const BINARY: u32 = 3;
    if value.starts_with('"') {
        return Some(RegistryValue::Text(quoted(value)?.0));
    }
    if let Some(number) = value.strip_prefix("dword:") {
        return Some(RegistryValue::U32(u32::from_str_radix(number, 16).ok()?));
    }
    let (kind, bytes) = value.strip_prefix("hex")?.split_once(':')?;
    let kind = match kind.strip_prefix('(').and_then(|kind| kind.strip_suffix(')')) {
        Some(kind) => u32::from_str_radix(kind, 16).ok()?,
        None => BINARY,
    };
    let bytes: Vec<u8> = bytes
        .split(',')
        .map(str::trim)
        .filter(|byte| !byte.is_empty())
        .map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect::<Option<_>>()?;
    Some(RegistryValue::read(kind, &bytes))
}

/// The rows of a list: lines `column=value`, an empty line after each row.
pub fn rows(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = Row::new();
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        match line.split_once('=') {
            Some((column, value)) if !column.is_empty() && !column.starts_with('#') => {
                // wmic writes a second carriage return, which looks like an empty line between two columns.
                if row.contains_key(column) {
                    rows.push(std::mem::take(&mut row));
                }
                row.insert(column.to_owned(), cell(column, &unescaped(value)));
            }
            _ => {}
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

fn unescaped(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn cell(column: &str, value: &str) -> Cell {
    if let Some(list) = value.strip_prefix('{').and_then(|value| value.strip_suffix('}')) {
        // A GUID stands in braces too, and has no quotes or commas.
        if list.contains(['"', ',']) || list.parse::<u64>().is_ok() || list.is_empty() {
            let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
            return Cell::List(items.map(|item| cell(column, item.trim_matches('"'))).collect());
        }
    }
    match value {
        "" => Cell::Null,
        "TRUE" => Cell::Flag(true),
        "FALSE" => Cell::Flag(false),
        text if TEXTS.contains(&column) || (text.len() > 1 && text.starts_with('0')) => {
            Cell::Text(text.to_owned())
        }
        text => match (text.parse(), text.parse()) {
            (Ok(number), _) => Cell::Number(number),
            (_, Ok(number)) => Cell::Negative(number),
            _ => Cell::Text(text.to_owned()),
        },
    }
}

/// Whether a row fits a condition of WQL: comparisons with AND between them. None: not understood here.
fn fits(row: &Row, filter: &str) -> Option<bool> {
    let mut all = true;
    for condition in filter.split(" AND ").map(str::trim).filter(|condition| !condition.is_empty()) {
        // Names of columns are alike in capitals and small letters.
        let column = |name: &str| {
            let its = row.iter().find(|(its, _)| its.eq_ignore_ascii_case(name.trim()));
            its.map_or(Cell::Null, |(_, cell)| cell.clone())
        };
        let fit = if let Some(name) = condition.strip_suffix(" IS NOT NULL") {
            column(name) != Cell::Null
        } else if let Some((name, value)) = condition.split_once("<>").or_else(|| condition.split_once("!="))
        {
            !same(&column(name), value.trim())
        } else {
            let (name, value) = condition.split_once('=')?;
            same(&column(name), value.trim())
        };
        all &= fit;
    }
    Some(all)
}

fn same(cell: &Cell, value: &str) -> bool {
    match cell {
        Cell::Flag(flag) => value.eq_ignore_ascii_case(if *flag { "TRUE" } else { "FALSE" }),
        Cell::Number(number) => value.trim_matches('\'') == number.to_string(),
        Cell::Text(text) => value.trim_matches(['\'', '"']).eq_ignore_ascii_case(text),
        Cell::Null | Cell::Negative(_) | Cell::Real(_) | Cell::List(_) => false,
    }
}

impl Host for Dump {
    fn file(&self, path: &str) -> Answer<Vec<u8>> {
        unknown(&path)
    }
    fn folder(&self, path: &str) -> Answer<Vec<String>> {
        unknown(&path)
    }
    fn link(&self, path: &str) -> Answer<String> {
        unknown(&path)
    }
    fn modified(&self, path: &str) -> Answer<Timestamp> {
        unknown(&path)
    }
    fn memory(&self) -> Answer<MemoryTotals> {
        unknown(&"memory")
    }
    fn volumes(&self) -> Answer<Vec<Volume>> {
        unknown(&"volumes")
    }
    fn addresses(&self) -> Answer<Vec<Address>> {
        unknown(&"addresses")
    }
    fn running(&self, program: &str) -> Answer<bool> {
        unknown(&program)
    }
    fn owners(&self, _sockets: &[u64]) -> Answer<Owners> {
        unknown(&"owners")
    }
    fn run(&self, _command: Command) -> Answer<Output> {
        unknown(&"run")
    }
    fn firmware(&self) -> Answer<Firmware> {
        unknown(&"firmware")
    }

    fn registry_value(&self, key: Key<'_>, name: &str) -> Answer<RegistryValue> {
        let exported = self.key(key)?;
        Ok(exported.and_then(|key| key.values.get(&name.to_lowercase())).map(|(_, value)| value.clone()))
    }

    fn registry_values(&self, key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        Ok(self.key(key)?.map(|key| key.values.values().cloned().collect()))
    }

    fn registry_keys(&self, key: Key<'_>) -> Answer<Vec<String>> {
        if self.key(key)?.is_none() {
            return Ok(None);
        }
        let below = format!("{}\\", self.place(key).trim_end_matches('\\'));
        let mut names: Vec<String> = self
            .keys
            .range(below.clone()..)
            .map_while(|(path, key)| Some((path.strip_prefix(&below)?, key)))
            .filter(|(rest, _)| !rest.contains('\\'))
            .map(|(_, key)| key.name.clone())
            .collect();
        names.sort();
        Ok(Some(names))
    }

    fn devices(&self, among: Among<'_>) -> Answer<Vec<Device>> {
        match self.devices.get(&among.to_string()) {
            Some(devices) => Ok(Some(devices.clone())),
            None => unknown(&among),
        }
    }

    fn local_users(&self) -> Answer<Vec<LocalUser>> {
        match &self.users {
            Some(users) => Ok(Some(users.clone())),
            None => unknown(&"local users"),
        }
    }

    fn group_members(&self, group: &str) -> Answer<Vec<String>> {
        match self.members.get(group) {
            Some(members) => Ok(Some(members.clone())),
            None => unknown(&group),
        }
    }

    fn service(&self, name: &str) -> Answer<Service> {
        match self.services.get(&name.to_lowercase()) {
            Some(service) => Ok(Some(*service)),
            None => unknown(&name),
        }
    }

    fn wmi(&self, query: &Query<'_>) -> Answer<Vec<Row>> {
        let Some(rows) = self.classes.get(&query.class.to_ascii_lowercase()) else {
            return unknown(query);
        };
        let mut answer = Vec::new();
        for row in rows {
            match fits(row, query.filter) {
                Some(true) => {}
                Some(false) => continue,
                None => return Err(Trouble::Failed(format!("the dump cannot judge {}", query.filter))),
            }
            let asked =
                |column: &str| row.get_key_value(column).map(|(name, cell)| (name.clone(), cell.clone()));
            answer.push(query.columns.iter().filter_map(|column| asked(column)).collect());
        }
        Ok(Some(answer))
    }
}
