//! Machines of closed units: where each goes, by rules that a person wrote down.
//!
//! A machine that no rule names stays on the list. Of several rules that name it the first counts.

use std::collections::BTreeMap;

use anyhow::Result;
use rules::assess::Role;

use crate::app::App;
use crate::lang::Lang;
use crate::named;
use crate::rescore::judge_again;
use crate::seats;
use crate::sheet::{self, Column, File};
use crate::store::assessment::Cause;
use crate::store::listing::Scope;
use crate::store::machine::Among;
use crate::store::past::{self, Stranded};
use crate::store::unit::{self, Unit};
use crate::store::{Tx, audit};
use crate::table::Csv;
use crate::vietnamese::fold;

/// Most rules in one file.
const ROWS_MAX: usize = 100_000;
const COLUMNS: &[Column] = &[
    ("old_unit_code", &["ma don vi cu", "ma cu"]),
    ("hostname_prefix", &["tien to ten may", "ten may bat dau"]),
    ("role", &["vai tro", "vi tri"]),
    ("new_unit_code", &["ma don vi moi", "ma moi"]),
];

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The line, from 1.
    pub line: u64,
    /// The code of the closed unit, or of the unit below it where the machine hangs.
    pub old: String,
    /// With what the name of the machine begins, folded; empty for any.
    pub prefix: String,
    /// The role of its seat; none for any.
    pub role: Option<Role>,
    /// The code of the unit where it goes.
    pub new: String,
}

/// Reads a CSV file of rules.
///
/// # Errors
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: File<'_>, bytes: &[u8]) -> Result<Vec<Rule>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let [Some(old), Some(new)] = ["old_unit_code", "new_unit_code"].map(|name| columns.get(name).copied())
    else {
        return Err(file.header_complaint(
            "dòng đầu phải nêu tên các cột old_unit_code và new_unit_code",
            "the first line must name the columns old_unit_code and new_unit_code",
        ));
    };
    let (mut rules, mut complaints) = (Vec::new(), Vec::new());
    for (line, record) in &sheet.rows {
        let field = |at: usize| record.get(at).unwrap_or_default();
        let optional = |name: &str| columns.get(name).map(|at| field(*at)).unwrap_or_default();
        let role = match optional("role") {
            "" => None,
            word => match seats::role_of(word) {
                Some(role) => Some(role),
                None => {
                    complaints.push(file.complaint(*line, 1, &seats::unknown_role(file.lang, word)));
                    continue;
                }
            },
        };
        if field(old).is_empty() || field(new).is_empty() {
            let text = file.lang.pick(
                "thiếu mã đơn vị cũ hoặc mã đơn vị mới",
                "the code of the old or of the new unit is missing",
            );
            complaints.push(file.complaint(*line, 1, text));
            continue;
        }
        rules.push(Rule {
            line: *line,
            old: field(old).to_owned(),
            prefix: fold(optional("hostname_prefix")),
            role,
            new: field(new).to_owned(),
        });
    }
    if complaints.is_empty() { Ok(rules) } else { Err(complaints) }
}

/// Where machines go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reassigned {
    /// The places of machines in the list, and where each goes.
    pub moves: Vec<(usize, Unit)>,
    /// Lines of rules that name no machine.
    pub idle: Vec<u64>,
    /// Machines that no rule names.
    pub left: usize,
}

