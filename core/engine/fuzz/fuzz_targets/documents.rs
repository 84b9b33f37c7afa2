//! Any bytes as a body of documents; the first says of which format.
#![no_main]

mod boats;

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use scrypath_engine::Engine;

/// Tasks are remembered, so the engine is made anew now and then.
const INPUTS: u32 = 300;

thread_local! {
    static ENGINE: RefCell<(u32, Option<Engine>)> = const { RefCell::new((0, None)) };
}

fuzz_target!(|bytes: &[u8]| {
    let Some((format, body)) = bytes.split_first() else { return };
    let kind = ["application/json", "application/x-ndjson", "text/csv"][usize::from(*format) % 3];
    ENGINE.with_borrow_mut(|(used, engine)| {
        if *used == INPUTS {
            *engine = None;
            *used = 0;
        }
        *used += 1;
        let engine = engine.get_or_insert_with(boats::boats);
        let method = if format & 0x80 == 0 { "POST" } else { "PUT" };
        boats::send(engine, method, "/indexes/boats/documents?primaryKey=id", kind, body);
        boats::settle(engine);
    });
});
