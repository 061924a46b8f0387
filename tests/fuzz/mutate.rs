//! Changes to an input: bits, bytes, numbers that hurt, pieces cut out, doubled, moved, and taken from other inputs.

use vgputrace_tests::chance::Chance;

use crate::engine::LARGEST;

/// Numbers at the borders of things.
const NUMBERS: [u64; 14] = [
    0,
    1,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX - 1,
    u64::MAX,
    4096,
];

/// One of the inputs, with one to eight changes; rarely with none of its bytes in place.
pub(crate) fn mutated(inputs: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = pick(inputs, chance).to_vec();
    for _ in 0..=chance.below(8) {
        change(&mut bytes, inputs, chance);
    }
    bytes.truncate(LARGEST);
    bytes
}

fn pick<'a>(inputs: &'a [Vec<u8>], chance: &mut Chance) -> &'a [u8] {
    let at = usize::try_from(chance.below(inputs.len() as u64)).unwrap_or(0);
    inputs.get(at).map_or(&[], Vec::as_slice)
}

fn place(length: usize, chance: &mut Chance) -> usize {
    usize::try_from(chance.below(length as u64)).unwrap_or(0)
}

fn range(bytes: &[u8], chance: &mut Chance) -> std::ops::Range<usize> {
    let from = place(bytes.len(), chance);
    let most = (bytes.len() - from).min(1 << chance.below(12));
    from..from + place(most + 1, chance)
}

fn change(bytes: &mut Vec<u8>, inputs: &[Vec<u8>], chance: &mut Chance) {
    if bytes.is_empty() {
        bytes.extend(pick(inputs, chance));
    }
    let at = place(bytes.len(), chance);
    match chance.below(10) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << chance.below(8);
            }
        }
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = chance.number().to_le_bytes()[0];
            }
        }
        3 | 4 => number(bytes, at, chance),
        5 => bytes.truncate(at),
        6 => drop(bytes.drain(range(bytes, chance))),
        7 => {
            let piece = bytes[range(bytes, chance)].to_vec();
            insert(bytes, at, &piece);
        }
        8 => {
            let other = pick(inputs, chance);
            let piece = other[range(other, chance)].to_vec();
            insert(bytes, at, &piece);
        }
        _ => {
            // The head of this one, the tail of another.
            let other = pick(inputs, chance);
            let from = place(other.len(), chance);
            bytes.truncate(at);
            bytes.extend(other.iter().skip(from));
        }
    }
}

/// Writes a number of 1, 2, 4 or 8 bytes over what is there, at a place that fits it.
fn number(bytes: &mut [u8], at: usize, chance: &mut Chance) {
    let size = 1_usize << chance.below(4);
    let at = at / size * size;
    let value = match chance.below(3) {
        0 => chance.below(bytes.len() as u64 * 2),
        _ => NUMBERS[place(NUMBERS.len(), chance)],
    };
    for (slot, byte) in bytes
        .iter_mut()
        .skip(at)
        .take(size)
        .zip(value.to_le_bytes())
    {
        *slot = byte;
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let tail = bytes.split_off(at.min(bytes.len()));
    bytes.extend_from_slice(piece);
    bytes.extend(tail);
}
