//! `expect`: the verdicts that a packager counts on.

use super::{parsed, recording, schema_of, tool};
use vgputrace_tests::{schema, workspace};

fn expect(name: &str, options: &[&str]) -> std::process::Output {
    let trace = recording(name);
    let trace = trace.to_string_lossy();
    let mut arguments = vec!["expect", trace.as_ref()];
    arguments.extend(options);
    tool(&workspace(), &arguments)
}

#[test]
fn a_verdict_that_is_as_expected_ends_with_0_and_another_one_with_1_and_its_cause() {
    let met = expect("runner-no-driver", &["--verdict", "cuda_v13=failed"]);
    assert_eq!(met.status.code(), Some(0));
    assert_eq!(met.stdout, b"cuda_v13 is failed, as expected\n");
    let unmet = expect(
        "runner-no-driver",
        &["--verdict", "cuda_v13=failed", "--verdict", "cuda_v12=used"],
    );
    assert_eq!(unmet.status.code(), Some(1));
    let text = String::from_utf8_lossy(&unmet.stdout).into_owned();
    assert!(text.contains("cuda_v12 is absent, expected used"), "{text}");
    let unmet = expect("runner-no-driver", &["--verdict", "cuda_v13=used"]);
    let text = String::from_utf8_lossy(&unmet.stdout).into_owned();
    assert!(
        text.contains("cuda_v13 is failed, expected used: ") && text.contains("libcuda.so.1"),
        "{text}"
    );
}

#[test]
fn the_json_has_the_form_of_its_schema() {
    let output = expect(
        "runner-no-driver",
        &["--json", "--verdict", "cuda_v13=used"],
    );
    let answer = parsed(&output);
    let misfits = schema::misfits(&answer, &schema_of("expect.schema.json"));
    assert!(misfits.is_empty(), "{misfits:#?}");
    assert_eq!(answer["met"], false);
    assert_eq!(answer["verdicts"][0]["verdict"], "failed");
}

#[test]
fn a_wrong_call_and_a_file_that_tells_nothing_end_with_2() {
    for options in [
        &["--verdict", "cuda_v13=perhaps"][..],
        &["--verdict", "=used"],
        &["--verdict", "cuda_v13"],
        &[],
    ] {
        let output = expect("runner-no-driver", options);
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    let output = expect("there-is-none", &["--verdict", "cuda_v13=used"]);
    assert_eq!(output.status.code(), Some(2));
}
