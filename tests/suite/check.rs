//! The command `vgputrace check` over made systems: each fault is found with what is missing, and its near miss is not.

mod apart;
mod folder;
mod here;
mod image;
mod machine;
mod rights;
mod tries;

use std::os::unix::fs::{PermissionsExt as _, symlink};

use image::{Image, LLAMA, RUNNER};
use vgputrace_tests::libraries::Fault;
use vgputrace_tests::test_name;

#[test]
fn a_healthy_tree_is_clean_in_both_eras() {
    for era in [RUNNER, LLAMA] {
        let Some(image) = Image::of(era, test_name!()) else {
            return;
        };
        image.backend(Fault::None, "cuda_v12");
        let answer = image.check();
        assert_eq!(answer.code, 0, "{answer}");
        assert_eq!(answer.state("cuda_v12"), "loads", "{answer}");
        assert_eq!(answer.value["ollama"]["era"], era.name);
        assert!(answer.rules().is_empty(), "{answer}");
    }
}

#[test]
fn every_fault_of_a_backend_has_its_rule_and_its_missing_object() {
    for (fault, rule, object) in [
        (
            Fault::MissingDependency,
            "VG320",
            "libvgputrace_absent.so.9",
        ),
        (
            Fault::MissingDependencyBelow,
            "VG320",
            "libvgputrace_absent.so.9",
        ),
        (Fault::UndefinedSymbol, "VG321", "vgputrace_defined_nowhere"),
        (Fault::MissingVersion, "VG322", "TWO"),
        (Fault::WrongClass, "VG305", "/libggml-cuda.so"),
        (Fault::WrongMachine, "VG305", "/libggml-cuda.so"),
        (Fault::Truncated(9_000), "VG305", "/libggml-cuda.so"),
        (Fault::NotElf, "VG305", "/libggml-cuda.so"),
        (Fault::Empty, "VG305", "/libggml-cuda.so"),
    ] {
        let Some(image) = Image::of(RUNNER, test_name!()) else {
            return;
        };
        image.backend(fault, "cuda_v12");
        let answer = image.check();
        assert_eq!(answer.code, 1, "{fault:?} {answer}");
        assert_eq!(answer.state("cuda_v12"), "fails", "{fault:?} {answer}");
        let finding = answer.finding(rule);
        let missing = finding["missing_object"].as_str().unwrap_or_default();
        assert!(missing.ends_with(object), "{fault:?} {missing} {answer}");
        assert_eq!(answer.rules(), [rule], "{fault:?} {answer}");
        assert_eq!(finding["certainty"], "certain", "{fault:?} {answer}");
    }
}

#[test]
fn two_failures_of_which_one_hides_the_other_are_both_told() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    image.needing("cuda_v12", "libcuda.so.1", &["-DNEWER"]);
    image.pci("10de:2204", "0300", Some("nvidia"));
    let answer = image.check();
    let library = answer.finding("VG320");
    assert_eq!(library["missing_object"], "libcuda.so.1", "{answer}");
    assert!(answer.rules().contains(&"VG321".to_owned()), "{answer}");
    let symbol = answer.finding("VG321");
    assert_eq!(symbol["missing_object"], "ggml_newer_than_base", "{answer}");
}

#[test]
fn a_missing_driver_is_a_fault_only_where_a_gpu_is() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    image.needing("cuda_v12", "libcuda.so.1", &[]);
    let answer = image.check();
    assert_eq!(
        (answer.code, answer.state("cuda_v12")),
        (0, "no_gpu"),
        "{answer}"
    );
    assert!(
        answer.to_string().contains("the CPU is the right answer"),
        "{answer}"
    );
    image.pci("10de:2204", "0300", Some("nvidia"));
    let answer = image.check();
    assert_eq!(
        (answer.code, answer.state("cuda_v12")),
        (1, "fails"),
        "{answer}"
    );
    assert!(answer.rules().contains(&"VG330".to_owned()), "{answer}");
}

