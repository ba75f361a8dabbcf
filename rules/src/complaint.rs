//! What is wrong with a file that a person wrote.
/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The stable code of this kind of complaint, in kebab case.
    pub code: &'static str,
    /// What is wrong.
    pub text: String,
    /// What would be right, where that is known.
    pub suggestion: Option<String>,
}
