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
use crate::lang::Lang;
use crate::money;
use crate::named::{self, Change, Part};
use crate::rescore::judge_again;
use crate::sheet::{self, Column, File, Named, Read};
use crate::store::assessment::Cause;
use crate::store::listing::Scope;
use crate::store::machine::{Among, Because};
use crate::store::seat::{self, Seats};
use crate::store::unit::Unit;
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

/// What a file of seats comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reckoned {
    /// Units in the file.
    pub units: usize,
    /// Seats in the file.
    pub seats: i64,
    /// What it changes, unit by unit; units whose seats are these already are left out.
    pub changes: Vec<Change>,
    /// The seats that each of those units gets in place of what it had, by the unit's id.
    sets: Vec<(String, Vec<Seats>)>,
}

/// Reads a CSV file of seats.
///
/// # Errors
/// What keeps it from being read at all, each complaint beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: File<'_>, bytes: &[u8]) -> Result<Read<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let [Some(unit), Some(role), Some(count)] =
        ["unit_code", "role", "count"].map(|name| columns.get(name).copied())
    else {
        return Err(file.header_complaint(
            "dòng đầu phải nêu tên các cột unit_code, role và count",
            "the first line must name the columns unit_code, role and count",
        ));
    };
    let lang = file.lang;
    let mut read = Read::of(file);
    let mut lines: BTreeMap<(String, Role, Group, Regime), u64> = BTreeMap::new();
    for (line, record) in &sheet.rows {
        let field = |at: usize| record.get(at).unwrap_or_default();
        let optional = |name: &str| columns.get(name).map(|at| field(*at)).unwrap_or_default();
        let place = |name: &str| columns.get(name).copied().unwrap_or(0);
        let unit_code = field(unit);
        read.name(*line, unit, unit_code);
        let mut wrong = |at: usize, text: String| read.complaints.add(*line, at, text);
        if unit_code.is_empty() {
            wrong(unit, named::code_missing(lang).to_owned());
        }
        let known_role = role_of(field(role));
        if known_role.is_none() {
            wrong(role, unknown_role(lang, field(role)));
        }
        let seats = field(count).parse::<i64>().ok().filter(|seats| (0..=COUNT_MAX).contains(seats));
        if seats.is_none() {
            let (text, most) = (field(count), money::told(lang, COUNT_MAX));
            let told = lang.pick(
                format!("“{text}” không phải số chỗ làm việc: hãy ghi số nguyên từ 0 đến {most}"),
                format!("“{text}” is no number of seats: it is from 0 to {most}"),
            );
            wrong(count, told);
        }
        let group = group_of(optional("group"), known_role);
        if group.is_none() {
            let (word, known) = (optional("group"), words(Group::ALL, Group::word));
            let told = lang.pick(
                format!("không có nhóm chức danh “{word}”: hãy ghi II-VI, VII, VIII hoặc {known}"),
                format!("the group “{word}” is not known: {known}"),
            );
            wrong(place("group"), told);
        }
        let regime = match optional("regime") {
            "" => Some(Regime::Ceilings),
            word => Regime::parse(&word.to_uppercase()),
        };
        if regime.is_none() {
            let word = optional("regime");
            let told = lang.pick(
                format!("không có chế độ mua sắm “{word}”: hãy ghi A/B hoặc C"),
                format!("the regime “{word}” is not known: A/B or C"),
            );
            wrong(place("regime"), told);
        }
        let (Some(role), Some(count), Some(group), Some(regime)) = (known_role, seats, group, regime) else {
            continue;
        };
        if let Some(first) = lines.insert((unit_code.to_owned(), role, group, regime), *line) {
            let told = lang.pick(
                format!("đơn vị, vị trí, nhóm và chế độ này đã có ở dòng {first}"),
                format!("the same unit, role, group and regime stand in line {first} too"),
            );
            wrong(unit, told);
        }
        read.rows.push(Row { line: *line, unit: unit_code.to_owned(), role, group, regime, count });
    }
    Ok(read.check_rows(&sheet))
}

