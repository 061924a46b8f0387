use proptest::prelude::*;

use super::read;
use crate::discover::model::{End, Era, Level};
use crate::discover::{Model, Role};
use crate::event::Text;

fn model(log: &[u8]) -> Model {
    read(log, Text::from_bytes).unwrap()
}

/// What a log of these lines is understood as.
fn told(lines: &[&str]) -> Model {
    model(lines.join("\n").as_bytes())
}

const CONFIG: &str = r#"time=2026-01-02T03:04:05.000Z level=INFO source=routes.go:1663 msg="server config" env="map[HTTPS_PROXY: OLLAMA_DEBUG:INFO OLLAMA_LLM_LIBRARY: OLLAMA_NEW_ENGINE:false]""#;
const LISTENING: &str = r#"time=2026-01-02T03:04:05.001Z level=INFO source=routes.go:1718 msg="Listening on [::]:11434 (version 0.17.1)""#;
const DISCOVERING: &str = r#"time=2026-01-02T03:04:05.002Z level=INFO source=runner.go:67 msg="discovering available GPUs...""#;
const CPU: &str = r#"time=2026-01-02T03:04:06.000Z level=INFO source=types.go:60 msg="inference compute" id=cpu library=cpu compute="" name=cpu description=cpu libdirs=ollama driver="" pci_id="" type="" total="23.5 GiB" available="23.1 GiB""#;

#[test]
fn at_info_an_attempt_is_counted_and_its_folder_is_not_known() {
    let runner = r#"time=2026-01-02T03:04:05.003Z level=INFO source=server.go:431 msg="starting runner" cmd="/opt/o/bin/ollama runner --ollama-engine --port 40001""#;
    let model = told(&[CONFIG, LISTENING, DISCOVERING, runner, runner, CPU]);
    assert_eq!(model.era, Era::Runner);
    assert_eq!(model.attempts.len(), 2);
    assert!(
        model
            .attempts
            .iter()
            .all(|attempt| attempt.dir.is_empty() && attempt.pass == 1)
    );
    assert_eq!(model.blind.log_level, Some(Level::Info));
    assert!(model.folders.is_empty() && !model.blind.began_late && !model.blind.cut);
}

#[test]
fn the_last_whole_start_counts_and_the_others_are_said() {
    let other = LISTENING.replace("0.17.1", "0.18.0");
    let model = told(&[
        CONFIG,
        LISTENING,
        DISCOVERING,
        CPU,
        CONFIG,
        &other,
        DISCOVERING,
        CPU,
        CONFIG,
    ]);
    assert_eq!(model.version, Some(Text::from("0.18.0")));
    assert_eq!(
        model.notes,
        [
            "The log holds 3 starts of the server; this is about the last one whose discovery came to its end (a later start is not whole), lines 5 to 8."
        ]
    );
    let model = told(&[LISTENING, CPU, &other, CPU]);
    assert_eq!(model.version, Some(Text::from("0.18.0")));
    assert!(model.notes[0].contains("2 starts"), "{:?}", model.notes);
}

#[test]
fn a_log_without_beginning_or_end_says_so() {
    let model = told(&[DISCOVERING]);
    assert!(model.blind.began_late && model.blind.cut && !model.finished);
    assert!(told(&[]).notes.is_empty());
}

