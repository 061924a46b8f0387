//! From what the user asked for to what is started: program, arguments, environment, user, folder.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Props;
use crate::cmd::Report;
use crate::cmd::report::RECORDER;
use crate::event::Text;
use crate::event::loss::Note;
use crate::event::process::EnvVar;
use crate::source::user::{self, SystemAccounts};
use crate::source::{advice, screen, unit};
use crate::sys::reserved::Reserved;
use crate::sys::spawn::Command;

/// What is started, and what the user should know about it.
pub(super) struct Target {
    /// For the kernel.
    pub(super) command: Command,
    /// The command as the trace names it, screened.
    pub(super) shown: Vec<Text>,
    /// Variables that differ from the caller's environment because of options or the unit.
    pub(super) changed: Vec<EnvVar>,
    /// The unit that was imitated.
    pub(super) unit: Option<String>,
    /// Words for summary and trace.
    pub(super) notes: Vec<Note>,
    /// Discovery is what is wanted, and then it ends: a unit without a command.
    pub(super) until_discovery: bool,
}

type Environment = Vec<(OsString, OsString)>;

/// Works out the target.
///
/// # Errors
/// A unit, user or command that cannot be had; a command that would not show what is wanted.
pub(super) fn target(props: &Props) -> Result<Target, Report> {
    let own: Environment = std::env::vars_os().collect();
    let mut plan = match &props.like_unit {
        Some(name) => of_unit(name, props)?,
        None => of_command(props, own.clone()),
    };
    if let Some(user) = &props.user {
        change_user(&mut plan, user)?;
    }
    for (name, value) in &props.set_env {
        set(&mut plan.env, name, value);
    }
    plan.env.retain(|(name, _)| !props.unset_env.contains(name));
    refuse_what_shows_nothing(props, &plan)?;
    let program = find_program(&plan.program, &plan.env, plan.cwd.as_deref())?;
    let notes = notes(&plan, props, &own);
    let changed = changes(&plan.base, &plan.env);
    let shown: Vec<&[u8]> = plan.args.iter().map(|arg| arg.as_bytes()).collect();
    Ok(Target {
        shown: screen::argv(&shown),
        changed,
        unit: plan.unit,
        notes,
        until_discovery: props.like_unit.is_some() && props.command.is_empty(),
        command: Command {
            program,
            args: plan.args,
            env: plan.env,
            user: plan.user,
            cwd: plan.cwd,
            umask: plan.umask,
            open_files: None,
            terminal: None,
            filter: None,
            reserved: Reserved::now(),
        },
    })
}

/// What is going to be started, before the program is looked up.
struct Plan {
    program: OsString,
    /// The environment before options and additions: the caller's, or the unit's.
    base: Environment,
    args: Vec<OsString>,
    env: Environment,
    user: Option<(u32, u32, Vec<u32>)>,
    cwd: Option<PathBuf>,
    umask: Option<u32>,
    unit: Option<String>,
    notes: Vec<Note>,
}

fn of_command(props: &Props, env: Environment) -> Plan {
    Plan {
        program: props.command.first().cloned().unwrap_or_default(),
        args: props.command.clone(),
        base: env.clone(),
        env,
        user: None,
        cwd: None,
        umask: None,
        unit: None,
        notes: Vec::new(),
    }
}

