//! Rules are put in force, by somebody and for a reason; broken ones never are.

use rules::assess::Role;
use rules::envelope::pack;
use rules::fact::Fact;
use rules::quantity::Bytes;

use super::*;
use crate::data::tests::Folder as Temporary;
use crate::intake::tests::{NOW, Office, signing_key, survey};
use crate::judge::OWN_SET;
use crate::store::{assessment, key};

/// An office with a folder of rules that holds one set, a machine of 8 GiB, and a moment for each deed.
async fn office(folder: &Temporary) -> (Office, App, String) {
    let rules = folder.0.join("rules");
    std::fs::create_dir(&rules).unwrap();
    std::fs::write(rules.join("mine.toml"), OWN_SET).unwrap();
    let office = Office::open().await;
    let app = office.app.clone().with_rules(rules.clone());
    let (judge, texts) = judge::load_with_texts(&rules).unwrap();
    archive::keep(&app.store, &judge, &texts, app.clock.now()).await.unwrap();
    app.set_judge(judge);
    let signing = signing_key();
    office.join(&signing, b"open").await.unwrap();
    let mut report = survey(NOW);
    report.facts.memory.installed = Fact::Known(Bytes(8 << 30));
    assert_eq!(office.send(pack(&report, &signing, 1).unwrap()).await, "taken");
    let mut tx = app.store.read().await.unwrap();
    let machine = key::standing(&mut tx, &signing.id().0).await.unwrap().unwrap().machine;
    (office, app, machine)
}

fn listed(folder: &Temporary) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(&folder.0)
        .unwrap()
        .chain(std::fs::read_dir(folder.0.join("rules")).unwrap())
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

async fn put(app: &App, text: &str, reason: &str) -> Activated {
    let folder = app.rules.path.clone().unwrap();
    let mut seen = app.rules.seen.lock().await;
    let proposal = propose(&folder, "new.toml", text).unwrap();
    let deed = Deed { actor: "lan", reason };
    activate(app, &mut seen, proposal, deed, &ProgressBar::hidden()).await.unwrap()
}

async fn trail(app: &App) -> Vec<String> {
    let mut tx = app.store.read().await.unwrap();
    let entries = audit::newest(&mut tx, audit::Filter::default(), None, 20).await.unwrap();
    // They are of the same moment, so their order says nothing.
    let mut told: Vec<String> =
        entries.iter().map(|entry| format!("{} {} {}", entry.actor, entry.action, entry.subject)).collect();
    told.sort();
    told
}

#[tokio::test]
async fn an_activation_is_judged_by_and_told_and_can_be_taken_back() {
    let folder = Temporary::new();
    let (_office, app, machine) = office(&folder).await;
    let mut tx = app.store.read().await.unwrap();
    let (first, _) = assessment_of(&mut tx, &machine).await;
    drop(tx);

    let stricter = OWN_SET.replace("8 GiB", "16 GiB");
    let done = put(&app, &stricter, "Công văn 12").await;
    assert_eq!(done.rescored, Some(Rescored { machines: 1, changed: 1 }));
    assert_ne!(done.before, done.after);
    assert_eq!(
        listed(&folder),
        ["mine.toml", "rules"],
        "the file of the set is replaced, nothing else is left"
    );
    assert_eq!(std::fs::read_to_string(folder.0.join("rules/mine.toml")).unwrap(), stricter);

    // The earlier assessment keeps the rules that judged it, and they can be read and asked again.
    let mut tx = app.store.read().await.unwrap();
    assert_eq!(assessment::count(&mut tx, &machine).await.unwrap(), 2);
    let (second, grade) = assessment_of(&mut tx, &machine).await;
    assert_ne!(first, second);
    assert_eq!(grade, "not_ready");
    let mut report = survey(NOW);
    report.facts.memory.installed = Fact::Known(Bytes(8 << 30));
    for (digest, asked) in [(&first, "memory.installed ≥ 8 GiB"), (&second, "memory.installed ≥ 16 GiB")]
    {
        let past = archive::past(&mut tx, digest).await.unwrap().unwrap();
        assert_eq!(past.set.rule("memory-size").unwrap().describe(), asked);
        let day = crate::judge::day(NOW.parse().unwrap());
        let again = rules::assess::assess_in(
            &report.facts,
            &past.set,
            &past.lifecycle,
            Role::Clerk,
            day,
            &past.settings,
        );
        assert_eq!(again.digest, *digest, "the same rules judge");
    }
    let done = rules_text::activations(&mut tx, 9).await.unwrap();
    assert_eq!(done.len(), 1);
    assert_eq!((done[0].reason.as_str(), done[0].counts), ("Công văn 12", Some((1, 1))));
    // Back to the text before, from the archive.
    let before = rules_text::find(&mut tx, done[0].before.as_ref().unwrap()).await.unwrap().unwrap();
    drop(tx);
    let back = put(&app, &before.text, "Quay lại").await;
    assert_eq!(back.after.as_ref(), done[0].before.as_ref());
    let mut tx = app.store.read().await.unwrap();
    assert_eq!(assessment_of(&mut tx, &machine).await, (first, "ready".to_owned()));
    drop(tx);
    assert_eq!(
        trail(&app).await,
        [
            "lan rules-activate own",
            "lan rules-activate own",
            "sansang-collector rules-rescored own",
            "sansang-collector rules-rescored own",
        ]
    );
}

