//! Rooms in bulk, and what else the asset register of an agency says of its machines: a CSV file, a machine in each line.
//!
//! A column that the file does not have changes nothing; an empty field takes away what stood there.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use crate::named::{self, Change, Part};
use crate::sheet::{self, Column, Read};
use crate::store::listing::Scope;
use crate::store::register::{self, Entry};
use crate::store::{Tx, audit, work};

/// Most rows in one file.
const ROWS_MAX: usize = 500_000;
/// Longest name of a room, in characters.
pub const ROOM_CHARS_MAX: usize = 60;
/// Longest text of the register, in characters.
const TEXT_CHARS_MAX: usize = 200;
const COLUMNS: &[Column] = &[
    ("machine", &["may", "ten may", "hostname"]),
    ("room", &["phong", "so phong"]),
    ("responsible", &["nguoi phu trach"]),
    ("purpose", &["muc dich"]),
    ("register_number", &["ma tai san", "so tai san", "so the tai san"]),
    ("register_date", &["ngay ghi tang", "ngay dua vao su dung"]),
    ("warranty_end", &["het bao hanh", "ngay het bao hanh"]),
];

/// A machine, and what the file says of it; none of what it has no column for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The line, from 1.
    pub line: u64,
    /// Name or id of the machine.
    pub machine: String,
    /// Its room.
    pub room: Option<String>,
    /// Who answers for it.
    pub responsible: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// Its number in the register.
    pub number: Option<String>,
    /// Since when it stands there, such as 2026-12-31.
    pub registered_on: Option<String>,
    /// Until when its maker supports it, such as 2026-12-31.
    pub warranty_until: Option<String>,
}

/// Reads a CSV file of machines, their rooms and what the register says. `file` only stands in the complaints.
///
/// # Errors
/// What keeps it from being read at all, each complaint beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Read<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let (Some(machine), 2..) = (columns.get("machine").copied(), columns.len()) else {
        return Err(vec![format!(
            "{file}:1:1: the first line must name the column machine and one more: room, responsible, purpose, \
             register_number, register_date, warranty_end"
        )]);
    };
    let mut read = Read::of(file);
    for (line, record) in &sheet.rows {
        let name = record.get(machine).unwrap_or_default();
        read.name(*line, machine, name);
        if name.is_empty() {
            read.complaints.add(*line, machine, "the machine is missing");
        }
        let mut field = |column: &str, understand: fn(&str) -> Result<String, String>| {
            let at = *columns.get(column)?;
            match understand(record.get(at).unwrap_or_default()) {
                Ok(text) => Some(text),
                Err(wrong) => {
                    read.complaints.add(*line, at, wrong);
                    None
                }
            }
        };
        let row = Row {
            line: *line,
            machine: name.to_owned(),
            room: field("room", room),
            responsible: field("responsible", text),
            purpose: field("purpose", text),
            number: field("register_number", text),
            registered_on: field("register_date", date),
            warranty_until: field("warranty_end", date),
        };
        read.rows.push(row);
    }
    Ok(read.check_rows(&sheet))
}

fn room(text: &str) -> Result<String, String> {
    let wrong = || format!("the room has more than {ROOM_CHARS_MAX} characters, or signs that do not print");
    if is_room(text) { Ok(text.to_owned()) } else { Err(wrong()) }
}

