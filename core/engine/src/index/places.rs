//! Where words are: by field, and by place in a field.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::postings::{Postings, bucketed, each_in_row};

/// Documents by field and by (bucketed) place in a field.
#[derive(Default)]
pub(crate) struct ByPlace {
    pub(crate) fields: BTreeMap<u16, RoaringBitmap>,
    pub(crate) places: BTreeMap<u16, RoaringBitmap>,
}

/// Documents as they are met: putting each into its set at once would search the set each time.
#[derive(Default)]
pub(super) struct Gathering {
    fields: Vec<Vec<u32>>,
    /// By `slot` of the place.
    places: Vec<Vec<u32>>,
}

/// Buckets in order, without the gaps between them.
fn slot(bucket: u16) -> usize {
    match bucket {
        0..16 => usize::from(bucket),
        24 => 16,
        // 32 comes after 24, then each power of two; the last does not fit and is the greatest number.
        _ => 12 + (u32::from(bucket) + u32::from(bucket == u16::MAX)).ilog2() as usize,
    }
}

fn bucket(slot: usize) -> u16 {
    match slot {
        0..16 => slot as u16,
        16 => 24,
        _ => u16::try_from(1u32 << (slot - 12)).unwrap_or(u16::MAX),
    }
}

fn push(lists: &mut Vec<Vec<u32>>, at: usize, docid: u32) {
    if at >= lists.len() {
        lists.resize_with(at + 1, Vec::new);
    }
    let list = &mut lists[at];
    if list.last() != Some(&docid) {
        list.push(docid);
    }
}

impl ByPlace {
    /// Roughly the bytes that it takes.
    pub(super) fn size(&self) -> usize {
        self.fields.values().chain(self.places.values()).map(RoaringBitmap::serialized_size).sum()
    }
}

impl Gathering {
    pub(super) fn add(&mut self, postings: &Postings) {
        postings.each(|docid, positions| self.put(docid, positions));
    }

    pub(super) fn add_row(&mut self, least: u32, row: &[u8]) {
        each_in_row(least, row, |docid, positions| self.put(docid, positions));
    }

    fn put(&mut self, docid: u32, positions: &[u32]) {
        for position in positions {
            push(&mut self.fields, (position >> 16) as usize, docid);
            push(&mut self.places, slot(bucketed(*position as u16)), docid);
        }
    }

    pub(super) fn finish(self) -> ByPlace {
        let fields = self.fields.into_iter().enumerate().map(|(field, docids)| (field as u16, docids));
        let places = self.places.into_iter().enumerate().map(|(slot, docids)| (bucket(slot), docids));
        ByPlace { fields: sets(fields), places: sets(places) }
    }
}

fn sets(lists: impl Iterator<Item = (u16, Vec<u32>)>) -> BTreeMap<u16, RoaringBitmap> {
    let lists = lists.filter(|(_, docids)| !docids.is_empty());
    lists
        .map(|(key, mut docids)| {
            // In order already where there is one word; several make runs, which are quick to sort.
            if !docids.is_sorted() {
                docids.sort();
            }
            docids.dedup();
            (key, RoaringBitmap::from_sorted_iter(docids).unwrap_or_default())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_has_a_slot_of_its_own() {
        let buckets: std::collections::BTreeSet<u16> = (0..=u16::MAX).map(bucketed).collect();
        let slots: Vec<usize> = buckets.iter().map(|bucket| slot(*bucket)).collect();
        assert!(slots.is_sorted_by(|a, b| a < b), "{slots:?}");
        assert!(buckets.iter().all(|each| bucket(slot(*each)) == *each));
    }
}
