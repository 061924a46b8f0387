//! What the server gave to a process: variables, arguments, working directory, user.

use super::Facts;
use super::settings::{is_noise, value_of};
use crate::diff::fact::{Absence, Fact, Stage, Value};
use crate::diff::normal;
use crate::discover::model::{Child, Origin};
use crate::discover::{Model, Role};
use crate::event::Text;

/// Facts about the variables of one process.
pub(super) fn gather(model: &Model, child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    // What strace does not show is told from what a child did; that is no variable to compare.
    let shown = model.origin != Origin::Strace || child.env_whole;
    for variable in child.env.iter().filter(|one| shown && !is_noise(one)) {
        let mut fact = Fact::new(value_of(variable)).of_dir(dir);
        // What the server has too, or sets for each child, follows from the server and its folders.
        let same_as_server = model
            .server
            .as_ref()
            .is_some_and(|server| server.variable(variable.k.as_str()) == variable.v.as_ref());
        if same_as_server {
            continue;
        }
        fact = fact.derived();
        facts.add(Stage::Setting, role, variable.k.as_str(), fact);
    }
}

/// Facts about its arguments, its working directory and its user, which the exec itself shows. They follow from the server and come
/// first only where the server is the same.
pub(super) fn by_exec(child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    // A model server is given what its user asked for.
    if matches!(child.role, Role::Model { .. }) || child.argv.is_empty() {
        return;
    }
    let mut add = |name: &str, value: Value| {
        let fact = Fact::new(value)
            .of_dir(dir)
            .derived()
            .where_absent(Absence::SaysNothing);
        facts.add(Stage::Setting, role, name, fact);
    };
    let arguments: Vec<&str> = child.argv.iter().skip(1).map(Text::as_str).collect();
    let arguments = arguments.join(" ");
    add(
        "arguments",
        Value::shown(normal::text(&arguments), arguments),
    );
    if !child.cwd.is_empty() {
        add("working directory", Value::plain(child.cwd.as_str()));
    }
    for (name, id) in [("user id", child.uid), ("group id", child.gid)] {
        if let Some(id) = id {
            add(name, Value::plain(id.to_string()));
        }
    }
    add("loader", Value::plain(trust(child.secure)));
}

/// Whether the loader listens to variables (AT_SECURE; glibc, elf/dl-support.c, `_dl_non_dynamic_init`).
pub(super) const fn trust(secure: bool) -> &'static str {
    if secure {
        "deaf to LD_LIBRARY_PATH and LD_PRELOAD (AT_SECURE)"
    } else {
        "led by LD_LIBRARY_PATH and LD_PRELOAD"
    }
}
