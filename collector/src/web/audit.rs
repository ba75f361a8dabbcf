//! Who did what, newest first: in words, with the way to what it was done to.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rules::assess::Role;
use serde_json::Value as Json;

use crate::app::Judge;
use crate::error::Failure;
use crate::lang::Lang;
use crate::store::audit::{self, Entry, Filter};
use crate::store::estate::Kind;
use crate::store::listing::{self, Scope};
use crate::store::{Tx, unit};
use crate::survey;
use crate::web::format::{fill, number};
use crate::web::label::{self, pick};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::unit_import::left_kind;
use crate::web::words::Words;
use crate::web::{Query, Site, Visitor, format, page, value};

/// Entries on one page.
const ROWS: usize = 100;
/// Texts of one list that are shown.
const LISTED_MAX: usize = 8;
/// Characters of a digest that are shown.
const DIGEST_CHARS: usize = 12;
/// Characters of an id.
const ID_CHARS: usize = 32;

/// The word under which something is written down, and what it is called.
type Called = (&'static str, fn(&Words) -> &String);

/// Everything that is written down.
const ACTIONS: &[Called] = &[
    ("conflict-end", |w| &w.action_conflict_end),
    ("conflict-replaced", |w| &w.action_conflict_replaced),
    ("demo", |w| &w.action_demo),
    ("join-code", |w| &w.action_join_code),
    ("machine-join-again", |w| &w.action_machine_join_again),
    ("machine-room", |w| &w.action_machine_room),
    ("machine-seat", |w| &w.action_machine_seat),
    ("parameter-remove", |w| &w.action_parameter_remove),
    ("parameter-set", |w| &w.action_parameter_set),
    ("password-change", |w| &w.action_password_change),
    ("password-change-failed", |w| &w.action_password_change_failed),
    ("plan-keep", |w| &w.action_plan_keep),
    ("plan-remove", |w| &w.action_plan_remove),
    ("plan-submit", |w| &w.action_plan_submit),
    ("plan-text", |w| &w.action_plan_text),
    ("rooms-import", |w| &w.action_rooms_import),
    ("rules-activate", |w| &w.action_rules_activate),
    ("rules-rescored", |w| &w.action_rules_rescored),
    ("seats-drop", |w| &w.action_seats_drop),
    ("seats-import", |w| &w.action_seats_import),
    ("sign-in", |w| &w.action_sign_in),
    ("sign-in-failed", |w| &w.action_sign_in_failed),
    ("sign-out", |w| &w.action_sign_out),
    ("survey-declare", |w| &w.action_survey_declare),
    ("survey-import", |w| &w.action_survey_import),
    ("target-set", |w| &w.action_target_set),
    ("unit-estate", |w| &w.action_unit_estate),
    ("unit-team", |w| &w.action_unit_team),
    ("units-import", |w| &w.action_units_import),
    ("units-reassign", |w| &w.action_units_reassign),
    ("units-reform", |w| &w.action_units_reform),
    ("user-add", |w| &w.action_user_add),
    ("user-password", |w| &w.action_user_password),
    ("waiver-end", |w| &w.action_waiver_end),
    ("waiver-grant", |w| &w.action_waiver_grant),
    ("wishes-import", |w| &w.action_wishes_import),
    ("work-make", |w| &w.action_work_make),
    ("work-remove", |w| &w.action_work_remove),
    ("work-tick", |w| &w.action_work_tick),
    ("work-untick", |w| &w.action_work_untick),
];

/// The parts of a detail.
const KEYS: &[Called] = &[
    ("units", |w| &w.audit_key_units),
    ("seats", |w| &w.audit_key_seats),
    ("changes", |w| &w.audit_key_changes),
    ("machines", |w| &w.audit_key_machines),
    ("changed", |w| &w.audit_key_changed),
    ("from", |w| &w.audit_key_from),
    ("role", |w| &w.audit_key_role),
    ("to", |w| &w.audit_key_to),
    ("new_role", |w| &w.audit_key_new_role),
    ("room", |w| &w.audit_key_room),
    ("team", |w| &w.audit_key_team),
    ("share", |w| &w.audit_key_share),
    ("day", |w| &w.audit_key_day),
    ("machine", |w| &w.audit_key_machine),
    ("means", |w| &w.audit_key_means),
    ("remedies", |w| &w.audit_key_remedies),
    ("parts", |w| &w.audit_key_parts),
    ("item", |w| &w.audit_key_item),
    ("count", |w| &w.audit_key_count),
    ("rule", |w| &w.audit_key_rule),
    ("until", |w| &w.audit_key_until),
    ("reason", |w| &w.audit_key_reason),
    ("ruleset", |w| &w.audit_key_ruleset),
    ("name", |w| &w.audit_key_name),
    ("value", |w| &w.audit_key_value),
    ("declared_on", |w| &w.audit_key_declared_on),
    ("facts", |w| &w.audit_key_facts),
    ("note", |w| &w.audit_key_note),
    ("wishes", |w| &w.audit_key_wishes),
    ("before", |w| &w.audit_key_before),
    ("after", |w| &w.audit_key_after),
    ("what", |w| &w.audit_key_what),
    ("which", |w| &w.audit_key_which),
    ("ref", |w| &w.audit_key_ref),
    ("began", |w| &w.audit_key_began),
    ("went", |w| &w.audit_key_went),
    ("closed", |w| &w.audit_key_closed),
    ("added", |w| &w.audit_key_added),
    ("waiting", |w| &w.audit_key_waiting),
    ("passed", |w| &w.audit_key_passed),
    ("left", |w| &w.audit_key_left),
    ("moved", |w| &w.audit_key_moved),
    ("made", |w| &w.audit_key_made),
    ("replaced", |w| &w.audit_key_replaced),
    ("uses", |w| &w.audit_key_uses),
    ("seed", |w| &w.audit_key_seed),
];

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    l: Layout,
    w: &'static Words,
    actions: Vec<Choice>,
    actors: Vec<Choice>,
    with_sessions: bool,
    entries: Vec<EntryView>,
    next_href: Option<String>,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct EntryView {
    at: String,
    actor: String,
    action: String,
    subject: String,
    href: Option<String>,
    detail: Vec<Detail>,
}

/// One thing that a detail says: what it is called, which may be nothing, and what it is.
struct Detail {
    label: String,
    text: String,
}

/// What entries name, as far as it is still there.
#[derive(Default)]
struct Names {
    /// Names of machines by their ids.
    machines: BTreeMap<String, String>,
    /// Ids and names of units by their codes.
    units: BTreeMap<String, (String, String)>,
}

impl Names {
    async fn of(tx: &mut Tx, entries: &[Entry]) -> Result<Names, Failure> {
        let mut names = Names::default();
        for entry in entries {
            let detail = parsed(&entry.detail);
            let mut named = vec![entry.subject.as_str()];
            named.extend(detail.as_ref().and_then(Json::as_str));
            for key in ["from", "to", "machine"] {
                named.extend(detail.as_ref().and_then(|json| json.get(key)).and_then(Json::as_str));
            }
            if detail.is_none() {
                named.push(&entry.detail);
            }
            for name in named {
                names.find(tx, name).await?;
            }
        }
        Ok(names)
    }

    async fn find(&mut self, tx: &mut Tx, name: &str) -> Result<(), Failure> {
        if name.is_empty() || self.machines.contains_key(name) || self.units.contains_key(name) {
            return Ok(());
        }
        if is_id(name) {
            if let Some(machine) = listing::machine(tx, &Scope::everything(), name).await? {
                self.machines.insert(name.to_owned(), machine.hostname);
            }
        } else if let [unit] = unit::by_code(tx, name).await?.as_slice() {
            self.units.insert(name.to_owned(), (unit.id.clone(), format!("{} ({name})", unit.name)));
        }
        Ok(())
    }

    /// What this names, and the way there.
    fn told(&self, name: &str) -> Option<(String, String)> {
        let machine = self.machines.get(name).map(|host| (host.clone(), format!("/machines/{name}")));
        machine.or_else(|| self.units.get(name).map(|(id, unit)| (unit.clone(), format!("/units/{id}"))))
    }
}

fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What was done, in words.
fn action(w: &Words, word: &str) -> String {
    let known = ACTIONS.iter().find(|(action, _)| *action == word);
    known.map_or_else(|| word.to_owned(), |(_, text)| text(w).clone())
}

fn parsed(detail: &str) -> Option<Json> {
    serde_json::from_str(detail).ok().filter(|json: &Json| json.is_object())
}

struct Teller<'a> {
    lang: Lang,
    w: &'static Words,
    judge: &'a Judge,
    names: &'a Names,
}

