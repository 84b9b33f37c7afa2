//! `python/src/scrypath/_wire.py`, formatted as ruff wants it.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::description::{Description, Operation};
use crate::shape::{Member, Shape, meaning, members};

const WIDTH: usize = 110;

const HEADER: &str = "\
\"\"\"The core's own shapes: what crosses the door to the native library.

Written by `make generate` from the Rust types (`core/tests/wire`). Do not edit: change those.
\"\"\"

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NotRequired, Protocol, TypedDict, overload

if TYPE_CHECKING:
    from ._native import Raw
";

/// Names that no member of a class can have.
const KEYWORDS: &[&str] = &["class", "from", "in", "is", "not", "or", "and", "import", "global"];

pub(crate) fn python(description: &Description) -> String {
    let mut out = HEADER.to_owned();
    for name in in_order(&description.types) {
        let schema = &description.types[name];
        match Shape::read(schema) {
            Shape::Record(members) => record(&mut out, name, &meaning(schema), &members),
            shape => alias(&mut out, name, &meaning(schema), &shape),
        }
    }
    operations(&mut out, &description.operations);
    // Between two classes each wants its two lines.
    out.replace("\n\n\n\n", "\n\n\n")
}

/// Every name after those it is made of: an alias is evaluated where it stands. A class is not, so two may
/// be made of each other.
fn in_order(types: &Map<String, Value>) -> Vec<&str> {
    fn visit<'a>(
        name: &'a str,
        types: &'a Map<String, Value>,
        open: &mut Vec<&'a str>,
        done: &mut Vec<&'a str>,
    ) {
        if done.contains(&name) || open.contains(&name) {
            return;
        }
        open.push(name);
        for used in Shape::read(&types[name]).names() {
            let (used, _) = types.get_key_value(used).unwrap_or_else(|| panic!("{used} is not described"));
            visit(used, types, open, done);
        }
        open.pop();
        done.push(name);
    }
    let (mut open, mut done) = (Vec::new(), Vec::new());
    for name in types.keys() {
        visit(name, types, &mut open, &mut done);
    }
    done
}

fn alias(out: &mut String, name: &str, meaning: &str, shape: &Shape) {
    let line = format!("{name} = {}", show(shape));
    match shape {
        Shape::Words(words) if line.len() > WIDTH => {
            write!(out, "\n{name} = Literal[\n").unwrap();
            for word in words {
                writeln!(out, "    {word:?},").unwrap();
            }
            out.push_str("]\n");
        }
        Shape::Either(shapes) if line.len() > WIDTH => {
            let shapes: Vec<String> = shapes.iter().map(show).collect();
            write!(out, "\n{name} = (\n    {}\n)\n", shapes.join("\n    | ")).unwrap();
        }
        _ => write!(out, "\n{line}\n").unwrap(),
    }
    docstring(out, "", meaning);
}

fn record(out: &mut String, name: &str, meaning: &str, members: &[Member]) {
    let typed = |member: &Member| match (name, member.name.as_str()) {
        // The binding hands on what the backend sent before it is read.
        ("SearchReply", "raw") => "Raw".to_owned(),
        _ if member.required => show(&member.shape),
        _ => format!("NotRequired[{}]", show(&member.shape)),
    };
    if members.iter().any(|member| KEYWORDS.contains(&member.name.as_str())) {
        write!(out, "\n{name} = TypedDict(\n    {name:?},\n    {{\n").unwrap();
        for member in members {
            writeln!(out, "        {:?}: {},", member.name, typed(member)).unwrap();
        }
        out.push_str("    },\n)\n");
        return docstring(out, "", meaning);
    }
    write!(out, "\n\nclass {name}(TypedDict):\n").unwrap();
    docstring(out, "    ", meaning);
    if !meaning.is_empty() {
        out.push('\n');
    }
    for member in members {
        writeln!(out, "    {}: {}", member.name, typed(member)).unwrap();
        docstring(out, "    ", &member.meaning);
    }
    out.push('\n');
}

fn operations(out: &mut String, operations: &[Operation]) {
    let names = operations.iter().map(|operation| operation.name.clone()).collect();
    alias(out, "Operation", "", &Shape::Words(names));
    out.push_str("\n\nclass Decide(Protocol):\n");
    docstring(out, "    ", "Carries out an operation: its name, its records, its arguments.");
    for Operation { name, meaning, takes, gives } in operations {
        out.push_str("\n    @overload\n    def __call__(\n        self,\n");
        writeln!(out, "        op: Literal[{name:?}],").unwrap();
        out.push_str("        records: list[Any] | None = None,\n        hooks: list[Any] | None = None,\n");
        out.push_str("        *,\n");
        for member in members(takes) {
            let default = if member.required { "" } else { " = ..." };
            writeln!(out, "        {}: {}{default},", member.name, show(&member.shape)).unwrap();
        }
        write!(out, "    ) -> {}:", show(&Shape::read(gives))).unwrap();
        match meaning.as_str() {
            "" => out.push_str(" ...\n"),
            _ => {
                out.push('\n');
                docstring(out, "        ", meaning);
            }
        }
    }
}

fn show(shape: &Shape) -> String {
    match shape {
        Shape::Any => "Any".to_owned(),
        Shape::Null => "None".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Integer => "int".to_owned(),
        Shape::Number => "float".to_owned(),
        Shape::Text => "str".to_owned(),
        Shape::Words(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            format!("Literal[{}]", words.join(", "))
        }
        Shape::List(inner) => format!("list[{}]", show(inner)),
        // JSON has no tuples; a list with members of several types says less, but is true.
        Shape::Tuple(inner) => format!("list[{}]", alternatives(inner)),
        Shape::Map(inner) => format!("dict[str, {}]", show(inner)),
        Shape::Named(name) => name.clone(),
        Shape::Either(inner) => alternatives(inner),
        Shape::Record(members) if members.is_empty() => "dict[str, Any]".to_owned(),
        Shape::Record(_) => panic!("a record inside another needs a name"),
    }
}

fn alternatives(shapes: &[Shape]) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for shown in shapes.iter().map(show) {
        if shown == "Any" {
            return shown;
        }
        if !distinct.contains(&shown) {
            distinct.push(shown);
        }
    }
    distinct.join(" | ")
}

fn docstring(out: &mut String, indent: &str, meaning: &str) {
    if meaning.is_empty() {
        return;
    }
    let one_line = format!("{indent}\"\"\"{meaning}\"\"\"");
    if one_line.len() <= WIDTH {
        return writeln!(out, "{one_line}").unwrap();
    }
    let mut line = format!("{indent}\"\"\"");
    for word in meaning.split(' ') {
        if line.len() + 1 + word.len() > WIDTH {
            writeln!(out, "{}", line.trim_end()).unwrap();
            line = indent.to_owned();
        }
        write!(line, "{word} ").unwrap();
    }
    writeln!(out, "{}\n{indent}\"\"\"", line.trim_end()).unwrap();
}