#[test]
fn devices_of_the_second_pass_that_fail_are_attempts() {
    let model = told(&[
        CONFIG,
        LISTENING,
        DISCOVERING,
        r#"time=2026-01-02T03:04:05.003Z level=INFO source=server.go:431 msg="starting runner" cmd="/usr/bin/ollama runner --ollama-engine --port 40001""#,
        r#"time=2026-01-02T03:04:05.003Z level=DEBUG source=server.go:432 msg=subprocess PATH=/usr/bin LD_LIBRARY_PATH=/usr/lib/ollama:/usr/lib/ollama/cuda_v12 OLLAMA_LIBRARY_PATH=/usr/lib/ollama:/usr/lib/ollama/cuda_v12"#,
        r#"time=2026-01-02T03:04:05.303Z level=DEBUG source=runner.go:437 msg="bootstrap discovery took" duration=300ms OLLAMA_LIBRARY_PATH="[/usr/lib/ollama /usr/lib/ollama/cuda_v12]" extra_envs=map[]"#,
        r#"time=2026-01-02T03:04:05.303Z level=DEBUG source=runner.go:124 msg="evaluating which, if any, devices to filter out" initial_count=1"#,
        r#"time=2026-01-02T03:04:05.303Z level=DEBUG source=runner.go:146 msg="verifying if device is supported" library=/usr/lib/ollama/cuda_v12 description="NVIDIA A100" compute=8.0 id=GPU-11 pci_id=0000:17:00.0"#,
        r#"time=2026-01-02T03:04:05.304Z level=INFO source=server.go:431 msg="starting runner" cmd="/usr/bin/ollama runner --ollama-engine --port 40002""#,
        r#"time=2026-01-02T03:04:05.304Z level=DEBUG source=server.go:432 msg=subprocess CUDA_VISIBLE_DEVICES=GPU-11 GGML_CUDA_INIT=1 OLLAMA_LIBRARY_PATH=/usr/lib/ollama:/usr/lib/ollama/cuda_v12"#,
        r#"time=2026-01-02T03:04:05.604Z level=DEBUG source=runner.go:437 msg="bootstrap discovery took" duration=300ms OLLAMA_LIBRARY_PATH="[/usr/lib/ollama /usr/lib/ollama/cuda_v12]" extra_envs="map[CUDA_VISIBLE_DEVICES:GPU-11 GGML_CUDA_INIT:1]""#,
        r#"time=2026-01-02T03:04:05.604Z level=DEBUG source=runner.go:153 msg="filtering device which didn't fully initialize" id=GPU-11 libdir=/usr/lib/ollama/cuda_v12 pci_id=0000:17:00.0 library=CUDA"#,
        CPU,
    ]);
    let [first, second] = model.attempts.as_slice() else {
        panic!("{:?}", model.attempts)
    };
    let devices = &first.answer.as_ref().unwrap().devices;
    assert_eq!((first.pass, devices[0].compute), (1, Some((8, 0))));
    assert_eq!(
        (second.pass, second.device.as_ref().unwrap().as_str()),
        (2, "GPU-11")
    );
    assert!(second.failure_line.is_some());
    assert_eq!(
        model.children[0].role.to_string(),
        "runner[cuda_v12] pass 1"
    );
    assert_eq!(
        model.children[1].role.to_string(),
        "runner[cuda_v12] pass 2"
    );
}

