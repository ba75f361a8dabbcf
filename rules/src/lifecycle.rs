//! Until when a product is supported: a dated table of products, the more specific before the less.
//!
//! It knows the operating system as the PC described it, and no rules.

use jiff::civil::Date;

use crate::complaint::{self, Complaint};
use crate::condition::{Truth, days_between};
use crate::fact::{Fact, Reason};
use crate::facts::Facts;
use crate::facts::os::{Os, Platform};
use crate::facts::software::Package;
use crate::facts::support::{ProgramSupport, Support};
use crate::quantity::{Days, Version};
use crate::ruleset::letters;
use crate::ruleset::raw::{Field, Reader, Table};
use crate::shipped;

/// After how many days the table should be renewed.
const STALE_DAYS: i64 = 180;

/// The name under which the table has .NET Framework.
const DOTNET: &str = ".NET Framework";

/// The table that ships.
const SHIPPED: &str = "lifecycle.toml";

/// The lifecycle table.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    /// The day for which the table was made.
    pub dated: Date,
    /// Where its dates come from.
    pub source: String,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// The operating systems; the first that fits counts.
    pub products: Vec<Product>,
    /// The programs; the first that fits counts.
    pub programs: Vec<Program>,
    /// Why nothing is known of what it does not have.
    lacks: Reason,
}

/// One program that people work with.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name, for people.
    pub name: String,
    /// Last day of security updates; none where no end is announced.
    pub ends: Option<Date>,
    /// What stands in the name of its package, all of it, letters of either case.
    words: Vec<String>,
    /// The letters of these words.
    letters: u32,
    /// The versions, by their first parts; any when none is given.
    version: Option<Version>,
    /// Versions before this one, where given.
    before: Option<Version>,
}

impl Program {
    /// Whether this is the program. Leaves the reason of the first answer that is unknown.
    fn fits<'a>(&self, installed: &Installed<'a>, reason: &mut Option<&'a Reason>) -> Truth {
        // Most names lack a letter of the words.
        if self.letters & !installed.letters != 0 && matches!(installed.name, Fact::Known(_)) {
            return Truth::False;
        }
        let mut sum = ask(installed.name, reason, |name| self.words.iter().all(|word| stands_in(word, name)));
        if sum == Truth::False {
            return sum;
        }
        if let Some(wanted) = &self.version {
            sum = sum.and(ask(installed.version, reason, |version| version.starts_with(wanted)));
        }
        if let Some(before) = &self.before {
            sum = sum.and(ask(installed.version, reason, |version| version < before));
        }
        sum
    }
}

/// What is told of an installed program.
struct Installed<'a> {
    name: Fact<&'a str, &'a Reason>,
    version: Fact<&'a Version, &'a Reason>,
    /// The letters of its name.
    letters: u32,
}

impl<'a> Installed<'a> {
    fn new(name: Fact<&'a str, &'a Reason>, version: Fact<&'a Version, &'a Reason>) -> Installed<'a> {
        Installed { name, version, letters: name.known().map_or(0, |name| letters(name)) }
    }
}

/// Which ASCII letters stand in a text, a bit each.
fn letters(text: &str) -> u32 {
    let bit = |letter: u8| 1 << (letter.to_ascii_lowercase() - b'a');
    text.bytes().filter(u8::is_ascii_alphabetic).map(bit).fold(0, |sum, bit: u32| sum | bit)
}

/// Whether a word stands in a text, ASCII letters of either case.
fn stands_in(word: &str, text: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// One product.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its name, for people.
    pub name: String,
    /// Last day of security updates for everybody.
    pub ends: Date,
    /// Last day of paid or long-term security updates, where there are such.
    pub extended: Option<Date>,
    fits: Fits,
}

/// What an operating system must be; everything that is given must hold.
#[derive(Debug, Clone)]
struct Fits {
    platform: Platform,
    id: Option<String>,
    version: Option<Version>,
    build: Option<i64>,
    editions: Vec<String>,
    installation_type: Option<String>,
}

impl Lifecycle {
    /// Reads a lifecycle table. `file` only stands in the complaints.
    ///
    /// # Errors
    /// All complaints at once, in the order of the text.
    pub fn parse(file: &str, text: &str) -> Result<Lifecycle, Vec<Complaint>> {
        let whole = letters::whole(text);
        let mut reader = Reader::new(file, &whole);
        let lifecycle = read(&mut reader, text);
        match lifecycle {
            Some(lifecycle) if reader.is_content() => Ok(lifecycle),
            Some(_) | None => Err(reader.finish()),
        }
    }

