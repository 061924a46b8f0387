//! ggml's words about a call that failed.

use crate::discover::model::{Child, Evidence};

/// The error, where ggml met it, and in which call: it prints these in three lines (ggml-cuda.cu, ggml_cuda_error), and says
/// its own place in the source before or after them. A launch that was refused is told by the function that launched.
pub(super) fn cuda_error(child: &Child) -> Option<(String, &Evidence)> {
    const ERROR: &str = "CUDA error: ";
    let first = child
        .said
        .iter()
        .position(|said| said.text.as_str().contains(ERROR))?;
    let said = child.said.get(first)?;
    let (_, error) = said.text.as_str().split_once(ERROR)?;
    let mut whole = format!("{ERROR}{}", error.trim());
    let mut after = child
        .said
        .iter()
        .skip(first + 1)
        .map(|said| said.text.as_str());
    let function = after
        .next()
        .and_then(|line| line.split_once(" in function "))
        .and_then(|(_, rest)| rest.split(' ').next());
    if let Some(function) = function {
        whole.push_str(&format!(", in {function}"));
        // From 0.30 on each line begins with a time and a letter.
        let call = after
            .next()
            .map(|line| line.split_once(" E ").map_or(line, |(_, rest)| rest).trim())
            .filter(|call| call.ends_with(')'));
        if let Some(call) = call {
            whole.push_str(&format!(", at {call}"));
        }
    }
    Some((whole, &said.seen))
}

#[cfg(test)]
mod tests {
    use super::cuda_error;
    use crate::discover::model::Evidence;
    use crate::discover::model::{Child, Said};
    use crate::discover::role::Role;
    use crate::event::{Seq, Text};

    fn told(lines: &[&str]) -> Option<String> {
        let mut child = Child::new(Role::Program);
        child.said = lines
            .iter()
            .map(|line| Said {
                text: Text::from(*line),
                seen: Evidence::event(Seq(1), *line),
            })
            .collect();
        cuda_error(&child).map(|(words, _)| words)
    }

    #[test]
    fn the_error_is_told_with_its_function_and_its_call() {
        let lines = [
            "/src/ggml-cuda.cu:106: CUDA error",
            "0.00.130.235 E CUDA error: operation not supported",
            "0.00.130.248 E   current device: 0, in function ggml_cuda_init at /src/ggml-cuda.cu:287",
            "0.00.130.249 E   cuMemGetAllocationGranularity(&granularity, &prop, 0)",
        ];
        assert_eq!(
            told(&lines).as_deref(),
            Some(
                "CUDA error: operation not supported, in ggml_cuda_init, at cuMemGetAllocationGranularity(&granularity, &prop, 0)"
            )
        );
        assert_eq!(
            told(&lines[..2]).as_deref(),
            Some("CUDA error: operation not supported")
        );
        assert_eq!(told(&lines[..1]), None);
    }
}
