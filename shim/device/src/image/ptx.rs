//! PTX: the names and parameters of `.entry` functions.

use std::sync::Arc;

use super::{Image, Kernel, MOST_KERNELS, MOST_PARAMETERS, Parameter, kernel};
use crate::code::Code;

/// Reads the entries of a text; it must have a `.version`, as all PTX has.
pub(super) fn read(bytes: &[u8]) -> Result<Image, Code> {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    let mut words = Words { rest: &text };
    let mut has_version = false;
    let mut kernels: Vec<Arc<Kernel>> = Vec::new();
    while let Some(word) = words.next() {
        match word {
            ".version" => has_version = true,
            ".entry" => {
                let name = words.next().ok_or(Code::INVALID_PTX)?;
                let parameters = parameters(&mut words)?;
                // A declaration of an entry may come before its body.
                if kernels.iter().all(|known| known.name != name) {
                    kernels.push(kernel(name, parameters, 0));
                }
                if kernels.len() > MOST_KERNELS {
                    return Err(Code::INVALID_PTX);
                }
            }
            _ => {}
        }
    }
    if !has_version {
        return Err(Code::INVALID_PTX);
    }
    Ok(Image { kernels })
}

/// `( .param .align 8 .b8 name[24], .param .u64 name )`; an entry without parameters may go on with anything else.
fn parameters(words: &mut Words<'_>) -> Result<Vec<Parameter>, Code> {
    let mut list = Vec::new();
    if words.peek() != Some("(") {
        return Ok(list);
    }
    let mut next = 0_u32;
    let (mut size, mut align, mut count) = (0_u32, 0_u32, 1_u32);
    let mut open = true;
    words.next();
    while open {
        let word = words.next().ok_or(Code::INVALID_PTX)?;
        match word {
            "," | ")" => {
                open = word == ",";
                if size > 0 {
                    let align = align.max(size);
                    let offset = next
                        .checked_next_multiple_of(align)
                        .ok_or(Code::INVALID_PTX)?;
                    let size = size.checked_mul(count).ok_or(Code::INVALID_PTX)?;
                    next = offset.checked_add(size).ok_or(Code::INVALID_PTX)?;
                    list.push(Parameter { offset, size });
                }
                (size, align, count) = (0, 0, 1);
            }
            // The alignment of what a pointer points to is not that of the pointer.
            ".ptr" => {
                while words.peek().is_some_and(|word| word.starts_with('.')) {
                    if words.next() == Some(".align") {
                        words.next();
                    }
                }
            }
            ".align" => align = number(words.next())?,
            "[" => count = number(words.next())?,
            _ => size = size_of_type(word).unwrap_or(size),
        }
        if list.len() > MOST_PARAMETERS {
            return Err(Code::INVALID_PTX);
        }
    }
    Ok(list)
}

fn number(word: Option<&str>) -> Result<u32, Code> {
    word.and_then(|word| word.parse().ok())
        .filter(|number| (1..=1 << 16).contains(number))
        .ok_or(Code::INVALID_PTX)
}

/// Bytes of a type: `.u64`, `.f32`, `.b8`.
fn size_of_type(word: &str) -> Option<u32> {
    let bits = word
        .strip_prefix(['.'])?
        .strip_prefix(['u', 's', 'b', 'f'])?;
    match bits {
        "8" => Some(1),
        "16" => Some(2),
        "32" => Some(4),
        "64" => Some(8),
        "128" => Some(16),
        _ => None,
    }
}

/// Words and single signs of a text, without comments.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.skip();
        let first = self.rest.chars().next()?;
        let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '%' | '.');
        let length = if in_word(first) {
            self.rest.find(|c| !in_word(c)).unwrap_or(self.rest.len())
        } else {
            first.len_utf8()
        };
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(word)
    }

    fn peek(&mut self) -> Option<&'a str> {
        let here = self.rest;
        let word = self.next();
        self.rest = here;
        word
    }

    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let end = if self.rest.starts_with("//") {
                "\n"
            } else if self.rest.starts_with("/*") {
                "*/"
            } else {
                return;
            };
            let inside = self.rest.get(2..).unwrap_or_default();
            self.rest = inside.split_once(end).map_or("", |(_, behind)| behind);
        }
    }
}
