//! Whose distribution, C library and device nodes the discovered programs see: the machine's, or those of a container that was
//! not there yet when the header was written.

use std::collections::BTreeMap;

use crate::event::Proc;
use crate::event::host::{Host, RootFacts};
use crate::event::process::Exec;

/// Mount namespaces other than the recorder's.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    /// By number of the process.
    of: BTreeMap<u32, u32>,
    /// The last that was told of each.
    facts: BTreeMap<u32, RootFacts>,
}

impl Roots {
    /// A program runs in the recorder's mount namespace or in another one.
    pub(super) fn executed(&mut self, process: Proc, exec: &Exec) {
        match exec.mount_namespace {
            Some(namespace) => {
                self.of.insert(process.number, namespace);
            }
            None => {
                self.of.remove(&process.number);
            }
        }
    }

    pub(super) fn push(&mut self, facts: &RootFacts) {
        self.facts.insert(facts.mount_namespace, facts.clone());
    }

    /// The machine as a process sees it.
    pub(super) fn seen_by(&self, process: Option<Proc>, machine: &Host) -> Host {
        let namespace = process.and_then(|process| self.of.get(&process.number));
        match namespace.and_then(|namespace| self.facts.get(namespace)) {
            Some(root) => Host {
                os: root.os.clone(),
                libc: root.libc.clone(),
                nodes: root.nodes.clone(),
                ..machine.clone()
            },
            None => machine.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Roots;
    use crate::event::host::{Host, RootFacts};
    use crate::event::process::Exec;
    use crate::event::{Proc, Text};

    fn exec(namespace: &str) -> Exec {
        let line = format!(
            r#"{{"pid":1,"file":"/a","exe":"/a","argv":[],"env":[],"cwd":"/","uid":[0,0],"gid":[0,0]{namespace}}}"#
        );
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn a_process_in_a_container_sees_what_its_root_has_and_any_other_the_machine() {
        let process = |number| Proc {
            number,
            generation: 1,
        };
        let machine = Host {
            kernel: Text::from("6.18.0"),
            libc: Some(Text::from("glibc 2.36")),
            ..Host::default()
        };
        let mut roots = Roots::default();
        roots.executed(process(1), &exec(""));
        roots.executed(process(2), &exec(r#","mount_namespace":7"#));
        roots.executed(process(3), &exec(r#","mount_namespace":8"#));
        for libc in ["glibc 2.28", "musl 1.2.5"] {
            roots.push(&RootFacts {
                mount_namespace: 7,
                libc: Some(Text::from(libc)),
                ..RootFacts::default()
            });
        }
        let inside = roots.seen_by(Some(process(2)), &machine);
        assert_eq!(inside.libc, Some(Text::from("musl 1.2.5")), "the last root");
        assert_eq!(inside.kernel, machine.kernel);
        for other in [Some(process(1)), Some(process(3)), Some(process(4)), None] {
            assert_eq!(roots.seen_by(other, &machine), machine, "{other:?}");
        }
        roots.executed(process(2), &exec(""));
        assert_eq!(roots.seen_by(Some(process(2)), &machine), machine);
    }
}
