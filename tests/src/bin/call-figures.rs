//! What `./x bench` asks about recorded calls and cannot see from outside.
//!
//! `call-figures libraries FOLDER` builds a driver library and an NVML library that export every function of the table, and writes
//! their names to FOLDER/names. `call-figures attach ROUNDS` attaches probes to both and takes them away again, with nothing
//! else attached: nanoseconds, once while nobody has the files mapped and once while a process has. `call-figures count TRACE` counts
//! the calls of drivers that a trace tells and that it only counts.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the answer and the words of a program"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use vgputrace::event::Kind;
use vgputrace::source::ebpf::attach::{Attached, Calls, Interest, Outcome};
use vgputrace::source::ebpf::kernel::Kernel;
use vgputrace::source::ebpf::load::{self, Sizes};
use vgputrace::source::tracker::Probes;
use vgputrace::trace::Reader;
use vgputrace_api::{Function, cuda, nvml};
use vgputrace_tests::answers::framed_library;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match *words.as_slice() {
        ["libraries", folder] => write_names(Path::new(folder)),
        ["attach", rounds] => rounds
            .parse()
            .map_err(|_| "ROUNDS is a number".to_owned())
            .and_then(attach_often),
        ["count", trace] => count(Path::new(trace)),
        _ => Err("usage: call-figures libraries FOLDER | attach ROUNDS | count TRACE".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

/// The two libraries.
fn libraries() -> [PathBuf; 2] {
    let driver: Vec<&Function> = cuda::all().collect();
    let management: Vec<&Function> = nvml::all().collect();
    [
        framed_library("cuda", &driver),
        framed_library("nvml", &management),
    ]
}

fn write_names(folder: &Path) -> Result<(), String> {
    let [driver, management] = libraries();
    let mut names = String::new();
    for function in cuda::all() {
        names.push_str(function.name);
        names.push('\n');
    }
    fs::write(folder.join("names"), names).map_err(|error| error.to_string())?;
    println!("{} {}", driver.display(), management.display());
    Ok(())
}

fn attach_often(rounds: u32) -> Result<(), String> {
    let libraries = libraries();
    for _ in 0..rounds {
        for which in ["alone", "mapped"] {
            let user = match which {
                "mapped" => Some(User::start(&libraries)?),
                _ => None,
            };
            let (functions, attach, detach) = attach_once(&libraries)?;
            println!(
                "{which} {functions} {} {}",
                attach.as_nanos(),
                detach.as_nanos()
            );
            drop(user);
        }
    }
    Ok(())
}

/// Attaches, detaches, and says how many functions carried probes and how long both took.
fn attach_once(libraries: &[PathBuf]) -> Result<(u32, Duration, Duration), String> {
    let words = |error: vgputrace::source::ebpf::Error| error.to_string();
    let kernel = Kernel::read().map_err(words)?;
    let mut ebpf = load::load_functions(&kernel, Sizes::default(), false).map_err(words)?;
    let mut attached = Attached::new(Calls::All);
    let mut probes = Probes::default();
    let mut functions = 0;
    let since = Instant::now();
    for library in libraries {
        let name = library.to_string_lossy();
        let about = (&*name, Interest::ByContent);
        match attached
            .probe(&mut ebpf, &mut probes, library, about)
            .map_err(words)?
        {
            Outcome::Probed(count) => functions += count,
            other => return Err(format!("{name}: {other:?}")),
        }
    }
    let attach = since.elapsed();
    let since = Instant::now();
    attached.detach(&mut ebpf);
    Ok((functions, attach, since.elapsed()))
}

/// A process that has the libraries mapped, ended when this goes.
struct User(Child);

impl User {
    fn start(libraries: &[PathBuf]) -> Result<Self, String> {
        let preload: Vec<_> = libraries
            .iter()
            .map(|path| path.to_string_lossy())
            .collect();
        let child = Command::new("sleep")
            .arg("60")
            .env("LD_PRELOAD", preload.join(":"))
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("sleep: {error}"))?;
        let user = Self(child);
        let maps = format!("/proc/{}/maps", user.0.id());
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(5) {
            let text = fs::read_to_string(&maps).unwrap_or_default();
            if preload.iter().all(|path| text.contains(&**path)) {
                return Ok(user);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err("sleep did not map the libraries".to_owned())
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn count(trace: &Path) -> Result<(), String> {
    let mut reader = Reader::open(trace).map_err(|error| error.to_string())?;
    let (mut told, mut counted) = (0_u64, 0_u64);
    for event in reader.events() {
        match event.map_err(|error| error.to_string())?.kind {
            Kind::Call(call) if call.api.as_str() == "cuda" => told += 1,
            Kind::Counted(many) if many.api.as_str() == "cuda" => counted += many.calls,
            _ => {}
        }
    }
    println!("{told} {counted}");
    Ok(())
}