/// No role is called so.
pub(crate) fn unknown_role(lang: Lang, word: &str) -> String {
    let known = words(Role::ALL, Role::word);
    lang.pick(
        format!(
            "không có vị trí “{word}”: hãy ghi một cửa, văn thư, lãnh đạo, chuyên viên hoặc máy chủ (hay {known})"
        ),
        format!("the role “{word}” is not known: {known}"),
    )
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> String {
    all.iter().map(|one| word(*one)).collect::<Vec<_>>().join(", ")
}

/// The role of a word, in English as everywhere in files, or in Vietnamese as people say it, in whatever case.
pub(crate) fn role_of(word: &str) -> Option<Role> {
    let word = fold(word);
    Role::parse(&word).or(match word.as_str() {
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
        _ => Group::parse(&word.to_lowercase()),
    }
}

/// What the file makes of the seats of its units: a unit that it names has the seats of the file and no others. Writes
/// nothing.
///
/// # Errors
/// Everything that is wrong with the file, each complaint beginning with `FILE:LINE:COLUMN:`; or that the database cannot.
pub async fn reckon(tx: &mut Tx, scope: &Scope, read: &Read<Row>) -> Result<Result<Reckoned, Vec<String>>> {
    let mut complaints = read.complaints.clone();
    let units = named::units(tx, scope, &read.named, &mut complaints).await?;
    if !complaints.is_empty() {
        return Ok(Err(complaints.told(&read.file)));
    }
    let mut sets: BTreeMap<&str, Vec<Seats>> = BTreeMap::new();
    for row in &read.rows {
        let Some(unit) = units.get(&row.unit) else { continue };
        let of_unit = sets.entry(&row.unit).or_default();
        if row.count > 0 {
            of_unit.push(Seats {
                unit: unit.id.clone(),
                role: row.role.word().to_owned(),
                group: row.group.word().to_owned(),
                regime: row.regime.word().to_owned(),
                count: row.count,
            });
        }
    }
    let mut reckoned = Reckoned { units: sets.len(), ..Reckoned::default() };
    for (code, seats) in sets {
        let Some(unit) = units.get(code) else { continue };
        reckoned.seats += seats.iter().map(|one| one.count).sum::<i64>();
        let parts = parts(&seat::of(tx, &unit.id).await?, &seats);
        if !parts.is_empty() {
            reckoned.changes.push(Change { of: code.to_owned(), name: unit.name.clone(), parts });
            reckoned.sets.push((unit.id.clone(), seats));
        }
    }
    Ok(Ok(reckoned))
}

/// What becomes of the seats of one unit.
fn parts(before: &[Seats], after: &[Seats]) -> Vec<Part> {
    let mut kinds: BTreeMap<(&str, &str, &str), (i64, i64)> = BTreeMap::new();
    for one in before {
        kinds.entry((&one.role, &one.group, &one.regime)).or_default().0 += one.count;
    }
    for one in after {
        kinds.entry((&one.role, &one.group, &one.regime)).or_default().1 += one.count;
    }
    let written = |count: i64| if count == 0 { String::new() } else { count.to_string() };
    let part = |((role, group, regime), (was, is)): ((&str, &str, &str), (i64, i64))| {
        let mut what = vec![role.to_owned()];
        // What goes without saying is not said.
        if group_of("", Role::parse(role)).is_none_or(|usual| usual.word() != group) {
            what.push(group.to_owned());
        }
        if regime != Regime::Ceilings.word() {
            what.push(regime.to_owned());
        }
        Part::of(what, written(was), written(is))
    };
    kinds.into_iter().filter_map(part).collect()
}

/// Gives the units of a file its seats, as they were reckoned in the same transaction. What went stands in the audit
/// trail.
///
/// # Errors
/// When the database cannot.
pub async fn apply(tx: &mut Tx, file: &str, reckoned: &Reckoned, (by, now): (&str, Timestamp)) -> Result<()> {
    for (unit, seats) in &reckoned.sets {
        seat::set(tx, unit, seats).await?;
    }
    let changes: Vec<String> = reckoned.changes.iter().map(Change::told).collect();
    let detail = serde_json::json!({ "units": reckoned.units, "seats": reckoned.seats, "changes": changes });
    audit::add(tx, now, by, "seats-import", file, &detail.to_string()).await
}

/// A machine that gets another seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The line, from 1.
    pub line: u64,
    /// The column of the unit's code, from 0.
    unit_at: usize,
    /// Name or id of the machine.
    pub machine: String,
    /// The code of its new unit.
    pub unit: String,
    /// The role of its new seat; none where that cannot be read.
    pub role: Option<Role>,
}

/// Reads a CSV file of machines and their seats.
///
/// # Errors
/// What keeps it from being read at all, each complaint beginning with `FILE:LINE:COLUMN:`.
pub fn parse_moves(file: File<'_>, bytes: &[u8]) -> Result<Read<Move>, Vec<String>> {
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
        return Err(file.header_complaint(
            "dòng đầu phải nêu tên các cột machine, unit_code và role",
            "the first line must name the columns machine, unit_code and role",
        ));
    };
    let lang = file.lang;
    let mut read = Read::of(file);
    for (line, record) in &sheet.rows {
        let field = |at: usize| record.get(at).unwrap_or_default();
        // Of the list of machines that wait, those that nobody gave a unit yet go on waiting.
        if field(unit).is_empty() && columns.contains_key("old_unit_code") {
            continue;
        }
        read.name(*line, machine, field(machine));
        let missing = [(machine, named::machine_missing(lang)), (unit, named::code_missing(lang))];
        for (at, text) in missing.into_iter().filter(|(at, _)| field(*at).is_empty()) {
            read.complaints.add(*line, at, text);
        }
        let known_role = role_of(field(role));
        if known_role.is_none() {
            read.complaints.add(*line, role, unknown_role(lang, field(role)));
        }
        read.rows.push(Move {
            line: *line,
            unit_at: unit,
            machine: field(machine).to_owned(),
            unit: field(unit).to_owned(),
            role: known_role,
        });
    }
    Ok(read.check_rows(&sheet))
}

