//! Rules that judged are read again years later.

use std::path::Path;

use rules::assess::assess;
use rules::facts::Facts;
use rules::ruleset::in_force;

use super::*;
use crate::data::tests::Folder;
use crate::intake::tests::NOW;
use crate::judge::{OWN_SET, load_with_texts};

const EXTENDING: &str = r#"
[ruleset]
id = "harder"
extends = "own"
title = { vi = "Chặt hơn", en = "Harder" }
in_force = { from = 2026-11-01 }
[grades]
ready = { score = 95, coverage = 70 }
needs_work = { score = 65 }
"#;

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// Loads the folder and keeps what it holds; gives the digests of assessments, by set.
async fn kept(store: &Store, folder: &Path) -> Vec<(String, String)> {
    let (judge, texts) = load_with_texts(folder).unwrap();
    keep(store, &judge, &texts, NOW.parse().unwrap()).await.unwrap();
    judge.sets.iter().map(|set| (set.id.clone(), judge_digest(set, &judge.lifecycle))).collect()
}

#[tokio::test]
async fn whatever_judged_can_be_read_again() {
    let folder = Folder::new();
    let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
    let rules = folder.0.join("rules");
    let shipped = kept(&store, &rules).await;
    std::fs::create_dir(&rules).unwrap();
    write(&rules, "own.toml", OWN_SET);
    let first = kept(&store, &rules).await;
    write(&rules, "own.toml", &OWN_SET.replace("8 GiB", "16 GiB"));
    let second = kept(&store, &rules).await;

    let mut tx = store.read().await.unwrap();
    for (id, digest) in shipped.iter().chain(&first).chain(&second) {
        let past = past(&mut tx, digest).await.unwrap().unwrap();
        let day = jiff::civil::date(2026, 11, 22);
        let role = rules::assess::Role::Officer;
        let assessment = assess(&Facts::default(), &past.set, &past.lifecycle, role, day);
        assert_eq!((&assessment.set, &assessment.digest), (id, digest));
    }
    let own: Vec<_> =
        rules_text::list(&mut tx).await.unwrap().into_iter().filter(|text| text.id == "own").collect();
    assert_eq!(own.len(), 2, "both texts are kept");
    assert!(past(&mut tx, "nothing").await.unwrap().is_none());
}

#[tokio::test]
async fn a_set_that_extends_another_is_read_with_the_one_of_its_day() {
    let folder = Folder::new();
    let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
    let sets = |own: &str| {
        let files =
            [("own.toml".to_owned(), own.to_owned()), ("harder.toml".to_owned(), EXTENDING.to_owned())];
        parse_all(&files).unwrap()
    };
    let mut digests = Vec::new();
    for own in [OWN_SET.to_owned(), OWN_SET.replace("8 GiB", "16 GiB")] {
        let judge = Judge {
            sets: sets(&own),
            lifecycle: Lifecycle::shipped(),
            norms: rules::norms::Norms::shipped(),
            prices: rules::prices::Prices::shipped(),
        };
        let text = |index: usize, text: &str| Text {
            digest: judge.sets[index].digest.clone(),
            kind: Kind::Set,
            id: judge.sets[index].id.clone(),
            text: text.to_owned(),
            beside: vec![judge.sets[1 - index].digest.clone()],
        };
        let mut texts = crate::judge::shipped_texts(&[]);
        texts.extend([text(0, &own), text(1, EXTENDING)]);
        keep(&store, &judge, &texts, NOW.parse().unwrap()).await.unwrap();
        digests.push((judge.sets[1].digest.clone(), judge.sets[1].rules[0].describe()));
    }
    let mut tx = store.read().await.unwrap();
    assert_ne!(digests[0].1, digests[1].1);
    for (digest, described) in digests {
        let set = set(&mut tx, &digest).await.unwrap().unwrap();
        assert_eq!((set.digest, set.rules[0].describe()), (digest, described));
    }
}

#[tokio::test]
async fn what_was_in_force_last_can_be_had_when_the_folder_is_broken() {
    let folder = Folder::new();
    let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
    assert!(last(&mut store.read().await.unwrap()).await.unwrap().is_none(), "nothing was read before");
    let rules = folder.0.join("rules");
    std::fs::create_dir(&rules).unwrap();
    write(&rules, "own.toml", OWN_SET);
    write(&rules, "prices.toml", &Prices::shipped_text().replace("16_000_000", "17_000_000"));
    let (judge, texts) = load_with_texts(&rules).unwrap();
    keep(&store, &judge, &texts, NOW.parse().unwrap()).await.unwrap();
    let last = last(&mut store.read().await.unwrap()).await.unwrap().unwrap();
    assert_eq!(digests(&last), digests(&judge));
    let day = jiff::civil::date(2026, 11, 22);
    assert_eq!(in_force(&last.sets, day).map(|set| &set.id), in_force(&judge.sets, day).map(|set| &set.id));
}

#[tokio::test]
async fn a_text_that_an_older_program_named_otherwise_is_read() {
    let folder = Folder::new();
    let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let kept = |digest: &str, beside: &[&str]| Text {
        digest: digest.to_owned(),
        kind: Kind::Set,
        id: "own".to_owned(),
        text: OWN_SET.to_owned(),
        beside: beside.iter().map(|&digest| digest.to_owned()).collect(),
    };
    for text in [kept("older", &[]), kept("orphan", &["never kept"])] {
        rules_text::put(&mut tx, &text, NOW.parse().unwrap()).await.unwrap();
    }
    assert_eq!(set(&mut tx, "older").await.unwrap().unwrap().id, "own");
    set(&mut tx, "orphan").await.unwrap_err();
}
