//! Registers and strings of a call as values by the types of its table.

use vgputrace_api::{Function, Type};
use vgputrace_ebpf::wire::FnEnter;
use vgputrace_ebpf::wire::function::STRINGS;

use crate::event::call::Value;
use crate::event::{Errno, Hex, Seen, Text, Why};
use crate::source::record::Bytes;
use crate::source::screen;

/// RTLD_GLOBAL is in a mode.
pub(super) fn is_global(value: &Value) -> bool {
    matches!(value, Value::Name(name) if name.as_str().contains("RTLD_GLOBAL"))
}

pub(super) fn named_strings<'a>(
    function: &'static Function,
    strings: &'a [Option<Bytes>; STRINGS],
) -> Vec<(&'static str, &'a Option<Bytes>)> {
    let direct = function
        .args
        .iter()
        .filter(|arg| arg.kind.is_string())
        .map(|arg| arg.name);
    direct
        .chain(function.inside.iter().map(|entry| entry.2))
        .zip(strings)
        .collect()
}

/// Arguments by name; a string takes the place of its pointer.
pub(super) fn arguments(
    function: &'static Function,
    enter: &FnEnter,
    strings: &[Option<Bytes>; STRINGS],
) -> Vec<(Text, Value)> {
    let mut next = strings.iter();
    function
        .args
        .iter()
        .zip(enter.args)
        .filter(|(arg, _)| arg.kind.out_size().is_none())
        .map(|(arg, raw)| {
            let value = if arg.kind.is_string() {
                match next.next() {
                    Some(Some(seen)) => Value::Str(seen.clone().map(|bytes| screen::text(&bytes))),
                    _ => Value::Str(Seen::No(Why::Null)),
                }
            } else {
                number(raw, arg.kind)
            };
            (Text::from(arg.name), value)
        })
        .collect()
}

/// A register's value by its type.
pub(super) fn number(raw: u64, kind: Type) -> Value {
    let narrow = (raw & 0xffff_ffff) as u32;
    match kind {
        Type::I32 | Type::OutI32 => Value::Int(i64::from(narrow.cast_signed())),
        Type::Errno => Value::Name(Text::from(Errno(narrow as u16).to_string())),
        Type::LogLevel => Value::Name(Text::from(log_level(narrow))),
        Type::DlopenMode => Value::Name(Text::from(dlopen_mode(narrow))),
        Type::DlHandle if raw == 0 => Value::Name(Text::from("RTLD_DEFAULT")),
        Type::DlHandle if raw == u64::MAX => Value::Name(Text::from("RTLD_NEXT")),
        Type::U64 | Type::OutU64 if raw < 1 << 53 => Value::Int(raw.cast_signed()),
        Type::Void => Value::Name(Text::from("void")),
        _ => Value::Hex(Hex(raw)),
    }
}

/// `enum ggml_log_level` (ggml/include/ggml.h).
fn log_level(level: u32) -> String {
    match level {
        0 => "none".to_owned(),
        1 => "debug".to_owned(),
        2 => "info".to_owned(),
        3 => "warn".to_owned(),
        4 => "error".to_owned(),
        5 => "cont".to_owned(),
        other => other.to_string(),
    }
}

/// RTLD_* bits of dlopen's mode (bits/dlfcn.h of glibc).
fn dlopen_mode(mode: u32) -> String {
    const BITS: [(u32, &str); 6] = [
        (1, "RTLD_LAZY"),
        (2, "RTLD_NOW"),
        (4, "RTLD_NOLOAD"),
        (8, "RTLD_DEEPBIND"),
        (0x100, "RTLD_GLOBAL"),
        (0x1000, "RTLD_NODELETE"),
    ];
    let mut names: Vec<String> = Vec::new();
    let mut rest = mode;
    for (bit, name) in BITS {
        if mode & bit != 0 {
            names.push(name.to_owned());
            rest &= !bit;
        }
    }
    if rest != 0 {
        names.push(format!("{rest:#x}"));
    }
    if names.is_empty() {
        "0".to_owned()
    } else {
        names.join("|")
    }
}