impl Teller<'_> {
    fn view(&self, entry: &Entry) -> EntryView {
        let (subject, href) = match self.names.told(&entry.subject) {
            Some((name, href)) => (name, Some(href)),
            None => (self.subject(&entry.subject), None),
        };
        EntryView {
            at: format::moment(entry.at),
            actor: label::actor(self.w, &entry.actor).to_owned(),
            action: action(self.w, &entry.action),
            subject,
            href,
            detail: self.detail(&entry.detail),
        }
    }

    /// What a subject is called that has no page of its own.
    fn subject(&self, subject: &str) -> String {
        match self.judge.sets.iter().find(|set| set.id == subject) {
            Some(set) => pick(self.lang, &set.title).to_owned(),
            // What is gone has no name any more.
            None if is_id(subject) => self.short(subject),
            None => subject.to_owned(),
        }
    }

    fn short(&self, text: &str) -> String {
        format!("{}…", text.chars().take(DIGEST_CHARS).collect::<String>())
    }

    fn detail(&self, detail: &str) -> Vec<Detail> {
        let Some(Json::Object(parts)) = parsed(detail) else {
            let text = self.names.told(detail).map_or_else(|| self.plain(detail), |(name, _)| name);
            let is_said = !matches!(detail, "" | "{}");
            return is_said.then_some(Detail { label: String::new(), text }).into_iter().collect();
        };
        let label = |key: &str| {
            let known = KEYS.iter().find(|(known, _)| *known == key);
            known.map_or_else(|| key.replace('_', " "), |(_, text)| text(self.w).clone())
        };
        parts
            .iter()
            .map(|(key, value)| Detail { label: label(key), text: self.value(key, value) })
            .filter(|one| !one.text.is_empty())
            .collect()
    }

    fn value(&self, key: &str, value: &Json) -> String {
        match value {
            Json::Null => "—".to_owned(),
            Json::Bool(true) => self.w.yes.clone(),
            Json::Bool(false) => self.w.no.clone(),
            Json::Number(count) => {
                count.as_i64().map_or_else(|| count.to_string(), |count| number(self.lang, count))
            }
            Json::String(text) => self.word(key, text),
            Json::Array(list) => {
                let mut texts: Vec<String> =
                    list.iter().take(LISTED_MAX).map(|one| self.value(key, one)).collect();
                let more = list.len().saturating_sub(LISTED_MAX);
                if more > 0 {
                    texts.push(fill(&self.w.audit_more, &[("n", &more.to_string())]));
                }
                texts.join("; ")
            }
            Json::Object(parts) => {
                let told = |(fact, value): (&String, &Json)| {
                    let term = survey::terms().find(|term| term.name == fact);
                    let title = term.map_or(fact.as_str(), |term| value::label(self.lang, term));
                    format!("{title}: {}", self.value(fact, value))
                };
                parts.iter().map(told).collect::<Vec<_>>().join("; ")
            }
        }
    }

    /// A word of the program in the words of people.
    fn word(&self, key: &str, text: &str) -> String {
        let judge = self.judge;
        let titled = match key {
            "role" | "new_role" if Role::parse(text).is_some() => Some(label::role_of(self.w, text)),
            "rule" => Some(label::rule_title(self.lang, judge, text)),
            "ruleset" => Some(self.subject(text)),
            "name" => {
                let mut parameters = judge.sets.iter().flat_map(|set| &set.parameters);
                let found = parameters.find(|parameter| parameter.id == text);
                found.map(|parameter| pick(self.lang, &parameter.title).to_owned())
            }
            "parts" | "item" => {
                judge.prices.items.get(text).map(|item| pick(self.lang, &item.title).to_owned())
            }
            "remedies" => {
                let mut remedies = judge.sets.iter().filter_map(|set| set.remedies.get(text));
                remedies.next().map(|remedy| pick(self.lang, &remedy.title).to_owned())
            }
            "what" => Kind::parse(text).map(|kind| left_kind(self.w, kind).to_owned()),
            "day" | "until" | "declared_on" => text.parse().ok().map(format::date),
            "from" | "to" | "machine" => self.names.told(text).map(|(name, _)| name),
            _ => None,
        };
        titled.unwrap_or_else(|| self.plain(text))
    }

    /// A text as it stands, but for what only the program reads.
    fn plain(&self, text: &str) -> String {
        let is_digest = text.len() >= ID_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_digest { self.short(text) } else { text.to_owned() }
    }
}

