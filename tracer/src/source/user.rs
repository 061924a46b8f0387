//! Users and groups: who a target runs as.
//!
//! In: `NAME|UID[:GROUP]` as typed, or names of a unit. Out: numbers, home and shell. Asks the system's user database
//! through [`Accounts`]; changes no credentials.

use std::ffi::CString;

use nix::errno::Errno;
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};

/// A user of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Home folder.
    pub home: String,
    /// Login shell.
    pub shell: String,
}

/// The user database.
pub trait Accounts {
    /// A user by name.
    ///
    /// # Errors
    /// The database could not be asked.
    fn user_by_name(&self, name: &str) -> Result<Option<Account>, Error>;

    /// A user by number.
    ///
    /// # Errors
    /// The database could not be asked.
    fn user_by_id(&self, uid: u32) -> Result<Option<Account>, Error>;

    /// Number of a group.
    ///
    /// # Errors
    /// The database could not be asked.
    fn group_by_name(&self, name: &str) -> Result<Option<u32>, Error>;

    /// All groups of a user, as initgroups(3) would set them; `gid` is among them.
    ///
    /// # Errors
    /// The database could not be asked.
    fn groups_of(&self, name: &str, gid: u32) -> Result<Vec<u32>, Error>;
}

/// Who a target runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Login name, if the user database knows the user.
    pub name: Option<String>,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Supplementary groups, sorted; video and render decide who may open GPU nodes.
    pub groups: Vec<u32>,
    /// Home folder, `/` when unknown.
    pub home: String,
    /// Login shell, if known.
    pub shell: Option<String>,
}

/// Why a user cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was given.
    #[error("no user is given: write NAME, UID, NAME:GROUP or UID:GID")]
    Empty,
    /// Not in the database.
    #[error("there is no user {0:?} here (getent passwd lists them)")]
    NoUser(String),
    /// Not in the database.
    #[error("there is no group {0:?} here (getent group lists them)")]
    NoGroup(String),
    /// A number nobody has.
    #[error("no user has the number {0}, so its group is not known: write {0}:GROUP")]
    NoGroupOf(u32),
    /// The call failed.
    #[error("{call} of {about:?} failed: {source}")]
    Call {
        /// Which.
        call: &'static str,
        /// The name or number.
        about: String,
        /// The C library's word.
        source: Errno,
    },
}

/// Finds who `NAME|UID[:GROUP]` is.
///
/// # Errors
/// An unknown user or group, or a database that cannot be asked.
pub fn resolve(text: &str, accounts: &dyn Accounts) -> Result<Identity, Error> {
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group).filter(|group| !group.is_empty())),
        None => (text, None),
    };
    if user.is_empty() {
        return Err(Error::Empty);
    }
    let group = group.map(|group| find_group(group, accounts)).transpose()?;
    match find_user(user, accounts) {
        Ok(account) => identity(&account, group, accounts),
        Err(Error::NoUser(_)) if user.parse::<u32>().is_ok() => {
            let uid = user.parse().map_err(|_| Error::NoUser(user.to_owned()))?;
            let gid = group.ok_or(Error::NoGroupOf(uid))?;
            Ok(Identity {
                name: None,
                uid,
                gid,
                groups: vec![gid],
                home: "/".to_owned(),
                shell: None,
            })
        }
        Err(error) => Err(error),
    }
}

/// A user with its groups; `group` takes the place of the primary one.
///
/// # Errors
/// A database that cannot be asked.
pub fn identity(
    account: &Account,
    group: Option<u32>,
    accounts: &dyn Accounts,
) -> Result<Identity, Error> {
    let gid = group.unwrap_or(account.gid);
    let mut groups = accounts.groups_of(&account.name, gid)?;
    groups.sort_unstable();
    groups.dedup();
    Ok(Identity {
        name: Some(account.name.clone()),
        uid: account.uid,
        gid,
        groups,
        home: account.home.clone(),
        shell: Some(account.shell.clone()).filter(|shell| !shell.is_empty()),
    })
}

/// A user by name or number. A name made of digits only is a number.
///
/// # Errors
/// An unknown user.
pub fn find_user(text: &str, accounts: &dyn Accounts) -> Result<Account, Error> {
    let found = match text.parse() {
        Ok(uid) => accounts.user_by_id(uid)?,
        Err(_) => accounts.user_by_name(text)?,
    };
    found.ok_or_else(|| Error::NoUser(text.to_owned()))
}

/// A group by name or number; a number need not be in the database.
///
/// # Errors
/// An unknown name.
pub fn find_group(text: &str, accounts: &dyn Accounts) -> Result<u32, Error> {
    match text.parse() {
        Ok(gid) => Ok(gid),
        Err(_) => accounts
            .group_by_name(text)?
            .ok_or_else(|| Error::NoGroup(text.to_owned())),
    }
}

/// The user database of this system, through the C library (so LDAP and systemd's users are seen where NSS has them).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemAccounts;

impl Accounts for SystemAccounts {
    fn user_by_name(&self, name: &str) -> Result<Option<Account>, Error> {
        found(User::from_name(name), "getpwnam_r", name)
    }

    fn user_by_id(&self, uid: u32) -> Result<Option<Account>, Error> {
        found(
            User::from_uid(Uid::from_raw(uid)),
            "getpwuid_r",
            &uid.to_string(),
        )
    }

    fn group_by_name(&self, name: &str) -> Result<Option<u32>, Error> {
        match Group::from_name(name) {
            Ok(group) => Ok(group.map(|group| group.gid.as_raw())),
            Err(source) => absent(source, "getgrnam_r", name),
        }
    }

    fn groups_of(&self, name: &str, gid: u32) -> Result<Vec<u32>, Error> {
        let error = |source| Error::Call {
            call: "getgrouplist",
            about: name.to_owned(),
            source,
        };
        let text = CString::new(name).map_err(|_| error(Errno::EINVAL))?;
        let groups = getgrouplist(&text, Gid::from_raw(gid)).map_err(error)?;
        Ok(groups.into_iter().map(Gid::as_raw).collect())
    }
}

fn found(
    user: Result<Option<User>, Errno>,
    call: &'static str,
    about: &str,
) -> Result<Option<Account>, Error> {
    match user {
        Ok(user) => Ok(user.map(|user| Account {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            home: user.dir.to_string_lossy().into_owned(),
            shell: user.shell.to_string_lossy().into_owned(),
        })),
        Err(source) => absent(source, call, about),
    }
}

/// getpwnam(3): these error numbers too say that the name was not found (a container without /etc/passwd has ENOENT).
fn absent<T>(source: Errno, call: &'static str, about: &str) -> Result<Option<T>, Error> {
    match source {
        Errno::ENOENT | Errno::ESRCH | Errno::EBADF | Errno::EPERM | Errno::EINVAL => Ok(None),
        _ => Err(Error::Call {
            call,
            about: about.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
pub(crate) mod tests;
