//! The processor.

use super::area;
use super::os::Architecture;
use crate::quantity::Mhz;

area! {
    /// The processor.
    Cpu {
        /// Name that the processor gives itself.
        name: String = "Tên bộ xử lý", "Processor",
        /// Maker, as CPUID spells it (GenuineIntel, AuthenticAMD).
        maker: String = "Hãng bộ xử lý (CPUID)", "Processor maker (CPUID)",
        /// Architecture of the processor, whatever the system on it.
        architecture: Architecture = "Kiến trúc bộ xử lý", "Processor architecture",
        /// Number of processors in sockets.
        packages: i64 = "Số bộ xử lý", "Number of processors",
        /// Number of cores, over all processors.
        cores: i64 = "Số nhân bộ xử lý", "Cores",
        /// Number of threads, over all processors.
        threads: i64 = "Số luồng bộ xử lý", "Threads",
        /// Highest clock rate.
        speed: Mhz = "Xung nhịp tối đa", "Highest clock rate",
        /// Family by CPUID, extended family included.
        family: i64 = "CPUID family", "CPUID family",
        /// Model by CPUID, extended model included.
        model: i64 = "CPUID model", "CPUID model",
        /// Stepping by CPUID.
        stepping: i64 = "CPUID stepping", "CPUID stepping",
        /// What Windows calls Platform Specific Field 1 of the processor; its rules ask it of two families of Intel.
        platform: i64 = "CPUID platform", "CPUID platform",
        /// Features that rules ask for: sse4_2, popcnt, aes, avx2, virtualization; atomics on ARM.
        features: Vec<String> = "Tập lệnh của bộ xử lý", "Processor features",
    }
}
