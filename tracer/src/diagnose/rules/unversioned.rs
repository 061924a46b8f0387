//! A library without any symbol versions where the backend asks for one: the loader gives up the whole process.

use crate::discover::model::{Child, Evidence, Outcome};
use crate::event::Text;

use super::super::advice::{DISCOVERS_ONCE, RESTART};
use super::super::case::{Case, is_deciding};
use super::super::explanation::Finding;
use super::super::words::base;
use super::symbols::MISSING_VERSION;

/// The loader's assertion (glibc, elf/dl-lookup.c, check_match): the file that a version is asked of has no versions at all.
const ASSERTION: &str = "Inconsistency detected by ld.so: dl-lookup.c";
const ITS_TEXT: &str = "_dl_name_match_p (version->filename, map)";

/// The words, of a process that ended inside dlopen.
fn given_up<'a>(case: &Case<'a>) -> Option<(&'a Child, &'a Evidence)> {
    case.children
        .iter()
        .copied()
        .filter(|child| is_deciding(child))
        .filter(|child| child.loads.iter().any(|load| load.outcome == Outcome::Died))
        .find_map(|child| {
            let words = |text: &str| text.contains(ASSERTION) && text.contains(ITS_TEXT);
            let said = child.said.iter().find(|said| words(said.text.as_str()))?;
            Some((child, &said.seen))
        })
}

/// The finding of VG054 about it.
pub(super) fn of(case: &Case<'_>) -> Vec<Finding> {
    let Some((child, words)) = given_up(case) else {
        return Vec::new();
    };
    let libraries = &case.model.libraries;
    let facts = |path: &Text| libraries.get(path);
    let mapped = || child.mapped.iter().filter_map(|(path, _)| facts(path));
    // Of what was mapped: who asks a file for a version that has none.
    let lacking = mapped().find_map(|asker| {
        asker.needs_versions.iter().find_map(|[file, version]| {
            let answers = mapped().find(|one| {
                one.soname.as_ref() == Some(file) || base(one.path.as_str()) == file.as_str()
            })?;
            answers
                .defines_versions
                .is_empty()
                .then_some((asker, answers, version))
        })
    });
    let Some((asker, answers, version)) = lacking else {
        return Vec::new();
    };
    let (asker, answers) = (base(asker.path.as_str()), &answers.path);
    vec![
        MISSING_VERSION
            .found(format!(
                "{asker} could not be loaded: it needs the symbol version {version} of {answers}, and that file has no versions at all. The loader does not survive that: it ended the process, with exit code 127."
            ))
            .object(version.clone())
            .proof([words])
            .so(format!("If {answers} is a library of your own: link it with a version script that has the node {version}:"))
            .so(format!("$ printf '{version} {{ global: *; }};' > nodes.map; gcc -shared -Wl,--version-script=nodes.map ..."))
            .so("If it is not: put the vendor's file, which is part of Ollama's package, back in its place.")
            .so(DISCOVERS_ONCE)
            .so(RESTART),
    ]
}
