//! What is wrong with a file that a person wrote: rule sets and lifecycle tables.
//!
//! A complaint has a place, a stable code, what is wrong, and what would be right. It knows nothing of rules.

use std::fmt;

use crate::condition::words::Tongue;

mod vietnamese;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The stable code of this kind of complaint, in kebab case; see [`CODES`].
    pub code: &'static str,
    /// What is wrong.
    pub text: String,
    /// What would be right, where that is known.
    pub suggestion: Option<String>,
}

/// The codes of what may stay as it is, and should be looked at.
const WARNINGS: &[&str] = &[REMEDIES_ELSEWHERE, SOURCE_NOT_IN_FORCE];

impl Complaint {
    /// `error`, or `warning` of what may stay as it is.
    fn weight(&self, tongue: Tongue) -> &'static str {
        if WARNINGS.contains(&self.code) {
            tongue.pick("cảnh báo", "warning")
        } else {
            tongue.pick("lỗi", "error")
        }
    }

    /// What is wrong, and what would be right, in this language; in English what has no other words.
    pub fn told(&self, tongue: Tongue) -> (String, Option<String>) {
        let said = |text: &String| match tongue {
            Tongue::Vietnamese => vietnamese::said(text).unwrap_or_else(|| text.clone()),
            Tongue::English => text.clone(),
        };
        (said(&self.text), self.suggestion.as_ref().map(said))
    }

    /// The complaint in this language: what is wrong in one line, and what would be right in another one.
    pub fn told_in_lines(&self, tongue: Tongue) -> String {
        let (said, suggestion) = self.told(tongue);
        let first = self.first_line(&said, tongue);
        match suggestion {
            Some(suggestion) => format!("{first}\n  {}: {suggestion}", tongue.pick("gợi ý", "help")),
            None => first,
        }
    }

    /// Where it is, how bad, and what is wrong.
    fn first_line(&self, said: &str, tongue: Tongue) -> String {
        let weight = self.weight(tongue);
        format!("{}:{}:{}: {weight}[{}]: {said}", self.file, self.line, self.column, self.code)
    }

    /// The complaint with its [`Complaint::excerpt`] of `text`. `text` is the file.
    pub fn draw(&self, text: &str, tongue: Tongue) -> String {
        let (said, suggestion) = self.told(tongue);
        let help = tongue.pick("gợi ý", "help");
        let mut drawn = format!("{}\n", self.first_line(&said, tongue));
        drawn.push_str(&self.excerpt(text));
        if let Some(suggestion) = suggestion {
            drawn.push_str(&format!("{} = {help}: {suggestion}\n", self.margin()));
        }
        drawn
    }

    /// The line of `text` that it is about, and a caret under its column. `text` is the file.
    pub fn excerpt(&self, text: &str) -> String {
        let source = text.lines().nth(self.line.saturating_sub(1)).unwrap_or_default();
        let (number, margin) = (self.line, self.margin());
        let (source, before) = around(source, self.column.saturating_sub(1));
        // Tabs stay tabs, so that the caret stands under its column however wide a tab is.
        let indent: String = source
            .chars()
            .chain(std::iter::repeat(' '))
            .take(before)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        format!("{margin} |\n{number} | {source}\n{margin} | {indent}^\n")
    }

    /// As wide as the number of its line.
    fn margin(&self) -> String {
        " ".repeat(self.line.to_string().len())
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told_in_lines(Tongue::English))
    }
}

impl std::error::Error for Complaint {}

/// Most characters of a line that are drawn.
const DRAWN_CHARS_MAX: usize = 160;
/// Of these before the caret, where the line is longer.
const BEFORE_CHARS_MAX: usize = 60;

/// The part of a line that is drawn, and how many of its characters stand before the caret. `before` is how many do in
/// the whole line.
fn around(line: &str, before: usize) -> (String, usize) {
    let cut = |text: &str| -> String {
        let mut part: String = text.chars().take(DRAWN_CHARS_MAX).collect();
        if part.len() < text.len() {
            part.push('…');
        }
        part
    };
    if before <= DRAWN_CHARS_MAX / 2 {
        return (cut(line), before);
    }
    let left_out = before - BEFORE_CHARS_MAX;
    let mut rest = line.chars();
    match rest.nth(left_out - 1) {
        Some(_) if line.len() > DRAWN_CHARS_MAX => (format!("…{}", cut(rest.as_str())), BEFORE_CHARS_MAX + 1),
        // The caret stands behind the end of the line.
        Some(_) | None => (cut(line), before.min(DRAWN_CHARS_MAX + 1)),
    }
}

/// What a code means, for a rule author.
pub fn explain(code: &str, tongue: Tongue) -> Option<&'static str> {
    let (_, en, vi) = CODES.iter().find(|(known, ..)| *known == code)?;
    Some(match tongue {
        Tongue::Vietnamese => vi,
        Tongue::English => en,
    })
}

