//! Another text of the rules put in the place of the one before: looked at first, then written, audited and judged by.
//!
//! A broken text changes nothing. Knows no HTTP and no pages.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use jiff::Timestamp;
use rules::complaint::Complaint;
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::ruleset::RuleSet;
use tokio::sync::Mutex;
use tracing::info;

use crate::app::{App, Judge};
use crate::archive::{self, Deed, LIFECYCLE, NORMS, PRICES};
use crate::data::write_private;
use crate::judge::{self, LIFECYCLE_FILE, NORMS_FILE, PRICES_FILE, Wrong};
use crate::rescore::{Rescored, rescore_if_changed};
use crate::store::rules_text::{Kind, Text};
use crate::store::{Tx, audit, rules_text};

/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// The folder of one's own rules, in the data folder.
#[derive(Debug, Default)]
pub struct Folder {
    /// Where it is; none when this program has no data folder, as in some tests.
    pub path: Option<PathBuf>,
    /// How it looked when it was read last; the lock also keeps two readings, or a reading and a writing, apart.
    pub seen: Mutex<String>,
    /// What is wrong in it; then what was read before stays in force.
    wrong: std::sync::Mutex<Vec<Wrong>>,
}

impl Folder {
    /// The folder at this path, which looked so when it was read.
    pub fn at(path: PathBuf, seen: String) -> Folder {
        Folder { path: Some(path), seen: Mutex::new(seen), ..Folder::default() }
    }

    /// What is wrong in it; nothing where what lies in it is in force.
    pub fn wrong(&self) -> Vec<Wrong> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers what is wrong in it.
    pub fn set_wrong(&self, wrong: Vec<Wrong>) {
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner) = wrong;
    }
}

/// A text that is good, and would judge with the rules that stand beside it.
#[derive(Debug)]
pub struct Proposal {
    /// Id of the set; `lifecycle`, `prices` or `norms` for a table.
    pub id: String,
    /// Everything that would judge.
    pub judge: Judge,
    /// The texts of all of it, for the archive.
    texts: Vec<Text>,
    /// The text itself, and the file that it goes to; none where the file goes away.
    text: Option<String>,
    file: PathBuf,
}

impl Proposal {
    /// The text itself, as the archive keeps it.
    pub fn text(&self) -> Option<&Text> {
        let is_table = |kind| matches!(kind, Kind::Lifecycle | Kind::Prices | Kind::Norms);
        let table = [LIFECYCLE, PRICES, NORMS].contains(&self.id.as_str());
        self.texts.iter().find(|text| text.id == self.id && is_table(text.kind) == table)
    }
}

/// What an activation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activated {
    /// Id of the set; `lifecycle`, `prices` or `norms` for a table.
    pub id: String,
    /// The digest before; none where there was no such set.
    pub before: Option<String>,
    /// The digest after.
    pub after: Option<String>,
    /// What judging the fleet again came to; none where nothing that judges differs.
    pub rescored: Option<Rescored>,
}

/// Looks at a text as if it lay in this folder of rules, in the place of the set of the same id. Nothing is written
/// there. `name` stands in the complaints.
///
/// # Errors
/// All complaints at once, about the text or about what would break beside it.
pub fn propose(folder: &Path, name: &str, text: &str) -> Result<Proposal, Vec<Wrong>> {
    let own =
        if folder.exists() { judge::load_files(&[folder.to_owned()])? } else { judge::Loaded::default() };
    let complain = |complaints: Vec<Complaint>| -> Vec<Wrong> {
        let text: Arc<str> = text.into();
        complaints.into_iter().map(|one| Wrong::Complaint(one, Arc::clone(&text))).collect()
    };
    let table = |id: &str, file: &str| (id.to_owned(), folder.join(file));
    let (id, file) = match kind(name, text) {
        Kind::Lifecycle => {
            Lifecycle::parse(name, text).map_err(complain)?;
            table(LIFECYCLE, LIFECYCLE_FILE)
        }
        Kind::Prices => {
            Prices::parse(name, text).map_err(complain)?;
            table(PRICES, PRICES_FILE)
        }
        Kind::Norms => {
            Norms::parse(name, text).map_err(complain)?;
            table(NORMS, NORMS_FILE)
        }
        Kind::Set => {
            let beside: Vec<RuleSet> = own.sets.iter().map(|(_, set)| set.clone()).collect();
            let set = RuleSet::parse_among(name, text, &beside).map_err(complain)?;
            let known = own.sets.iter().find(|(_, other)| other.id == set.id).map(|(path, _)| path.clone());
            let file = known.unwrap_or_else(|| free_file(folder, &set.id));
            (set.id, file)
        }
    };
    as_if(folder, (id, file), Some(text), name)
}

