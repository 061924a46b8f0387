//! Loads the kernel side and attaches what needs no address: system calls, processes, signals.

use aya::programs::{BtfTracePoint, Program, ProgramError, UProbe};
use aya::{Btf, Ebpf, EbpfLoader};
use vgputrace_ebpf::wire::syscall;

use super::Error;
use super::kernel::Kernel;

/// The kernel side, built by build.rs from tracer-ebpf.
pub(super) static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/probes"));

/// Size of the ring in bytes, and at what fill user space is woken.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// A power of two.
    pub ring: u32,
    /// Bytes waiting at which the reader is woken before its time; a power of two.
    pub wake: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            ring: 32 << 20,
            wake: 4 << 20,
        }
    }
}

/// Loads every program into the kernel; nothing is attached yet. The kernel checks each program by itself, which takes
/// most of the time until a recording begins, so all are checked side by side.
///
/// # Errors
/// See [`Error`].
pub fn load_all(kernel: &Kernel, sizes: Sizes, verbose: bool) -> Result<Ebpf, Error> {
    let mut ebpf = create(kernel, sizes, verbose)?;
    let btf = type_information()?;
    let tracepoints = tracepoints(kernel);
    std::thread::scope(|scope| {
        let checks: Vec<_> = ebpf
            .programs_mut()
            .filter_map(|(name, program)| {
                let name = name.to_owned();
                let tracepoint = tracepoints.iter().find(|(program, _)| *program == name);
                let btf = &btf;
                match (program, tracepoint) {
                    (Program::UProbe(probe), _) => Some(scope.spawn(move || (name, probe.load()))),
                    (Program::BtfTracePoint(probe), Some((_, tracepoint))) => {
                        Some(scope.spawn(move || (name, probe.load(tracepoint, btf))))
                    }
                    _ => None,
                }
            })
            .collect();
        for check in checks {
            let (name, outcome) = check
                .join()
                .map_err(|_| Error::Missing("a thread that loads programs"))?;
            outcome.map_err(|source| program_error(&name, "loaded", source))?;
        }
        Ok::<(), Error>(())
    })?;
    Ok(ebpf)
}

/// Loads the function programs into the kernel; the tracepoints are loaded one by one by [`load_tracepoint`].
///
/// # Errors
/// See [`Error`].
pub fn load_functions(kernel: &Kernel, sizes: Sizes, verbose: bool) -> Result<Ebpf, Error> {
    let mut ebpf = create(kernel, sizes, verbose)?;
    for name in ["on_enter", "on_ret", "on_return"] {
        uprobe(&mut ebpf, name)?
            .load()
            .map_err(|source| program_error(name, "loaded", source))?;
    }
    Ok(ebpf)
}

/// Makes the maps.
fn create(kernel: &Kernel, sizes: Sizes, verbose: bool) -> Result<Ebpf, Error> {
    let bitmap = syscall::bitmap();
    let verbose = u32::from(verbose);
    let mut loader = EbpfLoader::new();
    loader
        .override_global("OFFSETS", &kernel.offsets, true)
        .override_global("SYSCALLS", &bitmap, true)
        .override_global("WAKE_BYTES", &sizes.wake, true)
        .override_global("VERBOSE", &verbose, true)
        .map_max_entries("RECORDS", sizes.ring);
    loader.load(OBJECT).map_err(denied_or(Error::Load))
}

/// The tracepoint programs and where they go. The system calls come last, so that nothing is half seen.
#[must_use]
pub fn tracepoints(kernel: &Kernel) -> [(&'static str, &'static str); 7] {
    let oom = if kernel.oom_has_task {
        "on_oom_task"
    } else {
        "on_oom_pid"
    };
    [
        ("on_fork", "sched_process_fork"),
        ("on_exec", "sched_process_exec"),
        ("on_exit", "sched_process_exit"),
        ("on_signal", "signal_generate"),
        (oom, "mark_victim"),
        ("on_sys_exit", "sys_exit"),
        ("on_sys_enter", "sys_enter"),
    ]
}

/// Has the kernel check one of the [`tracepoints`]; it is not attached yet.
///
/// # Errors
/// See [`Error`].
pub fn load_tracepoint(
    ebpf: &mut Ebpf,
    btf: &Btf,
    (program, tracepoint): (&'static str, &'static str),
) -> Result<(), Error> {
    tracepoint_program(ebpf, program)?
        .load(tracepoint, btf)
        .map_err(|source| program_error(program, "loaded", source))
}

fn tracepoint_program<'a>(
    ebpf: &'a mut Ebpf,
    program: &'static str,
) -> Result<&'a mut BtfTracePoint, Error> {
    ebpf.program_mut(program)
        .ok_or(Error::Missing("a tracepoint program"))?
        .try_into()
        .map_err(|source| program_error(program, "loaded", source))
}

