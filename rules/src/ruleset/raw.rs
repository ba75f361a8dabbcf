//! What a person wrote, with the place of every word. Knows TOML, and nothing of rules.
//!
//! A [`Table`] is opened, its keys are taken one by one, and [`Table::finish`] complains of every key that nobody
//! asked for. So the list of keys that may be written is the code that reads them.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;
use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Source, Span};

use super::brackets;
use crate::complaint::{self, Complaint, nearest};
use crate::limits::RULESET_BYTES_MAX;

/// Deepest nesting that may be written, where each part of a dotted key, each list and each table counts one.
const NESTING_MAX: usize = 128;
/// Most complaints about one file that are told. Nobody mends more at once, and a file can be wrong in millions of places.
const COMPLAINTS_COUNT_MAX: usize = 200;

/// Most complaints behind the first about what is no TOML at all.
const SYNTAX_MORE_COUNT_MAX: usize = 2;

/// A value with its place.
pub(crate) type Node<'d> = Spanned<DeValue<'d>>;

/// The file being read, and what is wrong with it so far.
pub(crate) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
    /// With their byte offsets; lines and columns are counted in the end.
    complaints: Vec<(usize, Complaint)>,
    /// Where the first complaint would stand that is not told, and how many are not.
    untold: Option<(usize, usize)>,
    /// What may stay as it is, with its byte offset.
    warnings: Vec<(usize, Complaint)>,
}

/// A key or an element of a list, with its value.
#[derive(Clone, Copy)]
pub(crate) struct Field<'d> {
    /// The key; for an element of a list, the key of the list.
    pub(crate) name: &'d str,
    /// Where the key stands, as a byte offset.
    pub(crate) at: usize,
    /// The value.
    pub(crate) value: &'d Node<'d>,
}

impl Field<'_> {
    /// Where the value stands, as a byte offset.
    pub(crate) fn value_at(&self) -> usize {
        self.value.span().start
    }
}

