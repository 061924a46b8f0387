//! ptrace(2) with types for its rules.
//!
//! A thread may be asked and changed only while it is stopped, and a stop ends with exactly one resumption. [`Stopped`] is
//! that stop as a value: [`wait`] alone makes it, [`Stopped::resume`] takes it away. Everything here has to be called from
//! the thread that seized (ptrace(2), "Attaching and detaching").

use std::io;

use nix::libc;

/// General registers of a stopped thread (`struct user_regs_struct`, x86-64).
pub type Registers = libc::user_regs_struct;

/// Events of PTRACE_O_* as they stand in the upper half of a status.
pub const EVENT_FORK: i32 = libc::PTRACE_EVENT_FORK;
/// A child that shares memory until it executes something.
pub const EVENT_VFORK: i32 = libc::PTRACE_EVENT_VFORK;
/// A thread, or a process made by clone(2).
pub const EVENT_CLONE: i32 = libc::PTRACE_EVENT_CLONE;
/// A new image, before its first instruction.
pub const EVENT_EXEC: i32 = libc::PTRACE_EVENT_EXEC;
/// A thread is about to end; its memory and registers are there for the last time.
pub const EVENT_EXIT: i32 = libc::PTRACE_EVENT_EXIT;
/// A system call that the filter hands over.
pub const EVENT_SECCOMP: i32 = libc::PTRACE_EVENT_SECCOMP;
/// The first stop of a child, a group stop or its end.
pub const EVENT_STOP: i32 = libc::PTRACE_EVENT_STOP;

/// The 64-bit table of system calls (`AUDIT_ARCH_X86_64`, include/uapi/linux/audit.h).
pub const ARCH_64: u32 = 0xc000_003e;
/// The 32-bit one (`AUDIT_ARCH_I386`).
pub const ARCH_32: u32 = 0x4000_0003;

/// `PTRACE_GET_SYSCALL_INFO` (include/uapi/linux/ptrace.h), which not every C library names.
const GET_SYSCALL_INFO: i32 = 0x420e;

/// A thread that is stopped and belongs to its tracer until it is resumed.
#[derive(Debug)]
pub struct Stopped {
    tid: u32,
}

/// Why a thread is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A signal is about to be delivered.
    Signal(i32),
    /// A system call comes back.
    SystemCall,
    /// An event, and the signal that came with it.
    Event(i32, i32),
}

/// What wait(2) tells.
#[derive(Debug)]
pub enum Report {
    /// A thread is gone; the status as wait(2) has it.
    Ended(u32, u32),
    /// A thread is stopped.
    Stopped(Stopped, Stop),
}

/// How a thread goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// To the next event or signal.
    Continue,
    /// To the end of the system call it is in.
    SystemCall,
    /// By one instruction.
    Step,
    /// Not at all: it stays stopped as its group does, until SIGCONT.
    Listen,
}

/// A system call at its filter stop or at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemCall {
    /// `AUDIT_ARCH_*`: which table the number belongs to.
    pub arch: u32,
    /// Its number, or its result at the end.
    pub number: u64,
    /// Its arguments; at the end they mean nothing.
    pub args: [u64; 6],
    /// It begins, at its entry or at a filter.
    pub begins: bool,
}

/// What is known of a signal that is about to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalInfo {
    /// `si_code`.
    pub code: i32,
    /// `si_pid`, where a process sent it.
    pub sender: u32,
    /// `si_addr`, where an instruction raised it.
    pub address: u64,
}

/// Takes a thread as it runs, with all options the engine needs; it is killed when its tracer dies.
///
/// # Errors
/// The kernel's answer: not allowed, traced by another, gone.
pub fn seize(tid: u32) -> io::Result<()> {
    let options = libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEEXEC
        | libc::PTRACE_O_TRACEEXIT
        | libc::PTRACE_O_TRACESECCOMP
        | libc::PTRACE_O_EXITKILL;
    request(libc::PTRACE_SEIZE, tid, 0, options as usize)
}

/// Takes a thread of somebody else as it runs. When its tracer dies it goes on.
///
/// # Errors
/// The kernel's answer: not allowed, traced by another, gone.
pub fn seize_running(tid: u32) -> io::Result<()> {
    let options = libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEEXEC;
    request(libc::PTRACE_SEIZE, tid, 0, options as usize)
}

