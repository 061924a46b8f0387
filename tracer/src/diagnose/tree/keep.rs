//! How a variable can stay and do no harm, beside taking it away: it may be set for other programs too.

use super::words::{list, shell};
use crate::diagnose::advice::EDIT_UNIT;
use crate::event::Text;
use crate::event::tree::Variable;

/// The remedy with the other way, where there is one.
pub(super) fn with(rule: &str, variable: &Variable, mut remedy: Vec<String>) -> Vec<String> {
    let typed = !variable.origin.as_str().starts_with('/');
    let value = variable.value.as_ref().map_or("", Text::as_str);
    let (words, other) = way(rule, variable.name.as_str(), value);
    remedy.extend(words);
    if let Some(other) = other {
        remedy.push(match typed {
            true => format!("{EDIT_UNIT}   # Environment={}", shell(&other)),
            false => format!("as {other}"),
        });
    }
    remedy
}

/// Words, and the assignment that takes the place of the one that is there.
fn way(rule: &str, name: &str, value: &str) -> (Option<String>, Option<String>) {
    let words = |text: &str| (Some(text.to_owned()), None);
    match (rule, name) {
        ("VG351", _) if hides_all(value) => (
            Some(format!(
                "or keep {name} and name the devices that Ollama shall have in it, by number or UUID; 0 is the first:"
            )),
            Some(format!("{name}=0")),
        ),
        ("VG351", _) => words("or keep it, if these are the devices that Ollama shall have"),
        ("VG355", "OLLAMA_DEBUG") => (
            Some("or keep it with the one value that shows them:".to_owned()),
            Some("OLLAMA_DEBUG=2".to_owned()),
        ),
        ("VG355", "OLLAMA_LIBRARY_PATH" | "LD_LIBRARY_PATH") => {
            words("or keep it for other programs: here it does no harm")
        }
        ("VG355", "LLAMA_ARG_DEVICE") => {
            words("or keep it with a name that `llama-server --list-devices` tells")
        }
        ("VG355", "GGML_BACKEND_PATH") => {
            words("or keep it for other programs, or if every runner is meant to load that file")
        }
        ("VG355", "GGML_CUDA_INIT") => {
            words("or keep it where the compute capability of every GPU is built in")
        }
        ("VG355", name) if name.starts_with("LLAMA_ARG_") => {
            words("or keep it with a value that `llama-server --help` allows")
        }
        _ => (None, None),
    }
}

fn hides_all(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    value.is_empty() || value.starts_with("-1")
}

/// LD_PRELOAD without one of its files.
pub(super) fn preload(value: &str, name: &str) -> Vec<String> {
    let others: Vec<&str> = value
        .split([' ', ':'])
        .filter(|one| !one.is_empty() && *one != name)
        .collect();
    if others.is_empty() {
        return vec![format!(
            "or keep it, if {name} is meant to be in these processes and hands on each function that it answers to"
        )];
    }
    let rest = others.join(":");
    vec![
        format!("or keep it for {}:", list(others.into_iter())),
        format!("{EDIT_UNIT}   # Environment=LD_PRELOAD={}", shell(&rest)),
    ]
}

#[cfg(test)]
mod tests {
    use super::{preload, with};
    use crate::event::Text;
    use crate::event::tree::Variable;

    fn remedy(rule: &str, name: &str, value: &str, origin: &str) -> Vec<String> {
        let variable = Variable {
            name: Text::from(name),
            value: Some(Text::from(value)),
            origin: Text::from(origin),
            line: None,
        };
        with(rule, &variable, Vec::new())
    }

    #[test]
    fn a_variable_that_hides_devices_can_name_some() {
        let typed = remedy("VG351", "CUDA_VISIBLE_DEVICES", "-1", "this shell");
        assert_eq!(
            typed[1],
            "$ sudo systemctl edit ollama   # Environment=CUDA_VISIBLE_DEVICES=0"
        );
        let file = remedy("VG351", "CUDA_VISIBLE_DEVICES", "", "/etc/x.conf");
        assert_eq!(file[1], "as CUDA_VISIBLE_DEVICES=0");
        assert_eq!(
            remedy("VG351", "CUDA_VISIBLE_DEVICES", "1", "this shell").len(),
            1
        );
    }

    #[test]
    fn every_variable_that_does_no_harm_may_stay() {
        for name in [
            "OLLAMA_LIBRARY_PATH",
            "LD_LIBRARY_PATH",
            "LLAMA_ARG_DEVICE",
            "LLAMA_ARG_CTX_SIZE",
            "GGML_BACKEND_PATH",
            "GGML_CUDA_INIT",
            "OLLAMA_DEBUG",
        ] {
            let lines = remedy("VG355", name, "x", "process 7");
            assert!(lines[0].starts_with("or keep it"), "{name}: {lines:?}");
        }
    }

    #[test]
    fn the_other_preloaded_files_can_stay() {
        assert_eq!(
            preload("/a.so:/b c", "/a.so")[1],
            "$ sudo systemctl edit ollama   # Environment=LD_PRELOAD=/b:c"
        );
        assert!(preload("/a.so", "/a.so")[0].contains("if /a.so is meant"));
    }
}
