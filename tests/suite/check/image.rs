//! A made system: a folder that stands for `/`, with an Ollama in it.

use std::fmt;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use vgputrace_tests::libraries::{Fault, copy, place, soname};
use vgputrace_tests::programs::{library_of, program_of};
use vgputrace_tests::{binary, gate, open_folder, schema, trace, workspace};

/// How an Ollama discovers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Era {
    /// As it stands in JSON.
    pub(super) name: &'static str,
    /// The word in its program.
    word: &'static str,
}

pub(super) const RUNNER: Era = Era {
    name: "runner",
    word: "--ollama-engine",
};
pub(super) const LLAMA: Era = Era {
    name: "llama-server",
    word: "gpu-discover",
};

/// Parts of the C library that everything needs, as they lie on this machine.
const SYSTEM: [(&str, &str); 3] = [
    ("libc.so.6", "lib/x86_64-linux-gnu"),
    ("libm.so.6", "lib/x86_64-linux-gnu"),
    ("ld-linux-x86-64.so.2", "lib64"),
];
const FOLDERS: [&str; 4] = ["/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib"];

pub(super) struct Image {
    folder: TempDir,
}

impl Image {
    /// A system with one Ollama, an empty library folder, and an empty PCI bus. `None` where the tool is not built.
    #[track_caller]
    pub(super) fn of(era: Era, test: &str) -> Option<Self> {
        if binary().is_none() {
            gate::skip(test, "no vgputrace binary");
            return None;
        }
        let image = Self {
            folder: open_folder(),
        };
        for (name, folder) in SYSTEM {
            let found = FOLDERS
                .iter()
                .map(|folder| Path::new(folder).join(name))
                .find_map(|path| fs::canonicalize(path).ok());
            let Some(found) = found else {
                gate::skip(test, "no glibc for x86-64");
                return None;
            };
            let place = image.at(folder);
            sure(fs::create_dir_all(&place));
            copy(&found, &place.join(name));
        }
        for folder in ["usr/local/lib/ollama", "sys/bus/pci/devices", "sys/devices"] {
            sure(fs::create_dir_all(image.at(folder)));
        }
        image.write(
            "etc/passwd",
            "root:x:0:0::/root:/bin/sh\nollama:x:998:997::/usr/share/ollama:/bin/false\n",
        );
        image.write(
            "etc/group",
            "root:x:0:\nvideo:x:44:\nrender:x:105:ollama\nollama:x:997:\n",
        );
        image.program(era);
        if era.name == LLAMA.name {
            image.llama_server(&[]);
        }
        Some(image)
    }

    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    #[track_caller]
    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        sure(fs::create_dir_all(path.parent().unwrap_or(&path)));
        sure(fs::write(path, text));
    }

    #[track_caller]
    fn source(&self, name: &str, text: &str) -> PathBuf {
        let path = self.at(&format!("src/{name}"));
        self.write(&format!("src/{name}"), text);
        path
    }

    #[track_caller]
    fn program(&self, era: Era) {
        let text = format!(
            "#include <unistd.h>\nconst char *word = \"{}\"; int main(void) {{ return word[0] ? pause() : 0; }}\n",
            era.word
        );
        let made = program_of(&self.source("ollama.c", &text), "ollama", &["-O0"]);
        sure(fs::create_dir_all(self.at("usr/local/bin")));
        copy(&made, &self.at("usr/local/bin/ollama"));
    }

    /// llama-server, which needs a library that is nowhere when `-DABSENT` is given.
    #[track_caller]
    pub(super) fn llama_server(&self, flags: &[&str]) {
        let source = self.source("server.c", "int main(void) { return 0; }\n");
        let mut all: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        if !flags.is_empty() {
            let absent = self.made(
                "libvgputrace_absent.so.9",
                "int absent(void) { return 0; }\n",
                &[],
            );
            all.push("-Wl,--no-as-needed".to_owned());
            all.push(absent.to_string_lossy().into_owned());
        }
        let made = program_of(&source, "llama-server", &all);
        copy(&made, &self.at("usr/local/lib/ollama/llama-server"));
    }

    /// A library of a name that is its SONAME, in no folder of the image.
    #[track_caller]
    fn made(&self, name: &str, text: &str, flags: &[String]) -> PathBuf {
        let source = self.source(&format!("{name}.c"), text);
        let mut all = flags.to_vec();
        all.extend(soname(name));
        library_of(None, &source, name, &all)
    }

    /// libggml-cuda.so with a fault, in a folder of the tree.
    #[track_caller]
    pub(super) fn backend(&self, fault: Fault, folder: &str) -> PathBuf {
        let folder = self.at("usr/local/lib/ollama").join(folder);
        sure(fs::create_dir_all(&folder));
        place(fault, &folder, "libggml-cuda.so")
    }

    /// libggml-cuda.so that needs this library and calls a function of it; with `-DNEWER` one of a later ggml as well.
    #[track_caller]
    pub(super) fn needing(&self, folder: &str, library: &str, flags: &[&str]) -> PathBuf {
        let needed = self.made(library, "int cuInit(unsigned f) { return (int) f; }\n", &[]);
        let text = "int cuInit(unsigned);\n\
                    #ifdef NEWER\nint ggml_newer_than_base(void);\n#else\n#define ggml_newer_than_base() 0\n#endif\n\
                    int ggml_backend_init(void) { return cuInit(0) + ggml_newer_than_base(); }\n";
        let source = self.source("needing.c", text);
        let mut all: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        all.push("-Wl,--no-as-needed".to_owned());
        all.push(needed.to_string_lossy().into_owned());
        let made = library_of(None, &source, "libggml-cuda.so", &all);
        let folder = self.at("usr/local/lib/ollama").join(folder);
        sure(fs::create_dir_all(&folder));
        copy(&made, &folder.join("libggml-cuda.so"));
        needed
    }

    /// The library of that name in a folder of the image, under a file name, with a link of its own name.
    #[track_caller]
    pub(super) fn install(&self, library: &Path, folder: &str, file: &str) {
        let place = self.at(folder);
        sure(fs::create_dir_all(&place));
        copy(library, &place.join(file));
        let name = library.file_name().unwrap_or_default();
        if Path::new(file).file_name() != Some(name) {
            sure(symlink(file, place.join(name)));
        }
    }

    /// A device on the PCI bus.
    #[track_caller]
    pub(super) fn pci(&self, ids: &str, class: &str, driver: Option<&str>) -> PathBuf {
        let (vendor, device) = ids.split_once(':').unwrap_or_default();
        let folder = "sys/devices/pci0000:00/0000:00:05.0";
        self.write(&format!("{folder}/vendor"), &format!("0x{vendor}\n"));
        self.write(&format!("{folder}/device"), &format!("0x{device}\n"));
        self.write(&format!("{folder}/class"), &format!("0x{class}00\n"));
        let link = self.at("sys/bus/pci/devices/0000:00:05.0");
        let _ = fs::remove_file(&link);
        sure(symlink("../../../devices/pci0000:00/0000:00:05.0", link));
        let bound = self.at(&format!("{folder}/driver"));
        let _ = fs::remove_file(&bound);
        if let Some(driver) = driver {
            let target = format!("sys/bus/pci/drivers/{driver}");
            sure(fs::create_dir_all(self.at(&target)));
            sure(symlink(format!("../../../bus/pci/drivers/{driver}"), bound));
        }
        self.at(folder)
    }

    /// The unit that the install script writes.
    #[track_caller]
    pub(super) fn unit(&self, text: &str) {
        self.write("etc/systemd/system/ollama.service", text);
    }

    /// A device node; a plain file stands for it.
    #[track_caller]
    pub(super) fn node(&self, path: &str, mode: u32) {
        self.write(path, "");
        sure(fs::set_permissions(
            self.at(path),
            fs::Permissions::from_mode(mode),
        ));
    }

    /// What `check --json` says, which must fit its schema.
    #[track_caller]
    pub(super) fn check(&self) -> Answer {
        let outcome = self.run(&["--json"]);
        let text = outcome.out();
        let value: Value = match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {text}{}", outcome.err()),
        };
        let file = sure(fs::read_to_string(
            workspace().join("docs/check.schema.json"),
        ));
        let wrong = schema::misfits(&value, &sure(serde_json::from_str(&file)));
        assert!(wrong.is_empty(), "{wrong:?}\n{text}");
        Answer {
            code: outcome.shell_code(),
            value,
        }
    }

    /// What `check` says to a person.
    #[track_caller]
    pub(super) fn page(&self) -> String {
        self.run(&[]).out()
    }

    #[track_caller]
    pub(super) fn run(&self, options: &[&str]) -> vgputrace_tests::Outcome {
        run(self.folder.path(), options)
    }
}

