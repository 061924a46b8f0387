//! Fact gathering on made-up machines.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{Question, attempts, drivers, kernel, library_tree, limits, rights, service};
use crate::event::doctor::rights::Grade;
use crate::event::doctor::{Kernel, Ollama, Rule};
use crate::source::library::Root;
use crate::source::user::SystemAccounts;

/// A folder that stands for `/`.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new(files: &[(&str, &str)]) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            machine.write(path, text.as_bytes());
        }
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn root(&self) -> Root {
        Root::new(self.0.path())
    }

    fn ollama(&self, path: &str, cwd: &str) -> Option<Ollama> {
        let question = Question {
            root: self.0.path(),
            cwd: Path::new(cwd),
            path: Some(OsString::from(path)),
            program: None,
            own: None,
            accounts: &SystemAccounts,
            measure: false,
        };
        library_tree::read(&question, &self.root())
    }
}

#[test]
fn the_tree_is_found_by_ollamas_rule_behind_links_on_path() {
    let machine = Machine::new(&[
        ("/usr/local/bin/ollama", "x"),
        ("/usr/local/lib/ollama/libggml-base.so", "x"),
        ("/usr/local/lib/ollama/llama-server", "x"),
        (
            "/usr/local/lib/ollama/cuda_v12/libggml-cuda.so",
            "no library",
        ),
        ("/usr/local/lib/ollama/cuda_v12/libcudart.so.12", "x"),
        ("/usr/local/lib/ollama/mlx_cuda_v13/libmlx.so", "x"),
        ("/usr/local/lib/ollama/vulkan/old.ggml-x.bak", "x"),
    ]);
    fs::create_dir_all(machine.path("/usr/bin")).unwrap();
    symlink("/usr/local/bin/ollama", machine.path("/usr/bin/ollama")).unwrap();
    let ollama = machine.ollama("/nowhere:/usr/bin", "/").unwrap();
    assert_eq!(ollama.program.as_str(), "/usr/bin/ollama");
    assert_eq!(ollama.file.path.as_str(), "/usr/local/bin/ollama");
    let tree = ollama.tree.unwrap();
    assert_eq!(
        (tree.path.as_str(), tree.rule),
        ("/usr/local/lib/ollama", Rule::Beside)
    );
    assert!(tree.llama_server && !tree.cut);
    assert_eq!(tree.top.len(), 1);
    let folders: Vec<(&str, usize, u64)> = tree
        .folders
        .iter()
        .map(|folder| (folder.name.as_str(), folder.ggml.len(), folder.others))
        .collect();
    assert_eq!(
        folders,
        [("cuda_v12", 1, 1), ("mlx_cuda_v13", 0, 1), ("vulkan", 1, 0)]
    );
    assert!(
        tree.folders[0].ggml[0].problem.is_some(),
        "text is no library"
    );
}

#[test]
fn later_places_of_the_rule_count_when_the_earlier_are_not_there() {
    let rule = |files: &[(&str, &str)]| {
        let machine = Machine::new(files);
        let tree = machine.ollama("/o/bin", "/here").unwrap().tree.unwrap();
        (tree.rule, tree.path.as_str().to_owned(), tree.passed.len())
    };
    let program = ("/o/bin/ollama", "x");
    let current = ("/here/build/lib/ollama/a", "x");
    let build = ("/o/bin/build/lib/ollama/a", "x");
    assert_eq!(
        rule(&[program, current, build]),
        (Rule::Build, "/o/bin/build/lib/ollama".to_owned(), 1)
    );
    assert_eq!(
        rule(&[program, current]),
        (Rule::CurrentBuild, "/here/build/lib/ollama".to_owned(), 2)
    );
    assert_eq!(
        rule(&[program]),
        (Rule::ProgramFolder, "/o/bin".to_owned(), 3)
    );
}

