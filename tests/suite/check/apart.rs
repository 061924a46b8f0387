//! Servers that run: one with a file system of its own is looked at in there, and a program that is named gets nothing of
//! another one's server.

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;
use vgputrace_tests::libraries::{Fault, copy, place};
use vgputrace_tests::{Outcome, binary, gate, open_folder, test_name, trace};

use super::image::{Image, RUNNER};

/// A system of its own whose server runs, in a namespace of processes where no other test's server is.
struct Apart {
    image: Image,
    /// Where any user may start the tool.
    tool: tempfile::TempDir,
}

/// How a server comes to a file system of its own; the image's folder is `$IMAGE`.
const CHROOT: &str = "chroot \"$IMAGE\" /usr/local/bin/ollama serve";
const CONTAINER: &str = "unshare --mount chroot \"$IMAGE\" /usr/local/bin/ollama serve";
/// The same root with a mount that nobody else has.
const MOUNTED: &str = "unshare --mount sh -c 'mount --bind \"$IMAGE/usr\" \"$IMAGE/mnt\" && exec \"$IMAGE/mnt/local/bin/ollama\" serve'";

impl Apart {
    #[track_caller]
    fn new(test: &str) -> Option<Self> {
        let tools = [("unshare", "--version"), ("chroot", "--version")];
        if !gate::root(test) || !tools.iter().all(|(tool, ask)| gate::tool(test, tool, ask)) {
            return None;
        }
        let image = Image::of(RUNNER, test)?;
        // What the program that `try` starts needs beside the C library.
        let name = "libgcc_s.so.1";
        let folders = ["/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"];
        let mut files = folders.iter().map(|folder| Path::new(folder).join(name));
        let file = files.find_map(|file| std::fs::canonicalize(file).ok());
        let Some(file) = file else {
            gate::skip(test, "no libgcc_s.so.1");
            return None;
        };
        copy(&file, &image.at("lib/x86_64-linux-gnu").join(name));
        std::fs::create_dir_all(image.at("mnt")).expect("it is ours");
        let tool = open_folder();
        let own = binary().expect("the image was made");
        copy(&own, &tool.path().join("vgputrace"));
        Some(Self { image, tool })
    }

    /// Starts a server, waits until it is Ollama, and calls the tool with these words in between.
    #[track_caller]
    fn with(&self, server: &str, words: &str) -> Outcome {
        let script = format!(
            "{server} & until readlink /proc/$!/exe | grep -q ollama; do sleep 0.01; done; exec {words}"
        );
        trace("/bin/sh")
            .args(["-c", &script])
            .under(["unshare", "--mount", "--pid", "--fork", "--mount-proc"])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("IMAGE", self.image.at(""))
            .env("TOOL", self.tool.path().join("vgputrace"))
            .env("HOME", self.image.at("root"))
            .start_bare()
            .finish()
    }
}

fn json(outcome: &Outcome) -> Value {
    match serde_json::from_str(&outcome.out()) {
        Ok(value) => value,
        Err(error) => panic!("{error}: {}{}", outcome.out(), outcome.err()),
    }
}

#[test]
fn a_server_with_a_file_system_of_its_own_is_looked_at_through_its_root() {
    let Some(apart) = Apart::new(test_name!()) else {
        return;
    };
    // Behind a link that leads somewhere in there only.
    let folder = apart.image.at("opt/backends");
    std::fs::create_dir_all(&folder).expect("it is ours");
    place(Fault::MissingDependency, &folder, "libggml-cuda.so");
    let link = apart.image.at("usr/local/lib/ollama/cuda_v12");
    symlink("/opt/backends", link).expect("it is ours");
    for server in [CHROOT, CONTAINER] {
        let value = json(&apart.with(server, "\"$TOOL\" check --json"));
        let root = value["root"].as_str().unwrap_or_default();
        assert!(
            root.starts_with("/proc/") && root.ends_with("/root"),
            "{value}"
        );
        assert_eq!(value["server"]["kind"], "process", "{value}");
        assert_eq!(
            value["ollama"]["program"], "/usr/local/bin/ollama",
            "{value}"
        );
        assert_eq!(value["backends"][0]["state"], "fails", "{value}");
        let missing = &value["backends"][0]["findings"][0]["missing_object"];
        assert_eq!(missing, "libvgputrace_absent.so.9", "{value}");
        let page = apart.with(server, "\"$TOOL\" check").out();
        assert!(page.contains("that of the server"), "{page}");
    }
    // With mounts of its own alone the paths are those of this root.
    let value = json(&apart.with(MOUNTED, "\"$TOOL\" check --json"));
    let program = apart.image.at("mnt/local/bin/ollama");
    assert_eq!(
        value["ollama"]["program"],
        program.to_string_lossy().as_ref()
    );
    assert!(
        value["notes"].to_string().contains("mounts of its own"),
        "{value}"
    );
}

