//! The user database of another root: its /etc/passwd and /etc/group, and nothing else.

use std::io::Read as _;
use std::path::Path;

use crate::source::library::Root;
use crate::source::user::{Account, Accounts, Error};

/// Bytes of each file that are read.
const LIMIT: u64 = 4 << 20;

/// The files of a root. Users of a directory service are not in them.
#[derive(Clone, Debug)]
pub struct RootAccounts {
    users: Vec<Account>,
    /// Name, number, members.
    groups: Vec<(String, u32, Vec<String>)>,
}

impl RootAccounts {
    /// Reads both files; one that is not there has no entries.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let root = Root::new(root);
        let users = lines(&root, "/etc/passwd");
        let groups = lines(&root, "/etc/group");
        Self {
            users: users.lines().filter_map(user).collect(),
            groups: groups.lines().filter_map(group).collect(),
        }
    }
}

fn lines(root: &Root, path: &str) -> String {
    let mut bytes = Vec::new();
    let file = root
        .locate(Path::new(path))
        .and_then(|located| located.open());
    // A file that cannot be read to its end counts as far as it was read.
    let _ = file.map(|file| file.take(LIMIT).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn user(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    Some(Account {
        name: fields.next()?.to_owned(),
        uid: fields.nth(1)?.parse().ok()?,
        gid: fields.next()?.parse().ok()?,
        home: fields.nth(1)?.to_owned(),
        shell: fields.next()?.to_owned(),
    })
}

fn group(line: &str) -> Option<(String, u32, Vec<String>)> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let number = fields.nth(1)?.parse().ok()?;
    let members = fields.next().unwrap_or_default().split(',');
    Some((name, number, members.map(str::to_owned).collect()))
}

impl Accounts for RootAccounts {
    fn user_by_name(&self, name: &str) -> Result<Option<Account>, Error> {
        Ok(self.users.iter().find(|user| user.name == name).cloned())
    }

    fn user_by_id(&self, uid: u32) -> Result<Option<Account>, Error> {
        Ok(self.users.iter().find(|user| user.uid == uid).cloned())
    }

    fn group_by_name(&self, name: &str) -> Result<Option<u32>, Error> {
        let found = self.groups.iter().find(|group| group.0 == name);
        Ok(found.map(|group| group.1))
    }

    fn groups_of(&self, name: &str, gid: u32) -> Result<Vec<u32>, Error> {
        let member = |group: &&(String, u32, Vec<String>)| group.2.iter().any(|one| one == name);
        let mut all: Vec<u32> = self
            .groups
            .iter()
            .filter(member)
            .map(|group| group.1)
            .collect();
        all.push(gid);
        Ok(all)
    }
}