/// Longest word that is looked for among others, in bytes; no word that is right is longer.
const WORD_BYTES_MAX: usize = 64;
/// Most words among which one is looked for.
const WORDS_COUNT_MAX: usize = 1_000;

/// The word among these that was most likely meant, if any is near enough.
pub fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing two words takes as long as the one times the other.
    if written.len() > WORD_BYTES_MAX {
        return None;
    }
    let furthest = (written.chars().count() / 3).max(1);
    let lower = written.to_lowercase();
    words
        .into_iter()
        .take(WORDS_COUNT_MAX)
        .filter(|word| word.len() <= WORD_BYTES_MAX)
        .map(|word| (strsim::osa_distance(&lower, &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= furthest)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

macro_rules! codes {
    ($($name:ident = $code:literal, $en:literal, $vi:literal;)+) => {
        $(pub(crate) const $name: &str = $code;)+

        /// Every code with what it means, in English and in Vietnamese, in alphabetical order.
        pub const CODES: &[(&str, &str, &str)] = &[$(($code, $en, $vi),)+];
    };
}

codes! {
    ALWAYS_HOLDS = "always-holds", "Whatever the fact is, this holds, so it asks nothing.",
        "Dữ kiện là gì thì điều này cũng đúng, nên nó không hỏi gì.";
    BAD_ID = "bad-id", "An id has small letters a to z, digits and hyphens: it stands in addresses, on command lines and in names of files.",
        "Mã chỉ gồm chữ thường a đến z không dấu, chữ số và dấu gạch nối: nó nằm trong địa chỉ, dòng lệnh và tên tệp.";
    BAD_PATTERN = "bad-pattern", "The text after `matches` is not a regular expression.",
        "Nội dung sau `matches` không phải biểu thức chính quy.";
    BAD_VALUE = "bad-value", "The value is not of the kind that the fact has, or lacks its unit: \"8 GiB\", \"2 GHz\", \"35 days\". A version begins with a digit: \"4.8\".",
        "Giá trị không đúng loại của dữ kiện, hoặc thiếu đơn vị: \"8 GiB\", \"2 GHz\", \"35 days\". Phiên bản bắt đầu bằng chữ số: \"4.8\".";
    CIRCLE = "circle", "Rule sets that name each other in a circle can never be read.",
        "Các bộ tiêu chí gọi vòng lẫn nhau thì không bao giờ đọc được.";
    COMPARISON_NOT_FOR_KIND = "comparison-not-for-kind", "This comparison means nothing for this kind of fact.",
        "Phép so sánh này không có nghĩa với loại dữ kiện này.";
    DUPLICATE_ID = "duplicate-id", "Two rules, two groups, two tests or two rule sets have one name; each must have its own.",
        "Hai tiêu chí, hai nhóm, hai phép thử hoặc hai bộ tiêu chí trùng tên; mỗi thứ phải có tên riêng.";
    DUPLICATE_ROLE = "duplicate-role", "One role stands in two `[[rule.for]]` of a rule; only the first of them would count.",
        "Một vai trò nằm trong hai `[[rule.for]]` của cùng tiêu chí; chỉ cái đầu có tác dụng.";
    EMPTY_CONDITION = "empty-condition", "A condition that asks nothing would always hold; say what must hold.",
        "Điều kiện không hỏi gì thì luôn đúng; hãy ghi điều phải đúng.";
    EMPTY_GROUP = "empty-group", "A group without rules would show as an empty heading.",
        "Nhóm không có tiêu chí sẽ hiện thành một đề mục trống.";
    EMPTY_TEXT = "empty-text", "A text that people read is empty; both languages are needed.",
        "Văn bản cho người đọc bị để trống; cần có cả hai ngôn ngữ.";
    ENDS_BEFORE_START = "ends-before-start", "The last day is before the first day.",
        "Ngày cuối đứng trước ngày đầu.";
    FORMER_CLASH = "former-clash", "What a rule was called before is the name of another rule, or another rule claims it too; exceptions would not know whom to follow.",
        "Tên cũ của tiêu chí là tên của tiêu chí khác, hoặc tiêu chí khác cũng nhận tên đó; ngoại lệ sẽ không biết đi theo tiêu chí nào.";
    GIVES_UNASKED = "gives-unasked", "The remedy gives a fact that no rule asks for, so it mends nothing.",
        "Cách khắc phục mang lại dữ kiện mà không tiêu chí nào hỏi, nên không khắc phục được gì.";
    MISSING_KEY = "missing-key", "A key that must be there is not.",
        "Thiếu một khóa bắt buộc.";
    MORE_WRONG = "more-wrong", "More is wrong than is told at once; when what is told is mended, the next look tells what is left of the rest.",
        "Còn nhiều chỗ sai hơn số chỗ được kể; sửa những chỗ đã kể rồi xem lại sẽ thấy những chỗ còn sót.";
    NEVER_HOLDS = "never-holds", "Parts of what is asked exclude each other, so it can never hold.",
        "Các phần của điều kiện loại trừ nhau nên không bao giờ đúng.";
    NOT_A_LIST_OF_RECORDS = "not-a-list-of-records", "`each` goes over a list of records, such as `disk.drives`.",
        "`each` đi qua một danh sách nhiều mục, như `disk.drives`.";
    NOT_FOR_UNITS = "not-for-units", "A rule about units has no roles, goes over no list, and knows nothing that is switched off.",
        "Tiêu chí về đơn vị không có vai trò, không đi qua danh sách và không có gì để bật tắt.";
    OTHER_SUBJECT = "other-subject", "A rule is about PCs or about whole units, and asks facts of the one only.",
        "Một tiêu chí nói về máy hoặc về cả đơn vị, và chỉ hỏi dữ kiện của bên đó.";
    OUT_OF_ORDER = "out-of-order", "Stages follow each other by their days, and the last one has none.",
        "Các giai đoạn nối tiếp nhau theo ngày, và giai đoạn cuối không có ngày kết thúc.";
    OUT_OF_RANGE = "out-of-range", "The number is outside of what it can be.",
        "Số nằm ngoài khoảng cho phép.";
    PARAMETER_KIND = "parameter-kind", "The parameter is of another kind than the fact that it is compared with.",
        "Tham số khác loại với dữ kiện mà nó được so sánh.";
    PARTIAL_SAME_AS_PASS = "partial-same-as-pass", "`partial` asks the same as `pass`, so it can never be reached.",
        "`partial` hỏi giống hệt `pass` nên không bao giờ tới lượt.";
    PARTIAL_WITHIN_PASS = "partial-within-pass", "`partial` asks for more than `pass` does, so whoever has that passes already.",
        "`partial` hỏi nhiều hơn `pass`, nên ai được như vậy thì đã đạt rồi.";
    REMEDIES_ELSEWHERE = "remedies-elsewhere", "The remedies of the rule give nothing that it asks, so none of them would mend it.",
        "Các cách khắc phục của tiêu chí không mang lại điều gì nó hỏi, nên không cách nào khắc phục được nó.";
    SOURCE_NOT_IN_FORCE = "source-not-in-force", "The document that the rule names is in force on no day on which the set is.",
        "Văn bản mà tiêu chí dẫn không có hiệu lực vào ngày nào mà bộ tiêu chí có hiệu lực.";
    SYNTAX = "syntax", "The file is not TOML.",
        "Tệp không đúng cú pháp TOML.";
    TOO_DEEP = "too-deep", "Tables or lists stand too deep within each other.",
        "Các bảng hoặc danh sách lồng nhau quá sâu.";
    TOO_LARGE = "too-large", "The file is larger than a rule set may be.",
        "Tệp lớn hơn mức cho phép của một bộ tiêu chí.";
    TOO_LONG = "too-long", "The phrase is longer than a line of a list has room for.",
        "Cụm từ dài hơn một dòng của danh sách.";
    TOO_MANY = "too-many", "There are more of these than a rule set may have; no person could defend so many.",
        "Nhiều hơn mức cho phép của một bộ tiêu chí; không ai bảo vệ nổi chừng ấy.";
    UNKNOWN_COMPARISON = "unknown-comparison", "There is no comparison of this name.",
        "Không có phép so sánh nào tên như vậy.";
    UNKNOWN_FACT = "unknown-fact", "The vocabulary has no fact of this name.",
        "Từ điển không có dữ kiện nào tên như vậy.";
    UNKNOWN_GROUP = "unknown-group", "No `[[group]]` has this id.",
        "Không `[[group]]` nào có mã này.";
    UNKNOWN_KEY = "unknown-key", "No key of this name belongs here; it would be ignored silently.",
        "Chỗ này không có khóa nào tên như vậy; nếu nhận thì nó sẽ lặng lẽ bị bỏ qua.";
    UNKNOWN_PARAMETER = "unknown-parameter", "No `[parameters.NAME]` has this name.",
        "Không `[parameters.NAME]` nào có tên này.";
    UNKNOWN_REMEDY = "unknown-remedy", "No `[remedy.ID]` has this id.",
        "Không `[remedy.ID]` nào có mã này.";
    UNKNOWN_RULE = "unknown-rule", "No `[[rule]]` has this id.",
        "Không `[[rule]]` nào có mã này.";
    UNKNOWN_RULESET = "unknown-ruleset", "No rule set has this id, among those that ship and those read with it.",
        "Không bộ tiêu chí nào có mã này, trong các bộ kèm theo phần mềm và các bộ đọc cùng.";
    UNKNOWN_WORD = "unknown-word", "The value is one of a fixed list of words, and this is none of them.",
        "Giá trị phải là một trong các từ cho sẵn, và đây không phải từ nào trong đó.";
    UNUSED_PARAMETER = "unused-parameter", "No rule names this parameter, so setting it changes nothing.",
        "Không tiêu chí nào dùng tham số này, nên đặt nó không thay đổi gì.";
    UNUSED_REMEDY = "unused-remedy", "No rule names this remedy, so nobody would ever see it.",
        "Không tiêu chí nào dùng cách khắc phục này, nên không ai thấy nó.";
    WRONG_TYPE = "wrong-type", "The value is of another TOML type than it must be.",
        "Giá trị khác kiểu TOML phải có.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use expect_test::expect;

    use super::*;

    #[test]
    fn every_code_stands_once_in_order_and_is_explained() {
        let codes: Vec<&str> = CODES.iter().map(|(code, ..)| *code).collect();
        let sorted: BTreeSet<&str> = codes.iter().copied().collect();
        assert_eq!(codes, sorted.into_iter().collect::<Vec<_>>());
        for (code, en, vi) in CODES {
            assert!(
                code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                "{code} is kebab case"
            );
            assert!(en.ends_with('.') && vi.ends_with('.'), "{code} is explained in sentences");
            assert_eq!(explain(code, Tongue::English), Some(*en));
            assert_eq!(explain(code, Tongue::Vietnamese), Some(*vi));
        }
        assert_eq!(explain("no-such-code", Tongue::English), None);
    }

    #[test]
    fn a_complaint_is_told_and_drawn() {
        let complaint = Complaint {
            file: "vn.toml".to_owned(),
            line: 2,
            column: 12,
            code: UNKNOWN_FACT,
            text: "there is no fact `memory.instaled`".to_owned(),
            suggestion: Some("did you mean `memory.installed`?".to_owned()),
        };
        expect![[r#"
            vn.toml:2:12: error[unknown-fact]: there is no fact `memory.instaled`
              help: did you mean `memory.installed`?"#]]
        .assert_eq(&complaint.to_string());
        expect![[r#"
            vn.toml:2:12: error[unknown-fact]: there is no fact `memory.instaled`
              |
            2 | 	pass = { "memory.instaled" = 1 }
              | 	          ^
              = help: did you mean `memory.installed`?
        "#]]
        .assert_eq(&complaint.draw("[[rule]]\n\tpass = { \"memory.instaled\" = 1 }\n", Tongue::English));
        expect![[r#"
            vn.toml:2:12: lỗi[unknown-fact]: không có dữ kiện `memory.instaled`
              |
            2 | 	pass = { "memory.instaled" = 1 }
              | 	          ^
              = gợi ý: có phải ý là `memory.installed`?
        "#]]
        .assert_eq(&complaint.draw("[[rule]]\n\tpass = { \"memory.instaled\" = 1 }\n", Tongue::Vietnamese));
    }

    #[test]
    fn a_place_past_the_end_is_drawn_all_the_same() {
        let complaint = Complaint {
            file: "x".to_owned(),
            line: 9,
            column: 3,
            code: SYNTAX,
            text: "the end".to_owned(),
            suggestion: None,
        };
        expect![[r#"
            x:9:3: error[syntax]: the end
              |
            9 | 
              |   ^
        "#]]
        .assert_eq(&complaint.draw("one line", Tongue::English));
    }

    #[test]
    fn a_long_line_is_drawn_around_the_caret() {
        let draw = |column: usize, line: &str| {
            let complaint = Complaint {
                file: "x".to_owned(),
                line: 1,
                column,
                code: SYNTAX,
                text: "no".to_owned(),
                suggestion: None,
            };
            let drawn = complaint.draw(line, Tongue::English);
            let lines: Vec<&str> = drawn.lines().collect();
            let at = lines[3].chars().count() - 1;
            (lines[2].chars().count(), lines[2].chars().nth(at))
        };
        let line = format!("{}ế{}", "x".repeat(5_000), "y".repeat(5_000));
        assert_eq!(draw(5_001, &line), (166, Some('ế')));
        assert_eq!(draw(1, &line), (165, Some('x')));
        assert_eq!(draw(10_001, &line).1, Some('y'));
        assert_eq!(draw(10_002, &line).1, None, "behind the end");
        assert_eq!(draw(50_000, &line).1, None, "past everything");
        assert_eq!(draw(100, &"x".repeat(150)).1, Some('x'));
    }

    #[test]
    fn the_nearest_word() {
        let words = ["memory.installed", "memory.visible", "os.build"];
        assert_eq!(nearest("memory.instaled", words), Some("memory.installed"));
        assert_eq!(nearest("OS.Build", words), Some("os.build"));
        assert_eq!(nearest("colour", words), None);
    }
}
