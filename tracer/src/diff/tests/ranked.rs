//! What comes first, and what only follows: pairs that real servers made.

use super::{compare, finding, first, model, text, variable};
use crate::diff::{Answer, Run, diff};
use crate::discover::model::{
    Child, End, Era, Evidence, Level, LibraryDir, Line, Outcome, Said, Words,
};
use crate::discover::{Model, Role, Step};
use crate::event::library::Library;
use crate::event::{Errno, Seq};

fn pair() -> [Model; 2] {
    [model(2, 4711), model(3, 4712)]
}

fn set(model: &mut Model, name: &str, value: &str) {
    let server = model.server.as_mut().expect("a server");
    server.env.push(variable(name, value));
}

/// Those that do not follow from others, as they are told.
fn own(answer: &Answer) -> Vec<&str> {
    let all = answer.differences.iter().filter(|one| !one.ripple);
    all.map(|one| one.sentence.as_str()).collect()
}

#[test]
fn the_user_comes_before_the_home_and_the_names_of_that_user() {
    let [mut one, mut two] = pair();
    for (model, user, uid) in [(&mut one, "root", 0), (&mut two, "nobody", 65_534)] {
        set(model, "HOME", &format!("/home/{user}"));
        set(model, "USER", user);
        let server = model.server.as_mut().expect("a server");
        (server.uid, server.gid) = (Some(uid), Some(uid));
    }
    assert_eq!(
        own(&compare(&one, &two, None)),
        ["user id is `65534` (was `0`)"]
    );
    // The same user with another home is another matter, and so is another group.
    two.server.as_mut().expect("a server").uid = Some(0);
    let answer = compare(&one, &two, None);
    assert!(
        own(&answer)[0].starts_with("HOME is `/home/nobody`"),
        "{:?}",
        own(&answer)
    );
    assert!(
        own(&answer)
            .iter()
            .any(|one| one.starts_with("group id is `65534`"))
    );
}

#[test]
fn a_server_that_ended_before_its_discovery_lost_no_folder_and_no_backend() {
    let [one, mut two] = pair();
    let server = two.server.as_mut().expect("a server");
    server.uid = Some(65_534);
    server.end = End::Exit(1, None);
    (two.folders, two.attempts, two.children) = Default::default();
    (two.finished, two.era) = (false, Era::Unknown);
    let mut good = one.clone();
    good.server.as_mut().expect("a server").uid = Some(0);
    let mut lost = super::explanation(crate::diagnose::Verdict::Used, None);
    let before = lost.clone();
    lost.backends.clear();
    let answer = diff(Run::new(&good, &before), Run::new(&two, &lost), &|_| false);
    assert_eq!(
        first(&answer),
        "BAD stops being like GOOD at the start of the server: user id is `65534` (was `0`); the server ends before its \
         discovery is over (exit 1)"
    );
    assert!(
        answer.verdict_changes.is_empty(),
        "{:#?}",
        answer.verdict_changes
    );
    assert_eq!(answer.differences.len(), 2, "{:#?}", answer.differences);
}

#[test]
fn the_version_comes_before_the_way_of_discovery_and_before_the_files_of_that_release() {
    let [mut one, mut two] = pair();
    two.era = Era::LlamaServer;
    for (model, version, file) in [
        (&mut one, "0.16.3", "libggml-base.so.0.0.0"),
        (&mut two, "0.32.8", "libggml-base.so.0.19.0"),
    ] {
        model.version = Some(text(version));
        model.server.as_mut().expect("a server").library_dir = LibraryDir {
            path: text("/u/lib/ollama"),
            names: Some(vec![text(file)]),
            ..LibraryDir::default()
        };
    }
    let answer = compare(&one, &two, None);
    assert!(first(&answer).contains("the version of Ollama is `0.32.8` (was `0.16.3`)"));
    let told = own(&answer);
    assert!(
        !told.iter().any(|one| one.contains("libggml-base")),
        "{told:?}"
    );
    // Within one release such a file is a difference of its own.
    two.version.clone_from(&one.version);
    two.era = one.era;
    assert_eq!(own(&compare(&one, &two, None)).len(), 2);
}

