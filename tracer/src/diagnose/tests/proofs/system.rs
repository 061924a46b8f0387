//! Load: what the system does not give, and no permission is at fault. VG067, VG068, VG094; before a load VG040.

use super::super::build::{child, discovery, look, said, seen};
use super::crash::crashed;
use super::load::{STACK, lacking, refused, worded};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Answer, Child, End, Era, Missing};
use crate::discover::role::Step;
use crate::event::Text;

pub(super) fn proofs() -> Vec<Proof> {
    vec![
        Proof::of("VG067", worded(STACK, Some(13)))
            .also(worded(STACK, Some(22)))
            .also(worded(
                "cannot make segment writable for relocation",
                Some(13),
            ))
            .silent(
                "no memory was left for it",
                worded("cannot restore segment prot after reloc", Some(12)),
            )
            .silent(
                "the file may not be opened",
                refused(13, "open", Vec::new()),
            ),
        broken_storage(),
        no_thread(),
        Proof::of(
            "VG094",
            crashed("SIGSYS", "/lib/libc.so.6", &["ggml_backend_init"]),
        )
        .also(crashed("SIGSYS", "/lib/libc.so.6", &["dlopen"]))
        .silent(
            "the signal is another",
            crashed("SIGSEGV", "/lib/libc.so.6", &["ggml_backend_init"]),
        ),
    ]
}

/// VG068: a file, or a place where it is looked for, on a file system that gives no answer.
fn broken_storage() -> Proof {
    Proof::of("VG068", worded("cannot open shared object file", Some(5)))
        .also(worded("cannot read file data", Some(5)))
        .also(refused(116, "open", Vec::new()))
        .weaker(lacking(vec![searched("ENOTCONN")]))
        .silent(
            "there is nothing in that place",
            lacking(vec![searched("")]),
        )
        .silent(
            "what lies there is no library of this machine",
            lacking(vec![searched("ELF of another machine (183, AArch64)")]),
        )
        .silent("it is a folder", worded("cannot read file data", Some(21)))
}

/// libcuda.so.1 is nowhere, and in one place something is the matter.
pub(super) fn searched(problem: &str) -> Missing {
    let file = Text::from("/srv/driver/libcuda.so.1");
    Missing::Library {
        name: Text::from("libcuda.so.1"),
        by: Text::default(),
        searched: vec![(file, Text::from("LD_LIBRARY_PATH"), Text::from(problem))],
    }
}

/// VG040: words of threads, and of others.
fn no_thread() -> Proof {
    Proof::of("VG040", threads(None))
        .silent("it answered all the same", threads(Some(Answer::default())))
        .silent(
            "it gave up for another reason",
            but(threads(None), |model| {
                model.children[0].said = vec![said("runtime/cgo: pthread_attr_init failed")];
            }),
        )
}

/// A runner that may not make its threads.
fn threads(answer: Option<Answer>) -> Model {
    let mut runner = Child {
        end: End::Exit(2, seen("exit code 2")),
        answer,
        ..child(Step::Runner)
    };
    runner.said.push(said(
        "runtime/cgo: pthread_create failed: Resource temporarily unavailable",
    ));
    but(discovery(Era::Runner), |model| {
        look(model, vec![runner], Vec::new());
    })
}
