//! What each process is to the discovery, by its number, and which of them a pattern such as `runner[cuda_v12]` names.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::discover::Model;

/// Names of roles (`runner[cuda_v12] pass 1`) by the number of the process. Shared, never changed.
pub type Roles = Rc<BTreeMap<u32, String>>;

/// The roles that a model gives.
#[must_use]
pub fn of(model: &Model) -> Roles {
    let named = model
        .roles
        .iter()
        .map(|(process, role)| (process.number, role.to_string()));
    Rc::new(named.collect())
}

/// True for a role that the pattern names: whole, without what follows its folder (`pass 1`), without the folder too
/// (`runner`), the folder alone (`[cuda_v12]`), or by its beginning (`run*`).
#[must_use]
pub fn is_named(role: &str, pattern: &str) -> bool {
    if let Some(begin) = pattern.strip_suffix('*') {
        return role.starts_with(begin);
    }
    if pattern.starts_with('[') {
        return role.contains(pattern);
    }
    role.strip_prefix(pattern)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '[']))
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_pattern_may_leave_out_pass_and_folder() {
        let role = "runner[cuda_v12] pass 1";
        for pattern in [
            role,
            "runner[cuda_v12]",
            "runner",
            "[cuda_v12]",
            "[cuda_v12] pass 1",
            "run*",
            "runner[cuda*",
        ] {
            assert!(is_named(role, pattern), "{pattern}");
        }
        for pattern in [
            "run",
            "runner[cuda_v1",
            "runner[cuda_v13]",
            "cuda_v12",
            "[cuda_v1]",
            "server",
        ] {
            assert!(!is_named(role, pattern), "{pattern}");
        }
        assert!(is_named("server", "server"));
    }
}
