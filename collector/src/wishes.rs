//! Wishes from a CSV file: what units declare that they need beside their seats.
//!
//! The columns `unit_code`, `item` and `count`; `have` and `price` where one likes. The wishes of every unit in the
//! file become those of the file; units that are not in it stay as they are. A line that is rented says its price by the
//! month.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use rules::complaint::nearest;
use rules::prices::Prices;

use crate::lang::Lang;
use crate::money;
use crate::named::{self, Change, Part};
use crate::sheet::{self, Column, File, Read};
use crate::store::listing::Scope;
use crate::store::wish::{self, Wish};
use crate::store::{Tx, audit};

/// Most rows in one file, most of one item in one row, and the highest price in đồng: more is a slip of the hand.
const ROWS_MAX: usize = 200_000;
const COUNT_MAX: i64 = 10_000;
const PRICE_MAX: i64 = 100_000_000_000;
const COLUMNS: &[Column] = &[
    ("unit_code", &["ma don vi", "don vi", "code"]),
    ("item", &["thiet bi", "hang muc", "ma thiet bi"]),
    ("count", &["so luong", "so luong can", "can"]),
    ("have", &["hien co", "so luong hien co", "da co"]),
    ("price", &["don gia", "don gia (dong)"]),
];

/// One row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line, from 1.
    pub line: u64,
    /// The code of the unit.
    pub unit: String,
    /// The item, as the price book names it.
    pub item: String,
    /// How many there should be.
    pub count: i64,
    /// How many there are.
    pub have: i64,
    /// The price of one, in đồng; none for that of the book.
    pub price: Option<i64>,
}

/// What a file of wishes comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reckoned {
    /// Units in the file.
    pub units: usize,
    /// Wishes in the file.
    pub wishes: usize,
    /// What it changes, unit by unit; units whose wishes are these already are left out.
    pub changes: Vec<Change>,
    /// The wishes that each of those units gets in place of what it had, by the unit's id.
    sets: Vec<(String, Vec<Wish>)>,
}

/// Reads a CSV file of wishes for items of this price book.
///
/// # Errors
/// What keeps it from being read at all, each complaint beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: File<'_>, bytes: &[u8], prices: &Prices) -> Result<Read<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let [Some(unit), Some(item), Some(count)] =
        ["unit_code", "item", "count"].map(|name| columns.get(name).copied())
    else {
        return Err(file.header_complaint(
            "dòng đầu phải nêu tên các cột unit_code, item và count",
            "the first line must name the columns unit_code, item and count",
        ));
    };
    let lang = file.lang;
    let mut read = Read::of(file);
    let mut lines: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (line, record) in &sheet.rows {
        let before = read.complaints.len();
        let field = |at: usize| record.get(at).unwrap_or_default();
        let (code, id) = (field(unit), field(item));
        read.name(*line, unit, code);
        let mut wrong = |at: usize, text: String| read.complaints.add(*line, at, text);
        if code.is_empty() {
            wrong(unit, named::code_missing(lang).to_owned());
        }
        if !prices.items.contains_key(id) {
            wrong(item, unknown_item(lang, id, prices));
        }
        let number =
            |text: &str, most: i64| text.parse::<i64>().ok().filter(|number| (0..=most).contains(number));
        let wished = number(field(count), COUNT_MAX);
        if wished.is_none() {
            wrong(count, no_number(lang, field(count)));
        }
        let optional =
            |name: &str| columns.get(name).map(|at| (*at, field(*at))).filter(|(_, text)| !text.is_empty());
        let have = optional("have").map_or(Some(0), |(_, text)| number(text, COUNT_MAX));
        if let (None, Some((at, text))) = (have, optional("have")) {
            wrong(at, no_number(lang, text));
        }
        let price = optional("price").map(|(at, text)| {
            (at, text, money::whole(text).ok().filter(|price| (1..=PRICE_MAX).contains(price)))
        });
        match price {
            Some((at, text, None)) => wrong(at, no_price(lang, text)),
            Some((at, _, Some(price))) if prices.is_plausible(id, price) == Some(false) => {
                let usual = prices.items.get(id).and_then(|item| item.usual).unwrap_or_default();
                wrong(at, unusual_price(lang, id, price, usual));
            }
            Some(_) | None => {}
        }
        if let Some(first) = lines.insert((code.to_owned(), id.to_owned()), *line) {
            let told = lang.pick(
                format!("đơn vị và hạng mục này đã có ở dòng {first}"),
                format!("the same unit and item stand in line {first} too"),
            );
            wrong(unit, told);
        }
        if let (true, Some(count), Some(have)) = (read.complaints.len() == before, wished, have) {
            let price = price.and_then(|(_, _, price)| price);
            let (unit, item) = (code.to_owned(), id.to_owned());
            read.rows.push(Row { line: *line, unit, item, count, have, price });
        }
    }
    Ok(read.check_rows(&sheet))
}

