//! The words of the dashboard: one dictionary per language, with the same keys.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::web::reader::Lang;

const VI: &str = include_str!("../../words/vi.toml");
const EN: &str = include_str!("../../words/en.toml");

/// Declares the keys. A dictionary that lacks one, or has one more, does not load; a test loads both.
///
/// The struct is filled from a map, not by serde's derive: for hundreds of fields that is code which an optimising
/// compiler needs a quarter of an hour for.
macro_rules! words {
    ($($key:ident)+) => {
        /// The words of one language.
        #[derive(Debug)]
        pub struct Words {
            $(
                pub $key: String,
            )+
        }

        impl Words {
            fn read(text: &str) -> Result<Words, String> {
                let mut dictionary: Dictionary =
                    Dictionary { texts: toml::from_str(text).map_err(|error| error.to_string())?, missing: Vec::new() };
                let words = Words { $($key: dictionary.take(stringify!($key)),)+ };
                dictionary.finish().map(|()| words)
            }
        }

        #[cfg(test)]
        impl Words {
            fn all(&self) -> Vec<(&'static str, &str)> {
                vec![$((stringify!($key), self.$key.as_str()),)+]
            }
        }
    };
}

/// A dictionary from which words are taken, one by one.
struct Dictionary {
    texts: BTreeMap<String, String>,
    missing: Vec<&'static str>,
}

impl Dictionary {
    #[inline(never)]
    fn take(&mut self, key: &'static str) -> String {
        self.texts.remove(key).unwrap_or_else(|| {
            self.missing.push(key);
            String::new()
        })
    }

