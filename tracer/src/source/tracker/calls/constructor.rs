//! Constructors of libraries as calls: what the loader runs before anybody calls into a library.

use vgputrace_api::{Class, Failed, Function, Returns, Type};

/// Stands for every constructor; each has its own name and place.
pub(super) static CONSTRUCTOR: Function = Function {
    api: "constructor",
    name: "constructor",
    mangled: "",
    args: &[],
    inside: &[],
    result: Type::Void,
    returns: Returns::Sites,
    failed: Failed::Never,
    class: Class::Call,
    meaning: "set a library up while it is loaded",
};

/// What is known of one constructor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its symbol, or `constructor+0x1234`.
    pub name: String,
    /// Where the library lists it: `DT_INIT_ARRAY[3]`.
    pub which: String,
}
