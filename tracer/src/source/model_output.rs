//! Which lines of a model process are kept: what it prints while it loads, about backends, and errors. The rest may
//! be prompts or generated text and is kept as a length only.
//!
//! Input: one line, whole. Output: yes or no. A line is kept because it is known, never because nothing speaks
//! against it. The server copies a model process's lines to its own standard error without a mark, between its
//! structured lines (`time=... level=... source=... msg=...`); [`keep_of_server`] is for that stream.

/// Beginnings of lines that llama.cpp, ggml, Ollama's runner, the C++ and Go runtimes and the loader print at load
/// or at an error. llama.cpp's are function names (`load_tensors: offloaded 17/17 layers to GPU`).
const KNOWN: [&[u8]; 66] = [
    b"ggml_",
    b"ggml-",
    b"load_",
    b"load:",
    b"llama_model",
    b"llama_context",
    b"llama_kv_cache",
    b"llama_memory",
    b"llama_params_fit",
    b"llama_init",
    b"llama_new_context",
    b"llama_load",
    b"llama_backend",
    b"llama_supports",
    b"llama_adapter",
    b"llm_load",
    b"print_info:",
    b"register_backend",
    b"register_device",
    b"system_info",
    b"device_info",
    b"build_info",
    b"build:",
    b"common_param",
    b"common_init",
    b"common_load",
    b"common_memory",
    b"common_fit",
    b"common_device",
    b"sched_reserve",
    b"graph_reserve",
    b"alloc_tensor",
    b"alloc_compute",
    b"create_tensor",
    b"clip_model",
    b"clip_ctx",
    b"clip_init",
    b"init: ",
    b"initialize: ",
    b"done_getting_tensors",
    b"using device",
    b"Available devices",
    b"Device ",
    b"- CUDA",
    b"- ROCm",
    b"- Vulkan",
    b"- CPU",
    b"CUDA",
    b"ROCm",
    b"Vulkan",
    b"rocBLAS error",
    b"cudaMalloc failed",
    b"current device:",
    b"GGML_ASSERT",
    b"Memory access fault",
    b"terminate called",
    b"what():",
    b"SIGSEGV:",
    b"SIGABRT:",
    b"SIGBUS:",
    b"SIGILL:",
    b"PC=0x",
    b"signal arrived",
    b"fatal error:",
    b"symbol lookup error:",
    b"warning: no usable GPU",
];

/// Beginnings that would be kept by [`KNOWN`] or by their level, but go with a request.
const TRAFFIC: [&[u8]; 3] = [b"common_chat", b"common_sampler", b"llama_perf"];

/// Parts of an error without a known beginning (`/src/ggml-cuda.cu:94: CUDA error`, `ollama: error while loading ...`).
const ERRORS: [&[u8]; 9] = [
    b"CUDA error",
    b"GGML_ASSERT(",
    b"error while loading shared libraries",
    b"symbol lookup error",
    b"error loading model",
    b"out of memory",
    b"failed to allocate",
    b"unable to allocate",
    b"cannot open shared object file",
];

/// What makes `error: ...` at the beginning of a line one of loading.
const LOADING: [&[u8]; 9] = [
    b"load", b"backend", b"device", b"cuda", b"gpu", b"alloc", b"driver", b"vulkan", b"rocm",
];

/// Files of Ollama whose structured lines speak of loading; other files print what goes through a model.
const SOURCES: [&[u8]; 9] = [
    b"ggml.go",
    b"server.go",
    b"llama_server.go",
    b"device.go",
    b"runner.go",
    b"types.go",
    b"sched.go",
    b"gguf.go",
    b"backend.go",
];

/// Attributes of structured lines that hold somebody's words (`prompt=...`, the tokenizer's `string=...`).
const WORDS: [&[u8]; 8] = [
    b"prompt",
    b" string=",
    b" piece=",
    b" content=",
    b" thinking=",
    b" completion=",
    b" messages=",
    b" response=",
];