/// A second server beside the unit's own: on a port of its own, and leaving the models alone.
fn of_unit(name: &str, props: &Props) -> Result<Plan, Report> {
    let trouble = |error: unit::Error| Report::from_error(&error).code(RECORDER);
    let root = Path::new("/");
    let unit = unit::load(name, root).map_err(trouble)?;
    let start = unit::resolve(&unit, &SystemAccounts, root).map_err(trouble)?;
    let mut env: Environment = start
        .environment
        .iter()
        .map(|variable| {
            (
                OsString::from(&variable.name),
                OsString::from(&variable.value),
            )
        })
        .collect();
    let base = env.clone();
    let port = advice::free_host_port().map_err(|error| {
        Report::new("cannot find a free port on loopback")
            .because(&error)
            .code(RECORDER)
    })?;
    set(
        &mut env,
        OsStr::new("OLLAMA_HOST"),
        OsStr::new(&format!("127.0.0.1:{port}")),
    );
    // A second server on the unit's models would remove the pieces of a download that is under way.
    set(&mut env, OsStr::new("OLLAMA_NOPRUNE"), OsStr::new("1"));
    let mut notes = vec![note(
        "unit_imitated",
        format!(
            "run like {}: user {}, folder {}; OLLAMA_HOST=127.0.0.1:{port} and OLLAMA_NOPRUNE=1 were added so \
             that the running service is left alone",
            unit.name,
            start.uid,
            start.cwd.display()
        ),
    )];
    let left: Vec<String> = unit
        .not_imitated
        .iter()
        .map(|setting| format!("{}={}", setting.name, setting.value))
        .collect();
    if !left.is_empty() {
        notes.push(note(
            "unit_not_imitated",
            format!(
                "settings of {} that were not imitated: {}",
                unit.name,
                left.join(", ")
            ),
        ));
    }
    let (program, args) = if props.command.is_empty() {
        let mut args = vec![OsString::from(&start.argv0)];
        args.extend(start.args.iter().map(OsString::from));
        (start.program.clone().into_os_string(), args)
    } else {
        (
            props.command.first().cloned().unwrap_or_default(),
            props.command.clone(),
        )
    };
    Ok(Plan {
        program,
        args,
        base,
        env,
        user: Some((start.uid, start.gid, start.groups.clone())),
        cwd: Some(start.cwd.clone()),
        umask: Some(start.umask),
        unit: Some(unit.name),
        notes,
    })
}

fn change_user(plan: &mut Plan, text: &str) -> Result<(), Report> {
    let identity = user::resolve(text, &SystemAccounts)
        .map_err(|error| Report::from_error(&error).code(RECORDER))?;
    let name = identity
        .name
        .clone()
        .unwrap_or_else(|| identity.uid.to_string());
    set(
        &mut plan.env,
        OsStr::new("HOME"),
        OsStr::new(&identity.home),
    );
    set(&mut plan.env, OsStr::new("USER"), OsStr::new(&name));
    set(&mut plan.env, OsStr::new("LOGNAME"), OsStr::new(&name));
    plan.user = Some((identity.uid, identity.gid, identity.groups));
    Ok(())
}

/// Commands whose trace would answer nothing: a client, or a server whose port is taken.
fn refuse_what_shows_nothing(props: &Props, plan: &Plan) -> Result<(), Report> {
    let argv: Vec<String> = plan
        .args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let report = |advice: advice::Advice| {
        let report = Report::new(advice.sentence).code(RECORDER);
        match advice.command {
            Some(command) => report.help(command),
            None => report,
        }
    };
    let servers = || advice::running_server(Path::new("/proc")).unwrap_or_default();
    if let Some(kind) = advice::is_client_command(&argv) {
        return Err(report(advice::client(&kind, &argv, &servers())));
    }
    if props.like_unit.is_none() && advice::is_server_command(&argv) {
        let host = get(&plan.env, "OLLAMA_HOST");
        let host = advice::OllamaHost::parse(&host.unwrap_or_default().to_string_lossy());
        if let Ok(port) = advice::port_in_use(&host, Path::new("/proc"))
            && let Some(advice) = advice::port_taken(&port, &servers())
        {
            return Err(report(advice));
        }
    }
    Ok(())
}