impl<'a> Reader<'a> {
    /// A reader of this text.
    pub(crate) fn new(file: &'a str, text: &'a str) -> Reader<'a> {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Reader { file, text, line_starts, complaints: Vec::new(), untold: None, warnings: Vec::new() }
    }

    /// The whole file as TOML; none, with complaints, when it is not.
    pub(crate) fn document(&mut self) -> Option<Spanned<DeTable<'a>>> {
        if self.text.len() > RULESET_BYTES_MAX {
            let text = format!("the file has {} bytes, the most is {RULESET_BYTES_MAX}", self.text.len());
            self.complain(0, complaint::TOO_LARGE, text, None);
            return None;
        }
        if let Some(at) = too_deep(self.text) {
            let text = format!("tables and lists stand more than {NESTING_MAX} deep within each other");
            self.complain(at, complaint::TOO_DEEP, text, None);
            return None;
        }
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Some(table);
        }
        let mut places: Vec<(usize, String)> = errors
            .iter()
            .map(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned()))
            .collect();
        places.sort_by_key(|(at, _)| *at);
        // One slip makes the parser stumble several times on its line.
        places.dedup_by_key(|(at, _)| self.line(*at));
        self.complain_of_syntax(&places);
        None
    }

    /// Complains of what is no TOML: of the first place, and of a few more in its table. Where one bracket is missing the
    /// parser stumbles over everything behind it, and what it says there means nothing.
    fn complain_of_syntax(&mut self, places: &[(usize, String)]) {
        let Some((first, message)) = places.first() else { return };
        let told = if let Some((at, text, suggestion)) = self.understood(*first, message) {
            self.complain(at, complaint::SYNTAX, text, Some(suggestion));
            1
        } else {
            let end = self.next_header(*first);
            let near = places.iter().take_while(|(at, _)| *at < end).take(1 + SYNTAX_MORE_COUNT_MAX);
            let near: Vec<&(usize, String)> = near.collect();
            for (at, message) in &near {
                self.complain(*at, complaint::SYNTAX, message.clone(), None);
            }
            near.len().max(1)
        };
        let untold = places.get(told..).unwrap_or_default();
        if let Some((at, _)) = untold.first() {
            let text = match untold.len() {
                1 => "and 1 more that follows from it".to_owned(),
                count => format!("and {count} more that follow from it"),
            };
            let suggestion = Some("mend the first, then look again".to_owned());
            self.complain(*at, complaint::MORE_WRONG, text, suggestion);
        }
    }

    /// Of a slip that the parser tells at another place, or in its own terms: where it is, what is wrong, and what would be
    /// right.
    fn understood(&self, at: usize, message: &str) -> Option<(usize, String, String)> {
        if let Some(unclosed) = brackets::unclosed(self.text, at) {
            let (text, suggestion) = unclosed.told(self.line(unclosed.open), self.line(unclosed.at));
            return Some((unclosed.at, text, suggestion));
        }
        let header = self.header_at(at).filter(|_| message == DUPLICATE_KEY)?;
        Some((at, message.to_owned(), twice_bracketed(header)))
    }

    /// The name in the header of a table, where one stands on the line of this byte offset.
    fn header_at(&self, at: usize) -> Option<&'a str> {
        let line = self.text.get(*self.line_starts.get(self.line(at) - 1)?..)?.lines().next()?;
        let name = line.trim_end().strip_prefix('[')?.strip_suffix(']')?;
        (!name.contains(['[', ']', '"', '\''])).then_some(name)
    }

    /// Where the first table begins behind this byte offset; the end of the text where none does.
    fn next_header(&self, at: usize) -> usize {
        let begins = |start: &&usize| self.text.get(**start..).is_some_and(|rest| rest.starts_with('['));
        let next = self.line_starts.iter().skip(self.line(at)).find(begins);
        next.copied().unwrap_or(self.text.len().saturating_add(1))
    }

    /// Notes a complaint about this byte offset.
    pub(crate) fn complain(
        &mut self,
        at: usize,
        code: &'static str,
        text: impl Into<String>,
        suggestion: Option<String>,
    ) {
        if self.complaints.len() >= COMPLAINTS_COUNT_MAX {
            let (first, count) = self.untold.unwrap_or((at, 0));
            self.untold = Some((first.min(at), count + 1));
            return;
        }
        let (file, text) = (self.file.to_owned(), text.into());
        self.complaints.push((at, Complaint { file, line: 0, column: 0, code, text, suggestion }));
    }

    /// Notes something about this byte offset that may stay as it is.
    pub(crate) fn warn(&mut self, at: usize, code: &'static str, text: String, suggestion: Option<String>) {
        if self.warnings.len() < COMPLAINTS_COUNT_MAX {
            let file = self.file.to_owned();
            self.warnings.push((at, Complaint { file, line: 0, column: 0, code, text, suggestion }));
        }
    }

    /// What may stay as it is, in the order of the text.
    pub(crate) fn warnings(&mut self) -> Vec<Complaint> {
        let warnings = std::mem::take(&mut self.warnings);
        self.placed(warnings)
    }

    /// Whether further complaints are only counted. Whoever looks for what was meant, or goes over a long list, need
    /// not go on then.
    pub(crate) fn is_full(&self) -> bool {
        self.untold.is_some()
    }

    /// The line of a byte offset, from 1.
    fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at).max(1)
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_content(&self) -> bool {
        self.complaints.is_empty()
    }

    /// All complaints, in the order of the text, and as the last one how many are not told.
    pub(crate) fn finish(mut self) -> Vec<Complaint> {
        let complaints = std::mem::take(&mut self.complaints);
        let mut placed = self.placed(complaints);
        if let Some((at, count)) = self.untold {
            let text = format!("at least {count} more is wrong, which is not told");
            let suggestion = Some("mend what is told first".to_owned());
            let (file, code) = (self.file.to_owned(), complaint::MORE_WRONG);
            placed.extend(
                self.placed(vec![(at, Complaint { file, line: 0, column: 0, code, text, suggestion })]),
            );
        }
        placed
    }

    /// These in the order of the text, with their lines and columns.
    fn placed(&self, mut complaints: Vec<(usize, Complaint)>) -> Vec<Complaint> {
        complaints.sort_by_key(|(at, _)| *at);
        // Counting goes on where it stopped on the same line: a line can be the whole file.
        let mut counted = (0, 0, 1);
        let place = |(at, complaint): (usize, Complaint)| {
            let line = self.line(at);
            let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
            let (from, column) = match counted {
                (same, until, column) if same == line && until <= at => (until, column),
                _ => (start, 1),
            };
            let more = self.text.get(from..at).unwrap_or_default();
            // A mark of the byte order has no width.
            let column = column + more.chars().filter(|c| *c != '\u{feff}').count();
            counted = (line, at, column);
            Complaint { line, column, ..complaint }
        };
        complaints.into_iter().map(place).collect()
    }

    fn wrong_type(&mut self, field: Field<'_>, needed: &str, suggestion: Option<String>) {
        let text = format!("`{}` must be {needed}, this is {}", field.name, type_name(field.value.get_ref()));
        self.complain(field.value_at(), complaint::WRONG_TYPE, text, suggestion);
    }

    /// A text, which may be empty.
    pub(crate) fn text<'d>(&mut self, field: Field<'d>) -> Option<&'d str> {
        let text = field.value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(field, "a text", None);
        }
        text
    }

    /// A text that says something.
    pub(crate) fn full_text<'d>(&mut self, field: Field<'d>) -> Option<&'d str> {
        let text = self.text(field)?;
        if text.trim().is_empty() {
            let wrong = format!("`{}` is empty", field.name);
            self.complain(field.value_at(), complaint::EMPTY_TEXT, wrong, None);
            return None;
        }
        Some(text)
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, field: Field<'_>) -> Option<i64> {
        match integer(field.value.get_ref()) {
            Some(number) => Some(number),
            None if field.value.get_ref().is_integer() => {
                let text = format!("`{}` is too large a number", field.name);
                self.complain(field.value_at(), complaint::OUT_OF_RANGE, text, None);
                None
            }
            None => {
                self.wrong_type(field, "a whole number", None);
                None
            }
        }
    }

    /// True or false.
    pub(crate) fn flag(&mut self, field: Field<'_>) -> Option<bool> {
        let flag = field.value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(field, "true or false", None);
        }
        flag
    }

    /// A day.
    pub(crate) fn date(&mut self, field: Field<'_>) -> Option<Date> {
        let date = date(field.value.get_ref());
        if date.is_none() {
            self.wrong_type(field, "a day such as 2026-07-01, without quotes", None);
        }
        date
    }

    /// The elements of a list.
    pub(crate) fn list<'d>(&mut self, field: Field<'d>) -> Option<Vec<Field<'d>>> {
        let Some(array) = field.value.get_ref().as_array() else {
            self.wrong_type(field, "a list [ … ]", None);
            return None;
        };
        let element = |value: &'d Node<'d>| Field { name: field.name, at: value.span().start, value };
        Some(array.iter().map(element).collect())
    }

    /// The tables that stand each under this header in two brackets. One under one bracket is complained of, and read.
    pub(crate) fn tables<'d>(&mut self, field: Field<'d>, header: &str) -> Option<Vec<Field<'d>>> {
        if field.value.get_ref().is_table() {
            self.wrong_type(field, "a list [ … ]", Some(twice_bracketed(header)));
            return Some(vec![field]);
        }
        self.list(field)
    }

    /// A list of texts; what is not a text is complained of and left out.
    pub(crate) fn texts<'d>(&mut self, field: Field<'d>) -> Option<Vec<(usize, &'d str)>> {
        let elements = self.list(field)?;
        Some(elements.into_iter().filter_map(|one| Some((one.value_at(), self.text(one)?))).collect())
    }

    /// A table.
    pub(crate) fn table<'d>(&mut self, field: Field<'d>) -> Option<Table<'d>> {
        self.table_such_as(field, None)
    }

    /// A table; what is none is told how it would be written.
    pub(crate) fn table_such_as<'d>(
        &mut self,
        field: Field<'d>,
        example: Option<String>,
    ) -> Option<Table<'d>> {
        let Some(table) = field.value.get_ref().as_table() else {
            let suggestion = example.map(|example| format!("write `{example}`"));
            self.wrong_type(field, "a table { … }", suggestion);
            return None;
        };
        Some(Table::new(table, field.value_at(), field.name))
    }

    /// One of a fixed list of words.
    pub(crate) fn word<T: Copy>(&mut self, field: Field<'_>, known: &[(&'static str, T)]) -> Option<T> {
        let written = self.text(field)?;
        let found = known.iter().find(|(word, _)| *word == written).map(|(_, meaning)| *meaning);
        if found.is_none() {
            self.unknown_word(field.value_at(), field.name, written, known.iter().map(|(word, _)| *word));
        }
        found
    }

    /// Complains of a word that is not in its list.
    pub(crate) fn unknown_word(
        &mut self,
        at: usize,
        name: &str,
        written: &str,
        known: impl Iterator<Item = &'static str> + Clone,
    ) {
        if self.is_full() {
            return;
        }
        let text = format!("`{name}` cannot be \"{written}\"");
        let all: Vec<String> = known.clone().map(|word| format!("\"{word}\"")).collect();
        let mut suggestion = format!("it is one of {}", all.join(", "));
        if let Some(near) = nearest(written, known) {
            suggestion = format!("did you mean \"{near}\"? {suggestion}");
        }
        self.complain(at, complaint::UNKNOWN_WORD, text, Some(suggestion));
    }
}

