//! Everything that may come to the intake, on a database in a temporary folder.

use expect_test::{Expect, expect};
use ring::digest::{SHA256, digest};
use rules::envelope::{Base, BaseName, Ground, SigningKey, pack, pack_join, pack_json};
use rules::fact::Fact;
use rules::facts::Facts;
use rules::facts::identity::{Evidence, Piece, Worth};
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::report::WIRE;
use rules::wire::JoinRequest;

use super::*;
use crate::app::Judge;
use crate::clock::Clock;
use crate::config::Reach;
use crate::data::tests::Folder;
use crate::store::join_code::NewCode;
use crate::store::unit::Naming;
use crate::store::{Store, conflict, join_code, listing, machine, report, story, unit};

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
        let judge = Judge {
            sets: vec![],
            lifecycle: Lifecycle::shipped(),
            prices: Prices::shipped(),
            norms: Norms::shipped(),
        };
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
        evidence: vec![],
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
        evidence: vec![],
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

/// Evidence from words such as `serial:1 disk:a`; a value that ends with `?` is junk.
fn pieces(text: &str) -> Vec<Piece> {
    let piece = |word: &str| {
        let (kind, value) = word.split_once(':').unwrap();
        let kind = Evidence::ALL.iter().find(|evidence| evidence.word().starts_with(kind)).unwrap();
        let worth = if value.ends_with('?') { Worth::Junk } else { Worth::Trustworthy };
        Piece { kind: (*kind).into(), worth: worth.into(), value: Fact::Known(value.to_owned()) }
    };
    text.split_whitespace().map(piece).collect()
}

/// A report of the PC with this evidence, in the minute of its sequence number.
fn of(key: &SigningKey, sequence: u64, hostname: &str, evidence: &str) -> Vec<u8> {
    let mut report = survey(NOW);
    report.taken_at =
        report.taken_at - SignedDuration::from_mins(600) + SignedDuration::from_mins(sequence as i64);
    report.facts.os.hostname = Fact::Known(hostname.to_owned());
    report.facts.identity.evidence = Fact::Known(pieces(evidence));
    pack(&report, key, sequence).unwrap()
}

impl Office {
    async fn join_as(&self, key: &SigningKey, evidence: &str) -> Result<String, Trouble> {
        let request = JoinRequest {
            secret: HEXLOWER.encode(b"open"),
            public_key: HEXLOWER.encode(key.public_key()),
            hostname: "PC-01".to_owned(),
            agent: "0.1.0".to_owned(),
            evidence: pieces(evidence),
        };
        self.intake.join(pack_join(&request, key).unwrap()).await.map(|joined| joined.machine)
    }

    async fn open_conflicts(&self, machine: &str) -> String {
        let mut tx = self.app.store.read().await.unwrap();
        let open = conflict::open(&mut tx, machine).await.unwrap();
        let told =
            |one: &conflict::Conflict| format!("{} {} x{}", one.cause.word(), one.hostname, one.reports);
        open.iter().map(told).collect::<Vec<_>>().join(", ")
    }

    async fn hostname(&self, machine: &str) -> String {
        let mut tx = self.app.store.read().await.unwrap();
        let row = listing::machine(&mut tx, &listing::Scope::everything(), machine).await.unwrap().unwrap();
        row.hostname
    }
}

const HARDWARE: &str = "serial:1 system:u disk:a mac:m";

#[tokio::test]
async fn the_same_hardware_installed_again_continues_its_history() {
    let office = Office::open().await;
    let (before, after) = (signing_key(), signing_key());
    let machine = office.join_as(&before, HARDWARE).await.unwrap();
    assert_eq!(office.send(of(&before, 1, "PC-01", HARDWARE)).await, "taken");
    // Another name and another drive: still the same PC.
    assert_eq!(office.join_as(&after, "serial:1 system:u disk:b mac:m").await.unwrap(), machine);
    assert_eq!(office.send(of(&after, 1, "PC-NEW", "serial:1 system:u disk:b mac:m")).await, "taken");
    assert_eq!(
        office.send(of(&before, 2, "PC-01", HARDWARE)).await,
        "NotAdmitted",
        "the old key is withdrawn"
    );
    assert_eq!(office.hostname(&machine).await, "PC-NEW");
    assert_eq!(office.reports().await, 2);
    assert_eq!(office.open_conflicts(&machine).await, "");
    let mut tx = office.app.store.read().await.unwrap();
    let audited =
        crate::store::audit::newest(&mut tx, crate::store::audit::Filter::default(), None, 5).await.unwrap();
    assert_eq!(audited[0].action, "machine-join-again");
}

