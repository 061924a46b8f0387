use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Environment, Requester, search};
use crate::event::Text;
use crate::event::library::Resolved;
use crate::source::library::Root;
use crate::source::library::facts::text;
use crate::source::library::layout::CpuLevel;
use crate::source::library::object::Object;
use crate::source::library::subject::Subject;

const ASKER: &str = r#"
    #include <dlfcn.h>
    int ask(const char *name) { return dlopen(name, RTLD_NOW) != 0; }
"#;
const PROGRAM: &str = r#"
    extern int ask(const char *);
    int main(int argc, char **argv) { return !ask(argv[1]); }
"#;

/// A program that asks through a library of its own, each with its search list.
struct Asking {
    subject: Subject,
    program: PathBuf,
    library_path: String,
}

impl Asking {
    fn new(program_list: &[&str], asker_list: &[&str], library_path: &str) -> Self {
        let subject = Subject::new();
        for folder in [
            "a",
            "b",
            "b/glibc-hwcaps/x86-64-v2",
            "own",
            "own/sub",
            "program",
            "rel",
        ] {
            std::fs::create_dir_all(subject.folder().join(folder)).unwrap();
        }
        let mut arguments = vec!["-Wl,-soname,libasker.so"];
        arguments.extend_from_slice(asker_list);
        let asker = subject.library("own/libasker.so", ASKER, &arguments);
        let mut arguments = vec![asker.to_str().unwrap()];
        arguments.extend_from_slice(program_list);
        let program = subject.compile("program/run", PROGRAM, &arguments);
        let here = subject.folder().to_str().unwrap();
        let library_path = library_path.replace('@', here) + ":" + here + "/own";
        Self {
            subject,
            program,
            library_path,
        }
    }

    fn needle(&self, folder: &str) -> PathBuf {
        self.subject.library(
            &format!("{folder}/libneedle.so"),
            "int n(void) { return 1; }",
            &[],
        )
    }

    /// Files the real loader tried for `name`, in order, and whether it took the last.
    fn real(&self, name: &str) -> (Vec<PathBuf>, bool) {
        let done = Command::new(&self.program)
            .arg(name)
            .current_dir(self.subject.folder())
            .env("LD_LIBRARY_PATH", &self.library_path)
            .env("LD_DEBUG", "libs")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        let start = format!("find library={name} ");
        let tried = said
            .lines()
            .skip_while(|line| !line.contains(&start))
            .skip(1)
            .take_while(|line| !line.contains("find library="))
            .filter_map(|line| line.split_once("trying file="))
            .map(|(_, file)| self.subject.folder().join(file))
            .collect();
        (tried, done.status.success())
    }

    fn ours(&self, name: &str) -> Resolved {
        let root = Root::default();
        let flags = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let environment = Environment {
            library_path: Some(Text::from(self.library_path.as_str())),
            cpu: CpuLevel::from_flags(&flags),
            ..Environment::of_program(Some(&self.program), &root, self.subject.folder())
        };
        let asker = Object::read(&self.subject.folder().join("own/libasker.so"), &root).unwrap();
        let program = environment.program.clone().unwrap();
        let requester = Requester {
            chain: vec![&asker, &program],
        };
        search(&Text::from(name), &requester, &environment, &[])
    }

    fn agrees(&self, name: &str) -> Resolved {
        let (real, success) = self.real(name);
        let ours = self.ours(name);
        let files = ours
            .tried
            .iter()
            .map(|tried| &tried.file)
            .chain(ours.file.as_ref());
        let files: Vec<PathBuf> = files.map(|file| PathBuf::from(file.as_str())).collect();
        assert_eq!(comparable(files), comparable(real), "{ours:#?}");
        assert_eq!(ours.file.is_some(), success, "{ours:#?}");
        ours
    }
}

/// The loader skips a folder that it found absent before, and an old one tries its legacy hardware folders.
fn comparable(files: Vec<PathBuf>) -> Vec<PathBuf> {
    let legacy = ["tls", "x86_64", "haswell", "avx512_1", "xeon_phi"];
    let mut kept: Vec<PathBuf> = Vec::new();
    for file in files {
        let folder = file.parent().unwrap();
        let old = folder
            .components()
            .any(|part| legacy.iter().any(|name| part.as_os_str() == *name));
        if folder.is_dir() && !old {
            kept.push(file.components().collect());
        }
    }
    kept.dedup();
    kept
}

fn via(resolved: &Resolved) -> &str {
    resolved.via.as_ref().map_or("", Text::as_str)
}

