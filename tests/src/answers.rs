//! A library with every function of an interface, each with an answer of its own, and a program that calls every one once:
//! both written from the function table, so that what a trace says of a call can be compared with the table.

pub mod expected;
pub mod typed;

use std::fmt::Write;
use std::path::PathBuf;

use vgputrace_api::{Function, Type};

use crate::npm::pretend::write;
use crate::programs::{library_of, program_of};

/// Bytes behind a pointer to text or a structure.
const ROOM: usize = 512;

/// What the functions of a library answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Success, and outputs.
    Success,
    /// Each another code of the interface.
    Codes,
}

/// The number of parameter `index` of function `at`, as it is called.
#[must_use]
pub fn argument(at: usize, index: usize, kind: Type) -> u64 {
    let own = (at * 16 + index + 1) as u64;
    match kind {
        Type::I32 => u64::from((-(own as i32)).cast_unsigned()),
        Type::Enum(names) | Type::Flags(names) => {
            let list = names.list();
            let number = list[at % list.len()].number;
            u64::from((number as i32).cast_unsigned())
        }
        Type::CudaVersion => 12_080,
        Type::Handle(handle) if handle.width() == 4 => own % 8,
        Type::Handle(_) | Type::Pointer | Type::Input => 0x5000_0000_0000 + own * 64,
        Type::U64 => own << 20,
        _ => own,
    }
}

/// What output `index` of function `at` gets.
#[must_use]
pub fn output(at: usize, index: usize, kind: Type) -> u64 {
    let own = (at * 16 + index + 1) as u64;
    match kind {
        Type::OutI32 => u64::from((-(own as i32)).cast_unsigned()),
        Type::OutEnum(names) => {
            let list = names.list();
            u64::from((list[at % list.len()].number as i32).cast_unsigned())
        }
        Type::OutCudaVersion => 13_000,
        Type::OutHandle(handle) if handle.width() == 4 => own % 8,
        Type::OutHandle(_) | Type::OutPointer => 0x6000_0000_0000 + own * 64,
        Type::OutU64 => own << 24,
        _ => own,
    }
}

/// Byte `index` of a structure that function `at` reads or fills: small, so that texts in it are text.
#[must_use]
pub fn byte(at: usize, index: usize) -> u8 {
    (33 + (at + index * 7) % 90) as u8
}

/// The code that function `at` answers; 0 for success.
#[must_use]
pub fn code(function: &Function, at: usize, answer: Answer) -> i64 {
    match (function.result, answer) {
        (Type::Enum(names), Answer::Codes) => names.list()[at % names.list().len()].number,
        _ => 0,
    }
}

/// Builds the library; returns its path.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn library(api: &str, functions: &[&Function], answer: Answer) -> PathBuf {
    built(api, functions, answer, &["-w"])
}

/// The same with a frame in every function, as larger functions have: they begin with a `push`, at which a probe costs no
/// single step.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn framed_library(api: &str, functions: &[&Function]) -> PathBuf {
    let flags = ["-w", "-O0"];
    built(api, functions, Answer::Success, &flags)
}

#[track_caller]
fn built(api: &str, functions: &[&Function], answer: Answer, flags: &[&str]) -> PathBuf {
    let mut text = String::from("#include <string.h>\nstruct big { char bytes[64]; };\n");
    let _ = writeln!(
        text,
        "static void fill(unsigned char *to, int at, int size) {{ for (int i = 0; i < size; i++) to[i] = 33 + (at + i * 7) % 90; }}"
    );
    for (at, function) in functions.iter().enumerate() {
        let _ = writeln!(text, "{} {{", prototype(function));
        for (index, arg) in function.args.iter().enumerate() {
            let name = format!("a{index}");
            match arg.kind {
                Type::OutText(_) => {
                    let _ = writeln!(text, "  strcpy({name}, \"text of {}\");", function.name);
                }
                Type::OutStruct(of) => {
                    let size = of.layout().size;
                    let _ = writeln!(text, "  fill({name}, {at}, {size});");
                }
                kind if kind.out_size() == Some(4) => {
                    let value = output(at, index, kind);
                    let _ = writeln!(text, "  *(unsigned *){name} = {value}u;");
                }
                kind if kind.out_size() == Some(8) => {
                    let value = output(at, index, kind);
                    let _ = writeln!(text, "  *(unsigned long *){name} = {value}ul;");
                }
                _ => {}
            }
        }
        let back = match function.result {
            Type::Void => String::new(),
            Type::Str => format!("return \"answer of {}\";", function.name),
            Type::Pointer => "return (void *)0x7000;".to_owned(),
            _ => format!("return {};", code(function, at, answer)),
        };
        let _ = writeln!(text, "  {back}\n}}");
    }
    let file = format!("libanswers-{api}.so");
    let source = write(&folder(), &format!("{api}-{answer:?}.c"), &text);
    library_of(None, &source, &file, flags)
}