#[tokio::test]
async fn junk_evidence_never_makes_two_pcs_one() {
    let office = Office::open().await;
    let junk = "serial:0? board:0? system:0? mac:0?";
    let first = office.join_as(&signing_key(), junk).await.unwrap();
    assert_ne!(office.join_as(&signing_key(), junk).await.unwrap(), first);
}

#[tokio::test]
async fn one_piece_that_moves_makes_no_two_pcs_one() {
    let office = Office::open().await;
    let first = office.join_as(&signing_key(), HARDWARE).await.unwrap();
    assert_ne!(office.join_as(&signing_key(), "serial:2 system:v disk:a mac:n").await.unwrap(), first);
}

#[tokio::test]
async fn renamed_or_repaired_is_no_conflict() {
    let office = Office::open().await;
    let key = signing_key();
    let machine = office.join_as(&key, HARDWARE).await.unwrap();
    for (sequence, hostname, evidence) in [
        (1, "PC-01", HARDWARE),
        (2, "RENAMED", HARDWARE),
        (3, "RENAMED", "serial:1 system:u disk:b mac:m"),
        // Without rights less is seen.
        (4, "RENAMED", "disk:b mac:m"),
        (5, "RENAMED", "serial:2 system:v disk:b mac:n"),
    ] {
        assert_eq!(office.send(of(&key, sequence, hostname, evidence)).await, "taken");
    }
    assert_eq!(office.open_conflicts(&machine).await, "");
    assert_eq!(office.hostname(&machine).await, "RENAMED");
    assert_eq!(office.latest(&key).await, 5);
}

#[tokio::test]
async fn a_copied_pc_is_a_conflict_until_it_joins_itself() {
    const COPY: &str = "serial:2 system:v disk:b mac:n";
    let office = Office::open().await;
    let key = signing_key();
    let machine = office.join_as(&key, HARDWARE).await.unwrap();
    assert_eq!(office.send(of(&key, 1, "PC-01", HARDWARE)).await, "taken");
    let copied = of(&key, 2, "PC-02", COPY);
    let receipt = office.intake.take_in(copied.clone(), Via::Https).await.unwrap();
    assert_eq!((receipt.grade, receipt.base, receipt.again), (None, false, false));
    assert_eq!(office.send(copied).await, "again");
    assert_eq!(office.send(of(&key, 3, "PC-02", COPY)).await, "taken");
    assert_eq!(office.open_conflicts(&machine).await, "evidence PC-02 x2");
    // The first PC is not disturbed: the number is still its own, and its facts stay.
    assert_eq!(office.send(of(&key, 2, "PC-01", HARDWARE)).await, "taken");
    assert_eq!((office.hostname(&machine).await.as_str(), office.reports().await), ("PC-01", 2));
    assert_eq!(office.open_conflicts(&machine).await, "evidence PC-02 x2", "it lasts");
    // With the shared key nobody joins; with one of its own the copy is a machine of its own.
    assert_eq!(told(office.join_as(&key, COPY).await), Some(Refusal::KeyShared));
    let own = signing_key();
    let second = office.join_as(&own, COPY).await.unwrap();
    assert_ne!(second, machine);
    assert_eq!(office.open_conflicts(&machine).await, "");
    assert_eq!(office.send(of(&own, 4, "PC-02", COPY)).await, "taken");
    assert_eq!(office.send(of(&key, 4, "PC-01", HARDWARE)).await, "taken");
}

#[tokio::test]
async fn a_number_used_twice_is_a_conflict_unless_it_is_the_same_pc() {
    let office = Office::open().await;
    let key = signing_key();
    let machine = office.join_as(&key, HARDWARE).await.unwrap();
    assert_eq!(office.send(of(&key, 1, "PC-01", HARDWARE)).await, "taken");
    // A frozen disk: the same PC counts again from where it was.
    assert_eq!(office.send(of(&key, 1, "PC-01", "serial:1 system:u disk:c")).await, "SequenceUsed");
    assert_eq!(office.open_conflicts(&machine).await, "");
    assert_eq!(office.send(of(&key, 1, "PC-09", "mac:0?")).await, "SequenceUsed");
    assert_eq!(office.open_conflicts(&machine).await, "sequence PC-09 x1");
    assert_eq!(office.reports().await, 1);
}

