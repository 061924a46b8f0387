use super::{STACK, TARGET, Told};
use crate::event::call::{Because, LoaderError, Value};
use crate::event::{Kind, Seen, Seq, Why};
use crate::source::tracker::Wish;

const HOME: u64 = 0x1000;

fn unfinished(told: &Told) -> Vec<(Option<Seq>, Because)> {
    told.all(|kind| match kind {
        Kind::Unfinished(one) => Some((one.call, one.because)),
        _ => None,
    })
}

fn returns(told: &Told) -> Vec<(Seq, bool)> {
    told.all(|kind| match kind {
        Kind::Return(one) => Some((one.call, one.failed)),
        _ => None,
    })
}

fn errors(told: &Told) -> Vec<LoaderError> {
    told.all(|kind| match kind {
        Kind::LoaderError(error) => Some(error.clone()),
        _ => None,
    })
}

#[test]
fn a_call_inside_a_call_names_it_as_its_parent() {
    let mut told = Told::new();
    told.enter(TARGET, "dlopen", STACK, HOME, &["/a.so"]);
    told.enter(TARGET, "dlopen", STACK - 64, HOME, &["/b.so"]);
    told.back(TARGET, "dlopen", STACK - 64, 0);
    told.back(TARGET, "dlopen", STACK, 9);
    assert_eq!(returns(&told), [(Seq(2), true), (Seq(1), false)]);
    let parents: Vec<_> = told.events.iter().map(|event| event.parent).collect();
    assert_eq!(parents, [None, Some(Seq(1)), Some(Seq(1)), None]);
}

#[test]
fn frames_that_a_longjmp_left_are_unwound_when_a_frame_above_them_speaks() {
    let mut told = Told::new();
    told.enter(TARGET, "dlopen", STACK - 128, HOME, &["/a.so"]);
    told.enter(TARGET, "dlopen", STACK - 256, HOME, &["/b.so"]);
    told.enter(TARGET, "dlopen", STACK, HOME, &["/c.so"]);
    let because = Because::Unwound;
    assert_eq!(
        unfinished(&told),
        [(Some(Seq(2)), because), (Some(Seq(1)), because)]
    );
    assert_eq!(told.events.last().unwrap().parent, None);
}

#[test]
fn a_return_of_the_outer_call_unwinds_the_inner_one() {
    let mut told = Told::new();
    told.enter(TARGET, "dlopen", STACK, HOME, &["/a.so"]);
    told.enter(TARGET, "dlopen", STACK - 64, HOME, &["/b.so"]);
    told.back(TARGET, "dlopen", STACK, 9);
    assert_eq!(unfinished(&told), [(Some(Seq(2)), Because::Unwound)]);
    assert_eq!(returns(&told), [(Seq(1), false)]);
}

#[test]
fn another_stack_of_the_thread_says_nothing_about_this_one() {
    let mut told = Told::new();
    told.enter(TARGET, "dlopen", STACK, HOME, &["/a.so"]);
    told.enter(TARGET, "dlopen", STACK + (1 << 30), HOME, &["/b.so"]);
    assert!(unfinished(&told).is_empty());
}

#[test]
fn a_function_that_was_jumped_to_answers_for_the_one_that_jumped() {
    let mut told = Told::new();
    told.enter(TARGET, "ggml_backend_init", STACK, HOME, &[]);
    told.enter(TARGET, "ggml_backend_cuda_reg", STACK, HOME, &[]);
    told.back(TARGET, "ggml_backend_cuda_reg", STACK, 0x77);
    assert_eq!(returns(&told), [(Seq(2), false), (Seq(1), false)]);
    assert!(unfinished(&told).is_empty());
}

#[test]
fn a_call_whose_return_was_lost_gets_no_answer_of_the_next_one_at_its_place() {
    let mut told = Told::new();
    told.enter(TARGET, "dlopen", STACK, HOME, &["/a.so"]);
    told.enter(TARGET, "ggml_backend_init", STACK, HOME + 64, &[]);
    told.back(TARGET, "ggml_backend_init", STACK, 0);
    assert_eq!(unfinished(&told), [(Some(Seq(1)), Because::Unwound)]);
    assert_eq!(returns(&told).len(), 1, "{:?}", told.kinds());
    assert_eq!(told.events[2].parent, None, "{:?}", told.kinds());
}

#[test]
fn a_return_without_an_entry_is_nothing() {
    let mut told = Told::new();
    told.back(TARGET, "dlopen", STACK, 9);
    assert!(told.events.is_empty());
}

#[test]
fn a_call_that_hangs_is_told_once_and_again_when_the_recording_ends() {
    let mut told = Told::new();
    told.enter(TARGET, "dlopen", STACK, HOME, &["/a.so"]);
    for _ in 0..2 {
        let now = told.time + 3_000_000_000;
        let story = told.tracker.sweep(now, Some(2_000_000_000));
        told.events.extend(story.events);
    }
    assert_eq!(unfinished(&told), [(Some(Seq(1)), Because::Slow)]);
    told.back(TARGET, "dlopen", STACK, 9);
    assert_eq!(returns(&told).len(), 1, "it may still come back");
    told.enter(TARGET, "dlopen", STACK, HOME, &["/b.so"]);
    told.end();
    assert_eq!(unfinished(&told).last().unwrap().1, Because::End);
}

#[test]
fn an_exit_ends_open_calls_innermost_first() {
    let mut told = Told::new();
    told.enter(TARGET, "dlopen", STACK, HOME, &["/a.so"]);
    told.enter(TARGET, "dlopen", STACK - 64, HOME, &["/b.so"]);
    told.exit(TARGET, 139);
    let because = Because::Exit;
    assert_eq!(
        unfinished(&told),
        [(Some(Seq(2)), because), (Some(Seq(1)), because)]
    );
}

