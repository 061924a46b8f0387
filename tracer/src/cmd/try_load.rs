//! `try`: one dlopen in a child process with a runner's environment, all errors shown.

mod child;
mod folder;
mod like;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::standard_output::StandardOutput;
use super::{Report, terminal};
use crate::event::Text;
use crate::source::library::Root;
use crate::source::tree::closure_in;
use crate::source::user::{self, Accounts as _, Identity, SystemAccounts};
use crate::view::try_load::{Tried, json, text};

/// What to try, and how to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// The library.
    pub library: Option<PathBuf>,
    /// A trace, with a role behind a colon.
    pub like: Option<PathBuf>,
    /// A backend folder of the Ollama installed here.
    pub dir: Option<String>,
    /// That Ollama's program.
    pub program: Option<PathBuf>,
    /// Who tries.
    pub user: Option<String>,
    /// How long.
    pub timeout: Duration,
    /// As JSON.
    pub json: bool,
}

/// What the child gets, however it was found out.
struct Plan {
    library: PathBuf,
    /// Whose environment it is, in words.
    like: String,
    environment: Vec<(OsString, OsString)>,
    cwd: PathBuf,
    /// The root of the server's file system, where that is not ours; library and working directory are inside it.
    root: Option<PathBuf>,
    /// Whom Ollama's process runs as.
    uid: Option<(u32, u32)>,
    notes: Vec<String>,
}

/// Tries, tells, and gives the exit code: 0 loaded, 1 not loaded.
///
/// # Errors
/// A trace, role, folder or user that is not there, or a child that could not be started.
pub fn run(props: &Props) -> Result<u8, Report> {
    let mut plan = match (&props.like, &props.dir) {
        (Some(trace), _) => like::plan(trace, props.library.as_deref())?,
        (None, Some(dir)) => folder::plan(dir, props)?,
        (None, None) => return Err(Report::new("neither --like nor --dir says as whom to try")),
    };
    let loader = child::Loader::new()?;
    let user = who(props, &mut plan)?;
    let root = Root::new(plan.root.as_deref().unwrap_or_else(|| Path::new("/")));
    let cwd = root.locate(&plan.cwd);
    if !cwd.is_ok_and(|located| located.metadata.is_dir()) {
        plan.notes.push(format!(
            "the working directory {} is not there, so it is tried in /",
            plan.cwd.display()
        ));
        plan.cwd = PathBuf::from("/");
    }
    let value = |name: &str| {
        let found = plan.environment.iter().find(|(key, _)| key == name)?;
        use std::os::unix::ffi::OsStrExt as _;
        Some(Text::from_bytes(found.1.as_bytes()))
    };
    let library_path = value("LD_LIBRARY_PATH");
    let tried = Tried {
        library: Text::from(plan.library.to_string_lossy().into_owned()),
        like: plan.like.clone(),
        user: user.0.clone(),
        closure: closure_in(
            &plan.library,
            plan.root.is_none().then(|| loader.path()).as_deref(),
            library_path.as_ref(),
            &plan.cwd,
            &root,
        ),
        preload: value("LD_PRELOAD"),
        library_path,
        notes: plan.notes.clone(),
        result: child::load(&loader, &plan, user.1, props.timeout)?,
    };
    let page = if props.json {
        json(&tried)
    } else {
        text(&tried, terminal::standard_output())
    };
    let mut out = StandardOutput::new();
    out.write(page.as_bytes())?;
    out.finish()?;
    Ok(u8::from(!tried.result.is_loaded()))
}

/// Who tries, in words and for the child. Root never tries as root without having been told, unless Ollama's own
/// process runs as root.
fn who(
    props: &Props,
    plan: &mut Plan,
) -> Result<(String, Option<crate::sys::load::Credentials>), Report> {
    let fail = |error: user::Error| Report::from_error(&error);
    let root = rustix::process::geteuid().is_root();
    if let Some(text) = &props.user {
        let identity = user::resolve(text, &SystemAccounts).map_err(fail)?;
        let own = rustix::process::geteuid().as_raw() == identity.uid;
        if !root && !own {
            return Err(
                Report::new(format!("only root can try as the user {text}")).help("use sudo")
            );
        }
        let words = words(&identity);
        return Ok((words, root.then(|| credentials(identity))));
    }
    let own = rustix::process::geteuid().as_raw();
    if !root {
        if let Some((uid, _)) = plan.uid.filter(|(uid, _)| *uid != own) {
            plan.notes.push(format!(
                "Ollama's process runs as the user {uid}; as another user files and devices may answer differently (sudo)"
            ));
        }
        let account = SystemAccounts.user_by_id(own).map_err(fail)?;
        let name = account.map_or_else(|| own.to_string(), |account| account.name);
        return Ok((format!("{name} ({own})"), None));
    }
    let Some((uid, gid)) = plan.uid.or_else(of_sudo) else {
        plan.notes.push(
            "nothing tells as whom Ollama runs, so it is tried as root: --user NAME chooses another"
                .to_owned(),
        );
        return Ok((format!("root ({own})"), None));
    };
    let account = SystemAccounts.user_by_id(uid).map_err(fail)?;
    let identity = match account {
        Some(account) => user::identity(&account, Some(gid), &SystemAccounts).map_err(fail)?,
        None => Identity {
            name: None,
            uid,
            gid,
            groups: vec![gid],
            home: "/".to_owned(),
            shell: None,
        },
    };
    Ok((words(&identity), Some(credentials(identity))))
}

/// What differs for one that the kernel gave more rights than its caller has (AT_SECURE; ld.so(8), "secure-execution mode").
fn insecure(who: &str) -> String {
    format!(
        "{who} has more rights than its caller (set-user-id, set-group-id or file capabilities), so its loader passes over \
         LD_LIBRARY_PATH and LD_PRELOAD; the one here heeds them, and finds what that one does not"
    )
}

/// Who called sudo.
fn of_sudo() -> Option<(u32, u32)> {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    Some((number("SUDO_UID")?, number("SUDO_GID")?))
}

fn words(identity: &Identity) -> String {
    match &identity.name {
        Some(name) => format!("{name} ({})", identity.uid),
        None => identity.uid.to_string(),
    }
}

fn credentials(identity: Identity) -> crate::sys::load::Credentials {
    (identity.uid, identity.gid, identity.groups)
}

/// A path as it is meant: from the caller's working directory.
fn absolute(path: &Path) -> PathBuf {
    std::env::current_dir().unwrap_or_default().join(path)
}
