//! Text to words, with charabia, which is Meilisearch's own tokenizer.

use std::sync::{Arc, OnceLock};

use charabia::normalizer::{CharNormalizer as _, CompatibilityDecompositionNormalizer};
use charabia::separators::DEFAULT_SEPARATORS;
use charabia::{Language, Tokenizer, TokenizerBuilder};
use serde_json::Value;

use crate::error::{ApiError, Code};
use crate::settings::{Match, Settings, match_pattern};

/// What the settings say about words, with the tokenizer made of it.
pub(crate) struct Tokenizing {
    /// Made when first needed: of many separators or dictionary words that takes longer than a search. It
    /// borrows from `parts`.
    tokenizer: OnceLock<Tokenizer<'static>>,
    /// Shared with nobody; in an `Arc` since what is in one does not move.
    parts: Arc<Parts>,
    /// Attribute patterns, and the languages of what they cover.
    locales: Vec<(Vec<String>, Vec<Language>)>,
}

/// What a tokenizer borrows.
struct Parts {
    stop_words: Option<fst::Set<Vec<u8>>>,
    separators: Option<Words>,
    dictionary: Option<Words>,
}

/// Words, and the same as slices of them.
struct Words {
    slices: Vec<&'static str>,
    _owned: Arc<[String]>,
}

impl Words {
    fn of(words: Vec<String>) -> Words {
        let owned: Arc<[String]> = words.into();
        // SAFETY: the words live as long as `_owned`, do not move and are not changed; `slices` stays within the
        // crate's tokenizers, which end before `Parts` does.
        let slices = owned.iter().map(|word| unsafe { &*std::ptr::from_ref(word.as_str()) }).collect();
        Words { slices, _owned: owned }
    }
}

impl Parts {
    fn tokenizer<'p>(&'p self, languages: &'p [Language]) -> Tokenizer<'p> {
        let mut builder = TokenizerBuilder::new();
        if let Some(words) = &self.stop_words {
            builder.stop_words(words);
        }
        if let Some(separators) = &self.separators {
            builder.separators(&separators.slices);
        }
        if let Some(words) = &self.dictionary {
            builder.words_dict(&words.slices);
        }
        if !languages.is_empty() {
            builder.allow_list(languages);
        }
        builder.into_tokenizer()
    }
}

impl Tokenizing {
    pub(crate) fn of(settings: &Settings) -> Tokenizing {
        let stop_words = Some(&settings.stop_words)
            .filter(|words| !words.is_empty())
            .and_then(|words| fst::Set::from_iter(words).ok());
        let custom = !settings.separators.is_empty() || !settings.non_separators.is_empty();
        let separators = custom.then(|| {
            let defaults = DEFAULT_SEPARATORS.iter().map(|s| (*s).to_owned());
            let mut all: Vec<String> = defaults.chain(settings.separators.iter().cloned()).collect();
            all.retain(|separator| !settings.non_separators.contains(separator));
            all.sort();
            all.dedup();
            Words::of(all)
        });
        let dictionary = Some(&settings.dictionary)
            .filter(|words| !words.is_empty())
            .map(|words| Words::of(words.iter().cloned().collect()));
        let strings = |value: &Value, key: &str| -> Vec<String> {
            let items = value.get(key).and_then(Value::as_array);
            items.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        };
        let locales =
            settings.localized.as_ref().and_then(Value::as_array).into_iter().flatten().map(|rule| {
                let languages = strings(rule, "locales").iter().filter_map(|code| language(code)).collect();
                (strings(rule, "attributePatterns"), languages)
            });
        let parts = Arc::new(Parts { stop_words, separators, dictionary });
        Tokenizing { tokenizer: OnceLock::new(), parts, locales: locales.collect() }
    }

    /// Lends a tokenizer; `languages` are those a query said it is in.
    pub(crate) fn with<R>(&self, languages: Option<&[Language]>, run: impl FnOnce(&Tokenizer<'_>) -> R) -> R {
        match languages.filter(|languages| !languages.is_empty()) {
            Some(languages) => run(&self.parts.tokenizer(languages)),
            None => run(self.tokenizer.get_or_init(|| {
                // SAFETY: what is borrowed lives in an `Arc` that is held beside the tokenizer for as long as it is
                // there, neither moves nor changes, and the tokenizer is lent for a shorter time only.
                let parts: &'static Parts = unsafe { &*Arc::as_ptr(&self.parts) };
                parts.tokenizer(&[])
            })),
        }
    }

    /// The languages the settings give a field.
    pub(crate) fn languages(&self, field: &str) -> Option<&[Language]> {
        self.locales
            .iter()
            .find(|(patterns, _)| patterns.iter().any(|p| match_pattern(p, field) == Match::Yes))
            .map(|(_, languages)| languages.as_slice())
    }

    /// All languages that the settings speak of, for a query that says none.
    pub(crate) fn all_languages(&self) -> Vec<Language> {
        let mut all: Vec<Language> = Vec::new();
        for (_, languages) in &self.locales {
            for language in languages {
                if !all.contains(language) {
                    all.push(*language);
                }
            }
        }
        all
    }
}

/// Codes of two letters, with those of three.
const TWO_LETTERS: &[(&str, &str)] = &[
    ("af", "afr"),
    ("ak", "aka"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bn", "ben"),
    ("bg", "bul"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("et", "est"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("jv", "jav"),
    ("ja", "jpn"),
    ("kn", "kan"),
    ("ka", "kat"),
    ("km", "khm"),
    ("ko", "kor"),
    ("la", "lat"),
    ("lv", "lav"),
    ("lt", "lit"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("mk", "mkd"),
    ("my", "mya"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("nb", "nob"),
    ("or", "ori"),
    ("pa", "pan"),
    ("fa", "pes"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sn", "sna"),
    ("es", "spa"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("te", "tel"),
    ("tl", "tgl"),
    ("th", "tha"),
    ("tk", "tuk"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("yi", "yid"),
    ("zh", "zho"),
    ("zu", "zul"),
];

/// A language by its ISO 639-1 or 639-3 code.
pub(crate) fn language(code: &str) -> Option<Language> {
    let long = TWO_LETTERS.iter().find(|(short, _)| *short == code).map_or(code, |(_, long)| long);
    // Chinese goes by Mandarin's code, whichever of the two was written.
    Language::from_code(long).or_else(|| (long == "zho").then(|| Language::from_code("cmn")).flatten())
}

/// Every code that a language may be named by.
pub(crate) fn all_locales() -> Vec<&'static str> {
    let short = TWO_LETTERS.iter().map(|(short, _)| *short);
    short.chain(TWO_LETTERS.iter().map(|(_, long)| *long)).chain(["cmn"]).collect()
}

/// What a code that names no language is told; `at` is where it stands.
pub(crate) fn unknown_locale(code: &str, at: &str, error: Code) -> ApiError {
    let known = all_locales().iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    ApiError::new(error, format!("Unknown value `{code}` at `{at}`: expected one of {known}"))
}

/// Facet values and what they are compared with: decomposed, in lower case.
pub(crate) fn normalize_facet(text: &str) -> String {
    CompatibilityDecompositionNormalizer.normalize_str(text.trim()).to_lowercase()
}
