//! Who starts Ollama here, and which servers run.

use serde::Serialize;

use crate::event::Text;

/// The unit `ollama.service`, if there is one, and the user that counts for permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Service {
    /// The unit's name, when there is one.
    pub unit: Option<Text>,
    /// Why the unit cannot be used.
    pub problem: Option<Text>,
    /// Settings of the unit that decide which device nodes it sees: name and value.
    pub devices: Vec<[Text; 2]>,
    /// The unit's user; the caller where there is no unit.
    pub user: User,
}

/// A user with groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct User {
    /// Login name, where the user database knows one.
    pub name: Option<Text>,
    /// User id.
    pub uid: u32,
    /// All groups, sorted.
    pub groups: Vec<u32>,
}

/// A running `ollama serve`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Server {
    /// Process id.
    pub pid: u32,
    /// Program file; nothing when it may not be seen.
    pub program: Option<Text>,
    /// The unit of the system's manager that started it.
    pub unit: Option<Text>,
    /// Real user id.
    pub uid: Option<u32>,
    /// Where it listens, as far as that can be seen.
    pub listen: Option<Text>,
}

impl User {
    /// True when the permission bits let this user do all of `wanted` (4 read, 2 write, 1 search or execute). Root may
    /// always; access lists are not looked at (path_resolution(7)).
    #[must_use]
    pub fn may(&self, mode: u32, owner: [u32; 2], wanted: u32) -> bool {
        let [user, group] = owner;
        let bits = if self.uid == 0 {
            7
        } else if self.uid == user {
            mode >> 6
        } else if self.groups.contains(&group) {
            mode >> 3
        } else {
            mode
        };
        bits & wanted == wanted
    }

    /// The name, or the number.
    #[must_use]
    pub fn shown(&self) -> String {
        self.name
            .as_ref()
            .map_or_else(|| self.uid.to_string(), |name| name.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::User;

    #[test]
    fn the_nearest_class_of_the_permission_bits_decides() {
        let user = |uid, groups: &[u32]| User {
            name: None,
            uid,
            groups: groups.to_vec(),
        };
        let device = |mode| (mode, [0, 44]);
        for (who, (mode, owner), may) in [
            (user(998, &[998]), device(0o666), true),
            (user(998, &[998]), device(0o660), false),
            (user(998, &[44, 998]), device(0o660), true),
            (user(998, &[44]), device(0o606), false),
            (user(0, &[]), device(0), true),
            (user(998, &[44]), (0o077, [998, 44]), false),
        ] {
            assert_eq!(who.may(mode, owner, 6), may, "{who:?} {mode:o}");
        }
    }
}