/// The price book has no such item; where the name of one is near, that is told first.
fn unknown_item(lang: Lang, id: &str, prices: &Prices) -> String {
    let ids = || prices.items.keys().map(String::as_str);
    let known = ids().collect::<Vec<_>>().join(", ");
    match nearest(id, ids()) {
        Some(near) => lang.pick(
            format!("bảng giá không có hạng mục “{id}”; có phải ý là {near}? Các hạng mục hiện có: {known}"),
            format!("the item “{id}” is not in the price book: is it {near}? There are {known}"),
        ),
        None => lang.pick(
            format!("bảng giá không có hạng mục “{id}”; các hạng mục hiện có: {known}"),
            format!("the item “{id}” is not in the price book: there are {known}"),
        ),
    }
}

fn no_number(lang: Lang, text: &str) -> String {
    let most = money::told(lang, COUNT_MAX);
    lang.pick(
        format!("“{text}” không phải số lượng thiết bị: hãy ghi số nguyên từ 0 đến {most}"),
        format!("“{text}” is no number of devices: it is from 0 to {most}"),
    )
}

fn no_price(lang: Lang, text: &str) -> String {
    let most = money::told(lang, PRICE_MAX);
    lang.pick(
        format!("“{text}” không phải đơn giá tính bằng đồng: hãy ghi số nguyên từ 1 đến {most}"),
        format!("“{text}” is no price in đồng: it is a whole number from 1 to {most}"),
    )
}

fn unusual_price(lang: Lang, id: &str, price: i64, (low, high): (i64, i64)) -> String {
    let [price, low, high] = [price, low, high].map(|sum| money::told(lang, sum));
    lang.pick(
        format!(
            "{price} đồng cho một {id} không nằm trong khoảng thường gặp từ {low} đến {high} đồng: đơn giá đã tính bằng \
             đồng chưa?"
        ),
        format!("{price} đồng for one {id} is not from {low} to {high}, as is usual: is it in đồng?"),
    )
}

/// What the file makes of the wishes of its units: a unit that it names has the wishes of the file and no others. Writes
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
    let mut sets: BTreeMap<&str, Vec<Wish>> = BTreeMap::new();
    for row in &read.rows {
        let Some(unit) = units.get(&row.unit) else { continue };
        let of_unit = sets.entry(&row.unit).or_default();
        if row.count + row.have > 0 {
            let (unit, item) = (unit.id.clone(), row.item.clone());
            of_unit.push(Wish { unit, item, count: row.count, have: row.have, price: row.price });
        }
    }
    let before = wish::all(tx, scope).await?;
    let mut reckoned = Reckoned { units: sets.len(), wishes: read.rows.len(), ..Reckoned::default() };
    for (code, wishes) in sets {
        let Some(unit) = units.get(code) else { continue };
        let had: Vec<&Wish> = before.iter().filter(|wish| wish.unit == unit.id).collect();
        let parts = parts(&had, &wishes);
        if !parts.is_empty() {
            reckoned.changes.push(Change { of: code.to_owned(), name: unit.name.clone(), parts });
            reckoned.sets.push((unit.id.clone(), wishes));
        }
    }
    Ok(Ok(reckoned))
}

/// What becomes of the wishes of one unit.
fn parts(before: &[&Wish], after: &[Wish]) -> Vec<Part> {
    let mut items: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for one in before {
        items.entry(&one.item).or_default().0 = written(one);
    }
    for one in after {
        items.entry(&one.item).or_default().1 = written(one);
    }
    items.into_iter().filter_map(|(item, (was, is))| Part::of(vec![item.to_owned()], was, is)).collect()
}

