//! A desk and a collector that answers as it is told.

#![expect(clippy::disallowed_methods, reason = "a test damages the agent's own files")]

use std::path::PathBuf;
use std::sync::Mutex;

use expect_test::{Expect, expect};
use rules::facts::Facts;
use rules::report::WIRE;

use super::*;
use crate::courier::tests::{PATIENCE, Reply, Seen, Server, now};

/// A folder of this test alone, removed at its end.
pub(crate) struct Room(pub(crate) PathBuf);

impl Room {
    pub(crate) fn new(name: &str) -> Room {
        let path = std::env::temp_dir().join(format!("sansang-desk-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        Room(path)
    }

    pub(crate) fn desk(&self) -> Desk {
        Desk::open_with(&self.0, BOUNDS, PATIENCE).unwrap()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn report() -> Report {
    Report {
        wire: WIRE,
        taken_at: now(),
        agent: "0.1.0".to_owned(),
        survey_ms: 12,
        facts: Facts::default(),
        notes: Vec::new(),
    }
}

pub(crate) fn code(server: &Server) -> JoinCode {
    JoinCode { address: server.address.clone(), pin: Some(server.pin), secret: [5; 10] }
}

pub(crate) fn refusal(status: &str, code: &str) -> Reply {
    Reply::json(status, "", &format!(r#"{{"error":{{"code":"{code}","message":"said the collector"}}}}"#))
}

pub(crate) fn receipt(seen: &Seen) -> Reply {
    received(seen, "")
}

/// The receipt of a collector that keeps full reports as bases.
fn receipt_with_base(seen: &Seen) -> Reply {
    let base = envelope::read(&seen.body).unwrap().base.is_none();
    received(seen, &format!(r#","base":{base}"#))
}

fn received(seen: &Seen, more: &str) -> Reply {
    let envelope = HEXLOWER.encode(digest(&SHA256, &seen.body).as_ref());
    Reply::json(
        "200 OK",
        "",
        &format!(
            r#"{{"envelope":"{envelope}","again":false,"next_seconds":3600,"grade":"needs_work","score":71{more}}}"#
        ),
    )
}

/// Joins as any collector would; answers the reports in turn, then with receipts.
pub(crate) async fn collector(replies: Vec<Reply>) -> Server {
    let replies = Mutex::new(replies.into_iter());
    Server::start(move |seen| {
        if !seen.head.starts_with("POST /v1/join ") {
            return replies.lock().unwrap().next().unwrap_or_else(|| receipt(seen));
        }
        let (request, _) = envelope::open_join(&seen.body).unwrap();
        assert_eq!(request.secret, "05".repeat(10));
        let body = format!(
            r#"{{"machine":"m-1","unit":"Xã Nga Thắng","role":"clerk","sealing_key":"{}"}}"#,
            "09".repeat(32)
        );
        Reply::json("200 OK", "", &body)
    })
    .await
}

/// A collector that keeps bases: it takes whatever it can open, and says what it saw of each report. It loses all that
/// it has when a report of this sequence number first comes.
async fn collector_with_bases(forgetful_at: u64) -> (Server, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = told.clone();
    let kept = Mutex::new((Vec::<Vec<u8>>::new(), false));
    let server = Server::start(move |seen| {
        if seen.head.starts_with("POST /v1/join ") {
            let body = format!(
                r#"{{"machine":"m-1","unit":"Xã","role":"clerk","sealing_key":"{}"}}"#,
                "09".repeat(32)
            );
            return Reply::json("200 OK", "", &body);
        }
        let sealed = envelope::read(&seen.body).unwrap();
        let mut kept = kept.lock().unwrap();
        if sealed.sequence == forgetful_at && !kept.1 {
            *kept = (Vec::new(), true);
        }
        let (word, reply) = match sealed.base {
            None => ("full".to_owned(), receipt_with_base(seen)),
            Some(name) if kept.0.iter().any(|full| envelope::BaseName::of(full) == Ok(name)) => {
                (format!("on {}", name.sequence), receipt_with_base(seen))
            }
            Some(name) => (format!("lacks {}", name.sequence), refusal("409 Conflict", "base-missing")),
        };
        if sealed.base.is_none() {
            kept.0.push(seen.body.clone());
        }
        log.lock().unwrap().push(format!("{} {word}", sealed.sequence));
        reply
    })
    .await;
    (server, told)
}

#[tokio::test]
async fn at_least_every_fourteenth_report_is_full() {
    let room = Room::new("fourteenth");
    let (server, told) = collector_with_bases(0).await;
    let mut desk = room.desk();
    desk.join(&code(&server), "pc", now()).await.unwrap();
    for _ in 0..30 {
        desk.keep(&report(), now()).unwrap();
        assert_eq!(desk.deliver(now()).await.unwrap().accepted, 1);
        drop(desk);
        desk = room.desk();
    }
    let told = told.lock().unwrap();
    let full: Vec<&str> = told.iter().filter(|line| line.ends_with("full")).map(String::as_str).collect();
    assert_eq!(full, ["1 full", "15 full", "29 full"]);
    assert!(told.contains(&"14 on 1".to_owned()) && told.contains(&"16 on 15".to_owned()));
}

#[tokio::test]
async fn a_collector_that_lacks_the_base_gets_it_first() {
    let room = Room::new("lacks");
    let (server, told) = collector_with_bases(3).await;
    let mut desk = room.desk();
    desk.join(&code(&server), "pc", now()).await.unwrap();
    for _ in 0..4 {
        desk.keep(&report(), now()).unwrap();
        let delivery = desk.deliver(now()).await.unwrap();
        assert_eq!((delivery.accepted, delivery.left, delivery.trouble), (1, 0, None));
    }
    assert_eq!(told.lock().unwrap().join(", "), "1 full, 2 on 1, 3 lacks 1, 1 full, 3 on 1, 4 on 1");
}

#[tokio::test]
async fn a_base_that_is_lost_on_both_sides_costs_one_report() {
    let room = Room::new("both");
    let (server, told) = collector_with_bases(2).await;
    let mut desk = room.desk();
    desk.join(&code(&server), "pc", now()).await.unwrap();
    desk.keep(&report(), now()).unwrap();
    desk.deliver(now()).await.unwrap();
    desk.keep(&report(), now()).unwrap();
    drop(desk);
    std::fs::remove_file(room.0.join("base")).unwrap();
    let mut desk = room.desk();
    let delivery = desk.deliver(now()).await.unwrap();
    expect!["Report 2 was dropped: the collector lacks the full report that this one builds on (said the collector)."]
        .assert_eq(&delivery.dropped.join(" "));
    desk.keep(&report(), now()).unwrap();
    assert_eq!(desk.deliver(now()).await.unwrap().accepted, 1);
    assert_eq!(told.lock().unwrap().join(", "), "1 full, 2 lacks 1, 3 full");
}

#[tokio::test]
async fn a_collector_that_knows_no_bases_gets_full_reports() {
    let room = Room::new("no-bases");
    let server = collector(vec![]).await;
    let mut desk = room.desk();
    desk.join(&code(&server), "pc", now()).await.unwrap();
    for _ in 0..3 {
        desk.keep(&report(), now()).unwrap();
        desk.deliver(now()).await.unwrap();
    }
    let seen = server.seen.lock().unwrap();
    assert!(seen.iter().skip(1).all(|seen| envelope::read(&seen.body).unwrap().base.is_none()));
}

/// Keeps three reports, delivers to a collector that answers so, and tells what is left.
async fn check(name: &str, replies: Vec<Reply>, expected: Expect) {
    let room = Room::new(name);
    let server = collector(replies).await;
    let mut desk = room.desk();
    desk.join(&code(&server), "pc", now()).await.unwrap();
    for _ in 0..3 {
        desk.keep(&report(), now()).unwrap();
    }
    let delivery = desk.deliver(now()).await.unwrap();
    let mut text = format!("accepted {}, left {}\n", delivery.accepted, delivery.left);
    for note in delivery.dropped {
        text += &format!("dropped: {note}\n");
    }
    if let Some(trouble) = delivery.trouble {
        text += &format!("trouble: {trouble}\n");
    }
    text += &format!("left: {:?}\n", desk.spool.sequences());
    text += &format!(
        "failures {}, not before {:?}\n",
        desk.diary.failures,
        desk.diary.not_before.map(|t| t.as_second() - now().as_second())
    );
    // Keys are made anew, so that each envelope has another digest.
    let text = match text.split_once(" and ").zip(text.split_once(" was sent")) {
        Some(((before, _), (_, after))) => format!("{before} and DIGEST was sent{after}"),
        None => text,
    };
    expected.assert_eq(&text.replace(&server.address, "COLLECTOR"));
}

#[tokio::test]
async fn receipts_empty_the_spool() {
    check(
        "receipts",
        vec![],
        expect![[r#"
        accepted 3, left 0
        left: []
        failures 0, not before None
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_not_final_is_kept() {
    check(
        "busy",
        vec![Reply::json("503 Service Unavailable", "Retry-After: 90", "")],
        expect![[r#"
        accepted 0, left 3
        trouble: the collector has too much to do (status 503 Service Unavailable); the report waits
        left: [1, 2, 3]
        failures 1, not before Some(90)
    "#]],
    )
    .await;
    check("stranger", vec![refusal("401 Unauthorized", "not-admitted")], expect![[r#"
        accepted 0, left 3
        trouble: the collector does not admit this PC (said the collector); ask the IT department for a join code and join again
        left: [1, 2, 3]
        failures 1, not before None
    "#]]).await;
    check(
        "newer",
        vec![refusal("422 Unprocessable Content", "wire-too-new")],
        expect![[r#"
        accepted 0, left 3
        trouble: the collector is older than this agent (said the collector); the report waits for its update
        left: [1, 2, 3]
        failures 1, not before None
    "#]],
    )
    .await;
    check("garbage", vec![Reply::json("200 OK", "", "<html>")], expect![[r#"
        accepted 0, left 3
        trouble: COLLECTOR does not answer like a collector (status 200 OK, expected value at line 1 column 1: “<html>”); check the address, and whether a proxy or a sign-in page of the network stands between
        left: [1, 2, 3]
        failures 1, not before None
    "#]]).await;
    check(
        "other-receipt",
        vec![Reply::json(
            "200 OK",
            "",
            r#"{"envelope":"ff","again":false,"next_seconds":60,"grade":null,"score":null}"#,
        )],
        expect![[r#"
            accepted 0, left 3
            trouble: COLLECTOR does not answer like a collector (the receipt is for ff and DIGEST was sent); check the address, and whether a proxy or a sign-in page of the network stands between
            left: [1, 2, 3]
            failures 1, not before None
        "#]],
    )
    .await;
}

#[tokio::test]
async fn one_report_does_not_block_the_others() {
    check(
        "future",
        vec![refusal("422 Unprocessable Content", "from-the-future")],
        expect![[r#"
        accepted 2, left 1
        trouble: the collector says that this PC's clock is wrong (said the collector); set the clock
        left: [1]
        failures 1, not before None
    "#]],
    )
    .await;
    check(
        "internal",
        vec![refusal("500 Internal Server Error", "internal")],
        expect![[r#"
        accepted 2, left 1
        trouble: something went wrong in the collector (said the collector); the report waits
        left: [1]
        failures 1, not before None
    "#]],
    )
    .await;
    check(
        "internal-twice",
        vec![
            refusal("500 Internal Server Error", "internal"),
            refusal("500 Internal Server Error", "internal"),
        ],
        expect![[r#"
            accepted 0, left 3
            trouble: something went wrong in the collector (said the collector); the report waits
            left: [1, 2, 3]
            failures 1, not before None
        "#]],
    )
    .await;
}

#[tokio::test]
async fn final_refusals_drop_with_a_note() {
    check(
        "final",
        vec![refusal("413 Content Too Large", "too-large"), refusal("400 Bad Request", "malformed")],
        expect![[r#"
            accepted 1, left 0
            dropped: Report 1 was dropped: the collector refuses the report for good: said the collector.
            dropped: Report 2 was dropped: the collector refuses the report for good: said the collector.
            left: []
            failures 0, not before None
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_used_sequence_number_is_jumped_over_and_told() {
    let room = Room::new("used");
    let server = collector(vec![refusal("409 Conflict", "sequence-used")]).await;
    let mut desk = room.desk();
    desk.join(&code(&server), "pc", now()).await.unwrap();
    desk.keep(&report(), now()).unwrap();
    assert_eq!(desk.deliver(now()).await.unwrap().dropped.len(), 1);
    desk.keep(&report(), now()).unwrap();
    assert_eq!(desk.spool.sequences(), [u64::try_from(now().as_second()).unwrap() + 1]);
    assert_eq!(desk.deliver(now()).await.unwrap().accepted, 1);
    let body = server.seen.lock().unwrap().last().unwrap().body.clone();
    let told = envelope::read(&body).unwrap().open(desk.key.key().public_key()).unwrap();
    expect!["Report 1 was dropped: the collector refuses the report for good: said the collector."]
        .assert_eq(&told.notes[0].text);
    let offset = told.facts.clock.offset.known().unwrap().0;
    assert_eq!(offset / 1000, 5, "the clock's offset goes with the report");
}

#[tokio::test]
async fn an_outage_and_a_restart() {
    let room = Room::new("outage");
    let server = collector(vec![]).await;
    let mut desk = room.desk();
    desk.join(&code(&server), "pc", now()).await.unwrap();
    let id = desk.key_id();
    // The collector moves away: nobody listens at port 1.
    let mut away = desk.membership().unwrap().clone();
    away.address = "127.0.0.1:1".to_owned();
    away.write(&*desk.folder).unwrap();
    drop(desk);
    for day in 1..=2 {
        let mut desk = room.desk();
        desk.keep(&report(), now()).unwrap();
        let delivery = desk.deliver(now()).await.unwrap();
        assert!(delivery.trouble.unwrap().is_no_contact());
        assert_eq!(
            (delivery.accepted, delivery.left, desk.diary.failures),
            (0, day, u32::try_from(day).unwrap())
        );
    }
    // It comes back; the desk joins again with the same key.
    let mut desk = room.desk();
    desk.join(&code(&server), "pc", now()).await.unwrap();
    assert_eq!(desk.key_id(), id);
    let delivery = desk.deliver(now()).await.unwrap();
    assert_eq!((delivery.accepted, delivery.left, desk.diary.failures), (2, 0, 0));
    drop(desk);
    let standing = Standing::read(&room.0).unwrap();
    assert_eq!((standing.waiting, standing.diary.score), (0, Some(71)));
    assert_eq!(standing.membership.unwrap().unit, "Xã Nga Thắng");
}

#[tokio::test]
async fn a_join_that_is_refused_changes_nothing() {
    let room = Room::new("refused");
    let server = Server::start(|_| refusal("401 Unauthorized", "not-admitted")).await;
    let mut desk = room.desk();
    let error = desk.join(&code(&server), "pc", now()).await.unwrap_err();
    assert!(matches!(
        error.downcast_ref::<Trouble>(),
        Some(Trouble::Refused { refusal: Refusal::NotAdmitted, .. })
    ));
    assert_eq!(desk.membership(), None);
    desk.keep(&report(), now()).unwrap();
    let error = desk.deliver(now()).await.unwrap_err().to_string();
    assert!(error.contains("has not joined"), "{error}");
    assert_eq!(desk.waiting(), 1);
}

#[tokio::test]
async fn a_damaged_report_is_set_aside() {
    let room = Room::new("damaged");
    let server = collector(vec![]).await;
    let mut desk = room.desk();
    desk.join(&code(&server), "pc", now()).await.unwrap();
    desk.keep(&report(), now()).unwrap();
    drop(desk);
    // One bit turns; the signature notices.
    let file = std::fs::read_dir(room.0.join(SPOOL)).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let mut desk = room.desk();
    let delivery = desk.deliver(now()).await.unwrap();
    assert_eq!((delivery.accepted, delivery.left), (0, 0));
    expect!["Report 1 was damaged in the spool and is set aside as 00000000000000000001-1795332605.bad."]
        .assert_eq(&desk.diary.notes.join("\n"));
    assert_eq!(server.seen.lock().unwrap().len(), 1, "only the join was sent");
}

#[tokio::test]
async fn bundles() {
    let room = Room::new("bundle");
    let (private, public) = envelope::generate_sealing_key();
    let mut desk = room.desk();
    let code = JoinCode { address: "collector.test:1".to_owned(), pin: None, secret: [5; 10] };
    let plain = desk.bundle(report(), Some(&code), "pc", now()).unwrap();
    assert_eq!((plain.sealed, plain.joins), (false, true));
    let bundle = envelope::read_any(&plain.bytes, &private).unwrap();
    let (request, key) = envelope::open_join(&bundle.join.unwrap()).unwrap();
    assert_eq!(request.hostname, "pc");
    envelope::read(&bundle.envelope).unwrap().open(&key).unwrap();

    let joined = Joined {
        dictionary: 0,
        machine: "m-1".to_owned(),
        unit: "Xã".to_owned(),
        role: "clerk".to_owned(),
        sealing_key: HEXLOWER.encode(&public),
        services: None,
    };
    desk.membership = Some(Membership::new(&code, &joined, now()));
    let sealed = desk.bundle(report(), None, "pc", now()).unwrap();
    assert_eq!((sealed.sealed, sealed.joins), (true, false));
    let bundle = envelope::unseal(&sealed.bytes, &private).unwrap();
    assert_eq!(bundle.join, None);
    assert_eq!(envelope::read(&bundle.envelope).unwrap().sequence, 2);
}

#[tokio::test]
async fn services_are_those_that_the_collector_named_last() {
    let room = Room::new("services");
    let turn = Mutex::new(0);
    let server = Server::start(move |seen| {
        let service =
            |name: &str| format!(r#"{{"name":"{name}","address":"https://a.example.vn","later":1}}"#);
        if seen.head.starts_with("POST /v1/join ") {
            let body = format!(
                r#"{{"machine":"m-1","unit":"Xã","role":"clerk","sealing_key":"{}","services":[{}]}}"#,
                "09".repeat(32),
                service("first")
            );
            return Reply::json("200 OK", "", &body);
        }
        let mut turn = turn.lock().unwrap();
        *turn += 1;
        match *turn {
            1 => received(seen, &format!(r#","services":[{}]"#, vec![service("many"); 20].join(","))),
            2 => received(seen, r#","services":[]"#),
            // An older collector, after a restore.
            _ => received(seen, ""),
        }
    })
    .await;
    let names = |desk: &Desk| {
        let services = desk.diary().services.clone();
        services.map(|services| services.into_iter().map(|service| service.name).collect::<Vec<_>>())
    };
    let mut desk = room.desk();
    assert_eq!(names(&desk), None);
    desk.join(&code(&server), "pc", now()).await.unwrap();
    assert_eq!(names(&desk), Some(vec!["first".to_owned()]));
    for expected in [Some(vec!["many".to_owned(); SERVICES_COUNT_MAX]), Some(Vec::new()), None] {
        desk.keep(&report(), now()).unwrap();
        desk.deliver(now()).await.unwrap();
        drop(desk);
        desk = room.desk();
        assert_eq!(names(&desk), expected);
    }
}

#[test]
fn a_damaged_diary_begins_anew() {
    let room = Room::new("diary");
    drop(room.desk());
    std::fs::write(room.0.join(DIARY), "{\"failures\": ").unwrap();
    assert_eq!(room.desk().diary, Diary::default());
}

/// A desk may be carried into a task of another runtime.
#[test]
fn a_desk_can_travel() {
    fn travels<T: Send>(_: &T) {}
    let room = Room::new("travel");
    let mut desk = room.desk();
    travels(&desk);
    travels(&desk.deliver(now()));
}
