//! Runs one long command with progress: a spinner with its last line on a terminal; elsewhere a line when it takes
//! longer than a moment, one every half minute and one at the end. All it prints is kept, in memory and in a log file.

use std::cell::Cell;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::machine;

/// How often a step says that it is alive where there is no terminal.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// A step that ends within this is not worth a line.
const MOMENT: Duration = Duration::from_secs(1);

/// How a step ended.
pub(crate) struct Outcome {
    /// It ended by itself with exit code 0.
    pub(crate) ok: bool,
    /// Standard output and standard error, as lines in the order they came.
    pub(crate) output: String,
    /// From start to end.
    pub(crate) took: Duration,
    /// How it ended, in words.
    pub(crate) end: String,
    /// Where the output is kept.
    pub(crate) log: PathBuf,
}

/// Writes one line to standard error.
#[expect(
    clippy::print_stderr,
    reason = "a developer's command talks on standard error"
)]
pub(crate) fn say(line: &str) {
    eprintln!("x: {line}");
}

/// Runs `command` to its end, or to `limit`, when it and its children are killed. `label` names it in one or two
/// words and `hint` says how long it takes.
///
/// # Errors
/// When it cannot be started: a sentence that names the missing program.
pub(crate) fn run(
    label: &str,
    hint: &str,
    limit: Duration,
    command: &mut Command,
) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let progress = Progress::start(label, hint);
    let mut child = match command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(
                "{label} needs `{}`, which is not on PATH",
                command.get_program().to_string_lossy()
            )
        }
        Err(error) => {
            let program = command.get_program().to_string_lossy().into_owned();
            return Err(error).with_context(|| format!("{label}: cannot start {program}"));
        }
    };
    let (lines, arriving) = mpsc::channel();
    forward(child.stdout.take(), &lines);
    forward(child.stderr.take(), &lines);
    drop(lines);

    let mut output = String::new();
    let mut in_time = true;
    loop {
        match arriving.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                progress.line(&line);
                output.push_str(&line);
                output.push('\n');
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        progress.tick(started.elapsed());
        if started.elapsed() > limit {
            in_time = false;
            let processes = machine::descendants(child.id());
            let processes = processes.iter().rev().map(u32::to_string);
            machine::quiet("kill", ["-KILL".to_owned()].into_iter().chain(processes));
            break;
        }
    }
    let status = child
        .wait()
        .with_context(|| format!("{label}: cannot wait for its end"))?;
    let took = started.elapsed();
    let end = if in_time {
        status.to_string()
    } else {
        format!("ran past its limit of {} s", limit.as_secs())
    };
    let ok = in_time && status.success();
    progress.finish(ok, took);
    let log = keep(label, &output)?;
    Ok(Outcome {
        ok,
        output,
        took,
        end,
        log,
    })
}

/// Runs a step that must succeed.
///
/// # Errors
/// One sentence: what failed, why where the output tells it, and where the rest is.
pub(crate) fn must(label: &str, hint: &str, command: &mut Command) -> anyhow::Result<Outcome> {
    let outcome = run(label, hint, Duration::from_secs(1800), command)?;
    if outcome.ok {
        return Ok(outcome);
    }
    if is_network_trouble(&outcome.output) {
        bail!(
            "{label} needs the network, which does not answer (log: {})",
            outcome.log.display()
        );
    }
    bail!(
        "{label} failed ({}), log: {}\n{}",
        outcome.end,
        outcome.log.display(),
        last_lines(&outcome.output, 20)
    )
}

/// The words of cargo, rustup, npm and apt-get when they cannot reach their servers.
pub(crate) fn is_network_trouble(output: &str) -> bool {
    const WORDS: [&str; 12] = [
        "could not resolve",
        "couldn't resolve",
        "temporary failure resolving",
        "temporary failure in name resolution",
        "name or service not known",
        "failed to download from",
        "network is unreachable",
        "could not connect",
        "couldn't connect",
        "enotfound",
        "eai_again",
        "etimedout",
    ];
    let output = output.to_lowercase();
    WORDS.iter().any(|words| output.contains(words))
}

/// The end of a long output.
pub(crate) fn last_lines(output: &str, count: usize) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let start = lines.len().saturating_sub(count);
    lines.get(start..).unwrap_or_default().join("\n")
}