/// Stops a traced thread that runs, without a signal.
///
/// # Errors
/// It is gone.
pub fn interrupt(tid: u32) -> io::Result<()> {
    request(libc::PTRACE_INTERRUPT, tid, 0, 0)
}

/// The signal by which a tracer's thread is woken: ignored by default, and by a handler that does nothing too.
const WAKE: i32 = libc::SIGURG;

extern "C" fn woken(_signal: i32) {}

/// Makes [`wake`] end [`wait_or_wake`] in this process.
///
/// # Errors
/// The kernel's answer.
pub fn be_wakeable() -> io::Result<()> {
    // SAFETY: zero is a value of the structure: no flags, so that a wait is not begun anew.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler: extern "C" fn(i32) = woken;
    action.sa_sigaction = handler as usize;
    // SAFETY: a handler that does nothing, and no place for the old one.
    let code = unsafe { libc::sigaction(WAKE, &raw const action, std::ptr::null_mut()) };
    if code == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// The calling thread, for [`wake`].
#[must_use]
pub fn this_thread() -> u32 {
    rustix::thread::gettid().as_raw_pid().cast_unsigned()
}

/// Wakes a thread of this process that waits. It may be about to wait: to be called until it has noticed.
pub fn wake(thread: u32) {
    // SAFETY: three numbers; a thread that is gone is an error without consequence.
    unsafe {
        libc::syscall(libc::SYS_tgkill, libc::getpid(), thread.cast_signed(), WAKE);
    }
}

/// As [`wait`] for any thread; `None` when this thread was woken.
///
/// # Errors
/// `ECHILD` when there is none left.
pub fn wait_or_wake() -> io::Result<Option<Report>> {
    match wait_once(-1) {
        Ok(report) => Ok(Some(report)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits for the next report of one traced thread or of any.
///
/// # Errors
/// `ECHILD` when there is none left.
pub fn wait(tid: Option<u32>) -> io::Result<Report> {
    let wanted = tid.map_or(-1, u32::cast_signed);
    loop {
        match wait_once(wanted) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

fn wait_once(wanted: i32) -> io::Result<Report> {
    let mut status = 0;
    // SAFETY: room for one status.
    let found = unsafe { libc::waitpid(wanted, &raw mut status, libc::__WALL) };
    if found < 0 {
        return Err(io::Error::last_os_error());
    }
    let found = found.cast_unsigned();
    if !libc::WIFSTOPPED(status) {
        return Ok(Report::Ended(found, status.cast_unsigned()));
    }
    let signal = libc::WSTOPSIG(status);
    let stop = match status >> 16 {
        0 if signal == libc::SIGTRAP | 0x80 => Stop::SystemCall,
        0 => Stop::Signal(signal),
        event => Stop::Event(event, signal & 0x7f),
    };
    Ok(Report::Stopped(Stopped { tid: found }, stop))
}

impl Stopped {
    /// Which thread.
    #[must_use]
    pub fn tid(&self) -> u32 {
        self.tid
    }

    /// Lets it go on, with a signal or 0 for none.
    ///
    /// # Errors
    /// `ESRCH`: it was killed meanwhile, which [`wait`] tells.
    pub fn resume(self, how: Resume, signal: i32) -> io::Result<()> {
        let what = match how {
            Resume::Continue => libc::PTRACE_CONT,
            Resume::SystemCall => libc::PTRACE_SYSCALL,
            Resume::Step => libc::PTRACE_SINGLESTEP,
            Resume::Listen => libc::PTRACE_LISTEN,
        };
        let signal = if how == Resume::Listen { 0 } else { signal };
        request(what, self.tid, 0, usize::try_from(signal).unwrap_or(0))
    }

    /// Lets it go for good, with a signal or 0 for none.
    ///
    /// # Errors
    /// `ESRCH`: it was killed meanwhile.
    pub fn detach(self, signal: i32) -> io::Result<()> {
        let signal = usize::try_from(signal).unwrap_or(0);
        request(libc::PTRACE_DETACH, self.tid, 0, signal)
    }

    /// Its registers.
    ///
    /// # Errors
    /// It was killed meanwhile.
    pub fn registers(&self) -> io::Result<Registers> {
        // SAFETY: plain numbers, for which zero is a value.
        let mut registers: Registers = unsafe { std::mem::zeroed() };
        let place = (&raw mut registers) as usize;
        request(libc::PTRACE_GETREGS, self.tid, 0, place)?;
        Ok(registers)
    }

    /// Changes its registers.
    ///
    /// # Errors
    /// It was killed meanwhile.
    pub fn set_registers(&self, registers: &Registers) -> io::Result<()> {
        let place = std::ptr::from_ref(registers) as usize;
        request(libc::PTRACE_SETREGS, self.tid, 0, place)
    }

    /// The number that came with an event: a child, a former thread id.
    ///
    /// # Errors
    /// It was killed meanwhile.
    pub fn message(&self) -> io::Result<u32> {
        let mut message = 0_u64;
        request(
            libc::PTRACE_GETEVENTMSG,
            self.tid,
            0,
            (&raw mut message) as usize,
        )?;
        Ok(message as u32)
    }

    /// The system call it is at (PTRACE_GET_SYSCALL_INFO, Linux 5.3).
    ///
    /// # Errors
    /// It was killed meanwhile.
    pub fn system_call(&self) -> io::Result<SystemCall> {
        // `struct ptrace_syscall_info`: op and arch, ip, sp, then number and arguments, or the result.
        let mut words = [0_u64; 12];
        request(
            GET_SYSCALL_INFO,
            self.tid,
            size_of_val(&words),
            words.as_mut_ptr() as usize,
        )?;
        let [first, _, _, number, a, b, c, d, e, f, ..] = words;
        Ok(SystemCall {
            arch: (first >> 32) as u32,
            number,
            args: [a, b, c, d, e, f],
            begins: first & 0xff != EXIT,
        })
    }

    /// What is known of its signal.
    ///
    /// # Errors
    /// It was killed meanwhile, or this is no stop at a signal.
    pub fn signal(&self) -> io::Result<SignalInfo> {
        // SAFETY: plain numbers, for which zero is a value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        request(
            libc::PTRACE_GETSIGINFO,
            self.tid,
            0,
            (&raw mut info) as usize,
        )?;
        // SAFETY: both are views of bytes that the kernel has written; which one means something, the code says.
        let (sender, address) = unsafe { (info.si_pid(), info.si_addr()) };
        Ok(SignalInfo {
            code: info.si_code,
            sender: sender.cast_unsigned(),
            address: address as u64,
        })
    }

    /// Replaces the mask of blocked signals and returns the old one (bit 0 is signal 1).
    ///
    /// # Errors
    /// It was killed meanwhile.
    pub fn swap_mask(&self, mask: u64) -> io::Result<u64> {
        let mut old = 0_u64;
        let size = size_of::<u64>();
        request(
            libc::PTRACE_GETSIGMASK,
            self.tid,
            size,
            (&raw mut old) as usize,
        )?;
        request(
            libc::PTRACE_SETSIGMASK,
            self.tid,
            size,
            (&raw const mask) as usize,
        )?;
        Ok(old)
    }
}

/// `PTRACE_SYSCALL_INFO_EXIT`.
const EXIT: u64 = 2;

/// The system call itself: C libraries do not agree on the type of `what`.
fn request(what: impl Into<i64>, tid: u32, address: usize, data: usize) -> io::Result<()> {
    let (what, tid) = (what.into(), i64::from(tid));
    // SAFETY: every caller hands over a number, or the address of a value of its own as large as the request writes or
    // reads.
    let code = unsafe { libc::syscall(libc::SYS_ptrace, what, tid, address, data) };
    if code == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Registers, SystemCall};

    #[test]
    fn what_the_kernel_fills_is_as_large_as_it_writes() {
        // include/uapi/linux/ptrace.h: 88 bytes up to ret_data and its padding; registers are 27 words.
        assert_eq!(size_of::<Registers>(), 27 * 8);
        assert!(size_of::<SystemCall>() >= 64);
    }
}
