//! Whether a library exports one of a few names: a look into its hash table instead of reading all its symbols.

use object::elf::{DT_GNU_HASH, DT_SYMTAB, SHN_UNDEF, Sym64};

use super::image::{Image, LE, Le};
use super::table::{Strings, Table};

/// Functions by which a driver, runtime or management library is known, whatever its file is called.
pub const DRIVER_MARKS: [&str; 8] = [
    "cuInit",
    "cuDriverGetVersion",
    "cudaGetDeviceCount",
    "cublasCreate_v2",
    "nvmlInit_v2",
    "hipInit",
    "hipGetDeviceCount",
    "vkCreateInstance",
];

/// Functions by which a library of ggml is known.
pub const BACKEND_MARKS: [&str; 4] = [
    "ggml_backend_init",
    "ggml_backend_register",
    "ggml_backend_load_all_from_path",
    "ggml_log_callback_default",
];

/// Symbols of one bucket that are compared at most.
const CHAIN: u32 = 4_096;

/// The image defines and exports one of these names.
#[must_use]
pub fn exports_any(image: &Image, names: &[&str]) -> bool {
    match Hash::read(image) {
        Some(hash) => names
            .iter()
            .any(|name| hash.holds(image, name) == Some(true)),
        // Without the GNU hash table every symbol is looked at.
        None => Table::dynamic(image).is_ok_and(|table| {
            table.iter().any(|symbol| {
                symbol.defined && names.iter().any(|name| name.as_bytes() == symbol.name)
            })
        }),
    }
}

/// `.gnu.hash`: how many buckets, and where its parts begin.
struct Hash {
    buckets: u32,
    first: u32,
    /// File offsets.
    bucket_at: u64,
    chain_at: u64,
    symbols_at: u64,
    strings: Strings,
}

impl Hash {
    fn read(image: &Image) -> Option<Self> {
        let (at, _) = image.place(image.value(DT_GNU_HASH)?)?;
        let (symbols_at, _) = image.place(image.value(DT_SYMTAB)?)?;
        let word = |index: u64| word(image, at.checked_add(index * 4)?);
        let (buckets, first, bloom) = (word(0)?, word(1)?, word(2)?);
        let bucket_at = at
            .checked_add(16)?
            .checked_add(u64::from(bloom).checked_mul(8)?)?;
        let chain_at = bucket_at.checked_add(u64::from(buckets) * 4)?;
        (buckets > 0).then_some(Self {
            buckets,
            first,
            bucket_at,
            chain_at,
            symbols_at,
            strings: Strings::dynamic(image),
        })
    }

    fn holds(&self, image: &Image, name: &str) -> Option<bool> {
        let hash = hash(name.as_bytes());
        let bucket = u64::from(hash % self.buckets);
        let start = word(image, self.bucket_at.checked_add(bucket * 4)?)?;
        if start < self.first {
            return Some(false);
        }
        for index in (start..).take(CHAIN as usize) {
            let link = u64::from(index - self.first) * 4;
            let chained = word(image, self.chain_at.checked_add(link)?)?;
            if chained | 1 == hash | 1 {
                let at = u64::from(index) * size_of::<Sym64<Le>>() as u64;
                let symbols: Vec<Sym64<Le>> = image
                    .structures(self.symbols_at.checked_add(at)?, 1, "a symbol")
                    .ok()?;
                let symbol = symbols.first()?;
                let found = self.strings.get(image, symbol.st_name.get(LE))?;
                if found.as_str() == name && symbol.st_shndx.get(LE) != SHN_UNDEF {
                    return Some(true);
                }
            }
            if chained & 1 == 1 {
                break;
            }
        }
        Some(false)
    }
}

fn word(image: &Image, at: u64) -> Option<u32> {
    let bytes = image.bytes(at, 4).ok()?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The hash of `DT_GNU_HASH` (glibc, elf/dl-lookup.c).
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(5381_u32, |hash, byte| {
        hash.wrapping_mul(33).wrapping_add(u32::from(*byte))
    })
}

#[cfg(test)]
mod tests {
    use super::exports_any;
    use crate::source::library::subject::Subject;
    use crate::source::library::{Image, Root};

    #[test]
    fn a_driver_is_known_by_what_it_exports_under_either_hash_table() {
        let subject = Subject::new();
        let source = "int cuInit(unsigned flags) { return 100; } int other(void) { return 1; }";
        for style in ["-Wl,--hash-style=gnu", "-Wl,--hash-style=sysv"] {
            let file = subject.library("libvgpu-x.so", source, &[style]);
            let image = Image::open(&file, &Root::default()).unwrap();
            assert!(exports_any(&image, &["nvmlInit_v2", "cuInit"]), "{style}");
            assert!(!exports_any(&image, &["cuinit", "nvmlInit_v2"]), "{style}");
        }
    }

    #[test]
    fn who_only_calls_a_driver_is_none() {
        let subject = Subject::new();
        let source = "int cuInit(unsigned); int use(void) { return cuInit(0); }";
        let file = subject.library("libuser.so", source, &[]);
        let image = Image::open(&file, &Root::default()).unwrap();
        assert!(!exports_any(&image, &["cuInit"]));
    }
}
