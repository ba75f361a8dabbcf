//! What the collector looks after by itself: rule files that change, exceptions that end, diagnoses that do not hold any
//! more, and the figures of each day.

use std::time::Duration;

use anyhow::Result;
use indicatif::ProgressBar;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tracing::{error, info, warn};

use crate::activate;
use crate::app::App;
use crate::archive;
use crate::goods;
use crate::judge::{self, Wrong};
use crate::part;
use crate::planning;
use crate::rescore::rescore_if_changed;
use crate::server::stopped;
use crate::store::listing::Scope;
use crate::tally;
use crate::waivers;
use crate::work;

/// How often the folder of rules is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How often machines are diagnosed ahead of a plan, and for how long at a time: reports come first.
const DIAGNOSE: Duration = Duration::from_secs(60);
const DIAGNOSE_FOR: Duration = Duration::from_secs(5);
/// How often today's figures are written again: the last ones of a day stay.
const COUNT: Duration = Duration::from_secs(3600);

/// What the collector looks after by itself.
#[derive(Clone)]
pub struct Watch {
    app: App,
}

impl Watch {
    /// A watch over the folder of rules of this app.
    pub fn new(app: App) -> Watch {
        Watch { app }
    }

    /// Watches until the collector stops.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => hangup,
            Err(error) => return error!(%error, "SIGHUP cannot be heard, so rules are not looked after."),
        };
        let mut clock = tokio::time::interval(LOOK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut rounds = tokio::time::interval(DIAGNOSE);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick comes at once, when there is enough to do.
        rounds.tick().await;
        let mut counts = tokio::time::interval(COUNT);
        counts.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                () = stopped(&mut stop) => return,
                _ = hangup.recv() => self.reload().await.map(|_| ()),
                _ = clock.tick() => self.look().await,
                _ = rounds.tick() => self.diagnose().await,
                _ = counts.tick() => self.count().await,
            };
            if let Err(error) = done {
                error!(
                    error = format!("{error:#}"),
                    "What the collector looks after by itself failed; it is tried again."
                );
            }
        }
    }

    /// Reads the rules. Gives what is wrong with them, told to the log too; then the old ones stay in force.
    ///
    /// # Errors
    /// When the machines cannot be judged again.
    pub async fn reload(&self) -> Result<Vec<Wrong>> {
        let Some(rules) = &self.app.rules.path else { return Ok(Vec::new()) };
        let mut seen = self.app.rules.seen.lock().await;
        *seen = judge::fingerprint(rules);
        match judge::load_with_texts(rules) {
            Ok((judge, texts)) => {
                info!(sets = judge.sets.len(), "The rules were read.");
                archive::keep(&self.app.store, &judge, &texts, self.app.clock.now()).await?;
                self.app.set_judge(judge);
                self.app.rules.set_wrong(Vec::new());
                let rescored = rescore_if_changed(&self.app, &ProgressBar::hidden()).await?;
                if rescored.is_some() {
                    activate::count(&self.app, rescored).await?;
                }
                Ok(Vec::new())
            }
            Err(wrong) => {
                wrong.iter().for_each(|wrong| error!("{wrong}"));
                warn!(complaints = wrong.len(), "The changed rules are wrong; the old ones stay in force.");
                self.app.rules.set_wrong(wrong.clone());
                Ok(wrong)
            }
        }
    }

    async fn look(&self) -> Result<()> {
        self.reload_if_changed().await?;
        let ended = waivers::end_run_out(&self.app).await?;
        if ended > 0 {
            info!(ended, "Exceptions ended with their last day.");
        }
        Ok(())
    }

    /// So that a plan need not wait for it; and what was done since is compared with what came.
    async fn diagnose(&self) -> Result<()> {
        let confirmed = work::confirm(&self.app).await?;
        if confirmed > 0 {
            info!(confirmed, "Reports confirmed work.");
        }
        let everything = Scope::everything();
        let left =
            planning::diagnose(&self.app, &everything, Some(DIAGNOSE_FOR), &ProgressBar::hidden()).await?;
        if left > 0 {
            return Ok(());
        }
        let confirmed = goods::confirm(&self.app).await?;
        if confirmed > 0 {
            info!(confirmed, "Reports showed what was bought.");
        }
        part::warm(&self.app).await
    }

    async fn count(&self) -> Result<()> {
        planning::forget_trials(&self.app).await?;
        tally::count(&self.app).await
    }

    async fn reload_if_changed(&self) -> Result<()> {
        let Some(rules) = &self.app.rules.path else { return Ok(()) };
        let before = self.app.rules.seen.lock().await.clone();
        if judge::fingerprint(rules) != before {
            self.reload().await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::data::Data;
    use crate::data::tests::Folder;
    use crate::judge::OWN_SET;

    #[tokio::test]
    async fn broken_rules_leave_the_old_ones_in_force() {
        let folder = Folder::new();
        let (data, _) = Data::make(&folder.0).unwrap();
        let rules = data.path("rules");
        let app =
            crate::server::open_app(&data, &data.config().unwrap(), &rules, Clock::System).await.unwrap();
        let watch = Watch::new(app.clone());
        let ids = || app.judge().sets.iter().map(|set| set.id.clone()).collect::<Vec<_>>();
        let shipped = ids();

        std::fs::create_dir(&rules).unwrap();
        std::fs::write(rules.join("own.toml"), OWN_SET).unwrap();
        watch.reload_if_changed().await.unwrap();
        assert_eq!(ids(), [shipped.clone(), vec!["own".to_owned()]].concat());

        let broken = OWN_SET.replace("memory.installed", "memory.instaled").replace("major", "mayor");
        std::fs::write(rules.join("own.toml"), broken).unwrap();
        let wrong = watch.reload().await.unwrap();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong.iter().all(|wrong| wrong.to_string().contains("own.toml:")), "{wrong:?}");
        assert_eq!(ids(), [shipped.clone(), vec!["own".to_owned()]].concat());

        // A set with the id of a shipped one replaces it.
        let replacing = OWN_SET.replace("\"own\"", &format!("\"{}\"", shipped[0]));
        std::fs::write(rules.join("own.toml"), replacing).unwrap();
        assert!(watch.reload().await.unwrap().is_empty());
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        assert_eq!(sorted(ids()), sorted(shipped.clone()));
        let judge = app.judge();
        assert_eq!(judge.sets.iter().find(|set| set.id == shipped[0]).unwrap().rules.len(), 1);
    }
}
