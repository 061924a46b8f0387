use proptest::prelude::*;

use super::{Kind, Parameter, cubin_length, fatbin_length, read};
use crate::code::Code;
use crate::device::Compute;

const H100: Compute = Compute { major: 9, minor: 0 };

const TEXT: &str = "
// a comment with .entry in it
.version 8.0
.target sm_75
.address_size 64
.extern .shared .align 16 .b8 memory[];
.visible .entry add(
    .param .u64 .ptr .global .align 16 add_param_0, /* .entry */
    .param .u32 add_param_1,
    .param .align 8 .b8 add_param_2[24],
    .param .u8 add_param_3
) { ret; }
.visible .entry none() .maxntid 32, 1, 1 { ret; }
.func helper(.param .u32 x) { ret; }
";

fn sizes(parameters: &[Parameter]) -> Vec<(u32, u32)> {
    parameters
        .iter()
        .map(|one| (one.offset, one.size))
        .collect()
}

/// A fat binary with these entries: kind, architecture, code.
fn fatbin(entries: &[(u16, u32, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, architecture, code) in entries {
        let mut header = [0_u8; 64];
        header[0..2].copy_from_slice(&kind.to_le_bytes());
        header[4..8].copy_from_slice(&64_u32.to_le_bytes());
        header[8..16].copy_from_slice(&(code.len() as u64).to_le_bytes());
        header[28..32].copy_from_slice(&architecture.to_le_bytes());
        body.extend(header);
        body.extend(*code);
    }
    let mut all = vec![0x50, 0xed, 0x55, 0xba, 1, 0, 16, 0];
    all.extend((body.len() as u64).to_le_bytes());
    all.extend(body);
    all
}

#[test]
fn entries_of_a_text_are_kernels() {
    let image = read(TEXT.as_bytes(), H100).unwrap();
    let [add, none] = &image.kernels[..] else {
        panic!("{image:?}")
    };
    assert_eq!(add.name, "add");
    assert_eq!(sizes(&add.parameters), [(0, 8), (8, 4), (16, 24), (40, 1)]);
    assert_eq!(none.name, "none");
    assert!(none.parameters.is_empty());
}

#[test]
fn text_that_is_no_ptx_is_refused() {
    for text in [
        "",
        "hello",
        ".entry a(",
        ".version 8.0 .entry a(.param .b8 x[99999999])",
    ] {
        assert_eq!(
            read(text.as_bytes(), H100),
            Err(Code::INVALID_PTX),
            "{text}"
        );
    }
}

#[test]
fn the_part_that_fits_the_device_is_taken() {
    let (old, new) = (".version 8.0 .entry old()", ".version 8.0 .entry new()");
    let both = fatbin(&[
        (1, 75, old.as_bytes()),
        (1, 80, new.as_bytes()),
        (1, 100, b""),
    ]);
    let name = |major, minor| {
        let image = read(&both, Compute { major, minor });
        image.map(|image| image.kernels[0].name.clone())
    };
    assert_eq!(name(9, 0), Ok("new".to_owned()));
    assert_eq!(name(7, 5), Ok("old".to_owned()));
    assert_eq!(name(6, 1), Err(Code::NO_BINARY_FOR_GPU));
    // A cubin of the device's own architecture is wanted before any text, and this one is broken.
    let with_cubin = fatbin(&[(1, 75, old.as_bytes()), (2, 90, b"\x7fELF")]);
    assert_eq!(read(&with_cubin, H100), Err(Code::INVALID_IMAGE));
    let head = both.first_chunk::<16>().unwrap();
    assert_eq!(fatbin_length(*head), Some(both.len() as u64));
}

#[test]
fn a_cut_image_is_refused() {
    let whole = fatbin(&[(1, 75, TEXT.as_bytes())]);
    assert!(read(&whole, H100).is_ok());
    assert_eq!(read(&whole[..100], H100), Err(Code::INVALID_IMAGE));
    assert_eq!(read(&whole[..8], H100), Err(Code::INVALID_IMAGE));
}

#[test]
fn kinds_are_told_by_their_first_bytes() {
    assert_eq!(Kind::of(*b"\x7fELF"), Kind::Cubin);
    assert_eq!(Kind::of(0x4662_43b1_u32.to_le_bytes()), Kind::Wrapper);
    assert_eq!(Kind::of(0xba55_ed50_u32.to_le_bytes()), Kind::Fatbin);
    assert_eq!(Kind::of(*b".ver"), Kind::Ptx);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(\\.entry|\\.version|\\.param|\\.align|\\.u64|\\.ptr|/\\*|//|\\*/|[a-z0-9 ,()\\[\\]\n]|\\PC){0,40}") {
        let _ = read(text.as_bytes(), H100);
    }

    #[test]
    fn any_fat_binary_is_read_or_refused(at in 0_usize..200, byte: u8, cut in 0_usize..600) {
        let mut bytes = fatbin(&[(1, 75, TEXT.as_bytes()), (2, 90, b"\x7fELF\x02\x01\x01")]);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        bytes.truncate(cut);
        let _ = read(&bytes, H100);
    }

    #[test]
    fn any_bytes_behind_a_magic_number_are_read_or_refused(kind in 0..3, mut bytes: Vec<u8>) {
        let magic: &[u8] = match kind {
            0 => b"\x7fELF\x02\x01\x01",
            1 => b"\x50\xed\x55\xba\x01\x00\x10\x00",
            _ => b"",
        };
        bytes.splice(0..0, magic.iter().copied());
        let _ = read(&bytes, H100);
        let _ = cubin_length(|offset, size| {
            let start = usize::try_from(offset).ok()?;
            let end = start.checked_add(usize::try_from(size).ok()?)?;
            bytes.get(start..end).map(<[u8]>::to_vec)
        });
    }
}

/// A block of LZ4 that has literals only.
fn literals(bytes: &[u8]) -> Vec<u8> {
    let mut block = vec![0xf0];
    let mut rest = bytes.len() - 15;
    while rest >= 255 {
        block.push(255);
        rest -= 255;
    }
    block.push(u8::try_from(rest).unwrap());
    block.extend(bytes);
    block
}

#[test]
fn code_packed_with_lz4_is_unpacked() {
    let packed = literals(TEXT.as_bytes());
    let mut whole = fatbin(&[(1, 75, &packed)]);
    whole[16 + 16..16 + 20].copy_from_slice(&(packed.len() as u32).to_le_bytes());
    whole[16 + 40..16 + 48].copy_from_slice(&0x2011_u64.to_le_bytes());
    whole[16 + 56..16 + 64].copy_from_slice(&(TEXT.len() as u64).to_le_bytes());
    assert_eq!(read(&whole, H100).unwrap().kernels.len(), 2);
    // One byte of code too few.
    whole[16 + 56..16 + 64].copy_from_slice(&(TEXT.len() as u64 - 1).to_le_bytes());
    assert_eq!(read(&whole, H100).err(), Some(Code::INVALID_IMAGE));
}
