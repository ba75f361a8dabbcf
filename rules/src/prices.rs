//! The price book: what the items cost that remedies and norms name.
//!
//! It knows no remedies and no plans. A price that nobody quoted says so, and stays in every sum that it enters.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::complaint::{self, Complaint};
use crate::ruleset::Both;
use crate::ruleset::raw::{Field, Reader, Table};
use crate::shipped;

/// Highest price that is taken for one, in đồng: more is a slip of the hand.
const PRICE_MAX: i64 = 100_000_000_000;

/// The book that ships.
const SHIPPED: &str = "prices.toml";

/// The price book.
#[derive(Debug, Clone)]
pub struct Prices {
    /// The day for which the prices were asked.
    pub dated: Date,
    /// Where they come from.
    pub source: String,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// By how many percent all prices differ from the text; 0 as they stand there.
    pub percent: i64,
    /// The items by id.
    pub items: BTreeMap<String, Item>,
}

/// What buying an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purchase {
    /// A device of its own.
    Device,
    /// A part that goes into a PC, or stands beside it.
    Part,
    /// The right to use a program.
    Licence,
    /// What is paid for by the month, such as a line.
    Rent,
}

/// Something that can be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub title: Both,
    /// What buying it is; a part unless the book says otherwise.
    pub purchase: Purchase,
    /// What it is counted in: chiếc, bộ, giấy phép, tháng.
    pub unit: Both,
    /// Price of one, in đồng with tax, above 0; of what is rented, of one month.
    pub price: i64,
    /// From where to where a price is plausible, in đồng; none where nobody can say.
    pub usual: Option<(i64, i64)>,
    /// The most that may be paid for one, in đồng (Decision 10/2026/QĐ-TTg, annex); none where there is no ceiling.
    pub ceiling: Option<i64>,
    /// Whether the price comes from a quotation or a result of bidding.
    pub verified: bool,
    /// Whether it is for cyber security, which has a least share of a budget.
    pub security: bool,
    /// Whether the price is that of a year and comes again in each later one, as of a licence that runs out. What is
    /// rented comes again by itself.
    pub yearly: bool,
}

impl Item {
    /// Whether it is paid for again in each later year.
    pub fn comes_again(&self) -> bool {
        self.yearly || self.purchase == Purchase::Rent
    }
}

impl Prices {
    /// Reads a price book. `file` only stands in the complaints.
    ///
    /// # Errors
    /// All complaints at once, in the order of the text.
    pub fn parse(file: &str, text: &str) -> Result<Prices, Vec<Complaint>> {
        Prices::parse_beside(file, text, Some(&Prices::shipped()))
    }

    /// The book that ships.
    pub fn shipped() -> Prices {
        Prices::parse_beside(SHIPPED, Prices::shipped_text(), None)
            .expect("the test `the_shipped_book_has_every_item` reads it")
    }

    /// Reads a book. Where it does not say from where to where a price is plausible, the one beside it does.
    fn parse_beside(file: &str, text: &str, beside: Option<&Prices>) -> Result<Prices, Vec<Complaint>> {
        let mut reader = Reader::new(file, text);
        let prices = read(&mut reader, text, beside);
        match prices {
            Some(prices) if reader.is_content() => Ok(prices),
            Some(_) | None => Err(reader.finish()),
        }
    }

