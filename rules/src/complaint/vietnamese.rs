//! Complaints in Vietnamese, for who tries rules on a page.
//!
//! A complaint is written in English where it is made; here stands each of these sentences once more, with the same
//! parts. Names, values and examples stay as they were written. What this list does not know stays English: a test holds
//! that it knows everything that the broken inputs of all tests are told.

/// A sentence in Vietnamese; none when the list does not know it.
pub(super) fn said(english: &str) -> Option<String> {
    pattern(english).or_else(|| sentence(english)).or_else(|| syntax(english))
}

/// What the parser of regular expressions has against a pattern. A reason that is not known stays in its own words.
fn pattern(english: &str) -> Option<String> {
    let (written, reason) = english.rsplit_once(" is not a regular expression: ")?;
    let said = match PATTERNS.iter().find(|(known, _)| *known == reason) {
        Some((_, said)) => (*said).to_owned(),
        None => format!("“{reason}”"),
    };
    Some(format!("{written} không phải biểu thức chính quy: {said}"))
}

fn sentence(english: &str) -> Option<String> {
    SENTENCES.iter().find_map(|(pattern, vietnamese)| {
        let parts = parts(pattern, english)?;
        let mut text = (*vietnamese).to_owned();
        for (index, part) in parts.iter().enumerate() {
            // What stands in quotes is a name or a value, which stays as it was written.
            text = text.replace(&format!("`{{{index}}}`"), &format!("`{part}`"));
            text = text.replace(&format!("\"{{{index}}}\""), &format!("\"{part}\""));
            text = text.replace(&format!("{{{index}}}"), phrase(part));
        }
        Some(text)
    })
}

/// What the parser of TOML says, and what it expected instead.
fn syntax(english: &str) -> Option<String> {
    let (what, expected) = english.split_once(", expected ").unwrap_or((english, "nothing"));
    let (_, said) = SYNTAX.iter().find(|(known, _)| *known == what)?;
    if expected == "nothing" {
        return Some((*said).to_owned());
    }
    let expected: Vec<&str> = expected.split(", ").map(phrase).collect();
    Some(format!("{said}: cần {}", expected.join(", ")))
}

/// What stands in the places of a pattern; none when the text does not fit it.
fn parts<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut parts = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let end = match pieces.peek() {
            Some(_) => rest.find(piece)?,
            None => rest.strip_suffix(piece)?.len(),
        };
        parts.push(rest.get(..end)?);
        rest = rest.get(end + piece.len()..)?;
    }
    rest.is_empty().then_some(parts)
}

/// A part that is a phrase of its own; any other stays as it is.
fn phrase(part: &str) -> &str {
    PHRASES.iter().find(|(english, _)| *english == part).map_or(part, |(_, vietnamese)| vietnamese)
}

