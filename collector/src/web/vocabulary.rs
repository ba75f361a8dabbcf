//! Every fact that can be known: the dictionary, and the privacy statement.

use askama::Template;
use axum::response::Response;
use rules::facts::{AREAS, Kind, Origin, Term};

use crate::error::Failure;
use crate::lang::Lang;
use crate::web::format::{fill, number};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Visitor, page, value};

#[derive(Template)]
#[template(path = "vocabulary.html")]
struct VocabularyPage {
    l: Layout,
    w: &'static Words,
    count: String,
    areas: Vec<AreaView>,
}

struct AreaView {
    name: &'static str,
    title: &'static str,
    /// Where its facts come from, where no probe asks for them.
    origin: Option<&'static str>,
    terms: Vec<TermView>,
}

struct TermView {
    name: String,
    is_inner: bool,
    vi: &'static str,
    en: &'static str,
    /// The English sentence that explains it.
    sentence: &'static str,
    kind: &'static str,
    words: Option<String>,
}

impl VocabularyPage {
    fn of(reader: &Reader) -> VocabularyPage {
        let (lang, w) = (reader.lang, reader.words());
        let areas: Vec<AreaView> = AREAS
            .iter()
            .map(|area| AreaView {
                name: area.name,
                title: lang.pick(area.vi, area.en),
                origin: match area.origin {
                    Origin::Asked => None,
                    Origin::Derived => Some(&w.vocabulary_derived),
                    Origin::Unit => Some(&w.vocabulary_unit),
                },
                terms: area.terms.iter().flat_map(|term| terms(lang, w, area.name, term)).collect(),
            })
            .collect();
        let count = areas.iter().map(|area| area.terms.len()).sum::<usize>();
        VocabularyPage {
            l: Layout::new(reader, Place::Vocabulary, &w.nav_vocabulary),
            w,
            count: fill(
                &w.vocabulary_count,
                &[("n", &number(lang, i64::try_from(count).unwrap_or(i64::MAX)))],
            ),
            areas,
        }
    }
}

/// A term, and behind it the terms of its records.
fn terms(lang: Lang, w: &'static Words, above: &str, term: &'static Term) -> Vec<TermView> {
    let view = |name: String, is_inner, term: &'static Term| TermView {
        name,
        is_inner,
        vi: term.vi,
        en: term.en,
        sentence: term.sentence(),
        kind: value::kind(w, term.kind),
        words: match term.kind {
            Kind::Word(words) => {
                let labels: Vec<&str> = words.iter().map(|word| lang.pick(word.vi, word.en)).collect();
                Some(labels.join(" · "))
            }
            _ => None,
        },
    };
    let name = format!("{above}.{}", term.name);
    let mut views = vec![view(name.clone(), false, term)];
    if let Kind::Records(inner) = term.kind {
        views.extend(inner.iter().map(|one| view(format!("{name}.{}", one.name), true, one)));
    }
    views
}

/// Shows the vocabulary.
///
/// # Errors
/// When the page cannot be rendered.
pub async fn show(visitor: Visitor) -> Result<Response, Failure> {
    page(&VocabularyPage::of(&visitor.reader))
}
