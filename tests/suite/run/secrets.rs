//! Secrets planted in environment, arguments and output must not be in the bytes of the trace.

use vgputrace::event::Text;
use vgputrace_tests::programs::program;
use vgputrace_tests::{Recorded, Target, gate, test_name, trace};

const PLANTED: &str = "planted-secret";

/// No trace byte after decompression, and none of the file itself, holds the word.
#[track_caller]
fn holds_no_secret(record: &Recorded) {
    let plain = String::from_utf8_lossy(&record.plain_bytes()).into_owned();
    if let Some(at) = plain.find(PLANTED) {
        let from = plain[..at].rfind('\n').map_or(0, |line| line + 1);
        let to = plain[at..].find('\n').map_or(plain.len(), |end| at + end);
        panic!("a secret is in the trace: {}", &plain[from..to]);
    }
    let raw = std::fs::read(&record.path).unwrap_or_default();
    assert!(
        !raw.windows(PLANTED.len())
            .any(|part| part == PLANTED.as_bytes())
    );
}

fn with_secret_environment(target: Target) -> Target {
    target
        .env("OLLAMA_API_KEY", "planted-secret-1")
        .env("AWS_SECRET_ACCESS_KEY", "planted-secret-2")
        .env("NVIDIA_AUTH_TOKEN", "planted-secret-3")
        .env("HOMEMADE", "planted-secret-4")
        .env(
            "HTTPS_PROXY",
            "http://anna:planted-secret-5@proxy.example:3128",
        )
        .env(
            "OLLAMA_HOST",
            "http://anna:planted-secret-6@127.0.0.1:11434",
        )
}

#[test]
fn values_of_the_environment_are_kept_for_harmless_names_only() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = with_secret_environment(trace(program("exit_with")));
    let target = target
        .env("OLLAMA_DEBUG", "2")
        .env("LD_LIBRARY_PATH", "/opt/x");
    let target = target.options(["--env", "LLAMA_ARG_API_KEY=planted-secret-7"]);
    let record = target.run();
    record.ended_with(0);
    holds_no_secret(&record);
    let (_, exec) = record.events.exec_of("exit_with");
    let env = exec.env.whole().expect("the environment");
    let of = |name: &str| {
        let one = env
            .iter()
            .find(|one| one.k.as_str() == name)
            .expect("every name is there");
        (one.v.as_ref().map(Text::as_str), one.len)
    };
    assert_eq!(of("OLLAMA_DEBUG"), (Some("2"), None));
    assert_eq!(of("LD_LIBRARY_PATH"), (Some("/opt/x"), None));
    assert_eq!(of("OLLAMA_API_KEY"), (None, Some(16)));
    assert_eq!(of("NVIDIA_AUTH_TOKEN"), (None, Some(16)));
    assert_eq!(of("HOMEMADE"), (None, Some(16)));
    let host = of("OLLAMA_HOST").0.expect("a value on the list");
    assert!(
        host.ends_with("127.0.0.1:11434") && !host.contains("anna"),
        "{host}"
    );
}

#[test]
fn all_values_on_request_are_still_no_secrets() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = trace(program("exit_with"))
        .env("HOMEMADE", "shown")
        .env("MY_TOKEN", "planted-secret");
    let record = target.options(["--env-values", "all"]).run();
    record.ended_with(0);
    holds_no_secret(&record);
    let (_, exec) = record.events.exec_of("exit_with");
    let env = exec.env.whole().expect("the environment");
    let homemade = env
        .iter()
        .find(|one| one.k.as_str() == "HOMEMADE")
        .expect("it is there");
    assert_eq!(homemade.v.as_ref().map(Text::as_str), Some("shown"));
}

#[test]
fn arguments_are_screened_in_the_header_and_in_every_exec() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("spawn_fork"))
        .arg(program("exit_with"))
        .args([
            "0",
            "--api-key=planted-secret-1",
            "--token",
            "planted-secret-2",
        ])
        .args([
            "OLLAMA_API_KEY=planted-secret-3",
            "https://anna:planted-secret-4@host.example/x",
        ])
        .arg("--harmless=shown")
        .run();
    record.ended_with(0);
    holds_no_secret(&record);
    let (_, exec) = record.events.exec_of("exit_with");
    let argv = exec.argv.whole().expect("arguments");
    assert_eq!(argv.len(), 8, "screened, not dropped: {argv:?}");
    assert!(argv.contains(&"--harmless=shown".into()), "{argv:?}");
    assert!(
        argv.iter()
            .any(|one| one.as_str().contains("host.example/x")),
        "{argv:?}"
    );
}

#[test]
fn output_is_screened() {
    if !gate::engine(test_name!()) {
        return;
    }
    let words = "env=\"map[HTTPS_PROXY:http://anna:planted-secret-1@proxy:3128 OLLAMA_DEBUG:2]\"
        OLLAMA_API_KEY=planted-secret-2
        Authorization: Bearer planted-secret-3
        a harmless line\n";
    // From file to file cat copies inside the kernel, without a write.
    let piped = trace("/bin/sh").args(["-c", "cat | cat"]);
    let record = piped.input(words).run();
    record.ended_with(0);
    assert_eq!(
        record.outcome.out(),
        words,
        "the target's own output is its own"
    );
    holds_no_secret(&record);
    assert!(record.events.written(1).contains("OLLAMA_DEBUG:2"));
    assert!(record.events.written(1).contains("a harmless line\n"));
}

#[test]
fn a_secret_in_a_path_that_fails_to_load_is_screened_in_the_loaders_words() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("load"))
        .arg("https://anna:planted-secret@host/libggml-x.so")
        .run();
    record.ended_with(0);
    holds_no_secret(&record);
    assert_eq!(record.events.loader_errors().len(), 1);
}
