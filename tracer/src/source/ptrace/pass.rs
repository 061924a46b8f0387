//! How a thread gets past a breakpoint that stays where it is, so that no other thread passes it unseen: the usual first and
//! last instructions of functions are carried out on the registers, any other runs from a copy.

use std::cell::RefCell;
use std::rc::Rc;

use iced_x86::{Code, ConditionCode, FlowControl, Instruction, Mnemonic, Register};
use nix::libc;

use super::engine::Engine;
use super::point::Point;
use super::space::Space;
use crate::sys::ptrace::{self, Registers, Report, Resume, Stop, Stopped};

/// `si_code` of a trap after one instruction (TRAP_TRACE; TRAP_BRKPT for one that jumps).
const TRACED: [i32; 2] = [2, 1];

/// Signals that an instruction raises itself; they may not be blocked while it runs.
const RAISED: [i32; 6] = [
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGSEGV,
    libc::SIGSYS,
];

impl Engine {
    /// Lets a thread that stands before a breakpoint's instruction go on behind it.
    pub(super) fn pass(
        &mut self,
        stopped: Stopped,
        mut registers: Registers,
        point: &Point,
        space: &Rc<RefCell<Space>>,
    ) {
        registers.rip = point.instruction.ip();
        if carry_out(&point.instruction, &mut registers, &space.borrow()) {
            let _ = stopped.set_registers(&registers);
            self.resume(stopped, Resume::Continue, 0);
            return;
        }
        let place = space.borrow().move_out(point);
        match place {
            Some((place, length)) => self.run_copy(stopped, registers, point, (place, length)),
            None => self.run_in_place(stopped, registers, point, space),
        }
    }

    /// One instruction from its copy.
    fn run_copy(
        &mut self,
        stopped: Stopped,
        mut registers: Registers,
        point: &Point,
        (place, length): (u64, u64),
    ) {
        let here = registers.rip;
        registers.rip = place;
        let _ = stopped.set_registers(&registers);
        let Some((stopped, stop)) = self.one_step(stopped) else {
            return;
        };
        let Ok(mut after) = stopped.registers() else {
            return;
        };
        if let Some(at) = after.rip.checked_sub(place).filter(|at| *at <= length) {
            after.rip = here.wrapping_add(at);
        }
        if point.instruction.flow_control() == FlowControl::IndirectCall {
            // It left the copy's address as the way back.
            let back = point.instruction.next_ip().to_ne_bytes();
            if let Some(space) = self.space_of(stopped.tid()) {
                space.borrow().write(after.rsp, &back);
            }
        }
        let _ = stopped.set_registers(&after);
        self.after_step(stopped, stop, here, after.rip);
    }

    /// The last resort, where no copy can be made: the breakpoint is away for one instruction.
    fn run_in_place(
        &mut self,
        stopped: Stopped,
        registers: Registers,
        point: &Point,
        space: &Rc<RefCell<Space>>,
    ) {
        let here = registers.rip;
        let _ = stopped.set_registers(&registers);
        space.borrow().show(point, true);
        let stepped = self.one_step(stopped);
        space.borrow().show(point, false);
        if let Some((stopped, stop)) = stepped
            && let Ok(after) = stopped.registers()
        {
            self.after_step(stopped, stop, here, after.rip);
        }
    }

    /// Runs one instruction with all signals held back that it does not raise itself.
    fn one_step(&mut self, stopped: Stopped) -> Option<(Stopped, Stop)> {
        let tid = stopped.tid();
        let open = RAISED.iter().fold(0_u64, |set, one| set | 1 << (one - 1));
        let mask = stopped.swap_mask(!open).ok();
        self.resume(stopped, Resume::Step, 0);
        match ptrace::wait(Some(tid)) {
            Ok(Report::Stopped(stopped, stop)) => {
                if let Some(mask) = mask {
                    let _ = stopped.swap_mask(mask);
                }
                Some((stopped, stop))
            }
            Ok(Report::Ended(tid, status)) => {
                self.ended(tid, status);
                None
            }
            Err(_) => None,
        }
    }

