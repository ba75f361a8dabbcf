//! Seats from a CSV file: how many working places of which role each unit has.
//!
//! The columns `unit_code`, `role` and `count`; `group` and `regime` where one likes. The seats of every unit in the
//! file become those of the file; units that are not in it stay as they are. A machine sits where its unit and role say:
//! by its join code, by hand, or in bulk from another file.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use rules::assess::Role;
use rules::norms::Group;
use rules::plan::Regime;

use crate::app::App;
use crate::rescore::judge_again;
use crate::sheet::{self, Column};
use crate::store::assessment::Cause;
use crate::store::machine::{Among, Because};
use crate::store::seat::{self, Seats};
use crate::store::unit::{self, Unit};
use crate::store::{Tx, audit, machine};
use crate::vietnamese::fold;

/// Most rows in one file, and most seats in one row: more is a slip of the hand.
const ROWS_MAX: usize = 500_000;
const COUNT_MAX: i64 = 10_000;
const COLUMNS: &[Column] = &[
    ("unit_code", &["ma don vi", "don vi", "code"]),
    ("role", &["vai tro", "vi tri"]),
    ("count", &["so luong", "so cho", "bien che"]),
    ("group", &["nhom", "nhom chuc danh"]),
    ("regime", &["che do", "phu luc"]),
];

/// One row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line, from 1.
    pub line: u64,
    /// The code of the unit.
    pub unit: String,
    /// What the seats are for.
    pub role: Role,
    /// The group of positions.
    pub group: Group,
    /// How their equipment is bought.
    pub regime: Regime,
    /// How many; 0 takes them away.
    pub count: i64,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Units in the file.
    pub units: usize,
    /// Units whose seats are others than before.
    pub changed: usize,
    /// Seats in the file.
    pub seats: i64,
}

/// Reads a CSV file of seats. `file` only stands in the complaints.
///
/// # Errors
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let [Some(unit), Some(role), Some(count)] = ["unit_code", "role", "count"].map(|name| columns.get(name))
    else {
        return Err(vec![format!(
            "{file}:1:1: the first line must name the columns unit_code, role and count"
        )]);
    };
    let (mut rows, mut complaints): (Vec<Row>, Vec<String>) = (Vec::new(), Vec::new());
    let mut lines: BTreeMap<(String, Role, Group, Regime), u64> = BTreeMap::new();
    for (line, record) in &sheet.rows {
        let field = |at: usize| record.get(at).unwrap_or_default();
        let optional = |name: &str| columns.get(name).map(|at| field(*at)).unwrap_or_default();
        let mut wrong =
            |at: usize, text: String| complaints.push(format!("{file}:{line}:{}: {text}", at + 1));
        let unit_code = field(*unit);
        if unit_code.is_empty() {
            wrong(*unit, "the code of the unit is missing".to_owned());
        }
        let known_role = role_of(field(*role));
        if known_role.is_none() {
            wrong(
                *role,
                format!("the role “{}” is not known: {}", field(*role), words(Role::ALL, Role::word)),
            );
        }
        let seats = field(*count).parse::<i64>().ok().filter(|seats| (0..=COUNT_MAX).contains(seats));
        if seats.is_none() {
            wrong(*count, format!("“{}” is no number of seats: it is from 0 to {COUNT_MAX}", field(*count)));
        }
        let group = group_of(optional("group"), known_role);
        if group.is_none() {
            let at = columns.get("group").copied().unwrap_or(0);
            let text =
                format!("the group “{}” is not known: {}", optional("group"), words(Group::ALL, Group::word));
            wrong(at, text);
        }
        let regime = match optional("regime") {
            "" => Some(Regime::Ceilings),
            word => Regime::parse(&word.to_uppercase()),
        };
        if regime.is_none() {
            let at = columns.get("regime").copied().unwrap_or(0);
            wrong(at, format!("the regime “{}” is not known: A/B or C", optional("regime")));
        }
        let (Some(role), Some(count), Some(group), Some(regime)) = (known_role, seats, group, regime) else {
            continue;
        };
        if let Some(first) = lines.insert((unit_code.to_owned(), role, group, regime), *line) {
            complaints.push(format!(
                "{file}:{line}:1: the same unit, role, group and regime stand in line {first} too"
            ));
        }
        rows.push(Row { line: *line, unit: unit_code.to_owned(), role, group, regime, count });
    }
    if complaints.is_empty() { Ok(rows) } else { Err(complaints) }
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> String {
    all.iter().map(|one| word(*one)).collect::<Vec<_>>().join(", ")
}

