//! From a way in to processes: which run, which are waited for, and which files they may load.

use std::path::{Path, PathBuf};

use super::{Props, Way, container, trouble, words};
use crate::cmd::Report;
use crate::cmd::run::engine;
use crate::event::loss::Note;
use crate::source::ebpf::awaited::Awaited;
use crate::source::ebpf::session::interest_in;
use crate::source::library::Root;
use crate::source::library::candidates::{Start, candidates};
use crate::source::place::{inside, place_of, reachable, root_of};
use crate::source::plan::Interest;
use crate::source::running::{self, group, unit};
use crate::source::session::Session;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Target {
    /// For trace and user: `pid 4711`, `unit ollama.service`.
    pub(super) label: String,
    /// For the name of the file.
    pub(super) short: String,
    /// The process whose end ends the recording.
    pub(super) pid: Option<u32>,
    /// Processes that run and are recorded with all below them.
    pub(super) members: Vec<u32>,
    /// What is followed when it starts.
    pub(super) awaited: Awaited,
    /// Programs whose libraries are looked at before anything starts.
    pub(super) programs: Vec<PathBuf>,
    /// Has the name of the container looked after: another one may get it.
    pub(super) name: Option<container::Follower>,
    /// Has it started anew.
    pub(super) restart: Option<Vec<String>>,
    /// The recording ends when the discovery is over.
    pub(super) until_discovery: bool,
    /// Words for the trace.
    pub(super) notes: Vec<Note>,
}

/// Finds what is asked for.
///
/// # Errors
/// There is no such process, group, unit or container.
pub(super) fn find(props: &Props) -> Result<Target, Report> {
    let mut target = match &props.way {
        Way::Pid(pid) => of_pid(*pid)?,
        Way::Exe(path) => of_file(path)?,
        Way::Name(name) => of_name(name),
        Way::Cgroup(path) => of_group(path)?,
        Way::Unit(name) => of_unit(name)?,
        Way::Container(name) => container::find(name, props.next)?,
        Way::All => of_all(),
    };
    if props.restart || props.next {
        // What runs is about to end: its next start is what is wanted.
        target.members.clear();
        target.until_discovery = true;
    }
    if !props.restart {
        target.restart = None;
    } else if target.restart.is_none() {
        return Err(
            trouble(format!("{} cannot be restarted from here", target.label))
                .help("restart it yourself while vgputrace waits: --next"),
        );
    }
    target.members.retain(|pid| *pid != std::process::id());
    target.notes.extend(words::about(&target));
    Ok(target)
}

/// Nothing is waited for, so stops of ptrace would do.
pub(super) fn can_be_stopped(props: &Props) -> bool {
    matches!(props.way, Way::Pid(_))
}

/// A process that is not there.
pub(super) fn gone(pid: u32) -> Report {
    trouble(format!("there is no process {pid}"))
        .help("`vgputrace doctor` names the servers that run, and their processes")
}

fn of_pid(pid: u32) -> Result<Target, Report> {
    if pid == std::process::id() {
        return Err(trouble("this is the recorder itself"));
    }
    if !Path::new(&format!("/proc/{pid}")).exists() {
        return Err(gone(pid));
    }
    Ok(Target {
        label: format!("pid {pid}"),
        short: format!("pid-{pid}"),
        pid: Some(pid),
        members: vec![pid],
        ..Target::default()
    })
}

fn of_file(path: &Path) -> Result<Target, Report> {
    let real = std::fs::canonicalize(path).map_err(|error| {
        trouble(format!("cannot find the program {}", path.display()))
            .because(&error)
            .help("a program of a container is awaited by its name: --name ollama")
    })?;
    let name = base(&real);
    Ok(Target {
        label: format!("exe {}", real.display()),
        short: name.clone(),
        awaited: Awaited {
            names: vec![name],
            files: vec![real.clone()],
            ..Awaited::default()
        },
        programs: vec![real],
        ..Target::default()
    })
}

fn of_name(name: &str) -> Target {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::split_paths(&search)
        .map(|folder| folder.join(name))
        .filter(|path| path.is_file())
        .collect();
    Target {
        label: format!("name {name}"),
        short: name.to_owned(),
        awaited: Awaited {
            names: vec![name.to_owned()],
            ..Awaited::default()
        },
        programs,
        ..Target::default()
    }
}

