//! The running kernel's type information (BTF): where a field is inside a structure.
//!
//! Format: Documentation/bpf/btf.rst of the kernel. Only what a look-up of members and of a function's parameter
//! count needs is read; everything is checked, since the file is as untrusted as any other.

use std::collections::HashMap;

use super::Error;

const HEADER: usize = 24;
const MAGIC: u16 = 0xeb9f;
const KIND_PTR: u32 = 2;
const KIND_ARRAY: u32 = 3;
const KIND_STRUCT: u32 = 4;
const KIND_UNION: u32 = 5;
const KIND_ENUM: u32 = 6;
const KIND_TYPEDEF: u32 = 8;
const KIND_VOLATILE: u32 = 9;
const KIND_CONST: u32 = 10;
const KIND_RESTRICT: u32 = 11;
const KIND_INT: u32 = 1;
const KIND_FUNC_PROTO: u32 = 13;
const KIND_VAR: u32 = 14;
const KIND_DATASEC: u32 = 15;
const KIND_DECL_TAG: u32 = 17;
const KIND_TYPE_TAG: u32 = 18;
const KIND_ENUM64: u32 = 19;
/// Nested structures looked into for one field.
const DEPTH: u32 = 8;

/// Parsed type information: an index over the file's bytes.
pub struct Btf {
    bytes: Vec<u8>,
    strings: usize,
    /// Offset of each type's record; the first is type 1.
    types: Vec<u32>,
    structures: HashMap<String, u32>,
    unions: HashMap<String, u32>,
    typedefs: HashMap<String, u32>,
}

#[derive(Clone, Copy)]
struct Type {
    at: usize,
    name: u32,
    kind: u32,
    count: usize,
    bitfields: bool,
    /// Size, or the type it refers to.
    size_or_type: u32,
}

impl Btf {
    /// Indexes the bytes of a BTF file.
    ///
    /// # Errors
    /// [`Error::BadBtf`] with the first thing that is wrong.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Error> {
        let word = |at: usize| read_u32(&bytes, at).ok_or(Error::BadBtf("it is too short"));
        if bytes.get(..2) != Some(&MAGIC.to_ne_bytes()) {
            return Err(Error::BadBtf("it does not begin with the magic number"));
        }
        let header = word(4)? as usize;
        let (types_at, types_length) = (word(8)? as usize, word(12)? as usize);
        let strings_at = word(16)? as usize;
        if header < HEADER {
            return Err(Error::BadBtf("its header is too short"));
        }
        let strings = header.saturating_add(strings_at);
        let start = header.saturating_add(types_at);
        let end = start.saturating_add(types_length).min(bytes.len());
        let mut btf = Self {
            bytes,
            strings,
            types: Vec::new(),
            structures: HashMap::new(),
            unions: HashMap::new(),
            typedefs: HashMap::new(),
        };
        btf.index(start, end)?;
        Ok(btf)
    }

    fn index(&mut self, start: usize, end: usize) -> Result<(), Error> {
        let mut at = start;
        while at < end {
            let entry = self.type_at(at).ok_or(Error::BadBtf("a type is cut off"))?;
            let offset = u32::try_from(at).map_err(|_| Error::BadBtf("it is too long"))?;
            self.types.push(offset);
            let id =
                u32::try_from(self.types.len()).map_err(|_| Error::BadBtf("it is too long"))?;
            if let Some(name) = self.string(entry.name).filter(|name| !name.is_empty()) {
                let name = name.to_owned();
                match entry.kind {
                    KIND_STRUCT => _ = self.structures.entry(name).or_insert(id),
                    KIND_UNION => _ = self.unions.entry(name).or_insert(id),
                    KIND_TYPEDEF => _ = self.typedefs.entry(name).or_insert(id),
                    _ => {}
                }
            }
            at += 12 + body(&entry).ok_or(Error::BadBtf("a type has an unknown kind"))?;
        }
        Ok(())
    }

    /// Offset in bytes of a field of a structure or union, `a.b` for a field of a nested one. Anonymous members are looked through.
    #[must_use]
    pub fn offset(&self, structure: &str, field: &str) -> Option<u32> {
        let named = self.structures.get(structure);
        let mut id = *named.or_else(|| self.unions.get(structure))?;
        let mut bits = 0_u32;
        for part in field.split('.') {
            let (offset, next) = self.member(id, part, DEPTH)?;
            bits = bits.checked_add(offset)?;
            id = next;
        }
        Some(bits / 8)
    }

    /// How many parameters a tracepoint's handler has (`btf_trace_NAME`), its own data pointer left out.
    #[must_use]
    pub fn tracepoint_parameters(&self, name: &str) -> Option<usize> {
        let mut entry = self.get(*self.typedefs.get(&format!("btf_trace_{name}"))?)?;
        for _ in 0..DEPTH {
            match entry.kind {
                KIND_FUNC_PROTO => return entry.count.checked_sub(1),
                _ => entry = self.get(entry.size_or_type)?,
            }
        }
        None
    }

    /// Offset in bits of a named member and its type.
    fn member(&self, id: u32, name: &str, depth: u32) -> Option<(u32, u32)> {
        let entry = self.resolved(id)?;
        if !matches!(entry.kind, KIND_STRUCT | KIND_UNION) || depth == 0 {
            return None;
        }
        for index in 0..entry.count {
            let at = entry.at + 12 + index * 12;
            let (member_name, kind) = (self.word(at)?, self.word(at + 4)?);
            let raw = self.word(at + 8)?;
            let bits = if entry.bitfields {
                raw & 0x00ff_ffff
            } else {
                raw
            };
            let member_name = self.string(member_name)?;
            if member_name == name {
                return Some((bits, kind));
            }
            if member_name.is_empty()
                && let Some((inner, found)) = self.member(kind, name, depth - 1)
            {
                return Some((bits.checked_add(inner)?, found));
            }
        }
        None
    }

    /// The type behind typedefs and qualifiers.
    fn resolved(&self, id: u32) -> Option<Type> {
        let mut entry = self.get(id)?;
        for _ in 0..DEPTH {
            match entry.kind {
                KIND_TYPEDEF | KIND_CONST | KIND_VOLATILE | KIND_RESTRICT | KIND_TYPE_TAG => {
                    entry = self.get(entry.size_or_type)?;
                }
                _ => break,
            }
        }
        Some(entry)
    }

    fn get(&self, id: u32) -> Option<Type> {
        let at = *self.types.get((id as usize).checked_sub(1)?)?;
        self.type_at(at as usize)
    }

    fn type_at(&self, at: usize) -> Option<Type> {
        let info = self.word(at + 4)?;
        Some(Type {
            at,
            name: self.word(at)?,
            kind: info >> 24 & 0x1f,
            count: (info & 0xffff) as usize,
            bitfields: info >> 31 == 1,
            size_or_type: self.word(at + 8)?,
        })
    }

    fn word(&self, at: usize) -> Option<u32> {
        read_u32(&self.bytes, at)
    }

    fn string(&self, offset: u32) -> Option<&str> {
        let bytes = self
            .bytes
            .get(self.strings.checked_add(offset as usize)?..)?;
        let end = bytes.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(&bytes[..end]).ok()
    }
}

