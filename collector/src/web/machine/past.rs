//! One judgement of a machine's past: what was seen and said then, by the rules that judged then, and what differs from the
//! judgement before it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use rules::assess::{Assessment, Outcome, Verdict};
use rules::ruleset::Settings;
use tracing::warn;

use crate::app::Judge;
use crate::archive;
use crate::error::Failure;
use crate::store::listing::Turn;
use crate::store::{Tx, assessment};
use crate::web::format::{self, fill};
use crate::web::label::{self, Label};
use crate::web::reader::Reader;
use crate::web::{Site, Visitor, page};

use super::{Asked, made, seen};

/// A judgement that is shown instead of the latest.
pub(super) struct Past {
    /// When it was, and what it came to.
    pub(super) turn: Turn,
    /// The rules that judged, as far as they are kept and can be read.
    pub(super) rules: Option<archive::Past>,
    /// The assessment.
    pub(super) assessment: Assessment,
    /// The judgement before it.
    before: Option<(Turn, Assessment)>,
}

/// What is told of it above everything else.
pub(super) struct PastView {
    pub(super) told: String,
    /// Whether the rules that judged are not kept, or cannot be read any more.
    pub(super) is_lost: bool,
    /// When the judgement before was; none where there was none.
    pub(super) compared: Option<String>,
    pub(super) changes: Vec<ChangeView>,
}

/// A rule that says something else than before.
pub(super) struct ChangeView {
    pub(super) rule: String,
    pub(super) before: Option<Label>,
    pub(super) after: Option<Label>,
    pub(super) seen: String,
}

impl Past {
    /// Reads the judgement of this id; none where it is not among these.
    pub(super) async fn read(tx: &mut Tx, turns: &[Turn], id: &str) -> Result<Option<Past>, Failure> {
        let Some(at) = turns.iter().position(|turn| turn.id == id) else { return Ok(None) };
        let turn = turns[at].clone();
        let Some(assessment) = body(tx, &turn.id).await? else { return Ok(None) };
        let rules = archive::past(tx, &assessment.digest).await.unwrap_or_else(|error| {
            warn!(error = format!("{error:#}"), "The rules of an earlier judgement cannot be read.");
            None
        });
        // The newest stands first.
        let before = match turns.get(at + 1) {
            Some(before) => body(tx, &before.id).await?.map(|body| (before.clone(), body)),
            None => None,
        };
        Ok(Some(Past { turn, rules, assessment, before }))
    }

    /// The rules that judged, where they are known, in the place of those in force.
    pub(super) fn judge(&self, present: &Arc<Judge>) -> Arc<Judge> {
        let Some(archive::Past { set, lifecycle, .. }) = &self.rules else { return Arc::clone(present) };
        let (prices, norms) = (present.prices.clone(), present.norms.clone());
        Arc::new(Judge { sets: vec![set.clone()], lifecycle: lifecycle.clone(), prices, norms })
    }

    /// What stood for the parameters of the set.
    pub(super) fn settings(&self) -> Settings {
        self.rules.as_ref().map(|rules| rules.settings.clone()).unwrap_or_default()
    }

    /// What is told of it, where these rules judged it and those are in force.
    pub(super) fn view(&self, reader: &Reader, then: &Judge, present: &Judge) -> PastView {
        let w = reader.words();
        let when = format::moment(self.turn.judged_at);
        let changes = match &self.before {
            Some((_, before)) => self.changes(reader, (then, present), before),
            None => Vec::new(),
        };
        PastView {
            told: fill(&w.past_told, &[("at", &when)]),
            is_lost: self.rules.is_none(),
            compared: self
                .before
                .as_ref()
                .map(|(turn, _)| fill(&w.past_compared, &[("at", &format::moment(turn.judged_at))])),
            changes,
        }
    }

    fn changes(
        &self,
        reader: &Reader,
        (then, present): (&Judge, &Judge),
        before: &Assessment,
    ) -> Vec<ChangeView> {
        let (lang, w) = (reader.lang, reader.words());
        let set = then.sets.iter().find(|set| set.id == self.assessment.set);
        let speaks = |verdict: &&Verdict| verdict.outcome != Outcome::NotApplicable;
        let mut changes = Vec::new();
        let mut tell = |id: &str, was: Option<&Verdict>, is: Option<&Verdict>| {
            let (was, is) = (was.filter(speaks), is.filter(speaks));
            let said = |verdict: &Verdict| (verdict.outcome, verdict.waived, verdict.switched_off);
            if was.map(said) == is.map(said) {
                return;
            }
            let rule = label::rule(then, Some(&self.assessment.set), id)
                .or_else(|| label::rule(present, Some(&before.set), id));
            changes.push(ChangeView {
                rule: rule.map_or_else(
                    || id.to_owned(),
                    |(_, rule)| label::pick(lang, rule.title_for(self.assessment.role)).to_owned(),
                ),
                before: was.map(|verdict| label::verdict(w, verdict)),
                after: is.map(|verdict| label::verdict(w, verdict)),
                seen: is.map(|verdict| seen(lang, w, set, verdict).join(" · ")).unwrap_or_default(),
            });
        };
        for verdict in &self.assessment.verdicts {
            tell(&verdict.rule, verdict_of(before, &verdict.rule), Some(verdict));
        }
        let is_gone = |one: &&Verdict| verdict_of(&self.assessment, &one.rule).is_none();
        for gone in before.verdicts.iter().filter(is_gone) {
            tell(&gone.rule, Some(gone), None);
        }
        changes
    }
}

fn verdict_of<'a>(assessment: &'a Assessment, rule: &str) -> Option<&'a Verdict> {
    assessment.verdicts.iter().find(|verdict| verdict.rule == rule)
}

pub(super) async fn body(tx: &mut Tx, id: &str) -> Result<Option<Assessment>, Failure> {
    let body = assessment::body(tx, id).await?;
    Ok(body.as_deref().map(serde_json::from_str).transpose().map_err(anyhow::Error::from)?)
}

/// Shows one machine as it was judged once.
///
/// # Errors
/// [`Failure::NotFound`] for a machine that the reader does not see, and for a judgement that is not in its history.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path((id, judgement)): Path<(String, String)>,
) -> Result<Response, Failure> {
    page(&made(&site, &visitor, Asked { machine: &id, judgement: Some(&judgement) }).await?)
}
