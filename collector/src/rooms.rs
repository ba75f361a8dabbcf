//! Rooms in bulk, and what else the asset register of an agency says of its machines: a CSV file, a machine in each line.
//!
//! A column that the file does not have changes nothing; an empty field takes away what stood there.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::json;

use crate::days;
use crate::lang::Lang;
use crate::named::{self, Change, Part};
use crate::sheet::{self, Column, File, Read};
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

/// Reads a CSV file of machines, their rooms and what the register says.
///
/// # Errors
/// What keeps it from being read at all, each complaint beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: File<'_>, bytes: &[u8]) -> Result<Read<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let (Some(machine), 2..) = (columns.get("machine").copied(), columns.len()) else {
        return Err(file.header_complaint(
            "dòng đầu phải nêu tên cột machine và ít nhất một cột nữa: room, responsible, purpose, register_number, \
             register_date, warranty_end",
            "the first line must name the column machine and one more: room, responsible, purpose, register_number, \
             register_date, warranty_end",
        ));
    };
    let lang = file.lang;
    let mut read = Read::of(file);
    for (line, record) in &sheet.rows {
        let name = record.get(machine).unwrap_or_default();
        read.name(*line, machine, name);
        if name.is_empty() {
            read.complaints.add(*line, machine, named::machine_missing(lang));
        }
        let mut field = |column: &str, understand: fn(Lang, &str) -> Result<String, String>| {
            let at = *columns.get(column)?;
            match understand(lang, record.get(at).unwrap_or_default()) {
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

fn room(lang: Lang, text: &str) -> Result<String, String> {
    let wrong = || {
        lang.pick(
            format!("tên phòng dài hơn {ROOM_CHARS_MAX} ký tự hoặc có ký tự không in được"),
            format!("the room has more than {ROOM_CHARS_MAX} characters, or signs that do not print"),
        )
    };
    if is_room(text) { Ok(text.to_owned()) } else { Err(wrong()) }
}

fn text(lang: Lang, text: &str) -> Result<String, String> {
    let fits = text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(char::is_control);
    let wrong = || {
        lang.pick(
            format!("nội dung dài hơn {TEXT_CHARS_MAX} ký tự hoặc có ký tự không in được"),
            format!("it has more than {TEXT_CHARS_MAX} characters, or signs that do not print"),
        )
    };
    if fits { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// A day as 2026-12-31 or 31/12/2026, or nothing.
fn date(lang: Lang, text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let wrong = || {
        lang.pick(
            format!("“{text}” không phải ngày: hãy ghi như 31/12/2026"),
            format!("“{text}” is no day: write it as 2026-12-31 or 31/12/2026"),
        )
    };
    let date = days::read(text).filter(|date| (1980..=2100).contains(&date.year()));
    date.map(|date| date.to_string()).ok_or_else(wrong)
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
    use crate::sheet::english;
    use crate::web::office;

    #[test]
    fn rows_as_people_write_them() {
        let rows = parse(english("rooms.csv"), "Máy;Phòng\nPC-01;203\nPC-02;\n".as_bytes()).unwrap().rows;
        let told: Vec<(&str, &str)> =
            rows.iter().map(|row| (row.machine.as_str(), row.room.as_deref().unwrap())).collect();
        assert_eq!(told, [("PC-01", "203"), ("PC-02", "")]);
        assert!(rows.iter().all(|row| row.purpose.is_none()), "the file says nothing of it");
    }

    #[test]
    fn complaints_all_at_once() {
        let (long, longer) = ("x".repeat(61), "x".repeat(201));
        let files = [
            format!("machine,room,purpose\n,1,\nPC-01,{long},{longer}\npc-01,2,\n"),
            "machine,room\n".to_owned(),
            "machine\n".to_owned(),
            "machine,register_date,warranty_end\nPC-01,31/12/2024,2027-06-30\nPC-02,,31/02/2026\nPC-03,1/1/24,\n"
                .to_owned(),
        ];
        let told = |lang, text: &String| match parse(File::new("rooms.csv", lang), text.as_bytes()) {
            Ok(read) => read.complaints.told("rooms.csv").join("\n"),
            Err(complaints) => complaints.join("\n"),
        };
        for (lang, expected) in [
            (
                Lang::En,
                expect![[r#"
            rooms.csv:2:1: the machine is missing
            rooms.csv:3:2: the room has more than 60 characters, or signs that do not print
            rooms.csv:3:3: it has more than 200 characters, or signs that do not print
            rooms.csv:2:1: there are no rows below the first line, so nothing would be imported
            rooms.csv:1:1: the first line must name the column machine and one more: room, responsible, purpose, register_number, register_date, warranty_end
            rooms.csv:3:3: “31/02/2026” is no day: write it as 2026-12-31 or 31/12/2026
            rooms.csv:4:2: “1/1/24” is no day: write it as 2026-12-31 or 31/12/2026"#]],
            ),
            (
                Lang::Vi,
                expect![[r#"
            rooms.csv:2:1: thiếu tên máy
            rooms.csv:3:2: tên phòng dài hơn 60 ký tự hoặc có ký tự không in được
            rooms.csv:3:3: nội dung dài hơn 200 ký tự hoặc có ký tự không in được
            rooms.csv:2:1: dưới dòng đầu không có dòng nào, nên không có gì để nhập
            rooms.csv:1:1: dòng đầu phải nêu tên cột machine và ít nhất một cột nữa: room, responsible, purpose, register_number, register_date, warranty_end
            rooms.csv:3:3: “31/02/2026” không phải ngày: hãy ghi như 31/12/2026
            rooms.csv:4:2: “1/1/24” không phải ngày: hãy ghi như 31/12/2026"#]],
            ),
        ] {
            let all: Vec<String> = files.iter().map(|file| told(lang, file)).collect();
            expected.assert_eq(&all.join("\n"));
        }
    }

    #[tokio::test]
    async fn the_register_is_read_column_by_column() {
        let office = office::known().await;
        let one = office::machine_id(1);
        let import = async |text: &str| {
            let read = parse(english("rooms.csv"), text.as_bytes()).unwrap();
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
        for (lang, expected) in [
            (
                Lang::En,
                expect![[r#"
            rooms.csv:2:3: “soon” is no day: write it as 2026-12-31 or 31/12/2026
            rooms.csv:3:1: there is no machine called NOBODY
            rooms.csv:4:1: 2 machines are called PC-VANTHU-01: name them by their ids
            rooms.csv:5:1: the machine stands in line 2 too"#]],
            ),
            (
                Lang::Vi,
                expect![[r#"
            rooms.csv:2:3: “soon” không phải ngày: hãy ghi như 31/12/2026
            rooms.csv:3:1: không có máy nào tên NOBODY
            rooms.csv:4:1: có 2 máy cùng tên PC-VANTHU-01: hãy ghi mã máy thay cho tên
            rooms.csv:5:1: máy này đã có ở dòng 2"#]],
            ),
        ] {
            let read = parse(File::new("rooms.csv", lang), text.as_bytes()).unwrap();
            let told = reckon(&mut tx, &everything, &read).await.unwrap().unwrap_err();
            expected.assert_eq(&told.join("\n"));
        }
        let text = format!("machine,room\n{one},203\n{two},\n");
        let read = parse(english("rooms.csv"), text.as_bytes()).unwrap();
        let right = reckon(&mut tx, &everything, &read).await.unwrap().unwrap();
        assert_eq!((right.changes.len(), right.same), (1, 1));
        assert_eq!(work::room(&mut tx, &one).await.unwrap(), "", "looking changes nothing");
    }
}
