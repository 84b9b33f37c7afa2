//! What is indexed: the films, or as many records as wanted, made of the films' words, always the same.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Documents as NDJSON, in bodies that one request may carry.
pub(crate) struct Records {
    pub(crate) bodies: Vec<Vec<u8>>,
    pub(crate) bytes: u64,
}

const BODY: usize = 24 << 20;

fn shared(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The settings and the queries that the ranking is held to.
pub(crate) fn ranking() -> (Value, Vec<String>) {
    let text = std::fs::read_to_string(shared("conformance/ranking/movies.json")).expect("the queries");
    let mut ranking: Value = serde_json::from_str(&text).expect("JSON");
    let queries = ranking["queries"].as_array().expect("a list");
    let queries = queries.iter().map(|query| query["q"].as_str().expect("a text").to_owned()).collect();
    (ranking["settings"].take(), queries)
}

fn film_lines() -> String {
    std::fs::read_to_string(shared("data/movies.ndjson")).expect("the films")
}

/// `films`, or a number of records.
pub(crate) fn named(set: &str) -> Records {
    let lines = film_lines();
    if set == "films" {
        return Records { bytes: lines.len() as u64, bodies: vec![lines.into_bytes()] };
    }
    generated(&lines, set.parse().expect("`films` or a number of records"))
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

fn generated(films: &str, count: usize) -> Records {
    let films: Vec<Value> = films.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let texts = |name: &str| -> Vec<String> {
        films.iter().filter_map(|film| film[name].as_str().map(str::to_owned)).collect()
    };
    // Words come as often as they do in the titles, so that there are common and rare ones.
    let words: Vec<String> =
        texts("title").iter().flat_map(|title| title.split(' ').map(str::to_owned)).collect();
    let [directors, genres, sources, distributors, ratings] =
        ["director", "genre", "source", "distributor", "mpaa_rating"].map(texts);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut records = Records { bodies: vec![Vec::new()], bytes: 0 };
    for id in 1..=count {
        let mut title: Vec<&str> =
            (0..2 + dice.below(4)).map(|_| words[dice.below(words.len())].as_str()).collect();
        let part = dice.below(count).to_string();
        // Some words that hardly any other record has.
        if dice.below(4) == 0 {
            title.push(&part);
        }
        let mut pick = |from: &[String]| from[dice.below(from.len())].clone();
        let record = json!({
            "id": id,
            "title": title.join(" "),
            "director": pick(&directors),
            "genre": pick(&genres),
            "source": pick(&sources),
            "distributor": pick(&distributors),
            "mpaa_rating": pick(&ratings),
            "year": 1950 + dice.below(75),
            "imdb_rating": dice.below(100) as f64 / 10.0,
            "worldwide_gross": dice.below(900_000_000),
        });
        let line = format!("{record}\n");
        records.bytes += line.len() as u64;
        if records.bodies.last().is_some_and(|body| body.len() + line.len() > BODY) {
            records.bodies.push(Vec::new());
        }
        records.bodies.last_mut().expect("a body").extend_from_slice(line.as_bytes());
    }
    records
}
