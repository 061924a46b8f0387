use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Environment, Requester, closure, closure_of};
use crate::event::Text;
use crate::event::library::Closure;
use crate::source::library::Root;
use crate::source::library::facts::text;
use crate::source::library::object::Object;
use crate::source::library::subject::Subject;

/// Loads its argument with RTLD_NOW and prints dlerror's words.
const PROGRAM: &str = r#"
    #include <dlfcn.h>
    #include <stdio.h>
    int main(int argc, char **argv) {
        if (dlopen(argv[1], RTLD_NOW | RTLD_LOCAL)) return 0;
        puts(dlerror());
        return 3;
    }
"#;

struct Loading {
    subject: Subject,
    program: PathBuf,
}

impl Loading {
    fn new() -> Self {
        let subject = Subject::new();
        let program = subject.compile("run", PROGRAM, &[]);
        Self { subject, program }
    }

    /// A library that finds its needs in its own folder.
    fn library(&self, name: &str, source: &str, more: &[&str]) -> PathBuf {
        let soname = format!("-Wl,-soname,{name}");
        let mut arguments = vec![
            "-L.",
            "-Wl,-rpath,$ORIGIN",
            "-Wl,--no-as-needed",
            soname.as_str(),
        ];
        arguments.extend_from_slice(more);
        self.subject.library(name, source, &arguments)
    }

    fn script(&self, text: &str) -> String {
        format!(
            "-Wl,--version-script={}",
            self.subject.file("map", text).display()
        )
    }

    fn environment(&self) -> Environment {
        Environment::of_program(Some(&self.program), &Root::default(), self.subject.folder())
    }

    fn loaded(&self) -> Vec<Object> {
        let root = Root::default();
        let program = Object {
            global: true,
            ..Object::read(&self.program, &root).unwrap()
        };
        let of_program = closure(&self.program, &self.environment(), &[]);
        assert_eq!(
            (of_program.missing_symbols, of_program.missing_versions),
            (vec![], vec![])
        );
        let files = of_program
            .objects
            .iter()
            .skip(1)
            .filter_map(|found| found.file.clone());
        let mut loaded = vec![program];
        loaded.extend(files.map(|file| Object {
            global: true,
            ..Object::read(Path::new(file.as_str()), &root).unwrap()
        }));
        loaded
    }

    fn ours(&self, path: &Path) -> Closure {
        closure(path, &self.environment(), &self.loaded())
    }

    /// dlerror's words, or nothing.
    fn real(&self, path: &Path) -> Option<String> {
        let done = Command::new(&self.program).arg(path).output().unwrap();
        (!done.status.success()).then(|| String::from_utf8(done.stdout).unwrap())
    }
}

/// What `ldd -r` misses: libraries, symbols, versions.
fn ldd(path: &Path) -> [BTreeSet<String>; 3] {
    let done = Command::new("ldd").arg("-r").arg(path).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap();
    let mut found = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
    for line in said.lines() {
        if let Some(name) = line.trim().strip_suffix(" => not found") {
            found[0].insert(name.to_owned());
        } else if let Some(rest) = line.strip_prefix("undefined symbol: ") {
            let symbol = rest.split_once('\t').unwrap().0;
            found[1].insert(symbol.replace(", version ", "@"));
        } else if let Some((_, rest)) = line.split_once("version `") {
            found[2].insert(rest.split_once('\'').unwrap().0.to_owned());
        }
    }
    found
}

fn missing(closure: &Closure) -> [BTreeSet<String>; 3] {
    let files = closure.objects.iter().filter(|found| found.file.is_none());
    [
        files.map(|found| found.name.to_string()).collect(),
        closure
            .missing_symbols
            .iter()
            .map(Text::to_string)
            .collect(),
        closure
            .missing_versions
            .iter()
            .map(|[_, _, version]| version.to_string())
            .collect(),
    ]
}

fn sets(lists: [&[&str]; 3]) -> [BTreeSet<String>; 3] {
    lists.map(|list| list.iter().map(|text| (*text).to_owned()).collect())
}

