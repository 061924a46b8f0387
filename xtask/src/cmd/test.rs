//! `./x test`: every check and test, in the order of what is quick to fail, with the time of each step.
//!
//! Steps: format, repository rules, lints, release build, unit tests (`cargo test`, no root, no network), kernel tests
//! (package `vgputrace-tests`, as root, on the release binary). Ends with `N passed, N failed, N skipped`; a check
//! counts as one test. A test that lacks something prints `vgputrace-skip: NAME: REASON` and returns; with `CI=true` it fails instead.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::step::{self, Outcome};
use crate::tally::{self, Tally};
use crate::{debian, machine, packs};

/// Longest time for one step; a test that hangs costs this much and not the whole day.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Variables that a kernel test may read; sudo drops all others, and has a PATH of its own.
const PASSED_ON: &str = "CI,VGPUTRACE_BIN,VGPUTRACE_OLLAMA,VGPUTRACE_SLOW,VGPUTRACE_KILLS,VGPUTRACE_ROUNDS,\
     VGPUTRACE_LIBRARIES,VGPUTRACE_SEED,VGPUTRACE_FUZZ_SECONDS,RUST_BACKTRACE";

struct Suite {
    root: PathBuf,
    sum: Tally,
    times: Vec<(String, Duration)>,
}

/// Runs everything; false when something failed.
///
/// # Errors
/// When the set-up fails or a tool cannot be started.
pub(crate) fn run() -> anyhow::Result<bool> {
    super::setup::run()?;
    let mut suite = Suite {
        root: machine::root(),
        sum: Tally::default(),
        times: Vec::new(),
    };
    suite.check("format", "seconds", &["fmt", "--all", "--check"])?;
    suite.rules()?;
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    suite.check("lints", "about 3 minutes when cold", &lints)?;
    suite.check(
        "release build",
        "about 4 minutes when cold",
        &["build", "--release"],
    )?;
    suite.unit_tests()?;
    suite.kernel_tests()?;
    suite.report();
    Ok(suite.sum.failed.is_empty())
}

impl Suite {
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(&self.root);
        command
    }

    fn check(&mut self, label: &str, hint: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let outcome = step::run(label, hint, LIMIT, &mut self.cargo(arguments))?;
        self.sum.add(Tally::of_check(label, outcome.ok));
        self.note(label, &outcome);
        Ok(())
    }

    fn rules(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        let passed = super::tidy::run()?;
        self.sum.add(Tally::of_check("repository rules", passed));
        self.times
            .push(("repository rules".to_owned(), started.elapsed()));
        Ok(())
    }

    fn unit_tests(&mut self) -> anyhow::Result<()> {
        if let Err(error) = super::generate::fetch(&self.root) {
            step::say(&format!(
                "tests on the published headers will be skipped: {error:#}"
            ));
        }
        let arguments = [
            "test",
            "--workspace",
            "--exclude",
            "vgputrace-tests",
            "--no-fail-fast",
            "--",
            "--show-output",
        ];
        let outcome = step::run(
            "unit tests",
            "about 3 minutes when cold",
            LIMIT,
            &mut self.cargo(&arguments),
        )?;
        self.count("unit tests", &outcome);
        Ok(())
    }

    fn kernel_tests(&mut self) -> anyhow::Result<()> {
        // The network is the one thing that a test may lack anywhere, in CI too.
        if let Err(error) = packs::fetch(&self.root) {
            step::say(&format!(
                "tests on the real ggml loader will be skipped: {error:#}"
            ));
        }
        if let Err(error) = debian::roots(&self.root) {
            step::say(&format!(
                "tests on other C libraries will be skipped: {error:#}"
            ));
        }
        self.static_build()?;
        let build = [
            "test",
            "-p",
            "vgputrace-tests",
            "--no-run",
            "--message-format=json",
        ];
        let built = step::run(
            "building kernel tests",
            "seconds",
            LIMIT,
            &mut self.cargo(&build),
        )?;
        self.note("building kernel tests", &built);
        if !built.ok {
            self.sum
                .add(Tally::of_check("building kernel tests", false));
            return Ok(());
        }
        let user = User::now();
        for program in test_programs(&built.output) {
            let mut command = user.command(&program);
            command
                .arg("--show-output")
                .current_dir(self.root.join("tests"));
            machine::own_environment(&mut command);
            command.env(
                "VGPUTRACE_BIN",
                machine::target(&self.root).join("release/vgputrace"),
            );
            let label = format!("kernel tests {}", short_name(&program));
            let outcome = step::run(&label, "a few minutes", LIMIT, &mut command)?;
            self.count(&label, &outcome);
        }
        Ok(())
    }

    /// Without optimisation: what is tested is that it needs nothing, and the build for users takes too long here.
    fn static_build(&mut self) -> anyhow::Result<()> {
        super::setup::static_target()?;
        let mut build = super::dist::build(&self.root, &[]);
        build.env("CARGO_PROFILE_DEV_DEBUG", "0");
        let label = "static build";
        let outcome = step::run(label, "about 2 minutes when cold", LIMIT, &mut build)?;
        self.sum.add(Tally::of_check(label, outcome.ok));
        self.note(label, &outcome);
        Ok(())
    }

    /// Adds up a test step. A step that failed with no failed test in its output is a failure itself.
    fn count(&mut self, label: &str, outcome: &Outcome) {
        let mut tally = Tally::of_output(label, &outcome.output);
        if !outcome.ok && tally.failed.is_empty() {
            tally.failed.push(format!("{label}: {}", outcome.end));
        }
        self.sum.add(tally);
        self.note(label, outcome);
    }

    #[expect(
        clippy::print_stdout,
        reason = "the reader needs what a failed step said"
    )]
    fn note(&mut self, label: &str, outcome: &Outcome) {
        self.times.push((label.to_owned(), outcome.took));
        if !outcome.ok {
            println!("--- {label} ({}) ---", outcome.end);
            let told = tally::without_successes(&outcome.output);
            println!("{}", step::last_lines(&told, 300));
            println!(
                "--- end of {label}; all of it: {} ---",
                outcome.log.display()
            );
        }
    }

    #[expect(clippy::print_stdout, reason = "the report is this command's output")]
    fn report(&mut self) {
        println!("\ntime per step:");
        for (label, took) in &self.times {
            println!("  {:>7.1} s  {label}", took.as_secs_f64());
        }
        self.sum.skipped.sort();
        for (name, reason) in &self.sum.skipped {
            println!("skipped: {name}: {reason}");
        }
        for name in &self.sum.failed {
            println!("failed: {name}");
        }
        println!("{}", self.sum.closing_line());
    }
}

