//! Where a function returns: its own `ret` instructions, and the functions it jumps to instead of returning.
//!
//! A plain probe on each `ret` sees the result without touching the stack. A return probe would replace the return
//! address, and glibc's `dlopen`, `dlmopen`, `dlsym` and `dlvsym` read theirs to find who called: with a return probe
//! the caller's RUNPATH is not searched and RTLD_NEXT fails, in every process that maps that libc.

use std::collections::BTreeMap;

use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, OpKind, Register};

use super::functions::Function;
use super::relocation::{self, Slot};
use super::symbol::Symbols;
use super::table::Table;
use super::{Image, limit};
use crate::event::Text;

/// A jump out of the function that takes its place: what it jumps to returns to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailJump {
    /// File offset of the jump.
    pub at: u64,
    /// Address it leads to in this file, through a PLT entry where there is one; `None` for another object's function.
    pub target: Option<u64>,
    /// Name of the function it leads to: for a function of another object, or one that another object can replace, the
    /// name that the loader looks up.
    pub symbol: Option<Text>,
}

/// The ways out of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    /// File offsets of the `ret` instructions, in order. Those of its cold part (`NAME.cold`) are included.
    pub sites: Vec<u64>,
    /// Jumps to other functions, in order.
    pub tail_jumps: Vec<TailJump>,
    /// Jumps to an address computed at run time: a jump table, or a call through a pointer in tail position.
    pub computed_jumps: u32,
    /// The bytes could not be decoded with certainty, and no site is given: a probe inside an instruction would crash
    /// every process that runs it.
    pub uncertain: bool,
}

/// Decodes the function from its first to its last byte. `symbols` are of the same file: they name targets and find
/// cold parts.
#[must_use]
pub fn return_sites(image: &Image, function: &Function, symbols: &Symbols) -> Returns {
    let mut returns = Returns::default();
    let body = Body {
        address: function.address,
        size: function.size,
    };
    let mut bodies = vec![body];
    for name in &function.names {
        if let Some(cold) = symbols.named(&format!("{}.cold", name.text.as_str())) {
            bodies.push(Body {
                address: cold.address,
                size: cold.size,
            });
            break;
        }
    }
    for body in &bodies {
        if walk(image, body, &bodies, symbols, &mut returns).is_none() {
            return Returns {
                uncertain: true,
                ..Returns::default()
            };
        }
    }
    returns.sites.sort_unstable();
    returns.sites.dedup();
    returns.tail_jumps.sort_by_key(|jump| jump.at);
    returns
}

#[derive(Clone, Copy)]
struct Body {
    address: u64,
    size: u64,
}

impl Body {
    fn contains(self, address: u64) -> bool {
        address
            .checked_sub(self.address)
            .is_some_and(|into| into < self.size)
    }
}

/// `None` when the bytes do not decode cleanly.
fn walk(
    image: &Image,
    body: &Body,
    bodies: &[Body],
    symbols: &Symbols,
    returns: &mut Returns,
) -> Option<()> {
    if body.size == 0 || body.size > limit::FUNCTION || !image.is_text(body.address) {
        return None;
    }
    let bytes = image.bytes_at(body.address, body.size)?;
    if bytes.len() as u64 != body.size {
        return None;
    }
    let mut starts = BTreeMap::new();
    let mut targets = Vec::new();
    for instruction in &mut Decoder::with_ip(64, &bytes, body.address, DecoderOptions::NONE) {
        if instruction.is_invalid() {
            return None;
        }
        starts.insert(instruction.ip(), instruction.has_lock_prefix());
        match instruction.flow_control() {
            FlowControl::Return => {
                if !is_near_return(&instruction) {
                    return None;
                }
                returns.sites.push(image.offset_of(instruction.ip())?);
            }
            FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch => {
                let target = instruction.near_branch_target();
                if body.contains(target) {
                    targets.push(target);
                } else if !bodies.iter().any(|other| other.contains(target)) {
                    let at = image.offset_of(instruction.ip())?;
                    returns.tail_jumps.push(direct(image, at, target, symbols));
                }
            }
            FlowControl::IndirectBranch => match slot_address(&instruction) {
                Some(slot) => {
                    let at = image.offset_of(instruction.ip())?;
                    returns.tail_jumps.push(through(image, at, slot, symbols));
                }
                None => returns.computed_jumps = returns.computed_jumps.saturating_add(1),
            },
            _ => {}
        }
    }
    // A jump into the middle of an instruction means that the walk was out of step, but for glibc's jump over a `lock`.
    let in_step = targets.iter().all(|target| {
        starts.contains_key(target)
            || target.checked_sub(1).and_then(|before| starts.get(&before)) == Some(&true)
    });
    in_step.then_some(())
}

fn is_near_return(instruction: &Instruction) -> bool {
    matches!(
        instruction.code(),
        Code::Retnq | Code::Retnq_imm16 | Code::Retnd | Code::Retnd_imm16
    )
}

/// The address that `jmp [rip + x]` reads its target from.
fn slot_address(instruction: &Instruction) -> Option<u64> {
    let by_memory = instruction.op0_kind() == OpKind::Memory
        && instruction.is_ip_rel_memory_operand()
        && instruction.memory_index() == Register::None;
    by_memory.then(|| instruction.ip_rel_memory_address())
}

/// A jump to an address of the file: a function, or a PLT entry that leads to one.
fn direct(image: &Image, at: u64, target: u64, symbols: &Symbols) -> TailJump {
    if let Some(slot) = plt_slot(image, target) {
        return through(image, at, slot, symbols);
    }
    let symbol = symbols
        .nearest(target)
        .filter(|found| found.distance == 0)
        .map(|found| found.name);
    TailJump {
        at,
        target: Some(target),
        symbol,
    }
}

/// A jump through a slot of the GOT.
fn through(image: &Image, at: u64, slot: u64, symbols: &Symbols) -> TailJump {
    match relocation::slot(image, slot) {
        Some(Slot::Address(target)) => {
            let found = symbols.nearest(target).filter(|found| found.distance == 0);
            TailJump {
                at,
                target: Some(target),
                symbol: found.map(|found| found.name),
            }
        }
        Some(Slot::Symbol(index)) => {
            let table = Table::dynamic(image).ok();
            let symbol = table.as_ref().and_then(|table| table.get(index as usize));
            TailJump {
                at,
                target: symbol
                    .filter(|symbol| symbol.defined)
                    .map(|symbol| symbol.value),
                symbol: symbol.map(|symbol| Text::from_bytes(symbol.name)),
            }
        }
        None => TailJump {
            at,
            target: None,
            symbol: None,
        },
    }
}

/// A PLT entry is `[endbr64] [bnd] jmp [rip + x]`.
fn plt_slot(image: &Image, address: u64) -> Option<u64> {
    let bytes = image.bytes_at(address, 16)?;
    let mut decoder = Decoder::with_ip(64, &bytes, address, DecoderOptions::NONE);
    let mut instruction = decoder.decode();
    if instruction.code() == Code::Endbr64 {
        instruction = decoder.decode();
    }
    (instruction.flow_control() == FlowControl::IndirectBranch)
        .then(|| slot_address(&instruction))
        .flatten()
}

#[cfg(test)]
mod tests;
