//! All rules, in order of their ids. One file a stage; an id is never given a second meaning.

mod abort;
mod answer;
mod backend_path;
mod colon;
mod crash;
mod crash_load;
mod device;
mod device_answers;
mod device_code;
mod device_codes;
mod device_none;
mod disagree;
mod driver_state;
mod ended;
mod filter;
mod host;
mod init;
mod killed;
mod last_words;
mod library_path;
mod links;
mod load;
mod load_file;
mod load_places;
mod load_words;
mod myths;
mod no_card;
mod no_fault;
mod old_discovery;
mod piece;
mod preload;
mod program;
mod protection;
mod raised;
mod refused;
mod sanity;
mod sanity_attributes;
mod scan;
mod scan_library;
mod seccomp;
mod server_end;
mod server_start;
mod skip;
mod source;
mod spawn;
mod spawn_limits;
mod spawn_null;
mod spawn_temporary;
mod stand_in;
mod start;
mod start_backend;
mod start_failed;
mod start_load;
mod start_lost;
mod start_memory;
mod start_unknown;
mod starved;
mod storage;
mod symbols;
mod top_level;
mod unversioned;
mod validate;
mod validate_driver;
mod validate_output;
mod vanished;
mod variables;
mod whose;

use super::rule::Rule;

pub(super) use answer::NO_REASON;
pub(super) use ended::cut_short;
pub(super) use filter::{NO_FILTER_SEEN, OVERLAP};
pub(super) use refused::{REFUSALS, comes_first as refusal_comes_first};
pub(super) use scan::NOT_SHIPPED;
pub(super) use source::{LOG_CANNOT_TELL, NOT_MENTIONED, NOT_OVER, level_name};

/// The rules.
pub static ALL: &[&[&Rule]] = &[
    abort::RULES,
    answer::RULES,
    backend_path::RULES,
    colon::RULES,
    crash::RULES,
    crash_load::RULES,
    device::RULES,
    device_answers::RULES,
    device_code::RULES,
    device_codes::RULES,
    device_none::RULES,
    disagree::RULES,
    driver_state::RULES,
    ended::RULES,
    filter::RULES,
    host::RULES,
    init::RULES,
    killed::RULES,
    links::RULES,
    load::RULES,
    load_file::RULES,
    load_words::RULES,
    myths::RULES,
    no_card::RULES,
    no_fault::RULES,
    old_discovery::RULES,
    piece::RULES,
    preload::RULES,
    program::RULES,
    protection::RULES,
    raised::RULES,
    refused::RULES,
    sanity::RULES,
    sanity_attributes::RULES,
    scan::RULES,
    scan_library::RULES,
    seccomp::RULES,
    skip::RULES,
    server_end::RULES,
    source::RULES,
    spawn::RULES,
    spawn_limits::RULES,
    spawn_null::RULES,
    spawn_temporary::RULES,
    stand_in::RULES,
    start::RULES,
    start_backend::RULES,
    start_load::RULES,
    start_failed::RULES,
    start_lost::RULES,
    start_unknown::RULES,
    storage::RULES,
    symbols::RULES,
    top_level::RULES,
    validate::RULES,
    validate_driver::RULES,
    validate_output::RULES,
    vanished::RULES,
    variables::RULES,
];

/// Every rule, by id.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let mut rules: Vec<&'static Rule> =
        ALL.iter().flat_map(|rules| rules.iter().copied()).collect();
    rules.sort_by_key(|rule| rule.id);
    rules.into_iter()
}

/// Every rule that has a page, by id: those of runs, and those of `check`.
pub fn with_pages() -> impl Iterator<Item = &'static Rule> {
    let of_check = super::tree::PAGES.iter().copied().flatten();
    let mut rules: Vec<&'static Rule> = all().chain(of_check).collect();
    rules.sort_by_key(|rule| rule.id);
    rules.into_iter()
}

/// The rule with this id, in any case of its letters.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Rule> {
    with_pages().find(|rule| rule.id.eq_ignore_ascii_case(id))
}
