use std::process::ExitCode;

fn main() -> ExitCode {
    scrypath_cli::run(std::env::args_os())
}
