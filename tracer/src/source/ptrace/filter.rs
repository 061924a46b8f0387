//! The filter: which system calls stop. What its arguments show to be of no interest goes on without a stop.

use nix::libc;
use vgputrace_ebpf::wire::syscall::{WATCHED, nr};

use crate::sys::filter::{Filter, Instruction};
use crate::sys::ptrace::{ARCH_32, ARCH_64};

/// Calls that send signals, which the kernel side sees at a tracepoint.
pub(super) const KILL: u32 = libc::SYS_kill as u32;
pub(super) const TKILL: u32 = libc::SYS_tkill as u32;
pub(super) const TGKILL: u32 = libc::SYS_tgkill as u32;
pub(super) const SIGQUEUE: u32 = libc::SYS_rt_sigqueueinfo as u32;
pub(super) const TGSIGQUEUE: u32 = libc::SYS_rt_tgsigqueueinfo as u32;
pub(super) const PIDFD_SIGNAL: u32 = libc::SYS_pidfd_send_signal as u32;
const SENDERS: [u32; 6] = [KILL, TKILL, TGKILL, SIGQUEUE, TGSIGQUEUE, PIDFD_SIGNAL];

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const ABOVE: u32 = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
const ANY: u32 = libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// Offsets in `struct seccomp_data`.
const NUMBER_AT: u32 = 0;
const ARCH_AT: u32 = 4;
const ARGS_AT: u32 = 16;

/// A condition on the low half of an argument: comparison, operand, and what its answer has to be.
type Test = (u32, u32, u32, bool);

/// What else has to hold for a call to stop.
fn tests(number: u32) -> Vec<Test> {
    const PROT_EXEC: u32 = 4;
    const MAP_ANONYMOUS: u32 = 0x20;
    const AT_EMPTY_PATH: u32 = 0x1000;
    // Signals that the kernel side leaves out too: Go's preemption by the thousand, and what an exit says better.
    let told = |argument| -> Vec<Test> {
        [0, libc::SIGURG, libc::SIGCHLD, libc::SIGPROF]
            .map(|signal| (argument, EQUAL, signal.cast_unsigned(), false))
            .to_vec()
    };
    match number {
        nr::MMAP => vec![(2, ANY, PROT_EXEC, true), (3, ANY, MAP_ANONYMOUS, false)],
        nr::NEWFSTATAT => vec![(3, ANY, AT_EMPTY_PATH, false)],
        nr::STATX => vec![(2, ANY, AT_EMPTY_PATH, false)],
        // What accept returns is no standard descriptor. Which others it is, a filter cannot know.
        nr::READ | nr::RECVFROM => vec![(0, ABOVE, 3, true)],
        nr::PWRITE64 | nr::PWRITEV | nr::PWRITEV2 => {
            vec![(0, ABOVE, 1, true), (0, ABOVE, 3, false)]
        }
        KILL | TKILL | SIGQUEUE | PIDFD_SIGNAL => told(1),
        TGKILL | TGSIGQUEUE => told(2),
        _ => Vec::new(),
    }
}

/// Whether the filter would stop a 64-bit call: for processes that have none.
pub(super) fn stops(number: u32, args: &[u64; 6]) -> bool {
    let known = WATCHED.iter().map(|call| call.0).chain(SENDERS);
    let holds = |(argument, comparison, operand, wanted): Test| {
        let low = args.get(argument as usize).map_or(0, |value| *value as u32);
        let holds = match comparison {
            EQUAL => low == operand,
            ABOVE => low >= operand,
            _ => low & operand != 0,
        };
        holds == wanted
    };
    known.into_iter().any(|call| call == number) && tests(number).into_iter().all(holds)
}

/// The filter of the engine. Every 32-bit call stops, to be counted.
#[must_use]
pub fn filter() -> Filter {
    Filter::of(&instructions())
}

