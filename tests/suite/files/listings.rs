//! Directory listings: all names in a library folder, elsewhere only those that ggml would look for.

use vgputrace::event::Seen;
use vgputrace::event::file::List;
use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::programs::program;
use vgputrace_tests::{Recorded, gate, open_folder, test_name, trace};

/// The listings of a folder.
fn lists_of<'a>(record: &'a Recorded, folder: &std::path::Path) -> Vec<&'a List> {
    let path = Seen::Yes(folder.display().to_string().into());
    let all = record.events.lists().into_iter();
    all.filter(|(_, list)| list.path == path)
        .map(|(_, list)| list)
        .collect()
}

/// All names of several calls, sorted.
fn names(lists: &[&List]) -> Vec<String> {
    let all = lists.iter().flat_map(|list| &list.names);
    let mut names: Vec<String> = all.map(|name| name.as_str().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_library_folder_is_listed_with_all_its_names_over_several_calls() {
    if !gate::engine(test_name!()) {
        return;
    }
    let tree = open_folder();
    let folder = tree.path().join("lib/ollama/cuda_v12");
    std::fs::create_dir_all(&folder).unwrap();
    place(Fault::None, &folder, "libggml-cuda.so");
    let mut expected = vec![
        ".".to_owned(),
        "..".to_owned(),
        "libggml-cuda.so".to_owned(),
    ];
    for n in 0..100 {
        let name = format!("some-other-file-with-a-long-name-{n:03}");
        std::fs::write(folder.join(&name), "").unwrap();
        expected.push(name);
    }
    expected.sort();
    let record = trace(program("file_list")).arg(&folder).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "103 0\n");
    let lists = lists_of(&record, &folder);
    assert!(
        lists.len() > 2,
        "a small buffer needs several calls: {lists:?}"
    );
    assert_eq!(lists.iter().map(|list| list.entries).sum::<u32>(), 103);
    assert_eq!(names(&lists), expected);
    assert!(
        lists.iter().all(|list| list.withheld == 0 && !list.cut),
        "{lists:?}"
    );
}

#[test]
fn private_file_names_of_other_folders_are_counted_and_never_written_down() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let private = ["diary-of-anna.txt", "divorce-papers.pdf", "salary-2026.ods"];
    for name in private.iter().chain(&["ggml-small.bin"]) {
        std::fs::write(home.join(name), "").unwrap();
    }
    let record = trace(program("file_list")).arg(&home).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "6 0\n");
    let lists = lists_of(&record, &home);
    assert_eq!(lists.iter().map(|list| list.entries).sum::<u32>(), 6);
    let withheld = lists.iter().map(|list| list.withheld).sum::<u32>();
    assert!(
        (3..=5).contains(&withheld),
        "three names, and the two dots at most: {lists:?}"
    );
    let mut seen = names(&lists);
    seen.retain(|name| name != "." && name != "..");
    assert_eq!(seen, ["ggml-small.bin"]);
    let bytes = String::from_utf8_lossy(&record.plain_bytes()).into_owned();
    for name in private {
        assert!(!bytes.contains(name), "{name} is in the trace");
    }
}

#[test]
fn a_failed_listing_has_its_error() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = folder.path().join("libggml-cuda.so");
    std::fs::write(&file, "").unwrap();
    let record = trace(program("file_list")).arg(&file).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "0 20\n");
    let lists = lists_of(&record, &file);
    assert_eq!(lists.len(), 1, "{}", record.events.story(&["list"]));
    assert_eq!(
        lists[0].err.map(|errno| errno.to_string()).as_deref(),
        Some("ENOTDIR")
    );
}
