//! How somebody reads: language, theme, and where they are.

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;

use crate::guard::{Person, cookie};
use crate::lang::Lang;
use crate::web::words::Words;
use crate::web::{Fields, format};

/// Light or dark, where somebody has chosen; otherwise the browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the browser says.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Every theme.
    pub const ALL: &'static [Theme] = &[Theme::System, Theme::Light, Theme::Dark];

    /// As it stands in the cookie and in the page.
    pub fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The theme of this word.
    pub fn parse(word: &str) -> Option<Theme> {
        Theme::ALL.iter().copied().find(|theme| theme.word() == word)
    }
}

/// Who reads a page, how, and when.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The language.
    pub lang: Lang,
    /// The theme.
    pub theme: Theme,
    /// What time it is.
    pub now: Timestamp,
    /// The path and query of this page, without a change of language or theme.
    pub here: String,
    /// Who has signed in, if anybody.
    pub person: Option<Person>,
    chosen_lang: Option<Lang>,
    chosen_theme: Option<Theme>,
}

impl Reader {
    /// How this request wants to be answered: by its address, by its cookies, by its headers, in Vietnamese.
    pub fn meet(request: &Request, now: Timestamp) -> Reader {
        let headers = request.headers();
        let query = request.uri().query().unwrap_or_default();
        let fields = Fields::parse(query.as_bytes());
        let chosen_lang = Lang::parse(fields.text("lang"));
        let chosen_theme = Theme::parse(fields.text("theme"));
        let lang = chosen_lang
            .or_else(|| cookie(headers, "lang").and_then(Lang::parse))
            .or_else(|| accepted(headers))
            .unwrap_or(Lang::Vi);
        let theme =
            chosen_theme.or_else(|| cookie(headers, "theme").and_then(Theme::parse)).unwrap_or(Theme::System);
        let rest: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("lang=") && !pair.starts_with("theme="))
            .collect();
        let path = request.uri().path();
        let here = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
        Reader { lang, theme, now, here, person: None, chosen_lang, chosen_theme }
    }

    /// The words of the reader's language.
    pub fn words(&self) -> &'static Words {
        Words::of(self.lang)
    }

    /// This page with one more field in its address.
    pub fn here_with(&self, name: &str, value: &str) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}{name}={}", self.here, format::encode(value))
    }

    /// The cookies that keep what was chosen in the address.
    pub fn cookies(&self, tls: bool) -> Vec<String> {
        let secure = if tls { "; Secure" } else { "" };
        let keep =
            |name, value| format!("{name}={value}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}");
        let lang = self.chosen_lang.map(|lang| keep("lang", lang.code()));
        let theme = self.chosen_theme.map(|theme| keep("theme", theme.word()));
        lang.into_iter().chain(theme).collect()
    }
}

/// The first of our languages that the browser asks for (RFC 9110, section 12.5.4).
fn accepted(headers: &HeaderMap) -> Option<Lang> {
    let text = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Lang)> = None;
    for part in text.split(',') {
        let (range, rest) = part.split_once(';').unwrap_or((part, ""));
        let quality: f32 = rest.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        let code = range.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        if let Some(lang) = Lang::parse(&code)
            && quality > best.map_or(0.0, |(quality, _)| quality)
        {
            best = Some((quality, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn check(uri: &str, cookies: &str, accept: &str, expected: &str) {
        let request = Request::builder()
            .uri(uri)
            .header(header::COOKIE, cookies)
            .header(header::ACCEPT_LANGUAGE, accept)
            .body(Body::empty())
            .unwrap();
        let reader = Reader::meet(&request, Timestamp::UNIX_EPOCH);
        assert_eq!(format!("{} {} {}", reader.lang.code(), reader.theme.word(), reader.here), expected);
    }

    #[test]
    fn the_address_is_stronger_than_cookies_and_these_than_headers() {
        check("/", "", "", "vi system /");
        check("/", "", "en-US,en;q=0.9", "en system /");
        check("/", "", "en;q=0.8,vi;q=0.9", "vi system /");
        check("/", "", "fr, de", "vi system /");
        check("/", "lang=vi", "en-US", "vi system /");
        check("/?lang=en&a=1", "lang=vi; theme=dark", "vi", "en dark /?a=1");
        check("/?lang=xx", "lang=yy; theme=zz", "*", "vi system /");
    }
}
