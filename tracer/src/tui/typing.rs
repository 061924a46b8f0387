//! Keys as a program on a terminal gets them: bytes, as xterm sends them (xterm control sequences, "PC-Style Function Keys").

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The key that gives the keyboard back to the viewer, as telnet has it: Ctrl-]. Terminals send the same byte for Ctrl-5.
pub(super) fn takes_back(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char(']' | '5'))
}

/// What a key sends; nothing for one that sends nothing.
pub(super) fn bytes(key: KeyEvent) -> Vec<u8> {
    let mut bytes = Vec::new();
    if key.modifiers.contains(KeyModifiers::ALT) {
        bytes.push(0x1b);
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char(letter) if control => match of_control(letter) {
            Some(byte) => bytes.push(byte),
            None => return Vec::new(),
        },
        KeyCode::Char(letter) => {
            bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        KeyCode::Enter => bytes.push(b'\r'),
        KeyCode::Tab => bytes.push(b'\t'),
        KeyCode::Backspace => bytes.push(0x7f),
        KeyCode::Esc => bytes.push(0x1b),
        KeyCode::BackTab => bytes.extend_from_slice(b"\x1b[Z"),
        KeyCode::Up => bytes.extend_from_slice(b"\x1b[A"),
        KeyCode::Down => bytes.extend_from_slice(b"\x1b[B"),
        KeyCode::Right => bytes.extend_from_slice(b"\x1b[C"),
        KeyCode::Left => bytes.extend_from_slice(b"\x1b[D"),
        KeyCode::Home => bytes.extend_from_slice(b"\x1b[H"),
        KeyCode::End => bytes.extend_from_slice(b"\x1b[F"),
        KeyCode::Insert => bytes.extend_from_slice(b"\x1b[2~"),
        KeyCode::Delete => bytes.extend_from_slice(b"\x1b[3~"),
        KeyCode::PageUp => bytes.extend_from_slice(b"\x1b[5~"),
        KeyCode::PageDown => bytes.extend_from_slice(b"\x1b[6~"),
        _ => return Vec::new(),
    }
    bytes
}

/// The control character of a letter. crossterm names four of them by the digits that send the same.
const fn of_control(letter: char) -> Option<u8> {
    match letter {
        'a'..='z' => Some(letter as u8 & 0x1f),
        ' ' | '@' => Some(0),
        '[' | '3' => Some(0x1b),
        '\\' | '4' => Some(0x1c),
        ']' | '5' => Some(0x1d),
        '^' | '6' => Some(0x1e),
        '_' | '7' => Some(0x1f),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::{bytes, takes_back};

    #[test]
    fn keys_send_what_a_terminal_sends() {
        let none = KeyModifiers::NONE;
        for (code, modifiers, expected) in [
            (KeyCode::Char('ä'), none, "ä".as_bytes()),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, b"\x03"),
            (KeyCode::Char('z'), KeyModifiers::CONTROL, b"\x1a"),
            (KeyCode::Char('4'), KeyModifiers::CONTROL, b"\x1c"),
            (KeyCode::Char('b'), KeyModifiers::ALT, b"\x1bb"),
            (KeyCode::Enter, none, b"\r"),
            (KeyCode::Up, none, b"\x1b[A"),
            (KeyCode::CapsLock, none, b""),
        ] {
            assert_eq!(bytes(KeyEvent::new(code, modifiers)), expected, "{code:?}");
        }
        let back = KeyEvent::new(KeyCode::Char('5'), KeyModifiers::CONTROL);
        assert!(takes_back(back));
        assert!(!takes_back(KeyEvent::new(KeyCode::Char('5'), none)));
    }
}
