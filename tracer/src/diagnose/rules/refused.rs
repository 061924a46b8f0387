//! dlopen gave nothing because the system refused a file, a mapping, memory or a descriptor.

use super::super::advice::{EDIT_SETTINGS, RESTART};
use super::super::case::{Case, path_of};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, parent};
use super::load_file::backend;
use crate::discover::model::{Evidence, Load, Missing, Words};
use crate::event::Text;
use crate::event::library::Resolved;

pub(super) static RULES: &[&Rule] = &[&REFUSED, &NO_ROOM];

/// Ids of the rules of this file.
pub(in super::super) const REFUSALS: [&str; 4] = ["VG058", "VG059", "VG067", "VG068"];

static REFUSED: Rule = Rule {
    id: "VG058",
    stage: Stage::Load,
    title: "The system refused the file",
    story: "The backend or a library it needs may not be opened, or not be mapped for execution: permissions, a noexec mount, SELinux or AppArmor. The loader's own words can mislead \
here (\"No such file or directory\", \"failed to map segment\"); the system's answer beside them is what counts.",
    proof: "open or the executable mapping was refused, with errno.",
    remedy: &["Open the file to the service's user, or mount the file system with exec."],
    rows: &["runner 26"],
    check: Check::Backend(refused),
};

/// Errors of the system next to failed loads: the error, its words, and who needed it.
pub(super) fn refusals<'a>(case: &Case<'a>) -> Vec<(u16, &'a Evidence)> {
    let mut all: Vec<(u16, &Evidence)> = Vec::new();
    for (child, load) in case.failed_loads() {
        if let Some((err, seen)) = &load.refused {
            all.push((err.0, seen));
        }
        let of_file =
            |words: &&Words| is_refusal(load, words) && !super::protection::is_protection(words);
        for words in load.words.iter().filter(of_file) {
            if let Some(err) = words.err {
                all.push((err.0, &words.seen));
            }
        }
        for (err, seen) in &child.refused {
            let text = seen.text.as_str();
            let about = text.contains(".so") && !text.contains("/dev/") && is_near(load, text);
            if about {
                all.push((err.0, seen));
            }
        }
    }
    all
}

/// The words give an error of the system's that is the reason. Of a name that no place has, the error is that of one of the
/// places that were searched in vain.
fn is_refusal(load: &Load, words: &Words) -> bool {
    let absent = load.closure.as_ref().is_some_and(|closure| {
        let of_name = |object: &&Resolved| object.name == words.object;
        let object = closure.objects.iter().find(of_name);
        object.is_some_and(|object| object.file.is_none())
    });
    words.err.is_some_and(|err| err.0 != 2) && !absent
}

/// A needed library that the loader could not open, though a file answers to its name: the words, and the file. The
/// recorder, which looks where the loader looks, found it.
pub(super) fn there_all_the_same<'a>(case: &Case<'a>) -> Vec<(&'a Words, &'a Text)> {
    let mut all = Vec::new();
    for (_, load) in case.failed_loads() {
        let Some(closure) = &load.closure else {
            continue;
        };
        for words in &load.words {
            let unopened = words.text.as_str().starts_with("cannot open shared object");
            let found = closure
                .objects
                .iter()
                .find(|object| object.name == words.object)
                .and_then(|object| object.file.as_ref());
            if let Some(file) = found.filter(|_| unopened) {
                all.push((words, file));
            }
        }
    }
    all
}

/// What stopped the loader first is a refusal of the system, or a file that it could not map, and nothing that is missing.
pub(in super::super) fn comes_first(case: &Case<'_>) -> bool {
    case.failed_loads().next().is_some_and(|(_, load)| {
        load.words
            .first()
            .is_some_and(|words| is_refusal(load, words) || is_unmapped(words))
    })
}

/// The loader found the file and could not map it.
pub(super) fn is_unmapped(words: &Words) -> bool {
    words.text.as_str().starts_with("failed to map segment")
}

/// The text names a file of the load: the backend, something in its folder, or what the loader named.
fn is_near(load: &Load, text: &str) -> bool {
    let folder = parent(path_of(load));
    (!folder.is_empty() && text.contains(folder))
        || load
            .words
            .iter()
            .any(|words| !words.object.is_empty() && text.contains(base(words.object.as_str())))
}

/// Files of the folder that a process could not even look at, and so never opened: the folder can be listed and not entered.
pub(super) fn not_looked_at<'a>(case: &Case<'a>) -> Vec<(u16, &'a Evidence)> {
    // ggml asks for many names; only those that the folder lists are there.
    let names = case
        .folder
        .map_or(&[][..], |folder| folder.matches.as_slice());
    let listed: Vec<String> = names
        .iter()
        .map(|name| format!("stat {}/{name}", case.path()))
        .collect();
    case.deciding()
        .flat_map(|child| &child.refused)
        .filter(|(_, seen)| listed.iter().any(|text| text == seen.text.as_str()))
        .map(|(err, seen)| (err.0, seen))
        .collect()
}