    /// The table that ships.
    pub fn shipped() -> Lifecycle {
        Lifecycle::parse(SHIPPED, Lifecycle::shipped_text())
            .expect("the test `the_shipped_table_is_right` reads it")
    }

    /// The text of the table that ships.
    pub fn shipped_text() -> &'static str {
        shipped::text(SHIPPED)
    }

    /// Whether the table is so old, seen from this day, that it should be renewed.
    pub fn is_stale(&self, day: Date) -> bool {
        days_between(self.dated, day) > STALE_DAYS
    }

    /// Support dates of this PC, seen from this day: those that the facts bring, else worked out.
    pub fn support_of(&self, facts: &Facts, day: Date) -> Support {
        let given = &facts.support;
        let told = given.product.is_not_asked()
            && given.ends_on.is_not_asked()
            && given.days_left.is_not_asked()
            && given.extended_ends_on.is_not_asked()
            && given.extended_days_left.is_not_asked();
        let mut support = if told { self.support(&facts.os, day) } else { given.clone() };
        if given.dotnet_ends_on.is_not_asked() && given.dotnet_days_left.is_not_asked() {
            (support.dotnet_ends_on, support.dotnet_days_left) = self.dotnet(&facts.os, day);
        }
        support.suites = match &given.suites {
            told if told.is_not_asked() => self.programs(&facts.office.suites, day),
            told => told.clone(),
        };
        support.browsers = match &given.browsers {
            told if told.is_not_asked() => self.programs(&facts.office.browsers, day),
            told => told.clone(),
        };
        support
    }

    /// Until when the newest .NET Framework of a PC is supported, and how many days these are.
    fn dotnet(&self, os: &Os, day: Date) -> (Fact<Date>, Fact<Days>) {
        match &os.dotnet {
            Fact::Known(version) => {
                let (_, ends_on) = self.program(&Installed::new(Fact::Known(DOTNET), Fact::Known(version)));
                let days_left = ends_on.clone().map(|ends| Days(days_between(day, ends)));
                (ends_on, days_left)
            }
            Fact::Absent => (Fact::Absent, Fact::Absent),
            Fact::Unknown(reason) => (Fact::Unknown(reason.clone()), Fact::Unknown(reason.clone())),
        }
    }

    /// Until when each of these programs is supported. What the table does not have has no date.
    fn programs(&self, installed: &Fact<Vec<Package>>, day: Date) -> Fact<Vec<ProgramSupport>> {
        let installed = match installed {
            Fact::Known(installed) => installed,
            Fact::Absent => return Fact::Absent,
            Fact::Unknown(reason) => return Fact::Unknown(reason.clone()),
        };
        let support = |package: &Package| {
            let name = package.name.peek().map(String::as_str);
            let (product, ends_on) = self.program(&Installed::new(name, package.version.peek()));
            let days_left = ends_on.clone().map(|ends| Days(days_between(day, ends)));
            ProgramSupport { name: package.name.clone(), product, ends_on, days_left }
        };
        Fact::Known(installed.iter().map(support).collect())
    }

    /// The product that this program is, and its last day.
    fn program(&self, installed: &Installed<'_>) -> (Fact<String>, Fact<Date>) {
        let mut reason = None;
        let found = self.programs.iter().find_map(|program| match program.fits(installed, &mut reason) {
            Truth::True => Some(Some(program)),
            Truth::Unknown => Some(None),
            Truth::False => None,
        });
        let unknown = |reason: &Reason| (Fact::Unknown(reason.clone()), Fact::Unknown(reason.clone()));
        match found {
            Some(Some(program)) => (Fact::Known(program.name.clone()), Fact::known_or_absent(program.ends)),
            Some(None) => unknown(reason.unwrap_or(&Reason::NotAsked)),
            None => unknown(&self.lacks),
        }
    }

    /// Until when this operating system is supported, seen from this day.
    ///
    /// Unknown, with the reason, when the system is not known well enough to tell its product, or not in the table.
    pub fn support(&self, os: &Os, day: Date) -> Support {
        for product in &self.products {
            let mut reason = None;
            match product.fits.hold(os, &mut reason) {
                Truth::True => return product.support(day),
                Truth::False => {}
                // A product further down may not be taken for this one, which is more specific.
                Truth::Unknown => return unknown(reason.unwrap_or(&Reason::NotAsked)),
            }
        }
        unknown(&self.lacks)
    }
}