fn notes(plan: &Plan, props: &Props, own: &Environment) -> Vec<Note> {
    let mut notes = plan.notes.clone();
    let argv: Vec<String> = plan
        .args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let own_uid = rustix::process::getuid().as_raw();
    let uid = plan.user.as_ref().map_or(own_uid, |user| user.0);
    let servers = advice::running_server(Path::new("/proc")).unwrap_or_default();
    if props.like_unit.is_none()
        && advice::is_server_command(&argv)
        && let Some(advice) = advice::root_hides(uid, &argv, &servers)
    {
        notes.push(note("root_hides_permissions", in_one_line(&advice)));
    }
    let names: Vec<String> = own
        .iter()
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect();
    let dropped = advice::sudo::dropped(Path::new("/proc"), std::process::id(), &names);
    if let Some(advice) = advice::sudo_dropped(&dropped, &argv) {
        notes.push(note("sudo_dropped_variables", in_one_line(&advice)));
    }
    notes
}

/// An advice's sentence and command.
fn in_one_line(advice: &advice::Advice) -> String {
    match &advice.command {
        Some(command) => format!("{} {command}", advice.sentence),
        None => advice.sentence.clone(),
    }
}

fn note(id: &str, text: String) -> Note {
    Note {
        id: Text::from(id),
        text: screen::text(text.as_bytes()),
    }
}

/// Looks the program up as execvp(3) does, in the target's own PATH.
fn find_program(name: &OsStr, env: &Environment, cwd: Option<&Path>) -> Result<PathBuf, Report> {
    let shown = name.to_string_lossy();
    if name.as_bytes().contains(&b'/') {
        let path = PathBuf::from(name);
        let seen = cwd.map_or_else(|| path.clone(), |cwd| cwd.join(&path));
        return match std::fs::metadata(&seen) {
            Ok(metadata) => runnable(&metadata)
                .then_some(path)
                .ok_or_else(|| not_executable(&shown)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(missing(&shown)),
            Err(error) => Err(Report::new(format!("cannot execute {shown}"))
                .because(&error)
                .code(126)),
        };
    }
    let search = get(env, "PATH").unwrap_or_else(|| OsString::from("/bin:/usr/bin"));
    let mut blocked = false;
    for folder in std::env::split_paths(&search) {
        let path = folder.join(name);
        if let Ok(metadata) = std::fs::metadata(&path)
            && metadata.is_file()
        {
            if runnable(&metadata) {
                return Ok(path);
            }
            blocked = true;
        }
    }
    Err(if blocked {
        not_executable(&shown)
    } else {
        missing(&shown)
    })
}

fn runnable(metadata: &std::fs::Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}

fn missing(name: &str) -> Report {
    Report::new(format!("cannot find the command {name}"))
        .help("check its name, or give its path; sudo may have changed PATH")
        .code(127)
}

fn not_executable(name: &str) -> Report {
    Report::new(format!("cannot execute {name}: it is no executable file"))
        .help(format!("if it is a program, allow it: chmod +x {name}"))
        .code(126)
}

fn get(env: &Environment, name: &str) -> Option<OsString> {
    env.iter()
        .rev()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.clone())
}

fn set(env: &mut Environment, name: &OsStr, value: &OsStr) {
    env.retain(|(key, _)| key != name);
    env.push((name.to_owned(), value.to_owned()));
}

/// Variables of the target that the caller has not or has otherwise, and those it lacks. Values are screened.
fn changes(own: &Environment, target: &Environment) -> Vec<EnvVar> {
    let policy = screen::Policy::Allowlist;
    let mut changed: Vec<EnvVar> = target
        .iter()
        .filter(|entry| !own.contains(entry))
        .map(|(name, value)| screen::environment(name.as_bytes(), value.as_bytes(), policy))
        .collect();
    let gone = own
        .iter()
        .filter(|(name, _)| !target.iter().any(|(key, _)| key == name));
    changed.extend(gone.map(|(name, _)| EnvVar {
        k: screen::text(name.as_bytes()),
        v: None,
        len: None,
    }));
    changed.sort_by(|one, two| one.k.cmp(&two.k));
    changed
}