/// Kinds and types, as they stand within sentences.
const PHRASES: &[(&str, &str)] = &[
    ("the file", "tệp"),
    ("a text", "văn bản trong ngoặc kép"),
    ("a text in quotes", "một văn bản trong ngoặc kép"),
    ("a whole number", "số nguyên"),
    ("a number", "số"),
    ("a number with a fraction", "số có phần thập phân"),
    ("a size", "dung lượng"),
    ("a frequency", "tần số"),
    ("a share", "tỷ lệ phần trăm"),
    ("a number of days", "số ngày"),
    ("a time span", "khoảng thời gian"),
    ("a date", "ngày"),
    ("a point in time", "thời điểm"),
    ("a version", "phiên bản"),
    ("one of a list of words", "một trong các từ cho sẵn"),
    ("a list of texts", "danh sách văn bản"),
    ("a list of records", "danh sách nhiều mục"),
    ("true or false", "true hoặc false"),
    ("a date or time", "ngày hoặc giờ"),
    ("a list", "danh sách"),
    ("a list [ … ]", "danh sách [ … ]"),
    ("a table", "bảng"),
    ("a table { … }", "bảng { … }"),
    ("a day such as 2026-07-01, without quotes", "một ngày như 2026-07-01, không có ngoặc kép"),
    ("2026-07-01, without quotes", "2026-07-01, không có ngoặc kép"),
    (
        "2026-07-01T00:00:00Z or 2026-07-01, without quotes",
        "2026-07-01T00:00:00Z hoặc 2026-07-01, không có ngoặc kép",
    ),
    ("newline", "xuống dòng"),
    ("key", "khóa"),
    ("value", "giá trị"),
    ("letters", "chữ cái không dấu"),
    ("numbers", "chữ số"),
    ("digits", "chữ số"),
    ("characters", "ký tự"),
    ("printable characters", "ký tự in được"),
    ("non-double-quote visible characters", "ký tự in được, trừ dấu ngoặc kép"),
    ("non-single-quote visible characters", "ký tự in được, trừ dấu ngoặc đơn"),
    ("non-single-quote characters", "ký tự trừ dấu ngoặc đơn"),
    ("unicode hexadecimal value", "mã ký tự Unicode"),
    ("multi-line basic string", "chuỗi nhiều dòng"),
    ("basic string", "chuỗi trong ngoặc kép"),
    ("literal string", "chuỗi trong ngoặc đơn"),
    ("month between 01 and 12", "tháng từ 01 đến 12"),
    ("day between 01 and 28", "ngày từ 01 đến 28"),
    ("day between 01 and 29", "ngày từ 01 đến 29"),
    ("day between 01 and 30", "ngày từ 01 đến 30"),
    ("day between 01 and 31", "ngày từ 01 đến 31"),
    ("`T` between date and time", "`T` giữa ngày và giờ"),
    ("hours between 00 and 23", "giờ từ 00 đến 23"),
    ("minutes between 00 and 59", "phút từ 00 đến 59"),
    ("hour between 00 and 23", "giờ từ 00 đến 23"),
    ("minute between 00 and 59", "phút từ 00 đến 59"),
    ("second between 00 and 60", "giây từ 00 đến 60"),
    ("a four-digit year (YYYY)", "năm gồm bốn chữ số"),
    ("a two-digit month (MM)", "tháng gồm hai chữ số"),
    ("a two-digit day (DD)", "ngày gồm hai chữ số"),
    ("a two-digit hour (HH)", "giờ gồm hai chữ số"),
    ("a two-digit minute (MM)", "phút gồm hai chữ số"),
    ("a two-digit second (SS)", "giây gồm hai chữ số"),
    ("month", "tháng"),
    ("day", "ngày"),
    ("`-` (MM-DD)", "`-` giữa tháng và ngày"),
    ("size", "dung lượng"),
    ("frequency", "tần số"),
    ("share", "tỷ lệ"),
    ("time span", "khoảng thời gian"),
    ("span of time", "khoảng thời gian"),
    ("number of days", "số ngày"),
    ("version", "phiên bản"),
    ("rule", "tiêu chí"),
    ("group", "nhóm"),
    ("remedy", "cách khắc phục"),
    ("parameter", "tham số"),
    ("test", "phép thử"),
    ("rule set", "bộ tiêu chí"),
];

