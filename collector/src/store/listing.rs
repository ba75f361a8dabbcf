//! What pages read: lists, counts and one machine, always within the units that the reader may see.

/// The units that somebody sees: a subtree, as a range of `unit_path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    prefix: String,
}

impl Scope {
    /// Every unit.
    pub fn everything() -> Scope {
        Scope { prefix: String::new() }
    }

    /// The subtree of the unit at this path.
    pub fn subtree(path: &str) -> Scope {
        Scope { prefix: path.to_owned() }
    }

    /// Whether a unit or machine at this path is within.
    pub fn holds(&self, path: &str) -> bool {
        path.starts_with(&self.prefix)
    }

    /// Whether this is every unit.
    pub fn is_everything(&self) -> bool {
        self.prefix.is_empty()
    }

    /// The first path of the range.
    pub fn first(&self) -> &str {
        &self.prefix
    }

    /// The end of the range: paths are hexadecimal digits and slashes, and a tilde is after all of them.
    pub fn end(&self) -> String {
        format!("{}~", self.prefix)
    }
}
