//! `scrypath-bench serve` answers every search with the same 20 hits, at once, on keep-alive connections.
//! `scrypath-bench bare URL ROUNDS` sends a search's bytes over one socket: the floor.
//! `scrypath-bench core URL ROUNDS` makes the same search through the core's door.
//! `scrypath-bench normalize ROUNDS` makes the normalized query and request of a search with 10 filters.
//! `scrypath-bench enqueue ROUNDS` makes the job of one record, from text to text.
//! `scrypath-bench engine ROUNDS SET…` indexes and searches each set (`films`, or a number of records) in
//! memory, on disk, over the port and in a Meilisearch; `engine-in memory|disk SET ROUNDS` one of these.
//! `scrypath-bench drain DATABASE SCRYPATH JOBS…` lets `scrypath worker` bring as many jobs into a backend that keeps
//! nothing; `in-order` and `ten-at-once DATABASE SCRYPATH JOBS` send one request for each instead.
//! Each of the others prints the median microseconds of one round.

mod bare;
mod door;
mod drain;
mod engine;
mod server;
mod sink;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["serve"] => server::serve(),
        ["bare", url, rounds] => report(bare::rounds(url, rounds.parse().expect("a number of rounds"))),
        ["core", url, rounds] => report(door::rounds(url, rounds.parse().expect("a number of rounds"))),
        ["normalize", rounds] => report(door::normalize(rounds.parse().expect("a number of rounds"))),
        ["enqueue", rounds] => report(door::enqueue(rounds.parse().expect("a number of rounds"))),
        ["engine", rounds, sets @ ..] => engine::compare(rounds.parse().expect("a number of rounds"), sets),
        ["engine-in", place @ ("memory" | "disk"), set, rounds] => {
            engine::alone(place, set, rounds.parse().expect("a number of rounds"));
        }
        ["drain", database, scrypath, counts @ ..] => drain::drain(database, scrypath, counts),
        ["in-order", database, scrypath, count] => drain::in_order(database, scrypath, count),
        ["ten-at-once", database, scrypath, count] => drain::ten_at_once(database, scrypath, count),
        _ => {
            eprintln!(
                "usage: scrypath-bench serve | bare URL ROUNDS | core URL ROUNDS | normalize ROUNDS | enqueue ROUNDS | engine ROUNDS SET… \
                 | drain DATABASE SCRYPATH JOBS… | in-order | ten-at-once DATABASE SCRYPATH JOBS"
            );
            std::process::exit(2);
        }
    }
}

fn report(mut micros: Vec<f64>) {
    micros.sort_by(f64::total_cmp);
    println!("{:.1}", micros[micros.len() / 2]);
}