#[test]
fn folders_that_are_not_seen_or_not_entered_are_told() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    image.unit("[Service]\nExecStart=/usr/local/bin/ollama serve\nUser=ollama\n");
    image.backend(Fault::None, "cuda_v12");
    image.backend(Fault::None, "cuda_v13");
    assert_eq!(image.check().code, 0, "{}", image.check());
    let folder = image.at("usr/local/lib/ollama/cuda_v13");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    let answer = image.check();
    assert_eq!(answer.state("cuda_v13"), "closed", "{answer}");
    assert_eq!(answer.rules(), ["VG302"], "{answer}");
    std::fs::remove_dir_all(&folder).unwrap();
    image.write("usr/local/lib/ollama/cuda_v13/libcudart.so.13", "");
    let answer = image.check();
    assert_eq!(answer.state("cuda_v13"), "empty", "{answer}");
    assert_eq!(answer.rules(), ["VG303"], "{answer}");
    std::fs::remove_dir_all(image.at("usr/local/lib/ollama")).unwrap();
    assert_eq!(image.check().rules(), ["VG301"]);
}

#[test]
fn a_link_that_leads_nowhere_is_told_and_one_out_of_the_root_is_not_followed() {
    let Some(image) = Image::of(LLAMA, test_name!()) else {
        return;
    };
    let file = image.backend(Fault::None, "cuda_v12");
    let outside = tempfile::tempdir().unwrap();
    let real = outside.path().join("libggml-cuda.so");
    std::fs::rename(&file, &real).unwrap();
    symlink(&real, &file).unwrap();
    let answer = image.check();
    assert_eq!(answer.rules(), ["VG306"], "{answer}");
    assert_eq!(
        answer.finding("VG306")["missing_object"],
        real.to_string_lossy().as_ref()
    );
}

#[test]
fn llama_server_is_looked_at_like_a_backend() {
    let Some(image) = Image::of(LLAMA, test_name!()) else {
        return;
    };
    image.backend(Fault::None, "cuda_v12");
    let server = image.at("usr/local/lib/ollama/llama-server");
    std::fs::set_permissions(&server, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(image.check().rules(), ["VG311"], "{}", image.check());
    std::fs::remove_file(&server).unwrap();
    assert_eq!(image.check().rules(), ["VG310"], "{}", image.check());
    image.llama_server(&["-DABSENT"]);
    let answer = image.check();
    assert_eq!(answer.rules(), ["VG312"], "{answer}");
    assert_eq!(
        answer.finding("VG312")["missing_object"],
        "libvgputrace_absent.so.9"
    );
}

#[test]
fn the_first_name_in_order_hides_the_backend_from_llama_server() {
    for (era, rules) in [(LLAMA, vec!["VG314"]), (RUNNER, vec![])] {
        let Some(image) = Image::of(era, test_name!()) else {
            return;
        };
        let file = image.backend(Fault::None, "cuda_v12");
        std::fs::copy(&file, file.with_file_name("libggml-blas.so")).unwrap();
        let answer = image.check();
        assert_eq!(answer.rules(), rules, "{answer}");
    }
}

#[test]
fn a_backend_at_the_top_is_a_warning_and_judged_like_others() {
    let Some(image) = Image::of(LLAMA, test_name!()) else {
        return;
    };
    image.backend(Fault::None, "");
    let answer = image.check();
    assert_eq!(answer.code, 0, "{answer}");
    assert!(answer.warned().contains(&"VG316".to_owned()), "{answer}");
    image.backend(Fault::MissingDependency, "");
    let answer = image.check();
    assert_eq!(answer.state("toplevel"), "fails", "{answer}");
}

#[test]
fn a_backend_in_the_working_directory_is_a_warning_where_the_unit_starts_there() {
    let Some(image) = Image::of(LLAMA, test_name!()) else {
        return;
    };
    let file = image.backend(Fault::None, "cuda_v12");
    std::fs::create_dir_all(image.at("srv")).unwrap();
    std::fs::copy(&file, image.at("srv/libggml-cuda.so")).unwrap();
    image.unit("[Service]\nExecStart=/usr/local/bin/ollama serve\n");
    assert!(image.check().warned().is_empty(), "{}", image.check());
    image.unit("[Service]\nExecStart=/usr/local/bin/ollama serve\nWorkingDirectory=/srv\n");
    let answer = image.check();
    assert_eq!(answer.warned(), ["VG316"], "{answer}");
    assert_eq!(answer.state("cwd"), "loads", "{answer}");
}

#[test]
fn files_of_two_releases_are_a_warning() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    image.backend(Fault::None, "cuda_v12");
    image.write("usr/local/lib/ollama/llama-server", "");
    let answer = image.check();
    assert_eq!(
        (answer.code, answer.warned()),
        (0, vec!["VG308".to_owned()]),
        "{answer}"
    );
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    let new = image.backend(Fault::None, "cuda_v12");
    let old = image.backend(Fault::None, "cuda_v13");
    for (file, seconds) in [(&new, 1_771_372_800), (&old, 1_771_372_800 - 86_400)] {
        set_time(file, seconds);
    }
    assert!(image.check().warned().is_empty(), "{}", image.check());
    set_time(&old, 1_771_372_800 - 30 * 86_400);
    assert_eq!(image.check().warned(), ["VG308"]);
    // What packers write where dates are not to count.
    set_time(&old, 499_162_500);
    assert!(image.check().warned().is_empty(), "{}", image.check());
}