    /// Goes on after a step, or with what came instead of it. A thread that did not get past the instruction will meet the
    /// breakpoint again, and is not to be told of twice.
    fn after_step(&mut self, stopped: Stopped, stop: Stop, here: u64, now: u64) {
        let done = stop == Stop::Signal(libc::SIGTRAP)
            && stopped
                .signal()
                .is_ok_and(|info| TRACED.contains(&info.code));
        if done {
            self.resume(stopped, Resume::Continue, 0);
            return;
        }
        if now == here
            && let Some(thread) = self.threads.get_mut(&stopped.tid())
        {
            thread.told = Some(here);
        }
        self.stopped(stopped, stop);
    }
}

/// Carries an instruction out on the registers. False when it is none of those that can be.
fn carry_out(instruction: &Instruction, registers: &mut Registers, space: &Space) -> bool {
    let next = instruction.next_ip();
    let push = |registers: &mut Registers, value: u64| {
        let place = registers.rsp.wrapping_sub(8);
        // A stack that has to grow first is the kernel's work.
        let written = space.write(place, &value.to_ne_bytes());
        if written {
            registers.rsp = place;
        }
        written
    };
    let target = match (instruction.code(), instruction.flow_control()) {
        (Code::Push_r64, _) => {
            let Some(value) = value(registers, instruction.op0_register()) else {
                return false;
            };
            push(registers, value).then_some(next)
        }
        (Code::Retnq | Code::Retnq_imm16, _) => {
            let back = space.word(registers.rsp);
            let extra = if instruction.code() == Code::Retnq_imm16 {
                u64::from(instruction.immediate16())
            } else {
                0
            };
            if back.is_some() {
                registers.rsp = registers.rsp.wrapping_add(8 + extra);
            }
            back
        }
        (Code::Jmp_rel8_64 | Code::Jmp_rel32_64, _) => Some(instruction.near_branch64()),
        (Code::Call_rel32_64, _) => push(registers, next).then_some(instruction.near_branch64()),
        (_, FlowControl::ConditionalBranch) => {
            condition(instruction.condition_code(), registers.eflags).map(|holds| {
                if holds {
                    instruction.near_branch64()
                } else {
                    next
                }
            })
        }
        _ if matches!(instruction.mnemonic(), Mnemonic::Endbr64 | Mnemonic::Nop) => Some(next),
        _ => None,
    };
    if let Some(target) = target {
        registers.rip = target;
    }
    target.is_some()
}

/// Whether a conditional jump is taken; `None` for those that do not look at the flags.
fn condition(code: ConditionCode, flags: u64) -> Option<bool> {
    let bit = |number: u32| flags >> number & 1 == 1;
    let (carry, parity, zero, sign, overflow) = (bit(0), bit(2), bit(6), bit(7), bit(11));
    Some(match code {
        ConditionCode::o => overflow,
        ConditionCode::no => !overflow,
        ConditionCode::b => carry,
        ConditionCode::ae => !carry,
        ConditionCode::e => zero,
        ConditionCode::ne => !zero,
        ConditionCode::be => carry || zero,
        ConditionCode::a => !carry && !zero,
        ConditionCode::s => sign,
        ConditionCode::ns => !sign,
        ConditionCode::p => parity,
        ConditionCode::np => !parity,
        ConditionCode::l => sign != overflow,
        ConditionCode::ge => sign == overflow,
        ConditionCode::le => zero || sign != overflow,
        ConditionCode::g => !zero && sign == overflow,
        ConditionCode::None => return None,
    })
}

fn value(registers: &Registers, register: Register) -> Option<u64> {
    Some(match register {
        Register::RAX => registers.rax,
        Register::RBX => registers.rbx,
        Register::RCX => registers.rcx,
        Register::RDX => registers.rdx,
        Register::RSI => registers.rsi,
        Register::RDI => registers.rdi,
        Register::RBP => registers.rbp,
        Register::RSP => registers.rsp,
        Register::R8 => registers.r8,
        Register::R9 => registers.r9,
        Register::R10 => registers.r10,
        Register::R11 => registers.r11,
        Register::R12 => registers.r12,
        Register::R13 => registers.r13,
        Register::R14 => registers.r14,
        Register::R15 => registers.r15,
        _ => return None,
    })
}