/// Which machines get which seats.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moves {
    /// Machines that sit where the file wants them already.
    pub same: usize,
    /// What becomes of the others.
    pub changes: Vec<Change>,
    /// Their ids, and the unit and role of their seats.
    seats: Vec<(String, Unit, Role)>,
}

/// Where the machines of a file go. Writes nothing.
///
/// # Errors
/// Everything that is wrong with the file, each complaint beginning with `FILE:LINE:COLUMN:`; or that the database cannot.
pub async fn reckon_moves(
    tx: &mut Tx,
    scope: &Scope,
    read: &Read<Move>,
) -> Result<Result<Moves, Vec<String>>> {
    let mut complaints = read.complaints.clone();
    let ids = named::machines(tx, scope, &read.named, &mut complaints).await?;
    let codes = read.rows.iter().map(|one| Named { line: one.line, at: one.unit_at, name: one.unit.clone() });
    let units = named::units(tx, scope, &codes.collect::<Vec<_>>(), &mut complaints).await?;
    if !complaints.is_empty() {
        return Ok(Err(complaints.told(&read.file)));
    }
    let mut moves = Moves::default();
    for one in &read.rows {
        let (Some(id), Some(unit), Some(role)) = (ids.get(&one.line), units.get(&one.unit), one.role) else {
            continue;
        };
        let (before, was) = (machine::unit(tx, id).await?, machine::role(tx, id).await?);
        let parts = [
            Part::of(vec!["unit_code".to_owned()], before.code, unit.code.clone()),
            Part::of(vec!["role".to_owned()], was, role.word()),
        ];
        let parts: Vec<Part> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            moves.same += 1;
        } else {
            moves.changes.push(Change { of: one.machine.clone(), name: String::new(), parts });
            moves.seats.push((id.clone(), unit.clone(), role));
        }
    }
    Ok(Ok(moves))
}

