//! When a rule applies, passes, or passes in part.
/// A condition that is known to be right.
#[derive(Debug, Clone)]
pub struct Condition {}
