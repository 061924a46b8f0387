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

/// The same for a screen of so many columns, where what is beyond them cannot be seen: a longer word is broken too.
#[must_use]
pub fn wrap_all(text: &str, columns: usize) -> Vec<String> {
    let lines = wrap(text, columns);
    let parts = lines.iter().flat_map(|line| pieces(line, columns));
    parts.collect()
}

/// Pieces of at most `columns`, broken wherever they end; a character that is wider than that stands alone.
#[must_use]
pub fn pieces(text: &str, columns: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut taken = 0;
    for character in text.chars() {
        let width = escape::width(character.encode_utf8(&mut [0; 4]));
        if taken > 0 && taken + width > columns {
            pieces.push(String::new());
            taken = 0;
        }
        taken += width;
        if let Some(last) = pieces.last_mut() {
            last.push(character);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{pieces, wrap, wrap_all};

    #[test]
    fn nothing_is_lost_at_the_edge_of_a_screen() {
        assert_eq!(
            wrap_all("a /very/long/path b", 6),
            ["a", "/very/", "long/p", "ath", "b"]
        );
        assert_eq!(
            pieces("\u{6a21}\u{578b}abc", 3),
            ["\u{6a21}", "\u{578b}a", "bc"]
        );
        assert_eq!(pieces("\u{6a21}", 1), ["\u{6a21}"]);
        assert_eq!(pieces("e\u{301}x", 1), ["e\u{301}", "x"]);
        assert_eq!(pieces("", 5), [""]);
    }

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
