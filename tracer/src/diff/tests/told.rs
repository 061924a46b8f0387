//! How long things took, what the server said, what it was answered: each planted, and beside it what is no difference.

use super::{compare, first, model, text};
use crate::diff::{Answer, Stage};
use crate::discover::Model;
use crate::discover::model::{
    Answer as Told, Device, Evidence, Level, Line, ModelStart, Origin, Reported,
};
use crate::event::Seq;

const SECOND: u64 = 1_000_000_000;

/// Both runs changed, each in its own way.
fn pair(good: impl Fn(&mut Model), bad: impl Fn(&mut Model)) -> Answer {
    let [mut one, mut two] = [model(2, 4711), model(3, 4712)];
    good(&mut one);
    bad(&mut two);
    compare(&one, &two, None)
}

#[track_caller]
fn tells_nothing(answer: &Answer) {
    assert!(answer.same, "{:#?}", answer.differences);
}

#[test]
fn a_time_near_its_limit_is_told_where_the_other_side_is_far_from_it() {
    let took = |good: u64, bad: u64| {
        pair(
            |model| model.attempts[0].took = Some(good * SECOND),
            |model| model.attempts[0].took = Some(bad * SECOND),
        )
    };
    assert!(
        first(&took(1, 26)).contains(
            "the attempt at cuda_v12 pass 1 takes 26.0 s of its 30 s (took 1.0 s of its 30 s)"
        ),
        "{}",
        first(&took(1, 26))
    );
    assert_eq!(took(26, 1).differences[0].difference.key.stage, Stage::Time);
    // A busy machine stretches all times; near on both sides is the same, and so is what lies between.
    for (good, bad) in [(1, 9), (1, 19), (11, 26), (21, 29), (9, 1)] {
        tells_nothing(&took(good, bad));
    }
    tells_nothing(&pair(
        |model| model.attempts[0].took = None,
        |model| model.attempts[0].took = Some(29 * SECOND),
    ));
}

fn line(level: Level, message: &str, text_of_line: &str) -> Line {
    Line {
        level,
        message: text(message),
        seen: Some(Evidence::event(Seq(70), text_of_line)),
        ..Line::default()
    }
}

#[test]
fn a_warning_of_the_server_is_told_and_other_lines_are_not() {
    let warning = |time: &str| {
        let text = format!("time=2026-11-21T{time}Z level=WARN msg=\"old driver\"");
        line(Level::Warn, "old driver", &text)
    };
    let answer = pair(|_| {}, |model| model.lines.push(warning("10:00:00.1")));
    assert!(
        first(&answer).contains("it says `time="),
        "{}",
        first(&answer)
    );
    assert!(first(&answer).contains("old driver"));
    tells_nothing(&pair(
        |model| model.lines.push(warning("10:00:00.1")),
        |model| model.lines.push(warning("11:30:00.25")),
    ));
    tells_nothing(&pair(
        |_| {},
        |model| {
            let info = line(Level::Info, "Listening", "level=INFO msg=Listening");
            let list = line(Level::Info, "inference compute", "level=INFO");
            model.lines.extend([info, list, warning("10:00:00.1")]);
        },
    ));
    // A log that lacks the line may begin behind it.
    tells_nothing(&pair(
        |model| model.lines.push(warning("10:00:00.1")),
        |model| model.origin = Origin::Log,
    ));
}

fn answered(status: u16, compute: i64, free: u64) -> Option<Told> {
    Some(Told {
        status: Some(status),
        devices: vec![Reported {
            id: text("GPU-1"),
            library: text("CUDA"),
            name: text("CUDA0"),
            compute: Some((compute, 0)),
            free: Some(free),
            ..Reported::default()
        }],
        ..Told::default()
    })
}

#[test]
fn status_and_devices_of_an_answer_are_told_and_free_memory_is_not() {
    let told = |good: Option<Told>, bad: Option<Told>| {
        pair(
            |model| model.children[0].answer.clone_from(&good),
            |model| model.children[0].answer.clone_from(&bad),
        )
    };
    let answer = told(answered(200, 9, 5), answered(500, 9, 5));
    assert!(
        first(&answer).contains("HTTP status is `500` (was `200`)"),
        "{}",
        first(&answer)
    );
    let answer = told(answered(200, 9, 5), answered(200, 6, 5));
    assert!(
        first(&answer).contains("compute capability 6.0"),
        "{}",
        first(&answer)
    );
    tells_nothing(&told(answered(200, 9, 5), answered(200, 9, 77)));
}

#[test]
fn the_final_list_is_told_where_both_have_it() {
    let device = |library: &str, free: &str| {
        let field = |name: &str, value: &str| (text(name), text(value));
        Device {
            id: text("0"),
            library: text(library),
            fields: [field("total", "80.0 GiB"), field("available", free)].into(),
            ..Device::default()
        }
    };
    let listed = |good: &Device, bad: &Device| {
        pair(
            |model| model.devices = vec![good.clone()],
            |model| model.devices = vec![bad.clone()],
        )
    };
    let answer = listed(&device("CUDA", "79 GiB"), &device("Vulkan", "79 GiB"));
    assert!(
        first(&answer).contains(
            "the server's final list is `Vulkan 0 total 80.0 GiB` (was `CUDA 0 total 80.0 GiB`)"
        ),
        "{}",
        first(&answer)
    );
    tells_nothing(&listed(&device("CUDA", "79 GiB"), &device("CUDA", "1 GiB")));
}

#[test]
fn where_a_model_went_is_told_of_the_same_model() {
    let layers = |part: Option<u32>| ModelStart {
        dir: text("cuda_v12"),
        offloaded: part.map(|part| (part, 33)),
        ..ModelStart::default()
    };
    let started = |good: Option<u32>, bad: Option<u32>| {
        pair(
            |model| model.models = vec![layers(good)],
            |model| model.models = vec![layers(bad)],
        )
    };
    let answer = started(Some(33), Some(10));
    assert!(
        first(&answer).contains("layers on a GPU is `10 of 33` (was `33 of 33`)"),
        "{}",
        first(&answer)
    );
    tells_nothing(&started(Some(33), Some(33)));
    tells_nothing(&started(Some(33), None));
    // It went to the CPU altogether, which is another folder.
    let elsewhere = |part: u32| {
        pair(
            |model| model.models = vec![layers(Some(33))],
            |model| {
                let mut start = layers(Some(part));
                start.dir = text("cpu");
                model.models = vec![start];
            },
        )
    };
    let answer = elsewhere(0);
    assert!(
        first(&answer).contains("layers on a GPU is `0 of 33` (was `33 of 33`)"),
        "{}",
        first(&answer)
    );
    // What was asked for comes before what came of it.
    let asked = |layers: i64, part: u32| {
        vec![ModelStart {
            num_gpu: Some(layers),
            offloaded: Some((part, 33)),
            ..ModelStart::default()
        }]
    };
    let answer = pair(
        |model| model.models = asked(-1, 33),
        |model| model.models = asked(0, 0),
    );
    assert!(
        first(&answer).contains("num_gpu is `0` (was `-1`)"),
        "{}",
        first(&answer)
    );
    // Another model says nothing of the first.
    tells_nothing(&pair(
        |model| model.models = vec![layers(Some(33))],
        |model| {
            let mut start = layers(None);
            start.offloaded = Some((0, 29));
            model.models = vec![start];
        },
    ));
}
