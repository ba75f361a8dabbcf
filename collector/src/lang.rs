//! The languages that people read: pages, complaints about their files, and what commands print.

use rules::condition::words::Tongue;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Every language, the first first.
    pub const ALL: &'static [Lang] = &[Lang::Vi, Lang::En];

    /// As it stands in `lang` attributes.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Vi => "vi",
            Lang::En => "en",
        }
    }

    /// The language of this code.
    pub fn parse(code: &str) -> Option<Lang> {
        Lang::ALL.iter().copied().find(|lang| lang.code() == code)
    }

    /// The same language, as rules speak it.
    pub fn tongue(self) -> Tongue {
        self.pick(Tongue::Vietnamese, Tongue::English)
    }

    /// The text of this language.
    pub fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }
}
