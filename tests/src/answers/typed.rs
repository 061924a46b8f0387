//! The same calls, compiled against the interface's own header: the compiler checks every prototype and structure of the
//! table, and passes the arguments as a real program does.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use vgputrace_api::layout::Struct;
use vgputrace_api::{Declaration, Function, Type};

use super::{folder, value};
use crate::gate;
use crate::npm::pretend::write;
use crate::programs::program_of;

/// Where `cargo xtask gen` keeps a header package, or a skip by name: fetching it needs the network.
#[must_use]
pub fn header(test: &str, package: &str, name: &str) -> Option<PathBuf> {
    let place = crate::workspace()
        .join(".cache/wheels")
        .join(package)
        .join("nvidia/cu13/include")
        .join(name);
    if place.is_file() {
        return Some(place);
    }
    gate::skip(
        test,
        &format!(
            "{} is not here; `cargo xtask gen` fetches it",
            place.display()
        ),
    );
    None
}

/// Builds the program that calls each function once by its prototype in the header, linked to the library.
///
/// # Panics
/// When it does not compile: then table and header disagree.
#[must_use]
#[track_caller]
pub fn typed_caller(
    api: &str,
    functions: &[(&Function, &Declaration)],
    structures: &[Struct],
    header: &Path,
    library: &Path,
) -> PathBuf {
    let mut text = String::from("#include <stddef.h>\n#include <stdio.h>\n");
    let _ = writeln!(text, "#include \"{}\"", header.display());
    let _ = writeln!(
        text,
        "static unsigned char room[512]; static unsigned long out[16];"
    );
    let _ = writeln!(
        text,
        "static void *fill(int at, int size) {{ for (int i = 0; i < size; i++) room[i] = 33 + (at + i * 7) % 90; return room; }}"
    );
    for of in structures {
        let layout = of.layout();
        let _ = writeln!(
            text,
            "_Static_assert(sizeof({}) {} {}, \"size\");",
            layout.c_name,
            if layout.partial { ">=" } else { "==" },
            layout.size
        );
        for field in layout.fields {
            let _ = writeln!(
                text,
                "_Static_assert(offsetof({0}, {1}) == {2}, \"{1}\"); _Static_assert(sizeof((({0} *)0)->{1}) == {3}, \"size of {1}\");",
                layout.c_name,
                field.name,
                field.offset,
                field.kind.size()
            );
        }
    }
    for (at, (function, declared)) in functions.iter().enumerate() {
        let types: Vec<&str> = (0..function.args.len())
            .map(|index| declared.parameter_c_type(index))
            .collect();
        let prototype = if types.is_empty() {
            "void".to_owned()
        } else {
            types.join(", ")
        };
        let name = function.name;
        let _ = writeln!(
            text,
            "_Static_assert(__builtin_types_compatible_p(__typeof__({name}), {} ({prototype})), \"{name}\");",
            declared.result_c_type()
        );
        let values: Vec<String> = (0..)
            .zip(function.args)
            .map(|(index, arg)| {
                let plain = value(function, at, index, arg.kind);
                match arg.kind {
                    Type::Str => plain,
                    _ => format!("({})({plain})", declared.parameter_c_type(index)),
                }
            })
            .collect();
        let _ = writeln!(
            text,
            "static void call_{at}(void) {{ (void){name}({}); }}",
            values.join(", ")
        );
    }
    text.push_str("int main(void) {\n");
    for at in 0..functions.len() {
        let _ = writeln!(text, "  call_{at}();");
    }
    text.push_str("  puts(\"all called\");\n  return 0;\n}\n");
    let source = write(&folder(), &format!("typed-{api}.c"), &text);
    let flags = [
        "-w".to_owned(),
        "-D__CUDA_API_VERSION_INTERNAL".to_owned(),
        "-DNVML_NO_UNVERSIONED_FUNC_DEFS".to_owned(),
        "-Wl,--no-as-needed".to_owned(),
        library.display().to_string(),
    ];
    program_of(&source, &format!("typed-{api}"), &flags)
}
