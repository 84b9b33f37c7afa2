//! `node/src/wire.ts`, formatted as biome wants it.

use std::fmt::Write;

use scrypath_core::Kind;

use crate::description::{Description, Operation};
use crate::shape::{Member, Shape, meaning, members};

const WIDTH: usize = 110;

const HEADER: &str = "\
/**
 * The core's own shapes, in its own spelling: what crosses the door to the native library.
 *
 * Written by `make generate` from the Rust types (`core/tests/wire`). Do not edit: change those.
 */
";

pub(crate) fn typescript(description: &Description) -> String {
    let mut out = HEADER.to_owned();
    for (name, schema) in &description.types {
        out.push('\n');
        comment(&mut out, "", &meaning(schema));
        match Shape::read(schema) {
            Shape::Record(members) => {
                writeln!(out, "export interface {name} {{").unwrap();
                record(&mut out, "  ", &members, |member| show(&member.shape));
                out.push_str("}\n");
            }
            shape => choice(&mut out, name, &shape),
        }
    }
    operations(&mut out, &description.operations);
    kinds(&mut out);
    out
}

fn choice(out: &mut String, name: &str, shape: &Shape) {
    let line = format!("export type {name} = {};\n", show(shape));
    if line.len() <= WIDTH + 1 {
        return out.push_str(&line);
    }
    let choices = match shape {
        Shape::Words(words) => words.iter().map(|word| format!("{word:?}")).collect(),
        Shape::Either(shapes) => shapes.iter().map(show).collect(),
        _ => vec![show(shape)],
    };
    writeln!(out, "export type {name} =\n  | {};", choices.join("\n  | ")).unwrap();
}

fn record(out: &mut String, indent: &str, members: &[Member], show: impl Fn(&Member) -> String) {
    for member in members {
        comment(out, indent, &member.meaning);
        let mark = if member.required { "" } else { "?" };
        writeln!(out, "{indent}{}{mark}: {};", member.name, show(member)).unwrap();
    }
}

fn operations(out: &mut String, operations: &[Operation]) {
    out.push_str("\n/** What each operation takes beside its records, and gives under `ok`. */\n");
    out.push_str("export interface Operations {\n");
    for Operation { name, meaning, takes, gives } in operations {
        comment(out, "  ", meaning);
        writeln!(out, "  {name}: {{\n    takes: {{").unwrap();
        record(out, "      ", &members(takes), |member| show(&member.shape));
        writeln!(out, "    }};\n    gives: {};\n  }};", show(&Shape::read(gives))).unwrap();
    }
    out.push_str("}\n");
}

/// Which kinds are of a class is no type, but a table.
fn kinds(out: &mut String) {
    let mut classes: Vec<(String, Vec<String>)> = Vec::new();
    for kind in Kind::ALL {
        let class = serde_json::to_value(kind.class()).unwrap().as_str().unwrap().to_owned();
        let name = format!("{:?}", kind.name());
        match classes.iter_mut().find(|(known, _)| *known == class) {
            Some((_, names)) => names.push(name),
            None => classes.push((class, vec![name])),
        }
    }
    out.push_str(
        "\n/** Every kind of error, under the class it belongs to. */\nexport const ERROR_KINDS = {\n",
    );
    for (class, names) in classes {
        let line = format!("  {class}: [{}],\n", names.join(", "));
        if line.len() <= WIDTH + 1 {
            out.push_str(&line);
        } else {
            writeln!(out, "  {class}: [\n    {},\n  ],", names.join(",\n    ")).unwrap();
        }
    }
    out.push_str("} as const satisfies Record<ErrorClass, readonly ErrorKind[]>;\n");
}

fn show(shape: &Shape) -> String {
    match shape {
        Shape::Any => "unknown".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::Bool => "boolean".to_owned(),
        Shape::Integer | Shape::Number => "number".to_owned(),
        Shape::Text => "string".to_owned(),
        Shape::Words(words) => alternatives(words.iter().map(|word| format!("{word:?}"))),
        Shape::List(inner) => match inner.as_ref() {
            Shape::Either(_) | Shape::Words(_) => format!("({})[]", show(inner)),
            _ => format!("{}[]", show(inner)),
        },
        Shape::Tuple(inner) => format!("[{}]", inner.iter().map(show).collect::<Vec<_>>().join(", ")),
        Shape::Map(inner) => format!("Record<string, {}>", show(inner)),
        Shape::Named(name) => name.clone(),
        Shape::Either(inner) => alternatives(inner.iter().map(show)),
        Shape::Record(members) if members.is_empty() => "Record<string, never>".to_owned(),
        Shape::Record(_) => panic!("a record inside another needs a name"),
    }
}

fn alternatives(shown: impl Iterator<Item = String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for one in shown {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct.join(" | ")
}

fn comment(out: &mut String, indent: &str, meaning: &str) {
    if !meaning.is_empty() {
        writeln!(out, "{indent}/** {meaning} */").unwrap();
    }
}
