//! Two series of headers become one table: names, variants, first versions.

use std::collections::BTreeMap;

use anyhow::Context;

use super::headers::Series;
use super::kinds::kind;

/// A value's type: in C, and as the table has it.
pub(super) struct Typed {
    pub(super) c_type: String,
    pub(super) kind: String,
}

/// One row.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) variant: Variant,
    pub(super) since: u16,
    pub(super) series: u8,
    pub(super) result: Typed,
    pub(super) parameters: Vec<(String, Typed)>,
}

/// A name's parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Variant {
    pub(super) base: String,
    /// `No`, `Ptds` or `Ptsz`.
    pub(super) per_thread: &'static str,
    pub(super) version: u8,
}

impl Variant {
    /// Takes `cuName_v2_ptsz` apart.
    pub(super) fn of(name: &str) -> Self {
        let marks = [("_ptds", "Ptds"), ("_ptsz", "Ptsz")];
        let marked = marks
            .iter()
            .find_map(|(end, mark)| Some((name.strip_suffix(end)?, *mark)));
        let (rest, per_thread) = marked.unwrap_or((name, "No"));
        let versioned = rest.rsplit_once("_v").and_then(|(base, digits)| {
            let version = digits.parse::<u8>().ok()?;
            Some((base, version))
        });
        let (base, version) = versioned.unwrap_or((rest, 1));
        Self {
            base: base.to_owned(),
            per_thread,
            version,
        }
    }
}

/// Rows of all functions whose name starts with `start`, sorted by name.
///
/// # Errors
/// A type that is not known.
pub(super) fn rows(
    series: &[Series],
    start: &str,
    first: &BTreeMap<Variant, u16>,
) -> anyhow::Result<Vec<Row>> {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for Series { bit, header } in series {
        for (name, signature) in &header.functions {
            if !name.starts_with(start) {
                continue;
            }
            if let Some(row) = rows.get_mut(name.as_str()) {
                row.series |= bit;
                continue;
            }
            let typed = |words: &[String]| -> anyhow::Result<Typed> {
                let kind = kind(words, header).with_context(|| format!("in {name}"))?;
                let c_type = spelled(words);
                Ok(Typed { c_type, kind })
            };
            let parameters = signature
                .parameters
                .iter()
                .map(|(name, words)| Ok((name.clone(), typed(words)?)))
                .collect::<anyhow::Result<_>>()?;
            let variant = Variant::of(name);
            let row = Row {
                name: name.clone(),
                since: first.get(&variant).copied().unwrap_or(0),
                variant,
                series: *bit,
                result: typed(&signature.result)?,
                parameters,
            };
            rows.insert(name, row);
        }
    }
    Ok(rows.into_values().collect())
}

/// `const char *` from its words.
fn spelled(words: &[String]) -> String {
    words.join(" ").replace("* *", "**")
}

/// Which CUDA version brought each variant. The function types `PFN_NAME_vVERSION[_ptsz]` name versions; in order they
/// are the binary versions of the name, which is how the driver's own look-up by version works.
pub(super) fn first_versions(typedefs: &[Series], driver: &[Series]) -> BTreeMap<Variant, u16> {
    let mut versions: BTreeMap<(String, &'static str), Vec<u16>> = BTreeMap::new();
    for name in typedefs.iter().flat_map(|one| one.header.types.keys()) {
        let Some(name) = name.strip_prefix("PFN_") else {
            continue;
        };
        let Variant { per_thread, .. } = Variant::of(name);
        let plain = name.trim_end_matches("_ptds").trim_end_matches("_ptsz");
        let Some((base, version)) = plain.rsplit_once("_v") else {
            continue;
        };
        if let Ok(version) = version.parse() {
            let list = versions.entry((base.to_owned(), per_thread)).or_default();
            list.push(version);
        }
    }
    let mut variants: BTreeMap<(String, &'static str), Vec<Variant>> = BTreeMap::new();
    for name in driver.iter().flat_map(|one| one.header.functions.keys()) {
        let variant = Variant::of(name);
        let key = (variant.base.clone(), variant.per_thread);
        variants.entry(key).or_default().push(variant);
    }
    let mut first = BTreeMap::new();
    for (key, mut list) in variants {
        let Some(mut known) = versions.remove(&key) else {
            continue;
        };
        list.sort();
        list.dedup();
        known.sort_unstable();
        known.dedup();
        if list.len() == known.len() {
            first.extend(list.into_iter().zip(known));
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::{Variant, first_versions};
    use crate::cmd::generate::headers::Series;
    use crate::cmd::generate::parse::parse;

    #[test]
    fn a_name_is_taken_apart() {
        let parts = |name| {
            let variant = Variant::of(name);
            (variant.base, variant.per_thread, variant.version)
        };
        assert_eq!(parts("cuInit"), ("cuInit".to_owned(), "No", 1));
        assert_eq!(
            parts("cuMemcpyHtoD_v2_ptds"),
            ("cuMemcpyHtoD".to_owned(), "Ptds", 2)
        );
    }

    #[test]
    fn versions_go_to_variants_in_order() {
        let one = |text| {
            [Series {
                bit: 2,
                header: parse(text),
            }]
        };
        let typedefs = one("typedef int (*PFN_cuA_v2000)(int); typedef int (*PFN_cuA_v3020)(int);");
        let driver = one("int cuA_v2(int a); int cuA(int a); int cuB(int a);");
        let first = first_versions(&typedefs, &driver);
        assert_eq!(first.get(&Variant::of("cuA")), Some(&2000));
        assert_eq!(first.get(&Variant::of("cuA_v2")), Some(&3020));
        assert_eq!(first.get(&Variant::of("cuB")), None);
    }
}
