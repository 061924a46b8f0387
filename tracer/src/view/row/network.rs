//! Rows of loopback sockets and of the discovery endpoints.

use crate::event::net::{Http, Socket};

use super::super::line::{Line, Role};
use super::super::{Looks, errno};
use super::Row;

pub(super) fn socket(body: &Socket, looks: Looks) -> Row {
    let mut row = Row::new(body.call.as_str());
    if let Some(address) = &body.address {
        row.first.plain(" ").push(Role::Object, address.as_str());
    }
    row.first.push(Role::Dim, &format!(" fd {}", body.fd));
    match body.err {
        // A connect that goes on in the background is no failure.
        Some(err) if err.0 == 115 => {
            row.first.plain(" = ").push(Role::Dim, &errno::words(err));
        }
        Some(err) => drop(row.error(err, looks)),
        None => {}
    }
    if body.already {
        row.first.push(Role::Dim, "  (was there already)");
    }
    row
}

pub(super) fn http(body: &Http) -> Row {
    let mut row = Row::new("http");
    row.first
        .plain(" ")
        .push(Role::Object, body.request.as_str());
    match &body.answer {
        None => {
            row.first
                .push(Role::Dim, &format!(" asked on fd {}", body.fd));
        }
        Some(answer) => {
            row.first
                .push(Role::Dim, &format!(" answered on fd {}", body.fd));
            if let Some(text) = answer.value() {
                row.more.extend(text.as_str().lines().map(|text| {
                    let mut line = Line::new();
                    line.plain(text.trim_end_matches('\r'));
                    line
                }));
            } else {
                row.first.plain(" ").free(Role::Plain, answer);
            }
        }
    }
    row
}