fn unknown(reason: &Reason) -> Support {
    Support {
        product: Fact::Unknown(reason.clone()),
        ends_on: Fact::Unknown(reason.clone()),
        days_left: Fact::Unknown(reason.clone()),
        extended_ends_on: Fact::Unknown(reason.clone()),
        extended_days_left: Fact::Unknown(reason.clone()),
        ..Support::default()
    }
}

impl Product {
    fn support(&self, day: Date) -> Support {
        let left = |date: Date| Days(days_between(day, date));
        Support {
            product: Fact::Known(self.name.clone()),
            ends_on: Fact::Known(self.ends),
            days_left: Fact::Known(left(self.ends)),
            extended_ends_on: Fact::known_or_absent(self.extended),
            extended_days_left: Fact::known_or_absent(self.extended.map(left)),
            ..Support::default()
        }
    }
}

impl Fits {
    /// Whether all that is given holds of this system. Leaves the reason of the first answer that is unknown.
    fn hold<'a>(&self, os: &'a Os, reason: &mut Option<&'a Reason>) -> Truth {
        // Most products are out at once.
        if let (Some(wanted), Fact::Known(build)) = (self.build, &os.build)
            && *build != wanted
        {
            return Truth::False;
        }
        let mut sum = ask(os.platform.peek(), reason, |platform| *platform == self.platform);
        if sum == Truth::False {
            return sum;
        }
        if let Some(wanted) = &self.id {
            sum = sum.and(ask(os.id.peek(), reason, |id| id.eq_ignore_ascii_case(wanted)));
        }
        if let Some(wanted) = self.build {
            sum = sum.and(ask(os.build.peek(), reason, |build| *build == wanted));
        }
        if sum == Truth::False {
            return sum;
        }
        if let Some(wanted) = &self.version {
            sum = sum.and(ask(os.version.peek(), reason, |version| version.starts_with(wanted)));
        }
        if !self.editions.is_empty() {
            let one_of =
                |edition: &String| self.editions.iter().any(|wanted| wanted.eq_ignore_ascii_case(edition));
            sum = sum.and(ask(os.edition.peek(), reason, one_of));
        }
        if let Some(wanted) = &self.installation_type {
            sum = sum.and(ask(os.installation_type.peek(), reason, |kind| kind.eq_ignore_ascii_case(wanted)));
        }
        sum
    }
}

fn ask<'a, T>(
    fact: Fact<T, &'a Reason>,
    reason: &mut Option<&'a Reason>,
    holds: impl FnOnce(T) -> bool,
) -> Truth {
    match fact {
        Fact::Known(value) => Truth::from(holds(value)),
        Fact::Absent => Truth::False,
        Fact::Unknown(why) => {
            reason.get_or_insert(why);
            Truth::Unknown
        }
    }
}

fn read(reader: &mut Reader<'_>, text: &str) -> Option<Lifecycle> {
    let document = reader.document()?;
    let mut table = Table::new(document.get_ref(), 0, "");
    let dated = table.need(reader, "dated").and_then(|field| reader.date(field));
    let source = table.need(reader, "source").and_then(|field| reader.full_text(field));
    let fields = table.need(reader, "product").and_then(|field| reader.list(field)).unwrap_or_default();
    let products: Vec<Product> = fields.into_iter().filter_map(|field| product(reader, field)).collect();
    let fields = table.take("program").and_then(|field| reader.list(field)).unwrap_or_default();
    let programs: Vec<Program> = fields.into_iter().filter_map(|field| program(reader, field)).collect();
    table.finish(reader);
    let dated = dated?;
    Some(Lifecycle {
        lacks: Reason::Failed(format!("not in the lifecycle table of {dated}")),
        dated,
        source: source?.to_owned(),
        digest: crate::assess::digest(text),
        products,
        programs,
    })
}