/// A table that is being read.
pub(crate) struct Table<'d> {
    at: usize,
    what: &'d str,
    fields: Vec<Field<'d>>,
    asked: Vec<&'static str>,
    /// Why everything must be there, told with the first key that is not.
    whole: Option<String>,
}

impl<'d> Table<'d> {
    /// The table at this byte offset. `what` is its key, which names it in complaints; empty for the whole file.
    pub(crate) fn new(table: &'d DeTable<'d>, at: usize, what: &'d str) -> Table<'d> {
        let mut fields: Vec<Field<'d>> = table
            .iter()
            .map(|(key, value)| Field { name: key.get_ref().as_ref(), at: key.span().start, value })
            .collect();
        fields.sort_by_key(|field| field.at);
        Table { at, what, fields, asked: Vec::new(), whole: None }
    }

    /// Says why everything must be there.
    pub(crate) fn be_whole(&mut self, why: String) {
        self.whole = Some(why);
    }

    fn called(&self) -> String {
        if self.what.is_empty() { "the file".to_owned() } else { format!("`{}`", self.what) }
    }

    /// Where the table stands, as a byte offset.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The field of this name, if it was written.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Field<'d>> {
        self.asked.push(name);
        let index = self.fields.iter().position(|field| field.name == name)?;
        Some(self.fields.remove(index))
    }