/// Bytes that follow a type's common part.
fn body(entry: &Type) -> Option<usize> {
    Some(match entry.kind {
        KIND_INT | KIND_VAR | KIND_DECL_TAG => 4,
        KIND_ARRAY => 12,
        KIND_STRUCT | KIND_UNION | KIND_DATASEC | KIND_ENUM64 => 12 * entry.count,
        KIND_ENUM | KIND_FUNC_PROTO => 8 * entry.count,
        KIND_PTR..=KIND_TYPE_TAG => 0,
        _ => return None,
    })
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let chunk = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Btf;

    #[test]
    fn fields_of_the_running_kernel_are_found_where_the_abi_has_them() {
        let bytes = std::fs::read("/sys/kernel/btf/vmlinux").unwrap();
        let btf = Btf::parse(bytes).unwrap();
        // pt_regs is part of the ABI: its places are known.
        assert_eq!(btf.offset("pt_regs", "orig_ax"), Some(15 * 8));
        assert_eq!(btf.offset("pt_regs", "ss"), Some(20 * 8));
        // Through an anonymous member, and through a nested structure.
        assert!(btf.offset("mm_struct", "arg_start").is_some());
        assert!(btf.offset("dentry", "d_name.name").is_some());
        assert_eq!(btf.offset("task_struct", "no_such_field"), None);
        assert_eq!(btf.offset("no_such_structure", "pid"), None);
        assert_eq!(btf.tracepoint_parameters("sched_process_fork"), Some(2));
    }

    #[test]
    fn what_is_no_btf_is_an_error() {
        for wrong in [
            &b""[..],
            b"\x7fELF",
            &[0x9f, 0xeb, 1, 0],
            &[0x9f, 0xeb, 1, 0, 255, 255, 255, 255],
        ] {
            assert!(Btf::parse(wrong.to_vec()).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(mut bytes: Vec<u8>) {
            let mut whole = vec![0x9f, 0xeb, 1, 0, 24, 0, 0, 0];
            whole.append(&mut bytes);
            if let Ok(btf) = Btf::parse(whole) {
                let _ = btf.offset("a", "b");
                let _ = btf.tracepoint_parameters("a");
            }
        }
    }
}
