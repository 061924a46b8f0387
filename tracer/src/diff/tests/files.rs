//! Which file answered, how it was found, and what it is: each planted, and beside it what is no difference.

use super::{compare, first, model, text};
use crate::diff::Answer;
use crate::discover::Model;
use crate::discover::model::{Evidence, Folder, Outcome, Place, Search, Symbol};
use crate::event::library::{Closure, Library, Resolved};
use crate::event::{Seq, Text};

const CUBLAS: &str = "/u/lib/ollama/cuda_v12/libcublas.so.12";

fn search(tried: &[&str], found: Option<&str>, file: Option<&str>) -> Search {
    Search {
        name: text("libcuda.so.1"),
        tried: tried.iter().copied().map(Text::from).collect(),
        found: found.map(text),
        file: file.map(text),
        seen: Evidence::event(Seq(33), "open"),
    }
}

/// Two runs whose child made one search each.
fn searched(good: Option<Search>, bad: Option<Search>) -> Answer {
    let [mut one, mut two] = [model(2, 4711), model(3, 4712)];
    one.children[0].searches.extend(good);
    two.children[0].searches.extend(bad);
    compare(&one, &two, None)
}

fn library(path: &str) -> Library {
    Library {
        path: text(path),
        size: Some(1_000),
        mtime: Some(1_795_600_000),
        build_id: Some(text("ab12")),
        mode: Some(0o755),
        owner: Some([0, 0]),
        runpath: Some(text("$ORIGIN")),
        ..Library::default()
    }
}

/// Two runs that know this of one file.
fn known(change: impl Fn(&mut Library)) -> Answer {
    let [mut one, mut two] = [model(2, 4711), model(3, 4712)];
    let mut other = library(CUBLAS);
    change(&mut other);
    one.libraries.insert(text(CUBLAS), library(CUBLAS));
    two.libraries.insert(text(CUBLAS), other);
    compare(&one, &two, None)
}

fn sentences(answer: &Answer) -> Vec<&str> {
    let all = answer.differences.iter();
    all.map(|one| one.sentence.as_str()).collect()
}

#[test]
fn another_order_of_the_folders_that_the_loader_searches_is_told() {
    let good = search(&["/a", "/b"], Some("/c/libcuda.so.1"), None);
    let answer = searched(
        Some(good.clone()),
        Some(search(&["/b", "/a"], Some("/c/libcuda.so.1"), None)),
    );
    assert!(
        first(&answer).contains(
            "libcuda.so.1 is looked for in /b, /a, /c, where it is (was in /a, /b, /c, where it is)"
        ),
        "{}",
        first(&answer)
    );
    assert!(searched(Some(good.clone()), Some(good.clone())).same);
    // A side that does not show its search says nothing about it.
    assert!(searched(Some(good.clone()), None).same);
    assert!(searched(None, Some(good)).same);
}

#[test]
fn the_variable_that_changes_the_search_comes_before_it() {
    let [mut one, mut two] = [model(2, 4711), model(3, 4712)];
    one.children[0]
        .searches
        .push(search(&["/a", "/b"], None, None));
    two.children[0]
        .searches
        .push(search(&["/b", "/a"], None, None));
    for (model, value) in [(&mut one, "/a:/b"), (&mut two, "/b:/a")] {
        let server = model.server.as_mut().expect("a server");
        server.env.push(super::variable("LD_LIBRARY_PATH", value));
    }
    let answer = compare(&one, &two, None);
    assert!(
        first(&answer).contains("LD_LIBRARY_PATH is `/b:/a` (was `/a:/b`)"),
        "{}",
        first(&answer)
    );
    assert!(answer.differences.iter().skip(1).all(|one| one.ripple));
}

#[test]
fn a_link_that_leads_to_another_file_is_told_behind_that_file() {
    let [mut one, mut two] = [model(2, 4711), model(3, 4712)];
    for (model, file) in [
        (&mut one, "/n/550/libcuda.so.1"),
        (&mut two, "/n/535/libcuda.so.1"),
    ] {
        let child = &mut model.children[0];
        child.mapped.push((text(file), Seq(34)));
        let link = search(&[], Some("/usr/lib/libcuda.so.1"), Some(file));
        child.searches.push(link);
    }
    let answer = compare(&one, &two, None);
    assert_eq!(
        sentences(&answer),
        [
            "libcuda.so.1 now comes from /n/535/libcuda.so.1 (was /n/550/libcuda.so.1)",
            "the link /usr/lib/libcuda.so.1 leads to /n/535/libcuda.so.1 (led to /n/550/libcuda.so.1)",
        ]
    );
    // The same file by the same link, or by no link at all, is the same.
    let whole = search(
        &[],
        Some("/n/550/libcuda.so.1"),
        Some("/n/550/libcuda.so.1"),
    );
    let link = search(
        &[],
        Some("/usr/lib/libcuda.so.1"),
        Some("/n/550/libcuda.so.1"),
    );
    assert!(searched(Some(link.clone()), Some(link.clone())).same);
    assert!(searched(Some(link), Some(whole)).same);
}