#[tokio::test]
async fn what_builds_on_a_report_that_is_not_here_asks_for_it() {
    let office = Office::open().await;
    let (key, other) = (signing_key(), signing_key());
    office.join(&key, b"open").await.unwrap();
    office.join(&other, b"open").await.unwrap();
    let (full, json) = (packed(&key, 1), envelope::json(&survey(NOW)).unwrap());
    let base = Base { name: BaseName::of(&full).unwrap(), json: &json };
    let on_it = |key: &SigningKey, sequence| pack_json(&json, key, sequence, Ground::Report(base)).unwrap();
    assert_eq!(office.send(on_it(&key, 2)).await, "BaseMissing");
    assert_eq!(office.reports().await, 0);
    assert_eq!(office.send(full).await, "taken");
    let second = on_it(&key, 2);
    assert_eq!(office.send(second.clone()).await, "taken");
    assert_eq!(office.send(second.clone()).await, "again");
    assert_eq!(office.send(on_it(&other, 2)).await, "BaseMissing", "another machine's report is no base");
    // No chains: what builds on a base is none.
    let sequence = 2;
    let chained = BaseName { sequence, digest: *digest(&SHA256, &second).as_ref().first_chunk().unwrap() };
    let chain = pack_json(&json, &key, 3, Ground::Report(Base { name: chained, json: &json })).unwrap();
    assert_eq!(office.send(chain).await, "BaseMissing");
}

/// Gives the machine a seat by hand, in a unit of its own.
async fn moved_by_hand(office: &Office, machine: &str) {
    let mut tx = office.app.store.begin().await.unwrap();
    let naming =
        Naming {
            code: "HCC".into(), name: "Một cửa".into(), short: "Một cửa".into(), kind: "office".into()
        };
    let unit = unit::add(&mut tx, None, &naming, office.app.clock.now()).await.unwrap();
    let by_hand = (machine::Because::Hand, office.app.clock.now() + SignedDuration::from_mins(1));
    machine::seat(&mut tx, machine, &unit, "counter", by_hand).await.unwrap();
    tx.commit().await.unwrap();
}

