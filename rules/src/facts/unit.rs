//! A whole unit with all units below it. No PC says any of this: some is counted over machines and posts, the rest a
//! person declares.
//!
//! The collector counts and keeps; rules that say `about = "unit"` ask. What nobody counted or declared is unknown.

use jiff::civil::Date;

use super::area;
use crate::quantity::Percent;

area! {
    /// A whole unit.
    Unit {
        /// Posts, as the seats were counted, without servers.
        posts: i64 = "Số chỗ làm việc", "Posts",
        /// Posts of the group of specialists, who share printers.
        specialists: i64 = "Số chỗ của nhóm chuyên viên", "Posts of specialists",
        /// Posts at one-stop counters.
        counters: i64 = "Số chỗ một cửa", "Posts at counters",
        /// Computers that reported, without servers.
        computers: i64 = "Số máy tính đã báo cáo", "Computers that reported",
        /// Computers that are ready, or can be made so without replacing them.
        fit_computers: i64 = "Số máy tính dùng được", "Usable computers",
        /// Fit computers, in percent of the posts; 100 where there are as many or more.
        fit_share: Percent = "Tỷ lệ máy tính dùng được trên số chỗ làm việc", "Usable computers against posts",
        /// Printers that the computers see, or that were counted by hand where these are more.
        printers: i64 = "Số máy in", "Printers",
        /// Printers, in percent of the most that the norm allows for the posts; 100 where there are as many or more.
        printer_share: Percent = "Tỷ lệ máy in so với định mức tối đa", "Printers against the most the norm allows",
        /// Scanners that the computers see, or that were counted by hand where these are more.
        scanners: i64 = "Số máy quét", "Scanners",
        /// Scanners, in percent of the most that the norm allows for the posts; 100 where there are as many or more.
        scanner_share: Percent = "Tỷ lệ máy quét so với định mức tối đa", "Scanners against the most the norm allows",
        /// Agencies with posts that have no scanner at all.
        agencies_without_scanner: i64 = "Số cơ quan không có máy quét nào", "Agencies without a scanner",
        /// Computers with a genuine licence of the operating system, in percent of those that reported.
        licensed_share: Percent = "Tỷ lệ máy tính có bản quyền hệ điều hành", "Computers with a licensed system",
        /// Counters whose computer is fit and sees scanner, printer and reader of identity cards, in percent of all.
        kit_share: Percent = "Tỷ lệ chỗ một cửa đủ bộ thiết bị", "Counters with the full kit",
        /// Whether the unit has a line of access level II of the dedicated network (TSLCD); declared.
        tslcd: bool = "Có đường TSLCD cấp II", "TSLCD line of level II",
        /// Bandwidth of that line in Mb/s; declared.
        tslcd_mbps: i64 = "Băng thông TSLCD (Mb/s)", "TSLCD bandwidth (Mb/s)",
        /// Bandwidth of the Internet line in Mb/s, 0 where there is none; declared.
        internet_mbps: i64 = "Băng thông Internet (Mb/s)", "Internet bandwidth (Mb/s)",
        /// Whether there is a firewall device between the network of the unit and the outside; declared.
        firewall: bool = "Có thiết bị tường lửa", "Firewall device",
        /// Whether there is a managed switch; declared.
        managed_switch: bool = "Có switch quản lý được", "Managed switch",
        /// Whether there is Wi-Fi for work; declared.
        wifi: bool = "Có Wi-Fi phục vụ công việc", "Wi-Fi for work",
        /// Whether there is a set for video conferences; declared.
        video_conference: bool = "Có bộ hội nghị truyền hình", "Video conference set",
        /// The day on which the dossier of the security level was approved; absent where it was not; declared.
        dossier_approved_on: Date = "Ngày phê duyệt hồ sơ cấp độ", "Security level dossier approved on",
        /// Whether somebody is named as contact for cybersecurity; declared.
        cyber_contact: bool = "Đã cử đầu mối an ninh mạng", "Cybersecurity contact named",
        /// Whether a deputy of that contact is named; declared.
        cyber_deputy: bool = "Đã cử người dự phòng cho đầu mối", "Deputy of the contact named",
        /// The day on which restoring from a backup was tried last; absent where it never was; declared.
        restore_tested_on: Date = "Ngày thử phục hồi dữ liệu gần nhất", "Restore last tested on",
        /// Whether the leaders sign remotely or with a SIM (SIM PKI), without a key token at their PCs; declared.
        leaders_sign_remotely: bool = "Lãnh đạo ký số từ xa hoặc bằng SIM", "Leaders sign remotely or with a SIM",
    }
}

/// The facts that a person declares, in the order of the survey form: what no machine sees and nobody can count from
/// here.
pub const DECLARED: &[&str] = &[
    "internet_mbps",
    "tslcd",
    "tslcd_mbps",
    "managed_switch",
    "wifi",
    "firewall",
    "video_conference",
    "dossier_approved_on",
    "cyber_contact",
    "cyber_deputy",
    "restore_tested_on",
    "leaders_sign_remotely",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Group, find};

    #[test]
    fn what_is_declared_says_so() {
        for term in Unit::TERMS {
            let is_declared = DECLARED.contains(&term.name);
            assert_eq!(term.sentence().ends_with("declared."), is_declared, "{}", term.name);
        }
        for name in DECLARED {
            assert!(find(&format!("unit.{name}")).is_some(), "{name}");
        }
    }
}