fn instructions() -> Vec<Instruction> {
    let step = |code, operand, holds, fails| Instruction {
        code,
        holds,
        fails,
        operand,
    };
    let load = |offset| step(LOAD, offset, 0, 0);
    let end = |what| step(RETURN, what, 0, 0);
    let (allow, trace) = (libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_TRACE);
    let mut code = vec![
        load(ARCH_AT),
        step(EQUAL, ARCH_64, 3, 0),
        step(EQUAL, ARCH_32, 1, 0),
        end(allow),
        end(trace),
        load(NUMBER_AT),
    ];
    for number in WATCHED.iter().map(|call| call.0).chain(SENDERS) {
        let mut block = Vec::new();
        for (argument, comparison, operand, wanted) in tests(number) {
            let (holds, fails) = if wanted { (1, 0) } else { (0, 1) };
            block.push(load(ARGS_AT + argument * 8));
            block.push(step(comparison, operand, holds, fails));
            block.push(end(allow));
        }
        block.push(end(trace));
        let length = u8::try_from(block.len()).unwrap_or(u8::MAX);
        code.push(step(EQUAL, number, 0, length));
        code.append(&mut block);
    }
    code.push(end(allow));
    code
}

#[cfg(test)]
mod tests {
    use nix::libc;
    use vgputrace_ebpf::wire::syscall::nr;

    use super::{ABOVE, ANY, ARCH_32, ARCH_64, ARGS_AT, EQUAL, LOAD, RETURN, TGKILL, instructions};

    /// What the kernel's interpreter would answer.
    fn stops(arch: u32, number: u32, args: [u32; 6]) -> bool {
        let code = instructions();
        let (mut at, mut value) = (0, 0);
        loop {
            let one = code[at];
            at += 1;
            let jump = |holds: bool| usize::from(if holds { one.holds } else { one.fails });
            match one.code {
                LOAD => {
                    value = match one.operand {
                        0 => number,
                        4 => arch,
                        place => args[((place - ARGS_AT) / 8) as usize],
                    }
                }
                EQUAL => at += jump(value == one.operand),
                ABOVE => at += jump(value >= one.operand),
                ANY => at += jump(value & one.operand != 0),
                RETURN => return one.operand == libc::SECCOMP_RET_TRACE,
                other => panic!("{other:#x}"),
            }
        }
    }

    #[test]
    fn calls_of_the_event_set_stop_and_no_others() {
        let none = [0; 6];
        assert!(stops(ARCH_64, nr::OPENAT, none));
        assert!(stops(ARCH_64, nr::FACCESSAT2, none));
        assert!(!stops(ARCH_64, libc::SYS_futex as u32, none));
        assert!(!stops(ARCH_64, nr::MMAP, [0, 9, 1, 2, 3, 0]));
        assert!(stops(ARCH_64, nr::MMAP, [0, 9, 5, 2, 3, 0]));
        assert!(!stops(ARCH_64, nr::MMAP, [0, 9, 5, 0x22, 3, 0]));
        assert!(!stops(ARCH_64, nr::READ, none));
        assert!(stops(ARCH_64, nr::READ, [7, 0, 0, 0, 0, 0]));
        assert!(stops(ARCH_64, nr::PWRITE64, [2, 0, 0, 0, 0, 0]));
        assert!(!stops(ARCH_64, nr::PWRITE64, [3, 0, 0, 0, 0, 0]));
        assert!(!stops(ARCH_64, TGKILL, [1, 1, 23, 0, 0, 0]));
        assert!(stops(ARCH_64, TGKILL, [1, 1, 15, 0, 0, 0]));
    }

    #[test]
    fn a_process_without_the_filter_is_judged_as_by_it() {
        for number in 0..500 {
            for args in [
                [0_u32; 6],
                [1; 6],
                [2; 6],
                [3; 6],
                [4; 6],
                [7, 9, 5, 2, 3, 0],
                [0x1000; 6],
                [23; 6],
            ] {
                let wide = args.map(u64::from);
                let judged = super::stops(number, &wide);
                assert_eq!(judged, stops(ARCH_64, number, args), "{number} {args:?}");
            }
        }
    }

    #[test]
    fn all_32_bit_calls_stop_and_those_of_other_tables_never() {
        assert!(stops(ARCH_32, 20, [0; 6]));
        assert!(!stops(0x1234, nr::OPENAT, [0; 6]));
        assert!(!stops(ARCH_64, 0x4000_0000 | nr::OPENAT, [0; 6]));
    }
}