#[test]
fn a_loader_error_belongs_to_the_call_that_is_being_served_and_its_repeats_are_dropped() {
    let mut told = Told::new();
    told.enter(TARGET, "dlopen", STACK, HOME, &["/a.so"]);
    let words = ["libcuda.so.1", "", "cannot open shared object file"];
    told.enter(TARGET, "_dl_signal_error", STACK - 512, HOME, &words);
    told.enter(TARGET, "_dl_signal_error", STACK - 400, HOME, &words);
    told.back(TARGET, "dlopen", STACK, 0);
    let errors = errors(&told);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].call, Some(Seq(1)));
    assert_eq!(errors[0].object.value().unwrap().as_str(), "libcuda.so.1");
    let closures: Vec<_> = told
        .wishes
        .iter()
        .filter(|wish| matches!(wish, Wish::Closure { file, .. } if file == "/a.so"))
        .collect();
    assert_eq!(closures.len(), 1);
}

#[test]
fn the_same_failure_of_a_second_call_is_told_again() {
    let mut told = Told::new();
    for _ in 0..2 {
        told.enter(TARGET, "dlopen", STACK, HOME, &["/a.so"]);
        let words = ["libcuda.so.1", "", "cannot open shared object file"];
        told.enter(TARGET, "_dl_signal_error", STACK - 512, HOME, &words);
        told.back(TARGET, "dlopen", STACK, 0);
    }
    assert_eq!(errors(&told).len(), 2);
}

#[test]
fn an_error_inside_dlsym_is_its_miss() {
    let mut told = Told::new();
    told.enter(TARGET, "dlsym", STACK, HOME, &["cuInit"]);
    let words = ["/a.so", "", "undefined symbol: cuInit"];
    told.enter(TARGET, "_dl_signal_error", STACK - 512, HOME, &words);
    assert_eq!(errors(&told)[0].call, Some(Seq(1)));
}

#[test]
fn a_dlsym_that_is_long_over_is_not_blamed() {
    let words = ["/a.so", "", "some other trouble"];
    // Another record of the thread came between.
    let mut told = Told::new();
    told.enter(TARGET, "dlsym", STACK, HOME, &["cuInit"]);
    told.call(TARGET, 21, [0; 6], 0, "/etc/x");
    told.enter(TARGET, "_dl_signal_error", STACK - 512, HOME, &words);
    assert_eq!(errors(&told)[0].call, None);
    // Another call of the thread came between.
    let mut told = Told::new();
    told.enter(TARGET, "dlsym", STACK, HOME, &["cuInit"]);
    told.enter(TARGET, "dlopen", STACK - 64, HOME, &["/b.so"]);
    told.enter(TARGET, "_dl_signal_error", STACK - 512, HOME, &words);
    assert_eq!(errors(&told)[0].call, Some(Seq(2)));
    // The error is above its frame.
    let mut told = Told::new();
    told.enter(TARGET, "dlsym", STACK - 512, HOME, &["cuInit"]);
    told.enter(TARGET, "_dl_signal_error", STACK, HOME, &words);
    assert_eq!(errors(&told)[0].call, None);
}

#[test]
fn threads_have_calls_of_their_own() {
    let mut told = Told::new();
    told.enter(101, "dlopen", STACK, HOME, &["/a.so"]);
    told.enter(102, "dlsym", STACK, HOME, &["x"]);
    let words = ["/a.so", "", "undefined symbol: x"];
    told.enter(102, "_dl_signal_error", STACK - 64, HOME, &words);
    told.enter(101, "_dl_signal_error", STACK - 64, HOME, &words);
    let calls: Vec<_> = errors(&told).iter().map(|error| error.call).collect();
    assert_eq!(calls, [Some(Seq(2)), Some(Seq(1))]);
}

#[test]
fn a_secret_in_a_loaders_words_stays_there() {
    let mut told = Told::new();
    let url = "https://anna:planted@host/libx.so";
    told.enter(TARGET, "dlopen", STACK, HOME, &[url]);
    let words = [url, "", "cannot open shared object file"];
    told.enter(TARGET, "_dl_signal_error", STACK - 64, HOME, &words);
    let shown = format!("{:?}", told.events);
    assert!(!shown.contains("planted"), "{shown}");
}

#[test]
fn of_a_model_servers_log_only_harmless_lines_are_kept() {
    let texts = |arguments: &[u8]| {
        let mut told = Told::new();
        told.exec(TARGET, "/bin/llama-server", arguments, b"");
        for line in [
            "load_tensors: offloaded 17/17 layers to GPU\n",
            "dear diary\n",
        ] {
            told.enter(TARGET, "common_log_default_callback", STACK, HOME, &[line]);
        }
        told.all(|kind| match kind {
            Kind::Call(call) => call
                .args
                .iter()
                .find(|arg| arg.0.as_str() == "text")
                .cloned(),
            _ => None,
        })
        .into_iter()
        .map(|(_, value)| value)
        .collect::<Vec<_>>()
    };
    let kept = Value::Str(Seen::Yes(
        "load_tensors: offloaded 17/17 layers to GPU\n".into(),
    ));
    let withheld = Value::Str(Seen::No(Why::Withheld));
    assert_eq!(
        texts(b"llama-server\0--model\0/m\0"),
        [kept.clone(), withheld]
    );
    let other = Value::Str(Seen::Yes("dear diary\n".into()));
    assert_eq!(texts(b"llama-server\0--list-devices\0"), [kept, other]);
}
