//! Links of the documents lead somewhere, and the README's commands are what CI runs.

use super::{File, Finding, Repository, numbered};

/// The commands that the README promises, as CI and newcomers call them.
const DEMO: &str = "./x demo";
const TEST: &str = "./x test";

/// Documents that code names before they are written. A line goes as soon as its document is there.
const NOT_YET_WRITTEN: &[&str] = &[];

/// Checks links, documents named in code, the README and `.ci/run`.
pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &repository.files {
        if file.path.ends_with(".md") {
            findings.extend(links(repository, file));
        }
        // The rules' own tests name documents that are not there.
        if !file.path.starts_with("xtask/src/tidy/") {
            findings.extend(named_documents(repository, file));
        }
    }
    for path in NOT_YET_WRITTEN.iter().filter(|path| repository.has(path)) {
        let finding = Finding::warning(
            "xtask/src/tidy/links.rs",
            0,
            format!("`{path}` is written by now"),
        );
        let why = "an exception that is none any more only misleads";
        findings.push(
            finding
                .because(why)
                .so("take its line out of NOT_YET_WRITTEN"),
        );
    }
    findings.extend(commands(repository));
    findings
}

fn links(repository: &Repository, file: &File) -> Vec<Finding> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut findings = Vec::new();
    let mut in_block = false;
    for (line, text) in numbered(&file.text) {
        in_block ^= text.trim_start().starts_with("```");
        if in_block {
            continue;
        }
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = target.split('#').next().unwrap_or_default();
            let is_outside = target.contains("://") || target.starts_with("mailto:");
            if !target.is_empty() && !is_outside && !repository.has(&resolve(folder, target)) {
                findings.push(dangling(&file.path, line, target));
            }
        }
    }
    findings
}

/// `docs/NAME.md` in comments, messages and scripts.
fn named_documents(repository: &Repository, file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in numbered(&file.text) {
        for (at, start) in text.match_indices("docs/") {
            let name: String = text
                .get(at + start.len()..)
                .unwrap_or_default()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
                .collect();
            let path = format!("docs/{}", name.trim_end_matches('.'));
            // Only a capital begins the name of a document here; test data may name others.
            let is_document =
                path.ends_with(".md") && name.starts_with(|c: char| c.is_ascii_uppercase());
            let is_awaited = NOT_YET_WRITTEN.contains(&path.as_str());
            if is_document && !is_awaited && !repository.has(&path) {
                findings.push(dangling(&file.path, line, &path));
            }
        }
    }
    findings
}

fn dangling(path: &str, line: usize, target: &str) -> Finding {
    Finding::error(path, line, format!("`{target}` does not exist"))
        .because("a reader who follows it finds nothing")
        .so("write that document, or point to one that is there")
}

/// A path as seen from the folder of the document; `..` is taken off.
fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn commands(repository: &Repository) -> Vec<Finding> {
    const WHY: &str = "what the README promises is what CI proves";
    let mut findings = Vec::new();
    if let Some(readme) = repository.file("README.md") {
        for command in [DEMO, TEST] {
            if !shell_lines(&readme.text).any(|line| line == command) {
                let finding = Finding::error(
                    "README.md",
                    0,
                    format!("no code block has the line `{command}`"),
                );
                findings.push(
                    finding
                        .because(WHY)
                        .so("put it on a line of its own in a ```sh block"),
                );
            }
        }
    }
    if let Some(run) = repository.file(".ci/run") {
        let is_frame = |line: &str| {
            line.is_empty()
                || ["#", "set ", "cd "]
                    .iter()
                    .any(|start| line.starts_with(start))
        };
        let called: Vec<&str> = run
            .text
            .lines()
            .map(str::trim)
            .filter(|line| !is_frame(line))
            .collect();
        if called != [TEST] {
            let finding = Finding::error(".ci/run", 0, format!("calls `{}`", called.join("; ")));
            findings.push(
                finding
                    .because(WHY)
                    .so(format!("call `{TEST}` and nothing else")),
            );
        }
    }
    findings
}

/// Lines in blocks marked as shell.
fn shell_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut in_shell = false;
    text.lines().filter(move |line| {
        if line.starts_with("```") {
            in_shell = !in_shell && line.starts_with("```sh");
            return false;
        }
        in_shell
    })
}

#[cfg(test)]
mod tests {
    use super::super::Repository;
    use super::check;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let findings = check(&Repository::of(files)).into_iter();
        findings
            .map(|finding| format!("{}:{}: {}", finding.path, finding.line, finding.what))
            .collect()
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        let text = "# A\n[one](B.md) [two](../README.md#x) [three](https://example.org/x.md)\n```\n[four](no)\n```\n";
        assert_eq!(
            found(&[("docs/A.md", text)]),
            [
                "docs/A.md:2: `B.md` does not exist",
                "docs/A.md:2: `../README.md` does not exist"
            ]
        );
        let all = [
            ("docs/A.md", text),
            ("docs/B.md", ""),
            ("README.md", "```sh\n./x demo\n./x test\n```\n"),
        ];
        assert!(found(&all).is_empty());
    }

    #[test]
    fn a_document_named_in_code_must_exist() {
        let code = [("tracer/src/lib.rs", "//! See docs/NONE.md.\n")];
        assert_eq!(
            found(&code),
            ["tracer/src/lib.rs:1: `docs/NONE.md` does not exist"]
        );
    }

    #[test]
    fn the_readme_and_ci_call_the_same() {
        let readme = ("README.md", "```sh\n./x demo\n```\n");
        assert_eq!(
            found(&[readme]),
            ["README.md:0: no code block has the line `./x test`"]
        );
        let run = |body| found(&[(".ci/run", body)]);
        assert!(run("#!/bin/sh\nset -eu\ncd .\n\n./x test\n").is_empty());
        assert_eq!(
            run("./x test\ncargo test\n"),
            [".ci/run:0: calls `./x test; cargo test`"]
        );
    }
}
