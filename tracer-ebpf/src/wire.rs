//! The records and the numbers both sides share.

pub mod awaited;
pub mod function;
pub mod head;
pub mod offsets;
pub mod path;
pub mod process;
pub mod signal;
pub mod syscall;

pub use function::{Count, CountKey, FnDesc, FnEnter, FnReturn};
pub use head::{Data, Head, Kind, What};
pub use path::PathHead;
pub use process::{Compat, Exec, Exit, Fork, Oom};
pub use signal::Signal;
pub use syscall::Sys;

/// A fixed-size record that is read field by field, in native byte order.
pub trait Record: Sized {
    /// Its size in bytes; the kernel side has no padding in it.
    const SIZE: usize;

    /// The record at the start of `bytes` and what follows it; `None` when there is too little.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])>;
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl Record for $type {
            const SIZE: usize = size_of::<$type>();

            fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
                let (first, rest) = bytes.split_first_chunk()?;
                Some((Self::from_ne_bytes(*first), rest))
            }
        }
    )*};
}
number!(u8, u16, u32, u64, i32, i64);

impl<T: Record + Copy + Default, const N: usize> Record for [T; N] {
    const SIZE: usize = T::SIZE * N;

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut out = [T::default(); N];
        let mut rest = bytes;
        for slot in &mut out {
            (*slot, rest) = T::read(rest)?;
        }
        Some((out, rest))
    }
}

/// Declares a `repr(C)` record without padding, and its checked reader.
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }

        // The sum of the fields is the whole: a gap would let kernel stack bytes through.
        const _: () = assert!(size_of::<$name>() == 0 $(+ size_of::<$type>())*);

        impl $crate::wire::Record for $name {
            const SIZE: usize = size_of::<$name>();

            fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
                let rest = bytes;
                $(let ($field, rest) = <$type as $crate::wire::Record>::read(rest)?;)*
                Some((Self { $($field,)* }, rest))
            }
        }
    };
}
pub(crate) use record;

#[cfg(test)]
mod tests {
    use super::{Head, Record};

    #[test]
    fn a_record_reads_field_by_field_and_leaves_the_rest() {
        let mut bytes = [0_u8; 26];
        bytes[0] = 3;
        bytes[2] = 7;
        bytes[4..8].copy_from_slice(&9_u32.to_ne_bytes());
        bytes[25] = 42;
        let (head, rest) = Head::read(&bytes).unwrap();
        assert_eq!((head.kind, head.flags, head.tgid), (3, 7, 9));
        assert_eq!(rest, [0, 42]);
        assert_eq!(Head::read(&bytes[..23]), None);
    }
}
