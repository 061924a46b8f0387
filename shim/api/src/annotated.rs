//! What is known of functions beyond their headers: what their pointers are for, what they do, what their codes mean.
//!
//! All of it is written by hand. These functions are the discovery set: the calls that decide whether a GPU is used.

pub(crate) mod codes;
pub(crate) mod cublas;
pub(crate) mod cuda;
pub(crate) mod hip;
pub(crate) mod nvml;
pub(crate) mod runtime;
pub(crate) mod vulkan;

/// One entry per function, sorted by name: what it does; name, parameters with their types, result, and which results
/// mean failure.
macro_rules! calls {
    ($api:literal, $returns:ident;
        $($meaning:literal
            $name:ident [$(($arg:ident: $($kind:tt)+)),*] ($($result:tt)+) ($failed:ident);)*
    ) => {
        /// The table, sorted by name.
        pub static FUNCTIONS: &[$crate::Function] = &[$($crate::Function {
            api: $api,
            name: stringify!($name),
            mangled: "",
            args: &[$($crate::Arg {
                name: stringify!($arg),
                kind: $crate::Type::$($kind)+,
            }),*],
            inside: &[],
            result: $crate::Type::$($result)+,
            returns: $crate::Returns::$returns,
            failed: $crate::Failed::$failed,
            class: $crate::Class::Call,
            meaning: $meaning,
        },)*];
    };
}
pub(crate) use calls;