/// The running kernel's type information as the loader wants it.
///
/// # Errors
/// It cannot be read.
pub fn type_information() -> Result<Btf, Error> {
    Btf::from_sys_fs().map_err(|_| Error::BadBtf("the loader cannot read it"))
}

/// Attaches the tracepoints, which are loaded. From here on every system call on the machine pays for the programs.
///
/// # Errors
/// See [`Error`].
pub fn attach_tracepoints(ebpf: &mut Ebpf, kernel: &Kernel) -> Result<(), Error> {
    for (program, _) in tracepoints(kernel) {
        tracepoint_program(ebpf, program)?
            .attach()
            .map_err(|source| program_error(program, "attached", source))?;
    }
    Ok(())
}

/// A function program by name.
///
/// # Errors
/// It is not in the object.
pub fn uprobe<'a>(ebpf: &'a mut Ebpf, name: &'static str) -> Result<&'a mut UProbe, Error> {
    ebpf.program_mut(name)
        .ok_or(Error::Missing(name))?
        .try_into()
        .map_err(|source| program_error(name, "loaded", source))
}

/// Tells a refusal (EPERM, EACCES) from other trouble.
pub fn program_error(program: &str, step: &'static str, source: ProgramError) -> Error {
    // The verifier says EACCES too; it leaves a log.
    if let ProgramError::LoadError { verifier_log, .. } = &source
        && let Some(why) = judgement(&verifier_log.to_string())
    {
        return Error::Refused {
            program: program.to_owned(),
            why,
        };
    }
    if let Some(refusal) = refusal(&source) {
        return Error::Denied {
            what: format!("the probe {program}"),
            source: refusal,
        };
    }
    Error::Program {
        program: program.to_owned(),
        step,
        source: Box::new(source),
    }
}

/// What the verifier has against a program: the last line of its log that is no statistics (`print_verification_stats`,
/// kernel/bpf/verifier.c). The log is not ours, so it is cut.
fn judgement(log: &str) -> Option<String> {
    const STATISTICS: [&str; 3] = ["processed ", "verification time ", "stack depth "];
    let is_reason =
        |line: &&str| !line.is_empty() && !STATISTICS.iter().any(|words| line.starts_with(words));
    let mut lines = log.lines().rev().map(str::trim);
    Some(lines.find(is_reason)?.chars().take(200).collect())
}

fn denied_or<E: std::error::Error + 'static>(other: fn(E) -> Error) -> impl Fn(E) -> Error {
    move |source| match refusal(&source) {
        Some(refusal) => Error::Denied {
            what: "creating a BPF map".to_owned(),
            source: refusal,
        },
        None => other(source),
    }
}

/// The EPERM or EACCES at the bottom of an error, if there is one.
fn refusal(error: &(dyn std::error::Error + 'static)) -> Option<std::io::Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::PermissionDenied
        {
            return io.raw_os_error().map(std::io::Error::from_raw_os_error);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Sizes, attach_tracepoints, judgement, load_all};
    use crate::source::ebpf::kernel::Kernel;

    #[test]
    fn a_verifiers_reason_is_its_last_word_before_the_figures() {
        let log = "func#0 @0\n9: (85) call unknown#195896080\ncombined stack size of 2 calls is 544. Too large\n\
                   verification time 4690965 usec\nstack depth 504+0+24+0\n\
                   processed 12272 insns (limit 1000000) max_states_per_insn 8\n";
        let why = judgement(log);
        assert_eq!(
            why.as_deref(),
            Some("combined stack size of 2 calls is 544. Too large")
        );
        assert_eq!(judgement("\nprocessed 3 insns (limit 1000000)\n"), None);
    }

    #[test]
    fn the_kernel_accepts_every_program() {
        let kernel = Kernel::read().unwrap();
        let mut ebpf = match load_all(&kernel, Sizes::default(), false) {
            Ok(ebpf) => ebpf,
            Err(error) => panic!("{error:#?}"),
        };
        if let Err(error) = attach_tracepoints(&mut ebpf, &kernel) {
            panic!("{error:#?}")
        };
        // A verifier gives up after a million steps, and each release takes other ones: Linux 7.2 took more than ten times as many
        // as 6.18 for a program with several copies of a loop.
        for (name, program) in ebpf.programs() {
            let steps = program.info().ok();
            let steps = steps.and_then(|info| info.verified_instruction_count());
            assert!(
                steps.is_none_or(|steps| steps < 100_000),
                "{name}: {steps:?}"
            );
        }
    }
}
