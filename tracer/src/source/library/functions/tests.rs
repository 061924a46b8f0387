use std::path::Path;

use super::{Tables, functions};
use crate::source::library::subject::Subject;
use crate::source::library::symbol::Symbols;
use crate::source::library::{Image, Root};

const SOURCE: &str = r#"
    __attribute__((noinline)) static int hidden_away(int x) { return x * 3 + 1; }
    int one(int x) { return hidden_away(x) + hidden_away(x + 1) * x; }
    extern __typeof__(one) two __attribute__((alias("one")));
    int old_name(int x) { return x; }
    int new_name(int x) { return x + 7; }
    __asm__(".symver old_name, name@V1");
    __asm__(".symver new_name, name@@V2");
    int data = 4;
"#;

fn subject(protection: &str, more: &[&str]) -> (Subject, Image) {
    let subject = Subject::new();
    let map = subject.file("map", "V1 { one; two; }; V2 { local: hidden_away; } V1;");
    let script = format!("-Wl,--version-script={}", map.display());
    let mut arguments = vec![protection, script.as_str()];
    arguments.extend_from_slice(more);
    let path = subject.library("libf.so", SOURCE, &arguments);
    let image = Image::open(&path, &Root::default()).unwrap();
    (subject, image)
}

#[test]
fn aliases_are_one_function_and_versions_are_told_apart() {
    let (_subject, image) = subject("-fcf-protection=none", &[]);
    let found = functions(&image, Tables::Dynamic, |_| true).unwrap();
    assert!(!found.cut);
    let one = found.named("one").unwrap();
    let names: Vec<&str> = one.names.iter().map(|name| name.text.as_str()).collect();
    assert_eq!(names, ["one", "two"]);
    assert!(one.text && !one.starts_with_endbr64 && one.size > 0);
    assert_eq!(one.probe_offset(), one.offset);
    let versions: Vec<_> = found
        .list
        .iter()
        .flat_map(|function| &function.names)
        .filter(|name| name.text.as_str() == "name")
        .map(|name| (name.version.as_ref().unwrap().as_str(), name.default))
        .collect();
    assert_eq!(versions.len(), 2);
    assert!(versions.contains(&("V1", false)) && versions.contains(&("V2", true)));
    assert!(found.named("data").is_none() && found.named("hidden_away").is_none());
}

#[test]
fn a_static_function_is_found_until_the_file_is_stripped() {
    let (_subject, image) = subject("-fcf-protection=none", &[]);
    let wanted = |name: &str| name == "hidden_away";
    let found = functions(&image, Tables::All, wanted).unwrap();
    let hidden = found.named("hidden_away").unwrap();
    assert!(!hidden.names[0].exported && hidden.size > 0);
    assert_eq!(found.list.len(), 1);
    let (_subject, stripped) = subject("-fcf-protection=none", &["-s"]);
    assert_eq!(functions(&stripped, Tables::All, wanted).unwrap().list, []);
}

#[test]
fn the_probe_stands_behind_a_landing_pad() {
    let (_subject, image) = subject("-fcf-protection=full", &[]);
    let found = functions(&image, Tables::Dynamic, |name| name == "one").unwrap();
    let one = found.named("two").unwrap();
    assert!(one.starts_with_endbr64);
    assert_eq!(one.probe_offset(), one.offset + 4);
}

#[test]
fn an_address_is_named_by_the_function_below_it() {
    let (_subject, image) = subject("-fcf-protection=none", &[]);
    let symbols = Symbols::read(&image).unwrap();
    let one = functions(&image, Tables::Dynamic, |name| name == "one")
        .unwrap()
        .list
        .remove(0);
    let near = symbols.nearest(one.address + 3).unwrap();
    assert_eq!(
        (near.name.as_str(), near.distance, near.size),
        ("one", 3, one.size)
    );
    assert_eq!(symbols.nearest(0), None);
    assert_eq!(image.address_of(one.offset), Some(one.address));
    assert_eq!(image.offset_of(one.address), Some(one.offset));
}

#[test]
fn the_load_bias_comes_from_a_mapping() {
    // The kernel tells a process its entry point, which is the bias and the entry of the file.
    let exe = std::env::current_exe().unwrap();
    let image = Image::open(&exe, &Root::default()).unwrap();
    let auxiliary = std::fs::read("/proc/self/auxv").unwrap();
    let words: Vec<u64> = auxiliary
        .as_chunks::<8>()
        .0
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        .collect();
    let entry = words.chunks(2).find(|pair| pair[0] == 9).unwrap()[1];
    let bias = entry - image.header.e_entry.get(crate::source::library::image::LE);
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut checked = 0;
    for line in maps
        .lines()
        .filter(|line| line.ends_with(exe.to_str().unwrap()))
    {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let start = number(fields[0].split('-').next().unwrap());
        if fields[1].contains('x') {
            assert_eq!(image.bias(start, number(fields[2])), Some(bias), "{line}");
            checked += 1;
        }
    }
    assert!(checked > 0, "{maps}");
}

#[test]
fn libc_of_this_machine_has_the_loading_functions() {
    let path = Path::new("/lib/x86_64-linux-gnu/libc.so.6");
    let image = Image::open(path, &Root::default()).unwrap();
    let found = functions(&image, Tables::Dynamic, |name| {
        name == "dlopen" || name == "dlsym"
    })
    .unwrap();
    let dlopen = found.named("dlopen").unwrap();
    assert!(dlopen.text && dlopen.names.iter().any(|name| name.default));
    assert!(found.named("dlsym").is_some());
}
