//! Where `unsafe` may stand, that each block says why it holds, and that no test is switched off.

use super::code::words;
use super::{File, Finding, Repository, numbered};

/// Where the tracer touches memory and kernel by hand.
const ALLOWED: &[&str] = &[
    "tracer/src/sys.rs",
    "tracer/src/sys/",
    "shim/",
    "tracer-ebpf/",
];

/// Checks every Rust file.
pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files.iter().filter(|file| file.is_rust()) {
        let lines: Vec<&str> = file.text.lines().collect();
        let allowed = ALLOWED.iter().any(|place| file.path.starts_with(place))
            || file.path.ends_with("/build.rs");
        for (line, code) in numbered(&file.code) {
            let is_unsafe = words(code).any(|word| word == "unsafe");
            if is_unsafe && !allowed {
                findings.push(
                    Finding::error(&file.path, line, "`unsafe` outside its fence")
                        .because("memory safety is reviewed in few places (docs/ARCHITECTURE.md, invariant 7)")
                        .so(format!("move it behind a safe function in one of: {}", ALLOWED.join(", "))),
                );
            } else if is_unsafe && needs_reason(code) && !has_reason(&lines, line) {
                findings.push(
                    Finding::error(&file.path, line, "`unsafe` without its reason")
                        .because("a reader must be able to check why it holds")
                        .so("write `// SAFETY:` above it: why it holds, not what it does"),
                );
            }
        }
        findings.extend(ignored_tests(file));
    }
    findings
}

/// Blocks and impls; a declaration passes the duty on to its callers.
fn needs_reason(code: &str) -> bool {
    let after = code.split("unsafe").skip(1).map(str::trim_start);
    after
        .into_iter()
        .any(|rest| rest.is_empty() || rest.starts_with('{') || rest.starts_with("impl"))
}

/// A comment with SAFETY on the line, inside the block at once, or above the statement that holds it.
fn has_reason(lines: &[&str], line: usize) -> bool {
    let says = |number: usize| {
        lines
            .get(number)
            .is_some_and(|text| text.contains("SAFETY:"))
    };
    if says(line - 1) || says(line) {
        return true;
    }
    for number in (0..line - 1).rev() {
        let text = lines.get(number).copied().unwrap_or_default().trim();
        if text.contains("SAFETY:") {
            return true;
        }
        let is_comment = text.starts_with("//") || text.starts_with('#');
        if !is_comment && (text.is_empty() || text.ends_with([';', '}', '{'])) {
            return false;
        }
    }
    false
}

fn ignored_tests(file: &File) -> Vec<Finding> {
    let attributes = ["#[ignore]", "#[ignore "];
    let found =
        numbered(&file.code).filter(|(_, code)| attributes.iter().any(|one| code.contains(one)));
    found
        .map(|(line, _)| {
            Finding::error(&file.path, line, "a test that is switched off")
                .because("what is not run rots unseen")
                .so("let it ask for what it needs at run time and print `vgputrace-skip: NAME: REASON`")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Repository;
    use super::check;

    fn found(path: &str, text: &str) -> Vec<usize> {
        check(&Repository::of(&[(path, text)]))
            .into_iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn unsafe_outside_its_fence_is_found() {
        let text = "fn f() {\n    // SAFETY: x\n    unsafe { g() }\n}\n";
        assert_eq!(found("tracer/src/view.rs", text), [3]);
        assert!(found("tracer/src/sys/mem.rs", text).is_empty());
        assert!(
            found(
                "tracer/src/view.rs",
                "// unsafe { }\n#![deny(unsafe_code)]\n"
            )
            .is_empty()
        );
    }

    #[test]
    fn an_unsafe_block_without_its_reason_is_found() {
        let text = "fn f() {\n    // SAFETY: x\n    unsafe { g() }\n\n    unsafe { g() }\n}\n";
        assert_eq!(found("tracer-ebpf/src/main.rs", text), [5]);
        let statement = "fn f() {\n    // SAFETY: x\n    let a =\n        unsafe { g() };\n}\n";
        assert!(found("tracer-ebpf/src/main.rs", statement).is_empty());
        assert!(
            found(
                "shim/cuda/src/lib.rs",
                "#[unsafe(no_mangle)]\nunsafe extern \"C\" {}\n"
            )
            .is_empty()
        );
    }

    #[test]
    fn a_test_that_is_switched_off_is_found() {
        assert_eq!(
            found(
                "tests/suite/a.rs",
                "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n"
            ),
            [2]
        );
    }
}
