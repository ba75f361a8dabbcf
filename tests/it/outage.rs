//! The collector is away, the spool fills, the collector comes back: nothing lost, nothing twice.

use std::time::Duration;

use agent::courier::Patience;
use agent::desk::{BOUNDS, Desk};
use jiff::SignedDuration;
use rules::assess::Role;
use tests::desk::{LAPTOP, Worker};
use tests::office::Office;

#[tokio::test]
async fn what_was_surveyed_during_an_outage_arrives_after_it_once() {
    let mut office = Office::open().await;
    let code = office.join_code(Role::Officer, 1).await;
    let mut worker = Worker::new(LAPTOP);
    worker.join(&code, office.clock.now()).await.unwrap();

    office.close().await;
    for day in 1..=3 {
        office.wait(SignedDuration::from_hours(24));
        worker.survey(office.clock.now());
        let delivery = worker.deliver(office.clock.now()).await;
        assert_eq!((delivery.accepted, delivery.left), (0, day));
        assert!(delivery.trouble.is_some_and(|trouble| trouble.is_no_contact()));
    }
    // The PC is switched off in between: what waits is on the disk.
    worker.power_cut();
    office.start().await;
    let delivery = worker.deliver(office.clock.now()).await;
    assert_eq!((delivery.accepted, delivery.left), (3, 0), "{:?}", delivery.trouble);
    assert_eq!(office.reports().await, 3);
    let delivery = worker.deliver(office.clock.now()).await;
    assert_eq!((delivery.accepted, delivery.left), (0, 0));
    assert_eq!(office.reports().await, 3);
}

#[tokio::test]
async fn a_receipt_that_is_lost_is_given_again_and_nothing_is_stored_twice() {
    let office = Office::open().await;
    let now = office.clock.now();
    let code = office.join_code(Role::Officer, 1).await;
    let mut worker = Worker::new(LAPTOP);
    worker.join(&code, now).await.unwrap();
    worker.survey(now);

    // The envelope reaches the collector, but the agent loses power before it sees the receipt.
    let spool = worker.path().join("spool");
    let kept: Vec<_> = std::fs::read_dir(&spool).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    let envelope = std::fs::read(&kept[0]).unwrap();
    worker.deliver(now).await;
    worker.power_cut();
    std::fs::write(&kept[0], envelope).unwrap();

    let delivery = worker.deliver(now).await;
    assert_eq!((delivery.accepted, delivery.left), (1, 0));
    assert!(delivery.receipt.unwrap().again);
    assert_eq!(office.reports().await, 1);
}

#[tokio::test]
async fn a_collector_that_never_answers_keeps_the_report_waiting() {
    let office = Office::open().await;
    let now = office.clock.now();
    let mut code = office.join_code(Role::Officer, 1).await;
    let mut worker = Worker::new(LAPTOP);
    worker.join(&code, now).await.unwrap();
    worker.survey(now);
    worker.power_cut();

    // Somebody listens there and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    code.address = silent.local_addr().unwrap().to_string();
    let membership = worker.path().join("membership.json");
    let text = std::fs::read_to_string(&membership).unwrap();
    let moved = text.replace(&office.running().agents.to_string(), &code.address);
    assert_ne!(text, moved);
    std::fs::write(&membership, moved).unwrap();

    let patience = Patience { connect: Duration::from_millis(300), whole: Duration::from_millis(600) };
    let mut desk = Desk::open_with(&worker.path(), BOUNDS, patience).unwrap();
    let delivery = desk.deliver(now).await.unwrap();
    assert_eq!((delivery.accepted, delivery.left), (0, 1));
    assert!(delivery.trouble.is_some());
}
