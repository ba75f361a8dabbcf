//! Verdicts as text, from a small rule set.

use expect_test::{Expect, expect};
use rules::assess::Role;
use rules::fact::{Fact, Reason};
use rules::facts::Facts;
use rules::facts::disk::Drive;
use rules::quantity::{Bytes, GIB};

use super::*;

pub(crate) const SET: &str = r#"
[ruleset]
id = "test"
title = { vi = "Bộ tiêu chí thử", en = "Test set" }
in_force = { from = 2026-07-01 }
[grades]
ready = { score = 85, coverage = 70 }
needs_work = { score = 65 }
[[group]]
id = "software"
title = { vi = "Phần mềm", en = "Software" }
[[group]]
id = "hardware"
title = { vi = "Phần cứng", en = "Hardware" }
[[rule]]
id = "named"
group = "software"
title = { vi = "Máy có tên", en = "The PC has a name" }
severity = "minor"
pass = { "os.hostname" = { absent = false } }
source = { doc = "D" }
[[rule]]
id = "memory-size"
group = "hardware"
title = { vi = "Bộ nhớ trong từ 8 GiB để mở cùng lúc trình duyệt, bộ gõ, phần mềm văn bản và ký số", en = "At least 8 GiB of memory for a browser, an input method, an office suite and digital signing at once" }
severity = "critical"
pass = { "memory.installed" = { at_least = "8 GiB" } }
remedies = ["add-memory", "replace-pc"]
source = { doc = "D" }
[[rule]]
id = "healthy"
group = "hardware"
title = { vi = "Ổ đĩa khỏe", en = "Healthy drives" }
severity = "major"
each = "disk.drives"
pass = { name = { equals = "sda" } }
source = { doc = "D" }
[[rule]]
id = "counter-only"
group = "hardware"
title = { vi = "Chỉ ở quầy", en = "Counter only" }
roles = ["counter"]
severity = "minor"
pass = { "os.hostname" = { absent = false } }
source = { doc = "D" }
[remedy.add-memory]
title = { vi = "Lắp thêm RAM", en = "Add memory" }
[remedy.replace-pc]
title = { vi = "Thay máy", en = "Replace the PC" }
"#;

fn check(facts: &Facts, lang: Lang, columns: usize, expected: Expect) {
    let set = RuleSet::parse("test.toml", SET).unwrap();
    let day = "2026-11-22".parse().unwrap();
    let settings = set.defaults().clone();
    let judged = Judged::new(facts, set, Role::Officer, day, &settings);
    expected.assert_eq(&text(&judged, &Look { lang, columns, colours: false }));
}

pub(crate) fn facts(memory: Fact<Bytes>) -> Facts {
    let mut facts = Facts::default();
    facts.memory.installed = memory;
    facts.os.hostname = Fact::Known("PC-17".to_owned());
    let drive = |name: &str| Drive { name: Fact::Known(name.to_owned()), ..Drive::default() };
    facts.disk.drives = Fact::Known(vec![drive("sda"), drive("s\x1b[2Jdb")]);
    facts
}

