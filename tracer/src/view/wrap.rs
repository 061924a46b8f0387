//! Sentences broken into lines.

use super::escape;

/// Lines of at most `columns`, broken at blanks; a longer word stays whole. The text is escaped first.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let text = escape::text(text);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(last) = lines.last_mut() else {
            break;
        };
        if last.is_empty() {
            last.push_str(word);
        } else if escape::width(last) + 1 + escape::width(word) <= columns {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_break_at_blanks_and_a_long_word_stays_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("a /very/long/path b", 5),
            ["a", "/very/long/path", "b"]
        );
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("x\u{1b}[2J", 80), ["x\\x1b[2J"]);
    }
}