/// The tree of control groups.
pub(super) fn groups() -> Result<PathBuf, Report> {
    group::root().ok_or_else(|| {
        trouble("no control groups of version 2 are mounted here, so neither units nor containers can be found by them")
            .help("take the server by its process or its name instead: --pid N, --name ollama")
    })
}

fn of_group(path: &Path) -> Result<Target, Report> {
    // As `systemd-cgls` and /proc/PID/cgroup name it, or as a folder.
    let as_folder = group::id(path).map(|id| (path.to_owned(), id));
    let (folder, id) = as_folder.or_else(|error| {
        let below = groups()?.join(path.strip_prefix("/").unwrap_or(path));
        let id = group::id(&below).map_err(|_| {
            trouble(format!(
                "{} is no control group of version 2",
                path.display()
            ))
            .because(&error)
        })?;
        Ok((below, id))
    })?;
    Ok(Target {
        label: format!("cgroup {}", folder.display()),
        short: base(&folder),
        members: group::members(&folder),
        awaited: Awaited {
            group_ids: vec![id],
            ..Awaited::default()
        },
        ..Target::default()
    })
}

fn of_unit(name: &str) -> Result<Target, Report> {
    let name = unit::full_name(name);
    let group_name = unit::group_name(&name);
    let root = groups()?;
    let folders = group::named(&root, |folder| folder == group_name);
    let mut programs = Vec::new();
    if let Ok(file) = crate::source::unit::load(&name, Path::new("/"))
        && let Ok(start) = crate::source::unit::resolve(
            &file,
            &crate::source::user::SystemAccounts,
            Path::new("/"),
        )
    {
        programs.push(start.program);
    } else if folders.is_empty() {
        return Err(trouble(format!(
            "there is no unit {name}: no unit file, and no control group of that name"
        )));
    }
    Ok(Target {
        label: format!("unit {name}"),
        short: name.trim_end_matches(".service").to_owned(),
        members: folders
            .iter()
            .flat_map(|folder| group::members(folder))
            .collect(),
        awaited: Awaited {
            groups: vec![group_name],
            ..Awaited::default()
        },
        programs,
        restart: Some(unit::restart(&name)),
        ..Target::default()
    })
}

/// Every program that starts from now on, and what has a backend or a driver mapped already.
fn of_all() -> Target {
    let own = std::process::id();
    let members = running::program::all()
        .into_iter()
        .filter(|pid| *pid != own)
        .filter(|pid| {
            let maps = running::regions(*pid);
            maps.iter()
                .any(|map| crate::source::facts::is_of_interest(&map.path))
        });
    Target {
        label: "all".to_owned(),
        short: "all".to_owned(),
        members: members.collect(),
        awaited: Awaited {
            all: true,
            ..Awaited::default()
        },
        ..Target::default()
    }
}

/// Puts probes on what the processes have mapped and may load, and on what those that are waited for may load.
pub(super) fn watch_files(session: &mut Session, target: &Target) -> Result<(), Report> {
    for pid in running::family(&target.members) {
        for region in running::regions(pid) {
            let file = reachable(pid, &region.path);
            let by_content = Interest::ByContent;
            session
                .probe_as(&file, &region.path, by_content)
                .map_err(|error| engine::report(&error))?;
        }
        let Some(exe) = std::fs::read_link(format!("/proc/{pid}/exe")).ok() else {
            continue;
        };
        let exe = inside(&place_of(pid), &exe.to_string_lossy());
        watch_candidates(session, &exe, &root_of(pid))?;
    }
    for program in &target.programs {
        watch_candidates(session, program, &Root::default())?;
    }
    if target.programs.is_empty() && target.members.is_empty() {
        // At least the C library and the drivers of this system.
        watch_candidates(session, Path::new("/bin/sh"), &Root::default())?;
    }
    Ok(())
}

fn watch_candidates(session: &mut Session, program: &Path, root: &Root) -> Result<(), Report> {
    for candidate in candidates(program, &Start::default(), root).list {
        let file = root.outside(&candidate.path);
        let name = candidate.path.to_string_lossy();
        session
            .probe_as(&file, &name, interest_in(&candidate))
            .map_err(|error| engine::report(&error))?;
    }
    Ok(())
}

fn base(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