fn forward(pipe: Option<impl Read + Send + 'static>, lines: &Sender<String>) {
    let Some(pipe) = pipe else { return };
    let lines = lines.clone();
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while pipe
            .read_until(b'\n', &mut bytes)
            .is_ok_and(|count| count > 0)
        {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if lines.send(line).is_err() {
                break;
            }
        }
    });
}

fn keep(label: &str, output: &str) -> anyhow::Result<PathBuf> {
    let folder = machine::target(&machine::root()).join("xtask");
    let name: String = label
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let log = folder.join(format!("{name}.log"));
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&log, output))
        .with_context(|| format!("cannot write {}", log.display()))?;
    Ok(machine::short(&machine::root(), &log))
}

/// A spinner on a terminal, plain lines elsewhere.
struct Progress {
    label: String,
    hint: String,
    spinner: Option<ProgressBar>,
    /// Plain lines said so far.
    said: Cell<u64>,
}

impl Progress {
    fn start(label: &str, hint: &str) -> Self {
        let spinner = std::io::stderr().is_terminal().then(|| {
            let spinner = ProgressBar::new_spinner().with_prefix(format!("{label} ({hint})"));
            let style = "{spinner} {prefix} {elapsed} {wide_msg:.dim}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                spinner.set_style(style);
            }
            spinner.enable_steady_tick(Duration::from_millis(120));
            spinner
        });
        let (label, hint) = (label.to_owned(), hint.to_owned());
        Self {
            label,
            hint,
            spinner,
            said: Cell::new(0),
        }
    }

    fn line(&self, line: &str) {
        if let Some(spinner) = &self.spinner {
            let plain = line.chars().filter(|c| !c.is_control()).collect::<String>();
            spinner.set_message(plain);
        }
    }

    fn tick(&self, elapsed: Duration) {
        if self.spinner.is_some() || elapsed < MOMENT {
            return;
        }
        let due = 1 + elapsed.as_secs() / HEARTBEAT.as_secs();
        let said = self.said.replace(due);
        if said == 0 {
            say(&format!("{} ({}) ...", self.label, self.hint));
        } else if due > said {
            say(&format!(
                "{}: still running after {} s",
                self.label,
                elapsed.as_secs()
            ));
        }
    }

    fn finish(self, ok: bool, took: Duration) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
        let word = if ok { "done" } else { "failed" };
        if !ok || took >= MOMENT {
            say(&format!(
                "{}: {word} in {:.1} s",
                self.label,
                took.as_secs_f64()
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{is_network_trouble, last_lines, run};

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str, limit: Duration) -> super::Outcome {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        match run("unit test", "seconds", limit, &mut command) {
            Ok(outcome) => outcome,
            Err(error) => panic!("{error:#}"),
        }
    }

    #[test]
    fn both_outputs_are_kept_and_the_exit_code_counts() {
        let outcome = shell("echo one; echo two >&2; exit 3", LONG);
        assert!(!outcome.ok && outcome.end.contains('3'), "{}", outcome.end);
        let mut lines: Vec<&str> = outcome.output.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn a_step_that_hangs_is_killed_with_its_children() {
        let outcome = shell("sleep 1000 & sleep 1000", Duration::ZERO);
        assert!(!outcome.ok);
        assert_eq!(outcome.end, "ran past its limit of 0 s");
    }

    #[test]
    fn a_missing_program_is_named() {
        let mut command = Command::new("no-such-program-here");
        let error = run("this", "seconds", LONG, &mut command).err();
        let said = error.map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(
            said,
            "this needs `no-such-program-here`, which is not on PATH"
        );
    }

    #[test]
    fn trouble_with_the_network_is_recognised() {
        assert!(is_network_trouble("npm error code ENOTFOUND"));
        assert!(is_network_trouble(
            "warning: spurious network error: Could not resolve host"
        ));
        assert!(!is_network_trouble(
            "error[E0425]: cannot find value `network`"
        ));
    }

    #[test]
    fn the_end_of_a_short_output_is_all_of_it() {
        assert_eq!(last_lines("a\nb", 5), "a\nb");
        assert_eq!(last_lines("a\nb\nc", 2), "b\nc");
    }
}
