//! Pages as text, from a small rule set.

use expect_test::{Expect, expect};
use rules::assess::Role;
use rules::fact::{Fact, Reason};
use rules::facts::Facts;
use rules::quantity::{Bytes, GIB};

use super::*;
use crate::courier::tests::now;
use crate::verdict::tests::{SET, facts};

fn seat() -> Seat {
    Seat { unit: "Xã Nga Thắng <UBND>".to_owned(), role: "văn thư".to_owned() }
}

/// The body of the page; all pages have one style.
fn body(stage: &Stage, facts: Option<&Facts>, lang: Lang) -> String {
    let set = RuleSet::parse("test.toml", SET).unwrap();
    let day = "2026-11-22".parse().unwrap();
    let settings = set.defaults().clone();
    let judged = facts.map(|facts| Judged::new(facts, set, Role::Officer, day, &settings));
    let html = page(&Told { lang, now: now(), hostname: "PC-17", stage, judged: judged.as_ref() });
    assert_eq!(html.contains(UNFINISHED), *stage == Stage::Working);
    assert!(!html.contains("<script") && !html.contains("http://") && !html.contains("https://"));
    let (head, body) = html.split_once("<body>\n").unwrap();
    assert!(head.contains("charset=\"utf-8\"") && head.contains(STYLE));
    body.replace("</div>\n</body>\n</html>\n", "")
}

fn check(stage: &Stage, facts: Option<&Facts>, lang: Lang, expected: Expect) {
    expected.assert_eq(&body(stage, facts, lang));
}

