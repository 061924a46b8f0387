//! How much stack the kernel side takes, by its own instructions.
//!
//! From Linux 6.13 on a program's functions get 512 bytes each (the private stack of the JIT); before, they share 512 along each chain of
//! calls, bodies of loops included (`check_max_stack_depth_subprog`, kernel/bpf/verifier.c). A program that takes more loads where
//! this is built and not on the older kernels it is promised for, so the older rule is applied here.

use std::collections::BTreeMap;

use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SymbolKind};

use super::load::OBJECT;

/// `MAX_BPF_STACK`.
const MOST: u64 = 512;
/// What a function takes is rounded up to this before 6.13; later to 16.
const GRAIN: u64 = 32;
/// The register that points to the end of the stack.
const FRAME: u8 = 10;
/// `BPF_LDX`, `BPF_ST`, `BPF_STX`: classes of instructions that go to memory.
const TO_MEMORY: [u8; 3] = [1, 2, 3];
/// `BPF_ALU64 | BPF_ADD | BPF_K`, `BPF_ALU64 | BPF_MOV | BPF_X`, `BPF_JMP | BPF_CALL`, `BPF_LD | BPF_IMM | BPF_DW`.
const ADD: u8 = 0x07;
const COPY: u8 = 0xbf;
const CALL: u8 = 0x85;
const ADDRESS: u8 = 0x18;
/// Source register of a call within the object, `BPF_PSEUDO_CALL`.
const OWN: u8 = 1;

/// A function by its section and first byte.
type Place = (usize, u64);

struct Function {
    name: String,
    size: u64,
    /// Bytes of stack.
    frame: u64,
    calls: Vec<Place>,
}

struct Instruction {
    code: u8,
    to: u8,
    from: u8,
    offset: i16,
    number: i32,
}

impl Instruction {
    fn of(bytes: &[u8]) -> Self {
        let [code, registers, a, b, c, d, e, f] = *bytes else {
            panic!("an instruction has 8 bytes: {bytes:?}");
        };
        Self {
            code,
            to: registers & 15,
            from: registers >> 4,
            offset: i16::from_le_bytes([a, b]),
            number: i32::from_le_bytes([c, d, e, f]),
        }
    }

    /// How far below the end of the stack it reaches, looking at the one before it.
    fn depth(&self, before: Option<&Self>) -> u64 {
        let below = |number: i64| u64::try_from(-number).unwrap_or(0);
        let base = if self.code & 7 == 1 {
            self.from
        } else {
            self.to
        };
        if TO_MEMORY.contains(&(self.code & 7)) && base == FRAME {
            return below(self.offset.into());
        }
        let is_address = before
            .is_some_and(|copy| copy.code == COPY && copy.from == FRAME && copy.to == self.to);
        match self.code == ADD && is_address {
            true => below(self.number.into()),
            false => 0,
        }
    }
}

/// Every function of the object with what it takes and calls.
fn functions(file: &ElfFile64<'_>) -> BTreeMap<Place, Function> {
    let mut found = BTreeMap::new();
    for symbol in file.symbols() {
        let (SymbolKind::Text, Some(section)) = (symbol.kind(), symbol.section_index()) else {
            continue;
        };
        let data = file.section_by_index(section).unwrap();
        let (from, size) = (symbol.address(), symbol.size());
        let code = data.data_range(from, size).unwrap().unwrap();
        let targets: BTreeMap<u64, RelocationTarget> = data
            .relocations()
            .map(|(at, relocation)| (at, relocation.target()))
            .collect();
        let code: Vec<Instruction> = code.chunks(8).map(Instruction::of).collect();
        let mut function = Function {
            name: symbol.name().unwrap().to_owned(),
            size,
            frame: 1,
            calls: Vec::new(),
        };
        for (index, one) in code.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| code.get(index));
            function.frame = function.frame.max(one.depth(before));
            let at = from + index as u64 * 8;
            let own = one.code == CALL && one.from == OWN;
            let base = match targets.get(&at) {
                Some(RelocationTarget::Symbol(index)) => {
                    let symbol = file.symbol_by_index(*index).unwrap();
                    let base = symbol.address();
                    symbol.section_index().map(|section| (section.0, base))
                }
                _ if own => Some((section.0, at + 8)),
                _ => None,
            };
            let Some((section, base)) = base else {
                continue;
            };
            let number = i64::from(one.number);
            // A call through a symbol counts from the instruction that the symbol's place is written into.
            let further = match one.code {
                CALL if own && targets.contains_key(&at) => (number + 1) * 8,
                CALL if own => number * 8,
                ADDRESS => number,
                _ => continue,
            };
            function
                .calls
                .push((section, base.wrapping_add_signed(further)));
        }
        found.insert((section.0, from), function);
    }
    found
}

/// The most that a chain of calls takes from this function on, and the names in it.
fn deepest(all: &BTreeMap<Place, Function>, place: Place) -> (u64, String) {
    let within = all.range(..=place).next_back();
    let Some((_, function)) =
        within.filter(|(start, function)| start.0 == place.0 && place.1 < start.1 + function.size)
    else {
        // Data.
        return (0, String::new());
    };
    let (below, names) = function
        .calls
        .iter()
        .map(|call| deepest(all, *call))
        .max()
        .unwrap_or_default();
    let own = function.frame.next_multiple_of(GRAIN);
    (own + below, format!("{} {own}, {names}", function.name))
}

#[test]
fn every_chain_of_calls_fits_the_stack_of_older_kernels() {
    let file = ElfFile64::parse(OBJECT).unwrap();
    let all = functions(&file);
    for (place, function) in &all {
        let (bytes, chain) = deepest(&all, *place);
        assert!(bytes <= MOST, "{}: {bytes} bytes: {chain}", function.name);
    }
    // The loop over a function's inputs is a function of its own; if it were not followed, its stack would not be counted.
    let (_, enter) = all.iter().find(|(_, one)| one.name == "on_enter").unwrap();
    let called = enter.calls.iter().filter_map(|place| all.get(place));
    let names: Vec<&str> = called.map(|one| one.name.as_str()).collect();
    assert!(
        names.iter().any(|name| name.contains("read_next")),
        "{names:?}"
    );
}
