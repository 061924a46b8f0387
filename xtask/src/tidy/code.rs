//! Blanks comments and the insides of literals of Rust source, so that a check sees code alone. Line numbers stay.
//!
//! Not a full lexer: it knows comments (nested), strings (raw ones too) and characters, which is all that can hide
//! code or look like it.

/// The text with every comment and literal replaced by spaces; line ends stay.
pub(super) fn strip(text: &str) -> String {
    let source: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < source.len() {
        let end = end_of_hidden(&source, at).min(source.len());
        if end > at {
            for hidden in source.get(at..end).unwrap_or_default() {
                code.push(if *hidden == '\n' { '\n' } else { ' ' });
            }
            at = end;
        } else {
            code.extend(source.get(at));
            at += 1;
        }
    }
    code
}

/// Where the comment or literal that starts at `at` ends; `at` when none starts there.
fn end_of_hidden(source: &[char], at: usize) -> usize {
    let here = |offset: usize| source.get(at + offset).copied().unwrap_or('\0');
    match (here(0), here(1)) {
        ('/', '/') => find(source, at, |rest| rest.first() == Some(&'\n')),
        ('/', '*') => end_of_block(source, at),
        ('"', _) => end_of_string(source, at + 1),
        ('r', '"' | '#') if !continues_a_name(source, at) => end_of_raw(source, at),
        ('b' | 'c', 'r') if !continues_a_name(source, at) => {
            let end = end_of_raw(source, at + 1);
            if end > at + 1 { end } else { at }
        }
        ('\'', '\\') => {
            let end = find(source, at + 3, |rest| rest.first() == Some(&'\''));
            end + 1
        }
        ('\'', _) if here(2) == '\'' => at + 3,
        _ => at,
    }
}

fn continues_a_name(source: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|index| source.get(index));
    before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | 'b' | 'c'))
}

fn find(source: &[char], from: usize, is_end: impl Fn(&[char]) -> bool) -> usize {
    (from..source.len())
        .find(|index| is_end(source.get(*index..).unwrap_or_default()))
        .unwrap_or(source.len())
}

fn end_of_block(source: &[char], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut index = at;
    while index < source.len() {
        match source.get(index..index + 2) {
            Some(['/', '*']) => {
                depth += 1;
                index += 2;
            }
            Some(['*', '/']) => {
                depth = depth.saturating_sub(1);
                index += 2;
                if depth == 0 {
                    return index;
                }
            }
            _ => index += 1,
        }
    }
    source.len()
}

fn end_of_string(source: &[char], mut index: usize) -> usize {
    while let Some(c) = source.get(index) {
        match c {
            '\\' => index += 2,
            '"' => return index + 1,
            _ => index += 1,
        }
    }
    source.len()
}

/// `at` is the `r`; returns `at` for a raw name such as `r#type`.
fn end_of_raw(source: &[char], at: usize) -> usize {
    let hashes = source
        .iter()
        .skip(at + 1)
        .take_while(|c| **c == '#')
        .count();
    if source.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let end = find(source, at + 2 + hashes, |rest| {
        rest.first() == Some(&'"')
            && rest
                .iter()
                .skip(1)
                .take(hashes)
                .filter(|c| **c == '#')
                .count()
                == hashes
    });
    (end + 1 + hashes).min(source.len())
}

/// The words of a line of code: names and keywords, in order.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{strip, words};

    fn seen(text: &str) -> Vec<String> {
        words(&strip(text)).map(str::to_owned).collect()
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        assert_eq!(seen("a // b\nc /* d /* e */ f */ g"), ["a", "c", "g"]);
        assert_eq!(seen(r#"a("b \" c") d"#), ["a", "d"]);
        assert_eq!(seen("a(r##\"b \"# c\"##) d br\"e\" f"), ["a", "d", "f"]);
        assert_eq!(seen(r"a 'b' '\'' '\u{1F600}' c"), ["a", "c"]);
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        assert_eq!(
            seen("fn f<'a>(x: &'a str, r#type: u8)"),
            ["fn", "f", "a", "x", "a", "str", "r", "type", "u8"]
        );
    }

    #[test]
    fn lines_stay_where_they_were() {
        let text = "a\n/* b\nc */ d\n\"e\nf\" g";
        assert_eq!(strip(text).lines().count(), text.lines().count());
        assert_eq!(strip(text).lines().nth(2).map(str::trim), Some("d"));
    }

    #[test]
    fn unfinished_literals_end_with_the_file() {
        for text in ["\"a", "/* a", "r#\"a", "'\\", "\"a\\", "b", "r#", "'"] {
            assert_eq!(strip(text).chars().count(), text.chars().count(), "{text}");
        }
    }
}