#[test]
fn what_to_do_about_it_can_be_done_from_here() {
    let Some(apart) = Apart::new(test_name!()) else {
        return;
    };
    let folder = apart.image.at("usr/local/lib/ollama");
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&folder, closed).expect("it is ours");
    let user = "chroot --userspec=998:997 \"$IMAGE\" /usr/local/bin/ollama serve";
    let page = apart.with(user, "\"$TOOL\" check").out();
    let command = "-m -r -- chmod a+rx /usr/local/lib/ollama";
    assert!(
        page.contains("sudo nsenter -t ") && page.contains(command),
        "{page}"
    );
    std::fs::remove_dir_all(&folder).expect("it is ours");
    let told = apart.with(CONTAINER, "\"$TOOL\" explain");
    let page = told.out();
    assert!(page.contains("[VG301]"), "{page}{}", told.err());
    for advice in ["install.sh", "systemctl", "run --until discovery"] {
        assert!(!page.contains(advice), "{advice}: {page}");
    }
    let last = page.trim_end().lines().last().unwrap_or_default().trim();
    assert_eq!(
        last,
        "sudo vgputrace attach --name ollama --until discovery"
    );
}

#[test]
fn a_load_is_tried_in_the_servers_own_file_system() {
    let Some(apart) = Apart::new(test_name!()) else {
        return;
    };
    let words = "\"$TOOL\" try --json --dir cuda_v12";
    for (fault, outcome) in [
        (Fault::None, "loaded"),
        (Fault::MissingDependency, "refused"),
    ] {
        apart.image.backend(fault, "cuda_v12");
        for server in [CHROOT, CONTAINER] {
            let tried = apart.with(server, words);
            let value = json(&tried);
            // There is no such file outside.
            let library = "/usr/local/lib/ollama/cuda_v12/libggml-cuda.so";
            assert_eq!(value["library"], library, "{value}");
            assert_eq!(value["outcome"], outcome, "{value} {}", tried.err());
            assert!(
                value["notes"]
                    .to_string()
                    .contains("file system of process"),
                "{value}"
            );
        }
    }
    let value = json(&apart.with(CONTAINER, words));
    let error = value["error"].as_str().unwrap_or_default();
    assert!(error.contains("libvgputrace_absent.so.9"), "{value}");
    let missing = &value["missing"]["libraries"][0]["name"];
    assert_eq!(missing, "libvgputrace_absent.so.9", "{value}");
}

#[test]
fn one_that_may_not_be_looked_at_is_named_with_the_command_that_may() {
    let Some(apart) = Apart::new(test_name!()) else {
        return;
    };
    if !gate::tool(test_name!(), "setpriv", "--version") {
        return;
    }
    let user = "setpriv --reuid=65534 --regid=65534 --clear-groups \"$TOOL\" check";
    let told = apart.with(CONTAINER, user);
    let words = format!("{}{}", told.out(), told.err());
    let command = "sudo vgputrace check --root /proc/";
    assert!(words.contains(command), "{words}");
    assert!(!words.contains("ENOENT"), "{words}");
}

#[test]
fn a_named_program_gets_the_variables_of_its_own_server_or_of_the_shell() {
    let Some(apart) = Apart::new(test_name!()) else {
        return;
    };
    apart.image.backend(Fault::None, "cuda_v12");
    let other = apart.image.at("other");
    std::fs::create_dir_all(&other).expect("it is ours");
    copy(
        &apart.image.at("usr/local/bin/ollama"),
        &other.join("ollama"),
    );
    let check =
        "env CUDA_VISIBLE_DEVICES=-1 \"$TOOL\" check --json --bin \"$IMAGE/usr/local/bin/ollama\"";
    for (program, kind, rule) in [
        ("other/ollama", "caller", "VG351"),
        ("usr/local/bin/ollama", "process", "VG350"),
    ] {
        let server = format!("OLLAMA_LLM_LIBRARY=nothing \"$IMAGE/{program}\" serve");
        let value = json(&apart.with(&server, check));
        assert_eq!(value["server"]["kind"], kind, "{program}: {value}");
        let rules: Vec<_> = value["general"].as_array().into_iter().flatten().collect();
        assert_eq!(rules.len(), 1, "{program}: {value}");
        assert_eq!(rules[0]["rule"], rule, "{program}: {value}");
    }
}