/// Shows the audit trail: `?action=` of one kind, `?who=` of one person, `?sessions=yes` with sign-ins.
///
/// # Errors
/// When the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (reader, w) = (&visitor.reader, visitor.words());
    let with_sessions = fields.text("sessions") == "yes";
    let (action, actor) = (fields.text("action"), fields.text("who"));
    let filter = Filter { action, actor, without_sessions: !with_sessions && action.is_empty() };
    let mut tx = site.app.store.read().await?;
    let before = Some(fields.text("before")).filter(|before| !before.is_empty());
    let entries = audit::newest(&mut tx, filter, before, i64::try_from(ROWS + 1).unwrap_or(i64::MAX)).await?;
    let shown = entries.get(..ROWS).unwrap_or(&entries);
    let names = Names::of(&mut tx, shown).await?;
    let actors = audit::actors(&mut tx).await?;
    drop(tx);
    let judge = site.app.judge();
    let teller = Teller { lang: reader.lang, w, judge: &judge, names: &names };
    let last = shown.last().filter(|_| entries.len() > ROWS);
    let next = last.map(|entry| {
        let sessions = if with_sessions { "yes" } else { "" };
        let fields = [("action", action), ("who", actor), ("sessions", sessions), ("before", &entry.id)];
        format::url("/audit", &fields)
    });
    page(&AuditPage {
        l: Layout::new(reader, Place::Audit, &w.nav_audit),
        w,
        actions: action_choices(reader, action),
        actors: actor_choices(w, &actors, actor),
        with_sessions,
        entries: shown.iter().map(|entry| teller.view(entry)).collect(),
        next_href: next,
    })
}