impl Loading {
    /// The real loader and `ldd -r` say the same as we do, and it is `wanted`.
    fn agrees(&self, path: &Path, wanted: [&[&str]; 3]) {
        let ours = missing(&self.ours(path));
        assert_eq!(ours, sets(wanted));
        assert_eq!(ours, ldd(path), "ldd");
        let real = self.real(path);
        let all: Vec<&String> = ours.iter().flatten().collect();
        assert_eq!(real.is_some(), !all.is_empty(), "{real:?}");
        if let Some(real) = real {
            let names = |name: &String| real.contains(name.split('@').next().unwrap());
            assert!(
                all.iter().any(|name| names(name)),
                "{real} names none of {all:?}"
            );
        }
    }
}

#[test]
fn a_complete_library_misses_nothing() {
    let loading = Loading::new();
    let _ = loading.library("libdeep.so", "int deep(void) { return 1; }", &[]);
    let _ = loading.library(
        "libdep.so",
        "extern int deep(void); int dep(void) { return deep(); }",
        &["-ldeep"],
    );
    let source = r#"
        #include <stdio.h>
        #include <math.h>
        extern int dep(void); extern int nowhere(void) __attribute__((weak));
        int top(double x) { printf("%f", pow(x, x)); return dep() + (nowhere ? nowhere() : 0); }
    "#;
    let top = loading.library("libtop.so", source, &["-ldep", "-lm"]);
    loading.agrees(&top, [&[], &[], &[]]);
    let order: Vec<String> = loading
        .ours(&top)
        .objects
        .iter()
        .map(|found| found.name.to_string())
        .collect();
    assert_eq!(
        order[1..5],
        ["libdep.so", "libm.so.6", "libc.so.6", "libdeep.so"].map(str::to_owned),
        "breadth first"
    );
}

#[test]
fn missing_libraries_of_all_levels_are_told_at_once() {
    let loading = Loading::new();
    for name in ["libgone1.so", "libgone2.so", "libgone3.so"] {
        let function = name.replace(".so", "");
        let _ = loading.library(name, &format!("int {function}(void) {{ return 1; }}"), &[]);
    }
    let _ = loading.library(
        "libdep.so",
        "extern int libgone2(void); int dep(void) { return libgone2(); }",
        &["-lgone2", "-lgone3"],
    );
    let source = "extern int dep(void); extern int libgone1(void); int top(void) { return dep() + libgone1(); }";
    let top = loading.library("libtop.so", source, &["-ldep", "-lgone1"]);
    for name in ["libgone1.so", "libgone2.so", "libgone3.so"] {
        std::fs::remove_file(loading.subject.folder().join(name)).unwrap();
    }
    loading.agrees(
        &top,
        [
            &["libgone1.so", "libgone2.so", "libgone3.so"],
            &["libgone1", "libgone2"],
            &[],
        ],
    );
    let ours = loading.ours(&top);
    let gone2 = ours
        .objects
        .iter()
        .find(|found| found.name.as_str() == "libgone2.so")
        .unwrap();
    assert_eq!(gone2.by, text(&loading.subject.folder().join("libdep.so")));
    assert!(
        gone2
            .tried
            .iter()
            .any(|tried| tried.via.as_str() == "runpath")
    );
}

#[test]
fn undefined_symbols_of_all_objects_are_told_at_once() {
    let loading = Loading::new();
    let _ = loading.library("libdep.so", "extern int lost_a(void); extern int lost_data; int dep(void) { return lost_a() + lost_data; }", &[]);
    let top = loading.library(
        "libtop.so",
        "extern int dep(void); extern int lost_b(void); int top(void) { return dep() + lost_b(); }",
        &["-ldep"],
    );
    loading.agrees(&top, [&[], &["lost_a", "lost_b", "lost_data"], &[]]);
}

#[test]
fn a_missing_version_node_is_told_with_its_symbols() {
    let loading = Loading::new();
    let old = "int keep(void) { return 1; } int fresh(void) { return 2; }";
    let script = loading.script("V1 { keep; }; V2 { fresh; } V1;");
    let _ = loading.library("libdep.so", old, &[&script]);
    let top = loading.library(
        "libtop.so",
        "extern int keep(void), fresh(void); int top(void) { return keep() + fresh(); }",
        &["-ldep"],
    );
    loading.agrees(&top, [&[], &[], &[]]);
    let script = loading.script("V1 { keep; };");
    let _ = loading.library("libdep.so", "int keep(void) { return 1; }", &[&script]);
    loading.agrees(&top, [&[], &["fresh@V2"], &["V2"]]);
    // Without any versions the loader takes the symbol; a symbol of another version it does not.
    let _ = loading.library("libdep.so", old, &[]);
    loading.agrees(&top, [&[], &[], &[]]);
    let script = loading.script("V1 { keep; fresh; }; V2 { nothing; } V1;");
    let _ = loading.library("libdep.so", &format!("{old} int nothing;"), &[&script]);
    loading.agrees(&top, [&[], &["fresh@V2"], &[]]);
}