/// The role of a word, in English as everywhere in files, or in Vietnamese as people say it.
pub(crate) fn role_of(word: &str) -> Option<Role> {
    Role::parse(word).or(match fold(word).as_str() {
        "mot cua" | "can bo mot cua" => Some(Role::Counter),
        "van thu" => Some(Role::Clerk),
        "lanh dao" => Some(Role::Leader),
        "chuyen vien" | "cong chuc" => Some(Role::Officer),
        "may chu" => Some(Role::Server),
        _ => None,
    })
}

fn group_of(word: &str, role: Option<Role>) -> Option<Group> {
    match word.to_uppercase().as_str() {
        "" if role == Some(Role::Leader) => Some(Group::Leader),
        "" => Some(Group::Specialist),
        "II-VI" | "II" | "III" | "IV" | "V" | "VI" => Some(Group::Leader),
        "VII" => Some(Group::Manager),
        "VIII" => Some(Group::Specialist),
        _ => Group::parse(word),
    }
}

/// Gives the units of the file its seats.
///
/// # Errors
/// What does not fit, each complaint beginning with `FILE:LINE:COLUMN:`; or that the database cannot. Then the
/// transaction must not be committed.
pub async fn import(tx: &mut Tx, file: &str, rows: &[Row]) -> Result<Result<Imported, Vec<String>>> {
    let mut complaints = Vec::new();
    let mut by_unit: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_unit.entry(&row.unit).or_default().push(row);
    }
    let mut imported = Imported { units: by_unit.len(), ..Imported::default() };
    for (code, rows) in by_unit {
        let found = unit::by_code(tx, code).await?;
        let line = rows.first().map_or(1, |row| row.line);
        let unit = match found.as_slice() {
            [unit] => unit,
            [] => {
                complaints.push(format!("{file}:{line}:1: there is no unit with the code {code}"));
                continue;
            }
            many => {
                complaints.push(format!("{file}:{line}:1: {} units have the code {code}", many.len()));
                continue;
            }
        };
        let mut seats: Vec<Seats> = rows
            .iter()
            .filter(|row| row.count > 0)
            .map(|row| Seats {
                unit: unit.id.clone(),
                role: row.role.word().to_owned(),
                group: row.group.word().to_owned(),
                regime: row.regime.word().to_owned(),
                count: row.count,
            })
            .collect();
        seats.sort();
        imported.seats += seats.iter().map(|one| one.count).sum::<i64>();
        let mut before = seat::of(tx, &unit.id).await?;
        before.sort();
        if before != seats {
            imported.changed += 1;
            seat::set(tx, &unit.id, &seats).await?;
        }
    }
    Ok(if complaints.is_empty() { Ok(imported) } else { Err(complaints) })
}

/// A machine that gets another seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The line, from 1.
    pub line: u64,
    /// Name or id of the machine.
    pub machine: String,
    /// The code of its new unit.
    pub unit: String,
    /// The role of its new seat.
    pub role: Role,
}

