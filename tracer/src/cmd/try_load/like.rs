//! The environment of a process of a trace.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::{Plan, absolute};
use crate::cmd::Report;
use crate::discover::Role;
use crate::discover::events::Discovery;
use crate::event::process::Exec;
use crate::event::{Kind, Proc, Text};
use crate::trace::Reader;

/// Processes whose start is kept.
const MOST: usize = 4_096;

pub(super) fn plan(like: &Path, library: Option<&Path>) -> Result<Plan, Report> {
    let (path, wanted) = split(like);
    let mut reader = Reader::open(&path).map_err(|error| Report::from_error(&error).near(&path))?;
    let mut discovery = Discovery::new(reader.header());
    let mut execs: BTreeMap<Proc, Exec> = BTreeMap::new();
    while let Some(item) = reader
        .next_item()
        .map_err(|error| Report::from_error(&error))?
    {
        discovery.push(&item.event);
        if let (Kind::Exec(exec), Some(process)) = (&item.event.kind, item.event.process)
            && execs.len() < MOST
        {
            execs.insert(process, exec.clone());
        }
    }
    let roles = discovery.finish().roles;
    let folder = library
        .and_then(Path::parent)
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().into_owned());
    let chosen = choose(&roles, &execs, wanted.as_deref(), folder.as_deref());
    let Some((process, role)) = chosen else {
        return Err(nobody(&path, &roles, wanted.as_deref()));
    };
    let Some(exec) = execs.get(&process) else {
        return Err(nobody(&path, &roles, wanted.as_deref()));
    };
    let library = library
        .ok_or_else(|| Report::new("the library to load is not named"))
        .map(absolute)?;
    Ok(of_exec(
        exec,
        library,
        format!("{role} ({process}) of {}", path.display()),
    ))
}

fn of_exec(exec: &Exec, library: PathBuf, like: String) -> Plan {
    let mut notes = Vec::new();
    let variables = exec.env.value().map_or(&[][..], Vec::as_slice);
    if exec.env.whole().is_none() {
        notes.push("the recorded environment is not whole".to_owned());
    }
    let withheld = variables.iter().filter(|variable| variable.v.is_none());
    let names: Vec<&str> = withheld.map(|variable| variable.k.as_str()).collect();
    if !names.is_empty() {
        notes.push(format!(
            "{} variables have no recorded value and are left out ({})",
            names.len(),
            names.iter().take(5).copied().collect::<Vec<_>>().join(", ")
        ));
    }
    if exec.secure {
        notes.push(super::insecure("that process"));
    }
    let bytes = |text: &Text| OsString::from_vec(text.to_bytes().into_owned());
    Plan {
        library,
        like,
        environment: variables
            .iter()
            .filter_map(|variable| Some((bytes(&variable.k), bytes(variable.v.as_ref()?))))
            .collect(),
        cwd: exec
            .cwd
            .value()
            .map_or_else(|| PathBuf::from("/"), |cwd| PathBuf::from(bytes(cwd))),
        root: None,
        uid: Some((exec.uid[1], exec.gid[1])),
        notes,
    }
}

/// `run.vgt:runner[cuda_v12]`; a file with a colon in its name is a file.
fn split(like: &Path) -> (PathBuf, Option<String>) {
    let text = like.to_string_lossy();
    match text.rsplit_once(':') {
        Some((path, role)) if !like.exists() && !role.contains('/') => {
            (PathBuf::from(path), Some(role.to_owned()))
        }
        _ => (like.to_owned(), None),
    }
}

/// The first process of the role asked for; else one that tried the library's folder; else one that tried any.
fn choose(
    roles: &BTreeMap<Proc, Role>,
    execs: &BTreeMap<Proc, Exec>,
    wanted: Option<&str>,
    folder: Option<&str>,
) -> Option<(Proc, Role)> {
    let known = || {
        roles
            .iter()
            .filter(|(process, _)| execs.contains_key(process))
    };
    let fits = |role: &Role, wanted: &str| {
        let name = role.to_string();
        name == wanted
            || name
                .strip_prefix(wanted)
                .is_some_and(|rest| rest.starts_with(' '))
    };
    let found = match wanted {
        Some(wanted) => known()
            .find(|(_, role)| fits(role, wanted))
            .or_else(|| of_kind(known(), wanted, folder)),
        None => known()
            .find(|(_, role)| role.step().is_some() && role.dir().map(Text::as_str) == folder)
            .or_else(|| known().find(|(_, role)| role.step().is_some()))
            .or_else(|| known().find(|(_, role)| **role == Role::Program)),
    };
    found.map(|(process, role)| (*process, role.clone()))
}

