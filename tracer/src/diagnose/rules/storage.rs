//! The file system of a folder or of a library gives errors of its own: a mount whose server or daemon is gone, a disk that
//! cannot be read. The file may be there all the same, and no permission is at fault.

use super::super::advice::RESTART;
use super::super::case::{Case, at};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::parent;
use super::load_file::backend;
use crate::discover::model::{Evidence, Missing};
use crate::event::{Errno, Text};

pub(super) static RULES: &[&Rule] = &[&FOLDER, &LIBRARY];

/// EIO, ENXIO, ENODEV, EBADMSG, ENOTCONN, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ESTALE, EUCLEAN, EREMOTEIO: what a network file
/// system, FUSE or a disk answers when it cannot answer (asm-generic/errno.h).
const BROKEN: [u16; 11] = [5, 6, 19, 74, 107, 110, 112, 113, 116, 117, 121];

/// The error is one of the file system's and tells nothing of the file.
pub(super) fn is_broken(err: Errno) -> bool {
    BROKEN.contains(&err.0)
}

static FOLDER: Rule = Rule {
    id: "VG012",
    stage: Stage::Scan,
    title: "The folder's file system does not answer",
    story: "The backend's folder lies on a mount whose server or daemon is gone, or on a disk that gives no data. Go's Glob passes over such errors: the folder is not \
mentioned in the log at any level.",
    proof: "The server's stat or open of the folder failed with an error of the file system: ENOTCONN, ESTALE, EIO and the like.",
    remedy: &["Mount the file system anew, or put the folder on another one."],
    rows: &["runner 5", "llama-server 1"],
    check: Check::Backend(folder),
};

fn folder(case: &Case<'_>) -> Vec<Finding> {
    let Some(folder) = case.folder.filter(|folder| folder.names.is_none()) else {
        return Vec::new();
    };
    let Some((err, seen)) = folder
        .unreadable
        .as_ref()
        .filter(|(err, _)| is_broken(*err))
    else {
        return Vec::new();
    };
    vec![
        FOLDER
            .found(format!(
                "The file system of {} does not answer ({err}), so the server sees no backend there and does not mention the folder.",
                folder.path
            ))
            .object(folder.path.clone())
            .proof([seen])
            .do_all(&[MOUNTED])
            .so(mounts(folder.path.as_str()))
            .so(RESTART),
    ]
}

static LIBRARY: Rule = Rule {
    id: "VG068",
    stage: Stage::Load,
    title: "A library's file system does not answer",
    story: "A library, or a place where the loader looks for it, lies on a mount whose server or daemon is gone, or on a disk that gives no data. The loader passes over such a place, and says in the end \
that there is no such file; or it gives the system's error after its own words.",
    proof: "An open or a look failed with an error of the file system: ENOTCONN, ESTALE, EIO and the like.",
    remedy: &["Mount the file system anew, or take the place out of LD_LIBRARY_PATH."],
    rows: &["runner 26"],
    check: Check::Backend(library),
};

/// A place of a library that is nowhere else could not be looked at: the place's file, why it was searched, the error.
fn behind<'a>(case: &Case<'a>) -> Vec<(&'a Text, [&'a Text; 3])> {
    let missing = case.failed_loads().flat_map(|(_, load)| &load.missing);
    missing
        .filter_map(|missing| {
            let Missing::Library { name, searched, .. } = missing else {
                return None;
            };
            let (tried, problem) = searched.iter().find_map(|tried| {
                let problem = tried.problem.as_ref()?;
                let broken = |err: &u16| Errno(*err).to_string() == problem.as_str();
                BROKEN.iter().any(broken).then_some((tried, problem))
            })?;
            Some((name, [&tried.file, &tried.via, problem]))
        })
        .collect()
}

/// This library may lie where nobody can look.
pub(super) fn is_behind(case: &Case<'_>, name: &str) -> bool {
    behind(case).iter().any(|(known, _)| known.as_str() == name)
}

/// The loader's words are about a file that the system could not read.
pub(super) fn is_unread(case: &Case<'_>, file: &str) -> bool {
    unread(case).iter().any(|(known, ..)| known == file)
}

/// Files that were found and could not be read: path or name, the error, where that was seen.
fn unread<'a>(case: &Case<'a>) -> Vec<(String, Errno, &'a Evidence)> {
    let mut all = Vec::new();
    for (_, load) in case.failed_loads() {
        for words in &load.words {
            if let Some(err) = words.err.filter(|err| is_broken(*err)) {
                all.push((words.object.as_str().to_owned(), err, &words.seen));
            }
        }
        if let Some((err, seen)) = load.refused.as_ref().filter(|(err, _)| is_broken(*err))
            && let Some((_, path)) = seen.text.as_str().rsplit_once(' ')
            && load
                .words
                .iter()
                .all(|words| words.err.is_none_or(is_broken))
            && load.missing.is_empty()
        {
            all.push((path.to_owned(), *err, seen));
        }
    }
    all
}

fn library(case: &Case<'_>) -> Vec<Finding> {
    if let Some((file, err, seen)) = unread(case).first() {
        let place = if file.contains('/') {
            parent(file)
        } else {
            case.path()
        };
        return vec![
            LIBRARY
                .found(format!(
                    "{} was not loaded: {file} could not be read ({err}): its file system or the disk below does not answer.",
                    backend(case)
                ))
                .object(file.as_str())
                .proof([*seen])
                .do_all(&[MOUNTED])
                .so(mounts(place))
                .so(RESTART),
        ];
    }
    let all = behind(case);
    let Some((name, [file, via, problem])) = all.first() else {
        return Vec::new();
    };
    let words = case.failed_loads().find_map(|(_, load)| load.words.first());
    let place = parent(file.as_str());
    vec![
        LIBRARY
            .found(format!(
                "{} was not loaded: {name} is in none of the places that can be read, and {place} ({via}) cannot: its file system does not answer ({problem}).",
                backend(case)
            ))
            .object((*name).clone())
            .likely()
            .proof(words.map(|words| &words.seen))
            .proof(&at(words.map(|words| &words.seen), format!("{file} ({via}): {problem}")))
            .do_all(&[MOUNTED])
            .so(mounts(place))
            .so("If the library lies elsewhere, take this place out of the service's variables:")
            .so("$ systemctl show ollama -p Environment")
            .so(RESTART),
    ]
}

/// What to see first.
const MOUNTED: &str = "See what is mounted there, and what the kernel says of it; then mount it anew (the dead mount goes away with `umount -l`):";

/// A command that hangs on no dead mount.
fn mounts(place: &str) -> String {
    format!(
        "$ timeout 5 ls -d {place}; timeout 5 findmnt -T {place} || findmnt --real; sudo dmesg | grep -iE 'i/o error|nfs: server|fuse' | tail"
    )
}