async fn another_code(office: &Office, secret: &[u8], code: &str) {
    let mut tx = office.app.store.begin().await.unwrap();
    let [unit] = unit::by_code(&mut tx, code).await.unwrap().try_into().unwrap();
    let code = NewCode {
        secret_hash: &secret_hash(secret),
        unit: &unit.id,
        role: "leader",
        uses: 2,
        expires_at: office.app.clock.now() + SignedDuration::from_hours(1),
        created_by: "test",
    };
    join_code::add(&mut tx, code, office.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn place(office: &Office, machine: &str) -> String {
    let mut tx = office.app.store.read().await.unwrap();
    let unit = machine::unit(&mut tx, machine).await.unwrap();
    format!("{} {}", unit.code, machine::role(&mut tx, machine).await.unwrap())
}

async fn rejoin(office: &Office, secret: &[u8]) -> Result<Joined, Trouble> {
    let key = signing_key();
    let request = JoinRequest {
        secret: HEXLOWER.encode(secret),
        public_key: HEXLOWER.encode(key.public_key()),
        hostname: "PC-01".to_owned(),
        agent: "0.1.1".to_owned(),
        evidence: pieces(HARDWARE),
    };
    office.intake.join(pack_join(&request, &key).unwrap()).await
}

#[tokio::test]
async fn a_seat_given_by_hand_outlives_a_new_installation() {
    let office = Office::open().await;
    let machine = rejoin(&office, b"open").await.unwrap().machine;
    moved_by_hand(&office, &machine).await;
    let again = rejoin(&office, b"open").await.unwrap();
    assert_eq!(
        (again.machine.as_str(), again.unit.as_str(), again.role.as_str()),
        (machine.as_str(), "Một cửa", "counter")
    );
    assert_eq!(place(&office, &machine).await, "HCC counter", "the code is of the unit that it joined by");
    // A code of another unit says that it was moved.
    another_code(&office, b"elsewhere", "HCC").await;
    another_code(&office, b"back", "VP").await;
    assert_eq!(rejoin(&office, b"elsewhere").await.unwrap().machine, machine);
    assert_eq!(place(&office, &machine).await, "HCC leader");
    assert_eq!(rejoin(&office, b"back").await.unwrap().machine, machine);
    assert_eq!(place(&office, &machine).await, "VP leader");
}

#[tokio::test]
async fn the_code_of_a_unit_that_closed_says_so_and_is_not_used_up() {
    let office = Office::open().await;
    let machine = rejoin(&office, b"open").await.unwrap().machine;
    let mut tx = office.app.store.begin().await.unwrap();
    let [unit] = unit::by_code(&mut tx, "VP").await.unwrap().try_into().unwrap();
    let today = crate::judge::day(office.app.clock.now());
    unit::close(&mut tx, &unit.id, today).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..3 {
        assert_eq!(told(office.join(&signing_key(), b"open").await), Some(Refusal::UnitClosed));
    }
    // One that waits there is let in, and goes on waiting.
    assert_eq!(rejoin(&office, b"open").await.unwrap().machine, machine);
    assert_eq!(place(&office, &machine).await, "VP clerk");
    assert_eq!(
        told(office.join(&signing_key(), b"open").await),
        Some(Refusal::NotAdmitted),
        "now it is used up"
    );
}

/// What a machine that did not change adds to the database in a day, in bytes, with all its indexes.
#[tokio::test]
async fn a_machine_that_did_not_change_takes_little_room() {
    use std::sync::Arc;

    use agent::host::recorded::Recording;
    use rules::facts::os::Platform;

    const DAYS: u64 = 196;
    // Reports are some 320 bytes of it; the rest are rows with their ids and digests, their indexes, and what of an
    // assessment differs.
    const BYTES_A_DAY_MAX: u64 = 1536;

    let office = Office::open().await;
    office.app.set_judge(crate::web::office::shipped());
    let key = signing_key();
    office.join(&key, b"open").await.unwrap();
    let recording = include_str!("../../../agent/recordings/windows-10-desktop.json");
    let host = Arc::new(Recording::load(recording).unwrap());
    let start: Timestamp = NOW.parse().unwrap();
    let survey = |day: u64| {
        let at = start + SignedDuration::from_hours(24 * i64::try_from(day).unwrap());
        Report { taken_at: at, ..agent::probe::survey(Arc::clone(&host) as _, Platform::Windows, at) }
    };
    // Every fourteenth report is a full one; the rest build on it.
    let (mut full, mut before, mut small) = (Vec::new(), 0, 0);
    let mut json = Vec::new();
    for day in 0..DAYS + 14 {
        let report = survey(day);
        office.app.clock.set(report.taken_at);
        let text = rules::envelope::json(&report).unwrap();
        let bytes = if day % 14 == 0 {
            full = pack_json(&text, &key, day + 1, Ground::Dictionary(rules::envelope::DICTIONARY)).unwrap();
            json = text;
            full.clone()
        } else {
            let base = Base { name: BaseName::of(&full).unwrap(), json: &json };
            let bytes = pack_json(&text, &key, day + 1, Ground::Report(base)).unwrap();
            small = bytes.len();
            bytes
        };
        assert_eq!(office.send(bytes).await, "taken");
        if day == 13 {
            before = office.app.store.bytes().await.unwrap();
        }
    }
    let a_day = (office.app.store.bytes().await.unwrap() - before) / DAYS;
    let mut tx = office.app.store.read().await.unwrap();
    let standing = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap();
    let kept = crate::store::assessment::latest(&mut tx, &standing.machine).await.unwrap().unwrap();
    let kept: rules::assess::Assessment = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept.day, crate::judge::day(office.app.clock.now()), "every letter of it is there");
    let whole = serde_json::to_string(&kept).unwrap().len();
    println!(
        "{a_day} bytes a day of a machine that did not change: a full report of {} bytes in fourteen days, {small} bytes \
         on the others; a whole assessment has {whole} bytes",
        full.len()
    );
    assert!(a_day <= BYTES_A_DAY_MAX, "{a_day} bytes a day");
    assert!(u64::try_from(whole).unwrap() > 4 * a_day, "an assessment alone was more before");
}
