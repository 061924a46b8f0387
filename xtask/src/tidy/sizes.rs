//! How long a file may be.

use super::{File, Finding, Repository};

const WARN: usize = 400;
const FAIL: usize = 600;
/// A `main.rs` parses and dispatches.
const MAIN: usize = 80;
/// Tests in the file they test; beyond, they have a file of their own.
const INLINE_TESTS: usize = 120;

/// Checks the length of every Rust file but tests, tables and generated ones.
pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    repository
        .files
        .iter()
        .filter(|file| file.is_rust() && !is_free(&file.path))
        .filter_map(one)
        .collect()
}

fn is_free(path: &str) -> bool {
    let parts = path.trim_end_matches(".rs").split('/');
    parts.into_iter().any(|part| {
        matches!(part, "tests" | "table" | "tables" | "suite" | "generated")
            || part.ends_with("_table")
    })
}

fn one(file: &File) -> Option<Finding> {
    let total = file.text.lines().count();
    let lines = before_tests(&file.text);
    let limit = if file.path.ends_with("src/main.rs") {
        MAIN
    } else {
        FAIL
    };
    let finding = if lines > limit {
        Finding::error(
            &file.path,
            0,
            format!("{lines} lines, at most {limit} are allowed"),
        )
    } else if lines > WARN {
        Finding::warning(&file.path, 0, format!("{lines} lines, more than {WARN}"))
    } else if total - lines > INLINE_TESTS {
        let what = format!("{} lines of tests in the file they test", total - lines);
        let finding = Finding::warning(&file.path, lines + 1, what);
        return Some(
            finding
                .because("the code should be seen first")
                .so("move them to a file `tests.rs` in its folder"),
        );
    } else {
        return None;
    };
    Some(
        finding
            .because("a file holds one subject and can be read at one go")
            .so("find the second subject in it and give that a file"),
    )
}

/// Lines before the module of tests that ends the file.
fn before_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .windows(2)
        .position(|pair| pair == ["#[cfg(test)]", "mod tests {"])
        .unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::super::{Level, Repository};
    use super::check;

    fn levels(path: &str, text: &str) -> Vec<Level> {
        check(&Repository::of(&[(path, text)]))
            .into_iter()
            .map(|finding| finding.level)
            .collect()
    }

    #[test]
    fn long_files_warn_then_fail() {
        assert!(levels("tracer/src/a.rs", &"x\n".repeat(400)).is_empty());
        assert_eq!(
            levels("tracer/src/a.rs", &"x\n".repeat(401)),
            [Level::Warning]
        );
        assert_eq!(
            levels("tracer/src/a.rs", &"x\n".repeat(601)),
            [Level::Error]
        );
        assert_eq!(
            levels("tracer/src/main.rs", &"x\n".repeat(81)),
            [Level::Error]
        );
    }

    #[test]
    fn tests_and_tables_may_be_long() {
        for path in [
            "tracer/src/a/tests.rs",
            "tests/suite/all.rs",
            "shim/api/src/table.rs",
        ] {
            assert!(levels(path, &"x\n".repeat(2000)).is_empty());
        }
        let inline = format!("x\n#[cfg(test)]\nmod tests {{\n{}", "x\n".repeat(700));
        assert_eq!(levels("tracer/src/a.rs", &inline), [Level::Warning]);
    }
}
