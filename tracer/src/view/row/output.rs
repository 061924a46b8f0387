//! Rows of what a program wrote: each line of text is a line of its own, ` 2| text`.

use crate::event::output::Output;
use crate::event::{Seen, Text};

use super::super::line::{Line, Role};
use super::super::{Looks, amount};
use super::Row;

pub(super) fn output(body: &Output, looks: Looks) -> Row {
    let role = if body.fd == 2 {
        Role::Warning
    } else {
        Role::Dim
    };
    let gutter = format!("{}| ", body.fd);
    let mut row = Row::default();
    match &body.text {
        Seen::Yes(text) => lines(&mut row, text, role, &gutter),
        Seen::Cut(text, of) => {
            lines(&mut row, text, role, &gutter);
            let last = row.more.last_mut().unwrap_or(&mut row.first);
            last.push(Role::Dim, &format!(" <cut, {of} bytes>"));
        }
        Seen::No(_) => {
            let size = amount::size(body.length);
            row.first
                .push(role, &gutter)
                .free(Role::Dim, &body.text)
                .push(Role::Dim, &format!(" {size}"));
        }
    }
    if let Some(err) = body.err {
        row.error(err, looks);
    }
    row
}

fn lines(row: &mut Row, text: &Text, role: Role, gutter: &str) {
    let text = text.as_str();
    let text = text.strip_suffix('\n').unwrap_or(text);
    for (at, part) in text.split('\n').enumerate() {
        let mut line = Line::new();
        line.push(role, gutter)
            .plain(part.strip_suffix('\r').unwrap_or(part));
        if at == 0 {
            row.first = line;
        } else {
            row.more.push(line);
        }
    }
}
