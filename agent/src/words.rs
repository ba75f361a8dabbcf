//! Everything that the agent says to people, in Vietnamese and English side by side.
//!
//! Titles of rules and remedies stand in the rule sets, labels of facts in the vocabulary. `{…}` is filled in.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use rules::assess::{Grade, Outcome, Role};
use rules::join::BadCode;
use rules::ruleset::Both;
use rules::wire::Refusal;

use crate::courier::{NoContact, Trouble};

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Lang {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

/// A phrase in both languages.
#[derive(Debug, Clone, Copy)]
pub struct Phrase {
    vi: &'static str,
    en: &'static str,
}

impl Lang {
    /// As it stands on a command line.
    pub fn word(self) -> &'static str {
        match self {
            Lang::Vi => "vi",
            Lang::En => "en",
        }
    }
}

impl Phrase {
    /// The phrase in this language.
    pub fn say(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Vi => self.vi,
            Lang::En => self.en,
        }
    }

    /// The phrase in this language, with each `{name}` filled in.
    pub fn fill(self, lang: Lang, values: &[(&str, &str)]) -> String {
        let mut text = self.say(lang).to_owned();
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

/// The text in this language.
pub fn both(text: &Both, lang: Lang) -> &str {
    match lang {
        Lang::Vi => &text.vi,
        Lang::En => &text.en,
    }
}

macro_rules! phrases {
    ($($name:ident = $vi:literal, $en:literal;)+) => {
        $(pub(crate) const $name: Phrase = Phrase { vi: $vi, en: $en };)+

        #[cfg(test)]
        const ALL: &[(&str, Phrase)] = &[$((stringify!($name), $name),)+];
    };
}

phrases! {
    READY = "Sẵn sàng", "Ready";
    NEEDS_WORK = "Cần bổ sung", "Needs work";
    NOT_READY = "Chưa sẵn sàng", "Not ready";
    NO_DATA = "Chưa đủ dữ liệu", "Not enough data";

    PASS = "Đạt", "Pass";
    PARTIAL = "Đạt một phần", "Partial";
    FAIL = "Chưa đạt", "Fail";
    UNKNOWN = "Không rõ", "Unknown";
    NOT_APPLICABLE = "Không áp dụng", "Not applicable";

    COUNTER = "cán bộ một cửa", "one-stop counter";
    CLERK = "văn thư", "document clerk";
    LEADER = "lãnh đạo", "leader";
    OFFICER = "chuyên viên", "officer";
    SERVER = "máy chủ", "server";

    SCORE = "{score}/100 điểm", "{score}/100 points";
    NO_SCORE = "chưa có điểm", "no score";
    COVERAGE = "dữ liệu {coverage} %", "data {coverage} %";
    FOR_SEAT = "Vị trí: {role} · ngày {day} · bộ tiêu chí: {set}", "Seat: {role} · {day} · rule set: {set}";
    READY_BECAUSE = "Máy sẵn sàng: không tiêu chí nghiêm trọng nào chưa đạt.", "The PC is ready: no critical criterion fails.";
    NEEDS_WORK_BECAUSE = "Cần bổ sung, trước hết: {why}.", "It needs work, first of all: {why}.";
    NOT_READY_BECAUSE = "Chưa sẵn sàng: {why}.", "Not ready: {why}.";
    NO_DATA_BECAUSE = "Chưa đủ dữ liệu để kết luận: mới biết {coverage} % những gì cần biết.", "There is not enough data to judge: {coverage} % of what is needed is known.";
    RULE_FAILS = "“{title}” {outcome}", "“{title}”: {outcome}";
    RULE_SEEN = "{wrong} (thấy: {seen})", "{wrong} (seen: {seen})";
    RULE_UNSEEN = "{wrong}", "{wrong}";
    SEEN = "Thấy", "Seen";
    MISSING = "Chưa biết", "Not known";
    REMEDY = "Khắc phục", "Remedy";
    OF_RECORD = "{label} của {record}", "{label} of {record}";
    NOT_APPLICABLE_COUNT = "Không áp dụng cho vị trí hoặc máy này: {count} tiêu chí.", "Not applicable to this seat or PC: {count} criteria.";
    MORE_AS_ROOT = "Một số dữ liệu chỉ quản trị viên đọc được; chạy lại bằng sudo để biết đầy đủ hơn.", "Only the administrator can read some of the data; run it again with sudo to know more.";

    YES = "có", "yes";
    NO = "không", "no";
    NONE = "không có", "none";
    DAYS = "{count} ngày", "{count} days";
    SECONDS = "{count} giây", "{count} s";
    RECORDS = "{count} mục", "{count} records";
    NOT_KNOWN = "không rõ ({reason})", "unknown ({reason})";
    NOT_ASKED = "chưa hỏi", "not asked";
    NOT_SUPPORTED = "hệ điều hành không trả lời được", "not supported here";
    DENIED = "không có quyền đọc", "no right to look";
    TIMED_OUT = "quá thời gian chờ", "timed out";
    FAILED = "đọc bị lỗi", "it failed";

    ASKING = "Đang hỏi máy này…", "Asking this PC…";
    JOINING = "Đang tham gia {address}…", "Joining {address}…";
    SENDING = "Đang gửi báo cáo…", "Sending the report…";
    JOINED = "Máy này đã tham gia đơn vị {unit}, vị trí {role}.", "This PC has joined the unit {unit}, seat {role}.";
    SENT = "Máy chủ thu thập đã nhận {count} báo cáo.", "The collector has accepted {count} reports.";
    RESULT = "Kết quả: {grade}.", "Result: {grade}.";
    DROPPED = "Báo cáo bị loại: {note}", "A report was dropped: {note}";
    KEPT = "Còn {count} báo cáo chờ gửi; chúng được giữ trên máy này và sẽ được gửi lại.", "{count} reports wait; they are kept on this PC and will be sent again.";
    NOT_SENT = "chưa gửi được báo cáo tới {address}: {trouble}", "the report was not delivered to {address}: {trouble}";
    NOT_JOINED_NOW = "chưa tham gia được {address}: {trouble}", "cannot join {address}: {trouble}";
    NOT_JOINED = "máy này chưa tham gia máy chủ thu thập nào. Hãy xin mã tham gia ở bộ phận CNTT, rồi chạy: sansang-agent join MÃ", "this PC has not joined a collector. Ask the IT department for a join code, then run: sansang-agent join CODE";
    BAD_CODE = "mã tham gia không đúng: {why}. Hãy sao chép lại nguyên vẹn mã mà bộ phận CNTT đã gửi", "the join code is wrong: {why}. Copy it again, whole, as the IT department sent it";
    CODE_CHARACTER = "có ký tự “{character}” mà mã tham gia không bao giờ có", "join codes have no character “{character}”";
    CODE_CHECK = "thiếu hoặc sai ký tự", "it is incomplete or has a wrong character";
    CODE_FORM = "phần mềm này không biết dạng mã đó; hãy dùng bản mới hơn", "this program does not know its form; use a newer one";
    ERROR = "Lỗi", "Error";

    SEALED = "Đã ghi {file}: chỉ máy chủ thu thập mới đọc được.", "Wrote {file}: only the collector can read it.";
    PLAIN = "Đã ghi {file}. Máy này chưa tham gia nên tệp KHÔNG được mã hóa: ai cầm tệp cũng đọc được. Hãy giữ cẩn thận và xóa sau khi nhập.", "Wrote {file}. This PC has not joined, so the file is NOT encrypted: whoever holds it can read it. Keep it safe and delete it after the import.";
    PLAIN_JOINS = "Tệp còn chứa mã tham gia; ai đọc được tệp có thể dùng mã đó khi mã còn hạn.", "It also carries the join code; whoever reads it can use the code while it is valid.";
    RECORDED = "Đã ghi {file}. Tên người, tên máy, số sê-ri và địa chỉ đã được thay bằng tên giả; hãy đọc lại trước khi gửi đi.", "Wrote {file}. Names, serial numbers and addresses were replaced by stand-ins; read it before you pass it on.";

    STATUS_JOINED = "Đơn vị: {unit} · vị trí: {role} · máy chủ thu thập: {address} · tham gia lúc {when}", "Unit: {unit} · seat: {role} · collector: {address} · joined at {when}";
    STATUS_NOT_JOINED = "Chưa tham gia máy chủ thu thập nào. Hãy xin mã tham gia ở bộ phận CNTT, rồi chạy: sansang-agent join MÃ", "Not joined to a collector. Ask the IT department for a join code, then run: sansang-agent join CODE";
    STATUS_SURVEYED = "Lần khảo sát cuối: {when}", "Last survey: {when}";
    STATUS_DELIVERED = "Lần báo cáo cuối: {when}", "Last report: {when}";
    STATUS_WAITING = "Đang chờ gửi: {count} báo cáo", "Waiting for delivery: {count} reports";
    STATUS_TROUBLE = "Lần gửi gần nhất không thành ({failures} lần liên tiếp): {trouble}", "The last delivery failed ({failures} times in a row): {trouble}";
    STATUS_CLOCK = "Đồng hồ máy lệch {offset} so với máy chủ (số dương là nhanh hơn)", "This PC's clock is {offset} from the collector's (positive is ahead)";
    NEVER = "chưa có", "never";

    ABOUT = "Đây là phần mềm Sẵn Sàng: nó cho biết máy tính này đã sẵn sàng làm việc không giấy tờ chưa, và báo kết quả cho bộ phận công nghệ thông tin (CNTT).\n\nTệp này không mang mã tham gia nên chưa làm gì cả. Hãy xin bộ phận CNTT tệp có tên dạng sansang-agent_MÃ.exe, giữ nguyên tên tệp, rồi nhấp đúp vào nó.\n\nTrên dòng lệnh: sansang-agent --help", "This is Sẵn Sàng: it tells whether this PC is ready for paperless work, and reports the result to the IT department.\n\nThis file carries no join code, so it has done nothing. Ask the IT department for a file named like sansang-agent_CODE.exe, keep its name, and double-click it.\n\nOn a command line: sansang-agent --help";
    BAD_NAME = "Mã tham gia trong tên tệp không đúng: {why}.\n\nChưa cài đặt gì. Hãy tải lại tệp mà bộ phận CNTT đã gửi và giữ nguyên tên tệp.", "The join code in the name of the file is wrong: {why}.\n\nNothing was installed. Download the file that the IT department sent again, and keep its name.";
    NO_CONSENT = "Chưa cài đặt gì, vì cần quyền quản trị viên để cài và yêu cầu đó đã bị từ chối.\n\nHãy nhấp đúp lại và chọn “Có” (Yes), hoặc nhờ bộ phận CNTT cài giúp.", "Nothing was installed: an administrator's consent is needed, and it was refused.\n\nDouble-click again and choose “Yes”, or ask the IT department to install it.";
    CANNOT_ASK = "Chưa cài đặt gì, vì không xin được quyền quản trị viên: {error}.\n\nHãy nhờ bộ phận CNTT cài giúp.", "Nothing was installed: an administrator's consent could not be asked for: {error}.\n\nAsk the IT department to install it.";
    BROKE_OFF = "Việc cài đặt dừng giữa chừng và không để lại kết quả. Hãy nhấp đúp lại; nếu vẫn không được, hãy gọi bộ phận CNTT.", "The installation broke off and left no result. Double-click again; if that does not help, call the IT department.";
    NO_BROWSER = "Không mở được trình duyệt. Kết quả nằm ở tệp: {file}", "No browser opened. The result is in the file {file}";
    NOT_ADMINISTRATOR = "việc này cần quyền quản trị viên. Trên Windows: mở Command Prompt bằng “Run as administrator” rồi chạy lại; trên Linux: chạy lại bằng sudo", "this needs an administrator. On Windows: open the Command Prompt with “Run as administrator” and try again; on Linux: run it again with sudo";
    NO_SYSTEMD = "máy này không dùng systemd, nên không cài được dịch vụ. Hãy để trình khởi động của máy chạy: sansang-agent run", "this PC does not run systemd, so there is no service to install. Let the PC's own start-up run: sansang-agent run";
    INSTALLED = "Đã cài dịch vụ {program}.", "The service {program} is installed.";
    INSTALLED_ALONE = "Máy này chưa tham gia máy chủ thu thập nào, nên dịch vụ chưa chạy. Hãy xin mã tham gia ở bộ phận CNTT, rồi chạy: sansang-agent service install MÃ", "This PC has not joined a collector, so the service does not run. Ask the IT department for a join code, then run: sansang-agent service install CODE";
    INSTALLED_WAITS = "Đã cài đặt; máy này sẽ tự tham gia và tự gửi báo cáo khi liên lạc được. Lý do chưa tham gia: {trouble}", "It is installed; this PC joins and reports by itself as soon as it gets through. Why it has not joined: {trouble}";
    INSTALLED_KEPT = "Báo cáo được giữ trên máy này và sẽ tự gửi khi liên lạc được. Lý do chưa gửi: {trouble}", "The report is kept on this PC and is sent by itself as soon as it gets through. Why it was not sent: {trouble}";
    REMOVAL_FAILED = "Chưa gỡ hết Sẵn Sàng. Hãy thử lại, hoặc nhờ bộ phận CNTT chạy lệnh: sansang-agent service remove", "Sẵn Sàng was not removed entirely. Try again, or ask the IT department to run: sansang-agent service remove";
    REMOVED = "Đã gỡ Sẵn Sàng khỏi máy này.", "Sẵn Sàng was removed from this PC.";
    NOT_REMOVED = "chưa gỡ hết; hãy chạy lại lệnh này. Còn vướng: {errors}", "not everything was removed; run this again. In the way: {errors}";
    LEFT_UNTIL_RESTART = "Tệp {file} đang chạy nên chỉ mất hẳn khi máy khởi động lại.", "The file {file} is running and goes when the PC restarts.";
    LEFT_NOT_OURS = "Giữ lại {file}: tệp này không do lệnh cài đặt đặt vào (gói phần mềm hoặc người quản trị đã đặt).", "{file} stays: it was not put there by this command but by a package or an administrator.";
    LEFT_SETTINGS = "Giữ lại {file}: đó là cài đặt do người quản trị viết.", "{file} stays: an administrator wrote these settings.";

    PAGE_TITLE = "Sẵn Sàng: kết quả kiểm tra máy", "Sẵn Sàng: the result for this PC";
    PAGE_WORKING = "Đang kiểm tra máy này…", "Checking this PC…";
    PAGE_WORKING_TEXT = "Việc này mất khoảng một phút. Trang sẽ tự hiện kết quả; xin đừng tắt máy.", "This takes about a minute. The page shows the result by itself; please leave the PC on.";
    PAGE_REPORTED = "Đã cài đặt và đã gửi báo cáo", "Installed, and the report was sent";
    PAGE_REPORTED_TEXT = "Máy này thuộc {unit}, vị trí {role}. Máy chủ của cơ quan đã nhận báo cáo.", "This PC belongs to {unit}, seat {role}. The organisation's collector has the report.";
    PAGE_KEPT = "Đã cài đặt; báo cáo đang chờ gửi", "Installed; the report waits";
    PAGE_KEPT_TEXT = "Máy này thuộc {unit}, vị trí {role}. Báo cáo được giữ trên máy và sẽ tự gửi khi có mạng.", "This PC belongs to {unit}, seat {role}. The report is kept on this PC and is sent by itself once there is a network.";
    PAGE_WAITING = "Đã cài đặt; sẽ tự gửi khi có mạng", "Installed; it reports by itself once there is a network";
    PAGE_WAITING_TEXT = "Phần mềm đã được cài nhưng chưa liên lạc được với máy chủ của cơ quan. Anh/chị không cần làm gì thêm: máy sẽ tự thử lại.", "The program is installed and did not reach the organisation's collector. There is nothing to do: the PC tries again by itself.";
    PAGE_REFUSED = "Máy chủ không nhận mã tham gia", "The collector does not take the join code";
    PAGE_REFUSED_TEXT = "Mã trong tên tệp có thể đã hết hạn hoặc đã dùng hết số lần. Hãy xin bộ phận CNTT tệp cài đặt mới, rồi nhấp đúp vào tệp đó.", "The code in the name of the file may have ended or been used up. Ask the IT department for a new file, and double-click that one.";
    PAGE_FAILED = "Chưa cài đặt được", "It was not installed";
    PAGE_FAILED_TEXT = "Hãy chụp lại trang này và gửi cho bộ phận CNTT.", "Take a picture of this page and send it to the IT department.";
    PAGE_WHY = "Lý do", "Why";
    PAGE_OFFICIAL = "Kết quả theo bộ tiêu chí của cơ quan: {grade}.", "By the organisation's rule set: {grade}.";
    PAGE_MISSING = "Cần khắc phục: {count} tiêu chí", "Criteria to be mended: {count}";
    PAGE_MISSING_TEXT = "Những việc này do bộ phận CNTT thực hiện; anh/chị không cần tự sửa.", "The IT department does this; you need not mend anything yourself.";
    PAGE_UNKNOWN = "Chưa biết: {count} tiêu chí", "Criteria that are not known: {count}";
    PAGE_UNKNOWN_TEXT = "Máy không trả lời được những câu hỏi này; chúng không tính là chưa đạt.", "The PC could not answer these; they do not count as failures.";
    PAGE_PASSED = "Số tiêu chí đã đạt: {count}.", "Criteria that pass: {count}.";
    PAGE_NEXT = "Tiếp theo", "What happens next";
    PAGE_NEXT_REPORTS = "Máy tự báo cáo mỗi ngày một lần; anh/chị không cần làm gì thêm.", "The PC reports by itself once a day; there is nothing more to do.";
    PAGE_NEXT_JOINS = "Cứ dùng máy như thường; khi có mạng, máy sẽ tự tham gia và tự gửi báo cáo.", "Use the PC as usual; once there is a network it joins and reports by itself.";
    PAGE_NEXT_DELETE = "Có thể xóa tệp cài đặt đã tải về. Nhấp đúp lại tệp đó để xem kết quả mới.", "You may delete the downloaded file. Double-click it again to see a newer result.";
    PAGE_CALL = "Cần hỗ trợ: gọi bộ phận CNTT của cơ quan.", "For help: call the IT department of your organisation.";
    PAGE_CALL_NAMED = "Cần hỗ trợ: gọi bộ phận CNTT của cơ quan và đọc tên máy này: {hostname}.", "For help: call the IT department of your organisation and name this PC: {hostname}.";
    PAGE_PRIVACY = "Phần mềm chỉ đọc cấu hình và tình trạng an toàn của máy; không đọc văn bản, tên tệp, lịch sử duyệt web, mật khẩu hay mã PIN.", "The program reads only how the PC is set up and how safe it is; no documents, file names, browsing history, passwords or PINs.";

    NAME_UNKNOWN = "không tìm thấy tên của máy chủ {address} ({text}); hãy kiểm tra mạng và mã tham gia", "";
    CLOSED = "không có gì trả lời tại {address} ({text}); hãy kiểm tra máy chủ có chạy không và tường lửa có chặn không", "";
    SLOW = "máy chủ {address} không trả lời kịp; hãy kiểm tra mạng", "";
    BROKEN = "kết nối tới máy chủ {address} bị ngắt ({text}); hãy kiểm tra mạng và proxy", "";
    WRONG_PIN = "{address} đưa ra khóa khác với khóa trong mã tham gia, nên không gửi gì cả. Có thể có kẻ đứng giữa, hoặc máy chủ đã đổi khóa: hãy xin mã tham gia mới ở bộ phận CNTT", "";
    NOT_TRUSTED = "máy này không tin chứng thư của {address} ({text}), nên không gửi gì cả. Hãy kiểm tra đồng hồ của máy, hoặc xin mã tham gia có ghim khóa", "";
    NOT_ADMITTED = "máy chủ không chấp nhận máy này ({text}); hãy xin mã tham gia ở bộ phận CNTT rồi tham gia lại", "";
    SHARED = "một máy khác đang dùng khóa của máy này ({text}); hãy tham gia lại bằng mã tham gia để có khóa mới", "";
    UNIT_CLOSED = "đơn vị của mã tham gia này đã kết thúc hoạt động ({text}); hãy xin bộ phận công nghệ thông tin mã tham gia của đơn vị mới", "";
    FUTURE = "máy chủ báo đồng hồ của máy này sai ({text}); hãy chỉnh lại giờ", "";
    TOO_NEW = "máy chủ cũ hơn phần mềm trên máy này ({text}); báo cáo chờ máy chủ được cập nhật", "";
    BUSY = "máy chủ đang quá tải ({text}); báo cáo được giữ lại", "";
    INTERNAL = "máy chủ gặp lỗi ({text}); báo cáo được giữ lại", "";
    NO_BASE = "máy chủ thiếu báo cáo đầy đủ mà báo cáo này dựa vào ({text})", "";
    FINAL = "máy chủ từ chối hẳn báo cáo: {text}", "";
    GARBAGE = "{address} không trả lời như một máy chủ thu thập ({text}); hãy kiểm tra địa chỉ, và xem có proxy hay trang đăng nhập mạng đứng giữa không", "";
}

/// The sign and the name of a grade.
pub fn grade(grade: Grade, lang: Lang) -> (&'static str, &'static str) {
    let (sign, phrase) = match grade {
        Grade::Ready => ("●", READY),
        Grade::NeedsWork => ("◐", NEEDS_WORK),
        Grade::NotReady => ("○", NOT_READY),
        Grade::NoData => ("◌", NO_DATA),
    };
    (sign, phrase.say(lang))
}

/// The sign and the name of an outcome.
pub fn outcome(outcome: Outcome, lang: Lang) -> (&'static str, &'static str) {
    let (sign, phrase) = match outcome {
        Outcome::Pass => ("●", PASS),
        Outcome::Partial => ("◐", PARTIAL),
        Outcome::Fail => ("○", FAIL),
        Outcome::Unknown => ("◌", UNKNOWN),
        Outcome::NotApplicable => ("–", NOT_APPLICABLE),
    };
    (sign, phrase.say(lang))
}

/// The name of a role.
pub fn role(role: Role, lang: Lang) -> &'static str {
    let phrase = match role {
        Role::Counter => COUNTER,
        Role::Clerk => CLERK,
        Role::Leader => LEADER,
        Role::Officer => OFFICER,
        Role::Server => SERVER,
    };
    phrase.say(lang)
}