/// Reads a CSV file of machines and their seats. `file` only stands in the complaints.
///
/// # Errors
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn parse_moves(file: &str, bytes: &[u8]) -> Result<Vec<Move>, Vec<String>> {
    const COLUMNS: &[Column] = &[
        ("machine", &["may", "ten may", "hostname"]),
        ("unit_code", &["ma don vi", "don vi", "code"]),
        ("role", &["vai tro", "vi tri"]),
        // For people who fill in the list of machines that wait; not read.
        ("name", &[]),
        ("old_unit_code", &[]),
        ("old_unit", &[]),
    ];
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let [Some(machine), Some(unit), Some(role)] =
        ["machine", "unit_code", "role"].map(|name| columns.get(name).copied())
    else {
        return Err(vec![format!(
            "{file}:1:1: the first line must name the columns machine, unit_code and role"
        )]);
    };
    let (mut moves, mut complaints): (Vec<Move>, Vec<String>) = (Vec::new(), Vec::new());
    for (line, record) in &sheet.rows {
        let field = |at: usize| record.get(at).unwrap_or_default();
        let known = role_of(field(role));
        // Of the list of machines that wait, those that nobody gave a unit yet go on waiting.
        if field(unit).is_empty() && columns.contains_key("old_unit_code") {
            continue;
        }
        match known {
            Some(role) if !field(machine).is_empty() && !field(unit).is_empty() => {
                let (machine, unit) = (field(machine).to_owned(), field(unit).to_owned());
                moves.push(Move { line: *line, machine, unit, role });
            }
            Some(_) => {
                complaints.push(format!("{file}:{line}:1: the machine or the code of the unit is missing"))
            }
            None => {
                let roles = words(Role::ALL, Role::word);
                let text = format!("the role “{}” is not known: {roles}", field(role));
                complaints.push(format!("{file}:{line}:{}: {text}", role + 1));
            }
        }
    }
    if complaints.is_empty() { Ok(moves) } else { Err(complaints) }
}

/// Gives machines other seats, and judges them by what those are asked. Gives how many moved.
///
/// # Errors
/// What does not fit, each complaint beginning with `FILE:LINE:COLUMN:`, and then nothing was moved; or that the
/// database cannot.
pub async fn assign(app: &App, file: &str, moves: &[Move], by: &str) -> Result<Result<usize, Vec<String>>> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let (mut complaints, mut moved) = (Vec::new(), Vec::new());
    let names = Names::of(machine::names(&mut tx).await?);
    let mut units: BTreeMap<&str, Vec<Unit>> = BTreeMap::new();
    for one in moves {
        let (line, code) = (one.line, one.unit.as_str());
        if !units.contains_key(code) {
            units.insert(code, unit::by_code(&mut tx, code).await?);
        }
        let known = units.get(code).map_or(&[][..], Vec::as_slice);
        match (known, names.called(&one.machine)) {
            ([unit], [id]) => {
                if seat_one(&mut tx, id, (unit, one.role), by, now).await? {
                    moved.push(id.clone());
                }
            }
            ([], _) => complaints.push(format!("{file}:{line}:1: there is no unit with the code {code}")),
            (_, []) => {
                complaints.push(format!("{file}:{line}:1: there is no machine called {}", one.machine))
            }
            ([_], many) => complaints.push(format!(
                "{file}:{line}:1: {} machines are called {}: name them by their ids",
                many.len(),
                one.machine
            )),
            (many, _) => {
                complaints.push(format!("{file}:{line}:1: {} units have the code {code}", many.len()))
            }
        }
    }
    if !complaints.is_empty() {
        return Ok(Err(complaints));
    }
    tx.commit().await?;
    for id in &moved {
        judge_again(app, Among::One(id), Cause::Seat).await?;
    }
    Ok(Ok(moved.len()))
}

/// Machines by what people call them: names in the network, ASCII case ignored, and ids.
pub(crate) struct Names {
    ids: BTreeMap<String, Vec<String>>,
}