#[test]
fn what_the_system_refused_comes_before_the_load_that_needed_it() {
    let [one, mut two] = pair();
    let path = "/u/lib/ollama/cuda_v12/libcudart.so.12";
    let child = &mut two.children[0];
    let seen = Evidence::event(Seq(37), format!("open {path}"));
    child.refused.push((Errno(13), seen));
    child.loads[0].outcome = Outcome::Failed;
    child.loads[0].words.push(Words {
        object: text("libcudart.so.12"),
        text: text("cannot open shared object file"),
        occasion: text(""),
        err: Some(Errno(13)),
        seen: Evidence::event(Seq(41), "loader"),
    });
    let cause = finding(
        "libcudart.so.12 could not be opened (EACCES)",
        "libcudart.so.12",
    );
    let answer = compare(&one, &two, Some(cause));
    assert!(
        first(&answer).contains(&format!("open {path} is refused (EACCES)")),
        "{}",
        first(&answer)
    );
}

#[test]
fn another_file_comes_before_its_mode_and_what_a_preloaded_one_brings_follows() {
    let [mut one, mut two] = pair();
    let path = "/u/lib/ollama/cuda_v12/libcublas.so.12";
    for (model, size, mode) in [(&mut one, 1, 0o755), (&mut two, 2, 0o644)] {
        let library = Library {
            size: Some(size),
            mode: Some(mode),
            owner: Some([0, 0]),
            ..Library::default()
        };
        model.libraries.insert(text(path), library);
    }
    let answer = compare(&one, &two, None);
    assert_eq!(
        own(&answer),
        [format!("{path} is another file: 2 bytes (was 1 bytes)")]
    );
    let [one, mut two] = pair();
    set(&mut two, "LD_PRELOAD", "/x/libx.so");
    two.children[0].mapped.push((text("/x/libx.so"), Seq(36)));
    let answer = compare(&one, &two, None);
    assert_eq!(own(&answer), ["LD_PRELOAD is `/x/libx.so` (was not set)"]);
}

/// The same brief start, with these lines and this end.
fn brief(lines: &[&str], end: End) -> Model {
    let mut model = model(2, 4711);
    model.children[0].role = Role::Attempt {
        step: Step::Start,
        dir: text("cuda_v12"),
        pass: 1,
    };
    let lines = lines.iter().map(|line| Said {
        text: text(line),
        seen: Evidence::event(Seq(50), *line),
    });
    let child: &mut Child = &mut model.children[0];
    child.said = lines.collect();
    child.end = end;
    model
}

#[test]
fn what_a_brief_start_kept_in_its_buffer_when_it_ended_is_no_difference() {
    let whole = [
        "0.00.120.466 I build 1",
        "0.00.120.494 I system_info: n_threads = 2",
    ];
    let killed = End::KilledByServer {
        before_answer: false,
        after: 1,
        seen: None,
    };
    let good = brief(&whole, killed);
    let mut short = ["0.00.381.657 I build 1", "0.00.381.665 I "];
    for last in ["0.00.381.665 I ", "0.00.381.665 "] {
        short[1] = last;
        let mut bad = brief(&short, End::Exit(1, None));
        bad.lines.push(Line {
            level: Level::Warn,
            message: text("llama-server discovery: system_info line not found in output"),
            seen: Some(Evidence::event(Seq(60), "system_info line not found")),
            ..Line::default()
        });
        let answer = compare(&good, &bad, None);
        assert!(answer.same, "{last}: {:#?}", answer.differences);
        // The same words where no start was cut short are a difference.
        bad.children[0].said = good.children[0].said.clone();
        assert!(!compare(&good, &bad, None).same);
    }
    // An end that is not as it should be, and a word that the other side does not have, are.
    let answer = compare(&good, &brief(&short, End::Exit(3, None)), None);
    assert!(!answer.same);
    let other = ["0.00.381.657 I build 1", "0.00.381.700 E no such device"];
    let answer = compare(&good, &brief(&other, End::Exit(1, None)), None);
    assert!(
        first(&answer).contains("no such device"),
        "{}",
        first(&answer)
    );
}