    /// The field of this name, which must be there.
    pub(crate) fn need(&mut self, reader: &mut Reader<'_>, name: &'static str) -> Option<Field<'d>> {
        let field = self.take(name);
        if field.is_none() {
            let text = format!("{} lacks `{name}`", self.called());
            reader.complain(self.at, complaint::MISSING_KEY, text, self.whole.take());
        }
        field
    }

    /// Everything that was not taken yet, in the order of the text.
    pub(crate) fn rest(&mut self) -> Vec<Field<'d>> {
        std::mem::take(&mut self.fields)
    }

    /// Complains of every key that nobody asked for.
    pub(crate) fn finish(self, reader: &mut Reader<'_>) {
        for field in &self.fields {
            if reader.is_full() {
                return;
            }
            let text = format!("{} has no key `{}`", self.called(), field.name);
            let suggestion = match nearest(field.name, self.asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its keys are {}", quoted(self.asked.iter().copied())),
            };
            reader.complain(field.at, complaint::UNKNOWN_KEY, text, Some(suggestion));
        }
    }
}

/// What the parser says of a table that comes a second time.
const DUPLICATE_KEY: &str = "duplicate key";

fn twice_bracketed(header: &str) -> String {
    format!("write two brackets each time: `[[{header}]]`")
}

/// Where the nesting becomes too deep, if it does.
///
/// The parser of `toml` bounds the parts of a key and the tables within tables, but not their product: 80 tables
/// with keys of 80 parts make a tree that ends the program when it is dropped.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = Depth::default();
    let tokens = Source::new(text).lex().into_vec();
    // What is not TOML is told by the parser proper.
    parse_document(&tokens, &mut depth, &mut |_: ParseError| {});
    depth.too_deep
}