    /// The text of the book that ships.
    pub fn shipped_text() -> &'static str {
        shipped::text(SHIPPED)
    }

    /// The same book with all prices so many percent higher, rounded to the đồng and never below 1; nobody quoted
    /// these.
    pub fn changed(self, percent: i64) -> Prices {
        if percent == 0 {
            return self;
        }
        let change = |item: Item| {
            let changed = (i128::from(item.price) * i128::from(100 + percent) + 50).div_euclid(100);
            let price = i64::try_from(changed.max(1)).unwrap_or(i64::MAX);
            Item { price, verified: false, ..item }
        };
        let items = self.items.into_iter().map(|(id, item)| (id, change(item))).collect();
        Prices { percent, items, ..self }
    }

    /// The price of one of this item, in đồng; none when the book does not have it.
    pub fn of(&self, item: &str) -> Option<i64> {
        self.items.get(item).map(|item| item.price)
    }

    /// Whether this item is paid for again in each later year; an item that the book does not have is not.
    pub fn comes_again(&self, item: &str) -> bool {
        self.items.get(item).is_some_and(Item::comes_again)
    }

    /// Whether this is a plausible price of one, in đồng; none when nobody can say.
    pub fn is_plausible(&self, item: &str, price: i64) -> Option<bool> {
        let (low, high) = self.items.get(item)?.usual?;
        Some((low..=high).contains(&price))
    }

    /// Whether all of these items have a price that somebody quoted.
    pub fn are_verified<'a>(&self, items: impl IntoIterator<Item = &'a str>) -> bool {
        items.into_iter().all(|item| self.items.get(item).is_some_and(|item| item.verified))
    }
}

fn read(reader: &mut Reader<'_>, text: &str, beside: Option<&Prices>) -> Option<Prices> {
    let document = reader.document()?;
    let mut table = Table::new(document.get_ref(), 0, "");
    let dated = table.need(reader, "dated").and_then(|field| reader.date(field));
    let source = table.need(reader, "source").and_then(|field| reader.full_text(field));
    let fields = table.need(reader, "item").and_then(|field| reader.list(field)).unwrap_or_default();
    let mut items = BTreeMap::new();
    for field in fields {
        if let Some((at, id, item)) = item(reader, field, beside)
            && items.insert(id.clone(), item).is_some()
        {
            let text = format!("the item `{id}` has a price already");
            reader.complain(at, complaint::DUPLICATE_ID, text, None);
        }
    }
    table.finish(reader);
    Some(Prices {
        dated: dated?,
        source: source?.to_owned(),
        digest: crate::assess::digest(text),
        percent: 0,
        items,
    })
}

fn item(reader: &mut Reader<'_>, field: Field<'_>, beside: Option<&Prices>) -> Option<(usize, String, Item)> {
    let mut table = reader.table(field)?;
    let id_field = table.need(reader, "id");
    let id = id_field.and_then(|field| reader.full_text(field));
    let title = table.need(reader, "title").and_then(|field| Both::read(reader, field));
    let unit = table.need(reader, "unit").and_then(|field| Both::read(reader, field));
    const PURCHASES: &[(&str, Purchase)] = &[
        ("device", Purchase::Device),
        ("part", Purchase::Part),
        ("licence", Purchase::Licence),
        ("rent", Purchase::Rent),
    ];
    let purchase = match table.take("purchase") {
        Some(field) => reader.word(field, PURCHASES),
        None => Some(Purchase::Part),
    };
    let price_field = table.need(reader, "price");
    let price = price_field.and_then(|field| money(reader, field));
    let usual = table.take("usual").and_then(|field| range(reader, field));
    let ceiling_field = table.take("ceiling");
    let ceiling = ceiling_field.and_then(|field| money(reader, field));
    let verified = table.need(reader, "verified").and_then(|field| reader.flag(field));
    let security = table.take("security").is_some_and(|field| reader.flag(field) == Some(true));
    let yearly_field = table.take("yearly");
    let yearly = yearly_field.and_then(|field| reader.flag(field));
    table.finish(reader);
    let known = beside.zip(id).and_then(|(book, id)| book.items.get(id));
    let usual = usual.or(known.and_then(|item| item.usual));
    let is_licence = purchase == Some(Purchase::Licence);
    if let (Some(true), Some(field), false) = (yearly, yearly_field, is_licence) {
        let text = "only a licence is paid for by the year";
        let advice =
            "leave `yearly` out, or write `purchase = \"licence\"`; the price of a rent is that of a month";
        reader.complain(field.value_at(), complaint::BAD_VALUE, text, Some(advice.to_owned()));
    }
    let yearly = yearly.unwrap_or(is_licence && known.is_some_and(|item| item.yearly));
    if let (Some(price), Some((low, high)), Some(field)) = (price, usual, price_field)
        && !(low..=high).contains(&price)
    {
        let text = format!("the price of {price} is not from {low} to {high}, as is usual");
        let advice = "a slip of the hand? where it is right, write `usual = { from = …, to = … }` below it";
        reader.complain(field.value_at(), complaint::OUT_OF_RANGE, text, Some(advice.to_owned()));
    }
    if let (Some(price), Some(ceiling), Some(field)) = (price, ceiling, ceiling_field)
        && price > ceiling
    {
        let text = format!("the price of {price} is above the ceiling of {ceiling}");
        reader.complain(field.value_at(), complaint::OUT_OF_RANGE, text, None);
    }
    let item = Item {
        title: title?,
        purchase: purchase?,
        unit: unit?,
        price: price?,
        usual,
        ceiling,
        verified: verified?,
        security,
        yearly,
    };
    Some((id_field?.value_at(), id?.to_owned(), item))
}

