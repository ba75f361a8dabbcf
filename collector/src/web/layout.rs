//! What stands around every page.

use crate::guard::{self, Person};
use crate::lang::Lang;
use crate::web::asset::ASSETS;
use crate::web::format::{self, fill};
use crate::web::may_open;
use crate::web::reader::{Reader, Theme};
use crate::web::words::Words;

/// What stands around a page.
pub struct Layout {
    /// Language of the page.
    pub lang: &'static str,
    /// `light`, `dark` or `system`.
    pub theme: &'static str,
    /// Title of the page.
    pub title: String,
    /// The ways to other pages; empty for who has not signed in.
    pub nav: Vec<Way>,
    /// Who has signed in.
    pub name: Option<String>,
    /// What the person is limited to, in words.
    pub limit: Option<String>,
    /// What every form carries.
    pub form_token: String,
    /// The other languages: code, name, address of this page in it.
    pub languages: Vec<(&'static str, &'static str, String)>,
    /// Address of the stylesheet.
    pub style: &'static str,
    /// Address of the script.
    pub script: &'static str,
    /// Address of the icon.
    pub icon: &'static str,
    /// When the page was made, for prints.
    pub printed: String,
}

/// A way to another page.
pub struct Way {
    /// Address.
    pub href: &'static str,
    /// Label.
    pub label: &'static str,
    /// Whether the reader is there.
    pub here: bool,
}

/// Where a page belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// How ready everything is.
    Overview,
    /// The organisation.
    Units,
    /// The machines.
    Machines,
    /// What to do, and what it costs.
    Plan,
    /// What technicians do.
    Work,
    /// The rules.
    Rules,
    /// Exceptions from rules.
    Waivers,
    /// What can be known.
    Vocabulary,
    /// Who did what.
    Audit,
    /// The person's own account.
    Account,
    /// None of these.
    Elsewhere,
}

impl Layout {
    /// The layout of a page of this title.
    pub fn new(reader: &Reader, place: Place, title: &str) -> Layout {
        let w = reader.words();
        let nav = reader.person.as_ref().map(|person| ways(w, person, place)).unwrap_or_default();
        let languages = Lang::ALL
            .iter()
            .filter(|lang| **lang != reader.lang)
            .map(|lang| {
                (lang.code(), lang.pick("Tiếng Việt", "English"), reader.here_with("lang", lang.code()))
            })
            .collect();
        let unit = reader.person.as_ref().and_then(|person| person.unit.as_ref());
        Layout {
            lang: reader.lang.code(),
            theme: match reader.theme {
                Theme::System => "system",
                Theme::Light => "light",
                Theme::Dark => "dark",
            },
            title: title.to_owned(),
            nav,
            name: reader.person.as_ref().map(|person| person.name.clone()),
            limit: unit.map(|(_, name)| fill(&w.limited_to, &[("unit", name)])),
            form_token: form_token(reader),
            languages,
            style: &ASSETS.style,
            script: &ASSETS.script,
            icon: &ASSETS.icon,
            printed: fill(&w.printed, &[("at", &format::moment(reader.now))]),
        }
    }
}

/// What the forms of this reader carry: empty of nobody. Where the random source fails too, so that they are refused.
fn form_token(reader: &Reader) -> String {
    reader.person.as_ref().and_then(|person| guard::masked(&person.form_token).ok()).unwrap_or_default()
}

/// The ways that this person may go.
fn ways(w: &'static Words, person: &Person, place: Place) -> Vec<Way> {
    let way = |at, href, label| Way { href, label, here: at == place };
    let mut ways = vec![
        way(Place::Overview, "/", w.nav_overview.as_str()),
        way(Place::Units, "/units", w.nav_units.as_str()),
        way(Place::Machines, "/machines", w.nav_machines.as_str()),
        way(Place::Plan, "/plan", w.nav_plan.as_str()),
        way(Place::Work, "/work", w.nav_work.as_str()),
        way(Place::Rules, "/rules", w.nav_rules.as_str()),
        way(Place::Waivers, "/waivers", w.nav_waivers.as_str()),
        way(Place::Vocabulary, "/vocabulary", w.nav_vocabulary.as_str()),
        way(Place::Audit, "/audit", w.nav_audit.as_str()),
    ];
    ways.retain(|way| may_open(way.href, person.standing));
    ways
}