/// A library of this name is there and may not be opened: the loader says of it, too, that there is no such file.
pub(super) fn is_closed(case: &Case<'_>, name: &str) -> bool {
    let end = format!("/{name}");
    let refused = |words: &Words| words.err.is_some_and(|err| err.0 != 2);
    refusals(case)
        .iter()
        .any(|(err, seen)| matches!(err, 1 | 13) && seen.text.as_str().ends_with(&end))
        || there_all_the_same(case)
            .iter()
            .any(|(words, _)| words.object.as_str() == name && refused(words))
}

/// What the load lacks is what may not be opened; symbols that it lacks as well come of that.
fn lacks_closed_only(case: &Case<'_>, load: &Load) -> bool {
    let closed = |missing: &Missing| matches!(missing, Missing::Library { name, .. } if is_closed(case, name.as_str()));
    let symbol = |missing: &Missing| matches!(missing, Missing::Symbol { .. });
    load.missing.iter().any(closed)
        && load
            .missing
            .iter()
            .all(|missing| closed(missing) || symbol(missing))
}

/// The refusal is the only reason there is: the loader goes on to the next place when it may not open a file.
fn is_the_reason(case: &Case<'_>) -> bool {
    case.loads().next().is_none()
        || case.failed_loads().any(|(_, load)| {
            let worded = load
                .words
                .iter()
                .any(|words| words.err.is_some_and(|err| err.0 != 2));
            load.refused.is_some()
                || worded
                || load.missing.is_empty()
                || lacks_closed_only(case, load)
        })
}

/// The file that this refusal is about, and whether the recorder found it where the loader could not open it.
fn file_of(case: &Case<'_>, seen: &Evidence) -> (String, bool) {
    let hidden = there_all_the_same(case)
        .into_iter()
        .find(|(words, _)| words.seen == *seen);
    if let Some((_, file)) = hidden {
        return (file.as_str().to_owned(), true);
    }
    let named = case
        .failed_loads()
        .flat_map(|(_, load)| &load.words)
        .find(|words| words.seen == *seen && !words.object.is_empty());
    let path = |text: &str| {
        text.split([' ', ':'])
            .find(|word| word.contains(".so") && word.contains('/'))
            .map_or_else(|| case.path().to_owned(), str::to_owned)
    };
    let file = named.map_or_else(
        || path(seen.text.as_str()),
        |words| words.object.as_str().to_owned(),
    );
    (file, false)
}

fn refused(case: &Case<'_>) -> Vec<Finding> {
    const DENIED: [u16; 3] = [1, 13, 30];
    let mut all: Vec<_> = refusals(case)
        .into_iter()
        .filter(|(err, _)| DENIED.contains(err))
        .collect();
    if case.loads().next().is_none() {
        all.extend(not_looked_at(case));
    }
    let Some((err, first)) = all.first().copied() else {
        return Vec::new();
    };
    let (file, hidden) = file_of(case, first);
    let mapping = all.iter().any(|(_, seen)| {
        let text = seen.text.as_str();
        text.contains("executable mapping") || text.contains("failed to map segment")
    });
    let name = crate::event::Errno(err);
    let (how, advice): (String, Vec<String>) = if mapping {
        (
            format!("may not be mapped for execution ({name}): its file system is mounted noexec, or a security module forbids it"),
            vec![
                "See how the file system is mounted, and mount it with exec:".to_owned(),
                format!("$ findmnt -T {file} -o TARGET,OPTIONS"),
                format!("$ sudo mount -o remount,exec \"$(findmnt -n -o TARGET -T {file})\""),
                "Where noexec must stay, put Ollama's library folder on another file system and link it.".to_owned(),
            ],
        )
    } else if hidden {
        (
            format!("is there, and the loader was refused when it wanted to open it ({name})"),
            vec![
                "A filter of system calls (SystemCallFilter= of the unit, the container's seccomp profile) or a security module refuses it; see what each of them says:".to_owned(),
                "$ systemctl show ollama -p SystemCallFilter,NoNewPrivileges,ProtectSystem,InaccessiblePaths".to_owned(),
                "$ sudo journalctl -k -g 'apparmor|avc|seccomp'".to_owned(),
                "See that the service's user may read it:".to_owned(),
                format!("$ ls -lL {file}"),
            ],
        )
    } else if !file.contains('/') {
        (
            format!("may not be opened by the server's user ({name}), in one of the places where the loader looks for it"),
            vec![
                "See where it lies, and open it to the user of the service:".to_owned(),
                format!("$ ls -lL $(ldconfig -p | awk '/{file} /{{print $NF}}')"),
                "If the permissions are right, see what a security module or a filter of system calls refused:".to_owned(),
                "$ sudo journalctl -k -g 'apparmor|avc|seccomp'".to_owned(),
            ],
        )
    } else {
        (
            format!("may not be opened by the server's user ({name})"),
            vec![
                "Open it to the user of the service:".to_owned(),
                format!("$ sudo chmod a+rX {} {file}", parent(&file)),
                "If the permissions are right, see what the sandbox of the unit hides and what a security module refused:".to_owned(),
                "$ systemctl show ollama -p InaccessiblePaths,ProtectHome,TemporaryFileSystem; sudo journalctl -k -g 'apparmor|avc|landlock'".to_owned(),
            ],
        )
    };
    let mut finding = REFUSED
        .found(format!("{} was not loaded: {file} {how}.", backend(case)))
        .object(file.as_str())
        .certain_if(is_the_reason(case) && file.contains('/'))
        .proof(all.iter().map(|(_, seen)| *seen));
    finding.remedy = advice;
    vec![finding.so(RESTART)]
}

