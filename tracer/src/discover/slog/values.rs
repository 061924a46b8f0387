//! Go values printed by `%v`: slices `[a b]` and maps `map[K:V L:W]`.
//!
//! In: the unquoted value of a field. Out: its parts, borrowed. The form is ambiguous where a part holds spaces; paths
//! and names of variables are told apart by how the next part begins.

/// The parts of a slice of paths, `[/usr/local/lib/ollama /usr/local/lib/ollama/cuda_v12]`. A path may hold spaces: a
/// new one begins only where an absolute path begins. Without brackets the value is one path.
#[must_use]
pub fn paths(value: &str) -> Vec<&str> {
    let Some(inner) = value
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
    else {
        return if value.is_empty() {
            Vec::new()
        } else {
            vec![value]
        };
    };
    split(inner, begins_a_path)
}

/// The parts of a slice of words, `[750 800 860]`.
#[must_use]
pub fn words(value: &str) -> Vec<&str> {
    value
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(value)
        .split_ascii_whitespace()
        .collect()
}

/// The pairs of a map, `map[OLLAMA_DEBUG:DEBUG OLLAMA_LLM_LIBRARY:]`; empty when it is no map. Values in brackets
/// (`OLLAMA_ORIGINS:[http://localhost ...]`) stay whole.
#[must_use]
pub fn map(value: &str) -> Vec<(&str, &str)> {
    let Some(inner) = value
        .strip_prefix("map[")
        .and_then(|inner| inner.strip_suffix(']'))
    else {
        return Vec::new();
    };
    split(inner, begins_a_pair)
        .into_iter()
        .filter_map(|pair| pair.split_once(':'))
        .collect()
}

/// The last name of a path, with `/` or `\` between its names.
#[must_use]
pub fn base_name(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    path.rfind(['/', '\\'])
        .map_or(path, |at| path.get(at + 1..).unwrap_or_default())
}

/// The path without its last name; empty when it has one name only.
#[must_use]
pub fn parent(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    path.rfind(['/', '\\'])
        .map_or("", |at| path.get(..at).unwrap_or_default())
}

/// The paths of a variable such as LD_LIBRARY_PATH: between `:`, or between `;` where paths have drive letters.
#[must_use]
pub fn path_list(value: &str) -> Vec<&str> {
    let windows = value.contains(';') || has_drive(value);
    value
        .split(if windows { ';' } else { ':' })
        .filter(|path| !path.is_empty())
        .collect()
}

fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

fn begins_a_path(rest: &str) -> bool {
    rest.starts_with('/') || rest.starts_with(r"\\") || has_drive(rest)
}

fn begins_a_pair(rest: &str) -> bool {
    let end = rest
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .unwrap_or(rest.len());
    end > 0 && rest[end..].starts_with(':') && !rest[end..].starts_with("://") && !has_drive(rest)
}

/// Cuts at each space outside brackets after which a new part begins.
fn split(text: &str, begins: fn(&str) -> bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && begins(&text[at + 1..]) => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => (),
        }
    }
    if start < text.len() {
        parts.push(&text[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{base_name, map, parent, path_list, paths, words};

    #[test]
    fn a_slice_of_paths_is_cut_where_a_path_begins() {
        assert_eq!(
            paths("[/usr/lib/ollama /usr/lib/ollama/cuda_v12]"),
            ["/usr/lib/ollama", "/usr/lib/ollama/cuda_v12"]
        );
        assert_eq!(
            paths(r"[C:\Users\Jo Do\ollama C:\Users\Jo Do\ollama\cuda_v12]"),
            [r"C:\Users\Jo Do\ollama", r"C:\Users\Jo Do\ollama\cuda_v12"]
        );
        assert_eq!(paths("/usr/lib/ollama/a b"), ["/usr/lib/ollama/a b"]);
        assert!(paths("[]").is_empty() && paths("").is_empty());
    }

    #[test]
    fn a_map_keeps_values_in_brackets_and_paths_with_spaces_whole() {
        assert_eq!(
            map(
                r"map[HTTPS_PROXY: OLLAMA_MODELS:C:\Users\Jo Do\.ollama OLLAMA_ORIGINS:[http://localhost app://*] no_proxy:]"
            ),
            [
                ("HTTPS_PROXY", ""),
                ("OLLAMA_MODELS", r"C:\Users\Jo Do\.ollama"),
                ("OLLAMA_ORIGINS", "[http://localhost app://*]"),
                ("no_proxy", ""),
            ]
        );
        assert!(map("map[]").is_empty() && map("[]").is_empty());
    }

    #[test]
    fn names_of_paths_are_found_under_both_signs() {
        assert_eq!(base_name("/usr/lib/ollama/cuda_v12/"), "cuda_v12");
        assert_eq!(base_name(r"C:\ollama\cuda_v12"), "cuda_v12");
        assert_eq!(base_name("cuda_v12"), "cuda_v12");
        assert_eq!(parent(r"C:\ollama\cuda_v12"), r"C:\ollama");
        assert_eq!(parent("cuda_v12"), "");
        assert_eq!(path_list("/a:/b::"), ["/a", "/b"]);
        assert_eq!(path_list(r"C:\a;D:\b"), [r"C:\a", r"D:\b"]);
        assert_eq!(words("[750 800]"), ["750", "800"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"(map)?\[?[a-zA-Z:/ \\\[\]é]{0,40}\]?") {
            let _ = (paths(&text), map(&text), words(&text), path_list(&text), base_name(&text), parent(&text));
        }
    }
}