fn range(reader: &mut Reader<'_>, field: Field<'_>) -> Option<(i64, i64)> {
    let mut table = reader.table(field)?;
    let low = table.need(reader, "from").and_then(|field| money(reader, field));
    let high = table.need(reader, "to").and_then(|field| money(reader, field));
    table.finish(reader);
    let (low, high) = (low?, high?);
    if low > high {
        reader.complain(field.value_at(), complaint::OUT_OF_RANGE, "it ends before it begins", None);
        return None;
    }
    Some((low, high))
}

fn money(reader: &mut Reader<'_>, field: Field<'_>) -> Option<i64> {
    let price = reader.integer(field)?;
    if (1..=PRICE_MAX).contains(&price) {
        return Some(price);
    }
    let text = format!("{price} đồng is no price: it is from 1 to {PRICE_MAX}");
    reader.complain(field.value_at(), complaint::OUT_OF_RANGE, text, None);
    None
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::condition::words::Tongue;
    use crate::ruleset::shipped;

    #[test]
    fn the_shipped_book_has_every_item() {
        let prices = Prices::shipped();
        let sets = shipped();
        let named =
            sets.iter().flat_map(|set| set.remedies.values()).filter_map(|remedy| remedy.item.as_ref());
        for item in named {
            assert!(prices.of(item).is_some(), "{item} has no price");
        }
        assert!(!prices.are_verified(["pc"]) && prices.are_verified([]));
        assert_eq!(prices.of("yacht"), None);
    }

    /// What a plan can buy by itself, what norms name, and every column of the calculator for communes.
    #[test]
    fn the_shipped_book_has_what_a_plan_can_buy() {
        let prices = Prices::shipped();
        let norms = crate::norms::Norms::shipped();
        let by_norm = norms.norms.iter().flat_map(|norm| norm.each.iter().chain(&norm.shared));
        let calculator = [
            "software-suite",
            "video-conference",
            "firewall",
            "switch",
            "wifi",
            "internet-line",
            "tslcd-line",
            "sound-light",
            "security-camera",
            "led-screen",
            "other-it",
        ];
        let by_plan = [crate::plan::PC, crate::plan::SERVER, crate::plan::PRINTER, crate::plan::SCANNER];
        for item in by_norm.map(|one| one.item.as_str()).chain(by_plan).chain(calculator) {
            let known = prices.items.get(item).unwrap_or_else(|| panic!("{item} has no price"));
            assert!(known.usual.is_some(), "{item}: from where to where is a price plausible?");
            assert_eq!(prices.is_plausible(item, known.price), Some(true));
        }
        let rented: Vec<&str> = prices
            .items
            .iter()
            .filter(|(_, item)| item.purchase == Purchase::Rent)
            .map(|(id, _)| id.as_str())
            .collect();
        assert_eq!(rented, ["internet-line", "tslcd-line"]);
        assert!(prices.items.values().any(|item| item.security));
    }

    #[test]
    fn all_prices_change_by_percent() {
        let book = Prices::shipped();
        let pc = book.of("pc").unwrap();
        assert_eq!(book.clone().changed(0).of("pc"), Some(pc));
        let dearer = book.clone().changed(10);
        assert_eq!(dearer.of("pc"), Some(pc / 10 * 11));
        assert_eq!((dearer.percent, dearer.digest == book.digest), (10, true));
        assert!(!dearer.items.values().any(|item| item.verified));
        let mut cheap = book;
        cheap.items.get_mut("pc").unwrap().price = 15;
        assert_eq!(cheap.clone().changed(10).of("pc"), Some(17), "16.5 is rounded up");
        assert_eq!(cheap.changed(-99).of("pc"), Some(1), "nothing is for nothing");
    }

    /// A book that does not say so is completed by the one that ships: a licence for a year is one in every province.
    #[test]
    fn a_licence_for_a_year_is_known() {
        let book = |id: &str, more: &str| {
            let text = format!(
                "dated = 2026-11-23\nsource = \"a test\"\n[[item]]\nid = \"{id}\"\nprice = 3_000_000\n\
                 title = {{ vi = \"Gói\", en = \"Pack\" }}\nunit = {{ vi = \"máy\", en = \"PC\" }}\n\
                 purchase = \"licence\"\n{more}verified = true\n"
            );
            Prices::parse("prices.toml", &text).unwrap().comes_again(id)
        };
        assert!(book("extended-support", ""));
        assert!(!book("extended-support", "yearly = false\n"));
        assert!(!book("another", ""));
        assert!(book("another", "yearly = true\n"));
    }

    #[test]
    fn an_absurd_price_is_refused_unless_the_book_says_that_it_is_usual() {
        let book = |more: &str| {
            format!(
                "dated = 2026-11-23\nsource = \"a test\"\n[[item]]\nid = \"pc\"\n\
                 title = {{ vi = \"Máy tính\", en = \"PC\" }}\nunit = {{ vi = \"bộ\", en = \"set\" }}\n\
                 price = 160_000_000\n{more}verified = true\n"
            )
        };
        let told: Vec<String> =
            Prices::parse("prices.toml", &book("")).unwrap_err().iter().map(ToString::to_string).collect();
        expect![[r#"
            prices.toml:7:9: error[out-of-range]: the price of 160000000 is not from 5000000 to 60000000, as is usual
              help: a slip of the hand? where it is right, write `usual = { from = …, to = … }` below it"#]]
        .assert_eq(&told.join("\n"));
        let usual = book("usual = { from = 100_000_000, to = 200_000_000 }\nyearly = true\n");
        let told: Vec<String> =
            Prices::parse("prices.toml", &usual).unwrap_err().iter().map(ToString::to_string).collect();
        expect![[r#"
            prices.toml:9:10: error[bad-value]: only a licence is paid for by the year
              help: leave `yearly` out, or write `purchase = "licence"`; the price of a rent is that of a month"#]].assert_eq(&told.join("\n"));
        let usual = book("usual = { from = 100_000_000, to = 200_000_000 }\n");
        assert_eq!(Prices::parse("prices.toml", &usual).unwrap().of("pc"), Some(160_000_000));
    }

    #[test]
    fn complaints_all_at_once() {
        let text = r#"dated = 2026-11-23
source = "a test"
[[item]]
id = "pc"
title = { vi = "Máy tính", en = "PC" }
unit = { vi = "bộ", en = "set" }
price = 21_000_000
ceiling = 20_000_000
verified = true
[[item]]
id = "pc"
title = { vi = "Máy tính" }
unit = { vi = "bộ", en = "" }
price = -1
verify = true
"#;
        let books = [
            text,
            "dated = 2026-11-23\n",
            "dated = \"2026-11-23\"\nsource = 3\nitem = 1\n",
            "dated = 2026-13-23\n",
            "dated = 2026-1-3\n",
            "dated = 23/11/2026\n",
            "dated 2026-11-23\n",
            "source = \"a\nb\"\n",
            "source = “a”\n",
            "[[item]]\nid = \"pc\"\nid = \"pc\"\n",
            "[[item]\nid = \"pc\"\n",
            "[[item]]\nprice = 1.000.000\n",
            "[[item]]\nprice = 1 000\n",
            "[[item]]\nprice = 15,000,000\n",
            "[[item]]\nprice = 01000\n",
            "[[item]]\nprice = \"15000000\"\n",
            "[[item]]\nprice = 1.5\nusual = { from = 5, to = 3 }\npurchase = \"part \"\nverified = \"no\"\n",
            "[[item]]\nprice =\n",
            "[[item]]\nid = 'a\n",
            "[[item]]\ntitle = { vi = \"a\", en = \"b\"\nprice = 1\n",
            "[[item]]\ntitle = { vi = \"a\" en = \"b\" }\n",
            "[[item]]\nverified = yes\n",
            "[[item]]\nyearly = true\n",
        ];
        for (tongue, expected) in [
            (
                Tongue::English,
                expect![[r#"
                    prices.toml:8:11: error[out-of-range]: the price of 21000000 is above the ceiling of 20000000
                    prices.toml:10:1: error[missing-key]: `item` lacks `verified`
                    prices.toml:12:9: error[missing-key]: `title` lacks `en`
                    prices.toml:13:26: error[empty-text]: `en` is empty
                    prices.toml:14:9: error[out-of-range]: -1 đồng is no price: it is from 1 to 100000000000
                    prices.toml:15:1: error[unknown-key]: `item` has no key `verify`
                      help: its keys are `id`, `title`, `unit`, `purchase`, `price`, `usual`, `ceiling`, `verified`, `security`, `yearly`
                    prices.toml:1:1: error[missing-key]: the file lacks `source`
                    prices.toml:1:1: error[missing-key]: the file lacks `item`
                    prices.toml:1:9: error[wrong-type]: `dated` must be a day such as 2026-07-01, without quotes, this is a text
                    prices.toml:2:10: error[wrong-type]: `source` must be a text, this is a whole number
                    prices.toml:3:8: error[wrong-type]: `item` must be a list [ … ], this is a whole number
                    prices.toml:1:9: error[syntax]: invalid date, expected month between 01 and 12
                    prices.toml:1:9: error[syntax]: invalid date, expected a two-digit month (MM)
                    prices.toml:1:9: error[syntax]: string values must be quoted, expected literal string
                    prices.toml:1:7: error[syntax]: key with no value, expected `=`
                    prices.toml:1:12: error[syntax]: invalid basic string, expected `"`
                    prices.toml:2:2: error[syntax]: invalid unquoted key, expected letters, numbers, `-`, `_`
                    prices.toml:1:10: error[syntax]: string values must be quoted, expected literal string
                    prices.toml:3:1: error[syntax]: duplicate key
                    prices.toml:1:8: error[syntax]: unclosed array table, expected `]`
                    prices.toml:2:14: error[syntax]: invalid float, expected nothing
                    prices.toml:2:9: error[syntax]: string values must be quoted, expected literal string
                    prices.toml:2:11: error[syntax]: unexpected key or value, expected newline, `#`
                    prices.toml:2:9: error[syntax]: unexpected leading zero, expected nothing
                    prices.toml:1:1: error[missing-key]: the file lacks `dated`
                    prices.toml:1:1: error[missing-key]: the file lacks `source`
                    prices.toml:1:1: error[missing-key]: `item` lacks `id`
                    prices.toml:1:1: error[missing-key]: `item` lacks `title`
                    prices.toml:1:1: error[missing-key]: `item` lacks `unit`
                    prices.toml:1:1: error[missing-key]: `item` lacks `verified`
                    prices.toml:2:9: error[wrong-type]: `price` must be a whole number, this is a text
                    prices.toml:1:1: error[missing-key]: the file lacks `dated`
                    prices.toml:1:1: error[missing-key]: the file lacks `source`
                    prices.toml:1:1: error[missing-key]: `item` lacks `id`
                    prices.toml:1:1: error[missing-key]: `item` lacks `title`
                    prices.toml:1:1: error[missing-key]: `item` lacks `unit`
                    prices.toml:2:9: error[wrong-type]: `price` must be a whole number, this is a number with a fraction
                    prices.toml:3:9: error[out-of-range]: it ends before it begins
                    prices.toml:4:12: error[unknown-word]: `purchase` cannot be "part "
                      help: did you mean "part"? it is one of "device", "part", "licence", "rent"
                    prices.toml:5:12: error[wrong-type]: `verified` must be true or false, this is a text
                    prices.toml:2:8: error[syntax]: string values must be quoted, expected literal string
                    prices.toml:2:8: error[syntax]: invalid literal string, expected `'`
                    prices.toml:2:29: error[syntax]: the `{` of this line is not closed
                      help: write the `}` that is missing
                    prices.toml:2:20: error[syntax]: missing comma between key-value pairs, expected `,`
                    prices.toml:2:12: error[syntax]: string values must be quoted, expected literal string
                    prices.toml:1:1: error[missing-key]: the file lacks `dated`
                    prices.toml:1:1: error[missing-key]: the file lacks `source`
                    prices.toml:1:1: error[missing-key]: `item` lacks `id`
                    prices.toml:1:1: error[missing-key]: `item` lacks `title`
                    prices.toml:1:1: error[missing-key]: `item` lacks `unit`
                    prices.toml:1:1: error[missing-key]: `item` lacks `price`
                    prices.toml:1:1: error[missing-key]: `item` lacks `verified`
                    prices.toml:2:10: error[bad-value]: only a licence is paid for by the year
                      help: leave `yearly` out, or write `purchase = "licence"`; the price of a rent is that of a month"#]],
            ),
            (
                Tongue::Vietnamese,
                expect![[r#"
                    prices.toml:8:11: lỗi[out-of-range]: giá 21000000 cao hơn mức tối đa 20000000
                    prices.toml:10:1: lỗi[missing-key]: `item` thiếu `verified`
                    prices.toml:12:9: lỗi[missing-key]: `title` thiếu `en`
                    prices.toml:13:26: lỗi[empty-text]: `en` để trống
                    prices.toml:14:9: lỗi[out-of-range]: -1 đồng không phải giá: phải từ 1 đến 100000000000
                    prices.toml:15:1: lỗi[unknown-key]: `item` không có khóa `verify`
                      gợi ý: các khóa được phép: `id`, `title`, `unit`, `purchase`, `price`, `usual`, `ceiling`, `verified`, `security`, `yearly`
                    prices.toml:1:1: lỗi[missing-key]: tệp thiếu `source`
                    prices.toml:1:1: lỗi[missing-key]: tệp thiếu `item`
                    prices.toml:1:9: lỗi[wrong-type]: `dated` phải là một ngày như 2026-07-01, không có ngoặc kép, đây là văn bản trong ngoặc kép
                    prices.toml:2:10: lỗi[wrong-type]: `source` phải là văn bản trong ngoặc kép, đây là số nguyên
                    prices.toml:3:8: lỗi[wrong-type]: `item` phải là danh sách [ … ], đây là số nguyên
                    prices.toml:1:9: lỗi[syntax]: ngày không hợp lệ: cần tháng từ 01 đến 12
                    prices.toml:1:9: lỗi[syntax]: ngày không hợp lệ: cần tháng gồm hai chữ số
                    prices.toml:1:9: lỗi[syntax]: giá trị là chữ phải đặt trong ngoặc kép
                    prices.toml:1:7: lỗi[syntax]: khóa không có giá trị: cần `=`
                    prices.toml:1:12: lỗi[syntax]: chuỗi chưa đóng: thiếu dấu `"`
                    prices.toml:2:2: lỗi[syntax]: khóa không có ngoặc kép chứa ký tự không được dùng: cần chữ cái không dấu, chữ số, `-`, `_`
                    prices.toml:1:10: lỗi[syntax]: giá trị là chữ phải đặt trong ngoặc kép
                    prices.toml:3:1: lỗi[syntax]: trùng khóa
                    prices.toml:1:8: lỗi[syntax]: tiêu đề bảng chưa đóng: thiếu `]`
                    prices.toml:2:14: lỗi[syntax]: số không hợp lệ: ghi liền các chữ số, như 15000000 hoặc 15_000_000
                    prices.toml:2:9: lỗi[syntax]: giá trị là chữ phải đặt trong ngoặc kép
                    prices.toml:2:11: lỗi[syntax]: có chữ thừa sau giá trị: cần xuống dòng
                    prices.toml:2:9: lỗi[syntax]: số không được bắt đầu bằng 0
                    prices.toml:1:1: lỗi[missing-key]: tệp thiếu `dated`
                    prices.toml:1:1: lỗi[missing-key]: tệp thiếu `source`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `id`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `title`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `unit`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `verified`
                    prices.toml:2:9: lỗi[wrong-type]: `price` phải là số nguyên, đây là văn bản trong ngoặc kép
                    prices.toml:1:1: lỗi[missing-key]: tệp thiếu `dated`
                    prices.toml:1:1: lỗi[missing-key]: tệp thiếu `source`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `id`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `title`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `unit`
                    prices.toml:2:9: lỗi[wrong-type]: `price` phải là số nguyên, đây là số có phần thập phân
                    prices.toml:3:9: lỗi[out-of-range]: kết thúc trước khi bắt đầu
                    prices.toml:4:12: lỗi[unknown-word]: `purchase` không thể là "part "
                      gợi ý: có phải ý là "part"? Các giá trị được phép: "device", "part", "licence", "rent"
                    prices.toml:5:12: lỗi[wrong-type]: `verified` phải là true hoặc false, đây là văn bản trong ngoặc kép
                    prices.toml:2:8: lỗi[syntax]: giá trị là chữ phải đặt trong ngoặc kép
                    prices.toml:2:8: lỗi[syntax]: chuỗi chưa đóng: thiếu dấu `'`
                    prices.toml:2:29: lỗi[syntax]: dấu `{` của dòng này chưa đóng
                      gợi ý: thêm dấu `}` còn thiếu
                    prices.toml:2:20: lỗi[syntax]: thiếu dấu phẩy giữa hai khóa: cần `,`
                    prices.toml:2:12: lỗi[syntax]: giá trị là chữ phải đặt trong ngoặc kép
                    prices.toml:1:1: lỗi[missing-key]: tệp thiếu `dated`
                    prices.toml:1:1: lỗi[missing-key]: tệp thiếu `source`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `id`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `title`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `unit`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `price`
                    prices.toml:1:1: lỗi[missing-key]: `item` thiếu `verified`
                    prices.toml:2:10: lỗi[bad-value]: chỉ giấy phép mới trả tiền theo năm
                      gợi ý: bỏ `yearly`, hoặc ghi `purchase = "licence"`; giá thuê là giá của một tháng"#]],
            ),
        ] {
            let told = books.iter().flat_map(|book| Prices::parse("prices.toml", book).unwrap_err());
            let told: Vec<String> = told.map(|one| one.told_in_lines(tongue)).collect();
            expected.assert_eq(&told.join("\n"));
        }
    }
}