/// What the parser of TOML calls wrong, without what it expected.
const SYNTAX: &[(&str, &str)] = &[
    ("`_` may only go between digits", "`_` chỉ được đứng giữa các chữ số"),
    ("cannot recurse further; max recursion depth met", "lồng nhau quá sâu"),
    ("carriage return must be followed by newline", "có ký tự về đầu dòng đứng lẻ"),
    ("extra `=`", "thừa dấu `=`"),
    ("extra assignment between key-value pairs", "thừa dấu `=` giữa hai khóa"),
    ("extra comma in array", "thừa dấu phẩy trong danh sách"),
    ("extra comma in inline table", "thừa dấu phẩy trong bảng"),
    ("integers with a radix cannot be signed", "số có tiền tố như `0x` không được có dấu"),
    ("invalid basic string", "chuỗi trong ngoặc kép không hợp lệ"),
    ("invalid literal string", "chuỗi trong ngoặc đơn không hợp lệ"),
    ("invalid multi-line basic string", "chuỗi nhiều dòng không hợp lệ"),
    ("invalid multi-line literal string", "chuỗi nhiều dòng không hợp lệ"),
    ("invalid comment character", "ghi chú có ký tự không được dùng"),
    ("invalid date", "ngày không hợp lệ"),
    ("invalid date-time", "ngày giờ không hợp lệ"),
    ("invalid time", "giờ không hợp lệ"),
    ("invalid exponent", "số không hợp lệ"),
    ("invalid fraction", "số không hợp lệ"),
    ("invalid mantissa", "số không hợp lệ"),
    ("invalid float", "số không hợp lệ: ghi liền các chữ số, như 15000000 hoặc 15_000_000"),
    ("invalid integer number", "số không hợp lệ: ghi liền các chữ số, như 15000000 hoặc 15_000_000"),
    ("invalid inline table element", "thành phần của bảng không hợp lệ"),
    ("invalid key", "khóa không hợp lệ"),
    ("invalid key-value pair", "cặp khóa và giá trị không hợp lệ"),
    ("invalid table", "tiêu đề bảng không hợp lệ"),
    ("invalid unquoted key", "khóa không có ngoặc kép chứa ký tự không được dùng"),
    ("invalid value", "giá trị không hợp lệ"),
    ("keys cannot be multi-line basic strings", "khóa không được là chuỗi nhiều dòng"),
    ("keys cannot be multi-line literal strings", "khóa không được là chuỗi nhiều dòng"),
    ("key with no value", "khóa không có giá trị"),
    ("missing assignment between key-value pairs", "thiếu dấu `=` giữa khóa và giá trị"),
    ("missing comma between array elements", "thiếu dấu phẩy giữa hai phần tử của danh sách"),
    ("missing comma between key-value pairs", "thiếu dấu phẩy giữa hai khóa"),
    ("missing escaped value", "thiếu ký tự sau dấu `\\`"),
    ("missing key for inline table element", "thành phần của bảng thiếu khóa"),
    ("missing opening quote", "thiếu dấu mở ngoặc kép"),
    ("missing value", "thiếu giá trị"),
    ("missing value for key", "khóa thiếu giá trị"),
    ("radix must be lowercase", "tiền tố của số phải viết thường"),
    ("redundant integer number prefix", "thừa tiền tố của số"),
    ("redundant numeric sign", "thừa dấu của số"),
    ("too few unicode value digits", "mã ký tự Unicode thiếu chữ số"),
    ("unclosed array", "danh sách chưa đóng"),
    ("unclosed array table", "tiêu đề bảng chưa đóng"),
    ("unclosed inline table", "bảng trong dòng chưa đóng"),
    ("unclosed table", "tiêu đề bảng chưa đóng"),
    ("unexpected `=` in array", "dấu `=` không được đứng trong danh sách"),
    ("unexpected content", "có nội dung thừa"),
    ("unexpected content between comment and newline", "có nội dung thừa sau ghi chú"),
    ("unexpected key or value", "có chữ thừa sau giá trị"),
    ("unexpected leading zero", "số không được bắt đầu bằng 0"),
    ("unexpected sign", "dấu của số đứng sai chỗ"),
    ("unquoted keys cannot be empty", "khóa không được để trống"),
];

/// What the parser of regular expressions says, as far as people meet it.
const PATTERNS: &[(&str, &str)] = &[
    ("backreferences are not supported", "không dùng được tham chiếu ngược"),
    (
        "character class ranges must start and end with a single character",
        "khoảng trong `[…]` phải đi từ một ký tự đến một ký tự",
    ),
    ("compiled regex exceeded size limit", "mẫu quá lớn"),
    (
        "counted repetition operator must be applied to a sub-expression",
        "dấu lặp `{…}` phải đứng sau cái được lặp",
    ),
    ("duplicate capture group name", "trùng tên nhóm"),
    ("empty capture group names are not allowed", "tên nhóm để trống"),
    ("empty flag directive '(?)' is not allowed", "`(?)` để trống"),
    ("expected ':' or ')' to end inline flags, but got end of pattern", "thiếu dấu `:` hoặc `)` sau cờ"),
    ("expected closing ')', but got end of pattern", "thiếu dấu đóng ngoặc `)`"),
    ("expected closing brace for counted repetition, but got something else", "dấu lặp `{…}` thiếu dấu `}`"),
    ("expected decimal number, but found no digits", "dấu lặp `{…}` thiếu chữ số"),
    ("exhausted state IDs, too many states", "mẫu quá lớn"),
    ("found closing ')' without matching '('", "có dấu `)` mà không có dấu `(`"),
    ("found counted repetition operator with a comma that is unclosed", "dấu lặp `{…}` chưa đóng"),
    ("found counted repetition with a min bigger than its max", "dấu lặp `{…}` có số đầu lớn hơn số sau"),
    ("found counted repetition with min and max that is unclosed", "dấu lặp `{…}` chưa đóng"),
    ("found incomplete and unclosed counted repetition operator", "dấu lặp `{…}` chưa đóng"),
    ("found open group without closing ')'", "có dấu `(` mà không có dấu `)`"),
    ("found unclosed character class", "dấu `[` chưa đóng"),
    ("found unclosed counted repetition operator", "dấu lặp `{…}` chưa đóng"),
    ("got invalid decimal number", "số trong dấu lặp `{…}` không hợp lệ"),
    ("invalid escape sequence in character class", "trong `[…]` có dấu `\\` không hợp lệ"),
    ("invalid group name", "tên nhóm không hợp lệ"),
    ("invalid range in character class", "khoảng trong `[…]` không hợp lệ"),
    ("look-around is not supported", "không dùng được mẫu nhìn trước, nhìn sau như `(?=…)`, `(?!…)`"),
    ("negated character class has no closing bracket", "dấu `[^` chưa đóng"),
    ("nested character classes are not supported", "không lồng được `[…]` trong `[…]`"),
    ("non-empty character class has no closing bracket", "dấu `[` chưa đóng"),
    ("non-empty character class has no closing bracket after dash", "dấu `[` chưa đóng"),
    ("pattern has too much nesting", "mẫu lồng nhau quá sâu"),
    ("saw start of escape sequence, but saw end of pattern before it finished", "mẫu kết thúc bằng dấu `\\`"),
    (
        "uncounted repetition operator must be applied to a sub-expression",
        "dấu lặp `*`, `+` hoặc `?` phải đứng sau cái được lặp",
    ),
    ("Unicode character classes are not supported", "không dùng được lớp ký tự Unicode như `\\p{…}`"),
    ("unrecognized escape sequence", "dấu `\\` đứng trước ký tự không hợp lệ"),
    ("unrecognized inline flag", "không có cờ này"),
    ("unrecognized POSIX character class", "không có lớp ký tự POSIX này"),
];