/// Where the machines of the list go. `closed` are the codes of closed units by id, `open` the units that work, by code.
///
/// # Errors
/// All that does not fit, each complaint beginning with `FILE:LINE:COLUMN:`.
pub fn reckon(
    (file, rules): (File<'_>, &[Rule]),
    list: &[Stranded],
    closed: &BTreeMap<String, (String, String, String)>,
    open: &BTreeMap<String, Vec<Unit>>,
) -> Result<Reassigned, Vec<String>> {
    let lang: Lang = file.lang;
    let mut complaints = Vec::new();
    let mut targets: Vec<Option<&Unit>> = Vec::with_capacity(rules.len());
    for rule in rules {
        let target = match open.get(&rule.new).map(Vec::as_slice) {
            Some([unit]) => Some(unit),
            Some(many @ [_, _, ..]) => {
                complaints.push(file.complaint(
                    rule.line,
                    1,
                    &named::many_units(lang, many.len(), &rule.new),
                ));
                None
            }
            Some([]) | None => {
                let text = lang.pick(
                    format!("không có đơn vị nào đang hoạt động mang mã {}", rule.new),
                    format!("there is no unit that works with the code {}", rule.new),
                );
                complaints.push(file.complaint(rule.line, 1, &text));
                None
            }
        };
        targets.push(target);
        if !closed.values().any(|(code, ..)| *code == rule.old)
            && !list.iter().any(|one| one.named.0 == rule.old)
        {
            let code = &rule.old;
            let text = lang.pick(
                format!(
                    "không có đơn vị nào đã kết thúc hoạt động mang mã {code}, và không có máy nào đang chờ ở đơn vị mang \
                     mã đó"
                ),
                format!("no closed unit has the code {code}, and no machine waits in one of that code"),
            );
            complaints.push(file.complaint(rule.line, 1, &text));
        }
    }
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let mut done = Reassigned::default();
    let mut used = vec![0_usize; rules.len()];
    for (at, one) in list.iter().enumerate() {
        let hostname = fold(&one.hostname);
        let is_under = |code: &str| {
            one.named.0 == code
                || one
                    .path
                    .split_terminator('/')
                    .any(|id| closed.get(id).is_some_and(|(known, ..)| known == code))
        };
        let found = rules.iter().position(|rule| {
            is_under(&rule.old)
                && hostname.starts_with(&rule.prefix)
                && rule.role.is_none_or(|role| role.word() == one.role)
        });
        match found.and_then(|rule| Some((rule, targets[rule]?))) {
            Some((rule, unit)) => {
                used[rule] += 1;
                done.moves.push((at, unit.clone()));
            }
            None => done.left += 1,
        }
    }
    done.idle = rules.iter().zip(used).filter(|(_, used)| *used == 0).map(|(rule, _)| rule.line).collect();
    Ok(done)
}

/// The list of who waits, and where rules send them, within the units that somebody sees: from there, and into there.
///
/// # Errors
/// What does not fit, each complaint beginning with `FILE:LINE:COLUMN:`; or that the database cannot.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    (file, rules): (File<'_>, &[Rule]),
) -> Result<Result<(Vec<Stranded>, Reassigned), Vec<String>>> {
    let list = past::stranded(tx, scope).await?;
    let closed = past::closed(tx).await?;
    let mut open: BTreeMap<String, Vec<Unit>> = BTreeMap::new();
    for one in unit::standing(tx).await?.into_iter().filter(|one| scope.holds(&one.unit.path)) {
        open.entry(one.unit.code.clone()).or_default().push(one.unit);
    }
    Ok(reckon((file, rules), &list, &closed, &open).map(|reassigned| (list, reassigned)))
}

/// Gives machines of closed units the seats that rules say. Their roles stay. Gives how many moved, and how many wait.
/// `about` is what the audit trail calls the file.
///
/// # Errors
/// What does not fit, each complaint beginning with `FILE:LINE:COLUMN:`, and then nothing was moved; or that the
/// database cannot.
pub async fn apply(
    app: &App,
    scope: &Scope,
    (file, rules): (File<'_>, &[Rule]),
    (by, about): (&str, &str),
) -> Result<Result<(usize, usize), Vec<String>>> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let (machines, reassigned) = match list(&mut tx, scope, (file, rules)).await? {
        Ok(listed) => listed,
        Err(complaints) => return Ok(Err(complaints)),
    };
    let mut moved = Vec::new();
    for (at, unit) in &reassigned.moves {
        let Some(one) = machines.get(*at) else { continue };
        let Some(role) = Role::parse(&one.role) else { continue };
        if seats::seat_one(&mut tx, &one.id, (unit, role), by, now).await? {
            moved.push(one.id.clone());
        }
    }
    let detail = serde_json::json!({ "moved": moved.len(), "left": reassigned.left }).to_string();
    audit::add(&mut tx, now, by, "units-reassign", about, &detail).await?;
    tx.commit().await?;
    // Other units may have other exceptions.
    for id in &moved {
        judge_again(app, Among::One(id), Cause::Waiver).await?;
    }
    Ok(Ok((moved.len(), reassigned.left)))
}

/// The machines that wait, as a file for `seats assign`: a person fills in where each goes.
pub fn csv(list: &[Stranded], separator: char) -> String {
    let mut csv = Csv::new(separator);
    csv.line(&["machine", "unit_code", "role", "name", "old_unit_code", "old_unit"].map(str::to_owned));
    for one in list {
        let (code, name) = one.named.clone();
        csv.line(&[one.id.clone(), String::new(), one.role.clone(), one.hostname.clone(), code, name]);
    }
    csv.text
}
