//! Exported functions. The crate that uses these macros has `crate::export::{call, refuse}`, and in
//! `crate::table::index` a constant for each name.

/// Exported functions that do their work: `fn cuA | cuB (argument: Type) { ... }` gives `cuA` and `cuB`. The body is
/// an expression of type `Result<(), Code>`.
#[macro_export]
#[expect(clippy::crate_in_macro_def, reason = "each library has its own table")]
macro_rules! export {
    ($(
        $(#[$doc:meta])*
        fn $($name:ident)|+ ($($parameters:tt)*) $body:block
    )*) => {
        $($crate::export!(@function [$($name)+] ($($parameters)*) $body);)*
    };
    (@function [$($name:ident)+] $parameters:tt $body:block) => {
        $($crate::export!(@symbol $name $parameters $body);)+
    };
    (@symbol $name:ident ($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        // SAFETY: the name is one of the interface's, and nothing else in this library has it.
        #[unsafe(no_mangle)]
        #[allow(
            non_snake_case,
            clippy::too_many_arguments,
            reason = "parameters are named as in the interface's header, and are as many"
        )]
        pub(crate) extern "C" fn $name($($argument: $type),*) -> std::ffi::c_int {
            crate::export::call(crate::table::index::$name, || $body)
        }
    };
}

/// Exported functions that are not supported. Arguments stay where the caller put them.
#[macro_export]
#[expect(clippy::crate_in_macro_def, reason = "each library has its own table")]
macro_rules! refused {
    ($($name:ident)*) => {
        $(
            // SAFETY: the name is one of the interface's, and nothing else in this library has it. The caller of a C
            // function cleans up its arguments (System V ABI for x86-64), so none need be declared.
            #[unsafe(no_mangle)]
            pub(crate) extern "C" fn $name() -> std::ffi::c_int {
                crate::export::refuse(crate::table::index::$name)
            }
        )*
    };
}