fn set_time(file: &std::path::Path, seconds: u64) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    let file = std::fs::File::options().write(true).open(file);
    assert!(file.and_then(|file| file.set_modified(time)).is_ok());
}

#[test]
fn hostile_trees_end_soon_and_are_escaped() {
    let Some(image) = Image::of(LLAMA, test_name!()) else {
        return;
    };
    let tree = "usr/local/lib/ollama";
    for number in 0..3_000 {
        std::fs::create_dir(image.at(&format!("{tree}/cuda_{number:04}"))).unwrap();
    }
    image.backend(Fault::None, "\u{1b}[2Jcuda");
    image.backend(Fault::None, "aa");
    let aa = image.at(&format!("{tree}/aa"));
    let pipe = std::process::Command::new("mkfifo")
        .arg(aa.join("libggml-a.so"))
        .status();
    assert!(pipe.is_ok_and(|status| status.success()));
    symlink("loop.so", aa.join("loop.so")).unwrap();
    symlink("/dev/zero", aa.join("libggml-zero.so")).unwrap();
    let huge = std::fs::File::create(aa.join("libggml-huge.so")).unwrap();
    huge.set_len(1_600_000_000).unwrap();
    let answer = image.check();
    assert_eq!(answer.code, 1, "{answer}");
    assert!(
        answer.to_string().contains("more in the library folder"),
        "{answer}"
    );
    let page = image.page();
    assert!(!page.contains('\u{1b}'), "{page}");
    assert!(page.contains("\\x1b[2J"), "{page}");
}

#[test]
fn every_rule_is_in_the_document() {
    let root = vgputrace_tests::workspace();
    let document = std::fs::read_to_string(root.join("docs/CHECK.md")).unwrap();
    let mut rules = 0;
    let mut folders = vec![root.join("tracer/src/diagnose/tree")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let list = if path.is_dir() {
                &mut folders
            } else {
                &mut files
            };
            list.push(path);
        }
    }
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for part in text.split("\"VG").skip(1) {
            let id = part.split('"').next().unwrap_or_default();
            assert!(document.contains(&format!("| VG{id} |")), "VG{id}");
            rules += 1;
        }
    }
    assert!(rules > 25, "{rules}");
}