/// A grade with its sign, and its score where there is one.
pub fn graded(grade: Grade, score: Option<u8>, lang: Lang) -> String {
    let (sign, name) = self::grade(grade, lang);
    match score {
        Some(score) => format!("{sign} {name}, {}", SCORE.fill(lang, &[("score", &score.to_string())])),
        None => format!("{sign} {name}"),
    }
}

/// What went wrong with the collector, and what to do.
pub fn trouble(trouble: &Trouble, lang: Lang) -> String {
    if lang == Lang::En {
        return trouble.to_string();
    }
    let (phrase, address, text) = match trouble {
        Trouble::NoContact { address, how, text } => {
            let phrase = match how {
                NoContact::Name => NAME_UNKNOWN,
                NoContact::Closed => CLOSED,
                NoContact::TimedOut => SLOW,
                NoContact::Broken => BROKEN,
            };
            (phrase, address.as_str(), text.as_str())
        }
        Trouble::WrongPin { address } => (WRONG_PIN, address.as_str(), ""),
        Trouble::NotTrusted { address, text } => (NOT_TRUSTED, address.as_str(), text.as_str()),
        Trouble::Garbage { address, text } => (GARBAGE, address.as_str(), text.as_str()),
        Trouble::Refused { refusal, message, .. } => {
            let phrase = match refusal {
                Refusal::NotAdmitted => NOT_ADMITTED,
                Refusal::KeyShared => SHARED,
                Refusal::UnitClosed => UNIT_CLOSED,
                Refusal::FromTheFuture => FUTURE,
                Refusal::WireTooNew => TOO_NEW,
                Refusal::Busy => BUSY,
                Refusal::Internal => INTERNAL,
                Refusal::BaseMissing => NO_BASE,
                Refusal::SequenceUsed | Refusal::SequenceTooOld | Refusal::TooLarge | Refusal::Malformed => {
                    FINAL
                }
            };
            (phrase, "", message.as_str())
        }
    };
    phrase.fill(lang, &[("address", address), ("text", text)])
}