pub(super) static NO_ROOM: Rule = Rule {
    id: "VG059",
    stage: Stage::Load,
    title: "No descriptors, threads or memory left",
    story: "The process was at its limit of open files, or the memory for the mapping or for thread-local storage was not there. A driver that starts needs files and threads too, and often gives a code of its own that tells nothing of the limit.",
    proof: "EMFILE, ENFILE or ENOMEM at the load, the loader's words about static TLS, or a file that could not be mapped though no mapping for execution was refused; after the load, an open or a thread that the kernel refused for want of room.",
    remedy: &LIMITS,
    rows: &["runner 26", "runner 27"],
    check: Check::Backend(no_room),
};

pub(super) const LIMITS: [&str; 4] = [
    "Raise the limit (LimitNOFILE=, LimitAS=, TasksMax=, memory or pids of the container):",
    EDIT_SETTINGS,
    "See the limits of the service, and of a start by hand:",
    "$ systemctl show ollama -p LimitAS,LimitNOFILE,LimitNPROC,TasksMax,MemoryMax; ulimit -v -n -u",
];
/// For thread-local storage, of which each process has a fixed reserve (glibc, elf/dl-reloc.c).
const STORAGE: [&str; 2] = [
    "The library that the loader names wants its thread-local storage in that reserve, or a preloaded one has used it up (`readelf -lW FILE | grep TLS` shows how much each takes); all can stay if the reserve is made larger than what they take together:",
    "$ sudo systemctl edit ollama   # Environment=GLIBC_TUNABLES=glibc.rtld.optional_static_tls=131072",
];

fn no_room(case: &Case<'_>) -> Vec<Finding> {
    const FULL: [u16; 3] = [12, 23, 24];
    let all: Vec<_> = refusals(case)
        .into_iter()
        .filter(|(err, _)| FULL.contains(err))
        .collect();
    let tls: Vec<&Evidence> = case
        .failed_loads()
        .flat_map(|(_, load)| &load.words)
        .filter(|words| words.text.as_str().contains("static TLS"))
        .map(|words| &words.seen)
        .collect();
    let unmapped = unmapped(case);
    if all.is_empty() && tls.is_empty() && unmapped.is_empty() {
        return super::starved::no_room(case);
    }
    let what = match all.first() {
        None if tls.is_empty() => format!(
            "{} could not be mapped, and no mapping for execution was refused, so that no room was left in the process's address space",
            unmapped
                .first()
                .map_or("its file", |words| words.object.as_str())
        ),
        Some((12, _)) => "no memory was left for it (ENOMEM)".to_owned(),
        Some((err, _)) => format!(
            "no file descriptor was left ({})",
            crate::event::Errno(*err)
        ),
        None => "no room was left for its thread-local storage".to_owned(),
    };
    let storage_only = all.is_empty() && unmapped.is_empty();
    let certain = !all.is_empty() || !tls.is_empty();
    vec![
        NO_ROOM
            .found(format!("{} was not loaded: {what}.", backend(case)))
            .proof(all.iter().map(|(_, seen)| *seen))
            .proof(tls)
            .proof(unmapped.iter().map(|words| &words.seen))
            .certain_if(certain)
            .do_all(if storage_only { &STORAGE } else { &LIMITS })
            .so(RESTART),
    ]
}

/// One of these rules speaks of the failed loads.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    !refusals(case).is_empty() || !unmapped(case).is_empty()
}

/// Files that the loader could not map while the system refused none for execution: only the room for the whole of it can
/// have been missing (mmap, ENOMEM). A log does not show what was refused.
fn unmapped<'a>(case: &Case<'a>) -> Vec<&'a Words> {
    case.failed_loads()
        .filter(|(child, load)| {
            let refused = |seen: &Evidence| seen.text.as_str().starts_with("executable mapping");
            child.process.is_some()
                && load.refused.is_none()
                && !child.refused.iter().any(|(_, seen)| refused(seen))
        })
        .flat_map(|(_, load)| &load.words)
        .filter(|words| words.err.is_none() && is_unmapped(words))
        .collect()
}