impl Names {
    /// From the id and the name of each machine.
    pub(crate) fn of(machines: Vec<(String, String)>) -> Names {
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, hostname) in &machines {
            ids.entry(hostname.to_ascii_lowercase()).or_default().push(id.clone());
        }
        // An id is one unless some machine is called so.
        for (id, _) in machines {
            ids.entry(id.clone()).or_insert_with(|| vec![id]);
        }
        Names { ids }
    }

    /// The ids of the machines that are called so.
    pub(crate) fn called(&self, name: &str) -> &[String] {
        self.ids.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }
}

/// Gives one machine another seat, by hand. Gives whether it had not had it before. The machine is to be judged again.
pub(crate) async fn seat_one(
    tx: &mut Tx,
    id: &str,
    (unit, role): (&Unit, Role),
    by: &str,
    now: Timestamp,
) -> Result<bool> {
    let (before, was) = (machine::unit(tx, id).await?, machine::role(tx, id).await?);
    if before.id == unit.id && was == role.word() {
        return Ok(false);
    }
    machine::seat(tx, id, unit, role.word(), (Because::Hand, now)).await?;
    let detail = serde_json::json!({
        "from": before.code, "role": was, "to": unit.code, "new_role": role.word()
    });
    audit::add(tx, now, by, "machine-seat", id, &detail.to_string()).await?;
    Ok(true)
}

/// Gives one machine another seat, and judges it by what that is asked.
///
/// # Errors
/// When the database cannot.
pub async fn reseat(app: &App, id: &str, unit: &Unit, role: Role, by: &str) -> Result<()> {
    let mut tx = app.store.begin().await?;
    let moved = seat_one(&mut tx, id, (unit, role), by, app.clock.now()).await?;
    tx.commit().await?;
    if moved {
        judge_again(app, Among::One(id), Cause::Seat).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn as_people_write_them() {
        let text =
            "Mã đơn vị;Vai trò;Số lượng;Nhóm\n14863;Văn thư;2;\n14863;chuyên viên;12;VIII\n14863;leader;1;\n";
        let rows = parse("seats.csv", text.as_bytes()).unwrap();
        let told: Vec<String> = rows
            .iter()
            .map(|row| format!("{} {} {} {}", row.unit, row.role.word(), row.group.word(), row.count))
            .collect();
        assert_eq!(
            told,
            ["14863 clerk specialist 2", "14863 officer specialist 12", "14863 leader leader 1"]
        );
    }

    #[test]
    fn complaints_all_at_once() {
        let text =
            "unit_code,role,count,group,regime\n,boss,-3,IX,D\n1,clerk,2,,\n1,clerk,3,,\n1,clerk,x,,C\n";
        expect![[r#"
            seats.csv:2:1: the code of the unit is missing
            seats.csv:2:2: the role “boss” is not known: counter, clerk, leader, officer, server
            seats.csv:2:3: “-3” is no number of seats: it is from 0 to 10000
            seats.csv:2:4: the group “IX” is not known: leader, manager, specialist
            seats.csv:2:5: the regime “D” is not known: A/B or C
            seats.csv:4:1: the same unit, role, group and regime stand in line 3 too
            seats.csv:5:3: “x” is no number of seats: it is from 0 to 10000"#]]
        .assert_eq(&parse("seats.csv", text.as_bytes()).unwrap_err().join("\n"));
        expect![
            "seats.csv:1:2: the column “tuoi” is not known: there are unit_code, role, count, group, regime"
        ]
        .assert_eq(&parse("seats.csv", b"ma don vi,tuoi\n").unwrap_err().join("\n"));
        expect!["seats.csv:1:1: the first line must name the columns unit_code, role and count"]
            .assert_eq(&parse("seats.csv", b"role,count\n").unwrap_err().join("\n"));
        expect!["seats.csv:1:1: the file is UTF-16, and damaged: save it as “CSV UTF-8” and try again"]
            .assert_eq(&parse("seats.csv", b"\xFF\xFEu\0n").unwrap_err().join("\n"));
    }
}
