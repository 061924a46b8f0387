//! Registers and memory of a call as values, by the types of its table.

use vgputrace_api::layout::{Field, FieldKind};
use vgputrace_api::{Function, Struct, Type};
use vgputrace_ebpf::wire::FnEnter;
use vgputrace_ebpf::wire::function::INPUTS;

use super::handle::Handles;
use super::name::{of_bytes, of_enum, of_flags, of_version};
use super::place::{Place, places};
use crate::event::call::Value;
use crate::event::{Errno, Hex, Seen, Text, Why};
use crate::source::record::Bytes;
use crate::source::screen;

/// RTLD_GLOBAL is in a mode.
pub(super) fn is_global(value: &Value) -> bool {
    matches!(value, Value::Name(name) if name.as_str().contains("RTLD_GLOBAL"))
}

/// The strings of a call by their names.
pub(super) fn named_strings(
    function: &'static Function,
    inputs: &[Option<Bytes>; INPUTS],
) -> Vec<(&'static str, Option<Bytes>)> {
    let direct = function
        .args
        .iter()
        .filter(|arg| arg.kind.is_string())
        .map(|arg| arg.name);
    direct
        .chain(function.inside.iter().map(|entry| entry.2))
        .zip(inputs)
        .map(|(name, bytes)| (name, bytes.clone().map(|bytes| bytes.map(until_nul))))
        .collect()
}

/// Makes values of what the kernel side read.
pub(in crate::source::tracker) struct Decoder<'h> {
    pub(in crate::source::tracker) handles: &'h mut Handles,
    /// The process whose objects are meant.
    pub(in crate::source::tracker) tgid: u32,
}

impl Decoder<'_> {
    /// Arguments by name, outputs left out; a string or structure takes the place of its pointer.
    pub(super) fn arguments(
        &mut self,
        function: &'static Function,
        enter: &FnEnter,
        inputs: &[Option<Bytes>; INPUTS],
    ) -> Vec<(Text, Value)> {
        let strings = function.args.iter().filter(|arg| arg.kind.is_string());
        let before = strings.count() + function.inside.len();
        let (mut strings, mut structures) = (inputs.iter(), inputs.iter().skip(before));
        let structured = function
            .args
            .iter()
            .filter(|arg| arg.kind.input().is_some())
            .count();
        let words = inputs.get(before + structured).cloned().flatten();
        let mut found = Vec::with_capacity(function.args.len());
        for (arg, place) in function.args.iter().zip(places(function)) {
            if arg.kind.output().is_some() {
                continue;
            }
            match arg.kind {
                Type::Str => {
                    let value = text(strings.next().cloned().flatten());
                    found.push((Text::from(arg.name), value));
                }
                Type::InStruct(of) => {
                    let bytes = structures.next().cloned().flatten();
                    structure(arg.name, of, bytes, &mut found);
                }
                kind => {
                    let value = match raw(place, enter, words.as_ref()) {
                        Ok(raw) => self.value(raw, kind),
                        Err(why) => Value::Unseen(why),
                    };
                    found.push((Text::from(arg.name), value));
                }
            }
        }
        found
    }

    /// A register's value, or one that an output got, by its type.
    pub(in crate::source::tracker) fn value(&mut self, raw: u64, kind: Type) -> Value {
        let narrow = (raw & 0xffff_ffff) as u32;
        match kind {
            Type::I32 | Type::OutI32 => Value::Int(i64::from(narrow.cast_signed())),
            Type::U32 | Type::OutU32 => Value::Int(i64::from(narrow)),
            Type::U64 | Type::OutU64 if raw < 1 << 53 => Value::Int(raw.cast_signed()),
            Type::Errno => Value::Name(Text::from(Errno(narrow as u16).to_string())),
            Type::LogLevel => Value::Name(Text::from(log_level(narrow))),
            Type::DlopenMode => Value::Name(Text::from(dlopen_mode(narrow))),
            Type::DlHandle if raw == 0 => Value::Name(Text::from("RTLD_DEFAULT")),
            Type::DlHandle if raw == u64::MAX => Value::Name(Text::from("RTLD_NEXT")),
            Type::Void => Value::Name(Text::from("void")),
            Type::Enum(names) | Type::OutEnum(names) => of_enum(names, raw),
            Type::Flags(names) => of_flags(names, raw),
            Type::CudaVersion | Type::OutCudaVersion => of_version(raw),
            Type::Handle(kind) | Type::OutHandle(kind) => self.handles.value(self.tgid, kind, raw),
            _ => Value::Hex(Hex(raw)),
        }
    }
}

/// What stands in an argument's place.
fn raw(place: Place, enter: &FnEnter, words: Option<&Bytes>) -> Result<u64, Why> {
    match place {
        Place::Register(number) => enter
            .args
            .get(usize::from(number))
            .copied()
            .ok_or(Why::Gone),
        Place::Stack(word) => {
            let bytes = match words {
                Some(Seen::Yes(bytes)) => bytes,
                Some(Seen::No(why)) => return Err(*why),
                _ => return Err(Why::Fault),
            };
            let at = usize::from(word) * 8;
            number(bytes, at, 8).ok_or(Why::Fault)
        }
        Place::Elsewhere => Err(Why::Unread),
    }
}

/// A string, screened.
pub(super) fn text(bytes: Option<Bytes>) -> Value {
    match bytes {
        Some(seen) => Value::Str(seen.map(|bytes| screen::text(&until_nul(bytes)))),
        None => Value::Str(Seen::No(Why::Null)),
    }
}

/// The fields of a structure as values `NAME.FIELD`; that of a structure with one field as `NAME`.
pub(super) fn structure(name: &str, of: Struct, bytes: Option<Bytes>, to: &mut Vec<(Text, Value)>) {
    let bytes = match bytes {
        Some(Seen::Yes(bytes)) => bytes,
        Some(Seen::No(why)) => return to.push((Text::from(name), Value::Unseen(why))),
        Some(Seen::Cut(..)) => return to.push((Text::from(name), Value::Unseen(Why::Fault))),
        None => return to.push((Text::from(name), Value::Hex(Hex(0)))),
    };
    let fields = of.layout().fields;
    for found in fields {
        let label = if fields.len() == 1 {
            name.to_owned()
        } else {
            format!("{name}.{}", found.name)
        };
        let value = field(found, &bytes).unwrap_or(Value::Unseen(Why::Fault));
        to.push((Text::from(label), value));
    }
}

fn field(field: &Field, bytes: &[u8]) -> Option<Value> {
    let at = usize::from(field.offset);
    let size = usize::from(field.kind.size());
    let own = bytes.get(at..at.checked_add(size)?)?;
    Some(match field.kind {
        FieldKind::I32 => {
            let number = number(own, 0, 4)? as u32;
            Value::Int(i64::from(number.cast_signed()))
        }
        FieldKind::U32 => Value::Int(number(own, 0, 4)?.cast_signed()),
        FieldKind::U64 => match number(own, 0, 8)? {
            number if number < 1 << 53 => Value::Int(number.cast_signed()),
            number => Value::Hex(Hex(number)),
        },
        FieldKind::Pointer => Value::Hex(Hex(number(own, 0, 8)?)),
        FieldKind::Text(_) => text(Some(Seen::Yes(own.to_vec()))),
        FieldKind::Bytes(_) => Value::Str(Seen::Yes(Text::from(of_bytes(own)))),
    })
}

/// A little-endian number of `size` bytes.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let own = bytes.get(at..at.checked_add(size)?)?;
    let mut wide = [0; 8];
    wide.get_mut(..size)?.copy_from_slice(own);
    Some(u64::from_le_bytes(wide))
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
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
