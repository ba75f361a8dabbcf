//! Rooms in bulk: a CSV file that says in which room each machine stands.

use anyhow::Result;
use serde_json::json;

use crate::app::App;
use crate::seats::Names;
use crate::sheet::{self, Column};
use crate::store::{audit, machine, work};

/// Most rows in one file.
const ROWS_MAX: usize = 500_000;
/// Longest name of a room, in characters.
pub const ROOM_CHARS_MAX: usize = 60;
const COLUMNS: &[Column] = &[("machine", &["may", "ten may", "hostname"]), ("room", &["phong", "so phong"])];

/// A machine and its room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line, from 1.
    pub line: u64,
    /// Name or id of the machine.
    pub machine: String,
    /// Its room; empty takes it away.
    pub room: String,
}

/// Reads a CSV file of machines and rooms. `file` only stands in the complaints.
///
/// # Errors
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let [Some(machine), Some(room)] = ["machine", "room"].map(|name| columns.get(name).copied()) else {
        return Err(vec![format!("{file}:1:1: the first line must name the columns machine and room")]);
    };
    let (mut rows, mut complaints): (Vec<Row>, Vec<String>) = (Vec::new(), Vec::new());
    let mut lines = std::collections::BTreeMap::new();
    for (line, record) in &sheet.rows {
        let field = |at: usize| record.get(at).unwrap_or_default();
        if field(machine).is_empty() {
            complaints.push(format!("{file}:{line}:{}: the machine is missing", machine + 1));
        }
        if !is_room(field(room)) {
            complaints.push(format!(
                "{file}:{line}:{}: the room has more than {ROOM_CHARS_MAX} characters, or signs that do not print",
                room + 1
            ));
        }
        if let Some(first) = lines.insert(field(machine).to_lowercase(), *line) {
            complaints.push(format!("{file}:{line}:{}: the machine stands in line {first} too", machine + 1));
        }
        rows.push(Row { line: *line, machine: field(machine).to_owned(), room: field(room).to_owned() });
    }
    if complaints.is_empty() { Ok(rows) } else { Err(complaints) }
}

/// Whether a text can be the name of a room; an empty one takes it away.
pub fn is_room(text: &str) -> bool {
    text.chars().count() <= ROOM_CHARS_MAX && !text.chars().any(char::is_control)
}

/// Says in which rooms machines stand. Gives how many stood elsewhere before.
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
            [id] => changed += usize::from(work::set_room(&mut tx, id, &row.room).await?),
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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::web::office;

    #[test]
    fn complaints_all_at_once() {
        let rows = parse("rooms.csv", "Máy;Phòng\nPC-01;203\nPC-02;\n".as_bytes()).unwrap();
        let told: Vec<(&str, &str)> =
            rows.iter().map(|row| (row.machine.as_str(), row.room.as_str())).collect();
        assert_eq!(told, [("PC-01", "203"), ("PC-02", "")]);
        let long = "x".repeat(61);
        let text = format!("machine,room\n,1\nPC-01,{long}\npc-01,2\n");
        expect![[r#"
            rooms.csv:2:1: the machine is missing
            rooms.csv:3:2: the room has more than 60 characters, or signs that do not print
            rooms.csv:4:1: the machine stands in line 3 too"#]]
        .assert_eq(&parse("rooms.csv", text.as_bytes()).unwrap_err().join("\n"));
        expect!["rooms.csv:1:1: the first line must name the columns machine and room"]
            .assert_eq(&parse("rooms.csv", b"machine\n").unwrap_err().join("\n"));
    }

    #[tokio::test]
    async fn nothing_is_half_imported() {
        let office = office::known().await;
        let row = |line, machine: &str, room: &str| Row { line, machine: machine.into(), room: room.into() };
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
