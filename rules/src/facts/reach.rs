//! Services of the province that this PC must reach. The collector names them; no other address is ever tried.

use super::{area, words};
use crate::quantity::{Milliseconds, Percent};

words! {
    /// How an attempt to reach a service ended.
    Outcome {
        /// It answered.
        Answered = "answered", "Kết nối được", "It answered";
        /// Its name has no address.
        NoName = "no_name", "Không phân giải được tên", "Its name is unknown";
        /// It refused.
        Refused = "refused", "Từ chối kết nối", "It refused";
        /// It did not answer in time.
        TimedOut = "timed_out", "Quá thời gian chờ", "No answer in time";
        /// It answered, and its certificate is not trusted.
        NotTrusted = "not_trusted", "Chứng thư không tin cậy", "Its certificate is not trusted";
        /// There is no way there, or what answered spoke otherwise.
        Broken = "broken", "Không kết nối được", "The connection broke";
    }
}

area! {
    /// One service.
    Service {
        /// Its name, as the collector has it.
        name: String = "Tên dịch vụ", "Service",
        /// Host and port.
        address: String = "Địa chỉ", "Address",
        /// How the attempts ended: the best of them.
        outcome: Outcome = "Kết quả", "Result",
        /// Time to find its address.
        name_time: Milliseconds = "Thời gian phân giải tên", "Time to find the name",
        /// Time until it answered, the median of the attempts.
        answer_time: Milliseconds = "Thời gian trả lời", "Time to answer",
        /// Attempts without an answer.
        loss: Percent = "Tỷ lệ không trả lời", "Share without an answer",
    }
}

area! {
    /// Services of the province that this PC must reach.
    Reach {
        /// Services that were tried.
        services: Vec<Service> = "Các dịch vụ", "Services tried",
        /// Services that could not be reached.
        failed: i64 = "Số dịch vụ không kết nối được", "Services not reached",
        /// The slowest answer among those that answered.
        slowest: Milliseconds = "Trả lời chậm nhất", "Slowest answer of the services",
    }
}
