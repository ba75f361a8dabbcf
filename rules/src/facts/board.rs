//! The board, the case, the firmware and the TPM.

use jiff::civil::Date;

use super::{area, words};
use crate::quantity::Version;

words! {
    /// The form of a PC, from the chassis type of SMBIOS (DSP0134, type 3).
    Chassis {
        /// A desktop or tower.
        Desktop = "desktop", "Máy để bàn", "Desktop";
        /// A laptop or notebook.
        Laptop = "laptop", "Máy xách tay", "Laptop";
        /// Screen and PC in one.
        AllInOne = "all_in_one", "Máy liền màn hình", "All-in-one";
        /// A mini or stick PC.
        Mini = "mini", "Máy tính mini", "Mini PC";
        /// A tablet.
        Tablet = "tablet", "Máy tính bảng", "Tablet";
        /// A server.
        Server = "server", "Máy chủ", "Server";
        /// A virtual machine.
        Virtual = "virtual", "Máy ảo", "Virtual machine";
        /// Anything else.
        Other = "other", "Khác", "Other";
    }
}

words! {
    /// How the firmware started the operating system.
    FirmwareMode {
        /// UEFI.
        Uefi = "uefi", "UEFI", "UEFI";
        /// BIOS, or the compatibility mode of UEFI.
        Bios = "bios", "BIOS cũ (Legacy)", "Legacy BIOS";
    }
}

words! {
    /// The state of the TPM.
    TpmState {
        /// The PC has none.
        Missing = "absent", "Không có", "Absent";
        /// The PC has one, switched off in the firmware.
        Off = "off", "Có nhưng đang tắt", "Switched off";
        /// Ready.
        On = "on", "Đang bật", "On";
    }
}

area! {
    /// The board, the case, the firmware and the TPM.
    Board {
        /// Maker of the PC.
        maker: String = "Hãng sản xuất máy", "Maker of the PC",
        /// Model of the PC.
        model: String = "Kiểu máy", "Model",
        /// Product family.
        family: String = "Dòng máy", "Product family",
        /// Serial number of the PC; a placeholder of the maker counts as absent.
        serial: String = "Số sê-ri của máy", "Serial number",
        /// System UUID of the firmware.
        uuid: String = "Mã UUID của máy", "System UUID",
        /// Asset tag from the firmware.
        asset_tag: String = "Mã tài sản trong firmware", "Asset tag",
        /// Form of the PC.
        chassis: Chassis = "Kiểu dáng máy", "Form of the PC",
        /// Maker of the main board.
        board_maker: String = "Hãng bo mạch chủ", "Maker of the main board",
        /// Model of the main board.
        board_model: String = "Kiểu bo mạch chủ", "Model of the main board",
        /// Serial number of the main board.
        board_serial: String = "Số sê-ri bo mạch chủ", "Serial number of the main board",
        /// Maker of the firmware.
        firmware_maker: String = "Hãng firmware", "Firmware maker",
        /// Version of the firmware.
        firmware_version: String = "Phiên bản firmware", "Firmware version",
        /// Date of the firmware.
        firmware_date: Date = "Ngày của firmware", "Firmware date",
        /// How the firmware started the system.
        firmware_mode: FirmwareMode = "Chế độ khởi động", "Start-up mode",
        /// Whether the firmware is able to start in UEFI mode.
        uefi_capable: bool = "Hỗ trợ UEFI", "UEFI supported",
        /// Whether the firmware is able to do Secure Boot.
        secure_boot_capable: bool = "Hỗ trợ Secure Boot", "Secure Boot supported",
        /// Whether Secure Boot is on.
        secure_boot: bool = "Secure Boot đang bật", "Secure Boot on",
        /// Whether the firmware trusts Microsoft's certificates of 2023; those of 2011 end in 2026.
        secure_boot_2023: bool = "Có chứng thư Secure Boot 2023", "Secure Boot certificates of 2023",
        /// State of the TPM; a TPM that is switched off is not an absent one.
        tpm: TpmState = "Chip TPM", "TPM",
        /// Version of the TPM specification, such as 2.0.
        tpm_version: Version = "Phiên bản TPM", "TPM version",
        /// Whether this is a virtual machine.
        virtual_machine: bool = "Là máy ảo", "Virtual machine",
        /// Name of the hypervisor.
        hypervisor: String = "Phần mềm ảo hóa", "Hypervisor",
    }
}