/// True for a process that serves a model: `--model` is among its arguments, as in `llama-server --model BLOB` and
/// `ollama runner --ollama-engine --model BLOB` (Ollama's discovery starts both programs without it).
#[must_use]
pub fn is_model_process<A: AsRef<[u8]>>(arguments: &[A]) -> bool {
    arguments
        .iter()
        .map(AsRef::as_ref)
        .any(|argument| argument == b"--model" || argument.starts_with(b"--model="))
}

/// True for a line of a model process that a trace may hold.
#[must_use]
pub fn keep(line: &[u8]) -> bool {
    if holds(line, &WORDS) {
        return false;
    }
    if is_structured(line) {
        return source(line).is_some_and(|file| SOURCES.contains(&file));
    }
    let (line, is_error) = without_clock(line);
    let (component, line) = without_component(line);
    match component {
        // What the server and its slots say while they load; later they speak of requests.
        b"slot" | b"srv" => return line.starts_with(b"load_model:") || line.starts_with(b"init:"),
        b"res" | b"que" | b"tsk" => return false,
        _ => {}
    }
    let line = line.trim_ascii_start();
    let begins = |beginnings: &[&[u8]]| beginnings.iter().any(|word| line.starts_with(word));
    if begins(&TRAFFIC) {
        return false;
    }
    let error = line
        .get(..6)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"error:"))
        && holds(&line.to_ascii_lowercase(), &LOADING);
    is_error || error || begins(&KNOWN) || holds(line, &ERRORS)
}

/// True for a line of the server's output that a trace may hold while a model process runs: its own structured
/// lines without anybody's words, its access log, and what [`keep`] keeps of the copy.
#[must_use]
pub fn keep_of_server(line: &[u8]) -> bool {
    if is_structured(line) {
        return !holds(line, &WORDS);
    }
    line.starts_with(b"[GIN]") || keep(line)
}

/// Go's slog in text form.
fn is_structured(line: &[u8]) -> bool {
    line.starts_with(b"time=") && holds(line.get(..80).unwrap_or(line), &[b" level="])
}

/// `ggml.go` of `source=ggml.go:136`.
fn source(line: &[u8]) -> Option<&[u8]> {
    let mark = b" source=";
    let start = line.windows(mark.len()).position(|part| part == mark)? + mark.len();
    line.get(start..)?
        .split(|byte| matches!(byte, b':' | b' '))
        .next()
}

/// Without `0.00.009.407 E ` of llama.cpp's log, and whether that was an error or a warning.
fn without_clock(line: &[u8]) -> (&[u8], bool) {
    let clock = line
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
        .count();
    match line.get(clock..) {
        Some([b' ', level @ (b'D' | b'I' | b'W' | b'E'), b' ', rest @ ..]) if clock > 0 => {
            (rest, matches!(level, b'W' | b'E'))
        }
        _ => (line, false),
    }
}

/// `srv  load_model: ...` as `srv` and the rest. llama-server pads the component to four letters and a blank.
fn without_component(line: &[u8]) -> (&[u8], &[u8]) {
    let component = line
        .iter()
        .take_while(|byte| byte.is_ascii_lowercase())
        .count();
    let blanks = line
        .iter()
        .skip(component)
        .take_while(|byte| **byte == b' ')
        .count();
    let known: [&[u8]; 6] = [b"cmn", b"srv", b"slot", b"res", b"que", b"tsk"];
    match (line.get(..component), line.get(component + blanks..)) {
        (Some(name), Some(rest)) if known.contains(&name) && blanks > 0 => {
            match rest.strip_prefix(b"common_param: ") {
                Some(inner) => (name, inner),
                None => (name, rest),
            }
        }
        _ => (b"", line),
    }
}

fn holds(line: &[u8], words: &[&[u8]]) -> bool {
    words
        .iter()
        .any(|word| line.windows(word.len()).any(|part| part == *word))
}