/// Looks at this folder of rules without the set of this id: one that ships under the same id judges again. None where
/// there is no such set in the folder.
///
/// # Errors
/// What would break, as where another set extends it.
pub fn withdraw(folder: &Path, id: &str) -> Result<Option<Proposal>, Vec<Wrong>> {
    let own =
        if folder.exists() { judge::load_files(&[folder.to_owned()])? } else { judge::Loaded::default() };
    let Some((file, _)) = own.sets.into_iter().find(|(_, set)| set.id == id) else { return Ok(None) };
    as_if(folder, (id.to_owned(), file), None, id).map(Some)
}

/// The folder as if this text stood in the file, or as if the file were gone.
fn as_if(
    folder: &Path,
    (id, file): (String, PathBuf),
    text: Option<&str>,
    name: &str,
) -> Result<Proposal, Vec<Wrong>> {
    let trying = |error: anyhow::Error| vec![Wrong::Unreadable(format!("{error:#}"))];
    let copy = Copy::of(folder, &file, text).map_err(trying)?;
    let (judge, texts) =
        judge::load_with_texts(&copy.path).map_err(|wrong| copy.named(wrong, &file, name))?;
    Ok(Proposal { id, judge, texts, text: text.map(str::to_owned), file })
}

/// What a text is: a table is named so, or has what only such a table has, and no head of a rule set.
fn kind(name: &str, text: &str) -> Kind {
    const TABLES: [(Kind, &str, &str); 3] = [
        (Kind::Lifecycle, LIFECYCLE_FILE, "[[product]]"),
        (Kind::Prices, PRICES_FILE, "[[item]]"),
        (Kind::Norms, NORMS_FILE, "[[norm]]"),
    ];
    let has = |head: &str| text.lines().any(|line| line.trim_start().starts_with(head));
    let is_named = |file: &str| Path::new(name).file_name().is_some_and(|name| name == file);
    let is_set = has("[ruleset]");
    let found = TABLES.into_iter().find(|(_, file, head)| is_named(file) || (has(head) && !is_set));
    found.map_or(Kind::Set, |(kind, _, _)| kind)
}

/// A file of this set's name that no other set has taken.
fn free_file(folder: &Path, id: &str) -> PathBuf {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let stem: String = id.chars().take(80).map(|c| if plain(c) { c } else { '-' }).collect();
    let name = |turn: u32| match turn {
        0 => format!("{stem}.toml"),
        turn => format!("{stem}-{turn}.toml"),
    };
    let free = |path: &PathBuf| !path.exists() && judge::is_set(path);
    (0..1_000).map(|turn| folder.join(name(turn))).find(free).unwrap_or_else(|| folder.join(name(1_000)))
}

/// The folder as it would be, beside it, until this is dropped.
struct Copy {
    path: PathBuf,
}

impl Copy {
    /// `text` stands in this file; none where the file is gone.
    fn of(folder: &Path, file: &Path, text: Option<&str>) -> Result<Copy> {
        static TURN: AtomicU32 = AtomicU32::new(0);
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let path = folder.with_extension(format!("trying-{}-{turn}", std::process::id()));
        let making = || format!("making the folder {} to try the rules in", path.display());
        DirBuilder::new().recursive(true).mode(0o700).create(&path).with_context(making)?;
        let copy = Copy { path: path.clone() };
        if folder.exists() {
            for other in judge::files(folder)?.iter().filter(|other| *other != file) {
                if let Some(name) = other.file_name() {
                    std::fs::copy(other, path.join(name)).with_context(making)?;
                }
            }
        }
        let name = file.file_name().context("the file has a name")?;
        if let Some(text) = text {
            std::fs::write(path.join(name), text).with_context(making)?;
        }
        Ok(copy)
    }