fn action_choices(reader: &Reader, chosen: &str) -> Vec<Choice> {
    let w = reader.words();
    let any = Choice { value: String::new(), label: w.audit_any.clone(), chosen: chosen.is_empty() };
    let mut choices: Vec<Choice> = ACTIONS
        .iter()
        .map(|(word, label)| Choice {
            value: (*word).to_owned(),
            label: label(w).clone(),
            chosen: *word == chosen,
        })
        .collect();
    choices.sort_by_key(|choice| crate::vietnamese::sort_key(&choice.label));
    std::iter::once(any).chain(choices).collect()
}

fn actor_choices(w: &Words, actors: &[String], chosen: &str) -> Vec<Choice> {
    let any = Choice { value: String::new(), label: w.audit_anybody.clone(), chosen: chosen.is_empty() };
    let choice = |actor: &String| Choice {
        value: actor.clone(),
        label: label::actor(w, actor).to_owned(),
        chosen: actor == chosen,
    };
    std::iter::once(any).chain(actors.iter().map(choice)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Every text of the program's source but those of tests.
    fn sources(folder: &Path, texts: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "tests" {
                sources(&path, texts);
            } else if name.ends_with(".rs") && !["tests.rs", "story.rs", "office.rs"].contains(&name.as_str())
            {
                let text = std::fs::read_to_string(&path).unwrap();
                texts.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
            }
        }
    }

    /// The quoted words of a text that look like an action.
    fn quoted(text: &str) -> impl Iterator<Item = &str> {
        let is_word = |word: &&str| {
            word.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        };
        text.split('"').skip(1).step_by(2).filter(is_word)
    }

    #[test]
    fn every_action_has_its_words() {
        let mut texts = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
        let mut written = Vec::new();
        for text in &texts {
            for rest in text.split("audit::add(").skip(1) {
                let call = rest.split(';').next().unwrap();
                let mut words = quoted(call).filter(|word| *word != crate::archive::PROGRAM);
                match words.next() {
                    Some(word) => written.push(word.to_owned()),
                    // The word is chosen above, in the same file.
                    None => written.extend(
                        quoted(text)
                            .filter(|word| word.starts_with("work-") || word.starts_with("conflict-"))
                            .map(str::to_owned),
                    ),
                }
            }
        }
        assert!(written.len() > 40, "{written:?}");
        for word in &written {
            assert!(ACTIONS.iter().any(|(action, _)| action == word), "{word} has no words");
        }
        for (word, _) in ACTIONS.iter().filter(|(word, _)| *word != "seats-drop") {
            assert!(written.iter().any(|one| one == word), "nobody writes {word} down");
        }
    }
}
