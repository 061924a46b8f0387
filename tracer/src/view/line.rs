//! One line of text as spans with a role each. Roles become colours at the very end, or never.

use crate::event::{Seen, Text, Why};

use super::{Looks, escape};

/// What a span is, so that a terminal or the viewer can choose its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ordinary text.
    Plain,
    /// The verb of a row: `open`, `dlopen`.
    Verb,
    /// A file, library or other thing the row is about.
    Object,
    /// A result that is no failure.
    Result,
    /// A failure: its sign and its words.
    Failed,
    /// Neither good nor bad, but worth a look.
    Warning,
    /// Secondary: times, addresses, callers.
    Dim,
    /// A process.
    Process,
    /// A heading.
    Heading,
}

impl Role {
    /// The parameters of the SGR sequence (ECMA-48), none for plain text.
    fn colour(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Verb | Self::Heading => "1",
            Self::Object => "36",
            Self::Result => "32",
            Self::Failed => "1;31",
            Self::Warning => "33",
            Self::Dim => "2",
            Self::Process => "35",
        }
    }
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub role: Role,
    text: String,
}

impl Span {
    /// The text, already escaped.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A line without its end. Whatever is pushed is escaped here, so a line is always safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    spans: Vec<Span>,
}

impl Line {
    /// An empty line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends text.
    pub fn push(&mut self, role: Role, text: &str) -> &mut Self {
        if text.is_empty() {
            return self;
        }
        let text = escape::text(text);
        match self.spans.last_mut() {
            Some(last) if last.role == role => last.text.push_str(&text),
            _ => self.spans.push(Span {
                role,
                text: text.into_owned(),
            }),
        }
        self
    }

    /// Appends plain text.
    pub fn plain(&mut self, text: &str) -> &mut Self {
        self.push(Role::Plain, text)
    }

    /// Appends a path or name, quoted where it needs to be, or why it is not there.
    pub fn word(&mut self, role: Role, seen: &Seen<Text>) -> &mut Self {
        match seen {
            Seen::Yes(text) => self.push(role, &escape::word(text.as_str())),
            Seen::Cut(text, of) => {
                self.push(role, &escape::word(text.as_str()));
                self.push(Role::Dim, &format!("<cut, {of} bytes>"))
            }
            Seen::No(why) => self.unseen(*why),
        }
    }

    /// Appends a string in quotes, or why it is not there.
    pub fn quoted(&mut self, role: Role, seen: &Seen<Text>) -> &mut Self {
        match seen {
            Seen::Yes(text) => self.push(role, &escape::quoted(text.as_str())),
            Seen::Cut(text, of) => {
                self.push(role, &escape::quoted(text.as_str()));
                self.push(Role::Dim, &format!("<cut, {of} bytes>"))
            }
            Seen::No(why) => self.unseen(*why),
        }
    }

    /// Appends free text, or why it is not there.
    pub fn free(&mut self, role: Role, seen: &Seen<Text>) -> &mut Self {
        match seen {
            Seen::Yes(text) => self.push(role, text.as_str()),
            Seen::Cut(text, of) => {
                self.push(role, text.as_str());
                self.push(Role::Dim, &format!("<cut, {of} bytes>"))
            }
            Seen::No(why) => self.unseen(*why),
        }
    }

    /// Appends why a value is not there.
    pub fn unseen(&mut self, why: Why) -> &mut Self {
        self.push(
            Role::Dim,
            match why {
                Why::Fault => "<unreadable>",
                Why::Withheld => "<withheld>",
                Why::Lost => "<lost>",
                Why::Null => "NULL",
                Why::Gone => "<gone>",
                Why::Unread => "<not read>",
            },
        )
    }

    /// Appends the spans of another line.
    pub fn append(&mut self, other: &Self) -> &mut Self {
        self.spans.extend(other.spans.iter().cloned());
        self
    }

