//! Words and names: parts of paths, lists in a sentence, who provides a symbol.

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The folder of a path, `/` for a file at the root; empty for a bare name.
pub(super) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((parent, _)) => parent,
        None => "",
    }
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
pub(super) fn list<S: AsRef<str>>(all: &[S]) -> String {
    const SHOWN: usize = 4;
    let names: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] if names.len() <= SHOWN => format!("{} and {last}", most.join(", ")),
        _ => {
            let shown = names.get(..SHOWN - 1).unwrap_or_default().join(", ");
            format!("{shown} and {} more", names.len() - (SHOWN - 1))
        }
    }
}

/// `a` or `an` before a word.
pub(super) fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        one.to_owned()
    } else {
        many.to_owned()
    }
}

/// The begin of the soname of the library that defines a symbol, where its name tells: CUDA's driver, runtime and
/// cuBLAS, NVML, ggml's core, HIP, Vulkan, and versions that are sonames (`cudaMalloc@libcudart.so.12`).
pub(super) fn provider(symbol: &str) -> Option<String> {
    let (name, version) = symbol.split_once('@').unwrap_or((symbol, ""));
    if version.starts_with("lib") && version.contains(".so") {
        return Some(version.to_owned());
    }
    let soname = match version {
        _ if version.starts_with("GLIBC_") => "libc.so",
        _ if version.starts_with("GLIBCXX_") || version.starts_with("CXXABI_") => "libstdc++.so",
        _ => named(name)?,
    };
    Some(soname.to_owned())
}

fn named(name: &str) -> Option<&'static str> {
    let camel = |prefix: &str| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
    };
    let table: [(bool, &str); 12] = [
        (
            name.starts_with("ggml_") || name.starts_with("gguf_"),
            "libggml-base.so",
        ),
        (name.starts_with("__cuda"), "libcudart.so"),
        (camel("cudnn"), "libcudnn.so"),
        (camel("cuda"), "libcudart.so"),
        (camel("cublasLt"), "libcublasLt.so"),
        (camel("cublas"), "libcublas.so"),
        (camel("cu"), "libcuda.so"),
        (camel("nvml"), "libnvidia-ml.so"),
        (camel("hipblas"), "libhipblas.so"),
        (camel("hip") || name.starts_with("__hip"), "libamdhip64.so"),
        (name.starts_with("rocblas_"), "librocblas.so"),
        (camel("vk"), "libvulkan.so"),
    ];
    table
        .iter()
        .find(|(fits, _)| *fits)
        .map(|(_, soname)| *soname)
}

#[cfg(test)]
mod tests {
    use super::{base, list, parent, provider};

    #[test]
    fn a_symbol_tells_its_library_where_its_name_does() {
        for (symbol, soname) in [
            ("cuMemCreate", Some("libcuda.so")),
            ("cudaMalloc@libcudart.so.12", Some("libcudart.so.12")),
            ("cudaMalloc", Some("libcudart.so")),
            ("cublasLtCreate", Some("libcublasLt.so")),
            ("ggml_is_contiguous_to_3", Some("libggml-base.so")),
            ("memcpy@GLIBC_2.38", Some("libc.so")),
            ("curl_easy_init", None),
            ("customer", None),
            ("anything", None),
        ] {
            assert_eq!(provider(symbol).as_deref(), soname, "{symbol}");
        }
    }

    #[test]
    fn lists_read_as_in_a_sentence() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
        assert_eq!(base("/a/b.so"), "b.so");
        assert_eq!(
            (parent("/a/b.so"), parent("/b.so"), parent("b.so")),
            ("/a", "/", "")
        );
        assert_eq!(base(r"C:\a\b.dll"), "b.dll");
    }
}
