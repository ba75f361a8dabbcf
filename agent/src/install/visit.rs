//! What a start of the program without any argument means: somebody double-clicked it.
//!
//! The join code stands in the program's own file name, where the IT department put it. A pure function.

use rules::join::{BadCode, JoinCode};

/// How the program was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start<'a> {
    /// How many arguments it got.
    pub arguments: usize,
    /// The name of its own file.
    pub name: &'a str,
    /// Whether it has a window of its own or none, and not that of a command line where a person types.
    pub by_hand: bool,
    /// Whether it may already do everything.
    pub administrator: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visit {
    /// What the command line says.
    CommandLine,
    /// Tell what this program is and what to do.
    Explain,
    /// Tell that the code in the name is damaged.
    BadCode(BadCode),
    /// Install, join with this code, show the result.
    Install(JoinCode),
    /// The same, once an administrator has agreed.
    AskThenInstall(JoinCode),
}

/// What this start means.
pub fn meaning(start: Start<'_>) -> Visit {
    if start.arguments > 0 {
        return Visit::CommandLine;
    }
    match JoinCode::from_file_name(start.name) {
        None if start.by_hand => Visit::Explain,
        Some(Err(bad)) if start.by_hand => Visit::BadCode(bad),
        // On a command line, an underscore in the name of the file need not mean a code.
        None | Some(Err(_)) => Visit::CommandLine,
        Some(Ok(code)) if start.administrator => Visit::Install(code),
        Some(Ok(code)) => Visit::AskThenInstall(code),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(name: &str, expected: Expect) {
        let mut lines = String::new();
        for (by_hand, administrator) in [(true, false), (true, true), (false, false), (false, true)] {
            let start = Start { arguments: 0, name, by_hand, administrator };
            let said = match meaning(start) {
                Visit::Install(code) => format!("install for {}", code.address),
                Visit::AskThenInstall(code) => format!("ask, then install for {}", code.address),
                other => format!("{other:?}"),
            };
            lines += &format!("by hand {by_hand:5} administrator {administrator:5} {said}\n");
            assert_eq!(meaning(Start { arguments: 1, ..start }), Visit::CommandLine);
        }
        expected.assert_eq(&lines);
    }

    #[test]
    fn the_name_of_the_file_says_what_to_do() {
        let code = JoinCode { address: "10.38.0.5:8443".to_owned(), pin: Some([7; 16]), secret: [9; 10] };
        for name in [
            format!("sansang-agent_{code}.exe"),
            format!("sansang-agent_{code} (1).exe"),
            format!("sansang-agent_{code}"),
        ] {
            check(
                &name,
                expect![[r#"
                    by hand true  administrator false ask, then install for 10.38.0.5:8443
                    by hand true  administrator true  install for 10.38.0.5:8443
                    by hand false administrator false ask, then install for 10.38.0.5:8443
                    by hand false administrator true  install for 10.38.0.5:8443
                "#]],
            );
        }
        check(
            "sansang-agent_0123456789.exe",
            expect![[r#"
                by hand true  administrator false BadCode(Check)
                by hand true  administrator true  BadCode(Check)
                by hand false administrator false CommandLine
                by hand false administrator true  CommandLine
            "#]],
        );
        check(
            "sansang-agent.exe",
            expect![[r#"
                by hand true  administrator false Explain
                by hand true  administrator true  Explain
                by hand false administrator false CommandLine
                by hand false administrator true  CommandLine
            "#]],
        );
    }
}
