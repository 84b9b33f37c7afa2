//! `docs/errors.md` and `docs/options.md` are printed from the core's tables. `SCRYPATH_GENERATE=1` writes
//! them.

use std::fmt::Write;
use std::path::Path;

use scrypath_core::Kind;
use scrypath_core::config::options::RUNTIME;

fn options() -> String {
    let mut out = String::from(
        "# Runtime options\n\nAccepted by every verb, and as defaults (application environment in Elixir, the client's constructor in\n\
         Python and Node, where Node spells them in camelCase). Printed from the core's table.\n\n\
         | option | default | meaning |\n|---|---|---|\n",
    );
    for option in RUNTIME {
        writeln!(out, "| `{}` | {} | {} |", option.name, option.default, option.meaning).unwrap();
    }
    out
}

fn errors() -> String {
    let mut out = String::from(
        "# Errors\n\nEvery failure has a `kind`, which is stable, and a `class`, which says what to do. Printed from the core's table.\n\n\
         | class | do |\n|---|---|\n\
         | `usage` | change the call; nothing was sent |\n\
         | `transport` | look at the network and the server; the same call may succeed later |\n\
         | `backend` | read the server's `code` and `body` in the details |\n\
         | `timeout` | the work may still finish: look at the task, or ask again |\n\
         | `task` | the accepted work was not done: `details.task.raw` has the server's reason |\n\
         | `queue` | the durable queue refused |\n\
         | `internal` | report it: a defect of Scrypath |\n\n\
         Elixir raises `ArgumentError` for `usage` and returns tagged tuples for the rest; Python and Node raise a class per class.\n\n\
         | kind | class | may succeed later | meaning |\n|---|---|---|---|\n",
    );
    for kind in Kind::ALL {
        let class = serde_json::to_value(kind.class()).unwrap();
        let later = if kind.retryable() { "yes" } else { "no" };
        writeln!(out, "| `{}` | `{}` | {later} | {} |", kind.name(), class.as_str().unwrap(), kind.meaning())
            .unwrap();
    }
    out
}

fn check(page: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
    if std::env::var_os("SCRYPATH_GENERATE").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, wanted, "docs/{page} is not what the table says: run `make generate`");
}

#[test]
fn the_page_of_errors_is_their_table() {
    check("errors.md", &errors());
}

#[test]
fn the_page_of_options_is_their_table() {
    check("options.md", &options());
}

#[test]
fn every_folder_of_the_core_has_its_section_in_the_architecture() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(core.join("../docs/architecture.md")).unwrap();
    for entry in std::fs::read_dir(core.join("src")).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            let heading = format!("\n## {}: ", entry.file_name().to_string_lossy());
            assert!(page.contains(&heading), "docs/architecture.md has no section {heading:?}");
        }
    }
    for path in page.split('`').filter(|word| word.contains('/') && !word.contains([' ', '*', '→'])) {
        assert!(
            core.join("..").join(path).exists(),
            "docs/architecture.md names {path}, which does not exist"
        );
    }
}
