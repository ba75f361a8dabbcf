//! An empty office; a PC joins; its first report; its grade on the dashboard.

use jiff::SignedDuration;
use rules::assess::{Grade, Role};
use tests::desk::{LAPTOP, Worker};
use tests::office::{ADMINISTRATOR, Office, PASSWORD};
use tests::visitor::Visitor;

#[tokio::test]
async fn from_a_join_code_to_a_grade_on_the_dashboard() {
    let mut office = Office::open().await;
    let now = office.clock.now();
    let code = office.join_code(Role::Clerk, 1).await;

    let mut worker = Worker::new(LAPTOP);
    let joined = worker.join(&code, now).await.unwrap();
    assert_eq!((joined.unit.as_str(), joined.role.as_str()), ("Phường Hạc Thành", "clerk"));
    worker.survey(now);
    let delivery = worker.deliver(now).await;
    assert_eq!((delivery.accepted, delivery.left), (1, 0), "{:?}", delivery.trouble);
    let receipt = delivery.receipt.unwrap();
    assert!(!receipt.again);
    let (grade, score) = (receipt.grade.unwrap(), receipt.score.unwrap());
    assert_ne!(grade, Grade::NoData, "the recorded laptop says enough to be judged");

    // What the PC says of itself without a collector is the same: there is one engine.
    let set =
        rules::ruleset::RuleSet::parse(rules::ruleset::SHIPPED[0].0, rules::ruleset::SHIPPED[0].1).unwrap();
    let own = rules::assess::assess(
        &worker.report(now).facts,
        &set,
        &rules::lifecycle::Lifecycle::shipped(),
        Role::Clerk,
        "2026-11-09".parse().unwrap(),
    );
    assert_eq!((own.grade, own.score), (grade, Some(score)));

    let mut visitor = Visitor::new(office.running().people);
    visitor.sign_in(ADMINISTRATOR, PASSWORD).await;
    let page = visitor.get(&format!("/machines/{}", joined.machine)).await;
    assert_eq!(page.status, 200);
    let word = match grade {
        Grade::Ready => "Sẵn sàng",
        Grade::NeedsWork => "Cần bổ sung",
        Grade::NotReady => "Chưa sẵn sàng",
        Grade::NoData => "Chưa đủ dữ liệu",
    };
    for expected in [word, &format!("{score}/100"), "Phường Hạc Thành", "Văn thư"] {
        assert!(page.body.contains(expected), "the page of the machine lacks “{expected}”");
    }
    let list = visitor.get("/machines").await;
    assert!(list.body.contains(&joined.machine), "the list of machines leads to the machine");
    office.close().await;
}

#[tokio::test]
async fn a_used_up_code_lets_nobody_else_in() {
    let office = Office::open().await;
    let now = office.clock.now();
    let code = office.join_code(Role::Officer, 1).await;
    let mut first = Worker::new(LAPTOP);
    let joined = first.join(&code, now).await.unwrap();
    // The same PC may ask again: its answer may have been lost.
    assert_eq!(first.join(&code, now).await.unwrap().machine, joined.machine);
    let refused = Worker::new(LAPTOP).join(&code, now).await.unwrap_err();
    assert!(refused.to_string().contains("join code"), "{refused}");
}

#[tokio::test]
async fn an_old_code_lets_nobody_in() {
    let office = Office::open().await;
    let code = office.join_code(Role::Officer, 5).await;
    office.wait(SignedDuration::from_hours(25));
    assert!(Worker::new(LAPTOP).join(&code, office.clock.now()).await.is_err());
}
