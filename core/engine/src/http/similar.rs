//! A name that nobody has, and the one that was meant.

/// `did you mean …? `, or nothing where no name is near enough.
pub(super) fn did_you_mean(given: &str, accepted: &[&str]) -> String {
    let forgiven = match given.len() {
        0..=3 => return String::new(),
        4..=7 => 1,
        8..=12 => 2,
        13..=17 => 3,
        18..=24 => 4,
        // Longer than any name by far.
        64.. => return String::new(),
        _ => 5,
    };
    let nearest = accepted.iter().map(|name| (edits(given, name), name)).min_by_key(|(edits, _)| *edits);
    nearest
        .filter(|(edits, _)| *edits <= forgiven)
        .map_or_else(String::new, |(_, name)| format!("did you mean `{name}`? "))
}

/// How many letters were left out, put in, changed, or exchanged with the next.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let nearest = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    nearest.min(rows[i - 2][j - 2] + 1)
                } else {
                    nearest
                }
            };
        }
    }
    rows[a.len()][b.len()]
}