    /// Complaints name the file that a person knows.
    fn named(&self, wrong: Vec<Wrong>, file: &Path, name: &str) -> Vec<Wrong> {
        let own = self.path.join(file.file_name().unwrap_or_default()).display().to_string();
        let folder = format!("{}/", self.path.display());
        let rename = |wrong| match wrong {
            Wrong::Complaint(mut complaint, text) => {
                complaint.file =
                    if complaint.file == own { name.to_owned() } else { complaint.file.replace(&folder, "") };
                Wrong::Complaint(complaint, text)
            }
            Wrong::Unreadable(text) => Wrong::Unreadable(text.replace(&folder, "")),
            Wrong::NotForPlans => Wrong::NotForPlans,
        };
        wrong.into_iter().map(rename).collect()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What is left lies beside the rules and is read by nobody.
        std::fs::remove_dir_all(&self.path).ok();
    }
}

/// Puts a proposal in force: writes it into the folder of rules, writes down who did it and why, judges by it from
/// then on, and judges the fleet again. Who holds the lock of the folder gives it as `seen`.
///
/// # Errors
/// When the file cannot be written (then nothing changes), or the database cannot.
pub async fn activate(
    app: &App,
    seen: &mut String,
    proposal: Proposal,
    deed: Deed<'_>,
    progress: &ProgressBar,
) -> Result<Activated> {
    let mut activated = write(app, &proposal, deed).await?;
    if let Some(folder) = &app.rules.path {
        *seen = judge::fingerprint(folder);
    }
    app.set_judge(proposal.judge);
    activated.rescored = rescore_if_changed(app, progress).await?;
    count(app, activated.rescored).await?;
    Ok(activated)
}

/// Writes a proposal into its file, and down who did it. A collector that serves this folder takes it in by itself.
///
/// # Errors
/// As [`activate`].
pub async fn write(app: &App, proposal: &Proposal, deed: Deed<'_>) -> Result<Activated> {
    let Proposal { id, judge, texts, text, file } = proposal;
    if let Some(folder) = file.parent() {
        let making = || format!("making the folder of rules {}", folder.display());
        DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(making)?;
    }
    match text {
        Some(text) => write_private(file, text.as_bytes())?,
        None => std::fs::remove_file(file)
            .with_context(|| format!("taking {} out of the folder of rules", file.display()))?,
    }
    let at = app.clock.now();
    let mut tx = app.store.begin().await?;
    let changes = archive::take_in(&mut tx, judge, texts, Some(deed), at).await?;
    let digests = |change: &archive::Change| (change.before.clone(), change.after.clone());
    let (before, after) = match changes.iter().find(|change| change.id == *id) {
        Some(change) => digests(change),
        None => {
            // Comments, tests or white space: the same rules, and still somebody's deed.
            let digest = archive::digest_of(judge, id);
            let same = archive::Change { id: id.clone(), before: digest.clone(), after: digest };
            archive::write_down(&mut tx, &same, deed, at).await?;
            digests(&same)
        }
    };
    tx.commit().await.context("writing down that rules were put in force")?;
    info!(set = id, by = deed.actor, "Rules were put in force.");
    Ok(Activated { id: id.clone(), before, after, rescored: None })
}

/// Adds to the latest activations what judging the fleet again came to.
///
/// # Errors
/// When the database cannot.
pub async fn count(app: &App, rescored: Option<Rescored>) -> Result<()> {
    let counts = match rescored {
        Some(Rescored { machines, changed }) => (i64::try_from(machines)?, i64::try_from(changed)?),
        // The same rules judged before: every machine stays as it is.
        None => (0, 0),
    };
    let mut tx = app.store.begin().await?;
    let sets = rules_text::counted(&mut tx, counts).await?;
    if rescored.is_some() && !sets.is_empty() {
        told(&mut tx, &sets, counts, app.clock.now()).await?;
    }
    tx.commit().await
}

async fn told(tx: &mut Tx, sets: &[String], counts: (i64, i64), at: Timestamp) -> Result<()> {
    let detail = serde_json::json!({ "machines": counts.0, "changed": counts.1 }).to_string();
    audit::add(tx, at, archive::PROGRAM, "rules-rescored", &sets.join(", "), &detail).await
}

#[cfg(test)]
mod tests;
