//! A filter of system calls (seccomp) ended the process: SIGSYS.

use super::super::advice::{EDIT_SETTINGS, EDIT_UNIT, RESTART};
use super::super::case::{Case, is_deciding, who};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;
use super::crash::{Kind, capital, during, of_kind, place};

pub(super) static RULES: &[&Rule] = &[&FILTERED];

/// What the kernel sends for a system call that a filter forbids (seccomp(2), SECCOMP_RET_KILL_PROCESS and SECCOMP_RET_TRAP).
pub(super) const SIGSYS: &str = "SIGSYS";

static FILTERED: Rule = Rule {
    id: "VG094",
    stage: Stage::Init,
    title: "A filter of system calls ended the process",
    story: "SystemCallFilter= of a unit, or the profile of a container, forbids a system call that the backend, the driver or a library that stands in for it makes. The kernel ends the process with SIGSYS. The place is \
that of the call; the library there is not at fault.",
    proof: "SIGSYS, with the function that made the call.",
    remedy: &["Allow the call in the unit or in the container's profile."],
    rows: &["runner 41", "llama-server 25"],
    check: Check::Backend(filtered),
};

fn filtered(case: &Case<'_>) -> Vec<Finding> {
    let all = of_kind(case, Kind::Filtered);
    let Some(first) = all.iter().find(|seen| is_deciding(seen.child)) else {
        return Vec::new();
    };
    let best = all
        .iter()
        .filter_map(|seen| seen.crash)
        .find(|crash| crash.at.is_some());
    // libc's wrappers have the names of the calls that they make.
    let site = best.and_then(|crash| crash.at.as_ref());
    let in_libc =
        |object: &str| base(object).starts_with("libc.so") || base(object).starts_with("libc-");
    let call = site
        .filter(|site| {
            site.object
                .as_ref()
                .is_some_and(|object| in_libc(object.as_str()))
        })
        .and_then(|site| site.symbol.as_ref())
        .and_then(|symbol| symbol.as_str().split('+').next())
        .map(|name| name.trim_start_matches('_').to_owned());
    let mut finding = FILTERED
        .found(format!(
            "{} was ended with SIGSYS {}{}: a filter of system calls (seccomp) forbids the call that is made there.",
            capital(who(first.child)),
            during(case, &all),
            place(best)
        ))
        .object(call.as_deref().unwrap_or_default())
        .proof(all.iter().flat_map(|seen| seen.evidence.iter().copied()))
        .so("The kernel names the call (syscall=NUMBER; `ausyscall NUMBER` gives its name), and these have filters:")
        .so("$ sudo journalctl -k -g 'type=1326|seccomp'")
        .so("$ systemctl show ollama -p SystemCallFilter -p SystemCallErrorNumber");
    finding = match call {
        Some(call) => finding
            .so("Allow it; in a container with a profile of its own (--security-opt seccomp=FILE of docker run):")
            .so(format!("{EDIT_UNIT}   # SystemCallFilter={call}")),
        None => finding
            .so("Allow it in SystemCallFilter= of the unit; in a container with a profile of its own (--security-opt seccomp=FILE of docker run):")
            .so(EDIT_SETTINGS),
    };
    vec![finding.so(RESTART)]
}
