//! A breakpoint: the instruction it stands on, and why it is there.

use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction};
use vgputrace_ebpf::wire::FnDesc;

/// Longest instruction of the architecture, in bytes.
pub(super) const LONGEST: usize = 15;
/// `int3`.
pub(super) const INT3: u8 = 0xcc;

/// Why a place is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Function N begins here.
    Entry(u32, FnDesc),
    /// Function N comes back here, at a `ret` of its own.
    Site(u32, FnDesc),
    /// A caller that functions come back to; which, the thread knows.
    Landing,
}

/// A breakpoint of one address space.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// The instruction's own bytes.
    pub(super) bytes: [u8; LONGEST],
    /// The instruction, decoded at its address.
    pub(super) instruction: Instruction,
    /// Where the displacement of an operand relative to the instruction pointer stands in the bytes.
    pub(super) displacement: Option<usize>,
    /// Why it is there.
    pub(super) roles: Vec<Role>,
}

impl Point {
    /// The instruction that begins with these bytes; `None` when they are none.
    pub(super) fn of(bytes: &[u8], address: u64) -> Option<Self> {
        let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
        let instruction = decoder.decode();
        if instruction.is_invalid() {
            return None;
        }
        let displacement = instruction.is_ip_rel_memory_operand().then(|| {
            decoder
                .get_constant_offsets(&instruction)
                .displacement_offset()
        });
        let mut own = [0x90; LONGEST];
        let length = instruction.len();
        own.get_mut(..length)?.copy_from_slice(bytes.get(..length)?);
        Some(Self {
            bytes: own,
            instruction,
            displacement,
            roles: Vec::new(),
        })
    }

    /// The instruction's bytes for another place; `None` when its operand cannot be reached from there, or when it would
    /// do something else there.
    pub(super) fn moved(&self, to: u64) -> Option<Vec<u8>> {
        let relative = matches!(
            self.instruction.flow_control(),
            FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch | FlowControl::Call
        );
        if relative || self.instruction.code() == Code::Syscall {
            return None;
        }
        let mut bytes = self.bytes.get(..self.instruction.len())?.to_vec();
        if let Some(at) = self.displacement {
            let place = bytes.get_mut(at..at.checked_add(4)?)?;
            let old = i32::from_le_bytes(*place.first_chunk()?);
            let moved = self.instruction.ip().wrapping_sub(to).cast_signed();
            let new = i32::try_from(i64::from(old).checked_add(moved)?).ok()?;
            place.copy_from_slice(&new.to_le_bytes());
        }
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::Point;

    #[test]
    fn an_operand_relative_to_the_instruction_is_reached_from_elsewhere() {
        // mov 0x10(%rip),%rax
        let code = [0x48, 0x8b, 0x05, 0x10, 0, 0, 0];
        let point = Point::of(&code, 0x1000).unwrap();
        assert_eq!(
            point.moved(0xff0).unwrap(),
            [0x48, 0x8b, 0x05, 0x20, 0, 0, 0]
        );
        assert_eq!(point.moved(0x2_0000_0000), None);
        // sub $8,%rsp stays as it is; jmp cannot go.
        let point = Point::of(&[0x48, 0x83, 0xec, 8], 0x1000).unwrap();
        assert_eq!(point.moved(0x9_0000_0000).unwrap(), [0x48, 0x83, 0xec, 8]);
        assert_eq!(Point::of(&[0xeb, 1], 0x1000).unwrap().moved(0x1010), None);
        assert!(Point::of(&[0xff, 0xff], 0).is_none());
    }
}