#[test]
fn devices_of_one_folder_that_are_validated_at_once_are_told_apart() {
    let runner = |device: &str| {
        [
            r#"time=2026-01-02T03:04:05.304Z level=INFO source=server.go:431 msg="starting runner" cmd="/usr/bin/ollama runner --ollama-engine --port 40002""#.to_owned(),
            format!(
                "time=2026-01-02T03:04:05.304Z level=DEBUG source=server.go:432 msg=subprocess CUDA_VISIBLE_DEVICES={device} GGML_CUDA_INIT=1 OLLAMA_LIBRARY_PATH=/l:/l/cuda_v12"
            ),
        ]
    };
    let took = |device: &str, time: &str| {
        format!(
            r#"time=2026-01-02T03:04:06.304Z level=DEBUG source=runner.go:437 msg="bootstrap discovery took" duration={time} OLLAMA_LIBRARY_PATH="[/l /l/cuda_v12]" extra_envs="map[CUDA_VISIBLE_DEVICES:{device} GGML_CUDA_INIT:1]""#
        )
    };
    let counted = r#"time=2026-01-02T03:04:05.303Z level=DEBUG source=runner.go:124 msg="evaluating which, if any, devices to filter out" initial_count=2"#;
    let [a, b] = runner("GPU-1");
    let [c, d] = runner("GPU-2");
    let (second, first) = (took("GPU-2", "2s"), took("GPU-1", "1s"));
    let raw = "ggml_cuda_init: found 1 CUDA devices:";
    let model = told(&[
        CONFIG,
        LISTENING,
        DISCOVERING,
        counted,
        &a,
        &b,
        &c,
        &d,
        raw,
        &second,
        &first,
        CPU,
    ]);
    let told: Vec<_> = model
        .attempts
        .iter()
        .map(|attempt| {
            (
                attempt.device.as_ref().unwrap().as_str(),
                attempt.pass,
                attempt.took.unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("GPU-1", 2, 1_000_000_000), ("GPU-2", 2, 2_000_000_000)]
    );
    assert!(
        model.children.iter().all(|child| child.said.is_empty()),
        "nobody knows which of the two spoke"
    );
}

#[test]
fn a_server_before_0_12_tells_what_its_driver_calls_gave() {
    let model = told(&[
        r#"2024/10/17 06:27:26 routes.go:1158: INFO server config env="map[CUDA_VISIBLE_DEVICES:0 OLLAMA_DEBUG:true]""#,
        r#"time=2024-10-17T06:27:26.100Z level=INFO source=routes.go:1205 msg="Listening on 127.0.0.1:11434 (version 0.3.13)""#,
        r#"time=2024-10-17T06:27:26.200Z level=INFO source=common.go:49 msg="Dynamic LLM libraries" runners="[cpu cpu_avx cuda_v11 cuda_v12]""#,
        r#"time=2024-10-17T06:27:26.201Z level=INFO source=gpu.go:199 msg="looking for compatible GPUs""#,
        "cuInit err: 999",
        r#"time=2024-10-17T06:27:26.300Z level=INFO source=gpu.go:252 msg="error looking up nvidia GPU memory" error="cuda driver library failed to get device context 800""#,
        r#"time=2024-10-17T06:27:26.400Z level=INFO source=gpu.go:347 msg="no compatible GPUs were discovered""#,
        r#"time=2024-10-17T06:27:26.401Z level=INFO source=types.go:107 msg="inference compute" id=0 library=cpu variant=avx2 compute="" driver=0.0 name="" total="31.2 GiB" available="27.5 GiB""#,
    ]);
    assert_eq!((model.era, model.finished), (Era::Unknown, true));
    assert!(model.cpu_only.is_some() && model.devices.is_empty());
    assert_eq!(
        model
            .server_variable("CUDA_VISIBLE_DEVICES")
            .unwrap()
            .as_str(),
        "0"
    );
    let names: Vec<_> = model
        .folders
        .iter()
        .map(|folder| folder.name.as_str())
        .collect();
    assert_eq!(names, ["cuda_v11", "cuda_v12"]);
    let calls: Vec<_> = model.children[0]
        .calls
        .iter()
        .map(|call| (call.function.as_str(), call.code))
        .collect();
    assert_eq!(
        calls,
        [("cuInit", Some(999)), ("cuCtxCreate_v3", Some(800))]
    );
    assert_eq!(
        model
            .lines_saying("no compatible GPUs were discovered")
            .count(),
        1
    );
    assert_eq!(model.lines_saying("cuInit err: 999").count(), 1);
}

#[test]
fn a_ggml_program_is_an_era_of_its_own() {
    let model = told(&[
        "build: 6500 (abc) with cc",
        "load_backend: failed to load /opt/llama/libggml-cuda.so: libcudart.so.12: cannot open shared object file: No such file or directory",
        "load_backend: loaded CPU backend from /opt/llama/libggml-cpu-haswell.so",
        "warning: no usable GPU found, --gpu-layers option will be ignored",
    ]);
    assert_eq!(model.era, Era::Ggml);
    assert_eq!(model.children[0].role, Role::Program);
    assert_eq!(
        model.folder("llama").unwrap().matches,
        [Text::from("libggml-cuda.so")]
    );
}

#[test]
fn a_model_on_the_cpu_tells_what_was_asked_and_what_was_free() {
    let model = told(&[
        CONFIG,
        LISTENING,
        CPU,
        r#"time=2026-01-02T03:05:00.000Z level=INFO source=server.go:431 msg="starting runner" cmd="/usr/bin/ollama runner --ollama-engine --model /m/sha256-1 --port 40003""#,
        r#"time=2026-01-02T03:05:00.000Z level=DEBUG source=server.go:432 msg=subprocess OLLAMA_LIBRARY_PATH=/usr/lib/ollama:/usr/lib/ollama/cuda_v12"#,
        r#"time=2026-01-02T03:05:00.001Z level=INFO source=sched.go:470 msg="loading model" "model layers"=33 requested=0"#,
        r#"time=2026-01-02T03:05:00.002Z level=INFO source=server.go:498 msg="gpu memory" id=GPU-1 library=CUDA available="400.0 MiB" free="857.0 MiB" minimum="457.0 MiB" overhead="0 B""#,
        "load_tensors: offloaded 0/33 layers to GPU",
    ]);
    let [start] = model.models.as_slice() else {
        panic!("{:?}", model.models)
    };
    assert_eq!(
        (start.dir.as_str(), start.offloaded, start.num_gpu),
        ("cuda_v12", Some((0, 33)), Some(0))
    );
    assert_eq!(start.reasons.len(), 2);
    assert!(model.attempts.is_empty());
}

#[test]
fn messages_of_several_lines_are_taken_apart() {
    let message = [CONFIG, "ggml_cuda_init: found 0 CUDA devices:\r", CPU].join("\n");
    let model = told(&[&serde_json::json!({"level": 50, "msg": message}).to_string()]);
    assert!(model.finished && model.server.is_some());
    assert_eq!(model.lines.len(), 3);
}

#[test]
fn paths_of_windows_are_understood() {
    let model = told(&[
        CONFIG,
        LISTENING,
        r#"time=2026-01-02T03:04:05.003Z level=DEBUG source=runner.go:98 msg="skipping available library at user's request" requested=cuda_v13 libDir="C:\\Users\\Jo Do\\AppData\\Local\\Programs\\Ollama\\lib\\ollama\\cuda_v12""#,
        r#"time=2026-01-02T03:04:05.303Z level=INFO source=runner.go:464 msg="failure during GPU discovery" OLLAMA_LIBRARY_PATH="[C:\\Users\\Jo Do\\AppData\\Local\\Programs\\Ollama\\lib\\ollama C:\\Users\\Jo Do\\AppData\\Local\\Programs\\Ollama\\lib\\ollama\\cuda_v13]" extra_envs=map[] error="runner crashed""#,
        CPU,
    ]);
    assert!(model.folder("cuda_v12").unwrap().skip_line.is_some());
    assert_eq!(model.attempts[0].dir.as_str(), "cuda_v13");
    assert!(matches!(&model.children[0].end, End::Signal { name, .. } if name.is_empty()));
    assert_eq!(
        model.server.unwrap().library_dir.path.as_str(),
        r"C:\Users\Jo Do\AppData\Local\Programs\Ollama\lib\ollama"
    );
}

#[test]
fn secrets_are_taken_out_before_anything_is_kept() {
    let line = CONFIG.replace("HTTPS_PROXY:", "HTTPS_PROXY:http://u:hunter2@p");
    let hide = |bytes: &[u8]| Text::from(String::from_utf8_lossy(bytes).replace("hunter2", "*"));
    let model = read(line.as_bytes(), hide).unwrap();
    assert!(!format!("{model:?}").contains("hunter2"));
    assert_eq!(
        model.server_variable("HTTPS_PROXY").unwrap().as_str(),
        "http://u:*@p"
    );
}

/// A log of any length, made as it is read.
struct Endless {
    left: usize,
    head: Vec<u8>,
    at: usize,
    line: fn(usize) -> Vec<u8>,
    number: usize,
}

impl Endless {
    fn new(head: &[&str], bytes: usize, line: fn(usize) -> Vec<u8>) -> std::io::BufReader<Self> {
        std::io::BufReader::new(Self {
            left: bytes,
            head: (head.join("\n") + "\n").into_bytes(),
            at: 0,
            line,
            number: 0,
        })
    }
}

impl std::io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.head.len() {
            if self.left == 0 {
                return Ok(0);
            }
            self.number += 1;
            self.head = (self.line)(self.number);
            self.at = 0;
            self.left = self.left.saturating_sub(self.head.len());
        }
        let piece = &self.head[self.at..];
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        self.at += count;
        Ok(count)
    }
}