#[test]
fn only_an_executable_file_on_path_is_the_program() {
    let machine = Machine::new(&[("/a/ollama", "x"), ("/c/ollama", "x")]);
    fs::set_permissions(machine.path("/a/ollama"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::create_dir_all(machine.path("/b/ollama")).unwrap();
    let found = machine.ollama("/a:/b:/c", "/").unwrap();
    assert_eq!(found.program.as_str(), "/c/ollama");
    assert_eq!(machine.ollama("/a:/b", "/"), None);
}

#[test]
fn settings_are_read_and_absent_ones_stay_absent() {
    let machine = Machine::new(&[
        ("/proc/sys/kernel/unprivileged_bpf_disabled", "2\n"),
        ("/proc/sys/kernel/perf_event_paranoid", "-1\n"),
        ("/proc/sys/kernel/yama/ptrace_scope", "many\n"),
        (
            "/sys/kernel/security/lockdown",
            "none [integrity] confidentiality\n",
        ),
    ]);
    let found = kernel::read(machine.0.path());
    assert_eq!(found.unprivileged_bpf_disabled, Some(2));
    assert_eq!(found.perf_event_paranoid, Some(-1));
    assert_eq!(found.ptrace_scope, None);
    assert_eq!(found.lockdown.unwrap().as_str(), "integrity");
    assert_eq!(found.btf_size, None);
    assert_eq!(kernel::read(Path::new("/nowhere")), Kernel::default());
}

#[test]
fn capabilities_give_the_grade_and_a_user_namespace_takes_it_away() {
    let grade = |effective: &str, map: &str| {
        let status = format!(
            "Name:\tx\nUid:\t1000\t1001\t1000\t1000\nCapEff:\t{effective}\nCapBnd:\t000001ffffffffff\nNoNewPrivs:\t0\n"
        );
        let machine = Machine::new(&[("/proc/self/status", &status), ("/proc/self/uid_map", map)]);
        let found = rights::read(machine.0.path(), None);
        assert_eq!(found.uid, 1001, "the effective one");
        found.grade()
    };
    let first = "         0          0 4294967295\n";
    assert_eq!(grade("000001ffffffffff", first), Grade::Full);
    assert_eq!(grade("000000c000000000", first), Grade::Recording);
    assert_eq!(grade("0000008000000000", first), Grade::None);
    assert_eq!(grade("0000000000000000", first), Grade::None);
    assert_eq!(grade("not hexadecimal", first), Grade::None);
    assert_eq!(grade("000001ffffffffff", "0 100000 65536\n"), Grade::None);
    assert_eq!(
        rights::read(Path::new("/nowhere"), None).grade(),
        Grade::None
    );
}

#[test]
fn the_nearest_memory_limit_of_the_control_group_counts() {
    let machine = Machine::new(&[
        ("/proc/self/cgroup", "1:name=x:/y\n0::/a.slice/b.service\n"),
        ("/sys/fs/cgroup/a.slice/b.service/memory.max", "max\n"),
        ("/sys/fs/cgroup/a.slice/memory.max", "1048576\n"),
        ("/sys/fs/cgroup/a.slice/memory.current", "4096\n"),
    ]);
    let found = limits::read(machine.0.path(), Path::new("/"), None, &machine.root());
    assert_eq!(
        (found.group_memory, found.group_memory_used),
        (Some(1 << 20), Some(4096))
    );
    machine.write("/proc/self/cgroup", b"0::/../../etc\n");
    let found = limits::read(machine.0.path(), Path::new("/"), None, &machine.root());
    assert_eq!(found.group_memory, None);
}

#[test]
fn driver_libraries_are_found_in_default_folders_and_a_broken_one_says_so() {
    let machine = Machine::new(&[("/lib/x86_64-linux-gnu/libcuda.so.550.54.14", "")]);
    symlink(
        "libcuda.so.550.54.14",
        machine.path("/lib/x86_64-linux-gnu/libcuda.so.1"),
    )
    .unwrap();
    let found = drivers::read(None, Path::new("/"), &machine.root());
    let [cuda] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        (cuda.name.as_str(), cuda.via.as_str()),
        ("libcuda.so.1", "folder")
    );
    assert!(cuda.file.problem.is_some(), "an empty file is no library");
    assert!(
        cuda.file.links[0]
            .as_str()
            .ends_with("libcuda.so.550.54.14")
    );
}

#[test]
fn the_units_user_and_its_device_settings_count_before_the_caller() {
    let unit = "[Service]\nExecStart=/usr/bin/true serve\nUser=0\nPrivateDevices=yes\nNice=5\n";
    let machine = Machine::new(&[
        ("/etc/systemd/system/ollama.service", unit),
        ("/usr/bin/true", "x"),
    ]);
    let found = service::read(machine.0.path(), &SystemAccounts);
    assert_eq!(found.unit.unwrap().as_str(), "ollama.service");
    assert_eq!((found.user.uid, found.problem), (0, None));
    let devices: Vec<&str> = found
        .devices
        .iter()
        .map(|[name, _]| name.as_str())
        .collect();
    assert_eq!(devices, ["PrivateDevices"]);
    machine.write("/etc/systemd/system/ollama.service", b"[Service]\n");
    assert!(
        service::read(machine.0.path(), &SystemAccounts)
            .problem
            .is_some()
    );
    let none = service::read(Path::new("/nowhere"), &SystemAccounts);
    assert_eq!((none.unit, none.problem), (None, None));
}

#[test]
fn names_of_groups_come_from_the_file_and_nonsense_in_it_is_passed_over() {
    let machine = Machine::new(&[(
        "/etc/group",
        "video:x:44:a\n::\nx\nrender:x:-5:\nrender:x:105:\nvideo2:x:44:\n",
    )]);
    let names = service::group_names(machine.0.path(), [44, 105, 7].into_iter());
    let shown: Vec<(u32, &str)> = names
        .iter()
        .map(|(id, name)| (*id, name.as_str()))
        .collect();
    assert_eq!(shown, [(44, "video"), (105, "render")]);
    assert_eq!(service::servers(Path::new("/nowhere")), None);
}

#[test]
fn every_attempt_on_this_kernel_has_an_outcome() {
    let (facts, cost) = attempts::all(Kernel::default(), false);
    assert_eq!(cost, None);
    // Whatever this machine allows: the first that does not work ends the chain.
    let chain = [&facts.type_information, &facts.programs, &facts.tracepoints];
    let tried = chain.iter().take_while(|attempt| attempt.is_done()).count();
    assert!(
        tried == chain.len() || chain[tried].why().is_some(),
        "{facts:?}"
    );
    assert!(facts.fanotify_hold.is_done() || facts.fanotify_hold.why().is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_bytes_in_the_files_that_are_read_are_survived(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        lines in "([a-zA-Z]{1,8}:[ \\t]?[0-9a-fx:/\\[\\]]{0,20}\n){0,6}",
    ) {
        for content in [&bytes[..], lines.as_bytes()] {
            let machine = Machine::new(&[]);
            for path in [
                "/proc/self/status",
                "/proc/self/uid_map",
                "/proc/self/cgroup",
                "/proc/sys/kernel/perf_event_paranoid",
                "/sys/kernel/security/lockdown",
                "/etc/group",
                "/etc/ld.so.cache",
                "/usr/bin/ollama",
                "/usr/lib/ollama/rocm/libggml-hip.so",
            ] {
                machine.write(path, content);
            }
            let root = machine.0.path();
            let _ = (rights::read(root, None), kernel::read(root));
            let _ = limits::read(root, Path::new("/"), None, &machine.root());
            let _ = service::group_names(root, [0, 1, 44].into_iter());
            let _ = drivers::read(None, Path::new("/"), &machine.root());
            let found = machine.ollama("/usr/bin", "/").unwrap();
            prop_assert_eq!(found.tree.unwrap().folders.len(), 1);
        }
    }
}
