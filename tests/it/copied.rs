//! A PC is copied with its key, or installed again: nothing is mixed, and a person sees it.

use jiff::SignedDuration;
use rules::assess::Role;
use rules::fact::Fact;
use rules::facts::identity::{Evidence, Identity, Piece, Worth};
use tests::desk::{LAPTOP, Worker};
use tests::office::{ADMINISTRATOR, Office, PASSWORD};
use tests::visitor::Visitor;

/// The hardware of one PC: three pieces of evidence that only it has.
fn hardware(pc: &str) -> Identity {
    let piece = |kind: Evidence| Piece {
        kind: kind.into(),
        worth: Worth::Trustworthy.into(),
        value: Fact::Known(format!("{} of {pc}", kind.word())),
    };
    let kinds = [Evidence::Serial, Evidence::SystemUuid, Evidence::DiskSerial];
    Identity { evidence: Fact::Known(kinds.map(piece).to_vec()) }
}

/// One survey on this hardware, sent. Gives how many reports the collector took.
async fn report(worker: &mut Worker, office: &Office, name: &str, pc: &str) -> usize {
    office.wait(SignedDuration::from_hours(1));
    let now = office.clock.now();
    let mut report = worker.report(now);
    report.facts.os.hostname = Fact::Known(name.to_owned());
    report.facts.identity = hardware(pc);
    worker.desk().keep(&report, now).unwrap();
    worker.deliver(now).await.accepted
}

async fn join(worker: &mut Worker, office: &Office, pc: &str) -> String {
    let code = office.join_code(Role::Officer, 1).await;
    let now = office.clock.now();
    worker.desk().join_as(&code, "pc-01", &hardware(pc), now).await.unwrap().machine
}

async fn administrator(office: &Office) -> Visitor {
    let mut visitor = Visitor::new(office.running().people);
    visitor.sign_in(ADMINISTRATOR, PASSWORD).await;
    visitor
}

const BANNER: &str = "Hai máy dùng chung một khóa";

#[tokio::test]
async fn a_copied_pc_is_seen_and_gets_a_key_of_its_own() {
    let office = Office::open().await;
    let (mut first, mut copy) = (Worker::new(LAPTOP), Worker::new(LAPTOP));
    let machine = join(&mut first, &office, "one").await;
    assert_eq!(report(&mut first, &office, "KETOAN-01", "one").await, 1);
    // The disk is copied to another PC, key and all.
    first.power_cut();
    first.copy_to(&copy);
    assert_eq!(report(&mut first, &office, "KETOAN-01", "one").await, 1);
    assert_eq!(report(&mut copy, &office, "KETOAN-02", "two").await, 1, "it is taken as evidence");
    assert_eq!(report(&mut first, &office, "KETOAN-01", "one").await, 1);

    let mut visitor = administrator(&office).await;
    let page = visitor.get(&format!("/machines/{machine}")).await;
    for expected in [BANNER, "KETOAN-02", "<h1>KETOAN-01</h1>"] {
        assert!(page.body.contains(expected), "the page of the machine lacks “{expected}”");
    }
    assert!(visitor.get("/").await.body.contains("/machines?conflict=open"));
    assert!(visitor.get("/machines?conflict=open").await.body.contains(&machine));

    // The copy joins: it is told to make a key of its own, and becomes a machine of its own.
    let key = copy.desk().key_id();
    let second = join(&mut copy, &office, "two").await;
    assert_ne!(second, machine);
    assert_ne!(copy.desk().key_id(), key);
    assert_eq!(report(&mut copy, &office, "KETOAN-02", "two").await, 1);
    assert_eq!(report(&mut first, &office, "KETOAN-01", "one").await, 1);
    assert!(!visitor.get(&format!("/machines/{machine}")).await.body.contains(BANNER));
    assert!(!visitor.get("/machines?conflict=open").await.body.contains(&machine));
    let page = visitor.get(&format!("/machines/{second}")).await;
    assert!(page.body.contains("<h1>KETOAN-02</h1>"));
}

#[tokio::test]
async fn a_person_says_that_the_hardware_was_replaced() {
    let office = Office::open().await;
    let mut worker = Worker::new(LAPTOP);
    let machine = join(&mut worker, &office, "one").await;
    assert_eq!(report(&mut worker, &office, "KETOAN-01", "one").await, 1);
    // The whole PC was replaced and the disk's content moved over.
    assert_eq!(report(&mut worker, &office, "KETOAN-NEW", "two").await, 1);
    let mut visitor = administrator(&office).await;
    let page = visitor.get(&format!("/machines/{machine}")).await.body;
    assert!(page.contains(BANNER) && page.contains("<h1>KETOAN-01</h1>"));
    let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
    let token = rest.split('"').next().unwrap().to_owned();
    let fields = [("form_token", token.as_str()), ("act", "replaced")];
    let answer = visitor.post(&format!("/machines/{machine}/conflicts"), &fields).await;
    assert_eq!(answer.location, Some(format!("/machines/{machine}")));
    assert_eq!(report(&mut worker, &office, "KETOAN-NEW", "two").await, 1);
    let page = visitor.get(&format!("/machines/{machine}")).await.body;
    assert!(!page.contains(BANNER) && page.contains("<h1>KETOAN-NEW</h1>"));
    assert!(visitor.get("/audit").await.body.contains("Nhận phần cứng mới của máy"));
}

#[tokio::test]
async fn a_pc_that_is_installed_again_keeps_its_history() {
    let office = Office::open().await;
    let mut before = Worker::new(LAPTOP);
    let machine = join(&mut before, &office, "one").await;
    assert_eq!(report(&mut before, &office, "KETOAN-01", "one").await, 1);
    let mut after = Worker::new(LAPTOP);
    assert_eq!(join(&mut after, &office, "one").await, machine);
    assert_eq!(report(&mut after, &office, "KETOAN-01", "one").await, 1);
    assert_eq!(office.reports().await, 2);
}
