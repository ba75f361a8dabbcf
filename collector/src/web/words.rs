//! The words of the dashboard: one dictionary per language, with the same keys.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::web::reader::Lang;

const VI: &str = include_str!("../../words/vi.toml");
const EN: &str = include_str!("../../words/en.toml");

/// Declares the keys. A dictionary that lacks one, or has one more, does not load; a test loads both.
macro_rules! words {
    ($($key:ident)+) => {
        /// The words of one language.
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Words {
            $(
                pub $key: String,
            )+
        }

        #[cfg(test)]
        impl Words {
            fn all(&self) -> Vec<(&'static str, &str)> {
                vec![$((stringify!($key), self.$key.as_str()),)+]
            }
        }
    };
}

words! {
    product
    product_line
    skip
    navigation
    signed_in_as
    sign_out
    printed
    limited_to
    nav_overview
    nav_units
    nav_machines
    nav_rules
    nav_vocabulary
    nav_audit
    nav_account
    login_title
    login_name
    login_password
    login_button
    login_wrong
    login_wait
    account_title
    account_role
    account_sees
    account_sees_all
    account_password
    account_present
    account_wanted
    account_again
    account_rule
    account_change
    account_done
    account_wrong
    account_unequal
    account_unfit
    account_language
    account_theme
    theme_system
    theme_light
    theme_dark
    theme_note
    standing_administrator
    standing_analyst
    standing_security
    standing_viewer
    failure_not_found
    failure_not_found_wrong
    failure_not_found_do
    failure_forbidden
    failure_forbidden_wrong
    failure_forbidden_do
    failure_form
    failure_form_wrong
    failure_form_do
    failure_method
    failure_method_wrong
    failure_large
    failure_large_wrong
    failure_unexpected
    failure_unexpected_wrong
    failure_unexpected_do
    failure_back
    ago_now
    ago_minutes
    ago_today
    ago_yesterday
    ago_days
}

impl Words {
    /// The words of this language.
    pub fn of(lang: Lang) -> &'static Words {
        static BOTH: LazyLock<(Words, Words)> = LazyLock::new(|| {
            let read = |text| toml::from_str(text).expect("a test reads both dictionaries");
            (read(VI), read(EN))
        });
        let (vi, en) = &*BOTH;
        lang.pick(vi, en)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn both_dictionaries_are_complete() {
        let (vi, en): (Words, Words) = (toml::from_str(VI).unwrap(), toml::from_str(EN).unwrap());
        for ((key, vi), (_, en)) in vi.all().into_iter().zip(en.all()) {
            assert!(!vi.trim().is_empty() && !en.trim().is_empty(), "{key} is empty");
            assert_eq!(places(vi), places(en), "{key}: both languages say the same things");
            assert!(!vi.ends_with('!') && !en.ends_with('!'), "{key}: calm, please");
        }
    }

    /// The names in braces.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }
}
