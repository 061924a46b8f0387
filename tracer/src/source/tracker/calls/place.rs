//! Where a function's arguments are when it is entered (System V ABI for x86-64).

use vgputrace_api::{Function, Type};

/// Where an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In one of the six argument registers, counted from 0.
    Register(u8),
    /// On the stack: which word behind the return address, counted from 0.
    Stack(u8),
    /// In a vector register, by value on the stack, or behind such a value: not read.
    Elsewhere,
}

/// Words of the stack that are read at most: what fits a short record.
pub(super) const STACK_WORDS: u8 = 15;

/// The place of each argument, in order.
pub(super) fn places(function: &Function) -> Vec<Place> {
    let mut word = 0;
    let mut known = true;
    (0_usize..)
        .zip(function.args)
        .map(|(index, arg)| match (arg.kind, function.register(index)) {
            (Type::Pair, _) => Place::Elsewhere,
            (_, Some(register)) => Place::Register(register),
            (Type::Float, None) => Place::Elsewhere,
            (Type::OnStack, None) => {
                known = false;
                Place::Elsewhere
            }
            (_, None) if known && word < STACK_WORDS => {
                word += 1;
                Place::Stack(word - 1)
            }
            (_, None) => Place::Elsewhere,
        })
        .collect()
}

/// How many registers hold arguments.
pub(super) fn registers(function: &Function) -> u32 {
    (0_usize..)
        .zip(function.args)
        .filter_map(|(index, arg)| Some(function.register(index)? + arg.kind.registers()))
        .max()
        .unwrap_or(0)
        .into()
}

#[cfg(test)]
mod tests {
    use super::{Place, places, registers};

    #[test]
    fn the_seventh_argument_is_on_the_stack() {
        let function = vgputrace_api::driver::by_name("cuLibraryLoadData").unwrap();
        let found = places(function);
        assert_eq!(
            found.get(5..),
            Some(&[Place::Register(5), Place::Stack(0), Place::Stack(1)][..])
        );
        assert_eq!(registers(function), 6);
    }

    #[test]
    fn what_stands_behind_a_structure_by_value_is_still_in_its_register() {
        let function = vgputrace_api::driver::by_name("cuIpcOpenMemHandle_v2").unwrap();
        let expected = [Place::Register(0), Place::Elsewhere, Place::Register(1)];
        assert_eq!(places(function), expected);
        assert_eq!(registers(function), 2);
    }
}
