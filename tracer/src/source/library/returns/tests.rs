use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Returns, return_sites};
use crate::source::library::functions::{Function, Tables, functions};
use crate::source::library::subject::Subject;
use crate::source::library::symbol::Symbols;
use crate::source::library::{Image, Root};

fn returns_of(path: &Path, name: &str) -> (Function, Returns) {
    let image = Image::open(path, &Root::default()).unwrap();
    let symbols = Symbols::read(&image).unwrap();
    let found = functions(&image, Tables::All, |found| found == name).unwrap();
    let function = found.named(name).unwrap().clone();
    let returns = return_sites(&image, &function, &symbols);
    (function, returns)
}

fn subject(more: &[&str]) -> (Subject, PathBuf) {
    let subject = Subject::new();
    let source = r#"
        extern int elsewhere(int); extern int (*pointer)(int);
        __attribute__((noinline)) static int inner(int x) { __asm__ volatile(""); return x ^ 5; }
        int exported(int x) { __asm__ volatile("" ::: "memory"); return x + 2; }
        int to_other(int x) { return elsewhere(x + 1); }
        int to_exported(int x) { return exported(x + 1); }
        int to_static(int x) { return inner(x + 1); }
        int to_pointer(int x) { return pointer(x); }
        __asm__(".text\n .globl odd\n .type odd,@function\nodd:\n"
            " test %edi,%edi\n je 1f\n jmp 2f\n"
            "1: repz ret\n2: js 3f\n ret $8\n3: bnd ret\n .size odd,.-odd\n"
            " .globl spoilt\n .type spoilt,@function\nspoilt:\n"
            " je .+3\n mov $0xc3c3c3c3,%eax\n ret\n .size spoilt,.-spoilt\n"
            " .globl locked\n .type locked,@function\nlocked:\n"
            " je 1f\n lock\n1: cmpxchg %esi,(%rdi)\n ret\n .size locked,.-locked\n"
            " .globl bad\n .type bad,@function\nbad:\n ret\n .byte 0x06\n .size bad,.-bad\n");
    "#;
    let mut arguments = vec!["-fno-inline"];
    arguments.extend_from_slice(more);
    let path = subject.library("libr.so", source, &arguments);
    (subject, path)
}

#[test]
fn every_form_of_ret_is_a_site() {
    let (_subject, path) = subject(&[]);
    let (function, returns) = returns_of(&path, "odd");
    let into: Vec<u64> = returns
        .sites
        .iter()
        .map(|site| site - function.offset)
        .collect();
    let bytes = std::fs::read(&path).unwrap();
    let first: Vec<u8> = returns
        .sites
        .iter()
        .map(|site| bytes[*site as usize])
        .collect();
    assert_eq!(first, [0xf3, 0xc2, 0xf2], "{into:?}");
    assert!(returns.tail_jumps.is_empty() && !returns.uncertain);
}

#[test]
fn a_jump_that_takes_the_place_of_the_function_names_its_target() {
    for more in [
        &[][..],
        &["-fcf-protection=full"],
        &["-fno-plt"],
        &["-s"],
        &["-Wl,-z,now"],
    ] {
        let (_subject, path) = subject(more);
        let exported = returns_of(&path, "exported").0;
        for (name, symbol, target) in [
            ("to_other", Some("elsewhere"), None),
            ("to_exported", Some("exported"), Some(exported.address)),
        ] {
            let (_, returns) = returns_of(&path, name);
            assert!(returns.sites.is_empty(), "{name} {more:?}");
            let jump = &returns.tail_jumps[0];
            assert_eq!(
                jump.symbol.as_ref().map(|text| text.as_str()),
                symbol,
                "{name} {more:?}"
            );
            assert_eq!(jump.target, target, "{name} {more:?}");
        }
        let (_, returns) = returns_of(&path, "to_pointer");
        assert_eq!((returns.sites.len(), returns.computed_jumps), (0, 1));
        let (_, returns) = returns_of(&path, "to_static");
        assert!(returns.tail_jumps[0].target.is_some());
    }
}

#[test]
fn bytes_that_do_not_decode_cleanly_give_no_site() {
    let (_subject, path) = subject(&[]);
    for name in ["spoilt", "bad"] {
        let (_, returns) = returns_of(&path, name);
        assert!(returns.uncertain && returns.sites.is_empty(), "{name}");
    }
    let (_, returns) = returns_of(&path, "locked");
    assert_eq!((returns.sites.len(), returns.uncertain), (1, false));
}

#[test]
fn a_cold_part_counts_as_part_of_the_function() {
    let subject = Subject::new();
    let source = r#"
        extern int log_it(int) __attribute__((cold));
        int hot(int x) { if (__builtin_expect(x < 0, 0)) { log_it(x); return 0; } return x * 2; }
    "#;
    let path = subject.library("libc1.so", source, &[]);
    let image = Image::open(&path, &Root::default()).unwrap();
    let symbols = Symbols::read(&image).unwrap();
    let cold = symbols.named("hot.cold").expect("gcc splits this function");
    let (hot, returns) = returns_of(&path, "hot");
    assert!(
        returns.tail_jumps.is_empty(),
        "the jump to the cold part is no tail jump: {returns:?}"
    );
    let inside =
        |site: &&u64| (**site).wrapping_sub(image.offset_of(cold.address).unwrap()) < cold.size;
    assert_eq!(
        returns.sites.iter().filter(inside).count(),
        1,
        "{returns:?} {hot:?}"
    );
}

/// What objdump takes for a return, by address.
fn objdump(path: &Path) -> BTreeSet<u64> {
    let done = Command::new("objdump")
        .args(["-d", "--no-show-raw-insn"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.split_once(":\t"))
        .filter(|(_, instruction)| instruction.split_whitespace().any(|word| word == "ret"))
        .map(|(address, _)| u64::from_str_radix(address.trim(), 16).unwrap())
        .collect()
}

#[test]
fn the_sites_of_this_machines_loader_are_those_that_objdump_shows() {
    let path = Path::new("/lib64/ld-linux-x86-64.so.2");
    let image = Image::open(path, &Root::default()).unwrap();
    let symbols = Symbols::read(&image).unwrap();
    let shown = objdump(path);
    let found = functions(&image, Tables::All, |_| true).unwrap();
    let mut compared = 0;
    for function in found.list.iter().filter(|function| function.size > 0) {
        let returns = return_sites(&image, function, &symbols);
        let wanted: Vec<u64> = shown
            .range(function.address..function.address + function.size)
            .filter_map(|address| image.offset_of(*address))
            .collect();
        assert!(!returns.uncertain, "{}", function.name());
        assert_eq!(returns.sites, wanted, "{}", function.name());
        compared += wanted.len();
    }
    assert!(compared > 10);
}
