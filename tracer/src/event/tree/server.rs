//! Who starts Ollama: user, variables, working directory, each with the place that sets it.

use crate::event::Text;
use crate::event::doctor::User;

/// Where the variables come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EnvironmentOf {
    /// The unit of this name.
    Unit(Text),
    /// A running process.
    Process(u32),
    /// Whoever called this program.
    Caller,
    /// Nothing that tells.
    #[default]
    Nobody,
}

/// The server as it would start, or as it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Where its variables come from.
    pub source: EnvironmentOf,
    /// The unit file and its drop-ins.
    pub unit_files: Vec<Text>,
    /// Why the unit cannot be used.
    pub problem: Option<Text>,
    /// Its user.
    pub user: User,
    /// Its working directory.
    pub cwd: Text,
    /// The control group of the process that runs, which names a unit or container.
    pub cgroup: Option<Text>,
    /// It is the first process of a container, or that one's child: its variables are the container's own.
    pub first_of_container: bool,
    /// Its variables, in order of name; values as a trace may hold them.
    pub variables: Vec<Variable>,
    /// Programs gain no rights by set-user-id or set-group-id bits (NoNewPrivileges=, which DynamicUser= implies).
    pub no_new_privileges: bool,
    /// Settings of the unit that hide devices or files from it: name, value, file.
    pub hides: Vec<[Text; 3]>,
    /// It is a process whose file system is not the caller's, and all paths are inside that one.
    pub apart: Option<Apart>,
    /// A server that runs and has a file system of its own, and is not the one told of.
    pub other: Option<u32>,
    /// A server that runs, and of which the caller may see nothing.
    pub unseen: Option<u32>,
}

/// A file system that is not the caller's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    /// The process whose it is.
    pub pid: u32,
    /// Its root is another folder than the caller's, as in a container or after chroot(2). Without that it has its own
    /// mounts only.
    pub own_root: bool,
    /// The command of its container's engine, where that is known.
    pub engine: Option<Text>,
    /// The id of its container, by its control group.
    pub container: Option<Text>,
}

/// A variable and who set it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    /// Name.
    pub name: Text,
    /// Value; `None` when it is withheld.
    pub value: Option<Text>,
    /// The file that sets it, `systemd's default`, `process 4711`, ...
    pub origin: Text,
    /// The line in that file, from 1.
    pub line: Option<u64>,
}

impl Server {
    /// A variable that is set.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables
            .iter()
            .find(|variable| variable.name.as_str() == name)
    }

    /// The value of a variable; empty when it is not set or withheld.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.variable(name)
            .and_then(|variable| variable.value.as_ref())
            .map_or("", Text::as_str)
    }
}

impl Variable {
    /// `FILE:LINE`, or who else set it.
    #[must_use]
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.origin),
            None => self.origin.as_str().to_owned(),
        }
    }
}