#[test]
fn a_result_with_its_reasons() {
    let mut known = facts(Fact::Known(Bytes(4 * GIB)));
    known.os.hostname = Fact::Unknown(Reason::Denied);
    let official = Some((Grade::NeedsWork, Some(70)));
    check(
        &Stage::Reported { seat: seat(), official },
        Some(&known),
        Lang::Vi,
        expect![[r#"
            <div class="sheet">
            <p class="top">Sẵn Sàng · PC-17 · 14:30 22/11/2026</p>
            <div class="grade not_ready">
            <h1>○ Chưa sẵn sàng</h1>
            <p class="score">0/100 điểm · dữ liệu 88 %</p>
            <p>Chưa sẵn sàng: “Bộ nhớ trong từ 8 GiB để mở cùng lúc trình duyệt, bộ gõ, phần mềm văn bản và ký số” chưa đạt (thấy: Bộ nhớ lắp trong máy: 4 GiB).</p>
            </div>
            <div class="stage good">
            <h2>Đã cài đặt và đã gửi báo cáo</h2>
            <p>Máy này thuộc Xã Nga Thắng &lt;UBND&gt;, vị trí văn thư. Máy chủ của cơ quan đã nhận báo cáo.</p>
            <p>Kết quả theo bộ tiêu chí của cơ quan: ◐ Cần bổ sung, 70/100 điểm.</p>
            </div>
            <h2>Tiếp theo</h2>
            <ul>
            <li>Máy tự báo cáo mỗi ngày một lần; anh/chị không cần làm gì thêm.</li>
            <li>Có thể xóa tệp cài đặt đã tải về. Nhấp đúp lại tệp đó để xem kết quả mới.</li>
            <li>Cần hỗ trợ: gọi bộ phận CNTT của cơ quan và đọc tên máy này: PC-17.</li>
            <li>Phần mềm chỉ đọc cấu hình và tình trạng an toàn của máy; không đọc văn bản, tên tệp, lịch sử duyệt web, mật khẩu hay mã PIN.</li>
            </ul>
            <h2>Cần khắc phục: 2 tiêu chí</h2>
            <p class="soft">Những việc này do bộ phận CNTT thực hiện; anh/chị không cần tự sửa.</p>
            <table>
            <tr><td class="word not_ready">○ Chưa đạt</td><td>
            <p class="title">Bộ nhớ trong từ 8 GiB để mở cùng lúc trình duyệt, bộ gõ, phần mềm văn bản và ký số</p>
            <p>Thấy: Bộ nhớ lắp trong máy: 4 GiB</p>
            <p>Khắc phục: Lắp thêm RAM; Thay máy</p>
            </td></tr>
            <tr><td class="word not_ready">○ Chưa đạt</td><td>
            <p class="title">Ổ đĩa khỏe</p>
            <p>Thấy: Tên ổ của s[2Jdb: s[2Jdb</p>
            </td></tr>
            </table>
            <h2>Chưa biết: 1 tiêu chí</h2>
            <p class="soft">Máy không trả lời được những câu hỏi này; chúng không tính là chưa đạt.</p>
            <ul>
            <li>Máy có tên: Tên máy (không có quyền đọc)</li>
            </ul>
            <p class="soft">Số tiêu chí đã đạt: 0.</p>
        "#]],
    );
}

#[test]
fn every_other_end() {
    let trouble = || "không có gì trả lời tại 10.0.0.1:8443".to_owned();
    let mut pages = String::new();
    for stage in [
        Stage::Working,
        Stage::Kept { seat: seat(), trouble: trouble() },
        Stage::Waiting { trouble: trouble() },
        Stage::Refused { trouble: "mã đã hết hạn".to_owned() },
        Stage::Failed { error: "cannot create the service".to_owned() },
    ] {
        pages += &body(&stage, None, Lang::Vi);
        pages += "----\n";
    }
    expect![[r#"
        <div class="sheet">
        <p class="top">Sẵn Sàng · PC-17 · 14:30 22/11/2026</p>
        <div class="stage calm">
        <h1>Đang kiểm tra máy này…</h1>
        <p>Việc này mất khoảng một phút. Trang sẽ tự hiện kết quả; xin đừng tắt máy.</p>
        </div>
        ----
        <div class="sheet">
        <p class="top">Sẵn Sàng · PC-17 · 14:30 22/11/2026</p>
        <div class="stage calm">
        <h1>Đã cài đặt; báo cáo đang chờ gửi</h1>
        <p>Máy này thuộc Xã Nga Thắng &lt;UBND&gt;, vị trí văn thư. Báo cáo được giữ trên máy và sẽ tự gửi khi có mạng.</p>
        <p class="soft">Lý do: không có gì trả lời tại 10.0.0.1:8443.</p>
        </div>
        <h2>Tiếp theo</h2>
        <ul>
        <li>Máy tự báo cáo mỗi ngày một lần; anh/chị không cần làm gì thêm.</li>
        <li>Có thể xóa tệp cài đặt đã tải về. Nhấp đúp lại tệp đó để xem kết quả mới.</li>
        <li>Cần hỗ trợ: gọi bộ phận CNTT của cơ quan và đọc tên máy này: PC-17.</li>
        <li>Phần mềm chỉ đọc cấu hình và tình trạng an toàn của máy; không đọc văn bản, tên tệp, lịch sử duyệt web, mật khẩu hay mã PIN.</li>
        </ul>
        ----
        <div class="sheet">
        <p class="top">Sẵn Sàng · PC-17 · 14:30 22/11/2026</p>
        <div class="stage calm">
        <h1>Đã cài đặt; sẽ tự gửi khi có mạng</h1>
        <p>Phần mềm đã được cài nhưng chưa liên lạc được với máy chủ của cơ quan. Anh/chị không cần làm gì thêm: máy sẽ tự thử lại.</p>
        <p class="soft">Lý do: không có gì trả lời tại 10.0.0.1:8443.</p>
        </div>
        <h2>Tiếp theo</h2>
        <ul>
        <li>Cứ dùng máy như thường; khi có mạng, máy sẽ tự tham gia và tự gửi báo cáo.</li>
        <li>Có thể xóa tệp cài đặt đã tải về. Nhấp đúp lại tệp đó để xem kết quả mới.</li>
        <li>Cần hỗ trợ: gọi bộ phận CNTT của cơ quan và đọc tên máy này: PC-17.</li>
        <li>Phần mềm chỉ đọc cấu hình và tình trạng an toàn của máy; không đọc văn bản, tên tệp, lịch sử duyệt web, mật khẩu hay mã PIN.</li>
        </ul>
        ----
        <div class="sheet">
        <p class="top">Sẵn Sàng · PC-17 · 14:30 22/11/2026</p>
        <div class="stage bad">
        <h1>Máy chủ không nhận mã tham gia</h1>
        <p>Mã trong tên tệp có thể đã hết hạn hoặc đã dùng hết số lần. Hãy xin bộ phận CNTT tệp cài đặt mới, rồi nhấp đúp vào tệp đó.</p>
        <p class="soft">Lý do: mã đã hết hạn.</p>
        </div>
        <h2>Tiếp theo</h2>
        <ul>
        <li>Cần hỗ trợ: gọi bộ phận CNTT của cơ quan và đọc tên máy này: PC-17.</li>
        <li>Phần mềm chỉ đọc cấu hình và tình trạng an toàn của máy; không đọc văn bản, tên tệp, lịch sử duyệt web, mật khẩu hay mã PIN.</li>
        </ul>
        ----
        <div class="sheet">
        <p class="top">Sẵn Sàng · PC-17 · 14:30 22/11/2026</p>
        <div class="stage bad">
        <h1>Chưa cài đặt được</h1>
        <p>Hãy chụp lại trang này và gửi cho bộ phận CNTT.</p>
        <p class="soft">Lý do: cannot create the service.</p>
        </div>
        <h2>Tiếp theo</h2>
        <ul>
        <li>Cần hỗ trợ: gọi bộ phận CNTT của cơ quan và đọc tên máy này: PC-17.</li>
        <li>Phần mềm chỉ đọc cấu hình và tình trạng an toàn của máy; không đọc văn bản, tên tệp, lịch sử duyệt web, mật khẩu hay mã PIN.</li>
        </ul>
        ----
    "#]].assert_eq(&pages);
}

#[test]
fn english() {
    let known = facts(Fact::Known(Bytes(8 * GIB)));
    let official = None;
    check(
        &Stage::Reported { seat: seat(), official },
        Some(&known),
        Lang::En,
        expect![[r#"
            <div class="sheet">
            <p class="top">Sẵn Sàng · PC-17 · 2026-11-22 14:30</p>
            <div class="grade needs_work">
            <h1>◐ Needs work</h1>
            <p class="score">70/100 points · data 100 %</p>
            <p>It needs work, first of all: “Healthy drives”: fail (seen: Drive of s[2Jdb: s[2Jdb).</p>
            </div>
            <div class="stage good">
            <h2>Installed, and the report was sent</h2>
            <p>This PC belongs to Xã Nga Thắng &lt;UBND&gt;, seat văn thư. The organisation's collector has the report.</p>
            </div>
            <h2>What happens next</h2>
            <ul>
            <li>The PC reports by itself once a day; there is nothing more to do.</li>
            <li>You may delete the downloaded file. Double-click it again to see a newer result.</li>
            <li>For help: call the IT department of your organisation and name this PC: PC-17.</li>
            <li>The program reads only how the PC is set up and how safe it is; no documents, file names, browsing history, passwords or PINs.</li>
            </ul>
            <h2>Criteria to be mended: 1</h2>
            <p class="soft">The IT department does this; you need not mend anything yourself.</p>
            <table>
            <tr><td class="word not_ready">○ Fail</td><td>
            <p class="title">Healthy drives</p>
            <p>Seen: Drive of s[2Jdb: s[2Jdb</p>
            </td></tr>
            </table>
            <p class="soft">Criteria that pass: 2.</p>
        "#]],
    );
}