#[test]
fn an_unversioned_reference_is_answered_as_the_loader_does() {
    let loading = Loading::new();
    let _ = loading.library("libdep.so", "int f(void) { return 1; }", &[]);
    let top = loading.library(
        "libtop.so",
        "extern int f(void); int top(void) { return f(); }",
        &["-ldep"],
    );
    let script = loading.script("V1 { f; }; V2 { g; } V1;");
    let _ = loading.library("libdep.so", "int f(void) { return 1; } int g;", &[&script]);
    loading.agrees(&top, [&[], &[], &[]]);
    let two = r#"int f1(void) { return 1; } int f2(void) { return 2; } int g;
        __asm__(".symver f1, f@V2"); __asm__(".symver f2, f@V3");"#;
    let script = loading.script("V1 { g; }; V2 { } V1; V3 { } V2;");
    let _ = loading.library("libdep.so", two, &[&script]);
    loading.agrees(&top, [&[], &["f"], &[]]);
}

#[test]
fn a_wrong_class_is_missing_and_a_truncated_file_is_found() {
    let loading = Loading::new();
    let dep = loading.library("libdep.so", "int dep(void) { return 1; }", &[]);
    let top = loading.library(
        "libtop.so",
        "extern int dep(void); int top(void) { return dep(); }",
        &["-ldep"],
    );
    let good = std::fs::read(&dep).unwrap();
    let mut wrong = good.clone();
    wrong[4] = 1;
    std::fs::write(&dep, wrong).unwrap();
    loading.agrees(&top, [&["libdep.so"], &["dep"], &[]]);
    std::fs::write(&dep, &good[..good.len() / 2]).unwrap();
    let ours = loading.ours(&top);
    assert_eq!(missing(&ours), sets([&[], &["dep"], &[]]));
    let found = ours
        .objects
        .iter()
        .find(|found| found.name.as_str() == "libdep.so")
        .unwrap();
    assert_eq!(found.file, Some(text(&dep)));
    assert!(loading.real(&top).is_some());
}

#[test]
fn what_is_loaded_already_serves_only_when_it_is_global() {
    let loading = Loading::new();
    let other = loading.library("libother.so", "int shared_thing(void) { return 1; }", &[]);
    let top = loading.library(
        "libtop.so",
        "extern int shared_thing(void); int top(void) { return shared_thing(); }",
        &[],
    );
    for (global, wanted) in [(false, &["shared_thing"][..]), (true, &[])] {
        let mut loaded = loading.loaded();
        let object = Object::read(&other, &Root::default()).unwrap();
        loaded.push(Object { global, ..object });
        let ours = closure(&top, &loading.environment(), &loaded);
        assert_eq!(missing(&ours), sets([&[], wanted, &[]]));
    }
    // Under another path the loader knows the file by its inode.
    let link = loading.subject.folder().join("libalias.so");
    std::fs::hard_link(&other, &link).unwrap();
    let mut loaded = loading.loaded();
    loaded.push(Object::read(&other, &Root::default()).unwrap());
    let environment = loading.environment();
    let ours = closure_of(&text(&link), &Requester::default(), &environment, &loaded);
    assert_eq!((ours.objects.len(), ours.missing_symbols), (1, vec![]));
}

#[test]
fn every_program_and_library_of_this_machine_is_judged_as_ldd_judges_it() {
    let mut compared = 0;
    let folders = [("/usr/bin", 12), ("/lib/x86_64-linux-gnu", 24)];
    for (folder, most) in folders {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        let dynamic = paths.into_iter().filter(|path| {
            Object::read(path, &Root::default()).is_ok_and(|object| !object.needed.is_empty())
        });
        for path in dynamic.step_by(7).take(most) {
            let environment =
                Environment::of_program(Some(&path), &Root::default(), Path::new("/"));
            let ours = closure(&path, &environment, &[]);
            assert_eq!(missing(&ours), ldd(&path), "{}", path.display());
            compared += 1;
        }
    }
    assert!(compared > 10, "{compared}");
}