#[test]
fn failures_come_first() {
    check(
        &facts(Fact::Known(Bytes(4 * GIB))),
        Lang::Vi,
        80,
        expect![[r#"
            ○ Chưa sẵn sàng   11/100 điểm · dữ liệu 100 %
            Vị trí: chuyên viên · ngày 22/11/2026 · bộ tiêu chí: Bộ tiêu chí thử
            Chưa sẵn sàng: “Bộ nhớ trong từ 8 GiB để mở cùng lúc trình duyệt, bộ gõ, phần
            mềm văn bản và ký số” chưa đạt (thấy: Bộ nhớ lắp trong máy: 4 GiB).

            Phần cứng
              ○ Chưa đạt      Bộ nhớ trong từ 8 GiB để mở cùng lúc trình duyệt, bộ gõ, phần
                              mềm văn bản và ký số
                              Thấy: Bộ nhớ lắp trong máy: 4 GiB
                              Khắc phục: Lắp thêm RAM; Thay máy
              ○ Chưa đạt      Ổ đĩa khỏe
                              Thấy: Tên ổ của s[2Jdb: s[2Jdb

            Phần mềm
              ● Đạt           Máy có tên

            Không áp dụng cho vị trí hoặc máy này: 1 tiêu chí.
        "#]],
    );
    check(
        &facts(Fact::Known(Bytes(4 * GIB))),
        Lang::En,
        60,
        expect![[r#"
            ○ Not ready   11/100 points · data 100 %
            Seat: officer · 2026-11-22 · rule set: Test set
            Not ready: “At least 8 GiB of memory for a browser, an input
            method, an office suite and digital signing at once”: fail
            (seen: Installed memory: 4 GiB).

            Hardware
              ○ Fail     At least 8 GiB of memory for a browser, an
                         input method, an office suite and digital
                         signing at once
                         Seen: Installed memory: 4 GiB
                         Remedy: Add memory; Replace the PC
              ○ Fail     Healthy drives
                         Seen: Drive of s[2Jdb: s[2Jdb

            Software
              ● Pass     The PC has a name

            Not applicable to this seat or PC: 1 criteria.
        "#]],
    );
}

#[test]
fn what_is_unknown_is_said() {
    check(
        &facts(Fact::Unknown(Reason::Denied)),
        Lang::Vi,
        100,
        expect![[r#"
            ◌ Chưa đủ dữ liệu   28/100 điểm · dữ liệu 41 %
            Vị trí: chuyên viên · ngày 22/11/2026 · bộ tiêu chí: Bộ tiêu chí thử
            Chưa đủ dữ liệu để kết luận: mới biết 41 % những gì cần biết.

            Phần cứng
              ○ Chưa đạt      Ổ đĩa khỏe
                              Thấy: Tên ổ của s[2Jdb: s[2Jdb
              ◌ Không rõ      Bộ nhớ trong từ 8 GiB để mở cùng lúc trình duyệt, bộ gõ, phần mềm văn bản và ký số
                              Chưa biết: Bộ nhớ lắp trong máy (không có quyền đọc)

            Phần mềm
              ● Đạt           Máy có tên

            Không áp dụng cho vị trí hoặc máy này: 1 tiêu chí.
            Một số dữ liệu chỉ quản trị viên đọc được; chạy lại bằng sudo để biết đầy đủ hơn.
        "#]],
    );
}

#[test]
fn a_ready_pc() {
    let mut facts = facts(Fact::Known(Bytes(16 * GIB)));
    facts.disk.drives = Fact::Known(Vec::new());
    check(
        &facts,
        Lang::Vi,
        100,
        expect![[r#"
        ● Sẵn sàng   100/100 điểm · dữ liệu 100 %
        Vị trí: chuyên viên · ngày 22/11/2026 · bộ tiêu chí: Bộ tiêu chí thử
        Máy sẵn sàng: không tiêu chí nghiêm trọng nào chưa đạt.

        Phần mềm
          ● Đạt           Máy có tên

        Phần cứng
          ● Đạt           Bộ nhớ trong từ 8 GiB để mở cùng lúc trình duyệt, bộ gõ, phần mềm văn bản và ký số

        Không áp dụng cho vị trí hoặc máy này: 2 tiêu chí.
    "#]],
    );
}

#[test]
fn colours_wrap_signs_only() {
    let set = RuleSet::parse("test.toml", SET).unwrap();
    let day = "2026-11-22".parse().unwrap();
    let settings = set.defaults().clone();
    let judged = Judged::new(&facts(Fact::Absent), set, Role::Officer, day, &settings);
    let look = Look { lang: Lang::Vi, columns: 80, colours: true };
    let plain = text(&judged, &Look { colours: false, ..look });
    let coloured = text(&judged, &look);
    let mut bare = String::new();
    for (at, part) in coloured.split('\x1b').enumerate() {
        bare += if at == 0 { part } else { part.split_once('m').unwrap().1 };
    }
    assert_eq!(bare, plain);
}

fn check_value(json: &str, fact: &str, expected: &str) {
    let seen = SeenFact { fact: fact.to_owned(), record: None, value: serde_json::from_str(json).unwrap() };
    let label = term(fact).map_or(fact, |term| term.en);
    assert_eq!(seen_text(&seen, Lang::En), format!("{label}: {expected}"));
}

#[test]
fn values() {
    check_value("17179869184", "memory.installed", "16 GiB");
    check_value("8160437862", "memory.installed", "7.6 GiB");
    check_value("512", "memory.installed", "512 B");
    check_value("null", "memory.installed", "none");
    check_value("true", "board.virtual_machine", "yes");
    check_value(r#"{"unknown":"failed: no table"}"#, "memory.installed", "unknown (it failed)");
    check_value("5300", "clock.offset", "5.3 s");
    check_value("-40", "clock.offset", "-40 ms");
    check_value(r#"["a","b"]"#, "software.packages", "a, b");
    check_value(r#"[{},{}]"#, "disk.drives", "2 records");
    check_value(r#""x""#, "no.such", "x");
}
