//! What tells this PC from others, whatever its name: each piece graded, none of it readable.

use super::{area, words};

words! {
    /// A piece of evidence.
    Evidence {
        /// Serial number of the PC.
        Serial = "serial", "Số sê-ri máy", "Serial number";
        /// Serial number of the main board.
        BoardSerial = "board_serial", "Số sê-ri bo mạch chủ", "Board serial number";
        /// System UUID of the firmware.
        SystemUuid = "system_uuid", "UUID của máy", "System UUID";
        /// Serial number of a drive that stays in the PC.
        DiskSerial = "disk_serial", "Số sê-ri ổ đĩa", "Drive serial number";
        /// Hardware (MAC) address of an adapter that stays in the PC.
        Mac = "mac", "Địa chỉ MAC", "MAC address";
    }
}

words! {
    /// What a piece of evidence is worth.
    Worth {
        /// It belongs to this PC alone.
        Trustworthy = "trustworthy", "Tin cậy", "Trustworthy";
        /// A placeholder of the maker, or one that many PCs share.
        Junk = "junk", "Giá trị giữ chỗ", "Placeholder";
        /// The PC has none.
        Missing = "absent", "Không có", "None";
    }
}

area! {
    /// One piece of evidence.
    Piece {
        /// What it is.
        kind: Evidence = "Loại", "Kind",
        /// What it is worth.
        worth: Worth = "Giá trị nhận dạng", "Worth as evidence",
        /// Hash of it, the same wherever it is seen.
        value: String = "Mã băm", "Hash",
    }
}

area! {
    /// What tells this PC from others.
    Identity {
        /// The pieces of evidence.
        evidence: Vec<Piece> = "Dấu hiệu nhận dạng", "Evidence of identity",
    }
}
