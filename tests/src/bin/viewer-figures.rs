//! `viewer-figures VGPUTRACE FOLDER EVENTS`: what the viewer costs on a trace of so many events, as lines of Markdown.
//!
//! The program itself is watched in a pseudo-terminal (util-linux's `script`): its first screen, its memory, the end of
//! its reading. Frames are drawn into memory by the same code, one by one.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the answer and the words of a program"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use vgputrace::tui::{Action, Palette, Typed, View, picture};
use vgputrace_tests::{generated, viewed, workspace};

const SIZE: (u16, u16) = (120, 40);
/// The first screen is whole by then, with its word about reading.
const SETTLED: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.as_slice() {
        [tool, folder, events] => run(Path::new(tool), Path::new(folder), events),
        _ => Err("usage: viewer-figures VGPUTRACE FOLDER EVENTS".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn run(tool: &Path, folder: &Path, events: &str) -> Result<(), String> {
    let count: u64 = events
        .parse()
        .map_err(|_| "EVENTS is a number".to_owned())?;
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let trace = folder.join(format!("{count}.vgt"));
    if !trace.exists() {
        let short = workspace().join("tracer/traces/healthy.vgt");
        generated::long_trace(&short, &trace, count)?;
    }
    let size = fs::metadata(&trace)
        .map_err(|error| error.to_string())?
        .len();
    println!("| trace | {count} events, {} MB |", size / 1_000_000);
    let cache = folder.join("cache");
    let _ = fs::remove_dir_all(&cache);
    for round in ["first time", "second time"] {
        let seen = watch(tool, &trace, folder, &cache)?;
        println!(
            "| {round}: list on the screen | {} ms, {} MB |",
            seen.list.as_millis(),
            seen.memory
        );
        println!(
            "| {round}: verdicts and timeline whole | {:.1} s, {} MB at most |",
            seen.whole.as_secs_f64(),
            seen.most
        );
    }
    frames(&trace)
}

/// What was seen of the program.
struct Seen {
    list: Duration,
    memory: u64,
    whole: Duration,
    most: u64,
}

/// A terminal of `SIZE` with the program in it, which is ended when this goes.
struct Terminal {
    child: Child,
    folder: PathBuf,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Terminal {
    /// What stands on the screen.
    fn shown(&self) -> String {
        let bytes = fs::read(self.folder.join("screen")).unwrap_or_default();
        let mut terminal = vt100::Parser::new(SIZE.1, SIZE.0, 0);
        terminal.process(&bytes);
        terminal.screen().contents()
    }

    fn wait(&self, begun: Instant, what: impl Fn(&str) -> bool) -> Result<Duration, String> {
        loop {
            if what(&self.shown()) {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() > Duration::from_secs(600) {
                return Err(format!("nothing comes: {}", self.shown()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A line of /proc/PID/status, in MB.
    fn memory(&self, key: &str) -> u64 {
        let pid = fs::read_to_string(self.folder.join("pid")).unwrap_or_default();
        let status = fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        number.unwrap_or(0) / 1_000
    }
}

fn watch(tool: &Path, trace: &Path, folder: &Path, cache: &Path) -> Result<Seen, String> {
    let _ = fs::remove_file(folder.join("screen"));
    let line = format!(
        "stty rows {} cols {}; echo $$ > {}/pid; exec {} replay {}",
        SIZE.1,
        SIZE.0,
        folder.display(),
        tool.display(),
        trace.display()
    );
    let begun = Instant::now();
    let child = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", &line])
        .arg(folder.join("screen"))
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .env("SHELL", "/bin/sh")
        .env("XDG_CACHE_HOME", cache)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("script: {error}"))?;
    let mut terminal = Terminal {
        child,
        folder: folder.to_owned(),
    };
    let list = terminal.wait(begun, |shown| {
        shown.contains("[3 Events]") && shown.contains(" p1.1 ")
    })?;
    let memory = terminal.memory("VmRSS:");
    std::thread::sleep(SETTLED);
    let whole = terminal.wait(begun, |shown| {
        shown.contains("[3 Events]") && !shown.contains("reading,")
    })?;
    let most = terminal.memory("VmHWM:");
    if let Some(input) = terminal.child.stdin.as_mut() {
        let _ = input.write_all(b"q");
        let _ = input.flush();
    }
    let ended = Instant::now();
    while terminal
        .child
        .try_wait()
        .map_err(|error| error.to_string())?
        .is_none()
    {
        if ended.elapsed() > Duration::from_secs(20) {
            return Err("it does not end".to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(Seen {
        list,
        memory,
        whole,
        most,
    })
}

/// Draws frames after actions; tells the middle one and the slowest.
fn frames(trace: &Path) -> Result<(), String> {
    let mut state = viewed::replayed(trace)?;
    viewed::settle(&mut state);
    let palette = Palette::Sixteen;
    let mut measured = |name: &str, actions: &[Action]| {
        let mut times: Vec<Duration> = Vec::new();
        for action in actions {
            let begun = Instant::now();
            state.act(*action);
            let _ = picture::text(&mut state, palette, SIZE);
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let middle = times.get(times.len() / 2).copied().unwrap_or_default();
        let slowest = times.last().copied().unwrap_or_default();
        println!(
            "| {name}: a frame | {:.1} ms, slowest of {} {:.1} ms |",
            middle.as_secs_f64() * 1e3,
            times.len(),
            slowest.as_secs_f64() * 1e3
        );
    };
    measured("a row down", &[Action::Down(1); 500]);
    measured("a screen down", &[Action::PageDown; 500]);
    measured(
        "to the end and back",
        &[[Action::Last, Action::First]; 10].concat(),
    );
    measured("timeline", &[Action::Show(View::Timeline); 50]);
    measured("timeline, zoom in", &[Action::ZoomIn; 20]);
    measured("timeline, zoom out", &[Action::ZoomOut; 20]);
    measured(
        "timeline, quiet stretches left out",
        &[Action::Compress; 21],
    );
    for text in ["role:runner[cuda_v13] kind:cuInit", "libcuda"] {
        let begun = Instant::now();
        state.act(Action::Filter);
        state.type_key(Typed::EraseWord);
        state.type_key(Typed::EraseWord);
        for character in text.chars() {
            state.type_key(Typed::Character(character));
        }
        state.type_key(Typed::Enter);
        viewed::settle(&mut state);
        println!(
            "| filter `{text}` | {:.1} s |",
            begun.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