/// The first process of the kind `wanted` (`runner` of `runner[cuda_v12]`): where the trace has one role of that kind, or one
/// for the library's own folder.
fn of_kind<'a>(
    known: impl Iterator<Item = (&'a Proc, &'a Role)>,
    wanted: &str,
    folder: Option<&str>,
) -> Option<(&'a Proc, &'a Role)> {
    let is_of_it = |role: &Role| {
        let name = role.to_string();
        let rest = name.strip_prefix(wanted);
        rest.is_some_and(|rest| rest.starts_with('['))
    };
    let all: Vec<_> = known.filter(|(_, role)| is_of_it(role)).collect();
    let of_folder = all.iter().copied();
    let of_folder =
        of_folder.filter(|(_, role)| folder.is_some() && role.dir().map(Text::as_str) == folder);
    the_one(&all).or_else(|| the_one(&of_folder.collect::<Vec<_>>()))
}

/// The first of them, when they differ by nothing but the pass.
fn the_one<'a>(all: &[(&'a Proc, &'a Role)]) -> Option<(&'a Proc, &'a Role)> {
    let first = all.first()?;
    let mut others = all.iter();
    let same = others.all(|(_, role)| (role.step(), role.dir()) == (first.1.step(), first.1.dir()));
    same.then_some(*first)
}

fn nobody(path: &Path, roles: &BTreeMap<Proc, Role>, wanted: Option<&str>) -> Report {
    let mut names: Vec<String> = roles
        .values()
        .filter(|role| **role != Role::Other)
        .map(ToString::to_string)
        .collect();
    names.sort();
    names.dedup();
    names.truncate(20);
    let what = wanted.map_or_else(
        || "no process that tries a backend".to_owned(),
        |role| format!("no {role}"),
    );
    let report = Report::new(format!("{what} in {}", path.display()));
    if names.is_empty() {
        report
    } else {
        report.help(format!("there is: {}", names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{of_exec, of_kind};
    use crate::discover::Role;
    use crate::discover::role::Step;
    use crate::event::Seen;
    use crate::event::process::Exec;
    use crate::event::{Proc, Text};

    #[test]
    fn a_process_with_more_rights_than_its_caller_is_said_to_have_a_loader_that_differs() {
        let notes = |secure: bool| {
            let exec = Exec {
                pid: 7,
                parent: None,
                file: Seen::Yes("/bin/x".into()),
                exe: Seen::Yes("/bin/x".into()),
                inode: None,
                argv: Seen::Yes(Vec::new()),
                env: Seen::Yes(Vec::new()),
                cwd: Seen::Yes("/".into()),
                uid: [0, 0],
                gid: [0, 0],
                secure,
                cgroup: None,
                base: None,
                interp: None,
                bits32: false,
                mount_namespace: None,
                already: false,
            };
            of_exec(&exec, PathBuf::from("/x.so"), String::new()).notes
        };
        // A recording that does not tell is one of a process that had none.
        assert!(notes(false).is_empty());
        let notes = notes(true);
        assert_eq!(notes.len(), 1);
        assert!(
            notes[0].contains("passes over LD_LIBRARY_PATH and LD_PRELOAD"),
            "{notes:?}"
        );
    }

    #[test]
    fn a_kind_of_two_folders_is_that_of_the_librarys_folder_or_none() {
        let process = |number| Proc {
            number,
            generation: 1,
        };
        let runner = |dir: &str, pass| Role::Attempt {
            step: Step::Runner,
            dir: Text::from(dir),
            pass,
        };
        let refresh = |step| Role::Refresh {
            step,
            dir: Text::from("a"),
        };
        let roles = [
            (process(1), runner("a", 1)),
            (process(2), runner("a", 2)),
            (process(3), runner("b", 1)),
            (process(4), refresh(Step::Start)),
            (process(5), refresh(Step::List)),
        ];
        let chosen = |count: usize, kind: &str, folder: Option<&str>| {
            let known = roles
                .iter()
                .take(count)
                .map(|(process, role)| (process, role));
            of_kind(known, kind, folder).map(|(process, _)| process.number)
        };
        assert_eq!(chosen(2, "runner", None), Some(1));
        assert_eq!(chosen(3, "runner", None), None);
        assert_eq!(chosen(3, "runner", Some("b")), Some(3));
        assert_eq!(chosen(3, "runner", Some("c")), None);
        assert_eq!(chosen(3, "run", None), None);
        assert_eq!(chosen(5, "refresh", Some("a")), None);
    }
}