/// Each sentence with its parts: the first that fits is it, so what says more stands first.
const SENTENCES: &[(&str, &str)] = &[
    // The file.
    ("the file has {} bytes, the most is {}", "tệp có {0} byte, nhiều nhất là {1}"),
    (
        "tables and lists stand more than {} deep within each other",
        "bảng và danh sách lồng nhau sâu hơn {0} lớp",
    ),
    ("and 1 more that follows from it", "và 1 chỗ nữa do lỗi này kéo theo"),
    ("and {} more that follow from it", "và {0} chỗ nữa do lỗi này kéo theo"),
    ("mend the first, then look again", "sửa chỗ đầu tiên rồi thử lại"),
    ("at least {} more is wrong, which is not told", "còn ít nhất {0} chỗ sai nữa không được kể ra"),
    ("mend what is told first", "hãy sửa những chỗ đã kể trước"),
    // What is no TOML, as the parser says it.
    ("duplicate key", "trùng khóa"),
    ("unexpected key or value, expected newline, `#`", "có chữ thừa sau giá trị: cần xuống dòng"),
    ("string values must be quoted, expected literal string", "giá trị là chữ phải đặt trong ngoặc kép"),
    ("invalid basic string, expected `\"`", "chuỗi chưa đóng: thiếu dấu `\"`"),
    ("invalid literal string, expected `'`", "chuỗi chưa đóng: thiếu dấu `'`"),
    ("unclosed array table, expected {}", "tiêu đề bảng chưa đóng: thiếu {0}"),
    ("unclosed table, expected {}", "tiêu đề bảng chưa đóng: thiếu {0}"),
    ("unclosed inline table, expected {}", "bảng trong dòng chưa đóng: thiếu {0}"),
    ("unclosed array, expected {}", "danh sách chưa đóng: thiếu {0}"),
    ("missing comma between key-value pairs, expected {}", "thiếu dấu phẩy giữa hai khóa: cần {0}"),
    ("key with no value, expected {}", "khóa không có giá trị: cần {0}"),
    ("extra comma, expected nothing", "thừa dấu phẩy"),
    ("the `{}` of this line is not closed", "dấu `{0}` của dòng này chưa đóng"),
    ("write the `{}` that is missing", "thêm dấu `{0}` còn thiếu"),
    (
        "the `{}` of line {} is open here, and no comma follows",
        "dấu `{0}` của dòng {1} còn mở ở đây, mà sau đó không có dấu phẩy",
    ),
    (
        "write `,` where more belongs to it, `{}` where it ends",
        "thêm `,` nếu còn phần tử nữa, thêm `{0}` nếu đã hết",
    ),
    // Types and keys.
    ("write two brackets each time: {}", "lần nào cũng ghi hai dấu ngoặc vuông: {0}"),
    (
        "it replaces `{}` of `{}` and takes nothing over: write it whole",
        "nó thay `{0}` của `{1}` và không giữ lại gì: hãy ghi đầy đủ",
    ),
    ("`{}` is no id", "`{0}` không phải mã"),
    (
        "an id has small letters, digits and hyphens: write `{}`",
        "mã gồm chữ thường không dấu, chữ số và dấu gạch nối: ghi `{0}`",
    ),
    (
        "the role \"{}\" stands in a `[[rule.for]]` before this one",
        "vai trò \"{0}\" đã nằm trong một `[[rule.for]]` ở trước",
    ),
    (
        "ask everything of one role in one `[[rule.for]]`",
        "gộp mọi điều hỏi một vai trò vào một `[[rule.for]]`",
    ),
    (
        "no remedy of the rule `{}` gives anything that it asks",
        "không cách khắc phục nào của tiêu chí `{0}` mang lại điều nó hỏi",
    ),
    ("it asks {}; given are {}", "nó hỏi {0}; mang lại {1}"),
    ("`{}` must be a comparison, this is {}", "`{0}` phải là một phép so sánh, đây là {1}"),
    ("`{}` must be {}, this is {}", "`{0}` phải là {1}, đây là {2}"),
    ("`{}` is empty", "`{0}` để trống"),
    ("`{}` is too large a number", "`{0}` là số quá lớn"),
    ("`{}` cannot be \"{}\"", "`{0}` không thể là \"{1}\""),
    ("did you mean \"{}\"? it is one of {}", "có phải ý là \"{0}\"? Các giá trị được phép: {1}"),
    ("it is one of {}", "các giá trị được phép: {0}"),
    ("{} lacks `{}`", "{0} thiếu `{1}`"),
    ("{} has no key `{}`", "{0} không có khóa `{1}`"),
    ("its keys are {}", "các khóa được phép: {0}"),
    ("did you mean the area `{}`?", "có phải ý là nhóm dữ kiện `{0}`?"),
    ("did you mean `{}`?", "có phải ý là `{0}`?"),
    // Names.
    ("no rule is in the group `{}`", "không tiêu chí nào thuộc nhóm `{0}`"),
    ("no rule names the remedy `{}`", "không tiêu chí nào dùng cách khắc phục `{0}`"),
    ("no rule names the parameter `{}`", "không tiêu chí nào dùng tham số `{0}`"),
    ("no rule asks `{}`", "không tiêu chí nào hỏi `{0}`"),
    ("there are {} times `{}`, the most is {}", "có {0} lần `{1}`, nhiều nhất là {2}"),
    ("there is another {} `{}` before this one", "trước đó đã có {0} `{1}`"),
    ("the rule set `{}` names this one in turn", "bộ tiêu chí `{0}` lại gọi ngược bộ này"),
    ("the rule set `{}` is also in {}", "bộ tiêu chí `{0}` cũng nằm trong {1}"),
    ("give it another id, or remove one of both files", "đặt mã khác cho nó, hoặc bỏ một trong hai tệp"),
    ("there is no fact `{}`", "không có dữ kiện `{0}`"),
    ("there is no comparison `{}`", "không có phép so sánh `{0}`"),
    ("there is no {} `{}`", "không có {0} `{1}`"),
    (
        "there is a rule `{}`, so it did not become part of this one",
        "có tiêu chí `{0}`, nên nó không thể đã nhập vào tiêu chí này",
    ),
    ("there is a norm `{}` already", "đã có định mức `{0}`"),
    ("there are {}", "đang có {0}"),
    ("another rule was called `{}` before too", "tiêu chí khác cũng nhận tên cũ `{0}`"),
    (
        "`{}` became part of the rule `{}` of the set that is extended",
        "`{0}` đã nhập vào tiêu chí `{1}` của bộ được mở rộng",
    ),
    ("give the rule another id", "đặt mã khác cho tiêu chí"),
    (
        "`remove` takes rules from the set that is extended, and this one extends none",
        "`remove` bỏ tiêu chí của bộ được mở rộng, mà bộ này không mở rộng bộ nào",
    ),
    // What does not go together.
    ("the last day, {}, is before the first, {}", "ngày cuối, {0}, đứng trước ngày đầu, {1}"),
    ("`needs_work` begins at {}, `ready` at {}", "`needs_work` bắt đầu từ {0}, `ready` từ {1}"),
    ("the score of `needs_work` is below that of `ready`", "điểm của `needs_work` phải thấp hơn của `ready`"),
    ("it is 0 to 100", "giá trị từ 0 đến 100"),
    ("`{}` means nothing in a rule about units", "`{0}` không có nghĩa trong tiêu chí về đơn vị"),
    ("leave `{}` out", "bỏ `{0}`"),
    ("the rule has `meets` and `pass`", "tiêu chí vừa có `meets` vừa có `pass`"),
    ("`meets` is what it asks; leave `pass` out", "`meets` đã là điều được hỏi; bỏ `pass`"),
    ("the rule does not concern the role \"{}\"", "tiêu chí không áp dụng cho vai trò \"{0}\""),
    ("add it to `roles` of the rule", "thêm vai trò đó vào `roles` của tiêu chí"),
    ("the rule concerns no role", "tiêu chí không áp dụng cho vai trò nào"),
    (
        "leave `roles` out when the rule concerns every role",
        "bỏ `roles` khi tiêu chí áp dụng cho mọi vai trò",
    ),
    ("\"{}\" has {} characters, the most is {}", "\"{0}\" có {1} ký tự, nhiều nhất là {2}"),
    (
        "name the thing first, then what is wrong with it",
        "nêu tên sự vật trước, rồi đến điều chưa đạt của nó",
    ),
    ("`partial` asks the same as `pass`", "`partial` hỏi giống hệt `pass`"),
    (
        "`partial` never comes: whoever is so passes already",
        "`partial` không bao giờ tới lượt: ai được như vậy thì đã đạt",
    ),
    ("ask for less, or leave `partial` out", "hỏi mức thấp hơn, hoặc bỏ `partial`"),
    ("`{}` can never hold where `when` does", "`{0}` không bao giờ đúng khi `when` đúng"),
    ("`{}` has parameters, which nobody could set here", "`{0}` có tham số mà ở đây không ai đặt được"),
    ("`severity` is an empty list", "`severity` là danh sách trống"),
    ("{} is not after the stage before", "{0} không đứng sau giai đoạn trước"),
    ("the last stage has no `until`: it stays", "giai đoạn cuối không có `until`: nó giữ mãi"),
    (
        "a stage before the last needs `until`, its last day",
        "giai đoạn trước giai đoạn cuối cần `until`, ngày cuối của nó",
    ),
    ("the lists are {}", "các danh sách: {0}"),
    ("`{}` is not a list of records", "`{0}` không phải danh sách nhiều mục"),
    ("\"{}\" ended on {}, the set begins on {}", "\"{0}\" hết hiệu lực ngày {1}, bộ này có hiệu lực từ {2}"),
    ("\"{}\" begins on {}, the set ends on {}", "\"{0}\" có hiệu lực từ {1}, bộ này hết hiệu lực ngày {2}"),
    ("the test expects nothing", "phép thử không chờ kết quả nào"),
    ("the rule `{}` has no `partial`", "tiêu chí `{0}` không có `partial`"),
    ("a record of `{}` has no field `{}`", "mục của `{0}` không có trường `{1}`"),
    ("a record has no field `{}`", "mục không có trường `{0}`"),
    ("its fields are {}", "các trường được phép: {0}"),
    ("`{}` has no answer", "`{0}` không có câu trả lời"),
    (
        "write a value, `{ unknown = \"denied\" }` or `{ absent = true }`",
        "ghi một giá trị, `{ unknown = \"denied\" }` hoặc `{ absent = true }`",
    ),
    // Remedies.
    ("the remedy gives nothing", "cách khắc phục không mang lại gì"),
    (
        "a remedy gives facts, and `{}` is none",
        "cách khắc phục mang lại dữ kiện, mà `{0}` không phải dữ kiện",
    ),
    ("`{}` becomes nothing", "`{0}` không trở thành gì"),
    ("write a value, or {}", "ghi một giá trị, hoặc {0}"),
    // Conditions.
    ("declare it: {}", "khai báo nó: {0}"),
    ("conditions stand more than {} deep within each other", "điều kiện lồng nhau sâu hơn {0} lớp"),
    ("`{}` asks nothing, so it would always hold", "`{0}` không hỏi gì, nên sẽ luôn đúng"),
    ("what `{}` asks can never all hold at once", "những điều `{0}` hỏi không thể cùng đúng"),
    ("one of what `any` asks always holds", "trong những điều `any` hỏi, luôn có một điều đúng"),
    ("ask for what can fail, or leave it out", "hỏi điều có thể không đạt, hoặc bỏ đi"),
    ("every value of `{}` is so", "giá trị nào của `{0}` cũng thỏa điều này"),
    (
        "ask for what can fail; where it is enough that there is one, write {}",
        "hỏi điều có thể không đạt; nếu chỉ cần có dữ kiện, ghi {0}",
    ),
    ("`{}` is an empty list: it asks nothing", "`{0}` là danh sách trống: không hỏi gì"),
    ("`{}` is an empty list", "`{0}` là danh sách trống"),
    (
        "`{}` is about a whole unit, and the rule is about a PC",
        "`{0}` nói về cả đơn vị, còn tiêu chí nói về máy",
    ),
    ("`{}` is about a PC, and the rule is about units", "`{0}` nói về máy, còn tiêu chí nói về đơn vị"),
    (
        "say `about = \"unit\"` where the rule is about units; a rule about PCs may ask a parameter that units set",
        "ghi `about = \"unit\"` nếu tiêu chí nói về đơn vị; tiêu chí về máy có thể hỏi tham số do đơn vị đặt",
    ),
    (
        "leave `about` out where the rule is about PCs; what units have stands under `unit.`",
        "bỏ `about` nếu tiêu chí nói về máy; dữ kiện của đơn vị nằm dưới `unit.`",
    ),
    ("ask its records: {}, or {}", "hỏi các mục của nó: {0}, hoặc {1}"),
    ("`{}` is an area, not a fact", "`{0}` là nhóm dữ kiện, không phải dữ kiện"),
    ("put the whole name in quotes: {}", "đặt cả tên trong ngoặc kép: {0}"),
    ("a fact is `area.name`; the areas are {}", "dữ kiện có dạng `nhóm.tên`; các nhóm: {0}"),
    ("nothing is asked of `{}`", "không hỏi gì về `{0}`"),
    ("no value of `{}` is all of this at once", "không giá trị nào của `{0}` thỏa mọi điều này cùng lúc"),
    ("`{}` does not compare {}, which `{}` is", "`{0}` không so sánh được {1}, mà `{2}` là loại đó"),
    ("for it there are {}", "với loại đó có {0}"),
    ("{} is compared with {}", "{0} được so sánh bằng {1}"),
    ("this is the {}th pattern, the most is {}", "đây là mẫu thứ {0}, nhiều nhất là {1}"),
    ("one pattern can stand for many texts: 'a|b|c'", "một mẫu có thể thay cho nhiều văn bản: 'a|b|c'"),
    (
        "in TOML, a pattern stands best in single quotes: 'a\\.b'",
        "trong TOML, mẫu nên đặt trong ngoặc đơn: 'a\\.b'",
    ),
    (
        "repeat less, as with {1000}, or write several patterns under `any`",
        "lặp ít hơn, như với {1000}, hoặc ghi nhiều mẫu dưới `any`",
    ),
    (
        "say what must not stand there in a condition of its own: `not = { … }`",
        "ghi điều không được có thành một điều kiện riêng: `not = { … }`",
    ),
    ("write out what may stand there: 'aa|bb'", "ghi rõ những gì có thể đứng đó: 'aa|bb'"),
    (
        "a sign that repeats stands behind what it repeats: any text is '.*'",
        "dấu lặp đứng sau cái được lặp: văn bản bất kỳ là '.*'",
    ),
    (
        "a bracket that means itself stands behind a backslash: {}",
        "dấu ngoặc mang nghĩa chính nó phải có dấu gạch chéo ngược ở trước: {0}",
    ),
    ("`{}` asks for one value, and `plus` makes a bound", "`{0}` hỏi một giá trị, còn `plus` tạo ra một mốc"),
    ("use `at_least` or `at_most`", "dùng `at_least` hoặc `at_most`"),
    ("the parameter `{}` is {}, here is {}", "tham số `{0}` là {1}, ở đây cần {2}"),
    ("`where` asks records, and `{}` is {}", "`where` hỏi từng mục, mà `{0}` là {1}"),
    ("`count` of `{}` has no bound", "`count` của `{0}` không có giới hạn"),
    ("bounds are {}", "các giới hạn: {0}"),
    // Values.
    ("\"{}\" lacks a unit of {}", "\"{0}\" thiếu đơn vị của {1}"),
    ("\"{}\" is too large a {}", "\"{0}\" là {1} quá lớn"),
    ("`{}` is no unit of {}", "`{0}` không phải đơn vị của {1}"),
    ("\"{}\" has a comma before its fraction", "\"{0}\" có dấu phẩy trước phần thập phân"),
    ("write a point: \"{}\"", "dùng dấu chấm: \"{0}\""),
    (
        "a version is digits with points between: write \"{}\"",
        "phiên bản là các chữ số có dấu chấm ở giữa: ghi \"{0}\"",
    ),
    ("\"{}\" is no {}", "\"{0}\" không phải {1}"),
    ("did you mean \"{}\"? Units are {}", "có phải ý là \"{0}\"? Các đơn vị: {1}"),
    ("write it as {}; units are {}", "ghi là {0}; các đơn vị: {1}"),
    ("write it as {}", "ghi là {0}"),
    ("write {}", "ghi {0}"),
    ("{} is no share", "{0} không phải tỷ lệ"),
    ("a share is 0 to 100 %", "tỷ lệ từ 0 đến 100 %"),
    ("\"{}\" is not a whole number of days", "\"{0}\" không phải số ngày nguyên"),
    // Norms, prices, lifecycle.
    ("it ends before it begins", "kết thúc trước khi bắt đầu"),
    ("`{}` is {}: it is from 1 to {}", "`{0}` là {1}: phải từ 1 đến {2}"),
    ("`{}` has {}", "`{0}` có {1}"),
    ("`{}` is {}", "`{0}` là {1}"),
    ("the item `{}` has a price already", "mặt hàng `{0}` đã có giá"),
    (
        "the price of {} is not from {} to {}, as is usual",
        "giá {0} không nằm trong khoảng thường gặp từ {1} đến {2}",
    ),
    (
        "a slip of the hand? where it is right, write `usual = { from = …, to = … }` below it",
        "gõ nhầm chăng? Nếu đúng, ghi `usual = { from = …, to = … }` bên dưới",
    ),
    ("only a licence is paid for by the year", "chỉ giấy phép mới trả tiền theo năm"),
    (
        "leave `yearly` out, or write `purchase = \"licence\"`; the price of a rent is that of a month",
        "bỏ `yearly`, hoặc ghi `purchase = \"licence\"`; giá thuê là giá của một tháng",
    ),
    ("the price of {} is above the ceiling of {}", "giá {0} cao hơn mức tối đa {1}"),
    ("{} đồng is no price: it is from 1 to {}", "{0} đồng không phải giá: phải từ 1 đến {1}"),
    ("an empty word stands in every name", "từ trống thì tên nào cũng chứa"),
    (
        "extended support ends on {}, before all support on {}",
        "hỗ trợ mở rộng kết thúc ngày {0}, trước khi hết hỗ trợ ngày {1}",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_its_parts() {
        let told = |english: &str| said(english).unwrap_or_else(|| format!("not known: {english}"));
        assert_eq!(told("there is no fact `memory.instaled`"), "không có dữ kiện `memory.instaled`");
        assert_eq!(told("there is no rule `x`"), "không có tiêu chí `x`");
        assert_eq!(
            told("`severity` must be a text, this is a whole number"),
            "`severity` phải là văn bản trong ngoặc kép, đây là số nguyên"
        );
        assert_eq!(told("the file lacks `rule`"), "tệp thiếu `rule`");
        assert_eq!(said("the moon is blue"), None);
        assert_eq!(said(""), None);
    }

    #[test]
    fn what_a_parser_says_is_said_in_vietnamese() {
        let told = |english: &str| said(english).unwrap_or_else(|| format!("not known: {english}"));
        for pattern in [
            "(a", "a)", "(?=x)", "*a", "{2}", "a{2", "a{3,2}", "[a", "[z-a]", r"\1", r"\q", "a\\", "(?z)",
            r"\pL", "(?P<1>a)",
        ] {
            let reason = regex_lite::Regex::new(pattern).unwrap_err().to_string();
            let said = told(&format!("\"{pattern}\" is not a regular expression: {reason}"));
            assert!(!said.contains(&reason), "{pattern}: {said}");
        }
        assert_eq!(
            told("\"a\" is not a regular expression: it is blue"),
            "\"a\" không phải biểu thức chính quy: “it is blue”"
        );
        let mut told_of = String::new();
        for text in [
            "a = 2026-02-30",
            "a = 2026-13-01",
            "a = 2026-01-01T25:00:00Z",
            "a = \"\u{1}\"",
            "a = '\u{1}'",
            "a = 1__2",
        ] {
            let error = toml::from_str::<toml::Table>(text).unwrap_err();
            told_of.push_str(&format!("{}\n", told(error.message())));
        }
        expect_test::expect![[r#"
            ngày không hợp lệ: cần ngày từ 01 đến 28
            ngày không hợp lệ: cần tháng từ 01 đến 12
            giờ không hợp lệ: cần giờ từ 00 đến 23
            chuỗi trong ngoặc kép không hợp lệ: cần ký tự in được, trừ dấu ngoặc kép, `\`
            chuỗi trong ngoặc đơn không hợp lệ: cần ký tự in được, trừ dấu ngoặc đơn
            `_` chỉ được đứng giữa các chữ số
        "#]]
        .assert_eq(&told_of);
    }

    #[test]
    fn every_part_of_a_sentence_stands_in_the_other() {
        for (english, vietnamese) in SENTENCES {
            let count = english.matches("{}").count();
            for part in 0..count {
                assert!(vietnamese.contains(&format!("{{{part}}}")), "{vietnamese} lacks part {part}");
            }
            assert!(!vietnamese.contains(&format!("{{{count}}}")), "{vietnamese} has a part too many");
        }
    }
}
