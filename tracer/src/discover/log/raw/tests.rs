use proptest::prelude::*;

use super::hear;
use crate::discover::model::{Child, Evidence, Missing, Outcome};
use crate::discover::role::Role;
use crate::event::{Errno, Hex, Seq, Text};

fn child(lines: &[&str]) -> Child {
    let mut child = Child::new(Role::Program);
    for (number, line) in (1..).zip(lines) {
        hear(&mut child, line, &Evidence::line(number, *line));
    }
    child
}

#[test]
fn a_failed_load_is_added_once_with_what_is_missing() {
    let text = "load_backend: failed to load /l/cuda_v13/libggml-cuda.so: libcuda.so.1: cannot open shared object file: No such file or directory";
    let child = child(&[&format!("0.00.009.754 E {text}"), text, text]);
    let [load] = child.loads.as_slice() else {
        panic!("{:?}", child.loads)
    };
    assert_eq!(load.asked.as_str(), "/l/cuda_v13/libggml-cuda.so");
    assert_eq!(load.outcome, Outcome::Failed);
    assert!(
        matches!(&load.missing[..], [Missing::Library { name, .. }] if name.as_str() == "libcuda.so.1")
    );
    assert_eq!(child.said.len(), 3);
}

#[test]
fn starts_of_backends_are_told_apart() {
    let child = child(&[
        "load_backend: loaded CUDA backend from /l/a.so",
        "load_backend: failed to initialize backend from /l/b.so: ggml_backend_init returned NULL",
        "load_backend: failed to find ggml_backend_init in /l/c.so",
        "load_backend: backend /l/d.so is not supported on this system",
        "load_backend: loaded CUDA backend from /l/a.so",
    ]);
    let [a, b, c, d] = child.inits.as_slice() else {
        panic!("{:?}", child.inits)
    };
    assert!(a.registered && b.null && c.no_symbol);
    assert_eq!(d.score, Some(0));
    assert_eq!(child.loads.len(), 4);
    assert!(!child.loads[0].given_back && child.loads[1].given_back);
    let [registered] = child.registered.as_slice() else {
        panic!("{:?}", child.registered)
    };
    // What is shown is the line, and not the name that was read out of it.
    assert!(
        registered.seen.text.as_str().contains(" backend from "),
        "{registered:?}"
    );
    assert!(!registered.text.as_str().contains(' '), "{registered:?}");
}

#[test]
fn results_of_drivers_are_calls_with_their_line() {
    let child = child(&[
        "ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected",
        "Error: cuInit failed: 100",
        "cuInit err: 999",
        "nvml vram init failure: 18",
        "ggml_cuda_init: found 2 CUDA devices (Total VRAM: 81920 MiB):",
        "0.00.017.979 W ggml_backend_cuda_device_get_memory: cudaMemGetInfo failed (error), returning 0/0",
    ]);
    let calls: Vec<_> = child
        .calls
        .iter()
        .map(|call| (call.function.as_str(), call.code, call.failed, call.seq))
        .collect();
    assert_eq!(
        calls,
        [
            ("cudaGetDeviceCount", Some(100), true, Seq(1)),
            ("cuInit", Some(100), true, Seq(2)),
            ("cuInit", Some(999), true, Seq(3)),
            ("nvmlInit_v2", Some(18), true, Seq(4)),
            ("cudaGetDeviceCount", Some(0), false, Seq(5)),
            ("cudaMemGetInfo", None, true, Seq(6)),
        ]
    );
    assert_eq!(
        child.calls[4].values,
        [(Text::from("count"), Text::from("2"))]
    );
}

