//! Tests of user look-up, and the user database that tests of units share.

use super::{Account, Accounts, Error, SystemAccounts, resolve};

/// A user database in memory.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) users: Vec<Account>,
    pub(crate) groups: Vec<(&'static str, u32, &'static [&'static str])>,
}

impl Fake {
    /// What Ollama's install script makes on Debian, beside root and a person.
    pub(crate) fn with_ollama() -> Self {
        let user = |name: &str, id: u32, home: &str, shell: &str| Account {
            name: name.to_owned(),
            uid: id,
            gid: id,
            home: home.to_owned(),
            shell: shell.to_owned(),
        };
        Self {
            users: vec![
                user("root", 0, "/root", "/bin/bash"),
                user("ollama", 998, "/usr/share/ollama", "/bin/false"),
                user("anna", 1000, "/home/anna", "/bin/zsh"),
            ],
            groups: vec![
                ("video", 44, &["ollama"]),
                ("render", 105, &["ollama"]),
                ("ollama", 998, &["anna"]),
                ("adm", 4, &[]),
            ],
        }
    }
}

impl Accounts for Fake {
    fn user_by_name(&self, name: &str) -> Result<Option<Account>, Error> {
        Ok(self.users.iter().find(|user| user.name == name).cloned())
    }

    fn user_by_id(&self, uid: u32) -> Result<Option<Account>, Error> {
        Ok(self.users.iter().find(|user| user.uid == uid).cloned())
    }

    fn group_by_name(&self, name: &str) -> Result<Option<u32>, Error> {
        Ok(self
            .groups
            .iter()
            .find(|one| one.0 == name)
            .map(|one| one.1))
    }

    fn groups_of(&self, name: &str, gid: u32) -> Result<Vec<u32>, Error> {
        let member = self.groups.iter().filter(|one| one.2.contains(&name));
        Ok(std::iter::once(gid)
            .chain(member.map(|one| one.1))
            .collect())
    }
}

#[test]
fn a_user_is_found_with_all_its_groups() {
    let accounts = Fake::with_ollama();
    for (text, uid, gid, groups) in [
        ("ollama", 998, 998, &[44, 105, 998][..]),
        ("998", 998, 998, &[44, 105, 998]),
        ("anna:", 1000, 1000, &[998, 1000]),
        ("anna:video", 1000, 44, &[44, 998]),
        ("anna:4", 1000, 4, &[4, 998]),
        ("4711:4712", 4711, 4712, &[4712]),
    ] {
        let found = resolve(text, &accounts).unwrap();
        assert_eq!(
            (found.uid, found.gid, &found.groups[..]),
            (uid, gid, groups),
            "{text}"
        );
    }
    assert_eq!(
        resolve("ollama", &accounts).unwrap().home,
        "/usr/share/ollama"
    );
}

#[test]
fn an_unknown_user_or_group_is_one_clear_sentence() {
    let accounts = Fake::with_ollama();
    for (text, words) in [
        ("olama", "no user \"olama\""),
        ("anna:gpu", "no group \"gpu\""),
        ("4711", "write 4711:GROUP"),
        ("", "NAME, UID"),
        (":video", "NAME, UID"),
    ] {
        let error = resolve(text, &accounts).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn the_system_knows_root_and_not_everybody() {
    let root = resolve("root", &SystemAccounts).unwrap();
    assert_eq!((root.uid, root.gid), (0, 0));
    assert!(root.groups.contains(&0));
    assert!(resolve("no-such-user-here", &SystemAccounts).is_err());
    assert!(resolve("a\0b", &SystemAccounts).is_err());
}