/// Counts nesting while the file is read for the first time.
#[derive(Default)]
struct Depth {
    /// Parts of the table header.
    header: usize,
    /// Parts of the key at hand.
    key: usize,
    /// Parts of the keys of the tables and lists that are open, and one for each of these.
    open: Vec<usize>,
    open_sum: usize,
    /// Where it first became too deep, as a byte offset.
    too_deep: Option<usize>,
}

impl Depth {
    fn enter(&mut self, at: usize) -> bool {
        let parts = std::mem::take(&mut self.key) + 1;
        self.open.push(parts);
        self.open_sum += parts;
        self.weigh(at)
    }

    fn leave(&mut self) {
        self.open_sum -= self.open.pop().unwrap_or(0);
        self.key = 0;
    }

    fn begin_header(&mut self) {
        *self = Depth { too_deep: self.too_deep, ..Depth::default() };
    }

    fn end_header(&mut self) {
        self.header = std::mem::take(&mut self.key) + 1;
    }

    fn weigh(&mut self, at: usize) -> bool {
        let fits = self.header + self.key + self.open_sum <= NESTING_MAX;
        if !fits {
            self.too_deep.get_or_insert(at);
        }
        fits
    }
}

impl EventReceiver for Depth {
    fn std_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.begin_header();
    }

    fn std_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.end_header();
    }

    fn array_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.begin_header();
    }

    fn array_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.end_header();
    }

    fn inline_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.enter(span.start())
    }

    fn inline_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.leave();
    }

    fn array_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.enter(span.start())
    }

    fn array_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.leave();
    }

    fn simple_key(&mut self, span: Span, _: Option<Encoding>, _: &mut dyn ErrorSink) {
        self.key += 1;
        self.weigh(span.start());
    }

    fn value_sep(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.key = 0;
    }

    fn newline(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.key = 0;
    }
}

/// These names in backticks, with commas between.
pub(crate) fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The whole number, unless it is something else or too large.
pub(crate) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A number as it was written, unless it is something else.
pub(crate) fn number<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    match value {
        DeValue::Integer(number) => Some(number.as_str()),
        DeValue::Float(number) => Some(number.as_str()),
        DeValue::String(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    }
}

/// The day, unless it is something else.
pub(crate) fn date(value: &DeValue<'_>) -> Option<Date> {
    match value.as_datetime()? {
        Datetime { date: Some(date), time: None, offset: None } => Date::new(
            i16::try_from(date.year).ok()?,
            i8::try_from(date.month).ok()?,
            i8::try_from(date.day).ok()?,
        )
        .ok(),
        Datetime { .. } => None,
    }
}

/// The type of a value, as a person would call it.
pub(crate) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
