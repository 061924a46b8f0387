//! Symbolic links in the backend's folder that lead nowhere, or to themselves.

use crate::discover::model::{Era, Evidence};

use super::super::advice::{self, RESTART};
use super::super::case::{Case, path_of};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::load_file::is_loadable;

pub(super) static RULES: &[&Rule] = &[&LEADS_NOWHERE];

/// Too many symbolic links.
const ELOOP: u16 = 40;

static LEADS_NOWHERE: Rule = Rule {
    id: "VG064",
    stage: Stage::Load,
    title: "A link in the backend's folder leads nowhere",
    story: "The folder lists libggml-cuda.so, and behind the name is nothing: a symbolic link whose target is gone (half an update, a package taken off). The server counts the name as a candidate; the child does not find the file, in silence until 0.24. A link that leads to itself, whatever it is called, ends a runner: ggml looks at every file of the folder.",
    proof: "The name in the listing, and ENOENT or ELOOP for it, or no attempt to open it.",
    remedy: &["See where it leads, and install the release again."],
    rows: &["runner 7", "runner 20", "reports A"],
    check: Check::Backend(leads_nowhere),
};

fn leads_nowhere(case: &Case<'_>) -> Vec<Finding> {
    if let Some((seen, path)) = stopped_by_a_circle(case) {
        return vec![
            LEADS_NOWHERE
                .found(format!("{path} is a link that leads to itself. ggml looks at every file of the folder before it loads one, and gave up on this."))
                .object(path)
                .proof([seen])
                .so("See where it leads, and take it away:")
                .so(format!("$ ls -l {path} && sudo rm {path}"))
                .so("Where it was one of Ollama's files:")
                .do_lines(advice::reinstall(case.model))
                .so(RESTART),
        ];
    }
    let Some(folder) = case.folder else {
        return Vec::new();
    };
    let Some(name) = folder
        .matches
        .iter()
        .find(|name| is_loadable(name.as_str(), case.model.era))
    else {
        return Vec::new();
    };
    let path = format!("{}/{name}", folder.path);
    let mut circle = false;
    let refused: Vec<&Evidence> = case
        .failed_loads()
        .filter(|(_, load)| path_of(load) == path)
        .flat_map(|(_, load)| &load.words)
        .filter(|words| {
            words.object.as_str() == path && words.err.is_some_and(|err| matches!(err.0, 2 | ELOOP))
        })
        .inspect(|words| circle |= words.err.is_some_and(|err| err.0 == ELOOP))
        .map(|words| &words.seen)
        .collect();
    // The runner asks for each file before it opens it (ggml-backend-reg.cpp): one that is there is opened.
    let walked = case.deciding().any(|child| {
        child.answer.is_some()
            && child.walked.iter().any(|seen| {
                seen.path == folder.path
                    && seen
                        .names
                        .as_ref()
                        .is_some_and(|names| names.contains(name))
            })
    });
    // The call that loaded it may have come before the C library had its probes; what is mapped was there.
    let mapped = case
        .deciding()
        .any(|child| child.mapped.iter().any(|(file, _)| file.as_str() == path));
    let unopened = case.model.era == Era::Runner
        && walked
        && !mapped
        && case.loads().next().is_none()
        && super::refused::not_looked_at(case).is_empty();
    if refused.is_empty() && !unopened {
        return Vec::new();
    }
    let target = if circle {
        "that leads to itself"
    } else {
        "whose target is gone"
    };
    let mut finding = LEADS_NOWHERE
        .found(format!(
            "{path} is listed and cannot be found when it is to be opened: it is a link {target}."
        ))
        .object(path.as_str())
        .certain_if(!refused.is_empty() || case.absence_is_certain())
        .proof(refused)
        .proof(&folder.listed)
        .so("See where it leads:")
        .so(format!("$ ls -l {path}"));
    finding.remedy.extend(advice::reinstall(case.model));
    vec![finding.so(RESTART)]
}

/// The exception of std::filesystem that nobody catches (ggml-backend-reg.cpp, ggml_backend_load_best): its words, and the
/// file that they name.
pub(super) fn stopped_by_a_circle<'a>(case: &Case<'a>) -> Option<(&'a Evidence, &'a str)> {
    const WORDS: &str = "Too many levels of symbolic links [";
    case.saying("filesystem error: ").find_map(|seen| {
        let (_, path) = seen.text.as_str().split_once(WORDS)?;
        Some((seen, path.split(']').next()?))
    })
}
