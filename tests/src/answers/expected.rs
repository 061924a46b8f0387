//! What a trace has to say of a call of [`super::caller`], worked out from the table alone.

use vgputrace::event::call::Value;
use vgputrace::event::{Hex, Seen, Text, Why};
use vgputrace_api::layout::FieldKind;
use vgputrace_api::{Failed, Function, Handle, Names, Struct, Type};

use super::{Answer, argument, byte, code, is_length, output};

/// A name and what must stand there.
pub type Named = (String, Expected);

/// A value, as far as it can be foreseen.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// This one.
    Is(Value),
    /// An object's name: the numbers depend on the order of appearance.
    Object(&'static str),
}

impl Expected {
    /// The value fits.
    #[must_use]
    pub fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Is(expected), value) => expected == value,
            (Self::Object(prefix), Value::Name(name)) => name
                .as_str()
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix('#'))
                .is_some_and(|number| number.parse::<u32>().is_ok()),
            (Self::Object(_), _) => false,
        }
    }
}

/// The arguments of the call of function `at`.
#[must_use]
pub fn arguments(function: &Function, at: usize) -> Vec<Named> {
    let mut all = Vec::new();
    for (index, arg) in function.args.iter().enumerate() {
        let raw = argument(at, index, arg.kind);
        let value = match arg.kind {
            kind if kind.output().is_some() => continue,
            Type::InStruct(of) => {
                all.extend(structure(arg.name, of, at));
                continue;
            }
            Type::Str => text(&format!("{} {index}", function.name)),
            // In a vector register, or a structure on the stack.
            Type::Float | Type::OnStack => Expected::Is(Value::Unseen(Why::Unread)),
            Type::I32 | Type::U32 if is_length(function, index) => int(200),
            kind => plain(raw, kind),
        };
        all.push((arg.name.to_owned(), value));
    }
    all
}

/// The outputs of the call of function `at` under an answer.
#[must_use]
pub fn outputs(function: &Function, at: usize, answer: Answer) -> Vec<Named> {
    let failed = is_failure(function, at, answer);
    let mut all = Vec::new();
    for (index, arg) in function.args.iter().enumerate() {
        let tells_why =
            arg.kind == Type::OutEnum(Names::CuProcAddressResult) || arg.name == "driverStatus";
        if arg.kind.output().is_none() || (failed && !tells_why) {
            continue;
        }
        match arg.kind {
            Type::OutText(_) => {
                let words = format!("text of {}", function.name);
                all.push((arg.name.to_owned(), text(&words)));
            }
            Type::OutStruct(of) => all.extend(structure(arg.name, of, at)),
            kind => {
                let value = plain(output(at, index, kind), kind);
                all.push((arg.name.to_owned(), value));
            }
        }
    }
    all
}

/// The call fails.
#[must_use]
pub fn is_failure(function: &Function, at: usize, answer: Answer) -> bool {
    let code = code(function, at, answer);
    match function.failed {
        Failed::NonZero => code != 0,
        Failed::Negative => code < 0,
        // Pointers and strings are answered with something.
        Failed::Never | Failed::Null | Failed::Zero => false,
    }
}

/// The result.
#[must_use]
pub fn result(function: &Function, at: usize, answer: Answer) -> Value {
    match function.result {
        Type::Void => Value::Name(Text::from("void")),
        Type::Str => Value::Str(Seen::Yes(Text::from(format!(
            "answer of {}",
            function.name
        )))),
        Type::Pointer => Value::Hex(Hex(0x7000)),
        Type::Enum(names) => named(names, code(function, at, answer)),
        kind => panic!("{}: {kind:?} is no result", function.name),
    }
}

fn plain(raw: u64, kind: Type) -> Expected {
    let narrow = raw as u32;
    Expected::Is(match kind {
        Type::I32 | Type::OutI32 => return int(i64::from(narrow.cast_signed())),
        Type::U32 | Type::OutU32 => return int(i64::from(narrow)),
        Type::U64 | Type::OutU64 => return int(raw.cast_signed()),
        Type::Enum(names) | Type::Flags(names) | Type::OutEnum(names) => {
            named(names, i64::from(narrow.cast_signed()))
        }
        Type::CudaVersion | Type::OutCudaVersion => {
            let (major, minor) = (raw / 1000, raw % 1000 / 10);
            Value::Name(Text::from(format!("{major}.{minor}")))
        }
        Type::Handle(Handle::Device) | Type::OutHandle(Handle::Device) => {
            Value::Name(Text::from(format!("dev#{raw}")))
        }
        Type::Handle(handle) | Type::OutHandle(handle) => {
            return Expected::Object(handle.prefix());
        }
        _ => Value::Hex(Hex(raw)),
    })
}

fn structure(name: &str, of: Struct, at: usize) -> Vec<Named> {
    let fields = of.layout().fields;
    let bytes = |offset: u16, size: u16| -> Vec<u8> {
        (offset..offset + size)
            .map(|index| byte(at, usize::from(index)))
            .collect()
    };
    let number = |offset, size| {
        bytes(offset, size)
            .iter()
            .rev()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let value = |offset, kind| match kind {
        FieldKind::I32 | FieldKind::U32 => int(number(offset, 4).cast_signed()),
        FieldKind::U64 | FieldKind::Pointer => Expected::Is(Value::Hex(Hex(number(offset, 8)))),
        FieldKind::Text(size) => text(&String::from_utf8_lossy(&bytes(offset, size))),
        FieldKind::Bytes(size) => text(&uuid(&bytes(offset, size))),
    };
    fields
        .iter()
        .map(|field| {
            let label = if fields.len() == 1 {
                name.to_owned()
            } else {
                format!("{name}.{}", field.name)
            };
            (label, value(field.offset, field.kind))
        })
        .collect()
}

/// The written form of 16 bytes.
fn uuid(bytes: &[u8]) -> String {
    let hex = |range: std::ops::Range<usize>| -> String {
        bytes[range]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    [hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16)].join("-")
}

fn named(names: Names, number: i64) -> Value {
    let entry = names.list().iter().find(|entry| entry.number == number);
    match entry {
        Some(entry) => Value::Name(Text::from(entry.name)),
        None => Value::Int(number),
    }
}

fn int(number: i64) -> Expected {
    Expected::Is(Value::Int(number))
}

fn text(words: &str) -> Expected {
    Expected::Is(Value::Str(Seen::Yes(Text::from(words))))
}
