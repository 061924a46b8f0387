//! Who starts Ollama: the unit below the root, a process (`/proc/PID/root` was given, or a server runs), or the caller.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::{Question, running, text};
use crate::event::Text;
use crate::event::tree::{EnvironmentOf, Server, Variable};
use crate::source::host::{below, small};
use crate::source::library::Root;
use crate::source::screen::{Policy, environment};
use crate::source::unit::{self, Origin, Start, Unit};
use crate::source::{advice, doctor};

/// The unit that Ollama's install script writes.
pub(super) const UNIT: &str = "ollama.service";
/// Settings that hide devices, sysfs or files from a service (systemd.exec(5), systemd.resource-control(5)).
const HIDES: [&str; 12] = [
    "DeviceAllow",
    "DevicePolicy",
    "PrivateDevices",
    "ProtectKernelTunables",
    "InaccessiblePaths",
    "NoExecPaths",
    "RootDirectory",
    "RootImage",
    "PrivateUsers",
    "ProtectHome",
    "TemporaryFileSystem",
    "MemoryDenyWriteExecute",
];
/// Variables told at most.
const MOST: usize = 1_024;

/// Files that docker and podman put into every container.
const MARKS: [&str; 2] = [".dockerenv", "run/.containerenv"];

/// What starts it, and its program where that is known with it.
pub(super) fn read(question: &Question<'_>) -> (Server, Option<(PathBuf, Text)>) {
    if let Some(folder) = process_of(question.root) {
        let mut server = of_process(&folder.0, folder.1, question);
        server.source = EnvironmentOf::Process(folder.1);
        server.apart = running::apart(folder.1);
        return (server, program_of(&folder.0, folder.1));
    }
    let problem = match unit::load(UNIT, question.root) {
        Ok(unit) => match unit::resolve(&unit, question.accounts, question.root) {
            Ok(start) => {
                let (mut server, program) = of_unit(&unit, start, question);
                server.other = running::look(question).other;
                return (server, program);
            }
            Err(error) => Some(Text::from(error.to_string())),
        },
        Err(unit::Error::NotFound { .. }) => None,
        Err(error) => Some(Text::from(error.to_string())),
    };
    let running = running::look(question);
    let (mut server, program) = match running.chosen {
        Some(pid) => {
            let folder = below(question.root, "/proc").join(pid.to_string());
            let mut server = of_process(&folder, pid, question);
            server.source = EnvironmentOf::Process(pid);
            (server, program_of(&folder, pid))
        }
        None => (of_caller(question), None),
    };
    server.problem = problem;
    (server.other, server.unseen) = (running.other, running.unseen);
    (server, program)
}

fn of_unit(
    unit: &Unit,
    start: Start,
    question: &Question<'_>,
) -> (Server, Option<(PathBuf, Text)>) {
    let mut groups = start.groups;
    groups.push(start.gid);
    let mut variables: Vec<Variable> = start
        .environment
        .iter()
        .map(|variable| {
            let kept = environment(
                variable.name.as_bytes(),
                variable.value.as_bytes(),
                Policy::Allowlist,
            );
            let line = match &variable.origin {
                Origin::File(file) => line_of(question.root, file, &variable.name),
                _ => None,
            };
            Variable {
                name: kept.k,
                value: kept.v,
                origin: Text::from(variable.origin.to_string()),
                line,
            }
        })
        .collect();
    variables.truncate(MOST);
    let hides = unit
        .not_imitated
        .iter()
        .filter(|setting| HIDES.contains(&setting.name.as_str()))
        .map(|setting| {
            [
                Text::from(setting.name.as_str()),
                Text::from(setting.value.as_str()),
                text(&setting.file),
            ]
        })
        .collect();
    let name = Text::from(unit.name.as_str());
    let server = Server {
        source: EnvironmentOf::Unit(name.clone()),
        unit_files: unit.files.iter().map(|file| text(file)).collect(),
        problem: None,
        user: doctor::user(start.uid, groups, question.accounts),
        cwd: text(&start.cwd),
        variables: sorted(variables),
        no_new_privileges: unit.dynamic_user
            || unit
                .not_imitated
                .iter()
                .any(|setting| setting.name == "NoNewPrivileges"),
        hides,
        ..Server::default()
    };
    // Only a program of that name is Ollama; a wrapper starts it in a way that is not seen here.
    let program =
        (start.program.file_name() == Some(OsStr::new("ollama"))).then_some((start.program, name));
    (server, program)
}

/// `/proc/PID/root` leads into a container: that process is Ollama's, or its neighbour.
pub(super) fn process_of(root: &Path) -> Option<(PathBuf, u32)> {
    let folder = root.parent()?;
    let pid = folder.file_name()?.to_str()?.parse().ok()?;
    let of_proc = folder.parent()? == Path::new("/proc") && root.file_name()? == "root";
    of_proc.then(|| (folder.to_owned(), pid))
}