/// Gives machines other seats, and judges them by what those are asked.
///
/// # Errors
/// Everything that is wrong with the file, each complaint beginning with `FILE:LINE:COLUMN:`, and then nothing was moved;
/// or that the database cannot.
pub async fn assign(
    app: &App,
    scope: &Scope,
    read: &Read<Move>,
    by: &str,
) -> Result<Result<Moves, Vec<String>>> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let moves = match reckon_moves(&mut tx, scope, read).await? {
        Ok(moves) => moves,
        Err(complaints) => return Ok(Err(complaints)),
    };
    for (id, unit, role) in &moves.seats {
        seat_one(&mut tx, id, (unit, *role), by, now).await?;
    }
    tx.commit().await?;
    for (id, ..) in &moves.seats {
        judge_again(app, Among::One(id), Cause::Seat).await?;
    }
    Ok(Ok(moves))
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
    use crate::sheet::english;
    use crate::web::office;

    #[test]
    fn as_people_write_them() {
        let text = "Mã đơn vị;Vai trò;Số lượng;Nhóm\n14863;Văn thư;2;\n14863;Officer;12;VIII\n14863;LEADER;1;Leader\n";
        let read = parse(english("seats.csv"), text.as_bytes()).unwrap();
        let told: Vec<String> = read
            .rows
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
        let broken =
            "unit_code,role,count,group,regime\n,boss,-3,IX,D\n1,clerk,2,,\n1,clerk,3,,\n1,clerk,x,,C\n";
        let told = |lang, text: &[u8]| match parse(File::new("seats.csv", lang), text) {
            Ok(read) => read.complaints.told("seats.csv").join("\n"),
            Err(complaints) => complaints.join("\n"),
        };
        for (lang, expected) in [
            (
                Lang::En,
                expect![[r#"
            seats.csv:2:1: the code of the unit is missing
            seats.csv:2:2: the role “boss” is not known: counter, clerk, leader, officer, server
            seats.csv:2:3: “-3” is no number of seats: it is from 0 to 10000
            seats.csv:2:4: the group “IX” is not known: leader, manager, specialist
            seats.csv:2:5: the regime “D” is not known: A/B or C
            seats.csv:4:1: the same unit, role, group and regime stand in line 3 too
            seats.csv:5:3: “x” is no number of seats: it is from 0 to 10000
            seats.csv:2:1: there are no rows below the first line, so nothing would be imported
            seats.csv:1:2: the column “tuoi” is not known: there are unit_code, role, count, group, regime
            seats.csv:1:1: the first line must name the columns unit_code, role and count
            seats.csv:1:1: the file is UTF-16, and damaged: save it as “CSV UTF-8” and try again"#]],
            ),
            (
                Lang::Vi,
                expect![[r#"
                    seats.csv:2:1: thiếu mã đơn vị
                    seats.csv:2:2: không có vị trí “boss”: hãy ghi một cửa, văn thư, lãnh đạo, chuyên viên hoặc máy chủ (hay counter, clerk, leader, officer, server)
                    seats.csv:2:3: “-3” không phải số chỗ làm việc: hãy ghi số nguyên từ 0 đến 10.000
                    seats.csv:2:4: không có nhóm chức danh “IX”: hãy ghi II-VI, VII, VIII hoặc leader, manager, specialist
                    seats.csv:2:5: không có chế độ mua sắm “D”: hãy ghi A/B hoặc C
                    seats.csv:4:1: đơn vị, vị trí, nhóm và chế độ này đã có ở dòng 3
                    seats.csv:5:3: “x” không phải số chỗ làm việc: hãy ghi số nguyên từ 0 đến 10.000
                    seats.csv:2:1: dưới dòng đầu không có dòng nào, nên không có gì để nhập
                    seats.csv:1:2: không có cột “tuoi”; các cột được dùng: unit_code, role, count, group, regime
                    seats.csv:1:1: dòng đầu phải nêu tên các cột unit_code, role và count
                    seats.csv:1:1: tệp là UTF-16 nhưng bị hỏng: hãy lưu lại dạng “CSV UTF-8” rồi thử lại"#]],
            ),
        ] {
            let files: [&[u8]; 5] = [
                broken.as_bytes(),
                b"unit_code,role,count\n",
                b"ma don vi,tuoi\n",
                b"role,count\n",
                b"\xFF\xFEu\0n",
            ];
            expected.assert_eq(&files.map(|file| told(lang, file)).join("\n"));
        }
    }

    /// What a file says of its units is all that they have; what goes is told, and stands in the audit trail.
    #[tokio::test]
    async fn a_file_replaces_and_says_so() {
        let office = office::known().await;
        let everything = Scope::everything();
        let mut tx = office.app.store.begin().await.unwrap();
        let mut told = String::new();
        for text in [
            "16093-HCC,clerk,2\n16093-HCC,counter,4\n16093-HCC,officer,13\n16093-VP,clerk,1\n",
            "16093-HCC,clerk,3\n16093-HCC,leader,1\n16093-VP,clerk,1\n",
            "16093-HCC,clerk,3\n16093-HCC,leader,1\n",
        ] {
            let read =
                parse(english("seats.csv"), format!("unit_code,role,count\n{text}").as_bytes()).unwrap();
            let reckoned = reckon(&mut tx, &everything, &read).await.unwrap().unwrap();
            let before = seat::all(&mut tx, &everything).await.unwrap();
            assert_eq!(reckon(&mut tx, &everything, &read).await.unwrap().unwrap(), reckoned);
            assert_eq!(seat::all(&mut tx, &everything).await.unwrap(), before, "looking changes nothing");
            apply(&mut tx, "seats.csv", &reckoned, ("an", office::now())).await.unwrap();
            told.push_str(&format!("{} units, {} seats\n", reckoned.units, reckoned.seats));
            reckoned.changes.iter().for_each(|change| told.push_str(&format!("  {}\n", change.told())));
        }
        expect![[r#"
            2 units, 20 seats
              16093-HCC: gains clerk 2, counter 4, officer 13
              16093-VP: gains clerk 1
            2 units, 5 seats
              16093-HCC: clerk 2 → 3; gains leader 1; loses counter 4, officer 13
            1 units, 4 seats
        "#]]
        .assert_eq(&told);
        let trail = audit::newest(&mut tx, audit::Filter::default(), None, 9).await.unwrap();
        assert!(trail.iter().any(|one| one.detail.contains("loses counter 4, officer 13")), "{trail:?}");
    }

    /// Bad values, bad roles and unknown units are told together, in the order of the file; a machine has one seat.
    #[tokio::test]
    async fn everything_wrong_is_told_at_once() {
        let office = office::known().await;
        let mut tx = office.app.store.read().await.unwrap();
        let everything = Scope::everything();
        let text = "unit_code,role,count\n99,boss,2\n98,clerk,x\n16093,Clerk,1\n99,clerk,1\n";
        for (lang, expected) in [
            (
                Lang::En,
                expect![[r#"
            s.csv:2:1: there is no unit with the code 99
            s.csv:2:2: the role “boss” is not known: counter, clerk, leader, officer, server
            s.csv:3:1: there is no unit with the code 98
            s.csv:3:3: “x” is no number of seats: it is from 0 to 10000"#]],
            ),
            (
                Lang::Vi,
                expect![[r#"
            s.csv:2:1: không có đơn vị nào mang mã 99
            s.csv:2:2: không có vị trí “boss”: hãy ghi một cửa, văn thư, lãnh đạo, chuyên viên hoặc máy chủ (hay counter, clerk, leader, officer, server)
            s.csv:3:1: không có đơn vị nào mang mã 98
            s.csv:3:3: “x” không phải số chỗ làm việc: hãy ghi số nguyên từ 0 đến 10.000"#]],
            ),
        ] {
            let read = parse(File::new("s.csv", lang), text.as_bytes()).unwrap();
            let told = reckon(&mut tx, &everything, &read).await.unwrap().unwrap_err();
            expected.assert_eq(&told.join("\n"));
        }
        let commune = crate::store::unit::by_id(&mut tx, &office::unit_id("16093")).await.unwrap();
        let read = parse(english("s.csv"), b"unit_code,role,count\n16021,clerk,1\n16093,clerk,1\n").unwrap();
        let told = reckon(&mut tx, &Scope::subtree(&commune.path), &read).await.unwrap().unwrap_err();
        assert_eq!(told, ["s.csv:2:1: there is no unit with the code 16021"], "it is not theirs");

        let (one, two) = (office::machine_id(1), office::machine_id(2));
        let text = format!(
            "machine,unit_code,role\n{one},16093,clerk\nNOBODY,99,boss\n{one},16093,officer\n\
             PC-VANTHU-01,16093,clerk\n{two},16093,OFFICER\n"
        );
        for (lang, expected) in [
            (
                Lang::En,
                expect![[r#"
            m.csv:3:1: there is no machine called NOBODY
            m.csv:3:2: there is no unit with the code 99
            m.csv:3:3: the role “boss” is not known: counter, clerk, leader, officer, server
            m.csv:4:1: the machine stands in line 2 too
            m.csv:5:1: 2 machines are called PC-VANTHU-01: name them by their ids"#]],
            ),
            (
                Lang::Vi,
                expect![[r#"
            m.csv:3:1: không có máy nào tên NOBODY
            m.csv:3:2: không có đơn vị nào mang mã 99
            m.csv:3:3: không có vị trí “boss”: hãy ghi một cửa, văn thư, lãnh đạo, chuyên viên hoặc máy chủ (hay counter, clerk, leader, officer, server)
            m.csv:4:1: máy này đã có ở dòng 2
            m.csv:5:1: có 2 máy cùng tên PC-VANTHU-01: hãy ghi mã máy thay cho tên"#]],
            ),
        ] {
            let read = parse_moves(File::new("m.csv", lang), text.as_bytes()).unwrap();
            let told = reckon_moves(&mut tx, &everything, &read).await.unwrap().unwrap_err();
            expected.assert_eq(&told.join("\n"));
        }
        let text = format!("machine,unit_code,role\n{two},16093,OFFICER\n");
        let read = parse_moves(english("m.csv"), text.as_bytes()).unwrap();
        let moves = reckon_moves(&mut tx, &everything, &read).await.unwrap().unwrap();
        assert!(moves.changes[0].told().ends_with("unit_code 38-SKHCN-VP → 16093"), "{moves:?}");
    }
}