#[track_caller]
pub(super) fn run(root: &Path, options: &[&str]) -> vgputrace_tests::Outcome {
    trace(binary().unwrap_or_default())
        .arg("check")
        .arg("--root")
        .arg(root)
        .args(options)
        .bare()
}

/// Making the image cannot go on without it.
#[track_caller]
fn sure<T, E: fmt::Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// What the command answered.
pub(super) struct Answer {
    pub(super) code: i32,
    pub(super) value: Value,
}

impl Answer {
    /// The state of a folder.
    pub(super) fn state(&self, name: &str) -> &str {
        let rows = self.value["backends"].as_array().into_iter().flatten();
        let mut rows = rows.filter(|row| row["name"] == name);
        rows.next()
            .and_then(|row| row["state"].as_str())
            .unwrap_or("not there")
    }

    fn all(&self, of_folder: &str, of_all: &str) -> Vec<&Value> {
        let rows = self.value["backends"].as_array().into_iter().flatten();
        let own = rows.flat_map(|row| row[of_folder].as_array().into_iter().flatten());
        let general = self.value[of_all].as_array().into_iter().flatten();
        general.chain(own).collect()
    }

    /// The rules of all findings, each once.
    pub(super) fn rules(&self) -> Vec<String> {
        rules(&self.all("findings", "general"))
    }

    /// The rules of all warnings, each once.
    pub(super) fn warned(&self) -> Vec<String> {
        rules(&self.all("warnings", "warnings"))
    }

    /// The first finding or warning of a rule.
    #[track_caller]
    pub(super) fn finding(&self, rule: &str) -> &Value {
        let mut all = self.all("findings", "general");
        all.extend(self.all("warnings", "warnings"));
        match all.into_iter().find(|finding| finding["rule"] == rule) {
            Some(finding) => finding,
            None => panic!("no {rule}: {self}"),
        }
    }
}

fn rules(findings: &[&Value]) -> Vec<String> {
    let mut all: Vec<String> = findings
        .iter()
        .filter_map(|finding| Some(finding["rule"].as_str()?.to_owned()))
        .collect();
    all.sort();
    all.dedup();
    all
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code {}: {:#}", self.code, self.value)
    }
}