/// A path as the process sees it: the kernel tells it from our root, which differs after chroot(2). Of another mount
/// namespace it tells the path from that one's root.
fn inside(folder: &Path, path: PathBuf) -> PathBuf {
    let root = std::fs::read_link(folder.join("root")).unwrap_or_else(|_| PathBuf::from("/"));
    match path.strip_prefix(&root) {
        Ok(rest) => Path::new("/").join(rest),
        Err(_) => path,
    }
}

/// The program that a process runs, when it is Ollama by its name.
fn program_of(folder: &Path, pid: u32) -> Option<(PathBuf, Text)> {
    let file = inside(folder, std::fs::read_link(folder.join("exe")).ok()?);
    let is_ollama = file.file_name() == Some(OsStr::new("ollama"));
    is_ollama.then(|| (file, Text::from(format!("process {pid}"))))
}

/// An engine of containers made its root, and it is the first process there, or a child with all that one's variables
/// (tini, a script). What a shell there has left behind has the first process for its parent too.
fn is_first_of_container(folder: &Path) -> bool {
    let root = folder.join("root");
    let marked = MARKS.iter().any(|mark| root.join(mark).exists());
    // The number in its own namespace comes last (proc_pid_status(5)).
    let number = |folder: &Path, key: &str| -> Option<u32> {
        let status = small(&folder.join("status"))?;
        let status = String::from_utf8_lossy(&status);
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().last()?.parse().ok()
    };
    let is_first = |folder: &Path| number(folder, "NSpid:") == Some(1);
    let parent = || {
        let parent = number(folder, "PPid:")?;
        Some(folder.with_file_name(parent.to_string()))
    };
    let variables = |folder: &Path| small(&folder.join("environ")).filter(|all| !all.is_empty());
    let has_all_of =
        |parent: &Path| variables(parent).is_some_and(|all| variables(folder) == Some(all));
    let is_next = |parent: PathBuf| is_first(&parent) && has_all_of(&parent);
    marked && (is_first(folder) || parent().is_some_and(is_next))
}

fn of_process(folder: &Path, pid: u32, question: &Question<'_>) -> Server {
    let bytes = small(&folder.join("environ")).unwrap_or_default();
    let origin = format!("process {pid}");
    let pairs = bytes.split(|byte| *byte == 0).filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        Some((pair.get(..at)?, pair.get(at + 1..)?))
    });
    let variables = pairs
        .map(|(name, value)| variable(name, value, &origin))
        .take(MOST)
        .collect();
    let status = small(&folder.join("status")).unwrap_or_default();
    let numbers = |key: &str| -> Vec<u32> {
        let status = String::from_utf8_lossy(&status);
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default()
            .split_whitespace()
            .filter_map(|number| number.parse().ok())
            .collect()
    };
    let mut groups = numbers("Groups:");
    groups.extend(numbers("Gid:").first());
    let cwd = std::fs::read_link(folder.join("cwd"))
        .map_or_else(|_| PathBuf::from("/"), |cwd| inside(folder, cwd));
    let uid = numbers("Uid:").first().copied().unwrap_or(0);
    Server {
        user: doctor::user(uid, groups, question.accounts),
        cwd: text(&cwd),
        cgroup: advice::control_group(folder).map(Text::from),
        first_of_container: is_first_of_container(folder),
        variables: sorted(variables),
        ..Server::default()
    }
}

fn of_caller(question: &Question<'_>) -> Server {
    if question.root != Path::new("/") {
        return Server {
            user: doctor::user(0, vec![0], question.accounts),
            cwd: Text::from("/"),
            ..Server::default()
        };
    }
    let variables = question
        .caller
        .iter()
        .map(|(name, value)| variable(name.as_bytes(), value.as_bytes(), "this shell"))
        .take(MOST)
        .collect();
    Server {
        source: EnvironmentOf::Caller,
        user: doctor::caller(question.accounts),
        cwd: text(question.cwd),
        variables: sorted(variables),
        ..Server::default()
    }
}

fn variable(name: &[u8], value: &[u8], origin: &str) -> Variable {
    let kept = environment(name, value, Policy::Allowlist);
    Variable {
        name: kept.k,
        value: kept.v,
        origin: Text::from(origin),
        line: None,
    }
}

fn sorted(mut variables: Vec<Variable>) -> Vec<Variable> {
    variables.sort_by(|one, other| one.name.cmp(&other.name));
    variables
}

/// The last line of a file that holds `NAME=`, which is the one that counts.
fn line_of(root: &Path, file: &Path, name: &str) -> Option<u64> {
    let located = Root::new(root).locate(file).ok()?;
    let bytes = small(&located.host)?;
    let wanted = format!("{name}=").into_bytes();
    let lines = bytes.split(|byte| *byte == b'\n').zip(1_u64..);
    let holds = |line: &[u8]| {
        memchr::memmem::find_iter(line, &wanted).any(|at| {
            at == 0
                || line
                    .get(at - 1)
                    .is_some_and(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        })
    };
    lines
        .filter(|(line, _)| !line.trim_ascii_start().starts_with(b"#") && holds(line))
        .map(|(_, number)| number)
        .last()
}
