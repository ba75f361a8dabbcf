//! The one writer: many arrivals, one commit.

use std::sync::Arc;

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use rules::envelope::DICTIONARY;
use rules::identity::Signs;
use rules::wire::{Joined, Receipt, Refusal};
use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

use super::{Arrival, Job, Newcomer, Settings, Trouble, shown, too_old};
use crate::app::App;
use crate::judge::day;
use crate::local::Locals;
use crate::store::assessment::{Body, Cause, Judgement};
use crate::store::conflict::{self, Cause as Contradiction, Found};
use crate::store::machine::{self, Graded, Mark};
use crate::store::report::{self, Arrived};
use crate::store::unit::Unit;
use crate::store::{Tx, assessment, audit, join_code, key, rules_text, sign, unit};

/// Who ended a conflict when a PC joined, and who did so in the audit trail.
const BY_JOIN: &str = "join";
const ACTOR: &str = "sansang-collector";
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
            let locals = Locals::on(&mut tx, day(now)).await?;
            let mut done = Vec::with_capacity(batch.len());
            for job in batch {
                done.push(match job {
                    Job::Report(arrival, _) => Done::Report(self.keep(&mut tx, arrival, &locals, now).await?),
                    Job::Join(newcomer, _) => Done::Join(self.admit(&mut tx, newcomer, now).await?),
                });
            }
            tx.commit().await.context("storing what came")?;
            Ok(done)
        };
        work.await.map_err(Arc::new)
    }

    /// Keeps a report, unless it came before or is refused; a refusal has written nothing.
    async fn keep(
        &self,
        tx: &mut Tx,
        arrival: &Arrival,
        locals: &Locals,
        now: Timestamp,
    ) -> Result<Result<Receipt, Refusal>> {
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
                Some(_) | None => {}
            }
        }
        // Before the sequence number is looked at: a copied PC counts its own, and must not use up the other's.
        let known = sign::of(tx, &standing.machine).await?;
        let likeness = known.compare(&arrival.signs);
        if likeness.is_another() {
            return self.set_aside(tx, arrival, &standing.machine, now).await.map(Ok);
        }
        if arrival.sequence <= standing.sequence {
            match report::digest(tx, key, arrival.sequence).await? {
                Some(_) => {
                    // The same PC whose state came back from a backup or a frozen disk is no conflict.
                    if !likeness.is_same() {
                        conflict::note(tx, found(arrival, &standing.machine, Contradiction::Sequence), now)
                            .await?;
                    }
                    return Ok(Err(Refusal::SequenceUsed));
                }
                None if too_old(arrival.sequence, standing.sequence) => {
                    return Ok(Err(Refusal::SequenceTooOld));
                }
                None => {}
            }
        }
        let machine = &standing.machine;
        // Since it was judged its seat became another, other rules came into force, an exception was granted or ended,
        // or a parameter was set: the PC comes back and is judged anew.
        let local = locals.of(machine, &standing.unit_path);
        let same_rules = Arc::ptr_eq(&arrival.rules, &self.app.judge());
        if local != arrival.local || standing.role != arrival.role || !same_rules {
            return Ok(Err(Refusal::Busy));
        }
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
        if let Some(body) = &arrival.packed {
            if let Some(pair) = &judged.pair {
                rules_text::put_pair(tx, pair, now).await?;
            }
            let judgement = Judgement {
                machine,
                report: &report,
                cause: Cause::Report,
                day: judged.day,
                mark: &judged.mark,
                body: Body::Packed(body),
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
        sign::set(tx, machine, &known.renewed(&arrival.signs)).await?;
        machine::portray(tx, machine, &report, arrival.taken_at, &arrival.portrait, now).await?;
        let assessment = written.as_deref();
        machine::grade(tx, &[Graded { machine, assessment, mark: &judged.mark }]).await?;
        assessment::set_findings(tx, machine, &judged.findings).await?;
        let Mark { grade, score, .. } = &judged.mark;
        Ok(Ok(self.receipt(arrival, false, grade, *score)))
    }

    /// Keeps what contradicts the machine as evidence, and nothing of it becomes the machine's. The PC gets a receipt
    /// without a grade: its report was taken, and sending it again would not help.
    async fn set_aside(
        &self,
        tx: &mut Tx,
        arrival: &Arrival,
        machine: &str,
        now: Timestamp,
    ) -> Result<Receipt> {
        let again = conflict::open(tx, machine).await?.iter().any(|open| open.digest == arrival.digest);
        conflict::note(tx, found(arrival, machine, Contradiction::Evidence), now).await?;
        warn!(machine, "A report under this machine's key comes from another PC; it is set aside.");
        let next_seconds = self.settings.report_seconds;
        let envelope = arrival.digest.clone();
        let services = Some(self.settings.services.clone());
        Ok(Receipt {
            envelope,
            again,
            next_seconds,
            services,
            grade: None,
            score: None,
            base: false,
            dictionary: DICTIONARY,
        })
    }

    fn receipt(&self, arrival: &Arrival, again: bool, grade: &str, score: Option<i64>) -> Receipt {
        let (grade, score) = shown(grade, score);
        let next_seconds = self.settings.report_seconds;
        let services = Some(self.settings.services.clone());
        let base = arrival.base.is_none();
        Receipt {
            envelope: arrival.digest.clone(),
            again,
            next_seconds,
            services,
            grade,
            score,
            base,
            dictionary: DICTIONARY,
        }
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
            // Which of the two PCs asks cannot be told by the key: whoever asks gets one of its own first.
            if !conflict::open(tx, &standing.machine).await?.is_empty() {
                return Ok(Err(Refusal::KeyShared));
            }
            let unit = machine::unit(tx, &standing.machine).await?;
            return Ok(Ok(self.joined(standing.machine, unit.name, standing.role)));
        }
        let Some(admission) = join_code::find(tx, &newcomer.secret_hash, now).await? else {
            return Ok(Err(Refusal::NotAdmitted));
        };
        let unit = unit::by_id(tx, &admission.unit).await?;
        let known = self.known(tx, &newcomer.signs).await?;
        let stays = match &known {
            Some(machine) => stays(tx, machine, &unit).await?,
            None => None,
        };
        // Of a unit that was divided, nobody but a person knows where the PC goes. A refusal uses nothing up.
        if unit.closed_on.is_some() && stays.is_none() {
            warn!(unit = unit.code, hostname = newcomer.hostname, "A join code is of a unit that is closed.");
            return Ok(Err(Refusal::UnitClosed));
        }
        if join_code::consume(tx, &newcomer.secret_hash, now).await?.is_none() {
            return Ok(Err(Refusal::NotAdmitted));
        }
        let (hostname, agent) = (&newcomer.hostname, &newcomer.agent);
        let (unit, role) = stays.clone().unwrap_or((unit, admission.role));
        let about = machine::Newcomer { hostname, agent, role: &role };
        let machine = match known {
            Some(machine) => {
                key::withdraw_all(tx, &machine, now).await?;
                match stays {
                    Some(_) => machine::greet(tx, &machine, about, now).await?,
                    None => machine::settle(tx, &machine, &unit, about, now).await?,
                }
                for conflict in conflict::open(tx, &machine).await? {
                    conflict::end(tx, &conflict, BY_JOIN, now).await?;
                }
                audit::add(tx, now, ACTOR, "machine-join-again", hostname, &machine).await?;
                info!(machine, unit = unit.code, "A PC joined again; its history goes on.");
                machine
            }
            None => {
                let machine = machine::add(tx, &unit, about, now).await?;
                info!(machine, unit = unit.code, "A PC joined.");
                machine
            }
        };
        key::add(tx, key, &machine, &newcomer.public_key, now).await?;
        let known = sign::of(tx, &machine).await?;
        sign::set(tx, &machine, &known.renewed(&newcomer.signs)).await?;
        self.leave_conflicts(tx, newcomer, now).await?;
        Ok(Ok(self.joined(machine, unit.name, role)))
    }

    /// The one machine that surely is this PC; none when there is none, or more than one.
    async fn known(&self, tx: &mut Tx, signs: &Signs) -> Result<Option<String>> {
        let mut same = Vec::new();
        for machine in sign::sharing(tx, signs).await? {
            if sign::of(tx, &machine).await?.compare(signs).is_same() {
                same.push(machine);
            }
        }
        match same.as_slice() {
            [one] => Ok(Some(one.clone())),
            [] => Ok(None),
            several => {
                warn!(
                    machines = several.join(" "),
                    "A PC that joins is like several machines; it becomes a new one."
                );
                Ok(None)
            }
        }
    }

    /// A PC that was the other one in a conflict has a key of its own from here on.
    async fn leave_conflicts(&self, tx: &mut Tx, newcomer: &Newcomer, now: Timestamp) -> Result<()> {
        for conflict in conflict::all_open(tx).await? {
            if conflict.signs.compare(&newcomer.signs).is_same() {
                conflict::end(tx, &conflict, BY_JOIN, now).await?;
                audit::add(tx, now, ACTOR, "conflict-end", &newcomer.hostname, &conflict.machine).await?;
            }
        }
        Ok(())
    }

    fn joined(&self, machine: String, unit: String, role: String) -> Joined {
        let sealing_key = HEXLOWER.encode(&self.settings.sealing_key);
        Joined {
            machine,
            unit,
            role,
            sealing_key,
            services: Some(self.settings.services.clone()),
            dictionary: DICTIONARY,
        }
    }
}

/// The seat that a machine keeps when it joins again by a code of the unit that it joined by before: the one that a
/// person gave it since then, the one that a reform took it to, and the one in which it waits when that unit is closed.
/// None where the code decides.
async fn stays(tx: &mut Tx, machine: &str, of_code: &Unit) -> Result<Option<(Unit, String)>> {
    let (joined, by_hand) = machine::joined_by(tx, machine).await?;
    if joined.as_deref() != Some(of_code.id.as_str()) {
        return Ok(None);
    }
    let stands = machine::unit(tx, machine).await?;
    if !by_hand && stands.id == of_code.id && of_code.closed_on.is_none() {
        return Ok(None);
    }
    Ok(Some((stands, machine::role(tx, machine).await?)))
}

fn found<'a>(arrival: &'a Arrival, machine: &'a str, cause: Contradiction) -> Found<'a> {
    Found {
        machine,
        key: &arrival.key.0,
        cause,
        hostname: arrival.portrait.hostname.as_deref().unwrap_or_default(),
        signs: &arrival.signs,
        digest: &arrival.digest,
        envelope: &arrival.bytes,
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
