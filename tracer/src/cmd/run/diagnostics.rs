//! What the recorder says about itself under `-v` and `-vv`.

use aya::Ebpf;
use tracing_subscriber::EnvFilter;

use crate::sys::readiness;

/// Sends diagnostics to standard error: warnings always, more with `-v`, all with `-vv`.
pub(in crate::cmd) fn diagnostics(verbose: u8) {
    let level = match verbose {
        0 => "vgputrace=warn",
        1 => "vgputrace=info",
        _ => "vgputrace=debug,probes=debug,aya=info",
    };
    let filter = EnvFilter::new(level);
    // A second recording in one process keeps the first one's.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(super::watch::is_terminal())
        .without_time()
        .try_init();
}

/// Shows what the probes themselves have to say (`-vv`). Never the data path.
pub(in crate::cmd) fn of_probes(ebpf: &mut Ebpf) {
    log::set_max_level(log::LevelFilter::Debug);
    match aya_log::EbpfLogger::init(ebpf) {
        Ok(mut logger) => {
            let Ok(ready) = readiness::readable(&logger) else {
                return;
            };
            tokio::task::spawn(async move {
                while let Ok(mut ready) = ready.readable().await {
                    logger.flush();
                    ready.clear_ready();
                }
            });
        }
        Err(error) => tracing::debug!(%error, "the probes have nothing to say"),
    }
}
