//! Arguments and results of calls in words.

use crate::event::call::Value;
use crate::event::{Hex, Text};

/// A value that says something beyond this run: no address, no pointer.
pub(super) fn telling((name, value): &(Text, Value)) -> Option<(Text, Text)> {
    let text = match value {
        Value::Int(number) => Text::from(number.to_string()),
        Value::Name(name) => name.clone(),
        Value::Str(seen) => seen.value()?.clone(),
        Value::Hex(Hex(number)) if *number < 0x1_0000 => Text::from(number.to_string()),
        Value::Hex(_) | Value::Unseen(_) => return None,
    };
    Some((name.clone(), text))
}

/// A result by name, and as a number where it is one.
pub(super) fn named(value: &Value) -> (Text, Option<i64>) {
    match value {
        Value::Int(number) => (Text::from(number.to_string()), Some(*number)),
        Value::Name(name) => {
            // `CUDA_ERROR_NO_DEVICE (100)`, or a bare number that has no name.
            let digits = name
                .as_str()
                .rsplit_once('(')
                .map_or(name.as_str(), |(_, rest)| rest);
            (
                name.clone(),
                digits.trim_end_matches(')').trim().parse().ok(),
            )
        }
        Value::Hex(Hex(number)) => (
            Text::from(format!("{number:#x}")),
            i64::try_from(*number).ok(),
        ),
        Value::Str(seen) => (seen.value().cloned().unwrap_or_default(), None),
        Value::Unseen(_) => (Text::default(), None),
    }
}
