//! How much is kept of a server that looks for its devices again and again.

use serde_json::json;

use super::made::Made;
use crate::discover::events::{FEW, MAX_EACH, MAX_TOGETHER};

/// Runners that call a driver more often than is kept of one.
fn many(runners: u32) -> Made {
    let mut made = Made::server(&[], &["cuda_v12"]);
    for number in 2..2 + runners {
        made.runner(number, "cuda_v12", &[]);
        for _ in 0..MAX_EACH + 10 {
            let call = made.call(number, "cuda", "cuInit", "/usr/lib/libcuda.so.1");
            made.back(number, call, "cuInit", json!({"int": 0}));
        }
        made.exit(number, Some(0), None);
    }
    made
}

#[test]
fn the_first_processes_are_kept_whole_and_later_ones_by_their_beginning() {
    let runners = u32::try_from(MAX_TOGETHER / MAX_EACH).unwrap() + 3;
    let model = many(runners).model();
    let kept: Vec<usize> = model
        .children
        .iter()
        .map(|child| child.calls.len())
        .collect();
    assert_eq!(kept.len(), runners as usize);
    assert_eq!(kept.first(), Some(&MAX_EACH));
    assert_eq!(kept.last(), Some(&FEW));
    assert!(kept.iter().sum::<usize>() <= MAX_TOGETHER + runners as usize * FEW);
}

#[test]
fn a_failure_and_last_words_beyond_the_bound_are_kept() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.runner(2, "cuda_v12", &[]);
    for number in 0..MAX_EACH + 500 {
        let call = made.call(2, "cuda", "cuMemAlloc_v2", "/usr/lib/libcuda.so.1");
        made.back(2, call, "cuMemAlloc_v2", json!({"int": 0}));
        made.say(2, 2, &format!("line {number}\n"));
    }
    let refused = made.call(2, "cuda", "cuLaunchKernel", "/usr/lib/libcuda.so.1");
    made.failed(2, refused, "cuLaunchKernel", 719);
    made.call(2, "cuda", "cuStreamSynchronize", "/usr/lib/libcuda.so.1");
    made.say(2, 2, "CUDA error: unspecified launch failure\n");
    made.exit(2, Some(134), None);
    let model = made.model();
    let child = &model.children[0];
    let decisive: Vec<(&str, bool)> = child.calls[MAX_EACH..]
        .iter()
        .map(|call| (call.function.as_str(), call.result.is_empty()))
        .collect();
    assert_eq!(
        decisive,
        [("cuLaunchKernel", false), ("cuStreamSynchronize", true)]
    );
    assert_eq!(child.calls[MAX_EACH].code, Some(719));
    let last = child.said.last().map(|said| said.text.as_str());
    assert_eq!(last, Some("CUDA error: unspecified launch failure"));
    assert!(child.calls.len() + child.said.len() <= 2 * (MAX_EACH + FEW));
}

#[test]
fn what_is_not_among_the_calls_of_a_process_that_made_too_many_proves_nothing() {
    let model = many(1).model();
    let process = model.children[0].process.unwrap();
    assert!(!model.blind.absence_is_certain(process, 0, u64::MAX));
    let few = {
        let mut made = Made::server(&[], &["cuda_v12"]);
        made.runner(2, "cuda_v12", &[]);
        made.call(2, "cuda", "cuInit", "/usr/lib/libcuda.so.1");
        made.model()
    };
    assert!(few.blind.absence_is_certain(process, 0, u64::MAX));
}