#[cfg(test)]
mod tests {
    use super::{is_model_process, keep, keep_of_server};

    #[test]
    fn load_backend_and_error_lines_are_kept() {
        for line in [
            "load_tensors: offloaded 17/17 layers to GPU",
            "ggml_cuda_init: found 1 CUDA devices (Total VRAM: 81920 MiB):",
            "  Device 0: NVIDIA H100 80GB HBM3, compute capability 9.0, VMM: yes, VRAM: 81920 MiB",
            "load_backend: loaded CUDA backend from /usr/local/lib/ollama/cuda_v13/libggml-cuda.so",
            "0.00.010.317 E ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected",
            "0.00.010.982 I cmn  common_param: system_info: n_threads = 2 (n_threads_batch = 2) / 2",
            "device_info:",
            "  - CUDA0   : NVIDIA H100 80GB HBM3 (81920 MiB, 81000 MiB free)",
            "llama_model_load: error loading model: unable to allocate CUDA0 buffer",
            "/src/ggml/src/ggml-cuda/ggml-cuda.cu:94: CUDA error",
            "CUDA error: out of memory",
            "srv    load_model: loading model '/var/lib/ollama/models/blobs/sha256-6a07'",
            "slot   load_model: id  0 | task -1 | new slot, n_ctx = 4096",
            "llama-server: error while loading shared libraries: libllama.so.0: cannot open shared object file",
            "error: failed to load model",
            "SIGSEGV: segmentation violation",
            r#"time=2026-11-21T07:21:52.506Z level=INFO source=ggml.go:136 msg="" architecture=llama file_type=unknown"#,
        ] {
            assert!(keep(line.as_bytes()), "{line}");
            assert!(keep_of_server(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn prompts_answers_and_requests_are_not() {
        for line in [
            "",
            "Once upon a time there was an error in the failed castle",
            "Error: my grandmother is ill, what shall I do?",
            "0.12.000.100 D slot update_slots: id  0 | task 3 | new prompt, n_ctx_slot = 4096",
            "slot process_toke: id  0 | task 3 | n_decoded = 1, next token: 'error'",
            r#"0.12.000.100 E srv  operator(): got exception: {"error":"failed to parse: my words"}"#,
            r#"srv  log_server_r: request: {"messages":[{"role":"user","content":"CUDA error"}]}"#,
            "common_chat_parse: Parsing input: CUDA error",
            r#"time=2026-11-21T07:21:52.506Z level=DEBUG source=harmonyparser.go:1 msg="x" text="hello""#,
            r#"time=2026-11-21T07:21:52.506Z level=DEBUG source=runner.go:1 msg="adding" string="hello""#,
        ] {
            assert!(!keep(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn the_servers_own_lines_are_kept_unless_they_hold_words() {
        let own = r#"time=2026-11-21T07:21:52.506Z level=INFO source=routes.go:1718 msg="Listening on 127.0.0.1""#;
        assert!(keep_of_server(own.as_bytes()));
        assert!(keep_of_server(
            b"[GIN] 2026/11/21 - 07:21:52 | 200 | 200us | 127.0.0.1 | POST \"/api/chat\""
        ));
        let words = r#"time=2026-11-21T07:21:52.506Z level=DEBUG source=routes.go:9 msg="chat request" prompt="hi""#;
        assert!(!keep_of_server(words.as_bytes()));
        assert!(!keep_of_server(b"Once upon a time"));
    }

    #[test]
    fn a_model_process_is_known_by_its_arguments() {
        assert!(is_model_process(&[
            "llama-server",
            "--model",
            "/m/blob",
            "--port",
            "1"
        ]));
        assert!(!is_model_process(&["llama-server", "--list-devices"]));
        assert!(!is_model_process(&[
            "ollama",
            "runner",
            "--ollama-engine",
            "--port",
            "38609"
        ]));
    }
}