/// A wish in few signs: how many there should be, how many there are, and at which price.
fn written(wish: &Wish) -> String {
    let have = if wish.have > 0 { format!(" (− {})", wish.have) } else { String::new() };
    let price = wish.price.map(|price| format!(" × {price} đ")).unwrap_or_default();
    format!("{}{have}{price}", wish.count)
}

/// Gives the units of a file its wishes, as they were reckoned in the same transaction. What went stands in the audit
/// trail.
///
/// # Errors
/// When the database cannot.
pub async fn apply(tx: &mut Tx, file: &str, reckoned: &Reckoned, (by, now): (&str, Timestamp)) -> Result<()> {
    for (unit, wishes) in &reckoned.sets {
        wish::set(tx, unit, wishes).await?;
    }
    let changes: Vec<String> = reckoned.changes.iter().map(Change::told).collect();
    let detail =
        serde_json::json!({ "units": reckoned.units, "wishes": reckoned.wishes, "changes": changes });
    audit::add(tx, now, by, "wishes-import", file, &detail.to_string()).await
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::sheet::english;

    #[test]
    fn rows_as_people_write_them() {
        let prices = Prices::shipped();
        let csv = "\u{feff}Mã đơn vị;Thiết bị;Số lượng;Hiện có;Đơn giá\n16093;firewall;2;1;40.000.000\n16093;internet-line;1;;\n";
        let rows = parse(english("w.csv"), csv.as_bytes(), &prices).unwrap().rows;
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].count, rows[0].have, rows[0].price), (2, 1, Some(40_000_000)));
        assert_eq!((rows[1].count, rows[1].have, rows[1].price), (1, 0, None));
    }

    #[test]
    fn complaints_all_at_once() {
        let csv = "unit_code,item,count,have,price\n,switch,1,,\n16093,swich,1,,\n16093,wifi,-1,x,\n\
                   16093,firewall,1,0,45\n16093,firewall,1,0,1.5\n";
        let prices = Prices::shipped();
        for (lang, expected) in [
            (
                Lang::En,
                expect![[r#"
            w.csv:2:1: the code of the unit is missing
            w.csv:3:2: the item “swich” is not in the price book: is it switch?
            w.csv:4:3: “-1” is no number of devices: it is from 0 to 10000
            w.csv:4:4: “x” is no number of devices: it is from 0 to 10000
            w.csv:5:5: 45 đồng for one firewall is not from 3000000 to 1000000000, as is usual: is it in đồng?
            w.csv:6:1: the same unit and item stand in line 5 too
            w.csv:6:5: “1.5” is no price in đồng: it is a whole number from 1 to 100000000000
            w.csv:1:1: the first line must name the columns unit_code, item and count"#]],
            ),
            (
                Lang::Vi,
                expect![[r#"
            w.csv:2:1: thiếu mã đơn vị
            w.csv:3:2: bảng giá không có hạng mục “swich”; có phải ý là switch? Các hạng mục
            w.csv:4:3: “-1” không phải số lượng thiết bị: hãy ghi số nguyên từ 0 đến 10.000
            w.csv:4:4: “x” không phải số lượng thiết bị: hãy ghi số nguyên từ 0 đến 10.000
            w.csv:5:5: 45 đồng cho một firewall không nằm trong khoảng thường gặp từ 3.000.000 đến 1.000.000.000 đồng: đơn giá đã tính bằng đồng chưa?
            w.csv:6:1: đơn vị và hạng mục này đã có ở dòng 5
            w.csv:6:5: “1.5” không phải đơn giá tính bằng đồng: hãy ghi số nguyên từ 1 đến 100.000.000.000
            w.csv:1:1: dòng đầu phải nêu tên các cột unit_code, item và count"#]],
            ),
        ] {
            let file = File::new("w.csv", lang);
            let told = parse(file, csv.as_bytes(), &prices).unwrap().complaints.told("w.csv");
            // The list of all items is long, and stands in the book.
            let short =
                |text: &String| text.split(lang.pick(" hiện có:", " There are")).next().unwrap().to_owned();
            let told = told.iter().map(short).chain(parse(file, b"unit_code,item\n", &prices).unwrap_err());
            expected.assert_eq(&told.collect::<Vec<_>>().join("\n"));
        }
    }
}
