//! Adds up what test programs print: passed, failed, and skipped by name. Pure: text in, numbers out.
//!
//! A test that lacks something prints `vgputrace-skip: NAME: REASON` and returns, which the test runner counts as
//! passed; here it is taken out of the passed ones and put among the skipped.

/// What a skipped test prints.
const SKIP: &str = "vgputrace-skip: ";

/// Results of one or more test programs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests and checks that passed.
    pub(crate) passed: u64,
    /// Names of those that failed.
    pub(crate) failed: Vec<String>,
    /// Name and reason of those that could not run.
    pub(crate) skipped: Vec<(String, String)>,
}

impl Tally {
    /// Reads the output of `cargo test` or of one test program. `label` names it where a failure has no test's name.
    pub(crate) fn of_output(label: &str, output: &str) -> Self {
        let mut tally = Self::default();
        let mut failed_by_result = 0;
        let mut open_program = false;
        for line in output.lines() {
            if let Some((_, said)) = line.split_once(SKIP) {
                let (name, reason) = said.split_once(": ").unwrap_or((said, "no reason given"));
                tally.skipped.push((name.to_owned(), reason.to_owned()));
            } else if let Some(result) = line.strip_prefix("test result: ") {
                open_program = false;
                tally.passed += count(result, "passed");
                failed_by_result += count(result, "failed");
            } else if let Some(name) = one_test(line, "FAILED") {
                tally.failed.push(name.to_owned());
            } else if let Some(name) = one_test(line, "ignored") {
                tally
                    .skipped
                    .push((name.to_owned(), "marked as ignored".to_owned()));
            } else if line.starts_with("running ") && line.trim_end().ends_with(['t', 's']) {
                open_program = true;
            }
        }
        let by_gate = tally
            .skipped
            .iter()
            .filter(|(_, why)| why != "marked as ignored")
            .count();
        tally.passed = tally.passed.saturating_sub(by_gate as u64);
        while (tally.failed.len() as u64) < failed_by_result {
            tally
                .failed
                .push(format!("{label}: a test without a readable name"));
        }
        if open_program {
            tally
                .failed
                .push(format!("{label}: a test program ended before its result"));
        }
        tally
    }

    /// One check, such as the formatter.
    pub(crate) fn of_check(name: &str, passed: bool) -> Self {
        let failed = if passed {
            Vec::new()
        } else {
            vec![name.to_owned()]
        };
        Self {
            passed: u64::from(passed),
            failed,
            skipped: Vec::new(),
        }
    }

    /// Adds another program's results.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
    }

    /// The closing line, which is read by machines too.
    pub(crate) fn closing_line(&self) -> String {
        let (failed, skipped) = (self.failed.len(), self.skipped.len());
        format!("{} passed, {failed} failed, {skipped} skipped", self.passed)
    }
}

/// Test output as a reader of a failure wants it: without the tests that passed, and without what those printed.
pub(crate) fn without_successes(output: &str) -> String {
    let mut kept = String::new();
    let mut in_successes = false;
    for line in output.lines() {
        if line == "successes:" {
            in_successes = true;
        } else if line == "failures:" || line.starts_with("test result: ") {
            in_successes = false;
        }
        if !in_successes && one_test(line, "ok").is_none() {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn count(result: &str, word: &str) -> u64 {
    result
        .split([';', '.'])
        .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
        .unwrap_or(0)
}

fn one_test<'line>(line: &'line str, end: &str) -> Option<&'line str> {
    let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    result.starts_with(end).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{Tally, without_successes};

    const TWO_PROGRAMS: &str = "\
running 3 tests
test a::works ... ok
test a::breaks ... FAILED
test a::sleeps ... ignored, for a reason

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 2 tests
test loader::one ... ok
test loader::two ... ok

successes:

---- loader::two stdout ----
vgputrace-skip: loader::two: go is missing

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
";

    #[test]
    fn a_skipped_test_is_not_counted_as_passed() {
        let tally = Tally::of_output("unit", TWO_PROGRAMS);
        assert_eq!(tally.passed, 2);
        assert_eq!(tally.failed, ["a::breaks"]);
        let gate = ("loader::two".to_owned(), "go is missing".to_owned());
        assert!(tally.skipped.contains(&gate));
        assert_eq!(tally.closing_line(), "2 passed, 1 failed, 2 skipped");
    }

    #[test]
    fn a_test_program_that_dies_is_a_failure() {
        let tally = Tally::of_output("kernel", "running 5 tests\ntest one ... ok\n");
        assert_eq!(
            tally.failed,
            ["kernel: a test program ended before its result"]
        );
    }

    #[test]
    fn a_failure_without_its_line_is_still_counted() {
        let text = "running 1 test\ntest result: FAILED. 0 passed; 1 failed; 0 ignored\n";
        assert_eq!(Tally::of_output("unit", text).failed.len(), 1);
    }

    #[test]
    fn results_of_several_programs_add_up() {
        let mut sum = Tally::of_check("format", true);
        sum.add(Tally::of_check("lints", false));
        sum.add(Tally::of_output("unit", TWO_PROGRAMS));
        assert_eq!(sum.closing_line(), "3 passed, 2 failed, 2 skipped");
    }

    #[test]
    fn what_passed_is_left_out_of_a_failure_report() {
        let report = without_successes(TWO_PROGRAMS);
        assert!(report.contains("test a::breaks ... FAILED"));
        assert!(report.contains("test result: ok. 2 passed"));
        assert!(!report.contains("loader"), "{report}");
    }
}