fn text(text: &str) -> Result<String, String> {
    let fits = text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(char::is_control);
    let wrong = || format!("it has more than {TEXT_CHARS_MAX} characters, or signs that do not print");
    if fits { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// A day as 2026-12-31 or 31/12/2026, or nothing.
fn date(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let vietnamese = || {
        let mut parts = text.splitn(3, '/').map(str::trim);
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
    };
    let date = text.parse::<Date>().ok().or_else(vietnamese);
    let date = date.filter(|date| (1980..=2100).contains(&date.year()));
    date.map(|date| date.to_string())
        .ok_or_else(|| format!("“{text}” is no day: write it as 2026-12-31 or 31/12/2026"))
}

/// Whether a text can be the name of a room; an empty one takes it away.
pub fn is_room(text: &str) -> bool {
    text.chars().count() <= ROOM_CHARS_MAX && !text.chars().any(char::is_control)
}

/// What a file says of machines that was not said before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reckoned {
    /// Machines of which the same was said.
    pub same: usize,
    /// What becomes of the others.
    pub changes: Vec<Change>,
    /// Their ids, rooms and entries.
    entries: Vec<(String, String, Entry)>,
}

/// What the file says of its machines beside what was said of them. Writes nothing.
///
/// # Errors
/// Everything that is wrong with the file, each complaint beginning with `FILE:LINE:COLUMN:`; or that the database cannot.
pub async fn reckon(tx: &mut Tx, scope: &Scope, read: &Read<Row>) -> Result<Result<Reckoned, Vec<String>>> {
    let mut complaints = read.complaints.clone();
    let ids = named::machines(tx, scope, &read.named, &mut complaints).await?;
    if !complaints.is_empty() {
        return Ok(Err(complaints.told(&read.file)));
    }
    let mut reckoned = Reckoned::default();
    for row in &read.rows {
        let Some(id) = ids.get(&row.line) else { continue };
        let (before_room, before) = (work::room(tx, id).await?, register::of(tx, id).await?);
        let (room, entry) = said(row, &before_room, &before);
        let fields = |room: &str, entry: &Entry| {
            let Entry { responsible, purpose, number, registered_on, warranty_until } = entry.clone();
            [room.to_owned(), responsible, purpose, number, registered_on, warranty_until]
        };
        let columns = COLUMNS.iter().skip(1).map(|(name, _)| vec![(*name).to_owned()]);
        let pairs = fields(&before_room, &before).into_iter().zip(fields(&room, &entry));
        let parts: Vec<Part> =
            columns.zip(pairs).filter_map(|(what, (was, is))| Part::of(what, was, is)).collect();
        if parts.is_empty() {
            reckoned.same += 1;
        } else {
            reckoned.changes.push(Change { of: row.machine.clone(), name: String::new(), parts });
            reckoned.entries.push((id.clone(), room, entry));
        }
    }
    Ok(Ok(reckoned))
}

/// The room and the entry of a machine, once this row is taken in.
fn said(row: &Row, room: &str, before: &Entry) -> (String, Entry) {
    let or = |said: &Option<String>, before: &str| said.clone().unwrap_or_else(|| before.to_owned());
    let entry = Entry {
        responsible: or(&row.responsible, &before.responsible),
        purpose: or(&row.purpose, &before.purpose),
        number: or(&row.number, &before.number),
        registered_on: or(&row.registered_on, &before.registered_on),
        warranty_until: or(&row.warranty_until, &before.warranty_until),
    };
    (or(&row.room, room), entry)
}

/// Says in which rooms machines stand, and what the register says of them, as it was reckoned in the same transaction.
/// What was said before stands in the audit trail.
///
/// # Errors
/// When the database cannot.
pub async fn apply(tx: &mut Tx, file: &str, reckoned: &Reckoned, (by, now): (&str, Timestamp)) -> Result<()> {
    for (id, room, entry) in &reckoned.entries {
        work::set_room(tx, id, room).await?;
        register::put(tx, id, entry).await?;
    }
    let changed = reckoned.changes.len();
    let changes: Vec<String> = reckoned.changes.iter().map(Change::told).collect();
    let detail =
        json!({ "machines": changed + reckoned.same, "changed": changed, "changes": changes }).to_string();
    audit::add(tx, now, by, "rooms-import", file, &detail).await
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::web::office;

    #[test]
    fn complaints_all_at_once() {
        let rows = parse("rooms.csv", "Máy;Phòng\nPC-01;203\nPC-02;\n".as_bytes()).unwrap().rows;
        let told: Vec<(&str, &str)> =
            rows.iter().map(|row| (row.machine.as_str(), row.room.as_deref().unwrap())).collect();
        assert_eq!(told, [("PC-01", "203"), ("PC-02", "")]);
        assert!(rows.iter().all(|row| row.purpose.is_none()), "the file says nothing of it");
        let long = "x".repeat(61);
        let text = format!("machine,room\n,1\nPC-01,{long}\npc-01,2\n");
        let wrong =
            |text: &str| parse("rooms.csv", text.as_bytes()).unwrap().complaints.told("rooms.csv").join("\n");
        expect![[r#"
            rooms.csv:2:1: the machine is missing
            rooms.csv:3:2: the room has more than 60 characters, or signs that do not print"#]]
        .assert_eq(&wrong(&text));
        assert_eq!(
            wrong("machine,room\n"),
            "rooms.csv:2:1: there are no rows below the first line, so nothing would be imported"
        );
        expect!["rooms.csv:1:1: the first line must name the column machine and one more: room, responsible, purpose, register_number, register_date, warranty_end"]
            .assert_eq(&parse("rooms.csv", b"machine\n").unwrap_err().join("\n"));
        let text = "machine,register_date,warranty_end\nPC-01,31/12/2024,2027-06-30\nPC-02,,31/02/2026\nPC-03,1/1/24,\n";
        expect![[r#"
            rooms.csv:3:3: “31/02/2026” is no day: write it as 2026-12-31 or 31/12/2026
            rooms.csv:4:2: “1/1/24” is no day: write it as 2026-12-31 or 31/12/2026"#]]
        .assert_eq(&wrong(text));
    }

    #[tokio::test]
    async fn the_register_is_read_column_by_column() {
        let office = office::known().await;
        let one = office::machine_id(1);
        let import = async |text: &str| {
            let read = parse("rooms.csv", text.as_bytes()).unwrap();
            let mut tx = office.app.store.begin().await.unwrap();
            let reckoned = reckon(&mut tx, &Scope::everything(), &read).await.unwrap().unwrap();
            apply(&mut tx, "rooms.csv", &reckoned, ("an", office::now())).await.unwrap();
            tx.commit().await.unwrap();
            reckoned.changes.iter().map(Change::told).collect::<Vec<_>>()
        };
        let text = format!(
            "Máy;Phòng;Người phụ trách;Mục đích;Mã tài sản;Ngày ghi tăng;Hết bảo hành\n\
             {one};203;Nguyễn Văn An;Một cửa;TS-01;31/12/2019;2027-06-30\n"
        );
        let told = [format!(
            "{one}: gains room 203, responsible Nguyễn Văn An, purpose Một cửa, register_number TS-01, \
             register_date 2019-12-31, warranty_end 2027-06-30"
        )];
        assert_eq!(import(&text).await, told);
        assert_eq!(import(&text).await, [""; 0], "it says the same");
        let told = [format!("{one}: loses responsible Nguyễn Văn An")];
        assert_eq!(import(&format!("machine,responsible\n{one},\n")).await, told);
        let mut tx = office.app.store.read().await.unwrap();
        let entry = register::of(&mut tx, &one).await.unwrap();
        assert_eq!((entry.responsible.as_str(), entry.purpose.as_str()), ("", "Một cửa"));
        assert_eq!(
            (entry.number.as_str(), entry.registered_on.as_str(), entry.warranty_until.as_str()),
            ("TS-01", "2019-12-31", "2027-06-30")
        );
        assert_eq!(work::room(&mut tx, &one).await.unwrap(), "203");
    }

    #[tokio::test]
    async fn nothing_is_half_imported() {
        let office = office::known().await;
        let (one, two) = (office::machine_id(1), office::machine_id(2));
        let everything = Scope::everything();
        let mut tx = office.app.store.begin().await.unwrap();
        let text =
            format!("machine,room,warranty_end\n{one},203,soon\nNOBODY,204,\nPC-VANTHU-01,1,\n{one},204,\n");
        let read = parse("rooms.csv", text.as_bytes()).unwrap();
        expect![[r#"
            rooms.csv:2:3: “soon” is no day: write it as 2026-12-31 or 31/12/2026
            rooms.csv:3:1: there is no machine called NOBODY
            rooms.csv:4:1: 2 machines are called PC-VANTHU-01: name them by their ids
            rooms.csv:5:1: the machine stands in line 2 too"#]]
        .assert_eq(&reckon(&mut tx, &everything, &read).await.unwrap().unwrap_err().join("\n"));
        let text = format!("machine,room\n{one},203\n{two},\n");
        let read = parse("rooms.csv", text.as_bytes()).unwrap();
        let right = reckon(&mut tx, &everything, &read).await.unwrap().unwrap();
        assert_eq!((right.changes.len(), right.same), (1, 1));
        assert_eq!(work::room(&mut tx, &one).await.unwrap(), "", "looking changes nothing");
    }
}
