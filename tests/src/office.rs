//! A collector on free ports, with its own data folder and a clock that the story sets.

use collector::clock::Clock;
use collector::config::Config;
use collector::data::Data;
use collector::guard;
use collector::server::{Running, Terms, serve};
use collector::store::account::Standing;
use collector::store::unit::{Naming, Unit};
use collector::store::{account, report, unit};
use jiff::{SignedDuration, Timestamp};
use rules::assess::Role;
use rules::join::JoinCode;
use tempfile::TempDir;

/// The name of the administrator of every office.
pub const ADMINISTRATOR: &str = "admin";
/// The password of everybody in every office.
pub const PASSWORD: &str = "mật khẩu dài để thử";

/// A collector with its own data folder.
pub struct Office {
    folder: TempDir,
    config: Config,
    /// What time it is in the office.
    pub clock: Clock,
    running: Option<Running>,
}

impl Office {
    /// An office with one unit and one administrator, open since the ninth of November 2026, 08:00 in Hà Nội.
    pub async fn open() -> Office {
        Office::open_with(Config::default()).await
    }

    /// As [`Office::open`], at this time: for agents that look at a clock of their own.
    pub async fn open_at(now: Timestamp) -> Office {
        Office::open_as(Config::default(), now).await
    }

    /// As [`Office::open`], with other settings; the ports are always free ones.
    pub async fn open_with(config: Config) -> Office {
        Office::open_as(config, "2026-11-09T01:00:00Z".parse().expect("a time")).await
    }

    async fn open_as(mut config: Config, now: Timestamp) -> Office {
        let any_port = "127.0.0.1:0".parse().expect("an address");
        config.agents.listen = any_port;
        config.people.listen = any_port;
        let folder = TempDir::new().expect("a folder for the office");
        let mut office = Office { folder, config, clock: Clock::fixed(now), running: None };
        Data::make(&office.path()).expect("a data folder");
        office.start().await;
        // An agent knows the address for good, so the office keeps its ports when it opens again.
        office.config.agents.listen = office.running().agents;
        office.config.people.listen = office.running().people;
        let mut tx = office.running().app.store.begin().await.expect("a transaction");
        let naming = Naming {
            code: "14797".to_owned(),
            name: "Phường Hạc Thành".to_owned(),
            short: "Hạc Thành".to_owned(),
            kind: "ward".to_owned(),
        };
        unit::add(&mut tx, None, &naming, now).await.expect("a unit");
        let password = guard::hash_password(PASSWORD).expect("a hash");
        account::add(&mut tx, now, ADMINISTRATOR, &password, Standing::Administrator, None)
            .await
            .expect("an account");
        tx.commit().await.expect("a commit");
        office
    }

    /// The data folder.
    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("office")
    }

    /// The collector at work.
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("the office is open")
    }

    /// Begins work; the ports are those of before.
    pub async fn start(&mut self) {
        let data = Data::open(&self.path()).expect("the data folder");
        self.running =
            Some(serve(&data, &self.config, self.clock.clone()).await.expect("the collector serves"));
    }

    /// Ends work; what was promised is kept.
    pub async fn close(&mut self) {
        let running = self.running.take().expect("the office is open");
        running.stop().await.expect("the collector stops");
    }

    /// Lets time pass.
    pub fn wait(&self, time: SignedDuration) {
        self.clock.set(self.clock.now().checked_add(time).expect("a time"));
    }

    /// A join code for the unit of this code.
    pub async fn join_code(&self, role: Role, uses: u32) -> JoinCode {
        let running = self.running();
        let mut tx = running.app.store.begin().await.expect("a transaction");
        let unit: Unit = unit::by_code(&mut tx, "14797").await.expect("units").remove(0);
        let terms = Terms { role, uses, lasts: SignedDuration::from_hours(24), by: ADMINISTRATOR };
        let code = running.join_code(&mut tx, &unit, terms).await.expect("a join code");
        tx.commit().await.expect("a commit");
        code
    }

    /// How many reports the office keeps.
    pub async fn reports(&self) -> u64 {
        let mut tx = self.running().app.store.read().await.expect("a transaction");
        report::count(&mut tx).await.expect("a count")
    }
}
