//! Rooms in bulk, and what else the asset register of an agency says of its machines: a CSV file, a machine in each line.
//!
//! A column that the file does not have changes nothing; an empty field takes away what stood there.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::civil::Date;
use serde_json::json;

use crate::app::App;
use crate::seats::Names;
use crate::sheet::{self, Column};
use crate::store::register::{self, Entry};
use crate::store::{Tx, audit, machine, work};

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
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let (Some(machine), 2..) = (columns.get("machine").copied(), columns.len()) else {
        return Err(vec![format!(
            "{file}:1:1: the first line must name the column machine and one more: room, responsible, purpose, \
             register_number, register_date, warranty_end"
        )]);
    };
    let (mut rows, mut complaints): (Vec<Row>, Vec<String>) = (Vec::new(), Vec::new());
    let mut lines = BTreeMap::new();
    for (line, record) in &sheet.rows {
        let name = record.get(machine).unwrap_or_default();
        if name.is_empty() {
            complaints.push(format!("{file}:{line}:{}: the machine is missing", machine + 1));
        }
        if let Some(first) = lines.insert(name.to_lowercase(), *line) {
            complaints.push(format!("{file}:{line}:{}: the machine stands in line {first} too", machine + 1));
        }
        let mut field = |column: &str, read: fn(&str) -> Result<String, String>| {
            let at = *columns.get(column)?;
            match read(record.get(at).unwrap_or_default()) {
                Ok(text) => Some(text),
                Err(wrong) => {
                    complaints.push(format!("{file}:{line}:{}: {wrong}", at + 1));
                    None
                }
            }
        };
        rows.push(Row {
            line: *line,
            machine: name.to_owned(),
            room: field("room", room),
            responsible: field("responsible", text),
            purpose: field("purpose", text),
            number: field("register_number", text),
            registered_on: field("register_date", date),
            warranty_until: field("warranty_end", date),
        });
    }
    if complaints.is_empty() { Ok(rows) } else { Err(complaints) }
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

/// Says in which rooms machines stand, and what the register says of them. Gives of how many machines something else was
/// said before.
///
/// # Errors
/// What does not fit, each complaint beginning with `FILE:LINE:COLUMN:`, and then nothing was changed; or that the
/// database cannot.
pub async fn import(app: &App, file: &str, rows: &[Row], by: &str) -> Result<Result<usize, Vec<String>>> {
    let mut tx = app.store.begin().await?;
    let (mut complaints, mut changed) = (Vec::new(), 0);
    let names = Names::of(machine::names(&mut tx).await?);
    for row in rows {
        let (line, name) = (row.line, &row.machine);
        match names.called(name) {
            [id] => changed += usize::from(put(&mut tx, id, row).await?),
            [] => complaints.push(format!("{file}:{line}:1: there is no machine called {name}")),
            many => complaints.push(format!(
                "{file}:{line}:1: {} machines are called {name}: name them by their ids",
                many.len()
            )),
        }
    }
    if !complaints.is_empty() {
        return Ok(Err(complaints));
    }
    let detail = json!({ "machines": rows.len(), "changed": changed }).to_string();
    audit::add(&mut tx, app.clock.now(), by, "rooms-import", file, &detail).await?;
    tx.commit().await?;
    Ok(Ok(changed))
}

/// Writes what a row says of a machine. Gives whether something else was said before.
async fn put(tx: &mut Tx, machine: &str, row: &Row) -> Result<bool> {
    let moved = match &row.room {
        Some(room) => work::set_room(tx, machine, room).await?,
        None => false,
    };
    let before = register::of(tx, machine).await?;
    let entry = Entry {
        responsible: row.responsible.clone().unwrap_or(before.responsible),
        purpose: row.purpose.clone().unwrap_or(before.purpose),
        number: row.number.clone().unwrap_or(before.number),
        registered_on: row.registered_on.clone().unwrap_or(before.registered_on),
        warranty_until: row.warranty_until.clone().unwrap_or(before.warranty_until),
    };
    Ok(register::put(tx, machine, &entry).await? || moved)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::web::office;

    #[test]
    fn complaints_all_at_once() {
        let rows = parse("rooms.csv", "Máy;Phòng\nPC-01;203\nPC-02;\n".as_bytes()).unwrap();
        let told: Vec<(&str, &str)> =
            rows.iter().map(|row| (row.machine.as_str(), row.room.as_deref().unwrap())).collect();
        assert_eq!(told, [("PC-01", "203"), ("PC-02", "")]);
        assert!(rows.iter().all(|row| row.purpose.is_none()), "the file says nothing of it");
        let long = "x".repeat(61);
        let text = format!("machine,room\n,1\nPC-01,{long}\npc-01,2\n");
        expect![[r#"
            rooms.csv:2:1: the machine is missing
            rooms.csv:3:2: the room has more than 60 characters, or signs that do not print
            rooms.csv:4:1: the machine stands in line 3 too"#]]
        .assert_eq(&parse("rooms.csv", text.as_bytes()).unwrap_err().join("\n"));
        expect!["rooms.csv:1:1: the first line must name the column machine and one more: room, responsible, purpose, register_number, register_date, warranty_end"]
            .assert_eq(&parse("rooms.csv", b"machine\n").unwrap_err().join("\n"));
        let text = "machine,register_date,warranty_end\nPC-01,31/12/2024,2027-06-30\nPC-02,,31/02/2026\nPC-03,1/1/24,\n";
        expect![[r#"
            rooms.csv:3:3: “31/02/2026” is no day: write it as 2026-12-31 or 31/12/2026
            rooms.csv:4:2: “1/1/24” is no day: write it as 2026-12-31 or 31/12/2026"#]]
        .assert_eq(&parse("rooms.csv", text.as_bytes()).unwrap_err().join("\n"));
    }

    #[tokio::test]
    async fn the_register_is_read_column_by_column() {
        let office = office::known().await;
        let one = office::machine_id(1);
        let import = async |text: &str| {
            let rows = parse("rooms.csv", text.as_bytes()).unwrap();
            import(&office.app, "rooms.csv", &rows, "an").await.unwrap().unwrap()
        };
        let text = format!(
            "Máy;Phòng;Người phụ trách;Mục đích;Mã tài sản;Ngày ghi tăng;Hết bảo hành\n\
             {one};203;Nguyễn Văn An;Một cửa;TS-01;31/12/2019;2027-06-30\n"
        );
        assert_eq!(import(&text).await, 1);
        assert_eq!(import(&text).await, 0, "it says the same");
        assert_eq!(import(&format!("machine,responsible\n{one},\n")).await, 1);
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
        let row = |line, machine: &str, room: &str| Row {
            line,
            machine: machine.into(),
            room: Some(room.into()),
            ..Row::default()
        };
        let (one, two) = (office::machine_id(1), office::machine_id(2));
        let wrong = [row(2, &one, "203"), row(3, "NOBODY", "204"), row(4, "PC-VANTHU-01", "1")];
        let complaints = import(&office.app, "rooms.csv", &wrong, "an").await.unwrap().unwrap_err();
        assert_eq!(
            complaints,
            [
                "rooms.csv:3:1: there is no machine called NOBODY",
                "rooms.csv:4:1: 2 machines are called PC-VANTHU-01: name them by their ids"
            ]
        );
        let right = [row(2, &one, "203"), row(3, &two, "")];
        assert_eq!(import(&office.app, "rooms.csv", &right, "an").await.unwrap(), Ok(1));
        let mut tx = office.app.store.read().await.unwrap();
        assert_eq!(work::room(&mut tx, &one).await.unwrap(), "203");
    }
}
