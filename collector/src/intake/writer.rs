//! The one writer: many arrivals, one commit.

use std::sync::Arc;

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use rules::wire::{Joined, Receipt, Refusal};
use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

use super::{Arrival, Job, Newcomer, Settings, Trouble, shown, too_old};
use crate::app::App;
use crate::store::assessment::{Cause, Judgement};
use crate::store::machine::{self, Mark};
use crate::store::report::{self, Arrived};
use crate::store::{Tx, assessment, join_code, key, unit};

/// Most arrivals in one commit.
const BATCH_MAX: usize = 256;

/// Commits what the intake hands over.
pub struct Writer {
    app: App,
    waiting: mpsc::Receiver<Job>,
    settings: Arc<Settings>,
}

/// What a job came to; told only after the commit.
enum Done {
    Report(Result<Receipt, Refusal>),
    Join(Result<Joined, Refusal>),
}

impl Writer {
    pub(super) fn new(app: App, waiting: mpsc::Receiver<Job>, settings: Arc<Settings>) -> Writer {
        Writer { app, waiting, settings }
    }

    /// Writes until every clone of the intake is gone and nothing waits any more.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
            self.commit(std::mem::take(&mut batch)).await;
        }
    }

    /// Commits a batch. When something in it fails, each job gets a commit of its own, so that a bad one never
    /// spoils the others.
    pub(super) async fn commit(&self, batch: Vec<Job>) {
        let error = match self.together(&batch).await {
            Ok(done) => {
                batch.into_iter().zip(done).for_each(|(job, done)| job.answer(Ok(done)));
                return;
            }
            Err(error) => error,
        };
        if batch.len() == 1 {
            batch.into_iter().for_each(|job| job.answer(Err(Trouble::Failed(Arc::clone(&error)))));
            return;
        }
        warn!(
            jobs = batch.len(),
            error = format!("{error:#}"),
            "A commit failed; its parts are tried one by one."
        );
        for job in batch {
            match self.together(std::slice::from_ref(&job)).await {
                Ok(done) => std::iter::once(job).zip(done).for_each(|(job, done)| job.answer(Ok(done))),
                Err(error) => job.answer(Err(Trouble::Failed(error))),
            }
        }
    }

    async fn together(&self, batch: &[Job]) -> Result<Vec<Done>, Arc<anyhow::Error>> {
        let work = async {
            let now = self.app.clock.now();
            let mut tx = self.app.store.begin().await.context("beginning to store what came")?;
            let mut done = Vec::with_capacity(batch.len());
            for job in batch {
                done.push(match job {
                    Job::Report(arrival, _) => Done::Report(self.keep(&mut tx, arrival, now).await?),
                    Job::Join(newcomer, _) => Done::Join(self.admit(&mut tx, newcomer, now).await?),
                });
            }
            tx.commit().await.context("storing what came")?;
            Ok(done)
        };
        work.await.map_err(Arc::new)
    }

    /// Keeps a report, unless it came before or is refused; a refusal has written nothing.
    async fn keep(&self, tx: &mut Tx, arrival: &Arrival, now: Timestamp) -> Result<Result<Receipt, Refusal>> {
        let key = &arrival.key.0;
        let Some(standing) = key::standing(tx, key).await?.filter(|standing| !standing.withdrawn) else {
            return Ok(Err(Refusal::NotAdmitted));
        };
        if arrival.sequence <= standing.sequence {
            match report::digest(tx, key, arrival.sequence).await? {
                Some(digest) if digest == arrival.digest => {
                    machine::seen(tx, &standing.machine, now).await?;
                    return Ok(Ok(self.receipt(arrival, true, &standing.grade, standing.score)));
                }
                Some(_) => return Ok(Err(Refusal::SequenceUsed)),
                None if too_old(arrival.sequence, standing.sequence) => {
                    return Ok(Err(Refusal::SequenceTooOld));
                }
                None => {}
            }
        }
        let machine = &standing.machine;
        let arrived = Arrived {
            machine,
            key,
            sequence: arrival.sequence,
            digest: &arrival.digest,
            taken_at: arrival.taken_at,
            via: arrival.via.word(),
            envelope: &arrival.bytes,
            base: arrival.base,
        };
        let report = report::add(tx, arrived, now).await?;
        key::advance(tx, key, arrival.sequence).await?;
        let judged = &arrival.judged;
        let mut written = None;
        if let Some((assessment, body)) = &judged.assessment {
            let judgement = Judgement {
                machine,
                report: &report,
                cause: Cause::Report,
                ruleset: &assessment.set,
                day: assessment.day,
                mark: &judged.mark,
                body,
            };
            written = Some(assessment::add(tx, judgement, now).await?);
        }
        // A report that was late on its way is history: it does not take the place of a later one.
        if standing
            .latest
            .is_some_and(|latest| latest > (arrival.taken_at.as_millisecond(), arrival.sequence))
        {
            machine::seen(tx, machine, now).await?;
            return Ok(Ok(self.receipt(arrival, false, &standing.grade, standing.score)));
        }
        machine::portray(tx, machine, &report, arrival.taken_at, &judged.portrait, now).await?;
        machine::grade(tx, machine, written.as_deref(), &judged.mark).await?;
        assessment::set_findings(tx, machine, &judged.findings).await?;
        let Mark { grade, score, .. } = &judged.mark;
        Ok(Ok(self.receipt(arrival, false, grade, *score)))
    }

    fn receipt(&self, arrival: &Arrival, again: bool, grade: &str, score: Option<i64>) -> Receipt {
        let (grade, score) = shown(grade, score);
        let next_seconds = self.settings.report_seconds;
        let services = Some(self.settings.services.clone());
        let base = arrival.base.is_none();
        Receipt { envelope: arrival.digest.clone(), again, next_seconds, services, grade, score, base }
    }

    async fn admit(
        &self,
        tx: &mut Tx,
        newcomer: &Newcomer,
        now: Timestamp,
    ) -> Result<Result<Joined, Refusal>> {
        let key = &newcomer.key.0;
        if let Some(standing) = key::standing(tx, key).await? {
            if standing.withdrawn {
                return Ok(Err(Refusal::NotAdmitted));
            }
            let unit = machine::unit(tx, &standing.machine).await?;
            return Ok(Ok(self.joined(standing.machine, unit.name, standing.role)));
        }
        let Some(admission) = join_code::consume(tx, &newcomer.secret_hash, now).await? else {
            return Ok(Err(Refusal::NotAdmitted));
        };
        let unit = unit::by_id(tx, &admission.unit).await?;
        let (hostname, agent, role) = (&newcomer.hostname, &newcomer.agent, &admission.role);
        let machine = machine::add(tx, &unit, machine::Newcomer { hostname, agent, role }, now).await?;
        key::add(tx, key, &machine, &newcomer.public_key, now).await?;
        info!(machine, unit = unit.code, "A PC joined.");
        Ok(Ok(self.joined(machine, unit.name, admission.role)))
    }

    fn joined(&self, machine: String, unit: String, role: String) -> Joined {
        let sealing_key = HEXLOWER.encode(&self.settings.sealing_key);
        Joined { machine, unit, role, sealing_key, services: Some(self.settings.services.clone()) }
    }
}

impl Job {
    /// Answers whoever handed this over; they may have gone away in the meantime.
    fn answer(self, outcome: Result<Done, Trouble>) {
        match (self, outcome) {
            (Job::Report(_, to), Ok(Done::Report(done))) => send(to, done.map_err(Trouble::from)),
            (Job::Join(_, to), Ok(Done::Join(done))) => send(to, done.map_err(Trouble::from)),
            (Job::Report(_, to), Err(trouble)) => send(to, Err(trouble)),
            (Job::Join(_, to), Err(trouble)) => send(to, Err(trouble)),
            (Job::Report(..), Ok(Done::Join(_))) | (Job::Join(..), Ok(Done::Report(_))) => {
                unreachable!("a job is done as what it is")
            }
        }
    }
}

fn send<T>(to: oneshot::Sender<T>, answer: T) {
    // Nobody waits any more when the connection was cut; the PC asks again and gets the same answer.
    to.send(answer).ok();
}