/// Bytes of text that a model holds, each copy counted.
fn held(model: &Model) -> usize {
    format!("{model:?}").len()
}

const MIB: usize = 1 << 20;

#[test]
fn a_long_log_of_a_server_that_runs_for_months_takes_bounded_memory() {
    let log = Endless::new(
        &[CONFIG, LISTENING, DISCOVERING, CPU],
        200 * MIB,
        |number| {
            match number % 4 {
        0 => b"[GIN] 2026/01/02 - 03:04:05 | 200 | 1ms | 127.0.0.1 | POST \"/api/chat\"\n".to_vec(),
        1 => format!("time=2026-01-02T03:04:06.000Z level=WARN source=x.go:1 msg=\"unable to refresh {number}\"\n").into_bytes(),
        2 => format!("CUDA error: {number} \u{1b}{}\n", "x".repeat(2000)).into_bytes(),
        _ => [b"llama_print_timings: ".as_slice(), &[0xff; 3000], b"\n"].concat(),
    }
        },
    );
    let model = read(log, Text::from_bytes).unwrap();
    assert!(model.cpu_only.is_some());
    assert!(held(&model) < 64 * MIB, "{}", held(&model));
    assert!(
        model.notes[0].contains("were left out"),
        "{:?}",
        model.notes
    );
}

#[test]
fn a_discovery_without_end_takes_bounded_memory() {
    let head = r#"time=2026-01-02T03:04:05.003Z level=INFO source=server.go:431 msg="starting runner" cmd="/o runner --ollama-engine --port 1""#;
    let log = Endless::new(
        &[CONFIG, LISTENING, DISCOVERING, head],
        48 * MIB,
        |number| {
            match number % 3 {
        0 => format!("level=DEBUG source=runner.go:98 msg=\"skipping available library at user's request\" requested=r{number} libDir=/l/d{number}\n").into_bytes(),
        1 => format!("level=INFO source=runner.go:464 msg=\"failure during GPU discovery\" OLLAMA_LIBRARY_PATH=\"[/l /l/c{number}]\" error=\"{}\"\n", "e".repeat(9000)).into_bytes(),
        _ => format!("load_backend: failed to load /l/c{number}/libggml-cuda.so: {}\n", "w".repeat(20000)).into_bytes(),
    }
        },
    );
    let model = read(log, Text::from_bytes).unwrap();
    assert!(held(&model) < 64 * MIB, "{}", held(&model));
    assert!(model.folders.len() <= 4000 && model.attempts.len() <= 4000);
    assert!(!model.finished);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = model(&bytes);
    }
}