#[test]
fn the_loaders_words_before_main_and_of_the_probe_are_kept() {
    let child = child(&[
        "/l/llama-server: error while loading shared libraries: libllama.so.0: cannot open shared object file: No such file or directory",
        "ERROR: ld.so: object '/opt/x.so' from LD_PRELOAD cannot be preloaded (cannot open shared object file): ignored.",
        "Error: dlopen libcuda.so.1: libcuda.so.1: cannot open shared object file: No such file or directory; dlopen libcuda.so: libcuda.so: wrong ELF class: ELFCLASS32",
        "Error: dlsym cuDeviceGetName: undefined symbol",
    ]);
    assert_eq!(child.loader_words[0].object.as_str(), "libllama.so.0");
    assert_eq!(child.loader_words[0].err, Some(Errno(2)));
    assert_eq!(child.loader_words[1].object.as_str(), "/opt/x.so");
    assert_eq!(child.loads.len(), 2);
    assert!(matches!(
        &child.loads[1].missing[..],
        [Missing::Unfit { .. }]
    ));
    assert_eq!(child.missed_symbols[0].name.as_str(), "cuDeviceGetName");
}

#[test]
fn a_server_before_0_12_names_the_library_it_could_not_use() {
    let child = child(&[
        "Unable to load nvcuda: Unable to load /usr/lib/libcuda.so.418 library to query for Nvidia GPUs: /usr/lib/libcuda.so.418: wrong ELF class: ELFCLASS32",
        "dlerr: /usr/lib64/libcuda.so.418: undefined symbol: cuCtxCreate_v3",
        "Unable to load nvcuda: symbol lookup for cuCtxCreate_v3 failed: /usr/lib64/libcuda.so.418: undefined symbol: cuCtxCreate_v3",
        "Unable to load libnvidia-ml.so: libnvidia-ml.so.1: cannot open shared object file: No such file or directory",
        "Unable to load cudart library /usr/lib/libcudart.so.12: cudart init failure: 35",
    ]);
    let asked: Vec<_> = child.loads.iter().map(|load| load.asked.as_str()).collect();
    assert_eq!(
        asked,
        [
            "/usr/lib/libcuda.so.418",
            "/usr/lib64/libcuda.so.418",
            "libnvidia-ml.so"
        ]
    );
    assert!(matches!(
        &child.loads[0].missing[..],
        [Missing::Unfit { .. }]
    ));
    assert!(matches!(
        &child.loads[1].missing[..],
        [Missing::Symbol { .. }]
    ));
    assert_eq!(child.calls[0].code, Some(35));
}

#[test]
fn a_crash_is_kept_without_its_stacks() {
    let child = child(&[
        "SIGSEGV: segmentation violation",
        "PC=0x7efc0f3e90f9 m=0 sigcode=1 addr=0x10",
        "signal arrived during cgo execution",
        "goroutine 6 gp=0xc000002000 m=0 mp=0x55ab162c6ac0 [syscall]:",
        "runtime.cgocall(0x55ab150d25d0, 0xc000044988)",
        "\truntime/cgocall.go:167 +0x4b fp=0xc000044960",
        "net/http.(*conn).serve(0xc000170480, {0x55ab158ec178, 0xc000275080})",
        "rax    0x7efc0f3e90f9",
    ]);
    assert_eq!(child.crashes[0].signal.as_str(), "SIGSEGV");
    assert_eq!(child.crashes[0].address, Some(Hex(0x10)));
    assert_eq!(child.said.len(), 3);
}

#[test]
fn a_list_of_devices_is_an_answer() {
    let child = child(&[
        "Available devices:",
        "  CUDA0: NVIDIA H100 80GB HBM3 (81920 MiB, 79872 MiB free)",
        "  Vulkan1: x (y) (0 MiB, 0 MiB free)",
    ]);
    let answer = child.answer.unwrap();
    assert_eq!(answer.devices[0].total, Some(81920 << 20));
    assert_eq!(answer.devices[1].library.as_str(), "Vulkan");
    assert_eq!(answer.devices[1].total, Some(0));
}

proptest! {
    #[test]
    fn no_words_panic(line in r"(load_backend: |failed to load |Error: |dlopen |dlsym |; |: |ld\.so: object '|' from |SIGSEGV: |PC=0x| addr=0x|Available devices:|  CUDA0: x |\(9 MiB, 9 MiB free\)|err: |cuInit |[0-9a-f]{0,9}|/l/a\.so){0,8}") {
        let _ = child(&[&line, &line]);
    }
}
