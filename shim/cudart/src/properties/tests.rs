//! The layouts against driver_types.h, as far as they can be written down here; the suite compares them with the header itself.

use super::Properties;
use super::structures_table::FIELDS;

fn offset(name: &str) -> usize {
    let field = FIELDS.iter().find(|field| field.0 == name);
    field.map_or(usize::MAX, |field| field.1)
}

#[test]
fn the_structure_has_the_size_of_its_series() {
    let size = if cfg!(cuda12) { 1032 } else { 1008 };
    assert_eq!(size_of::<Properties>(), size);
}

#[test]
fn fields_lie_where_the_header_has_them() {
    let expected: &[(&str, usize)] = if cfg!(cuda12) {
        &[
            ("uuid", 0x100),
            ("luid", 0x110),
            ("totalGlobalMem", 0x120),
            ("maxThreadsPerBlock", 0x140),
            ("clockRate", 0x15c),
            ("totalConstMem", 0x160),
            ("major", 0x168),
            ("minor", 0x16c),
            ("multiProcessorCount", 0x184),
        ]
    } else {
        &[
            ("uuid", 0x100),
            ("totalGlobalMem", 0x120),
            ("totalConstMem", 0x160),
            ("major", 0x168),
            ("multiProcessorCount", 0x180),
        ]
    };
    for (name, at) in expected {
        assert_eq!(offset(name), *at, "{name}");
    }
}

#[test]
fn no_field_overlaps_the_next() {
    for pair in FIELDS.windows(2) {
        let [(_, at, size), (next, next_at, _)] = pair else {
            continue;
        };
        assert!(at + size <= *next_at, "{next}");
    }
}