#[test]
fn a_name_is_searched_where_the_real_loader_searches_it() {
    let runpath = ["-Wl,--enable-new-dtags", "-Wl,-rpath,$ORIGIN/sub:"];
    let rpath = ["-Wl,--disable-new-dtags", "-Wl,-rpath,${ORIGIN}/sub"];
    let program_rpath = ["-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN/../rel"];
    let path = "@/a:@/b/:rel::@/absent";
    for (program, asker, place, wanted) in [
        (&[][..], &runpath[..], "", ""),
        (&[][..], &runpath[..], "a", "LD_LIBRARY_PATH"),
        (
            &[][..],
            &runpath[..],
            "b/glibc-hwcaps/x86-64-v2",
            "LD_LIBRARY_PATH",
        ),
        (&[][..], &runpath[..], "own/sub", "runpath"),
        (&[][..], &runpath[..], ".", "LD_LIBRARY_PATH"),
        (&program_rpath[..], &runpath[..], "", ""),
        (&program_rpath[..], &rpath[..], "own/sub", "rpath"),
        (&program_rpath[..], &rpath[..], "rel", "rpath"),
        (&program_rpath[..], &[][..], "rel", "rpath"),
        (&runpath[..], &[][..], "program/sub", ""),
    ] {
        let asking = Asking::new(program, asker, path);
        if !place.is_empty() {
            asking.needle(place);
        }
        let resolved = asking.agrees("libneedle.so");
        assert_eq!(via(&resolved), wanted, "{program:?} {asker:?} {place}");
    }
    let asking = Asking::new(&[], &[], path);
    assert_eq!(via(&asking.agrees("libm.so.6")), "cache");
}

#[test]
fn a_file_of_another_class_is_passed_over_and_a_broken_one_ends_the_search() {
    let edit = |path: &Path, at: usize, byte: u8| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[at] = byte;
        std::fs::write(path, bytes).unwrap();
    };
    for (at, byte, problem, over) in [
        (4, 1, "32-bit ELF", false),
        (18, 183, "ELF of another machine (183, AArch64)", false),
        (0, b'x', "not ELF", true),
        (
            5,
            2,
            "ELF of another class, byte order, version or OS ABI",
            true,
        ),
        (
            7,
            9,
            "ELF of another class, byte order, version or OS ABI",
            true,
        ),
        (16, 1, "ELF type 1, not a shared object", true),
    ] {
        let asking = Asking::new(&[], &[], "@/a:@/b");
        edit(&asking.needle("a"), at, byte);
        asking.needle("b");
        let resolved = asking.agrees("libneedle.so");
        assert_eq!(resolved.file.is_none(), over, "{problem}");
        let first = &resolved.tried[0];
        assert_eq!(first.problem, Some(Text::from(problem)));
        assert_eq!(first.via, Text::from("LD_LIBRARY_PATH"));
    }
    let asking = Asking::new(&[], &[], "@/a:@/b");
    std::fs::create_dir_all(asking.subject.folder().join("a/libneedle.so")).unwrap();
    asking.needle("b");
    assert!(asking.agrees("libneedle.so").file.is_none());
    asking.subject.file("a/libempty.so", "");
    assert!(asking.agrees("libempty.so").file.is_none());
}

#[test]
fn a_name_with_a_slash_is_taken_as_it_is_and_a_loaded_one_is_not_searched() {
    let asking = Asking::new(&[], &[], "@/a");
    let needle = asking.needle("b");
    let resolved = asking.ours("b/libneedle.so");
    assert_eq!(
        (via(&resolved), resolved.file.clone()),
        ("path", Some(text(&needle)))
    );
    let resolved = asking.ours("./libneedle.so");
    assert_eq!((resolved.file, resolved.tried.len()), (None, 1));
    let root = Root::default();
    let environment = Environment::of_program(None, &root, Path::new("/"));
    let loaded = [Object::read(&asking.subject.folder().join("own/libasker.so"), &root).unwrap()];
    let by_soname = search(
        &Text::from("libasker.so"),
        &Requester::default(),
        &environment,
        &loaded,
    );
    assert_eq!(via(&by_soname), "loaded");
}

#[test]
fn a_secure_program_ignores_the_variable() {
    let asking = Asking::new(&[], &[], "@/a");
    asking.needle("a");
    let environment = Environment {
        library_path: Some(Text::from(asking.library_path.as_str())),
        secure: true,
        ..Environment::of_program(Some(&asking.program), &Root::default(), Path::new("/"))
    };
    assert!(environment.library_folders().is_empty());
    let found = search(
        &Text::from("libneedle.so"),
        &Requester::default(),
        &environment,
        &[],
    );
    assert_eq!(found.file, None);
}

#[test]
fn of_a_name_that_is_nowhere_it_is_told_which_folders_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("file"), "").unwrap();
    std::fs::create_dir(at("empty")).unwrap();
    let list = [at("gone"), at("file"), at("empty")].join(":");
    let mut environment = Environment::of_program(None, &Root::default(), Path::new("/"));
    environment.library_path = Some(Text::from(list));
    let name = Text::from("libneedle-of-nobody.so");
    let found = search(&name, &Requester::default(), &environment, &[]);
    let told: Vec<Option<u16>> = found
        .tried
        .iter()
        .filter(|tried| tried.via.as_str() == "LD_LIBRARY_PATH")
        .map(|tried| tried.folder.map(|err| err.0))
        .collect();
    assert_eq!(told, [Some(2), Some(20), None]);
}
