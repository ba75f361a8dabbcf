//! A collector on free ports, with the agent's own desk before it.

use std::time::Duration;

use agent::desk::Desk;
use expect_test::expect;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::data::tests::Folder;
use crate::intake::tests::survey;
use crate::store::unit::{self, Naming};
use crate::store::{key, report};

const NOW: &str = "2026-11-22T01:00:00Z";

fn config() -> Config {
    let text = "agents = { listen = \"127.0.0.1:0\", handshake_seconds = 1, head_seconds = 1 }\n\
                people = { listen = \"127.0.0.1:0\" }";
    Config::parse("collector.toml", text).unwrap()
}

async fn start(folder: &Folder) -> Running {
    let (data, _) = Data::make(&folder.0.join("data")).unwrap();
    serve(&data, &config(), Clock::fixed(NOW.parse().unwrap())).await.unwrap()
}

async fn code(running: &Running) -> JoinCode {
    let mut tx = running.app.store.begin().await.unwrap();
    let naming = Naming {
        code: "VP".into(),
        name: "Văn phòng".into(),
        short: "Văn phòng".into(),
        kind: "office".into(),
    };
    let unit = unit::add(&mut tx, None, &naming, running.app.clock.now()).await.unwrap();
    let terms = Terms { role: Role::Clerk, uses: 1, lasts: SignedDuration::from_hours(1), by: "test" };
    let code = running.join_code(&mut tx, &unit, terms).await.unwrap();
    tx.commit().await.unwrap();
    code
}

#[tokio::test]
async fn joined_delivered_and_kept_over_a_restart() {
    let folder = Folder::new();
    let running = start(&folder).await;
    let now = running.app.clock.now();
    let mut desk = Desk::open(&folder.0.join("desk")).unwrap();
    let joined = desk.join(&code(&running).await, "PC-01", now).await.unwrap();
    assert_eq!(joined.role, "clerk");
    desk.keep(&survey(NOW), now).unwrap();
    let delivery = desk.deliver(now).await.unwrap();
    assert_eq!((delivery.accepted, delivery.left), (1, 0), "{delivery:?}");

    // Two never serve one folder.
    let (data, _) = Data::make(&folder.0.join("data")).unwrap();
    let second = serve(&data, &config(), Clock::System).await.err().unwrap();
    assert!(format!("{second:#}").contains("another collector already serves"), "{second:#}");

    running.stop().await.unwrap();
    let running = start(&folder).await;
    let mut tx = running.app.store.read().await.unwrap();
    let standing = key::standing(&mut tx, &desk.key_id().0).await.unwrap().unwrap();
    assert_eq!((standing.machine, standing.sequence), (joined.machine, 1));
    assert_eq!(report::count(&mut tx).await.unwrap(), 1);
    drop(tx);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_says_nothing_is_cut() {
    let folder = Folder::new();
    let running = start(&folder).await;
    // No handshake, and half a head.
    let mut silent = TcpStream::connect(running.agents).await.unwrap();
    let mut slow = TcpStream::connect(running.people).await.unwrap();
    slow.write_all(b"GET /sign-in HTTP/1.1\r\nHost:").await.unwrap();
    for stream in [&mut silent, &mut slow] {
        let mut said = Vec::new();
        let cut = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut said)).await;
        assert!(cut.is_ok(), "the connection is still open");
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn people_are_served() {
    let folder = Folder::new();
    let running = start(&folder).await;
    let mut browser = TcpStream::connect(running.people).await.unwrap();
    browser.write_all(b"GET /sign-in HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut said = String::new();
    browser.read_to_string(&mut said).await.unwrap();
    expect!["HTTP/1.1 200 OK"].assert_eq(said.lines().next().unwrap());
    running.stop().await.unwrap();
}