/// What is wrong with a join code.
pub fn bad_code(why: &BadCode, lang: Lang) -> String {
    match why {
        BadCode::Character(character) => CODE_CHARACTER.fill(lang, &[("character", &character.to_string())]),
        BadCode::Check => CODE_CHECK.say(lang).to_owned(),
        BadCode::Form => CODE_FORM.say(lang).to_owned(),
    }
}

/// A day, as readers of the language write it.
pub fn date(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Vi => format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year()),
        Lang::En => date.to_string(),
    }
}

/// A moment in Vietnam's time (UTC+7, the whole year).
pub fn moment(at: Timestamp, lang: Lang) -> String {
    let local = Offset::constant(7).to_datetime(at);
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    match lang {
        Lang::Vi => format!("{clock} {}", date(local.date(), lang)),
        Lang::En => format!("{} {clock}", date(local.date(), lang)),
    }
}

/// A number with at most one decimal, given in tenths.
pub fn tenths(tenths: i64, lang: Lang) -> String {
    let whole = number(tenths / 10, lang);
    match (tenths % 10).abs() {
        0 => whole,
        rest => format!("{whole}{}{rest}", if lang == Lang::Vi { ',' } else { '.' }),
    }
}

/// A whole number with its thousands parted.
pub fn number(number: i64, lang: Lang) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(if lang == Lang::Vi { '.' } else { ',' });
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names that a phrase wants filled in.
    fn blanks(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn both_languages_say_the_same() {
        for (name, phrase) in ALL {
            assert!(!phrase.vi.is_empty(), "{name} has no Vietnamese");
            // Troubles have their English in `Trouble` itself.
            if !phrase.en.is_empty() {
                assert_eq!(blanks(phrase.vi), blanks(phrase.en), "{name}");
            }
        }
    }

    #[test]
    fn every_trouble_is_told_in_both_languages() {
        let refused = |refusal| Trouble::Refused {
            refusal,
            message: "TEXT".to_owned(),
            retry_after_seconds: None,
            clock_offset: None,
        };
        let contact =
            |how| Trouble::NoContact { address: "ADDRESS".to_owned(), how, text: "TEXT".to_owned() };
        let mut text = String::new();
        for case in [
            contact(NoContact::Name),
            contact(NoContact::Closed),
            contact(NoContact::TimedOut),
            contact(NoContact::Broken),
            Trouble::WrongPin { address: "ADDRESS".to_owned() },
            Trouble::NotTrusted { address: "ADDRESS".to_owned(), text: "TEXT".to_owned() },
            Trouble::Garbage { address: "ADDRESS".to_owned(), text: "TEXT".to_owned() },
            refused(Refusal::NotAdmitted),
            refused(Refusal::KeyShared),
            refused(Refusal::UnitClosed),
            refused(Refusal::FromTheFuture),
            refused(Refusal::WireTooNew),
            refused(Refusal::Busy),
            refused(Refusal::Internal),
            refused(Refusal::BaseMissing),
            refused(Refusal::TooLarge),
        ] {
            for lang in [Lang::Vi, Lang::En] {
                let said = trouble(&case, lang);
                assert!(!said.contains('{') && !said.is_empty(), "{said}");
                assert!(!text.contains(&said), "two troubles say the same: {said}");
                text += &said;
            }
        }
    }

    #[test]
    fn numbers_and_dates() {
        assert_eq!(number(1_234_567, Lang::Vi), "1.234.567");
        assert_eq!(number(-1_000, Lang::En), "-1,000");
        assert_eq!(number(999, Lang::Vi), "999");
        assert_eq!(tenths(76, Lang::Vi), "7,6");
        assert_eq!(tenths(80, Lang::En), "8");
        let at: Timestamp = "2026-11-22T17:30:00Z".parse().unwrap();
        assert_eq!(moment(at, Lang::Vi), "00:30 23/11/2026");
        assert_eq!(moment(at, Lang::En), "2026-11-23 00:30");
    }
}
