//! The summary of a whole recording, and what must stand first.

use super::{Class, File, Page, Summary};
use crate::event::loss::Loss;
use crate::event::{Event, Kind, Text};
use crate::view::Looks;
use crate::view::samples::{bootstrap, dlopen, event, map, not_found, unmap};

const LOOKS: Looks = Looks {
    colour: false,
    unicode: true,
};

fn summary(events: &[Event]) -> Summary {
    let mut summary = Summary::new(Some(bootstrap::header()));
    for event in events {
        summary.push(event);
    }
    summary
}

fn page(events: &[Event]) -> String {
    let file = File {
        path: "run.vgt".to_owned(),
        size: Some(31_744),
        warnings: Vec::new(),
    };
    Page::write(&summary(events), &file, LOOKS)
}

#[test]
fn a_bootstrap_fits_a_screen() {
    let page = page(&bootstrap::events());
    assert!(page.lines().count() <= 40, "{page}");
    insta::assert_snapshot!(page);
}

#[test]
fn loss_is_the_first_thing_said() {
    let mut events = bootstrap::events();
    let loss = Kind::Loss(Loss {
        cause: Text::from("ring"),
        count: 1200,
    });
    events.insert(3, event(999, 5, "p1.1", loss));
    let page = page(&events);
    assert!(
        page.starts_with("LOSS       1,200 records lost: the buffer"),
        "{page}"
    );
}

#[test]
fn a_recording_without_an_end_says_so() {
    let mut events = bootstrap::events();
    events.pop();
    assert!(page(&events).starts_with("DAMAGE     the recording has no end"));
}

#[test]
fn libraries_are_told_apart_by_what_they_are_for() {
    for (name, class) in [
        ("libggml-cuda.so", Class::Ggml),
        ("libcuda.so.1", Class::Cuda),
        ("libcudart.so.12", Class::Cudart),
        ("libcublasLt.so.13", Class::Cublas),
        ("libcurl.so.4", Class::System),
        ("libnvidia-ml.so.1", Class::Nvml),
        ("libvulkan.so.1", Class::Vulkan),
        ("libamdhip64.so.6", Class::Hip),
        ("libllama.so", Class::Llama),
        ("libc.so.6", Class::System),
    ] {
        assert_eq!(Class::of(name), class, "{name}");
    }
}

#[test]
fn a_library_that_was_unmapped_again_is_not_called_loaded() {
    let events = [
        event(1, 1, "p1.1", map("/l/libggml-cuda.so")),
        event(2, 1, "p1.1", map("/l/libggml-cpu.so")),
        event(3, 1, "p1.1", unmap("/l/libggml-cuda.so")),
    ];
    let summary = summary(&events);
    let names = |kept| {
        let groups = summary.libraries.of(Class::Ggml, kept);
        groups
            .into_values()
            .flat_map(|group| group.names)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(true), ["libggml-cpu.so"]);
    assert_eq!(names(false), ["libggml-cuda.so"]);
}

/// Of dlsym the entry alone is recorded; what it did not find is a symbol, and usual.
#[test]
fn a_symbol_that_was_asked_for_in_vain_is_no_failed_load() {
    let mut asks = dlopen("ggml_backend_score");
    asks.function = Text::from("dlsym");
    asks.entry_only = true;
    let events = [
        event(1, 1, "p1.1", Kind::Call(asks)),
        event(2, 2, "p1.1", not_found(Some(1), "/l/libggml-cuda.so")),
    ];
    let summary = summary(&events);
    assert!(summary.failures.libraries.is_empty());
    let asked = summary.failures.symbols.values().flat_map(|one| &one.asked);
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [&Text::from("ggml_backend_score")]
    );
}