fn program(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Program> {
    let mut table = reader.table(field)?;
    let name = table.need(reader, "name").and_then(|field| reader.full_text(field));
    let fits = table.need(reader, "match").and_then(|field| {
        let mut table = reader.table(field)?;
        let words = table.need(reader, "words").and_then(|field| {
            let words = reader.texts(field)?;
            for (at, _) in words.iter().filter(|(_, word)| word.is_empty()) {
                reader.complain(*at, complaint::EMPTY_TEXT, "an empty word stands in every name", None);
            }
            Some(words)
        });
        let version = table.take("version").and_then(|field| reader.full_text(field)).map(Version::new);
        let before = table.take("before").and_then(|field| reader.full_text(field)).map(Version::new);
        table.finish(reader);
        Some((words?, version, before))
    });
    let ends = table.take("ends").map(|field| reader.date(field));
    table.finish(reader);
    let (words, version, before) = fits?;
    let words = words.into_iter().filter(|(_, word)| !word.is_empty()).map(|(_, word)| word.to_owned());
    let ends = match ends {
        Some(read) => Some(read?),
        None => None,
    };
    let words: Vec<String> = words.collect();
    let letters = words.iter().fold(0, |sum, word| sum | letters(word));
    Some(Program { name: name?.to_owned(), ends, words, letters, version, before })
}

fn product(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Product> {
    let mut table = reader.table(field)?;
    let name = table.need(reader, "name").and_then(|field| reader.full_text(field));
    let fits = table.need(reader, "match").and_then(|field| fits(reader, field));
    let ends = table.need(reader, "ends").and_then(|field| reader.date(field));
    let extended_field = table.take("extended");
    let extended = extended_field.and_then(|field| reader.date(field));
    table.finish(reader);
    if let (Some(ends), Some(extended), Some(field)) = (ends, extended, extended_field)
        && extended < ends
    {
        let text = format!("extended support ends on {extended}, before all support on {ends}");
        reader.complain(field.value_at(), complaint::ENDS_BEFORE_START, text, None);
    }
    Some(Product { name: name?.to_owned(), ends: ends?, extended, fits: fits? })
}

fn fits(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Fits> {
    let mut table = reader.table(field)?;
    let platforms: Vec<(&str, Platform)> = Platform::ALL.iter().map(|one| (one.word(), *one)).collect();
    let platform = table.need(reader, "platform").and_then(|field| reader.word(field, &platforms));
    let mut text = |reader: &mut Reader<'_>, name: &'static str| {
        table.take(name).and_then(|field| reader.full_text(field)).map(str::to_owned)
    };
    let id = text(reader, "id");
    let version = text(reader, "version").map(Version::new);
    let installation_type = text(reader, "installation_type");
    let build = table.take("build").and_then(|field| reader.integer(field));
    let editions = match table.take("edition") {
        Some(field) if field.value.get_ref().is_array() => reader.texts(field).unwrap_or_default(),
        Some(field) => reader.full_text(field).map(|text| (field.value_at(), text)).into_iter().collect(),
        None => Vec::new(),
    };
    table.finish(reader);
    let editions = editions.into_iter().map(|(_, text)| text.to_owned()).collect();
    Some(Fits { platform: platform?, id, version, build, editions, installation_type })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use jiff::civil::date;

    use super::*;
    use crate::condition::words::Tongue;

    const TABLE: &str = r#"
dated  = 2026-08-22
source = "a test"
[[product]]
name  = "Windows 10 Enterprise LTSC 2021"
match = { platform = "windows", build = 19044, edition = ["EnterpriseS", "EnterpriseSN"], installation_type = "Client" }
ends  = 2027-01-12
[[product]]
name  = "Windows 10 21H2"
match = { platform = "windows", build = 19044, edition = "Professional" }
ends  = 2023-06-13
[[product]]
name  = "Debian 12"
match = { platform = "linux", id = "debian", version = "12" }
ends  = 2026-07-11
extended = 2028-06-30
"#;

    fn check(os: &str, expected: Expect) {
        let lifecycle = Lifecycle::parse("lifecycle.toml", TABLE).unwrap();
        let os: Os = serde_json::from_str(os).unwrap();
        let support = lifecycle.support(&os, date(2026, 11, 22));
        expected.assert_eq(&serde_json::to_string(&support).unwrap());
    }

    #[test]
    fn the_first_product_that_fits() {
        check(
            r#"{"platform":"windows","build":19044,"edition":"enterprises","installation_type":"Client"}"#,
            expect![[
                r#"{"product":"Windows 10 Enterprise LTSC 2021","ends_on":"2027-01-12","days_left":51,"extended_ends_on":null,"extended_days_left":null}"#
            ]],
        );
        check(
            r#"{"platform":"windows","build":19044,"edition":"Professional","installation_type":"Client"}"#,
            expect![[
                r#"{"product":"Windows 10 21H2","ends_on":"2023-06-13","days_left":-1258,"extended_ends_on":null,"extended_days_left":null}"#
            ]],
        );
        check(
            r#"{"platform":"linux","id":"debian","version":"12.7"}"#,
            expect![[
                r#"{"product":"Debian 12","ends_on":"2026-07-11","days_left":-134,"extended_ends_on":"2028-06-30","extended_days_left":586}"#
            ]],
        );
    }

    #[test]
    fn what_is_not_in_the_table_is_unknown() {
        check(
            r#"{"platform":"linux","id":"debian","version":"120"}"#,
            expect![[
                r#"{"product":{"unknown":"failed: not in the lifecycle table of 2026-08-22"},"ends_on":{"unknown":"failed: not in the lifecycle table of 2026-08-22"},"days_left":{"unknown":"failed: not in the lifecycle table of 2026-08-22"},"extended_ends_on":{"unknown":"failed: not in the lifecycle table of 2026-08-22"},"extended_days_left":{"unknown":"failed: not in the lifecycle table of 2026-08-22"}}"#
            ]],
        );
        check(
            r#"{"platform":"linux","id":"gentoo","version":"12"}"#,
            expect![[
                r#"{"product":{"unknown":"failed: not in the lifecycle table of 2026-08-22"},"ends_on":{"unknown":"failed: not in the lifecycle table of 2026-08-22"},"days_left":{"unknown":"failed: not in the lifecycle table of 2026-08-22"},"extended_ends_on":{"unknown":"failed: not in the lifecycle table of 2026-08-22"},"extended_days_left":{"unknown":"failed: not in the lifecycle table of 2026-08-22"}}"#
            ]],
        );
    }

    #[test]
    fn what_is_not_known_of_the_system_leaves_its_product_unknown() {
        check(
            r#"{"platform":"linux","id":"debian","version":{"unknown":"denied"}}"#,
            expect![[
                r#"{"product":{"unknown":"denied"},"ends_on":{"unknown":"denied"},"days_left":{"unknown":"denied"},"extended_ends_on":{"unknown":"denied"},"extended_days_left":{"unknown":"denied"}}"#
            ]],
        );
        check(
            r#"{"platform":"windows","build":19044,"edition":{"unknown":"timed_out"},"installation_type":"Client"}"#,
            expect![[
                r#"{"product":{"unknown":"timed_out"},"ends_on":{"unknown":"timed_out"},"days_left":{"unknown":"timed_out"},"extended_ends_on":{"unknown":"timed_out"},"extended_days_left":{"unknown":"timed_out"}}"#
            ]],
        );
        check(r#"{}"#, expect!["{}"]);
    }

    #[test]
    fn a_table_grows_stale() {
        let lifecycle = Lifecycle::parse("lifecycle.toml", TABLE).unwrap();
        assert!(!lifecycle.is_stale(date(2026, 11, 22)));
        assert!(!lifecycle.is_stale(date(2027, 2, 18)));
        assert!(lifecycle.is_stale(date(2027, 2, 19)));
    }

    #[test]
    fn the_shipped_table_is_right() {
        let (file, text) = (SHIPPED, shipped::text(SHIPPED));
        if let Err(complaints) = Lifecycle::parse(file, text) {
            let told: Vec<String> =
                complaints.iter().map(|complaint| complaint.draw(text, Tongue::English)).collect();
            panic!("{}", told.join("\n"));
        }
        assert!(Lifecycle::shipped().products.len() > 1);
    }

    #[test]
    fn complaints_about_a_table() {
        let text = r#"
dated  = "2026-08-22"
[[product]]
name  = "Windows 10 22H2"
match = { platform = "window", build = "19045", edtion = "Core" }
ends  = 2025-10-14
extended = 2024-10-10
until = 2030-01-01
"#;
        let complaints = Lifecycle::parse("lifecycle.toml", text).unwrap_err();
        let told: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        expect![[r#"
            lifecycle.toml:1:1: error[missing-key]: the file lacks `source`
            lifecycle.toml:2:10: error[wrong-type]: `dated` must be a day such as 2026-07-01, without quotes, this is a text
            lifecycle.toml:5:22: error[unknown-word]: `platform` cannot be "window"
              help: did you mean "windows"? it is one of "windows", "linux"
            lifecycle.toml:5:40: error[wrong-type]: `build` must be a whole number, this is a text
            lifecycle.toml:5:49: error[unknown-key]: `match` has no key `edtion`
              help: did you mean `edition`?
            lifecycle.toml:7:12: error[ends-before-start]: extended support ends on 2024-10-10, before all support on 2025-10-14
            lifecycle.toml:8:1: error[unknown-key]: `product` has no key `until`
              help: its keys are `name`, `match`, `ends`, `extended`"#]].assert_eq(&told.join("\n"));
    }
}
