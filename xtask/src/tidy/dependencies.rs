//! Every dependency says why it is there, and the packages that the design fixes are there and used.

use super::arrows::uses;
use super::{File, Finding, Repository, numbered};

/// Fixed packages of the tracer and the job of each.
const FIXED: &[(&str, &str)] = &[
    ("aya", "the eBPF engine"),
    ("aya-log", "the probes' own diagnostics"),
    ("tokio", "the runtime of the live side"),
    ("clap", "the command line"),
    ("serde_json", "the lines of a trace"),
    ("ratatui", "the viewer"),
];

/// Fixed packages that are not used yet, each with its reason. A line goes as soon as its package is used.
const NOT_YET_USED: &[(&str, &str)] = &[];

/// Checks every manifest.
pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let manifests = repository
        .files
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"));
    let mut findings: Vec<Finding> = manifests.flat_map(reasons).collect();
    if let Some(manifest) = repository.file("tracer/Cargo.toml") {
        findings.extend(fixed(repository, manifest, NOT_YET_USED));
    }
    findings
}

/// A comment above the line, or above the group of lines it stands in.
fn reasons(manifest: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_dependencies = false;
    let mut explained = false;
    for (line, text) in numbered(&manifest.text) {
        let text = text.trim();
        if let Some(section) = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
        {
            // The workspace's own members; packages give the reason where they use one.
            in_dependencies =
                section.ends_with("dependencies") && section != "workspace.dependencies";
            explained = false;
        } else if text.is_empty() {
            explained = false;
        } else if text.starts_with('#') {
            explained = true;
        } else if in_dependencies && !explained && is_entry(text) {
            let name = text.split(['=', '.', ' ']).next().unwrap_or_default();
            findings.push(
                Finding::error(&manifest.path, line, format!("`{name}` has no reason"))
                    .because("each dependency is code that somebody must trust and keep")
                    .so("say in a comment above it what it is for and why this one"),
            );
        }
    }
    findings
}

fn is_entry(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.contains('=')
}

fn fixed(repository: &Repository, manifest: &File, not_yet: &[(&str, &str)]) -> Vec<Finding> {
    const WHY: &str = "the design fixes this package (docs/ARCHITECTURE.md)";
    let declared: toml::Table = manifest.text.parse().unwrap_or_default();
    let mut findings = Vec::new();
    for (name, job) in FIXED {
        let is_declared = declared
            .get("dependencies")
            .is_some_and(|list| list.get(name).is_some());
        if !is_declared {
            let finding = Finding::error(&manifest.path, 0, format!("`{name}` is missing"));
            findings.push(
                finding
                    .because(WHY)
                    .so(format!("bring it back: it is {job}")),
            );
            continue;
        }
        let used = is_used(repository, &name.replace('-', "_"));
        let excused = not_yet.iter().any(|(excused, _)| excused == name);
        if !used && !excused {
            let finding = Finding::error(
                &manifest.path,
                0,
                format!("`{name}` is not used in tracer/src"),
            );
            findings.push(finding.because(WHY).so(format!("use it: it is {job}")));
        } else if used && excused {
            let finding = Finding::warning(
                "xtask/src/tidy/dependencies.rs",
                0,
                format!("`{name}` is used by now"),
            );
            let why = "an exception that is none any more only misleads";
            findings.push(finding.because(why).so("take its line out of NOT_YET_USED"));
        }
    }
    findings
}

fn is_used(repository: &Repository, name: &str) -> bool {
    let sources = repository
        .files
        .iter()
        .filter(|file| file.path.starts_with("tracer/src/"));
    sources
        .into_iter()
        .any(|file| file.code.lines().any(|code| uses(code, name)))
}

#[cfg(test)]
mod tests {
    use super::super::{File, Repository};
    use super::{FIXED, fixed, reasons};

    fn unexplained(text: &str) -> Vec<usize> {
        reasons(&File::new("a/Cargo.toml", text))
            .into_iter()
            .map(|finding| finding.line)
            .collect()
    }

    fn manifest() -> File {
        let lines: String = FIXED
            .iter()
            .map(|(name, _)| format!("{name} = \"1\"\n"))
            .collect();
        File::new("tracer/Cargo.toml", &format!("[dependencies]\n{lines}"))
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let text = "[package]\nname = \"a\"\n[dependencies]\n# For this.\none = \"1\"\ntwo = \"1\"\n\nthree = \"1\"\n";
        assert_eq!(unexplained(text), [8]);
        assert_eq!(unexplained("[dev-dependencies]\none = \"1\"\n"), [2]);
        assert!(unexplained("[workspace.dependencies]\none = \"1\"\n").is_empty());
    }

    #[test]
    fn a_fixed_package_must_be_declared_and_used() {
        let used: String = FIXED
            .iter()
            .map(|(name, _)| format!("use {}::x;\n", name.replace('-', "_")))
            .collect();
        let whole = Repository::of(&[("tracer/src/a.rs", &used)]);
        assert!(fixed(&whole, &manifest(), &[]).is_empty());
        assert_eq!(
            fixed(&Repository::of(&[]), &manifest(), &[]).len(),
            FIXED.len()
        );
        assert_eq!(
            fixed(&whole, &File::new("tracer/Cargo.toml", ""), &[]).len(),
            FIXED.len()
        );
    }

    #[test]
    fn an_exception_goes_when_its_package_is_used() {
        let excused = [("tokio", "not yet")];
        let findings = fixed(
            &Repository::of(&[("tracer/src/a.rs", "tokio::spawn(x)")]),
            &manifest(),
            &excused,
        );
        assert!(
            findings
                .iter()
                .any(|finding| finding.what == "`tokio` is used by now")
        );
    }
}
