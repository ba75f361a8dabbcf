//! The person's own account: password, language, theme.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::error::Failure;
use crate::guard::{PASSWORD_CHARS_MIN, PasswordChange};
use crate::lang::Lang;
use crate::store::account::Standing;
use crate::web::format::fill;
use crate::web::layout::{Layout, Place};
use crate::web::reader::Theme;
use crate::web::words::Words;
use crate::web::{Form, Site, Visitor, page_with};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    l: Layout,
    w: &'static Words,
    name: String,
    standing: &'static str,
    sees: String,
    error: Option<String>,
    done: Option<String>,
    rule: String,
    languages: Vec<Choice>,
    themes: Vec<Choice>,
}

struct Choice {
    label: &'static str,
    lang: &'static str,
    href: String,
    chosen: bool,
}

enum Said {
    Nothing,
    Done,
    Error(String),
}

impl AccountPage {
    fn of(visitor: &Visitor, said: Said) -> AccountPage {
        let (w, reader, person) = (visitor.words(), &visitor.reader, &visitor.person);
        let languages = Lang::ALL.iter().map(|lang| Choice {
            label: lang.pick("Tiếng Việt", "English"),
            lang: lang.code(),
            href: format!("/account?lang={}", lang.code()),
            chosen: *lang == reader.lang,
        });
        let themes = Theme::ALL.iter().map(|theme| Choice {
            label: match theme {
                Theme::System => &w.theme_system,
                Theme::Light => &w.theme_light,
                Theme::Dark => &w.theme_dark,
            },
            lang: reader.lang.code(),
            href: format!("/account?theme={}", theme.word()),
            chosen: *theme == reader.theme,
        });
        let (done, error) = match said {
            Said::Nothing => (None, None),
            Said::Done => (Some(w.account_done.clone()), None),
            Said::Error(error) => (None, Some(error)),
        };
        AccountPage {
            l: Layout::new(reader, Place::Account, &w.account_title),
            w,
            name: person.name.clone(),
            standing: standing(w, person.standing),
            sees: person.unit.as_ref().map_or_else(|| w.account_sees_all.clone(), |(_, name)| name.clone()),
            error,
            done,
            rule: fill(&w.account_rule, &[("least", &PASSWORD_CHARS_MIN.to_string())]),
            languages: languages.collect(),
            themes: themes.collect(),
        }
    }
}

fn standing(w: &'static Words, standing: Standing) -> &'static str {
    match standing {
        Standing::Administrator => &w.standing_administrator,
        Standing::Analyst => &w.standing_analyst,
        Standing::Security => &w.standing_security,
        Standing::Viewer => &w.standing_viewer,
    }
}

/// Shows the account.
///
/// # Errors
/// When the page cannot be rendered.
pub async fn show(visitor: Visitor) -> Result<Response, Failure> {
    page_with(StatusCode::OK, &AccountPage::of(&visitor, Said::Nothing))
}

/// Changes the password.
///
/// # Errors
/// When the database fails.
pub async fn change_password(
    State(site): State<Site>,
    visitor: Visitor,
    Form(form): Form,
) -> Result<Response, Failure> {
    let w = visitor.words();
    let wanted = form.text("wanted");
    if wanted != form.text("again") {
        let page = AccountPage::of(&visitor, Said::Error(w.account_unequal.clone()));
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let change = site.guard.change_password(&site.app, &visitor.person, form.text("present"), wanted).await?;
    let (status, said) = match change {
        PasswordChange::Done => (StatusCode::OK, Said::Done),
        PasswordChange::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, Said::Error(w.account_wrong.clone())),
        PasswordChange::Wait(minutes) => {
            let error = fill(&w.login_wait, &[("minutes", &minutes.to_string())]);
            (StatusCode::TOO_MANY_REQUESTS, Said::Error(error))
        }
        PasswordChange::Unfit => {
            let error = fill(&w.account_unfit, &[("least", &PASSWORD_CHARS_MIN.to_string())]);
            (StatusCode::UNPROCESSABLE_ENTITY, Said::Error(error))
        }
    };
    page_with(status, &AccountPage::of(&visitor, said))
}
