//! Builds the kernel side and embeds it.

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    // The eBPF target needs `-Z build-std`; this lets the pinned stable toolchain do it.
    // SAFETY: a build script has one thread here.
    #[expect(unsafe_code, reason = "set_var is unsafe in edition 2024")]
    unsafe {
        std::env::set_var("RUSTC_BOOTSTRAP", "1");
    }
    let toolchain = std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_else(|_| "1.98.0".to_owned());
    aya_build::build_ebpf(
        [aya_build::Package {
            name: "vgputrace-ebpf",
            root_dir: "../tracer-ebpf",
            no_default_features: false,
            features: &["probes"],
        }],
        aya_build::Toolchain::Custom(&toolchain),
    )
    .context("building the kernel side failed; `./x setup` installs the toolchain and bpf-linker")
}
