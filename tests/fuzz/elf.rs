//! Facts of library files, their functions and the ends of these.

use vgputrace::source::library::facts::{Detail, facts};
use vgputrace::source::library::functions::{Tables, functions};
use vgputrace::source::library::returns::return_sites;
use vgputrace::source::library::symbol::Symbols;
use vgputrace::source::library::{Image, Root};

use crate::engine::{corpus, run};

#[test]
fn damaged_libraries_give_facts_or_say_what_is_wrong() {
    let folder = vgputrace_tests::open_folder();
    let path = folder.path().join("libfuzz.so");
    let names = ["ggml_backend_init", "dlopen", "dlsym", "ggml_backend_score"];
    run("elf", &corpus("elf"), |bytes| {
        std::fs::write(&path, bytes).expect("a file in a temporary folder");
        let told = facts(&path, &Root::default(), Detail::References);
        let length = serde_json::to_string(&told).map_or(0, |text| text.len());
        assert!(
            length <= (1 << 20) + bytes.len() * 64,
            "{length} bytes of facts"
        );
        let Ok(image) = Image::open(&path, &Root::default()) else {
            return;
        };
        let symbols = Symbols::read(&image);
        let Ok(found) = functions(&image, Tables::All, |name| names.contains(&name)) else {
            return;
        };
        for name in names {
            if let (Some(function), Ok(symbols)) = (found.named(name), &symbols) {
                let _ = return_sites(&image, function, symbols);
            }
        }
        if let Ok(symbols) = &symbols {
            let _ = symbols.nearest(image.span().1 / 2);
        }
    });
}
