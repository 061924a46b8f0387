//! From a unit to what is started: program, arguments, environment, user, groups, folder.
//!
//! In: a [`Unit`], the user database, the root folder for looking whether a folder or program is there. Out: [`Start`].
//! It starts nothing.

use std::path::{Path, PathBuf};

use super::command::expand;
use super::environment::Environment;
use super::load::SEARCH;
use super::{Error, Origin, Place, Privilege, Unit, read};
use crate::source::user::{self, Account, Accounts};

/// What to start. Numbers are those of this system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Absolute path.
    pub program: PathBuf,
    /// `argv[0]`.
    pub argv0: String,
    /// Arguments after it, variables replaced.
    pub args: Vec<String>,
    /// The whole environment, and who set each variable.
    pub environment: Environment,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Supplementary groups, sorted.
    pub groups: Vec<u32>,
    /// Working directory, there at the time of looking.
    pub cwd: PathBuf,
    /// File mode mask.
    pub umask: u32,
}

/// Works out what systemd would start.
///
/// # Errors
/// An unknown user or group, a missing working directory, a program that is in no folder of programs.
pub fn resolve(unit: &Unit, accounts: &dyn Accounts, root: &Path) -> Result<Start, Error> {
    let account = unit
        .user
        .as_deref()
        .map(|name| user::find_user(name, accounts))
        .transpose()
        .map_err(|source| wrong(unit, "User", source))?;
    let environment = environment(unit, account.as_ref());
    let (uid, gid, groups) = credentials(unit, account.as_ref(), accounts)?;
    let program = program(unit, root)?;
    let command = &unit.command;
    let args = if command.variables {
        expand(&command.args, &environment)
    } else {
        command.args.clone()
    };
    Ok(Start {
        argv0: command
            .argv0
            .clone()
            .unwrap_or_else(|| command.program.clone()),
        program,
        args,
        uid,
        gid,
        groups,
        cwd: directory(unit, account.as_ref(), root)?,
        umask: unit.umask,
        environment,
    })
}

fn wrong(unit: &Unit, setting: &'static str, source: user::Error) -> Error {
    Error::Account {
        unit: unit.name.clone(),
        setting,
        source,
        dynamic: unit.dynamic_user,
    }
}

/// The manager's variables, those of User=, the unit's own; UnsetEnvironment= last. INVOCATION_ID, JOURNAL_STREAM and
/// such are not made up.
fn environment(unit: &Unit, account: Option<&Account>) -> Environment {
    let mut environment = unit.manager.clone();
    if let Some(account) = account.filter(|_| unit.login_environment != Some(false)) {
        // systemd leaves out a home that is / and a shell that refuses logins.
        for (name, value) in [
            (
                "HOME",
                Some(&account.home).filter(|home| !matches!(home.as_str(), "" | "/")),
            ),
            ("LOGNAME", Some(&account.name)),
            ("USER", Some(&account.name)),
            (
                "SHELL",
                Some(&account.shell).filter(|shell| !refuses_logins(shell)),
            ),
        ] {
            if let Some(value) = value {
                environment.set(name, value, Origin::User);
            }
        }
    }
    environment.merge(&unit.environment);
    for entry in &unit.unset {
        environment.unset(entry);
    }
    environment
}

fn refuses_logins(shell: &str) -> bool {
    shell.is_empty()
        || ["/nologin", "/false", "/true"]
            .iter()
            .any(|end| shell.ends_with(end))
}

/// Uid, gid and supplementary groups. As in systemd, the user database's groups are not taken for group 0.
fn credentials(
    unit: &Unit,
    account: Option<&Account>,
    accounts: &dyn Accounts,
) -> Result<(u32, u32, Vec<u32>), Error> {
    if unit.command.privilege != Privilege::User {
        return Ok((0, 0, Vec::new()));
    }
    let group = unit
        .group
        .as_deref()
        .map(|group| user::find_group(group, accounts))
        .transpose()
        .map_err(|source| wrong(unit, "Group", source))?;
    let (uid, gid, mut groups) = match account {
        None => (0, group.unwrap_or(0), Vec::new()),
        Some(account) => {
            let identity = user::identity(account, group, accounts)
                .map_err(|source| wrong(unit, "User", source))?;
            let groups = if identity.gid == 0 {
                Vec::new()
            } else {
                identity.groups
            };
            (identity.uid, identity.gid, groups)
        }
    };
    for name in &unit.supplementary_groups {
        let group = user::find_group(name, accounts)
            .map_err(|source| wrong(unit, "SupplementaryGroups", source))?;
        groups.push(group);
    }
    groups.sort_unstable();
    groups.dedup();
    Ok((uid, gid, groups))
}

fn directory(unit: &Unit, account: Option<&Account>, root: &Path) -> Result<PathBuf, Error> {
    let top = PathBuf::from("/");
    let path = match (&unit.working_directory.place, account) {
        (Place::Root, _) => return Ok(top),
        (Place::Home, None) => return Err(Error::NoHome(unit.name.clone())),
        (Place::Home, Some(account)) => PathBuf::from(&account.home),
        (Place::Path(path), _) => path.clone(),
    };
    let there = read::follow(root, &path).is_ok_and(|end| read::below(root, &end).is_dir());
    match there {
        true => Ok(path),
        false if unit.working_directory.optional => Ok(top),
        false => Err(Error::NoDirectory {
            unit: unit.name.clone(),
            path,
        }),
    }
}

/// An absolute program is taken as it is: that it cannot be executed is found, and said, when it is started.
fn program(unit: &Unit, root: &Path) -> Result<PathBuf, Error> {
    let program = Path::new(&unit.command.program);
    if program.is_absolute() {
        return Ok(program.to_owned());
    }
    let looked: Vec<_> = SEARCH
        .iter()
        .copied()
        .chain(["/sbin", "/bin"])
        .map(PathBuf::from)
        .collect();
    looked
        .iter()
        .map(|folder| folder.join(program))
        .find(|path| read::follow(root, path).is_ok_and(|end| read::below(root, &end).is_file()))
        .ok_or_else(|| Error::NoProgram {
            unit: unit.name.clone(),
            program: unit.command.program.clone(),
            looked,
        })
}
