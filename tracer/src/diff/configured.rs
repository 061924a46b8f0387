//! A log beside a recording: the server prints what it made of its variables, with defaults and in words of its own
//! (envconfig/config.go, `AsMap`), and a recording has what it was given.

use super::fact::{Absence, Stage};
use super::facts::Facts;

/// Variables that it prints as it was given them.
const AS_GIVEN: [&str; 13] = [
    "CUDA_VISIBLE_DEVICES",
    "GGML_VK_VISIBLE_DEVICES",
    "GPU_DEVICE_ORDINAL",
    "HIP_VISIBLE_DEVICES",
    "HSA_OVERRIDE_GFX_VERSION",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "OLLAMA_LLM_LIBRARY",
    "ROCR_VISIBLE_DEVICES",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];
/// Those that it prints as `true` or `false` and that decide about backends. What they are without being set depends on the release.
const TRUTHS: [&str; 1] = ["OLLAMA_VULKAN"];

/// Variables that the server makes for a child.
const OF_CHILD: [&str; 3] = [
    "GGML_BACKEND_PATH",
    "LD_LIBRARY_PATH",
    "OLLAMA_LIBRARY_PATH",
];

/// Leaves of the settings those that can be compared, as a log has them. What is empty is as good as not set.
pub(super) fn in_words_of_a_log(facts: &mut Facts) {
    facts.facts.retain(|key, fact| {
        if key.stage != Stage::Setting {
            return true;
        }
        let name = key.name.as_str();
        if key.role != "server" {
            // Which of a child's variables are the server's own, a log cannot tell.
            return OF_CHILD.contains(&name);
        }
        if TRUTHS.contains(&name) {
            // Go's strconv.ParseBool; what it cannot read counts as true.
            let value = fact.value.same.as_str();
            let no = ["", "0", "f", "F", "false", "FALSE", "False"].contains(&value);
            fact.value.same = (!no).to_string();
            fact.absence = Absence::SaysNothing;
            return true;
        }
        AS_GIVEN.contains(&name) && !fact.value.same.is_empty()
    });
}