/// Builds the program that calls each function once, from the library its argument names; returns its path.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn caller(api: &str, functions: &[&Function]) -> PathBuf {
    let mut text =
        String::from("#include <dlfcn.h>\n#include <stdio.h>\nstruct big { char bytes[64]; };\n");
    let _ = writeln!(
        text,
        "static unsigned char room[{ROOM}]; static unsigned long out[16];"
    );
    let _ = writeln!(
        text,
        "static void *fill(int at, int size) {{ for (int i = 0; i < size; i++) room[i] = 33 + (at + i * 7) % 90; return room; }}"
    );
    let _ = writeln!(
        text,
        "static void *library;\nstatic void *find(const char *name) {{ void *f = dlsym(library, name); if (!f) printf(\"%s is missing\\n\", name); return f; }}"
    );
    for (at, function) in functions.iter().enumerate() {
        let _ = writeln!(text, "static void call_{at}(void) {{");
        let types: Vec<&str> = function.args.iter().map(|arg| c_type(arg.kind)).collect();
        let values: Vec<String> = (0..)
            .zip(function.args)
            .map(|(index, arg)| value(function, at, index, arg.kind))
            .collect();
        let _ = writeln!(
            text,
            "  (({} (*)({}))find(\"{}\"))({});\n}}",
            c_type(function.result),
            if types.is_empty() {
                "void".to_owned()
            } else {
                types.join(", ")
            },
            function.name,
            values.join(", ")
        );
    }
    let _ = writeln!(
        text,
        "int main(int count, char **words) {{\n  library = dlopen(words[1], RTLD_NOW);\n  if (!library) {{ puts(dlerror()); return 1; }}"
    );
    for at in 0..functions.len() {
        let _ = writeln!(text, "  call_{at}();");
    }
    let _ = writeln!(text, "  puts(\"all called\");\n  return 0;\n}}");
    let source = write(&folder(), &format!("call-{api}.c"), &text);
    program_of(&source, &format!("call-{api}"), &["-w"])
}

pub(crate) fn folder() -> PathBuf {
    crate::workspace().join("target/tracees/answers")
}

fn prototype(function: &Function) -> String {
    let args: Vec<String> = (0..)
        .zip(function.args)
        .map(|(index, arg)| format!("{} a{index}", c_type(arg.kind)))
        .collect();
    let args = if args.is_empty() {
        "void".to_owned()
    } else {
        args.join(", ")
    };
    format!("{} {}({args})", c_type(function.result), function.name)
}

pub(crate) fn value(function: &Function, at: usize, index: usize, kind: Type) -> String {
    match kind {
        Type::Str => format!("\"{} {index}\"", function.name),
        Type::Float => "1.5f".to_owned(),
        Type::OnStack => "(struct big){{1}}".to_owned(),
        Type::InStruct(of) => format!("fill({at}, {})", of.layout().size),
        Type::OutText(_) | Type::OutStruct(_) => "room".to_owned(),
        kind if kind.output().is_some() => format!("&out[{index}]"),
        // The size of a buffer for text.
        Type::I32 | Type::U32 if is_length(function, index) => "200".to_owned(),
        kind => format!("({}){:#x}ul", c_type(kind), argument(at, index, kind)),
    }
}

/// The parameter says how long a buffer for text is.
#[must_use]
pub fn is_length(function: &Function, index: usize) -> bool {
    function
        .args
        .iter()
        .any(|arg| arg.kind == Type::OutText(index as u8))
}

fn c_type(kind: Type) -> &'static str {
    match kind {
        Type::Void => "void",
        Type::Str => "const char *",
        Type::Float => "float",
        Type::OnStack => "struct big",
        Type::U64 => "unsigned long",
        kind if kind.output().is_none() && kind.width() == 4 => "int",
        _ => "void *",
    }
}
