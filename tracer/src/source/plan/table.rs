//! Which functions carry probes, and which of them a symbol is.

use std::collections::HashMap;

use vgputrace_api::{Function, driver};

/// Which functions of drivers and runtimes carry probes, beside those of loader and ggml.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calls {
    /// None.
    None,
    /// Those that decide whether a GPU is used.
    #[default]
    Discovery,
    /// All that the table has.
    All,
}

impl Calls {
    /// Its name on the command line and in a trace.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Discovery => "discovery",
            Self::All => "all",
        }
    }

    /// The functions, by name.
    pub(in crate::source) fn table(self) -> Table {
        let mut table = HashMap::new();
        let mut add = |function: &'static Function| {
            table.entry(function.name).or_insert(function);
        };
        vgputrace_api::all().for_each(&mut add);
        match self {
            Self::None => {}
            Self::Discovery => driver::discovery().for_each(&mut add),
            Self::All => driver::all().for_each(&mut add),
        }
        table
    }
}

/// Functions that are probed, by name.
pub type Table = HashMap<&'static str, &'static Function>;

/// The function of the table that a symbol is. A C++ function is known by its own name, whatever its parameters are today.
pub(super) fn function_of(table: &Table, symbol: &str) -> Option<&'static Function> {
    let of_cpp = || {
        let function = table.get(mangled_name(symbol)?)?;
        (!function.mangled.is_empty()).then_some(function)
    };
    table.get(symbol).or_else(of_cpp).copied()
}

/// The name in a mangled name, for a function outside all classes and namespaces: `_Z`, its length, itself, then its parameters (Itanium
/// C++ ABI, 5.1).
fn mangled_name(symbol: &str) -> Option<&str> {
    let rest = symbol.strip_prefix("_Z")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let (length, rest) = rest.split_at(digits);
    rest.get(..length.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::{Calls, function_of, mangled_name};

    #[test]
    fn a_cpp_function_of_the_table_is_known_whatever_its_parameters_are() {
        let table = Calls::None.table();
        let name = |symbol| function_of(&table, symbol).map(|function| function.name);
        let log = Some("common_log_default_callback");
        let mangled = "_Z27common_log_default_callback14ggml_log_levelPKcPv";
        assert_eq!(name(mangled), log);
        assert_eq!(name("_Z27common_log_default_callbackiPKcPv"), log);
        assert_eq!(
            vgputrace_api::all()
                .find(|function| Some(function.name) == log)
                .map(|function| function.mangled),
            Some(mangled)
        );
        assert_eq!(name("dlopen"), Some("dlopen"));
        // A function of C has no mangled name, and a class may have a function of any name.
        assert_eq!(name("_Z17ggml_backend_initv"), None);
        assert_eq!(name("_ZN3foo27common_log_default_callbackEv"), None);
        assert_eq!(name("_Z28common_log_default_callback2v"), None);
    }

    #[test]
    fn any_text_is_a_mangled_name_or_none() {
        assert_eq!(mangled_name("_Z3abci"), Some("abc"));
        for text in [
            "",
            "_Z",
            "_Z9",
            "_Z9abc",
            "_Z99999999999999999999a",
            "_Z2é",
            "_Z1é",
            "Z1a",
        ] {
            let found = mangled_name(text);
            assert!(found.is_none() || found == Some("é"), "{text}: {found:?}");
        }
    }
}