/// How a test program gets root.
enum User {
    /// Already root, or it cannot be had: each test's gate then says what it lacks.
    AsIs,
    /// By sudo, without a password.
    Sudo,
}

impl User {
    fn now() -> Self {
        if machine::is_root() {
            return Self::AsIs;
        }
        if machine::sudo_is_open() {
            return Self::Sudo;
        }
        step::say(
            "kernel tests need root: run as root, or 'sudo -v' first; without, they are skipped",
        );
        Self::AsIs
    }

    fn command(&self, program: &Path) -> Command {
        match self {
            Self::AsIs => Command::new(program),
            Self::Sudo => {
                let mut path = OsString::from("PATH=");
                path.push(std::env::var_os("PATH").unwrap_or_default());
                let mut command = Command::new("sudo");
                command.arg("-n").arg(format!("--preserve-env={PASSED_ON}"));
                command.arg("env").arg(path).arg(program);
                command
            }
        }
    }
}

/// The test programs that cargo has built, from its messages.
pub(crate) fn test_programs(messages: &str) -> Vec<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["profile"]["test"] == true)
        .filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
        .collect()
}

/// The file name without cargo's hash.
fn short_name(program: &Path) -> String {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    name.rsplit_once('-')
        .map_or_else(|| name.as_ref(), |(name, _)| name)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{short_name, test_programs};

    #[test]
    fn only_test_programs_are_run() {
        let messages = "\
            warning: not a message\n\
            {\"reason\":\"compiler-artifact\",\"profile\":{\"test\":false},\"executable\":\"/t/tool\"}\n\
            {\"reason\":\"compiler-artifact\",\"profile\":{\"test\":true},\"executable\":\"/t/suite-0a\"}\n\
            {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(test_programs(messages), [PathBuf::from("/t/suite-0a")]);
    }

    #[test]
    fn the_hash_is_left_out_of_a_program_name() {
        assert_eq!(
            short_name(Path::new("/t/deps/vgputrace_tests-1f2e")),
            "vgputrace_tests"
        );
    }
}