    /// The pieces.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// True when nothing was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Columns on a terminal.
    #[must_use]
    pub fn width(&self) -> usize {
        self.spans
            .iter()
            .map(|span| escape::width(&span.text))
            .sum()
    }

    /// Appends blanks up to a column.
    pub fn pad_to(&mut self, column: usize) -> &mut Self {
        let missing = column.saturating_sub(self.width());
        self.push(Role::Plain, &" ".repeat(missing))
    }

    /// What is left without its first columns. A wide character that is cut goes as a whole.
    #[must_use]
    pub fn from_column(&self, columns: usize) -> Self {
        let mut left = columns;
        let mut line = Self::new();
        for span in &self.spans {
            let mut rest = span.text.as_str();
            while left > 0 {
                let mut characters = rest.chars();
                let Some(first) = characters.next() else {
                    break;
                };
                left = left.saturating_sub(escape::width(first.encode_utf8(&mut [0; 4])));
                rest = characters.as_str();
            }
            line.push(span.role, rest);
        }
        line
    }

    /// Writes the text without colour.
    pub fn write_plain(&self, out: &mut String) {
        for span in &self.spans {
            out.push_str(&span.text);
        }
    }

    /// Writes the text in the given looks, blanks at the end left out, with a line end.
    pub fn write(&self, looks: Looks, out: &mut String) {
        let begin = out.len();
        for span in &self.spans {
            let colour = if looks.colour { span.role.colour() } else { "" };
            if colour.is_empty() {
                out.push_str(&span.text);
            } else {
                out.push_str("\u{1b}[");
                out.push_str(colour);
                out.push('m');
                out.push_str(&span.text);
                out.push_str("\u{1b}[0m");
            }
        }
        let kept = out.trim_end_matches(' ').len().max(begin);
        out.truncate(kept);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Role};
    use crate::event::{Seen, Text, Why};
    use crate::view::Looks;

    #[test]
    fn colour_is_written_only_where_it_is_wanted() {
        let mut line = Line::new();
        line.push(Role::Verb, "open")
            .plain(" ")
            .word(Role::Object, &Seen::Yes(Text::from("/a\u{1b}[31m")));
        let mut out = String::new();
        line.write(Looks::default(), &mut out);
        assert_eq!(out, "open \"/a\\x1b[31m\"\n");
        out.clear();
        let looks = Looks {
            colour: true,
            unicode: true,
        };
        line.write(looks, &mut out);
        assert_eq!(
            out,
            "\u{1b}[1mopen\u{1b}[0m \u{1b}[36m\"/a\\x1b[31m\"\u{1b}[0m\n"
        );
    }

    #[test]
    fn the_rest_of_a_line_keeps_its_colours_and_cuts_no_character() {
        let mut line = Line::new();
        line.push(Role::Verb, "open")
            .push(Role::Object, "\u{6a21}/x");
        let rests = [
            (0, "open\u{6a21}/x"),
            (2, "en\u{6a21}/x"),
            (5, "/x"),
            (9, ""),
        ];
        for (columns, rest) in rests {
            let mut out = String::new();
            line.from_column(columns).write_plain(&mut out);
            assert_eq!(out, rest, "{columns}");
        }
        let rest = line.from_column(3);
        let roles: Vec<Role> = rest.spans().iter().map(|span| span.role).collect();
        assert_eq!(roles, [Role::Verb, Role::Object]);
    }

    #[test]
    fn a_value_that_is_not_there_says_why() {
        for (seen, shown) in [
            (Seen::No(Why::Fault), "<unreadable>"),
            (Seen::No(Why::Null), "NULL"),
            (Seen::Cut(Text::from("/a"), 9000), "/a<cut, 9000 bytes>"),
        ] {
            let mut out = String::new();
            let mut line = Line::new();
            line.word(Role::Plain, &seen).write_plain(&mut out);
            assert_eq!(out, shown);
        }
    }
}
