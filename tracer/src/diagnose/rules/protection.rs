//! The loader had the file and was not allowed to change the protection of memory: an executable stack, or code that is
//! written to (glibc elf/dl-load.c, dl-reloc.c).

use super::super::advice::{EDIT_UNIT, RESTART};
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::load_file::backend;
use crate::discover::model::{Load, Words};

pub(super) static RULES: &[&Rule] = &[&PROTECTED];

static PROTECTED: Rule = Rule {
    id: "VG067",
    stage: Stage::Load,
    title: "The system does not let the library change its memory",
    story: "The loader has the file, and then needs what the system refuses: a stack that can be executed (an object made from assembler without a note about the stack asks for it), or code that it may write to \
(text relocations: something in the library was built without -fPIC). MemoryDenyWriteExecute= of a unit and SELinux refuse both; glibc makes no stack executable at a dlopen from 2.41 on. The \
words end with \"Permission denied\", and permissions of files have no part in it.",
    proof: "The loader's words: cannot enable executable stack, cannot make segment writable for relocation, and the like.",
    remedy: &["Mark or build the library so that it does not need this; or let the unit allow it."],
    rows: &["runner 26", "runner 27"],
    check: Check::Backend(protected),
};

const STACK: &str = "cannot enable executable stack";
/// What else the loader says when mprotect was refused.
const MEMORY: [&str; 4] = [
    "cannot make segment writable for relocation",
    "cannot restore segment prot after reloc",
    "cannot change memory protections",
    "cannot apply additional memory protection after relocation",
];
/// mprotect had no memory for it.
const ENOMEM: u16 = 12;

/// The words tell of a protection that was refused, and of no file.
pub(super) fn is_protection(words: &Words) -> bool {
    let text = words.text.as_str();
    let known = text.starts_with(STACK) || MEMORY.iter().any(|start| text.starts_with(start));
    known && words.err.is_none_or(|err| err.0 != ENOMEM)
}

fn protected(case: &Case<'_>) -> Vec<Finding> {
    let said: Vec<(&Load, &Words)> = case
        .failed_loads()
        .flat_map(|(_, load)| load.words.iter().map(move |words| (load, words)))
        .filter(|(_, words)| is_protection(words))
        .collect();
    let Some((load, first)) = said.first() else {
        return Vec::new();
    };
    let file = file_of(load, first);
    let err = first
        .err
        .map_or_else(String::new, |err| format!(" ({err})"));
    let stack = first.text.as_str().starts_with(STACK);
    let what = if stack {
        format!("{file} asks for a stack that can be executed, and the system refuses that{err}")
    } else {
        format!(
            "the loader has to write into the code of {file}, which was not built to be moved (-fPIC), and the system refuses that{err}"
        )
    };
    let mut finding = PROTECTED
        .found(format!("{} was not loaded: {what}.", backend(case)))
        .object(file.as_str())
        .proof(said.iter().map(|(_, words)| &words.seen));
    finding.remedy = if stack {
        vec![
            "Few libraries need it; take the mark away (on a copy, where a package owns the file), or link it with -Wl,-z,noexecstack (the command needs patchelf 0.18 or newer):".to_owned(),
            format!("$ readelf -lW {file} | grep GNU_STACK"),
            format!("$ sudo patchelf --clear-execstack {file}"),
        ]
    } else {
        vec![
            "Build all of it with -fPIC; TEXTREL shows that something was not:".to_owned(),
            format!("$ readelf -dW {file} | grep TEXTREL"),
        ]
    };
    Vec::from([finding
        .so("Where the file must stay as it is, see what forbids it:")
        .so("$ systemctl show ollama -p MemoryDenyWriteExecute; sudo ausearch -m avc -ts recent | grep -E 'execstack|execmod|execmem'")
        .so("Then allow it there:")
        .so(format!("{EDIT_UNIT}   # MemoryDenyWriteExecute=no"))
        .so(RESTART)])
}

/// The file that the words are about: of a name, the file that answered to it in that load.
fn file_of(load: &Load, words: &Words) -> String {
    let objects = load.closure.iter().flat_map(|closure| &closure.objects);
    let answered = objects
        .filter(|object| object.name == words.object)
        .find_map(|object| object.file.as_ref());
    answered.unwrap_or(&words.object).as_str().to_owned()
}
