//! Load: what the system does not give, and no permission is at fault. VG067, VG068, VG094; before a load VG040;
//! and VG042, a name that no list can hold.

use super::super::build::{LIB, child, discovery, folder, load, look, said, seen};
use super::crash::crashed;
use super::load::{STACK, lacking, refused, worded};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Answer, Child, End, Era, Missing, Outcome};
use crate::discover::role::Step;
use crate::event::Text;
use crate::event::library::Tried;

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
        with_colon(),
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

/// VG042: a colon in the folder's name.
fn with_colon() -> Proof {
    const NAME: &str = "cuda:12";
    let named = |mut model: Model| {
        let path = Text::from(format!("{LIB}/{NAME}"));
        model.folders[0].path = path.clone();
        model.folders[0].name = Text::from(NAME);
        model.attempts[0].path = path;
        model.attempts[0].dir = Text::from(NAME);
        model
    };
    let runner = |walked: &str| {
        let mut runner = child(Step::Runner);
        runner.walked.push(folder(walked, &[]));
        let mut model = discovery(Era::Runner);
        look(&mut model, vec![runner], Vec::new());
        named(model)
    };
    // The backend is asked for by its whole path; its runtime is looked for.
    let lacking_one = |beside: &str| {
        let mut list = child(Step::List);
        let mut load = load(Outcome::Failed, vec![searched("")]);
        load.asked = Text::from(format!("{LIB}/{NAME}/libggml-cuda.so"));
        load.file = Some(load.asked.clone());
        list.loads.push(load);
        let mut model = discovery(Era::LlamaServer);
        model.folders[0] = folder("cuda_v12", &["libggml-cuda.so", beside]);
        look(&mut model, vec![list], Vec::new());
        named(model)
    };
    Proof::of("VG042", runner("cuda"))
        .also(lacking_one("libcuda.so.1"))
        .silent(
            "what is missing lies nowhere",
            lacking_one("libcudart.so.12"),
        )
        .silent("the runner listed it", runner(NAME))
        .silent(
            "there is no colon",
            but(runner("cuda"), |model| {
                model.folders[0].path = Text::from(format!("{LIB}/cuda_12"));
            }),
        )
}

/// libcuda.so.1 is nowhere, and in one place something is the matter.
pub(super) fn searched(problem: &str) -> Missing {
    let file = Text::from("/srv/driver/libcuda.so.1");
    Missing::Library {
        name: Text::from("libcuda.so.1"),
        by: Text::default(),
        searched: vec![Tried {
            file,
            via: Text::from("LD_LIBRARY_PATH"),
            problem: (!problem.is_empty()).then(|| Text::from(problem)),
            folder: None,
        }],
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
