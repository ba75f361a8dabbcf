//! Everything that may come to the intake, on a database in a temporary folder.

use expect_test::{Expect, expect};
use rules::envelope::{SigningKey, pack, pack_join};
use rules::fact::Fact;
use rules::facts::Facts;
use rules::lifecycle::Lifecycle;
use rules::report::WIRE;
use rules::wire::JoinRequest;

use super::*;
use crate::app::Judge;
use crate::clock::Clock;
use crate::config::Reach;
use crate::data::tests::Folder;
use crate::store::join_code::NewCode;
use crate::store::unit::Naming;
use crate::store::{Store, join_code, report, story, unit};

pub(crate) const NOW: &str = "2026-11-22T01:00:00Z";

/// An office with one unit and one join code for two PCs, whose secret is `open`.
pub(crate) struct Office {
    pub(crate) app: App,
    pub(crate) intake: Intake,
    writer: Option<Writer>,
    _folder: Folder,
}

pub(crate) fn signing_key() -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate(&SystemRandom::new()).unwrap()).unwrap()
}

fn settings() -> Settings {
    Settings { report_seconds: 3600, sealing_key: vec![1; 32], services: Reach::default().services }
}

impl Office {
    async fn new() -> Office {
        let folder = Folder::new();
        let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
        let judge = Judge { sets: vec![], lifecycle: Lifecycle::shipped() };
        let app = App::new(store, Clock::fixed(NOW.parse().unwrap()), judge, false);
        let (intake, writer) = Intake::new(app.clone(), settings()).unwrap();
        let mut tx = app.store.begin().await.unwrap();
        let naming = Naming {
            code: "VP".into(),
            name: "Văn phòng".into(),
            short: "Văn phòng".into(),
            kind: "office".into(),
        };
        let office = unit::add(&mut tx, None, &naming, app.clock.now()).await.unwrap();
        let code = NewCode {
            secret_hash: &secret_hash(b"open"),
            unit: &office.id,
            role: "clerk",
            uses: 2,
            expires_at: app.clock.now() + SignedDuration::from_hours(1),
            created_by: "test",
        };
        join_code::add(&mut tx, code, app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        Office { app, intake, writer: Some(writer), _folder: folder }
    }

    /// An office whose writer runs.
    pub(crate) async fn open() -> Office {
        let mut office = Office::new().await;
        tokio::spawn(office.writer.take().unwrap().run());
        office
    }

    pub(crate) async fn join(&self, key: &SigningKey, secret: &[u8]) -> Result<Joined, Trouble> {
        self.intake.join(join_bytes(key, secret)).await
    }

    pub(crate) async fn send(&self, bytes: Vec<u8>) -> String {
        tell(self.intake.take_in(bytes, Via::Https).await)
    }

    async fn reports(&self) -> u64 {
        report::count(&mut self.app.store.read().await.unwrap()).await.unwrap()
    }

    async fn latest(&self, key: &SigningKey) -> i64 {
        let mut tx = self.app.store.read().await.unwrap();
        let standing = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap();
        standing.latest.map_or(0, |(_, sequence)| sequence)
    }
}

pub(crate) fn join_bytes(key: &SigningKey, secret: &[u8]) -> Vec<u8> {
    let request = JoinRequest {
        secret: HEXLOWER.encode(secret),
        public_key: HEXLOWER.encode(key.public_key()),
        hostname: "PC-01".to_owned(),
        agent: "0.1.0".to_owned(),
    };
    pack_join(&request, key).unwrap()
}

pub(crate) fn survey(taken_at: &str) -> Report {
    let mut facts = Facts::default();
    facts.os.hostname = Fact::Known("PC-01".to_owned());
    Report {
        wire: WIRE,
        taken_at: taken_at.parse().unwrap(),
        agent: "0.1.0".to_owned(),
        survey_ms: 1,
        facts,
        notes: vec![],
    }
}

pub(crate) fn packed(key: &SigningKey, sequence: u64) -> Vec<u8> {
    pack(&survey(NOW), key, sequence).unwrap()
}

fn tell(answer: Result<Receipt, Trouble>) -> String {
    match answer {
        Ok(Receipt { again: false, .. }) => "taken".to_owned(),
        Ok(Receipt { again: true, .. }) => "again".to_owned(),
        Err(Trouble::Refused(refusal)) => format!("{refusal:?}"),
        Err(Trouble::Failed(error)) => format!("failed: {error:#}"),
    }
}

fn told<T>(answer: Result<T, Trouble>) -> Option<Refusal> {
    match answer {
        Err(Trouble::Refused(refusal)) => Some(refusal),
        Err(Trouble::Failed(error)) => panic!("{error:#}"),
        Ok(_) => None,
    }
}

#[tokio::test]
async fn joined_then_taken_then_again() {
    let office = Office::open().await;
    let key = signing_key();
    let joined = office.join(&key, b"open").await.unwrap();
    assert_eq!((joined.unit.as_str(), joined.role.as_str()), ("Văn phòng", "clerk"));
    assert_eq!(joined.sealing_key, "01".repeat(32));
    let bytes = packed(&key, 1);
    let receipt = office.intake.take_in(bytes.clone(), Via::Https).await.unwrap();
    assert_eq!(receipt.envelope, HEXLOWER.encode(digest(&SHA256, &bytes).as_ref()));
    assert_eq!((receipt.again, receipt.next_seconds, receipt.grade), (false, 3600, Some(Grade::NoData)));
    assert_eq!(receipt.services, Some(settings().services), "every receipt names the services");
    assert_eq!(office.send(bytes).await, "again");
    assert_eq!(office.reports().await, 1);
}

#[tokio::test]
async fn a_join_code_lets_in_as_many_as_it_says() {
    let office = Office::open().await;
    let keys = [signing_key(), signing_key(), signing_key()];
    let first = office.join(&keys[0], b"open").await.unwrap();
    assert_eq!(
        office.join(&keys[0], b"open").await.unwrap().machine,
        first.machine,
        "joining twice is harmless"
    );
    assert_ne!(office.join(&keys[1], b"open").await.unwrap().machine, first.machine);
    assert_eq!(told(office.join(&keys[2], b"open").await), Some(Refusal::NotAdmitted), "used up");
    assert_eq!(office.join(&keys[0], b"open").await.unwrap().machine, first.machine, "used up, but known");
    assert_eq!(told(office.join(&keys[2], b"wrong").await), Some(Refusal::NotAdmitted));
}

#[tokio::test]
async fn an_ended_join_code_lets_nobody_in() {
    let office = Office::open().await;
    office.app.clock.set(office.app.clock.now() + SignedDuration::from_hours(1));
    assert_eq!(told(office.join(&signing_key(), b"open").await), Some(Refusal::NotAdmitted));
}

#[tokio::test]
async fn a_join_request_of_another_key_is_refused() {
    let office = Office::open().await;
    let (own, other) = (signing_key(), signing_key());
    let request = JoinRequest {
        secret: HEXLOWER.encode(b"open"),
        public_key: HEXLOWER.encode(other.public_key()),
        hostname: "PC-01".to_owned(),
        agent: String::new(),
    };
    let forged = pack_join(&request, &own).unwrap();
    assert_eq!(told(office.intake.join(forged).await), Some(Refusal::NotAdmitted));
    assert_eq!(told(office.intake.join(b"rubbish".to_vec()).await), Some(Refusal::Malformed));
    let long =
        JoinRequest { hostname: "x".repeat(256), public_key: HEXLOWER.encode(own.public_key()), ..request };
    assert_eq!(told(office.intake.join(pack_join(&long, &own).unwrap()).await), Some(Refusal::Malformed));
}

#[tokio::test]
async fn what_is_refused_is_not_stored() {
    async fn check(office: &Office, bytes: Vec<u8>, expected: Expect) {
        expected.assert_eq(&office.send(bytes).await);
        assert_eq!(office.reports().await, 1);
    }
    let office = Office::open().await;
    let (key, stranger, withdrawn) = (signing_key(), signing_key(), signing_key());
    office.join(&key, b"open").await.unwrap();
    office.join(&withdrawn, b"open").await.unwrap();
    let mut tx = office.app.store.begin().await.unwrap();
    key::withdraw(&mut tx, &withdrawn.id().0, office.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(office.send(packed(&key, 2000)).await, "taken");

    // Credential faults all look alike.
    check(&office, packed(&stranger, 1), expect!["NotAdmitted"]).await;
    check(&office, packed(&withdrawn, 1), expect!["NotAdmitted"]).await;
    let mut forged = packed(&key, 2001);
    *forged.last_mut().unwrap() ^= 1;
    check(&office, forged, expect!["NotAdmitted"]).await;
    assert_eq!(told(office.join(&withdrawn, b"open").await), Some(Refusal::NotAdmitted));

    // Replays.
    let mut other = survey(NOW);
    other.survey_ms = 2;
    check(&office, pack(&other, &key, 2000).unwrap(), expect!["SequenceUsed"]).await;
    check(&office, packed(&key, 2000 - 1024), expect!["SequenceTooOld"]).await;
    check(&office, packed(&key, u64::MAX), expect!["Malformed"]).await;

    // Bodies.
    check(&office, b"rubbish".to_vec(), expect!["Malformed"]).await;
    check(&office, vec![], expect!["Malformed"]).await;
    check(&office, vec![0; rules::limits::ENVELOPE_BYTES_MAX + 1], expect!["TooLarge"]).await;
    check(&office, pack(&Report { wire: 99, ..survey(NOW) }, &key, 2002).unwrap(), expect!["WireTooNew"])
        .await;
    let ahead = pack(&survey("2026-11-23T01:00:00.001Z"), &key, 2003).unwrap();
    check(&office, ahead, expect!["FromTheFuture"]).await;
    assert_eq!(office.send(pack(&survey("2026-11-23T01:00:00Z"), &key, 2004).unwrap()).await, "taken");
}

#[tokio::test]
async fn a_late_report_is_history() {
    let office = Office::open().await;
    let key = signing_key();
    office.join(&key, b"open").await.unwrap();
    assert_eq!(office.send(packed(&key, 10)).await, "taken");
    assert_eq!(office.send(pack(&survey("2026-11-21T01:00:00Z"), &key, 9).unwrap()).await, "taken");
    assert_eq!(office.latest(&key).await, 10);
    assert_eq!(office.send(pack(&survey("2026-11-22T00:00:00Z"), &key, 11).unwrap()).await, "taken");
    assert_eq!(office.latest(&key).await, 10, "a clock that was set back makes history too");
    assert_eq!(office.send(packed(&key, 12)).await, "taken");
    assert_eq!(office.latest(&key).await, 12, "the same moment: the higher number is later");
    assert_eq!(office.reports().await, 4);
}

#[tokio::test]
async fn many_share_a_commit_and_answers_come_after_it() {
    let mut office = Office::new().await;
    let key = signing_key();
    let joining = tokio::spawn({
        let (intake, bytes) = (office.intake.clone(), join_bytes(&key, b"open"));
        async move { intake.join(bytes).await }
    });
    // Nobody is answered while the writer does not run.
    while office.intake.jobs.capacity() == QUEUE_MAX {
        tokio::task::yield_now().await;
    }
    assert!(!joining.is_finished());
    tokio::spawn(office.writer.take().unwrap().run());
    assert!(joining.await.unwrap().is_ok());
    let mut answers = tokio::task::JoinSet::new();
    for sequence in 1..=100 {
        let (intake, bytes) = (office.intake.clone(), packed(&key, sequence));
        answers.spawn(async move { tell(intake.take_in(bytes, Via::Https).await) });
    }
    while let Some(answer) = answers.join_next().await {
        assert_eq!(answer.unwrap(), "taken");
    }
    assert_eq!(office.reports().await, 100);
}

#[tokio::test]
async fn one_that_fails_does_not_spoil_the_others() {
    let mut office = Office::new().await;
    let writer = office.writer.take().unwrap();
    let mut tx = office.app.store.begin().await.unwrap();
    story::fail_on_broken_hostnames(&mut tx).await;
    tx.commit().await.unwrap();
    let job = |hostname: &str, key: &SigningKey| {
        let (request, public_key) = envelope::open_join(&join_bytes(key, b"open")).unwrap();
        let request = JoinRequest { hostname: hostname.to_owned(), ..request };
        let (to, answer) = oneshot::channel();
        (Job::Join(Box::new(newcomer(request, public_key).unwrap()), to), answer)
    };
    let (broken, good) = (signing_key(), signing_key());
    let (first, first_answer) = job("BROKEN", &broken);
    let (second, second_answer) = job("PC-02", &good);
    writer.commit(vec![first, second]).await;
    assert!(matches!(first_answer.await.unwrap(), Err(Trouble::Failed(_))));
    assert!(second_answer.await.unwrap().is_ok());
    let mut tx = office.app.store.read().await.unwrap();
    assert!(key::standing(&mut tx, &good.id().0).await.unwrap().is_some());
    assert_eq!(key::standing(&mut tx, &broken.id().0).await.unwrap(), None);
}

#[tokio::test]
async fn a_full_queue_says_so() {
    let office = Office::new().await;
    let key = signing_key();
    for _ in 0..QUEUE_MAX {
        let (answer, _) = oneshot::channel();
        let (request, public) = envelope::open_join(&join_bytes(&key, b"open")).unwrap();
        assert!(
            office.intake.hand_over(Job::Join(Box::new(newcomer(request, public).unwrap()), answer)).is_ok()
        );
    }
    assert_eq!(told(office.join(&key, b"open").await), Some(Refusal::Busy));
}