    fn finish(self) -> Result<(), String> {
        let Dictionary { texts, missing } = self;
        let unknown: Vec<String> = texts.into_keys().collect();
        if missing.is_empty() && unknown.is_empty() {
            return Ok(());
        }
        Err(format!("missing: {}; not known: {}", missing.join(", "), unknown.join(", ")))
    }
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
    nav_waivers
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
    grade_ready
    grade_needs_work
    grade_not_ready
    grade_no_data
    outcome_pass
    outcome_partial
    outcome_fail
    outcome_unknown
    outcome_not_applicable
    outcome_waived
    severity_info
    severity_minor
    severity_major
    severity_critical
    role_counter
    role_clerk
    role_leader
    role_officer
    role_server
    yes
    no
    none
    absent
    days
    records_count
    and_more
    unknown_because
    reason_not_asked
    reason_not_supported
    reason_denied
    reason_timed_out
    reason_failed
    kind_flag
    kind_number
    kind_bytes
    kind_days
    kind_milliseconds
    kind_date
    kind_moment
    kind_version
    kind_text
    kind_word
    kind_texts
    kind_records
    column_machine
    column_unit
    column_unit_code
    column_role
    column_os
    column_grade
    column_score
    column_coverage
    column_why
    column_seen
    column_maker
    column_model
    column_machines
    column_ready
    column_share
    column_grades
    column_rule
    column_severity
    never_reported
    overview_of
    overview_today
    overview_why
    overview_why_note
    overview_why_empty
    overview_units
    overview_units_note
    overview_units_all
    overview_rules_all
    overview_recent
    overview_machines_all
    overview_empty
    overview_empty_do
    overview_empty_units
    todo_not_ready
    todo_silent
    todo_never
    units_count
    units_empty
    unit_code
    unit_children
    unit_machines
    unit_machines_note
    unit_all
    unit_empty
    machines_search
    machines_search_hint
    machines_unit
    machines_role
    machines_any_unit
    machines_any_role
    machines_find
    machines_all
    machines_count
    machines_failing
    machines_remove
    machines_none
    machines_clear
    machines_first
    machines_next
    machines_export
    machines_csv_semicolon
    machines_csv_comma
    machine_score
    machine_coverage
    machine_reported
    machine_silent
    machine_criteria
    machine_facts
    machine_history
    machine_judged
    machine_passed
    machine_other_rules
    machine_not_applicable
    machine_why
    machine_source
    machine_remedy
    machine_waived
    machine_waive
    mend_cheapest
    mend_free
    mend_unpriced
    mend_cannot
    mend_more
    scenario_title
    scenario_lead
    scenario_name
    scenario_name_hint
    scenario_keep
    scenario_kept
    scenario_kept_by
    scenario_none
    scenario_compare
    scenario_side_by_side
    scenario_submit
    scenario_submitted
    scenario_remove
    scenario_day
    scenario_prices
    scenario_rules
    scenario_budget
    scenario_seats
    scenario_ready
    scenario_more
    action_plan_submit
    turn_seat
    seat_move
    seat_move_hint
    action_machine_seat
    action_seats_import
    action_wishes_import
    unit_seats
    unit_seats_role
    unit_seats_count
    unit_seats_machines
    unit_seats_ready
    unit_seats_balance
    unit_seats_short
    unit_seats_over
    unit_seats_even
    unit_seats_none
    unit_plan
    nav_plan
    plan_lead
    plan_unit
    plan_everything
    plan_budget
    plan_budget_hint
    plan_years
    plan_norm
    plan_norm_today
    plan_fund
    plan_fund_hint
    plan_make
    plan_wrong_budget
    plan_wrong_norm
    plan_need
    plan_funded
    plan_left
    plan_seats
    plan_lines
    plan_marginal
    plan_marginal_none
    plan_marginal_more
    plan_best
    plan_near
    plan_note_missing
    plan_note_assumed
    plan_note_estimate
    plan_note_ceiling
    plan_note_unpriced
    plan_note_unknown
    plan_note_surplus
    plan_note_over_norm
    plan_note_security
    plan_note_cut
    plan_note_tender
    plan_note_rent
    plan_means
    plan_by_means
    plan_by_item
    plan_by_unit
    plan_by_year
    plan_count
    plan_price
    plan_amount
    plan_item
    plan_item_unit
    plan_basis
    plan_item_market
    plan_item_declared
    plan_year
    plan_not_funded
    plan_work
    plan_what
    plan_why
    plan_points
    plan_points_parts
    plan_cost
    plan_when
    plan_no_price
    plan_shared
    plan_why_fails
    plan_why_beyond
    plan_why_empty
    plan_why_short
    plan_why_wished
    plan_why_rented
    plan_do_reassign
    plan_do_buy
    plan_do_replace
    plan_do_swap
    plan_do_rent
    means_reassign
    means_enable
    means_upgrade
    means_licence
    means_buy
    means_rent
    plan_none
    plan_all_lines
    plan_download_excel
    plan_download_report
    plan_download_state
    plan_download_csv
    plan_download_json
    mend_estimate
    mend_priced
    machine_seen
    machine_unknown
    machine_notes
    machine_proof
    machine_no_facts
    machine_no_history
    via_https
    via_import
    because_ready
    because_no_data
    because_needs_work
    because_not_ready
    because_seen
    because_score
    because_never
    because_unjudged
    turn_when
    turn_what
    turn_first
    turn_earlier
    turn_machine
    turn_rules
    turn_waiver
    waiver_lead
    waiver_holding
    waiver_none
    waiver_rule
    waiver_whom
    waiver_reason
    waiver_until
    waiver_soon
    waiver_matching
    waiver_matches
    waiver_matches_none
    waiver_dead_rule
    waiver_granted
    waiver_end
    waiver_grant
    waiver_for_machine
    waiver_for_unit
    waiver_subtree
    waiver_until_hint
    waiver_ended
    waiver_ended_by
    waiver_by_calendar
    waiver_wrong_rule
    waiver_wrong_reason
    waiver_wrong_day
    rules_none
    rules_from
    rules_from_to
    rules_count
    rules_digest
    rules_id
    rules_others
    rules_lifecycle
    rules_lifecycle_dated
    rules_stale
    rules_roles
    rules_done
    rules_dead
    rules_asks
    rules_parameters
    rules_archive
    rules_archive_note
    rules_archive_first
    rules_first_used
    rules_by
    rules_used
    rules_download
    rules_back
    rules_back_reason
    rules_until
    rules_afterwards
    trial_title
    trial_link
    trial_lead_in
    trial_file
    trial_text
    trial_text_hint
    trial_button
    trial_empty
    trial_not_utf8
    trial_complaints
    trial_complaints_note
    trial_none
    trial_lead
    trial_lead_none
    trial_digests
    trial_as_of
    trial_on_request
    trial_same
    trial_unreadable
    trial_moves
    trial_from_to
    trial_rules
    trial_rules_note
    trial_alone
    trial_together
    trial_differs
    trial_turns
    trial_not_in_set
    trial_thresholds
    trial_more
    trial_scores
    trial_scores_note
    trial_scores_step
    trial_units
    trial_better
    trial_worse
    trial_unclear
    trial_machines
    trial_machines_note
    trial_other_set
    trial_activate
    trial_activate_note
    trial_reason
    trial_reason_hint
    trial_reason_missing
    action_rules_activate
    action_rules_rescored
    vocabulary_count
    vocabulary_lead
    vocabulary_privacy
    vocabulary_name
    vocabulary_vi
    vocabulary_en
    vocabulary_kind
    vocabulary_derived
    audit_when
    audit_who
    audit_what
    audit_subject
    audit_detail
    audit_none
    action_sign_in
    action_sign_in_failed
    action_sign_out
    action_password_change
    action_password_change_failed
    conflict_title
    conflict_evidence
    conflict_sequence
    conflict_do
    conflict_end
    conflict_replaced
    todo_conflict
    action_machine_join_again
    action_conflict_end
    action_conflict_replaced
    action_waiver_grant
    action_waiver_end
}

impl Words {
    /// The words of this language.
    pub fn of(lang: Lang) -> &'static Words {
        static BOTH: LazyLock<(Words, Words)> = LazyLock::new(|| {
            let read = |text| Words::read(text).expect("a test reads both dictionaries");
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
        let (vi, en): (Words, Words) = (Words::read(VI).unwrap(), Words::read(EN).unwrap());
        for ((key, vi), (_, en)) in vi.all().into_iter().zip(en.all()) {
            assert!(!vi.trim().is_empty() && !en.trim().is_empty(), "{key} is empty");
            assert_eq!(places(vi), places(en), "{key}: both languages say the same things");
            assert!(!vi.ends_with('!') && !en.ends_with('!'), "{key}: calm, please");
        }
    }

    #[test]
    fn a_dictionary_lacks_nothing_and_has_nothing_more() {
        let without = VI.replacen("skip = ", "skop = ", 1);
        assert_eq!(Words::read(&without).unwrap_err(), "missing: skip; not known: skop");
    }

    /// The names in braces.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }
}
