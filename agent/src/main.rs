//! The program `sansang-agent`: arguments to a command, a command to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    agent::cli::main()
}