/// Digest and grade of the latest assessment.
async fn assessment_of(tx: &mut Tx, machine: &str) -> (String, String) {
    let body = assessment::latest(tx, machine).await.unwrap().unwrap();
    let judged: rules::assess::Assessment = serde_json::from_str(&body).unwrap();
    (judged.digest, judged.grade.word().to_owned())
}

#[tokio::test]
async fn other_comments_change_no_verdict() {
    let folder = Temporary::new();
    let (_office, app, machine) = office(&folder).await;
    let done = put(&app, &format!("# Said better.\n{OWN_SET}"), "chữ").await;
    assert_eq!((done.before.as_ref(), done.rescored.is_none()), (done.after.as_ref(), false));
    let mut tx = app.store.read().await.unwrap();
    assert_eq!(assessment::count(&mut tx, &machine).await.unwrap(), 1);
    drop(tx);
    assert_eq!(trail(&app).await.first().map(String::as_str), Some("lan rules-activate own"));
}

#[tokio::test]
async fn a_broken_text_changes_nothing() {
    let folder = Temporary::new();
    let (_office, app, _) = office(&folder).await;
    let rules = app.rules.path.clone().unwrap();
    let told = |wrong: Vec<Wrong>| wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let broken =
        propose(&rules, "new.toml", &OWN_SET.replace("memory.installed", "memory.instaled")).unwrap_err();
    assert!(told(broken).starts_with("new.toml:17:10: error[unknown-fact]"), "the name that a person knows");
    // What breaks beside it is told as well, under its own name.
    std::fs::write(rules.join("other.toml"), "[ruleset]\nid = 1\n").unwrap();
    let broken = told(propose(&rules, "new.toml", OWN_SET).unwrap_err());
    assert!(broken.contains("other.toml:2:6"), "{broken}");
    std::fs::remove_file(rules.join("other.toml")).unwrap();
    assert_eq!(listed(&folder), ["mine.toml", "rules"]);
    assert_eq!(trail(&app).await, Vec::<String>::new());
    // No id leads out of the folder; a set of another id gets a file of its own within it.
    let called = |id: &str| OWN_SET.replace("id = \"own\"", &format!("id = \"{id}\""));
    let broken = told(propose(&rules, "new.toml", &called("../lifecycle")).unwrap_err());
    assert!(broken.starts_with("new.toml:3:6: error[bad-id]"), "{broken}");
    let proposal = propose(&rules, "new.toml", &called("another")).unwrap();
    assert_eq!(proposal.file, rules.join("another.toml"));
    let table = rules::lifecycle::Lifecycle::shipped_text();
    assert_eq!(propose(&rules, "upload.toml", table).unwrap().file, rules.join("lifecycle.toml"));
}

#[tokio::test]
async fn a_file_laid_into_the_folder_is_told_too() {
    let folder = Temporary::new();
    let (_office, app, _) = office(&folder).await;
    let rules = app.rules.path.clone().unwrap();
    let watch = crate::watch::Watch::new(app.clone());
    std::fs::write(rules.join("mine.toml"), OWN_SET.replace("8 GiB", "32 GiB")).unwrap();
    assert!(watch.reload().await.unwrap().is_empty());
    assert!(watch.reload().await.unwrap().is_empty(), "and not twice");
    std::fs::remove_file(rules.join("mine.toml")).unwrap();
    watch.reload().await.unwrap();
    assert_eq!(
        trail(&app).await,
        [
            "rules folder rules-activate own",
            "rules folder rules-activate own",
            "sansang-collector rules-rescored own",
            "sansang-collector rules-rescored own",
        ]
    );
    let mut tx = app.store.read().await.unwrap();
    // Both were in one moment of the clock, so their order is left to chance.
    let mut done = rules_text::activations(&mut tx, 9).await.unwrap();
    done.sort_by_key(|one| one.after.is_some());
    assert_eq!((done[0].after.is_none(), done[1].counts), (true, Some((1, 1))));
}
