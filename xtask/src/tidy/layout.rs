//! Fixed folders, file names, module headers.

use super::{Finding, Repository};

/// What stands at the top level; nothing else does.
const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "docs",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "shim",
    "tests",
    "tracer",
    "tracer-ebpf",
    "x",
    "xtask",
];

/// May stand there and need not.
const OPTIONAL: &[&str] = &[".gitattributes", "deny.toml"];

/// File and folder names of source that name no subject.
const EMPTY_NAMES: &[&str] = &[
    "common", "helper", "helpers", "misc", "types", "util", "utils", "mod",
];

/// Checks where files are and what they are called.
pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = top_level(repository);
    for file in repository.files.iter().filter(|file| file.is_rust()) {
        findings.extend(names(&file.path));
        let is_test = file.path.ends_with("/tests.rs") || file.path.contains("/tests/");
        if !file.text.starts_with("//!") && !is_test {
            let finding = Finding::error(&file.path, 1, "no module header");
            findings.push(
                finding
                    .because("a reader first asks what a file is for")
                    .so("begin with `//!`: its job, its input and output, what it does not touch"),
            );
        }
    }
    findings
}

fn top_level(repository: &Repository) -> Vec<Finding> {
    const WHY: &str = "the top level is fixed, so that everybody finds everything";
    let mut findings = Vec::new();
    for name in TOP_LEVEL.iter().filter(|name| !repository.has(name)) {
        let finding = Finding::error(name, 0, "is missing at the top level");
        findings.push(
            finding
                .because(WHY)
                .so("bring it back, or change xtask/src/tidy/layout.rs with a reason"),
        );
    }
    for file in &repository.files {
        let top = file.path.split('/').next().unwrap_or_default();
        if !TOP_LEVEL.contains(&top) && !OPTIONAL.contains(&top) {
            let finding = Finding::error(
                &file.path,
                0,
                format!("`{top}` is not part of the top level"),
            );
            findings.push(
                finding
                    .because(WHY)
                    .so("move it into the package or into docs, or let git ignore it"),
            );
        }
    }
    findings
}

fn names(path: &str) -> Option<Finding> {
    let part = path
        .trim_end_matches(".rs")
        .split('/')
        .find(|part| EMPTY_NAMES.contains(part))?;
    let (what, remedy) = if part == "mod" {
        (
            "a file called mod.rs",
            "use foo.rs beside the folder foo".to_owned(),
        )
    } else {
        (
            "a name that names no subject",
            format!("call `{part}` after what it holds"),
        )
    };
    Some(
        Finding::error(path, 0, what)
            .because("names are how one finds things")
            .so(remedy),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Repository;
    use super::{TOP_LEVEL, check};

    fn found(path: &str, text: &str) -> Vec<String> {
        let mut files: Vec<(&str, &str)> = TOP_LEVEL.iter().map(|name| (*name, "")).collect();
        files.push((path, text));
        check(&Repository::of(&files))
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn a_stranger_at_the_top_level_is_found() {
        assert_eq!(
            found("notes.txt", ""),
            ["`notes.txt` is not part of the top level"]
        );
        assert!(found("docs/NOTES.md", "").is_empty());
    }

    #[test]
    fn a_missing_part_of_the_top_level_is_found() {
        let findings = check(&Repository::of(&[("README.md", "")]));
        assert_eq!(findings.len(), TOP_LEVEL.len() - 1);
    }

    #[test]
    fn names_without_a_subject_are_found() {
        assert_eq!(
            found("tracer/src/view/mod.rs", "//! x"),
            ["a file called mod.rs"]
        );
        assert_eq!(
            found("tracer/src/util/text.rs", "//! x"),
            ["a name that names no subject"]
        );
        assert!(found("tracer/src/utility.rs", "//! x").is_empty());
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        assert_eq!(found("tracer/src/view.rs", "use x;"), ["no module header"]);
        assert_eq!(found("tracer/src/view/tests.rs", "use x;"), [""; 0]);
    }
}