#[test]
fn a_date_is_told_with_another_build_of_the_file_and_counts_for_nothing_alone() {
    let later = |library: &mut Library| library.mtime = Some(1_795_700_000);
    let answer = known(later);
    assert!(answer.same, "{:#?}", answer.differences);
    let technical: Vec<&str> = answer.technical.iter().map(|one| one.name()).collect();
    assert_eq!(technical, [format!("date of {CUBLAS}")]);
    let answer = known(|library| {
        later(library);
        library.build_id = Some(text("cd34"));
    });
    assert!(
        first(&answer).contains(
            "is another file: build-id cd34, 1000 bytes, of 2026-11-26 (was build-id ab12, 1000 bytes, of 2026-11-25)"
        ),
        "{}",
        first(&answer)
    );
}

#[test]
fn owner_and_mode_and_the_search_path_in_a_file_are_told() {
    let answer = known(|library| library.owner = Some([1000, 1000]));
    assert!(first(&answer).contains("has mode 755, owner 1000:1000 (had mode 755, owner 0:0)"));
    let answer = known(|library| library.runpath = Some(text("/build/lib")));
    assert!(
        first(&answer).contains("is RUNPATH /build/lib (was RUNPATH $ORIGIN)"),
        "{}",
        first(&answer)
    );
    let answer = known(|library| library.inode = Some(text("8:1:99")));
    assert!(answer.same, "{:#?}", answer.differences);
}

#[test]
fn a_symbol_that_is_not_there_is_told_behind_the_file_that_lacks_it() {
    let [one, mut two] = [model(2, 4711), model(3, 4712)];
    two.children[0].missed_symbols.push(Symbol {
        name: text("cuMemCreate"),
        of: Some(text("/n/libcuda.so.1")),
        seen: Evidence::event(Seq(44), "dlsym"),
    });
    let answer = compare(&one, &two, None);
    assert!(first(&answer).contains("the symbol cuMemCreate of libcuda.so.1 is not there"));
    assert!(compare(&two, &two.clone(), None).same);
    two.children[0].mapped[1].0 = text("/opt/vgpu/lib/libcublas.so.12");
    let answer = compare(&one, &two, None);
    assert!(first(&answer).contains("libcublas.so.12 now comes from"));
}

#[test]
fn what_a_failed_load_would_have_taken_is_a_difference_only_where_it_is_another_file() {
    let failing = |file: &str| -> Model {
        let mut model = model(3, 4712);
        let load = &mut model.children[0].loads[0];
        load.outcome = Outcome::Failed;
        load.closure = Some(Closure {
            objects: vec![Resolved {
                name: text("libcufft.so.11"),
                file: Some(text(file)),
                ..Resolved::default()
            }],
            ..Closure::default()
        });
        model
    };
    let good = model(2, 4711);
    let answer = compare(&good, &failing("/x/libcufft.so.11"), None);
    assert!(
        first(&answer).contains("the load of libggml-cuda.so fails"),
        "{}",
        first(&answer)
    );
    assert!(answer.differences[1].ripple);
    let answer = compare(
        &failing("/x/libcufft.so.11"),
        &failing("/y/libcufft.so.11"),
        None,
    );
    assert!(first(&answer).contains("libcufft.so.11 now comes from /y/libcufft.so.11"));
}

#[test]
fn a_folder_and_a_file_of_the_library_folder_are_told_once() {
    let [mut one, two] = [model(2, 4711), model(3, 4712)];
    one.folders.push(Folder {
        name: text("cuda_v13"),
        path: text("/u/lib/ollama/cuda_v13"),
        names: Some(Vec::new()),
        ..Folder::default()
    });
    one.folders.push(Folder {
        name: text("toplevel"),
        path: text("/u/lib/ollama"),
        place: Place::TopLevel,
        names: Some(vec![text("libggml-cuda.so")]),
        ..Folder::default()
    });
    let mut two = two;
    for (model, names) in [
        (
            &mut one,
            &["cuda_v12", "cuda_v13", "libggml-cuda.so", ".", ".."][..],
        ),
        (&mut two, &["cuda_v12", ".", ".."]),
    ] {
        let folder = &mut model.server.as_mut().expect("a server").library_dir;
        folder.path = text("/u/lib/ollama");
        folder.names = Some(names.iter().copied().map(Text::from).collect());
    }
    let answer = compare(&two, &one, None);
    assert_eq!(
        sentences(&answer),
        [
            "the folder cuda_v13 is there (was not there)",
            "libggml-cuda.so is in the library folder (was not there)",
        ]
    );
}
