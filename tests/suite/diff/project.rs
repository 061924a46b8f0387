//! Rules of a project: what never counts, and what the gate looks at.

use std::path::Path;

use super::{parsed, recording, tool};

fn diff(folder: &Path, options: &[&str]) -> (Option<i32>, Vec<String>) {
    let (good, bad) = (
        recording("runner-no-driver"),
        recording("runner-undefined-symbol"),
    );
    let (good, bad) = (good.to_string_lossy(), bad.to_string_lossy());
    let mut arguments = vec!["diff", "--json"];
    arguments.extend(options);
    arguments.extend([good.as_ref(), bad.as_ref()]);
    let output = tool(folder, &arguments);
    let kinds = parsed(&output)["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["kind"].as_str().unwrap_or_default().to_owned())
        .collect();
    (output.status.code(), kinds)
}

#[test]
fn rules_of_the_nearest_project_file_and_of_the_command_line_leave_differences_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let below = folder.path().join("a/b");
    std::fs::create_dir_all(&below).expect("folders");
    let (code, all) = diff(&below, &[]);
    assert_eq!(code, Some(1));
    assert!(all.iter().any(|kind| kind == "file") && all.iter().any(|kind| kind == "folder"));
    std::fs::write(
        folder.path().join("vgputrace.toml"),
        "[ignore]\nrules = [\"file\"]\n",
    )
    .expect("a file");
    let (_, left) = diff(&below, &[]);
    assert!(!left.iter().any(|kind| kind == "file"), "{left:?}");
    assert!(left.iter().any(|kind| kind == "folder"), "{left:?}");
    let (_, left) = diff(&below, &["--ignore", "folder:*"]);
    assert!(
        !left.iter().any(|kind| kind == "folder" || kind == "file"),
        "{left:?}"
    );
    // A named file counts instead of the nearest one.
    let named = folder.path().join("other.toml");
    std::fs::write(&named, "[ignore]\nrules = [\"folder\"]\n").expect("a file");
    let (_, left) = diff(&below, &["--project", &named.to_string_lossy()]);
    assert!(left.iter().any(|kind| kind == "file"), "{left:?}");
    assert!(!left.iter().any(|kind| kind == "folder"), "{left:?}");
}

#[test]
fn a_gate_compares_the_verdicts_and_the_keys_of_the_project_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = |options: &[&str]| diff(folder.path(), options);
    let (code, none) = names(&["--gate"]);
    assert!(none.is_empty(), "{none:?}");
    // Both recordings are of failed backends, one of cuda_v12 and one of cuda_v13.
    assert_eq!(code, Some(1));
    std::fs::write(
        folder.path().join("vgputrace.toml"),
        "[ignore]\nrules = [\"verdict:cuda_*\"]\n[gate]\nkeys = [\"folder\"]\n",
    )
    .expect("a file");
    let (code, folders) = names(&["--gate"]);
    assert!(
        !folders.is_empty() && folders.iter().all(|kind| kind == "folder"),
        "{folders:?}"
    );
    assert_eq!(code, Some(1));
    std::fs::write(
        folder.path().join("vgputrace.toml"),
        "[ignore]\nrules = [\"verdict:cuda_*\"]\n",
    )
    .expect("a file");
    assert_eq!(names(&["--gate"]), (Some(0), Vec::new()));
}

#[test]
fn a_project_file_with_other_words_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("vgputrace.toml"), "[ignored]\n").expect("a file");
    let good = recording("runner-no-driver");
    let good = good.to_string_lossy();
    let output = tool(folder.path(), &["diff", &good, &good]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("vgputrace.toml") && said.contains("ignored"),
        "{said}"
    );
}
