//! A log beside a recording: the server prints what it made of its variables, with defaults and in words of its own
//! (envconfig/config.go, `AsMap`), and a recording has what it was given.

use super::fact::Stage;
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
/// Those that it prints as `true` or `false` and that decide about backends.
const TRUTHS: [&str; 1] = ["OLLAMA_VULKAN"];

/// Leaves of the server's settings those that can be compared, as a log has them. What is empty or false is as good as not set.
pub(super) fn in_words_of_a_log(facts: &mut Facts) {
    facts.facts.retain(|key, fact| {
        if key.stage != Stage::Setting || key.role != "server" {
            return true;
        }
        let name = key.name.as_str();
        if TRUTHS.contains(&name) {
            // Go's strconv.ParseBool; what it cannot read counts as true.
            let value = fact.value.same.as_str();
            let no = ["", "0", "f", "F", "false", "FALSE", "False"].contains(&value);
            "true".clone_into(&mut fact.value.same);
            return !no;
        }
        AS_GIVEN.contains(&name) && !fact.value.same.is_empty()
    });
}
