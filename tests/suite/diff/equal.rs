//! Runs of one installation, recorded while both processors are busy: no two of them differ.

use std::sync::atomic::{AtomicBool, Ordering};

use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::standin::{self, Era};
use vgputrace_tests::{gate, open_folder, outline, test_name};

use vgputrace_tests::compared;

/// Runs of each era; with `VGPUTRACE_SLOW` so many that they make 496 pairs.
fn runs() -> usize {
    if std::env::var_os("VGPUTRACE_SLOW").is_some() {
        32
    } else {
        4
    }
}

#[test]
fn no_two_runs_of_one_installation_differ_under_load() {
    if !gate::engine(test_name!()) {
        return;
    }
    let busy = AtomicBool::new(true);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while busy.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let checked = std::panic::catch_unwind(|| Era::ALL.map(check));
        busy.store(false, Ordering::Relaxed);
        if let Err(why) = checked {
            std::panic::resume_unwind(why);
        }
    });
}

fn check(era: Era) {
    let folder = open_folder();
    let Some(tree) = standin::tree(era, folder.path()) else {
        return;
    };
    // A folder that is tried, and a failure with words.
    let backends = tree.library.join("cuda_v12");
    std::fs::create_dir(&backends).expect("a folder");
    place(Fault::UndefinedSymbol, &backends, "libggml-cuda.so");
    let models: Vec<_> = (0..runs())
        .map(|_| outline::model(&tree.record(tree.command()).path))
        .collect();
    let (mut pairs, mut wrong) = (0, Vec::new());
    for (at, one) in models.iter().enumerate() {
        for other in models.iter().skip(at + 1) {
            pairs += 1;
            let answer = compared::models(one, other);
            if !answer.same {
                let first = answer.first.map(|first| first.sentence);
                wrong.push(first.unwrap_or_else(|| format!("{:?}", answer.verdict_changes)));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {pairs} pairs differ ({era:?}):\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
